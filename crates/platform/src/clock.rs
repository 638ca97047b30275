//! Time, passed in, so that tests move it.

mod adjustable;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

pub use adjustable::{AdjustableClock, OutOfRange};

/// Tells the time.
///
/// Handlers and jobs read it once and pass `now` on; functions that decide something take `now`.
pub trait Clock: Debug + Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved.
///
/// ```
/// use jiff::{SignedDuration, Timestamp};
/// use platform::{Clock, FrozenClock};
///
/// let start: Timestamp = "2026-01-05T10:00:00Z".parse()?;
/// let clock = FrozenClock::new(start);
/// clock.advance(SignedDuration::from_secs(90));
/// assert_eq!(clock.now(), "2026-01-05T10:01:30Z".parse()?);
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug)]
pub struct FrozenClock {
    milliseconds: AtomicI64,
}

impl FrozenClock {
    /// A clock that shows `now`, to the millisecond.
    pub fn new(now: Timestamp) -> Self {
        Self {
            milliseconds: AtomicI64::new(now.as_millisecond()),
        }
    }

    /// Moves the clock forward, or back when `by` is negative.
    pub fn advance(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.milliseconds.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        self.milliseconds
            .store(now.as_millisecond(), Ordering::SeqCst);
    }
}

impl Clock for FrozenClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.milliseconds.load(Ordering::SeqCst))
            .unwrap_or(Timestamp::MAX)
    }
}

/// A clock as a function, for libraries that take the time as one.
pub fn as_function<C>(clock: Arc<C>) -> impl Fn() -> Timestamp + Send + Sync + 'static
where
    C: Clock + ?Sized + 'static,
{
    move || clock.now()
}

/// Whether something that is good until `expires_at` is over at `now`.
///
/// An instant of expiry is already too late.
pub fn is_expired(expires_at: Timestamp, now: Timestamp) -> bool {
    expires_at <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_expiry_is_too_late() {
        let at: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        assert!(is_expired(at, at));
        assert!(!is_expired(at, at - SignedDuration::from_millis(1)));
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let start: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let clock = FrozenClock::new(start);
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_secs(-1));
        assert_eq!(clock.now(), start - SignedDuration::from_secs(1));
    }
}
