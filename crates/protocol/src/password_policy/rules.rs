//! A policy taken apart into single rules.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PasswordPolicy;

/// A class of characters, named on the wire by all its members.
///
/// In the order in which PingOne lists and judges them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum CharacterSet {
    /// Signs: `~!@#$%^&*()-_=+[]{}|;:,.<>/?`.
    Symbols,
    /// Digits.
    Digits,
    /// Capital letters.
    Upper,
    /// Small letters.
    Lower,
    /// A set that PingOne does not have today.
    Other(String),
}

impl CharacterSet {
    /// The four sets that PingOne has.
    pub const PINGONE: [Self; 4] = [Self::Symbols, Self::Digits, Self::Upper, Self::Lower];

    /// All members, in the order in which the wire names them.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Symbols => "~!@#$%^&*()-_=+[]{}|;:,.<>/?",
            Self::Digits => "0123456789",
            Self::Upper => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Lower => "abcdefghijklmnopqrstuvwxyz",
            Self::Other(members) => members,
        }
    }
}

impl From<String> for CharacterSet {
    fn from(members: String) -> Self {
        Self::PINGONE
            .into_iter()
            .find(|set| set.as_str() == members)
            .unwrap_or(Self::Other(members))
    }
}

impl From<CharacterSet> for String {
    fn from(set: CharacterSet) -> Self {
        set.as_str().to_owned()
    }
}

impl fmt::Display for CharacterSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One rule of a policy, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Not a password that many people use, nor a variant of one.
    ExcludesCommonlyUsed,
    /// Not a value of the user's profile.
    ExcludesProfileData,
    /// Not much like the current password.
    NotSimilarToCurrent,
    /// Between `min` and `max` Unicode scalar values.
    Length {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
    },
    /// No character more than `max` times in a row.
    MaxRepeatedCharacters {
        /// At most.
        max: u32,
    },
    /// At least `min` different characters.
    MinUniqueCharacters {
        /// At least.
        min: u32,
    },
    /// At least `min` characters of a class.
    MinCharacters {
        /// The class.
        set: CharacterSet,
        /// At least.
        min: u32,
    },
    /// A search of all such passwords takes at least so long.
    MinComplexity {
        /// At least, in days.
        days: u32,
    },
    /// None of the last passwords.
    History {
        /// So many of them.
        count: u32,
    },
    /// No more than `max` neighbours of the alphabet in a row.
    AlphabetSequence {
        /// At most.
        max: u32,
    },
    /// No more than `max` neighbouring digits in a row.
    NumberSequence {
        /// At most.
        max: u32,
    },
    /// No more than `max` neighbours of a keyboard's row of letters in a row.
    QwertySequence {
        /// At most.
        max: u32,
    },
    /// No more than `max` neighbours of the shifted row of digits in a row.
    ShiftedNumberRowSequence {
        /// At most.
        max: u32,
    },
}

