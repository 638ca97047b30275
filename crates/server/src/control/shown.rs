//! What of a request is shown: parameters, members and headers that are known to hold no secret, and
//! nothing else.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use protocol::trail::Shown;
use serde_json::{Map, Value};
use url::form_urlencoded;

/// What is shown of a value at most, in characters.
const LONGEST: usize = 256;

/// Of so many parameters of a request some may be shown; the others are counted.
const MOST_PARAMETERS: usize = 128;

/// So many items of a list are shown.
const MOST_ITEMS: usize = 50;

/// Documents that are nested deeper are not looked into.
const DEEPEST: usize = 6;

/// How a value is shown.
#[derive(Clone, Copy, Debug)]
enum How {
    /// As it is.
    Plain,
    /// A web address without user, query and fragment, any of which may carry a secret; that there
    /// were some is said.
    Address,
}

/// Parameters of queries and forms.
const PARAMETERS: &[(&str, How)] = &[
    ("acr_values", How::Plain),
    ("claims", How::Plain),
    ("client_id", How::Plain),
    ("code_challenge_method", How::Plain),
    ("email", How::Plain),
    ("error", How::Plain),
    ("expand", How::Plain),
    ("family", How::Plain),
    ("filter", How::Plain),
    ("given", How::Plain),
    ("grant_type", How::Plain),
    ("include", How::Plain),
    ("iss", How::Address),
    ("limit", How::Plain),
    ("login_hint", How::Plain),
    ("max_age", How::Plain),
    ("order", How::Plain),
    ("post_logout_redirect_uri", How::Address),
    ("prompt", How::Plain),
    ("redirect_uri", How::Address),
    ("resource", How::Address),
    ("response_mode", How::Plain),
    ("response_type", How::Plain),
    ("scope", How::Plain),
    ("to", How::Plain),
    ("token_type_hint", How::Plain),
    ("ui_locales", How::Plain),
    ("username", How::Plain),
];

/// Members of JSON documents. What one that is an object holds is looked through by the same list.
const MEMBERS: &[(&str, How)] = &[
    ("account", How::Plain),
    ("action", How::Plain),
    ("address", How::Plain),
    ("application", How::Plain),
    ("applicationType", How::Plain),
    ("canAuthenticate", How::Plain),
    ("countryCode", How::Plain),
    ("default", How::Plain),
    ("description", How::Plain),
    ("email", How::Plain),
    ("enabled", How::Plain),
    ("environment", How::Plain),
    ("family", How::Plain),
    ("forceChange", How::Plain),
    ("formatted", How::Plain),
    ("given", How::Plain),
    ("grantTypes", How::Plain),
    ("group", How::Plain),
    ("honorificPrefix", How::Plain),
    ("honorificSuffix", How::Plain),
    ("id", How::Plain),
    ("lifecycle", How::Plain),
    ("locale", How::Plain),
    ("locality", How::Plain),
    ("middle", How::Plain),
    ("mobilePhone", How::Plain),
    ("name", How::Plain),
    ("nickname", How::Plain),
    ("pkceEnforcement", How::Plain),
    ("population", How::Plain),
    ("postLogoutRedirectUris", How::Address),
    ("postalCode", How::Plain),
    ("preferredLanguage", How::Plain),
    ("primaryPhone", How::Plain),
    ("protocol", How::Plain),
    ("redirectUris", How::Address),
    ("region", How::Plain),
    ("resource", How::Plain),
    ("responseTypes", How::Plain),
    ("role", How::Plain),
    ("scope", How::Plain),
    ("scopes", How::Plain),
    ("status", How::Plain),
    ("streetAddress", How::Plain),
    ("timezone", How::Plain),
    ("title", How::Plain),
    ("tokenEndpointAuthMethod", How::Plain),
    ("type", How::Plain),
    ("username", How::Plain),
];

/// Headers.
const HEADERS: &[(&str, How)] = &[
    ("accept", How::Plain),
    ("accept-language", How::Plain),
    ("content-length", How::Plain),
    ("content-type", How::Plain),
    ("host", How::Plain),
    ("origin", How::Address),
    ("user-agent", How::Plain),
];

/// The parameters that are shown, and how many are not.
pub(super) fn parameters(bytes: &[u8]) -> (Map<String, Value>, usize) {
    let mut shown = Map::new();
    let mut hidden = 0;
    for (place, (name, value)) in form_urlencoded::parse(bytes).enumerate() {
        match how(PARAMETERS, &name).filter(|_| place < MOST_PARAMETERS) {
            Some(how) => {
                shown.insert(name.into_owned(), how.text(&value).into());
            }
            None => hidden += 1,
        }
    }
    (shown, hidden)
}

/// What of a document is shown, and how many members are not.
pub(super) fn document(bytes: &[u8]) -> (Option<Value>, usize) {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => {
            let (shown, hidden) = object(members, DEEPEST);
            (Some(Value::Object(shown)), hidden)
        }
        // The items of a list, or a bare value, have no name that says what they are.
        Ok(_) | Err(_) => (None, usize::from(!bytes.is_empty())),
    }
}

