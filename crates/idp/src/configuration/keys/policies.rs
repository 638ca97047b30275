//! `/environments/{environment}/keyRotationPolicies`: keys that take each other's place (PingOne, "Key
//! rotation policies").

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use protocol::pingone::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::certified::Usage;
use super::{NewKey, check_kind, check_name, check_period, in_turn};
use crate::access::permissions::{Allows, may};
use crate::api::body::Json;
use crate::api::checks;
use crate::api::configuration::{
    Collection, Configuration, Item, Managing, Reading, TopLevel, at_path, delete,
};
use crate::api::hal::{Page, Reply, Shown};
use crate::api::media_router::Resource;
use crate::api::shapes::Stored;
use crate::audit::{Activity, By};
use crate::core::Core;
use crate::keys::pairs::{Algorithm, Facts, SignatureAlgorithm};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::key_pairs::Material;
use crate::stores::record::{Events, events};
use crate::stores::rotation_policies::{USUAL_ROTATION, days};

const ROTATE: &str = "application/vnd.pingidentity.keyRotationPolicy.rotate+json";

/// How often it is looked whether a policy is to rotate. Its periods are days.
const LOOK: Duration = Duration::from_mins(1);

/// So many keys of before stay published at most: those of the last ten periods, unless somebody
/// rotates by hand.
const MOST_PREVIOUS: usize = 10;

/// A key rotation policy.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotationPolicy {
    #[serde(flatten)]
    settings: Settings,
    default: bool,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    rotated_at: Option<Timestamp>,
    /// The keys of the default policy are those that sign tokens, and are kept there.
    keys: Option<PolicyKeys>,
}

/// What a client says of a policy.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Settings {
    name: String,
    /// The subject and the issuer of the keys' certificates.
    dn: String,
    algorithm: Algorithm,
    key_length: u32,
    signature_algorithm: SignatureAlgorithm,
    usage_type: RotationUsage,
    /// In days.
    rotation_period: Option<u32>,
    /// In days.
    validity_period: Option<u32>,
}

/// What the keys of a policy are for.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum RotationUsage {
    Signing,
}

/// The key in use, the one that follows, and those of before, the oldest first.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PolicyKeys {
    current: PolicyKey,
    next: PolicyKey,
    #[serde(default)]
    previous: Vec<PolicyKey>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PolicyKey {
    id: Uuid,
    material: Material,
}

impl PolicyKeys {
    /// The keys once the next one has taken over. Those before it stay while they are valid.
    fn rotated(&self, next: PolicyKey, now: Timestamp) -> Self {
        let mut previous = self.previous.clone();
        previous.push(self.current.clone());
        previous.retain(|key| key.is_valid(now));
        let surplus = previous.len().saturating_sub(MOST_PREVIOUS);
        previous.drain(..surplus);
        Self {
            current: self.next.clone(),
            next,
            previous,
        }
    }
}

impl PolicyKey {
    /// Whether its certificate has not ended.
    fn is_valid(&self, now: Timestamp) -> bool {
        let chain = self.material.chain().unwrap_or_default();
        let facts = chain.first().and_then(|own| Facts::of(own).ok());
        facts.is_some_and(|facts| now < facts.expires_at)
    }
}

impl RotationPolicy {
    /// How long a key is used before the next one takes over.
    fn period(&self) -> SignedDuration {
        days(self.settings.rotation_period)
    }

    /// Whether the next key is to take over: the period is over, or the key in use has ended.
    fn is_due(&self, now: Timestamp) -> bool {
        let Some(keys) = &self.keys else { return false };
        let rotated_at = self.rotated_at.unwrap_or(Timestamp::UNIX_EPOCH);
        now.duration_since(rotated_at) >= self.period() || !keys.current.is_valid(now)
    }
}

impl Document for RotationPolicy {
    const EVENTS: Events = events!("KRP");
    /// PingOne has no more in an environment.
    const MOST: u32 = 5;
    const SECRETS: &'static [&'static str] = &["/keys"];
    const HAS_DEFAULT: bool = true;

    fn name(&self) -> &str {
        &self.settings.name
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

impl Configuration for RotationPolicy {
    const PATH: &'static str = "keyRotationPolicies";
    const ITEM: &'static str = "policy";
    const KEPT: Option<&'static str> = None;
    type Parent = TopLevel;
    type Read = may::ReadCertificates;
    type Manage = may::ManageCertificates;
}

impl Settings {
    fn check(&mut self) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        check_name("dn", &self.dn)?;
        check_kind(self.algorithm, self.key_length, self.signature_algorithm)?;
        let validity = *self.validity_period.get_or_insert(365);
        check_period(validity)?;
        let rotation = *self.rotation_period.get_or_insert(USUAL_ROTATION);
        if rotation < 30 || rotation >= validity {
            let message = "must be at least 30 days, and less than the validity period";
            return Err(ApiFailure::invalid_value("rotationPeriod", message));
        }
        Ok(())
    }
}

