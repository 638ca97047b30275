//! Requests that one address may make, kept in this process and bounded in number.
//!
//! The limit per account is another thing: it belongs to the password and holds on every node.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use protocol::net::RemoteAddress;

use crate::settings;

/// More addresses than this are not remembered; those that have been quiet go first.
const MOST_ADDRESSES: usize = 50_000;

/// The limits of the hosted pages.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) sign_ons: Limit,
    pub(crate) registrations: Limit,
    pub(crate) recoveries: Limit,
}

impl Limits {
    pub(crate) fn new(settings: &settings::Limits) -> Self {
        const MINUTE: Duration = Duration::from_mins(1);
        const HOUR: Duration = Duration::from_hours(1);
        Self {
            sign_ons: Limit::new(settings.sign_ons_per_minute, MINUTE),
            registrations: Limit::new(settings.registrations_per_hour, HOUR),
            recoveries: Limit::new(settings.recoveries_per_hour, HOUR),
        }
    }
}

type Limiter = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, Moment, NoOpMiddleware<Nanos>>;

/// How often one address may do one thing.
#[derive(Debug)]
pub(crate) struct Limit {
    quota: Quota,
    now: Moment,
    limiter: RwLock<Arc<Limiter>>,
}

/// An address that did it too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) retry_after_seconds: u64,
}

impl Limit {
    fn new(times: u32, period: Duration) -> Self {
        let times = NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period / times.get())
            .unwrap_or_else(|| Quota::per_second(times))
            .allow_burst(times);
        let now = Moment::default();
        let limiter = RwLock::new(Arc::new(fresh(quota, &now)));
        Self {
            quota,
            now,
            limiter,
        }
    }

    /// Counts one time, unless it is one too many.
    pub(crate) fn take(&self, address: RemoteAddress, now: Timestamp) -> Result<(), Limited> {
        self.now.set(now);
        let limiter = self.limiter();
        if limiter.len() >= MOST_ADDRESSES {
            self.make_room(&limiter);
        }
        limiter.check_key(&address.network()).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.now.now());
            Limited {
                retry_after_seconds: wait.as_secs() + 1,
            }
        })
    }

    fn limiter(&self) -> Arc<Limiter> {
        Arc::clone(&self.limiter.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn make_room(&self, limiter: &Limiter) {
        limiter.retain_recent();
        if limiter.len() >= MOST_ADDRESSES {
            let mut current = self.limiter.write().unwrap_or_else(PoisonError::into_inner);
            *current = Arc::new(fresh(self.quota, &self.now));
        }
    }
}

fn fresh(quota: Quota, now: &Moment) -> Limiter {
    RateLimiter::new(quota, DashMapStateStore::default(), now.clone())
}

/// The instant of the request being limited, as the limiter's clock: time is passed in.
#[derive(Clone, Debug, Default)]
struct Moment(Arc<std::sync::atomic::AtomicU64>);

impl Moment {
    fn set(&self, now: Timestamp) {
        let nanoseconds = u64::try_from(now.as_nanosecond()).unwrap_or(0);
        self.0
            .store(nanoseconds, std::sync::atomic::Ordering::Relaxed);
    }
}

impl GovernorClock for Moment {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> RemoteAddress {
        RemoteAddress(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn an_address_is_stopped_and_another_is_not() {
        let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let limit = Limit::new(3, Duration::from_mins(1));
        for _ in 0..3 {
            assert_eq!(limit.take(address(1), now), Ok(()));
        }
        let limited = limit.take(address(1), now).unwrap_err();
        assert!(
            (1..=21).contains(&limited.retry_after_seconds),
            "{limited:?}"
        );
        assert_eq!(limit.take(address(2), now), Ok(()));
        let later = now + jiff::SignedDuration::from_secs(21);
        assert_eq!(limit.take(address(1), later), Ok(()));
    }
}
