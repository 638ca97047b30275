//! What mails and webhooks have in common: a job that takes what is due from a table until it is
//! told to stop, and pauses between tries that grow.

use std::future::Future;
use std::time::Duration;

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use platform::Clock;
use tokio::sync::Notify;
use web::{Count, Job};

/// What became of what was taken from an outbox.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    /// The other side took it.
    pub(crate) delivered: Count,
    /// It did not, and never will.
    pub(crate) given_up: Count,
    /// It did not, and is asked again.
    pub(crate) put_off: Count,
}

impl Deliveries {
    /// How many there were of each.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 3] {
        [
            ("delivered", self.delivered.get()),
            ("given_up", self.given_up.get()),
            ("put_off", self.put_off.get()),
        ]
    }
}

/// Takes one thing after the other until `stop` completes: at once while there is more, else when
/// somebody says so or `period` is over.
///
/// `take` says whether it found something.
pub(crate) async fn run<T, F>(
    what: &'static str,
    (arrived, period): (&Notify, Duration),
    (job, clock): (&Job, &dyn Clock),
    stop: impl Future<Output = ()> + Send,
    mut take: T,
) where
    T: FnMut() -> F + Send,
    F: Future<Output = Result<bool, StoreError>> + Send,
{
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = take().await;
        job.ran(taken.is_ok(), clock.now());
        let has_more = match taken {
            Ok(has_more) => has_more,
            Err(error) => {
                let cause = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(
                    what,
                    cause,
                    "an outbox could not be read; it is tried again"
                );
                false
            }
        };
        let next = async {
            if !has_more {
                tokio::select! {
                    () = arrived.notified() => {}
                    () = tokio::time::sleep(period) => {}
                }
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = next => {}
        }
    }
}

/// The pauses between tries: each is twice the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    pub(crate) first: SignedDuration,
    pub(crate) longest: SignedDuration,
}

impl Pauses {
    /// When to try again after so many tries.
    pub(crate) fn next_attempt(self, attempts: i64, now: Timestamp) -> Timestamp {
        // More doublings than these are beyond the longest pause in any case.
        let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
        now + (self.first * 2_i32.pow(doublings)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_grow_apart_and_have_a_limit() {
        let now = Timestamp::UNIX_EPOCH;
        let pauses = Pauses {
            first: SignedDuration::from_secs(30),
            longest: SignedDuration::from_hours(4),
        };
        let after = |attempts| {
            let next = pauses.next_attempt(attempts, now);
            next.duration_since(now).as_secs()
        };
        assert_eq!([after(1), after(2), after(3)], [30, 60, 120]);
        assert_eq!(after(12), 4 * 60 * 60);
    }
}
