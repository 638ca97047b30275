//! Error pages: one fixed sentence per kind of error, which other people's tests hold on to.
//!
//! In development the page shows the chain of causes, in production an id to quote. A caller that
//! asks for JSON gets the same as a small JSON.

use std::error::Error;
use std::fmt;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
};
use protocol::trail;
use serde::Serialize;
use url::Url;

use crate::{
    layout::{Account, Layout, Mode, NavItem, Side, Site},
    response::Html,
    theme::Look,
};

/// The statuses with texts of their own; any other shows the text of its class (400 or 500).
const KNOWN: [u16; 14] = [
    400, 401, 403, 404, 405, 408, 410, 413, 415, 429, 500, 502, 503, 504,
];
/// A cause longer than this many characters is cut.
const LONGEST_CAUSE: usize = 400;
/// How many causes a page shows.
const MOST_CAUSES: usize = 12;

/// An error page being put together.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    site: Site,
    side: Side,
    status: StatusCode,
    id: Option<String>,
    detail: Option<String>,
    causes: Vec<String>,
    action: Option<(String, String)>,
    retry_after_seconds: Option<u64>,
    nav: Vec<NavItem>,
    account: Option<Account>,
    form_targets: Vec<Url>,
    look: Look,
    wants_json: bool,
}

impl ErrorPage {
    /// A page for this status.
    pub fn new(site: &Site, side: Side, status: StatusCode) -> Self {
        Self {
            site: site.clone(),
            side,
            status,
            id: None,
            detail: None,
            causes: Vec::new(),
            action: None,
            retry_after_seconds: None,
            nav: Vec::new(),
            account: None,
            form_targets: Vec::new(),
            look: Look::default(),
            wants_json: false,
        }
    }

