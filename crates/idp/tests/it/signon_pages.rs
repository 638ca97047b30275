//! The hosted pages: each state, each way out of it, and what must not work.

use std::net::IpAddr;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use platform::net::RemoteAddress;
use tower::ServiceExt as _;

use crate::world::{Browser, NEW_PASSWORD, Received, World, at_sign_on, shows, sub_page};

#[tokio::test]
async fn the_sign_on_page_has_stable_fields_and_may_lead_to_the_application() {
    let world = World::new().await;
    let mut browser = world.browser();
    let params = world.request().set("login_hint", "ada@example.com");
    let page = Browser::page_of(&browser.authorize(&world, &params).await);
    let answer = browser.get(&page).await;
    shows(&answer, StatusCode::OK, "name=\"username\"");
    shows(&answer, StatusCode::OK, "value=\"ada@example.com\"");
    shows(&answer, StatusCode::OK, "id=\"password\"");
    shows(&answer, StatusCode::OK, "autocomplete=\"current-password\"");
    shows(&answer, StatusCode::OK, "id=\"forgot-password\"");
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://localhost:8080"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert!(answer.header("cache-control").contains("no-store"));
    assert!(
        browser.cookies().is_empty(),
        "nobody is known, so no session is given"
    );
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_end_the_same() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let wrong = browser.give(&page, "demo", "Wrong-Password-1").await;
    let unknown = browser.give(&page, "nobo", "Wrong-Password-1").await;
    shows(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The username or the password is wrong.",
    );
    assert_eq!(wrong.status, unknown.status);
    assert_eq!(wrong.body.replace("demo", "nobo"), unknown.body);
    assert!(!wrong.body.contains("Wrong-Password-1"));
    let empty = browser.give(&page, "", "").await;
    shows(
        &empty,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Enter your password.",
    );
}

#[tokio::test]
async fn every_alias_of_a_name_shares_one_lockout() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    for alias in ["demo", "DEMO", "ｄｅｍｏ", " demo ", "demo@example.com"] {
        browser.give(&page, alias, "Wrong-Password-1").await;
    }
    let user = &world.demo.user;
    // Which of them locked it out is told to nobody, not even by another lockout.
    for alias in ["demo", "demo@example.com"] {
        let refused = browser.give(&page, alias, user.password.expose()).await;
        shows(
            &refused,
            StatusCode::UNPROCESSABLE_ENTITY,
            "The username or the password is wrong.",
        );
    }
    let locked = browser.give(&page, "demo", user.password.expose()).await;
    shows(
        &locked,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Too many wrong passwords.",
    );
    // A name that does not exist locks out alike.
    for _ in 0..5 {
        browser.give(&page, "nobody", "Wrong-Password-1").await;
    }
    let locked = browser.give(&page, "nobody", "Wrong-Password-1").await;
    shows(
        &locked,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Too many wrong passwords.",
    );
    world.advance(900);
    let (mut browser, page) = at_sign_on(&world).await;
    let answer = browser.give_right(&page, user).await;
    browser.resume(&answer).await.param("code");
}

#[tokio::test]
async fn a_page_posted_twice_at_once_leads_its_browser_on() {
    let world = World::new().await;
    world.demand_change().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let (mut one, mut two) = (browser.copy(), browser.copy());
    let answers = tokio::join!(one.give_right(&page, user), two.give_right(&page, user),);
    let mut given = [(answers.0, one), (answers.1, two)];
    for (answer, _) in &given {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert!(answer.location().contains("/signon/?flowId="));
    }
    // The answers may arrive in either order; the later one's cookies count.
    for _ in 0..2 {
        for (_, answered) in &given {
            let mut cookies = browser.cookies();
            cookies.extend(answered.cookies());
            browser = browser.holding(&cookies);
        }
        shows(
            &browser.get(&page).await,
            StatusCode::OK,
            "Choose a new password",
        );
        given.reverse();
    }
}

