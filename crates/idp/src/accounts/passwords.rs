//! Passwords: their state, checking, changing, setting.

use db::{Batch, StoreError};
use jiff::{SignedDuration, Timestamp};
use platform::clock::is_expired;
use protocol::password_policy::{
    Context, CurrentPassword, Evaluation, History, PasswordPolicy, ProfileData, evaluate,
};
use protocol::pingone::PasswordStatus;
use protocol::secret::Password;

use super::Refusal;
use crate::audit::{Activity, Actor, Origin};
use crate::state::Idp;
use crate::stores::codes::RecoveryCodes;
use crate::stores::grants::Grants;
use crate::stores::password_policies::{PasswordPolicies, StoredPasswordPolicy};
use crate::stores::passwords::PasswordHash;
use crate::stores::passwords::{Passwords, StoredPassword, Try};
use crate::stores::sessions::Sessions;
use crate::stores::users::StoredUser;

/// What state a user's password is in, and the policy that applies to it.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) status: PasswordStatus,
    pub(crate) changed_at: Option<Timestamp>,
    pub(crate) seconds_until_unlock: Option<i64>,
    pub(crate) policy: StoredPasswordPolicy,
}

/// The state of a user's password.
pub(crate) async fn state(
    idp: &Idp,
    user: &StoredUser,
    now: Timestamp,
) -> Result<State, StoreError> {
    let policy = policy_of(idp, user).await?;
    let password = Passwords::new(idp.db()).load(user.id).await?;
    Ok(State {
        status: status(&password, &policy.policy, now),
        changed_at: password
            .hash
            .is_some()
            .then_some(password.changed_at)
            .flatten(),
        seconds_until_unlock: password.lockout(now).map(|until| seconds_until(until, now)),
        policy,
    })
}

/// The policy that applies to a user.
pub(crate) async fn policy_of(
    idp: &Idp,
    user: &StoredUser,
) -> Result<StoredPasswordPolicy, StoreError> {
    PasswordPolicies::new(idp.db())
        .effective(user.environment_id, user.population_id)
        .await
}

/// The state of a password under a policy.
pub(crate) fn status(
    password: &StoredPassword,
    policy: &PasswordPolicy,
    now: Timestamp,
) -> PasswordStatus {
    if password.hash.is_none() {
        PasswordStatus::NoPassword
    } else if password.lockout(now).is_some() {
        PasswordStatus::PasswordLockedOut
    } else if password.must_change {
        PasswordStatus::MustChangePassword
    } else if is_too_old(password, policy, now) {
        PasswordStatus::PasswordExpired
    } else {
        PasswordStatus::Ok
    }
}

fn is_too_old(password: &StoredPassword, policy: &PasswordPolicy, now: Timestamp) -> bool {
    match (password.changed_at, policy.max_age_days) {
        (Some(changed_at), Some(days)) => is_expired(days_after(changed_at, days), now),
        _ => false,
    }
}

/// A policy may name more days than time has.
fn days_after(instant: Timestamp, days: u32) -> Timestamp {
    instant
        .saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
        .unwrap_or(Timestamp::MAX)
}

/// Whole seconds, rounded up, so that a lockout never shows zero.
fn seconds_until(until: Timestamp, now: Timestamp) -> i64 {
    (until.duration_since(now).as_millis() + 999)
        .div_euclid(1000)
        .try_into()
        .unwrap_or(i64::MAX)
}

