//! Subscriptions of webhooks, and the queues of what they are still to be told.
//!
//! A queue holds entries of the audit log by reference, in the order in which they were written.
//! One node at a time works on a queue: it claims it by pushing its next try into the future.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::id::{ActivityId, EnvironmentId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;
use web::LookupCounts;

use super::activities::StoredActivity;
use super::change::{Change, Claim};
use super::configuration::{Document, Objects, Reference, Target};
use super::populations::StoredPopulation;
use super::record::{Events, events};
use crate::caches::{Recent, Touched};

/// Entries that one queue holds at most; what comes when it is full is not told.
const LONGEST_QUEUE: u32 = 10_000;

/// Somebody who is told what happens.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) protocol: Protocol,
    pub(crate) format: Option<Format>,
    pub(crate) http_endpoint: Option<Endpoint>,
    pub(crate) connection_details: Option<Endpoint>,
    pub(crate) verify_tls_certificates: bool,
    pub(crate) tls_client_auth_key_pair: Option<Named>,
    pub(crate) payload_options: Option<PayloadOptions>,
    pub(crate) filter_options: FilterOptions,
}

/// How somebody is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Protocol {
    #[default]
    Https,
    TcpIp,
}

/// In whose form somebody is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Format {
    #[default]
    Activity,
    NewRelic,
    Splunk,
}

/// Where somebody is told.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) headers: Option<BTreeMap<String, String>>,
}

/// Something by its id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Named {
    pub(crate) id: Uuid,
}

/// How much one request tells, and how it is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PayloadOptions {
    pub(crate) maximum_payload_limit: Option<PayloadLimit>,
    pub(crate) payload_format: Option<PayloadFormat>,
}

/// How much one request tells.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PayloadLimit {
    pub(crate) r#type: Option<LimitType>,
    pub(crate) size: Option<u32>,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum LimitType {
    EventsPerPayload,
    KbPerPayload,
}

/// How a request is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PayloadFormat {
    pub(crate) https: Option<HttpsFormat>,
    pub(crate) tcp: Option<TcpFormat>,
}

/// How a body is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpsFormat {
    pub(crate) format: Option<BodyFormat>,
    pub(crate) pretty_print: Option<bool>,
}

/// How several entries make a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum BodyFormat {
    JsonArray,
    NdJson,
}

/// How a line is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TcpFormat {
    pub(crate) format: Option<LineFormat>,
    pub(crate) additional_attributes: Option<BTreeMap<String, String>>,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum LineFormat {
    JsonDoc,
    RfcLogline,
}

/// What somebody is told.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilterOptions {
    pub(crate) included_action_types: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) included_applications: Vec<Named>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) included_populations: Vec<Named>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) included_tags: Vec<Tag>,
    #[serde(default)]
    pub(crate) ip_address_exposed: bool,
    #[serde(default)]
    pub(crate) user_agent_exposed: bool,
    /// All applications, or all populations, to which it was narrowed are gone. Without them it would
    /// say "of every one", so nothing fits it.
    #[serde(skip)]
    has_lost_its_aim: bool,
}

/// What an entry of the audit log is marked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Tag {
    #[serde(rename = "adminIdentityEvent")]
    AdminIdentityEvent,
}

impl FilterOptions {
    /// Whether somebody is told of an entry: what was done, whom it is about or was done by.
    pub(crate) fn lets_through(
        &self,
        action: &str,
        applications: &[Uuid],
        population: Option<Uuid>,
    ) -> bool {
        let among = |list: &[Named], id: Uuid| list.iter().any(|named| named.id == id);
        let applications_fit = self.included_applications.is_empty()
            || applications
                .iter()
                .any(|id| among(&self.included_applications, *id));
        let population_fits = self.included_populations.is_empty()
            || population.is_some_and(|id| among(&self.included_populations, id));
        // No entry of the log is marked.
        let is_marked = self.included_tags.is_empty();
        let mut actions = self.included_action_types.iter();
        !self.has_lost_its_aim
            && actions.any(|included| included == action)
            && applications_fit
            && population_fits
            && is_marked
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        for narrowed in [
            &mut self.included_applications,
            &mut self.included_populations,
        ] {
            let was_narrowed = !narrowed.is_empty();
            narrowed.retain(|named| !gone.contains(&named.id));
            self.has_lost_its_aim |= was_narrowed && narrowed.is_empty();
        }
    }
}

