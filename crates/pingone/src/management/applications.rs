//! Applications, their secrets, and what hangs off them (PingOne, "Applications").

use http::Method;
use jiff::Timestamp;
use protocol::id::{ApplicationId, AttributeMappingId};
use protocol::pingone::{
    ApplicationSecret, AttributeMapping, NewApplication, Object, ResourceGrant, date,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Client, Collection, Creatable, Deletable, Kind, Replaceable};
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

impl Kind for Application {
    const PATH: &'static str = "applications";
    type Id = ApplicationId;
}

impl Creatable for Application {
    type New = NewApplication;
}

/// An application is replaced with itself, so that members stay that this crate does not know.
impl Replaceable for Application {
    type With = Self;
}

impl Deletable for Application {}

impl Client {
    /// The environment's applications.
    ///
    /// ```no_run
    /// # use pingone::{ApplicationType, Error, NewApplication, TokenEndpointAuthMethod, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let method = TokenEndpointAuthMethod::ClientSecretBasic;
    /// let mut shop = NewApplication::new("Shop", ApplicationType::WebApp, method);
    /// shop.redirect_uris.push("https://shop.example/callback".to_owned());
    /// let mut shop = pingone.applications().create(&shop).await?;
    /// shop.enabled = false;
    /// pingone.applications().replace(shop.id, &shop).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn applications(&self) -> Collection<'_, Application> {
        self.collection()
    }

    /// Which scopes of which resources an application may ask for.
    ///
    /// ```no_run
    /// # use pingone::{ApplicationId, Error, NewResourceGrant, ResourceId, ScopeId, management};
    /// # async fn example(pingone: management::Client, shop: ApplicationId, orders: ResourceId, read: ScopeId) -> Result<(), Error> {
    /// let grant = NewResourceGrant::new(orders, [read]);
    /// pingone.grants(shop).create(&grant).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn grants(&self, application: ApplicationId) -> Collection<'_, ResourceGrant> {
        Collection::below(self, format_args!("applications/{application}"))
    }

    /// Which claims tell an application what of its users.
    ///
    /// ```no_run
    /// # use pingone::{ApplicationId, AttributeMapping, Error, management};
    /// # async fn example(pingone: management::Client, shop: ApplicationId) -> Result<(), Error> {
    /// let claim = AttributeMapping::new("nick", "${user.nickname}");
    /// pingone.application_attributes(shop).create(&claim).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn application_attributes(
        &self,
        application: ApplicationId,
    ) -> Collection<'_, Object<AttributeMappingId, AttributeMapping>> {
        Collection::below(self, format_args!("applications/{application}"))
    }
}

impl Collection<'_, Application> {
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
            .send(Method::GET, self.path_below(&application, "secret"))
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
        let path = self.path_below(&application, "secret");
        rotation(self.client, path, None).await
    }

    /// Replaces an application's secret, and lets the former one work until an instant: a month
    /// ahead at most.
    ///
    /// # Errors
    ///
    /// As [`secret`](Self::secret).
    ///
    /// ```no_run
    /// # use pingone::{Error, management, ApplicationId};
    /// # async fn example(pingone: management::Client, id: ApplicationId, tomorrow: jiff::Timestamp) -> Result<(), Error> {
    /// let fresh = pingone.applications().rotate_secret_until(id, tomorrow).await?;
    /// assert!(fresh.previous.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rotate_secret_until(
        &self,
        application: ApplicationId,
        former_until: Timestamp,
    ) -> Result<ApplicationSecret, Error> {
        let path = self.path_below(&application, "secret");
        rotation(self.client, path, Some(former_until)).await
    }

    /// Lets the former secret, if it still works, stop at once.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such application.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, ApplicationId};
    /// # async fn example(pingone: management::Client, id: ApplicationId) -> Result<(), Error> {
    /// pingone.applications().end_former_secret(id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn end_former_secret(&self, application: ApplicationId) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.path_below(&application, "secret"))
            .run()
            .await
    }
}

/// Replaces a secret.
pub(super) async fn rotation(
    client: &Client,
    path: String,
    former_until: Option<Timestamp>,
) -> Result<ApplicationSecret, Error> {
    let request = client.send(Method::POST, path);
    let request = match former_until {
        Some(until) => request.json(&json!({"previous": {"expiresAt": date::written(until)}})),
        None => request,
    };
    request.fetch().await
}
