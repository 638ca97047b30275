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

/// A private key that was made, before it lies anywhere.
pub(crate) struct MadeKey {
    pub(crate) id: SigningKeyId,
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    pub(crate) created_at: Timestamp,
}

/// The first keys of environments that live for a test; clones are the same. The default makes none
/// ahead and remembers none.
///
/// A pair of RSA keys takes a tenth of a second to make. It is made while everything else starts, and
/// a start does not wait for it: who asks for the key first does. Whoever takes a copy of the database
/// meanwhile [prepares](crate::Idp::prepare_keys_of_copy) it, and the copy has the same key.
#[derive(Clone, Default)]
pub struct FirstKeys(Arc<Kept>);

type Places = HashMap<EnvironmentId, Arc<OnceCell<MadeKey>>>;

#[derive(Default)]
struct Kept {
    ahead: Mutex<Option<JoinHandle<Made>>>,
    /// While they are remembered.
    places: Mutex<Option<Places>>,
}

impl fmt::Debug for FirstKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstKeys")
    }
}

impl FirstKeys {
    /// Begins to make one for whichever environment asks first, beside whatever the runtime does.
    pub fn begin(&self) {
        *lock(&self.0.ahead) = Some(spawn_blocking(make));
    }

    /// Remembers the first key of each environment from now on.
    pub fn remember(&self) {
        *lock(&self.0.places) = Some(Places::new());
    }

    /// Remembers none any more: all copies have theirs.
    pub(crate) fn forget(&self) {
        *lock(&self.0.places) = None;
    }

    /// The key that was begun, unless somebody has it.
    pub(crate) fn take_begun(&self) -> Option<JoinHandle<Made>> {
        lock(&self.0.ahead).take()
    }

    /// The place of an environment's first key, while it is remembered.
    pub(crate) fn of(&self, environment: EnvironmentId) -> Option<Arc<OnceCell<MadeKey>>> {
        let mut places = lock(&self.0.places);
        let place = places.as_mut()?.entry(environment).or_default();
        Some(Arc::clone(place))
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
