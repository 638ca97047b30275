//! Where the PostgreSQL server is and how it is spoken to.

use std::{fmt, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::config::{Config, Host, SslMode};

use crate::error::StoreError;

/// Connections unless told otherwise: a few per core of a usual server.
const MAX_CONNECTIONS: usize = 16;

/// Limits that the server keeps, in milliseconds. The URL's own `options` come after and win.
const LIMITS: &str = "-c statement_timeout=15000 -c lock_timeout=10000 \
                      -c idle_in_transaction_session_timeout=30000";

/// Until a peer that acknowledges nothing counts as gone.
const SILENCE: Duration = Duration::from_secs(15);

/// How to reach a PostgreSQL server.
#[derive(Clone)]
pub struct PostgresSettings {
    config: Box<Config>,
    wants_tls: bool,
    max_connections: usize,
    root_certificates: Option<Vec<u8>>,
}

impl PostgresSettings {
    /// Takes a URL as libpq does: `postgres://user:password@host:5432/database?options`.
    ///
    /// `sslmode=require`, `verify-ca` and `verify-full` all mean TLS with the server's certificate
    /// and name verified; without `sslmode`, or with `disable`, there is none. `prefer` and `allow`
    /// are refused, because whoever sits between can choose for them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] saying what in the URL was not understood; it never quotes the URL.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let (url, ssl_mode) = take_ssl_mode(url);
        let wants_tls = match ssl_mode.as_deref() {
            None | Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(_) => {
                return Err(StoreError::refused(
                    "`sslmode` in the database URL must be `disable`, `require`, `verify-ca` or \
                     `verify-full`",
                ));
            }
        };
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            StoreError::refused(
                "the database URL is not understood; write it as \
                 postgres://USER:PASSWORD@HOST:5432/DATABASE",
            )
            .because(error)
        })?;
        let options = config.get_options().unwrap_or_default();
        let options = format!("{LIMITS} {options}");
        config
            .options(options)
            .ssl_mode(if wants_tls {
                SslMode::Require
            } else {
                SslMode::Disable
            })
            .connect_timeout(Duration::from_secs(4))
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(SILENCE);
        if config.get_application_name().is_none() {
            config.application_name("latchkey");
        }
        if ssl_mode.is_none() && !is_local(&config) {
            tracing::warn!(
                "the connection to PostgreSQL is not encrypted; add `sslmode=require` to its URL, \
                 or `sslmode=disable` if the network between is trusted"
            );
        }
        Ok(Self {
            config: Box::new(config),
            wants_tls,
            max_connections: MAX_CONNECTIONS,
            root_certificates: None,
        })
    }

    /// Sets how many connections are held at most; one at least.
    #[must_use]
    pub fn with_max_connections(mut self, max_connections: usize) -> Self {
        self.max_connections = max_connections.max(1);
        self
    }

    /// Trusts these certificate authorities (PEM) instead of the system's.
    #[must_use]
    pub fn with_root_certificates(mut self, pem: Vec<u8>) -> Self {
        self.root_certificates = Some(pem);
        self
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn max_connections(&self) -> usize {
        self.max_connections
    }

    /// The TLS configuration, if TLS is wanted.
    pub(super) fn tls(&self) -> Result<Option<ClientConfig>, StoreError> {
        if !self.wants_tls {
            return Ok(None);
        }
        let roots = match &self.root_certificates {
            Some(pem) => given_roots(pem)?,
            None => system_roots()?,
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| StoreError::refused("TLS cannot be set up").because(error))?;
        Ok(Some(
            config.with_root_certificates(roots).with_no_client_auth(),
        ))
    }
}

/// The URL holds a password.
impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("wants_tls", &self.wants_tls)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// Cuts `sslmode` out of the query, because tokio-postgres does not know all of its values.
fn take_ssl_mode(url: &str) -> (String, Option<String>) {
    let Some((address, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let (modes, others): (Vec<_>, Vec<_>) = query
        .split('&')
        .partition(|pair| pair.starts_with("sslmode="));
    let mode = modes.last().and_then(|pair| pair.strip_prefix("sslmode="));
    (
        format!("{address}?{}", others.join("&")),
        mode.map(str::to_owned),
    )
}

fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

fn given_roots(pem: &[u8]) -> Result<RootCertStore, StoreError> {
    let unfit = || StoreError::refused("the certificate authorities for PostgreSQL are no PEM");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unfit().because(error))?;
        roots
            .add(certificate)
            .map_err(|error| unfit().because(error))?;
    }
    if roots.is_empty() {
        Err(unfit())
    } else {
        Ok(roots)
    }
}

fn system_roots() -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(StoreError::refused(
            "the system has no certificate authorities to verify PostgreSQL with; install its \
             `ca-certificates`, or name a file of your own",
        ));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ssl_mode_decides_about_tls() {
        for (query, wants_tls) in [
            ("", false),
            ("?sslmode=disable", false),
            ("?sslmode=require&connect_timeout=3", true),
            ("?connect_timeout=3&sslmode=verify-full", true),
        ] {
            let settings = PostgresSettings::parse(&format!("postgres://ada@localhost/db{query}"));
            assert_eq!(settings.unwrap().wants_tls, wants_tls, "{query}");
        }
        let refused = PostgresSettings::parse("postgres://ada@localhost/db?sslmode=prefer");
        assert!(refused.unwrap_err().to_string().contains("sslmode"));
    }

    #[test]
    fn the_urls_options_come_after_ours() {
        let url = "postgres://ada@localhost/db?options=-c%20statement_timeout%3D1";
        let settings = PostgresSettings::parse(url).unwrap();

        let options = settings.config().get_options().unwrap();
        assert!(options.ends_with(" -c statement_timeout=1"), "{options}");
    }

    #[test]
    fn the_password_shows_nowhere() {
        let settings = PostgresSettings::parse("postgres://ada:lovelace@localhost/db").unwrap();
        assert!(!format!("{settings:?}").contains("lovelace"));

        let refused = PostgresSettings::parse("postgres://ada:lovelace@localhost:port/db");
        let refused = refused.unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("lovelace"));
    }

    #[test]
    fn roots_that_are_no_certificates_are_refused() {
        let settings = PostgresSettings::parse("postgres://ada@localhost/db?sslmode=require");
        let settings = settings
            .unwrap()
            .with_root_certificates(b"nonsense".to_vec());

        assert!(settings.tls().is_err());
    }
}
