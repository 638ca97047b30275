//! Pages as answers: the template rendered, with the headers that every page needs.

use std::{collections::BTreeSet, fmt};

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};
use url::Url;

/// What a page may load and where its forms may lead: nothing but this site, unless said.
///
/// Chromium applies `form-action` to the redirects that follow a POST as well, so the sign-on page
/// must name the application's origin, and a page with the sign-off form the issuer's.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ContentSecurityPolicy {
    form_targets: BTreeSet<String>,
    frames_own_pages: bool,
}

impl ContentSecurityPolicy {
    /// The strict policy.
    pub fn strict() -> Self {
        Self::default()
    }

    /// Allows forms to end at the origin of this address.
    ///
    /// An address of a native application (`com.example.app:/callback`) allows its scheme.
    #[must_use]
    pub fn with_form_target(mut self, target: &Url) -> Self {
        let origin = target.origin();
        let source = if origin.is_tuple() {
            origin.ascii_serialization()
        } else {
            format!("{}:", target.scheme())
        };
        // These would allow more than an address: any document, any script.
        if !matches!(
            target.scheme(),
            "blob" | "data" | "javascript" | "about" | "filesystem"
        ) {
            self.form_targets.insert(source);
        }
        self
    }

    /// Allows frames with pages of this site, such as a mail in the mailbox.
    #[must_use]
    pub fn with_own_frames(mut self) -> Self {
        self.frames_own_pages = true;
        self
    }

    /// The value of the header.
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
    }
}

impl fmt::Display for ContentSecurityPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
             form-action 'self'",
        )?;
        for source in &self.form_targets {
            write!(f, " {source}")?;
        }
        if self.frames_own_pages {
            f.write_str("; frame-src 'self'")
        } else {
            Ok(())
        }
    }
}

/// A page as an answer.
#[derive(Clone, Debug)]
pub struct Html<T> {
    page: T,
    status: StatusCode,
    policy: ContentSecurityPolicy,
    may_have_opener: bool,
}

impl<T: Template> Html<T> {
    /// Answers 200 with this page.
    pub fn new(page: T) -> Self {
        Self {
            page,
            status: StatusCode::OK,
            policy: ContentSecurityPolicy::strict(),
            may_have_opener: false,
        }
    }

    /// Answers with another status, such as 422 for a form to correct.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Allows the page's forms to end at the origin of this address.
    #[must_use]
    pub fn form_target(mut self, target: &Url) -> Self {
        self.policy = self.policy.with_form_target(target);
        self
    }

    /// Allows frames with pages of this site; the framed page is a [`MailPreview`].
    #[must_use]
    pub fn with_own_frames(mut self) -> Self {
        self.policy = self.policy.with_own_frames();
        self
    }

    /// Keeps the tie to the window that opened this one.
    ///
    /// For the hosted sign-on pages, which applications may open as a pop-up and wait for.
    #[must_use]
    pub fn may_have_opener(mut self) -> Self {
        self.may_have_opener = true;
        self
    }
}

/// A text as an answer, with the headers that pages have: what it holds may come from outside.
#[derive(Clone, Debug)]
pub struct PlainText(
    /// The text.
    pub String,
);

impl IntoResponse for PlainText {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        let headers = response.headers_mut();
        set_page_headers(headers, &ContentSecurityPolicy::strict());
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response
    }
}

/// The HTML part of a mail, to be shown in a frame of the mailbox.
///
/// Its inline styles apply and images of this site are shown, and nothing else: no script, no form,
/// no link, no other loading. Only pages of this site may frame it.
#[derive(Clone, Debug)]
pub struct MailPreview(
    /// The HTML as it was sent.
    pub String,
);

impl IntoResponse for MailPreview {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        let headers = response.headers_mut();
        set_page_headers(headers, &ContentSecurityPolicy::strict());
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
                 base-uri 'none'; form-action 'none'; sandbox",
            ),
        );
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        response
    }
}

