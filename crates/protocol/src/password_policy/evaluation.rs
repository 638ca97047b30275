//! Judging a password by a policy.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::sequences::{
    longest_alphabet_run, longest_number_run, longest_qwerty_run, longest_shifted_number_row_run,
};
use super::{CharacterSet, PasswordPolicy, Rule, common};
use crate::names::{fold, prepared_password};

/// The longest password that is judged, in Unicode scalar values, whatever the policy says.
pub const MAX_PASSWORD_CHARACTERS: usize = 255;

/// The longest password that is judged, in bytes of UTF-8.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// A new password that is fewer edits than this away from the current one is too similar.
/// PingOne doesn't publish its number; this is the default of its directory's validator.
const MIN_DIFFERENCE: usize = 3;

/// Passwords that an attacker tries each second, for the search space's size in days: the
/// "offline fast attack" of the password haystack, which PingOne's directory assumes as well.
const GUESSES_PER_SECOND: f64 = 1e11;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// What is known beside the password itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The user's profile.
    pub profile: ProfileData<'a>,
    /// The password that is to be replaced.
    pub current_password: CurrentPassword<'a>,
    /// What the password history says.
    pub history: History,
}

impl Context<'_> {
    /// Nothing is known: rules that need more are not judged.
    pub const UNKNOWN: Self = Self {
        profile: ProfileData::Unknown,
        current_password: CurrentPassword::Unknown,
        history: History::Unknown,
    };
}

/// The user's profile.
#[derive(Clone, Copy, Debug)]
pub enum ProfileData<'a> {
    /// All values of it: names, email address, telephone numbers, ….
    Values(&'a [&'a str]),
    /// Whose password it is, is not known.
    Unknown,
}

/// The password that is to be replaced.
#[derive(Clone, Copy)]
pub enum CurrentPassword<'a> {
    /// As its owner typed it.
    Given(&'a str),
    /// There is none, or nobody typed it.
    Unknown,
}

impl fmt::Debug for CurrentPassword<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given(_) => "Given(..)",
            Self::Unknown => "Unknown",
        })
    }
}

/// Whether the candidate is among the earlier passwords; comparing hashes is the store's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// It was used before.
    Contains,
    /// It was not, or there is no history.
    Clear,
    /// Nobody looked.
    Unknown,
}

/// What a rule says of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Good.
    Satisfied,
    /// Not good.
    Unsatisfied,
    /// Not known: the [`Context`] lacks what the rule needs, or the password is too long for
    /// anything to be computed.
    NotJudged,
}

/// A rule and its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The rule.
    pub rule: Rule,
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether a length rule failed at its upper end.
    too_long: bool,
}

/// What a whole policy says of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    judgements: Vec<Judgement>,
}

/// Judges a password by each rule of a policy.
///
/// The password is judged as it is hashed ([`prepared_password`]). Lengths are counted in Unicode
/// scalar values. Nothing but the length is judged of a password
/// over [`MAX_PASSWORD_CHARACTERS`] or [`MAX_PASSWORD_BYTES`]; it is refused even where the policy
/// has no rule of length. The reference names no characters that passwords must not have.
///
/// ```
/// use pingone_protocol::password_policy::{Context, PasswordPolicy, evaluate};
///
/// let policy = PasswordPolicy::standard();
/// assert!(evaluate(&policy, "Sunny-Harbour-42", &Context::UNKNOWN).is_acceptable());
/// let judged = evaluate(&policy, "password", &Context::UNKNOWN);
/// assert!(judged.violations().any(|rule| rule.id() == "excludesCommonlyUsed"));
/// ```
pub fn evaluate(policy: &PasswordPolicy, candidate: &str, context: &Context<'_>) -> Evaluation {
    let mut rules = policy.rules();
    if let Some(candidate) = of_bearable_size(candidate) {
        let candidate = candidate.as_str();
        let judge = |rule: Rule| judge(rule, candidate, context);
        return Evaluation {
            judgements: rules.into_iter().map(judge).collect(),
        };
    }

    if !rules.iter().any(|rule| matches!(rule, Rule::Length { .. })) {
        rules.push(Rule::Length { min: 0, max: 255 });
    }
    let judgements = rules
        .into_iter()
        .map(|rule| {
            let too_long = matches!(rule, Rule::Length { .. });
            let verdict = if too_long {
                Verdict::Unsatisfied
            } else {
                Verdict::NotJudged
            };
            Judgement {
                rule,
                verdict,
                too_long,
            }
        })
        .collect();
    Evaluation { judgements }
}

