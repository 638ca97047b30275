//! Why an interaction does not go on.

use db::StoreError;
use web::Limited;

use super::profile::ProfileRefusal;
use super::second_factor;
use crate::accounts::Refusal;
use crate::requests::failures::page::{PageError, PageFailure};

/// Why an interaction did not go on.
#[derive(Debug)]
pub(crate) enum InteractionError {
    /// Another text than the one that was agreed to is in force by now.
    AnotherText,
    /// The address has made too many requests.
    Limited(Limited),
    /// Nobody may decline.
    NotDeclinable,
    /// The sign-on policy demands something that nothing here can carry out.
    NotProvided,
    /// Another request was faster, or the interaction is over.
    Over,
    /// What the profile lacks was not given, or cannot be taken.
    Profile(ProfileRefusal),
    /// What was given is not accepted, or the service failed.
    Refused(Refusal),
    /// The second factor does not go on.
    SecondFactor(second_factor::Refusal),
}

impl From<Limited> for InteractionError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl From<second_factor::Refusal> for InteractionError {
    fn from(refusal: second_factor::Refusal) -> Self {
        match refusal {
            second_factor::Refusal::Store(error) => error.into(),
            refusal => Self::SecondFactor(refusal),
        }
    }
}

impl From<Refusal> for InteractionError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for InteractionError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<InteractionError> for PageFailure {
    /// For what a page has no words of its own for.
    fn from(error: InteractionError) -> Self {
        match error {
            InteractionError::Limited(limited) => limited.into(),
            InteractionError::NotProvided
            | InteractionError::SecondFactor(
                second_factor::Refusal::NoUsableDevice | second_factor::Refusal::NotEnabled,
            ) => PageError::FactorNotProvided.into(),
            InteractionError::SecondFactor(second_factor::Refusal::Compose(error)) => {
                Refusal::Mail(error).into()
            }
            InteractionError::Profile(ProfileRefusal::Store(error)) => error.into(),
            InteractionError::AnotherText
            | InteractionError::NotDeclinable
            | InteractionError::Over
            | InteractionError::Profile(_)
            | InteractionError::SecondFactor(_) => PageError::FlowGone.into(),
            InteractionError::Refused(refusal) => refusal.into(),
        }
    }
}
