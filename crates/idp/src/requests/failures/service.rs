//! Failures of the service itself, which every surface tells alike: come back later, or something
//! broke.

use std::error::Error;

use db::StoreError;

use crate::hasher::HashError;
use crate::keys::KeysError;

type Cause = Box<dyn Error + Send + Sync>;

/// The service could not do it, whatever was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    /// It has too much to do, or cannot reach its database; it may work in a moment.
    #[error("the service is busy")]
    Busy(#[source] Cause),
    /// Something broke, and trying again does not help.
    #[error("the service failed")]
    Broken(#[source] Cause),
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() || error.is_full() {
            Self::Busy(Box::new(error))
        } else {
            Self::Broken(Box::new(error))
        }
    }
}

impl From<HashError> for ServiceError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy(Box::new(error)),
            HashError::Failed | HashError::Malformed => Self::Broken(Box::new(error)),
        }
    }
}

impl From<KeysError> for ServiceError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Store(error) => error.into(),
            error => Self::Broken(Box::new(error)),
        }
    }
}

/// Both ways into a surface's failure that has a `service` constructor.
macro_rules! from_service {
    ($failure:ty: $($error:ty),+) => {$(
        impl From<$error> for $failure {
            fn from(error: $error) -> Self {
                Self::service(error.into())
            }
        }
    )+};
}

pub(crate) use from_service;

#[cfg(test)]
mod tests {
    use protocol::trail::Reason;

    use super::*;
    use crate::accounts::Refusal;
    use crate::requests::failures::oauth::OAuthFailure;
    use crate::requests::failures::page::{PageError, PageFailure};

    #[test]
    fn what_the_service_could_not_do_is_no_fault_of_whoever_asks() {
        let services: [fn() -> ServiceError; 2] =
            [|| HashError::Busy.into(), || HashError::Failed.into()];
        for service in services {
            assert!(OAuthFailure::service(service()).is_own_fault());
            assert!(PageFailure::service(service()).is_own_fault());
        }
        assert!(Refusal::from(HashError::Busy).is_own_fault());
        assert!(!OAuthFailure::invalid_client("unknown").is_own_fault());
        assert!(!PageFailure::from(PageError::ApplicationUnknown).is_own_fault());
        assert!(!Refusal::CodeInvalid.is_own_fault());
    }
}
