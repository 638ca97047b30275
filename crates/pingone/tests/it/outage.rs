//! Answers that are late, broken, huge or no answers at all.

use std::time::Duration;

use pingone::{ErrorKind, Method, NewUser, Password};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::*;

async fn server_that_answers(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(response)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn nonsense_is_named_without_repeating_it() {
    for body in [
        r#"{"id":"hush-hush","#,
        r#"{"id":"hush-hush"}"#,
        "hush-hush",
        "",
    ] {
        let server =
            server_that_answers(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
                .await;
        let error = as_user(&server).users().load(user_id()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
        let text = everything_about(&error);
        assert!(
            text.contains("is not the expected JSON") && !text.contains("hush"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_html_error_page_stays_out_of_the_error() {
    let page = "<html><body>Bad gateway</body></html>";
    let server =
        server_that_answers(ResponseTemplate::new(502).set_body_raw(page, "text/html")).await;
    let error = as_user(&server).users().load(user_id()).await.unwrap_err();
    assert!(error.is_unavailable());
    insta::assert_snapshot!(error, @"GET v1/environments/…/users/…: it failed with status 502, without a reason");
}

#[tokio::test]
async fn a_huge_answer_is_cut_off() {
    let body = "a".repeat(100_000);
    let server = server_that_answers(ResponseTemplate::new(200).set_body_string(body)).await;
    let client = with(&server, transport().largest_answer(50_000));
    let error = client.users().load(user_id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
    assert!(
        error.to_string().contains("larger than the 50000 bytes"),
        "{error}"
    );
}

/// Defect 20 of the origin samples: no time-outs, so one slow service hung every worker.
#[tokio::test]
async fn a_slow_answer_does_not_hang_the_caller() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    let server = server_that_answers(slow).await;
    let client = with(
        &server,
        transport().total_timeout(Duration::from_millis(50)),
    );
    let error = client.users().load(user_id()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_unavailable());
    assert!(
        error
            .to_string()
            .contains("no answer came within 0.05 seconds"),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_named_by_origin_only() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let origin = format!("http://127.0.0.1:{port}");
    let endpoints = pingone::Endpoints::new(&origin, &origin).unwrap();
    let client = pingone::management::Client::for_user(
        &endpoints,
        environment(),
        pingone::AccessToken::new("hush"),
        transport().build().unwrap(),
    );
    let error = client.users().load(user_id()).await.unwrap_err();
    assert!(error.is_unavailable() && !error.is_timeout());
    let text = everything_about(&error);
    assert!(
        text.contains(&format!("could not connect to {origin}")),
        "{text}"
    );
    assert!(!text.contains(USER) && !text.contains("hush"), "{text}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = server_that_answers(ResponseTemplate::new(200)).await;
    let location = format!("{}/stolen", elsewhere.uri());
    let response = ResponseTemplate::new(302).insert_header("location", location.as_str());
    Mock::given(wiremock::matchers::any())
        .respond_with(response)
        .mount(&server)
        .await;
    let error = as_user(&server).users().load(user_id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn reading_is_tried_again_after_a_failure() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let at = in_environment(&format!("users/{USER}"));
    answer(
        &server,
        "GET",
        &at,
        ResponseTemplate::new(200).set_body_json(user("ada")),
    )
    .await;
    let loaded = as_user(&server).users().load(user_id()).await.unwrap();
    assert_eq!(loaded.username.as_deref(), Some("ada"));
    assert_eq!(count(&server, &at).await, 3);
}

#[tokio::test]
async fn creating_and_changing_a_password_are_not_tried_again() {
    let server = server_that_answers(ResponseTemplate::new(503)).await;
    let client = as_user(&server);
    let new = NewUser::new("ada", "ada@example.com");
    assert!(
        client
            .users()
            .create(&new)
            .await
            .unwrap_err()
            .is_unavailable()
    );
    let (old, new) = (Password::new("old"), Password::new("new"));
    assert!(
        client
            .passwords(user_id())
            .reset(&old, &new)
            .await
            .unwrap_err()
            .is_unavailable()
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_429_is_tried_again_when_the_pause_is_short() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let created = ResponseTemplate::new(201).set_body_json(user("ada"));
    answer(&server, "POST", &in_environment("users"), created).await;
    as_user(&server)
        .users()
        .create(&NewUser::new("ada", "ada@example.com"))
        .await
        .unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_429_with_a_long_pause_goes_to_the_caller_at_once() {
    let response = ResponseTemplate::new(429).insert_header("retry-after", "120").set_body_json(
        serde_json::json!({"id": "9", "code": "REQUEST_LIMITED", "message": "Too many requests."}),
    );
    let server = server_that_answers(response).await;
    let error = as_user(&server).users().load(user_id()).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(error.retry_after(), Some(Duration::from_mins(2)));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    insta::assert_snapshot!(error, @"GET v1/environments/…/users/…: PingOne refused it (429 REQUEST_LIMITED): Too many requests.; try again in 120 seconds [PingOne error id 9]");
}

#[tokio::test]
async fn retries_end_with_the_total_time() {
    let server = server_that_answers(ResponseTemplate::new(503)).await;
    let retries = pingone::Retries {
        attempts: 1000,
        first_pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(20),
    };
    let client = with(
        &server,
        transport()
            .retries(retries)
            .total_timeout(Duration::from_millis(150)),
    );
    let error = client.users().load(user_id()).await.unwrap_err();
    assert!(error.is_unavailable());
    assert!(server.received_requests().await.unwrap().len() < 10);
}

#[tokio::test]
async fn secrets_do_not_travel_in_the_clear() {
    let endpoints = pingone::Endpoints::new("http://a.example/", "http://a.example/v1/").unwrap();
    let client = pingone::management::Client::for_user(
        &endpoints,
        environment(),
        pingone::AccessToken::new("hush"),
        transport().build().unwrap(),
    );
    let error = client
        .send(Method::GET, "v1/roles")
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SetUp);
    assert!(
        error
            .to_string()
            .contains("in the clear to http://a.example"),
        "{error}"
    );
}
