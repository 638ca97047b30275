//! What passwords and mailed codes mean, on every path: the hosted pages and the management API
//! call these functions and nothing else, so no path misses the lockout, the policy or the audit
//! log.

pub(crate) mod identification;
mod mailed_codes;
mod names;
pub(crate) mod otp;
pub(crate) mod passwords;
pub(crate) mod recovery;
pub(crate) mod registration;
pub(crate) mod sign_on;
pub(crate) mod totp;
pub(crate) mod verification;

use protocol::password_policy::Evaluation;
use protocol::trail::Reason;

use crate::hasher::HashError;

/// Why a password operation was refused. Every path turns these into its own words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The account is disabled or locked by an administrator.
    #[error("the account is disabled or locked")]
    AccountNotUsable,
    /// The code is wrong, was used, or expired.
    #[error("the code is wrong or expired")]
    CodeInvalid,
    /// Too many wrong codes: the code is dead.
    #[error("too many wrong codes were tried")]
    CodeExhausted,
    /// The current password was given wrong.
    #[error("the password is wrong")]
    Wrong {
        /// Tries left before the lockout; `None` where the policy has none.
        failures_remaining: Option<u32>,
    },
    /// Too many wrong passwords.
    #[error("the password is locked out for {seconds_until_unlock} seconds")]
    LockedOut {
        /// Seconds until the lockout ends.
        seconds_until_unlock: i64,
    },
    /// There is no password.
    #[error("the user has no password")]
    NoPassword,
    /// The new password breaks the policy.
    #[error("the new password does not satisfy the policy")]
    Policy(Box<Evaluation>),
    /// The password was changed too recently.
    #[error("the password was changed less than {min_age_days} days ago")]
    TooYoung {
        /// What the policy asks for.
        min_age_days: u32,
    },
    /// Too many hashes are being computed.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The address has been sent as many mails as it may be for now.
    #[error("the mail address has been sent too many mails")]
    TooManyMails,
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] db::StoreError),
    /// A mail could not be composed.
    #[error(transparent)]
    Mail(#[from] crate::mail::ComposeError),
}

impl Reason for Refusal {
    fn is_own_fault(&self) -> bool {
        matches!(self, Self::Hashing(_) | Self::Store(_) | Self::Mail(_))
    }
}

#[cfg(test)]
mod tests;
