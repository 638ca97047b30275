//! The authorization endpoint's checks, and who is told of an error.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;

use crate::world::{Browser, Params, REDIRECT_URI, Received, World};

/// Addresses that must not be taken for the registered one.
const REDIRECT_URI_PAYLOADS: &[&str] = &[
    "https://localhost:8080/callback/",
    "https://localhost:8080/callback?",
    "https://localhost:8080/callback?x=1",
    "https://localhost:8080/callback#",
    "https://localhost:8080/callback#x",
    "https://localhost:8080/callback/../callback",
    "https://localhost:8080/./callback",
    "https://localhost:8080//callback",
    "https://localhost:8080/callback/..;/",
    "https://localhost:8080/%63allback",
    "https://localhost:8080/Callback",
    "https://LOCALHOST:8080/callback",
    "HTTPS://localhost:8080/callback",
    "http://localhost:8080/callback",
    "https://localhost/callback",
    "https://localhost:8081/callback",
    "https://localhost:8080@evil.example/callback",
    "https://evil.example@localhost:8080/callback",
    "https://a:b@localhost:8080/callback",
    "https://localhost:8080\\@evil.example/callback",
    "https://localhost:8080%2f@evil.example/callback",
    "https://localhost:8080.evil.example/callback",
    "https://localhost:8080/callback%0d%0aLocation:%20https://evil.example",
    "https://localhost:8080/callback\r\nX: y",
    "https://evil.example/?https://localhost:8080/callback",
    "https://evil.example#https://localhost:8080/callback",
    "//localhost:8080/callback",
    "/callback",
    "callback",
    "javascript:alert(1)//https://localhost:8080/callback",
    "data:text/html,https://localhost:8080/callback",
    "https://127.0.0.1:8080/callback",
    "https://[::1]:8080/callback",
    "https://localhоst:8080/callback",
    " https://localhost:8080/callback",
    "https://localhost:8080/callback ",
    "https://localhost:8080/callback\t",
    "*",
    "https://*/callback",
];

#[tokio::test]
async fn nothing_but_the_registered_redirect_uri_is_ever_redirected_to() {
    let world = World::new().await;
    for payload in REDIRECT_URI_PAYLOADS {
        for extra in [
            None,
            Some(("response_type", "nonsense")),
            Some(("response_mode", "form_post")),
        ] {
            let mut params = world.request().set("redirect_uri", payload);
            if let Some((name, value)) = extra {
                params = params.set(name, value);
            }
            let answer = world.browser().authorize(&world, &params).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{payload:?}");
            assert_eq!(answer.location(), "", "{payload:?}");
            assert!(
                answer
                    .body
                    .contains("The redirect URI is not registered for the application."),
                "{payload:?}"
            );
            assert!(!answer.body.contains("<form"), "{payload:?}");
        }
    }
}

#[tokio::test]
async fn in_development_the_page_shows_where_the_addresses_part() {
    let world = World::with(|settings| settings.mode = ui::Mode::Development).await;
    let params = world
        .request()
        .set("redirect_uri", "https://localhost:8080/cbllback");
    let answer = world.browser().authorize(&world, &params).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.body.contains("https://localhost:8080/cbllback"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("<mark>allback</mark>"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("differs from character 25 on"),
        "{}",
        answer.body
    );
    assert!(
        answer
            .body
            .contains("The redirect URI is not registered for the application.")
    );
}

/// A program that takes no HTML, such as the SDK of a single-page application.
#[tokio::test]
async fn a_program_is_told_as_json_that_the_redirect_uri_is_not_registered() {
    for mode in [ui::Mode::Development, ui::Mode::Production] {
        let world = World::with(|settings| settings.mode = mode).await;
        let sent = "https://localhost:8080/cbllback";
        let params = world.request().set("redirect_uri", sent).query();
        let path = format!("{}?{params}", world.endpoint("authorize"));
        for accept in [None, Some("*/*"), Some("application/json")] {
            let mut request = http::Request::get(&path);
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            let answer = answer.expect(StatusCode::BAD_REQUEST);
            let error = answer.json();
            assert_eq!(error["code"], "INVALID_REQUEST", "{accept:?}");
            assert_eq!(error["id"], answer.header("correlation-id"));
            let detail = &error["details"][0];
            assert_eq!(detail["code"], "INVALID_VALUE");
            assert_eq!(detail["target"], "redirect_uri");
            let told = &detail["innerError"]["sent"];
            match mode {
                ui::Mode::Development => assert_eq!(told, sent),
                ui::Mode::Production => assert!(told.is_null(), "{error}"),
            }
        }
        let both = http::Request::get(&path).header("accept", "text/html,*/*;q=0.8");
        let page = world.send(both.body(Body::empty()).unwrap()).await;
        assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);
    }
}

