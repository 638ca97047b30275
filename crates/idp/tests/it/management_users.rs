//! Users: what clients read and write, and how lists are filtered and paged.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, VENDOR, refused, user_path};
use crate::world::World;

#[tokio::test]
async fn a_new_user_is_shown_as_pingone_shows_it() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({
        "username": "ada", "email": "ada@example.com",
        "population": { "id": world.demo.population_id },
        "name": { "given": "Ada", "family": "Lovelace" }, "colour": "red",
    });
    let answer = api.post("users", &body).await.expect(StatusCode::CREATED);
    let user = answer.json();
    // The Spring sample follows this link, and wants exactly 201.
    let password = user["_links"]["password.set"]["href"].as_str().unwrap();
    assert!(
        password.ends_with(&format!("/{}/password", user_path(&user))),
        "{password}"
    );
    assert_eq!(answer.location(), user["_links"]["self"]["href"]);
    let shown = user
        .to_string()
        .replace(user["id"].as_str().unwrap(), "USER")
        .replace(&api.environment.to_string(), "ENVIRONMENT")
        .replace(&world.demo.population_id.to_string(), "POPULATION");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "_links": {
        "account.sendVerificationCode": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER"
        },
        "devices": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/devices"
        },
        "environment": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT"
        },
        "identityProvider": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/identityProvider"
        },
        "linkedAccounts": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/linkedAccounts"
        },
        "password": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/password"
        },
        "password.check": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/password"
        },
        "password.recover": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/password"
        },
        "password.reset": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/password"
        },
        "password.set": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/password"
        },
        "population": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/populations/POPULATION"
        },
        "roleAssignments": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/roleAssignments"
        },
        "self": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER"
        },
        "sessions": {
          "href": "https://localhost:9443/v1/environments/ENVIRONMENT/users/USER/sessions"
        }
      },
      "account": {
        "canAuthenticate": true,
        "status": "OK"
      },
      "createdAt": "2026-01-05T10:00:00Z",
      "email": "ada@example.com",
      "enabled": true,
      "environment": {
        "id": "ENVIRONMENT"
      },
      "id": "USER",
      "identityProvider": {
        "type": "PING_ONE"
      },
      "lifecycle": {
        "status": "ACCOUNT_OK"
      },
      "mfaEnabled": false,
      "name": {
        "family": "Lovelace",
        "given": "Ada"
      },
      "population": {
        "id": "POPULATION"
      },
      "updatedAt": "2026-01-05T10:00:00Z",
      "username": "ada",
      "verifyStatus": "NOT_INITIATED"
    }
    "#);
}

/// PUT replaces, PATCH merges, and neither writes what another operation or the server owns.
#[tokio::test]
async fn put_replaces_and_patch_merges() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let user = api.make_user("ada").await;
    let (owned, at) = (
        json!({
            "enabled": false, "account": { "status": "LOCKED" }, "mfaEnabled": true,
            "lifecycle": { "status": "VERIFICATION_REQUIRED" }, "emailVerified": true,
            "population": { "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" }, "verifyStatus": "ENABLED",
            "password": { "value": "x" }, "id": "x", "_links": {}, "createdAt": "x",
        }),
        user_path(&user),
    );
    let mut patch = owned.clone();
    patch["name"] = json!({ "given": "Ada", "family": "Lovelace" });
    patch["nickname"] = json!("Countess");
    let patched = api.patch(&at, &patch).await.expect(StatusCode::OK).json();
    assert_eq!(
        patched["name"],
        json!({ "given": "Ada", "family": "Lovelace" })
    );
    for member in [
        "enabled",
        "account",
        "mfaEnabled",
        "lifecycle",
        "emailVerified",
        "population",
        "verifyStatus",
        "id",
        "createdAt",
    ] {
        assert_eq!(patched[member], user[member], "{member}");
    }
    let patch = json!({ "nickname": null, "name": { "given": null } });
    let patched = api.patch(&at, &patch).await.expect(StatusCode::OK).json();
    assert_eq!(patched["name"], json!({ "family": "Lovelace" }));
    assert!(patched.get("nickname").is_none());

    let mut put = owned;
    put["username"] = json!("ada2");
    put["email"] = json!("ada2@example.com");
    let replaced = api.put(&at, &put).await.expect(StatusCode::OK).json();
    assert!(replaced.get("name").is_none());
    assert_eq!(replaced["username"], "ada2");
    assert_eq!(replaced["enabled"], true);
    refused(
        &api.put(&at, &json!({ "username": "x" })).await,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "email",
    );
    refused(
        &api.patch(&at, &json!({ "username": null })).await,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "username",
    );
    let wrong = json!({ "address": { "countryCode": "gb" } });
    refused(
        &api.patch(&at, &wrong).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "address.countryCode",
    );

    let gone = api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    assert_eq!((gone.body.as_str(), gone.header("content-type")), ("", ""));
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn states_have_operations_of_their_own() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = user_path(&api.make_user("ada").await);
    // The Go SDK sends two Content-Type fields, the plain one first.
    let lock = format!("{VENDOR}account.lock+json");
    let answer = api
        .send(Method::POST, &at, &["application/json", &lock], "")
        .await;
    let locked = answer.expect(StatusCode::OK).json();
    assert_eq!(locked["account"]["status"], "LOCKED");
    assert_eq!(locked["account"]["canAuthenticate"], false);
    let unlocked = api
        .act(Method::POST, &at, "account.unlock", &Value::Null)
        .await;
    assert_eq!(
        unlocked.expect(StatusCode::OK).json()["account"]["status"],
        "OK"
    );

    let answer = api
        .put(&format!("{at}/enabled"), &json!({ "enabled": "false" }))
        .await;
    assert_eq!(answer.expect(StatusCode::OK).json()["enabled"], false);
    assert_eq!(api.get(&at).await.json()["enabled"], false);
    let answer = api
        .put(&format!("{at}/mfaEnabled"), &json!({ "mfaEnabled": true }))
        .await;
    assert_eq!(answer.expect(StatusCode::OK).json()["mfaEnabled"], true);

    let populations = api
        .get("populations?filter=name%20eq%20%22partners%22")
        .await
        .json();
    let partners = &populations["_embedded"]["populations"][0]["id"];
    let moved = api
        .put(&format!("{at}/population"), &json!({ "id": partners }))
        .await;
    assert_eq!(&moved.expect(StatusCode::OK).json()["id"], partners);
    assert_eq!(&api.get(&at).await.json()["population"]["id"], partners);
    let count =
        |populations: &Value| populations["_embedded"]["populations"][0]["userCount"].clone();
    let after = api
        .get("populations?filter=name%20eq%20%22partners%22")
        .await
        .json();
    assert_eq!((count(&populations), count(&after)), (json!(0), json!(1)));
}

