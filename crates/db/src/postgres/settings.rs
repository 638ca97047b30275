//! Where the PostgreSQL server is and how it is spoken to.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    io::Write as _,
    os::unix::ffi::OsStrExt as _,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use tempfile::NamedTempFile;
use tokio_postgres::config::{Config, Host, SslMode};

use crate::error::StoreError;

/// Connections unless told otherwise: a few per core of a usual server.
const MAX_CONNECTIONS: usize = 16;

/// Where Debian and its kin keep the system's authorities; libpq before version 16 does not look for
/// them by itself.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

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

    /// The database's name: as configured, or the user's, as the server has it.
    pub fn database(&self) -> &str {
        let named = self.config.get_dbname().or_else(|| self.config.get_user());
        named.unwrap_or("postgres")
    }

    /// How PostgreSQL's own programs reach this server.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the authorities cannot be written to a file, which is how they are told.
    pub fn libpq_environment(&self) -> Result<LibpqEnvironment, StoreError> {
        let hosts: Vec<String> = self.config.get_hosts().iter().map(host_name).collect();
        let ports = self.config.get_ports().iter().map(u16::to_string);
        let mut variables: Vec<(&'static str, OsString)> = vec![
            ("PGHOST", hosts.join(",").into()),
            ("PGPORT", ports.collect::<Vec<_>>().join(",").into()),
            ("PGDATABASE", self.database().into()),
            ("PGCONNECT_TIMEOUT", "10".into()),
        ];
        if let Some(user) = self.config.get_user() {
            variables.push(("PGUSER", user.into()));
        }
        if let Some(password) = self.config.get_password() {
            variables.push(("PGPASSWORD", OsStr::from_bytes(password).to_owned()));
        }
        let mut authorities = None;
        if self.wants_tls {
            variables.push(("PGSSLMODE", "verify-full".into()));
            let file = match &self.root_certificates {
                Some(pem) => {
                    let file = authorities.insert(written(pem)?);
                    file.path().into()
                }
                None => SYSTEM_AUTHORITIES.into(),
            };
            variables.push(("PGSSLROOTCERT", file));
        } else {
            variables.push(("PGSSLMODE", "disable".into()));
        }
        Ok(LibpqEnvironment {
            variables,
            _authorities: authorities,
        })
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

/// How PostgreSQL's own programs are told to reach the same server: by variables, since their
/// arguments can be read by everybody on the machine.
pub struct LibpqEnvironment {
    variables: Vec<(&'static str, OsString)>,
    /// Held until the program has ended.
    _authorities: Option<NamedTempFile>,
}

impl LibpqEnvironment {
    /// The variables' names and values.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        let variables = self.variables.iter();
        variables.map(|(name, value)| (*name, value.as_os_str()))
    }
}

/// One of the variables is a password.
impl fmt::Debug for LibpqEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LibpqEnvironment").finish_non_exhaustive()
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

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

fn written(pem: &[u8]) -> Result<NamedTempFile, StoreError> {
    let file = NamedTempFile::new().and_then(|mut file| file.write_all(pem).map(|()| file));
    file.map_err(|error| StoreError::refused("the authorities cannot be written").because(error))
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
