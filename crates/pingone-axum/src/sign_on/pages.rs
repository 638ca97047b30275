//! The pages that signing on and off needs, which the host application shows in its own design.

use std::fmt;

use async_trait::async_trait;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{StatusCode, header};
use pingone::auth::EndSessionForm;
use tower_sessions::Session;

use crate::{SignOn, SignOnFailure};

/// What a page may want to know about the request that it answers.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
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
///
/// ```
/// use axum::response::{Html, IntoResponse as _, Response};
/// use pingone_axum::{PageRequest, Pages, PlainPages, SignOnFailure};
///
/// #[derive(Debug)]
/// struct OurPages;
///
/// #[async_trait::async_trait]
/// impl Pages for OurPages {
///     async fn ask_sign_off(&self, _: PageRequest<'_>) -> Response {
///         Html("<form method=post action=/logout><button>Leave us</button></form>").into_response()
///     }
///
///     async fn failed(&self, failure: SignOnFailure, _: PageRequest<'_>) -> Response {
///         (failure.status(), Html("<p><a href=/login>Once more</a>")).into_response()
///     }
///
///     async fn fragment(&self, request: PageRequest<'_>) -> Response {
///         PlainPages.fragment(request).await
///     }
/// }
/// ```
#[async_trait]
pub trait Pages: fmt::Debug + Send + Sync + 'static {
    /// Asks whether to sign off: a form that posts to `/logout`. A GET must change nothing.
    async fn ask_sign_off(&self, request: PageRequest<'_>) -> Response;

    /// Says why a sign-on did not come about; answer with [`SignOnFailure::status`].
    async fn failed(&self, failure: SignOnFailure, request: PageRequest<'_>) -> Response;

    /// Posts a form to the provider, which ends its session there: by script, and by a button where
    /// there is none. The answer holds an ID token: keep it out of caches.
    ///
    /// By default a page without a design.
    async fn end_session(&self, form: EndSessionForm, request: PageRequest<'_>) -> Response {
        let _ = request;
        plain_end_session(&form)
    }

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
        let content = format!(
            "<form method=\"post\"></form><script>{READ_FRAGMENT}</script>\
             <noscript>Signing on needs JavaScript here.</noscript>"
        );
        plain_with_script("Signing on", &content, READ_FRAGMENT_SHA256)
    }
}

/// Sends the page's form.
const SUBMIT: &str = "document.forms[0].submit();";
/// `SUBMIT` for the content security policy.
const SUBMIT_SHA256: &str = "8lDeP0UDwCO6/RhblgeH/ctdBzjVpJxrXizsnIk3cEQ=";

/// Moves the fragment's parameters into the page's form, out of the address, and sends it.
const READ_FRAGMENT: &str = "const f=document.forms[0];\
    for(const[n,v]of new URLSearchParams(location.hash.slice(1))){\
    const i=document.createElement(\"input\");i.type=\"hidden\";i.name=n;i.value=v;f.append(i)}\
    history.replaceState(null,\"\",location.pathname);f.submit();";
/// `READ_FRAGMENT` for the content security policy.
const READ_FRAGMENT_SHA256: &str = "iXDOUezQZ/wnwFi5my8Eq1eL54+nAyDbi++gVFbOEp0=";

fn plain_end_session(form: &EndSessionForm) -> Response {
    let mut fields = String::new();
    for (name, value) in form.fields() {
        fields.push_str("<input type=\"hidden\" name=\"");
        fields.push_str(name);
        fields.push_str("\" value=\"");
        fields.push_str(&escaped(value));
        fields.push_str("\">");
    }
    let content = format!(
        "<form method=\"post\" action=\"{}\">{fields}<button>Continue</button></form>\
         <script>{SUBMIT}</script>",
        escaped(form.action().as_str())
    );
    plain_with_script("Signing off", &content, SUBMIT_SHA256)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn plain(status: StatusCode, title: &str, content: &str) -> Response {
    page(status, title, content, "'none'")
}

fn plain_with_script(title: &str, content: &str, sha256: &str) -> Response {
    page(
        StatusCode::OK,
        title,
        content,
        &format!("'sha256-{sha256}'"),
    )
}

fn page(status: StatusCode, title: &str, content: &str, scripts: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1>{content}"
    );
    let policy = format!("default-src 'none'; script-src {scripts}; frame-ancestors 'none'");
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
    ];
    (status, headers, Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn the_policy_lets_the_pages_own_scripts_run() {
        for (script, expected) in [
            (SUBMIT, SUBMIT_SHA256),
            (READ_FRAGMENT, READ_FRAGMENT_SHA256),
        ] {
            let digest = URL_SAFE_NO_PAD.decode(protocol::secret::sha256(script));
            assert_eq!(STANDARD.encode(digest.unwrap()), expected, "{script}");
        }
    }
}
