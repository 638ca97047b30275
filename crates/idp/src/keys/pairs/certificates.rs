//! What X.509 certificates say (RFC 5280), and names as people write them (RFC 4514).

use jiff::Timestamp;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::Certificate;
use x509_cert::der::asn1::{GeneralizedTime, ObjectIdentifier, OctetString, UtcTime};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::name::{Name, RelativeDistinguishedName};
use x509_cert::time::Time;

use super::{Algorithm, PairError, SignatureAlgorithm};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// What a certificate says.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_length: u32,
    pub(crate) signature: SignatureAlgorithm,
    /// The parts of the subject's name, as the certificate has them.
    pub(crate) subject: Vec<String>,
    pub(crate) issuer: Vec<String>,
    /// A whole number, in decimal.
    pub(crate) serial: String,
    pub(crate) starts_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl Facts {
    /// Reads a DER-encoded certificate.
    ///
    /// # Errors
    ///
    /// [`PairError::Unreadable`] when it is none, [`PairError::Unsupported`] when its key or its
    /// signature is of a kind that is not provided.
    pub(crate) fn of(certificate: &[u8]) -> Result<Self, PairError> {
        let certificate = read(certificate)?;
        let signature = SignatureAlgorithm::ALL
            .into_iter()
            .find(|one| one.oid() == certificate.signature_algorithm.oid)
            .ok_or(PairError::Unsupported)?;
        let facts = certificate.tbs_certificate;
        let key = &facts.subject_public_key_info;
        let (algorithm, key_length) = if key.algorithm.oid == RSA_ENCRYPTION {
            let bytes = key.subject_public_key.raw_bytes();
            (Algorithm::Rsa, modulus_bits(bytes)?)
        } else if key.algorithm.oid == EC_PUBLIC_KEY {
            let curve = key.algorithm.parameters.as_ref();
            let curve = curve.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
            let bits = match curve {
                Some(P256) => 256,
                Some(P384) => 384,
                Some(P521) => 521,
                _ => return Err(PairError::Unsupported),
            };
            (Algorithm::Ec, bits)
        } else {
            return Err(PairError::Unsupported);
        };
        Ok(Self {
            algorithm,
            key_length,
            signature,
            subject: parts(&facts.subject),
            issuer: parts(&facts.issuer),
            serial: decimal(facts.serial_number.as_bytes()),
            starts_at: timestamp(facts.validity.not_before)?,
            expires_at: timestamp(facts.validity.not_after)?,
        })
    }

    /// The value of a part of the subject's or issuer's name, such as `CN`.
    pub(crate) fn part<'a>(name: &'a [String], key: &str) -> Option<&'a str> {
        name.iter()
            .filter_map(|part| part.split_once('='))
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value)
    }
}

pub(super) fn read(certificate: &[u8]) -> Result<Certificate, PairError> {
    Certificate::from_der(certificate).map_err(|_| PairError::Unreadable)
}

fn parts(name: &Name) -> Vec<String> {
    name.0.iter().map(ToString::to_string).collect()
}

/// The bits of an RSA modulus (RFC 8017 §A.1.1).
fn modulus_bits(public_key: &[u8]) -> Result<u32, PairError> {
    use x509_cert::der::asn1::UintRef;
    use x509_cert::der::{Reader as _, SliceReader};
    let unreadable = |_| PairError::Unreadable;
    let mut reader = SliceReader::new(public_key).map_err(unreadable)?;
    let bits = reader.sequence(|inner| {
        let modulus = UintRef::decode(inner)?;
        let _exponent = UintRef::decode(inner)?;
        let bytes = modulus.as_bytes();
        let leading = bytes.first().map_or(0, |byte| byte.leading_zeros());
        let bits = u32::try_from(bytes.len() * 8).unwrap_or(u32::MAX);
        Ok(bits.saturating_sub(leading))
    });
    bits.map_err(unreadable)
}

/// A big-endian whole number in decimal.
pub(super) fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0_u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = u8::try_from(value % 10).unwrap_or_default();
            carry = value / 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or_default());
            carry /= 10;
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

/// A name as people write it, most particular part first: `CN=Jo, O=Example, C=GB` (RFC 4514, with
/// the spaces that are common).
pub(super) fn name(text: &str) -> Result<Name, PairError> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut is_escaped = false;
    for character in text.chars() {
        if character == ',' && !is_escaped {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(character);
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    parts.push(part);
    let read = |part: &String| {
        let part: AttributeTypeAndValue = part.trim().parse().ok()?;
        RelativeDistinguishedName::try_from(vec![part]).ok()
    };
    let parts: Option<Vec<_>> = parts.iter().rev().map(read).collect();
    parts
        .map(x509_cert::name::RdnSequence)
        .ok_or(PairError::NotAName)
}

/// Whether a text is a distinguished name.
pub(crate) fn is_name(text: &str) -> bool {
    name(text).is_ok()
}

/// RFC 5280 §4.1.2.5: years up to 2049 in two digits.
pub(super) fn time(at: Timestamp) -> Result<Time, PairError> {
    let failed = |_| PairError::Failed;
    let seconds = u64::try_from(at.as_second()).map_err(|_| PairError::Failed)?;
    let since_epoch = std::time::Duration::from_secs(seconds);
    match UtcTime::from_unix_duration(since_epoch) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => GeneralizedTime::from_unix_duration(since_epoch)
            .map(Time::GeneralTime)
            .map_err(failed),
    }
}

fn timestamp(time: Time) -> Result<Timestamp, PairError> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs());
    let seconds = seconds.map_err(|_| PairError::Unreadable)?;
    Timestamp::from_second(seconds).map_err(|_| PairError::Unreadable)
}

/// RFC 5280 §4.2.1.13.
pub(super) fn revocation_list(address: &str) -> Result<x509_cert::ext::Extension, PairError> {
    use x509_cert::ext::pkix::CrlDistributionPoints;
    use x509_cert::ext::pkix::crl::dp::DistributionPoint;
    use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
    let failed = |_| PairError::Failed;
    let address = x509_cert::der::asn1::Ia5String::new(address).map_err(failed)?;
    let names = vec![GeneralName::UniformResourceIdentifier(address)];
    let points = CrlDistributionPoints(vec![DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(names)),
        reasons: None,
        crl_issuer: None,
    }]);
    Ok(x509_cert::ext::Extension {
        extn_id: ObjectIdentifier::new_unwrap("2.5.29.31"),
        critical: false,
        extn_value: OctetString::new(points.to_der().map_err(failed)?).map_err(failed)?,
    })
}
