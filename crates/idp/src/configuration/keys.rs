//! `/environments/{environment}/keys` and `certificates` (PingOne, "Certificate management").
//!
//! The keys that sign an environment's tokens are among its keys: the default one for signing signs
//! them. They are kept where tokens are signed ([`crate::keys`]), and shown from there.

pub(crate) mod certificates;
mod certified;
pub(crate) mod policies;

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use protocol::id::{EnvironmentId, SigningKeyId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use uuid::Uuid;
use zeroize::Zeroizing;

use self::certified::{
    Certified, PEM, PKCS7, Usage, export, file, identity, particular_first, refused, wanted,
};
use crate::access::permissions::{Allows, may};
use crate::api::body::Json;
use crate::api::checks;
use crate::api::configuration::{
    Around, Collection, Configuration, MOST_TRIES, Managing, Reading, TopLevel, at_path,
};
use crate::api::hal::{Page, Reply, Shown};
use crate::api::media_router::{Resource, at};
use crate::api::shapes::Stored;
use crate::api::upload::Upload;
use crate::keys::pairs::{
    self, Algorithm, CertificateContents, Facts, Identity, Pair, PairError, SignatureAlgorithm,
};
use crate::keys::{Keys, KeysError};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Objects, ROOM, hold};
use crate::stores::key_pairs::Material;
use crate::stores::record::{Events, events};
use crate::stores::signing_keys::StoredSigningKey;

const NOT_USED: &str = "The default key for signing signs tokens, and webhooks are sent with those they name; no other is used.";

const PKCS12: &str = "application/x-pkcs12";
const PKCS10: &str = "application/pkcs10";
const PKCS10_PEM: &str = "application/x-pem-file";

/// Private keys are made and their files are opened and written one at a time: long keys are much
/// work, whoever made a file says how much work opening it is, and a part of that only shows once it
/// is open.
static TURNS: Semaphore = Semaphore::const_new(1);

/// How long somebody waits for a turn.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Whole days of validity, at most: a hundred years.
const LONGEST: u32 = 36_500;

/// A key: a private half, and the certificates over the public one.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Key(Certified);

impl Document for Key {
    const EVENTS: Events = events!("KEY");
    const MOST: u32 = 200;
    const SECRETS: &'static [&'static str] = &["/material"];

    fn name(&self) -> &str {
        &self.0.name
    }

    /// Names come out of certificates. One is the default for what it is for; the one for signing
    /// is chosen where tokens are signed.
    fn unique(&self) -> Option<String> {
        let usage = self.0.usage_type;
        (self.0.default && usage != Usage::Signing).then(|| format!("default for {usage:?}"))
    }
}

impl Configuration for Key {
    const PATH: &'static str = "keys";
    const ITEM: &'static str = "key";
    const SHOWN_OTHERWISE: &'static [&'static str] = &["/serial"];
    const KEPT: Option<&'static str> = Some(NOT_USED);
    type Parent = TopLevel;
    type Read = may::ReadCertificates;
    type Manage = may::ManageCertificates;

    fn missing(environment: EnvironmentId, id: Uuid) -> ApiFailure {
        ApiFailure::not_found_saying(format!(
            "Key not found for id: {id} and environmentId: {environment}"
        ))
    }

    fn show_in(around: Around<'_>, object: &Object<Self>, shown: Shown) -> Shown {
        object.document.0.show(around, shown)
    }
}

/// What a client says of a new key.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewKey {
    name: String,
    usage_type: Usage,
    #[serde(default)]
    default: bool,
    algorithm: Algorithm,
    key_length: u32,
    signature_algorithm: SignatureAlgorithm,
    #[serde(rename = "subjectDN")]
    subject_dn: String,
    #[serde(rename = "issuerDN")]
    issuer_dn: Option<String>,
    serial_number: Option<u64>,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    starts_at: Option<Timestamp>,
    validity_period: u32,
    #[serde(rename = "customCRL")]
    custom_crl: Option<String>,
}

