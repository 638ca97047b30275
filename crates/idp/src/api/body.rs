//! JSON from outside, read once into a type.
//!
//! A member is understood or refused by its name; what nobody knows is ignored. In a whole
//! replacement `null` means that a member is absent, in a partial update that it is cleared.

mod reader;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use protocol::pingone::ErrorDetail;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::lengths;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

/// A body of the shape `T`.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A body of the shape `T`, or none.
#[derive(Debug)]
pub(crate) struct OptionalJson<T>(pub(crate) Option<T>);

/// The members of an object, `null` among them.
pub(crate) struct JsonObject(pub(crate) Map<String, Value>);

/// A body that is a list of objects of the shape `T`.
#[derive(Debug)]
pub(crate) struct JsonList<T>(pub(crate) Vec<T>);

/// Values may be secrets.
impl std::fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Rejected with 400 when it is no JSON object of this shape, and with 413 when it is too large.
impl<T: DeserializeOwned> FromRequest<Idp> for Json<T> {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, ApiFailure> {
        read(&bytes(request, idp).await?).map(Self)
    }
}

/// Rejected as [`Json`] is, unless there is no body.
impl<T: DeserializeOwned> FromRequest<Idp> for OptionalJson<T> {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, ApiFailure> {
        let body = bytes(request, idp).await?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(None));
        }
        read(&body).map(Some).map(Self)
    }
}

/// Rejected with 400 when it is no JSON object, and with 413 when it is too large.
impl FromRequest<Idp> for JsonObject {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, ApiFailure> {
        object(&bytes(request, idp).await?).map(Self)
    }
}

/// Rejected with 400 when it is no JSON list of objects of this shape, and with 413 when it is too
/// large.
impl<T: DeserializeOwned> FromRequest<Idp> for JsonList<T> {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, ApiFailure> {
        let Value::Array(items) = value(&bytes(request, idp).await?)? else {
            return Err(not_json("The body must be a JSON list."));
        };
        let read = |item: &Value| match item {
            Value::Object(members) => read_members(members),
            _ => Err(not_json("The body must be a list of JSON objects.")),
        };
        items.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// The whole body, as far as the route takes bodies.
async fn bytes(request: Request, idp: &Idp) -> Result<Bytes, ApiFailure> {
    let body = Bytes::from_request(request, idp).await;
    body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiFailure::too_large()
        } else {
            let message = "The body ended before it was complete.";
            ApiFailure::malformed(vec![ErrorDetail::new("INVALID_VALUE", None, message)])
        }
    })
}

/// Reads a whole body.
///
/// # Errors
///
/// As [`Json`] is rejected.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiFailure> {
    read_members(&object(body)?)
}

/// Reads the members of an object into the shape `T`.
///
/// # Errors
///
/// The refusal names the first member that cannot be understood, or is too long.
pub(crate) fn read_members<T: DeserializeOwned>(
    members: &Map<String, Value>,
) -> Result<T, ApiFailure> {
    lengths::check(members)?;
    read_known_members(members)
}

/// Reads what the shape `T` knows of an object whose other members are the clients' own: what reads
/// those bounds all of them.
///
/// # Errors
///
/// The refusal names the first member that cannot be understood.
pub(crate) fn read_known_members<T: DeserializeOwned>(
    members: &Map<String, Value>,
) -> Result<T, ApiFailure> {
    reader::read(members).map_err(reader::Misread::into_failure)
}

fn object(body: &[u8]) -> Result<Map<String, Value>, ApiFailure> {
    match value(body)? {
        Value::Object(members) => Ok(members),
        _ => Err(not_json("The body must be a JSON object.")),
    }
}

/// Invalid UTF-8 is invalid JSON, and depth is bounded at 128 by the parser.
fn value(body: &[u8]) -> Result<Value, ApiFailure> {
    let value: Value =
        serde_json::from_slice(body).map_err(|_| not_json("The body is not valid JSON."))?;
    if has_nul(&value) {
        return Err(not_json("A text of the body holds a NUL character."));
    }
    Ok(value)
}

fn not_json(message: &str) -> ApiFailure {
    ApiFailure::malformed(vec![ErrorDetail::new("INVALID_VALUE", None, message)])
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

#[cfg(test)]
mod tests {
    use protocol::pingone::{NewPopulation, SetPassword};

    use super::*;

    #[test]
    fn texts_of_booleans_are_taken() {
        let set: SetPassword = read(br#"{"value":"true","forceChange":"False"}"#).unwrap();
        assert!(!set.force_change);
        assert_eq!(set.value.unwrap().expose(), "true");
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
