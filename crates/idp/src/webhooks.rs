//! The job that tells subscribers what happened (PingOne, "Subscriptions (webhooks)").
//!
//! Entries of the audit log wait in the queue of each subscription whose filter lets them through;
//! the batch that writes an entry also puts it there. A queue is told in its order, by one node at a
//! time; what the other side does not take is told again, with growing pauses, for as long as it
//! waits.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use db::StoreError;
use jiff::SignedDuration;
use platform::Clock;
use protocol::id::EnvironmentId;
use protocol::pingone::date;
use quick_cache::sync::Cache;
use serde_json::{Map, Value, json};
use web::Job;

use crate::core::Core;
use crate::outbox::{self, Deliveries, Pauses};
use crate::outgoing::Clients;
use crate::stores::activities::StoredActivity;
use crate::stores::configuration::Objects;
use crate::stores::key_pairs::KeyPair;
use crate::stores::subscriptions::{
    BodyFormat, Endpoint, FilterOptions, Format, LimitType, Protocol, Queue, Subscription,
    Subscriptions, Waiting,
};

/// How often queues are looked at when nobody woke the job.
const PERIOD: Duration = Duration::from_secs(5);

/// How long a claimed queue stays away from other nodes; longer than a request's time-out.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);

/// How soon a queue is looked at again whose subscription tells nobody at present.
const PARKED: SignedDuration = SignedDuration::from_secs(30);

const PAUSES: Pauses = Pauses {
    first: SignedDuration::from_secs(5),
    longest: SignedDuration::from_hours(1),
};

/// Entries in one request, unless the subscription says otherwise.
const MOST_EVENTS: u32 = 100;

/// Bytes of one request, unless the subscription says less.
const LONGEST_BODY: usize = 4096 * 1024;

