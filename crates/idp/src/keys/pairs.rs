//! Key pairs and certificates that the management API makes, reads and hands out: X.509 (RFC 5280),
//! PKCS#10 (RFC 2986), PKCS#7 (RFC 5652) and PKCS#12 (RFC 7292).

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RsaKeyPair,
};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use jiff::Timestamp;
use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKeyChain};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_cert::attr::{AttributeTypeAndValue, Attributes};
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::der::asn1::{
    AnyRef, BitString, GeneralizedTime, ObjectIdentifier, OctetString, UtcTime,
};
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{
    Any, Decode, Encode, EncodePem as _, Reader as _, SliceReader, Tag, Tagged as _, pem,
};
use x509_cert::name::{Name, RelativeDistinguishedName};
use x509_cert::request::{CertReq, CertReqInfo};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

/// How often the passwords of a file are hashed at most, all together: OWASP's 600,000 for each of
/// its parts and more, and a few seconds.
const MOST_ITERATIONS: u64 = 5_000_000;

/// Values of a file that stand in each other deeper than this are not looked at: a key is a dozen
/// deep.
const DEEPEST: u32 = 32;

/// No chain is longer.
const LONGEST_CHAIN: usize = 10;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// Why a key or a certificate could not be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PairError {
    /// What was sent is not what it should be.
    #[error("the file cannot be read")]
    Unreadable,
    /// It is of a kind that is not provided.
    #[error("keys of this kind are not provided")]
    Unsupported,
    /// To open it would take too long.
    #[error("the password of the file is hashed too often: 5,000,000 times at most, altogether")]
    TooManyIterations,
    /// A name is not a distinguished name (RFC 4514).
    #[error("not a distinguished name")]
    NotAName,
    /// The cryptographic library failed.
    #[error("the key or certificate could not be made")]
    Failed,
}

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Algorithm {
    Ec,
    Rsa,
}

/// How a certificate is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum SignatureAlgorithm {
    #[serde(rename = "SHA256withECDSA")]
    EcdsaSha256,
    #[serde(rename = "SHA384withECDSA")]
    EcdsaSha384,
    #[serde(rename = "SHA512withECDSA")]
    EcdsaSha512,
    #[serde(rename = "SHA256withRSA")]
    RsaSha256,
    #[serde(rename = "SHA384withRSA")]
    RsaSha384,
    #[serde(rename = "SHA512withRSA")]
    RsaSha512,
}

impl SignatureAlgorithm {
    const ALL: [Self; 6] = [
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
    ];

    /// The kind of key that signs so.
    pub(crate) fn of(self) -> Algorithm {
        match self {
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 => Algorithm::Ec,
            Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512 => Algorithm::Rsa,
        }
    }

    /// What is usual for a kind of key.
    pub(crate) fn usual(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Ec => Self::EcdsaSha256,
            Algorithm::Rsa => Self::RsaSha256,
        }
    }

    fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::EcdsaSha256 => "1.2.840.10045.4.3.2",
            Self::EcdsaSha384 => "1.2.840.10045.4.3.3",
            Self::EcdsaSha512 => "1.2.840.10045.4.3.4",
            Self::RsaSha256 => "1.2.840.113549.1.1.11",
            Self::RsaSha384 => "1.2.840.113549.1.1.12",
            Self::RsaSha512 => "1.2.840.113549.1.1.13",
        })
    }

    fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned {
            oid: self.oid(),
            // RFC 4055 §5 wants NULL, RFC 5758 §3.2 wants nothing.
            parameters: (self.of() == Algorithm::Rsa).then(Any::null),
        }
    }
}

/// The lengths of keys that are made.
pub(crate) fn lengths(algorithm: Algorithm) -> &'static [&'static str] {
    match algorithm {
        Algorithm::Ec => &["256", "384", "521"],
        Algorithm::Rsa => &["2048", "3072", "4096"],
    }
}

/// A private key with its public half.
pub(crate) struct Pair {
    inner: Inner,
    pkcs8: Zeroizing<Vec<u8>>,
}

enum Inner {
    Ec(EcdsaKeyPair, &'static EcdsaSigningAlgorithm),
    Rsa(RsaKeyPair),
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").finish_non_exhaustive()
    }
}