fn object(members: Map<String, Value>, depth: usize) -> (Map<String, Value>, usize) {
    let mut shown = Map::new();
    let mut hidden = 0;
    for (name, member) in members {
        let (member, not_shown) = match how(MEMBERS, &name) {
            Some(how) if depth > 0 => value(how, member, depth - 1),
            _ => (None, 1),
        };
        hidden += not_shown;
        if let Some(member) = member {
            shown.insert(name, member);
        }
    }
    (shown, hidden)
}

fn value(how: How, value: Value, depth: usize) -> (Option<Value>, usize) {
    match value {
        Value::String(text) => (Some(how.text(&text).into()), 0),
        Value::Object(members) => {
            let (shown, hidden) = object(members, depth);
            (Some(Value::Object(shown)), hidden)
        }
        Value::Array(_) if depth == 0 => (None, 1),
        Value::Array(items) => {
            let more = items.len().saturating_sub(MOST_ITEMS);
            let items = items.into_iter().take(MOST_ITEMS);
            let each = items.map(|item| self::value(how, item, depth - 1));
            let (items, hidden): (Vec<_>, Vec<_>) = each.unzip();
            let items = items.into_iter().flatten().collect();
            (
                Some(Value::Array(items)),
                more + hidden.iter().sum::<usize>(),
            )
        }
        plain => (Some(plain), 0),
    }
}

/// The headers that are shown; of the one that authorizes, its scheme.
pub(super) fn headers(headers: &HeaderMap) -> BTreeMap<&'static str, String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut shown: BTreeMap<_, _> = HEADERS
        .iter()
        .filter_map(|(name, how)| Some((*name, how.text(text(name)?))))
        .collect();
    let schemes = ["Basic", "Bearer"];
    let scheme = text(AUTHORIZATION.as_str()).and_then(|value| value.split(' ').next());
    let scheme = scheme.and_then(|scheme| {
        let mut known = schemes.into_iter();
        known.find(|known| known.eq_ignore_ascii_case(scheme))
    });
    if let Some(scheme) = scheme {
        shown.insert("authorization", scheme.to_owned());
    }
    shown
}

fn how(list: &[(&str, How)], name: &str) -> Option<How> {
    let found = list.iter().find(|(known, _)| *known == name);
    found.map(|(_, how)| *how)
}

impl How {
    fn text(self, text: &str) -> String {
        match self {
            Self::Plain => text.chars().take(LONGEST).collect(),
            Self::Address => address(text),
        }
    }
}

fn address(text: &str) -> String {
    match Shown::address(text) {
        shown @ Shown::Text(_) => shown.to_string(),
        _ => "not an address that is shown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_parameters_of_the_list_are_shown() {
        let form = b"grant_type=authorization_code&code=hush&client_secret=hush&hush=1&\
                     redirect_uri=https%3A%2F%2Fa%3Ahush%40app.example%2Fcb%3Fs%3Dhush%23hush";
        let (shown, hidden) = parameters(form);
        let expected = json!({
            "grant_type": "authorization_code", "redirect_uri": "https://app.example/cb?…",
        });
        assert_eq!(Value::Object(shown), expected);
        assert_eq!(hidden, 3);
        assert_eq!(parameters(b"code=hush&code=hush"), (Map::new(), 2));
        let many = "code=hush&".repeat(MOST_PARAMETERS) + "scope=openid&scope=openid";
        assert_eq!(
            parameters(many.as_bytes()),
            (Map::new(), MOST_PARAMETERS + 2)
        );
    }

    #[test]
    fn only_members_of_the_list_are_shown_at_any_depth() {
        let body = json!({
            "username": "ada", "hush": "hush",
            "password": {"value": "hush", "forceChange": false},
            "name": {"given": "Ada", "hush": "hush"},
            "redirectUris": ["https://app.example/cb?hush", "hush"],
            "scopes": [{"id": "1", "hush": "hush"}, ["a", {"hush": 1}]],
        });
        let (shown, hidden) = document(body.to_string().as_bytes());
        let expected = json!({
            "username": "ada",
            "name": {"given": "Ada"},
            "redirectUris": ["https://app.example/cb?…", "not an address that is shown"],
            "scopes": [{"id": "1"}, ["a", {}]],
        });
        assert_eq!(shown, Some(expected));
        assert_eq!(hidden, 5);
        for bare in ["\"hush\"", "[\"hush\"]", "hush"] {
            assert_eq!(document(bare.as_bytes()), (None, 1), "{bare}");
        }
    }

    #[test]
    fn of_credentials_in_a_header_the_scheme_is_shown() {
        let mut all = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer hush"),
            ("cookie", "session=hush"),
            ("x-hush", "hush"),
            ("user-agent", "curl/8"),
        ] {
            all.insert(name, value.parse().unwrap());
        }
        let shown = headers(&all);
        assert_eq!(shown.get("authorization").unwrap(), "Bearer");
        assert_eq!(shown.len(), 2);
        all.insert("authorization", "hush".parse().unwrap());
        assert!(!headers(&all).contains_key("authorization"));
    }
}