impl Evaluation {
    /// Each rule with its verdict, in the policy's order.
    pub fn judgements(&self) -> &[Judgement] {
        &self.judgements
    }

    /// Whether no rule is violated. Rules that were not judged do not count: a server gives a
    /// [`Context`] in which all that matters is known.
    pub fn is_acceptable(&self) -> bool {
        self.violations().next().is_none()
    }

    /// The rules that are violated.
    pub fn violations(&self) -> impl Iterator<Item = &Rule> {
        self.unsatisfied().map(|judgement| &judgement.rule)
    }

    /// PingOne's `innerError` for a password that is refused: `unsatisfiedRequirements`, and a text
    /// for each of them. Empty when nothing is violated.
    ///
    /// As PingOne does it, `minCharacters` is listed once for each class, and its one text is about
    /// the last of them.
    pub fn to_inner_error(&self) -> Map<String, Value> {
        let mut inner = Map::new();
        if self.is_acceptable() {
            return inner;
        }
        let names: Vec<_> = self.violations().map(Rule::requirement).collect();
        inner.insert("unsatisfiedRequirements".to_owned(), names.into());
        for judgement in self.unsatisfied() {
            inner.insert(
                judgement.rule.requirement().to_owned(),
                judgement.text().into(),
            );
        }
        inner
    }

    fn unsatisfied(&self) -> impl Iterator<Item = &Judgement> {
        self.judgements
            .iter()
            .filter(|judgement| judgement.verdict == Verdict::Unsatisfied)
    }
}

impl Judgement {
    /// PingOne's text for a violation of the rule.
    ///
    /// Two spaces after a full stop and the reversed character set are PingOne's. Where the real
    /// text was never seen (similar, profile, complexity, sequences, too long), it is ours.
    pub fn text(&self) -> String {
        match &self.rule {
            Rule::ExcludesCommonlyUsed => "The provided password (or a variant of that password) \
                was found in a list of prohibited passwords"
                .to_owned(),
            Rule::ExcludesProfileData => {
                "The provided password is not acceptable because it contains profile data"
                    .to_owned()
            }
            Rule::NotSimilarToCurrent => "The provided password is not acceptable because it is \
                too similar to the current password"
                .to_owned(),
            Rule::Length { max, .. } if self.too_long => format!(
                "The provided password is longer than the maximum allowed length of {max} characters"
            ),
            Rule::Length { min, .. } => format!(
                "The provided password is shorter than the minimum required length of {min} characters"
            ),
            Rule::MaxRepeatedCharacters { max } => format!(
                "The provided password is not acceptable because it contains a character repeated \
                 more than {max} times in a row"
            ),
            Rule::MinUniqueCharacters { min } => format!(
                "The provided password does not contain enough unique characters.  The minimum \
                 number of unique characters that may appear in a user password is {min}"
            ),
            Rule::MinCharacters { set, min } => {
                let reversed: String = set.as_str().chars().rev().collect();
                format!(
                    "The provided password did not contain enough characters from the character \
                     set '{reversed}'.  The minimum number of characters from that set that must \
                     be present in user passwords is {min}"
                )
            }
            Rule::MinComplexity { .. } => {
                "The provided password is not acceptable because it is not complex enough"
                    .to_owned()
            }
            Rule::History { .. } => "The provided new password cannot be the same as the current \
                password or any password in the password history."
                .to_owned(),
            Rule::AlphabetSequence { max } => sequence_text("letters of the alphabet", *max),
            Rule::NumberSequence { max } => sequence_text("digits", *max),
            Rule::QwertySequence { max } => sequence_text("neighboring keyboard letters", *max),
            Rule::ShiftedNumberRowSequence { max } => {
                sequence_text("symbols of the keyboard's number row", *max)
            }
        }
    }
}

fn sequence_text(what: &str, max: u32) -> String {
    format!(
        "The provided password is not acceptable because it contains a sequence of more than {max} \
         consecutive {what}"
    )
}

