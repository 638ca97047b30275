//! Password policies: what PingOne lets one configure, and the one place that judges a password.
//!
//! [`PasswordPolicy`] is the wire form (PingOne, "Password policies"), [`PasswordPolicy::rules`]
//! takes it apart into [`Rule`]s, and [`evaluate`] gives a verdict on each. The server decides by
//! it, and pages show the same verdicts.

mod common;
mod evaluation;
mod rules;
mod sequences;
mod validation;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{EnvironmentId, PasswordPolicyId};
use crate::pingone::Reference;

pub use self::evaluation::{
    Context, CurrentPassword, Evaluation, History, Judgement, MAX_PASSWORD_BYTES,
    MAX_PASSWORD_CHARACTERS, ProfileData, Verdict, evaluate,
};
pub use self::rules::{CharacterSet, Rule};
pub use self::validation::InvalidPolicyValue;

/// A password policy as PingOne's management API carries it. A rule that is absent is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the members are PingOne's, each by its name"
)]
pub struct PasswordPolicy {
    /// Its id; given by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PasswordPolicyId>,
    /// The environment that it belongs to; given by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Reference<EnvironmentId>>,
    /// Its name, unique in the environment.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a value of the user's profile is refused as password.
    pub excludes_profile_data: bool,
    /// Whether a password much like the current one is refused.
    pub not_similar_to_current: bool,
    /// Whether passwords that many people use are refused.
    pub excludes_commonly_used: bool,
    /// After how many days a password must be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<u32>,
    /// For how many days a password cannot be changed again by its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_age_days: Option<u32>,
    /// How often a character may stand in a row: 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_repeated_characters: Option<u32>,
    /// How many different characters there must be: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_unique_characters: Option<u32>,
    /// How many days a search of all passwords as long would take: 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_complexity: Option<u32>,
    /// Which earlier passwords are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<PasswordHistory>,
    /// When wrong passwords lock the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lockout: Option<Lockout>,
    /// How long a password is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<LengthBounds>,
    /// How many characters of each class there must be: 0 or 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub min_characters: BTreeMap<CharacterSet, u32>,
    /// How far the alphabet may be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alphabet_sequence_rule: Option<SequenceRule>,
    /// How far the digits may be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_sequence_rule: Option<SequenceRule>,
    /// How far a row of letters of the keyboard may be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qwerty_sequence_rule: Option<SequenceRule>,
    /// How far the row of digits, with the shift key held, may be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shifted_number_row_sequence_rule: Option<SequenceRule>,
    /// How many populations name this policy; counted by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population_count: Option<u32>,
    /// When it was made.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::pingone::date::OptionalDate"
    )]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::pingone::date::OptionalDate"
    )]
    pub updated_at: Option<Timestamp>,
    /// Whether it holds for populations that name none.
    #[serde(default)]
    pub default: bool,
}

/// Bounds of a password's length, in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LengthBounds {
    /// At least so many: 8 to 32.
    #[serde(default = "LengthBounds::default_min")]
    pub min: u32,
    /// At most so many: 255.
    #[serde(default = "LengthBounds::default_max")]
    pub max: u32,
}

/// Which earlier passwords are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PasswordHistory {
    /// So many of the last ones.
    pub count: u32,
    /// As far as they are not older than so many days.
    pub retention_days: u32,
}

/// When wrong passwords lock an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lockout {
    /// After so many in a row.
    pub failure_count: u32,
    /// For so many seconds.
    pub duration_seconds: u32,
}

/// How long a sequence may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SequenceRule {
    /// The longest run that is allowed.
    pub max_length: u32,
}

impl LengthBounds {
    /// From `min` to `max` characters.
    pub const fn new(min: u32, max: u32) -> Self {
        Self { min, max }
    }

    const fn default_min() -> u32 {
        8
    }

    const fn default_max() -> u32 {
        255
    }
}

impl PasswordHistory {
    /// The last `count` passwords, as far as they are not older than `retention_days`.
    pub const fn new(count: u32, retention_days: u32) -> Self {
        Self {
            count,
            retention_days,
        }
    }
}

impl Lockout {
    /// For `duration_seconds`, after `failure_count` wrong passwords in a row.
    pub const fn new(failure_count: u32, duration_seconds: u32) -> Self {
        Self {
            failure_count,
            duration_seconds,
        }
    }
}

impl SequenceRule {
    /// Runs of at most `max_length` characters.
    pub const fn new(max_length: u32) -> Self {
        Self { max_length }
    }
}

