//! All routes of the crate: the OpenID provider with its hosted pages, and the management API.

use axum::extract::DefaultBodyLimit;
use axum::http::header::ALLOW;
use axum::http::{HeaderName, Method, Response, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::csrf::CsrfLayer;
use web::note_route;

use crate::Idp;
use crate::api::media_router;
use crate::configuration::rate_limits::rehearsal::limit_authentication;
use crate::management::device_authentications;
use crate::oauth::{
    authorize, discovery, idp_signoff, introspect, jwks, resume, revoke, signoff, token, userinfo,
};
use crate::requests::absent::asked_of_authentication;
use crate::requests::correlate::correlate;
use crate::requests::extract::NoSuchAddress;
use crate::requests::failures::api::{ApiFailure, CORRELATION_ID};
use crate::requests::failures::page::PageError;
use crate::signon::{
    agreement, change, external, over, profile, recovery, register, rules, second_factor, sign_on,
    verify,
};
use crate::{domains, flows, front_page, mailbox, management, signon, uploads};

/// Larger forms than this are refused.
const LONGEST_FORM: usize = 64 * 1024;

impl Idp {
    /// Everything that the environment answers.
    pub fn router(&self) -> Router {
        let all = authentication(self)
            .nest("/v1", management::router(self))
            .layer(from_fn(note_route))
            .with_state(self.clone());
        // What changes a path must stand in front of all that chooses by it.
        let named = from_fn_with_state(self.clone(), domains::name_environment);
        Router::new().fallback_service(ServiceBuilder::new().layer(named).service(all))
    }
}

/// The OpenID provider and its pages.
fn authentication(idp: &Idp) -> Router<Idp> {
    let correlated = || from_fn_with_state(idp.clone(), correlate);
    let lead_on = || from_fn_with_state(idp.clone(), over::lead_on);

    let open = limited(idp, programs().method_not_allowed_fallback(wrong_method))
        .layer(correlated())
        .layer(from_any_origin());

    // For browsers that applications send here; other sites may post to these.
    // A GET does something here, because the protocol has it so; a HEAD never may.
    let front = Router::new()
        .route(
            "/{environment}/as/authorize",
            get(authorize::answer)
                .post(authorize::answer)
                .head(|| no_head("GET, POST")),
        )
        .route(
            "/{environment}/as/resume",
            get(resume::get).head(|| no_head("GET")).layer(lead_on()),
        )
        .route(
            "/{environment}/as/signoff",
            get(signoff::answer)
                .post(signoff::answer)
                .head(|| no_head("GET, POST")),
        )
        .route(
            "/{environment}/rp/authenticate",
            get(external::authenticate)
                .head(|| no_head("GET"))
                .layer(lead_on()),
        )
        .route(
            "/{environment}/rp/callback/{provider}",
            get(external::callback).head(|| no_head("GET")),
        )
        .method_not_allowed_fallback(wrong_method)
        .layer(correlated());

    // Pages of our own, to which no other site may post.
    let hosted = hosted().layer(lead_on());
    let pages = Router::new()
        .merge(hosted)
        .route("/", get(front_page::get))
        .route("/{environment}/signon/agreement/text", get(agreement::text))
        .route("/{environment}/signon/rules", post(rules::post))
        .route("/{environment}/signoff", post(signoff::confirmed))
        .route("/mailbox", get(mailbox::list))
        .route("/mailbox/messages", get(mailbox::messages))
        .route("/mailbox/{id}", get(mailbox::show))
        .route("/mailbox/{id}/html", get(mailbox::html))
        .method_not_allowed_fallback(wrong_method)
        .layer(
            CsrfLayer::new().with_rejection_response(|_| -> Response<axum::body::Body> {
                PageError::CrossSite.into_response()
            }),
        )
        .layer(correlated());

    // For programs that show pages of their own, on this site or without a browser: cookies count.
    let flows = media_router::beside_others(flows::routes()).layer(
        CsrfLayer::new().with_rejection_response(|_| -> Response<axum::body::Body> {
            ApiFailure::forbidden().into_response()
        }),
    );
    let flows = limited(idp, flows).layer(correlated());

    Router::new()
        .merge(open)
        .merge(front)
        .merge(pages)
        .merge(flows)
        .merge(idp.site().brand().asset_router())
        .fallback_service(
            any(nothing_here)
                .layer(correlated())
                .with_state::<()>(idp.clone()),
        )
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
}

/// What is limited where that is rehearsed, and as it was elsewhere.
fn limited(idp: &Idp, router: Router<Idp>) -> Router<Idp> {
    if idp.limits().authentication.is_none() {
        return router;
    }
    router.layer(from_fn_with_state(idp.clone(), limit_authentication))
}

/// For programs, from any origin: nothing here looks at cookies.
fn programs() -> Router<Idp> {
    Router::new()
        .route(
            "/{environment}/as/.well-known/openid-configuration",
            get(discovery::get).layer(Extension(discovery::Documents::default())),
        )
        .route(
            "/{environment}/as/idpSignoff",
            get(idp_signoff::get).head(|| no_head("GET")),
        )
        .route("/{environment}/as/jwks", get(jwks::get))
        .route("/{environment}/as/token", post(token::post))
        .route("/as/token", post(token::post_at_home))
        .route(
            "/{environment}/as/userinfo",
            get(userinfo::answer).post(userinfo::answer),
        )
        .route("/{environment}/as/introspect", post(introspect::post))
        .route("/{environment}/as/revoke", post(revoke::post))
        .route(
            "/environments/{environment}/images/{name}",
            get(uploads::image),
        )
        .route(
            "/environments/{environment}/themes/{name}",
            get(uploads::theme),
        )
        .merge(device_authentications::router())
}

/// The pages of a sign-on.
fn hosted() -> Router<Idp> {
    Router::new()
        .route(
            "/{environment}/signon/",
            get(signon::get).post(sign_on::post),
        )
        .route("/{environment}/signon/agreement", post(agreement::post))
        .route(
            "/{environment}/signon/agreement/decline",
            post(agreement::decline),
        )
        .route("/{environment}/signon/change", post(change::post))
        .route("/{environment}/signon/confirm", post(external::confirm))
        .route("/{environment}/signon/connect", post(external::connect))
        .route(
            "/{environment}/signon/connect/account",
            post(external::want_account),
        )
        .route(
            "/{environment}/signon/forgot",
            get(recovery::get).post(recovery::forgot),
        )
        .route("/{environment}/signon/recover", post(recovery::post))
        .route(
            "/{environment}/signon/recover/send",
            post(recovery::send_again),
        )
        .route(
            "/{environment}/signon/register",
            get(register::get).post(register::post),
        )
        .route("/{environment}/signon/profile", post(profile::post))
        .route("/{environment}/signon/restart", post(signon::restart))
        .route(
            "/{environment}/signon/secondFactor",
            post(second_factor::post),
        )
        .route(
            "/{environment}/signon/secondFactor/device",
            post(second_factor::select),
        )
        .route("/{environment}/signon/verify", post(verify::post))
        .route(
            "/{environment}/signon/verify/send",
            post(verify::send_again),
        )
}

/// Browsers may call from the pages of any application (PingOne, "CORS", an application without
/// settings of its own); the answer names the exact origin.
fn from_any_origin() -> CorsLayer {
    const ALLOWED_HEADERS: [&str; 9] = [
        "accept",
        "accept-language",
        "authorization",
        "content-language",
        "content-type",
        "correlation-id",
        "x-client-version",
        "x-requested-platform",
        "x-requested-with",
    ];
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(ALLOWED_HEADERS.map(HeaderName::from_static))
        .expose_headers([CORRELATION_ID])
}

async fn nothing_here(uri: Uri) -> NoSuchAddress {
    asked_of_authentication(uri.path()).map_or(NoSuchAddress::NoPath, NoSuchAddress::NotProvided)
}

/// A HEAD at an address whose GET does something.
fn no_head(
    allowed: &'static str,
) -> std::future::Ready<([(HeaderName, &'static str); 1], NoSuchAddress)> {
    std::future::ready(([(ALLOW, allowed)], NoSuchAddress::WrongMethod))
}

async fn wrong_method() -> NoSuchAddress {
    NoSuchAddress::WrongMethod
}