/// Checks a password on behalf of `actor`, counts a failure, and gives the password's state: good,
/// to be changed, or expired.
///
/// The try is counted before the password is compared, so that tries made at the same time are no
/// way around the lockout. A locked-out password costs as much as a wrong one.
pub(crate) async fn check(
    idp: &Idp,
    user: &StoredUser,
    password: &Password,
    actor: &Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<PasswordStatus, Refusal> {
    let policy = policy_of(idp, user).await?.policy;
    check_with(idp, user, &policy, password, actor, origin, now).await
}

async fn check_with(
    idp: &Idp,
    user: &StoredUser,
    policy: &PasswordPolicy,
    password: &Password,
    actor: &Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<PasswordStatus, Refusal> {
    let passwords = Passwords::new(idp.db());
    let stored = passwords.load(user.id).await?;
    let Some(hash) = &stored.hash else {
        idp.hasher().verify_nobody(password).await?;
        return Err(Refusal::NoPassword);
    };
    if let Some(until) = stored.lockout(now) {
        idp.hasher().verify_nobody(password).await?;
        return Err(Refusal::LockedOut {
            seconds_until_unlock: seconds_until(until, now),
        });
    }
    let remaining = match policy.lockout {
        Some(lockout) => match passwords.take_try(user.id, lockout, now).await? {
            Try::Counted { remaining } => Some(remaining),
            Try::LockedOut => {
                idp.hasher().verify_nobody(password).await?;
                return Err(Refusal::LockedOut {
                    seconds_until_unlock: i64::from(lockout.duration_seconds),
                });
            }
        },
        None => None,
    };
    let is_right = idp.hasher().verify(password, hash).await?;
    let record = |activity: Activity| activity.statement(idp, user.environment_id, origin, now);
    if !is_right {
        let failed = record(Activity::failed(
            "PASSWORD.CHECK_FAILED",
            actor.clone(),
            user,
        ));
        let mut batch = Batch::new().add(failed);
        if remaining == Some(0) {
            batch = batch.add(record(Activity::new("USER.LOCKED", actor.clone(), user)));
        }
        idp.db().batch(batch).await?;
        return Err(Refusal::Wrong {
            failures_remaining: remaining,
        });
    }
    let batch = Batch::new()
        .add(Passwords::forgive(user.id))
        .add(record(Activity::new(
            "PASSWORD.CHECK_SUCCEEDED",
            actor.clone(),
            user,
        )));
    idp.db().batch(batch).await?;
    Ok(status(
        &StoredPassword {
            locked_until: None,
            ..stored
        },
        policy,
        now,
    ))
}

/// Changes a password on the word of its owner, who knows the current one.
pub(crate) async fn change_own(
    idp: &Idp,
    user: &StoredUser,
    current: &Password,
    new: &Password,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Refusal> {
    let policy = policy_of(idp, user).await?.policy;
    let actor = Actor::from(user);
    match check_with(idp, user, &policy, current, &actor, origin, now).await? {
        PasswordStatus::MustChangePassword | PasswordStatus::PasswordExpired => {}
        _ => require_age(idp, user, &policy, now).await?,
    }
    let hash = accepted(
        idp,
        user,
        &policy,
        new,
        CurrentPassword::Given(current.expose()),
        now,
    )
    .await?;
    let reset = Activity::new("PASSWORD.RESET", actor, user);
    store(idp, user, &policy, &hash, false, reset, origin, now).await
}

async fn require_age(
    idp: &Idp,
    user: &StoredUser,
    policy: &PasswordPolicy,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(min_age_days) = policy.min_age_days else {
        return Ok(());
    };
    let changed_at = Passwords::new(idp.db()).load(user.id).await?.changed_at;
    match changed_at {
        Some(changed_at) if !is_expired(days_after(changed_at, min_age_days), now) => {
            Err(Refusal::TooYoung { min_age_days })
        }
        _ => Ok(()),
    }
}

/// How an administrator sets a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetOptions {
    /// Whether the user must choose another one at the next sign-on.
    pub(crate) force_change: bool,
    /// Whether the policy is applied.
    pub(crate) policy: PolicyCheck,
    /// The event in the audit log: `PASSWORD.SET` or `PASSWORD.RESET`.
    pub(crate) action: &'static str,
}

/// Whether the policy is applied to a password that an administrator sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyCheck {
    /// It is.
    Applied,
    /// It is not, by the administrator's wish.
    Bypassed,
}

/// Sets a password on the word of an administrator.
pub(crate) async fn set(
    idp: &Idp,
    user: &StoredUser,
    new: &Password,
    options: SetOptions,
    actor: Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Refusal> {
    let policy = policy_of(idp, user).await?.policy;
    let hash = match options.policy {
        PolicyCheck::Applied => {
            accepted(idp, user, &policy, new, CurrentPassword::Unknown, now).await?
        }
        PolicyCheck::Bypassed => idp.hasher().hash(new, idp.random()).await?,
    };
    let activity = Activity::new(options.action, actor, user);
    store(
        idp,
        user,
        &policy,
        &hash,
        options.force_change,
        activity,
        origin,
        now,
    )
    .await
}

/// Removes a password.
pub(crate) async fn remove(
    idp: &Idp,
    user: &StoredUser,
    actor: Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    let unset = Activity::new("PASSWORD.UNSET", actor, user);
    let batch = Batch::new()
        .add(Passwords::remove(user.id))
        .add(RecoveryCodes::drop_all(user.id))
        .add(Sessions::end_others_statement(user.id, origin.session))
        .add(Grants::revoke_others_statement(
            user.id,
            origin.session,
            now,
        ))
        .add(unset.statement(idp, user.environment_id, origin, now));
    idp.db().batch(batch).await.map(drop)
}

/// Demands another password at the next sign-on, and lifts a lockout.
pub(crate) async fn force_change(
    idp: &Idp,
    user: &StoredUser,
    actor: Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Refusal> {
    let forced = Activity::new("PASSWORD.FORCE_CHANGE", actor, user);
    let batch = Batch::new()
        .require(Passwords::demand_change(user.id), 1)
        .add(forced.statement(idp, user.environment_id, origin, now));
    match idp.db().batch(batch).await {
        Ok(_) => Ok(()),
        Err(error) if error.unmet().is_some() => Err(Refusal::NoPassword),
        Err(error) => Err(error.into()),
    }
}

/// Lifts a lockout after wrong passwords.
pub(crate) async fn unlock(
    idp: &Idp,
    user: &StoredUser,
    actor: Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    let record = |action, actor| {
        Activity::new(action, actor, user).statement(idp, user.environment_id, origin, now)
    };
    let batch = Batch::new()
        .add(Passwords::forgive(user.id))
        .add(record("PASSWORD.UNLOCKED", actor.clone()))
        .add(record("USER.UNLOCKED", actor));
    idp.db().batch(batch).await.map(drop)
}

/// Judges a new password and hashes it.
///
/// The history costs a hash per earlier password, so it is compared only where everything else is
/// satisfied.
pub(super) async fn accepted(
    idp: &Idp,
    user: &StoredUser,
    policy: &PasswordPolicy,
    new: &Password,
    current: CurrentPassword<'_>,
    now: Timestamp,
) -> Result<PasswordHash, Refusal> {
    let judged = judge(user, policy, new, current, History::Unknown);
    if !judged.is_acceptable() {
        return Err(Refusal::Policy(Box::new(judged)));
    }
    if let Some(history) = &policy.history {
        let passwords = Passwords::new(idp.db());
        let mut earlier = passwords.history(user.id, history, now).await?;
        earlier.extend(passwords.load(user.id).await?.hash);
        if idp.hasher().matches_any(new, &earlier).await? {
            let judged = judge(user, policy, new, current, History::Contains);
            return Err(Refusal::Policy(Box::new(judged)));
        }
    }
    Ok(idp.hasher().hash(new, idp.random()).await?)
}

fn judge(
    user: &StoredUser,
    policy: &PasswordPolicy,
    new: &Password,
    current: CurrentPassword<'_>,
    history: History,
) -> Evaluation {
    let profile = user.profile_values();
    let profile: Vec<_> = profile.iter().map(String::as_str).collect();
    let context = Context {
        profile: ProfileData::Values(&profile),
        current_password: current,
        history,
    };
    evaluate(policy, new.expose(), &context)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of three callers, each argument its own type"
)]
async fn store(
    idp: &Idp,
    user: &StoredUser,
    policy: &PasswordPolicy,
    hash: &PasswordHash,
    must_change: bool,
    activity: Activity,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Refusal> {
    let mut batch = Batch::new();
    for statement in Passwords::set(user.id, hash, must_change, policy.history.as_ref(), now) {
        batch = batch.add(statement);
    }
    batch = batch
        .add(RecoveryCodes::drop_all(user.id))
        .add(Sessions::end_others_statement(user.id, origin.session))
        .add(Grants::revoke_others_statement(
            user.id,
            origin.session,
            now,
        ))
        .add(activity.statement(idp, user.environment_id, origin, now));
    idp.db().batch(batch).await?;
    Ok(())
}