#[tokio::test]
async fn before_the_address_is_proven_an_error_is_a_page() {
    let world = World::new().await;
    let unknown = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
    for (params, sentence) in [
        (
            world.request().without("client_id"),
            "The application that sent you here is not known.",
        ),
        (
            world.request().set("client_id", "x"),
            "The application that sent you here is not known.",
        ),
        (
            world.request().set("client_id", unknown),
            "The application that sent you here is not known.",
        ),
        (
            world.request().without("redirect_uri"),
            "The redirect URI of this request is missing.",
        ),
    ] {
        let answer = world.browser().authorize(&world, &params).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains(sentence), "{}", answer.body);
        assert!(
            answer.body.contains(answer.header("correlation-id")),
            "an id to quote"
        );
    }
    for query in ["client_id=a&client_id=b", "state=%ff"] {
        let path = format!("{}?{query}", world.endpoint("authorize"));
        let answer = world
            .browser()
            .get(&path)
            .await
            .expect(StatusCode::BAD_REQUEST);
        assert!(
            answer
                .body
                .contains("The parameters of this request cannot be read")
        );
    }
}

#[tokio::test]
async fn after_the_address_is_proven_the_client_is_told() {
    let world = World::new().await;
    let request = || world.request();
    let cases = [
        (request().without("response_type"), "invalid_request"),
        (
            request().set("response_type", "nonsense"),
            "unsupported_response_type",
        ),
        (
            request().set("response_type", "code code"),
            "unsupported_response_type",
        ),
        (
            request().set("response_type", "none"),
            "unsupported_response_type",
        ),
        (request().set("request", "eyJ"), "request_not_supported"),
        (
            request().set("request_uri", "urn:x"),
            "request_uri_not_supported",
        ),
        (request().set("response_mode", "pi.flow"), "invalid_request"),
        (request().set("prompt", "none login"), "invalid_request"),
        (request().set("prompt", "nonsense"), "invalid_request"),
        (request().set("max_age", "-1"), "invalid_request"),
        (request().set("max_age", "soon"), "invalid_request"),
        (request().set("scope", "openid nothing"), "invalid_scope"),
        (request().set("scope", "op\"enid"), "invalid_scope"),
        (request().without("scope"), "invalid_scope"),
        (
            request().set("acr_values", "Multi_Factor Unknown"),
            "invalid_request",
        ),
        (request().set("id_token_hint", "garbage"), "invalid_request"),
        (
            request().set("code_challenge_method", "S256"),
            "invalid_request",
        ),
        (request().set("prompt", "none"), "login_required"),
    ];
    for (params, error) in cases {
        let answer = world
            .browser()
            .authorize(&world, &params)
            .await
            .expect(StatusCode::FOUND);
        let received = Received::at(answer.location());
        assert!(
            answer
                .location()
                .starts_with(&format!("{REDIRECT_URI}?error=")),
            "{answer:?}"
        );
        assert_eq!(received.param("error"), error, "{params:?}");
        assert_eq!(received.param("state"), "s-1");
        assert_eq!(received.param("iss"), world.issuer());
        let id = answer.header("correlation-id");
        assert!(received.param("error_description").contains(id));
    }
}

