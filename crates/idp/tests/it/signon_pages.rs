//! The hosted pages: each state, each way out of it, and what must not work.

use std::net::IpAddr;

use axum::body::Body;
use db::Statement;
use http::{Method, StatusCode};
use platform::net::RemoteAddress;
use protocol::names::EmailAddress;
use serde_json::Value;

use crate::world::{Answer, Browser, NEW_PASSWORD, Received, World, at_sign_on, sub_page};

#[track_caller]
fn shows(answer: &Answer, status: StatusCode, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(text), "no `{text}` in {}", answer.body);
}

/// A new password as it stands in a field that comes back.
fn kept() -> String {
    format!("value=\"{NEW_PASSWORD}\"")
}

async fn demand_change(world: &World) {
    let statement = Statement::new("UPDATE user_passwords SET must_change = $1");
    world.sql(statement.bind(true)).await;
}

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
        browser.cookies.is_empty(),
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
    let answer = browser
        .give(&page, user.username, user.password.expose())
        .await;
    browser.resume(&answer).await.param("code");
}

#[tokio::test]
async fn each_sign_on_gives_a_new_cookie_and_the_same_user_keeps_the_session() {
    let world = World::new().await;
    let (mut browser, received) = world.sign_on(&world.request()).await;
    let first = browser.cookies.clone();
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
    assert_ne!(first["ST"], browser.cookies["ST"]);
    let two = sid(world.redeem(&received.param("code")).await.json());
    assert_eq!(one, two);
    // The cookie from before opens nothing any more.
    let mut thief = world.browser();
    thief.cookies = first;
    let silent = world.request().set("prompt", "none");
    let answer = thief.authorize(&world, &silent).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );

    // Another user in this browser replaces the session.
    let before = browser.cookies.clone();
    let page = Browser::page_of(&browser.authorize(&world, &again).await);
    let operator = &world.demo.operator;
    let answer = browser
        .give(&page, operator.username, operator.password.expose())
        .await;
    let received = browser.resume(&answer).await;
    let three = sid(world.redeem(&received.param("code")).await.json());
    assert_ne!(two, three);
    thief.cookies = before;
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
    let answer = browser
        .give(&page, user.username, user.password.expose())
        .await;
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
    browser.cookies.remove("ST");
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
    let answer = browser
        .give(&page, user.username, user.password.expose())
        .await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_changed_before_anything_else() {
    let world = World::new().await;
    demand_change(&world).await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let old = user.password.expose();
    let answer = browser
        .give(&page, user.username, old)
        .await
        .expect(StatusCode::SEE_OTHER);
    assert!(answer.location().contains("/signon/?flowId="));
    shows(
        &browser.get(&page).await,
        StatusCode::OK,
        "Choose a new password",
    );
    let rules = browser.get(&page).await;
    shows(&rules, StatusCode::OK, "data-rule=\"length\"");

    // Neither the way back nor another request gets past it.
    let resume = page.replace("/signon/", "/as/resume");
    let early = browser.get(&resume).await.expect(StatusCode::FOUND);
    assert!(early.location().contains("/signon/"));
    let silent = browser
        .authorize(&world, &world.request().set("prompt", "none"))
        .await;
    assert_eq!(
        Received::at(silent.location()).param("error"),
        "login_required"
    );
    // Whoever knows the page's address alone cannot go on with it.
    world
        .browser()
        .get(&page)
        .await
        .expect(StatusCode::FORBIDDEN);

    let change = sub_page(&page, "change");
    let form = |current: &'static str, new: &'static str, again: &'static str| {
        [
            ("currentPassword", current),
            ("newPassword", new),
            ("confirmPassword", again),
        ]
    };
    world
        .browser()
        .post(&change, &form("x", NEW_PASSWORD, NEW_PASSWORD))
        .await
        .expect(StatusCode::FORBIDDEN);
    let empty = browser.post(&change, &[]).await;
    shows(
        &empty,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Enter your current password.",
    );
    let differs = browser
        .post(&change, &form("Sunny-Harbour-42", NEW_PASSWORD, "Other-1!"))
        .await;
    shows(
        &differs,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The two passwords are not the same.",
    );
    let wrong = browser
        .post(&change, &form("Wrong-1!", NEW_PASSWORD, NEW_PASSWORD))
        .await;
    shows(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This is not your current password.",
    );
    assert_eq!(wrong.body.matches(&kept()).count(), 2, "{}", wrong.body);
    assert!(!wrong.body.contains("Wrong-1!"), "{}", wrong.body);
    let weak = browser
        .post(&change, &form("Sunny-Harbour-42", "short", "short"))
        .await;
    shows(
        &weak,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This password does not keep these rules: ",
    );
    assert!(
        !weak.body.contains("data-verdict=\"unsatisfied\""),
        "an empty field was judged"
    );
    assert!(!weak.body.contains("value=\"short\""), "{}", weak.body);
    assert!(!weak.body.contains("id=\"summary\""), "{}", weak.body);
    let answer = browser
        .post(
            &change,
            &form("Sunny-Harbour-42", NEW_PASSWORD, NEW_PASSWORD),
        )
        .await;
    browser.resume(&answer).await.param("code");

    let (mut browser, page) = at_sign_on(&world).await;
    let refused = browser.give(&page, user.username, old).await;
    shows(
        &refused,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The username or the password is wrong.",
    );
    let answer = browser.give(&page, user.username, NEW_PASSWORD).await;
    browser.resume(&answer).await.param("code");
}

