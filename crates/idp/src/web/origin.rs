//! Where a request comes from, taken out of it once.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use platform::net::{RemoteAddress, RequestId};
use protocol::SystemRandom;

use crate::audit::Origin;

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let request = if let Some(request) = parts.extensions.get::<RequestId>() {
            *request
        } else {
            // Without a server in front, the id is made once per request here.
            let request = RequestId::random(&SystemRandom);
            parts.extensions.insert(request);
            request
        };
        let address = parts
            .extensions
            .get::<RemoteAddress>()
            .copied()
            .unwrap_or_default();
        let user_agent = parts
            .headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok());
        Ok(Self {
            request,
            address,
            user_agent: user_agent.unwrap_or_default().chars().take(256).collect(),
            session: None,
        })
    }
}