impl PasswordPolicy {
    /// A policy that checks nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            id: None,
            environment: None,
            name: name.into(),
            description: None,
            excludes_profile_data: false,
            not_similar_to_current: false,
            excludes_commonly_used: false,
            max_age_days: None,
            min_age_days: None,
            max_repeated_characters: None,
            min_unique_characters: None,
            min_complexity: None,
            history: None,
            lockout: None,
            length: None,
            min_characters: BTreeMap::new(),
            alphabet_sequence_rule: None,
            number_sequence_rule: None,
            qwerty_sequence_rule: None,
            shifted_number_row_sequence_rule: None,
            population_count: None,
            created_at: None,
            updated_at: None,
            default: false,
        }
    }

    /// PingOne's built-in policy "Standard", a new environment's default.
    pub fn standard() -> Self {
        Self {
            description: Some(
                "A standard policy that incorporates industry best practices".to_owned(),
            ),
            excludes_profile_data: true,
            not_similar_to_current: true,
            excludes_commonly_used: true,
            max_age_days: Some(182),
            min_age_days: Some(1),
            max_repeated_characters: Some(2),
            min_unique_characters: Some(5),
            history: Some(PasswordHistory {
                count: 6,
                retention_days: 365,
            }),
            default: true,
            ..Self::with_classes("Standard")
        }
    }

    /// PingOne's built-in policy "Basic".
    pub fn basic() -> Self {
        Self {
            description: Some(
                "A relaxed standard policy to allow for maximum customer flexibility".to_owned(),
            ),
            excludes_commonly_used: true,
            ..Self::with_classes("Basic")
        }
    }

    /// PingOne's built-in policy "Passphrase": long rather than varied.
    pub fn passphrase() -> Self {
        Self {
            description: Some("A policy that encourages the use of passphrases".to_owned()),
            excludes_profile_data: true,
            not_similar_to_current: true,
            excludes_commonly_used: true,
            max_age_days: Some(182),
            min_age_days: Some(1),
            min_complexity: Some(7),
            history: Some(PasswordHistory {
                count: 6,
                retention_days: 365,
            }),
            lockout: Some(Lockout {
                failure_count: 5,
                duration_seconds: 900,
            }),
            ..Self::new("Passphrase")
        }
    }

    /// What "Standard" and "Basic" share.
    fn with_classes(name: &str) -> Self {
        Self {
            length: Some(LengthBounds { min: 8, max: 255 }),
            min_characters: CharacterSet::PINGONE
                .into_iter()
                .map(|set| (set, 1))
                .collect(),
            lockout: Some(Lockout {
                failure_count: 5,
                duration_seconds: 900,
            }),
            ..Self::new(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_is_written_as_pingone_writes_it() {
        let mut standard = PasswordPolicy::standard();
        standard.population_count = Some(0);
        assert_eq!(
            serde_json::to_string(&standard).unwrap(),
            concat!(
                r#"{"name":"Standard","description":"A standard policy that incorporates industry best practices","#,
                r#""excludesProfileData":true,"notSimilarToCurrent":true,"excludesCommonlyUsed":true,"#,
                r#""maxAgeDays":182,"minAgeDays":1,"maxRepeatedCharacters":2,"minUniqueCharacters":5,"#,
                r#""history":{"count":6,"retentionDays":365},"lockout":{"failureCount":5,"durationSeconds":900},"#,
                r#""length":{"min":8,"max":255},"minCharacters":{"~!@#$%^&*()-_=+[]{}|;:,.<>/?":1,"0123456789":1,"#,
                r#""ABCDEFGHIJKLMNOPQRSTUVWXYZ":1,"abcdefghijklmnopqrstuvwxyz":1},"populationCount":0,"default":true}"#,
            )
        );
    }

    #[test]
    fn the_built_in_policies_survive_the_wire_and_are_valid() {
        for policy in [
            PasswordPolicy::standard(),
            PasswordPolicy::basic(),
            PasswordPolicy::passphrase(),
        ] {
            let json = serde_json::to_string(&policy).unwrap();
            assert_eq!(
                serde_json::from_str::<PasswordPolicy>(&json).unwrap(),
                policy
            );
            assert_eq!(policy.validate(), []);
        }
        assert!(PasswordPolicy::standard().default);
        assert!(!PasswordPolicy::basic().default);
    }

    #[test]
    fn unknown_members_are_ignored_and_all_rules_are_read() {
        let policy: PasswordPolicy = serde_json::from_str(
            r#"{"_links":{},"name":"New","excludesProfileData":false,"notSimilarToCurrent":false,
                "excludesCommonlyUsed":false,"alphabetSequenceRule":{"maxLength":2},
                "numberSequenceRule":{"maxLength":3},"qwertySequenceRule":{"maxLength":3},
                "shiftedNumberRowSequenceRule":{"maxLength":3},"length":{}}"#,
        )
        .unwrap();
        assert_eq!(policy.length, Some(LengthBounds { min: 8, max: 255 }));
        assert_eq!(
            policy.alphabet_sequence_rule,
            Some(SequenceRule { max_length: 2 })
        );
        assert_eq!(policy.rules().len(), 5);
    }
}