#[tokio::test]
async fn a_population_tells_its_users_after_every_way_in_and_out() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let populations = async || -> Vec<(Value, i64)> {
        let found = api.get("populations").await.expect(StatusCode::OK).json();
        let found = found["_embedded"]["populations"]
            .as_array()
            .unwrap()
            .clone();
        let of = |one: Value| (one["id"].clone(), one["userCount"].as_i64().unwrap());
        found.into_iter().map(of).collect()
    };
    let counted = async || {
        let statement = db::Statement::new("SELECT population_id AS id FROM users");
        let rows = world.db.read(statement).await.unwrap();
        let of = |row: &db::Row| json!(row.get::<String>("id").unwrap());
        rows.iter().map(of).collect::<Vec<_>>()
    };
    let mut users = Vec::new();
    for number in 0..20 {
        users.push(user_path(&api.make_user(&format!("user-{number}")).await));
    }
    let [(first, _), (second, _), ..] = &*populations().await else {
        panic!("two populations");
    };
    for at in &users[..5] {
        for to in [first, second] {
            let moved = api
                .put(&format!("{at}/population"), &json!({ "id": to }))
                .await;
            moved.expect(StatusCode::OK);
        }
    }
    for at in &users[3..9] {
        api.delete(at).await.expect(StatusCode::NO_CONTENT);
    }
    let renamed = json!({ "name": { "given": "Grace" } });
    api.patch(&users[0], &renamed).await.expect(StatusCode::OK);
    let counted = counted().await;
    for (id, told) in populations().await {
        let stored = counted.iter().filter(|one| **one == id).count();
        assert_eq!(usize::try_from(told), Ok(stored), "{id}");
    }
}

#[tokio::test]
async fn an_import_brings_password_and_state_or_nothing() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let import = async |password: &str| {
        let body = json!({
            "username": "ada", "email": "ada@example.com", "mfaEnabled": "true",
            "password": { "value": password, "forceChange": "true" },
            "account": { "status": "LOCKED" },
            "lifecycle": { "status": "VERIFICATION_REQUIRED", "suppressVerificationCode": true },
        });
        api.import(&body).await
    };
    let answer = import("short").await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "password");
    let detail = &answer.json()["details"][0];
    assert_eq!(
        detail["message"],
        "User password did not satisfy password policy requirements"
    );
    assert!(
        detail["innerError"]["unsatisfiedRequirements"]
            .as_array()
            .unwrap()
            .contains(&json!("length"))
    );
    refused(
        &import("{SSHA512}AAAA").await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "password",
    );
    let nobody = api
        .get("users?filter=username%20eq%20%22ada%22")
        .await
        .json();
    assert_eq!(nobody["_embedded"]["users"], json!([]));
    assert_eq!((&nobody["count"], &nobody["size"]), (&json!(0), &json!(0)));

    let user = import("Sunny-Meadow-93")
        .await
        .expect(StatusCode::CREATED)
        .json();
    assert_eq!(user["account"]["status"], "LOCKED");
    assert_eq!(
        user["lifecycle"],
        json!({ "status": "VERIFICATION_REQUIRED" })
    );
    assert_eq!(user["mfaEnabled"], true);
    assert!(user.get("password").is_none());
    assert_eq!(world.mailed_code("ada@example.com").await, None);
    let state = api
        .get(&format!("{}/password", user_path(&user)))
        .await
        .json();
    assert_eq!(state["status"], "MUST_CHANGE_PASSWORD");
}
