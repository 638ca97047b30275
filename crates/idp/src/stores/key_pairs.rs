//! Key pairs of environments, for who presents one. Keys are made and changed by the management API.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::configuration::Document;
use super::record::{Events, events};

/// A key, as far as it is presented. It is only read.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeyPair {
    name: String,
    material: Material,
}

/// The private half and the certificates, each in Base64, the own one first.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    private_key: Option<String>,
    chain: Vec<String>,
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
    pub(crate) fn pem(&self) -> Zeroizing<String> {
        let private = self
            .material
            .private_key
            .iter()
            .map(|key| ("PRIVATE KEY", key));
        let parts = private.chain(self.material.chain.iter().map(|one| ("CERTIFICATE", one)));
        let each = parts.map(|(label, content)| {
            Zeroizing::new(format!(
                "-----BEGIN {label}-----\n{content}\n-----END {label}-----\n"
            ))
        });
        let each: Vec<_> = each.collect();
        let mut whole = String::with_capacity(each.iter().map(|part| part.len()).sum());
        for part in &each {
            whole.push_str(part);
        }
        Zeroizing::new(whole)
    }
}