#[tokio::test]
async fn a_page_posted_twice_at_once_leads_its_browser_on() {
    let world = World::new().await;
    demand_change(&world).await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let (mut one, mut two) = (browser.clone(), browser.clone());
    let answers = tokio::join!(
        one.give(&page, user.username, user.password.expose()),
        two.give(&page, user.username, user.password.expose()),
    );
    let mut given = [(answers.0, one), (answers.1, two)];
    for (answer, _) in &given {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert!(answer.location().contains("/signon/?flowId="));
    }
    // The answers may arrive in either order; the later one's cookies count.
    for _ in 0..2 {
        for (_, answered) in &given {
            browser.cookies.extend(answered.cookies.clone());
        }
        shows(
            &browser.get(&page).await,
            StatusCode::OK,
            "Choose a new password",
        );
        given.reverse();
    }
}

#[tokio::test]
async fn a_password_judged_while_it_is_typed_gets_a_verdict_per_rule() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let rules = sub_page(&page, "rules");
    let answer = browser
        .post(&rules, &[("password", "aaaa"), ("username", "aaaa")])
        .await;
    let verdicts = answer.expect(StatusCode::OK).json();
    let of = |id: &str| {
        let all = verdicts["rules"].as_array().unwrap();
        let rule = all.iter().find(|rule| rule["id"] == id);
        rule.unwrap_or_else(|| panic!("no {id}: {verdicts}"))["verdict"].clone()
    };
    assert_eq!(of("length"), "unsatisfied");
    assert_eq!(of("excludesProfileData"), "unsatisfied");
    assert_eq!(of("history"), "notJudged");
}

