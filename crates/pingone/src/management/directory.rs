//! Populations, password policies, and what users are made of.

use http::Method;
use protocol::id::{
    IdentityProviderId, PasswordPolicyId, PopulationId, SchemaAttributeId, SchemaId, SessionId,
    UserId,
};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::{
    Object, Population, Schema, SchemaAttribute, SchemaAttributePatch, UserSession,
};
use serde::{Deserialize, Serialize};

use super::{Client, Collection, Creatable, Deletable, Kind, Replaceable};
use crate::Error;

impl Kind for PasswordPolicy {
    const PATH: &'static str = "passwordPolicies";
    type Id = PasswordPolicyId;
}

impl Creatable for PasswordPolicy {
    type New = Self;
}

impl Replaceable for PasswordPolicy {
    type With = Self;
}

impl Deletable for PasswordPolicy {}

/// With whom the users of a population sign on.
#[derive(Deserialize, Serialize)]
struct DefaultProvider {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<IdentityProviderId>,
}

impl DefaultProvider {
    /// Where it is, below the population.
    const PATH: &'static str = "defaultIdentityProvider";
}

impl Client {
    /// The environment's populations. Filters know `id` and `name`.
    ///
    /// ```no_run
    /// # use pingone::{Error, NewPopulation, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let sailors = pingone.populations().create(&NewPopulation::new("Sailors")).await?;
    /// for population in pingone.populations().list().all().await? {
    ///     println!("{}: {} users", population.name, population.user_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn populations(&self) -> Collection<'_, Population> {
        self.collection()
    }

    /// The environment's password policies.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let policy = pingone.password_policies().load_default().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn password_policies(&self) -> Collection<'_, PasswordPolicy> {
        self.collection()
    }

    /// The environment's schemas. There is one, `User`.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let schemas = pingone.schemas().list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn schemas(&self) -> Collection<'_, Object<SchemaId, Schema>> {
        self.collection()
    }

    /// The attributes of a schema: PingOne's, and the environment's own.
    ///
    /// ```no_run
    /// # use pingone::{Error, SchemaAttribute, SchemaId, management};
    /// # async fn example(pingone: management::Client, user: SchemaId) -> Result<(), Error> {
    /// let watch = SchemaAttribute::text("watch").one_of(["port", "starboard"]);
    /// pingone.schema_attributes(user).create(&watch).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn schema_attributes(
        &self,
        schema: SchemaId,
    ) -> Collection<'_, Object<SchemaAttributeId, SchemaAttribute>> {
        Collection::below(self, format_args!("schemas/{schema}"))
    }

    /// The browsers in which a user is signed on. Deleting one signs the user off there.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// for session in pingone.sessions(ada).list().all().await? {
    ///     pingone.sessions(ada).delete(session.id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn sessions(&self, user: UserId) -> Collection<'_, UserSession> {
        Collection::below(self, format_args!("users/{user}"))
    }
}

impl Collection<'_, Population> {
    /// The identity provider with which the users of a population sign on; `None` where their
    /// passwords are kept here.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such population.
    ///
    /// ```no_run
    /// # use pingone::{Error, PopulationId, management};
    /// # async fn example(pingone: management::Client, sailors: PopulationId) -> Result<(), Error> {
    /// let provider = pingone.populations().default_identity_provider(sailors).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn default_identity_provider(
        &self,
        population: PopulationId,
    ) -> Result<Option<IdentityProviderId>, Error> {
        let path = self.path_below(&population, DefaultProvider::PATH);
        let shown: DefaultProvider = self.client.send(Method::GET, path).fetch().await?;
        Ok(shown.id)
    }

    /// Chooses the identity provider with which the users of a population sign on; `None` keeps their
    /// passwords here.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such population; a refusal when there is no such
    /// identity provider.
    ///
    /// ```no_run
    /// # use pingone::{Error, IdentityProviderId, PopulationId, management};
    /// # async fn example(pingone: management::Client, sailors: PopulationId, partner: IdentityProviderId) -> Result<(), Error> {
    /// pingone.populations().set_default_identity_provider(sailors, Some(partner)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_default_identity_provider(
        &self,
        population: PopulationId,
        provider: Option<IdentityProviderId>,
    ) -> Result<(), Error> {
        let path = self.path_below(&population, DefaultProvider::PATH);
        self.client
            .send(Method::PUT, path)
            .json(&DefaultProvider { id: provider })
            .run()
            .await
    }
}

impl Collection<'_, PasswordPolicy> {
    /// The policy of populations that name none. Every environment has one.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails, or when no policy says that it is the default.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let policy = pingone.password_policies().load_default().await?;
    /// assert!(policy.default);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load_default(&self) -> Result<PasswordPolicy, Error> {
        let policies = self.list().all().await?;
        policies
            .into_iter()
            .find(|policy| policy.default)
            .ok_or_else(|| Error::unexpected("none of the password policies is the default"))
    }
}

impl Collection<'_, Object<SchemaId, Schema>> {
    /// The schema of users. Every environment has it.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails, or when there is no schema.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let user = pingone.schemas().load_user().await?;
    /// let attributes = pingone.schema_attributes(user.id).list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load_user(&self) -> Result<Object<SchemaId, Schema>, Error> {
        let mut schemas = self.list().all().await?.into_iter();
        schemas
            .find(|schema| schema.settings.name == "User")
            .ok_or_else(|| Error::unexpected("none of the schemas is that of users"))
    }
}

impl Collection<'_, Object<SchemaAttributeId, SchemaAttribute>> {
    /// Changes what the patch names and leaves the rest.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such attribute; any other refusal names the member and
    /// the reason.
    ///
    /// ```no_run
    /// # use pingone::{Error, SchemaAttributeId, SchemaAttributePatch, SchemaId, management};
    /// # async fn example(pingone: management::Client, user: SchemaId, watch: SchemaAttributeId) -> Result<(), Error> {
    /// let mut patch = SchemaAttributePatch::default();
    /// patch.enabled = Some(false);
    /// pingone.schema_attributes(user).update(watch, &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update(
        &self,
        attribute: SchemaAttributeId,
        patch: &SchemaAttributePatch,
    ) -> Result<Object<SchemaAttributeId, SchemaAttribute>, Error> {
        self.client
            .send(Method::PATCH, self.path_of(&attribute))
            .json(patch)
            .fetch()
            .await
    }
}

impl Collection<'_, UserSession> {
    /// Signs a user off in all browsers, and says in how many.
    ///
    /// # Errors
    ///
    /// [`Error`] when a call fails; some sessions may be over all the same.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let ended = pingone.sessions(ada).end_all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn end_all(&self) -> Result<usize, Error> {
        let ids: Vec<SessionId> = self.list().all().await?.iter().map(|one| one.id).collect();
        let mut ended = 0;
        for id in ids {
            match self.delete(id).await {
                Ok(()) => ended += 1,
                // It was over in the meantime.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ended)
    }
}
