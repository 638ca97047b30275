//! What an attacker tries beside the ordinary stories: each test is named for what must not be so.

use std::sync::Arc;

use db::Statement;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::Api;
use crate::world::{Answer, Browser, NEW_PASSWORD, World, at_sign_on, sub_page};

/// What a stranger can tell of an answer, without what differs between any two.
fn told(answer: &Answer, page: &str, name: &str) -> String {
    let flow = page.split(['=', '&']).nth(1).unwrap_or_default();
    let body = answer
        .body
        .replace(flow, "FLOW")
        .replace(answer.header("correlation-id"), "ID")
        .replace(name, "NAME");
    let cookies = answer.headers.get_all("set-cookie").iter().count();
    format!("{} {cookies} {body}", answer.status)
}

async fn wrong_codes(browser: &mut Browser, page: &str, times: usize) -> Answer {
    let form = [
        ("recoveryCode", "AAAAAAAA"),
        ("newPassword", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
    ];
    let mut last = None;
    for _ in 0..times {
        last = Some(browser.post(&sub_page(page, "recover"), &form).await);
    }
    last.unwrap()
}

/// Class 15: a code that died of wrong tries is a known user's alone, and must not show.
#[tokio::test]
async fn wrong_codes_beyond_the_limit_do_not_tell_who_exists() {
    let world = World::new().await;
    let mut seen = Vec::new();
    for name in ["demo", "nobo"] {
        let mut answers = Vec::new();
        let (mut browser, page) = at_sign_on(&world).await;
        browser
            .post(&sub_page(&page, "forgot"), &[("username", name)])
            .await;
        if name == "demo" {
            world.awaited_code("demo@example.com").await;
        }
        answers.push(told(
            &wrong_codes(&mut browser, &page, 5).await,
            &page,
            name,
        ));
        // Another code is asked for, and tried, in the same interaction and in a new one.
        let again = browser.post(&sub_page(&page, "recover/send"), &[]).await;
        answers.push(told(&again, &page, name));
        answers.push(told(
            &wrong_codes(&mut browser, &page, 1).await,
            &page,
            name,
        ));
        let (mut other, other_page) = at_sign_on(&world).await;
        let forgot = sub_page(&other_page, "forgot");
        other.post(&forgot, &[("username", name)]).await;
        let answer = wrong_codes(&mut other, &other_page, 1).await;
        answers.push(told(&answer, &other_page, name));
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
}

/// Class 15: who has no password yet is no more to be recognised than who does not exist.
#[tokio::test]
async fn a_user_without_a_password_ends_like_a_stranger() {
    let world = World::new().await;
    Api::worker(&world).await.make_user("ada1").await;
    let mut seen = Vec::new();
    for name in ["ada1", "nobo"] {
        let (mut browser, page) = at_sign_on(&world).await;
        let mut answers = Vec::new();
        for _ in 0..7 {
            let answer = browser.give(&page, name, "Wrong-Password-1").await;
            answers.push(told(&answer, &page, name));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
}

/// Classes 12 and 16: whoever writes somebody else's address into the own profile takes nothing
/// from its owner.
#[tokio::test]
async fn an_address_that_somebody_claims_without_proof_still_signs_its_owner_on() {
    let world = World::new().await;
    world
        .sql(Statement::new(
            "UPDATE users SET email_verified = TRUE WHERE username = 'demo'",
        ))
        .await;
    let eve = json!({ "username": "eve", "email": "demo@example.com" });
    Api::worker(&world)
        .await
        .post("users", &eve)
        .await
        .expect(StatusCode::CREATED);
    let (mut browser, page) = at_sign_on(&world).await;
    let password = world.demo.user.password.expose().to_owned();
    let answer = browser.give(&page, "demo@example.com", &password).await;
    let code = browser.resume(&answer).await.param("code");
    let tokens = world.redeem(&code).await.expect(StatusCode::OK).json();
    let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["preferred_username"], "demo");
}

/// Class 14: an address that is sent to somebody gives the sender nothing of what they do with it.
#[tokio::test]
async fn whoever_sends_a_link_to_a_sign_on_page_gets_nothing_of_the_sign_on() {
    let world = World::new().await;
    let (mut attacker, page) = at_sign_on(&world).await;
    attacker.get(&page).await.expect(StatusCode::OK);
    let mut victim = world.browser();
    let user = &world.demo.user;
    let answer = victim.give_right(&page, user).await;
    let resume = answer.location().to_owned();
    attacker.get(&resume).await.expect(StatusCode::FORBIDDEN);
    let shown = attacker.get(&page).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER);
    attacker
        .get(shown.location())
        .await
        .expect(StatusCode::FORBIDDEN);
    assert!(attacker.cookies().is_empty());

    // Nor does a session that the attacker plants in the victim's browser become the victim's.
    let planted = world.sign_on(&world.request()).await.0.cookies();
    let mut victim = world.browser().holding(&planted);
    let params = world.request().set("prompt", "login");
    let page = Browser::page_of(&victim.authorize(&world, &params).await);
    victim.give_right(&page, user).await;
    assert_ne!(victim.cookies(), planted);
    let mut attacker = world.browser().holding(&planted);
    let silent = world.request().set("prompt", "none");
    let answer = attacker.authorize(&world, &silent).await;
    assert!(
        answer.location().contains("error=login_required"),
        "{answer:?}"
    );
}

/// Class 13: an assurance that was never reached is not claimed: `acr`, `amr` and `auth_time` come
/// from the sign-on, whatever the request says.
#[tokio::test]
async fn no_request_raises_what_its_tokens_say_about_the_sign_on() {
    let world = World::new().await;
    let params = world
        .request()
        .set("acr_values", "Multi_Factor Single_Factor")
        .set("acr", "Multi_Factor")
        .set("amr", "mfa")
        .set("auth_time", "1");
    let code = world.sign_on(&params).await.1.param("code");
    let tokens = world.redeem(&code).await.expect(StatusCode::OK).json();
    let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["acr"], "Single_Factor");
    assert_eq!(claims["amr"], json!(["pwd"]));
    assert_eq!(claims["auth_time"], claims["iat"]);
    let params = world.request().set("acr_values", "Multi_Factor");
    let answer = world.browser().authorize(&world, &params).await;
    assert!(
        answer.location().contains("error=invalid_request"),
        "{answer:?}"
    );
}

/// RFC 9700 §4.12: a password that is posted never travels on with a redirect.
#[tokio::test]
async fn no_answer_to_a_password_is_a_redirect_that_repeats_the_post() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let answer = browser.give_right(&page, user).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let answer = browser.get(answer.location()).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(answer.header("cache-control").contains("no-store"));
}

