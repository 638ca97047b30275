//! A small application: a page for everybody, one for users, one for users who have shown who they
//! are a moment ago.

// ANCHOR: imports
use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use pingone::auth::{Client, RedirectUri, Scopes};
use pingone_axum::{InvalidSignOn, RecentlySignedOn, SignOn, SignOnSettings, SignedOn};
// ANCHOR_END: imports

// ANCHOR: state
/// The state of the application: the extractors take the [`SignOn`] out of it.
#[derive(Clone, FromRef)]
struct App {
    sign_on: SignOn,
}
// ANCHOR_END: state

// ANCHOR: app
/// The application for one OpenID provider.
///
/// # Errors
///
/// [`InvalidSignOn`] when the redirect URI's path cannot be a route.
pub(crate) fn app(client: Client, redirect_uri: RedirectUri) -> Result<Router, InvalidSignOn> {
    let settings =
        SignOnSettings::new(redirect_uri).scopes(Scopes::from_iter(["openid", "profile", "email"]));
    let sign_on = SignOn::new(client, settings)?;
    let (routes, sessions) = (sign_on.router(), sign_on.session_layer());
    Ok(Router::new()
        .route("/", get(home))
        .route("/me", get(me))
        .route("/keys", get(keys))
        .with_state(App { sign_on })
        .merge(routes)
        .layer(sessions))
}
// ANCHOR_END: app

// ANCHOR: pages
async fn home(signed_on: Option<SignedOn>) -> impl IntoResponse {
    match signed_on {
        Some(user) => page(&format!(
            "Hello {}. <a href=\"/me\">You</a> <a href=\"/keys\">Keys</a> \
             <a href=\"/logout\">Sign off</a>",
            escaped(user.display_name())
        )),
        None => page("Nobody is here. <a href=\"/login\">Sign on</a>"),
    }
}

/// Whoever is not signed on goes to the provider and comes back here.
async fn me(user: SignedOn, State(_): State<SignOn>) -> impl IntoResponse {
    let line = |(name, value): (&String, &serde_json::Value)| {
        format!("<li>{}: {}", escaped(name), escaped(&value.to_string()))
    };
    let claims: Vec<String> = user.claims().iter().map(line).collect();
    page(&format!("<ul>{}</ul>", claims.concat()))
}

/// Whoever signed on too long ago gives the password once more.
async fn keys(RecentlySignedOn(user): RecentlySignedOn) -> impl IntoResponse {
    page(&format!("The keys of {}.", escaped(user.subject())))
}

fn page(content: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><title>Example</title><p>{content}"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
// ANCHOR_END: pages
