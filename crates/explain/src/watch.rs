//! The layer around a server: it lets the requests of sign-ons leave their steps, and keeps them.

use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::header::LOCATION;
use jiff::Timestamp;
use platform::net::RequestId;
use protocol::trail::{Parameter, Shown, Trail, shown_path};
use url::Url;

use crate::Explain;
use crate::sign_on::{Exchange, Party, Redirect};

/// What is no part of any sign-on and asked for most.
const NEVER: [&str; 6] = [
    "/assets/",
    "/environments/",
    "/explain",
    "/favicon",
    "/mailbox",
    "/v1/",
];

impl Explain {
    /// Puts the layer around a server's router.
    pub fn watch(&self, server: Party, router: Router) -> Router {
        router.layer(from_fn_with_state((self.clone(), server), watch))
    }
}

async fn watch(
    State((explain, server)): State<(Explain, Party)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if NEVER.iter().any(|start| path.starts_with(start)) {
        return next.run(request).await;
    }
    let id = request.extensions().get::<RequestId>();
    let mut answering = Answering {
        number: explain.recorder().next_number(),
        at: explain.0.clock.now(),
        begun: Instant::now(),
        id: id.map(ToString::to_string).unwrap_or_default(),
        server,
        method: request.method().as_str().chars().take(16).collect(),
        path: shown_path(path),
        parameters: Parameter::all(request.uri().query().unwrap_or_default().as_bytes()),
        trail: Trail::default(),
        answer: None,
        explain,
    };
    let trail = answering.trail.clone();
    let response = trail.scope(next.run(request)).await;
    answering.answer = Some((response.status().as_u16(), redirect(&response)));
    response
}

/// A request that is being answered. It is kept when this is dropped: when it is answered, but also
/// when it takes too long, or a handler panics.
struct Answering {
    explain: Explain,
    number: u64,
    at: Timestamp,
    begun: Instant,
    id: String,
    server: Party,
    method: String,
    path: String,
    parameters: Vec<Parameter>,
    trail: Trail,
    answer: Option<(u16, Option<Redirect>)>,
}

impl Drop for Answering {
    fn drop(&mut self) {
        let (status, redirect) = self.answer.take().unzip();
        self.explain.recorder().add(Exchange {
            number: self.number,
            ended: self.explain.recorder().next_number(),
            at: self.at,
            took: self.begun.elapsed(),
            id: std::mem::take(&mut self.id),
            to: self.server,
            method: std::mem::take(&mut self.method),
            path: std::mem::take(&mut self.path),
            parameters: std::mem::take(&mut self.parameters),
            steps: self.trail.take(),
            status,
            redirect: redirect.flatten(),
        });
    }
}

fn redirect(response: &Response) -> Option<Redirect> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let (address, fragment) = location.split_once('#').unwrap_or((location, ""));
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let mut parameters = Parameter::all(query.as_bytes());
    parameters.extend(Parameter::all(fragment.as_bytes()));
    let url = Url::parse(address).ok();
    let path = match &url {
        Some(url) => shown_path(url.path()),
        None => Shown::address(address).to_string(),
    };
    Some(Redirect {
        path,
        origin: url.as_ref().map(origin),
        parameters,
    })
}

/// Scheme, host and port; of an address of a native application, the scheme.
pub(crate) fn origin(url: &Url) -> String {
    let origin = url.origin();
    if origin.is_tuple() {
        origin.ascii_serialization()
    } else {
        format!("{}:", url.scheme())
    }
}
