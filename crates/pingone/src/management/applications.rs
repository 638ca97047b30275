//! Applications and their secrets (PingOne, "Applications").

use http::Method;
use protocol::id::ApplicationId;
use protocol::pingone::ApplicationSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Client, List};
use crate::Error;

/// An application of any kind.
///
/// An environment holds kinds that this crate does not know, such as SAML applications and
/// PingOne's own portals, so only what all have is typed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Application {
    /// Its id, which is its `client_id` too.
    pub id: ApplicationId,
    /// Its name, unique in the environment.
    pub name: String,
    /// Whether it may be used.
    #[serde(default)]
    pub enabled: bool,
    /// Its kind: `WEB_APP`, `SINGLE_PAGE_APP`, `NATIVE_APP`, `WORKER`, …
    #[serde(default, rename = "type")]
    pub application_type: String,
    /// What it speaks: `OPENID_CONNECT`, `SAML`, …
    #[serde(default)]
    pub protocol: String,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

/// The applications of an environment.
#[derive(Clone, Copy, Debug)]
pub struct Applications<'a> {
    client: &'a Client,
}

impl<'a> Applications<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All applications.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// for application in pingone.applications().list().all().await? {
    ///     println!("{} ({})", application.name, application.application_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, Application> {
        List::new(self.client, self.client.path("applications"))
    }

    /// Reads an application.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such application.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, ApplicationId};
    /// # async fn example(pingone: management::Client, id: ApplicationId) -> Result<(), Error> {
    /// println!("{}", pingone.applications().load(id).await?.name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load(&self, application: ApplicationId) -> Result<Application, Error> {
        self.client
            .send(Method::GET, self.path(application, ""))
            .fetch()
            .await
    }

    /// Reads an application's secret.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the application has none; [`Error::is_forbidden`] when it is
    /// the worker's own, or when the caller's roles do not include those of the application.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, ApplicationId, ClientAuthentication, Credentials};
    /// # async fn example(pingone: management::Client, id: ApplicationId) -> Result<(), Error> {
    /// let secret = pingone.applications().secret(id).await?.secret;
    /// let credentials = Credentials::new(
    ///     id.to_string(),
    ///     ClientAuthentication::ClientSecretBasic(secret),
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub async fn secret(&self, application: ApplicationId) -> Result<ApplicationSecret, Error> {
        self.client
            .send(Method::GET, self.path(application, "/secret"))
            .fetch()
            .await
    }

    /// Replaces an application's secret. The former one stops working at once.
    ///
    /// # Errors
    ///
    /// As [`secret`](Self::secret).
    ///
    /// ```no_run
    /// # use pingone::{Error, management, ApplicationId};
    /// # async fn example(pingone: management::Client, id: ApplicationId) -> Result<(), Error> {
    /// let fresh = pingone.applications().rotate_secret(id).await?;
    /// assert!(fresh.previous.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rotate_secret(
        &self,
        application: ApplicationId,
    ) -> Result<ApplicationSecret, Error> {
        self.client
            .send(Method::POST, self.path(application, "/secret"))
            .fetch()
            .await
    }

    fn path(self, application: ApplicationId, rest: &str) -> String {
        self.client
            .path(&format!("applications/{application}{rest}"))
    }
}