/// RFC 9700 §4.15: no application can be taken for a user, whatever id it was given.
#[tokio::test]
async fn an_applications_own_token_is_no_users() {
    let world = World::new().await;
    let worker = Api::worker(&world).await;
    let claims = crate::world::claims(&worker.token);
    assert_eq!(claims["sub"], Value::Null, "{claims}");
    world
        .userinfo(&worker.token)
        .await
        .expect(StatusCode::UNAUTHORIZED);
}

/// Class 16: every attribute that the server owns, with every scope of self-management, by every
/// method.
#[tokio::test]
async fn no_scope_lets_a_user_write_what_the_server_owns() {
    let world = World::new().await;
    let scopes = "openid p1:read:user p1:update:user p1:read:userPassword p1:reset:userPassword";
    let me = Api::user(&world, scopes).await;
    let id = crate::world::claims(&me.token)["sub"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("users/{id}");
    let before = me.get(&path).await.expect(StatusCode::OK).json();
    let owned = json!({
        "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1",
        "environment": { "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" },
        "population": { "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" },
        "emailVerified": true, "enabled": false, "mfaEnabled": true, "verifyStatus": "ENABLED",
        "account": { "status": "LOCKED", "canAuthenticate": false },
        "lifecycle": { "status": "VERIFICATION_REQUIRED" },
        "identityProvider": { "type": "OTHER" },
        "lastSignOn": { "at": "2020-01-01T00:00:00Z" },
        "createdAt": "2020-01-01T00:00:00Z",
        "password": { "value": "Mallory-Meadow-58", "forceChange": false },
        "roleAssignments": [{ "role": { "id": "29ddce68-cd7f-4b2a-b6fc-f7a19553b496" } }],
    });
    let mut whole = owned.clone();
    whole["username"] = before["username"].clone();
    whole["email"] = before["email"].clone();
    me.patch(&path, &owned).await.expect(StatusCode::OK);
    me.put(&path, &whole).await.expect(StatusCode::OK);
    let after = me.get(&path).await.expect(StatusCode::OK).json();
    for member in owned.as_object().unwrap().keys() {
        assert_eq!(before[member], after[member], "{member}");
    }
    for (method, below, body) in [
        (Method::PUT, "enabled", json!({ "enabled": true })),
        (Method::PUT, "mfaEnabled", json!({ "mfaEnabled": true })),
        (Method::PUT, "population", json!({ "id": id })),
        (Method::POST, "roleAssignments", json!({})),
    ] {
        let answer = me
            .send(
                method,
                &format!("{path}/{below}"),
                &["application/json"],
                body.to_string(),
            )
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{below}");
    }
    for action in [
        "user.verify+json",
        "account.unlock+json",
        "user.sendVerificationCode+json",
    ] {
        let answer = me
            .act(
                Method::POST,
                &path,
                action,
                &json!({ "verificationCode": "AAAAAAAA" }),
            )
            .await;
        assert!(answer.status.is_client_error(), "{action}: {}", answer.body);
    }
}

/// What nobody needs is not kept: an authorization request cannot fill the database.
#[tokio::test]
async fn a_request_with_endless_parameters_is_not_kept() {
    let world = World::new().await;
    let long = "x".repeat(20_000);
    for name in ["state", "nonce", "login_hint"] {
        let query = world.request().set(name, &long).query();
        let mut browser = world.browser();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let authorize = world.endpoint("authorize");
        browser
            .send(Method::POST, &authorize, query.into(), &headers)
            .await;
    }
    let longest = Statement::new("SELECT COALESCE(MAX(LENGTH(document)), 0) AS longest FROM flows");
    let row = world.db.read_optional(longest).await.unwrap().unwrap();
    let longest: i64 = row.get("longest").unwrap();
    assert!(longest < 20_000, "an interaction of {longest} characters");
}

/// Class 7: what could not be looked up or written is never told as done.
#[tokio::test]
async fn a_database_that_is_gone_makes_nothing_a_success() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    let access_token = tokens["access_token"].as_str().unwrap().to_owned();
    let code = world.code().await;
    let worker = Api::worker(&world).await;
    let (mut browser, page) = at_sign_on(&world).await;
    world.db.close().await;
    let (token, revoke) = (world.endpoint("token"), world.endpoint("revoke"));
    let introspect = world.endpoint("introspect");
    let form = [("token", access_token.as_str())];
    let user = &world.demo.user;
    let password = user.password.expose();
    let one = json!({ "username": "ada", "email": "ada@example.com" });
    let answers = [
        world.redeem(&code).await,
        world.refresh("whatever").await,
        world.post_as_client(&revoke, &form).await,
        world.post_as_client(&introspect, &form).await,
        world.userinfo(&access_token).await,
        worker.get("users").await,
        worker.post("users", &one).await,
        browser.give(&page, user.username, password).await,
        browser.authorize(&world, &world.request()).await,
    ];
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{index}: {}",
            answer.body
        );
    }
    assert!(browser.cookies().is_empty());
    // Unknown is not inactive, and a wrong secret is not proven wrong.
    assert!(!answers[3].body.contains("active"));
    let wrong = world
        .post_as(
            &token,
            &[("grant_type", "client_credentials")],
            &world.demo.worker_client_id.to_string(),
            "wrong",
        )
        .await;
    assert!(!wrong.status.is_success());
}

