//! TLS for both ports: one configuration that is exchanged while serving.

mod authority;
mod files;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;

use crate::config::settings::Tls;

pub(crate) use authority::AUTHORITY_FILES;
pub use authority::{Authority, CA_FILE};
use files::CertificateFiles;

/// How often certificate files are looked at.
const FILES_LOOKED_AT_EVERY: Duration = Duration::from_secs(5);

/// How often the age of our own certificate is looked at.
const LEAF_LOOKED_AT_EVERY: Duration = Duration::from_hours(1);

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("reading or writing {path} failed")]
    Io {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file holds no certificate.
    #[error("{path} holds no certificate in PEM form (setting tls.certificate_file)")]
    NoCertificate {
        /// Which.
        path: String,
    },
    /// A file holds no key.
    #[error("{path} holds no unencrypted private key in PEM form (setting tls.key_file)")]
    NoKey {
        /// Which.
        path: String,
    },
    /// Certificate and key cannot be used together.
    #[error("the certificate and its key cannot be used; are they a pair?")]
    Unusable {
        /// What rustls says.
        #[from]
        source: rustls::Error,
    },
    /// The local authority's files are damaged.
    #[error(
        "the local certificate authority {path} is damaged; remove it and its neighbours, and a \
         new one is made, which browsers have to be told to trust (`latchkey trust`)"
    )]
    Authority {
        /// Which.
        path: String,
    },
    /// Whoever prepared it did not come to an end.
    #[error("preparing TLS was cut off")]
    Stopped(#[from] tokio::task::JoinError),
    /// A certificate cannot be made.
    #[error("making a certificate failed")]
    Certificate {
        /// What rcgen says.
        #[from]
        source: rcgen::Error,
    },
}

/// TLS as both ports use it.
#[derive(Clone, Debug)]
pub struct ServerTls {
    config: RustlsConfig,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Local {
        authority: Arc<Authority>,
        hosts: Arc<[String]>,
    },
    Files(Arc<CertificateFiles>),
}

impl ServerTls {
    /// Sets up TLS, or `None` for plain HTTP. The local authority lives in `data_dir`; its certificate
    /// is good for `hosts`.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when files cannot be used.
    pub fn prepare(tls: &Tls, data_dir: &Path, hosts: &[String]) -> Result<Option<Self>, TlsError> {
        let (config, source) = match tls {
            Tls::Off => return Ok(None),
            Tls::Local => {
                let authority = Authority::load_or_make(data_dir, hosts)?;
                let config = authority.server_config(hosts)?;
                (
                    config,
                    Source::Local {
                        authority: Arc::new(authority),
                        hosts: hosts.into(),
                    },
                )
            }
            Tls::Files { certificate, key } => {
                let (files, config) = CertificateFiles::open(certificate, key)?;
                (config, Source::Files(Arc::new(files)))
            }
        };
        Ok(Some(Self {
            config: RustlsConfig::from_config(config),
            source,
        }))
    }

    /// What the ports accept connections with.
    pub fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// The local authority's certificate file, if there is one.
    pub fn ca_file(&self) -> Option<PathBuf> {
        match &self.source {
            Source::Local { authority, .. } => Some(authority.certificate_file().to_owned()),
            Source::Files(_) => None,
        }
    }

    /// Takes new certificate files into use, or makes a new leaf when the old one ends soon. What
    /// cannot be used is logged, and the old one stays.
    pub fn refresh(&self) {
        let refreshed = match &self.source {
            Source::Local { authority, hosts } if authority.leaf_ends_soon() => {
                authority.server_config(hosts).map(Some)
            }
            Source::Local { .. } => Ok(None),
            Source::Files(files) => files.changed(),
        };
        match refreshed {
            Ok(Some(config)) => {
                self.config.reload_from_config(config);
                tracing::info!("a new certificate is in use");
            }
            Ok(None) => {}
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the new certificate cannot be used; the old one stays in use"
            ),
        }
    }

    /// Refreshes for ever.
    pub(crate) async fn keep_fresh(self) {
        let every = match self.source {
            Source::Local { .. } => LEAF_LOOKED_AT_EVERY,
            Source::Files(_) => FILES_LOOKED_AT_EVERY,
        };
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let tls = self.clone();
            // Files and keys are work for another thread; a panic there is logged by its hook.
            let _ = tokio::task::spawn_blocking(move || tls.refresh()).await;
        }
    }
}

/// A chain with its key.
fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, TlsError> {
    let provider = aws_lc_rs::default_provider();
    Ok(CertifiedKey::from_der(chain, key, &provider)?)
}

/// A configuration for HTTP/2 and HTTP/1.1 with these certificates.
fn server_config(certificates: Arc<dyn ResolvesServerCert>) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Io {
        path: path.display().to_string(),
        source,
    })
}
