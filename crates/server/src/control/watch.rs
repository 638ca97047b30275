//! The layer in front of a server: it writes requests down, lets faults happen, and gives each
//! request a sequence of randomness of its own.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use platform::Clock as _;
use platform::net::RequestId;
use protocol::pingone::{ApiError, ApiErrorCode, media_type};

use super::answers::{Answers, Before, Key};
use super::faults::Fault;
use super::{Control, ServerName, requests};
use crate::front::HeldBack;
use crate::serve::Cut;

#[derive(Clone, Debug)]
struct Watched {
    control: Control,
    server: ServerName,
    /// Those of one generation: what one answered before a reset, none after it has.
    answers: Arc<Answers>,
}

impl Control {
    /// Puts the layer in front of a server's router.
    pub fn watch(&self, server: ServerName, router: Router) -> Router {
        let control = self.clone();
        let watched = Watched {
            control,
            server,
            answers: Arc::default(),
        };
        router.layer(from_fn_with_state(watched, watch))
    }
}

async fn watch(State(watched): State<Watched>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let Watched {
        control,
        server,
        answers,
    } = watched;
    let at = control.0.clock.now();
    let Ok((received, request)) = requests::received(server, at, request).await else {
        return (StatusCode::BAD_REQUEST, "the body ended before its time\n").into_response();
    };
    let fault = {
        let (method, path) = (request.method(), request.uri().path());
        control.0.faults.take(server, method, path)
    };
    let number = control.0.requests.begin(received, fault);
    let what = format!("{server:?} {} {}", request.method(), request.uri().path());
    let answering = answer(&control, server, &answers, fault, request, next);
    let response = match &control.0.random {
        Some(random) => random.scope(&what, answering).await,
        None => answering.await,
    };
    let is_cut = response.extensions().get::<Cut>().is_some();
    let status = (!is_cut).then(|| response.status());
    control.0.requests.end(number, status, begun.elapsed());
    response
}

async fn answer(
    control: &Control,
    server: ServerName,
    answers: &Answers,
    fault: Option<Fault>,
    request: Request,
    next: Next,
) -> Response {
    let key = (server == ServerName::Environment)
        .then(|| Key::of(&request))
        .flatten();
    let id = request.extensions().get::<RequestId>().copied();
    match fault {
        None => {}
        Some(Fault::Status {
            status,
            retry_after_seconds,
        }) => {
            let mut response = error(server, id, status.code(), "a fault of the control API");
            if let Some(seconds) = retry_after_seconds {
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            return response;
        }
        Some(Fault::Latency { milliseconds }) => {
            // The server's own limit is for the server's own work.
            let held_back = request.extensions().get::<HeldBack>().cloned();
            let held_back = held_back.unwrap_or_default();
            held_back.sleep(milliseconds.duration()).await;
        }
        Some(Fault::Drop) => return cut(),
        Some(Fault::DropAnswer) => {
            next.run(request).await;
            return cut();
        }
        Some(Fault::Stale) => {
            let now = next.run(request).await;
            let Some(key) = key else {
                return now;
            };
            return match answers.before(&key, now).await {
                Before::Answered(response) | Before::Unknown(response) => response,
                Before::Nothing => {
                    let what = "there is no such resource yet where this was read (a fault of the \
                                control API)";
                    error(server, id, StatusCode::NOT_FOUND, what)
                }
            };
        }
        Some(Fault::ChangeKeys) => {
            if let Err(failed) = control.change_keys(None).await {
                return failed.into_response();
            }
        }
    }
    let response = next.run(request).await;
    match key {
        Some(key) => answers.remember(key, response).await,
        None => response,
    }
}

/// The server closes the connection instead of sending this.
fn cut() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Cut);
    response
}

/// An error in the words of the server that it comes from.
fn error(server: ServerName, id: Option<RequestId>, status: StatusCode, message: &str) -> Response {
    let media_type = match server {
        ServerName::Environment => media_type::JSON,
        ServerName::Portal => "text/plain; charset=utf-8",
    };
    let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store")];
    if server == ServerName::Portal {
        return (status, headers, format!("{message}\n")).into_response();
    }
    let code = match status {
        StatusCode::NOT_FOUND => ApiErrorCode::NotFound,
        StatusCode::TOO_MANY_REQUESTS => ApiErrorCode::RequestLimited,
        _ => ApiErrorCode::UnexpectedError,
    };
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    let body = serde_json::to_string(&ApiError::new(id, code, message)).unwrap_or_default();
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::routing::get;
    use platform::{AdjustableClock, SystemClock};
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;

    fn control() -> Control {
        Control::new(Arc::new(AdjustableClock::new(Arc::new(SystemClock))), None)
    }

    #[tokio::test(start_paused = true)]
    async fn latency_holds_a_request_back_beside_the_time_that_it_has() {
        let control = control();
        let latency = json!({"fault": {"kind": "latency", "milliseconds": 40_000}});
        let fault = serde_json::from_value(latency).unwrap();
        control.0.faults.add(fault).unwrap();
        let router = Router::new().route("/v1/x", get(async || "x"));
        let router = control.watch(ServerName::Environment, router);
        let held_back = HeldBack::default();
        let request = Request::builder().uri("/v1/x").extension(held_back.clone());
        let request = request.body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(held_back.time(), Duration::from_secs(40));
    }

    #[tokio::test]
    async fn what_one_generation_answered_none_after_it_has() {
        let control = control();
        let server = |answer: &'static str| {
            let router = Router::new().route("/v1/x", get(async move || answer));
            control.watch(ServerName::Environment, router)
        };
        let read = async |router: &Router| {
            let request = Request::builder().uri("/v1/x").body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap().status()
        };
        let (before, after) = (server("before"), server("after"));
        assert_eq!(read(&before).await, StatusCode::OK);
        let stale = json!({"times": 2, "fault": {"kind": "stale"}});
        let stale = serde_json::from_value(stale).unwrap();
        control.0.faults.add(stale).unwrap();
        assert_eq!(read(&after).await, StatusCode::NOT_FOUND);
        assert_eq!(read(&before).await, StatusCode::OK);
    }
}
