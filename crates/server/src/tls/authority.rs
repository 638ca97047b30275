//! The local certificate authority: made once, so that people tell their browser once to trust it.
//!
//! It can vouch for loopback addresses and the configured names alone (name constraints), so trusting
//! it risks little. The certificates that it signs live in memory and are made at each start.
//!
//! Browsers judge certificates by their own clock, so this module uses the system's and not the one
//! that tests move.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use platform::{Clock as _, SystemClock};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{TlsError, certified, server_config};
use crate::data_dir::{read_if_present, write_private};

/// The authority's certificate in the data directory.
pub const CA_FILE: &str = "ca.pem";
/// What an authority consists of.
pub(crate) const AUTHORITY_FILES: [&str; 3] = [CA_FILE, CA_KEY_FILE, CA_DATA_FILE];

const CA_KEY_FILE: &str = "ca-key.pem";
const CA_DATA_FILE: &str = "ca.json";

/// Nobody wants to tell their browser again; the key never leaves the machine.
const CA_LIFETIME: Duration = Duration::days(3650);

/// The longest that browsers accept from an authority that was added by hand is 825 days; short is
/// better, since a new one costs nothing.
const LEAF_LIFETIME: Duration = Duration::days(90);

/// A leaf is replaced when less than this is left of it.
const LEAF_RENEWED_BEFORE: Duration = Duration::days(30);

/// Clocks of other machines may be behind.
const BACKDATED: Duration = Duration::hours(1);

/// An authority with less than this left is replaced.
const CA_RENEWED_BEFORE: Duration = Duration::days(100);

/// What cannot be read back from a certificate without an X.509 parser.
#[derive(Serialize, Deserialize)]
struct Data {
    name: String,
    /// DNS names it may vouch for, beside loopback addresses.
    hosts: Vec<String>,
    not_after: i64,
}

/// The local authority with its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    certificate_file: PathBuf,
    /// When the newest leaf ends, in Unix seconds.
    leaf_ends: AtomicI64,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("certificate_file", &self.certificate_file)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Reads the authority, or makes one: the first time, when it ends soon, and when it may not
    /// vouch for one of `hosts`.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when files are damaged or cannot be written.
    pub fn load_or_make(directory: &Path, hosts: &[String]) -> Result<Self, TlsError> {
        let file = |name: &str| directory.join(name);
        let failed = |path: PathBuf| {
            move |source: io::Error| TlsError::Io {
                path: path.display().to_string(),
                source,
            }
        };
        let damaged = || TlsError::Authority {
            path: file(CA_FILE).display().to_string(),
        };

        let stored = read_if_present(&file(CA_DATA_FILE)).map_err(failed(file(CA_DATA_FILE)))?;
        let mut known_hosts: Vec<String> = Vec::new();
        if let Some(text) = stored {
            let data: Data = serde_json::from_str(&text).map_err(|_| damaged())?;
            let lasts = data.not_after > (now() + CA_RENEWED_BEFORE).unix_timestamp();
            if lasts && names(hosts).all(|host| data.hosts.contains(host)) {
                let key =
                    fs::read_to_string(file(CA_KEY_FILE)).map_err(failed(file(CA_KEY_FILE)))?;
                let pem = fs::read(file(CA_FILE)).map_err(failed(file(CA_FILE)))?;
                let key = KeyPair::from_pem(&key).map_err(|_| damaged())?;
                let certificate = CertificateDer::from_pem_slice(&pem).map_err(|_| damaged())?;
                return Ok(Self::new(&data, key, certificate, file(CA_FILE)));
            }
            tracing::warn!(
                "a new local certificate authority is made, since the old one ends soon or may \
                 not vouch for a name in the configuration; browsers have to be told to trust it \
                 (latchkey trust)"
            );
            known_hosts = data.hosts;
        }

        known_hosts.extend(names(hosts).cloned());
        known_hosts.sort_unstable();
        known_hosts.dedup();
        let key = KeyPair::generate()?;
        let not_after = now() + CA_LIFETIME;
        // Several installations stand apart in a list of authorities.
        let mut fingerprint = String::new();
        for byte in key.public_key_raw().iter().rev().take(3) {
            // Writing into a String cannot fail.
            let _ = write!(fingerprint, "{byte:02x}");
        }
        let data = Data {
            name: format!("Latchkey local authority {fingerprint}"),
            hosts: known_hosts,
            not_after: not_after.unix_timestamp(),
        };
        let certificate = ca_params(&data).self_signed(&key)?;
        let json = serde_json::to_vec_pretty(&data).map_err(|_| damaged())?;
        // The data goes last: while it is missing, an authority is made anew.
        let files = [
            (CA_KEY_FILE, key.serialize_pem().into_bytes()),
            (CA_FILE, certificate.pem().into_bytes()),
            (CA_DATA_FILE, json),
        ];
        for (name, content) in files {
            write_private(&file(name), &content).map_err(failed(file(name)))?;
        }
        Ok(Self::new(
            &data,
            key,
            certificate.der().clone(),
            file(CA_FILE),
        ))
    }

    fn new(
        data: &Data,
        key: KeyPair,
        certificate: CertificateDer<'static>,
        certificate_file: PathBuf,
    ) -> Self {
        let issuer = Issuer::new(ca_params(data), key);
        Self {
            issuer,
            certificate,
            certificate_file,
            leaf_ends: AtomicI64::new(0),
        }
    }

    /// The file with the authority's certificate.
    pub fn certificate_file(&self) -> &Path {
        &self.certificate_file
    }

    /// A server configuration with new leaves for loopback and `hosts`.
    ///
    /// Who asks for a name gets a leaf without addresses: `BoringSSL`, which Mono and gRPC use,
    /// refuses addresses below an authority that may vouch for some addresses only.
    pub(super) fn server_config(&self, hosts: &[String]) -> Result<Arc<ServerConfig>, TlsError> {
        let key = KeyPair::generate()?;
        let not_after = now() + LEAF_LIFETIME;
        let all = subjects(hosts)?;
        let is_name = |subject: &&SanType| matches!(subject, SanType::DnsName(_));
        let names = all.iter().filter(is_name).cloned().collect();
        let config = server_config(Arc::new(Leaves {
            named: self.leaf(&key, not_after, names)?,
            unnamed: self.leaf(&key, not_after, all)?,
        }))?;
        self.leaf_ends
            .store(not_after.unix_timestamp(), Ordering::Relaxed);
        Ok(config)
    }

    /// A leaf for these names and addresses.
    fn leaf(
        &self,
        key: &KeyPair,
        not_after: OffsetDateTime,
        subjects: Vec<SanType>,
    ) -> Result<Arc<CertifiedKey>, TlsError> {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "localhost");
        params.not_before = now() - BACKDATED;
        params.not_after = not_after;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = subjects;
        let leaf = params.signed_by(key, &self.issuer)?;
        let chain = vec![leaf.der().clone(), self.certificate.clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Arc::new(certified(chain, key)?))
    }

    /// Whether it is time for a new leaf.
    pub(super) fn leaf_ends_soon(&self) -> bool {
        self.leaf_ends.load(Ordering::Relaxed) < (now() + LEAF_RENEWED_BEFORE).unix_timestamp()
    }
}

