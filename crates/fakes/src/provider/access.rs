//! Who may do what, and to whom.

use axum::response::Response;
use http::HeaderMap;
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

pub(super) fn find(provider: &Provider, id: &str) -> Option<Person> {
    provider
        .world()
        .people
        .iter()
        .find(|person| person.id.to_string() == id)
        .cloned()
}