impl NewKey {
    fn check(&self) -> Result<(), ApiFailure> {
        checks::name(&self.name)?;
        check_kind(self.algorithm, self.key_length, self.signature_algorithm)?;
        check_name("subjectDN", &self.subject_dn)?;
        if let Some(issuer) = &self.issuer_dn {
            check_name("issuerDN", issuer)?;
        }
        check_period(self.validity_period)?;
        let Some(list) = &self.custom_crl else {
            return Ok(());
        };
        if self.usage_type != Usage::Issuance {
            let message = "is for keys with the usage type ISSUANCE";
            return Err(ApiFailure::invalid_value("customCRL", message));
        }
        let is_address = list.starts_with("http://") && list.is_ascii();
        if !is_address || list.len() > 1024 {
            let message = "must be an http:// address";
            return Err(ApiFailure::invalid_value("customCRL", message));
        }
        Ok(())
    }

    /// Makes the key, which takes a while.
    fn make(self, now: Timestamp) -> Result<Certified, PairError> {
        let pair = Pair::generate(self.algorithm, self.key_length)?;
        let starts_at = self.starts_at.unwrap_or(now);
        let days = SignedDuration::from_hours(i64::from(self.validity_period) * 24);
        let expires_at = starts_at
            .saturating_add(days)
            .map_err(|_| PairError::Failed)?;
        let issuer_dn = self.issuer_dn.unwrap_or_else(|| self.subject_dn.clone());
        let serial = self.serial_number.unwrap_or_else(|| serial(now));
        let certificate = pair.certify(&CertificateContents {
            subject: &self.subject_dn,
            issuer: &issuer_dn,
            serial,
            starts_at,
            expires_at,
            signature: self.signature_algorithm,
            revocation_list: self.custom_crl.as_deref(),
        })?;
        Ok(Certified {
            name: self.name,
            usage_type: self.usage_type,
            default: self.default,
            algorithm: self.algorithm,
            key_length: self.key_length,
            signature_algorithm: self.signature_algorithm,
            subject_dn: self.subject_dn,
            issuer_dn,
            serial: serial.to_string(),
            starts_at,
            expires_at,
            validity_period: self.validity_period,
            custom_crl: self.custom_crl,
            material: Material::new(Some(pair.pkcs8()), &[certificate]),
        })
    }
}

/// Does what takes the processor a while, once it is its turn; 503 where that takes too long.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiFailure> {
    let Ok(Ok(turn)) = timeout(LONGEST_WAIT, TURNS.acquire()).await else {
        return Err(ApiFailure::unavailable());
    };
    // The thread keeps the turn to its end, also when nobody waits for it any more.
    let done = spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(ApiFailure::internal)
}

/// A certificate's number: the instant, in microseconds.
fn serial(now: Timestamp) -> u64 {
    u64::try_from(now.as_microsecond()).unwrap_or(1).max(1)
}

fn check_kind(
    algorithm: Algorithm,
    length: u32,
    signature: SignatureAlgorithm,
) -> Result<(), ApiFailure> {
    let lengths = pairs::lengths(algorithm);
    if !lengths.contains(&length.to_string().as_str()) {
        return Err(ApiFailure::not_one_of("keyLength", lengths));
    }
    if signature.of() == algorithm {
        return Ok(());
    }
    let message = "does not fit the algorithm of the key";
    Err(ApiFailure::invalid_value("signatureAlgorithm", message))
}

fn check_name(target: &str, name: &str) -> Result<(), ApiFailure> {
    if name.len() <= 1024 && pairs::is_name(name) {
        return Ok(());
    }
    let message = "must be a distinguished name, such as CN=Jo, O=Example, C=GB";
    Err(ApiFailure::invalid_value(target, message))
}

fn check_period(days: u32) -> Result<(), ApiFailure> {
    if (1..=LONGEST).contains(&days) {
        return Ok(());
    }
    let message = format!("must be between 1 and {LONGEST} days");
    Err(ApiFailure::invalid_value("validityPeriod", message))
}

/// The keys of an environment that sign its tokens, and which of them is the default.
struct Signing {
    keys: Vec<Object<Key>>,
    chosen: Option<Uuid>,
}

