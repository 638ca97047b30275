//! Custom domains: a name that was proven to be an environment's takes the place of its id in paths, so
//! that `https://login.example.com/as/token` is that environment's token endpoint (PingOne, "Custom
//! domains").

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use protocol::id::EnvironmentId;

use crate::configuration::custom_domains;
use crate::state::Idp;

/// The endpoints that browsers are sent to. They go on to the public address: their pages and cookies
/// are there.
const FOR_BROWSERS: [&str; 4] = ["/as/authorize", "/as/resume", "/as/signoff", "/signon/"];

/// The name that a request is for, without a port.
fn name(request: &Request) -> Option<&str> {
    let header = || request.headers().get(HOST)?.to_str().ok();
    let host = request.uri().authority().map(Authority::as_str);
    let host = host.or_else(header)?;
    Some(host.rsplit_once(':').map_or(host, |(name, _)| name))
}

/// The address with the environment in front of the path.
fn below(uri: &Uri, environment: EnvironmentId) -> Option<Uri> {
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("/{environment}{path}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Puts the environment in front of a path that leaves it to the name.
pub(crate) async fn name_environment(
    State(idp): State<Idp>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_for_browsers = FOR_BROWSERS.iter().any(|begin| path.starts_with(begin));
    if !(is_for_browsers || path.starts_with("/as/")) {
        return next.run(request).await;
    }
    let name = name(&request).filter(|name| !idp.urls().is_own_name(name));
    let Some(name) = name else {
        return next.run(request).await;
    };
    let found = match custom_domains::environment_of(&idp, name).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "cannot look a custom domain up");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let Some(uri) = found.and_then(|environment| below(request.uri(), environment)) else {
        return next.run(request).await;
    };
    if is_for_browsers {
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        return Redirect::temporary(&idp.urls().asset(path)).into_response();
    }
    *request.uri_mut() = uri;
    next.run(request).await
}
