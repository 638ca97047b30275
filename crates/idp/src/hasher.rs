//! Password hashing: Argon2id behind a bounded queue, off the async threads.
//!
//! A hash takes 19 MiB and some 15 ms of one core. As many run at once as there are permits;
//! a bounded number waits; the next is told to come back, so that a flood of sign-ons can take
//! neither the memory nor the time of everything else.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use protocol::Random;
use protocol::names::prepared_password;
use protocol::secret::Password;
use tokio::sync::Semaphore;
use web::Count;
use zeroize::Zeroizing;

use crate::settings::HashingSettings;
use crate::stores::passwords::PasswordHash;

/// Passwords longer than this are refused before anything is computed.
pub(crate) const LONGEST_PASSWORD_BYTES: usize = 1024;

/// How long a place in the queue is kept before it is given up.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Why a hash was not computed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    /// More are waiting than the queue holds, or the wait took too long: come back later.
    #[error("too many passwords are being checked at the moment")]
    Busy,
    /// A stored hash that this program did not write.
    #[error("a stored password hash is not in the form of Argon2id")]
    Malformed,
    /// The computation itself failed, as when memory could not be had.
    #[error("a password hash could not be computed")]
    Failed,
}

/// The most memory that the hash of a password may ask for, in KiB, …
const MOST_MEMORY_KIB: u32 = 256 * 1024;
/// … and the most work: KiB times passes. Signing on by it takes a second or two.
const MOST_WORK_KIB: u64 = 1024 * 1024;

/// A text that is no hash which can be checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no hash that can be checked here: the PHC string of Argon2id is expected, as \
     $argon2id$v=19$m=19456,t=2,p=1$…$…, with at most 262144 KiB, and 1048576 KiB over all passes"
)]
#[non_exhaustive]
pub struct InvalidHash;

/// A hash that was computed elsewhere, if passwords can be checked with it.
pub(crate) fn known_hash(text: &str) -> Result<PasswordHash, InvalidHash> {
    let phc = Phc::new(text).map_err(|_| InvalidHash)?;
    let params = Params::try_from(&phc).map_err(|_| InvalidHash)?;
    let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
    let is_whole = phc.algorithm == Algorithm::Argon2id.ident()
        && phc
            .version
            .is_none_or(|version| version == u32::from(Version::V0x13))
        && phc.salt.is_some()
        && phc.hash.is_some();
    if is_whole && params.m_cost() <= MOST_MEMORY_KIB && work <= MOST_WORK_KIB {
        Ok(PasswordHash::from_stored(text.to_owned()))
    } else {
        Err(InvalidHash)
    }
}

/// The costs are not possible.
#[derive(Debug, thiserror::Error)]
#[error(
    "Argon2id does not work with {memory_kib} KiB, {iterations} passes and {parallelism} lanes"
)]
pub(crate) struct InvalidHashing {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

/// How busy the computing of password hashes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashingNumbers {
    /// Being computed.
    pub running: usize,
    /// As many as are computed at once.
    pub most_running: usize,
    /// Waiting for that.
    pub waiting: usize,
    /// Turned away since the start: too many were waiting, or for too long.
    pub refused: u64,
}

/// Computes and checks password hashes.
#[derive(Clone)]
pub(crate) struct Hasher(Arc<Inner>);

struct Inner {
    params: Params,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    most_running: usize,
    refused: Count,
    /// Memory of finished hashes, for the next: half of a hash's cost is the kernel handing out
    /// fresh pages.
    memory: Mutex<Vec<Vec<Block>>>,
    used: AtomicUsize,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("params", &self.0.params)
            .finish_non_exhaustive()
    }
}