/// Clients with a certificate of their own that are kept at most.
const MOST_CERTIFIED: usize = 32;

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
enum TellError {
    /// The key pair to prove oneself with could not be read.
    #[error("the key pair for the request could not be read")]
    Key(#[source] StoreError),
    /// The key pair to prove oneself with is gone.
    #[error("the key pair for the request is gone")]
    NoKey,
    /// An address or header cannot be sent to.
    #[error("the request could not be made")]
    Request(#[source] reqwest::Error),
    /// They did not take it.
    #[error("they answered {0}")]
    Refused(reqwest::StatusCode),
}

/// Those who make requests.
#[derive(Debug)]
pub(crate) struct Webhooks {
    clients: Arc<Clients>,
    /// Those with a certificate of their own, by the digest of key and certificates: a key may get
    /// other certificates.
    certified: Cache<Vec<u8>, reqwest::Client>,
    deliveries: Deliveries,
}

impl Webhooks {
    /// Prepares to make requests by these clients.
    pub(crate) fn new(clients: Arc<Clients>) -> Self {
        Self {
            clients,
            certified: Cache::new(MOST_CERTIFIED),
            deliveries: Deliveries::default(),
        }
    }

    /// What became of requests.
    pub(crate) fn deliveries(&self) -> &Deliveries {
        &self.deliveries
    }

    /// Who makes the requests of a subscription.
    async fn client(
        &self,
        core: &Core,
        environment: EnvironmentId,
        subscription: &Subscription,
    ) -> Result<reqwest::Client, TellError> {
        let Some(pair) = &subscription.tls_client_auth_key_pair else {
            let client = if subscription.verify_tls_certificates {
                self.clients.verifying()
            } else {
                self.clients.trusting()
            };
            return client.map_err(TellError::Request);
        };
        let keys = Objects::<KeyPair>::new(core.db(), core.keyring());
        let key = keys.find(environment, pair.id).await;
        let key = key.map_err(TellError::Key)?.ok_or(TellError::NoKey)?;
        let pem = key.document.pem().map_err(TellError::Key)?;
        let digest = digest::digest(&digest::SHA256, pem.as_bytes());
        let digest = digest.as_ref().to_vec();
        let make = || self.clients.with_certificate(&pem);
        let made = self.certified.get_or_insert_with(&digest, make);
        made.map_err(TellError::Request)
    }

    /// Tells what is due until `stop` completes. A subscriber who is slow holds up one of four.
    pub(crate) async fn run(
        &self,
        core: &Core,
        job: (&Job, &dyn Clock),
        stop: impl Future<Output = ()> + Send,
    ) {
        let stopped = tokio::sync::watch::Sender::new(false);
        let worker = || {
            let mut receiver = stopped.subscribe();
            let stop = async move {
                // An error means that the sender is gone, which is a stop as well.
                let _stopped = receiver.wait_for(|stopped| *stopped).await;
            };
            let when = (core.subscriptions().arrived(), PERIOD);
            outbox::run("webhooks", when, job, stop, || self.tell_next(core, job.1))
        };
        let stopping = async {
            stop.await;
            stopped.send_replace(true);
        };
        tokio::join!(worker(), worker(), worker(), worker(), stopping);
    }

    /// Tells the next subscriber what waits; whether there was one.
    async fn tell_next(&self, core: &Core, clock: &dyn Clock) -> Result<bool, StoreError> {
        let now = clock.now();
        if !core.subscriptions().is_due(now).await? {
            return Ok(false);
        }
        let claim = Subscriptions::claim(now, now + CLAIM);
        let Some(queue) = claim.commit_unrecorded(core).await? else {
            return Ok(false);
        };
        let objects = Objects::<Subscription>::new(core.db(), core.keyring());
        let found = objects.find(queue.environment, queue.subscription).await?;
        let Some(subscription) = found.map(|object| object.document) else {
            return Ok(true);
        };
        let change = match &subscription.http_endpoint {
            Some(endpoint) if subscription.enabled && subscription.protocol == Protocol::Https => {
                let waiting = core
                    .subscriptions()
                    .first(&queue, most(&subscription))
                    .await?;
                self.tell(core, &queue, (&subscription, endpoint), waiting, clock)
                    .await
            }
            _ => Subscriptions::park(&queue, now + PARKED),
        };
        let settled = change.commit_unrecorded(core).await;
        settled.map_err(StoreError::during("note what became of a webhook"))?;
        Ok(true)
    }

    async fn tell(
        &self,
        core: &Core,
        queue: &Queue,
        (subscription, endpoint): (&Subscription, &Endpoint),
        waiting: Vec<Waiting>,
        clock: &dyn Clock,
    ) -> crate::stores::change::Change {
        let (body, last) = body(core, queue, subscription, waiting);
        let sent = match body {
            Some(body) => {
                let client = self.client(core, queue.environment, subscription).await;
                match client {
                    Ok(client) => post(&client, endpoint, body).await,
                    Err(error) => Err(error),
                }
            }
            None => Ok(()),
        };
        let id = queue.subscription;
        match sent {
            Ok(()) => {
                tracing::debug!(subscription.id = %id, "webhook delivered");
                self.deliveries.delivered.add();
                Subscriptions::delivered(queue, last, clock.now())
            }
            Err(error) => {
                let again_at = PAUSES.next_attempt(queue.attempts, clock.now());
                let cause = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(subscription.id = %id, attempt = queue.attempts, cause, %again_at,
                    "a webhook was not taken; it is tried again");
                self.deliveries.put_off.add();
                Subscriptions::retry(queue, again_at)
            }
        }
    }
}

async fn post(
    client: &reqwest::Client,
    endpoint: &Endpoint,
    body: String,
) -> Result<(), TellError> {
    let mut headers = http::HeaderMap::new();
    let json = http::HeaderValue::from_static("application/json");
    headers.insert(http::header::CONTENT_TYPE, json);
    for (name, value) in endpoint.headers.iter().flatten() {
        let name = http::HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    let request = client.post(&endpoint.url).headers(headers).body(body);
    // The answer's body is not read.
    let answer = request.send().await;
    // An address may carry what is secret.
    let answer = answer.map_err(|error| TellError::Request(error.without_url()))?;
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(TellError::Refused(answer.status()))
    }
}

/// How many entries one request tells at most.
fn most(subscription: &Subscription) -> u32 {
    match limit(subscription) {
        Some((LimitType::EventsPerPayload, size)) => size,
        _ => MOST_EVENTS,
    }
}

fn limit(subscription: &Subscription) -> Option<(LimitType, u32)> {
    let options = subscription.payload_options.as_ref()?;
    let limit = options.maximum_payload_limit.as_ref()?;
    Some((
        limit.r#type.unwrap_or(LimitType::EventsPerPayload),
        limit.size?,
    ))
}

/// What a request says, and the place of the last entry in it. There is nothing to say where the
/// audit log has none of them any more.
fn body(
    core: &Core,
    queue: &Queue,
    subscription: &Subscription,
    waiting: Vec<Waiting>,
) -> (Option<String>, Option<i64>) {
    let longest = match limit(subscription) {
        Some((LimitType::KbPerPayload, size)) => usize::try_from(size).unwrap_or(4096) * 1024,
        _ => LONGEST_BODY,
    };
    let options = subscription.payload_options.as_ref();
    let https = options.and_then(|options| options.payload_format.as_ref()?.https.as_ref());
    let is_pretty = https.and_then(|https| https.pretty_print).unwrap_or(false);
    let is_lines = https.and_then(|https| https.format) == Some(BodyFormat::NdJson);
    let format = subscription.format.unwrap_or_default();
    let (mut events, mut last, mut length) = (Vec::new(), None, 2);
    for Waiting { place, activity } in waiting {
        if let Some(activity) = activity {
            let event = shown(core, queue, &subscription.filter_options, activity);
            let event = in_form(format, event);
            let text = if is_pretty {
                serde_json::to_string_pretty(&event).unwrap_or_default()
            } else {
                event.to_string()
            };
            length += text.len() + 2;
            if length > longest && !events.is_empty() {
                break;
            }
            events.push(text);
        }
        last = Some(place);
    }
    let body = match (events.is_empty(), format) {
        (true, _) => None,
        (false, Format::Splunk) => Some(events.join("\n")),
        (false, _) if is_lines => Some(events.join("\n")),
        (false, _) => Some(format!("[{}]", events.join(","))),
    };
    (body, last)
}

/// An entry as the subscriber's product takes it.
fn in_form(format: Format, event: Value) -> Value {
    match format {
        Format::Activity => event,
        Format::NewRelic => json!({"message": event, "logtype": "pingone"}),
        Format::Splunk => json!({"event": event, "sourcetype": "_json"}),
    }
}

/// An entry as the management API shows it, without what the subscriber is not to know.
fn shown(core: &Core, queue: &Queue, filter: &FilterOptions, activity: StoredActivity) -> Value {
    let path = format!("activities/{}", activity.id);
    let address = core.urls().environment_api(queue.environment, path);
    let mut members = Map::from_iter([
        ("_links".to_owned(), json!({"self": {"href": address}})),
        ("id".to_owned(), json!(activity.id)),
        (
            "recordedAt".to_owned(),
            json!(date::written(activity.recorded_at)),
        ),
        (
            "createdAt".to_owned(),
            json!(date::written(activity.recorded_at)),
        ),
        ("correlationId".to_owned(), json!(activity.correlation_id)),
    ]);
    members.extend(activity.document);
    if let Some(Value::Object(source)) = members.get_mut("source") {
        if !filter.ip_address_exposed {
            source.remove("ipAddress");
        }
        if !filter.user_agent_exposed {
            source.remove("userAgent");
        }
        if source.is_empty() {
            members.remove("source");
        }
    }
    Value::Object(members)
}