/// What is shown to whom, by whether the client says which name it asks for (RFC 6066 section 3). One
/// that connects to an address does not.
#[derive(Debug)]
struct Leaves {
    /// Vouches for names.
    named: Arc<CertifiedKey>,
    /// Vouches for the same names, and for addresses.
    unnamed: Arc<CertifiedKey>,
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let leaf = match hello.server_name() {
            Some(_) => &self.named,
            None => &self.unnamed,
        };
        Some(Arc::clone(leaf))
    }
}

/// The names and addresses that a leaf may vouch for: loopback and `hosts`.
fn subjects(hosts: &[String]) -> Result<Vec<SanType>, TlsError> {
    let mut subjects = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    for host in names(hosts) {
        subjects.push(match host.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => continue,
            Ok(address) => SanType::IpAddress(address),
            Err(_) if host == "localhost" => continue,
            Err(_) => SanType::DnsName(host.as_str().try_into()?),
        });
    }
    Ok(subjects)
}

/// Host names without ports and brackets.
fn names(hosts: &[String]) -> impl Iterator<Item = &String> {
    hosts.iter().filter(|host| !host.is_empty())
}

/// The certificate's content; the same for the same data, since a leaf repeats the authority's name.
fn ca_params(data: &Data) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, data.name.as_str());
    params.not_after =
        OffsetDateTime::from_unix_timestamp(data.not_after).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_before = params.not_after - CA_LIFETIME - BACKDATED;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let mut permitted = vec![
        GeneralSubtree::DnsName("localhost".to_owned()),
        GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 0], [255, 0, 0, 0])),
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
            Ipv6Addr::LOCALHOST.into(),
            128,
        )),
    ];
    for host in &data.hosts {
        permitted.push(match host.parse::<IpAddr>() {
            Ok(address) => {
                let prefix = if address.is_ipv4() { 32 } else { 128 };
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix))
            }
            Err(_) => GeneralSubtree::DnsName(host.clone()),
        });
    }
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: Vec::new(),
    });
    params
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(SystemClock.now().as_second())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
