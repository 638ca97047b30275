//! The handlers of every page, and what stands around them.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use platform::net::RemoteAddress;
use tower_http::csrf::CsrfLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};
use web::note_route;

use crate::failure::{self, Failure};
use crate::pages::{
    activity, data, deletion, email, explain, home, password_change, password_forgot,
    password_recover, password_rules, profile, register, registered, security, user, user_info,
    users,
};
use crate::paths::{self, Name, PAGES};
use crate::state::Portal;
use crate::store::COOKIE_PREFIX;
use crate::visit::framed;

/// A form with the longest values that make sense, and the token of an answer, fit.
const MOST_BODY_BYTES: usize = 64 * 1024;

impl Portal {
    /// All pages, with everything they need around them. Request ids and remote addresses come as
    /// extensions from outside ([`platform::net`]).
    pub fn router(&self) -> Router {
        router(self)
    }
}

/// The handlers of a page; absent: signing on and off, which have a router of their own.
fn handlers(page: Name) -> Option<MethodRouter<Portal>> {
    Some(match page {
        Name::SignOn | Name::SignOff => return None,
        Name::Home => get(home::get),
        Name::UserInfo => get(user_info::get),
        Name::Profile => get(profile::get).post(profile::post),
        Name::Email => get(email::get).post(email::post),
        Name::EmailConfirm => get(email::confirm::get).post(email::confirm::post),
        Name::EmailResend => post(email::confirm::resend),
        Name::EmailUndo => post(email::undo),
        Name::Security => get(security::get),
        Name::SessionEnd => post(security::end),
        Name::SessionsEndOthers => post(security::end_others),
        Name::Data => get(data::get),
        Name::DataDownload => get(data::download),
        Name::Delete => get(deletion::get).post(deletion::post),
        Name::Keep => post(deletion::keep),
        Name::ChangePassword => get(password_change::get).post(password_change::post),
        Name::Rules => post(password_rules::post),
        Name::Forgot => get(password_forgot::get).post(password_forgot::post),
        Name::Recover => get(password_recover::get).post(password_recover::post),
        Name::Resend => post(password_recover::resend),
        Name::Register => get(register::get).post(register::post),
        Name::Registered => get(registered::get),
        Name::Users => get(users::get),
        Name::UserNew => get(user::create::get).post(user::create::post),
        Name::User => get(user::get),
        Name::UserEdit => get(user::edit::get).post(user::edit::post),
        Name::UserDelete => get(user::deletion::get).post(user::deletion::post),
        Name::UserPassword => post(user::set_password),
        Name::UserUnlock => post(user::actions::unlock),
        Name::UserEnabled => post(user::actions::set_enabled),
        Name::UserRecovery => post(user::actions::send_recovery_code),
        Name::UserVerification => post(user::actions::send_verification_code),
        Name::UserSessionEnd => post(user::actions::end_session),
        Name::UserSessionsEnd => post(user::actions::end_sessions),
        Name::Activity => get(activity::get),
        Name::Explain => get(explain::list),
        Name::Explained => get(explain::show),
        Name::WellKnownChange => get(async || Redirect::to(paths::CHANGE_PASSWORD)),
    })
}

fn router(portal: &Portal) -> Router {
    let pages = PAGES
        .iter()
        .filter_map(|page| Some((page.path, handlers(page.name)?)))
        .fold(Router::new(), |router, (path, handlers)| {
            router.route(path, handlers)
        })
        .fallback(failure::not_found)
        .layer(CsrfLayer::new())
        .with_state(portal.clone());

    // Outside of the protection against cross-site posts: an answer by `form_post` is one. The
    // callback is bound by `state`, and `/logout` brings its own protection.
    let sign_on = match portal.sign_on() {
        Some(sign_on) => sign_on.router(),
        None => Router::new()
            .route(paths::SIGN_ON, get(failure::sign_on_not_configured))
            .route(paths::SIGN_OFF, get(failure::sign_on_not_configured)),
    };

    let sessions = SessionManagerLayer::new(portal.sessions().clone())
        .with_name(format!("{COOKIE_PREFIX}session"))
        .with_same_site(SameSite::Lax)
        // The cookie ends with the browser; the session ends by the portal's clock.
        .with_expiry(Expiry::OnSessionEnd);

    pages
        .merge(sign_on)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(from_fn_with_state(portal.clone(), limited))
        .layer(from_fn_with_state(portal.clone(), framed))
        .layer(sessions)
        .merge(portal.settings().brand.asset_router())
        .layer(from_fn_with_state(portal.clone(), failure::show))
        .layer(from_fn(note_route))
}

/// Answers 429 when an address asks too often.
async fn limited(State(portal): State<Portal>, request: Request, next: Next) -> Response {
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
        Err(limited) => Failure::too_many(limited.wait).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use db::Db;
    use http::{Method, StatusCode, header};
    use platform::SystemClock;
    use platform::keyring::Keyring;
    use protocol::SystemRandom;
    use tower::ServiceExt as _;
    use url::Url;

    use super::*;
    use crate::Parts;
    use crate::paths::Takes;
    use crate::settings::{
        LimitSettings, OutgoingSettings, RegistrationSettings, SessionSettings, Settings,
    };

    async fn bare_portal() -> Portal {
        let settings = Settings {
            public_url: Url::parse("https://localhost:8080/").unwrap(),
            brand: ui::Brand::default(),
            mode: ui::Mode::Production,
            notice: None,
            session: SessionSettings::default(),
            sign_on: crate::SignOnSettings::default(),
            management: None,
            outgoing: OutgoingSettings::default(),
            registration: RegistrationSettings::default(),
            operator_roles: Vec::new(),
            explain: None,
            limits: LimitSettings::default(),
        };
        let parts = Parts {
            db: Db::sqlite_in_memory().unwrap(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            keyring: Arc::new(Keyring::random(&SystemRandom)),
        };
        Portal::new(settings, parts).await.unwrap()
    }

    #[tokio::test]
    async fn every_page_takes_the_methods_that_the_table_says() {
        let router = bare_portal().await.router();
        for page in PAGES.iter().filter(|page| page.name != Name::SignOff) {
            let request = Request::builder()
                .method(Method::PUT)
                .uri(page.path.replace("{id}", "7d2f8f0e"))
                .header("sec-fetch-site", "same-origin")
                .body(Body::empty())
                .unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            let allowed = match page.takes {
                Takes::Get => "GET,HEAD",
                Takes::GetAndPost => "GET,HEAD,POST",
                Takes::Post => "POST",
            };
            assert_eq!(response.headers()[header::ALLOW], allowed, "{}", page.path);
        }
    }
}