impl Document for Subscription {
    const EVENTS: Events = events!("SUBSCRIPTION");
    const MOST: u32 = 50;
    const SEALED: &'static [&'static str] =
        &["/httpEndpoint/headers", "/connectionDetails/headers"];
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let key = self.tls_client_auth_key_pair.iter().map(|key| Reference {
            member: "tlsClientAuthKeyPair.id",
            target: Target::Kind("KEY"),
            id: key.id,
        });
        key.collect()
    }

    fn mentions(&self) -> Vec<Reference> {
        let filter = &self.filter_options;
        let applications = filter.included_applications.iter();
        let applications = applications.map(|application| Reference {
            member: "filterOptions.includedApplications",
            target: Target::Table("applications"),
            id: application.id,
        });
        let populations = filter.included_populations.iter().map(|population| {
            let member = "filterOptions.includedPopulations";
            Reference::to_row::<StoredPopulation>(member, population.id)
        });
        applications.chain(populations).collect()
    }

    /// Whoever writes it back as it is read widens it, so it is read as disabled then.
    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        self.filter_options.forget(gone);
        self.enabled &= !self.filter_options.has_lost_its_aim;
    }
}

/// Who is told what, of one environment.
pub(crate) type Filters = Arc<Vec<(Uuid, FilterOptions)>>;

/// What is waiting to be told, on one node's turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) subscription: Uuid,
    pub(crate) environment: EnvironmentId,
    /// Tries since something was delivered, with this one.
    pub(crate) attempts: i64,
    arrivals: i64,
}

/// An entry of a queue.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) place: i64,
    /// `None` where the audit log has it no more.
    pub(crate) activity: Option<StoredActivity>,
}

/// Nothing where the subscription is gone. The row is held until the batch is committed, so that
/// places are in the order of commits.
const ARRIVE: &str = "\
INSERT INTO webhook_queues (subscription_id, environment_id, arrivals, attempts, next_attempt_at)
SELECT id, environment_id, 1, 0, CAST($2 AS BIGINT) FROM configuration_objects WHERE id = $1
    ON CONFLICT (subscription_id) DO UPDATE
   SET arrivals = webhook_queues.arrivals + 1,
       next_attempt_at = COALESCE(webhook_queues.next_attempt_at, excluded.next_attempt_at)";

const ENQUEUE: &str = "\
INSERT INTO webhook_events (subscription_id, place, activity_id, recorded_at)
SELECT subscription_id, arrivals, CAST($2 AS TEXT), CAST($3 AS BIGINT)
  FROM webhook_queues
 WHERE subscription_id = $1
   AND arrivals - COALESCE((SELECT MIN(place) FROM webhook_events WHERE subscription_id = $1),
                           arrivals) < $4";

const DUE: &str = "SELECT 1 AS due FROM webhook_queues WHERE next_attempt_at <= $1 LIMIT 1";

const CLAIM: &str = "\
UPDATE webhook_queues SET attempts = attempts + 1, next_attempt_at = $2
 WHERE subscription_id = (SELECT subscription_id FROM webhook_queues
                           WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT 1)
   AND next_attempt_at <= $1
RETURNING subscription_id, environment_id, attempts, arrivals";

const FIRST: &str = "\
SELECT webhook_events.place, activities.id, activities.recorded_at, activities.correlation_id,
       activities.document
  FROM webhook_events LEFT JOIN activities ON activities.id = webhook_events.activity_id
 WHERE webhook_events.subscription_id = $1 ORDER BY webhook_events.place LIMIT $2";

const WAITING: &str = "SELECT COUNT(*) AS waiting, MIN(recorded_at) AS since FROM webhook_events";

const DELIVERED: &str = "DELETE FROM webhook_events WHERE subscription_id = $1 AND place <= $2";

/// It is due again where something waits, or came meanwhile.
const TURN_ENDS: &str = "\
UPDATE webhook_queues
   SET attempts = 0, next_attempt_at = CASE WHEN arrivals = $2 THEN NULL ELSE $3 END
 WHERE subscription_id = $1";

const RETRY: &str = "UPDATE webhook_queues SET next_attempt_at = $2 WHERE subscription_id = $1";

/// The subscriptions of all environments, and their queues.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    db: Reader,
    keyring: Arc<Keyring>,
    recent: Recent<Filters>,
    arrived: Notify,
}

impl Subscriptions {
    pub(crate) fn new(db: Reader, keyring: Arc<Keyring>) -> Self {
        Self {
            db,
            keyring,
            recent: Recent::default(),
            arrived: Notify::new(),
        }
    }

