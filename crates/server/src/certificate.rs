//! Certificate files as they are judged before they are used: whether a browser would accept them.

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::BasicConstraints;

/// The certificates of a PEM file, if there is one and all of them are whole.
pub(crate) fn chain(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
}

/// The unencrypted private key of a PEM file.
pub(crate) fn key(pem: &[u8]) -> Option<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).ok()
}

/// Why this key cannot be used with this chain.
pub(crate) fn key_fault(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Option<String> {
    match CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()) {
        Ok(_) => None,
        Err(rustls::Error::InconsistentKeys(_)) => Some(
            "is the key of another certificate; name the one that the certificate was made with"
                .to_owned(),
        ),
        Err(error) => Some(format!("cannot be used: {error}")),
    }
}

/// Why clients would refuse this chain for a server of these names at this time.
pub(crate) fn faults(
    chain: &[CertificateDer<'static>],
    names: &[String],
    now: Timestamp,
) -> Vec<String> {
    let Some(leaf) = chain.first() else {
        return vec!["holds no certificate".to_owned()];
    };
    let Ok(certificate) = x509_cert::Certificate::from_der(leaf) else {
        return vec!["begins with a certificate that cannot be read".to_owned()];
    };
    let certificate = certificate.tbs_certificate;
    let mut faults = Vec::new();
    let instant = |time: x509_cert::time::Time| {
        let seconds = time.to_unix_duration().as_secs();
        Timestamp::from_second(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
    };
    let from = instant(certificate.validity.not_before);
    let until = instant(certificate.validity.not_after);
    if until <= now {
        faults.push(format!(
            "holds a certificate that expired on {}; renew it",
            until.strftime("%Y-%m-%d")
        ));
    }
    if now < from {
        faults.push(format!(
            "holds a certificate that is good from {} on; is this machine's clock right?",
            from.strftime("%Y-%m-%d")
        ));
    }
    let is_authority = certificate.extensions.iter().flatten().any(|extension| {
        extension.extn_id == x509_cert::der::oid::db::rfc5280::ID_CE_BASIC_CONSTRAINTS
            && BasicConstraints::from_der(extension.extn_value.as_bytes())
                .is_ok_and(|constraints| constraints.ca)
    });
    if is_authority {
        faults.push(if certificate.subject == certificate.issuer {
            "holds a self-signed certificate that is its own authority (CA:TRUE), as `openssl req \
             -x509` makes it; some browsers take it for a server's, this portal and other clients \
             do not. Make one that is none: add -addext basicConstraints=critical,CA:FALSE"
                .to_owned()
        } else {
            "begins with the certificate of an authority; the server's own has to stand first"
                .to_owned()
        });
    }
    match webpki::EndEntityCert::try_from(leaf) {
        Ok(end_entity) => faults.extend(
            names
                .iter()
                .filter(|name| {
                    !ServerName::try_from(name.as_str()).is_ok_and(|name| {
                        end_entity.verify_is_valid_for_subject_name(&name).is_ok()
                    })
                })
                .map(|name| {
                    format!(
                        "holds a certificate of another name: browsers would refuse it for {name}; \
                         have that name added to it (subject alternative name)"
                    )
                }),
        ),
        Err(_) => faults.push("begins with a certificate that cannot be read".to_owned()),
    }
    faults
}