impl Hasher {
    pub(crate) fn new(settings: HashingSettings) -> Result<Self, InvalidHashing> {
        let HashingSettings {
            memory_kib,
            iterations,
            parallelism,
            permits,
            queue,
        } = settings;
        let params =
            Params::new(memory_kib, iterations, parallelism, None).map_err(|_| InvalidHashing {
                memory_kib,
                iterations,
                parallelism,
            })?;
        let permits = permits.max(1);
        Ok(Self(Arc::new(Inner {
            params,
            permits: Arc::new(Semaphore::new(permits)),
            waiting: AtomicUsize::new(0),
            most_waiting: permits + queue,
            most_running: permits,
            refused: Count::default(),
            memory: Mutex::new(Vec::new()),
            used: AtomicUsize::new(0),
        })))
    }

    /// Hashes a password with a new salt.
    pub(crate) async fn hash(
        &self,
        password: &Password,
        random: &dyn Random,
    ) -> Result<PasswordHash, HashError> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let params = self.0.params.clone();
        let forms = Forms::of(password);
        self.run(move |inner| {
            let output = inner.compute(&params, &forms.prepared, &salt)?;
            let phc = Phc {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&params).map_err(|_| HashError::Failed)?,
                salt: Some(Salt::new(&salt).map_err(|_| HashError::Failed)?),
                hash: Some(output),
            };
            Ok(PasswordHash::from_stored(phc.to_string()))
        })
        .await
    }

    /// Whether the hash is that of the password.
    pub(crate) async fn verify(
        &self,
        password: &Password,
        hash: &PasswordHash,
    ) -> Result<bool, HashError> {
        self.matches_any(password, std::slice::from_ref(hash)).await
    }

    /// Whether one of the hashes is that of the password.
    pub(crate) async fn matches_any(
        &self,
        password: &Password,
        hashes: &[PasswordHash],
    ) -> Result<bool, HashError> {
        if hashes.is_empty() {
            return Ok(false);
        }
        if is_too_long(password) {
            return Ok(false);
        }
        let hashes = hashes.to_vec();
        let forms = Forms::of(password);
        self.run(move |inner| {
            for hash in &hashes {
                for form in forms.each() {
                    if inner.verify(form, hash)? {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        })
        .await
    }

    /// Costs what [`verify`](Self::verify) costs, for a user who does not exist or has no
    /// password.
    pub(crate) async fn verify_nobody(&self, password: &Password) -> Result<(), HashError> {
        if is_too_long(password) {
            return Ok(());
        }
        let params = self.0.params.clone();
        let forms = Forms::of(password);
        self.run(move |inner| {
            for form in forms.each() {
                inner.compute(&params, form, &[0; 16])?;
            }
            Ok(())
        })
        .await
    }

    /// How busy it is.
    pub(crate) fn numbers(&self) -> HashingNumbers {
        let inner = &*self.0;
        let running = inner
            .most_running
            .saturating_sub(inner.permits.available_permits());
        HashingNumbers {
            running,
            most_running: inner.most_running,
            waiting: inner
                .waiting
                .load(Ordering::Relaxed)
                .saturating_sub(running),
            refused: inner.refused.get(),
        }
    }

    /// Gives back the memory kept for the next hash, unless one was computed since the last call.
    pub(crate) fn release_idle_memory(&self) {
        if self.0.used.swap(0, Ordering::Relaxed) == 0 {
            self.0.memory().clear();
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _place = Place::take(&self.0)?;
        let permit =
            tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.0.permits).acquire_owned())
                .await
                .map_err(|_| {
                    self.0.refused.add();
                    HashError::Busy
                })?
                .map_err(|_| HashError::Failed)?;
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let result = work(&inner);
            drop(permit);
            result
        })
        .await
        .map_err(|_| HashError::Failed)?
    }
}

/// Whether a password is longer than anything is computed for: nobody has it.
pub(crate) fn is_too_long(password: &Password) -> bool {
    password.expose().len() > LONGEST_PASSWORD_BYTES
        || Forms::of(password).prepared.len() > LONGEST_PASSWORD_BYTES
}

/// A password as it is hashed, and as it was typed where that is something else: hashes made
/// before passwords were prepared are those of what was typed.
struct Forms {
    prepared: Zeroizing<Vec<u8>>,
    typed: Option<Zeroizing<Vec<u8>>>,
}

