//! Where a request comes from and when, taken out of it once.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use jiff::Timestamp;
use platform::net::{RemoteAddress, RequestId};
use protocol::SystemRandom;

use crate::audit::{Actor, By, Origin};
use crate::state::Idp;

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

/// The instant of a request, read once, whoever asks for it: to the millisecond, which is what is
/// stored and shown of an instant, so that an answer shows what is read later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now(pub(crate) Timestamp);

impl FromRequestParts<Idp> for Now {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, Infallible> {
        if let Some(now) = parts.extensions.get::<Self>() {
            return Ok(*now);
        }
        let now = idp.now();
        let now = Self(Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now));
        parts.extensions.insert(now);
        Ok(now)
    }
}

impl FromRequestParts<Idp> for By {
    type Rejection = Infallible;

    /// Nobody is known yet: see [`By::acting_as`].
    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, Infallible> {
        let Now(now) = Now::from_request_parts(parts, idp).await?;
        Ok(Self {
            actor: Actor::Nobody,
            origin: Origin::from_request_parts(parts, idp).await?,
            now,
        })
    }
}
