//! The hosted pages on which a new password is chosen: demanded, recovered, judged.

use http::StatusCode;

use crate::world::{Answer, Browser, NEW_PASSWORD, Received, World, at_sign_on, shows, sub_page};

/// A new password as it stands in a field that comes back.
fn kept() -> String {
    format!("value=\"{NEW_PASSWORD}\"")
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
#[tokio::test]
async fn a_password_that_must_be_changed_is_changed_before_anything_else() {
    let world = World::new().await;
    world.demand_change().await;
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
    let mut other = world.browser();
    let given = form("x", NEW_PASSWORD, NEW_PASSWORD);
    let led_to = other
        .post(&change, &given)
        .await
        .expect(StatusCode::SEE_OTHER);
    let shown = other.get(led_to.location()).await;
    shown.expect(StatusCode::FORBIDDEN);
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

/// Each browser has its own tries, and a code is good in whichever it is typed.
#[tokio::test]
async fn wrong_codes_of_strangers_keep_nobody_from_recovering() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let name = [("username", "demo")];
    browser.post(&sub_page(&page, "forgot"), &name).await;
    let code = world.awaited_code("demo@example.com").await;
    let wrong = [
        ("recoveryCode", "AAAAAAAA"),
        ("newPassword", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
    ];
    for _ in 0..3 {
        let (mut stranger, page) = at_sign_on(&world).await;
        stranger.post(&sub_page(&page, "forgot"), &name).await;
        for _ in 0..5 {
            stranger.post(&sub_page(&page, "recover"), &wrong).await;
        }
        let exhausted = stranger.post(&sub_page(&page, "recover"), &wrong).await;
        shows(
            &exhausted,
            StatusCode::UNPROCESSABLE_ENTITY,
            "Too many wrong codes",
        );
    }
    let mut right = wrong;
    right[0].1 = code.as_str();
    let answer = browser.post(&sub_page(&page, "recover"), &right).await;
    browser.resume(&answer).await.param("code");
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
        assert!(browser.cookies().is_empty());
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
