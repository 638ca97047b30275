//! Environments and their products (PingOne, "Environments").

use http::Method;
use protocol::id::EnvironmentId;
use protocol::pingone::{BillOfMaterials, Environment, EnvironmentStatus, EnvironmentType};
use serde_json::{Value, json};

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

impl Collection<'_, Environment> {
    /// Marks an environment for deletion, or restores it.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such environment; a refusal for the client's own.
    ///
    /// ```no_run
    /// # use pingone::{EnvironmentId, EnvironmentStatus, Error, management};
    /// # async fn example(pingone: management::Client, trial: EnvironmentId) -> Result<(), Error> {
    /// let status = EnvironmentStatus::DeletePending;
    /// let trial = pingone.environments().set_status(trial, status).await?;
    /// println!("{:?}", trial.hard_delete_allowed_at);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_status(
        &self,
        environment: EnvironmentId,
        status: EnvironmentStatus,
    ) -> Result<Environment, Error> {
        self.put_member(environment, "status", &json!({ "status": status }))
            .await
    }

    /// Makes a sandbox a production environment, or the other way round.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such environment.
    ///
    /// ```no_run
    /// # use pingone::{EnvironmentId, EnvironmentType, Error, management};
    /// # async fn example(pingone: management::Client, shop: EnvironmentId) -> Result<(), Error> {
    /// pingone.environments().set_type(shop, EnvironmentType::Production).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_type(
        &self,
        environment: EnvironmentId,
        environment_type: EnvironmentType,
    ) -> Result<Environment, Error> {
        self.put_member(environment, "type", &json!({ "type": environment_type }))
            .await
    }

    async fn put_member(
        &self,
        environment: EnvironmentId,
        name: &str,
        body: &Value,
    ) -> Result<Environment, Error> {
        let path = self.path_below(&environment, name);
        self.client.send(Method::PUT, path).json(body).fetch().await
    }
}
