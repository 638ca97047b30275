//! Signing keys of an environment: made beside the start, published before use, kept after it.
//!
//! What is needed for each request (the key that signs, the keys that verify, the JWKS as bytes)
//! is prepared once per environment. Private keys lie in the database sealed and are parsed once.

pub(crate) mod pairs;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use platform::keyring::NotAuthentic;
use protocol::id::{EnvironmentId, SigningKeyId};
use protocol::jose::{
    JwkSet, KeyError, SigningAlgorithm, SigningError, SigningKey, VerificationKeys,
};
use quick_cache::sync::Cache;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

use self::pairs::{Algorithm, Facts};
use crate::audit::{Activity, By, Subject};
use crate::core::Core;
use crate::documents::PublicDocument;
use crate::first_key;
use crate::stores::applications::StoredApplication;
use crate::stores::change::Change;
use crate::stores::configuration::Objects;
use crate::stores::rotation_policies::{Part, PolicyKey, Rotation, days};
use crate::stores::signing_keys::{SigningKeys, StoredSigningKey};

/// How long the keys of an environment are used without asking the database again. A next key
/// is published a day before it signs, so nothing hurries.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(60);

/// How long a key is published before it signs: longer than any client may keep a JWKS.
const PUBLISHED_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// How long a key that an administrator chose is published before it signs: longer than the five
/// minutes for which clients may keep a JWKS, and the minute after which every node has read it.
const CHOSEN_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// How long a key stays published after the next one took over: access tokens of custom resources
/// live up to thirty days, and ID tokens come back as hints.
const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How long the certificates of the JWKS last. Clients that read the key from the certificate do
/// not look, and rotation comes first.
const CERTIFICATE_YEARS: i32 = 10;

/// More environments than this are not kept in memory.
const MOST_ENVIRONMENTS: usize = 4096;

/// The keys of all environments, as far as they were asked for.
pub(crate) struct Keys {
    environments: Cache<EnvironmentId, Arc<Slot>>,
}

/// One environment's place: its keys as they were read last, and the turn to read them.
#[derive(Debug, Default)]
struct Slot {
    published: RwLock<Option<Arc<PublishedKeys>>>,
    loading: tokio::sync::Mutex<()>,
}

/// What one environment's keys are used for.
#[derive(Debug)]
pub(crate) struct PublishedKeys {
    signer: Arc<SigningKey>,
    /// Of key rotation policies beside the default one.
    of_policies: HashMap<Uuid, SigningKey>,
    verification: VerificationKeys,
    jwks: PublicDocument,
    reload_at: Timestamp,
}