    /// Who is told what of an environment.
    pub(crate) async fn filters(
        &self,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<Filters, StoreError> {
        let read = async {
            let objects = Objects::<Subscription>::new(&self.db, &self.keyring);
            let found = objects.list(environment, environment.as_uuid()).await?;
            // Nobody is told by TCP, so nothing waits for it.
            let told = found
                .into_iter()
                .filter(|object| object.document.protocol == Protocol::Https);
            let filters = told.map(|object| (object.id, object.document.filter_options));
            Ok(Some(Arc::new(filters.collect())))
        };
        let found = self.recent.find(environment.as_uuid(), now, read).await?;
        Ok(found.unwrap_or_default())
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.recent.lookups()
    }

    pub(crate) fn forget(&self, touched: &Touched) {
        self.recent.forget(touched);
    }

    /// Tells who delivers that something came.
    pub(crate) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Is notified when something came.
    pub(crate) fn arrived(&self) -> &Notify {
        &self.arrived
    }

    /// The statements that put an entry of the audit log at the end of a queue.
    pub(crate) fn enqueue(
        subscription: Uuid,
        activity: ActivityId,
        recorded_at: Timestamp,
    ) -> [Statement; 2] {
        let arrive = Statement::new(ARRIVE).bind(subscription).bind(recorded_at);
        let enqueue = Statement::new(ENQUEUE)
            .bind(subscription)
            .bind(activity.as_uuid())
            .bind(recorded_at)
            .bind(LONGEST_QUEUE);
        [arrive, enqueue]
    }

    /// Takes a queue that is due, if there is one. It comes back by itself at `again_at`, should this
    /// process die before it says what became of it.
    pub(crate) fn claim(now: Timestamp, again_at: Timestamp) -> Claim<Option<Queue>> {
        let claim = Statement::new(CLAIM).bind(now).bind(again_at);
        Claim::new("take a queue of webhooks", claim, |written| {
            written.into_row().as_ref().map(queue).transpose()
        })
    }

    /// Whether something is due. Most looks find nothing, and a look keeps nobody from writing.
    pub(crate) async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let row = self.db.read_optional(Statement::new(DUE).bind(now)).await;
        let row = row.map_err(StoreError::during("look for webhooks"))?;
        Ok(row.is_some())
    }

    /// How much waits in all queues, and since when the oldest does.
    pub(crate) async fn waiting(&self) -> Result<(u64, Option<Timestamp>), StoreError> {
        let row = self.db.read_optional(Statement::new(WAITING).scan()).await;
        let row = row.map_err(StoreError::during("count the webhooks that wait"))?;
        super::waiting(row.as_ref())
    }

    /// What waits longest in a queue.
    pub(crate) async fn first(
        &self,
        queue: &Queue,
        limit: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        let select = Statement::new(FIRST).bind(queue.subscription).bind(limit);
        let rows = self.db.read(select).await;
        let rows = rows.map_err(StoreError::during("read a queue of webhooks"))?;
        rows.iter().map(waiting).collect()
    }

    /// Everything up to a place was told; whoever waits behind is next. Without a place, nothing
    /// waited.
    pub(crate) fn delivered(queue: &Queue, place: Option<i64>, now: Timestamp) -> Change {
        let place = place.unwrap_or(queue.arrivals);
        let delivered = Statement::new(DELIVERED)
            .bind(queue.subscription)
            .bind(place);
        let turn_ends = Statement::new(TURN_ENDS)
            .bind(queue.subscription)
            .bind(place)
            .bind(now);
        Change::of(delivered).add(turn_ends)
    }

    /// It is to be tried again.
    pub(crate) fn retry(queue: &Queue, at: Timestamp) -> Change {
        Change::of(Statement::new(RETRY).bind(queue.subscription).bind(at))
    }

    /// It is looked at again, and what was done with it until then is no try.
    pub(crate) fn park(queue: &Queue, until: Timestamp) -> Change {
        // No place is negative, so something always waits.
        let park = Statement::new(TURN_ENDS)
            .bind(queue.subscription)
            .bind(-1_i64)
            .bind(until);
        Change::of(park)
    }
}

fn queue(row: &Row) -> Result<Queue, StoreError> {
    Ok(Queue {
        subscription: row.get("subscription_id")?,
        environment: row.parse("environment_id", EnvironmentId::parse)?,
        attempts: row.get("attempts")?,
        arrivals: row.get("arrivals")?,
    })
}

fn waiting(row: &Row) -> Result<Waiting, StoreError> {
    let id: Option<String> = row.get("id")?;
    Ok(Waiting {
        place: row.get("place")?,
        activity: match id {
            Some(_) => Some(StoredActivity::from_row(row)?),
            None => None,
        },
    })
}