#[tokio::test]
async fn errors_travel_as_the_response_would_have() {
    let world = World::new().await;
    let params = world
        .request()
        .set("response_type", "token id_token")
        .without("nonce");
    let answer = world.browser().authorize(&world, &params).await;
    assert!(
        answer
            .location()
            .starts_with(&format!("{REDIRECT_URI}#error=invalid_request"))
    );
    // A query never carries what belongs into the fragment, not even an error about that.
    let query = world
        .request()
        .set("response_type", "token")
        .set("response_mode", "query");
    let answer = world.browser().authorize(&world, &query).await;
    assert!(
        answer
            .location()
            .starts_with(&format!("{REDIRECT_URI}#error=invalid_request"))
    );
    let post = params.set("response_mode", "form_post");
    let answer = world
        .browser()
        .authorize(&world, &post)
        .await
        .expect(StatusCode::OK);
    assert!(
        answer.body.contains(&format!("action=\"{REDIRECT_URI}\"")),
        "{}",
        answer.body
    );
    assert!(
        answer
            .body
            .contains("name=\"error\" value=\"invalid_request\"")
    );
    assert!(answer.body.contains("<button"), "it works without script");
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://localhost:8080"),
        "{policy}"
    );
}

#[tokio::test]
async fn a_response_type_switched_off_while_signing_on_is_not_given() {
    let world = World::new().await;
    let params = world.request().set("response_type", "token id_token");
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(&world, &params).await);
    let user = &world.demo.user;
    let answer = browser.give_right(&page, user).await;
    world
        .change_application(|settings| settings["responseTypes"] = json!(["CODE"]))
        .await;
    let received = browser.resume(&answer).await;
    assert_eq!(received.param("error"), "unauthorized_client");
    assert_eq!(received.find("access_token"), None);
}

#[tokio::test]
async fn an_application_gets_only_what_it_is_set_to() {
    let world = World::new().await;
    world
        .change_application(|settings| {
            settings["responseTypes"] = json!(["CODE"]);
            settings["grantTypes"] = json!(["AUTHORIZATION_CODE"]);
        })
        .await;
    for response_type in [
        "token",
        "id_token",
        "token id_token",
        "code token",
        "code id_token",
    ] {
        let params = world.request().set("response_type", response_type);
        let answer = world.browser().authorize(&world, &params).await;
        let received = Received::at(answer.location());
        assert_eq!(
            received.param("error"),
            "unauthorized_client",
            "{response_type}"
        );
    }
    // The list of response types alone is not enough, nor is the list of grant types.
    world
        .change_application(|settings| {
            settings["responseTypes"] = json!(["CODE", "TOKEN"]);
        })
        .await;
    let params = world.request().set("response_type", "token");
    let answer = world.browser().authorize(&world, &params).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "unauthorized_client"
    );
}

#[tokio::test]
async fn the_way_back_is_open_once_and_to_the_browser_that_signed_on() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let resume = page.replace("/signon/", "/as/resume");
    // Nothing is complete yet: back to the page.
    let early = browser.get(&resume).await.expect(StatusCode::FOUND);
    assert!(early.location().contains("/signon/?flowId="));

    let user = &world.demo.user;
    browser
        .give_right(&page, user)
        .await
        .expect(StatusCode::SEE_OTHER);
    let stranger = world
        .browser()
        .get(&resume)
        .await
        .expect(StatusCode::FORBIDDEN);
    assert!(
        stranger
            .body
            .contains("This sign-on belongs to another browser.")
    );
    // Another person's session opens nothing either.
    let (mut other, _) = world.sign_on(&world.request()).await;
    other.get(&resume).await.expect(StatusCode::FORBIDDEN);

    let answer = browser.get(&resume).await.expect(StatusCode::FOUND);
    Received::at(answer.location()).param("code");
    // A second time there is nothing to give, and the person goes on.
    let again = browser.get(&resume).await.expect(StatusCode::SEE_OTHER);
    assert_eq!(again.location(), "https://localhost:8080/");
    for unknown in [
        "?flowId=7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1",
        "?flowId=x",
        "",
    ] {
        let path = format!("{}{unknown}", world.endpoint("resume"));
        let gone = browser.get(&path).await.expect(StatusCode::GONE);
        let sentence = "This sign-on has expired or is already complete.";
        assert!(gone.body.contains(sentence), "{}", gone.body);
    }
}

