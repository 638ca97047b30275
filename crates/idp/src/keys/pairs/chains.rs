//! Files of certificates: PEM, DER and PKCS#7 (RFC 5652).

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use x509_cert::certificate::Certificate;
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{Any, Decode as _, Encode, EncodePem as _, pem};

use super::PairError;
use super::certificates::read;

/// No chain is longer.
pub(super) const LONGEST_CHAIN: usize = 10;

/// The certificates of a file: PEM, PKCS#7 (PEM or DER) or one in DER; the first one first.
///
/// # Errors
///
/// [`PairError::Unreadable`] when it is none of these, or holds too many.
pub(crate) fn certificates(file: &[u8]) -> Result<Vec<Vec<u8>>, PairError> {
    let unreadable = |_| PairError::Unreadable;
    let found = if file.trim_ascii_start().starts_with(b"-----BEGIN") {
        let (label, der) = pem::decode_vec(file.trim_ascii()).unwrap_or(("", Vec::new()));
        if label == "PKCS7" {
            from_pkcs7(&der)?
        } else {
            let chain = Certificate::load_pem_chain(file).map_err(unreadable)?;
            encoded(&chain)?
        }
    } else if let Ok(one) = Certificate::from_der(file) {
        encoded(&[one])?
    } else {
        from_pkcs7(file)?
    };
    if found.is_empty() || found.len() > LONGEST_CHAIN {
        return Err(PairError::Unreadable);
    }
    Ok(found)
}

fn encoded(chain: &[Certificate]) -> Result<Vec<Vec<u8>>, PairError> {
    let each = chain.iter().map(Encode::to_der);
    each.collect::<Result<_, _>>()
        .map_err(|_| PairError::Unreadable)
}

fn from_pkcs7(file: &[u8]) -> Result<Vec<Vec<u8>>, PairError> {
    let unreadable = |_| PairError::Unreadable;
    let info = ContentInfo::from_der(file).map_err(unreadable)?;
    let signed: SignedData = info.content.decode_as().map_err(unreadable)?;
    let certificates = signed.certificates.ok_or(PairError::Unreadable)?;
    let certificates: Vec<_> = certificates
        .0
        .iter()
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect();
    encoded(&certificates)
}

/// Certificates in one file (PKCS#7), in DER.
///
/// # Errors
///
/// [`PairError::Failed`] when they cannot be encoded.
pub(crate) fn to_pkcs7(chain: &[Vec<u8>]) -> Result<Vec<u8>, PairError> {
    let chain: Result<Vec<_>, _> = chain.iter().map(|one| read(one)).collect();
    let failed = |_| PairError::Failed;
    let info = ContentInfo::try_from(chain?).map_err(failed)?;
    let mut signed: SignedData = info.content.decode_as().map_err(failed)?;
    // An empty list of revoked certificates says nothing, and others leave it out.
    signed.crls = None;
    let content = signed.to_der().and_then(|der| Any::from_der(&der));
    let info = ContentInfo {
        content: content.map_err(failed)?,
        ..info
    };
    info.to_der().map_err(failed)
}

/// Certificates as PEM, one after the other.
///
/// # Errors
///
/// [`PairError::Failed`] when they cannot be encoded.
pub(crate) fn to_pem(chain: &[Vec<u8>]) -> Result<String, PairError> {
    let each = chain.iter().map(|one| {
        let pem = read(one)?.to_pem(LineEnding::LF);
        pem.map_err(|_| PairError::Failed)
    });
    each.collect()
}

/// A certificate request as PEM.
///
/// # Errors
///
/// [`PairError::Failed`] when it cannot be encoded.
pub(crate) fn request_to_pem(request: &[u8]) -> Result<String, PairError> {
    pem::encode_string("CERTIFICATE REQUEST", LineEnding::LF, request)
        .map_err(|_| PairError::Failed)
}
