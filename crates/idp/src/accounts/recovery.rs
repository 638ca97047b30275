//! The forgotten password: a code goes out by mail, and comes back with a new password.

use db::Batch;
use jiff::{SignedDuration, Timestamp};
use protocol::password_policy::CurrentPassword;
use protocol::pingone::PasswordStatus;
use protocol::secret::{Password, RecoveryCode};

use super::{Refusal, passwords};
use crate::audit::{Activity, Actor, Origin};
use crate::mail::MailKind;
use crate::state::Idp;
use crate::stores::codes::{RECOVERY_CODE_LIFETIME, RecoveryCodes, Tried};
use crate::stores::grants::Grants;
use crate::stores::passwords::Passwords;
use crate::stores::sessions::Sessions;
use crate::stores::users::StoredUser;

/// The fifth wrong code kills a code (flows, "Codes").
pub(crate) const MOST_TRIES: i64 = 5;

/// Mails a new code, which makes an earlier one worthless.
///
/// Refused for a user who may not sign on, has no password, or is locked out (PingOne, "Password
/// recovery").
pub(crate) async fn send_code(
    idp: &Idp,
    user: &StoredUser,
    actor: Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Refusal> {
    if !user.can_authenticate(now) {
        return Err(Refusal::AccountNotUsable);
    }
    let state = passwords::state(idp, user, now).await?;
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
    let sent = Activity::new("NOTIFICATION.CREATED", actor, user);
    let batch = Batch::new()
        .add(RecoveryCodes::replace(
            user.id,
            &code.digest(),
            now + RECOVERY_CODE_LIFETIME,
        ))
        .add(idp.mail().enqueue(idp, user, &mail, now).await?)
        .add(sent.statement(idp, user.environment_id, origin, now));
    idp.db().batch(batch).await?;
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
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Refusal> {
    let policy = passwords::policy_of(idp, user).await?.policy;
    let codes = RecoveryCodes::new(idp.db());
    let (digest, failures) = match codes.take_try(user.id, MOST_TRIES, now).await? {
        Tried::Counted { digest, failures } => (digest, failures),
        Tried::Exhausted => return Err(Refusal::CodeExhausted),
        Tried::None => return Err(Refusal::CodeInvalid),
    };
    if digest != code.digest() {
        if failures < MOST_TRIES {
            return Err(Refusal::CodeInvalid);
        }
        let lockout = policy
            .lockout
            .map_or(900, |lockout| lockout.duration_seconds);
        let until = now + SignedDuration::from_secs(i64::from(lockout));
        let locked = Activity::new("USER.LOCKED", Actor::Nobody, user);
        let batch = Batch::new()
            .add(Passwords::lock_out(user.id, until))
            .add(locked.statement(idp, user.environment_id, origin, now));
        idp.db().batch(batch).await?;
        return Err(Refusal::CodeExhausted);
    }
    if !user.can_authenticate(now) {
        return Err(Refusal::AccountNotUsable);
    }
    let accepted =
        passwords::accepted(idp, user, &policy, new, CurrentPassword::Unknown, now).await;
    let hash = match accepted {
        Ok(hash) => hash,
        Err(refusal) => {
            idp.db()
                .write(RecoveryCodes::forgive(user.id, &digest))
                .await?;
            return Err(refusal);
        }
    };
    let record = |action| {
        Activity::new(action, Actor::from(user), user).statement(
            idp,
            user.environment_id,
            origin,
            now,
        )
    };
    let mut batch = Batch::new().require(RecoveryCodes::redeem(user.id, &digest), 1);
    for statement in Passwords::set(user.id, &hash, false, policy.history.as_ref(), now) {
        batch = batch.add(statement);
    }
    batch = batch
        .add(Sessions::end_others_statement(user.id, origin.session))
        .add(Grants::revoke_others_statement(
            user.id,
            origin.session,
            now,
        ))
        .add(record("PASSWORD.RECOVERY"))
        .add(record("USER.UNLOCKED"));
    match idp.db().batch(batch).await {
        Ok(_) => Ok(()),
        Err(error) if error.unmet().is_some() => Err(Refusal::CodeInvalid),
        Err(error) => Err(error.into()),
    }
}
