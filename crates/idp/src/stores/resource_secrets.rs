//! Secrets of resources, with which they ask about tokens that were issued for them.

use jiff::Timestamp;
use platform::clock::is_expired;
use protocol::secret::ClientSecret;
use serde::{Deserialize, Serialize};

use super::configuration::Document;
use super::record::{Events, events};

/// The secrets of a resource. Not to be printed: it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceSecrets {
    secret: String,
    previous: Option<Previous>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Previous {
    secret: String,
    #[serde(with = "protocol::pingone::date::Date")]
    expires_at: Timestamp,
}

impl Document for ResourceSecrets {
    const EVENTS: Events = events!("SECRET");
    const MOST: u32 = 1;
    const SECRETS: &'static [&'static str] = &["/secret", "/previous/secret"];

    fn name(&self) -> &'static str {
        ""
    }
}

impl ResourceSecrets {
    /// One secret.
    pub(crate) fn new(secret: &ClientSecret) -> Self {
        Self {
            secret: secret.expose().to_owned(),
            previous: None,
        }
    }

    /// The secret in force.
    pub(crate) fn present(&self) -> ClientSecret {
        ClientSecret::new(self.secret.as_str())
    }

    /// The one before it, while it still works, and until when.
    pub(crate) fn previous(&self, now: Timestamp) -> Option<(ClientSecret, Timestamp)> {
        let previous = self.previous.as_ref();
        let previous = previous.filter(|previous| !is_expired(previous.expires_at, now));
        previous.map(|one| (ClientSecret::new(one.secret.as_str()), one.expires_at))
    }

    /// With a new secret in force. The present one keeps working until `previous_until`, or stops at
    /// once; an older one stops at once.
    pub(crate) fn rotated(self, secret: &ClientSecret, previous_until: Option<Timestamp>) -> Self {
        Self {
            previous: previous_until.map(|expires_at| Previous {
                secret: self.secret,
                expires_at,
            }),
            ..Self::new(secret)
        }
    }

    /// With the secret in force alone.
    pub(crate) fn alone(self) -> Self {
        Self {
            previous: None,
            ..self
        }
    }

    /// Whether a secret is one of those that work at `now`; found out in a time that does not tell
    /// how near a wrong one was.
    pub(crate) fn matches(&self, secret: &ClientSecret, now: Timestamp) -> bool {
        let digest = secret.digest();
        let previous = self.previous(now).map(|(secret, _)| secret);
        let known = [Some(self.present()), previous];
        // All are compared, so that the time does not tell which one it was.
        let matching = known
            .iter()
            .flatten()
            .filter(|known| known.digest() == digest);
        matching.count() > 0
    }
}