async fn signing<P>(collection: &Collection<Key, P>) -> Result<Signing, ApiFailure> {
    let (idp, environment) = (&collection.idp, collection.id());
    let published = idp.keys().published(idp, environment, collection.now).await;
    let (stored, chosen) = published.map_err(ApiFailure::internal)?;
    let name = &collection.environment.name;
    let keys: Result<Vec<_>, _> = stored.iter().map(|key| shown_key(key, name)).collect();
    Ok(Signing {
        keys: keys.map_err(ApiFailure::internal)?,
        chosen: chosen.map(|id| id.as_uuid()),
    })
}

/// A key that signs tokens, as one of the environment's keys.
fn shown_key(stored: &StoredSigningKey, environment: &str) -> Result<Object<Key>, PairError> {
    let chain = [stored.certificate.clone()];
    let mut key = Certified::read(&chain, None, Usage::Signing, particular_first)?;
    key.name = format!("PingOne SSO Certificate for {environment} environment");
    Ok(Object::new(
        stored.id.as_uuid(),
        stored.environment_id,
        stored.environment_id.as_uuid(),
        Key(key),
        stored.created_at,
    ))
}

fn show<P>(
    collection: &Collection<Key, P>,
    key: &Object<Key>,
    chosen: Option<Uuid>,
) -> Result<Shown, ApiFailure>
where
    P: Allows,
{
    let shown = collection.show(key)?;
    Ok(match key.document.0.usage_type {
        Usage::Signing => shown.member("default", chosen == Some(key.id)),
        _ => shown,
    })
}

async fn list(reading: Reading<Key>) -> Result<Reply, ApiFailure> {
    let Signing { keys, chosen } = signing(&reading).await?;
    let own = reading.objects().list(reading.id(), reading.parent).await?;
    let others = keys
        .iter()
        .filter(|key| !own.iter().any(|one| one.id == key.id));
    let shown = others
        .chain(&own)
        .map(|key| show(&reading, key, chosen))
        .collect::<Result<Vec<_>, _>>()?;
    Reply::ok(&Page::whole(reading.url("keys"), "keys", shown))
}

/// The key of a path: one that was made or imported, or one that signs tokens.
struct OnKey<P> {
    collection: Collection<Key, P>,
    key: Object<Key>,
    chosen: Option<Uuid>,
    /// Whether it can be replaced and deleted.
    is_own: bool,
}

/// Rejected as [`Collection`] is, and with 404 without such a key.
impl<P: Allows> FromRequestParts<Idp> for OnKey<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let collection = Collection::<Key, P>::from_request_parts(parts, idp).await?;
        let PathId(id) = PathId::<SigningKeyId>::from_request_parts(parts, idp).await?;
        let Signing { keys, chosen } = signing(&collection).await?;
        let own = collection
            .objects()
            .find(collection.id(), id.as_uuid())
            .await?;
        let is_own = own.is_some();
        let key = own.or_else(|| keys.into_iter().find(|key| key.id == id.as_uuid()));
        Ok(Self {
            key: key.ok_or_else(|| Key::missing(collection.id(), id.as_uuid()))?,
            collection,
            chosen,
            is_own,
        })
    }
}

type ReadKey = OnKey<may::ReadCertificates>;
type ManageKey = OnKey<may::ManageCertificates>;

/// Shows a key, or hands out its certificates.
async fn read(on: ReadKey, headers: HeaderMap) -> Result<Response, ApiFailure> {
    let material = &on.key.document.0.material;
    export(material, &headers)?.map_or_else(
        || {
            let shown = show(&on.collection, &on.key, on.chosen)?;
            Reply::ok(&shown).map(axum::response::IntoResponse::into_response)
        },
        Ok,
    )
}

/// Makes a key and the certificate over it.
async fn create(managing: Managing<Key>, Json(new): Json<NewKey>) -> Result<Reply, ApiFailure> {
    new.check()?;
    let now = managing.now;
    let made = in_turn(move || new.make(now)).await?;
    let key = made.map_err(refused("subjectDN"))?;
    add(&managing, key).await
}

/// Takes a private key with its certificates from a file.
async fn import(managing: Managing<Key>, upload: Upload) -> Result<Reply, ApiFailure> {
    let usage = Usage::read(&upload)?;
    let file = Zeroizing::new(upload.file()?.to_vec());
    let password = upload.text("password").unwrap_or_default();
    let password = Zeroizing::new(password.to_owned());
    let read = in_turn(move || Identity::read(&file, &password)).await?;
    let identity = read.map_err(refused("file"))?;
    let private_key = Some(identity.pair.pkcs8());
    let key = Certified::read(&identity.chain, private_key, usage, particular_first);
    add(&managing, key.map_err(refused("file"))?).await
}

