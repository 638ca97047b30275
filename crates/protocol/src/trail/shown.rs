//! What may be shown of a value.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::OnceLock;

use url::form_urlencoded;

/// Longer texts are cut, in characters.
const LONGEST: usize = 256;

/// Longer names are, too.
const LONGEST_NAME: usize = 40;

/// So many parameters of a request are kept.
const MOST_PARAMETERS: usize = 32;

/// What may be shown of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// There was none.
    Absent,
    /// Of a value that is random and secret, or belongs to nobody else: a number that follows from
    /// it and from a key that this process alone has. Two values with one number are the same, and
    /// nothing leads back.
    Fingerprint(u64),
    /// There was one, and nothing is said about it.
    Hidden,
    /// The value.
    Text(String),
}

/// A parameter of a query or a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What may be shown of its value.
    pub value: Shown,
}

/// Something of which it is known what may be shown.
pub trait Show {
    /// What may be shown.
    fn show(self) -> Shown;
}

/// A random value, of which a fingerprint is shown.
#[derive(Clone, Copy)]
pub struct Fingerprinted<'a>(pub Option<&'a str>);

/// A value of which nothing is shown.
#[derive(Clone, Copy, Debug)]
pub struct Hidden;

/// What is shown is made only where somebody listens.
#[derive(Clone, Copy)]
pub struct Made<F>(pub F);

/// How a parameter is shown.
#[derive(Clone, Copy)]
enum How {
    /// As it is.
    Plain,
    /// A web address, without what its query and its fragment hold.
    Address,
    /// A random value, by its fingerprint.
    Random,
}

/// The parameters of which anything is shown. What is not here is hidden.
const PARAMETERS: &[(&str, How)] = &[
    ("acr_values", How::Plain),
    ("claims", How::Plain),
    ("client_id", How::Plain),
    ("code", How::Random),
    ("code_challenge", How::Random),
    ("code_challenge_method", How::Plain),
    ("code_verifier", How::Random),
    ("display", How::Plain),
    ("error", How::Plain),
    ("error_description", How::Plain),
    ("expires_in", How::Plain),
    ("flowId", How::Random),
    ("fresh", How::Plain),
    ("grant_type", How::Plain),
    ("iss", How::Address),
    ("max_age", How::Plain),
    ("nonce", How::Random),
    ("post_logout_redirect_uri", How::Address),
    ("prompt", How::Plain),
    ("redirect_uri", How::Address),
    ("refresh_token", How::Random),
    ("resource", How::Address),
    ("response_mode", How::Plain),
    ("response_type", How::Plain),
    ("return_to", How::Address),
    ("scope", How::Plain),
    ("state", How::Random),
    ("token_type", How::Plain),
    ("token_type_hint", How::Plain),
    ("ui_locales", How::Plain),
];

impl Shown {
    /// A text that is known to be harmless, cut where it is too long.
    pub fn text(text: &str) -> Self {
        Self::Text(cut(text))
    }

