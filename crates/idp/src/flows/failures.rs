//! Why a flow did not go on, in PingOne's words.

use protocol::pingone::ErrorDetail;
use serde_json::json;

use crate::accounts::Refusal;
use crate::interaction::error::InteractionError;
use crate::interaction::profile::ProfileRefusal;
use crate::requests::failures::api::ApiFailure;

/// An action that the step does not offer.
pub(super) fn out_of_place() -> ApiFailure {
    let message = "The flow does not offer this action now.";
    ApiFailure::request_failed(ErrorDetail::new("INVALID_VALUE", None, message))
}

/// Why an interaction did not go on, in PingOne's words.
pub(super) fn failure(error: InteractionError) -> ApiFailure {
    match error {
        InteractionError::Limited(limited) => limited.into(),
        InteractionError::NotProvided => {
            let message = "The sign-on policy demands something that is not provided.";
            ApiFailure::request_failed(ErrorDetail::new("INVALID_VALUE", None, message))
        }
        InteractionError::NotDeclinable => ApiFailure::not_one_of("accept", &["true"]),
        InteractionError::AnotherText => {
            let message =
                "Another text than the one that was shown is in force. Read the flow again.";
            ApiFailure::request_failed(ErrorDetail::new("INVALID_VALUE", Some("revision"), message))
        }
        InteractionError::Over => ApiFailure::not_found(),
        InteractionError::Profile(ProfileRefusal::Values(details)) => {
            ApiFailure::invalid_data(details)
        }
        InteractionError::Profile(ProfileRefusal::Taken(name)) => ApiFailure::not_unique(&name),
        InteractionError::Profile(ProfileRefusal::Store(error)) => error.into(),
        InteractionError::Refused(refusal) => refused(refusal),
        InteractionError::SecondFactor(refusal) => refusal.into(),
    }
}

pub(super) fn refused(refusal: Refusal) -> ApiFailure {
    match refusal {
        Refusal::AccountNotUsable => ApiFailure::request_failed(ErrorDetail::new(
            "ACCOUNT_NOT_USABLE",
            None,
            "The account is disabled or locked.",
        )),
        Refusal::CodeInvalid | Refusal::CodeExhausted => {
            ApiFailure::invalid_value("verificationCode", "The code is wrong or has expired.")
        }
        Refusal::Wrong { .. } | Refusal::NoPassword => ApiFailure::invalid_value(
            "currentPassword",
            "The current password provided for the user is invalid",
        ),
        Refusal::LockedOut {
            seconds_until_unlock,
        } => ApiFailure::invalid_data(vec![
            ErrorDetail::new("PASSWORD_LOCKED_OUT", None, "The password is locked out.")
                .with("secondsUntilUnlock", json!(seconds_until_unlock)),
        ]),
        Refusal::Policy(evaluation) => {
            let message = "New password did not satisfy password policy requirements";
            let mut detail = ErrorDetail::new("INVALID_VALUE", Some("newPassword"), message);
            detail.inner_error = evaluation.to_inner_error();
            ApiFailure::invalid_data(vec![detail])
        }
        Refusal::TooYoung { min_age_days } => ApiFailure::request_failed(ErrorDetail::new(
            "PASSWORD_TOO_YOUNG",
            Some("newPassword"),
            format!("The password was changed less than {min_age_days} days ago"),
        )),
        Refusal::Hashing(error) => error.into(),
        Refusal::Store(error) => error.into(),
        Refusal::Mail(error) => ApiFailure::internal(error),
        Refusal::TooManyMails => ApiFailure::too_many_mails(),
    }
}