async fn add(managing: &Managing<Key>, key: Certified) -> Result<Reply, ApiFailure> {
    if key.default && key.usage_type == Usage::Signing {
        require_everything(managing)?;
        let identity = identity(&key.material)?;
        Keys::check(identity.pair.pkcs8()).map_err(unfit)?;
    }
    let object = write(managing, None, |_| Ok(Key(key.clone()))).await?;
    choose_default(managing, &object).await?;
    let chosen = signing(managing).await?.chosen;
    Reply::created(&show(managing, &object, chosen)?)
}

/// Refuses somebody who does not hold every role: who has the key that signs tokens signs any.
fn require_everything(managing: &Managing<Key>) -> Result<(), ApiFailure> {
    if managing.holds_every_role() {
        Ok(())
    } else {
        Err(ApiFailure::forbidden())
    }
}

/// Writes a new key, or a stored one as `change` makes another of it. No other one is the default
/// for the same any more where it is: both take effect together, and with nothing written meanwhile.
async fn write(
    managing: &Managing<Key>,
    mut stored: Option<Object<Key>>,
    change: impl Fn(Option<&Object<Key>>) -> Result<Key, ApiFailure> + Send,
) -> Result<Object<Key>, ApiFailure> {
    let (objects, random) = (managing.objects(), managing.idp.random());
    for _ in 0..MOST_TRIES {
        let made = managing.made(change(stored.as_ref())?, stored.as_ref());
        let made = made.await?;
        let demoted = demote_others(managing, &made).await?;
        let room = demoted.steps() + ROOM;
        let (written, event) = if stored.is_some() {
            let written = objects.update_unchanged(&made, random)?;
            (written, Key::EVENTS.updated)
        } else {
            (objects.insert(&made, random)?, Key::EVENTS.created)
        };
        let written = managing.commit(managing.id(), demoted.and(written), event, &made);
        match written.await {
            Ok(()) => return Ok(made),
            Err(error) if stored.is_none() && error.unmet() == Some(room) => {
                return Err(managing.no_room());
            }
            // Somebody else changed it, or made another one the default.
            Err(error) if error.unmet().is_some() || error.is_unique_violation() => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(before) = &stored {
            let found = objects.find(managing.id(), before.id).await?;
            stored = Some(found.ok_or_else(|| Key::missing(managing.id(), before.id))?);
        }
    }
    Err(ApiFailure::conflict())
}

/// What lets no other key be the default for what this one is the default for. Which key for
/// signing is, is kept where tokens are signed.
async fn demote_others(managing: &Managing<Key>, key: &Object<Key>) -> Result<Change, ApiFailure> {
    if key.document.unique().is_none() {
        return Ok(Change::new());
    }
    let mut change = hold(managing.id());
    let objects = managing.objects();
    let all = objects.list(managing.id(), managing.parent).await?;
    for other in all {
        let one = &other.document.0;
        if other.id != key.id && one.default && one.usage_type == key.document.0.usage_type {
            let mut document = other.document.clone();
            document.0.default = false;
            let other = other.with(document, managing.now);
            change = change.and(objects.update_unchanged(&other, managing.idp.random())?);
        }
    }
    Ok(change)
}

/// Lets a key that is the default for signing sign tokens.
async fn choose_default(managing: &Managing<Key>, key: &Object<Key>) -> Result<(), ApiFailure> {
    let of = &key.document.0;
    if !of.default || of.usage_type != Usage::Signing {
        return Ok(());
    }
    require_everything(managing)?;
    let identity = identity(&of.material)?;
    let own = identity
        .chain
        .first()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let (idp, id) = (&managing.idp, SigningKeyId::from_uuid(key.id));
    let pkcs8 = identity.pair.pkcs8();
    let chosen = idp
        .keys()
        .choose(idp, managing.id(), id, pkcs8, own, &managing.by);
    chosen.await.map_err(unfit)
}

/// Tells that a key cannot sign tokens.
fn unfit(error: KeysError) -> ApiFailure {
    match error {
        KeysError::Key(_) => {
            let message = "tokens are signed by RSA keys of at least 2048 bits";
            ApiFailure::invalid_value("default", message)
        }
        error => ApiFailure::internal(error),
    }
}

/// What can be changed of a key.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct KeyUpdate {
    default: bool,
    usage_type: Usage,
    #[serde(rename = "issuerDN")]
    issuer_dn: Option<String>,
}

