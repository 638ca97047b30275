//! What a server answered: a page to read and to fill in, or anything else.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::Browser;

/// An answer, with the browser that asked for it.
#[derive(Clone, Debug)]
pub struct Page {
    pub(super) browser: Browser,
    /// The answer's status.
    pub status: StatusCode,
    /// Where it came from, after redirects, with the fragment of the last one.
    pub url: Url,
    /// The answer's headers.
    pub headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Every address on the way here, the first included; empty when redirects are not followed.
    pub hops: Vec<Url>,
}

impl Page {
    #[cfg(test)]
    pub(super) fn for_tests(browser: Browser, url: Url, body: &str) -> Self {
        let (status, headers) = (StatusCode::OK, HeaderMap::new());
        Self {
            browser,
            status,
            url,
            headers,
            body: body.as_bytes().to_vec(),
            hops: Vec::new(),
        }
    }

    /// The body as text.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where a redirect leads that was not followed.
    ///
    /// # Panics
    ///
    /// When it is none.
    pub fn location(&self) -> Url {
        self.redirect()
            .unwrap_or_else(|| panic!("not a redirect: {}", self.summary()))
    }

    /// The `Location` of an answer as it was written; empty when there is none.
    pub fn leads_to(&self) -> &str {
        self.header(LOCATION.as_str()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is something else.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!(
                "not the JSON that was expected, {error}: {}",
                self.summary()
            ),
        }
    }

    /// One text of a JSON answer, by its JSON pointer (`/access_token`).
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn json_text(&self, pointer: &str) -> String {
        let body: serde_json::Value = self.json();
        match body.pointer(pointer).and_then(serde_json::Value::as_str) {
            Some(text) => text.to_owned(),
            None => panic!("no text at {pointer}: {}", self.summary()),
        }
    }

    /// The same page, when it has this status.
    ///
    /// # Panics
    ///
    /// When it has another.
    #[expect(clippy::return_self_not_must_use, reason = "expecting is enough")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.summary());
        self
    }

    /// The text of the page's `h1`.
    pub fn heading(&self) -> String {
        self.texts("h1").join(" / ")
    }

    /// The page's `title`.
    pub fn title(&self) -> String {
        self.texts("title").join(" / ")
    }

    /// All that can be read on the page, blanks collapsed.
    pub fn text(&self) -> String {
        self.texts("body").join(" ")
    }

    /// The text of every element that a CSS selector finds, blanks collapsed.
    ///
    /// # Panics
    ///
    /// When `selector` is not one.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.elements(selector, |element| readable(&element))
    }

    /// An attribute of every element that a CSS selector finds.
    ///
    /// # Panics
    ///
    /// When `selector` is not one.
    pub fn attributes(&self, selector: &str, attribute: &str) -> Vec<String> {
        let found = self.elements(selector, |element| {
            element.attr(attribute).map(str::to_owned)
        });
        found.into_iter().flatten().collect()
    }

    /// Whether a CSS selector finds anything.
    ///
    /// # Panics
    ///
    /// When `selector` is not one.
    pub fn has(&self, selector: &str) -> bool {
        !self.elements(selector, |_| ()).is_empty()
    }

    /// Follows the link that reads `text`.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn follow_link(&self, text: &str) -> Self {
        let links = self.elements("a[href]", |link| {
            (
                readable(&link),
                link.attr("href").unwrap_or_default().to_owned(),
            )
        });
        let Some((_, target)) = links.iter().find(|(found, _)| found == text) else {
            panic!("no link `{text}` among {links:?}: {}", self.summary());
        };
        let target = self.url.join(target).expect("a link leads to a URL");
        self.browser.open(target).await
    }

    /// Opens where the first link leads that a CSS selector finds.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn follow(&self, selector: &str) -> Self {
        let links = self.attributes(selector, "href");
        let Some(target) = links.first() else {
            panic!("no link `{selector}`: {}", self.summary());
        };
        let target = self.url.join(target).expect("a link leads to a URL");
        self.browser.open(target).await
    }

    /// Sends a form from this page.
    pub(super) async fn submit(
        &self,
        method: Method,
        action: Url,
        fields: &[(String, String)],
    ) -> Self {
        self.browser.submit(&self.url, method, action, fields).await
    }

    /// One query parameter of the page's address.
    pub fn query(&self, name: &str) -> Option<String> {
        parameter(self.url.query().unwrap_or_default(), name)
    }

    /// One parameter of the page's fragment.
    pub fn fragment(&self, name: &str) -> Option<String> {
        parameter(self.url.fragment().unwrap_or_default(), name)
    }

    /// Enough of the answer to see in a failed test what it was.
    pub fn summary(&self) -> String {
        let body = self.body();
        let text = if body.contains("<html") {
            self.text()
        } else {
            body
        };
        let text: String = text.chars().take(1500).collect();
        format!("{} {} {}", self.status, self.url, text)
    }

    /// Where this answer redirects to.
    pub(super) fn redirect(&self) -> Option<Url> {
        if !self.status.is_redirection() {
            return None;
        }
        let location = self.headers.get(LOCATION)?.to_str().ok()?;
        self.url.join(location).ok()
    }

    pub(super) fn document(&self) -> Html {
        Html::parse_document(&self.body())
    }

    fn elements<T>(&self, selector: &str, read: impl Fn(ElementRef<'_>) -> T) -> Vec<T> {
        self.document()
            .select(&parsed(selector))
            .map(read)
            .collect()
    }
}

/// One parameter of a form-encoded text.
pub fn parameter(text: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// The text in an element, blanks collapsed.
pub(super) fn readable(element: &ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A CSS selector.
pub(super) fn parsed(selector: &str) -> Selector {
    match Selector::parse(selector) {
        Ok(selector) => selector,
        Err(error) => panic!("`{selector}` is not a selector: {error:?}"),
    }
}
