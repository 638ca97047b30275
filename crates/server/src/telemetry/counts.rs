//! What becomes of one signal's records: how many wait, were taken, and are lost.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Counts one signal's records, and lets no more wait than there is room for.
#[derive(Debug)]
pub(super) struct Counts {
    signal: &'static str,
    room: usize,
    /// In the queue, or being sent.
    waiting: AtomicUsize,
    sent: AtomicU64,
    rejected: AtomicU64,
    lost: AtomicU64,
    /// What did not fit into the queue, until somebody says so.
    unsaid: AtomicU64,
    is_losing: AtomicBool,
    is_failing: AtomicBool,
    is_over: AtomicBool,
}

/// What became of one signal's records until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TelemetryNumbers {
    /// `traces` or `logs`.
    pub(crate) signal: &'static str,
    /// Taken by the collector.
    pub(crate) sent: u64,
    /// Read by the collector, and not taken.
    pub(crate) rejected: u64,
    /// Never sent, or not known to have come there.
    pub(crate) lost: u64,
    /// Not yet sent.
    pub(crate) waiting: usize,
}

impl Counts {
    pub(super) fn new(signal: &'static str, room: usize) -> Self {
        Self {
            signal,
            room,
            waiting: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            unsaid: AtomicU64::new(0),
            is_losing: AtomicBool::new(false),
            is_failing: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        }
    }

    /// Whether there is room for another; otherwise it is lost. Says nothing: whoever asks is in the
    /// middle of logging.
    pub(super) fn admit(&self) -> bool {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting < self.room && !self.is_over.load(Ordering::Relaxed) {
            return true;
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.lost.fetch_add(1, Ordering::Relaxed);
        self.unsaid.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// Says once that what does not fit is lost, until everything fits again.
    fn say_what_did_not_fit(&self) {
        let is_losing = self.unsaid.swap(0, Ordering::Relaxed) > 0;
        if is_losing && !self.is_losing.swap(is_losing, Ordering::Relaxed) {
            tracing::warn!(
                signal = self.signal,
                "more is to be sent to the OpenTelemetry collector than it takes: what does not fit \
                 into the queue is lost there"
            );
        }
        self.is_losing.store(is_losing, Ordering::Relaxed);
    }

    /// Of so many that were sent, the collector did not want some.
    pub(super) fn taken(&self, number: usize, rejected: u64) {
        let sent = whole(number).saturating_sub(rejected);
        self.sent.fetch_add(sent, Ordering::Relaxed);
        self.rejected.fetch_add(rejected, Ordering::Relaxed);
        self.waiting.fetch_sub(number, Ordering::Relaxed);
        self.say_what_did_not_fit();
        if rejected > 0 {
            if !self.is_failing.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    signal = self.signal,
                    rejected,
                    "the OpenTelemetry collector does not want all that it is sent"
                );
            }
        } else if self.is_failing.swap(false, Ordering::Relaxed) {
            let lost = self.lost.load(Ordering::Relaxed);
            let signal = self.signal;
            tracing::info!(
                signal,
                lost,
                "the OpenTelemetry collector takes everything again"
            );
        }
    }

    /// So many are lost for this reason, which is said when it is the first of several.
    pub(super) fn failed(&self, number: usize, why: &str) {
        self.lost.fetch_add(whole(number), Ordering::Relaxed);
        self.waiting.fetch_sub(number, Ordering::Relaxed);
        self.say_what_did_not_fit();
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                signal = self.signal,
                why,
                "the OpenTelemetry collector takes nothing (setting telemetry.otlp_endpoint): what \
                 is meant for it is lost there until it does"
            );
        }
    }

    /// Nothing is sent any more: what waits is lost.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        let left = self.waiting.load(Ordering::Relaxed);
        if left > 0 {
            tracing::warn!(
                signal = self.signal,
                left,
                "not everything was sent to the OpenTelemetry collector before the end"
            );
        }
    }

    pub(super) fn numbers(&self) -> TelemetryNumbers {
        TelemetryNumbers {
            signal: self.signal,
            sent: self.sent.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_what_was_sent_makes_room() {
        let counts = Counts::new("traces", 2);
        assert!(counts.admit() && counts.admit());
        assert!(!counts.admit());
        counts.taken(1, 0);
        assert!(counts.admit());
        counts.failed(1, "nobody is there");
        counts.taken(1, 1);
        let expected = TelemetryNumbers {
            signal: "traces",
            sent: 1,
            rejected: 1,
            lost: 2,
            waiting: 0,
        };
        assert_eq!(counts.numbers(), expected);
    }
}
