//! Bodies and queries: understood, or refused with what is wrong.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::control::failure::Failure;

/// A JSON body, whatever the media type says; an empty one is `{}`.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| Failure::invalid(error.body_text()))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let mut document = serde_json::Deserializer::from_slice(text);
        let read = serde_path_to_error::deserialize(&mut document);
        let value = read.map_err(|error| {
            Failure::invalid(format!("the body at `{}`: {}", error.path(), error.inner()))
        })?;
        let end = document.end();
        end.map_err(|error| Failure::invalid(format!("the body: {error}")))?;
        Ok(Self(value))
    }
}

/// The parameters of a query.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let read = axum::extract::Query::try_from_uri(&parts.uri);
        let axum::extract::Query(value) =
            read.map_err(|error| Failure::invalid(error.body_text()))?;
        Ok(Self(value))
    }
}
