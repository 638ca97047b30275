//! The page to come back to after signing on: a path of this site and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// A longer one is refused: it travels in an address.
const MOST_CHARACTERS: usize = 2_000;

/// A base that no address can name by accident.
const BASE: &str = "https://site.invalid/";

/// A path of this site, possibly with a query.
///
/// Browsers read addresses more generously than specifications: `//host`, `/\host` and `/\t/host`
/// all lead elsewhere. So a text is read as a browser reads it, and has to stay on the site both as
/// it was written and as it was understood
/// ([OWASP, unvalidated redirects](https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html)).
///
/// ```
/// use pingone_axum::ReturnTo;
///
/// assert_eq!(ReturnTo::parse("/user/info?tab=2")?.as_str(), "/user/info?tab=2");
/// assert!(ReturnTo::parse("//evil.example").is_err());
/// # Ok::<(), pingone_axum::InvalidReturnTo>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnTo(String);

/// A text that is no path of this site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the page to return to is no path of this site")]
pub struct InvalidReturnTo;

impl ReturnTo {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// [`InvalidReturnTo`] for whatever a browser might take for another site, or not take at all.
    pub fn parse(text: &str) -> Result<Self, InvalidReturnTo> {
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_plain = text.chars().all(|c| c.is_ascii_graphic() && c != '\\');
        if !is_path || !is_plain || text.len() > MOST_CHARACTERS {
            return Err(InvalidReturnTo);
        }
        let base = Url::parse(BASE).map_err(|_| InvalidReturnTo)?;
        let url = base.join(text).map_err(|_| InvalidReturnTo)?;
        // `/..//host` stays here when it is read, and leads away once it is written again.
        if url.origin() != base.origin() || url.path().starts_with("//") {
            return Err(InvalidReturnTo);
        }
        let query = url
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        Ok(Self(format!("{}{query}", url.path())))
    }

    /// The start page.
    pub fn home() -> Self {
        Self("/".to_owned())
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.0.split('?').next().unwrap_or("/")
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self::home()
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ReturnTo {
    type Error = InvalidReturnTo;

    fn try_from(text: String) -> Result<Self, InvalidReturnTo> {
        Self::parse(&text)
    }
}

impl From<ReturnTo> for String {
    fn from(path: ReturnTo) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What redirectors of other products have let through (CVE-2026-28512, CVE-2026-3872,
    /// CVE-2024-8883, CVE-2022-23527, CVE-2019-20479), each with several spellings of the host.
    #[test]
    #[expect(clippy::too_many_lines, reason = "most of it is the list")]
    fn no_payload_of_the_open_redirect_list_leaves_the_site() {
        let prefixes = [
            "",
            "/",
            "//",
            "///",
            "////",
            "/\\",
            "\\\\",
            "\\/",
            "\\",
            "/\\/",
            "//\\",
            "/%09/",
            "/\t/",
            "/\n/",
            "/\r/",
            "/ /",
            " //",
            "\t//",
            "\0//",
            "/./",
            "/.//",
            "/..//",
            "/../",
            "/..;//",
            "/.%2e//",
            "/%2e%2e//",
            "/%2f/",
            "/%2f%2f",
            "%2f%2f",
            "/%5c",
            "%5c%5c",
            "/%5c%5c",
            "http:",
            "http:/",
            "http://",
            "https:",
            "https:/",
            "https://",
            "https:///",
            "HTTPS://",
            "hTtPs://",
            "//https://",
            "/http://",
            "javascript:",
            "javascript://",
            "data:text/html,",
            "ftp://",
            "view-source:",
            "blob:",
            "//localhost@",
            "//site.invalid@",
            "//site.invalid:80@",
            "https://site.invalid@",
            "https://site.invalid.",
            "//site.invalid.",
            "@",
            "/@",
            ".",
            "..",
            "//\u{3002}",
            "/\u{ff0f}",
            "\u{ff0f}\u{ff0f}",
            "//\u{200b}",
            "?//",
            "#//",
            "?next=//",
        ];
        let hosts = [
            "evil.example",
            "evil.example/",
            "evil.example/%2f..",
            "evil.example\\@site.invalid",
            "evil.example#@site.invalid",
            "evil.example?@site.invalid",
            "evil.example:443",
            "evil%E3%80%82example",
            "evil\u{3002}example",
            "[::1]",
            "2130706433",
            "0x7f.1",
            "user:pw@evil.example",
            "site.invalid@evil.example",
            "evil.example;@site.invalid",
        ];
        let base = Url::parse(BASE).unwrap();
        let mut tried = 0;
        for prefix in prefixes {
            for host in hosts {
                tried += 1;
                let payload = format!("{prefix}{host}");
                let Ok(path) = ReturnTo::parse(&payload) else {
                    continue;
                };
                let led_to = base.join(path.as_str()).unwrap();
                assert_eq!(led_to.origin(), base.origin(), "{payload:?} became {path}");
                assert!(
                    !path.as_str().starts_with("//"),
                    "{payload:?} became {path}"
                );
                assert!(!path.as_str().contains('\\'), "{payload:?} became {path}");
            }
        }
        assert!(tried > 800, "{tried} payloads");
    }

    #[test]
    fn what_names_another_site_is_refused() {
        for text in [
            "",
            "user",
            "//evil.example",
            "/\\evil.example",
            "/..//evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a b",
            "/\u{e4}",
            "/a\r\nSet-Cookie: x",
        ] {
            assert_eq!(ReturnTo::parse(text), Err(InvalidReturnTo), "{text:?}");
        }
        assert_eq!(
            ReturnTo::parse(&format!("/{}", "a".repeat(2_000))),
            Err(InvalidReturnTo)
        );
    }

    #[test]
    fn paths_of_this_site_stay() {
        for text in [
            "/",
            "/user/info",
            "/users?q=a%20b&page=x",
            "/a/%2F/b",
            "/?next=//evil.example",
        ] {
            assert_eq!(ReturnTo::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(ReturnTo::parse("/a/../b#part").unwrap().as_str(), "/b");
        assert_eq!(ReturnTo::parse("/b?x=1").unwrap().path(), "/b");
    }
}
