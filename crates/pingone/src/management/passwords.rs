//! The password of a user (PingOne, "User passwords").

use http::Method;
use protocol::id::UserId;
use protocol::pingone::{PasswordState, media_type};
use protocol::secret::{Password, RecoveryCode};
use serde_json::{Value, json};

use super::{Client, Request};
use crate::Error;

/// The password of one user.
///
/// Every method answers with the state that the password is in afterwards. Nothing here is sent
/// again when an answer was lost, because a password that was set is not the old one any more.
#[derive(Clone, Copy, Debug)]
pub struct Passwords<'a> {
    client: &'a Client,
    user: UserId,
}

impl<'a> Passwords<'a> {
    pub(super) fn new(client: &'a Client, user: UserId) -> Self {
        Self { client, user }
    }

    /// The state of the password: whether there is one, whether it is good, expired or locked.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, PasswordStatus, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// if pingone.passwords(ada).state().await?.status == PasswordStatus::NoPassword {
    ///     println!("there is none yet");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn state(&self) -> Result<PasswordState, Error> {
        self.request(Method::GET).fetch().await
    }

    /// The state together with the whole policy that holds for this user, in
    /// [`PasswordState::embedded`].
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let state = pingone.passwords(ada).state_with_policy().await?;
    /// if let Some(embedded) = state.embedded {
    ///     println!("{:?}", embedded.password_policy.rules());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn state_with_policy(&self) -> Result<PasswordState, Error> {
        self.request(Method::GET)
            .query("expand", "passwordPolicy")
            .fetch()
            .await
    }

    /// Whether this is the user's password. A wrong one counts towards the lockout.
    ///
    /// # Errors
    ///
    /// [`Error::is_wrong_password`], with [`Error::failures_remaining`];
    /// [`Error::is_password_locked_out`], with [`Error::seconds_until_unlock`];
    /// [`Error::has_no_password`].
    ///
    /// ```no_run
    /// # use pingone::{Error, management, Password, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId, typed: Password) -> Result<(), Error> {
    /// match pingone.passwords(ada).check(&typed).await {
    ///     Ok(_) => println!("that is it"),
    ///     Err(error) if error.is_wrong_password() => {
    ///         println!("wrong; {:?} tries are left", error.failures_remaining());
    ///     }
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self, password: &Password) -> Result<PasswordState, Error> {
        let body = json!({"password": password.expose()});
        self.post(media_type::PASSWORD_CHECK)
            .json(&body)
            .fetch()
            .await
    }

    /// Sets a password as an administrator.
    ///
    /// # Errors
    ///
    /// [`Error::is_policy_violation`], with [`Error::unsatisfied_requirements`].
    ///
    /// ```no_run
    /// # use pingone::{Error, management, Password, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId, new: Password) -> Result<(), Error> {
    /// match pingone.passwords(ada).set(&new).await {
    ///     Err(error) if error.is_policy_violation() => {
    ///         println!("it breaks {:?}", error.unsatisfied_requirements());
    ///     }
    ///     result => println!("{}", result?.status),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set(&self, password: &Password) -> Result<PasswordState, Error> {
        let body = json!({"value": password.expose()});
        self.put(media_type::PASSWORD_SET, &body).fetch().await
    }

    /// Sets a password that the user must change at the next sign-on.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    ///
    /// ```no_run
    /// # use pingone::{Error, management, Password, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId, first: Password) -> Result<(), Error> {
    /// pingone.passwords(ada).set_and_force_change(&first).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_and_force_change(&self, password: &Password) -> Result<PasswordState, Error> {
        let body = json!({"value": password.expose(), "forceChange": true});
        self.put(media_type::PASSWORD_SET, &body).fetch().await
    }

    /// Takes a user's password away, so that nobody signs on by it.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, PasswordStatus, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let state = pingone.passwords(ada).remove().await?;
    /// assert_eq!(state.status, PasswordStatus::NoPassword);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn remove(&self) -> Result<PasswordState, Error> {
        self.put(media_type::PASSWORD_SET_VALUE, &json!({}))
            .fetch()
            .await
    }

    /// Changes the own password: for a client that acts with the user's access token
    /// (scope `p1:reset:userPassword`).
    ///
    /// # Errors
    ///
    /// [`Error::is_wrong_current_password`], which counts towards the lockout;
    /// [`Error::is_password_locked_out`]; [`Error::is_policy_violation`];
    /// [`Error::is_password_too_young`].
    ///
    /// ```no_run
    /// # use pingone::{Error, management, AccessToken, Password, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId,
    /// #     access_token: AccessToken, current: Password, new: Password) -> Result<(), Error> {
    /// let own = pingone.with_access_token(access_token);
    /// match own.passwords(ada).reset(&current, &new).await {
    ///     Err(error) if error.is_wrong_current_password() => println!("that is not the current one"),
    ///     result => println!("{}", result?.status),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reset(&self, current: &Password, new: &Password) -> Result<PasswordState, Error> {
        let body = json!({"currentPassword": current.expose(), "newPassword": new.expose()});
        self.put(media_type::PASSWORD_RESET, &body).fetch().await
    }

    /// Demands another password at the next sign-on, and lifts a lockout.
    ///
    /// # Errors
    ///
    /// [`Error::has_no_password`]; [`Error::is_not_found`].
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.passwords(ada).force_change().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn force_change(&self) -> Result<PasswordState, Error> {
        self.post(media_type::PASSWORD_FORCE_CHANGE).fetch().await
    }

    /// Lifts a lockout after wrong passwords.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.passwords(ada).unlock().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unlock(&self) -> Result<PasswordState, Error> {
        self.post(media_type::PASSWORD_UNLOCK).fetch().await
    }

    /// Mails a recovery code, good for five minutes. An earlier one is good no longer.
    ///
    /// # Errors
    ///
    /// [`Error::has_no_password`], [`Error::is_password_locked_out`] or
    /// [`Error::is_account_not_usable`] when this password cannot be recovered.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.passwords(ada).send_recovery_code().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_recovery_code(&self) -> Result<PasswordState, Error> {
        self.post(media_type::PASSWORD_SEND_RECOVERY_CODE)
            .fetch()
            .await
    }

    /// Sets a new password with a mailed recovery code.
    ///
    /// # Errors
    ///
    /// [`Error::is_recovery_code_wrong`]; [`Error::is_recovery_code_exhausted`] when a new code is
    /// needed; [`Error::is_policy_violation`].
    ///
    /// ```no_run
    /// # use pingone::{Error, management, Password, RecoveryCode, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId, typed: &str, new: Password) -> Result<(), Error> {
    /// match pingone.passwords(ada).recover(&RecoveryCode::from_typed(typed), &new).await {
    ///     Err(error) if error.is_recovery_code_wrong() => println!("try again"),
    ///     Err(error) if error.is_recovery_code_exhausted() => println!("ask for another code"),
    ///     result => println!("{}", result?.status),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recover(
        &self,
        code: &RecoveryCode,
        new: &Password,
    ) -> Result<PasswordState, Error> {
        let body = json!({"recoveryCode": code.expose(), "newPassword": new.expose()});
        self.post(media_type::PASSWORD_RECOVER)
            .json(&body)
            .fetch()
            .await
    }

    fn request(&self, method: Method) -> Request<'a> {
        let path = self.client.path(&format!("users/{}/password", self.user));
        self.client.send(method, path)
    }

    fn post(&self, media_type: &str) -> Request<'a> {
        self.request(Method::POST).media_type(media_type)
    }

    /// Not repeated, though PUT may be: what was set the first time is refused the second time, as
    /// a wrong current password or by the history.
    fn put(&self, media_type: &str, body: &Value) -> Request<'a> {
        self.request(Method::PUT)
            .media_type(media_type)
            .json(body)
            .at_most_once()
    }
}
