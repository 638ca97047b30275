//! A clock that a running program lets somebody adjust.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Clock;

/// From the beginning of the year 2000 …
const EARLIEST: i64 = 946_684_800;
/// … to that of 2200: far enough from both ends of the calendar that what lives for years after
/// `now` has a date.
const LATEST: i64 = 7_258_118_400;

/// Another clock, shifted or stopped.
///
/// ```
/// use std::sync::Arc;
///
/// use jiff::{SignedDuration, Timestamp};
/// use platform::{AdjustableClock, Clock, SystemClock};
///
/// let clock = AdjustableClock::new(Arc::new(SystemClock));
/// let stopped_at = clock.freeze();
/// assert_eq!(clock.now(), stopped_at);
/// clock.advance(SignedDuration::from_hours(1))?;
/// assert_eq!(clock.now(), stopped_at + SignedDuration::from_hours(1));
/// clock.begin_again();
/// assert!(!clock.is_frozen());
/// # Ok::<(), platform::OutOfRange>(())
/// ```
#[derive(Debug)]
pub struct AdjustableClock {
    beneath: Arc<dyn Clock>,
    start: Shows,
    shows: Mutex<Shows>,
}

/// What the clock shows.
#[derive(Clone, Copy, Debug)]
enum Shows {
    /// The clock beneath, and so much more.
    Shifted(SignedDuration),
    /// Always this.
    Frozen(Timestamp),
}

/// A time that the clock cannot be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock can be set to a time from 2000-01-01 to 2200-01-01 (UTC)")]
pub struct OutOfRange;

impl AdjustableClock {
    /// Shows what `beneath` shows, until it is adjusted.
    pub fn new(beneath: Arc<dyn Clock>) -> Self {
        Self::starting(beneath, Shows::Shifted(SignedDuration::ZERO))
    }

    /// Stands still at `at`, to the millisecond, from the beginning.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] for a time that it cannot be set to.
    pub fn frozen_at(beneath: Arc<dyn Clock>, at: Timestamp) -> Result<Self, OutOfRange> {
        Ok(Self::starting(beneath, Shows::Frozen(checked(at)?)))
    }

    fn starting(beneath: Arc<dyn Clock>, start: Shows) -> Self {
        Self {
            beneath,
            start,
            shows: Mutex::new(start),
        }
    }

    /// Stops where it is, and says where.
    pub fn freeze(&self) -> Timestamp {
        self.adjust(|now, _| checked(now).map(Shows::Frozen))
            .unwrap_or_else(|OutOfRange| self.now())
    }

    /// Goes on from what it shows.
    pub fn thaw(&self) -> Timestamp {
        let beneath = self.beneath.now();
        self.adjust(|now, _| Ok(Shows::Shifted(now.duration_since(beneath))))
            .unwrap_or_else(|OutOfRange| self.now())
    }

    /// Shows `to`, to the millisecond; stands still or goes on from there, as before.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`], and the clock is as it was.
    pub fn set(&self, to: Timestamp) -> Result<Timestamp, OutOfRange> {
        let beneath = self.beneath.now();
        self.adjust(|_, shows| {
            let to = checked(to)?;
            Ok(match shows {
                Shows::Frozen(_) => Shows::Frozen(to),
                Shows::Shifted(_) => Shows::Shifted(to.duration_since(beneath)),
            })
        })
    }

    /// Moves forward, or back when `by` is negative; stands still or goes on from there, as before.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`], and the clock is as it was.
    pub fn advance(&self, by: SignedDuration) -> Result<Timestamp, OutOfRange> {
        self.adjust(|now, shows| {
            let to = checked(now.checked_add(by).map_err(|_| OutOfRange)?)?;
            Ok(match shows {
                Shows::Frozen(_) => Shows::Frozen(to),
                Shows::Shifted(shift) => Shows::Shifted(shift.checked_add(by).ok_or(OutOfRange)?),
            })
        })
    }

    /// Is again as it was in the beginning.
    pub fn begin_again(&self) {
        *self.shows.lock().unwrap_or_else(PoisonError::into_inner) = self.start;
    }

    /// Whether it stands still.
    pub fn is_frozen(&self) -> bool {
        let shows = self.shows.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*shows, Shows::Frozen(_))
    }

    fn adjust(
        &self,
        change: impl FnOnce(Timestamp, Shows) -> Result<Shows, OutOfRange>,
    ) -> Result<Timestamp, OutOfRange> {
        let mut shows = self.shows.lock().unwrap_or_else(PoisonError::into_inner);
        *shows = change(self.show(*shows), *shows)?;
        Ok(self.show(*shows))
    }

    fn show(&self, shows: Shows) -> Timestamp {
        match shows {
            Shows::Frozen(at) => at,
            Shows::Shifted(by) => self.beneath.now().saturating_add(by).unwrap_or_default(),
        }
    }
}

impl Clock for AdjustableClock {
    fn now(&self) -> Timestamp {
        let shows = *self.shows.lock().unwrap_or_else(PoisonError::into_inner);
        self.show(shows)
    }
}

/// To the millisecond, as instants are stored.
fn checked(at: Timestamp) -> Result<Timestamp, OutOfRange> {
    if !(EARLIEST..LATEST).contains(&at.as_second()) {
        return Err(OutOfRange);
    }
    Timestamp::from_millisecond(at.as_millisecond()).map_err(|_| OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::super::FrozenClock;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_thawed_clock_goes_on_from_what_it_showed() {
        let beneath = Arc::new(FrozenClock::new(at("2026-01-05T10:00:00Z")));
        let clock = AdjustableClock::new(Arc::clone(&beneath) as Arc<dyn Clock>);
        clock.freeze();
        beneath.advance(SignedDuration::from_mins(5));
        assert_eq!(clock.now(), at("2026-01-05T10:00:00Z"));
        clock.set(at("2030-06-01T00:00:00Z")).unwrap();
        assert_eq!(clock.thaw(), at("2030-06-01T00:00:00Z"));
        beneath.advance(SignedDuration::from_secs(2));
        assert_eq!(clock.now(), at("2030-06-01T00:00:02Z"));
        clock.begin_again();
        assert_eq!(clock.now(), at("2026-01-05T10:05:02Z"));
    }

    #[test]
    fn a_frozen_start_is_gone_back_to() {
        let beneath = Arc::new(FrozenClock::new(at("2026-01-05T10:00:00Z")));
        let start = at("2020-02-02T02:02:02Z");
        let clock = AdjustableClock::frozen_at(beneath, start).unwrap();
        clock.thaw();
        clock.advance(SignedDuration::from_secs(-5)).unwrap();
        clock.begin_again();
        assert!(clock.is_frozen());
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn a_time_beyond_the_calendar_changes_nothing() {
        let start = at("2026-01-05T10:00:00Z");
        let clock = AdjustableClock::new(Arc::new(FrozenClock::new(start)));
        assert_eq!(clock.set(at("1999-12-31T23:59:59Z")), Err(OutOfRange));
        assert_eq!(clock.advance(SignedDuration::MAX), Err(OutOfRange));
        clock.freeze();
        assert_eq!(clock.advance(SignedDuration::MIN), Err(OutOfRange));
        assert_eq!(clock.now(), start);
    }
}
