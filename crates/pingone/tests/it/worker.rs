//! The worker's token: fetched once, renewed in time, never shown.

use futures_util::future::join_all;
use jiff::SignedDuration;
use pingone::management::Client;
use serde_json::json;
use wiremock::matchers::{basic_auth, body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::*;

fn token_path() -> String {
    format!("/{ENVIRONMENT}/as/token")
}

fn issued(token: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600}))
}

async fn issue_once(server: &MockServer, token: &str) {
    Mock::given(method("POST"))
        .and(path(token_path()))
        .and(basic_auth("worker", WORKER_SECRET))
        .and(body_string("grant_type=client_credentials"))
        .respond_with(issued(token))
        .up_to_n_times(1)
        .mount(server)
        .await;
}

async fn accept(server: &MockServer, token: &str) {
    Mock::given(method("GET"))
        .and(header("authorization", format!("Bearer {token}").as_str()))
        .respond_with(ResponseTemplate::new(200).set_body_json(user("ada")))
        .mount(server)
        .await;
}

fn as_worker(server: &MockServer, transport: pingone::TransportBuilder) -> Client {
    Client::new(
        &endpoints(server),
        environment(),
        worker(),
        transport.build().unwrap(),
    )
}

#[tokio::test]
async fn fifty_calls_at_once_share_one_token() {
    let server = MockServer::start().await;
    answer(&server, "POST", &token_path(), issued("t1")).await;
    accept(&server, "t1").await;
    let client = as_worker(&server, transport());
    let calls = (0..50).map(|_| {
        let client = client.clone();
        async move { client.users().load(user_id()).await }
    });
    assert!(
        join_all(calls)
            .await
            .into_iter()
            .all(|result| result.is_ok())
    );
    assert_eq!(count(&server, &token_path()).await, 1);
}

#[tokio::test]
async fn a_token_is_renewed_a_minute_ahead() {
    let (server, clock) = (MockServer::start().await, frozen_clock());
    issue_once(&server, "t1").await;
    issue_once(&server, "t2").await;
    accept(&server, "t1").await;
    accept(&server, "t2").await;
    let client = as_worker(
        &server,
        transport().clock(platform::clock::as_function(clock.clone())),
    );
    for (seconds, fetched) in [(0, 1), (3539, 1), (1, 2)] {
        clock.advance(SignedDuration::from_secs(seconds));
        client.users().load(user_id()).await.unwrap();
        assert_eq!(
            count(&server, &token_path()).await,
            fetched,
            "after {seconds}"
        );
    }
}

#[tokio::test]
async fn a_token_is_used_to_its_end_when_it_cannot_be_renewed() {
    let (server, clock) = (MockServer::start().await, frozen_clock());
    issue_once(&server, "t1").await;
    accept(&server, "t1").await;
    let client = as_worker(
        &server,
        transport().clock(platform::clock::as_function(clock.clone())),
    );
    client.users().load(user_id()).await.unwrap();
    // No further token is issued: the server answers 404.
    clock.advance(SignedDuration::from_secs(3599));
    client.users().load(user_id()).await.unwrap();
    clock.advance(SignedDuration::from_secs(1));
    assert!(client.users().load(user_id()).await.is_err());
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = MockServer::start().await;
    issue_once(&server, "revoked").await;
    issue_once(&server, "good").await;
    accept(&server, "good").await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let client = as_worker(&server, transport());
    client.users().load(user_id()).await.unwrap();
    assert_eq!(count(&server, &token_path()).await, 2);
}

#[tokio::test]
async fn a_worker_that_is_refused_everywhere_does_not_ask_without_end() {
    let server = MockServer::start().await;
    answer(&server, "POST", &token_path(), issued("t")).await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let error = as_worker(&server, transport())
        .users()
        .load(user_id())
        .await
        .unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn wrong_credentials_are_named_with_the_correlation_id() {
    let server = MockServer::start().await;
    let body = json!({"error": "invalid_client",
        "error_description": "Request denied: Unsupported authentication method (Correlation ID: 4c8e6f5e)"});
    answer(
        &server,
        "POST",
        &token_path(),
        ResponseTemplate::new(401).set_body_json(body),
    )
    .await;
    let error = as_worker(&server, transport())
        .users()
        .load(user_id())
        .await
        .unwrap_err();
    assert!(
        error.is_unauthorized() && error.is_oauth(&pingone::auth::OAuthErrorCode::InvalidClient)
    );
    assert_eq!(error.correlation_id(), Some("4c8e6f5e"));
    assert!(!everything_about(&error).contains(WORKER_SECRET));
}

/// Defect 1 of the origin samples, as far as it is this crate's: the worker's token is nothing that
/// gets out by accident.
#[tokio::test]
async fn neither_token_nor_secret_show_in_debug_output() {
    let server = MockServer::start().await;
    answer(&server, "POST", &token_path(), issued("token-hush")).await;
    accept(&server, "token-hush").await;
    let client = as_worker(&server, transport());
    client.users().load(user_id()).await.unwrap();
    let user = client.with_access_token(pingone::AccessToken::new("user-hush"));
    for text in [
        format!("{client:?} {user:?} {:?} {:?}", client.users(), worker()),
        format!(
            "{:?}",
            client
                .send(pingone::Method::GET, "v1/roles")
                .query("x", "hush")
        ),
    ] {
        assert!(!text.contains("hush"), "{text}");
    }
}
