//! Sign-ons under way while something changes: the sign-on policy, the password, the session.

use db::Statement;
use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, user_path};
use crate::management_device_authentications::{authenticator, totp};
use crate::signon_demands::{agree, agreement_action, demanding, demo, lose, profiling, terms};
use crate::signon_second_factor::{enable, give};
use crate::world::{Answer, Browser, NEW_PASSWORD, Received, World, at_sign_on, shows, sub_page};

const MFA: &str = "MULTI_FACTOR_AUTHENTICATION";

async fn policy(api: &Api<'_>, name: &str, actions: &[Value]) -> String {
    let policy = api.make("signOnPolicies", &json!({ "name": name })).await;
    let policy = format!("signOnPolicies/{}", id(&policy));
    let login = json!({ "type": "LOGIN", "priority": 1 });
    api.make(&format!("{policy}/actions"), &login).await;
    for (action, priority) in actions.iter().zip(2..) {
        let mut action = action.clone();
        action["priority"] = json!(priority);
        api.make(&format!("{policy}/actions"), &action).await;
    }
    policy
}

async fn assign(api: &Api<'_>, policy: &str, priority: u32) {
    let id = policy.rsplit('/').next().unwrap();
    let body = json!({ "priority": priority, "signOnPolicy": { "id": id } });
    let application = &api.world.demo.client_id;
    let path = format!("applications/{application}/signOnPolicyAssignments");
    api.make(&path, &body).await;
}

/// What an operator does for second factors while people are signing on.
const CHANGES: [&str; 4] = [
    "another default",
    "an assignment",
    "the policy is deleted",
    "the policy has another action",
];

#[tokio::test]
async fn a_sign_on_goes_on_by_the_policy_that_counts_by_now() {
    for change in CHANGES {
        for is_completed in [false, true] {
            let case = format!("{change}, completed: {is_completed}");
            let world = World::new().await;
            let api = Api::worker(&world).await;
            let devices = enable(&api).await;
            let (_, secret) = authenticator(&api, &devices).await;
            world.advance(30);
            let strong = policy(&api, "Strong", &[json!({ "type": MFA })]).await;
            let own = policy(&api, "Own", &[]).await;
            if change != "another default" {
                assign(&api, &own, 2).await;
            }
            let (mut browser, page) = at_sign_on(&world).await;
            let mut led = None;
            if is_completed {
                led = Some(browser.give_right(&page, &world.demo.user).await);
            }
            match change {
                "another default" => {
                    let body = json!({ "name": "Strong", "default": true });
                    api.put(&strong, &body).await.expect(StatusCode::OK);
                }
                "an assignment" => assign(&api, &strong, 1).await,
                "the policy is deleted" => {
                    assign(&api, &strong, 3).await;
                    let gone = api.delete(&own).await;
                    gone.expect(StatusCode::NO_CONTENT);
                }
                _ => {
                    let action = json!({ "type": MFA, "priority": 2 });
                    api.make(&format!("{own}/actions"), &action).await;
                }
            }
            if let Some(led) = led {
                let resume = led.location().to_owned();
                assert!(resume.contains("/as/resume"), "{case}: {resume}");
                let back = browser.get(&resume).await.expect(StatusCode::FOUND);
                assert!(back.location().contains("/signon/?flowId="), "{case}");
            }
            let answer = browser.give_right(&page, &world.demo.user).await;
            let asked = answer.location().to_owned();
            assert!(asked.contains("/signon/?flowId="), "{case}: {asked}");
            let resume = asked.replace("/signon/", "/as/resume");
            let back = browser.get(&resume).await.expect(StatusCode::FOUND);
            assert!(back.location().contains("/signon/?flowId="), "{case}");
            let given = give(&mut browser, &page, &totp(&world, &secret)).await;
            let code = browser.resume(&given).await.param("code");
            let tokens = world.redeem(&code).await.expect(StatusCode::OK).json();
            let token = crate::world::claims(tokens["id_token"].as_str().unwrap());
            assert_eq!(token["amr"], json!(["pwd", "otp", "mfa"]), "{case}");
            let keeps = change == "the policy has another action";
            assert_eq!(token["acr"], if keeps { "Own" } else { "Strong" }, "{case}");
        }
    }
}