#[tokio::test]
async fn a_forgotten_password_is_recovered_with_the_mailed_code() {
    let world = World::new().await;
    // Signed on elsewhere: that session ends with the old password.
    let (mut elsewhere, _) = world.sign_on(&world.request()).await;
    let (mut browser, page) = at_sign_on(&world).await;
    shows(
        &browser.get(&sub_page(&page, "forgot")).await,
        StatusCode::OK,
        "name=\"username\"",
    );
    browser
        .post(
            &sub_page(&page, "forgot"),
            &[("username", "demo@example.com")],
        )
        .await
        .expect(StatusCode::SEE_OTHER);
    shows(
        &browser.get(&page).await,
        StatusCode::OK,
        "name=\"recoveryCode\"",
    );
    let code = world.awaited_code("demo@example.com").await;
    let recover = sub_page(&page, "recover");
    let form = |code: &str, new: &str| {
        vec![
            ("recoveryCode", code.to_owned()),
            ("newPassword", new.to_owned()),
            ("confirmPassword", new.to_owned()),
        ]
    };
    let post = async |browser: &mut Browser, form: Vec<(&str, String)>| {
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        browser.post(&recover, &form).await
    };
    let wrong = post(&mut browser, form("AAAAAAAA", NEW_PASSWORD)).await;
    shows(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The code is wrong or has expired.",
    );
    assert_eq!(wrong.body.matches(&kept()).count(), 2, "{}", wrong.body);
    // A weak password costs neither the code nor more than a try.
    let weak = post(&mut browser, form(&code, "weak")).await;
    shows(
        &weak,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This password does not keep these rules: ",
    );
    let typed = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..]);
    let answer = post(&mut browser, form(&typed, NEW_PASSWORD)).await;
    browser.resume(&answer).await.param("code");

    let silent = world.request().set("prompt", "none");
    let answer = elsewhere.authorize(&world, &silent).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );
}

#[tokio::test]
async fn a_password_manager_learns_whose_new_password_it_is() {
    let world = World::new().await;
    for name in ["demo@example.com", "nobody"] {
        let (mut browser, page) = at_sign_on(&world).await;
        let forgot = sub_page(&page, "forgot");
        browser.post(&forgot, &[("username", name)]).await;
        let pair = format!("value=\"{name}\" autocomplete=\"username\"");
        shows(&browser.get(&page).await, StatusCode::OK, &pair);
        browser.post(&sub_page(&page, "recover/send"), &[]).await;
        let form = [
            ("recoveryCode", "AAAAAAAA"),
            ("newPassword", NEW_PASSWORD),
            ("confirmPassword", NEW_PASSWORD),
        ];
        let wrong = browser.post(&sub_page(&page, "recover"), &form).await;
        shows(&wrong, StatusCode::UNPROCESSABLE_ENTITY, &pair);
    }
}

#[tokio::test]
async fn recovery_tells_known_and_unknown_names_alike() {
    let world = World::new().await;
    let mut seen: Vec<Vec<String>> = Vec::new();
    for name in ["demo", "nobody"] {
        let (mut browser, page) = at_sign_on(&world).await;
        let flow = page.split(['=', '&']).nth(1).unwrap().to_owned();
        let mut answers = Vec::new();
        let mut keep = |answer: Answer| {
            let id = answer.header("correlation-id").to_owned();
            answers.push(format!(
                "{} {} {}",
                answer.status,
                answer.location().replace(&flow, "FLOW"),
                answer
                    .body
                    .replace(&flow, "FLOW")
                    .replace(&id, "ID")
                    .replace(name, "NAME"),
            ));
        };
        let forgot = sub_page(&page, "forgot");
        keep(browser.post(&forgot, &[("username", name)]).await);
        keep(browser.get(&page).await);
        keep(browser.post(&sub_page(&page, "recover/send"), &[]).await);
        if name == "demo" {
            world.awaited_code("demo@example.com").await;
        }
        for _ in 0..7 {
            let form = [
                ("recoveryCode", "AAAAAAAA"),
                ("newPassword", NEW_PASSWORD),
                ("confirmPassword", NEW_PASSWORD),
            ];
            keep(browser.post(&sub_page(&page, "recover"), &form).await);
        }
        assert!(browser.cookies.is_empty());
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(
        seen[0].last().unwrap().contains("Too many wrong codes."),
        "{:?}",
        seen[0].last()
    );
}

#[tokio::test]
async fn a_code_recovers_its_own_user_whatever_the_form_says() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    browser
        .post(&sub_page(&page, "forgot"), &[("username", "demo")])
        .await;
    let code = world.awaited_code("demo@example.com").await;
    let operator = &world.demo.operator;
    let form = [
        ("recoveryCode", code.as_str()),
        ("newPassword", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
        ("username", operator.username),
        ("userId", "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"),
    ];
    // Another interaction, for another user, does not take the code.
    let (mut other, other_page) = at_sign_on(&world).await;
    other
        .post(
            &sub_page(&other_page, "forgot"),
            &[("username", operator.username)],
        )
        .await;
    world.awaited_code("operator@example.com").await;
    let refused = other.post(&sub_page(&other_page, "recover"), &form).await;
    shows(
        &refused,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The code is wrong or has expired.",
    );

    let answer = browser.post(&sub_page(&page, "recover"), &form).await;
    let code = browser.resume(&answer).await.param("code");
    let tokens = world.redeem(&code).await.json();
    let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["preferred_username"], "demo");
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
    assert!(browser.cookies.is_empty());
    // Once complete, a page that was left open leads on, and signs nobody else on.
    let user = &world.demo.user;
    browser
        .give(&page, user.username, user.password.expose())
        .await;
    let operator = &world.demo.operator;
    let answer = browser
        .give(&page, operator.username, operator.password.expose())
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let answer = browser.get(&page).await.expect(StatusCode::SEE_OTHER);
    let code = browser.resume(&answer).await.param("code");
    let tokens = world.redeem(&code).await.json();
    let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["preferred_username"], "demo");
}

