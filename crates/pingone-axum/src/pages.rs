//! The pages that signing on and off needs, which the host application shows in its own design.

use std::fmt;

use async_trait::async_trait;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use tower_sessions::Session;

use crate::{SignOn, SignOnFailure};

/// What a page may want to know about the request that it answers.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<'a> {
    /// Who signs on.
    pub sign_on: &'a SignOn,
    /// The browser's session.
    pub session: &'a Session,
    /// The request, without its body.
    pub parts: &'a Parts,
}

/// How far a sign-off went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOff {
    /// Here, and the provider confirmed that its session has ended.
    Everywhere,
    /// Here only: the provider has no end-session endpoint, or could not be asked.
    HereOnly,
}

/// The pages of a host application.
#[async_trait]
pub trait Pages: fmt::Debug + Send + Sync + 'static {
    /// Asks whether to sign off: a form that posts to `/logout`. A GET must change nothing.
    async fn ask_sign_off(&self, request: PageRequest<'_>) -> Response;

    /// Says why a sign-on did not come about; answer with [`SignOnFailure::status`].
    async fn failed(&self, failure: SignOnFailure, request: PageRequest<'_>) -> Response;

    /// Takes the answer out of the fragment and posts it to its own address, by script.
    async fn fragment(&self, request: PageRequest<'_>) -> Response;

    /// Hears that somebody has signed on, before the redirect; a place to leave a message.
    async fn signed_on(&self, request: PageRequest<'_>) {
        let _ = request;
    }

    /// Hears that somebody has signed off, before the redirect; a place to leave a message.
    async fn signed_off(&self, outcome: SignedOff, request: PageRequest<'_>) {
        let _ = (outcome, request);
    }
}

/// Pages without any design, to begin with.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainPages;

#[async_trait]
impl Pages for PlainPages {
    async fn ask_sign_off(&self, request: PageRequest<'_>) -> Response {
        if !matches!(request.sign_on.find(request.session).await, Ok(Some(_))) {
            return Redirect::to("/").into_response();
        }
        plain(
            StatusCode::OK,
            "Sign off",
            "<form method=\"post\" action=\"/logout\"><button>Sign off</button></form>",
        )
    }

    async fn failed(&self, failure: SignOnFailure, _request: PageRequest<'_>) -> Response {
        tracing::warn!(
            error = &failure as &dyn std::error::Error,
            "a sign-on failed"
        );
        // The failure's text may hold what came from outside, so it stays in the log.
        plain(
            failure.status(),
            "Signing on did not work",
            "<p><a href=\"/login\">Try again</a></p>",
        )
    }

    async fn fragment(&self, _request: PageRequest<'_>) -> Response {
        plain(
            StatusCode::NOT_IMPLEMENTED,
            "This application cannot read the answer",
            "<p>The implicit grant needs a page with a script, or the response mode form_post.</p>",
        )
    }
}

fn plain(status: StatusCode, title: &str, content: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1>{content}"
    );
    let headers = [
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    (status, headers, Html(page)).into_response()
}