async fn replace(on: ManageKey, Json(update): Json<KeyUpdate>) -> Result<Reply, ApiFailure> {
    let is_default = match on.key.document.0.usage_type {
        Usage::Signing => on.chosen == Some(on.key.id),
        _ => on.key.document.0.default,
    };
    let is_signing = on.key.document.0.usage_type == Usage::Signing;
    let stops =
        is_default && is_signing && (!update.default || update.usage_type != Usage::Signing);
    if stops {
        let message = "Tokens are signed with it; make another key for signing the default.";
        return Err(ApiFailure::invalid_value("default", message));
    }
    if !on.is_own {
        if is_default && update.default && update.usage_type == Usage::Signing {
            return Reply::ok(&show(&on.collection, &on.key, on.chosen)?);
        }
        let message = "It belongs to the default key rotation policy.";
        return Err(ApiFailure::constraint(None, message));
    }
    if let Some(issuer) = update.issuer_dn
        && issuer != on.key.document.0.issuer_dn
    {
        let message = "The issuer stands in the certificate.";
        return Err(ApiFailure::invalid_value("issuerDN", message));
    }
    let managing = &on.collection;
    let changed = |key: &Key| {
        let mut document = key.clone();
        document.0.default = update.default;
        document.0.usage_type = update.usage_type;
        document
    };
    if on.chosen != Some(on.key.id) {
        // First, as it may be refused.
        let chosen = on.key.with(changed(&on.key.document), managing.now);
        choose_default(managing, &chosen).await?;
    }
    let replaced = |stored: Option<&Object<Key>>| {
        let stored = stored.unwrap_or(&on.key);
        Ok(changed(&stored.document))
    };
    let made = write(managing, Some(on.key.clone()), replaced).await?;
    let chosen = signing(managing).await?.chosen;
    Reply::ok(&show(managing, &made, chosen)?)
}

async fn delete(on: ManageKey) -> Result<Reply, ApiFailure> {
    let published = signing(&on.collection).await?.keys;
    if published.iter().any(|key| key.id == on.key.id) {
        let message = "The Key must not be in use: tokens that it signed may still be valid.";
        return Err(ApiFailure::constraint(None, message));
    }
    let collection = &on.collection;
    let change = Objects::delete(&on.key);
    let deleted = collection.commit(collection.id(), change, Key::EVENTS.deleted, &on.key);
    match deleted.await {
        Ok(()) => Ok(Reply::no_content()),
        Err(error) if error.unmet().is_some() => {
            let objects = collection.objects();
            let found = objects.find(collection.id(), on.key.id).await?;
            if found.is_none() {
                return Err(Key::missing(collection.id(), on.key.id));
            }
            let message = "The Key must not be in use: something refers to it.";
            Err(ApiFailure::constraint(None, message))
        }
        Err(error) => Err(error.into()),
    }
}

/// The whole key in one file that a password opens, to whoever may change it. The password comes
/// in the body, which no log keeps.
#[derive(Deserialize, JsonSchema)]
struct Export {
    #[schemars(with = "String")]
    password: secrecy::SecretString,
}

async fn export_pkcs12(on: ManageKey, Json(body): Json<Export>) -> Result<Response, ApiFailure> {
    use secrecy::ExposeSecret as _;
    if !on.is_own {
        let message = "Keys of a key rotation policy do not leave the environment.";
        return Err(ApiFailure::constraint(None, message));
    }
    if body.password.expose_secret().chars().count() < 8 {
        let message = "must have at least 8 characters";
        return Err(ApiFailure::invalid_value("password", message));
    }
    if on.key.document.0.usage_type == Usage::Signing {
        require_everything(&on.collection)?;
    }
    let identity = identity(&on.key.document.0.material)?;
    let name = on.key.document.0.name.clone();
    // What leaves is told, as a secret that is read.
    let environment = on.collection.id();
    on.collection
        .commit(environment, Change::new(), "KEY.EXPORTED", &on.key)
        .await?;
    let written = in_turn(move || identity.to_pkcs12(&name, body.password.expose_secret())).await?;
    Ok(file(PKCS12, written.map_err(ApiFailure::internal)?))
}

