//! URIs that are compared character by character: they keep their text.
//! [RFC 8414 §3.3](https://www.rfc-editor.org/rfc/rfc8414#section-3.3),
//! [RFC 9700 §2.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// A text that is no issuer or redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind}: {problem}")]
pub struct InvalidUri {
    kind: &'static str,
    text: String,
    problem: &'static str,
}

impl InvalidUri {
    /// What is wrong, without the text itself: for messages that name it already.
    pub fn problem(&self) -> &'static str {
        self.problem
    }
}

macro_rules! uris {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $check:path;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            text: String,
            url: Url,
        }

        impl $name {
            /// Reads the text.
            ///
            /// # Errors
            ///
            /// [`InvalidUri`] says what is wrong with it.
            pub fn parse(text: &str) -> Result<Self, InvalidUri> {
                let refuse = |problem| InvalidUri {
                    kind: $kind,
                    text: text.chars().take(200).collect(),
                    problem,
                };
                if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
                    return Err(refuse("it holds a space or a control character"));
                }
                let url = Url::parse(text).map_err(|_| refuse("it is no absolute URI"))?;
                $check(&url).map_err(refuse)?;
                Ok(Self { text: text.to_owned(), url })
            }

            /// The text as it was written, which is what is compared.
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// The parsed form, for building other addresses.
            pub fn as_url(&self) -> &Url {
                &self.url
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text
            }
        }

        impl Eq for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidUri;

            fn try_from(text: String) -> Result<Self, InvalidUri> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(uri: $name) -> Self {
                uri.text
            }
        }
    )+};
}

uris! {
    /// The URL that identifies an OpenID provider, in exactly its own spelling.
    Issuer = "issuer", check_issuer;
    /// Where an authorization response or a signed-off user is sent, in exactly the registered
    /// spelling.
    RedirectUri = "redirect URI", check_redirect_uri;
}

fn check_issuer(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err("an issuer begins with https");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an issuer has neither query nor fragment");
    }
    Ok(())
}

/// `https`, a custom scheme of a native application, or `http` on the loopback names that PingOne
/// allows.
fn check_redirect_uri(url: &Url) -> Result<(), &'static str> {
    if url.fragment().is_some() {
        return Err("a redirect URI has no fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a redirect URI holds no user name or password");
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) | ("http", Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(()),
        ("http", _) => Err("plain http is for localhost and 127.0.0.1 only; use https"),
        ("javascript" | "data" | "file" | "blob" | "about" | "vbscript", _) => {
            Err("this scheme is not allowed; use https")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_by_character() {
        let one = RedirectUri::parse("https://app.example/cb").unwrap();
        for other in [
            "https://app.example:443/cb",
            "https://app.example/cb/",
            "https://APP.example/cb",
        ] {
            assert_ne!(one, RedirectUri::parse(other).unwrap(), "{other}");
        }
    }

    #[test]
    fn what_may_not_be_a_redirect_uri_is_refused() {
        for text in [
            "/cb",
            "http://app.example/cb",
            "https://app.example/cb#x",
            "https://user@app.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://app.example/c b",
            "https://app.example/\r\ncb",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text}");
        }
        for text in [
            "http://localhost:8080/cb",
            "com.example.app:/cb",
            "https://app.example/cb?x=1",
        ] {
            assert!(RedirectUri::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_issuer_keeps_its_spelling() {
        let issuer = Issuer::parse("https://auth.example/env/as").unwrap();
        assert_ne!(
            issuer,
            Issuer::parse("https://auth.example/env/as/").unwrap()
        );
        assert!(Issuer::parse("https://auth.example/?x").is_err());
    }
}
