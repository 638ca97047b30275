//! JSON from outside, read once into a type.
//!
//! PingOne takes `"true"` and `"false"` for booleans, cuts fractions off numbers and ignores what
//! it does not know, because its own samples rely on it; in a whole replacement `null` means that a
//! member is absent, in a partial update that it is cleared.

use protocol::pingone::ErrorDetail;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::media_router::{ApiRequest, FromApi};
use crate::web::failures::api::ApiFailure;

/// Members that are booleans wherever they stand.
const BOOLEANS: [&str; 11] = [
    "additionalRefreshTokenReplayProtectionEnabled",
    "bypassPolicy",
    "default",
    "emailVerified",
    "enabled",
    "excludesCommonlyUsed",
    "excludesProfileData",
    "forceChange",
    "mfaEnabled",
    "notSimilarToCurrent",
    "suppressVerificationCode",
];

/// A body of the shape `T`.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A body of the shape `T`, or none.
#[derive(Debug)]
pub(crate) struct OptionalJson<T>(pub(crate) Option<T>);

/// The members of an object, `null` among them.
pub(crate) struct JsonObject(pub(crate) Map<String, Value>);

/// Values may be secrets.
impl std::fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<T: DeserializeOwned + Send> FromApi for Json<T> {
    async fn from_api(request: &ApiRequest) -> Result<Self, ApiFailure> {
        read(&request.body).map(Self)
    }
}

impl<T: DeserializeOwned + Send> FromApi for OptionalJson<T> {
    async fn from_api(request: &ApiRequest) -> Result<Self, ApiFailure> {
        if request.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(None));
        }
        read(&request.body).map(Some).map(Self)
    }
}

impl FromApi for JsonObject {
    async fn from_api(request: &ApiRequest) -> Result<Self, ApiFailure> {
        object(&request.body).map(Self)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiFailure> {
    let mut object = object(body)?;
    object.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(object)).map_err(|error| refused(&error))
}

/// Invalid UTF-8 is invalid JSON, and depth is bounded at 128 by the parser.
fn object(body: &[u8]) -> Result<Map<String, Value>, ApiFailure> {
    let not_json = |message: &str| {
        let detail = ErrorDetail::new("INVALID_VALUE", None, message);
        ApiFailure::malformed(vec![detail])
    };
    let mut value: Value =
        serde_json::from_slice(body).map_err(|_| not_json("The body is not valid JSON."))?;
    if has_nul(&value) {
        return Err(not_json("A text of the body holds a NUL character."));
    }
    normalize(&mut value);
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(not_json("The body must be a JSON object.")),
    }
}

/// Neither engine's text holds one.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Bool(_) | Value::Null | Value::Number(_) => false,
    }
}

fn normalize(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            // Beyond 2^53 nothing of PingOne's is counted.
            let whole = number.as_f64().map(f64::trunc).filter(|n| n.abs() < 9e15);
            if let Some(whole) = whole.and_then(|n| format!("{n:.0}").parse::<i64>().ok()) {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalize),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text) if BOOLEANS.contains(&name.as_str()) => {
                        if let Ok(flag) = text.to_ascii_lowercase().parse::<bool>() {
                            *value = flag.into();
                        }
                    }
                    _ => normalize(value),
                }
            }
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

/// Names a missing member; of other errors only what was expected is told, because the rest may
/// quote a secret.
fn refused(error: &serde_json::Error) -> ApiFailure {
    let text = error.to_string();
    if let Some(rest) = text.strip_prefix("missing field `")
        && let Some((name, _)) = rest.split_once('`')
    {
        return ApiFailure::required_value(name);
    }
    let expected = text
        .split_once("expected ")
        .map_or("another value", |(_, expected)| expected);
    let message = format!("A member has a value of the wrong kind: expected {expected}.");
    ApiFailure::malformed(vec![ErrorDetail::new("INVALID_VALUE", None, message)])
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use protocol::pingone::{NewPopulation, SetPassword};

    use super::*;

    #[test]
    fn texts_of_booleans_and_fractions_are_taken() {
        let set: SetPassword = read(br#"{"value":"true","forceChange":"False"}"#).unwrap();
        assert!(!set.force_change);
        assert_eq!(set.value.unwrap().expose(), "true");
        let members = object(br#"{"a":{"b":[2.9,-1.5,1e300]}}"#).unwrap();
        assert_eq!(members["a"]["b"][0], 2);
        assert_eq!(members["a"]["b"][1], -1);
        assert_eq!(members["a"]["b"][2], 1e300);
    }

    #[test]
    fn null_is_absent_and_unknown_members_are_ignored() {
        let new: NewPopulation =
            read(br#"{"name":"A","description":null,"_links":{},"colour":"red"}"#).unwrap();
        assert_eq!((new.name.as_str(), new.description), ("A", None));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        let nul = r#"{"name":"a\u0000b"}"#;
        for body in ["", "{", "[]", "\"x\"", "{\"a\":\"\\ud800\"}", &deep, nul] {
            let failure = read::<NewPopulation>(body.as_bytes()).unwrap_err();
            assert_eq!(failure.status(), StatusCode::BAD_REQUEST, "{body:.20}");
        }
        assert!(read::<NewPopulation>(b"{\"name\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_refusal_quotes_no_value() {
        let failure = read::<SetPassword>(br#"{"value":["hunter2"]}"#).unwrap_err();
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
}