    /// A web address without user, query and fragment, any of which may carry a secret; that there
    /// were some is said.
    pub fn address(text: &str) -> Self {
        let end = text.find(['?', '#']).unwrap_or(text.len());
        let (before, after) = text.split_at(end);
        let mut shown = match before.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                let host = authority.rsplit('@').next().unwrap_or_default();
                format!("{scheme}://{host}{path}")
            }
            None => before.to_owned(),
        };
        if let Some(mark) = after.chars().next() {
            shown.push(mark);
            shown.push('…');
        }
        Self::Text(cut(&shown))
    }

    /// The fingerprint of a value.
    pub fn fingerprint(value: &str) -> Self {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        Self::Fingerprint(KEY.get_or_init(RandomState::new).hash_one(value))
    }

    /// What may be shown of a parameter with this name.
    pub fn parameter(name: &str, value: &str) -> Self {
        match PARAMETERS.iter().find(|(known, _)| *known == name) {
            None => Self::Hidden,
            Some((_, How::Plain)) => Self::text(value),
            Some((_, How::Address)) => Self::address(value),
            Some((_, How::Random)) => Self::fingerprint(value),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("(none)"),
            Self::Fingerprint(number) => write!(f, "#{:08x}", number >> 32),
            Self::Hidden => f.write_str("(hidden)"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Parameter {
    /// The parameters of a query or a form; names are cut, and so is the list.
    pub fn all(bytes: &[u8]) -> Vec<Self> {
        form_urlencoded::parse(bytes)
            .take(MOST_PARAMETERS)
            .map(|(name, value)| Self {
                value: Shown::parameter(&name, &value),
                name: name.chars().take(LONGEST_NAME).collect(),
            })
            .collect()
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

impl Show for Shown {
    fn show(self) -> Shown {
        self
    }
}

impl Show for &str {
    fn show(self) -> Shown {
        Shown::text(self)
    }
}

impl Show for &String {
    fn show(self) -> Shown {
        Shown::text(self)
    }
}

impl Show for Option<&str> {
    fn show(self) -> Shown {
        self.map_or(Shown::Absent, Shown::text)
    }
}

impl Show for Fingerprinted<'_> {
    fn show(self) -> Shown {
        self.0.map_or(Shown::Absent, Shown::fingerprint)
    }
}

impl Show for Hidden {
    fn show(self) -> Shown {
        Shown::Hidden
    }
}

impl<F: FnOnce() -> Shown> Show for Made<F> {
    fn show(self) -> Shown {
        (self.0)()
    }
}

impl fmt::Debug for Fingerprinted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprinted(..)")
    }
}

impl<F> fmt::Debug for Made<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Made(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_be_harmless_is_hidden() {
        let form = b"username=ada&password=2FederateM0re&client_secret=s3cret&code=abc&otp=123456\
                     &scope=openid+profile&state=xyz&%70assword=again&redirect_uri=https%3A%2F%2F\
                     me%3Apw%40app.example%2Fcb%3Ftoken%3Dabc";
        let shown: Vec<String> = Parameter::all(form)
            .iter()
            .map(|Parameter { name, value }| format!("{name}={value}"))
            .collect();
        let text = shown.join(" ");
        for secret in [
            "ada",
            "2Federate",
            "s3cret",
            "abc",
            "123456",
            "xyz",
            "again",
            "me:pw",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert!(text.contains("scope=openid profile"), "{text}");
        assert!(
            text.contains("redirect_uri=https://app.example/cb?…"),
            "{text}"
        );
    }

    #[test]
    fn a_fingerprint_tells_values_apart_and_leads_nowhere() {
        let one = Shown::parameter("code", "a code");
        assert_eq!(one, Shown::parameter("code", "a code"));
        assert_ne!(one, Shown::parameter("code", "another"));
        assert_eq!(one.to_string().len(), 9, "{one}");
    }

    #[test]
    fn addresses_lose_what_may_be_secret() {
        for (address, shown) in [
            ("https://app.example/cb", "https://app.example/cb"),
            ("https://app.example/cb?x=1", "https://app.example/cb?…"),
            ("https://app.example#token", "https://app.example#…"),
            ("com.example.app://cb", "com.example.app://cb"),
            ("/profile?x=1", "/profile?…"),
            ("https://u:p@app.example/", "https://app.example/"),
        ] {
            assert_eq!(Shown::address(address).to_string(), shown);
        }
    }

    #[test]
    fn long_texts_and_long_lists_are_cut() {
        let form = format!("scope={}", "x".repeat(5000)) + &"&a=b".repeat(500);
        let shown = Parameter::all(form.as_bytes());
        assert_eq!(shown.len(), MOST_PARAMETERS);
        assert_eq!(shown[0].value.to_string().chars().count(), LONGEST + 1);
    }
}