fn judge(rule: Rule, candidate: &str, context: &Context<'_>) -> Judgement {
    let mut too_long = false;
    let holds = match &rule {
        Rule::ExcludesCommonlyUsed => Some(!common::is_commonly_used(candidate)),
        Rule::ExcludesProfileData => match context.profile {
            ProfileData::Values(values) => Some(!is_profile_value(values, candidate)),
            ProfileData::Unknown => None,
        },
        Rule::NotSimilarToCurrent => match context.current_password {
            CurrentPassword::Given(current) => Some(differs(current, candidate)),
            CurrentPassword::Unknown => None,
        },
        Rule::Length { min, max } => {
            let length = candidate.chars().count();
            too_long = length > wide(*max);
            Some(length >= wide(*min) && !too_long)
        }
        Rule::MaxRepeatedCharacters { max } => Some(longest_repetition(candidate) <= wide(*max)),
        Rule::MinUniqueCharacters { min } => {
            let different: BTreeSet<_> = candidate.chars().collect();
            Some(different.len() >= wide(*min))
        }
        Rule::MinCharacters { set, min } => {
            let members = candidate
                .chars()
                .filter(|one| set.as_str().contains(*one))
                .count();
            Some(members >= wide(*min))
        }
        Rule::MinComplexity { days } => Some(search_days(candidate) >= f64::from(*days)),
        Rule::History { .. } => match context.history {
            History::Contains => Some(false),
            History::Clear => Some(true),
            History::Unknown => None,
        },
        Rule::AlphabetSequence { max } => Some(longest_alphabet_run(candidate) <= wide(*max)),
        Rule::NumberSequence { max } => Some(longest_number_run(candidate) <= wide(*max)),
        Rule::QwertySequence { max } => Some(longest_qwerty_run(candidate) <= wide(*max)),
        Rule::ShiftedNumberRowSequence { max } => {
            Some(longest_shifted_number_row_run(candidate) <= wide(*max))
        }
    };
    let verdict = match holds {
        Some(true) => Verdict::Satisfied,
        Some(false) => Verdict::Unsatisfied,
        None => Verdict::NotJudged,
    };
    Judgement {
        rule,
        verdict,
        too_long,
    }
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A password as it is hashed, unless it is too large for anything to be computed.
fn of_bearable_size(candidate: &str) -> Option<String> {
    let fits = |text: &str| {
        text.len() <= MAX_PASSWORD_BYTES && text.chars().nth(MAX_PASSWORD_CHARACTERS).is_none()
    };
    // Preparing costs as much as the text is long.
    if candidate.len() > MAX_PASSWORD_BYTES {
        return None;
    }
    let prepared = prepared_password(candidate);
    fits(&prepared).then_some(prepared)
}

/// The whole value, whatever its capitals: PingOne compares values, not parts of them.
fn is_profile_value(values: &[&str], candidate: &str) -> bool {
    let candidate = fold(candidate);
    values
        .iter()
        .any(|value| !value.is_empty() && fold(value) == candidate)
}

/// Whether the Levenshtein distance is large enough.
fn differs(current: &str, candidate: &str) -> bool {
    // The distance costs the product of both lengths. The current password is bounded like any
    // other, but was perhaps imported; one so long is not near a candidate within the bound.
    if current.len() > MAX_PASSWORD_BYTES {
        return true;
    }
    strsim::levenshtein(&prepared_password(current), candidate) >= MIN_DIFFERENCE
}

fn longest_repetition(candidate: &str) -> usize {
    let (mut longest, mut run, mut previous) = (0, 0, None);
    for character in candidate.chars() {
        run = if previous == Some(character) {
            run + 1
        } else {
            1
        };
        longest = longest.max(run);
        previous = Some(character);
    }
    longest
}

/// How many days it takes to try all passwords up to this length, made of the classes of
/// characters that this one is made of: the "password haystack".
fn search_days(candidate: &str) -> f64 {
    let has = |set: &CharacterSet| candidate.chars().any(|one| set.as_str().contains(one));
    let mut alphabet = 0.0;
    if has(&CharacterSet::Lower) {
        alphabet += 26.0;
    }
    if has(&CharacterSet::Upper) {
        alphabet += 26.0;
    }
    if has(&CharacterSet::Digits) {
        alphabet += 10.0;
    }
    if candidate
        .chars()
        .any(|one| one.is_ascii() && !one.is_ascii_alphanumeric())
    {
        alphabet += 33.0;
    }
    if !candidate.is_ascii() {
        alphabet += 100.0;
    }
    let combinations: f64 = std::iter::successors(Some(alphabet), |power| Some(power * alphabet))
        .take(candidate.chars().count())
        .sum();
    combinations / GUESSES_PER_SECOND / SECONDS_PER_DAY
}

#[cfg(test)]
mod tests;
