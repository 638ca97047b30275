//! Every operation on a user's password, by its vendor media type.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, refused, user_path};
use crate::world::{Answer, World};

/// The password operations of one user.
struct Account<'a> {
    api: Api<'a>,
    at: String,
}

impl Account<'_> {
    async fn act(&self, method: Method, action: &str, body: Value) -> Answer {
        self.api
            .act(method, &self.at, &format!("password.{action}+json"), &body)
            .await
    }

    async fn put(&self, action: &str, body: Value) -> Answer {
        self.act(Method::PUT, action, body).await
    }

    async fn post(&self, action: &str, body: Value) -> Answer {
        self.act(Method::POST, action, body).await
    }

    async fn check(&self, password: &str) -> Answer {
        self.post("check", json!({ "password": password })).await
    }

    #[track_caller]
    fn status(answer: Answer, status: &str) -> Value {
        let json = answer.expect(StatusCode::OK).json();
        assert_eq!(json["status"], status, "{json}");
        json
    }
}

async fn new_account<'a>(world: &'a World, username: &str) -> Account<'a> {
    let api = Api::worker(world).await;
    let user = api.make_user(username).await;
    Account {
        at: format!("{}/password", user_path(&user)),
        api,
    }
}

/// As the Python sample for registration does it: the flag is a text.
#[tokio::test]
async fn an_administrator_sets_forces_and_removes() {
    let world = World::new().await;
    let ada = new_account(&world, "ada").await;
    Account::status(ada.api.get(&ada.at).await, "NO_PASSWORD");
    let set = json!({ "value": "Sunny-Meadow-93", "forceChange": "false" });
    let state = Account::status(ada.put("set", set).await, "OK");
    assert!(
        state["_links"]["password.check"]["href"]
            .as_str()
            .unwrap()
            .ends_with(&ada.at)
    );
    assert_eq!(state["lastChangedAt"], "2026-01-05T10:00:00Z");
    Account::status(ada.check("Sunny-Meadow-93").await, "OK");
    Account::status(
        ada.post("forceChange", Value::Null).await,
        "MUST_CHANGE_PASSWORD",
    );
    Account::status(ada.check("Sunny-Meadow-93").await, "MUST_CHANGE_PASSWORD");
    let set = json!({ "value": "Windy-Hollow-58", "forceChange": true });
    Account::status(ada.put("setValue", set).await, "MUST_CHANGE_PASSWORD");
    Account::status(ada.put("setValue", json!({})).await, "NO_PASSWORD");
    refused(
        &ada.check("Windy-Hollow-58").await,
        400,
        "REQUEST_FAILED",
        "NO_PASSWORD",
        "",
    );
    refused(
        &ada.post("forceChange", Value::Null).await,
        400,
        "REQUEST_FAILED",
        "NO_PASSWORD",
        "",
    );
    refused(
        &ada.put("set", json!({})).await,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "value",
    );
    let encoded = json!({ "value": "{SSHA512}c2FsdGVk" });
    refused(
        &ada.put("set", encoded).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "value",
    );
    let weak = ada.put("set", json!({ "value": "aaaa" })).await;
    refused(&weak, 400, "INVALID_DATA", "INVALID_VALUE", "value");
    let bypass = json!({ "value": "aaaa", "bypassPolicy": "true" });
    Account::status(ada.put("set", bypass).await, "OK");
    Account::status(ada.check("aaaa").await, "OK");
    let reset = json!({ "newPassword": "Windy-Hollow-59" });
    Account::status(ada.put("reset", reset).await, "MUST_CHANGE_PASSWORD");
}

/// The body that clients look into, as recorded from PingOne.
#[tokio::test]
async fn a_refused_password_names_every_unmet_rule() {
    let world = World::new().await;
    let ada = new_account(&world, "ada").await;
    let answer = ada.put("reset", json!({ "newPassword": "aaaaaaa" })).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "newPassword");
    let detail = answer.json()["details"][0].clone();
    assert_eq!(answer.json()["details"].as_array().unwrap().len(), 1);
    assert_eq!(
        detail["message"],
        "New password did not satisfy password policy requirements"
    );
    let inner = &detail["innerError"];
    let mut unmet: Vec<_> = inner["unsatisfiedRequirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r.as_str().unwrap())
        .collect();
    unmet.sort_unstable();
    assert_eq!(
        unmet,
        [
            "excludesCommonlyUsed",
            "length",
            "maxRepeatedCharacters",
            "minCharacters",
            "minCharacters",
            "minCharacters",
            "minUniqueCharacters",
        ]
    );
    assert_eq!(
        inner["length"],
        "The provided password is shorter than the minimum required length of 8 characters"
    );
}

