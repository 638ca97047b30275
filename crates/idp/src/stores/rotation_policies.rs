//! What of key rotation policies counts where tokens are signed; `configuration` says what may be
//! written, and rotates them.

use db::StoreError;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::configuration::Document;
use super::key_pairs::Material;
use super::record::{Events, events};

/// The days of a rotation period, where a policy does not say.
pub(crate) const USUAL_ROTATION: u32 = 90;

/// A key rotation policy, as far as it counts here. It is only read.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rotation {
    name: String,
    #[serde(rename = "rotationPeriod")]
    period: Option<u32>,
    keys: Option<Keys>,
}

/// The key in use, the one that follows, and those of before, the oldest first.
#[derive(Clone, Serialize, Deserialize)]
struct Keys {
    current: Key,
    next: Key,
    #[serde(default)]
    previous: Vec<Key>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Key {
    id: Uuid,
    material: Material,
}

/// How a key of a policy takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It signs.
    Current,
    /// It signs next.
    Next,
    /// It has signed.
    Previous,
}

/// A key of a policy.
pub(crate) struct PolicyKey {
    /// Its name in tokens.
    pub(crate) id: Uuid,
    /// How it takes part.
    pub(crate) part: Part,
    /// The private key.
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    /// The certificate over it, in DER.
    pub(crate) certificate: Vec<u8>,
}

impl Document for Rotation {
    const EVENTS: Events = events!("KRP");
    const SECRETS: &'static [&'static str] = &["/keys"];

    fn name(&self) -> &str {
        &self.name
    }
}

impl Rotation {
    /// How long a key signs before the next one takes over.
    pub(crate) fn period(&self) -> SignedDuration {
        days(self.period)
    }

    /// Its keys, the oldest first; the default policy has none of its own.
    ///
    /// # Errors
    ///
    /// When what is stored is not what was written.
    pub(crate) fn keys(&self) -> Result<Vec<PolicyKey>, StoreError> {
        let Some(keys) = &self.keys else {
            return Ok(Vec::new());
        };
        let previous = keys.previous.iter().map(|key| (Part::Previous, key));
        let present = [(Part::Current, &keys.current), (Part::Next, &keys.next)];
        let all = previous.chain(present);
        all.map(|(part, key)| {
            let mut chain = key.material.chain()?.into_iter();
            Ok(PolicyKey {
                id: key.id,
                part,
                pkcs8: key.material.private_key()?,
                certificate: chain.next().unwrap_or_default(),
            })
        })
        .collect()
    }
}

/// A rotation period.
pub(crate) fn days(period: Option<u32>) -> SignedDuration {
    SignedDuration::from_hours(i64::from(period.unwrap_or(USUAL_ROTATION)) * 24)
}