impl Forms {
    fn of(password: &Password) -> Self {
        let typed = password.expose().as_bytes();
        let prepared = Zeroizing::new(prepared_password(password.expose()).into_bytes());
        let differs = prepared.as_slice() != typed;
        Self {
            typed: differs.then(|| Zeroizing::new(typed.to_vec())),
            prepared,
        }
    }

    /// As many for a user who exists as for one who does not.
    fn each(&self) -> impl Iterator<Item = &[u8]> {
        let typed = self.typed.as_ref().map(|typed| typed.as_slice());
        std::iter::once(self.prepared.as_slice()).chain(typed)
    }
}

/// A place in the queue, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(inner: &'a Inner) -> Result<Self, HashError> {
        if inner.waiting.fetch_add(1, Ordering::AcqRel) >= inner.most_waiting {
            inner.waiting.fetch_sub(1, Ordering::AcqRel);
            inner.refused.add();
            return Err(HashError::Busy);
        }
        Ok(Self(&inner.waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Inner {
    fn memory(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.memory
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn compute(&self, params: &Params, password: &[u8], salt: &[u8]) -> Result<Output, HashError> {
        if password.len() > LONGEST_PASSWORD_BYTES {
            return Err(HashError::Failed);
        }
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let wanted = params.block_count();
        self.used.fetch_add(1, Ordering::Relaxed);
        let mut blocks = self.memory().pop().unwrap_or_default();
        blocks.resize_with(wanted, Block::default);
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut buffer = Zeroizing::new([0; Output::MAX_LENGTH]);
        let output = buffer
            .get_mut(..length)
            .ok_or(HashError::Failed)
            .and_then(|out| {
                argon2
                    .hash_password_into_with_memory(password, salt, out, &mut blocks)
                    .map_err(|_| HashError::Failed)?;
                Output::new(out).map_err(|_| HashError::Failed)
            });
        if wanted == self.params.block_count() {
            self.memory().push(blocks);
        }
        output
    }

    fn verify(&self, password: &[u8], hash: &PasswordHash) -> Result<bool, HashError> {
        if password.len() > LONGEST_PASSWORD_BYTES {
            return Ok(false);
        }
        let phc = Phc::new(hash.as_str()).map_err(|_| HashError::Malformed)?;
        let (Some(salt), Some(expected)) = (phc.salt.as_ref(), phc.hash.as_ref()) else {
            return Err(HashError::Malformed);
        };
        if phc.algorithm != Algorithm::Argon2id.ident() {
            return Err(HashError::Malformed);
        }
        let params = Params::try_from(&phc).map_err(|_| HashError::Malformed)?;
        // `Output` compares in constant time.
        Ok(self.compute(&params, password, salt)? == *expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::SystemRandom;

    fn hasher(permits: usize, queue: usize) -> Hasher {
        let settings = HashingSettings {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
            permits,
            queue,
        };
        Hasher::new(settings).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hasher = hasher(2, 8);
        let password = Password::new("Sunny-Harbour-42");
        let hash = hasher.hash(&password, &SystemRandom).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(hasher.verify(&password, &hash).await.unwrap());
        assert!(
            !hasher
                .verify(&Password::new("sunny-harbour-42"), &hash)
                .await
                .unwrap()
        );
        assert_ne!(
            hash.as_str(),
            hasher
                .hash(&password, &SystemRandom)
                .await
                .unwrap()
                .as_str(),
            "every hash has its own salt"
        );
    }

    #[tokio::test]
    async fn a_password_typed_on_another_keyboard_is_the_same() {
        let hasher = hasher(2, 8);
        let (composed, decomposed) = ("Müller-Straße 42", "Mu\u{308}ller-Straße\u{a0}42");
        for (one, other) in [(composed, decomposed), (decomposed, composed)] {
            let hash = hasher
                .hash(&Password::new(one), &SystemRandom)
                .await
                .unwrap();
            assert!(hasher.verify(&Password::new(other), &hash).await.unwrap());
        }
        let hash = hasher
            .hash(&Password::new(composed), &SystemRandom)
            .await
            .unwrap();
        for wrong in ["Muller-Straße 42", "müller-straße 42", "Müller-Strasse 42"] {
            let wrong = Password::new(wrong);
            assert!(!hasher.verify(&wrong, &hash).await.unwrap(), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn a_hash_made_of_what_was_typed_still_verifies() {
        let hasher = hasher(2, 8);
        let typed = "Mu\u{308}ller-42";
        let params = hasher.0.params.clone();
        let salt = [7; 16];
        let output = hasher.0.compute(&params, typed.as_bytes(), &salt).unwrap();
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).unwrap(),
            salt: Some(Salt::new(&salt).unwrap()),
            hash: Some(output),
        };
        let hash = PasswordHash::from_stored(phc.to_string());
        assert!(hasher.verify(&Password::new(typed), &hash).await.unwrap());
        let wrong = Password::new("Mu\u{308}ller-43");
        assert!(!hasher.verify(&wrong, &hash).await.unwrap());
    }

    #[tokio::test]
    async fn as_much_is_computed_for_nobody_as_for_somebody() {
        let hasher = hasher(1, 1);
        let hash = hasher
            .hash(&Password::new("Sunny-Harbour-42"), &SystemRandom)
            .await
            .unwrap();
        let long = "x".repeat(1_025);
        for (wrong, computed) in [("Wrong-1", 1), ("Wro\u{308}ng-1", 2), (long.as_str(), 0)] {
            let wrong = Password::new(wrong);
            hasher.0.used.store(0, Ordering::Relaxed);
            assert!(!hasher.verify(&wrong, &hash).await.unwrap());
            assert_eq!(hasher.0.used.swap(0, Ordering::Relaxed), computed);
            hasher.verify_nobody(&wrong).await.unwrap();
            assert_eq!(hasher.0.used.load(Ordering::Relaxed), computed);
        }
    }

    #[tokio::test]
    async fn a_hash_of_other_costs_is_still_checked() {
        let password = Password::new("Sunny-Harbour-42");
        let other = HashingSettings {
            memory_kib: 128,
            iterations: 2,
            ..HashingSettings::default()
        };
        let hash = Hasher::new(other)
            .unwrap()
            .hash(&password, &SystemRandom)
            .await
            .unwrap();
        assert!(hasher(1, 1).verify(&password, &hash).await.unwrap());
    }

    #[tokio::test]
    async fn a_full_queue_turns_the_next_away() {
        let hasher = hasher(1, 0);
        let held = hasher.0.permits.clone().acquire_owned().await.unwrap();
        let waiting = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.verify_nobody(&Password::new("x")).await }
        });
        while hasher.0.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let turned_away = hasher.verify_nobody(&Password::new("x")).await;
        assert!(matches!(turned_away, Err(HashError::Busy)));
        let HashingNumbers {
            running,
            waiting: waiting_now,
            refused,
            ..
        } = hasher.numbers();
        assert_eq!((running, waiting_now, refused), (1, 0, 1));
        drop(held);
        waiting.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_password_of_a_megabyte_costs_nothing() {
        let hasher = hasher(1, 1);
        let hash = hasher
            .hash(&Password::new("x"), &SystemRandom)
            .await
            .unwrap();
        let long = Password::new("x".repeat(1_000_000));
        assert!(!hasher.verify(&long, &hash).await.unwrap());
        assert!(hasher.hash(&long, &SystemRandom).await.is_err());
    }

    #[tokio::test]
    async fn memory_goes_back_once_nobody_hashes() {
        let hasher = hasher(1, 1);
        hasher.verify_nobody(&Password::new("x")).await.unwrap();
        hasher.release_idle_memory();
        assert_eq!(
            hasher.0.memory().len(),
            1,
            "it was in use since the last call"
        );
        hasher.release_idle_memory();
        assert_eq!(hasher.0.memory().len(), 0);
    }
}
