//! `/environments/{environment}/keyRotationPolicies`: keys that take each other's place (PingOne, "Key
//! rotation policies").

use jiff::Timestamp;
use protocol::pingone::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::certified::{Material, Usage};
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
use crate::keys::pairs::{Algorithm, SignatureAlgorithm};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

const ROTATE: &str = "application/vnd.pingidentity.keyRotationPolicy.rotate+json";

const SIGNS_NOTHING: &str = "Keys of the default policy sign tokens, and are renewed as the \
                             installation says; those of other policies sign nothing.";

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

/// The key in use and the one that follows.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PolicyKeys {
    current: PolicyKey,
    next: PolicyKey,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct PolicyKey {
    id: Uuid,
    material: Material,
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
    const KEPT: Option<&'static str> = Some(SIGNS_NOTHING);
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
        let rotation = *self.rotation_period.get_or_insert(90);
        if rotation < 30 || rotation >= validity {
            let message = "must be at least 30 days, and less than the validity period";
            return Err(ApiFailure::invalid_value("rotationPeriod", message));
        }
        Ok(())
    }
}

/// Makes so many keys of a policy.
async fn make<const N: usize>(
    managing: &Managing<RotationPolicy>,
    settings: &Settings,
) -> Result<[PolicyKey; N], ApiFailure> {
    let now = managing.now;
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
        id: managing.idp.random().uuid(),
        material: key.material,
    });
    let keys: Vec<_> = keys.collect();
    keys.try_into()
        .map_err(|_| ApiFailure::internal(std::io::Error::other("a key was not made")))
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
    let [current, next] = make(&managing, &settings).await?;
    let document = RotationPolicy {
        settings,
        default: false,
        rotated_at: Some(managing.now),
        keys: Some(PolicyKeys { current, next }),
    };
    let policy = managing.made(document, None).await?;
    managing.insert(&policy).await?;
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
    let [next] = make(managing, &object.document.settings).await?;
    let rotated = |stored: &Object<RotationPolicy>| {
        let mut policy = stored.document.clone();
        policy.keys = policy.keys.map(|keys| PolicyKeys {
            current: keys.next,
            next: next.clone(),
        });
        policy.rotated_at = Some(managing.now);
        Ok(policy)
    };
    let made = managing.change(object, rotated).await?;
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
