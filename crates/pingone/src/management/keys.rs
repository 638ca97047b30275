//! Who names a key, and whose requests are not limited.

use protocol::id::{CertificateId, KeyId, RateLimitConfigurationId};
use protocol::pingone::{Key, NamingApplication, Object, RateLimitConfiguration};

use super::{Client, Collection, List};

impl Client {
    /// The applications that name a certificate.
    ///
    /// ```no_run
    /// # use pingone::{CertificateId, Error, management};
    /// # async fn example(pingone: management::Client, partners: CertificateId) -> Result<(), Error> {
    /// for application in pingone.certificate_applications(partners).all().await? {
    ///     println!("{}", application.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn certificate_applications(
        &self,
        certificate: CertificateId,
    ) -> List<'_, NamingApplication> {
        let path = self.path(&format!("certificates/{certificate}/applications"));
        List::new(self, path)
    }

    /// Addresses, and ranges of addresses, whose requests are not limited.
    ///
    /// ```no_run
    /// # use pingone::{Error, RateLimitConfiguration, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let office = RateLimitConfiguration::unlimited("192.0.2.0/24");
    /// pingone.rate_limit_configurations().create(&office).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rate_limit_configurations(
        &self,
    ) -> Collection<'_, Object<RateLimitConfigurationId, RateLimitConfiguration>> {
        self.collection()
    }
}

impl<'a> Collection<'a, Object<KeyId, Key>> {
    /// The applications that name a key.
    ///
    /// ```no_run
    /// # use pingone::{Error, KeyId, management};
    /// # async fn example(pingone: management::Client, key: KeyId) -> Result<(), Error> {
    /// if pingone.keys().applications(key).all().await?.is_empty() {
    ///     pingone.keys().delete(key).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn applications(&self, key: KeyId) -> List<'a, NamingApplication> {
        List::new(self.client, self.path_below(&key, "applications"))
    }
}
