//! How long the end takes: one deadline for all that has to end, so that no patience adds up.
//!
//! Who waits for it kills after ten seconds: `docker stop`, and the helpers for tests.

use std::time::Duration;

use tokio::time::Instant;

/// The end, from when it was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    begun: Instant,
}

/// What ends, in its order. Each has what those before it leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What the portal answers, which may ask the environment.
    Portal,
    /// What all other ports answer.
    Requests,
    /// What goes on beside requests.
    Work,
    /// Entries that are to be written elsewhere as well.
    AuditLog,
    /// What blocks a thread, as looking a name up.
    Threads,
    /// What is to be sent to a collector, with the last lines of the log.
    Telemetry,
}

impl Part {
    /// How long after the beginning it is over at the latest.
    const fn latest(self) -> Duration {
        Duration::from_millis(match self {
            Self::Portal => 4000,
            Self::Requests => 6000,
            Self::Work => 7500,
            Self::AuditLog => 8000,
            Self::Threads => 8250,
            Self::Telemetry => 9000,
        })
    }
}

impl Ending {
    /// It begins now.
    pub(crate) fn begin() -> Self {
        Self {
            begun: Instant::now(),
        }
    }

    /// When this has to be over.
    pub(crate) fn until(self, part: Part) -> Instant {
        self.begun + part.latest()
    }

    /// How long this may still take.
    pub(crate) fn left(self, part: Part) -> Duration {
        self.until(part).saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_end_is_over_before_anybody_kills() {
        let ending = Ending::begin();
        let parts = [
            Part::Portal,
            Part::Requests,
            Part::Work,
            Part::AuditLog,
            Part::Threads,
            Part::Telemetry,
        ];
        for part in parts {
            let left = ending.left(part);
            assert!(!left.is_zero(), "{part:?} has nothing left");
            // It takes all it has.
            tokio::time::advance(left).await;
            assert!(ending.begun.elapsed() <= Duration::from_secs(9), "{part:?}");
        }
    }
}