impl Rule {
    /// A stable name, different for each rule of a policy: for message ids and element ids.
    pub fn id(&self) -> &'static str {
        match self {
            Self::MinCharacters { set, .. } => match set {
                CharacterSet::Symbols => "minCharacters-symbols",
                CharacterSet::Digits => "minCharacters-digits",
                CharacterSet::Upper => "minCharacters-upper",
                CharacterSet::Lower => "minCharacters-lower",
                CharacterSet::Other(_) => "minCharacters-other",
            },
            rule => rule.requirement(),
        }
    }

    /// PingOne's name of the rule, as in `unsatisfiedRequirements`.
    pub fn requirement(&self) -> &'static str {
        match self {
            Self::ExcludesCommonlyUsed => "excludesCommonlyUsed",
            Self::ExcludesProfileData => "excludesProfileData",
            Self::NotSimilarToCurrent => "notSimilarToCurrent",
            Self::Length { .. } => "length",
            Self::MaxRepeatedCharacters { .. } => "maxRepeatedCharacters",
            Self::MinUniqueCharacters { .. } => "minUniqueCharacters",
            Self::MinCharacters { .. } => "minCharacters",
            Self::MinComplexity { .. } => "minComplexity",
            Self::History { .. } => "history",
            Self::AlphabetSequence { .. } => "alphabetSequenceRule",
            Self::NumberSequence { .. } => "numberSequenceRule",
            Self::QwertySequence { .. } => "qwertySequenceRule",
            Self::ShiftedNumberRowSequence { .. } => "shiftedNumberRowSequenceRule",
        }
    }

    /// The rule's numbers by name, for the texts that explain it.
    pub fn parameters(&self) -> Vec<(&'static str, u32)> {
        match *self {
            Self::ExcludesCommonlyUsed | Self::ExcludesProfileData | Self::NotSimilarToCurrent => {
                Vec::new()
            }
            Self::Length { min, max } => vec![("min", min), ("max", max)],
            Self::MinUniqueCharacters { min } | Self::MinCharacters { min, .. } => {
                vec![("min", min)]
            }
            Self::MinComplexity { days } => vec![("days", days)],
            Self::History { count } => vec![("count", count)],
            Self::MaxRepeatedCharacters { max }
            | Self::AlphabetSequence { max }
            | Self::NumberSequence { max }
            | Self::QwertySequence { max }
            | Self::ShiftedNumberRowSequence { max } => vec![("max", max)],
        }
    }
}

impl PasswordPolicy {
    /// The rules that are on, in the order in which PingOne names violations.
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        if self.excludes_commonly_used {
            rules.push(Rule::ExcludesCommonlyUsed);
        }
        if self.excludes_profile_data {
            rules.push(Rule::ExcludesProfileData);
        }
        if self.not_similar_to_current {
            rules.push(Rule::NotSimilarToCurrent);
        }
        rules.extend(self.length.map(|bounds| Rule::Length {
            min: bounds.min,
            max: bounds.max,
        }));
        rules.extend(
            self.max_repeated_characters
                .map(|max| Rule::MaxRepeatedCharacters { max }),
        );
        rules.extend(
            self.min_unique_characters
                .map(|min| Rule::MinUniqueCharacters { min }),
        );
        for (set, min) in &self.min_characters {
            if *min > 0 {
                rules.push(Rule::MinCharacters {
                    set: set.clone(),
                    min: *min,
                });
            }
        }
        rules.extend(self.min_complexity.map(|days| Rule::MinComplexity { days }));
        rules.extend(self.history.map(|history| Rule::History {
            count: history.count,
        }));
        rules.extend(
            self.alphabet_sequence_rule
                .map(|rule| Rule::AlphabetSequence {
                    max: rule.max_length,
                }),
        );
        rules.extend(self.number_sequence_rule.map(|rule| Rule::NumberSequence {
            max: rule.max_length,
        }));
        rules.extend(self.qwerty_sequence_rule.map(|rule| Rule::QwertySequence {
            max: rule.max_length,
        }));
        rules.extend(self.shifted_number_row_sequence_rule.map(|rule| {
            Rule::ShiftedNumberRowSequence {
                max: rule.max_length,
            }
        }));
        rules
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_of_a_policys_rules_differ() {
        let rules = PasswordPolicy::standard().rules();
        let ids: BTreeSet<_> = rules.iter().map(Rule::id).collect();
        assert_eq!(ids.len(), rules.len());
        assert_eq!(rules.len(), 11);
    }

    #[test]
    fn a_class_of_which_none_is_needed_is_no_rule() {
        let mut policy = PasswordPolicy::basic();
        policy.min_characters.insert(CharacterSet::Symbols, 0);
        let named = |rule: &Rule| rule.id() == "minCharacters-symbols";
        assert!(!policy.rules().iter().any(named));
    }

    #[test]
    fn unknown_sets_survive() {
        let set: CharacterSet = serde_json::from_str("\"äöü\"").unwrap();
        assert_eq!(set, CharacterSet::Other("äöü".to_owned()));
        assert_eq!(serde_json::to_string(&set).unwrap(), "\"äöü\"");
    }
}
