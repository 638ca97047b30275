//! Key pairs and certificates that the management API makes, reads and hands out: X.509 (RFC 5280),
//! PKCS#10 (RFC 2986), PKCS#7 (RFC 5652) and PKCS#12 (RFC 7292).

mod certificates;
mod chains;
mod identities;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RsaKeyPair,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_cert::attr::Attributes;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::der::asn1::{BitString, ObjectIdentifier};
use x509_cert::der::{Any, Decode as _, Encode as _};
use x509_cert::request::{CertReq, CertReqInfo};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Validity;
use zeroize::Zeroizing;

use self::certificates::{name, read, revocation_list, time};

pub(crate) use self::certificates::{Facts, is_name};
pub(crate) use self::chains::{certificates, request_to_pem, to_pem, to_pkcs7};
pub(crate) use self::identities::Identity;

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

#[cfg(test)]
mod tests;
