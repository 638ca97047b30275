//! The attributes of a user that a request may set: each is named here with its rule, so that what
//! the server owns, or does not know, is left alone (PingOne, "User properties").

use protocol::names::is_mark;
use protocol::pingone::ErrorDetail;
use serde_json::{Map, Value};
use url::Url;

use crate::requests::failures::api::ApiFailure;

/// Which texts an attribute takes.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Two capital letters.
    CountryCode,
    /// Letters, digits, spaces, `'`, `.` and `-`.
    PersonName(usize),
    /// At least one digit.
    Phone,
    /// Anything but control characters.
    Text(usize),
    /// Anything but control characters other than line breaks.
    Lines(usize),
    /// Area and city, such as `Europe/London`.
    TimeZone,
    /// An address that a browser can load.
    WebAddress,
}

const TOP: [(&str, Rule); 10] = [
    ("accountId", Rule::Text(256)),
    ("externalId", Rule::Text(1024)),
    ("locale", Rule::Text(256)),
    ("mobilePhone", Rule::Phone),
    ("nickname", Rule::Text(256)),
    ("preferredLanguage", Rule::Text(256)),
    ("primaryPhone", Rule::Phone),
    ("timezone", Rule::TimeZone),
    ("title", Rule::Text(256)),
    ("type", Rule::Text(256)),
];

const NAME: [(&str, Rule); 6] = [
    ("family", Rule::PersonName(256)),
    ("formatted", Rule::PersonName(256)),
    ("given", Rule::Text(256)),
    ("honorificPrefix", Rule::Text(256)),
    ("honorificSuffix", Rule::Text(256)),
    ("middle", Rule::Text(256)),
];

const ADDRESS: [(&str, Rule); 5] = [
    ("countryCode", Rule::CountryCode),
    ("locality", Rule::Text(256)),
    ("postalCode", Rule::Text(40)),
    ("region", Rule::Text(256)),
    ("streetAddress", Rule::Lines(256)),
];

const PHOTO: [(&str, Rule); 1] = [("href", Rule::WebAddress)];

const OBJECTS: [(&str, &[(&str, Rule)]); 3] =
    [("address", &ADDRESS), ("name", &NAME), ("photo", &PHOTO)];

/// Applies the members of a body to the attributes of a user: a text sets, `null` clears, and
/// within `name`, `address` and `photo` the same holds member by member.
///
/// # Errors
///
/// Every value that breaks its rule, each with its path.
pub(super) fn merge(
    mut attributes: Map<String, Value>,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiFailure> {
    let mut details = Vec::new();
    apply(&mut attributes, body, &TOP, "", &mut details);
    for (object, members) in OBJECTS {
        match body.get(object) {
            None => {}
            Some(Value::Null) => {
                attributes.remove(object);
            }
            Some(Value::Object(new)) => {
                let mut merged = match attributes.remove(object) {
                    Some(Value::Object(old)) => old,
                    _ => Map::new(),
                };
                apply(&mut merged, new, members, object, &mut details);
                if !merged.is_empty() {
                    attributes.insert(object.to_owned(), Value::Object(merged));
                }
            }
            Some(_) => details.push(wrong(object, "must be an object")),
        }
    }
    if details.is_empty() {
        Ok(attributes)
    } else {
        Err(ApiFailure::invalid_data(details))
    }
}

fn apply(
    attributes: &mut Map<String, Value>,
    body: &Map<String, Value>,
    rules: &[(&str, Rule)],
    object: &str,
    details: &mut Vec<ErrorDetail>,
) {
    for (name, rule) in rules {
        let path = if object.is_empty() {
            (*name).to_owned()
        } else {
            format!("{object}.{name}")
        };
        match body.get(*name) {
            None => {}
            Some(Value::Null) => {
                attributes.remove(*name);
            }
            Some(Value::String(text)) => match rule.check(text) {
                Ok(()) => {
                    attributes.insert((*name).to_owned(), Value::String(text.clone()));
                }
                Err(problem) => details.push(wrong(&path, problem)),
            },
            Some(_) => details.push(wrong(&path, "must be a text")),
        }
    }
}

fn wrong(path: &str, problem: impl Into<String>) -> ErrorDetail {
    ErrorDetail::new("INVALID_VALUE", Some(path), problem)
}

impl Rule {
    fn check(self, text: &str) -> Result<(), String> {
        if text.trim().is_empty() {
            return Err("must not be blank".to_owned());
        }
        let longest = match self {
            Self::CountryCode => 2,
            Self::Lines(longest) | Self::PersonName(longest) | Self::Text(longest) => longest,
            Self::Phone => 32,
            Self::TimeZone => 256,
            Self::WebAddress => 2048,
        };
        if text.chars().count() > longest {
            return Err(format!("must have at most {longest} characters"));
        }
        let is_good = match self {
            Self::CountryCode => text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase()),
            Self::Lines(_) => text
                .chars()
                .all(|c| !c.is_control() || matches!(c, '\n' | '\r')),
            Self::PersonName(_) => text
                .chars()
                .all(|c| c.is_alphanumeric() || is_mark(c) || matches!(c, ' ' | '\'' | '.' | '-')),
            Self::Phone => {
                text.chars().any(|c| c.is_ascii_digit()) && !text.chars().any(char::is_control)
            }
            Self::Text(_) => !text.chars().any(char::is_control),
            Self::TimeZone => is_time_zone(text),
            Self::WebAddress => {
                Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
            }
        };
        if is_good {
            Ok(())
        } else {
            Err(self.expectation().to_owned())
        }
    }

    fn expectation(self) -> &'static str {
        match self {
            Self::CountryCode => "must be two capital letters, such as GB",
            Self::Lines(_) | Self::Text(_) => "must not have control characters",
            Self::PersonName(_) => {
                "must have letters, digits, spaces, apostrophes, full stops and hyphens only"
            }
            Self::Phone => "must have at least one digit",
            Self::TimeZone => "must be a time zone, such as America/Denver",
            Self::WebAddress => "must be a URL",
        }
    }
}

