//! Certificate files that are read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;

use super::{TlsError, certified, read, server_config};
use crate::certificate;
use crate::data_dir::FileStamp;

/// A chain and its key, and what they looked like when they were last read.
#[derive(Debug)]
pub(super) struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    seen: Mutex<Looks>,
}

type Looks = [Option<FileStamp>; 2];

fn look(certificate: &Path, key: &Path) -> Looks {
    [certificate, key].map(FileStamp::of)
}

impl CertificateFiles {
    /// Reads both files.
    pub(super) fn open(
        certificate: &Path,
        key: &Path,
    ) -> Result<(Self, Arc<ServerConfig>), TlsError> {
        let looks = look(certificate, key);
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
        let looks = look(&self.certificate, &self.key);
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
        let chain = certificate::chain(&read(&self.certificate)?).ok_or_else(|| {
            TlsError::NoCertificate {
                path: self.certificate.display().to_string(),
            }
        })?;
        let key = certificate::key(&read(&self.key)?).ok_or_else(|| TlsError::NoKey {
            path: self.key.display().to_string(),
        })?;
        let certificate = SingleCertAndKey::from(certified(chain, key)?);
        server_config(Arc::new(certificate))
    }
}
