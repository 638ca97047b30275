//! Whether the values of a policy are ones that PingOne allows.

use super::{CharacterSet, PasswordPolicy};

/// A maximum age must leave so many days after the minimum age.
const DAYS_BETWEEN_AGES: u32 = 21;

/// A value that a policy must not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{target} {message}")]
#[non_exhaustive]
pub struct InvalidPolicyValue {
    /// The member's path, such as `length.min`.
    pub target: String,
    /// What it must be.
    pub message: String,
}

impl PasswordPolicy {
    /// Checks a policy's own values (PingOne, "Password policies"); nothing is wrong when the list
    /// is empty. Whether the name is taken, only the store knows.
    ///
    /// ```
    /// use pingone_protocol::password_policy::{LengthBounds, PasswordPolicy};
    ///
    /// let mut policy = PasswordPolicy::new("Short");
    /// policy.length = Some(LengthBounds::new(4, 255));
    /// assert_eq!(policy.validate().first().map(|one| one.target.as_str()), Some("length.min"));
    /// ```
    pub fn validate(&self) -> Vec<InvalidPolicyValue> {
        let mut found = Findings(Vec::new());
        found.require(!self.name.trim().is_empty(), "name", "must not be blank");

        if let Some(length) = self.length {
            let fits = (8..=32).contains(&length.min);
            found.require(fits, "length.min", "must be between 8 and 32");
            found.require(length.max == 255, "length.max", "must be 255");
        }
        for (set, min) in &self.min_characters {
            let target = format!("minCharacters.{set}");
            let known = !matches!(set, CharacterSet::Other(_));
            found.require(
                known,
                &target,
                "must be one of the four supported character sets",
            );
            found.require(*min <= 1, &target, "must be 0 or 1");
        }
        found.only(self.max_repeated_characters, "maxRepeatedCharacters", &[2]);
        found.only(self.min_unique_characters, "minUniqueCharacters", &[5]);
        found.only(self.min_complexity, "minComplexity", &[7]);

        if let Some(history) = self.history {
            found.positive(Some(history.count), "history.count");
            found.positive(Some(history.retention_days), "history.retentionDays");
        }
        if let Some(lockout) = self.lockout {
            found.positive(Some(lockout.failure_count), "lockout.failureCount");
            found.positive(Some(lockout.duration_seconds), "lockout.durationSeconds");
        }
        found.positive(self.min_age_days, "minAgeDays");
        found.positive(self.max_age_days, "maxAgeDays");
        if let (Some(max), Some(min)) = (self.max_age_days, self.min_age_days) {
            found.require(
                max > min.saturating_add(DAYS_BETWEEN_AGES),
                "maxAgeDays",
                "must be more than 21 days above minAgeDays",
            );
        }

        for (rule, name, allowed) in [
            (
                self.alphabet_sequence_rule,
                "alphabetSequenceRule",
                &[2, 3][..],
            ),
            (self.number_sequence_rule, "numberSequenceRule", &[2, 3]),
            (self.qwerty_sequence_rule, "qwertySequenceRule", &[3]),
            (
                self.shifted_number_row_sequence_rule,
                "shiftedNumberRowSequenceRule",
                &[3],
            ),
        ] {
            let target = format!("{name}.maxLength");
            found.only(rule.map(|rule| rule.max_length), &target, allowed);
        }
        found.0
    }
}

struct Findings(Vec<InvalidPolicyValue>);

impl Findings {
    fn require(&mut self, holds: bool, target: &str, message: &str) {
        if !holds {
            let (target, message) = (target.to_owned(), message.to_owned());
            self.0.push(InvalidPolicyValue { target, message });
        }
    }

    fn only(&mut self, value: Option<u32>, target: &str, allowed: &[u32]) {
        let fits = value.is_none_or(|value| allowed.contains(&value));
        let listed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
        self.require(fits, target, &format!("must be {}", listed.join(" or ")));
    }

    fn positive(&mut self, value: Option<u32>, target: &str) {
        self.require(value != Some(0), target, "must be at least 1");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LengthBounds, Lockout, PasswordHistory, SequenceRule};
    use super::*;

    fn check(change: impl FnOnce(&mut PasswordPolicy), expected: &[&str]) {
        let mut policy = PasswordPolicy::standard();
        change(&mut policy);
        let found: Vec<_> = policy
            .validate()
            .into_iter()
            .map(|value| value.target)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_value_is_bounded() {
        check(|policy| policy.name = " ".to_owned(), &["name"]);
        check(
            |policy| policy.length = Some(LengthBounds { min: 7, max: 255 }),
            &["length.min"],
        );
        check(
            |policy| policy.length = Some(LengthBounds { min: 33, max: 255 }),
            &["length.min"],
        );
        check(
            |policy| policy.length = Some(LengthBounds { min: 32, max: 64 }),
            &["length.max"],
        );
        check(
            |policy| policy.max_repeated_characters = Some(3),
            &["maxRepeatedCharacters"],
        );
        check(
            |policy| policy.min_unique_characters = Some(0),
            &["minUniqueCharacters"],
        );
        check(|policy| policy.min_complexity = Some(8), &["minComplexity"]);
        check(
            |policy| {
                policy.history = Some(PasswordHistory {
                    count: 0,
                    retention_days: 0,
                });
            },
            &["history.count", "history.retentionDays"],
        );
        check(
            |policy| {
                policy.lockout = Some(Lockout {
                    failure_count: 0,
                    duration_seconds: 0,
                });
            },
            &["lockout.failureCount", "lockout.durationSeconds"],
        );
        check(|policy| policy.max_age_days = Some(22), &["maxAgeDays"]);
        check(|policy| policy.max_age_days = Some(23), &[]);
        check(
            |policy| policy.min_age_days = Some(u32::MAX),
            &["maxAgeDays"],
        );
        check(
            |policy| {
                policy.min_characters.insert(CharacterSet::Upper, 2);
                policy
                    .min_characters
                    .insert(CharacterSet::Other("xyz".to_owned()), 1);
            },
            &[
                "minCharacters.ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                "minCharacters.xyz",
            ],
        );
        check(
            |policy| {
                policy.alphabet_sequence_rule = Some(SequenceRule { max_length: 4 });
                policy.number_sequence_rule = Some(SequenceRule { max_length: 2 });
                policy.qwerty_sequence_rule = Some(SequenceRule { max_length: 2 });
            },
            &[
                "alphabetSequenceRule.maxLength",
                "qwertySequenceRule.maxLength",
            ],
        );
    }
}
