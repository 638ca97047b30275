//! What PingOne says about passwords and codes (PingOne, "User passwords").

use std::collections::BTreeSet;

use serde_json::Value;

use super::Error;

/// PingOne's sentence when a recovery code was tried too often; there is no code for it.
const TOO_MANY_RECOVERIES: &str = "Maximum password recovery failures exceeded";

impl Error {
    /// Whether the current password, given to change it, is wrong.
    pub fn is_wrong_current_password(&self) -> bool {
        self.problem_with("currentPassword").is_some()
    }

    /// Whether a checked password is wrong.
    pub fn is_wrong_password(&self) -> bool {
        !self.is_policy_violation()
            && self
                .details_of("password")
                .any(|detail| detail.code == "INVALID_VALUE")
    }

    /// How often a password may still be wrong before it is locked.
    pub fn failures_remaining(&self) -> Option<u64> {
        self.inner_errors("failuresRemaining")
            .find_map(Value::as_u64)
    }

    /// Whether the password is locked after too many wrong ones.
    pub fn is_password_locked_out(&self) -> bool {
        self.has_detail("PASSWORD_LOCKED_OUT")
    }

    /// Seconds until a locked password can be used again.
    pub fn seconds_until_unlock(&self) -> Option<u64> {
        self.inner_errors("secondsUntilUnlock")
            .find_map(Value::as_u64)
    }

    /// Whether a new password breaks rules of the policy.
    pub fn is_policy_violation(&self) -> bool {
        self.inner_errors("unsatisfiedRequirements")
            .next()
            .is_some()
    }

    /// The rules that a new password breaks, by PingOne's names such as `length` or `history`,
    /// each once.
    pub fn unsatisfied_requirements(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.inner_errors("unsatisfiedRequirements")
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .filter(|rule| seen.insert(*rule))
            .collect()
    }

    /// What PingOne says about one broken rule.
    pub fn requirement_text(&self, rule: &str) -> Option<&str> {
        self.inner_errors(rule).find_map(Value::as_str)
    }

    /// Whether the password was changed too short a time ago to be changed again.
    pub fn is_password_too_young(&self) -> bool {
        self.has_detail("PASSWORD_TOO_YOUNG")
    }

    /// Whether the user has no password at all.
    pub fn has_no_password(&self) -> bool {
        self.has_detail("NO_PASSWORD")
    }

    /// Whether the account is disabled or locked, so that its password cannot be recovered.
    pub fn is_account_not_usable(&self) -> bool {
        self.has_detail("ACCOUNT_NOT_USABLE")
    }

    /// Whether a recovery code is wrong or too old.
    pub fn is_recovery_code_wrong(&self) -> bool {
        self.problem_with("recoveryCode").is_some() && !self.is_recovery_code_exhausted()
    }

    /// Whether a recovery code was tried too often, so that a new one is needed.
    pub fn is_recovery_code_exhausted(&self) -> bool {
        self.details()
            .iter()
            .any(|detail| detail.message.contains(TOO_MANY_RECOVERIES))
    }

    /// Whether a verification code is wrong or too old.
    pub fn is_verification_code_wrong(&self) -> bool {
        self.problem_with("verificationCode").is_some()
    }

    fn inner_errors(&self, member: &str) -> impl Iterator<Item = &Value> {
        self.details()
            .iter()
            .filter_map(move |detail| detail.inner_error.get(member))
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use super::super::AnswerFacts;
    use super::*;

    fn with_detail(detail: &Value) -> Error {
        let body =
            json!({"id": "1", "code": "INVALID_DATA", "message": "No.", "details": [detail]});
        let answer = AnswerFacts {
            status: Some(StatusCode::BAD_REQUEST),
            ..AnswerFacts::default()
        };
        Error::refused(
            "PUT v1/environments/…/users/…/password",
            body.to_string().as_bytes(),
            answer,
        )
    }

    #[test]
    fn a_policy_violation_lists_each_broken_rule_once() {
        let error = with_detail(&json!({
            "code": "INVALID_VALUE", "target": "password",
            "message": "User password did not satisfy password policy requirements",
            "innerError": {
                "unsatisfiedRequirements": ["length", "minCharacters", "minCharacters"],
                "length": "The provided password is shorter than the minimum required length of 8 characters"
            }
        }));
        assert!(error.is_policy_violation() && !error.is_wrong_password());
        assert_eq!(
            error.unsatisfied_requirements(),
            ["length", "minCharacters"]
        );
        assert!(
            error
                .requirement_text("length")
                .unwrap()
                .contains("shorter")
        );
        assert_eq!(error.requirement_text("history"), None);
    }

    #[test]
    fn each_refusal_is_told_from_the_others() {
        type Question = fn(&Error) -> bool;
        let questions: [(&str, Question, Value); 8] = [
            (
                "wrong current password",
                Error::is_wrong_current_password,
                json!({"code": "INVALID_VALUE", "target": "currentPassword", "message": "No."}),
            ),
            (
                "wrong password",
                Error::is_wrong_password,
                json!({"code": "INVALID_VALUE", "target": "password",
                    "message": "The provided password did not match provisioned password",
                    "innerError": {"failuresRemaining": 4}}),
            ),
            (
                "locked out",
                Error::is_password_locked_out,
                json!({"code": "PASSWORD_LOCKED_OUT", "message": "Locked.",
                    "innerError": {"secondsUntilUnlock": 900}}),
            ),
            (
                "too young",
                Error::is_password_too_young,
                json!({"code": "PASSWORD_TOO_YOUNG", "message": "Too young."}),
            ),
            (
                "recovery code wrong",
                Error::is_recovery_code_wrong,
                json!({"code": "INVALID_VALUE", "target": "recoveryCode",
                    "message": "The provided password recovery code was invalid or expired"}),
            ),
            (
                "recovery code exhausted",
                Error::is_recovery_code_exhausted,
                json!({"code": "INVALID_VALUE", "target": "recoveryCode",
                    "message": "Maximum password recovery failures exceeded"}),
            ),
            (
                "verification code wrong",
                Error::is_verification_code_wrong,
                json!({"code": "INVALID_VALUE", "target": "verificationCode", "message": "No."}),
            ),
            (
                "no password",
                Error::has_no_password,
                json!({"code": "NO_PASSWORD", "message": "None."}),
            ),
        ];
        for (name, _, detail) in &questions {
            let error = with_detail(detail);
            for (other, question, _) in &questions {
                assert_eq!(question(&error), name == other, "{name}: {other}?");
            }
        }
        assert_eq!(with_detail(&questions[1].2).failures_remaining(), Some(4));
        assert_eq!(
            with_detail(&questions[2].2).seconds_until_unlock(),
            Some(900)
        );
    }
}
