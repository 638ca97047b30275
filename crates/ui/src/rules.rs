//! The rules of a password policy as a page shows them, each with a verdict.
//!
//! Rules and verdicts are [`protocol::password_policy`]'s. `password-rules.js` sends what is
//! being typed to a same-origin endpoint, which answers with [`Verdicts`].

use protocol::password_policy::{self, Evaluation, PasswordPolicy, Rule};
use serde::Serialize;

use crate::field_error::FieldError;
use crate::messages::{Messages, Value};

/// What is known about a rule.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nobody has judged yet, or only the server can when the form is sent.
    #[default]
    NotJudged,
    /// The password keeps the rule.
    Satisfied,
    /// The password breaks the rule.
    Unsatisfied,
}

impl Verdict {
    /// The verdict as markup and scripts name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotJudged => "notJudged",
            Self::Satisfied => "satisfied",
            Self::Unsatisfied => "unsatisfied",
        }
    }

    /// The id of the word that is read before the rule.
    pub const fn text_id(self) -> &'static str {
        match self {
            Self::NotJudged => "rule-is-not-judged",
            Self::Satisfied => "rule-is-satisfied",
            Self::Unsatisfied => "rule-is-unsatisfied",
        }
    }
}

/// A rule on a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleView {
    /// The rule's id, by which the script finds its line.
    pub id: String,
    /// The rule in words.
    pub text: String,
    /// What is known about it.
    pub verdict: Verdict,
}

impl RuleView {
    /// A rule with its text from the catalogue.
    pub fn new(messages: &Messages, rule: &Rule, verdict: Verdict) -> Self {
        let mut values: Vec<(&str, Value<'_>)> = rule
            .parameters()
            .into_iter()
            .map(|(name, number)| (name, Value::from(number)))
            .collect();
        if let Rule::MinCharacters { set, .. } = rule {
            values.push(("characters", Value::from(set.as_str())));
        }
        let text = messages.format(&format!("rule-{}", rule.id()), &values);
        Self {
            id: rule.id().to_owned(),
            text,
            verdict,
        }
    }

    /// Whether a person needs to know it to think of a password. The others are seldom broken.
    pub fn comes_first(&self) -> bool {
        self.id == "length" || self.id == "minComplexity" || self.id.starts_with("minCharacters")
    }

    /// The rules of a policy before anything was typed.
    pub fn of_policy(messages: &Messages, policy: &PasswordPolicy) -> Vec<Self> {
        let view = |rule: &Rule| Self::new(messages, rule, Verdict::NotJudged);
        policy.rules().iter().map(view).collect()
    }

    /// The rules of a policy with what they say of a password.
    pub fn of_evaluation(messages: &Messages, evaluation: &Evaluation) -> Vec<Self> {
        evaluation
            .judgements()
            .iter()
            .map(|judgement| Self::new(messages, &judgement.rule, judgement.verdict.into()))
            .collect()
    }
}

/// A sentence that says which of the rules a password breaks, for the error at its field.
///
/// The list of rules judges only what is in the field, so that after a refusal the sentence is
/// where one reads why. The summary has no room for them.
pub fn broken_rules(messages: &Messages, rules: &[RuleView]) -> FieldError {
    let short = messages.text("password-breaks-policy");
    let broken: Vec<&str> = rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Unsatisfied)
        .map(|rule| rule.text.as_str())
        .collect();
    if broken.is_empty() {
        return short.into();
    }
    let text = messages.format("password-breaks-rules", &[("rules", broken.join("; "))]);
    FieldError::in_short(text, short)
}

impl From<password_policy::Verdict> for Verdict {
    fn from(verdict: password_policy::Verdict) -> Self {
        match verdict {
            password_policy::Verdict::NotJudged => Self::NotJudged,
            password_policy::Verdict::Satisfied => Self::Satisfied,
            password_policy::Verdict::Unsatisfied => Self::Unsatisfied,
        }
    }
}

/// The JSON that `password-rules.js` expects: `{"rules":[{"id":"length","verdict":"satisfied"}]}`.
#[derive(Clone, Debug, Serialize)]
pub struct Verdicts {
    rules: Vec<RuleVerdict>,
}

#[derive(Clone, Debug, Serialize)]
struct RuleVerdict {
    id: String,
    verdict: Verdict,
}

impl Verdicts {
    /// The verdicts of these rules, without their texts.
    pub fn of(rules: &[RuleView]) -> Self {
        let rules = rules
            .iter()
            .map(|rule| RuleVerdict {
                id: rule.id.clone(),
                verdict: rule.verdict,
            })
            .collect();
        Self { rules }
    }
}

#[cfg(test)]
mod tests {
    use protocol::password_policy::CharacterSet;

    use super::*;

    #[test]
    fn every_rule_of_a_policy_has_a_text() {
        let messages = Messages::english(&[]);
        let set = |set| Rule::MinCharacters { set, min: 1 };
        let rules = [
            Rule::ExcludesCommonlyUsed,
            Rule::ExcludesProfileData,
            Rule::NotSimilarToCurrent,
            Rule::Length { min: 8, max: 255 },
            Rule::MaxRepeatedCharacters { max: 2 },
            Rule::MinUniqueCharacters { min: 5 },
            set(CharacterSet::Symbols),
            set(CharacterSet::Digits),
            set(CharacterSet::Upper),
            set(CharacterSet::Lower),
            set(CharacterSet::Other("äöü".to_owned())),
            Rule::MinComplexity { days: 7 },
            Rule::History { count: 6 },
            Rule::AlphabetSequence { max: 3 },
            Rule::NumberSequence { max: 3 },
            Rule::QwertySequence { max: 3 },
            Rule::ShiftedNumberRowSequence { max: 3 },
        ];
        let texts: Vec<String> = rules
            .iter()
            .map(|rule| RuleView::new(&messages, rule, Verdict::NotJudged).text)
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        Not a commonly used password
        Not your name, email address or other profile data
        Not similar to your current password
        Between 8 and 255 characters
        No character more than 2 times in a row
        At least 5 different characters
        At least one special character, such as ! # % & ?
        At least one digit (0–9)
        At least one capital letter (A–Z)
        At least one small letter (a–z)
        At least one of these characters: äöü
        Hard to guess: trying all such passwords takes at least 7 days
        Not one of your last 6 passwords
        No more than 3 letters in alphabetical order, such as abcd
        No more than 3 digits in sequence, such as 1234
        No more than 3 neighbouring keys, such as qwer
        No more than 3 neighbouring signs of the number row, such as !@#$
        ");
    }

    #[test]
    fn the_sentence_names_the_broken_rules_and_no_others() {
        let messages = Messages::english(&[]);
        let rule = |text: &str, verdict| RuleView {
            id: text.to_owned(),
            text: text.to_owned(),
            verdict,
        };
        let rules = [
            rule("one", Verdict::Unsatisfied),
            rule("two", Verdict::Satisfied),
            rule("three", Verdict::NotJudged),
            rule("four", Verdict::Unsatisfied),
        ];
        assert_eq!(
            broken_rules(&messages, &rules).text(),
            "This password does not keep these rules: one; four."
        );
        assert_eq!(
            broken_rules(&messages, &[]).text(),
            "This password does not keep the rules."
        );
    }

    #[test]
    fn verdicts_are_what_the_script_reads() {
        let rule = RuleView {
            id: "length".into(),
            text: String::new(),
            verdict: Verdict::Satisfied,
        };
        let json = serde_json::to_string(&Verdicts::of(&[rule])).unwrap();
        assert_eq!(json, r#"{"rules":[{"id":"length","verdict":"satisfied"}]}"#);
    }
}