fn is_time_zone(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    text.contains('/') && text.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(old: Value, new: &Value) -> Result<Value, ApiFailure> {
        let Value::Object(old) = old else {
            panic!("an object")
        };
        merge(old, new.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn a_text_sets_and_null_clears_member_by_member() {
        let old = json!({"nickname": "Al", "name": {"given": "Ada", "family": "King"}});
        let new = json!({"nickname": null, "name": {"family": "Lovelace", "given": null}});
        assert_eq!(
            merged(old, &new).unwrap(),
            json!({"name": {"family": "Lovelace"}})
        );
        let old = json!({"name": {"given": "Ada"}});
        assert_eq!(
            merged(old, &json!({"name": {"given": null}})).unwrap(),
            json!({})
        );
    }

    /// Reliability and security, class 16: what the server owns is not among the rules.
    #[test]
    fn what_the_server_owns_is_left_alone() {
        let body = json!({
            "id": "x", "emailVerified": true, "enabled": false, "account": {"status": "LOCKED"},
            "lifecycle": {"status": "ACCOUNT_OK"}, "mfaEnabled": true, "population": {"id": "x"},
            "verifyStatus": "ENABLED", "lastSignOn": {}, "createdAt": "x", "roles": ["admin"],
            "memberOfGroupIDs": [], "password": {"value": "x"}, "locale": "en",
        });
        assert_eq!(merged(json!({}), &body).unwrap(), json!({"locale": "en"}));
    }

    #[test]
    fn each_value_has_its_rule() {
        for (good, body) in [
            (true, json!({"name": {"family": "O'Neil-Łukasiewicz Jr."}})),
            (false, json!({"name": {"family": "<script>"}})),
            (false, json!({"name": "Ada"})),
            (false, json!({"nickname": ""})),
            (false, json!({"nickname": "a\nb"})),
            (false, json!({"nickname": 7})),
            (
                true,
                json!({"address": {"streetAddress": "1 Road\nFlat 2", "countryCode": "GB"}}),
            ),
            (false, json!({"address": {"countryCode": "gb"}})),
            (false, json!({"address": {"postalCode": "x".repeat(41)}})),
            (false, json!({"primaryPhone": "call me"})),
            (true, json!({"timezone": "America/Argentina/Buenos_Aires"})),
            (false, json!({"timezone": "London"})),
            (false, json!({"photo": {"href": "javascript:alert(1)"}})),
        ] {
            assert_eq!(merged(json!({}), &body).is_ok(), good, "{body}");
        }
    }
}