    /// The id to quote, which the log has too.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// A sentence for this very case, below the fixed one; shown in both modes.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The error behind it, shown with its sources in development only.
    #[must_use]
    pub fn caused_by(mut self, error: &(dyn Error + 'static)) -> Self {
        self.causes = chain_of_causes(error);
        self
    }

    /// Where a person can go from here; by default the start page.
    #[must_use]
    pub fn action(mut self, text: impl Into<String>, path: impl Into<String>) -> Self {
        self.action = Some((text.into(), path.into()));
        self
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The links of the top bar, who is signed on, and where the form that signs off may lead.
    #[must_use]
    pub fn framed(
        mut self,
        nav: Vec<NavItem>,
        account: Option<Account>,
        form_targets: Vec<Url>,
    ) -> Self {
        (self.nav, self.account, self.form_targets) = (nav, account, form_targets);
        self
    }

    /// What is shown in the place of the brand.
    #[must_use]
    pub fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// Answers as the request's `Accept` asks: JSON for programs, a page for browsers.
    #[must_use]
    pub fn accepted_by(mut self, request: &HeaderMap) -> Self {
        self.wants_json = wants_json(request);
        self
    }

    fn text_id(&self, part: &str) -> String {
        let code = self.status.as_u16();
        let known = match code {
            code if KNOWN.contains(&code) => code,
            code if code >= 500 => 500,
            _ => 400,
        };
        format!("error-{known}-{part}")
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let messages = self.site.messages();
        let title = messages.text(&self.text_id("title"));
        let sentence = messages.text(&self.text_id("sentence"));
        trail::said(&Told(&sentence, self.detail.as_deref(), &self.causes));
        let causes = match self.site.mode() {
            Mode::Development => self.causes,
            Mode::Production => Vec::new(),
        };
        let explanation = self.id.as_deref().and_then(|id| self.site.explanation(id));
        let mut response = if self.wants_json {
            let body = Json {
                status: self.status.as_u16(),
                error: &title,
                message: &sentence,
                detail: self.detail.as_deref(),
                id: self.id.as_deref(),
                causes: &causes,
            };
            let body = serde_json::to_vec(&body).unwrap_or_default();
            let mut response = (self.status, body).into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        } else {
            let layout = Layout::new(&self.site, self.side, title)
                .with_nav(self.nav)
                .with_account(self.account)
                .with_look(self.look);
            let (action_text, action_path) = self
                .action
                .unwrap_or_else(|| (layout.text("error-home"), "/".to_owned()));
            let page = Page {
                status: self.status.as_u16(),
                sentence,
                detail: self.detail,
                causes,
                id: self.id,
                explanation,
                action_text,
                action_path,
                layout,
            };
            let page = Html::new(page).status(self.status);
            self.form_targets
                .iter()
                .fold(page, Html::form_target)
                .into_response()
        };
        if let Some(seconds) = self.retry_after_seconds {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    layout: Layout,
    status: u16,
    sentence: String,
    detail: Option<String>,
    causes: Vec<String>,
    id: Option<String>,
    explanation: Option<String>,
    action_text: String,
    action_path: String,
}

/// What a page says, for whoever explains its request.
struct Told<'a>(&'a str, Option<&'a str>, &'a [String]);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        for further in self.1.into_iter().chain(self.2.iter().map(String::as_str)) {
            write!(f, " {further}")?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Json<'a> {
    status: u16,
    error: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    causes: &'a [String],
}

/// An error and its sources as lines for people, without what might be secret.
///
/// Our errors carry no secrets; those of libraries may hold an address with its query, or a token.
pub fn chain_of_causes(error: &(dyn Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| {
        (*error).source()
    })
    .take(MOST_CAUSES)
    .map(|error| without_secrets(&error.to_string()))
    .collect()
}

fn without_secrets(text: &str) -> String {
    let short: String = text.chars().take(LONGEST_CAUSE).collect();
    let words: Vec<String> = short.split(' ').map(word_without_secrets).collect();
    words.join(" ")
}

fn word_without_secrets(word: &str) -> String {
    let (path, query) = match word.split_once('?') {
        Some((path, query)) if path.contains("://") && !query.is_empty() => (path, "?[removed]"),
        _ => (word, ""),
    };
    let path: Vec<&str> = path
        .split_inclusive(|c: char| !is_of_a_token(c))
        .flat_map(|part| match part.char_indices().last() {
            Some((at, c)) if !is_of_a_token(c) => [part.get(..at), part.get(at..)],
            _ => [Some(part), None],
        })
        .flatten()
        .map(|part| {
            if looks_random(part) {
                "[removed]"
            } else {
                part
            }
        })
        .collect();
    path.concat() + query
}

fn is_of_a_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+')
}

/// Whether a word is long and mixed as tokens are; a UUID or a path is neither.
fn looks_random(word: &str) -> bool {
    let has = |test: fn(&char) -> bool| word.chars().any(|c| test(&c));
    word.len() > 36
        && has(char::is_ascii_digit)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
}

/// Whether JSON is asked for, and HTML is not asked for at least as much by standing before it.
fn wants_json(request: &HeaderMap) -> bool {
    let accept = request
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    accept
        .split(',')
        .map(|range| {
            range
                .split(';')
                .next()
                .unwrap_or("")
                .trim()
                .to_ascii_lowercase()
        })
        .find_map(|range| match range.as_str() {
            "application/json" => Some(true),
            "text/html" | "application/xhtml+xml" => Some(false),
            other if other.starts_with("application/") && other.ends_with("+json") => Some(true),
            _ => None,
        })
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::to_bytes;

    use super::*;
    use crate::{Brand, Messages};

    #[derive(Debug, thiserror::Error)]
    #[error("read the user")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("GET https://op.example/users?code=abc&token=def: connection refused")]
    struct Inner;

    fn site(mode: Mode) -> Site {
        Site::new(Messages::english(&[]), Arc::new(Brand::default()), mode)
    }

    async fn body(page: ErrorPage) -> String {
        let response = page.into_response();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn failed(mode: Mode) -> ErrorPage {
        ErrorPage::new(&site(mode), Side::Portal, StatusCode::INTERNAL_SERVER_ERROR)
            .id("3f0c")
            .caused_by(&Outer(Inner))
    }

    #[tokio::test]
    async fn development_shows_the_chain_of_causes_without_queries() {
        let page = body(failed(Mode::Development)).await;
        assert!(page.contains("read the user"));
        assert!(
            page.contains("https://op.example/users?[removed] connection refused"),
            "{page}"
        );
        assert!(!page.contains("code=abc"));
    }

    #[tokio::test]
    async fn production_shows_an_id_to_quote_and_no_cause() {
        let page = body(failed(Mode::Production)).await;
        assert!(page.contains("3f0c"));
        assert!(!page.contains("read the user") && !page.contains("op.example"));
    }

    #[tokio::test]
    async fn a_program_gets_json() {
        let mut request = HeaderMap::new();
        request.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/plain"),
        );
        let page = ErrorPage::new(&site(Mode::Production), Side::Portal, StatusCode::NOT_FOUND)
            .id("3f0c")
            .accepted_by(&request);
        insta::assert_snapshot!(body(page).await);
    }

    #[test]
    fn a_browser_gets_a_page() {
        for accept in [
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "*/*",
            "",
            "text/html, application/json",
        ] {
            let mut request = HeaderMap::new();
            request.insert(ACCEPT, HeaderValue::from_static(accept));
            assert!(!wants_json(&request), "{accept}");
        }
    }

    #[test]
    fn every_kind_has_its_texts() {
        let site = site(Mode::Production);
        for code in 400..=599 {
            let status = StatusCode::from_u16(code).unwrap();
            let page = ErrorPage::new(&site, Side::Portal, status);
            for part in ["title", "sentence"] {
                assert!(site.messages().contains(&page.text_id(part)), "{code}");
            }
        }
    }

    #[test]
    fn titles_and_sentences_are_fixed() {
        let messages = Messages::english(&[]);
        let lines: Vec<String> = KNOWN
            .iter()
            .map(|code| {
                let text = |part| messages.text(&format!("error-{code}-{part}"));
                format!("{code} | {} | {}", text("title"), text("sentence"))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn tokens_are_removed_and_ids_stay() {
        let token = format!(
            "token eyJhbGciOiJSUzI1NiJ9.{}.c2ln refused",
            "Ab3".repeat(20)
        );
        assert_eq!(without_secrets(&token), "token [removed] refused");
        let id = "user 0b7c1c3e-7a34-4e57-9c2e-2d0c5a0a8f11 is disabled";
        assert_eq!(without_secrets(id), id);
        let path = "open /var/lib/latchkey/data/environments/signing-keys.db: denied";
        assert_eq!(without_secrets(path), path);
        assert_eq!(
            without_secrets("bearer=Zx9Zx9Zx9Zx9Zx9Zx9Zx9Zx9Zx9Zx9Zx9Zx9Zx9;"),
            "bearer=[removed];"
        );
    }

    #[test]
    fn a_page_says_when_to_try_again() {
        let page = ErrorPage::new(
            &site(Mode::Production),
            Side::Portal,
            StatusCode::TOO_MANY_REQUESTS,
        )
        .retry_after_seconds(30)
        .into_response();
        assert_eq!(page.headers()[RETRY_AFTER], "30");
    }
}
