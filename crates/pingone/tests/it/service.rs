//! A management API that answers what a test tells it to.

use std::sync::Arc;
use std::time::Duration;

use pingone::{
    AccessToken, ClientAuthentication, ClientSecret, Credentials, Endpoints, EnvironmentId,
    Retries, Transport, TransportBuilder, UserId, management,
};
use platform::FrozenClock;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const ENVIRONMENT: &str = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
pub(crate) const USER: &str = "1f0a7f4a-2bd1-4a5c-8d5e-3f1fd7f7c0a5";
pub(crate) const WORKER_SECRET: &str = "worker-secret-hush";

/// Where everything of the environment stands.
pub(crate) fn in_environment(rest: &str) -> String {
    format!("/v1/environments/{ENVIRONMENT}/{rest}")
}

pub(crate) fn user_id() -> UserId {
    UserId::parse(USER).unwrap()
}

pub(crate) fn user(username: &str) -> Value {
    json!({"id": USER, "environment": {"id": ENVIRONMENT}, "username": username,
        "email": "ada@example.com", "enabled": true})
}

pub(crate) fn password_state(status: &str) -> Value {
    json!({"environment": {"id": ENVIRONMENT}, "user": {"id": USER}, "status": status})
}

/// An error of the API with one detail.
pub(crate) fn refusal(detail: &Value) -> Value {
    json!({"id": "8ab2", "code": "INVALID_DATA",
        "message": "The request could not be completed.", "details": [detail]})
}

pub(crate) fn frozen_clock() -> Arc<FrozenClock> {
    Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap()))
}

/// A transport that tries again quickly.
pub(crate) fn transport() -> TransportBuilder {
    Transport::builder()
        .retries(Retries {
            attempts: 3,
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(10),
        })
        .total_timeout(Duration::from_secs(10))
}

pub(crate) fn worker() -> Credentials {
    let secret = ClientSecret::new(WORKER_SECRET);
    Credentials::new("worker", ClientAuthentication::ClientSecretBasic(secret))
}

pub(crate) fn endpoints(server: &MockServer) -> Endpoints {
    Endpoints::new(&server.uri(), &format!("{}/v1/", server.uri())).unwrap()
}

pub(crate) fn environment() -> EnvironmentId {
    EnvironmentId::parse(ENVIRONMENT).unwrap()
}

/// A client that acts as a user, so that no token has to be fetched.
pub(crate) fn as_user(server: &MockServer) -> management::Client {
    with(server, transport())
}

pub(crate) fn with(server: &MockServer, transport: TransportBuilder) -> management::Client {
    management::Client::for_user(
        &endpoints(server),
        environment(),
        AccessToken::new("user-token-hush"),
        transport.build().unwrap(),
    )
}

/// What answers at one path, as often as asked.
pub(crate) async fn answer(
    server: &MockServer,
    http_method: &str,
    at: &str,
    response: ResponseTemplate,
) {
    Mock::given(method(http_method))
        .and(path(at))
        .respond_with(response)
        .mount(server)
        .await;
}

/// How often a path was asked.
pub(crate) async fn count(server: &MockServer, at: &str) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.url.path() == at)
        .count()
}

/// The chain of an error as a log shows it, and its debug output.
pub(crate) fn everything_about(error: &pingone::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text} {error} {error:?}");
        cause = error.source();
    }
    text
}