/// Keys that could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error("no certificate could be made for a signing key")]
    Certificate(#[source] rcgen::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("a stored signing key cannot be opened with this installation's keyring")]
    Sealed(#[from] NotAuthentic),
    #[error("a token could not be signed")]
    Signing(#[from] SigningError),
    #[error("the work on a key was cut off")]
    Stopped(#[from] JoinError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PublishedKeys {
    /// The keys that tokens of this environment are verified with.
    pub(crate) fn verification(&self) -> &VerificationKeys {
        &self.verification
    }

    /// The key that signs.
    ///
    /// It signs where it is asked to: a quarter of a millisecond, on the same cores as everywhere.
    /// To another thread and back would cost a tenth of that again in waking two threads up.
    pub(crate) fn signer(&self) -> &SigningKey {
        &self.signer
    }

    /// The key that signs what an application gets: that of its key rotation policy, else the
    /// default policy's.
    pub(crate) fn signer_for(&self, application: &StoredApplication) -> &SigningKey {
        let signing = application.also.get("signing");
        let policy = signing.and_then(|signing| signing.pointer("/keyRotationPolicy/id"));
        let policy = policy.and_then(|id| Uuid::try_parse(id.as_str()?).ok());
        policy
            .and_then(|id| self.of_policies.get(&id))
            .unwrap_or(&self.signer)
    }

    /// The JWKS document.
    pub(crate) fn jwks(&self) -> PublicDocument {
        self.jwks.clone()
    }
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            environments: Cache::new(MOST_ENVIRONMENTS),
        }
    }

    /// Whether a private key can sign tokens.
    ///
    /// # Errors
    ///
    /// [`KeysError::Key`] for anything but an RSA key in PKCS#8.
    pub(crate) fn check(pkcs8: &[u8]) -> Result<(), KeysError> {
        SigningKey::from_pkcs8(SigningAlgorithm::Rs256, String::new(), pkcs8)?;
        Ok(())
    }

    /// The keys of an environment; its first one is made now if nobody has made it yet.
    pub(crate) async fn current(
        &self,
        core: &Core,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<Arc<PublishedKeys>, KeysError> {
        let slot = self.slot(environment);
        let known = slot.published();
        if let Some(keys) = &known
            && keys.reload_at > now
        {
            return Ok(Arc::clone(keys));
        }
        let _loading = match (known, slot.loading.try_lock()) {
            (_, Ok(guard)) => guard,
            // One request asks the database again, the others go on with what is known.
            (Some(keys), Err(_)) => return Ok(keys),
            (None, Err(_)) => slot.loading.lock().await,
        };
        if let Some(keys) = slot.published()
            && keys.reload_at > now
        {
            return Ok(keys);
        }
        let keys = Arc::new(load(core, environment, now).await?);
        slot.publish(Arc::clone(&keys));
        Ok(keys)
    }

    /// Brings the first key of an environment into a copy of its database, which was taken while the key
    /// was made. Whatever time it is by now: nothing else is made of the copy.
    pub(crate) async fn bring_first(
        &self,
        core: &Core,
        copy: &Core,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<(), KeysError> {
        // Of one that has been deleted meanwhile the copy knows alone.
        if core.environments().find(environment, now).await?.is_some() {
            self.current(core, environment, now).await?;
        }
        let first = match first_kept(core, environment).await? {
            Some(first) => first,
            None => generate(copy, environment, now, Timestamp::UNIX_EPOCH).await?,
        };
        keep(copy, &first, SigningKeys::insert(&first), first.created_at).await?;
        Ok(())
    }

    /// The keys that an environment publishes, in the order in which they sign; the last one that
    /// has begun, or is about to, is the chosen one.
    pub(crate) async fn published(
        &self,
        core: &Core,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<(Vec<StoredSigningKey>, Option<SigningKeyId>), KeysError> {
        // The first one is made where there is none.
        self.current(core, environment, now).await?;
        let stored = SigningKeys::new(core.db())
            .published(environment, now)
            .await?;
        let chosen_by = now.saturating_add(CHOSEN_AHEAD).unwrap_or(now);
        let mut begun = stored.iter().rev();
        let chosen = begun.find(|key| key.signs_from <= chosen_by);
        let chosen = chosen.map(|key| key.id);
        Ok((stored, chosen))
    }

    /// Lets a private key, with the certificate over it, sign an environment's tokens in ten
    /// minutes; those before it stay published for as long as their tokens may live.
    ///
    /// # Errors
    ///
    /// [`KeysError::Key`] as [`check`](Self::check).
    pub(crate) async fn choose(
        &self,
        core: &Core,
        environment: EnvironmentId,
        id: SigningKeyId,
        pkcs8: &[u8],
        certificate: &[u8],
        by: &By,
    ) -> Result<(), KeysError> {
        Self::check(pkcs8)?;
        let now = by.now;
        let (published, _) = self.published(core, environment, now).await?;
        let signs_from = now.saturating_add(CHOSEN_AHEAD).unwrap_or(now);
        let key = StoredSigningKey {
            id,
            environment_id: environment,
            sealed: core
                .keyring()
                .seal(&sealing_context(id), pkcs8, core.random()),
            certificate: certificate.to_vec(),
            created_at: now,
            signs_from,
        };
        let is_published = published.iter().any(|one| one.id == id);
        self.take_over(core, &key, is_published, by).await
    }

    /// Rotates now: the next key takes over in ten minutes, a new one if none is published yet.
    pub(crate) async fn rotate(
        &self,
        core: &Core,
        environment: EnvironmentId,
        by: &By,
    ) -> Result<(), KeysError> {
        let now = by.now;
        let (published, _) = self.published(core, environment, now).await?;
        let signs_from = now.saturating_add(CHOSEN_AHEAD).unwrap_or(now);
        let next = published.into_iter().rfind(|key| key.signs_from > now);
        if let Some(next) = next {
            let next = StoredSigningKey { signs_from, ..next };
            self.take_over(core, &next, true, by).await
        } else {
            let next = generate(core, environment, now, signs_from).await?;
            self.take_over(core, &next, false, by).await
        }
    }

    /// Lets a new key sign from this instant, which nobody was told of ahead.
    pub(crate) async fn change_now(
        &self,
        core: &Core,
        environment: EnvironmentId,
        by: &By,
    ) -> Result<(), KeysError> {
        // The first one is made where there is none.
        self.current(core, environment, by.now).await?;
        let next = generate(core, environment, by.now, by.now).await?;
        self.take_over(core, &next, false, by).await
    }

    async fn take_over(
        &self,
        core: &Core,
        key: &StoredSigningKey,
        is_published: bool,
        by: &By,
    ) -> Result<(), KeysError> {
        let now = by.now;
        let retire_at = key.signs_from.saturating_add(KEPT_AFTER);
        let change = SigningKeys::choose(key, is_published, retire_at.unwrap_or(now), now);
        let subject = Subject::of("KEY", key.id, "Signing key");
        let rotated = Activity::new("KRP.ROTATED", subject);
        change
            .commit(core, key.environment_id, &rotated, by)
            .await?;
        self.forget(key.environment_id);
        Ok(())
    }

    /// Reads the keys of an environment anew when they are asked for next.
    pub(crate) fn forget(&self, environment: EnvironmentId) {
        self.environments.remove(&environment);
    }

    fn slot(&self, environment: EnvironmentId) -> Arc<Slot> {
        let known = self.environments.get(&environment);
        known.unwrap_or_else(|| {
            let made = || Ok::<_, std::convert::Infallible>(Arc::default());
            let Ok(slot) = self.environments.get_or_insert_with(&environment, made);
            slot
        })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Slot {
    fn published(&self) -> Option<Arc<PublishedKeys>> {
        let published = self.published.read();
        published.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn publish(&self, keys: Arc<PublishedKeys>) {
        let published = self.published.write();
        *published.unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }
}

async fn load(
    core: &Core,
    environment: EnvironmentId,
    now: Timestamp,
) -> Result<PublishedKeys, KeysError> {
    let store = SigningKeys::new(core.db());
    let mut stored = store.published(environment, now).await?;
    if stored.is_empty() {
        // The same beginning on every node, so that one first key is kept, whoever makes it.
        let key = generate(core, environment, now, Timestamp::UNIX_EPOCH).await?;
        keep(core, &key, SigningKeys::insert(&key), now).await?;
        stored = store.published(environment, now).await?;
    }

    if let Some(newest) = stored.last() {
        match succeed_if_due(core, newest, now).await {
            Ok(true) => stored = store.published(environment, now).await?,
            Ok(false) => {}
            // The present key still signs; the next look comes in a minute.
            Err(error) => {
                let cause = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(%environment, cause, "the next signing key could not be made");
            }
        }
    }

    let mut parsed = Vec::with_capacity(stored.len());
    let mut set = JwkSet::default();
    for key in &stored {
        let pkcs8 = core.keyring().open(&sealing_context(key.id), &key.sealed)?;
        let signer = SigningKey::from_pkcs8(SigningAlgorithm::Rs256, key.id.to_string(), &pkcs8)?;
        set.keys
            .push(signer.public_jwk(std::slice::from_ref(&key.certificate)));
        parsed.push((key.signs_from, Arc::new(signer)));
    }
    let mut of_policies = HashMap::new();
    let policies = Objects::<Rotation>::new(core.db(), core.keyring());
    for policy in policies.every(environment).await? {
        for key in policy.document.keys()? {
            if !is_published(&key, now) {
                continue;
            }
            let id = key.id.to_string();
            let signer = SigningKey::from_pkcs8(SigningAlgorithm::Rs256, id, &key.pkcs8)?;
            set.keys.push(signer.public_jwk(&[key.certificate]));
            if key.part == Part::Current {
                of_policies.insert(policy.id, signer);
            }
        }
    }
    let signer = parsed
        .iter()
        .rfind(|(signs_from, _)| *signs_from <= now)
        .or(parsed.first())
        .map(|(_, signer)| Arc::clone(signer))
        .ok_or_else(|| StoreError::inconsistent("a signing key that was kept is not there"))?;
    let next = parsed
        .iter()
        .map(|(signs_from, _)| *signs_from)
        .find(|from| *from > now);
    let reload_at = now.saturating_add(MAX_AGE).unwrap_or(now);
    Ok(PublishedKeys {
        signer,
        of_policies,
        verification: VerificationKeys::from_set(&set),
        jwks: PublicDocument::new(serde_json::to_string(&set).unwrap_or_default()),
        reload_at: next.map_or(reload_at, |next| next.min(reload_at)),
    })
}

/// Whether a policy's key is in the JWKS: tokens are signed by RSA, and a key that has signed stays
/// while it is valid.
fn is_published(key: &PolicyKey, now: Timestamp) -> bool {
    Facts::of(&key.certificate).is_ok_and(|facts| {
        facts.algorithm == Algorithm::Rsa && (key.part != Part::Previous || now < facts.expires_at)
    })
}

/// Makes the next key when the newest one has signed nearly long enough.
///
/// Whoever loads the keys looks, once a minute at most: an environment that nobody uses needs no
/// new key.
async fn succeed_if_due(
    core: &Core,
    newest: &StoredSigningKey,
    now: Timestamp,
) -> Result<bool, KeysError> {
    let began = newest.signs_from.max(newest.created_at);
    let policies = Objects::<Rotation>::new(core.db(), core.keyring());
    let policy = policies.find_default(newest.environment_id).await?;
    let period = policy.map_or_else(|| days(None), |policy| policy.document.period());
    if now.duration_since(began) < period - PUBLISHED_AHEAD {
        return Ok(false);
    }
    // Whole days, so that several nodes agree on the instant and one key is kept.
    let signs_from = next_day(now.saturating_add(PUBLISHED_AHEAD).unwrap_or(now));
    let key = generate(core, newest.environment_id, now, signs_from).await?;
    let retire_at = signs_from.saturating_add(KEPT_AFTER).unwrap_or(signs_from);
    let kept = SigningKeys::succeed(&key, retire_at, now);
    keep(core, &key, kept, now).await?;
    tracing::info!(environment = %key.environment_id, from = %signs_from, "the next signing key is published");
    Ok(true)
}

/// The key that an environment begins with, even if it has been retired.
async fn first_kept(
    core: &Core,
    environment: EnvironmentId,
) -> Result<Option<StoredSigningKey>, StoreError> {
    let store = SigningKeys::new(core.db());
    let kept = store.published(environment, Timestamp::UNIX_EPOCH).await?;
    Ok(kept.into_iter().next())
}

/// Keeps a key with its entry in the audit log, unless another node was faster with one.
async fn keep(
    core: &Core,
    key: &StoredSigningKey,
    change: Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    let subject = Subject::of(
        "KEY",
        key.id,
        format!("Signing key from {}", key.signs_from),
    );
    let created = Activity::new("KEY.CREATED", subject);
    let by = By::the_program(now);
    match change.commit(core, key.environment_id, &created, &by).await {
        Err(error) if error.unmet().is_none() => {
            Err(StoreError::during("keep a signing key")(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn next_day(at: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60;
    let day = at.as_second().div_euclid(DAY) + 1;
    Timestamp::from_second(day * DAY).unwrap_or(at)
}

async fn generate(
    core: &Core,
    environment: EnvironmentId,
    now: Timestamp,
    signs_from: Timestamp,
) -> Result<StoredSigningKey, KeysError> {
    let id = SigningKeyId::random(core.random());
    let made_ahead = core.settings().first_key.take();
    let pkcs8 = made_ahead.unwrap_or_else(|| spawn_blocking(first_key::make));
    let pkcs8 = pkcs8.await??;
    let certificate = self_signed(&pkcs8, environment, now).map_err(KeysError::Certificate)?;
    Ok(StoredSigningKey {
        id,
        environment_id: environment,
        sealed: core
            .keyring()
            .seal(&sealing_context(id), &pkcs8, core.random()),
        certificate,
        created_at: now,
        signs_from,
    })
}

/// A certificate over the key itself, because there are clients that read the key from `x5c`.
fn self_signed(
    pkcs8: &[u8],
    environment: EnvironmentId,
    now: Timestamp,
) -> Result<Vec<u8>, rcgen::Error> {
    let pair = KeyPair::try_from(pkcs8)?;
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(
        DnType::CommonName,
        format!("Signing key of environment {environment}"),
    );
    params.distinguished_name = name;
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let year = i32::from(today.year());
    let month = u8::try_from(today.month()).unwrap_or(1);
    params.not_before = rcgen::date_time_ymd(year, month, 1);
    params.not_after = rcgen::date_time_ymd(year + CERTIFICATE_YEARS, month, 1);
    Ok(params.self_signed(&pair)?.der().to_vec())
}

fn sealing_context(id: SigningKeyId) -> String {
    format!("signing_keys.sealed:{id}")
}