const WITHOUT_SECRETS: [(&str, &str); 5] = [
    ("recoveryCode", "AAAAAAAA"),
    ("verificationCode", "AAAAAAAA"),
    ("currentPassword", "Wrong-Password-1"),
    ("newPassword", NEW_PASSWORD),
    ("confirmPassword", NEW_PASSWORD),
];

/// The posts of all pages, each as a page of another state would have sent it.
const POSTS: [(&str, &[(&str, &str)]); 8] = [
    ("", &[("username", "demo"), ("password", "")]),
    ("forgot", &[("username", "demo")]),
    ("recover", &WITHOUT_SECRETS),
    ("recover", &[]),
    ("recover/send", &[]),
    ("change", &WITHOUT_SECRETS),
    ("verify", &WITHOUT_SECRETS),
    ("restart", &[]),
];

/// Classes 1 and 13: every order of three posts, none of which brings a secret.
#[tokio::test]
async fn no_order_of_posts_signs_on_or_changes_a_password_without_a_secret() {
    let world = World::with(|settings| {
        settings.limits = idp::Limits {
            sign_ons_per_minute: 1_000_000,
            registrations_per_hour: 1_000_000,
            recoveries_per_hour: 1_000_000,
            ..settings.limits
        };
    })
    .await;
    let world = Arc::new(world);
    let hash = async || {
        let read = Statement::new("SELECT hash FROM user_passwords ORDER BY user_id");
        let rows = world.db.read(read).await.unwrap();
        rows.iter()
            .map(|row| row.get::<String>("hash").unwrap())
            .collect::<Vec<_>>()
    };
    let before = hash().await;
    // All at once, because answers about recoveries take their time.
    let tries = POSTS.iter().flat_map(|first| {
        let second = POSTS.iter();
        second.flat_map(move |second| POSTS.map(|third| [*first, *second, third]))
    });
    let tries: Vec<_> = tries
        .map(|order| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let (mut browser, page) = at_sign_on(&world).await;
                for (name, form) in order {
                    let answer = if name.is_empty() {
                        browser.post(&page, form).await
                    } else {
                        browser.post(&sub_page(&page, name), form).await
                    };
                    assert!(!answer.location().contains("/as/resume"), "{order:?}");
                }
                let resume = page.replace("/signon/?", "/as/resume?");
                let answer = browser.get(&resume).await;
                let leads_back = answer.location().contains("/signon/?flowId=");
                assert!(leads_back, "{order:?}: {answer:?}");
                assert!(browser.cookies().is_empty(), "{order:?}");
            })
        })
        .collect();
    assert_eq!(tries.len(), 512);
    for one in tries {
        one.await.unwrap();
    }
    assert_eq!(hash().await, before);
}

