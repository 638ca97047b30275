//! A user's password (PingOne, "User passwords").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reference;
use crate::codes::open_codes;
use crate::id::{EnvironmentId, PasswordPolicyId, UserId};
use crate::password_policy::PasswordPolicy;

open_codes! {
    /// What state a password is in.
    PasswordStatus {
        /// Kept elsewhere, behind a gateway.
        External = "EXTERNAL";
        /// Good, and to be changed at the next sign-on.
        MustChangePassword = "MUST_CHANGE_PASSWORD";
        /// There is none.
        NoPassword = "NO_PASSWORD";
        /// Good.
        Ok = "OK";
        /// Older than the policy allows.
        PasswordExpired = "PASSWORD_EXPIRED";
        /// Locked after wrong passwords.
        PasswordLockedOut = "PASSWORD_LOCKED_OUT";
    }
}

/// The state of a user's password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PasswordState {
    /// The environment.
    pub environment: Reference<EnvironmentId>,
    /// The user.
    pub user: Reference<UserId>,
    /// The policy that applies: the population's, or else the environment's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_policy: Option<Reference<PasswordPolicyId>>,
    /// The state.
    pub status: PasswordStatus,
    /// When it was last changed; absent without a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub last_changed_at: Option<Timestamp>,
    /// Seconds until the lockout ends, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_until_unlock: Option<i64>,
    /// The whole policy, when it was asked for.
    #[serde(default, rename = "_embedded", skip_serializing_if = "Option::is_none")]
    pub embedded: Option<EmbeddedPolicy>,
}

impl PasswordState {
    /// A state with what is always there.
    pub fn new(environment: EnvironmentId, user: UserId, status: PasswordStatus) -> Self {
        Self {
            environment: Reference::new(environment),
            user: Reference::new(user),
            password_policy: None,
            status,
            last_changed_at: None,
            seconds_until_unlock: None,
            embedded: None,
        }
    }
}

/// The part of a [`PasswordState`] that `expand=passwordPolicy` adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EmbeddedPolicy {
    /// The policy.
    pub password_policy: PasswordPolicy,
}

impl EmbeddedPolicy {
    /// This policy.
    pub fn new(password_policy: PasswordPolicy) -> Self {
        Self { password_policy }
    }
}

/// Body of `password.check`.
#[derive(Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CheckPassword {
    /// The password to check.
    pub password: crate::secret::Password,
}

/// Body of `password.recover`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecoverPassword {
    /// The mailed code.
    pub recovery_code: String,
    /// The new password.
    pub new_password: crate::secret::Password,
}

/// Body of `password.reset`, by the user with the current password, or by an administrator
/// without.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResetPassword {
    /// The present password.
    #[serde(default)]
    pub current_password: Option<crate::secret::Password>,
    /// The new one.
    pub new_password: crate::secret::Password,
}

/// Body of `password.set` and `password.setValue`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SetPassword {
    /// The new password; absent removes it (`setValue` only).
    #[serde(default)]
    pub value: Option<crate::secret::Password>,
    /// Whether it must be changed at the next sign-on.
    #[serde(default)]
    pub force_change: bool,
    /// Whether the policy is not applied.
    #[serde(default)]
    pub bypass_policy: bool,
}

impl std::fmt::Debug for CheckPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CheckPassword(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_status_survives() {
        let status: PasswordStatus = serde_json::from_str(r#""FROZEN""#).unwrap();
        assert_eq!(status, PasswordStatus::Other("FROZEN".to_owned()));
        assert_eq!(
            serde_json::to_string(&PasswordStatus::MustChangePassword).unwrap(),
            r#""MUST_CHANGE_PASSWORD""#
        );
    }
}
