//! Organizations, their licences, and what can be done by those (PingOne, "Organizations", "Licenses"
//! and "Capabilities").

use http::Method;
use protocol::id::{LicenseId, OrganizationId};
use protocol::pingone::{Capabilities, License, LicenseName, Organization};

use super::{Client, Collection};
use crate::Error;

impl Client {
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

    /// What the environment can do by its licence.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused or fails.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// if pingone.capabilities().await?.can_use_custom_schema {
    ///     println!("users can have attributes of our own");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn capabilities(&self) -> Result<Capabilities, Error> {
        let path = self.path("capabilities");
        self.send(Method::GET, path).fetch().await
    }
}

impl Collection<'_, Organization> {
    /// What an organization can do by its licences.
    ///
    /// # Errors
    ///
    /// [`Error`] when the organization is another's.
    ///
    /// ```no_run
    /// # use pingone::{Error, OrganizationId, management};
    /// # async fn example(pingone: management::Client, ours: OrganizationId) -> Result<(), Error> {
    /// println!("{:?}", pingone.organizations().capabilities(ours).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn capabilities(&self, organization: OrganizationId) -> Result<Capabilities, Error> {
        let path = self.path_below(&organization, "capabilities");
        self.client.send(Method::GET, path).fetch().await
    }
}

impl Collection<'_, License> {
    /// What a licence is called.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such licence.
    ///
    /// ```no_run
    /// # use pingone::{Error, LicenseId, OrganizationId, management};
    /// # async fn example(pingone: management::Client, ours: OrganizationId, trial: LicenseId) -> Result<(), Error> {
    /// println!("{}", pingone.licenses(ours).name(trial).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn name(&self, license: LicenseId) -> Result<String, Error> {
        let path = self.path_below(&license, "name");
        let shown: LicenseName = self.client.send(Method::GET, path).fetch().await?;
        Ok(shown.name)
    }

    /// Gives a licence another name.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such licence; a refusal for who does not administer
    /// the organization.
    ///
    /// ```no_run
    /// # use pingone::{Error, LicenseId, OrganizationId, management};
    /// # async fn example(pingone: management::Client, ours: OrganizationId, trial: LicenseId) -> Result<(), Error> {
    /// pingone.licenses(ours).rename(trial, "Trial of 2026").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rename(&self, license: LicenseId, name: &str) -> Result<(), Error> {
        let path = self.path_below(&license, "name");
        let body = LicenseName::new(name);
        self.client.send(Method::PUT, path).json(&body).run().await
    }
}
