//! Sign-on policies that demand a second factor: a one-time password by mail, or of an authenticator
//! application, on the pages and in the flow API.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, user_path};
use crate::management_device_authentications::{authenticator, mailed, totp};
use crate::signon_demands::{agree, agreement_action, demanding, terms};
use crate::world::{Answer, Browser, World, claims, shows, sub_page};

const MFA: &str = "MULTI_FACTOR_AUTHENTICATION";

pub(crate) async fn enable(api: &Api<'_>) -> String {
    let found = api.get("users?filter=username%20eq%20%22demo%22").await;
    let user = user_path(&found.json()["_embedded"]["users"][0]);
    let enabled = json!({ "mfaEnabled": true });
    let enabled = api.put(&format!("{user}/mfaEnabled"), &enabled).await;
    enabled.expect(StatusCode::OK);
    format!("{user}/devices")
}

/// A browser behind the right password, and the page that it is led to.
async fn behind_password(world: &World) -> (Browser, String) {
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(world, &world.request()).await);
    let answer = browser.give_right(&page, &world.demo.user).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    (browser, answer.location().to_owned())
}

pub(crate) async fn give(browser: &mut Browser, page: &str, otp: &str) -> Answer {
    let page = sub_page(page, "secondFactor");
    browser.post(&page, &[("otp", otp)]).await
}

#[tokio::test]
async fn a_mailed_password_is_asked_for_behind_the_right_one() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let email = json!({ "type": "EMAIL", "email": "demo.second@example.com" });
    api.make(&devices, &email).await;
    demanding(&api, &[json!({ "type": MFA })]).await;
    let (mut browser, page) = behind_password(&world).await;
    let shown = browser.get(&page).await;
    shows(&shown, StatusCode::OK, "de****@example.com");
    // Nobody else goes on with it.
    let mut stranger = world.browser();
    assert_eq!(stranger.get(&page).await.status, StatusCode::FORBIDDEN);
    let otp = mailed(&world, "demo.second@example.com").await;
    let wrong = if otp == "000000" { "000001" } else { "000000" };
    let refused = give(&mut browser, &page, wrong).await;
    shows(&refused, StatusCode::UNPROCESSABLE_ENTITY, "is wrong");
    let answer = give(&mut browser, &page, &otp).await;
    let received = browser.resume(&answer).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    let id_token = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(id_token["amr"], json!(["pwd", "otp", "mfa"]));
    // The session has both factors.
    let again = browser.authorize(&world, &world.request()).await;
    assert!(again.location().contains("code="), "{again:?}");
}

/// Whatever anybody can cause who knows an address and no password.
#[tokio::test]
async fn mails_that_strangers_cause_keep_nobody_from_the_second_factor() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let email = json!({ "type": "EMAIL", "email": "demo@example.com" });
    api.make(&devices, &email).await;
    demanding(&api, &[json!({ "type": MFA })]).await;
    let mut stranger = world.browser();
    for round in 0..12 {
        let page = Browser::page_of(&stranger.authorize(&world, &world.request()).await);
        let forgot = sub_page(&page, "forgot");
        stranger.post(&forgot, &[("username", "demo")]).await;
        let page = Browser::page_of(&stranger.authorize(&world, &world.request()).await);
        let newcomer = format!("newcomer{round}");
        let account = [
            ("username", newcomer.as_str()),
            ("email", "demo@example.com"),
            ("password", "Sunny-Meadow-93"),
            ("confirmPassword", "Sunny-Meadow-93"),
        ];
        stranger.post(&sub_page(&page, "register"), &account).await;
    }
    let listed = world.get("/mailbox/messages?to=demo@example.com").await;
    let listed = listed.expect(StatusCode::OK).json();
    assert!(listed.as_array().unwrap().len() >= 10, "{listed}");
    world.advance(1);
    let (mut browser, page) = behind_password(&world).await;
    let shown = browser.get(&page).await;
    shows(&shown, StatusCode::OK, "de****@example.com");
    let otp = mailed(&world, "demo@example.com").await;
    let answer = give(&mut browser, &page, &otp).await;
    assert!(answer.location().contains("/as/resume"), "{answer:?}");
}

#[tokio::test]
async fn a_session_of_one_factor_is_not_enough() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let (mut browser, _) = world.sign_on(&world.request()).await;
    let (_, secret) = authenticator(&api, &devices).await;
    demanding(&api, &[json!({ "type": MFA })]).await;
    world.advance(30);
    let silent = world.request().set("prompt", "none");
    let refused = browser.authorize(&world, &silent).await;
    assert!(refused.location().contains("error=login_required"));
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let answer = browser.give_right(&page, &world.demo.user).await;
    let page = answer.location().to_owned();
    let otp = totp(&world, &secret);
    let answer = give(&mut browser, &page, &otp).await;
    let received = browser.resume(&answer).await;
    assert!(received.find("code").is_some());
    // What was used is not good for the next sign-on.
    let (mut other, page) = behind_password(&world).await;
    let used = give(&mut other, &page, &otp).await;
    shows(&used, StatusCode::UNPROCESSABLE_ENTITY, "was used already");
}

