//! Requests that one address may make at the hosted pages, and PingOne's limits as a rehearsal.
//!
//! The limit per account is another thing: it belongs to the password and holds on every node.

use std::time::Duration;

use web::Limiter;

use crate::settings;

/// The limits of the hosted pages and of the rehearsal.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) authorizations: Limiter,
    pub(crate) judged_passwords: Limiter,
    pub(crate) sign_ons: Limiter,
    pub(crate) registrations: Limiter,
    pub(crate) recoveries: Limiter,
    /// By environment; only where it is rehearsed, as the next one is.
    pub(crate) api: Option<Limiter>,
    /// By address.
    pub(crate) authentication: Option<Limiter>,
}

impl Limits {
    pub(crate) fn new(settings: &settings::Limits) -> Self {
        const MINUTE: Duration = Duration::from_mins(1);
        const SECOND: Duration = Duration::from_secs(1);
        const HOUR: Duration = Duration::from_hours(1);
        let rehearsed = |times| (times > 0).then(|| Limiter::new(times, SECOND));
        Self {
            authorizations: Limiter::new(settings.authorizations_per_minute, MINUTE),
            judged_passwords: Limiter::new(settings.judged_passwords_per_minute, MINUTE),
            sign_ons: Limiter::new(settings.sign_ons_per_minute, MINUTE),
            registrations: Limiter::new(settings.registrations_per_hour, HOUR),
            recoveries: Limiter::new(settings.recoveries_per_hour, HOUR),
            api: rehearsed(settings.api_requests_per_second),
            authentication: rehearsed(settings.authentication_requests_per_second),
        }
    }
}
