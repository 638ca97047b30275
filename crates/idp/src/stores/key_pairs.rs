//! Private keys with their certificates, as configuration objects keep them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::StoreError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_cert::der::pem::{self, LineEnding};
use zeroize::Zeroizing;

use super::configuration::Document;
use super::record::{Events, events};

/// The private half of a key and the certificates, each in Base64.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Material {
    private_key: Option<String>,
    /// The own one first.
    chain: Vec<String>,
}

impl Material {
    /// A private key in PKCS#8, and certificates in DER.
    pub(crate) fn new(private_key: Option<&[u8]>, chain: &[Vec<u8>]) -> Self {
        Self {
            private_key: private_key.map(|key| STANDARD.encode(key)),
            chain: chain.iter().map(|one| STANDARD.encode(one)).collect(),
        }
    }

    /// The private key in PKCS#8; nothing where there is none.
    ///
    /// # Errors
    ///
    /// When what is stored is not what was written.
    pub(crate) fn private_key(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        bytes(self.private_key.as_deref().unwrap_or_default()).map(Zeroizing::new)
    }

    /// The certificates in DER, the own one first.
    ///
    /// # Errors
    ///
    /// As [`private_key`](Self::private_key).
    pub(crate) fn chain(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.chain.iter().map(|one| bytes(one)).collect()
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, StoreError> {
    let bytes = STANDARD.decode(text);
    bytes.map_err(|_| StoreError::inconsistent("a key is not in Base64"))
}

/// A key, as far as it is presented. It is only read; the management API makes and changes keys.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeyPair {
    name: String,
    material: Material,
}

impl Document for KeyPair {
    const EVENTS: Events = events!("KEY");
    const SECRETS: &'static [&'static str] = &["/material"];

    fn name(&self) -> &str {
        &self.name
    }
}

impl KeyPair {
    /// The private half and the certificates, the own one first, as PEM.
    ///
    /// # Errors
    ///
    /// When what is stored is not what was written.
    pub(crate) fn pem(&self) -> Result<Zeroizing<String>, StoreError> {
        let mut parts = vec![encoded("PRIVATE KEY", &self.material.private_key()?)?];
        for certificate in self.material.chain()? {
            parts.push(encoded("CERTIFICATE", &certificate)?);
        }
        // As long as it will be: what grows leaves copies behind.
        let mut whole = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in &parts {
            whole.push_str(part);
        }
        Ok(Zeroizing::new(whole))
    }
}

fn encoded(label: &str, der: &[u8]) -> Result<Zeroizing<String>, StoreError> {
    let pem = pem::encode_string(label, LineEnding::LF, der);
    let pem = pem.map_err(|_| StoreError::inconsistent("a key cannot be written as PEM"));
    pem.map(Zeroizing::new)
}
