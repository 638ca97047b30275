//! Who is told what happens, and what happened (PingOne, "Subscriptions (webhooks)" and "Audit
//! activities").

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Reference;
use crate::codes::open_codes;
use crate::id::{ActivityId, ApplicationId, PopulationId};

open_codes! {
    /// How somebody is told.
    SubscriptionProtocol {
        /// By requests.
        Https = "HTTPS";
        /// By lines over a connection.
        TcpIp = "TCP_IP";
    }
}

open_codes! {
    /// In whose form somebody is told.
    SubscriptionFormat {
        /// PingOne's own.
        Activity = "ACTIVITY";
        /// New Relic's.
        NewRelic = "NEWRELIC";
        /// Splunk's.
        Splunk = "SPLUNK";
    }
}

/// Somebody who is told what happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// Its name, unique in the environment.
    pub name: String,
    /// Whether it is in use.
    #[serde(default)]
    pub enabled: bool,
    /// How they are told.
    pub protocol: SubscriptionProtocol,
    /// In whose form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<SubscriptionFormat>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_endpoint: Option<HttpEndpoint>,
    /// Of what.
    pub filter_options: SubscriptionFilter,
    /// Whether the other side must prove who it is by a certificate that is trusted.
    #[serde(default = "yes")]
    pub verify_tls_certificates: bool,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

fn yes() -> bool {
    true
}

impl Subscription {
    /// Requests to an address, one for each of these actions, such as `USER.CREATED`.
    ///
    /// ```
    /// use pingone_protocol::pingone::{HttpEndpoint, Subscription};
    ///
    /// let endpoint = HttpEndpoint::new("https://hooks.example/pingone");
    /// let subscription = Subscription::new("Users", endpoint, ["USER.CREATED", "USER.DELETED"]);
    /// assert!(subscription.enabled);
    /// ```
    pub fn new(
        name: impl Into<String>,
        endpoint: HttpEndpoint,
        actions: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            enabled: true,
            protocol: SubscriptionProtocol::Https,
            format: Some(SubscriptionFormat::Activity),
            http_endpoint: Some(endpoint),
            filter_options: SubscriptionFilter {
                included_action_types: actions.into_iter().map(Into::into).collect(),
                ..SubscriptionFilter::default()
            },
            verify_tls_certificates: true,
            further: Map::new(),
        }
    }
}

/// Where requests go. Its headers authenticate, and do not show in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HttpEndpoint {
    /// The address.
    pub url: String,
    /// What the requests carry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl HttpEndpoint {
    /// An address that asks for no header.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: BTreeMap::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }
}

impl fmt::Debug for HttpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpEndpoint")
            .field("url", &self.url)
            .field("headers", &self.headers.keys())
            .finish()
    }
}

/// Of what somebody is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubscriptionFilter {
    /// Of these actions, such as `USER.CREATED`.
    pub included_action_types: Vec<String>,
    /// Only as far as these applications are concerned; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_applications: Vec<Reference<ApplicationId>>,
    /// Only as far as users of these populations are concerned; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_populations: Vec<Reference<PopulationId>>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// When it was recorded.
    #[serde(with = "crate::pingone::date::Date")]
    pub recorded_at: Timestamp,
    /// What belongs to the same request has the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// What was done.
    pub action: ActivityAction,
    /// Who did it.
    #[serde(default)]
    pub actors: ActivityActors,
    /// To what.
    #[serde(default)]
    pub resources: Vec<ActivitySubject>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ActivityResult>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActivityAction {
    /// Such as `USER.CREATED`.
    #[serde(rename = "type")]
    pub action_type: String,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActivityActors {
    /// The application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ActivitySubject>,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ActivitySubject>,
}

/// Who did something, or what it was done to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActivitySubject {
    /// Its id; who tried to sign on and is unknown has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its kind, such as `USER`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<String>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// How something ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActivityResult {
    /// `SUCCESS` or `FAILED`, or a word that tells more.
    pub status: String,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
