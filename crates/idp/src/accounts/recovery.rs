//! The forgotten password: a code goes out by mail, and comes back with a new password.

use jiff::SignedDuration;
use protocol::password_policy::{CurrentPassword, PasswordPolicy};
use protocol::pingone::PasswordStatus;
use protocol::secret::{Password, RecoveryCode, RecoveryCodeDigest};

use super::{Refusal, passwords};
use crate::audit::{Activity, Actor, By};
use crate::mail::MailKind;
use crate::state::Idp;
use crate::stores::codes::{RECOVERY_CODE_LIFETIME, RecoveryCodes, Tried};
use crate::stores::passwords::{Passwords, Replacement};
use crate::stores::users::StoredUser;

/// The fifth wrong code kills a code (flows, "Codes").
pub(crate) const MOST_TRIES: i64 = 5;

/// Mails a new code, which makes an earlier one worthless.
///
/// Refused for a user who may not sign on, has no password, or is locked out (PingOne, "Password
/// recovery").
pub(crate) async fn send_code(idp: &Idp, user: &StoredUser, by: &By) -> Result<(), Refusal> {
    if !user.can_authenticate(by.now) {
        return Err(Refusal::AccountNotUsable);
    }
    let state = passwords::state(idp, user, by.now).await?;
    match state.status {
        PasswordStatus::NoPassword => return Err(Refusal::NoPassword),
        PasswordStatus::PasswordLockedOut => {
            return Err(Refusal::LockedOut {
                seconds_until_unlock: state.seconds_until_unlock.unwrap_or(0),
            });
        }
        _ => {}
    }
    let code = RecoveryCode::random(idp.random());
    let mail = MailKind::Recovery { code: &code };
    let expires_at = by.now + RECOVERY_CODE_LIFETIME;
    let sent = Activity::new("NOTIFICATION.CREATED", user);
    RecoveryCodes::replace(user.id, &code.digest(), expires_at)
        .and(idp.mail().enqueue(idp, user, &mail, by.now).await?)
        .commit(idp, user.environment_id, &sent, by)
        .await?;
    idp.mail().wake();
    Ok(())
}

/// Uses a code up for a new password, and lifts a lockout after wrong passwords.
///
/// A new password that the policy refuses costs neither the code nor a try.
pub(crate) async fn recover(
    idp: &Idp,
    user: &StoredUser,
    code: &RecoveryCode,
    new: &Password,
    by: &By,
) -> Result<(), Refusal> {
    let policy = passwords::policy_of(idp, user).await?.policy;
    let digest = try_code(idp, user, code, &policy, by).await?;
    if !user.can_authenticate(by.now) {
        return Err(Refusal::AccountNotUsable);
    }
    let unknown = CurrentPassword::Unknown;
    let hash = match passwords::accepted(idp, user, &policy, new, unknown, by.now).await {
        Ok(hash) => hash,
        Err(refusal) => {
            RecoveryCodes::give_try_back(user.id, &digest)
                .commit_unrecorded(idp)
                .await?;
            return Err(refusal);
        }
    };
    let new = Replacement {
        hash: &hash,
        must_change: false,
        history: policy.history.as_ref(),
    };
    let recovered = Activity::new("PASSWORD.RECOVERY", user);
    let recovered = recovered.and(Activity::new("USER.UNLOCKED", user));
    let written = RecoveryCodes::redeem(user.id, &digest)
        .and(Passwords::replaced(user.id, &new, by.session(), by.now))
        .commit(idp, user.environment_id, &recovered, &by.acting_as(user))
        .await;
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.unmet().is_some() => Err(Refusal::CodeInvalid),
        Err(error) => Err(error.into()),
    }
}

/// Counts a try and compares the code; the last wrong one kills it and locks the password out.
async fn try_code(
    idp: &Idp,
    user: &StoredUser,
    code: &RecoveryCode,
    policy: &PasswordPolicy,
    by: &By,
) -> Result<RecoveryCodeDigest, Refusal> {
    let codes = RecoveryCodes::new(idp.db());
    let (digest, failures) = match codes.take_try(user.id, MOST_TRIES, by.now).await? {
        Tried::Counted { digest, failures } => (digest, failures),
        Tried::Exhausted => return Err(Refusal::CodeExhausted),
        Tried::None => return Err(Refusal::CodeInvalid),
    };
    if digest == code.digest() {
        return Ok(digest);
    }
    if failures < MOST_TRIES {
        return Err(Refusal::CodeInvalid);
    }
    let lockout = policy
        .lockout
        .map_or(900, |lockout| lockout.duration_seconds);
    let until = by.now + SignedDuration::from_secs(i64::from(lockout));
    let locked = Activity::new("USER.LOCKED", user);
    Passwords::lock_out(user.id, until)
        .commit(
            idp,
            user.environment_id,
            &locked,
            &by.acting_as(Actor::Nobody),
        )
        .await?;
    Err(Refusal::CodeExhausted)
}