/// A policy that was asked for by name and is none of the application's any more.
#[tokio::test]
async fn a_sign_on_does_not_fall_back_from_the_policy_that_was_asked_for() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let own = policy(&api, "Own", &[]).await;
    let other = policy(&api, "Other", &[]).await;
    assign(&api, &own, 1).await;
    assign(&api, &other, 2).await;
    let mut browser = world.browser();
    let request = world.request().set("acr_values", "Other");
    let page = Browser::page_of(&browser.authorize(&world, &request).await);
    let led = browser.give_right(&page, &world.demo.user).await;
    let gone = api.delete(&other).await;
    gone.expect(StatusCode::NO_CONTENT);
    let resume = led.location().to_owned();
    let refused = browser.get(&resume).await.expect(StatusCode::FOUND);
    let error = Received::at(refused.location()).param("error");
    assert_eq!(error, "invalid_request");
    // It is told once.
    let again = browser.get(&resume).await;
    assert_ne!(again.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_sign_on_that_is_kept_alive_ends_after_an_hour() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    for minutes in [14, 28, 42, 56] {
        world.advance(14 * 60);
        let name = [("username", "nobody")];
        browser.post(&sub_page(&page, "forgot"), &name).await;
        browser.post(&sub_page(&page, "restart"), &[]).await;
        let shown = browser.get(&page).await;
        assert_eq!(shown.status, StatusCode::OK, "after {minutes} minutes");
    }
    world.advance(4 * 60);
    let gone = browser.get(&page).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
}

/// Where somebody stands who knew the password.
const STAGES: [&str; 4] = ["agreement", "profile", "second factor", "verification"];

/// What the owner or an operator does against that.
const ENDINGS: [&str; 3] = ["set", "recovered", "session deleted"];

async fn stage(api: &Api<'_>, stage: &str) {
    match stage {
        "agreement" => {
            let terms = terms(api).await;
            demanding(api, &[agreement_action(&terms)]).await;
        }
        "profile" => {
            lose(api, &["nickname"]).await;
            demanding(api, &[profiling(&[("nickname", true)], 0)]).await;
        }
        "second factor" => {
            let devices = enable(api).await;
            let email = json!({ "type": "EMAIL", "email": "demo.second@example.com" });
            api.make(&devices, &email).await;
            demanding(api, &[json!({ "type": MFA })]).await;
        }
        _ => {
            let sql = "UPDATE users SET verification_required = $1";
            api.world.sql(Statement::new(sql).bind(true)).await;
        }
    }
}

async fn end(api: &Api<'_>, standing: &str, ending: &str) {
    let world = api.world;
    let user = user_path(&demo(api).await);
    match ending {
        "set" => {
            let body = json!({ "value": NEW_PASSWORD });
            let path = format!("{user}/password");
            let set = api.act(http::Method::PUT, &path, "password.set+json", &body);
            set.await.expect(StatusCode::OK);
        }
        "recovered" => {
            let (mut owner, page) = at_sign_on(world).await;
            let name = [("username", "demo")];
            owner.post(&sub_page(&page, "forgot"), &name).await;
            let code = world.awaited_code("demo@example.com").await;
            let form = [
                ("recoveryCode", code.as_str()),
                ("newPassword", NEW_PASSWORD),
                ("confirmPassword", NEW_PASSWORD),
            ];
            let recovered = owner.post(&sub_page(&page, "recover"), &form).await;
            // The one in which it is changed goes on: to what is asked for, or back to the application,
            // since the mailed code proved the address.
            let on = recovered
                .expect(StatusCode::SEE_OTHER)
                .location()
                .to_owned();
            let goes_on = match standing {
                "verification" => StatusCode::FOUND,
                _ => StatusCode::OK,
            };
            owner.get(&on).await.expect(goes_on);
        }
        _ => {
            let at = format!("{user}/sessions");
            let page = api.get(&at).await.json();
            let session = id(&page["_embedded"]["sessions"][0]);
            let gone = api.delete(&format!("{at}/{session}")).await;
            gone.expect(StatusCode::NO_CONTENT);
        }
    }
}

#[tokio::test]
async fn nothing_goes_on_behind_a_password_that_was_replaced() {
    for standing in STAGES {
        for ending in ENDINGS {
            let case = format!("{standing}, {ending}");
            let world = World::new().await;
            let api = Api::worker(&world).await;
            // The owner's.
            world.sign_on(&world.request()).await.1.param("code");
            stage(&api, standing).await;
            let (mut thief, page) = at_sign_on(&world).await;
            thief.give_right(&page, &world.demo.user).await;
            let shown = thief.get(&page).await;
            assert_eq!(shown.status, StatusCode::OK, "{case}: {}", shown.body);
            assert!(!shown.body.contains("name=\"password\""), "{case}");
            end(&api, standing, ending).await;
            let gone = thief.get(&page).await;
            assert_eq!(gone.status, StatusCode::SEE_OTHER, "{case}: {}", gone.body);
            assert!(!gone.location().contains("flowId="), "{case}");
        }
    }
}

