//! Certificate files that are read again when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{TlsError, read, server_config};

/// A chain and its key, and what they looked like when they were last read.
#[derive(Debug)]
pub(super) struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    seen: Mutex<Looks>,
}

/// Time of change and length of both files; enough to notice a change, and cheap to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Looks([Option<(SystemTime, u64)>; 2]);

impl CertificateFiles {
    /// Reads both files.
    pub(super) fn open(
        certificate: &Path,
        key: &Path,
    ) -> Result<(Self, Arc<ServerConfig>), TlsError> {
        let looks = Looks::of(certificate, key);
        let files = Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            seen: Mutex::new(looks),
        };
        let config = files.load()?;
        Ok((files, config))
    }

    /// The files' new content, if they look otherwise than before. A change that cannot be used is an
    /// error once; while somebody replaces one file after the other, the second look finds a pair.
    pub(super) fn changed(&self) -> Result<Option<Arc<ServerConfig>>, TlsError> {
        let looks = Looks::of(&self.certificate, &self.key);
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == looks {
                return Ok(None);
            }
            *seen = looks;
        }
        self.load().map(Some)
    }

    fn load(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let pem = read(&self.certificate)?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .ok()
            .filter(|chain: &Vec<_>| !chain.is_empty())
            .ok_or_else(|| TlsError::NoCertificate {
                path: self.certificate.display().to_string(),
            })?;
        let key =
            PrivateKeyDer::from_pem_slice(&read(&self.key)?).map_err(|_| TlsError::NoKey {
                path: self.key.display().to_string(),
            })?;
        server_config(chain, key)
    }
}

impl Looks {
    fn of(certificate: &Path, key: &Path) -> Self {
        Self([certificate, key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        }))
    }
}
