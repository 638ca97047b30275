//! Where policies send people: to providers.

use http::StatusCode;
use serde_json::json;

use super::{
    Elsewhere, OWN_PASSWORD, button, come_back, import, leave, next_page, obey, only, subject,
    with_population, world,
};
use crate::management::{Api, id};
use crate::signon_demands::{agree, agreement_action, terms};
use crate::world::{Browser, Received, shows, sub_page};

#[tokio::test]
async fn a_name_leads_to_its_provider_whether_it_is_somebodys_or_not() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    let rule = json!({
        "condition": { "contains": "@elsewhere.example", "value": "${identifier}" },
        "identityProvider": { "id": provider },
    });
    let action = json!({ "type": "IDENTIFIER_FIRST", "priority": 1, "discoveryRules": [rule] });
    obey(&api, &[action]).await;
    let known = json!({ "username": "known", "email": "known@elsewhere.example" });
    api.make("users", &known).await;
    for name in ["known@Elsewhere.example", "nobody@elsewhere.example"] {
        let (mut browser, page) = crate::world::at_sign_on(&world).await;
        let shown = browser.get(&page).await.expect(StatusCode::OK);
        let policy = shown.header("content-security-policy");
        assert!(
            policy.contains(&elsewhere.url),
            "the form ends there: {policy}"
        );
        let named = browser.post(&page, &[("username", name)]).await;
        let sent = leave(&mut browser, named).await;
        assert_eq!(sent.param("login_hint"), name);
        // Whoever turns around finds the way and another one.
        let shown = browser.get(&page).await.expect(StatusCode::OK);
        assert!(button(&shown, "Partner").contains("/rp/authenticate?"));
        let restart = browser.post(&sub_page(&page, "restart"), &[]).await;
        let shown = next_page(&mut browser, &restart).await;
        shows(&shown, StatusCode::OK, "name=\"username\"");
    }
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    browser.post(&page, &[("username", "demo")]).await;
    let password = world.demo.user.password.expose().to_owned();
    let right = browser.post(&page, &[("password", &password)]).await;
    browser.resume(&right).await.param("code");
}

#[tokio::test]
async fn a_policy_that_demands_a_provider_is_met_by_that_provider_alone() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    // A session of a password is not enough.
    let (mut browser, _) = world.sign_on(&world.request()).await;
    let mut action = only(&provider);
    action["acrValues"] = json!("strong");
    obey(&api, &[action]).await;
    let answer = browser.authorize(&world, &world.request()).await;
    let page = Browser::page_of(&answer);
    let sent = leave(&mut browser, answer).await;
    assert_eq!(sent.param("acr_values"), "strong");
    let password = browser.give_right(&page, &world.demo.user).await;
    assert!(!password.location().contains("/as/resume"), "{password:?}");
    let shown = browser.get(&page).await;
    shows(&shown, StatusCode::OK, "Sign on elsewhere");
    let person = json!({ "email": "al@elsewhere.example" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person.clone()).await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["acr"], "Own");
    // The session that came of it is.
    let answer = browser.authorize(&world, &world.request()).await;
    Received::at(answer.location()).param("code");

    // Nobody gets around a provider that was taken out of use.
    let at = format!("identityProviders/{provider}");
    let mut object = api.get(&at).await.expect(StatusCode::OK).json();
    object["enabled"] = json!(false);
    api.put(&at, &object).await.expect(StatusCode::OK);
    let refused = world.browser().authorize(&world, &world.request()).await;
    let refused = Received::at(refused.location());
    assert_eq!(refused.param("error"), "access_denied");
}

#[tokio::test]
async fn behind_a_password_the_provider_must_know_the_same_person() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    let mut second = only(&provider);
    second["priority"] = json!(2);
    second["passUserContext"] = json!(true);
    obey(&api, &[json!({ "type": "LOGIN", "priority": 1 }), second]).await;
    for name in ["mina", "nils"] {
        import(&api, name).await;
    }
    for (name, is_theirs) in [("mina", true), ("mina", true), ("nils", false)] {
        let (mut browser, page) = crate::world::at_sign_on(&world).await;
        let right = browser.give(&page, name, OWN_PASSWORD).await;
        let sent = leave(&mut browser, right).await;
        assert_eq!(sent.param("login_hint"), name);
        let mut stranger = world.browser();
        stranger.get(&page).await.expect(StatusCode::FORBIDDEN);
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, json!({})).await;
        if is_theirs {
            let received = browser.resume(&answer).await;
            assert_eq!(subject(&world, &received).await["amr"], json!(["pwd"]));
        } else {
            let told = next_page(&mut browser, &answer).await;
            shows(&told, StatusCode::OK, "belongs to another account here");
        }
    }
}

/// A session keeps by whom its user came, and that no password was given, whatever is asked in it.
#[tokio::test]
async fn a_session_of_a_provider_goes_on_as_one() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    let policy = api.make("signOnPolicies", &json!({ "name": "Own" })).await;
    let actions = format!("signOnPolicies/{}/actions", id(&policy));
    api.make(&actions, &only(&provider)).await;
    let application = &world.demo.client_id;
    let assignment = json!({ "priority": 1, "signOnPolicy": { "id": id(&policy) } });
    let path = format!("applications/{application}/signOnPolicyAssignments");
    api.make(&path, &assignment).await;
    let mut browser = world.browser();
    let answer = browser.authorize(&world, &world.request()).await;
    let sent = leave(&mut browser, answer).await;
    let person = json!({ "email": "al@elsewhere.example" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person).await;
    let received = browser.resume(&answer).await;
    let before = subject(&world, &received).await;
    assert_eq!(before.get("amr"), None);

    let mut agreement = agreement_action(&terms(&api).await);
    agreement["priority"] = json!(2);
    api.make(&actions, &agreement).await;
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let agreed = agree(&mut browser, &page).await;
    let received = browser.resume(&agreed).await;
    let after = subject(&world, &received).await;
    for claim in ["sub", "sid", "auth_time", "amr"] {
        assert_eq!(before.get(claim), after.get(claim), "{claim}");
    }
    let silent = world.request().set("prompt", "none");
    let answer = browser.authorize(&world, &silent).await;
    Received::at(answer.location()).param("code");
    let rows = db::Statement::new("SELECT identity_provider_id FROM browser_sessions WHERE id = ");
    let rows = rows.push_bind(after["sid"].as_str().unwrap());
    let row = world.db.read_optional(rows).await.unwrap().unwrap();
    let kept: Option<String> = row.get("identity_provider_id").unwrap();
    assert_eq!(kept, Some(provider));
}