/// Makes so many keys of a policy.
async fn make<const N: usize>(
    core: &Core,
    settings: &Settings,
    now: Timestamp,
) -> Result<[PolicyKey; N], ApiFailure> {
    let key = NewKey {
        name: settings.name.clone(),
        usage_type: Usage::Signing,
        default: false,
        algorithm: settings.algorithm,
        key_length: settings.key_length,
        signature_algorithm: settings.signature_algorithm,
        subject_dn: settings.dn.clone(),
        issuer_dn: None,
        serial_number: None,
        starts_at: None,
        validity_period: settings.validity_period.unwrap_or(365),
        custom_crl: None,
    };
    let made = in_turn(move || {
        let each = std::iter::repeat_n(key, N).map(|key| key.make(now));
        each.collect::<Result<Vec<_>, _>>()
    });
    let made = made.await?.map_err(super::refused("dn"))?;
    let keys = made.into_iter().map(|key| PolicyKey {
        id: core.random().uuid(),
        material: key.material,
    });
    let keys: Vec<_> = keys.collect();
    keys.try_into()
        .map_err(|_| ApiFailure::internal(std::io::Error::other("a key was not made")))
}

/// Lets the next keys of policies take over when their time has come, until `stop` completes.
///
/// Each environment's default policy is not among them: its keys follow each other where tokens are
/// signed ([`crate::keys`]).
pub(crate) async fn rotate_in_time(idp: &Idp, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    loop {
        let rotated = rotate_due(idp, idp.now()).await;
        idp.jobs().key_rotation.ran(rotated.is_ok(), idp.now());
        if let Err(error) = rotated {
            let cause = ui::chain_of_causes(&error).join(": ");
            tracing::warn!(
                cause,
                "key rotation policies could not be read; it is tried again"
            );
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn rotate_due(idp: &Idp, now: Timestamp) -> Result<(), StoreError> {
    let objects = Objects::<RotationPolicy>::new(idp.db(), idp.keyring());
    for policy in objects.with_secrets().await? {
        if !policy.document.is_due(now) {
            continue;
        }
        let (id, environment) = (policy.id, policy.environment_id);
        if let Err(failure) = rotate_one(idp, &objects, &policy, now).await {
            tracing::warn!(%environment, policy = %id, ?failure, "a policy's keys could not be rotated");
        }
    }
    Ok(())
}

/// Rotates a policy, unless another node, or somebody, has changed it since it was read.
async fn rotate_one(
    idp: &Idp,
    objects: &Objects<'_, RotationPolicy>,
    policy: &Object<RotationPolicy>,
    now: Timestamp,
) -> Result<(), ApiFailure> {
    let Some(keys) = &policy.document.keys else {
        return Ok(());
    };
    let [next] = make(idp, &policy.document.settings, now).await?;
    let document = RotationPolicy {
        keys: Some(keys.rotated(next, now)),
        rotated_at: Some(now),
        ..policy.document.clone()
    };
    let rotated = policy.with(document, now);
    let change = objects.update_unchanged(&rotated, idp.random())?;
    let activity = Activity::new("KRP.ROTATED", &rotated);
    let by = By::the_program(now);
    match change
        .commit(idp, policy.environment_id, &activity, &by)
        .await
    {
        Ok(()) => idp.keys().forget(policy.environment_id),
        Err(error) if error.unmet().is_some() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn show<P: Allows>(
    collection: &Collection<RotationPolicy, P>,
    policy: &Object<RotationPolicy>,
) -> Result<Shown, ApiFailure> {
    let shown = collection.show(policy)?;
    if let Some(keys) = &policy.document.keys {
        let shown = shown.member("currentKeyId", keys.current.id.to_string());
        return Ok(shown.member("nextKeyId", keys.next.id.to_string()));
    }
    let (idp, now) = (&collection.idp, collection.now);
    let published = idp.keys().published(idp, collection.id(), now).await;
    let (published, _) = published.map_err(ApiFailure::internal)?;
    let (begun, later): (Vec<_>, Vec<_>) = published.iter().partition(|key| key.signs_from <= now);
    let mut shown = shown;
    if let Some(current) = begun.last() {
        let since = current.signs_from.max(current.created_at);
        shown = shown
            .member("currentKeyId", current.id.to_string())
            .member("rotatedAt", date::written(since));
    }
    Ok(match later.first() {
        Some(next) => shown.member("nextKeyId", next.id.to_string()),
        None => shown,
    })
}

async fn list(reading: Reading<RotationPolicy>) -> Result<Reply, ApiFailure> {
    let mut shown = Vec::new();
    for policy in reading.objects().list(reading.id(), reading.parent).await? {
        shown.push(show(&reading, &policy).await?);
    }
    let path = RotationPolicy::PATH;
    Reply::ok(&Page::whole(reading.url(path), path, shown))
}

async fn read(on: Item<RotationPolicy, may::ReadCertificates>) -> Result<Reply, ApiFailure> {
    Reply::ok(&show(&on.collection, &on.object).await?)
}

async fn create(
    managing: Managing<RotationPolicy>,
    Json(mut settings): Json<Settings>,
) -> Result<Reply, ApiFailure> {
    settings.check()?;
    let [current, next] = make(&managing.idp, &settings, managing.now).await?;
    let document = RotationPolicy {
        settings,
        default: false,
        rotated_at: Some(managing.now),
        keys: Some(PolicyKeys {
            current,
            next,
            previous: Vec::new(),
        }),
    };
    let policy = managing.made(document, None).await?;
    managing.insert(&policy).await?;
    managing.idp.keys().forget(managing.id());
    Reply::created(&show(&managing, &policy).await?)
}

type OnPolicy = Item<RotationPolicy, may::ManageCertificates>;

/// What changes holds for the keys that follow.
async fn replace(on: OnPolicy, Json(mut settings): Json<Settings>) -> Result<Reply, ApiFailure> {
    settings.check()?;
    let Item { collection, object } = on;
    let replaced = |stored: &Object<RotationPolicy>| {
        Ok(RotationPolicy {
            settings: settings.clone(),
            ..stored.document.clone()
        })
    };
    let made = collection.change(object, replaced).await?;
    Reply::ok(&show(&collection, &made).await?)
}

/// Rotates now. Where the keys sign tokens, the next one is published for ten minutes first.
async fn rotate(on: OnPolicy) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = on;
    let managing = &collection;
    if object.document.keys.is_none() {
        let idp = &managing.idp;
        let rotated = idp.keys().rotate(idp, managing.id(), &managing.by).await;
        rotated.map_err(ApiFailure::internal)?;
        return Reply::ok(&show(managing, &object).await?);
    }
    let [next] = make(&managing.idp, &object.document.settings, managing.now).await?;
    let rotated = |stored: &Object<RotationPolicy>| {
        let mut policy = stored.document.clone();
        let keys = policy.keys.as_ref();
        policy.keys = keys.map(|keys| keys.rotated(next.clone(), managing.now));
        policy.rotated_at = Some(managing.now);
        Ok(policy)
    };
    let made = managing.change(object, rotated).await?;
    managing.idp.keys().forget(managing.id());
    Reply::ok(&show(managing, &made).await?)
}

/// Key rotation policies.
pub(super) fn routes() -> [Resource; 2] {
    [
        at_path::<RotationPolicy>("")
            .get(list)
            .answering_many::<Stored<RotationPolicy>>("keyRotationPolicies")
            .post(create)
            .taking::<Settings>(),
        at_path::<RotationPolicy>("/{policy}")
            .get(read)
            .put(replace)
            .taking::<Settings>()
            .delete(delete::<RotationPolicy>)
            .post_as(ROTATE, rotate),
    ]
}

/// The policy that every environment begins with.
pub(in crate::configuration) fn seed() -> RotationPolicy {
    RotationPolicy {
        settings: Settings {
            name: "Default".to_owned(),
            dn: "CN=PingOne SSO Certificate, OU=Ping Identity, O=Ping Identity, L=, ST=, C=US"
                .to_owned(),
            algorithm: Algorithm::Rsa,
            key_length: 2048,
            signature_algorithm: SignatureAlgorithm::RsaSha256,
            usage_type: RotationUsage::Signing,
            rotation_period: Some(90),
            validity_period: Some(365),
        },
        default: true,
        rotated_at: None,
        keys: None,
    }
}
