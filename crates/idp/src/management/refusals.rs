//! What the management API says when an account's password or a registration is refused, in
//! PingOne's words and with the names that the request has for its members.

use protocol::pingone::ErrorDetail;
use serde_json::json;

use crate::accounts::Refusal;
use crate::accounts::registration::RegistrationRefusal;
use crate::requests::failures::api::ApiFailure;

/// Which request a refusal answers, for the names of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PasswordTarget {
    /// `password.check`.
    Check,
    /// A new user.
    Import,
    /// `password.reset` and `password.recover`.
    NewPassword,
    /// `password.set` and `password.setValue`.
    Value,
    /// `user.verify`.
    Verification,
}

impl PasswordTarget {
    fn new_password(self) -> (&'static str, &'static str) {
        const NEW: &str = "New password did not satisfy password policy requirements";
        const USER: &str = "User password did not satisfy password policy requirements";
        match self {
            Self::NewPassword => ("newPassword", NEW),
            Self::Value => ("value", USER),
            Self::Check | Self::Import | Self::Verification => ("password", USER),
        }
    }

    fn current(self) -> (&'static str, &'static str) {
        match self {
            Self::NewPassword | Self::Value => (
                "currentPassword",
                "The current password provided for the user is invalid",
            ),
            Self::Check | Self::Import | Self::Verification => (
                "password",
                "The provided password did not match provisioned password",
            ),
        }
    }

    fn code(self) -> &'static str {
        if self == Self::Verification {
            "verificationCode"
        } else {
            "recoveryCode"
        }
    }
}

/// A refusal of a password operation, whose new password is called `target` in the request.
pub(super) fn of_password(refusal: Refusal, target: PasswordTarget) -> ApiFailure {
    match refusal {
        Refusal::AccountNotUsable => ApiFailure::request_failed(ErrorDetail::new(
            "ACCOUNT_NOT_USABLE",
            None,
            "The account is disabled or locked.",
        )),
        Refusal::CodeInvalid => ApiFailure::invalid_value(
            target.code(),
            "The provided password recovery code was invalid or expired",
        ),
        Refusal::CodeExhausted => {
            ApiFailure::invalid_value(target.code(), "Maximum password recovery failures exceeded")
        }
        Refusal::Wrong { failures_remaining } => {
            let (name, message) = target.current();
            let mut detail = ErrorDetail::new("INVALID_VALUE", Some(name), message);
            if let Some(remaining) = failures_remaining {
                detail = detail.with("failuresRemaining", json!(remaining));
            }
            ApiFailure::invalid_data(vec![detail])
        }
        Refusal::LockedOut {
            seconds_until_unlock,
        } => ApiFailure::request_failed(
            ErrorDetail::new("PASSWORD_LOCKED_OUT", None, "The password is locked out.")
                .with("secondsUntilUnlock", json!(seconds_until_unlock)),
        ),
        Refusal::NoPassword => ApiFailure::request_failed(ErrorDetail::new(
            "NO_PASSWORD",
            None,
            "The user does not have a password.",
        )),
        Refusal::Policy(evaluation) => {
            let (name, message) = target.new_password();
            let mut detail = ErrorDetail::new("INVALID_VALUE", Some(name), message);
            detail.inner_error = evaluation.to_inner_error();
            ApiFailure::invalid_data(vec![detail])
        }
        Refusal::TooYoung { min_age_days } => ApiFailure::request_failed(
            ErrorDetail::new(
                "PASSWORD_TOO_YOUNG",
                Some(target.new_password().0),
                format!(
                    "The password was changed less than {min_age_days} days ago and cannot \
                     be changed yet"
                ),
            )
            .with("rangeMinimumValue", json!(min_age_days)),
        ),
        Refusal::Hashing(error) => error.into(),
        Refusal::Store(error) => error.into(),
        Refusal::Mail(error) => ApiFailure::internal(error),
        Refusal::TooManyMails => ApiFailure::too_many_mails(),
    }
}

/// A refusal to make or rename a user.
pub(super) fn of_registration(refusal: RegistrationRefusal) -> ApiFailure {
    match refusal {
        RegistrationRefusal::InvalidEmail(_) => {
            let message = "must be a well-formed email address";
            ApiFailure::invalid_value("email", message)
                .saying("Validation Error : [email must be a well-formed email address]")
        }
        RegistrationRefusal::InvalidUsername => ApiFailure::invalid_value(
            "username",
            "must have 1 to 128 characters and no control characters",
        ),
        RegistrationRefusal::UsernameIsForeignAddress => ApiFailure::invalid_value(
            "username",
            "must be the user's own email when it has the form of an email address",
        ),
        RegistrationRefusal::UsernameTaken => ApiFailure::not_unique("username"),
        RegistrationRefusal::ValueTaken(name) => ApiFailure::not_unique(&name),
        RegistrationRefusal::UnknownPopulation => {
            ApiFailure::invalid_value("population", "The population does not exist.")
        }
        RegistrationRefusal::Refused(refusal) => of_password(refusal, PasswordTarget::Import),
    }
}