/// Neither the pages nor their addresses tell whether an address is known here.
#[tokio::test]
async fn registering_with_a_known_address_shows_what_registering_shows() {
    let world = World::new().await;
    // However the address is typed: both pages show it as it is kept.
    for (number, domain) in ["example.com", "EXAMPLE.com", "ｅｘａｍｐｌｅ.com"]
        .into_iter()
        .enumerate()
    {
        let new = format!("new{number}@{domain}");
        let of_new = story_of_registering(&world, &format!("grace{number}"), &new).await;
        let known = format!("demo@{domain}");
        let of_known = story_of_registering(&world, &format!("grete{number}"), &known).await;
        assert_eq!(of_new, of_known, "{domain}");
        let new = format!("new{number}@example.com");
        assert!(world.mailed_code(&new).await.is_some(), "{new}");
    }
    assert!(
        world.mailed_code("demo@example.com").await.is_none(),
        "no code, but a word"
    );
}

/// What a person who registers with an address is shown, but for the address as it is kept.
async fn story_of_registering(
    world: &World,
    username: &str,
    email: &str,
) -> Vec<(StatusCode, String)> {
    let kept = EmailAddress::parse(email).unwrap();
    let (mut browser, page) = at_sign_on(world).await;
    let form = [
        ("username", username),
        ("email", email),
        ("password", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
    ];
    let registered = browser.post(&sub_page(&page, "register"), &form).await;
    let mut story = vec![(registered.status, registered.body)];
    let shown = browser.get(&page).await;
    story.push((shown.status, shown.body));
    for path in ["verify", "verify", "verify/send"] {
        let form = [("verificationCode", "AAAAAAAA")];
        let answer = browser.post(&sub_page(&page, path), &form).await;
        story.push((answer.status, answer.body));
    }
    let (_, flow) = page.split_once("flowId=").unwrap();
    let flow = flow.split('&').next().unwrap().to_owned();
    let story = story.into_iter().map(|(status, body)| {
        let body = body.replace(&flow, "FLOW");
        (status, body.replace(kept.as_str(), "ADDRESS"))
    });
    story.collect()
}

#[tokio::test]
async fn a_person_registers_proves_the_address_and_is_signed_on() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let register = sub_page(&page, "register");
    shows(
        &browser.get(&register).await,
        StatusCode::OK,
        "name=\"confirmPassword\"",
    );
    let form = |username: &'static str, email: &'static str, password: &'static str| {
        [
            ("username", username),
            ("email", email),
            ("password", password),
            ("confirmPassword", password),
            ("population", "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"),
            ("enabled", "false"),
        ]
    };
    for (form, text) in [
        (
            form("demo", "ada@example.com", NEW_PASSWORD),
            "This username is taken.",
        ),
        (
            form("ada", "ada", NEW_PASSWORD),
            "Enter an e-mail address such as",
        ),
        (
            form("ada", "ada@example.com", "weak"),
            "This password does not keep these rules: ",
        ),
        (form("", "", ""), "Choose a username."),
    ] {
        let answer = browser.post(&register, &form).await;
        shows(&answer, StatusCode::UNPROCESSABLE_ENTITY, text);
    }
    let answer = browser
        .post(&register, &form("ada", "ada@example.com", NEW_PASSWORD))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    shows(
        &browser.get(&page).await,
        StatusCode::OK,
        "name=\"verificationCode\"",
    );
    world
        .browser()
        .get(&page)
        .await
        .expect(StatusCode::FORBIDDEN);
    let verify = sub_page(&page, "verify");
    let wrong = browser
        .post(&verify, &[("verificationCode", "AAAAAAAA")])
        .await;
    shows(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The code is wrong, or a newer one was sent.",
    );
    let first = world.awaited_code("ada@example.com").await;
    world.advance(1);
    shows(
        &browser.post(&sub_page(&page, "verify/send"), &[]).await,
        StatusCode::OK,
        "Another e-mail is on its way",
    );
    let stale = browser.post(&verify, &[("verificationCode", &first)]).await;
    shows(
        &stale,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The code is wrong",
    );
    let code = world.awaited_code("ada@example.com").await;
    let answer = browser.post(&verify, &[("verificationCode", &code)]).await;
    let received = browser.resume(&answer).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["preferred_username"], "ada");
    assert_eq!(claims["email_verified"], true);
}