#[tokio::test]
async fn a_post_takes_its_parameters_from_query_and_body() {
    let world = World::new().await;
    let path = world.endpoint("authorize");
    let body = world.request().query();
    let mut browser = world.browser();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = browser
        .send(Method::POST, &path, Body::from(body.clone()), &form)
        .await;
    Browser::page_of(&answer);
    let in_query = format!("{path}?{body}");
    let answer = browser
        .send(Method::POST, &in_query, Body::empty(), &[])
        .await;
    Browser::page_of(&answer);
    let twice = browser
        .send(Method::POST, &in_query, Body::from(body), &form)
        .await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    let json = [("content-type", "application/json")];
    let answer = browser
        .send(Method::POST, &path, Body::from("{}"), &json)
        .await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_host_header_reaches_no_link() {
    let world = World::new().await;
    let path = format!(
        "{}?{}",
        world.endpoint("authorize"),
        world.request().query()
    );
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ];
    let answer = world
        .browser()
        .send(Method::GET, &path, Body::empty(), &headers)
        .await;
    assert!(
        answer.location().starts_with("https://localhost:9443/"),
        "{answer:?}"
    );
    let discovery = world.endpoint(".well-known/openid-configuration");
    let answer = world
        .browser()
        .send(Method::GET, &discovery, Body::empty(), &headers)
        .await;
    assert!(!answer.body.contains("evil.example"));
}

#[tokio::test]
async fn max_age_prompt_and_hint_decide_whether_a_session_is_enough() {
    let world = World::new().await;
    let (mut browser, received) = world.sign_on(&world.request()).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    let id_token = tokens["id_token"].as_str().unwrap().to_owned();
    world.advance(100);
    let silent = |params: Params| params.set("prompt", "none");
    let cases = [
        (silent(world.request()), None),
        (silent(world.request().set("max_age", "100")), None),
        (
            silent(world.request().set("max_age", "99")),
            Some("login_required"),
        ),
        (
            silent(world.request().set("max_age", "0")),
            Some("login_required"),
        ),
        (
            silent(world.request().set("id_token_hint", &id_token)),
            None,
        ),
        (world.request().set("prompt", "consent"), None),
    ];
    for (params, error) in cases {
        let answer = browser
            .authorize(&world, &params)
            .await
            .expect(StatusCode::FOUND);
        assert_eq!(
            Received::at(answer.location()).find("error"),
            error,
            "{params:?}"
        );
    }
    for again in ["login", "select_account", "login consent"] {
        let params = world.request().set("prompt", again);
        Browser::page_of(&browser.authorize(&world, &params).await);
    }

    // The operator's hint in the demo user's browser.
    let mut operators = world.browser();
    let page = Browser::page_of(&operators.authorize(&world, &world.request()).await);
    let operator = &world.demo.operator;
    let answer = operators.give_right(&page, operator).await;
    let code = operators.resume(&answer).await.param("code");
    let hint = world.redeem(&code).await.json()["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let params = world.request().set("id_token_hint", &hint);
    let answer = browser.authorize(&world, &silent(params.clone())).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );
    let received = browser.sign_on(&world, &params).await;
    assert_eq!(
        received.param("error"),
        "login_required",
        "the demo user is not the operator"
    );
}
