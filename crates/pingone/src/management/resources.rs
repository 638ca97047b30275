//! Resources, their scopes and claims (PingOne, "Resources").

use http::Method;
use jiff::Timestamp;
use protocol::id::{AttributeMappingId, ResourceId};
use protocol::pingone::{ApplicationSecret, AttributeMapping, Object, Resource, ResourceScope};

use super::applications::rotation;
use super::{Client, Collection};
use crate::Error;

impl Client {
    /// What access tokens are for: PingOne's own resources, and the environment's.
    ///
    /// ```no_run
    /// # use pingone::{Error, NewResource, NewScope, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let orders = NewResource::new("Orders").audience("https://orders.example");
    /// let orders = pingone.resources().create(&orders).await?;
    /// pingone.scopes(orders.id).create(&NewScope::new("orders:read")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resources(&self) -> Collection<'_, Resource> {
        self.collection()
    }

    /// The scopes of a resource.
    ///
    /// ```no_run
    /// # use pingone::{Error, ResourceId, management};
    /// # async fn example(pingone: management::Client, orders: ResourceId) -> Result<(), Error> {
    /// for scope in pingone.scopes(orders).list().all().await? {
    ///     println!("{}", scope.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn scopes(&self, resource: ResourceId) -> Collection<'_, ResourceScope> {
        Collection::below(self, format_args!("resources/{resource}"))
    }

    /// Which claims access tokens for a resource carry.
    ///
    /// ```no_run
    /// # use pingone::{AttributeMapping, Error, ResourceId, management};
    /// # async fn example(pingone: management::Client, orders: ResourceId) -> Result<(), Error> {
    /// let claim = AttributeMapping::new("mail", "${user.email}");
    /// pingone.resource_attributes(orders).create(&claim).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resource_attributes(
        &self,
        resource: ResourceId,
    ) -> Collection<'_, Object<AttributeMappingId, AttributeMapping>> {
        Collection::below(self, format_args!("resources/{resource}"))
    }
}

impl Collection<'_, Resource> {
    /// Reads the secret with which a resource asks about tokens.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when it has none.
    ///
    /// ```no_run
    /// # use pingone::{Error, ResourceId, management};
    /// # async fn example(pingone: management::Client, orders: ResourceId) -> Result<(), Error> {
    /// let secret = pingone.resources().secret(orders).await?.secret;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn secret(&self, resource: ResourceId) -> Result<ApplicationSecret, Error> {
        self.client
            .send(Method::GET, self.path_below(&resource, "secret"))
            .fetch()
            .await
    }

    /// Replaces a resource's secret. The former one works until `former_until`; without it, it
    /// stops at once.
    ///
    /// # Errors
    ///
    /// As [`secret`](Self::secret).
    ///
    /// ```no_run
    /// # use pingone::{Error, ResourceId, management};
    /// # async fn example(pingone: management::Client, orders: ResourceId) -> Result<(), Error> {
    /// let fresh = pingone.resources().rotate_secret(orders, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rotate_secret(
        &self,
        resource: ResourceId,
        former_until: Option<Timestamp>,
    ) -> Result<ApplicationSecret, Error> {
        let path = self.path_below(&resource, "secret");
        rotation(self.client, path, former_until).await
    }

    /// Lets the former secret, if it still works, stop at once.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such resource.
    ///
    /// ```no_run
    /// # use pingone::{Error, ResourceId, management};
    /// # async fn example(pingone: management::Client, orders: ResourceId) -> Result<(), Error> {
    /// pingone.resources().end_former_secret(orders).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn end_former_secret(&self, resource: ResourceId) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.path_below(&resource, "secret"))
            .run()
            .await
    }
}
