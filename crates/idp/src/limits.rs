//! Requests that one address may make at the hosted pages.
//!
//! The limit per account is another thing: it belongs to the password and holds on every node.

use std::time::Duration;

use web::Limiter;

use crate::settings;

/// The limits of the hosted pages.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) authorizations: Limiter,
    pub(crate) judged_passwords: Limiter,
    pub(crate) sign_ons: Limiter,
    pub(crate) registrations: Limiter,
    pub(crate) recoveries: Limiter,
}

impl Limits {
    pub(crate) fn new(settings: &settings::Limits) -> Self {
        const MINUTE: Duration = Duration::from_mins(1);
        const HOUR: Duration = Duration::from_hours(1);
        Self {
            authorizations: Limiter::new(settings.authorizations_per_minute, MINUTE),
            judged_passwords: Limiter::new(settings.judged_passwords_per_minute, MINUTE),
            sign_ons: Limiter::new(settings.sign_ons_per_minute, MINUTE),
            registrations: Limiter::new(settings.registrations_per_hour, HOUR),
            recoveries: Limiter::new(settings.recoveries_per_hour, HOUR),
        }
    }
}
