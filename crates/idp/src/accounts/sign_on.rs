//! Signing on with a name and a password. Known and unknown names cost the same and end the same.

use jiff::Timestamp;
use protocol::id::{EnvironmentId, PopulationId};
use protocol::pingone::PasswordStatus;
use protocol::secret::Password;

use super::{Refusal, passwords};
use crate::audit::By;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::password_policies::PasswordPolicies;
use crate::stores::users::{StoredUser, Users};

/// Somebody who gave the right password.
#[derive(Clone, Debug)]
pub(crate) struct SignedOn {
    pub(crate) user: StoredUser,
    /// Good, to be changed, or expired.
    pub(crate) status: PasswordStatus,
}

/// Checks a name or mail address and a password.
///
/// An unknown name is [`Refusal::Wrong`] like a wrong password, after the same work, and is locked
/// out after as many tries. A disabled or locked account is told apart only to somebody who knows
/// its password.
pub(crate) async fn sign_on(
    idp: &Idp,
    environment: EnvironmentId,
    identifier: &str,
    password: &Password,
    by: &By,
) -> Result<SignedOn, Refusal> {
    let found = Users::new(idp.db())
        .find_for_sign_on(environment, identifier)
        .await?;
    let Some(user) = found else {
        idp.hasher().verify_nobody(password).await?;
        return Err(refuse_unknown(idp, environment, identifier, by.now).await?);
    };
    let checked = passwords::check(idp, &user, password, &by.acting_as(&user)).await;
    match checked {
        Ok(_) if !user.can_authenticate(by.now) => Err(Refusal::AccountNotUsable),
        Ok(status) => Ok(SignedOn { user, status }),
        // Nobody can sign on to it, which is no news to tell a stranger: not by a lockout that
        // never comes, either.
        Err(Refusal::NoPassword) => {
            Err(refuse_unknown(idp, environment, identifier, by.now).await?)
        }
        Err(refusal) => Err(refusal),
    }
}

async fn refuse_unknown(
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
        idp.unknown_names()
            .take_try(environment, identifier, lockout, now)
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
