//! Members that PingOne's API knows and that no type here has a place for.
//!
//! What is not acted on must not look as if it were: such a member is taken where it says what holds
//! here anyway, and is then kept and returned, because clients compare what they sent with what
//! they read; any other value is refused by the member's name. Only what nobody knows is ignored.

use axum::extract::{FromRequest, Request};
use protocol::pingone::ErrorDetail;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body::{JsonObject, read_members};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

/// What a member is taken with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes {
    /// Nothing: whatever it says, nothing here would act on it.
    Nothing,
    /// One of these values, each as JSON: what holds here anyway.
    One(&'static [&'static str]),
}

/// A type that bodies are read into.
pub(crate) trait Body: DeserializeOwned {
    /// What PingOne knows besides the type's own members, but for those that the server alone sets.
    const OTHERS: &'static [(&'static str, Takes)];
}

use Takes::{Nothing, One};

/// A body that was read into its type.
#[derive(Debug)]
pub(crate) struct Understood<T> {
    pub(crate) body: T,
}

/// Rejected with 400, naming every member that is not taken, or the one that is misread.
impl<T: Body> FromRequest<Idp> for Understood<T> {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, ApiFailure> {
        let JsonObject(members) = JsonObject::from_request(request, idp).await?;
        take(T::OTHERS, &members)?;
        Ok(Self {
            body: read_members(&members)?,
        })
    }
}

/// The members of `others` that a body brings, as they are kept.
///
/// # Errors
///
/// One detail for each member that is not taken as it is.
pub(crate) fn take(
    others: &[(&str, Takes)],
    members: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiFailure> {
    let mut also = Map::new();
    let mut details = Vec::new();
    for (name, takes) in others {
        let Some(value) = members.get(*name).filter(|value| !value.is_null()) else {
            continue;
        };
        match taken(*takes, value) {
            Ok(value) => {
                also.insert((*name).to_owned(), value);
            }
            Err(allowed) => {
                let message = "is not supported with this value: nothing here would act on it";
                let detail = ErrorDetail::new("INVALID_VALUE", Some(name), message);
                details.push(if allowed.is_empty() {
                    detail
                } else {
                    detail.with("allowedValues", allowed)
                });
            }
        }
    }
    if details.is_empty() {
        Ok(also)
    } else {
        Err(ApiFailure::invalid_data(details))
    }
}

/// The value in the form in which it is kept, or all that are taken.
fn taken(takes: Takes, value: &Value) -> Result<Value, Vec<Value>> {
    match takes {
        Nothing => Err(Vec::new()),
        One(allowed) => {
            let allowed: Vec<Value> = allowed
                .iter()
                .filter_map(|json| serde_json::from_str(json).ok())
                .collect();
            let found = allowed.iter().find(|allowed| is_same(allowed, value));
            found.cloned().ok_or(allowed)
        }
    }
}

/// Whether a value says the same, with PingOne's laxness for texts of booleans.
fn is_same(allowed: &Value, value: &Value) -> bool {
    match (allowed, value) {
        (Value::Bool(allowed), Value::String(text)) => {
            text.to_ascii_lowercase().parse() == Ok(*allowed)
        }
        _ => allowed == value,
    }
}
