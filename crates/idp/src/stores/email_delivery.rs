//! The way that an environment's mails take, where it is not the installation's.

use std::collections::BTreeMap;

use db::StoreError;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::configuration::{Document, Objects};
use super::record::{Events, events};

/// A mail server, or a service that takes mails by HTTP.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmailDelivery {
    pub(crate) protocol: Option<EmailProtocol>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) from: Option<Sender>,
    pub(crate) reply_to: Option<Sender>,
    pub(crate) provider: Option<EmailProvider>,
    pub(crate) name: Option<String>,
    pub(crate) authentication: Option<ProviderAuthentication>,
    pub(crate) requests: Option<Vec<EmailRequest>>,
}

/// How mails are handed over.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum EmailProtocol {
    Http,
    Smtp,
    Smtps,
}

/// Who takes mails by HTTP.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub(crate) enum EmailProvider {
    #[serde(rename = "CUSTOM_PROVIDER")]
    Custom,
}

/// The request that hands a mail over.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmailRequest {
    pub(crate) delivery_method: EmailMethod,
    pub(crate) method: RequestMethod,
    pub(crate) url: String,
    pub(crate) headers: Option<BTreeMap<String, String>>,
    pub(crate) body: Option<String>,
}

/// What a request hands over.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum EmailMethod {
    Email,
}

impl Document for EmailDelivery {
    const EVENTS: Events = events!("EMAIL_DELIVERY_SETTINGS");
    const SECRETS: &'static [&'static str] = &[
        "/password",
        "/authentication/password",
        "/authentication/authToken",
    ];
    /// A request's headers may authenticate it.
    const SEALED: &'static [&'static str] = &["/requests"];

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("Email delivery settings")
    }

    fn unique(&self) -> Option<String> {
        Some(String::new())
    }
}

impl EmailDelivery {
    /// The environment's mail server, if it has one.
    pub(crate) async fn server(
        objects: Objects<'_, Self>,
        environment: EnvironmentId,
    ) -> Result<Option<Self>, StoreError> {
        let found = objects
            .find_only(environment, environment.as_uuid())
            .await?;
        let found = found.map(|object| object.document);
        Ok(found.filter(|delivery| delivery.host.is_some()))
    }
}

/// Whom a mail comes from, or where an answer goes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Sender {
    pub(crate) name: Option<String>,
    pub(crate) address: Option<String>,
}

/// Whom all messages of an environment come from, as its notifications settings say: what mails need
/// to know of them.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Senders {
    pub(crate) from: Option<Sender>,
    pub(crate) reply_to: Option<Sender>,
}

impl Document for Senders {
    const EVENTS: Events = events!("NOTIFICATIONS_SETTINGS");

    fn name(&self) -> &'static str {
        "Notifications settings"
    }
}

impl Senders {
    /// Those of an environment; none where nobody set any.
    pub(crate) async fn of(
        objects: Objects<'_, Self>,
        environment: EnvironmentId,
    ) -> Result<Self, StoreError> {
        let found = objects
            .find_only(environment, environment.as_uuid())
            .await?;
        let found = found.map(|object| object.document).unwrap_or_default();
        Ok(Self {
            from: found.from.and_then(Sender::chosen),
            reply_to: found.reply_to.and_then(Sender::chosen),
        })
    }
}

impl Sender {
    /// What of it somebody chose: PingOne's address is there where nobody did.
    pub(crate) fn chosen(self) -> Option<Self> {
        let pingone = Self::pingone();
        let is_pingone = self.address == pingone.address;
        let address = self.address.filter(|_| !is_pingone);
        let name = self
            .name
            .filter(|name| !is_pingone || pingone.name.as_ref() != Some(name));
        (address.is_some() || name.is_some()).then_some(Self { name, address })
    }

    /// PingOne's own.
    pub(crate) fn pingone() -> Self {
        Self {
            name: Some("PingOne".to_owned()),
            address: Some("noreply@pingidentity.com".to_owned()),
        }
    }
}

/// How somebody who delivers messages is signed on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum AuthenticationMethod {
    Basic,
    Bearer,
}

/// What somebody who delivers messages is signed on to with.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderAuthentication {
    pub(crate) method: AuthenticationMethod,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) auth_token: Option<String>,
}

/// A method of HTTP by which a message is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RequestMethod {
    Get,
    Post,
}
