//! Recovering a forgotten password, without telling who is known here.
//!
//! Who is being recovered stands in the server-side session, never in a form. A name that nobody
//! has goes through the same steps: the same calls to the environment, the same pages, the same
//! number of tries, and every answer takes at least a fixed time.

use pingone::management;
use protocol::id::UserId;
use protocol::secret::{Password, RecoveryCode};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use tower_sessions::session::Error;

use crate::LimitSettings;

const KEY: &str = "recovery";

/// A recovery on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Recovery {
    username: String,
    user: Option<UserId>,
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

impl Recovery {
    /// Looks up who is meant, and sends a code in the background if somebody is.
    pub(crate) async fn begin(
        management: &management::Client,
        username: String,
    ) -> Result<Self, pingone::Error> {
        let user = management
            .users()
            .find_by_username_or_email(&username)
            .await?;
        let recovery = Self {
            username,
            user: user.map(|user| user.id),
            wrong_codes: 0,
            resends: 0,
        };
        recovery.send_code(management);
        Ok(recovery)
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

    /// Sends another code, if this recovery may; the earlier one is then good no longer.
    pub(crate) fn resend(&mut self, management: &management::Client, most: u32) -> bool {
        if self.resends >= most {
            return false;
        }
        self.resends += 1;
        self.wrong_codes = 0;
        self.send_code(management);
        true
    }

    /// Not waited for: how long it takes, and whether there is anything to send, tells about the
    /// user.
    fn send_code(&self, management: &management::Client) {
        let Some(user) = self.user else { return };
        let management = management.clone();
        tokio::spawn(async move {
            if let Err(error) = management.passwords(user).send_recovery_code().await {
                let causes = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(user.id = %user, error = %causes, "no recovery code was sent");
            }
        });
    }

    /// Tries a code and a new password.
    pub(crate) async fn attempt(
        &mut self,
        management: &management::Client,
        code: &RecoveryCode,
        password: &Password,
        limits: &LimitSettings,
    ) -> Result<Attempt, pingone::Error> {
        if self.wrong_codes >= limits.recovery_tries {
            return Ok(Attempt::Exhausted);
        }
        let Some(user) = self.user else {
            // As much as for somebody: an environment that is down or busy shows in both cases.
            management
                .users()
                .find_by_username_or_email(&self.username)
                .await?;
            return Ok(self.wrong_code(limits));
        };
        match management.passwords(user).recover(code, password).await {
            Ok(_) => Ok(Attempt::Done),
            Err(error) if error.is_policy_violation() => Ok(Attempt::Refused(error)),
            Err(error) if error.is_unavailable() || error.is_rate_limited() => Err(error),
            // Every other refusal says something about the user: locked, disabled, no password.
            Err(error) => {
                tracing::info!(user.id = %user, %error, "a recovery was refused");
                Ok(self.wrong_code(limits))
            }
        }
    }

    fn wrong_code(&mut self, limits: &LimitSettings) -> Attempt {
        self.wrong_codes += 1;
        if self.wrong_codes >= limits.recovery_tries {
            Attempt::Exhausted
        } else {
            Attempt::WrongCode
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(user: Option<UserId>) -> Recovery {
        Recovery {
            username: "ada".to_owned(),
            user,
            wrong_codes: 0,
            resends: 0,
        }
    }

    #[test]
    fn wrong_codes_are_counted_alike_for_somebody_and_nobody() {
        let limits = LimitSettings::default();
        let somebody = Some(UserId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap());
        for user in [None, somebody] {
            let mut recovery = of(user);
            for _ in 1..limits.recovery_tries {
                assert!(matches!(recovery.wrong_code(&limits), Attempt::WrongCode));
            }
            assert!(matches!(recovery.wrong_code(&limits), Attempt::Exhausted));
        }
    }
}
