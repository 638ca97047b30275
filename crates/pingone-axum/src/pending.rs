//! Sign-ons that were begun and not yet answered.
//!
//! They lie in the session of the browser that began them, each under its `state`. Taking one out
//! is the only way to read it, so state, nonce and verifier serve once.

use jiff::{SignedDuration, Timestamp};
use pingone::auth::PendingAuthorization;
use protocol::secret::is_equal;
use serde::{Deserialize, Serialize};

use crate::ReturnTo;

/// So many tabs may sign on at the same time; then the oldest has to begin again.
pub(crate) const MOST_PENDING: usize = 8;

/// A person may look for a password or wait for a mail in between.
const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// One sign-on on its way.
#[derive(Serialize, Deserialize)]
pub(crate) struct PendingSignOn {
    pub(crate) authorization: PendingAuthorization,
    pub(crate) return_to: ReturnTo,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(crate) began_at: Timestamp,
}

impl PendingSignOn {
    fn is_expired(&self, now: Timestamp) -> bool {
        self.began_at
            .saturating_add(LIFETIME)
            .is_ok_and(|end| end <= now)
    }
}

/// The sign-ons that one browser has begun, the oldest first.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PendingSignOns(Vec<PendingSignOn>);

/// What the browser's session knows about a `state`.
pub(crate) enum Taken {
    /// It was begun here; this is its one use.
    Once(Box<PendingSignOn>),
    /// It was begun here, too long ago, to come back to this page.
    Expired(ReturnTo),
    /// It was not begun in this browser, or was used before.
    Unknown,
}

impl PendingSignOns {
    /// Adds a sign-on, and drops expired ones and those beyond the bound.
    pub(crate) fn add(&mut self, pending: PendingSignOn, now: Timestamp) {
        self.0.retain(|pending| !pending.is_expired(now));
        let surplus = (self.0.len() + 1).saturating_sub(MOST_PENDING);
        self.0.drain(..surplus);
        self.0.push(pending);
    }

    /// Takes out the sign-on with this `state`.
    pub(crate) fn take(&mut self, state: &str, now: Timestamp) -> Taken {
        let is_it = |pending: &PendingSignOn| is_equal(pending.authorization.state(), state);
        let Some(index) = self.0.iter().position(is_it) else {
            return Taken::Unknown;
        };
        let pending = self.0.remove(index);
        if pending.is_expired(now) {
            Taken::Expired(pending.return_to)
        } else {
            Taken::Once(Box::new(pending))
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(state: &str, now: Timestamp) -> PendingSignOn {
        let authorization = serde_json::json!({
            "issuer": "https://op.example",
            "client_id": "app",
            "state": state,
            "nonce": "a nonce",
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "redirect_uri": "https://app.example/callback",
            "response_type": "code",
            "scopes": "openid",
            "max_age_seconds": null,
            "is_issuer_announced": false,
        });
        let authorization = serde_json::from_value(authorization).unwrap();
        PendingSignOn {
            authorization,
            return_to: ReturnTo::home(),
            began_at: now,
        }
    }

    #[test]
    fn a_state_serves_once() {
        let now = Timestamp::UNIX_EPOCH;
        let mut all = PendingSignOns::default();
        all.add(begin("a", now), now);
        assert!(matches!(all.take("a", now), Taken::Once(_)));
        assert!(matches!(all.take("a", now), Taken::Unknown));
    }

    #[test]
    fn tabs_do_not_disturb_each_other_up_to_the_bound() {
        let now = Timestamp::UNIX_EPOCH;
        let mut all = PendingSignOns::default();
        for n in 0..=MOST_PENDING {
            all.add(begin(&n.to_string(), now), now);
        }
        assert!(
            matches!(all.take("0", now), Taken::Unknown),
            "the oldest was dropped"
        );
        for n in (1..=MOST_PENDING).rev() {
            assert!(matches!(all.take(&n.to_string(), now), Taken::Once(_)));
        }
        assert!(all.is_empty());
    }

    #[test]
    fn a_sign_on_expires_at_the_edge_of_its_lifetime() {
        let now = Timestamp::UNIX_EPOCH;
        for (later, is_good) in [
            (LIFETIME - SignedDuration::from_secs(1), true),
            (LIFETIME, false),
        ] {
            let mut all = PendingSignOns::default();
            all.add(begin("a", now), now);
            let taken = all.take("a", now + later);
            assert_eq!(matches!(taken, Taken::Once(_)), is_good);
            assert_eq!(matches!(taken, Taken::Expired(_)), !is_good);
        }
    }
}