#[tokio::test]
async fn a_session_without_a_factor_begins_anew_behind_what_else_is_asked_for() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let (mut browser, _) = world.sign_on(&world.request()).await;
    let (_, secret) = authenticator(&api, &devices).await;
    let agreement = agreement_action(&terms(&api).await);
    demanding(&api, &[agreement, json!({ "type": MFA })]).await;
    world.advance(30);
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let agreed = agree(&mut browser, &page).await;
    let shown = browser.get(agreed.location()).await;
    shows(&shown, StatusCode::OK, "name=\"password\"");
    let answer = browser.give_right(&page, &world.demo.user).await;
    let page = answer.location().to_owned();
    let answer = give(&mut browser, &page, &totp(&world, &secret)).await;
    assert!(browser.resume(&answer).await.find("code").is_some());
}

#[tokio::test]
async fn too_many_wrong_passwords_lock_the_device_and_the_page_says_so() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let (_, secret) = authenticator(&api, &devices).await;
    demanding(&api, &[json!({ "type": MFA })]).await;
    world.advance(30);
    let (mut browser, page) = behind_password(&world).await;
    for _ in 0..2 {
        let wrong = give(&mut browser, &page, "no").await;
        shows(&wrong, StatusCode::UNPROCESSABLE_ENTITY, "is wrong");
    }
    let last = give(&mut browser, &page, "no").await;
    shows(&last, StatusCode::UNPROCESSABLE_ENTITY, "too many wrong");
    let shown = browser.get(&page).await;
    shows(
        &shown,
        StatusCode::UNPROCESSABLE_ENTITY,
        "None of your devices",
    );
    let late = give(&mut browser, &page, &totp(&world, &secret)).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER);
    assert!(!late.location().contains("/as/resume"));
}

#[tokio::test]
async fn without_a_device_the_mode_of_the_action_decides() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let actions = demanding(&api, &[json!({ "type": MFA, "noDevicesMode": "BLOCK" })]).await;
    let signs_on = async || {
        let mut browser = world.browser();
        let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
        browser.give_right(&page, &world.demo.user).await
    };
    let blocked = signs_on().await;
    assert_ne!(blocked.status, StatusCode::SEE_OTHER);
    let listed = api.get(&actions).await.json();
    let listed = listed["_embedded"]["actions"].as_array().unwrap();
    let mut action = listed
        .iter()
        .find(|one| one["type"] == MFA)
        .unwrap()
        .clone();
    action["noDevicesMode"] = json!("BYPASS");
    let at = format!("{actions}/{}", id(&action));
    api.put(&at, &action).await.expect(StatusCode::OK);
    let passed = signs_on().await;
    assert!(passed.location().contains("/as/resume"), "{passed:?}");
    // A device that nothing here can ask is no way past it.
    let phone = json!({ "type": "SMS", "phone": "+1.4155550009" });
    api.make(&devices, &phone).await;
    let blocked = signs_on().await;
    assert_ne!(blocked.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn of_several_devices_another_one_can_be_asked() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let (application, secret) = authenticator(&api, &devices).await;
    world.advance(30);
    let email = json!({ "type": "EMAIL", "email": "demo.second@example.com" });
    let address = id(&api.make(&devices, &email).await);
    demanding(&api, &[json!({ "type": MFA })]).await;
    let (mut browser, page) = behind_password(&world).await;
    let shown = browser.get(&page).await;
    shows(&shown, StatusCode::OK, "authenticator application shows");
    let select = sub_page(&page, "secondFactor/device");
    let selected = browser.post(&select, &[("device", &address)]).await;
    shows(&selected, StatusCode::OK, "Another email is on its way");
    // The one that is not asked any more is not taken.
    let other = give(&mut browser, &page, &totp(&world, &secret)).await;
    shows(&other, StatusCode::UNPROCESSABLE_ENTITY, "is wrong");
    let back = browser.post(&select, &[("device", &application)]).await;
    shows(&back, StatusCode::OK, "authenticator application shows");
    let answer = give(&mut browser, &page, &totp(&world, &secret)).await;
    assert!(answer.location().contains("/as/resume"), "{answer:?}");
}