/// A request to an authority to certify a key.
async fn request(on: ReadKey, headers: HeaderMap) -> Result<Response, ApiFailure> {
    if !on.is_own {
        let message = "Keys of a key rotation policy certify themselves.";
        return Err(ApiFailure::constraint(None, message));
    }
    let key = &on.key.document.0;
    let identity = identity(&key.material)?;
    let own = identity
        .chain
        .first()
        .map(Vec::as_slice)
        .unwrap_or_default();
    // The certificate may be an authority's, signed in another way than this key signs.
    let signature = if key.signature_algorithm.of() == key.algorithm {
        key.signature_algorithm
    } else {
        SignatureAlgorithm::usual(key.algorithm)
    };
    let request = identity.pair.request(own, signature);
    let request = request.map_err(ApiFailure::internal)?;
    if wanted(&headers, &[PKCS10, PKCS10_PEM]) == Some(PKCS10) {
        return Ok(file(PKCS10, request));
    }
    let pem = pairs::request_to_pem(&request).map_err(ApiFailure::internal)?;
    Ok(file(PKCS10_PEM, pem))
}

/// Takes the certificate that an authority made for a key.
async fn import_answer(on: ManageKey, upload: Upload) -> Result<Reply, ApiFailure> {
    if !on.is_own {
        let message = "Keys of a key rotation policy certify themselves.";
        return Err(ApiFailure::constraint(None, message));
    }
    let chain = pairs::certificates(upload.file()?).map_err(refused("file"))?;
    let before = &on.key.document.0;
    let identity = identity(&before.material)?;
    let own = chain.first().map(Vec::as_slice).unwrap_or_default();
    if !identity.pair.fits(own).map_err(refused("file"))? {
        let message = "is a certificate over another key";
        return Err(ApiFailure::invalid_value("file", message));
    }
    let private_key = Some(identity.pair.pkcs8());
    let usage = before.usage_type;
    let mut key =
        Certified::read(&chain, private_key, usage, particular_first).map_err(refused("file"))?;
    let issuer = Facts::of(own).map_err(refused("file"))?.issuer;
    if let Some(issuer) = Facts::part(&issuer, "CN") {
        key.name = format!("{} ({issuer})", key.name);
    }
    let managing = &on.collection;
    let certified = |stored: Option<&Object<Key>>| {
        let before = &stored.unwrap_or(&on.key).document.0;
        let mut key = key.clone();
        key.usage_type = before.usage_type;
        key.default = before.default;
        key.custom_crl.clone_from(&before.custom_crl);
        Ok(Key(key))
    };
    let made = write(managing, Some(on.key.clone()), certified).await?;
    Reply::ok(&show(managing, &made, on.chosen)?)
}

/// Keys, certificates and key rotation policies.
pub(super) fn routes() -> Vec<Resource> {
    let key = "/environments/{environment}/keys/{key}";
    let mut routes = vec![
        at_path::<Key>("")
            .get(list)
            .answering_many::<Stored<Key>>("keys")
            .post(create)
            .taking::<NewKey>()
            .post_multipart(import),
        at(key)
            .showing::<Stored<Key>>()
            .get(read)
            .also_as(&[PEM, PKCS7])
            .put(replace)
            .taking::<KeyUpdate>()
            .delete(delete)
            .kept(Key::KEPT),
        at(format!("{key}/csr"))
            .get(request)
            .answering_files(&[PKCS10, PKCS10_PEM])
            .post_multipart(import_answer)
            .answering::<Stored<Key>>()
            .with_status(&[200])
            .kept(Key::KEPT),
        at(format!("{key}/pkcs12"))
            .post(export_pkcs12)
            .taking::<Export>()
            .answering_files(&[PKCS12])
            .with_status(&[200])
            .kept(Key::KEPT),
    ];
    routes.extend(certificates::routes());
    routes.extend(policies::routes());
    routes
}
