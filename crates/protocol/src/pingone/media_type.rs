//! Media types that choose an action on one address (PingOne, "API requests").

/// Plain JSON.
pub const JSON: &str = "application/json";
/// Locks an account.
pub const ACCOUNT_LOCK: &str = "application/vnd.pingidentity.account.lock+json";
/// Unlocks an account.
pub const ACCOUNT_UNLOCK: &str = "application/vnd.pingidentity.account.unlock+json";
/// Activates a device.
pub const DEVICE_ACTIVATE: &str = "application/vnd.pingidentity.device.activate+json";
/// Blocks a device.
pub const DEVICE_BLOCK: &str = "application/vnd.pingidentity.device.block+json";
/// Locks a device.
pub const DEVICE_LOCK: &str = "application/vnd.pingidentity.device.lock+json";
/// Chooses the device that proves who somebody is.
pub const DEVICE_SELECT: &str = "application/vnd.pingidentity.device.select+json";
/// Sends the one-time password for the activation of a device once more.
pub const DEVICE_SEND_ACTIVATION_CODE: &str =
    "application/vnd.pingidentity.device.sendActivationCode+json";
/// Unblocks a device.
pub const DEVICE_UNBLOCK: &str = "application/vnd.pingidentity.device.unblock+json";
/// Unlocks a device.
pub const DEVICE_UNLOCK: &str = "application/vnd.pingidentity.device.unlock+json";
/// Drops the order of a user's devices.
pub const DEVICES_ORDER_REMOVE: &str = "application/vnd.pingidentity.devices.order.remove+json";
/// Puts a user's devices in order.
pub const DEVICES_REORDER: &str = "application/vnd.pingidentity.devices.reorder+json";
/// Agrees to an agreement.
pub const CONSENT_ACCEPT: &str = "application/vnd.pingidentity.consent.accept+json";
/// Takes back that somebody agreed.
pub const CONSENT_REVOKE: &str = "application/vnd.pingidentity.consent.revoke+json";
/// Gives a custom domain its certificate.
pub const CERTIFICATE_IMPORT: &str = "application/vnd.pingidentity.certificate.import+json";
/// Proves that a custom domain belongs to the environment.
pub const DOMAIN_NAME_VERIFY: &str = "application/vnd.pingidentity.domainName.verify+json";
/// Checks a one-time password.
pub const OTP_CHECK: &str = "application/vnd.pingidentity.otp.check+json";
/// Lets the next key of a plan take its place.
pub const KEY_ROTATION_POLICY_ROTATE: &str =
    "application/vnd.pingidentity.keyRotationPolicy.rotate+json";
/// Checks a password.
pub const PASSWORD_CHECK: &str = "application/vnd.pingidentity.password.check+json";
/// Demands a new password at the next sign-on.
pub const PASSWORD_FORCE_CHANGE: &str = "application/vnd.pingidentity.password.forceChange+json";
/// Sets a new password with a recovery code.
pub const PASSWORD_RECOVER: &str = "application/vnd.pingidentity.password.recover+json";
/// Sets a new password, by the user with the current one or by an administrator.
pub const PASSWORD_RESET: &str = "application/vnd.pingidentity.password.reset+json";
/// Mails a recovery code.
pub const PASSWORD_SEND_RECOVERY_CODE: &str =
    "application/vnd.pingidentity.password.sendRecoveryCode+json";
/// Sets a password as an administrator.
pub const PASSWORD_SET: &str = "application/vnd.pingidentity.password.set+json";
/// Sets or removes a password as an administrator.
pub const PASSWORD_SET_VALUE: &str = "application/vnd.pingidentity.password.setValue+json";
/// Lifts a lockout after wrong passwords.
pub const PASSWORD_UNLOCK: &str = "application/vnd.pingidentity.password.unlock+json";
/// Mails a code to an address that mails are to come from.
pub const TRUSTED_EMAIL_SEND_VERIFICATION_CODE: &str =
    "application/vnd.pingidentity.trustedEmail.sendVerificationCode+json";
/// Creates a user together with the password and state.
pub const USER_IMPORT: &str = "application/vnd.pingidentity.user.import+json";
/// Mails a verification code.
pub const USER_SEND_VERIFICATION_CODE: &str =
    "application/vnd.pingidentity.user.sendVerificationCode+json";
/// Proves the mail address with a verification code.
pub const USER_VERIFY: &str = "application/vnd.pingidentity.user.verify+json";

/// Brings a `Content-Type` into the form of this module: lower case, without parameters, and with
/// `+json`, which some of PingOne's pages leave out of vendor types.
pub fn normalized(content_type: &str) -> String {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence.starts_with("application/vnd.pingidentity.") && !essence.ends_with("+json") {
        essence + "+json"
    } else {
        essence
    }
}

/// Whether a `Content-Type` means the media type `wanted` of this module.
///
/// ```
/// use pingone_protocol::pingone::media_type;
///
/// assert!(media_type::is("application/JSON; charset=utf-8", media_type::JSON));
/// ```
pub fn is(content_type: &str, wanted: &str) -> bool {
    normalized(content_type) == wanted.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_case_and_a_missing_suffix_do_not_matter() {
        for text in [
            "application/vnd.pingidentity.password.sendRecoveryCode+json",
            "application/vnd.pingidentity.password.sendRecoveryCode",
            "Application/Vnd.PingIdentity.Password.SendRecoveryCode+JSON; charset=UTF-8",
        ] {
            assert!(is(text, PASSWORD_SEND_RECOVERY_CODE), "{text}");
        }
        assert!(!is("application/json", PASSWORD_SEND_RECOVERY_CODE));
    }
}