/// A text that an operator wrote in HTML, to be shown in a frame of a page of this site.
///
/// It looks as the pages do. No script and no form of it works, and it loads nothing; its links
/// open in a window of their own. It counts as of this site, so that it may load the style of the
/// pages; without scripts nothing can make use of that.
#[derive(Clone, Debug)]
pub struct FramedText<T>(
    /// The document.
    pub T,
);

impl<T: Template> IntoResponse for FramedText<T> {
    fn into_response(self) -> Response {
        let mut response = Html::new(self.0).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; \
                 base-uri 'none'; form-action 'none'; sandbox allow-same-origin allow-popups \
                 allow-popups-to-escape-sandbox",
            ),
        );
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        response
    }
}

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        let body = match self.page.render() {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(error = %error, "a page could not be rendered");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        set_page_headers(headers, &self.policy);
        if self.may_have_opener {
            headers.remove(CROSS_ORIGIN_OPENER_POLICY);
        }
        response
    }
}

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Sets what every page carries.
fn set_page_headers(headers: &mut HeaderMap, policy: &ContentSecurityPolicy) {
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, policy.header_value());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        CROSS_ORIGIN_OPENER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_strict_policy_names_this_site_alone() {
        assert_eq!(
            ContentSecurityPolicy::strict().to_string(),
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
             form-action 'self'"
        );
    }

    #[test]
    fn a_form_target_allows_its_origin_and_no_more() {
        let policy = ContentSecurityPolicy::strict()
            .with_form_target(&url("https://app.example/cb?x=1;script-src%20*"))
            .with_form_target(&url("https://app.example/other"))
            .with_form_target(&url("http://localhost:3000/cb"))
            .with_form_target(&url("com.example.app:/callback"));
        assert!(
            policy.to_string().ends_with(
                "form-action 'self' com.example.app: http://localhost:3000 https://app.example"
            ),
            "{policy}"
        );
    }

    #[test]
    fn a_form_target_cannot_be_a_document_of_its_own() {
        let policy = ContentSecurityPolicy::strict()
            .with_form_target(&url("data:text/html,x"))
            .with_form_target(&url("javascript:alert(1)"))
            .with_form_target(&url("blob:https://app.example/x"));
        assert_eq!(policy, ContentSecurityPolicy::strict());
    }

    #[derive(Template)]
    #[template(source = "<p>{{ text }}</p>", ext = "html")]
    struct Page {
        text: &'static str,
    }

    #[test]
    fn a_page_carries_every_security_header() {
        let response = Html::new(Page { text: "<b>" }).into_response();
        let headers: Vec<String> = response
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        insta::assert_snapshot!(headers.join("\n"));
    }

    #[test]
    fn a_text_carries_what_a_page_carries() {
        let page = Html::new(Page { text: "" }).into_response();
        let text = PlainText("<script>".to_owned()).into_response();
        for (name, value) in page.headers() {
            let value = match *name {
                CONTENT_TYPE => "text/plain; charset=utf-8",
                _ => value.to_str().unwrap(),
            };
            assert_eq!(text.headers()[name], value, "{name}");
        }
    }

    #[test]
    fn a_mail_can_be_framed_by_this_site_and_can_do_nothing() {
        let response = MailPreview("<p>Hello</p>".to_owned()).into_response();
        assert_eq!(response.headers()[X_FRAME_OPTIONS], "SAMEORIGIN");
        assert_eq!(
            response.headers()[CONTENT_SECURITY_POLICY],
            "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
             base-uri 'none'; form-action 'none'; sandbox"
        );
        let mailbox = Html::new(Page { text: "" })
            .with_own_frames()
            .into_response();
        let policy = mailbox.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.ends_with("form-action 'self'; frame-src 'self'"),
            "{policy}"
        );
    }

    #[test]
    fn a_sign_on_page_may_keep_its_opener() {
        let response = Html::new(Page { text: "" })
            .may_have_opener()
            .into_response();
        assert!(!response.headers().contains_key(CROSS_ORIGIN_OPENER_POLICY));
    }

    #[test]
    fn a_form_to_correct_has_its_own_status() {
        let response = Html::new(Page { text: "" })
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}
