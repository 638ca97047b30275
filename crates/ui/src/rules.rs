//! The rules of a password policy as a page shows them, each with a verdict.
//!
//! Rule ids are the fields of PingOne's password policy (`length`, `minUniqueCharacters`, …); the
//! character classes of `minCharacters` have ids of their own. `password-rules.js` sends what is
//! being typed to a same-origin endpoint, which answers with [`Verdicts`].

use serde::Serialize;

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
    /// A rule with its text from the catalogue: `rule-` and the id, with these numbers.
    ///
    /// The ids of the catalogue and their numbers: `length` (`min`, `max`),
    /// `minCharacters-uppercase`, `-lowercase`, `-digit`, `-special` (`count`),
    /// `minUniqueCharacters` (`count`), `maxRepeatedCharacters` (`count`), `minComplexity` (`days`),
    /// `history` (`count`, `days`), `minAgeDays`, `maxAgeDays` (`days`), the four sequence rules
    /// (`count`), and without numbers `excludesCommonlyUsed`, `excludesProfileData`,
    /// `notSimilarToCurrent`.
    pub fn new(messages: &Messages, id: &str, numbers: &[(&str, u64)], verdict: Verdict) -> Self {
        let values: Vec<(&str, Value<'_>)> = numbers
            .iter()
            .map(|(name, number)| (*name, Value::from(*number)))
            .collect();
        let text = messages.format(&format!("rule-{id}"), &values);
        Self {
            id: id.to_owned(),
            text,
            verdict,
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
    use super::*;

    /// Id, numbers, text.
    type Expected = (&'static str, &'static [(&'static str, u64)], &'static str);

    #[test]
    fn every_rule_of_a_policy_has_a_text() {
        let messages = Messages::english(&[]);
        let rules: &[Expected] = &[
            (
                "length",
                &[("min", 8), ("max", 255)],
                "Between 8 and 255 characters",
            ),
            (
                "minCharacters-uppercase",
                &[("count", 1)],
                "At least one capital letter (A–Z)",
            ),
            (
                "minCharacters-lowercase",
                &[("count", 1)],
                "At least one small letter (a–z)",
            ),
            (
                "minCharacters-digit",
                &[("count", 1)],
                "At least one digit (0–9)",
            ),
            (
                "minCharacters-special",
                &[("count", 1)],
                "At least one special character, such as ! # % & ?",
            ),
            (
                "minUniqueCharacters",
                &[("count", 5)],
                "At least 5 different characters",
            ),
            (
                "maxRepeatedCharacters",
                &[("count", 2)],
                "No character more than 2 times in a row",
            ),
            ("excludesCommonlyUsed", &[], "Not a commonly used password"),
            (
                "excludesProfileData",
                &[],
                "Not your name, e-mail address or other profile data",
            ),
            (
                "notSimilarToCurrent",
                &[],
                "Not similar to your current password",
            ),
            (
                "minComplexity",
                &[("days", 7)],
                "Hard to guess: at least 7 days of trying every combination",
            ),
            (
                "history",
                &[("count", 6), ("days", 365)],
                "Not one of your last 6 passwords",
            ),
            (
                "minAgeDays",
                &[("days", 1)],
                "The current password is at least one day old",
            ),
            (
                "maxAgeDays",
                &[("days", 182)],
                "Has to be changed again after 182 days",
            ),
            (
                "alphabetSequenceRule",
                &[("count", 3)],
                "No more than 3 letters in alphabetical order, such as abcd",
            ),
            (
                "numberSequenceRule",
                &[("count", 3)],
                "No more than 3 digits in sequence, such as 1234",
            ),
            (
                "qwertySequenceRule",
                &[("count", 3)],
                "No more than 3 neighbouring keys, such as qwer",
            ),
            (
                "shiftedNumberRowSequenceRule",
                &[("count", 3)],
                "No more than 3 neighbouring symbols of the number row, such as !@#$",
            ),
        ];
        for (id, numbers, expected) in rules {
            let rule = RuleView::new(&messages, id, numbers, Verdict::NotJudged);
            assert_eq!(&rule.text, expected, "{id}");
        }
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