#[tokio::test]
async fn registration_that_is_closed_is_closed_to_posts_too() {
    let world = World::with(|settings| settings.registration = false).await;
    let (mut browser, page) = at_sign_on(&world).await;
    assert!(!browser.get(&page).await.body.contains("/register"));
    browser
        .get(&sub_page(&page, "register"))
        .await
        .expect(StatusCode::NOT_FOUND);
    let form = [
        ("username", "ada"),
        ("email", "ada@example.com"),
        ("password", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
    ];
    browser
        .post(&sub_page(&page, "register"), &form)
        .await
        .expect(StatusCode::NOT_FOUND);
    let (mut browser, page) = at_sign_on(&world).await;
    let answer = browser.give(&page, "ada", NEW_PASSWORD).await;
    shows(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The username or the password is wrong.",
    );
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
    assert!(browser.cookies.is_empty());
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
    browser.address = Some(RemoteAddress(IpAddr::from([192, 0, 2, 1])));
    for _ in 0..5 {
        browser
            .give(&page, "nobody", "x")
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let limited = browser.give(&page, "nobody", "x").await;
    shows(&limited, StatusCode::TOO_MANY_REQUESTS, "Too many attempts");
    assert!(!limited.header("retry-after").is_empty());
    browser.address = Some(RemoteAddress(IpAddr::from([192, 0, 2, 2])));
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
    world.disable_user().await;
    let answer = browser
        .give(&page, user.username, user.password.expose())
        .await;
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
    let answer = browser
        .give(&page, user.username, user.password.expose())
        .await;
    world.disable_user().await;
    browser
        .get(answer.location())
        .await
        .expect(StatusCode::FORBIDDEN);

    // While a password is being changed.
    let world = World::new().await;
    demand_change(&world).await;
    let (mut browser, page) = at_sign_on(&world).await;
    browser
        .give(&page, user.username, user.password.expose())
        .await;
    world.disable_user().await;
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
    world.disable_user().await;
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

    browser.address = Some(RemoteAddress(IpAddr::from([192, 0, 2, 1])));
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
