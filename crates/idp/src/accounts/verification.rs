//! The proof of a mail address: a code goes out, and comes back.

use jiff::Timestamp;
use protocol::secret::VerificationCode;

use super::Refusal;
use crate::audit::{Activity, By};
use crate::mail::MailKind;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::codes::{SentVerification, Tried, VerificationCodes};
use crate::stores::users::{StoredUser, Users};

/// A verification code does not expire, so it bears few tries; a new one can be asked for.
const MOST_TRIES: i64 = 10;

/// Makes a new code and puts its mail into the outbox.
pub(super) async fn issue(idp: &Idp, user: &StoredUser, now: Timestamp) -> Result<Change, Refusal> {
    let code = VerificationCode::random(idp.random());
    let sent = SentVerification {
        digest: code.digest(),
        email: user.email.clone(),
    };
    let mail = MailKind::Verification { code: &code };
    let mailed = idp.mail().enqueue(idp, user, &mail, now).await?;
    Ok(VerificationCodes::replace(user.id, &sent, now).and(mailed))
}

/// Mails a new code and demands it at the next sign-on. The user as it is afterwards comes back.
pub(crate) async fn send_code(
    idp: &Idp,
    user: &StoredUser,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let mut changed = user.clone();
    changed.verification_required = true;
    changed.updated_at = by.now;
    let sent = Activity::new("NOTIFICATION.CREATED", user);
    Users::update(&changed)
        .and(issue(idp, &changed, by.now).await?)
        .commit(idp, user.environment_id, &sent, by)
        .await?;
    idp.mail().wake();
    changed.version += 1;
    Ok(changed)
}

/// Uses a code up. The user as it is afterwards comes back.
pub(crate) async fn verify(
    idp: &Idp,
    user: &StoredUser,
    code: &VerificationCode,
    by: &By,
) -> Result<StoredUser, Refusal> {
    let codes = VerificationCodes::new(idp.db());
    let Tried::Counted { digest: sent, .. } = codes.take_try(user.id, MOST_TRIES).await? else {
        return Err(Refusal::CodeInvalid);
    };
    if sent.digest != code.digest() {
        return Err(Refusal::CodeInvalid);
    }
    let mut changed = user.clone();
    changed.verification_required = false;
    // A code proves the address that it was sent to, not one that was entered since.
    changed.email_verified = changed.email_verified || sent.email == user.email;
    changed.updated_at = by.now;
    let updated = Activity::new("USER.UPDATED", user);
    let written = VerificationCodes::redeem(user.id, &sent.digest)
        .and(Users::update(&changed))
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
