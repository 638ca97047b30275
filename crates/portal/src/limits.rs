//! Limits per address on what costs work or tries secrets.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::Method;
use protocol::Clock;
use protocol::net::RemoteAddress;

use crate::failure::PageError;
use crate::routes::path;
use crate::{LimitSettings, Portal};

/// More addresses than this at a time share one allowance.
const MOST_ADDRESSES: usize = 20_000;
/// Stands for all addresses beyond the bound.
const ALL_OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

type Limiter = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, PortalClock, NoOpMiddleware<Nanos>>;

/// The limits, one counter per address each.
pub(crate) struct Limits {
    sign_on: Limiter,
    registration: Limiter,
    recovery: Limiter,
    rules: Limiter,
    clock: PortalClock,
    /// The second in which addresses were last swept out.
    swept_at: AtomicI64,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limits")
    }
}

/// The portal's clock, for the limiter.
#[derive(Clone, Debug)]
struct PortalClock(Arc<dyn Clock>);

impl clock::Clock for PortalClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let milliseconds = u64::try_from(self.0.now().as_millisecond()).unwrap_or(0);
        Nanos::from(Duration::from_millis(milliseconds))
    }
}

impl Limits {
    pub(crate) fn new(settings: &LimitSettings, clock: Arc<dyn Clock>) -> Self {
        let clock = PortalClock(clock);
        let limiter = |per_minute: u32| {
            let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
            RateLimiter::new(quota, DashMapStateStore::default(), clock.clone())
        };
        Self {
            sign_on: limiter(settings.sign_on_per_minute),
            registration: limiter(settings.registration_per_minute),
            recovery: limiter(settings.recovery_per_minute),
            rules: limiter(settings.rules_per_minute),
            clock: clock.clone(),
            swept_at: AtomicI64::new(0),
        }
    }

    /// Sweeping looks at every address, so that it happens once a second at most: a flood of
    /// addresses must not make each request dear.
    fn may_sweep(&self) -> bool {
        let now = self.clock.0.now().as_second();
        self.swept_at.swap(now, Ordering::Relaxed) != now
    }

    /// Counts a request; gives how long to wait when it is one too many.
    fn check(&self, method: &Method, path: &str, address: RemoteAddress) -> Result<(), Duration> {
        let limiter = match (method, path) {
            (&Method::GET | &Method::HEAD, path::SIGN_ON) => &self.sign_on,
            (&Method::POST, path::REGISTER) => &self.registration,
            (&Method::POST, path::FORGOT | path::RECOVER | path::RESEND) => &self.recovery,
            (&Method::POST, path::RULES) => &self.rules,
            _ => return Ok(()),
        };
        if limiter.len() >= MOST_ADDRESSES && self.may_sweep() {
            limiter.retain_recent();
        }
        let key = if limiter.len() >= MOST_ADDRESSES {
            ALL_OTHERS
        } else {
            address.network()
        };
        limiter
            .check_key(&key)
            .map_err(|not_until| not_until.wait_time_from(clock::Clock::now(&self.clock)))
    }
}

/// Answers 429 when an address asks too often.
pub(crate) async fn enforce(
    State(portal): State<Portal>,
    request: Request,
    next: Next,
) -> Response {
    let address = request
        .extensions()
        .get::<RemoteAddress>()
        .copied()
        .unwrap_or_default();
    match portal
        .limits()
        .check(request.method(), request.uri().path(), address)
    {
        Ok(()) => next.run(request).await,
        Err(wait) => PageError::too_many(wait).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use protocol::FrozenClock;

    use super::*;

    #[test]
    fn one_address_does_not_use_up_what_another_may() {
        let clock = Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap()));
        let settings = LimitSettings {
            registration_per_minute: 3,
            ..LimitSettings::default()
        };
        let limits = Limits::new(&settings, Arc::<FrozenClock>::clone(&clock));
        let post = |address: &str| {
            let address = RemoteAddress(address.parse().unwrap());
            limits.check(&Method::POST, path::REGISTER, address)
        };
        for _ in 0..3 {
            post("192.0.2.1").unwrap();
        }
        let wait = post("192.0.2.1").unwrap_err();
        assert!(
            wait <= Duration::from_secs(20) && !wait.is_zero(),
            "{wait:?}"
        );
        post("192.0.2.2").unwrap();
        clock.advance(SignedDuration::from_secs(20));
        post("192.0.2.1").unwrap();
    }

    #[test]
    fn the_map_of_addresses_is_bounded() {
        let clock = Arc::new(FrozenClock::new(Timestamp::UNIX_EPOCH));
        let limits = Limits::new(&LimitSettings::default(), clock);
        for n in 0..30_000_u32 {
            let address = RemoteAddress(Ipv4Addr::from(0x0a00_0000 + n).into());
            let _ = limits.check(&Method::POST, path::RECOVER, address);
        }
        assert!(limits.recovery.len() <= MOST_ADDRESSES + 1);
    }

    #[test]
    fn reading_a_page_is_not_limited() {
        let limits = Limits::new(
            &LimitSettings::default(),
            Arc::new(FrozenClock::new(Timestamp::UNIX_EPOCH)),
        );
        for _ in 0..1_000 {
            limits
                .check(&Method::GET, path::REGISTER, RemoteAddress::default())
                .unwrap();
        }
    }
}
