//! Who may do what, and to whom.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;
use serde_json::json;

use super::Provider;
use super::answer::api_error;
use super::openid::Bearer;
use super::world::Person;

/// May this caller do that? The worker and operators may; a user only for themselves.
pub(super) fn allowed(
    provider: &Provider,
    headers: &HeaderMap,
    own: Option<&str>,
) -> Result<(), Box<Response>> {
    let refuse = |status| Err(Box::new(api_error(status, "ACCESS_FAILED", &json!([]))));
    match provider.bearer(headers) {
        None => refuse(401),
        Some(Bearer::Worker) => Ok(()),
        Some(Bearer::User(user)) => {
            let is_operator = provider
                .world()
                .people
                .iter()
                .any(|person| person.id == user && person.is_operator);
            let is_own = own.is_some_and(|own| own == user.to_string());
            if is_operator || is_own {
                Ok(())
            } else {
                refuse(403)
            }
        }
    }
}

/// A request about a person that they make themselves, or the worker, or an operator.
pub(super) struct ByThemselves(pub(super) Asked);

/// A request about a person that only the worker and operators may make.
pub(super) struct ByOthers(pub(super) Asked);

/// Whom a request is about.
pub(super) struct Asked {
    pub(super) provider: Provider,
    pub(super) id: String,
}

impl Asked {
    async fn read(parts: &mut Parts, provider: &Provider) -> Self {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, provider).await;
        let id = path.unwrap().0["id"].clone();
        let provider = provider.clone();
        Self { provider, id }
    }

    /// The person, who there is.
    pub(super) fn person(&self) -> Person {
        find(&self.provider, &self.id).unwrap()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Person)) {
        self.provider.change(&self.person().username, change);
    }
}

impl FromRequestParts<Provider> for ByThemselves {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, provider: &Provider) -> Result<Self, Response> {
        let asked = Asked::read(parts, provider).await;
        match allowed(provider, &parts.headers, Some(&asked.id)) {
            Ok(()) => Ok(Self(asked)),
            Err(refusal) => Err(*refusal),
        }
    }
}

impl FromRequestParts<Provider> for ByOthers {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, provider: &Provider) -> Result<Self, Response> {
        match allowed(provider, &parts.headers, None) {
            Ok(()) => Ok(Self(Asked::read(parts, provider).await)),
            Err(refusal) => Err(*refusal),
        }
    }
}

pub(super) fn find(provider: &Provider, id: &str) -> Option<Person> {
    provider
        .world()
        .people
        .iter()
        .find(|person| person.id.to_string() == id)
        .cloned()
}
