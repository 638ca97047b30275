//! What somebody has proven, and when.

use jiff::Timestamp;

use super::Given;
use crate::stores::sessions::SECOND_FACTOR;

/// The authentication method of a password (RFC 8176).
pub(super) const PASSWORD: &str = "pwd";

/// What somebody has proven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proven {
    /// When the password was given, or a provider elsewhere has said who it is.
    pub(crate) password_at: Timestamp,
    /// Whether there was one: a provider's word is none.
    pub(crate) has_password: bool,
    /// When a device did, too, if one did.
    pub(crate) second_factor_at: Option<Timestamp>,
    /// What of it was given in this interaction.
    pub(crate) given: Given,
}

impl Proven {
    /// The authentication methods. A provider's word is none of those that RFC 8176 names.
    pub(super) fn methods(self) -> Vec<String> {
        let password = self.has_password.then_some(PASSWORD);
        let device = self.second_factor_at.map(|_| ["otp", SECOND_FACTOR]);
        let methods = password.into_iter().chain(device.into_iter().flatten());
        methods.map(str::to_owned).collect()
    }
}
