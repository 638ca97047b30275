//! Sign-on policies: as objects, and obeyed by sign-on.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, refused, user_path};
use crate::world::{Browser, Received, World, claims, shows};

const PASSWORD_AT: &str = "${session.lastSignOn.withAuthenticator.pwd.at}";

/// The items of a page.
async fn items(api: &Api<'_>, path: &str, key: &str) -> Vec<Value> {
    let page = api.get(path).await.expect(StatusCode::OK).json();
    page["_embedded"][key].as_array().unwrap().clone()
}

/// Makes a policy with these actions and assigns it to the demo's application; gives its path.
async fn assigned(api: &Api<'_>, name: &str, actions: &[Value]) -> String {
    let policy = api.make("signOnPolicies", &json!({ "name": name })).await;
    let at = format!("signOnPolicies/{}", id(&policy));
    for action in actions {
        api.make(&format!("{at}/actions"), action).await;
    }
    let application = &api.world.demo.client_id;
    let assignment = json!({ "priority": 1, "signOnPolicy": { "id": id(&policy) } });
    let path = format!("applications/{application}/signOnPolicyAssignments");
    api.make(&path, &assignment).await;
    at
}

#[tokio::test]
async fn an_environment_begins_with_two_policies() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let policies = items(&api, "signOnPolicies", "signOnPolicies").await;
    let names: Vec<_> = policies
        .iter()
        .map(|policy| (policy["name"].as_str().unwrap(), policy["default"].clone()))
        .collect();
    assert!(names.contains(&("Single_Factor", json!(true))), "{names:?}");
    assert!(names.contains(&("Multi_Factor", json!(false))), "{names:?}");
    let multi = policies.iter().find(|one| one["name"] == "Multi_Factor");
    let at = format!("signOnPolicies/{}/actions", id(multi.unwrap()));
    let actions = items(&api, &at, "actions").await;
    let mut types: Vec<_> = actions
        .iter()
        .map(|action| action["type"].as_str().unwrap())
        .collect();
    types.sort_unstable();
    assert_eq!(types, ["LOGIN", "MULTI_FACTOR_AUTHENTICATION"]);
    let default = policies.iter().find(|one| one["default"] == json!(true));
    let at = format!("signOnPolicies/{}", id(default.unwrap()));
    let refusal = api.delete(&at).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    assert!(refusal.body.contains("delete a default policy"));
    // Clients that want an empty policy recognize these words.
    let actions = items(&api, &format!("{at}/actions"), "actions").await;
    let only = format!("{at}/actions/{}", id(&actions[0]));
    let refusal = api.delete(&only).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    assert!(
        refusal
            .body
            .contains("Cannot delete last action from the policy")
    );
}

#[tokio::test]
async fn an_action_has_the_members_of_its_type() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let policy = api.make("signOnPolicies", &json!({ "name": "Own" })).await;
    let at = format!("signOnPolicies/{}/actions", id(&policy));
    let action = json!({
        "type": "LOGIN", "priority": 1, "recovery": { "enabled": true },
        "condition": { "secondsSince": PASSWORD_AT, "greater": 600 },
    });
    let made = api.make(&at, &action).await;
    for member in ["type", "priority", "recovery", "condition"] {
        assert_eq!(made[member], action[member], "{member}");
    }
    assert_eq!(made["signOnPolicy"]["id"], policy["id"]);
    let nowhere = json!({ "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" });
    let about_user = json!({ "value": "${user.population.id}", "equals": "x" });
    for (action, detail, target) in [
        (
            json!({ "type": "HOPE", "priority": 1 }),
            "INVALID_VALUE",
            "type",
        ),
        (
            json!({ "type": "LOGIN", "priority": 0 }),
            "INVALID_VALUE",
            "priority",
        ),
        (
            json!({ "type": "LOGIN", "priority": 1, "noDevicesMode": "BLOCK" }),
            "INVALID_VALUE",
            "noDevicesMode",
        ),
        (
            json!({ "type": "AGREEMENT", "priority": 2 }),
            "REQUIRED_VALUE",
            "agreement",
        ),
        (
            json!({ "type": "IDENTITY_PROVIDER", "priority": 2, "identityProvider": nowhere }),
            "INVALID_VALUE",
            "identityProvider.id",
        ),
        (
            json!({ "type": "LOGIN", "priority": 1, "condition": about_user }),
            "INVALID_VALUE",
            "condition",
        ),
        (
            json!({ "type": "LOGIN", "priority": 2, "condition": { "or": [{}] } }),
            "INVALID_VALUE",
            "condition.or",
        ),
    ] {
        let refusal = api.post(&at, &action).await;
        refused(&refusal, 400, "INVALID_DATA", detail, target);
    }
}

