//! Passwords: their state, checking, changing, setting.

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use platform::clock::is_expired;
use protocol::id::{EnvironmentId, UserId};
use protocol::password_policy::{
    Context, CurrentPassword, Evaluation, History, PasswordPolicy, ProfileData, evaluate,
};
use protocol::pingone::PasswordStatus;
use protocol::secret::Password;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::audit::{Activity, By};
use crate::hasher::is_too_long;
use crate::mail::{MailKind, Notice};
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::password_policies::{PasswordPolicies, StoredPasswordPolicy};
use crate::stores::passwords::{PasswordHash, Passwords, Replacement, StoredPassword};
use crate::stores::users::{StoredUser, Word};

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

/// Why a password has to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChangeReason {
    /// It is older than the policy allows.
    Expired,
    /// An administrator demands it, or it was temporary.
    Forced,
}

/// The state of a right password, which may have to be changed.
pub(crate) fn status_of_right(to_be_changed: Option<ChangeReason>) -> PasswordStatus {
    match to_be_changed {
        Some(ChangeReason::Expired) => PasswordStatus::PasswordExpired,
        Some(ChangeReason::Forced) => PasswordStatus::MustChangePassword,
        None => PasswordStatus::Ok,
    }
}

/// Whether a password has to be changed under a policy.
fn to_be_changed(
    password: &StoredPassword,
    policy: &PasswordPolicy,
    now: Timestamp,
) -> Option<ChangeReason> {
    if password.must_change {
        Some(ChangeReason::Forced)
    } else {
        is_too_old(password, policy, now).then_some(ChangeReason::Expired)
    }
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
    } else {
        status_of_right(to_be_changed(password, policy, now))
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

/// Checks a password, counts a failure, and tells whether the right one has to be changed. What an application gives on its own word locks out its like, and not the sign-on.
///
/// The try is counted before the password is compared, so that tries made at the same time are no
/// way around the lockout. A locked-out password costs as much as a wrong one.
pub(crate) async fn check(
    idp: &Idp,
    user: &StoredUser,
    password: &Password,
    word: Word,
    by: &By,
) -> Result<Option<ChangeReason>, Refusal> {
    let (to_be_changed, right) = check_unwritten(idp, user, password, word, by).await?;
    right.commit(idp, user.environment_id, by).await?;
    Ok(to_be_changed)
}

/// The same, for a caller who has more to write: each commit costs a flush of the disk.
pub(crate) async fn check_unwritten(
    idp: &Idp,
    user: &StoredUser,
    password: &Password,
    word: Word,
    by: &By,
) -> Result<(Option<ChangeReason>, Right), Refusal> {
    let policy = policy_of(idp, user).await?.policy;
    check_with(idp, user, &policy, password, word, by).await
}

/// A password was right. Its tries stay counted until this is written.
#[derive(Debug)]
#[must_use = "the tries stay counted until it is written"]
pub(crate) struct Right {
    user: UserId,
    word: Word,
    activity: Activity,
}

impl Right {
    /// Gives the tries back.
    pub(crate) fn change(&self) -> Change {
        match self.word {
            Word::OfAnApplication => Passwords::give_tries_of_application_back(self.user),
            Word::Trusted => Passwords::give_tries_back(self.user),
        }
    }

    /// What the audit log tells of it.
    pub(crate) fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// Writes it by itself.
    pub(crate) async fn commit(
        self,
        idp: &Idp,
        environment: EnvironmentId,
        by: &By,
    ) -> Result<(), StoreError> {
        let change = self.change();
        change.commit(idp, environment, &self.activity, by).await
    }
}

async fn check_with(
    idp: &Idp,
    user: &StoredUser,
    policy: &PasswordPolicy,
    password: &Password,
    word: Word,
    by: &By,
) -> Result<(Option<ChangeReason>, Right), Refusal> {
    let stored = Passwords::new(idp.db()).load(user.id).await?;
    let Some(hash) = &stored.hash else {
        idp.hasher().verify_nobody(password).await?;
        return Err(Refusal::NoPassword);
    };
    if let Some(until) = stored.lockout(by.now) {
        idp.hasher().verify_nobody(password).await?;
        return Err(Refusal::LockedOut {
            seconds_until_unlock: seconds_until(until, by.now),
        });
    }
    let remaining = match policy.lockout {
        Some(lockout) => {
            let tried = Passwords::take_try(user.id, word, lockout, by.now);
            let Some(failures) = tried.commit_unrecorded(idp).await? else {
                idp.hasher().verify_nobody(password).await?;
                return Err(Refusal::LockedOut {
                    seconds_until_unlock: i64::from(lockout.duration_seconds),
                });
            };
            let left = i64::from(lockout.failure_count).saturating_sub(failures);
            Some(u32::try_from(left).unwrap_or(0))
        }
        None => None,
    };
    if !idp.hasher().verify(password, hash).await? {
        let mut failed = Activity::failed("PASSWORD.CHECK_FAILED", user);
        if remaining == Some(0) && word == Word::Trusted {
            failed = failed.and(Activity::new("USER.LOCKED", user));
        }
        Change::new()
            .commit(idp, user.environment_id, &failed, by)
            .await?;
        return Err(Refusal::Wrong {
            failures_remaining: remaining,
        });
    }
    let right = Right {
        user: user.id,
        word,
        activity: Activity::new("PASSWORD.CHECK_SUCCEEDED", user),
    };
    Ok((to_be_changed(&stored, policy, by.now), right))
}

/// Changes a password on the word of its owner, who knows the current one.
pub(crate) async fn change_own(
    idp: &Idp,
    user: &StoredUser,
    current: &Password,
    new: &Password,
    word: Word,
    by: &By,
) -> Result<(), Refusal> {
    let by = &by.acting_as(user);
    let policy = policy_of(idp, user).await?.policy;
    let (to_be_changed, right) = check_with(idp, user, &policy, current, word, by).await?;
    right.commit(idp, user.environment_id, by).await?;
    if to_be_changed.is_none() {
        require_age(idp, user, &policy, by.now).await?;
    }
    let current = CurrentPassword::Given(current.expose());
    let hash = accepted(idp, user, &policy, new, current, by.now).await?;
    let new = Replacement {
        hash: &hash,
        must_change: false,
        history: policy.history.as_ref(),
    };
    let reset = Activity::new("PASSWORD.RESET", user);
    let change = Passwords::replaced(user.id, &new, by.session(), by.now);
    tell_owner(idp, user, change, Notice::PasswordChanged, &reset, by).await
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
    by: &By,
) -> Result<(), Refusal> {
    let policy = policy_of(idp, user).await?.policy;
    let hash = match options.policy {
        PolicyCheck::Applied => {
            accepted(idp, user, &policy, new, CurrentPassword::Unknown, by.now).await?
        }
        PolicyCheck::Bypassed if is_too_long(new) => {
            let judged = judge(
                user,
                &policy,
                new,
                CurrentPassword::Unknown,
                History::Unknown,
            );
            return Err(Refusal::Policy(Box::new(judged)));
        }
        PolicyCheck::Bypassed => idp.hasher().hash(new, idp.random()).await?,
    };
    let new = Replacement {
        hash: &hash,
        must_change: options.force_change,
        history: policy.history.as_ref(),
    };
    let activity = Activity::new(options.action, user);
    let change = Passwords::replaced(user.id, &new, by.session(), by.now);
    tell_owner(idp, user, change, Notice::PasswordSet, &activity, by).await
}

/// Writes a change of the password together with the mail that tells its owner.
async fn tell_owner(
    idp: &Idp,
    user: &StoredUser,
    change: Change,
    notice: Notice,
    activity: &Activity,
    by: &By,
) -> Result<(), Refusal> {
    let mail = MailKind::Notice(notice);
    let mailed = idp.mail().enqueue(idp, user, &mail, by.now).await?;
    let change = change.and(mailed);
    change
        .commit(idp, user.environment_id, activity, by)
        .await?;
    idp.mail().wake();
    Ok(())
}

/// Removes a password.
pub(crate) async fn remove(idp: &Idp, user: &StoredUser, by: &By) -> Result<(), Refusal> {
    let unset = Activity::new("PASSWORD.UNSET", user);
    let change = Passwords::delete(user.id, by.session(), by.now);
    tell_owner(idp, user, change, Notice::PasswordRemoved, &unset, by).await
}

/// Demands another password at the next sign-on, and lifts a lockout. What is open under the
/// present one ends.
pub(crate) async fn force_change(idp: &Idp, user: &StoredUser, by: &By) -> Result<(), Refusal> {
    let forced = Activity::new("PASSWORD.FORCE_CHANGE", user);
    let written = Passwords::demand_change(user.id, by.now)
        .commit(idp, user.environment_id, &forced, by)
        .await;
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.unmet().is_some() => Err(Refusal::NoPassword),
        Err(error) => Err(error.into()),
    }
}

/// Lifts a lockout after wrong passwords.
pub(crate) async fn unlock(idp: &Idp, user: &StoredUser, by: &By) -> Result<(), StoreError> {
    let unlocked = Activity::new("PASSWORD.UNLOCKED", user);
    let unlocked = unlocked.and(Activity::new("USER.UNLOCKED", user));
    Passwords::give_tries_back(user.id)
        .commit(idp, user.environment_id, &unlocked, by)
        .await
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
