//! Parameters of a query or a form, read strictly:
//! [RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1) and
//! [§3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2).

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::trail::{Reason, known_name};

/// More parameters than this are refused.
const MOST_PARAMETERS: usize = 128;

/// Parameters by name. A repeated one was refused, an empty one counts as absent.
///
/// ```
/// use pingone_protocol::params::{FormParams, InvalidParams};
///
/// let params = FormParams::parse(b"scope=openid+profile&state=")?;
/// assert_eq!(params.require("scope")?, "openid profile");
/// assert_eq!(params.find("state"), None, "empty counts as absent");
/// assert!(matches!(FormParams::parse(b"a=1&a=2"), Err(InvalidParams::Repeated(_))));
/// # Ok::<(), InvalidParams>(())
/// ```
#[derive(Clone, Default)]
pub struct FormParams {
    values: BTreeMap<String, String>,
}

/// The known names only: values may be secrets, and so may what somebody sent in place of a name.
impl fmt::Debug for FormParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.values.keys().filter_map(|name| known_name(name));
        f.debug_set().entries(names).finish()
    }
}

/// Why parameters were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParams {
    /// A parameter that must be there is not.
    #[error("the parameter `{0}` is missing")]
    Missing(&'static str),
    /// Bytes that are no UTF-8 once decoded, or a NUL, which no text of ours holds.
    #[error("a parameter is not UTF-8 text")]
    NotUtf8,
    /// A name that stands there twice: which, if it is [known](known_name). Any other is part of
    /// what was sent, as of a secret with an `&` in it, and has no place in a message that is kept.
    #[error("{} is given more than once", named(*.0))]
    Repeated(Option<&'static str>),
    /// More than 128 parameters.
    #[error("there are more than {MOST_PARAMETERS} parameters")]
    TooMany,
}

impl Reason for InvalidParams {}

fn named(name: Option<&str>) -> String {
    name.map_or("a parameter".to_owned(), |name| {
        format!("the parameter `{name}`")
    })
}

impl FormParams {
    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] for a repeated name, for text that is no UTF-8, and for too many.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidParams> {
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidParams::NotUtf8)?;
        let mut params = Self::default();
        params.read(text)?;
        Ok(params)
    }

    /// Reads a query and a form body as one set, as PingOne does for a POST to its authorization
    /// endpoint. A name may stand in one of them only.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_both(query: &str, body: &[u8]) -> Result<Self, InvalidParams> {
        let mut params = Self::parse(query.as_bytes())?;
        params.read(std::str::from_utf8(body).map_err(|_| InvalidParams::NotUtf8)?)?;
        Ok(params)
    }

    fn read(&mut self, text: &str) -> Result<(), InvalidParams> {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if self.values.contains_key(&name) {
                return Err(InvalidParams::Repeated(known_name(&name)));
            }
            if self.values.len() == MOST_PARAMETERS {
                return Err(InvalidParams::TooMany);
            }
            self.values.insert(name, value);
        }
        Ok(())
    }

    /// The value of a parameter, unless it is absent or empty.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a parameter as it was sent, an empty text included: for fields of a page,
    /// where empty is something a person may have typed.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    ///
    /// [`InvalidParams::Missing`] when it is absent or empty.
    pub fn require(&self, name: &'static str) -> Result<&str, InvalidParams> {
        self.find(name).ok_or(InvalidParams::Missing(name))
    }

    /// All parameters with a value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decode(text: &str) -> Result<String, InvalidParams> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text)
        .decode_utf8()
        .map_err(|_| InvalidParams::NotUtf8)?;
    if decoded.contains('\0') {
        return Err(InvalidParams::NotUtf8);
    }
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused() {
        let error = FormParams::parse(b"state=a&code=b&state=a").unwrap_err();
        assert_eq!(error, InvalidParams::Repeated(Some("state")));
        let error = FormParams::parse_both("state=a", b"state=a").unwrap_err();
        assert_eq!(error, InvalidParams::Repeated(Some("state")));
    }

    #[test]
    fn what_was_sent_in_place_of_a_name_is_not_told() {
        let error = FormParams::parse(b"client_secret=x&S3CRET&S3CRET").unwrap_err();
        assert_eq!(error.to_string(), "a parameter is given more than once");
        let error = FormParams::parse(b"state=S3CRET&state=S3CRET").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the parameter `state` is given more than once"
        );
        let params = FormParams::parse(b"{\"client_secret\":\"S3CRET\"}&state=x").unwrap();
        assert_eq!(format!("{params:?}"), "{\"state\"}");
    }

    #[test]
    fn an_empty_parameter_counts_as_absent() {
        let params = FormParams::parse(b"nonce=&scope=openid+email").unwrap();
        assert_eq!(params.find("nonce"), None);
        assert_eq!(params.find("scope"), Some("openid email"));
        assert_eq!(
            params.require("nonce"),
            Err(InvalidParams::Missing("nonce"))
        );
    }

    #[test]
    fn text_that_is_no_utf8_is_refused() {
        assert_eq!(
            FormParams::parse(b"username=%ff").unwrap_err(),
            InvalidParams::NotUtf8
        );
        for bytes in [&b"username=\xff"[..], b"username=a%00b", b"user\0name=a"] {
            assert_eq!(
                FormParams::parse(bytes).unwrap_err(),
                InvalidParams::NotUtf8
            );
        }
    }

    #[test]
    fn parameters_without_end_are_refused() {
        let many = (0..200)
            .map(|n| format!("p{n}=1"))
            .collect::<Vec<_>>()
            .join("&");
        assert_eq!(
            FormParams::parse(many.as_bytes()).unwrap_err(),
            InvalidParams::TooMany
        );
    }
}
