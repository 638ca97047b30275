//! Limits per address on what costs work or tries secrets.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use platform::Clock;
use platform::net::RemoteAddress;
use web::{Limited, Limiter};

use crate::failure::PageError;
use crate::routes::path;
use crate::{LimitSettings, Portal};

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
    fn check(&self, method: &Method, path: &str, address: RemoteAddress) -> Result<(), Limited> {
        let limiter = match (method, path) {
            (&Method::GET | &Method::HEAD, path::SIGN_ON) => &self.sign_on,
            (&Method::POST, path::REGISTER) => &self.registration,
            (&Method::POST, path::FORGOT | path::RECOVER | path::RESEND) => &self.recovery,
            (&Method::POST, path::RULES) => &self.rules,
            _ => return Ok(()),
        };
        limiter.take(address, self.clock.now())
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
        Err(limited) => PageError::too_many(limited.wait).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
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
            limits.check(&Method::POST, path::REGISTER, address)
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
