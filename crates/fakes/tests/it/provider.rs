//! What stands in for a right answer, and what was asked.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use fakes::provider::{Answer, CLIENT_ID, CLIENT_SECRET, Endpoint};
use fakes::{Browser, Method, Provider};
use http::Request;
use platform::FrozenClock;
use serde_json::json;
use tower::ServiceExt as _;
use url::Url;

fn clock() -> Arc<FrozenClock> {
    Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap()))
}

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn an_answer_stands_in_for_the_right_one_until_it_is_taken_back() {
    let provider = Provider::start(clock()).await;
    let browser = Browser::plain();
    let discovery = format!("{}{DISCOVERY}", provider.issuer());
    for (answer, status, body) in [
        (Answer::Status(503), 503, ""),
        (Answer::Busy, 429, "REQUEST_LIMITED"),
        (Answer::Nonsense, 200, "It works"),
        (Answer::Text("{"), 200, "{"),
        (
            Answer::Json(400, json!({"error": "no"})),
            400,
            r#"{"error":"no"}"#,
        ),
        (Answer::Late(Duration::from_millis(1)), 200, "issuer"),
    ] {
        for endpoint in [Endpoint::Discovery, Endpoint::Any] {
            provider.answer(endpoint, answer.clone());
            let page = browser.open(&discovery).await;
            assert_eq!(page.status.as_u16(), status, "{answer:?}");
            assert!(page.text().contains(body), "{answer:?}: {}", page.text());
            provider.answer_as_usual();
            let page = browser.open(&discovery).await;
            assert_eq!(page.json_text("/issuer"), provider.issuer());
        }
    }
    provider.answer(Endpoint::Token, Answer::Status(503));
    assert_eq!(browser.open(&discovery).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_provider_within_the_process_answers_or_breaks_off_as_on_a_socket() {
    let base = Url::parse("https://provider.example/").unwrap();
    let provider = Provider::at(base, clock());
    let ask = async || {
        let path = provider.issuer().replace("https://provider.example", "");
        let request = Request::get(format!("{path}{DISCOVERY}")).body(Body::empty());
        let answer = provider.router().oneshot(request.unwrap()).await.unwrap();
        to_bytes(answer.into_body(), 1 << 16).await
    };
    let document: serde_json::Value = serde_json::from_slice(&ask().await.unwrap()).unwrap();
    assert_eq!(document["issuer"], provider.issuer());
    provider.answer(Endpoint::Discovery, Answer::Dropped);
    assert!(ask().await.is_err());
    assert_eq!(provider.count(Endpoint::Discovery), 2);
    assert_eq!(provider.count(Endpoint::Keys), 0);
}

#[tokio::test]
async fn an_application_gets_a_token_by_its_own_secret_alone() {
    let provider = Provider::start(clock()).await;
    let token = format!("{}/token", provider.issuer());
    for (secret, status) in [(CLIENT_SECRET, 200), ("another", 401)] {
        let browser = Browser::plain();
        let request = browser.request(Method::POST, &token);
        let request = request.basic(CLIENT_ID, &secret.replace('\'', "%27"));
        let page = request
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await;
        assert_eq!(page.status.as_u16(), status, "{secret}");
    }
    assert_eq!(provider.grants("client_credentials"), 2);
}

#[tokio::test]
async fn a_sign_off_leads_back_to_the_application_with_its_state() {
    let provider = Provider::start(clock()).await;
    let browser = Browser::plain();
    let sign_off = format!("{}/signoff", provider.issuer());
    assert!(browser.open(&sign_off).await.text().contains("Signed off"));
    let fields = [
        ("post_logout_redirect_uri", "https://app.example/bye?x=1"),
        ("state", "s & t"),
    ];
    let request = browser.request(Method::POST, &sign_off);
    let left = request.form(&fields).send().await;
    let address = Url::parse(left.location().as_str()).unwrap();
    let state = address.query_pairs().find(|(name, _)| name == "state");
    assert_eq!(state.unwrap().1, "s & t");
    assert!(address.as_str().starts_with("https://app.example/bye?x=1&"));
}
