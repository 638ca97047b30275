//! Response types, response modes and prompts: OAuth 2.0 Multiple Response Type Encoding
//! Practices, Form Post Response Mode, OpenID Connect Core §3.1.2.1.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A response type, response mode or prompt that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such {0}")]
pub struct InvalidResponse(&'static str);

/// What the authorization endpoint answers with: a set, so its order means nothing.
///
/// ```
/// use pingone_protocol::oauth::ResponseType;
///
/// assert_eq!(ResponseType::parse("id_token token")?, ResponseType::TOKEN_ID_TOKEN);
/// # Ok::<(), pingone_protocol::oauth::InvalidResponse>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An access token.
    pub token: bool,
    /// An ID token.
    pub id_token: bool,
}

impl ResponseType {
    /// The authorization code flow.
    pub const CODE: Self = Self {
        code: true,
        token: false,
        id_token: false,
    };

    /// The implicit flow with an ID token alone.
    pub const ID_TOKEN: Self = Self {
        code: false,
        token: false,
        id_token: true,
    };

    /// The implicit flow with both tokens.
    pub const TOKEN_ID_TOKEN: Self = Self {
        code: false,
        token: true,
        id_token: true,
    };

    /// Every one that is not empty.
    pub const ALL: [Self; 7] = [
        Self::of(true, false, false),
        Self::of(false, false, true),
        Self::of(false, true, false),
        Self::of(false, true, true),
        Self::of(true, false, true),
        Self::of(true, true, false),
        Self::of(true, true, true),
    ];

    const fn of(code: bool, token: bool, id_token: bool) -> Self {
        Self {
            code,
            token,
            id_token,
        }
    }

    /// Reads names separated by spaces.
    ///
    /// # Errors
    ///
    /// [`InvalidResponse`] for an unknown name, a repeated one, or none.
    pub fn parse(text: &str) -> Result<Self, InvalidResponse> {
        let mut parsed = Self {
            code: false,
            token: false,
            id_token: false,
        };
        for name in text.split(' ') {
            let flag = match name {
                "code" => &mut parsed.code,
                "token" => &mut parsed.token,
                "id_token" => &mut parsed.id_token,
                _ => return Err(InvalidResponse("response type")),
            };
            if std::mem::replace(flag, true) {
                return Err(InvalidResponse("response type"));
            }
        }
        Ok(parsed)
    }

    /// Whether tokens come straight from the authorization endpoint, so that a query would leak
    /// them.
    pub fn has_tokens(self) -> bool {
        self.token || self.id_token
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.code, "code"),
            (self.token, "token"),
            (self.id_token, "id_token"),
        ];
        let mut first = true;
        for (_, name) in parts.iter().filter(|(is_there, _)| *is_there) {
            if !std::mem::replace(&mut first, false) {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for ResponseType {
    type Error = InvalidResponse;

    fn try_from(text: String) -> Result<Self, InvalidResponse> {
        Self::parse(&text)
    }
}

impl From<ResponseType> for String {
    fn from(response_type: ResponseType) -> Self {
        response_type.to_string()
    }
}

/// How the answer of the authorization endpoint travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In a form that the browser posts.
    #[serde(rename = "form_post")]
    FormPost,
    /// Behind the `#` of the redirect.
    #[serde(rename = "fragment")]
    Fragment,
    /// Behind the `?` of the redirect.
    #[serde(rename = "query")]
    Query,
}

impl ResponseMode {
    /// All that there are.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// Reads a mode.
    ///
    /// # Errors
    ///
    /// [`InvalidResponse`] for an unknown name.
    pub fn parse(text: &str) -> Result<Self, InvalidResponse> {
        let known = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        known.ok_or(InvalidResponse("response mode"))
    }

    /// The mode that a response type has when none is asked for.
    pub fn default_for(response_type: ResponseType) -> Self {
        if response_type.has_tokens() {
            Self::Fragment
        } else {
            Self::Query
        }
    }

    /// The mode's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FormPost => "form_post",
            Self::Fragment => "fragment",
            Self::Query => "query",
        }
    }
}

/// Whether the user must or must not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Ask for consent again. PingOne takes it and asks nothing for the code grant.
    Consent,
    /// Authenticate again.
    Login,
    /// Show no page.
    None,
    /// Let the user choose an account; taken as [`Prompt::Login`].
    SelectAccount,
}

impl Prompt {
    /// All that there are.
    pub const ALL: [Self; 4] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount];

    /// The value as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Login => "login",
            Self::None => "none",
            Self::SelectAccount => "select_account",
        }
    }

    /// Reads the values of `prompt`, separated by spaces.
    ///
    /// # Errors
    ///
    /// [`InvalidResponse`] for an unknown value, and for `none` beside another.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, InvalidResponse> {
        let mut prompts = Vec::new();
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            let known = Self::ALL.into_iter().find(|prompt| prompt.as_str() == name);
            prompts.push(known.ok_or(InvalidResponse("prompt"))?);
        }
        if prompts.len() > 1 && prompts.contains(&Self::None) {
            return Err(InvalidResponse("prompt"));
        }
        Ok(prompts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_response_types_are_those_that_parse_and_each_is_there_once() {
        let mut texts = ResponseType::ALL.map(|response_type| response_type.to_string());
        for (response_type, text) in ResponseType::ALL.iter().zip(&texts) {
            assert_eq!(ResponseType::parse(text).unwrap(), *response_type);
        }
        texts.sort();
        assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{texts:?}");
    }

    #[test]
    fn the_order_of_a_response_type_means_nothing() {
        let one = ResponseType::parse("token id_token").unwrap();
        assert_eq!(one, ResponseType::parse("id_token token").unwrap());
        assert_eq!(one.to_string(), "token id_token");
        assert_eq!(ResponseMode::default_for(one), ResponseMode::Fragment);
        assert_eq!(
            ResponseMode::default_for(ResponseType::CODE),
            ResponseMode::Query
        );
    }

    #[test]
    fn odd_response_types_and_prompts_are_refused() {
        for text in ["", "code code", "none", "code  token", "CODE"] {
            assert!(ResponseType::parse(text).is_err(), "{text}");
        }
        assert!(Prompt::parse_all("none login").is_err());
        assert_eq!(Prompt::parse_all("login consent").unwrap().len(), 2);
    }
}
