//! Rate limits as a rehearsal: where the installation says so, requests beyond so many in a second are
//! answered as PingOne answers them, by 429 and `Retry-After` (PingOne, "Rate limiting").

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use platform::net::RemoteAddress;
use protocol::id::EnvironmentId;

use super::is_exempt;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

/// Counts a request of the management API for the environment that its path names.
///
/// # Errors
///
/// 429 for one too many in a second.
pub(crate) async fn limit_api(
    State(idp): State<Idp>,
    request: Request,
    next: Next,
) -> Result<Response, ApiFailure> {
    if let Some(limiter) = &idp.limits().api
        && let Some(environment) = environment_of(request.uri().path())
    {
        let now = idp.now();
        // Ids that nobody has are not counted: they would push others out.
        let is_there = idp.environments().find(environment, now).await?.is_some();
        if is_there && !is_exempt(&idp, environment, address(&request)).await? {
            let taken = limiter.take_of(environment.as_uuid().as_u128(), now);
            taken.map_err(ApiFailure::too_many_requests)?;
        }
    }
    Ok(next.run(request).await)
}

/// Counts a request of a program at the OpenID provider, or at the flow API, for its address.
///
/// # Errors
///
/// 429 for one too many in a second.
pub(crate) async fn limit_authentication(
    State(idp): State<Idp>,
    request: Request,
    next: Next,
) -> Result<Response, ApiFailure> {
    if let Some(limiter) = &idp.limits().authentication {
        let address = address(&request);
        let is_free = match environment_of(request.uri().path()) {
            Some(environment) => is_exempt(&idp, environment, address).await?,
            None => false,
        };
        if !is_free {
            let taken = limiter.take(address, idp.now());
            taken.map_err(ApiFailure::too_many_requests)?;
        }
    }
    Ok(next.run(request).await)
}

/// The environment that a path begins with, whether or not there is one.
fn environment_of(path: &str) -> Option<EnvironmentId> {
    let path = path.trim_start_matches('/');
    let path = path.strip_prefix("environments/").unwrap_or(path);
    EnvironmentId::parse(path.split('/').next()?).ok()
}

fn address(request: &Request) -> RemoteAddress {
    let address = request.extensions().get::<RemoteAddress>();
    address.copied().unwrap_or_default()
}
