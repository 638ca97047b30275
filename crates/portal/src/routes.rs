//! All routes of the portal.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::{get, post};
use tower_http::csrf::CsrfLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::pages::{
    home, password_change, password_forgot, password_recover, password_rules, register, user,
    user_info, users,
};
use crate::start::COOKIE_PREFIX;
use crate::{Portal, failure, limits};

/// Paths of pages: routes, links and redirects take them from here.
pub(crate) mod path {
    pub(crate) const HOME: &str = "/";
    pub(crate) const SIGN_ON: &str = "/login";
    pub(crate) const SIGN_OFF: &str = "/logout";
    pub(crate) const USER_INFO: &str = "/user/info";
    pub(crate) const CHANGE_PASSWORD: &str = "/password/change";
    pub(crate) const RULES: &str = "/password/rules";
    pub(crate) const FORGOT: &str = "/password/forgot";
    pub(crate) const RECOVER: &str = "/password/recover";
    pub(crate) const RESEND: &str = "/password/recover/resend";
    pub(crate) const REGISTER: &str = "/register";
    pub(crate) const USERS: &str = "/users";
    pub(crate) const USER: &str = "/users/{id}";
    pub(crate) const USER_PASSWORD: &str = "/users/{id}/password";
    pub(crate) const USER_UNLOCK: &str = "/users/{id}/unlock";
    pub(crate) const USER_ENABLED: &str = "/users/{id}/enabled";
    pub(crate) const USER_RECOVERY: &str = "/users/{id}/recovery-code";
    pub(crate) const WELL_KNOWN_CHANGE: &str = "/.well-known/change-password";

    /// Paths that a redirect path cannot have.
    pub(crate) const ALL: &[&str] = &[
        HOME,
        SIGN_ON,
        SIGN_OFF,
        USER_INFO,
        CHANGE_PASSWORD,
        RULES,
        FORGOT,
        RECOVER,
        RESEND,
        REGISTER,
        WELL_KNOWN_CHANGE,
    ];
}

/// A form with the longest values that make sense, and the token of an answer, fit.
const MOST_BODY_BYTES: usize = 64 * 1024;

pub(crate) fn router(portal: &Portal) -> Router {
    let pages = Router::new()
        .route(path::HOME, get(home::get))
        .route(path::USER_INFO, get(user_info::get))
        .route(
            path::CHANGE_PASSWORD,
            get(password_change::get).post(password_change::post),
        )
        .route(path::RULES, post(password_rules::post))
        .route(
            path::FORGOT,
            get(password_forgot::get).post(password_forgot::post),
        )
        .route(
            path::RECOVER,
            get(password_recover::get).post(password_recover::post),
        )
        .route(path::RESEND, post(password_recover::resend))
        .route(path::REGISTER, get(register::get).post(register::post))
        .route(path::USERS, get(users::get))
        .route(path::USER, get(user::get))
        .route(path::USER_PASSWORD, post(user::set_password))
        .route(path::USER_UNLOCK, post(user::unlock))
        .route(path::USER_ENABLED, post(user::set_enabled))
        .route(path::USER_RECOVERY, post(user::send_recovery_code))
        .route(
            path::WELL_KNOWN_CHANGE,
            get(async || Redirect::to(path::CHANGE_PASSWORD)),
        )
        .fallback(failure::not_found)
        .layer(CsrfLayer::new())
        .with_state(portal.clone());

    // Outside of the protection against cross-site posts: an answer by `form_post` is one. The
    // callback is bound by `state`, and `/logout` brings its own protection.
    let sign_on = match portal.sign_on() {
        Some(sign_on) => sign_on.router(),
        None => Router::new()
            .route(path::SIGN_ON, get(failure::sign_on_not_configured))
            .route(path::SIGN_OFF, get(failure::sign_on_not_configured)),
    };

    let sessions = SessionManagerLayer::new(portal.sessions().clone())
        .with_name(format!("{COOKIE_PREFIX}session"))
        .with_same_site(SameSite::Lax)
        // The cookie ends with the browser; the session ends by the portal's clock.
        .with_expiry(Expiry::OnSessionEnd);

    pages
        .merge(sign_on)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(sessions)
        .layer(from_fn_with_state(portal.clone(), limits::enforce))
        .merge(ui::assets::router(&portal.settings().brand))
        .layer(from_fn_with_state(portal.clone(), failure::show))
}
