//! The proof of a mail address: a code goes out, and comes back.

use db::{Batch, Statement};
use jiff::Timestamp;
use protocol::secret::VerificationCode;

use super::Refusal;
use crate::audit::{Activity, Actor, Origin};
use crate::mail::MailKind;
use crate::state::Idp;
use crate::stores::codes::{SentVerification, Tried, VerificationCodes};
use crate::stores::users::{StoredUser, Users};

/// A verification code does not expire, so it bears few tries; a new one can be asked for.
const MOST_TRIES: i64 = 10;

/// Statements that make a new code and put its mail into the outbox.
pub(super) async fn issue(
    idp: &Idp,
    user: &StoredUser,
    now: Timestamp,
) -> Result<Vec<Statement>, Refusal> {
    let code = VerificationCode::random(idp.random());
    let sent = SentVerification {
        digest: code.digest(),
        email: user.email.clone(),
    };
    let mail = MailKind::Verification { code: &code };
    Ok(vec![
        VerificationCodes::replace(user.id, &sent, now),
        idp.mail().enqueue(idp, user, &mail, now).await?,
    ])
}

/// Mails a new code and demands it at the next sign-on. The user as it is afterwards comes back.
pub(crate) async fn send_code(
    idp: &Idp,
    user: &StoredUser,
    actor: Actor,
    origin: &Origin,
    now: Timestamp,
) -> Result<StoredUser, Refusal> {
    let mut changed = user.clone();
    changed.verification_required = true;
    changed.updated_at = now;
    let sent = Activity::new("NOTIFICATION.CREATED", actor, user);
    let mut batch = Batch::new();
    for (index, statement) in Users::update(&changed).into_iter().enumerate() {
        batch = if index == 0 {
            batch.require(statement, 1)
        } else {
            batch.add(statement)
        };
    }
    for statement in issue(idp, &changed, now).await? {
        batch = batch.add(statement);
    }
    batch = batch.add(sent.statement(idp, user.environment_id, origin, now));
    idp.db().batch(batch).await?;
    idp.mail().wake();
    changed.version += 1;
    Ok(changed)
}

/// Uses a code up. The user as it is afterwards comes back.
pub(crate) async fn verify(
    idp: &Idp,
    user: &StoredUser,
    code: &VerificationCode,
    actor: Actor,
    origin: &Origin,
    now: Timestamp,
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
    changed.updated_at = now;
    let updated = Activity::new("USER.UPDATED", actor, user);
    let mut batch = Batch::new().require(VerificationCodes::redeem(user.id, &sent.digest), 1);
    for (index, statement) in Users::update(&changed).into_iter().enumerate() {
        batch = if index == 0 {
            batch.require(statement, 1)
        } else {
            batch.add(statement)
        };
    }
    batch = batch.add(updated.statement(idp, user.environment_id, origin, now));
    match idp.db().batch(batch).await {
        Ok(_) => {
            changed.version += 1;
            Ok(changed)
        }
        Err(error) if error.unmet() == Some(0) => Err(Refusal::CodeInvalid),
        Err(error) => Err(error.into()),
    }
}
