//! Users (PingOne, "Users").

use http::Method;
use protocol::id::{PopulationId, UserId};
use protocol::identifier::{self, Match};
use protocol::names::name_key;
use protocol::pingone::{NewUser, Reference, User, UserPatch, media_type};
use protocol::scim;
use protocol::secret::VerificationCode;
use serde_json::json;

use super::{Client, List};
use crate::Error;

/// The users of an environment.
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    pub(super) client: &'a Client,
}

impl<'a> Users<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Creates a user, with the password and state that it is given, in one call.
    ///
    /// Sends `POST /v1/environments/{environmentId}/users`, as PingOne's user import when a
    /// password or a state is given, so that there is never a user without the password.
    ///
    /// A call that timed out is not sent again: PingOne may have carried it out. Look the username
    /// up before you retry.
    ///
    /// # Errors
    ///
    /// [`Error::is_taken`]`("username")` when another user of the environment has that name, and
    /// [`Error::is_policy_violation`] when the password breaks the policy. Any other refusal names
    /// the field and the reason.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # use pingone::{Error, NewUser, Password, PopulationId, management};
    /// # async fn example(pingone: management::Client, customers: PopulationId) -> Result<(), Error> {
    /// let ada = NewUser::new("ada", "ada@example.com")
    ///     .population(customers)
    ///     .password(Password::new("Sunny-Harbour-42"))
    ///     .attribute("locale", "en-GB");
    /// match pingone.users().create(&ada).await {
    ///     Ok(user) => println!("created {}", user.id),
    ///     Err(error) if error.is_taken("username") => println!("choose another name"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(&self, user: &NewUser) -> Result<User, Error> {
        let media_type = if user.needs_import() {
            media_type::USER_IMPORT
        } else {
            media_type::JSON
        };
        let request = self.client.send(Method::POST, self.client.path("users"));
        request.media_type(media_type).json(user).fetch().await
    }

    /// Reads a user.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let user = pingone.users().load(ada).await?;
    /// println!("{}", user.username.unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load(&self, user: UserId) -> Result<User, Error> {
        self.client.send(Method::GET, self.path(user)).fetch().await
    }

    /// Looks for the user whom somebody means who typed a username or a mail address.
    ///
    /// An address means the user who proved it ([`protocol::identifier`] has the whole rule). One
    /// that several users share may find nobody, because nobody can tell which of them is meant.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails; that there is no such user is no error.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// match pingone.users().find_by_username_or_email("ada@example.com").await? {
    ///     Some(user) => println!("{}", user.id),
    ///     None => println!("nobody has this name or address"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find_by_username_or_email(&self, text: &str) -> Result<Option<User>, Error> {
        let (mut users, matches) = self.matching(text).await?;
        Ok(identifier::for_sign_on(text, &matches).map(|place| users.swap_remove(place)))
    }

    /// Looks for all users whom somebody means who typed a username or a mail address to get back
    /// into an account: an address means every user who proved it, and each gets a code of their
    /// own.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails; that there is no such user is no error.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// for user in pingone.users().find_for_recovery("ada@example.com").await? {
    ///     pingone.passwords(user.id).send_recovery_code().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find_for_recovery(&self, text: &str) -> Result<Vec<User>, Error> {
        let (users, matches) = self.matching(text).await?;
        let meant = identifier::for_recovery(text, &matches);
        let is_meant = |place: &usize| meant.contains(place);
        let users = users.into_iter().enumerate();
        Ok(users
            .filter(|(place, _)| is_meant(place))
            .map(|(_, user)| user)
            .collect())
    }

    /// Users whose username or address this is, and how it fits each.
    async fn matching(&self, text: &str) -> Result<(Vec<User>, Vec<Match>), Error> {
        let filter = scim::eq("username", text).or(scim::eq("email", text));
        let users = self.list().filter(&filter).all().await?;
        let key = name_key(text);
        let is_same = |value: Option<&String>| value.is_some_and(|value| name_key(value) == key);
        let fits = |user: &User| Match {
            is_username: is_same(user.username.as_ref()),
            is_email: is_same(user.email.as_ref()),
            is_email_verified: user.email_verified == Some(true),
            proven_at: None,
        };
        let matches = users.iter().map(fits).collect();
        Ok((users, matches))
    }

    /// All users, or those that a filter matches.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, scim};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let filter = scim::sw("username", "ada");
    /// let page = pingone.users().list().filter(&filter).limit(20).page().await?;
    /// println!("{} of {:?}", page.items.len(), page.count);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, User> {
        List::new(self.client, self.client.path("users"))
    }

    /// Changes what the patch names and leaves the rest.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`]; [`Error::is_taken`] for a username of somebody else; any other
    /// refusal names the field and the reason.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, Patch, UserId, UserPatch};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let mut patch = UserPatch::default();
    /// patch.email = Patch::Set("ada@new.example".to_owned());
    /// patch.address = Patch::Clear;
    /// let ada = pingone.users().update(ada, &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update(&self, user: UserId, patch: &UserPatch) -> Result<User, Error> {
        self.client
            .send(Method::PATCH, self.path(user))
            .json(patch)
            .fetch()
            .await
    }

    /// Deletes a user.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user (any more).
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// match pingone.users().delete(ada).await {
    ///     Err(error) if error.is_not_found() => println!("somebody was quicker"),
    ///     result => result?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(&self, user: UserId) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.path(user))
            .run()
            .await
    }

    /// Lets a user sign on.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.users().enable(ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn enable(&self, user: UserId) -> Result<(), Error> {
        self.put_enabled(user, &json!({"enabled": true})).await
    }

    /// Keeps a user from signing on, until enabled again.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.users().disable(ada).await?;
    /// assert_eq!(pingone.users().load(ada).await?.enabled, Some(false));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn disable(&self, user: UserId) -> Result<(), Error> {
        self.put_enabled(user, &json!({"enabled": false})).await
    }

    /// Puts a user into another population.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user; a refusal when there is no such
    /// population.
    ///
    /// ```no_run
    /// # use pingone::{Error, PopulationId, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, sailors: PopulationId) -> Result<(), Error> {
    /// pingone.users().move_to(ada, sailors).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn move_to(&self, user: UserId, population: PopulationId) -> Result<(), Error> {
        let path = self.client.path(&format!("users/{user}/population"));
        let to = Reference::new(population);
        self.client.send(Method::PUT, path).json(&to).run().await
    }

    /// Locks an account.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let user = pingone.users().lock(ada).await?;
    /// assert!(user.account.is_some_and(|account| !account.can_authenticate));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn lock(&self, user: UserId) -> Result<User, Error> {
        self.act(user, media_type::ACCOUNT_LOCK).await
    }

    /// Unlocks an account. A password that is locked after wrong ones is another matter:
    /// [`Passwords::unlock`](super::Passwords::unlock).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.users().unlock(ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unlock(&self, user: UserId) -> Result<User, Error> {
        self.act(user, media_type::ACCOUNT_UNLOCK).await
    }

    /// Mails a code to prove the mail address with; the user then has to prove it.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.users().send_verification_code(ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_verification_code(&self, user: UserId) -> Result<User, Error> {
        self.act(user, media_type::USER_SEND_VERIFICATION_CODE)
            .await
    }

    /// Proves the mail address with a mailed code.
    ///
    /// # Errors
    ///
    /// [`Error::is_verification_code_wrong`] for a wrong code; [`Error::is_not_found`].
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId, VerificationCode};
    /// # async fn example(pingone: management::Client, ada: UserId, typed: &str) -> Result<(), Error> {
    /// match pingone.users().verify(ada, &VerificationCode::from_typed(typed)).await {
    ///     Err(error) if error.is_verification_code_wrong() => println!("try again"),
    ///     result => println!("{:?}", result?.lifecycle),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(&self, user: UserId, code: &VerificationCode) -> Result<User, Error> {
        let request = self.client.send(Method::POST, self.path(user));
        let body = json!({"verificationCode": code.expose()});
        request
            .media_type(media_type::USER_VERIFY)
            .json(&body)
            .fetch()
            .await
    }

    pub(super) fn path(self, user: UserId) -> String {
        self.client.path(&format!("users/{user}"))
    }

    async fn act(&self, user: UserId, media_type: &str) -> Result<User, Error> {
        self.client
            .send(Method::POST, self.path(user))
            .media_type(media_type)
            .fetch()
            .await
    }

    async fn put_enabled(&self, user: UserId, body: &serde_json::Value) -> Result<(), Error> {
        let path = self.client.path(&format!("users/{user}/enabled"));
        self.client.send(Method::PUT, path).json(body).run().await
    }
}
