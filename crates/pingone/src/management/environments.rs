//! Environments and their products (PingOne, "Environments").

use http::Method;
use protocol::id::OrganizationId;
use protocol::pingone::{BillOfMaterials, Environment, License, Organization};

use super::{Client, Collection, Settings, Single};
use crate::Error;

impl Single for BillOfMaterials {
    const PATH: &'static str = "billOfMaterials";
}

impl Client {
    /// The environments that this client may see, its own among them.
    ///
    /// ```no_run
    /// # use pingone::{Error, NewEnvironment, Region, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let trial = NewEnvironment::sandbox("Trial", Region::Europe);
    /// let trial = pingone.environments().create(&trial).await?;
    /// let there = pingone.in_environment(trial.id);
    /// println!("{} populations", there.populations().list().all().await?.len());
    /// pingone.environments().delete(trial.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn environments(&self) -> Collection<'_, Environment> {
        Collection::at(self, "v1/environments".to_owned())
    }

    /// The organizations that this client may see: its own.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// for organization in pingone.organizations().list().all().await? {
    ///     println!("{}", organization.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn organizations(&self) -> Collection<'_, Organization> {
        Collection::at(self, "v1/organizations".to_owned())
    }

    /// By what an organization uses its environments.
    ///
    /// ```no_run
    /// # use pingone::{Error, OrganizationId, management};
    /// # async fn example(pingone: management::Client, ours: OrganizationId) -> Result<(), Error> {
    /// let licenses = pingone.licenses(ours).list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn licenses(&self, organization: OrganizationId) -> Collection<'_, License> {
        Collection::at(self, format!("v1/organizations/{organization}/licenses"))
    }

    /// Which products the environment has. They cannot be reset.
    ///
    /// ```no_run
    /// # use pingone::{Error, Product, ProductType, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let mut products = pingone.bill_of_materials().load().await?;
    /// products.products.push(Product::new(ProductType::Mfa));
    /// pingone.bill_of_materials().replace(&products).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn bill_of_materials(&self) -> Settings<'_, BillOfMaterials> {
        Settings::new(self)
    }

    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such environment.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// println!("{}", pingone.environment().await?.name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn environment(&self) -> Result<Environment, Error> {
        let path = format!("v1/environments/{}", self.environment_id());
        self.send(Method::GET, path).fetch().await
    }
}