impl Pair {
    /// Makes a new pair; the randomness is the cryptographic library's own.
    ///
    /// # Errors
    ///
    /// [`PairError::Unsupported`] for a length that is not among [`lengths`].
    pub(crate) fn generate(algorithm: Algorithm, length: u32) -> Result<Self, PairError> {
        let failed = |_| PairError::Failed;
        let pkcs8 = match algorithm {
            Algorithm::Rsa => {
                let size = match length {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    _ => return Err(PairError::Unsupported),
                };
                let pair = RsaKeyPair::generate(size).map_err(failed)?;
                pair.as_der().map_err(failed)?.as_ref().to_vec()
            }
            Algorithm::Ec => {
                let curve = match length {
                    256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
                    384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
                    521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
                    _ => return Err(PairError::Unsupported),
                };
                let pair = EcdsaKeyPair::generate(curve).map_err(failed)?;
                pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec()
            }
        };
        Self::from_pkcs8(&pkcs8)
    }

    /// Reads a private key in DER-encoded PKCS#8.
    ///
    /// # Errors
    ///
    /// [`PairError::Unsupported`] for another kind of key, and for anything that is no key.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, PairError> {
        let kept = Zeroizing::new(pkcs8.to_vec());
        if let Ok(pair) = RsaKeyPair::from_pkcs8(pkcs8) {
            let inner = Inner::Rsa(pair);
            return Ok(Self { inner, pkcs8: kept });
        }
        for curve in [
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &ECDSA_P384_SHA384_ASN1_SIGNING,
            &ECDSA_P521_SHA512_ASN1_SIGNING,
        ] {
            if let Ok(pair) = EcdsaKeyPair::from_pkcs8(curve, pkcs8) {
                let inner = Inner::Ec(pair, curve);
                return Ok(Self { inner, pkcs8: kept });
            }
        }
        Err(PairError::Unsupported)
    }

    /// The private key in PKCS#8.
    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    fn public(&self) -> Result<SubjectPublicKeyInfoOwned, PairError> {
        let failed = |_| PairError::Failed;
        let der = match &self.inner {
            Inner::Ec(pair, _) => pair
                .public_key()
                .as_der()
                .map_err(failed)?
                .as_ref()
                .to_vec(),
            Inner::Rsa(pair) => pair
                .public_key()
                .as_der()
                .map_err(failed)?
                .as_ref()
                .to_vec(),
        };
        SubjectPublicKeyInfoOwned::from_der(&der).map_err(|_| PairError::Failed)
    }

    /// Whether a certificate is over this key.
    ///
    /// # Errors
    ///
    /// [`PairError::Unreadable`] when it is no certificate.
    pub(crate) fn fits(&self, certificate: &[u8]) -> Result<bool, PairError> {
        Ok(read(certificate)?.tbs_certificate.subject_public_key_info == self.public()?)
    }

    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<BitString, PairError> {
        let random = SystemRandom::new();
        let signature = match &self.inner {
            Inner::Rsa(pair) => {
                let padding = match algorithm {
                    SignatureAlgorithm::RsaSha256 => &RSA_PKCS1_SHA256,
                    SignatureAlgorithm::RsaSha384 => &RSA_PKCS1_SHA384,
                    SignatureAlgorithm::RsaSha512 => &RSA_PKCS1_SHA512,
                    _ => return Err(PairError::Unsupported),
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(padding, &random, message, &mut signature);
                signed.map_err(|_| PairError::Failed)?;
                signature
            }
            Inner::Ec(pair, curve) => {
                let hash = match algorithm {
                    SignatureAlgorithm::EcdsaSha256 => &digest::SHA256,
                    SignatureAlgorithm::EcdsaSha384 => &digest::SHA384,
                    SignatureAlgorithm::EcdsaSha512 => &digest::SHA512,
                    _ => return Err(PairError::Unsupported),
                };
                let digest = in_place_of(&digest::digest(hash, message), own_digest(curve))?;
                let signature = pair.sign_digest(&digest).map_err(|_| PairError::Failed)?;
                signature.as_ref().to_vec()
            }
        };
        BitString::from_bytes(&signature).map_err(|_| PairError::Failed)
    }

    /// A certificate over the public half, signed by the private one.
    ///
    /// # Errors
    ///
    /// [`PairError::NotAName`] for a subject or issuer that is none, [`PairError::Unsupported`]
    /// for an algorithm that is not the key's.
    pub(crate) fn certify(&self, wanted: &CertificateContents<'_>) -> Result<Vec<u8>, PairError> {
        let failed = |_| PairError::Failed;
        let algorithm = wanted.signature.identifier();
        let tbs_certificate = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&wanted.serial.to_be_bytes()).map_err(failed)?,
            signature: algorithm.clone(),
            issuer: name(wanted.issuer)?,
            validity: Validity {
                not_before: time(wanted.starts_at)?,
                not_after: time(wanted.expires_at)?,
            },
            subject: name(wanted.subject)?,
            subject_public_key_info: self.public()?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: wanted
                .revocation_list
                .map(revocation_list)
                .transpose()?
                .map(|one| vec![one]),
        };
        let message = tbs_certificate.to_der().map_err(failed)?;
        let certificate = Certificate {
            tbs_certificate,
            signature_algorithm: algorithm,
            signature: self.sign(wanted.signature, &message)?,
        };
        certificate.to_der().map_err(failed)
    }

    /// A request to an authority to certify the public half for the subject of a certificate
    /// (PKCS#10), in DER.
    ///
    /// # Errors
    ///
    /// As [`certify`](Self::certify).
    pub(crate) fn request(
        &self,
        certificate: &[u8],
        signature: SignatureAlgorithm,
    ) -> Result<Vec<u8>, PairError> {
        let failed = |_| PairError::Failed;
        let info = CertReqInfo {
            version: x509_cert::request::Version::V1,
            subject: read(certificate)?.tbs_certificate.subject,
            public_key: self.public()?,
            attributes: Attributes::default(),
        };
        let message = info.to_der().map_err(failed)?;
        let request = CertReq {
            info,
            algorithm: signature.identifier(),
            signature: self.sign(signature, &message)?,
        };
        request.to_der().map_err(failed)
    }
}