/// The second click of a double click, under way before the answer to the first one brings its
/// cookie: what the browser is then shown is the step that the first one led to.
#[tokio::test]
async fn a_second_click_leads_to_the_step_of_the_first() {
    let world = World::new().await;
    world.demand_change().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let mut second = browser.copy();
    let user = &world.demo.user;
    let first = browser.give_right(&page, user).await;
    first.expect(StatusCode::SEE_OTHER);
    let late = second.give_right(&page, user).await;
    let led_to = late.expect(StatusCode::SEE_OTHER).location().to_owned();
    let shown = browser.get(&led_to).await;
    shows(&shown, StatusCode::OK, "Choose a new password");
    // A browser that was never given the cookie is led there, and told that it is another one.
    second.get(&led_to).await.expect(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn posts_out_of_order_lead_back_to_the_state() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    for name in [
        "change",
        "recover",
        "recover/send",
        "verify",
        "verify/send",
        "restart",
    ] {
        for form in [
            &[][..],
            &[("newPassword", NEW_PASSWORD), ("recoveryCode", "AAAAAAAA")],
        ] {
            let answer = browser.post(&sub_page(&page, name), form).await;
            assert_eq!(
                answer.status,
                StatusCode::SEE_OTHER,
                "{name}: {}",
                answer.body
            );
            assert!(answer.location().contains("/signon/?flowId="), "{name}");
        }
    }
    assert!(browser.cookies().is_empty());
    // Once complete, a page that was left open leads on, and signs nobody else on.
    let user = &world.demo.user;
    browser.give_right(&page, user).await;
    let operator = &world.demo.operator;
    let answer = browser.give_right(&page, operator).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let answer = browser.get(&page).await.expect(StatusCode::SEE_OTHER);
    let code = browser.resume(&answer).await.param("code");
    let tokens = world.redeem(&code).await.json();
    let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["preferred_username"], "demo");
}

#[tokio::test]
async fn another_site_cannot_post_to_a_page() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let body = format!(
        "username={}&password={}",
        user.username,
        user.password.expose()
    );
    for headers in [
        vec![
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ],
        vec![
            ("origin", "https://evil.example"),
            ("host", "localhost:9443"),
        ],
        vec![("sec-fetch-site", "same-site")],
    ] {
        let mut headers = headers;
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        let answer = browser
            .send(Method::POST, &page, Body::from(body.clone()), &headers)
            .await;
        shows(
            &answer,
            StatusCode::FORBIDDEN,
            "The form was sent from another site.",
        );
    }
    assert!(browser.cookies().is_empty());
    let own = [
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = browser
        .send(Method::POST, &page, Body::from(body), &own)
        .await;
    browser.resume(&answer).await.param("code");
}

