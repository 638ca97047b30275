//! Signing on with a name and a password. Known and unknown names cost the same and end the same.

use jiff::Timestamp;
use protocol::id::{EnvironmentId, PopulationId};
use protocol::secret::Password;

use super::passwords::{self, ChangeReason, Right};
use super::{Refusal, identification};
use crate::audit::By;
use crate::hasher::{HashError, is_too_long};
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::password_policies::PasswordPolicies;
use crate::stores::users::{StoredUser, Users, Word};
use crate::tallies::SignOnResult;

/// Somebody who gave the right password.
#[derive(Debug)]
pub(crate) struct SignedOn {
    pub(crate) user: StoredUser,
    /// Whether it has to be changed.
    pub(crate) to_be_changed: Option<ChangeReason>,
    /// To be written together with what follows.
    pub(crate) right: Right,
}

/// Checks a name or mail address and a password.
///
/// An unknown name is [`Refusal::Wrong`] like a wrong password, after the same work. Whether an
/// account is locked out, disabled or without a password is told only to somebody who knows its
/// password: what others are told depends on what they typed alone. [`Refusal::LockedOut`] comes
/// after as many wrong tries with one name as the environment's default policy says, whoever has
/// the name and whichever policy counts for the account itself.
pub(crate) async fn sign_on(
    idp: &Idp,
    environment: EnvironmentId,
    identifier: &str,
    password: &Password,
    by: &By,
) -> Result<SignedOn, Refusal> {
    let judged = judge(idp, environment, identifier, password, by).await;
    if let Err(refusal) = &judged {
        idp.sign_ons().ended(counted_as(refusal));
    }
    judged
}

/// How a try that was refused is counted.
fn counted_as(refusal: &Refusal) -> SignOnResult {
    match refusal {
        Refusal::AccountNotUsable => SignOnResult::AccountNotUsable,
        Refusal::Wrong { .. } | Refusal::NoPassword => SignOnResult::WrongPassword,
        Refusal::LockedOut { .. } => SignOnResult::LockedOut,
        Refusal::Hashing(HashError::Busy) => SignOnResult::Busy,
        Refusal::CodeInvalid
        | Refusal::CodeExhausted
        | Refusal::Policy(_)
        | Refusal::TooYoung { .. }
        | Refusal::Hashing(_)
        | Refusal::TooManyMails
        | Refusal::Store(_)
        | Refusal::Mail(_) => SignOnResult::Failed,
    }
}

async fn judge(
    idp: &Idp,
    environment: EnvironmentId,
    identifier: &str,
    password: &Password,
    by: &By,
) -> Result<SignedOn, Refusal> {
    // Nobody has such a password: nobody is looked up for it, and nothing is counted.
    if is_too_long(password) {
        return Err(Refusal::Wrong {
            failures_remaining: None,
        });
    }
    let found = identification::for_sign_on(idp, environment, identifier).await?;
    let refusal = if let Some(user) = found {
        let by = by.acting_as(&user);
        match passwords::check_unwritten(idp, &user, password, Word::Trusted, &by).await {
            Ok((to_be_changed, right)) => {
                idp.tried_names().forget(environment, identifier);
                if !user.can_authenticate(by.now) {
                    right.commit(idp, environment, &by).await?;
                    return Err(Refusal::AccountNotUsable);
                }
                return Ok(SignedOn {
                    user,
                    to_be_changed,
                    right,
                });
            }
            Err(refusal) => refusal,
        }
    } else {
        idp.hasher().verify_nobody(password).await?;
        Refusal::Wrong {
            failures_remaining: None,
        }
    };
    match refusal {
        Refusal::Wrong { .. } | Refusal::LockedOut { .. } | Refusal::NoPassword => {
            Err(refused(idp, environment, identifier, by.now).await?)
        }
        refusal => Err(refusal),
    }
}

/// What everybody is told who gave no right password, by what they typed.
async fn refused(
    idp: &Idp,
    environment: EnvironmentId,
    identifier: &str,
    now: Timestamp,
) -> Result<Refusal, Refusal> {
    // No population has this id, so the environment's default policy applies.
    let nowhere = PopulationId::random(idp.random());
    let policy = PasswordPolicies::new(idp.db())
        .effective(environment, nowhere)
        .await?
        .policy;
    let locked_until = policy.lockout.and_then(|lockout| {
        idp.tried_names()
            .take_wrong(environment, identifier, lockout, now)
    });
    Ok(match locked_until {
        Some(until) => Refusal::LockedOut {
            seconds_until_unlock: until.duration_since(now).as_secs().max(1),
        },
        None => Refusal::Wrong {
            failures_remaining: None,
        },
    })
}

/// Notes the sign-on with the user, in the change that makes the session.
pub(crate) fn note(user: &StoredUser, by: &By) -> Change {
    Users::note_sign_on(user.id, by.origin.address.0.to_string(), by.now)
}
