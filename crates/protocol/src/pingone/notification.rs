//! Whom messages come from, and which way mails take (PingOne, "Notifications settings").

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::object::exposed;
use crate::secret::ClientSecret;

/// Whom messages come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotificationsSettings {
    /// The sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Sender>,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Sender>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// A mail address with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sender {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

impl Sender {
    /// An address without a name.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            name: None,
            address: address.into(),
        }
    }
}

/// The way that mails take. Without one it is the service's own.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EmailDelivery {
    /// `SMTPS`, `SMTP` or `HTTP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The mail server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The name to sign on with there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password there; it is never shown.
    #[serde(
        default,
        serialize_with = "exposed",
        skip_serializing_if = "Option::is_none"
    )]
    pub password: Option<ClientSecret>,
    /// The sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Sender>,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Sender>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// Further members may authenticate.
impl fmt::Debug for EmailDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailDelivery")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl EmailDelivery {
    /// A mail server that is spoken to under TLS from the first byte (RFC 8314).
    pub fn smtps(
        host: impl Into<String>,
        username: impl Into<String>,
        password: ClientSecret,
    ) -> Self {
        Self {
            protocol: Some("SMTPS".to_owned()),
            host: Some(host.into()),
            port: Some(465),
            username: Some(username.into()),
            password: Some(password),
            ..Self::default()
        }
    }
}
