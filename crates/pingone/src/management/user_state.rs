//! What is set beside a user's attributes: who keeps the credentials, whether they may sign on, and
//! how far the identity is verified (PingOne, "Users").

use http::Method;
use protocol::id::{IdentityProviderId, LinkedAccountId, PopulationId, UserId};
use protocol::pingone::{
    IdentityProvider, LinkedAccount, NewUser, Object, Open, Reference, User, VerifyStatus,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Client, Collection, Users};
use crate::Error;

#[derive(Deserialize)]
struct Enabled {
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecondFactor {
    mfa_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keeper {
    identity_provider: IdentityProvider,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    verify_status: Open<VerifyStatus>,
}

impl Client {
    /// The accounts elsewhere by which a user signs on. They come about at sign-on alone; who has
    /// none left signs on there as a stranger.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let accounts = pingone.linked_accounts(ada);
    /// for account in accounts.list().all().await? {
    ///     println!("{}", account.settings.external_id);
    ///     accounts.delete(account.id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn linked_accounts(
        &self,
        user: UserId,
    ) -> Collection<'_, Object<LinkedAccountId, LinkedAccount>> {
        Collection::below(self, format_args!("users/{user}"))
    }
}

impl Users<'_> {
    /// Replaces the attributes of a user. What is left out is removed.
    ///
    /// What belongs to another call stays as it is: population, password, and whether the user may
    /// sign on.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and [`Error::is_not_found`].
    ///
    /// ```no_run
    /// # use pingone::{Error, Name, NewUser, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let with = NewUser::new("ada", "ada@example.com").name(Name::new().given("Augusta"));
    /// let ada = pingone.users().replace(ada, &with).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn replace(&self, user: UserId, with: &NewUser) -> Result<User, Error> {
        let request = self.client.send(Method::PUT, self.path(user));
        request.json(with).fetch().await
    }

    /// Whether a user may sign on.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.users().disable(ada).await?;
    /// assert!(!pingone.users().is_enabled(ada).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn is_enabled(&self, user: UserId) -> Result<bool, Error> {
        let Enabled { enabled } = self.part(user, "enabled").await?;
        Ok(enabled)
    }

    /// Which population a user is in.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let sailors = pingone.users().population(ada).await?;
    /// println!("{}", pingone.populations().load(sailors).await?.name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn population(&self, user: UserId) -> Result<PopulationId, Error> {
        let Reference { id, .. } = self.part(user, "population").await?;
        Ok(id)
    }

    /// Whether a second factor is demanded of a user.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// if !pingone.users().is_second_factor_demanded(ada).await? {
    ///     pingone.users().demand_second_factor(ada, true).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn is_second_factor_demanded(&self, user: UserId) -> Result<bool, Error> {
        let SecondFactor { mfa_enabled } = self.part(user, "mfaEnabled").await?;
        Ok(mfa_enabled)
    }

    /// Who keeps the credentials of a user.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// println!("{}", pingone.users().identity_provider(ada).await?.provider_type);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn identity_provider(&self, user: UserId) -> Result<IdentityProvider, Error> {
        let Keeper { identity_provider } = self.part(user, "identityProvider").await?;
        Ok(identity_provider)
    }

    /// Chooses who keeps the credentials of a user; `None` is PingOne itself.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user; a refusal when there is no such identity
    /// provider.
    ///
    /// ```no_run
    /// # use pingone::{Error, IdentityProviderId, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, partner: IdentityProviderId) -> Result<(), Error> {
    /// pingone.users().set_identity_provider(ada, Some(partner)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_identity_provider(
        &self,
        user: UserId,
        provider: Option<IdentityProviderId>,
    ) -> Result<IdentityProvider, Error> {
        let provider = match provider {
            Some(id) => json!({ "id": id }),
            None => json!(IdentityProvider::ping_one()),
        };
        let body = json!({ "identityProvider": provider });
        let Keeper { identity_provider } = self.put_part(user, "identityProvider", &body).await?;
        Ok(identity_provider)
    }

    /// How far the identity of a user is verified by documents.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// println!("{}", pingone.users().verify_status(ada).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify_status(&self, user: UserId) -> Result<Open<VerifyStatus>, Error> {
        let Verified { verify_status } = self.part(user, "verifyStatus").await?;
        Ok(verify_status)
    }

    /// Says whether the identity of a user can be verified by documents.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, VerifyStatus, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.users().set_verify_status(ada, VerifyStatus::Enabled).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_verify_status(
        &self,
        user: UserId,
        status: VerifyStatus,
    ) -> Result<Open<VerifyStatus>, Error> {
        let body = json!({ "verifyStatus": status });
        let Verified { verify_status } = self.put_part(user, "verifyStatus", &body).await?;
        Ok(verify_status)
    }

    async fn part<T: DeserializeOwned>(&self, user: UserId, name: &str) -> Result<T, Error> {
        let path = format!("{}/{name}", self.path(user));
        self.client.send(Method::GET, path).fetch().await
    }

    async fn put_part<T: DeserializeOwned>(
        &self,
        user: UserId,
        name: &str,
        body: &Value,
    ) -> Result<T, Error> {
        let path = format!("{}/{name}", self.path(user));
        self.client.send(Method::PUT, path).json(body).fetch().await
    }
}
