//! The forgotten password: a code goes out by mail, and comes back with a new password.

use jiff::SignedDuration;
use protocol::password_policy::{CurrentPassword, PasswordPolicy};
use protocol::secret::{Password, RecoveryCode};

use super::mailed_codes::MailedCode as _;
use super::{Refusal, passwords};
use crate::audit::{Activity, Actor, By};
use crate::mail::{MailKind, Notice};
use crate::state::Idp;
use crate::stores::codes::{CodeTag, RECOVERY_CODE_LIFETIME, RecoveryCodes, Tried};
use crate::stores::passwords::{Passwords, Replacement};
use crate::stores::users::{StoredUser, Users};

/// The fifth wrong code kills a code (flows, "Codes").
pub(crate) const MOST_TRIES: i64 = 5;

/// Mails a new code, which makes an earlier one worthless.
///
/// Whoever proves the mailbox gets in: a user who is locked out after wrong passwords, or has no
/// password yet, is sent a code like any other. PingOne refuses both, which leaves it to strangers
/// whether somebody gets in (`docs/decisions/0012-the-mailbox-decides.md`).
///
/// # Errors
///
/// [`Refusal::AccountNotUsable`] for a user whom an administrator disabled or locked, and
/// [`Refusal::TooManyMails`]: the code that was mailed before stays good then.
pub(crate) async fn send_code(idp: &Idp, user: &StoredUser, by: &By) -> Result<(), Refusal> {
    if !user.can_authenticate(by.now) {
        return Err(Refusal::AccountNotUsable);
    }
    let code = RecoveryCode::random(idp.random());
    let mail = MailKind::Recovery { code: &code };
    let expires_at = by.now + RECOVERY_CODE_LIFETIME;
    let sent = Activity::new("NOTIFICATION.CREATED", user);
    let mailed = idp.mail().require(idp, user, &mail, by.now).await?;
    let written = mailed
        .and(RecoveryCodes::replace(
            user.id,
            &code.tag(idp, user.id),
            expires_at,
        ))
        .commit(idp, user.environment_id, &sent, by)
        .await;
    match written {
        Ok(()) => {
            idp.mail().wake();
            Ok(())
        }
        Err(error) if error.unmet().is_some() => Err(Refusal::TooManyMails),
        Err(error) => Err(error.into()),
    }
}

/// Uses a code up for a new password, and lifts a lockout after wrong passwords. The code came by
/// mail, so it proves the mail address as well. The user as it is afterwards comes back.
///
/// A new password that the policy refuses costs neither the code nor a try.
pub(crate) async fn recover(
    idp: &Idp,
    user: &StoredUser,
    code: &RecoveryCode,
    new: &Password,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let policy = passwords::policy_of(idp, user).await?.policy;
    let tag = try_code(idp, user, code, &policy, by).await?;
    if !user.can_authenticate(by.now) {
        return Err(Refusal::AccountNotUsable);
    }
    let unknown = CurrentPassword::Unknown;
    let hash = match passwords::accepted(idp, user, &policy, new, unknown, by.now).await {
        Ok(hash) => hash,
        Err(refusal) => {
            RecoveryCodes::give_try_back(user.id, &tag)
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
    let notice = MailKind::Notice(Notice::PasswordRecovered);
    let written = RecoveryCodes::redeem(user.id, &tag)
        .and(Passwords::replaced(user.id, &new, by.session(), by.now))
        .and(Users::prove_email(user, by.now))
        .and(idp.mail().enqueue(idp, user, &notice, by.now).await?)
        .commit(idp, user.environment_id, &recovered, &by.acting_as(user))
        .await;
    match written {
        Ok(()) => {
            idp.mail().wake();
            let users = Users::new(idp.db());
            let recovered = users.find(user.environment_id, user.id).await?;
            recovered.ok_or(Refusal::AccountNotUsable)
        }
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
) -> Result<CodeTag, Refusal> {
    let codes = RecoveryCodes::new(idp.db());
    let (tag, failures) = match codes.take_try(user.id, MOST_TRIES, by.now).await? {
        Tried::Counted { sent, failures } => (sent, failures),
        Tried::Exhausted => return Err(Refusal::CodeExhausted),
        Tried::None => return Err(Refusal::CodeInvalid),
    };
    if code.is_kept_as(&tag, idp, user.id) {
        return Ok(tag);
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

/// Tries a code on all users whom somebody meant: on whichever it was mailed to, it works.
///
/// # Errors
///
/// As [`recover`]; without any user, [`Refusal::CodeInvalid`].
pub(crate) async fn recover_one_of(
    idp: &Idp,
    users: &[StoredUser],
    code: &RecoveryCode,
    new: &Password,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let mut refused = Refusal::CodeInvalid;
    for user in users {
        match recover(idp, user, code, new, by).await {
            Err(
                refusal @ (Refusal::AccountNotUsable
                | Refusal::CodeExhausted
                | Refusal::CodeInvalid),
            ) => refused = refusal,
            recovered_or_failed => return recovered_or_failed,
        }
    }
    Err(refused)
}