#[tokio::test]
async fn wrong_passwords_lock_out_and_an_administrator_unlocks() {
    let world = World::new().await;
    let ada = new_account(&world, "ada").await;
    ada.put("set", json!({ "value": "Sunny-Meadow-93" }))
        .await
        .expect(StatusCode::OK);
    for remaining in (0..5).rev() {
        let answer = ada.check("wrong").await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "password");
        let detail = &answer.json()["details"][0];
        assert_eq!(
            detail["message"],
            "The provided password did not match provisioned password"
        );
        assert_eq!(detail["innerError"]["failuresRemaining"], remaining);
    }
    let answer = ada.check("Sunny-Meadow-93").await;
    refused(&answer, 400, "REQUEST_FAILED", "PASSWORD_LOCKED_OUT", "");
    let state = Account::status(ada.api.get(&ada.at).await, "PASSWORD_LOCKED_OUT");
    assert_eq!(state["secondsUntilUnlock"], 900);
    // PingOne refuses a code here; a stranger could then keep its owner out.
    let answer = ada.post("sendRecoveryCode", Value::Null).await;
    Account::status(answer, "PASSWORD_LOCKED_OUT");
    Account::status(ada.post("unlock", Value::Null).await, "OK");
    Account::status(ada.check("Sunny-Meadow-93").await, "OK");
}

/// As the Python sample recovers: no body on sending, and a code from the mail.
#[tokio::test]
async fn a_mailed_code_recovers_once() {
    let world = World::new().await;
    let ada = new_account(&world, "ada").await;
    ada.put("set", json!({ "value": "Sunny-Meadow-93" }))
        .await
        .expect(StatusCode::OK);
    Account::status(ada.post("sendRecoveryCode", Value::Null).await, "OK");
    let code = world.mailed_code("ada@example.com").await.unwrap();
    let recover = async |code: &str, new: &str| {
        ada.post(
            "recover",
            json!({ "recoveryCode": code, "newPassword": new }),
        )
        .await
    };
    let wrong = recover("WRONGONE", "Windy-Hollow-58").await;
    refused(&wrong, 400, "INVALID_DATA", "INVALID_VALUE", "recoveryCode");
    assert_eq!(
        wrong.json()["details"][0]["message"],
        "The provided password recovery code was invalid or expired"
    );
    refused(
        &recover(&code, "weak").await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "newPassword",
    );
    Account::status(recover(&code.to_lowercase(), "Windy-Hollow-58").await, "OK");
    refused(
        &recover(&code, "Rainy-Corner-71").await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "recoveryCode",
    );
    Account::status(ada.check("Windy-Hollow-58").await, "OK");

    Account::status(ada.post("sendRecoveryCode", Value::Null).await, "OK");
    world.advance(301);
    let ada = Account {
        api: Api::worker(&world).await,
        ..ada
    };
    let code = world.mailed_code("ada@example.com").await.unwrap();
    let late = json!({ "recoveryCode": code, "newPassword": "Rainy-Corner-71" });
    refused(
        &ada.post("recover", late).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "recoveryCode",
    );
}

/// As the Python sample for sign-on changes a password: with the user's own token.
#[tokio::test]
async fn a_user_changes_the_own_password_with_the_current_one() {
    let world = World::new().await;
    let scopes = "openid p1:read:userPassword p1:reset:userPassword p1:validate:userPassword";
    let api = Api::user(&world, scopes).await;
    let worker = Api::worker(&world).await;
    let page = worker
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let id = page["_embedded"]["users"][0]["id"].as_str().unwrap();
    let own = Account {
        api,
        at: format!("users/{id}/password"),
    };
    let state = own
        .api
        .get(&format!("{}?expand=passwordPolicy", own.at))
        .await;
    let state = state.expect(StatusCode::OK).json();
    let policy = &state["_embedded"]["passwordPolicy"];
    assert_eq!(
        (&policy["length"]["min"], &policy["maxRepeatedCharacters"]),
        (&json!(8), &json!(2))
    );
    assert_eq!(policy["minCharacters"]["0123456789"], 1);

    let current = world.demo.user.password.expose();
    let change = async |current: &str, new: &str| {
        own.put(
            "reset",
            json!({ "currentPassword": current, "newPassword": new }),
        )
        .await
    };
    let wrong = change("wrong", "Windy-Hollow-58").await;
    refused(
        &wrong,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "currentPassword",
    );
    assert_eq!(
        wrong.json()["details"][0]["message"],
        "The current password provided for the user is invalid"
    );
    let without = own
        .put("reset", json!({ "newPassword": "Windy-Hollow-58" }))
        .await;
    refused(
        &without,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "currentPassword",
    );
    refused(
        &change(current, current).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "newPassword",
    );
    Account::status(change(current, "Windy-Hollow-58").await, "OK");
    Account::status(own.check("Windy-Hollow-58").await, "OK");
}