#[tokio::test]
async fn what_an_action_names_may_be_deleted() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let population = api.make_population("Guests").await;
    let policy = api.make("signOnPolicies", &json!({ "name": "Own" })).await;
    let at = format!("signOnPolicies/{}/actions", id(&policy));
    let action = json!({
        "type": "LOGIN", "priority": 1,
        "registration": { "enabled": true, "population": { "id": population } },
    });
    api.make(&at, &action).await;
    let gone = api.delete(&format!("populations/{population}")).await;
    gone.expect(StatusCode::NO_CONTENT);
    let refusal = api.post(&at, &action).await;
    let target = "registration.population.id";
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", target);
}

#[tokio::test]
async fn an_assignment_goes_with_its_policy() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = assigned(&api, "Own", &[json!({ "type": "LOGIN", "priority": 1 })]).await;
    let path = format!(
        "applications/{}/signOnPolicyAssignments",
        world.demo.client_id
    );
    let there = items(&api, &path, "signOnPolicyAssignments").await;
    assert_eq!(there.len(), 1);
    let again = json!({ "priority": 2, "signOnPolicy": there[0]["signOnPolicy"] });
    let refusal = api.post(&path, &again).await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "signOnPolicy.id",
    );
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    assert!(
        items(&api, &path, "signOnPolicyAssignments")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn there_is_no_flow_policy() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let filter = "flowPolicies?filter=%28trigger.type%20eq%20%22AUTHENTICATION%22%29";
    assert!(items(&api, filter, "flowPolicies").await.is_empty());
    let unknown = "07ae09dea68df5530269c242487fbaf8";
    let refusal = api.get(&format!("flowPolicies/{unknown}")).await;
    refused(&refusal, 404, "NOT_FOUND", "", "");
    let words = format!("Unable to find an active Flow Policy with ID: '{unknown}'");
    assert!(refusal.body.contains(&words), "{}", refusal.body);
    let path = format!(
        "applications/{}/flowPolicyAssignments",
        world.demo.client_id
    );
    assert!(items(&api, &path, "flowPolicyAssignments").await.is_empty());
    let assignment = json!({ "priority": 1, "flowPolicy": { "id": unknown } });
    let refusal = api.post(&path, &assignment).await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "flowPolicy.id",
    );
}

#[tokio::test]
async fn tokens_name_the_policy_that_was_obeyed() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    assigned(&api, "Own", &[json!({ "type": "LOGIN", "priority": 1 })]).await;
    let (mut browser, received) = world.sign_on(&world.request()).await;
    let tokens = world.redeem(&received.param("code")).await;
    let tokens = tokens.expect(StatusCode::OK).json();
    let id_token = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(id_token["acr"], "Own");
    // Only what is assigned can be asked for.
    let params = world.request().set("acr_values", "Single_Factor Own");
    let received = browser.authorize(&world, &params).await;
    Received::at(received.location()).param("code");
    let params = world.request().set("acr_values", "Single_Factor");
    let received = browser.authorize(&world, &params).await;
    let received = Received::at(received.location());
    assert_eq!(received.param("error"), "invalid_request");
}

#[tokio::test]
async fn what_cannot_be_carried_out_is_refused_and_not_passed_over() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    // A session from before does not get around it either.
    let (mut before, _) = world.sign_on(&world.request()).await;
    assigned(
        &api,
        "Strong",
        &[
            json!({ "type": "LOGIN", "priority": 1 }),
            json!({ "type": "MULTI_FACTOR_AUTHENTICATION", "priority": 2 }),
        ],
    )
    .await;
    let answer = before.authorize(&world, &world.request()).await;
    let received = Received::at(answer.location());
    assert_eq!(received.param("error"), "access_denied");

    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let wrong = browser.give(&page, "demo", "Wrong-Password-1").await;
    shows(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The username or the password is wrong.",
    );
    let refused = browser.give_right(&page, &world.demo.user).await;
    shows(
        &refused,
        StatusCode::FORBIDDEN,
        "needs a further proof of who you are",
    );
    let none = browser
        .authorize(&world, &world.request().set("prompt", "none"))
        .await;
    let received = Received::at(none.location());
    assert_eq!(received.param("error"), "login_required");
}

