//! Limits per address on what costs work or tries secrets.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use platform::Clock;
use platform::net::RemoteAddress;
use web::{Limited, Limiter};

use crate::paths::{self, Limit};
use crate::settings::LimitSettings;

/// The limits, one counter per address each.
#[derive(Debug)]
pub(crate) struct Limits {
    sign_on: Limiter,
    registration: Limiter,
    recovery: Limiter,
    rules: Limiter,
    clock: Arc<dyn Clock>,
}

impl Limits {
    pub(crate) fn new(settings: &LimitSettings, clock: Arc<dyn Clock>) -> Self {
        let limiter = |per_minute| Limiter::new(per_minute, Duration::from_mins(1));
        Self {
            sign_on: limiter(settings.sign_on_per_minute),
            registration: limiter(settings.registration_per_minute),
            recovery: limiter(settings.recovery_per_minute),
            rules: limiter(settings.rules_per_minute),
            clock,
        }
    }

    /// Counts a request, unless it is one too many.
    pub(crate) fn check(
        &self,
        method: &Method,
        path: &str,
        address: RemoteAddress,
    ) -> Result<(), Limited> {
        let limiter = match paths::limit(method, path) {
            Limit::None => return Ok(()),
            Limit::Recovery => &self.recovery,
            Limit::Registration => &self.registration,
            Limit::Rules => &self.rules,
            Limit::SignOn => &self.sign_on,
        };
        limiter.take(address, self.clock.now())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use platform::FrozenClock;

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
            limits.check(&Method::POST, paths::REGISTER, address)
        };
        for _ in 0..3 {
            post("192.0.2.1").unwrap();
        }
        let limited = post("192.0.2.1").unwrap_err();
        assert_eq!(limited.wait, Duration::from_secs(20));
        post("192.0.2.2").unwrap();
        clock.advance(SignedDuration::from_secs(20));
        post("192.0.2.1").unwrap();
    }
}
