//! Recovering a forgotten password, without telling who is known here.
//!
//! Who is being recovered stands in the server-side session, never in a form. A name that nobody
//! has goes through the same steps: the same calls to the environment, the same pages, the same
//! number of tries, and every answer takes at least a fixed time.

use pingone::{User, management};
use protocol::id::UserId;
use protocol::secret::{Password, RecoveryCode};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use tower_sessions::session::Error;
use web::{Background, Place};

use crate::settings::LimitSettings;

const KEY: &str = "recovery";

/// More accounts than this of one address are not mailed at a time.
const MOST_USERS: usize = 5;

/// A recovery on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Recovery {
    username: String,
    /// Everybody whom the name means: an address that several accounts have proven recovers each of
    /// them, with a code of its own.
    users: Vec<UserId>,
    wrong_codes: u32,
    resends: u32,
}

/// What became of an attempt to set a new password.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// It is set.
    Done,
    /// The code is wrong, too old, or nobody's.
    WrongCode,
    /// This code was wrong too often; a new one has to be sent.
    Exhausted,
    /// The code is right, and the environment refuses the password.
    Refused(pingone::Error),
}

/// Recovers passwords through the management API.
#[derive(Debug)]
pub(crate) struct Recoveries {
    management: management::Client,
    background: Background,
    limits: LimitSettings,
}

/// Why a recovery could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoveryError {
    /// Too much is under way already.
    #[error("too many recovery codes are being sent at the moment")]
    Busy,
    #[error(transparent)]
    Environment(#[from] pingone::Error),
}

impl Recoveries {
    pub(crate) fn new(
        management: management::Client,
        background: Background,
        limits: LimitSettings,
    ) -> Self {
        Self {
            management,
            background,
            limits,
        }
    }

    /// Looks up who is meant, and sends a code in the background if somebody is.
    pub(crate) async fn begin(&self, username: String) -> Result<Recovery, RecoveryError> {
        let place = self.place()?;
        let users = self.management.users().find_for_recovery(&username).await?;
        let recovery = Recovery::of(&username, &users);
        self.send_codes(&recovery.users, place);
        Ok(recovery)
    }

    /// Sends another code, if this recovery may; the earlier one is then good no longer.
    pub(crate) fn resend(&self, recovery: &mut Recovery) -> Result<bool, RecoveryError> {
        if recovery.resends >= self.limits.recovery_resends {
            return Ok(false);
        }
        let place = self.place()?;
        recovery.resends += 1;
        recovery.wrong_codes = 0;
        self.send_codes(&recovery.users, place);
        Ok(true)
    }

    /// A place for sending codes: taken before it is known whether there is anybody to send to, so
    /// that a portal that is full answers everybody alike.
    pub(crate) fn place(&self) -> Result<Place, RecoveryError> {
        self.background.place().ok_or(RecoveryError::Busy)
    }

    /// A code for the owners of an address who wanted to register with it: their accounts exist.
    pub(crate) fn remind(&self, recovery: &Recovery, place: Place) {
        self.send_codes(&recovery.users, place);
    }

    /// Not waited for: how long it takes, and whether there is anything to send, tells about the
    /// users.
    fn send_codes(&self, users: &[UserId], place: Place) {
        if users.is_empty() {
            return;
        }
        let (management, users) = (self.management.clone(), users.to_vec());
        place.run(async move {
            for user in users {
                if let Err(error) = management.passwords(user).send_recovery_code().await {
                    let causes = ui::chain_of_causes(&error).join(": ");
                    tracing::warn!(user.id = %user, error = %causes, "no recovery code was sent");
                }
            }
        });
    }

    /// Tries a code and a new password.
    pub(crate) async fn attempt(
        &self,
        recovery: &mut Recovery,
        code: &RecoveryCode,
        password: &Password,
    ) -> Result<Attempt, pingone::Error> {
        let most = self.limits.recovery_tries;
        if recovery.wrong_codes >= most {
            return Ok(Attempt::Exhausted);
        }
        if recovery.users.is_empty() {
            // As much as for somebody: an environment that is down or busy shows in both cases.
            self.management
                .users()
                .find_for_recovery(&recovery.username)
                .await?;
        }
        for user in &recovery.users {
            let passwords = self.management.passwords(*user);
            match passwords.recover(code, password).await {
                Ok(_) => return Ok(Attempt::Done),
                Err(error) if error.is_policy_violation() => return Ok(Attempt::Refused(error)),
                Err(error) if error.is_unavailable() || error.is_rate_limited() => {
                    return Err(error);
                }
                // Every other refusal says something about the user: locked, disabled, no password.
                Err(error) => tracing::info!(user.id = %user, %error, "a recovery was refused"),
            }
        }
        Ok(recovery.wrong_code(most))
    }
}

impl Recovery {
    /// The recovery of these users' passwords, whom somebody means by `username`.
    pub(crate) fn of(username: &str, users: &[User]) -> Self {
        Self {
            username: username.to_owned(),
            users: users.iter().map(|user| user.id).take(MOST_USERS).collect(),
            wrong_codes: 0,
            resends: 0,
        }
    }

    /// The name or address that was typed.
    pub(crate) fn username(&self) -> &str {
        &self.username
    }

    pub(crate) async fn find(session: &Session) -> Result<Option<Self>, Error> {
        session.get(KEY).await
    }

    pub(crate) async fn save(&self, session: &Session) -> Result<(), Error> {
        session.insert(KEY, self).await
    }

    pub(crate) async fn finish(session: &Session) -> Result<(), Error> {
        session.remove_value(KEY).await?;
        Ok(())
    }

    fn wrong_code(&mut self, most: u32) -> Attempt {
        self.wrong_codes += 1;
        if self.wrong_codes >= most {
            Attempt::Exhausted
        } else {
            Attempt::WrongCode
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(users: Vec<UserId>) -> Recovery {
        Recovery {
            username: "ada".to_owned(),
            users,
            wrong_codes: 0,
            resends: 0,
        }
    }

    #[test]
    fn wrong_codes_are_counted_alike_for_somebody_and_nobody() {
        let most = LimitSettings::default().recovery_tries;
        let somebody = UserId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap();
        for users in [Vec::new(), vec![somebody]] {
            let mut recovery = of(users);
            for _ in 1..most {
                assert!(matches!(recovery.wrong_code(most), Attempt::WrongCode));
            }
            assert!(matches!(recovery.wrong_code(most), Attempt::Exhausted));
        }
    }
}