#[tokio::test]
async fn a_name_is_asked_for_before_the_password() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let action = json!({ "type": "IDENTIFIER_FIRST", "priority": 1 });
    assigned(&api, "Names", &[action]).await;
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let shown = browser.get(&page).await.expect(StatusCode::OK);
    assert!(shown.body.contains("name=\"username\""));
    assert!(!shown.body.contains("name=\"password\""));
    let empty = browser.post(&page, &[("username", " ")]).await;
    shows(
        &empty,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Enter your username",
    );
    let mut pages = Vec::new();
    for name in ["nobo", "demo"] {
        let named = browser.post(&page, &[("username", name)]).await;
        assert_eq!(named.status, StatusCode::SEE_OTHER, "{}", named.body);
        let shown = browser.get(&page).await.expect(StatusCode::OK);
        assert!(shown.body.contains("name=\"password\""));
        pages.push(shown.body.replace(name, "x"));
        if name == "nobo" {
            let restart = crate::world::sub_page(&page, "restart");
            browser
                .post(&restart, &[])
                .await
                .expect(StatusCode::SEE_OTHER);
        }
    }
    assert_eq!(
        pages[0], pages[1],
        "nobody is told whether there is such a user"
    );
    let password = world.demo.user.password.expose().to_owned();
    let wrong = browser
        .post(&page, &[("password", "Wrong-Password-1")])
        .await;
    shows(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The username or the password is wrong.",
    );
    let right = browser.post(&page, &[("password", &password)]).await;
    browser.resume(&right).await.param("code");
}

#[tokio::test]
async fn a_condition_says_of_whom_something_is_demanded() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let group = api.make_group("Careful").await;
    let second = |condition: Value| {
        json!({
            "type": "MULTI_FACTOR_AUTHENTICATION", "priority": 2, "condition": condition,
        })
    };
    let of_group = json!({ "value": "${user.memberOfGroupIDs}", "contains": group });
    let elsewhere = json!({ "value": "${user.population.id}", "equals": "another" });
    assigned(
        &api,
        "Careful",
        &[
            json!({ "type": "LOGIN", "priority": 1 }),
            second(json!({ "or": [of_group, elsewhere] })),
        ],
    )
    .await;
    let (mut browser, received) = world.sign_on(&world.request()).await;
    received.param("code");
    let found = items(&api, "users?filter=username%20eq%20%22demo%22", "users").await;
    api.join(&user_path(&found[0]), &group).await;
    let answer = browser.authorize(&world, &world.request()).await;
    let received = Received::at(answer.location());
    assert_eq!(received.param("error"), "access_denied");
}

#[tokio::test]
async fn an_old_sign_on_is_asked_for_again() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let condition = json!({ "secondsSince": PASSWORD_AT, "greater": 600 });
    let action = json!({ "type": "LOGIN", "priority": 1, "condition": condition });
    assigned(&api, "Often", &[action]).await;
    let (mut browser, _) = world.sign_on(&world.request()).await;
    world.advance(600);
    let answer = browser.authorize(&world, &world.request()).await;
    Received::at(answer.location()).param("code");
    world.advance(1);
    let answer = browser.authorize(&world, &world.request()).await;
    assert!(answer.location().contains("/signon/?flowId="));
    let silent = world.request().set("prompt", "none");
    let answer = browser.authorize(&world, &silent).await;
    let received = Received::at(answer.location());
    assert_eq!(received.param("error"), "login_required");
}

#[tokio::test]
async fn the_first_action_says_what_its_page_offers() {
    let world = World::with(|settings| settings.registration = true).await;
    let api = Api::worker(&world).await;
    let action = json!({
        "type": "LOGIN", "priority": 1, "recovery": { "enabled": false },
        "registration": { "enabled": false },
    });
    let policy = assigned(&api, "Bare", std::slice::from_ref(&action)).await;
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let shown = browser.get(&page).await.expect(StatusCode::OK);
    for link in ["id=\"forgot-password\"", "id=\"register\""] {
        assert!(!shown.body.contains(link), "{link}");
    }
    for name in ["forgot", "register"] {
        let sub = crate::world::sub_page(&page, name);
        browser.get(&sub).await.expect(StatusCode::NOT_FOUND);
    }
    let actions = items(&api, &format!("{policy}/actions"), "actions").await;
    let at = format!("{policy}/actions/{}", id(&actions[0]));
    let mut external = action;
    external["registration"]["external"] = json!({ "href": "https://join.example/" });
    api.put(&at, &external).await.expect(StatusCode::OK);
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let shown = browser.get(&page).await.expect(StatusCode::OK);
    assert!(shown.body.contains("href=\"https://join.example/\""));
}
