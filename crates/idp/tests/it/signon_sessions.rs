//! What a sign-on on the hosted pages leaves in the browser: cookies, and a session that ends.

use axum::body::Body;
use http::StatusCode;
use serde_json::Value;

use crate::world::{Browser, NEW_PASSWORD, Received, World, at_sign_on};

#[tokio::test]
async fn each_sign_on_gives_a_new_cookie_and_the_same_user_keeps_the_session() {
    let world = World::new().await;
    let (mut browser, received) = world.sign_on(&world.request()).await;
    let first = browser.cookies();
    assert_eq!(first.len(), 2, "ST and its twin");
    assert_eq!(first["ST"], first["ST-NO-SS"]);
    let sid =
        |tokens: Value| crate::world::claims(tokens["id_token"].as_str().unwrap())["sid"].clone();
    let one = sid(world.redeem(&received.param("code")).await.json());
    assert_ne!(
        one,
        first["ST"].as_str(),
        "the session's id is not its secret"
    );

    let again = world.request().set("prompt", "login");
    let received = browser.sign_on(&world, &again).await;
    assert_ne!(first["ST"], browser.cookies()["ST"]);
    let two = sid(world.redeem(&received.param("code")).await.json());
    assert_eq!(one, two);
    // The cookie from before opens nothing any more.
    let mut thief = browser.holding(&first);
    let silent = world.request().set("prompt", "none");
    let answer = thief.authorize(&world, &silent).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );

    // Another user in this browser replaces the session.
    let before = browser.cookies();
    let page = Browser::page_of(&browser.authorize(&world, &again).await);
    let operator = &world.demo.operator;
    let answer = browser.give_right(&page, operator).await;
    let received = browser.resume(&answer).await;
    let three = sid(world.redeem(&received.param("code")).await.json());
    assert_ne!(two, three);
    thief = browser.holding(&before);
    let answer = thief.authorize(&world, &silent).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );
}

#[tokio::test]
async fn the_cookies_are_those_of_pingone() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let answer = browser.give_right(&page, user).await;
    let cookies: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|c| c.to_str().unwrap())
        .collect();
    let path = format!("Path=/{}", world.demo.environment_id);
    for cookie in &cookies {
        for attribute in [path.as_str(), "Max-Age=2592000", "Secure", "HttpOnly"] {
            assert!(cookie.contains(attribute), "no {attribute} in {cookie}");
        }
    }
    assert!(
        cookies[0].starts_with("ST=") && cookies[0].contains("SameSite=None"),
        "{cookies:?}"
    );
    assert!(cookies[1].starts_with("ST-NO-SS=") && !cookies[1].contains("SameSite"));
    // Either is enough.
    browser.resume(&answer).await;
    let mut cookies = browser.cookies();
    cookies.remove("ST");
    let mut browser = browser.holding(&cookies);
    let answer = browser
        .authorize(&world, &world.request().set("prompt", "none"))
        .await;
    Received::at(answer.location()).param("code");

    let world = World::with(|settings| {
        settings.public_url = "http://localhost:9443/".parse().unwrap();
    })
    .await;
    let mut browser = world.browser();
    let answer = browser.authorize(&world, &world.request()).await;
    let page = answer.location().replace("http://localhost:9443", "");
    let answer = browser.give_right(&page, user).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_password_changed_in_an_application_ends_the_sessions_elsewhere() {
    let world = World::new().await;
    let params = world.request().set("scope", "openid p1:reset:userPassword");
    let (mut here, received) = world.sign_on(&params).await;
    let (mut elsewhere, _) = world.sign_on(&params).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    let user = crate::world::claims(token)["sub"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!(
        "/v1/environments/{}/users/{user}/password",
        world.demo.environment_id
    );
    let body = serde_json::json!({
        "currentPassword": world.demo.user.password.expose(),
        "newPassword": NEW_PASSWORD,
    });
    let request = http::Request::put(path)
        .header("authorization", format!("Bearer {token}"))
        .header(
            "content-type",
            "application/vnd.pingidentity.password.reset+json",
        )
        .body(Body::from(body.to_string()));
    world.send(request.unwrap()).await.expect(StatusCode::OK);

    let silent = world.request().set("prompt", "none");
    let answer = here.authorize(&world, &silent).await;
    Received::at(answer.location()).param("code");
    let answer = elsewhere.authorize(&world, &silent).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );
}

#[tokio::test]
async fn a_session_lives_on_while_it_is_used_and_ends_when_it_is_not() {
    const DAY: i64 = 24 * 60 * 60;
    let world = World::new().await;
    let (mut browser, _) = world.sign_on(&world.request()).await;
    let silent = world.request().set("prompt", "none");
    for _ in 0..3 {
        world.advance(20 * DAY);
        let answer = browser.authorize(&world, &silent).await;
        Received::at(answer.location()).param("code");
        assert!(
            !answer.header("set-cookie").is_empty(),
            "the cookie is kept longer too"
        );
    }
    world.advance(30 * DAY);
    let answer = browser.authorize(&world, &silent).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );
}