/// The digest that a curve's signatures are over in the library.
fn own_digest(curve: &EcdsaSigningAlgorithm) -> &'static digest::Algorithm {
    if *curve == ECDSA_P256_SHA256_ASN1_SIGNING {
        &digest::SHA256
    } else if *curve == ECDSA_P384_SHA384_ASN1_SIGNING {
        &digest::SHA384
    } else {
        &digest::SHA512
    }
}

/// A digest as one of another length that ECDSA reads as the same number: the leftmost bits count,
/// as many as the curve has (FIPS 186-5 §6.4.1).
fn in_place_of(
    digest: &Digest,
    algorithm: &'static digest::Algorithm,
) -> Result<Digest, PairError> {
    let (bytes, length) = (digest.as_ref(), algorithm.output_len());
    let padding = vec![0; length.saturating_sub(bytes.len())];
    let same: Vec<u8> = padding.iter().chain(bytes).copied().take(length).collect();
    Digest::import_less_safe(&same, algorithm).map_err(|_| PairError::Failed)
}

/// What a certificate is to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateContents<'a> {
    pub(crate) subject: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) serial: u64,
    pub(crate) starts_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) signature: SignatureAlgorithm,
    /// Where the issuer's list of revoked certificates is.
    pub(crate) revocation_list: Option<&'a str>,
}

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

