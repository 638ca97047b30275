//! The environment's time, for clients in the test's own process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// What the environment says of its clock.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Shown {
    pub(crate) now: Timestamp,
    pub(crate) frozen: bool,
}

/// A clock that shows what the environment's showed when it was last asked or moved.
#[derive(Debug, Default)]
pub(crate) struct Follower(Mutex<Standing>);

#[derive(Clone, Copy, Debug)]
enum Standing {
    /// It goes, so much ahead of the system's.
    Ahead(SignedDuration),
    Still(Timestamp),
}

impl Default for Standing {
    fn default() -> Self {
        Self::Ahead(SignedDuration::ZERO)
    }
}

impl Follower {
    pub(crate) fn follow(&self, shown: Shown, system: Timestamp) {
        *self.lock() = if shown.frozen {
            Standing::Still(shown.now)
        } else {
            Standing::Ahead(shown.now.duration_since(system))
        };
    }

    pub(crate) fn now(&self, system: Timestamp) -> Timestamp {
        match *self.lock() {
            Standing::Ahead(by) => system.saturating_add(by).unwrap_or(system),
            Standing::Still(at) => at,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment's clock is told as its distance from the system's"
)]
pub(crate) fn system() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_goes_ahead_or_stands_still_as_the_clock_does() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let follower = Follower::default();
        assert_eq!(follower.now(at(100)), at(100));
        let ahead = Shown {
            now: at(3_700),
            frozen: false,
        };
        follower.follow(ahead, at(100));
        assert_eq!(follower.now(at(105)), at(3_705));
        let still = Shown {
            now: at(50),
            frozen: true,
        };
        follower.follow(still, at(106));
        assert_eq!(follower.now(at(200)), at(50));
    }
}