#[tokio::test]
async fn one_address_is_slowed_down_and_another_is_not() {
    let world = World::with(|settings| settings.limits.sign_ons_per_minute = 5).await;
    let (mut browser, page) = at_sign_on(&world).await;
    browser.come_from(RemoteAddress(IpAddr::from([192, 0, 2, 1])));
    for _ in 0..5 {
        browser
            .give(&page, "nobody", "x")
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let limited = browser.give(&page, "nobody", "x").await;
    shows(&limited, StatusCode::TOO_MANY_REQUESTS, "Too many attempts");
    assert!(!limited.header("retry-after").is_empty());
    browser.come_from(RemoteAddress(IpAddr::from([192, 0, 2, 2])));
    browser
        .give(&page, "nobody", "x")
        .await
        .expect(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_typed_is_shown_and_never_run() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    for payload in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'--{{7*7}}",
    ] {
        for (name, form) in [
            ("", vec![("username", payload), ("password", "x")]),
            ("register", vec![("username", payload), ("email", payload)]),
        ] {
            let answer = browser.post(&sub_page(&page, name), &form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
            assert!(!answer.body.contains("<img src=x"), "{}", answer.body);
        }
        let params = world
            .request()
            .set("login_hint", payload)
            .set("state", payload);
        let mut other = world.browser();
        let hinted = Browser::page_of(&other.authorize(&world, &params).await);
        let answer = other.get(&hinted).await;
        assert!(!answer.body.contains("<img src=x") && !answer.body.contains("<script>alert"));
    }
}

#[tokio::test]
async fn a_disabled_user_is_stopped_at_every_step() {
    // With the right password, and only then, a person is told.
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    world.set_enabled(false).await;
    let answer = browser.give_right(&page, user).await;
    shows(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This account is disabled or locked.",
    );
    let answer = browser.give(&page, user.username, "Wrong-Password-1").await;
    shows(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The username or the password is wrong.",
    );

    // Between the pages and the way back.
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let answer = browser.give_right(&page, user).await;
    world.set_enabled(false).await;
    browser
        .get(answer.location())
        .await
        .expect(StatusCode::FORBIDDEN);

    // While a password is being changed.
    let world = World::new().await;
    world.demand_change().await;
    let (mut browser, page) = at_sign_on(&world).await;
    browser.give_right(&page, user).await;
    world.set_enabled(false).await;
    let form = [
        ("currentPassword", user.password.expose()),
        ("newPassword", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
    ];
    browser
        .post(&sub_page(&page, "change"), &form)
        .await
        .expect(StatusCode::SEE_OTHER);

    // In a session from before.
    let world = World::new().await;
    let (mut browser, _) = world.sign_on(&world.request()).await;
    world.set_enabled(false).await;
    let answer = browser
        .authorize(&world, &world.request().set("prompt", "none"))
        .await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );
}

#[tokio::test]
async fn the_mailbox_is_for_this_machine_and_for_development() {
    let world = World::new().await;
    // Of whom nothing is known, they are not on this machine.
    let unknown = Request::get("/mailbox/messages").body(Body::empty());
    let unknown = world.idp.router().oneshot(unknown.unwrap()).await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let mut browser = world.browser();
    shows(
        &browser.get("/mailbox").await,
        StatusCode::OK,
        "No mail yet.",
    );
    let (mut person, page) = at_sign_on(&world).await;
    person
        .post(&sub_page(&page, "forgot"), &[("username", "demo")])
        .await;
    let code = world.awaited_code("demo@example.com").await;
    let listing = world
        .get("/mailbox/messages?to=demo@example.com")
        .await
        .json();
    let mail = &listing[0];
    for member in ["id", "to", "subject", "text", "html", "createdAt"] {
        assert!(mail[member].is_string(), "{member}: {mail}");
    }
    assert_eq!(mail["createdAt"], "2026-01-05T10:00:00.000Z");
    assert_eq!(
        world
            .get("/mailbox/messages?to=other@example.com")
            .await
            .body,
        "[]"
    );
    shows(
        &browser.get("/mailbox").await,
        StatusCode::OK,
        "demo@example.com",
    );
    let address = format!("/mailbox/{}", mail["id"].as_str().unwrap());
    shows(&browser.get(&address).await, StatusCode::OK, &code);
    let framed = browser.get(&format!("{address}/html")).await;
    assert!(framed.header("content-security-policy").contains("sandbox"));
    browser
        .get("/mailbox/nonsense")
        .await
        .expect(StatusCode::NOT_FOUND);

    browser.come_from(RemoteAddress(IpAddr::from([192, 0, 2, 1])));
    for path in ["/mailbox", "/mailbox/messages", &address] {
        browser.get(path).await.expect(StatusCode::NOT_FOUND);
    }
    let world = World::with(|settings| settings.mailbox = false).await;
    world
        .browser()
        .get("/mailbox")
        .await
        .expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_there_is_told_to_browsers_as_a_page() {
    let world = World::new().await;
    let mut browser = world.browser();
    shows(
        &browser.get("/nonsense").await,
        StatusCode::NOT_FOUND,
        "Page not found",
    );
    let unknown = "/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1/as/authorize";
    let answer = browser.get(unknown).await;
    shows(
        &answer,
        StatusCode::NOT_FOUND,
        "There is no environment at this address.",
    );
    let answer = browser
        .send(
            Method::DELETE,
            &world.endpoint("authorize"),
            Body::empty(),
            &[],
        )
        .await;
    shows(
        &answer,
        StatusCode::METHOD_NOT_ALLOWED,
        "This is not possible here",
    );
    let json = world
        .get("/nonsense")
        .await
        .expect(StatusCode::NOT_FOUND)
        .json();
    assert_eq!(json["code"], "NOT_FOUND");
    shows(
        &browser.get("/").await,
        StatusCode::OK,
        "Open the application that you want to use",
    );
    let large = vec![b'a'; 70 * 1024];
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let (mut browser, page) = at_sign_on(&world).await;
    let answer = browser
        .send(Method::POST, &page, Body::from(large), &headers)
        .await;
    shows(&answer, StatusCode::PAYLOAD_TOO_LARGE, "This is too large");
}
