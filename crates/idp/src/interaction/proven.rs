//! What somebody has proven, and when.

use jiff::Timestamp;

use super::Given;
use crate::stores::sessions::SECOND_FACTOR;

/// What somebody has proven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proven {
    /// When the password was given.
    pub(crate) password_at: Timestamp,
    /// When a device did, too, if one did.
    pub(crate) second_factor_at: Option<Timestamp>,
    /// What of it was given in this interaction.
    pub(crate) given: Given,
}

impl Proven {
    /// The authentication methods (RFC 8176).
    pub(super) fn methods(self) -> Vec<String> {
        let methods: &[&str] = if self.second_factor_at.is_some() {
            &["pwd", "otp", SECOND_FACTOR]
        } else {
            &["pwd"]
        };
        methods.iter().map(|one| (*one).to_owned()).collect()
    }
}
