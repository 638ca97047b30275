//! The first signing key of a new environment, made while its tables are.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::jose::{KeyError, SigningAlgorithm, SigningKey};
use tokio::task::{JoinHandle, spawn_blocking};
use zeroize::Zeroizing;

/// The private key, in DER-encoded PKCS#8.
type Made = Result<Zeroizing<Vec<u8>>, KeyError>;

/// A key that is being made for whoever asks for one first.
///
/// It keeps a core busy for as long as everything else at a start does: whoever waits for the first token
/// does not wait for both.
#[derive(Clone, Default)]
pub struct FirstKey(Arc<Mutex<Option<JoinHandle<Made>>>>);

impl fmt::Debug for FirstKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstKey")
    }
}

impl FirstKey {
    /// Begins to make it, beside whatever the runtime does.
    pub fn begin() -> Self {
        let making = spawn_blocking(make);
        Self(Arc::new(Mutex::new(Some(making))))
    }

    /// It, where one was begun and nobody has it.
    pub(crate) fn take(&self) -> Option<JoinHandle<Made>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Makes a signing key as tokens are signed with.
pub(crate) fn make() -> Made {
    SigningKey::generate(SigningAlgorithm::Rs256, "")?.to_pkcs8()
}
