//! What mails and webhooks have in common: a job that takes what is due from a table until it is
//! told to stop, and pauses between tries that grow.

use std::future::Future;
use std::time::Duration;

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// Takes one thing after the other until `stop` completes: at once while there is more, else when
/// somebody says so or `period` is over.
///
/// `take` says whether it found something.
pub(crate) async fn run<T, F>(
    what: &'static str,
    (arrived, period): (&Notify, Duration),
    stop: impl Future<Output = ()> + Send,
    mut take: T,
) where
    T: FnMut() -> F + Send,
    F: Future<Output = Result<bool, StoreError>> + Send,
{
    let mut stop = std::pin::pin!(stop);
    loop {
        let has_more = match take().await {
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