#[tokio::test]
async fn nothing_is_written_for_whoever_has_lost_the_session() {
    for standing in ["agreement", "profile"] {
        let world = World::new().await;
        let api = Api::worker(&world).await;
        let (mut browser, _) = world.sign_on(&world.request()).await;
        stage(&api, standing).await;
        let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
        let shown = browser.get(&page).await;
        assert_eq!(shown.status, StatusCode::OK, "{standing}");
        let before = demo(&api).await;
        // As when its time is over.
        let sql = "DELETE FROM browser_sessions";
        world.sql(Statement::new(sql)).await;
        if standing == "agreement" {
            agree(&mut browser, &page).await;
        } else {
            let form = [("nickname", "Al")];
            browser.post(&sub_page(&page, "profile"), &form).await;
        }
        let user = demo(&api).await;
        assert_eq!(user.get("nickname"), before.get("nickname"), "{standing}");
        let consents = format!("{}/agreementConsents", user_path(&user));
        let consents = api.get(&consents).await.json();
        let consents = consents["_embedded"]["agreementConsents"].as_array();
        assert!(consents.is_none_or(Vec::is_empty), "{standing}");
    }
}

/// A session with both factors, under a policy with these actions behind the password.
async fn strong(api: &Api<'_>, actions: &[Value]) -> (Browser, String) {
    let world = api.world;
    let devices = enable(api).await;
    let (_, secret) = authenticator(api, &devices).await;
    world.advance(30);
    demanding(api, actions).await;
    let (mut browser, page) = at_sign_on(world).await;
    browser.give_right(&page, &world.demo.user).await;
    let given = give(&mut browser, &page, &totp(world, &secret)).await;
    browser.resume(&given).await.param("code");
    world.advance(30);
    (browser, secret)
}

/// Each with the question to the user of a session that comes before it.
#[tokio::test]
async fn what_must_be_given_afresh_is_asked_for_behind_another_question() {
    let always = json!({ "value": "${user.enabled}", "equals": true });
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let user = user_path(&demo(&api).await);
    let known = json!({ "nickname": "Al" });
    api.patch(&user, &known).await.expect(StatusCode::OK);
    let asks = profiling(&[("nickname", true)], 0);
    let factor = json!({ "type": MFA, "condition": always });
    let (mut browser, secret) = strong(&api, &[asks, factor]).await;
    lose(&api, &["nickname"]).await;
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let form = [("nickname", "Bo")];
    let filled = browser.post(&sub_page(&page, "profile"), &form).await;
    let on = filled.location().to_owned();
    assert!(on.contains("/signon/?flowId="), "{on}");
    let shown = browser.get(&page).await;
    shows(&shown, StatusCode::OK, "authenticator application shows");
    let given = give(&mut browser, &page, &totp(&world, &secret)).await;
    browser.resume(&given).await.param("code");

    // A password, too.
    let actions = api.get("signOnPolicies").await.json();
    let own = actions["_embedded"]["signOnPolicies"].as_array().unwrap();
    let own = own.iter().find(|one| one["name"] == "Own").unwrap();
    let at = format!("signOnPolicies/{}/actions", id(own));
    let again = json!({
        "type": "LOGIN", "priority": 9,
        "condition": { "secondsSince": "${session.lastSignOn.withAuthenticator.pwd.at}", "greater": 0 },
    });
    let added = api.post(&at, &again).await;
    added.expect(StatusCode::CREATED);
    lose(&api, &["nickname"]).await;
    world.advance(30);
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    browser.post(&sub_page(&page, "profile"), &form).await;
    give(&mut browser, &page, &totp(&world, &secret)).await;
    let shown = browser.get(&page).await;
    shows(&shown, StatusCode::OK, "name=\"password\"");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_again_when_it_is_older_than_allowed() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let since = "${session.lastSignOn.withAuthenticator.mfa.at}";
    let condition = json!({ "secondsSince": since, "greater": 600 });
    let action = json!({ "type": MFA, "condition": condition });
    let (mut browser, _) = strong(&api, &[action]).await;
    world.advance(570);
    let answer = browser.authorize(&world, &world.request()).await;
    Received::at(answer.location()).param("code");
    world.advance(1);
    let silent = world.request().set("prompt", "none");
    let answer = browser.authorize(&world, &silent).await;
    let error = Received::at(answer.location()).param("error");
    assert_eq!(error, "login_required");
}

#[tokio::test]
async fn a_request_that_is_refused_at_its_answer_is_over() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let led = browser.give_right(&page, &world.demo.user).await;
    let forbid = |application: &mut Value| {
        application["responseTypes"] = json!(["TOKEN"]);
    };
    world.change_application(forbid).await;
    let resume = led.location().to_owned();
    let refused: Answer = browser.get(&resume).await.expect(StatusCode::FOUND);
    let error = Received::at(refused.location()).param("error");
    assert_eq!(error, "unauthorized_client");
    let again = browser.get(&resume).await;
    assert_ne!(again.status, StatusCode::FOUND, "{again:?}");
}