/// Class 6: what cannot be checked for replay is no proof, and none that another proof outweighs.
#[tokio::test]
async fn a_client_assertion_is_refused_and_not_passed_over() {
    let world = World::new().await;
    let token = world.endpoint("token");
    let assertion = [
        ("grant_type", "client_credentials"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", "e30.e30.e30"),
    ];
    let id = world.demo.worker_client_id.to_string();
    let secret = world.demo.worker_client_secret.expose();
    for answer in [
        world.post(&token, &assertion).await,
        world.post_as(&token, &assertion, &id, secret).await,
    ] {
        assert_eq!(answer.oauth_error(), "invalid_client");
    }
}

/// Class 15: a known name costs writes to the database beside the hash of its password. What is
/// quicker than the slowest way waits.
#[tokio::test]
async fn no_refusal_comes_as_early_as_its_work_is_done() {
    let world = World::new().await;
    for name in ["demo", "nobo"] {
        let (mut browser, page) = at_sign_on(&world).await;
        let begun = tokio::time::Instant::now();
        browser.give(&page, name, "Wrong-Password-1").await;
        let forgot = sub_page(&page, "forgot");
        browser.post(&forgot, &[("username", name)]).await;
        wrong_codes(&mut browser, &page, 1).await;
        let floors = 3 * std::time::Duration::from_millis(150);
        assert!(begun.elapsed() >= floors, "{name}: {:?}", begun.elapsed());
    }
}

/// Class 26: a number that the rules of a policy allow is more days than time has.
#[tokio::test]
async fn an_age_without_end_keeps_nobody_out() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let list = api.get("passwordPolicies").await.expect(StatusCode::OK);
    let mut policy = list.json()["_embedded"]["passwordPolicies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|policy| policy["name"] == "Demo")
        .unwrap()
        .clone();
    policy["minAgeDays"] = json!(u32::MAX - 100);
    policy["maxAgeDays"] = json!(u32::MAX);
    let path = format!("passwordPolicies/{}", policy["id"].as_str().unwrap());
    api.put(&path, &policy).await.expect(StatusCode::OK);
    let me = Api::user(&world, "openid p1:reset:userPassword").await;
    let id = crate::world::claims(&me.token)["sub"].clone();
    let change = json!({
        "currentPassword": world.demo.user.password.expose(),
        "newPassword": NEW_PASSWORD,
    });
    let path = format!("users/{}/password", id.as_str().unwrap());
    let answer = me
        .act(Method::PUT, &path, "password.reset+json", &change)
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
}

/// Class 24: an application that learns who an administrator is does not become one.
#[tokio::test]
async fn an_application_that_may_know_an_administrator_administers_nothing() {
    let world = World::new().await;
    let operator = &world.demo.operator;
    let other = world.another_application("other").await;
    let portal = world.demo.client_id.to_string();
    for (application, scopes, status) in [
        (&other, "openid profile email", StatusCode::FORBIDDEN),
        (&other, "openid p1:read:userPassword", StatusCode::FORBIDDEN),
        (&portal, "openid profile email", StatusCode::OK),
    ] {
        let params = world
            .request()
            .set("client_id", application)
            .set("scope", scopes);
        let mut browser = world.browser();
        let page = Browser::page_of(&browser.authorize(&world, &params).await);
        let answer = browser.give_right(&page, operator).await;
        let code = browser.resume(&answer).await.param("code");
        let secret = world.demo.client_secret.expose();
        let tokens = world.redeem_as(application, Some(secret), &code).await;
        let api = Api::bearing(&world, &tokens.expect(StatusCode::OK).json());
        assert_eq!(
            api.get("users").await.status,
            status,
            "{application} {scopes}"
        );
    }
}