fn read(certificate: &[u8]) -> Result<Certificate, PairError> {
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
fn decimal(bytes: &[u8]) -> String {
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
fn name(text: &str) -> Result<Name, PairError> {
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
fn time(at: Timestamp) -> Result<Time, PairError> {
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
fn revocation_list(address: &str) -> Result<x509_cert::ext::Extension, PairError> {
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

/// A private key with its certificates, its own first.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) pair: Pair,
    pub(crate) chain: Vec<Vec<u8>>,
}

impl Identity {
    fn new(pair: Pair, chain: Vec<Vec<u8>>) -> Result<Self, PairError> {
        match chain.first() {
            Some(own) if chain.len() <= LONGEST_CHAIN && pair.fits(own)? => {
                Ok(Self { pair, chain })
            }
            _ => Err(PairError::Unreadable),
        }
    }

    /// Reads the private key of a file and its certificates: PKCS#12, or PEM with both.
    ///
    /// # Errors
    ///
    /// [`PairError::Unreadable`] for anything else and for a wrong password,
    /// [`PairError::Unsupported`] for another kind of key, [`PairError::TooManyIterations`] when
    /// the file says that its password is to be stretched for longer than anybody waits.
    pub(crate) fn read(file: &[u8], password: &str) -> Result<Self, PairError> {
        if file.trim_ascii_start().starts_with(b"-----BEGIN") {
            return Self::from_pem(file);
        }
        if iterations(file, DEEPEST) > MOST_ITERATIONS {
            return Err(PairError::TooManyIterations);
        }
        let store = KeyStore::from_pkcs12(file, password).map_err(|_| PairError::Unreadable)?;
        let (_, found) = store.private_key_chain().ok_or(PairError::Unreadable)?;
        let chain = found.chain().iter().map(|one| one.as_der().to_vec());
        Self::new(Pair::from_pkcs8(found.key())?, chain.collect())
    }

    /// Reads PEM that holds a private key (PKCS#8) and its certificates.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn from_pem(file: &[u8]) -> Result<Self, PairError> {
        let text = std::str::from_utf8(file).map_err(|_| PairError::Unreadable)?;
        let (mut pair, mut chain) = (None, Vec::new());
        for block in blocks(text) {
            let (label, der) =
                pem::decode_vec(block.as_bytes()).map_err(|_| PairError::Unreadable)?;
            let der = Zeroizing::new(der);
            match label {
                "PRIVATE KEY" => pair = Some(Pair::from_pkcs8(&der)?),
                "CERTIFICATE" => chain.push(der.to_vec()),
                _ => return Err(PairError::Unsupported),
            }
        }
        Self::new(pair.ok_or(PairError::Unreadable)?, chain)
    }

    /// A PKCS#12 file that a password opens.
    ///
    /// # Errors
    ///
    /// [`PairError::Failed`] when it cannot be encoded.
    pub(crate) fn to_pkcs12(&self, name: &str, password: &str) -> Result<Vec<u8>, PairError> {
        let failed = |_| PairError::Failed;
        let chain = self
            .chain
            .iter()
            .map(|one| p12_keystore::Certificate::from_der(one));
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(failed)?;
        let mut store = KeyStore::new();
        let entry = PrivateKeyChain::new(self.pair.pkcs8(), name.as_bytes(), chain);
        store.add_entry(name, KeyStoreEntry::PrivateKeyChain(entry));
        store.writer(password).write().map_err(failed)
    }
}

/// How often a PKCS#12 file has passwords hashed, as far as it tells before it is opened: the sum of
/// all counts, each of which follows its salt (RFC 7292 section 4 and appendix C, RFC 8018 appendix
/// A.2).
fn iterations(der: &[u8], deep: u32) -> u64 {
    let (Some(deeper), Ok(mut reader)) = (deep.checked_sub(1), SliceReader::new(der)) else {
        return 0;
    };
    let (mut sum, mut is_behind_salt) = (0_u64, false);
    while !reader.is_finished() {
        // What is no DER is refused where it is read, or is a salt or a ciphertext.
        let Ok(value) = AnyRef::decode(&mut reader) else {
            break;
        };
        let count = match value.tag() {
            Tag::Integer if is_behind_salt => whole(value.value()),
            Tag::ContextSpecific { .. } | Tag::OctetString | Tag::Sequence | Tag::Set => {
                iterations(value.value(), deeper)
            }
            _ => 0,
        };
        sum = sum.saturating_add(count);
        is_behind_salt = value.tag() == Tag::OctetString;
    }
    sum
}

/// A whole number in as many bytes as it takes; what needs more than eight is as large as can be.
fn whole(bytes: &[u8]) -> u64 {
    let significant = bytes.iter().skip_while(|byte| **byte == 0);
    if significant.clone().count() > 8 {
        return u64::MAX;
    }
    significant.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// The blocks of a PEM file, each with its own lines around it.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    const END: &str = "-----END ";
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = rest.get(rest.find("-----BEGIN ")?..)?;
        let end = begin.find(END)?;
        let dashes = begin.get(end + END.len()..)?.find("-----")?;
        let length = end + END.len() + dashes + 5;
        rest = begin.get(length..)?;
        begin.get(..length)
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P521_SHA512_ASN1,
        RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
    };

    use super::*;

    fn wanted(signature: SignatureAlgorithm) -> CertificateContents<'static> {
        CertificateContents {
            subject: r"CN=Jo\, the first, O=Example, L=, C=GB",
            issuer: "CN=Authority, C=GB",
            serial: 1_662_023_413_215,
            starts_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            expires_at: "2051-01-01T00:00:00Z".parse().unwrap(),
            signature,
            revocation_list: Some("http://example.com/list.crl"),
        }
    }

    /// Each hash beside each curve: shorter ones, longer ones and those of its own length.
    #[test]
    fn certificates_are_signed_as_they_say() {
        let cases: [(
            Algorithm,
            u32,
            SignatureAlgorithm,
            &'static dyn VerificationAlgorithm,
        ); 4] = [
            (
                Algorithm::Ec,
                256,
                SignatureAlgorithm::EcdsaSha384,
                &ECDSA_P256_SHA384_ASN1,
            ),
            (
                Algorithm::Ec,
                384,
                SignatureAlgorithm::EcdsaSha256,
                &ECDSA_P384_SHA256_ASN1,
            ),
            (
                Algorithm::Ec,
                521,
                SignatureAlgorithm::EcdsaSha512,
                &ECDSA_P521_SHA512_ASN1,
            ),
            (
                Algorithm::Rsa,
                2048,
                SignatureAlgorithm::RsaSha512,
                &RSA_PKCS1_2048_8192_SHA512,
            ),
        ];
        for (algorithm, length, signature, verification) in cases {
            let pair = Pair::generate(algorithm, length).unwrap();
            let der = pair.certify(&wanted(signature)).unwrap();
            let certificate = read(&der).unwrap();
            let message = certificate.tbs_certificate.to_der().unwrap();
            let key = certificate.tbs_certificate.subject_public_key_info;
            UnparsedPublicKey::new(verification, key.subject_public_key.raw_bytes())
                .verify(&message, certificate.signature.raw_bytes())
                .unwrap();
            let facts = Facts::of(&der).unwrap();
            assert_eq!((facts.algorithm, facts.key_length), (algorithm, length));
            assert_eq!(
                (facts.signature, facts.serial.as_str()),
                (signature, "1662023413215")
            );
            assert_eq!(facts.expires_at, wanted(signature).expires_at);
            assert_eq!(Facts::part(&facts.issuer, "CN"), Some("Authority"));
            assert!(pair.fits(&der).unwrap());
        }
    }

    #[test]
    fn a_key_goes_through_pkcs12_and_opens_with_its_password_alone() {
        let pair = Pair::generate(Algorithm::Ec, 256).unwrap();
        let chain = vec![
            pair.certify(&wanted(SignatureAlgorithm::EcdsaSha256))
                .unwrap(),
        ];
        let pkcs8 = pair.pkcs8().to_vec();
        let identity = Identity::new(pair, chain.clone()).unwrap();
        let file = identity.to_pkcs12("Jo", "correct horse").unwrap();
        let read = Identity::read(&file, "correct horse").unwrap();
        assert_eq!(read.chain, chain);
        assert!(read.pair.fits(&chain[0]).unwrap());
        assert_eq!(Pair::from_pkcs8(&pkcs8).unwrap().pkcs8(), pkcs8);
        assert_eq!(
            Identity::read(&file, "wrong").unwrap_err(),
            PairError::Unreadable
        );
    }

    #[test]
    fn a_file_that_wants_too_much_work_is_refused_before_it_is_done() {
        let pair = Pair::generate(Algorithm::Ec, 256).unwrap();
        let wanted = wanted(SignatureAlgorithm::EcdsaSha256);
        let chain = vec![pair.certify(&wanted).unwrap()];
        let identity = Identity::new(pair, chain).unwrap();
        let file = identity.to_pkcs12("Jo", "correct horse").unwrap();
        // Its writer has three parts of 10,000: certificates, key, and the code over both.
        assert_eq!(iterations(&file, DEEPEST), 30_000);
        let huge = [
            0x30, 0x0a, 0x04, 0x01, 0x73, 0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff,
        ];
        let nested: Vec<u8> = [&[0x04, 0x0c][..], &huge].concat();
        for file in [&huge[..], &nested] {
            let refused = Identity::read(file, "").unwrap_err();
            assert_eq!(refused, PairError::TooManyIterations);
        }
    }

    #[test]
    fn certificates_go_through_pkcs7_and_pem() {
        let pair = Pair::generate(Algorithm::Ec, 384).unwrap();
        let chain = vec![
            pair.certify(&wanted(SignatureAlgorithm::EcdsaSha384))
                .unwrap(),
        ];
        assert_eq!(certificates(&to_pkcs7(&chain).unwrap()).unwrap(), chain);
        assert_eq!(
            certificates(to_pem(&chain).unwrap().as_bytes()).unwrap(),
            chain
        );
        assert_eq!(certificates(&chain[0]).unwrap(), chain);
        assert_eq!(
            certificates(b"nonsense").unwrap_err(),
            PairError::Unreadable
        );
    }

    #[test]
    fn serial_numbers_of_any_length_are_written_in_decimal() {
        assert_eq!(decimal(&[0]), "0");
        assert_eq!(decimal(&[1, 0]), "256");
        assert_eq!(decimal(&[0xff; 16]), u128::MAX.to_string());
    }

    #[test]
    fn what_is_no_distinguished_name_is_none() {
        for text in ["", "Jo", "CN", "=x"] {
            assert!(!is_name(text), "{text}");
        }
        assert!(is_name("CN=Jo, L=, C=GB"));
    }
}
