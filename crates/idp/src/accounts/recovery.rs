//! The forgotten password: a code goes out by mail, and comes back with a new password.

use db::StoreError;
use protocol::password_policy::CurrentPassword;
use protocol::secret::{Password, RecoveryCode};

use super::identification::Recoverable;
use super::mailed_codes::{MailedCode as _, ToMailbox};
use super::{Refusal, names, passwords};
use crate::audit::{Activity, By};
use crate::core::group_rules;
use crate::mail::{MailKind, Notice};
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::codes::{
    CodeTag, ComesFrom, RECOVERY_CODE_LIFETIME, RecoveryCodes, VerificationCodes,
};
use crate::stores::configuration::Objects;
use crate::stores::former_addresses::{FormerAddress, FormerAddresses};
use crate::stores::linked_accounts::LinkedAccount;
use crate::stores::passwords::{Passwords, Replacement};
use crate::stores::users::{StoredUser, Users};

/// Mails a new code. One that was mailed before stays good for its time: whoever asks may be a
/// stranger, and the owner may be typing it.
///
/// Whoever proves the mailbox gets in: a user who is locked out after wrong passwords, or has no
/// password yet, is sent a code like any other. PingOne refuses both, which leaves it to strangers
/// whether somebody gets in (`docs/decisions/0012-the-mailbox-decides.md`).
///
/// # Errors
///
/// [`Refusal::AccountNotUsable`] for a user whom an administrator disabled or locked, and
/// [`Refusal::TooManyMails`]: a code that was mailed before is good then, in whichever browser.
pub(crate) async fn send_code(idp: &Idp, whom: &Recoverable, by: &By) -> Result<(), Refusal> {
    let user = &whom.user;
    if !user.can_authenticate(by.now) {
        return Err(Refusal::AccountNotUsable);
    }
    let code = RecoveryCode::random(idp.random());
    let mail = MailKind::Recovery {
        code: &code,
        mailbox: whom.mailbox(),
    };
    let expires_at = by.now + RECOVERY_CODE_LIFETIME;
    let sent = Activity::new("NOTIFICATION.CREATED", user);
    let mailed = idp.mail().require(idp, user, &mail, by.now).await?;
    let written = mailed
        .and(RecoveryCodes::insert(
            user.id,
            &to_mailbox(&code, whom).tag(idp, user.id),
            expires_at,
            by.now,
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

fn to_mailbox<'a>(code: &'a RecoveryCode, whom: &'a Recoverable) -> ToMailbox<'a> {
    ToMailbox {
        code,
        address: whom.mailbox(),
    }
}

/// As [`recover_one_of`], for the one user whom the management API names.
///
/// # Errors
///
/// As [`recover_one_of`].
pub(crate) async fn recover(
    idp: &Idp,
    user: &StoredUser,
    code: &RecoveryCode,
    new: &Password,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let whom = [Recoverable::now(user.clone())];
    recover_one_of(idp, &whom, code, ComesFrom::Api, new, by).await
}

/// Tries a code on all users whom somebody meant: the one to whom it was mailed gets the new
/// password. A wrong code is a try at each of them, a right one at none.
///
/// The try is counted before the code is compared, so that no number of requests at the same time
/// compares more of them.
///
/// # Errors
///
/// [`Refusal::CodeInvalid`] for a wrong code, also without any user, [`Refusal::CodeExhausted`]
/// after too many of them, and as [`redeem`].
pub(crate) async fn recover_one_of(
    idp: &Idp,
    meant: &[Recoverable],
    code: &RecoveryCode,
    from: ComesFrom,
    new: &Password,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let mut refused = Refusal::CodeInvalid;
    let (mut given_back, mut failed) = (Change::new(), None::<Activity>);
    for whom in meant {
        let user = &whom.user;
        let tried = RecoveryCodes::take_try(user.id, from, by.now);
        let Some(tried) = tried.commit_unrecorded(idp).await? else {
            let codes = RecoveryCodes::new(idp.db());
            let is_dead = codes.is_any_sent(user.id, by.now).await?;
            refused = if is_dead {
                Refusal::CodeExhausted
            } else {
                Refusal::CodeInvalid
            };
            continue;
        };
        given_back = given_back.and(RecoveryCodes::give_try_back(user.id, from, &tried.sent));
        let (mut tags, mailed) = (tried.sent.iter(), to_mailbox(code, whom));
        if let Some(tag) = tags.find(|tag| mailed.is_kept_as(tag, idp, user.id)) {
            given_back.commit_unrecorded(idp).await?;
            return redeem(idp, whom, tag, new, by).await;
        }
        let this = Activity::failed("OTP.CHECK_FAILED", user);
        failed = Some(match failed.take() {
            Some(others) => others.and(this),
            None => this,
        });
        refused = if tried.failures < from.most_tries() {
            Refusal::CodeInvalid
        } else {
            Refusal::CodeExhausted
        };
    }
    if let (Some(failed), Some(whom)) = (failed, meant.first()) {
        Change::new()
            .commit(idp, whom.user.environment_id, &failed, by)
            .await?;
    }
    Err(refused)
}

/// Uses a code up for a new password, and lifts a lockout after wrong passwords. The code came by
/// mail, so it proves the mailbox as well. The user as it is afterwards comes back.
///
/// A new password that the policy refuses does not cost the code.
///
/// # Errors
///
/// [`Refusal::AccountNotUsable`], [`Refusal::Policy`], and [`Refusal::CodeInvalid`] where another
/// request was faster.
async fn redeem(
    idp: &Idp,
    whom: &Recoverable,
    tag: &CodeTag,
    new: &Password,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let user = &whom.user;
    if !user.can_authenticate(by.now) {
        return Err(Refusal::AccountNotUsable);
    }
    let policy = passwords::policy_of(idp, user).await?.policy;
    let unknown = CurrentPassword::Unknown;
    let hash = passwords::accepted(idp, user, &policy, new, unknown, by.now).await?;
    let new = Replacement {
        hash: &hash,
        must_change: false,
        history: policy.history.as_ref(),
    };
    let recovered = Activity::new("PASSWORD.RECOVERY", user);
    let recovered = recovered.and(Activity::new("USER.UNLOCKED", user));
    let mailbox = match &whom.former {
        None => {
            let notice = MailKind::Notice(Notice::PasswordRecovered);
            let told = idp.mail().enqueue(idp, user, &notice, by.now).await?;
            Users::prove_mailbox(user, by.now).and(told)
        }
        Some(former) => taken_back(idp, user, former, by).await?,
    };
    let written = RecoveryCodes::redeem(user.id, tag)
        .and(Passwords::replaced(user.id, &new, by.session(), by.now))
        .and(mailbox)
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

/// Gives an account the address back that it had before. Whoever took another is told there, and has no
/// way back: it may be a thief.
async fn taken_back(
    idp: &Idp,
    user: &StoredUser,
    former: &FormerAddress,
    by: &By,
) -> Result<Change, Refusal> {
    let mut owner = user.clone();
    owner.take_back(former);
    owner.updated_at = by.now;
    // Where somebody else has the name meanwhile, it is theirs.
    let is_renamed = owner.username != user.username;
    if is_renamed && !names::is_free_name(idp, &owner).await? {
        owner.username.clone_from(&user.username);
    }
    let (recovered, changed) = (Notice::PasswordRecovered, Notice::AddressChanged);
    let (recovered, changed) = (MailKind::Notice(recovered), MailKind::Notice(changed));
    Ok(Users::update(&owner)
        .and(FormerAddresses::forget(user.id))
        .and(left_behind(idp, user, former).await?)
        .and(VerificationCodes::delete(user.id))
        .and(RecoveryCodes::delete(user.id))
        .and(group_rules::place(idp, &owner, by.now).await?)
        .and(idp.mail().enqueue(idp, &owner, &recovered, by.now).await?)
        .and(idp.mail().enqueue(idp, user, &changed, by.now).await?))
}

/// The ways in by identity providers that a thief may have added since the address moved. Second factors
/// stay: a mailbox alone does not get around them.
async fn left_behind(
    idp: &Idp,
    user: &StoredUser,
    former: &FormerAddress,
) -> Result<Change, StoreError> {
    let accounts = Objects::<LinkedAccount>::new(idp.db(), idp.keyring());
    let accounts = accounts
        .list(user.environment_id, user.id.as_uuid())
        .await?;
    let linked = accounts
        .iter()
        .filter(|account| account.created_at >= former.left_at)
        .map(Objects::<LinkedAccount>::delete);
    Ok(linked.fold(Change::new(), Change::and))
}
