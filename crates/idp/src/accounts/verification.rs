//! The proof of a mail address: a code goes out, and comes back.

use db::StoreError;
use jiff::Timestamp;
use protocol::names::name_key;
use protocol::secret::VerificationCode;

use super::mailed_codes::MailedCode as _;
use super::{Refusal, names};
use crate::audit::{Activity, By};
use crate::core::{Core, group_rules};
use crate::mail::MailKind;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::codes::{CountedTry, RecoveryCodes, SentVerification, VerificationCodes};
use crate::stores::former_addresses::FormerAddresses;
use crate::stores::users::{StoredUser, Users, Word};

/// A verification code is good for a day, so it bears few tries; a new one can be asked for.
const MOST_TRIES: i64 = 10;

/// Makes a new code and puts its mail into the outbox, for a user who comes into being with it: a
/// code that is not mailed because the address had its share can be asked for again.
pub(super) async fn issue(idp: &Idp, user: &StoredUser, now: Timestamp) -> Result<Change, Refusal> {
    let code = VerificationCode::random(idp.random());
    let mail = MailKind::Verification { code: &code };
    let mailed = idp.mail().enqueue(idp, user, &mail, now).await?;
    Ok(replace(idp, user, &code, now).and(mailed))
}

fn replace(idp: &Idp, user: &StoredUser, code: &VerificationCode, now: Timestamp) -> Change {
    let sent = SentVerification {
        tag: code.tag(idp, user.id),
        email: user.email.clone(),
    };
    VerificationCodes::replace(user.id, &sent, now)
}

/// Mails a new code and demands it at the next sign-on. The user as it is afterwards comes back.
///
/// # Errors
///
/// [`Refusal::TooManyMails`]: the code that was mailed before stays good then.
pub(crate) async fn send_code(
    idp: &Idp,
    user: &StoredUser,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let mut changed = user.clone();
    changed.verification_required = true;
    changed.updated_at = by.now;
    let code = VerificationCode::random(idp.random());
    let mail = MailKind::Verification { code: &code };
    let sent = Activity::new("NOTIFICATION.CREATED", user);
    let mailed = idp.mail().require(idp, user, &mail, by.now).await?;
    let written = mailed
        .and(Users::update(&changed))
        .and(replace(idp, user, &code, by.now))
        .commit(idp, user.environment_id, &sent, by)
        .await;
    match written {
        Ok(()) => {
            idp.mail().wake();
            changed.version += 1;
            Ok(changed)
        }
        Err(error) if error.unmet() == Some(0) => Err(Refusal::TooManyMails),
        Err(error) => Err(error.into()),
    }
}

/// Uses a code up, on the word of whoever brings it. The user as it is afterwards comes back.
pub(crate) async fn verify(
    idp: &Idp,
    user: &StoredUser,
    code: &VerificationCode,
    word: Word,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let tried = VerificationCodes::take_try(user.id, MOST_TRIES, by.now);
    let Some(CountedTry { sent, .. }) = tried.commit_unrecorded(idp).await? else {
        return Err(Refusal::CodeInvalid);
    };
    if !code.is_kept_as(&sent.tag, idp, user.id) {
        let failed = Activity::failed("OTP.CHECK_FAILED", user);
        Change::new()
            .commit(idp, user.environment_id, &failed, by)
            .await?;
        return Err(Refusal::CodeInvalid);
    }
    let mut changed = user.clone();
    changed.verification_required = false;
    // A code proves the address that it was sent to, not one that was entered since.
    if name_key(&sent.email) == name_key(&user.email) {
        changed.prove_email(word, by.now);
    }
    let moved = if changed.mailbox() == user.mailbox() {
        Change::new()
    } else {
        follow_mailbox(idp, user, &mut changed).await?;
        moved(user, &changed, by)
    };
    changed.updated_at = by.now;
    let updated = Activity::new("USER.UPDATED", user);
    let written = VerificationCodes::redeem(user.id, &sent.tag)
        .and(Users::update(&changed))
        .and(moved)
        .and(group_rules::place(idp, &changed, by.now).await?)
        .commit(idp, user.environment_id, &updated, by)
        .await;
    match written {
        Ok(()) => {
            changed.version += 1;
            Ok(changed)
        }
        Err(error) if error.unmet() == Some(0) => Err(Refusal::CodeInvalid),
        Err(error) => Err(error.into()),
    }
}

/// Whoever signs on with the address alone does so with another one, once the account has its mailbox
/// there. Where somebody else has that name it is theirs.
///
/// # Errors
///
/// When the database does not tell whose a name is.
pub(crate) async fn follow_mailbox(
    core: &Core,
    user: &StoredUser,
    changed: &mut StoredUser,
) -> Result<(), StoreError> {
    if !Users::has_name(user, user.mailbox()) {
        return Ok(());
    }
    let name = changed.mailbox().to_owned();
    changed.username = name;
    if !names::is_free_name(core, changed).await? {
        changed.username.clone_from(&user.username);
    }
    Ok(())
}

/// What comes with another mailbox: a code for a new password that was mailed to the one before is worth
/// nothing any more. Its reader can come back for a while, unless an operator took the account away.
fn moved(user: &StoredUser, changed: &StoredUser, by: &By) -> Change {
    let former = match user.kept_address(by.now) {
        Some(former) if by.is(user.id) => FormerAddresses::keep(user.environment_id, &former),
        _ => FormerAddresses::forget(user.id),
    };
    let is_back = FormerAddresses::forget_this(user.id, changed.mailbox());
    RecoveryCodes::delete(user.id).and(former).and(is_back)
}