#[tokio::test]
async fn types_that_the_action_switches_off_are_not_asked() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let (application, _) = authenticator(&api, &devices).await;
    world.advance(30);
    let email = json!({ "type": "EMAIL", "email": "demo.second@example.com" });
    let address = id(&api.make(&devices, &email).await);
    let actions = demanding(&api, &[json!({ "type": MFA })]).await;
    let listed = api.get(&actions).await.json();
    let mut listed = listed["_embedded"]["actions"].as_array().unwrap().iter();
    let action = listed.find(|one| one["type"] == MFA).unwrap();
    let at = format!("{actions}/{}", id(action));
    let switch = async |switches: Value| {
        let mut action = action.clone();
        for (name, value) in switches.as_object().unwrap() {
            action[name] = value.clone();
        }
        api.put(&at, &action).await.expect(StatusCode::OK);
    };
    let (on, off) = (json!({ "enabled": true }), json!({ "enabled": false }));
    let (of_application, of_address) = ("authenticator application shows", "de****@example.com");
    for (switches, asked, silent, device) in [
        (
            json!({ "email": off, "authenticator": on, "sms": on }),
            of_application,
            of_address,
            &address,
        ),
        (
            json!({ "authenticator": off }),
            of_address,
            of_application,
            &application,
        ),
    ] {
        switch(switches).await;
        let (mut browser, page) = behind_password(&world).await;
        let shown = browser.get(&page).await;
        shows(&shown, StatusCode::OK, asked);
        assert!(!shown.body.contains(silent), "{}", shown.body);
        let select = sub_page(&page, "secondFactor/device");
        let selected = browser.post(&select, &[("device", device)]).await;
        assert!(!selected.body.contains(silent), "{}", selected.body);
        let again = browser.get(&page).await;
        shows(&again, StatusCode::OK, asked);
    }
    // Devices that are not asked are no way past it either.
    for mode in ["BLOCK", "BYPASS"] {
        switch(json!({ "authenticator": off, "email": off, "noDevicesMode": mode })).await;
        let mut browser = world.browser();
        let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
        let blocked = browser.give_right(&page, &world.demo.user).await;
        assert_ne!(blocked.status, StatusCode::SEE_OTHER, "{mode}");
    }
}

/// A flow that a program is in front of.
async fn act(browser: &mut Browser, flow: &str, action: &str, body: &Value) -> Answer {
    let media = format!("{}{action}+json", crate::management::VENDOR);
    let headers = [("content-type", media.as_str())];
    let body = axum::body::Body::from(body.to_string());
    browser.send(http::Method::POST, flow, body, &headers).await
}

#[tokio::test]
async fn programs_are_asked_for_the_second_factor_too() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let (application, secret) = authenticator(&api, &devices).await;
    demanding(&api, &[json!({ "type": MFA })]).await;
    world.advance(30);
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let (_, query) = page.split_once("flowId=").unwrap();
    let flow = query.split('&').next().unwrap();
    let flow = format!("/{}/flows/{flow}", world.demo.environment_id);
    let user = &world.demo.user;
    let both = json!({ "username": user.username, "password": user.password.expose() });
    let asked = act(&mut browser, &flow, "usernamePassword.check", &both).await;
    let asked = asked.expect(StatusCode::OK).json();
    assert_eq!(asked["status"], "OTP_REQUIRED");
    assert_eq!(asked["selectedDevice"]["id"], json!(application));
    assert_eq!(asked["_embedded"]["devices"][0]["type"], "TOTP");
    assert!(asked["_links"]["otp.check"].is_object());
    let wrong = act(&mut browser, &flow, "otp.check", &json!({ "otp": "no" })).await;
    crate::management::refused(&wrong, 400, "INVALID_DATA", "INVALID_OTP", "otp");
    let selection = json!({ "device": { "id": application } });
    let selected = act(&mut browser, &flow, "device.select", &selection).await;
    selected.expect(StatusCode::OK);
    let right = json!({ "otp": totp(&world, &secret) });
    let done = act(&mut browser, &flow, "otp.check", &right).await;
    assert_eq!(done.expect(StatusCode::OK).json()["status"], "COMPLETED");
}

#[tokio::test]
async fn the_owner_hears_of_a_lock_where_the_last_try_was_wrong() {
    const ADDRESS: &str = "demo.second@example.com";
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = enable(&api).await;
    let email = json!({ "type": "EMAIL", "email": ADDRESS });
    api.make(&devices, &email).await;
    demanding(&api, &[json!({ "type": MFA })]).await;
    let notices = async || {
        let listed = world.get("/mailbox/messages?to=demo@example.com").await;
        let listed = listed.expect(StatusCode::OK).body;
        listed.matches("Somebody is guessing").count() > 0
    };
    // The third lock in a row is the one that is told.
    for is_right_at_last in [true, false] {
        for round in 1..=3 {
            world.advance(3600);
            let (mut browser, page) = behind_password(&world).await;
            browser.get(&page).await;
            let otp = mailed(&world, ADDRESS).await;
            let wrong = if otp == "000000" { "000001" } else { "000000" };
            for _ in 0..2 {
                let refused = give(&mut browser, &page, wrong).await;
                shows(&refused, StatusCode::UNPROCESSABLE_ENTITY, "is wrong");
            }
            if round == 3 && is_right_at_last {
                let answer = give(&mut browser, &page, &otp).await;
                assert!(answer.location().contains("/as/resume"), "{answer:?}");
            } else {
                let last = give(&mut browser, &page, wrong).await;
                shows(&last, StatusCode::UNPROCESSABLE_ENTITY, "too many wrong");
            }
            // Mails leave beside the answer.
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            assert!(!notices().await || (round == 3 && !is_right_at_last));
        }
    }
    for _ in 0..2000 {
        if notices().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the owner heard nothing");
}
