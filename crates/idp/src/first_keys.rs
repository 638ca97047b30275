//! The first signing keys of environments: made beside a start, and the same in each copy of a database.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use protocol::id::{EnvironmentId, SigningKeyId};
use protocol::jose::{KeyError, SigningAlgorithm, SigningKey};
use tokio::sync::OnceCell;
use tokio::task::{JoinHandle, spawn_blocking};
use zeroize::Zeroizing;

/// The private key, in DER-encoded PKCS#8.
type Made = Result<Zeroizing<Vec<u8>>, KeyError>;

/// Of how many environments the first key is remembered; copies of a database with more make their own.
const MOST_ENVIRONMENTS: usize = 1024;

/// A private key that was made, before it lies anywhere.
pub(crate) struct MadeKey {
    pub(crate) id: SigningKeyId,
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    pub(crate) created_at: Timestamp,
}

/// The first keys of a process that lives for a test; clones are the same. The default remembers none.
///
/// A pair of RSA keys takes a tenth of a second to make. It is made while everything else starts, and
/// a start does not wait for it: who asks for the key first does. A copy of the database that was taken
/// before the key stood in it is given the same one, so that a reset changes no key.
#[derive(Clone, Default)]
pub struct FirstKeys(Option<Arc<Kept>>);

#[derive(Default)]
struct Kept {
    ahead: Mutex<Option<JoinHandle<Made>>>,
    remembered: Mutex<HashMap<EnvironmentId, Arc<OnceCell<MadeKey>>>>,
}

impl fmt::Debug for FirstKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstKeys")
    }
}

impl FirstKeys {
    /// Remembers the first key of each environment from now on.
    pub fn remembered() -> Self {
        Self(Some(Arc::default()))
    }

    /// Begins to make one for whichever environment asks first, beside whatever the runtime does.
    pub fn begin(&self) {
        if let Some(kept) = &self.0 {
            *lock(&kept.ahead) = Some(spawn_blocking(make));
        }
    }

    /// The key that was begun, unless somebody has it.
    pub(crate) fn take_begun(&self) -> Option<JoinHandle<Made>> {
        lock(&self.0.as_ref()?.ahead).take()
    }

    /// The place of an environment's first key, where it is remembered.
    pub(crate) fn of(&self, environment: EnvironmentId) -> Option<Arc<OnceCell<MadeKey>>> {
        let mut remembered = lock(&self.0.as_ref()?.remembered);
        if remembered.len() >= MOST_ENVIRONMENTS && !remembered.contains_key(&environment) {
            return None;
        }
        Some(Arc::clone(remembered.entry(environment).or_default()))
    }
}

/// Makes a signing key as tokens are signed with.
pub(crate) fn make() -> Made {
    SigningKey::generate(SigningAlgorithm::Rs256, "")?.to_pkcs8()
}

/// What is behind it is whole after every step.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
