//! Users: what clients read and write, and how lists are filtered and paged.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, VENDOR, refused};
use crate::world::World;

fn path(user: &Value) -> String {
    format!("users/{}", user["id"].as_str().unwrap())
}

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
        password.ends_with(&format!("/{}/password", path(&user))),
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

#[tokio::test]
async fn names_are_unique_and_have_a_form() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    api.make_user("grace").await;
    for alias in ["grace", "GRACE", " Grace "] {
        let body = json!({ "username": alias, "email": "x@example.com" });
        let answer = api.post("users", &body).await;
        refused(
            &answer,
            400,
            "INVALID_DATA",
            "UNIQUENESS_VIOLATION",
            "username",
        );
    }
    let answer = api.post("users", &json!({ "username": "x" })).await;
    refused(&answer, 400, "INVALID_DATA", "REQUIRED_VALUE", "email");
    let answer = api
        .post("users", &json!({ "username": "x", "email": "nobody" }))
        .await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "email");
    assert_eq!(
        answer.json()["message"],
        "Validation Error : [email must be a well-formed email address]"
    );
    let foreign = json!({ "username": "x", "email": "x@example.com", "population": { "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" } });
    refused(
        &api.post("users", &foreign).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "population",
    );
}

#[tokio::test]
async fn names_and_addresses_are_compared_however_they_are_typed() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({ "username": "Σίσυφος", "email": "Ada@BU\u{308}CHER.example" });
    let user = api.post("users", &body).await.expect(StatusCode::CREATED);
    let user = user.json();
    assert_eq!(user["email"], "Ada@xn--bcher-kva.example");
    for filter in [
        "username eq \"ΣΊΣΥΦΟΣ\"",
        "email eq \"ada@bücher.EXAMPLE\"",
        "email eq \"ada@xn--bcher-kva.example\"",
        "email eq \"ada@ＢＵ\u{308}ＣＨＥＲ。example\"",
        "email sw \"ada@xn--\"",
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("filter", filter)
            .finish();
        let found = api.get(&format!("users?{query}")).await;
        let found = found.expect(StatusCode::OK).json();
        assert_eq!(found["_embedded"]["users"][0]["id"], user["id"], "{filter}");
    }
    let taken = json!({ "username": "σίσυφοσ", "email": "x@example.com" });
    let answer = api.post("users", &taken).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "username",
    );
    // The same mailbox in other words is no other address.
    let patched = api
        .patch(&path(&user), &json!({ "email": "Ada@bücher.example" }))
        .await
        .expect(StatusCode::OK);
    assert_eq!(patched.json()["email"], "Ada@xn--bcher-kva.example");
}

#[tokio::test]
async fn what_cannot_be_seen_or_sent_to_is_refused_by_its_member() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let user = api.make_user("grace").await;
    for (member, value) in [
        ("username", "ada\u{115f}"),
        ("username", "ada\u{fe0f}"),
        ("username", "ada\u{3000}l"),
        ("email", "Ada <ada@example.com>"),
        ("email", "ada@localhost"),
        ("email", "ada@[127.0.0.1]"),
        ("email", "ada@example.com\r\nBcc: eve@example.com"),
    ] {
        let mut body = json!({ "username": "ada", "email": "ada@example.com" });
        body[member] = json!(value);
        let created = api.post("users", &body).await;
        refused(&created, 400, "INVALID_DATA", "INVALID_VALUE", member);
        let imported = api
            .act(Method::POST, "users", "user.import+json", &body)
            .await;
        refused(&imported, 400, "INVALID_DATA", "INVALID_VALUE", member);
        let change = json!({ member: value });
        let changed = api.patch(&path(&user), &change).await;
        refused(&changed, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
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
        path(&user),
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
    let at = path(&api.make_user("ada").await);
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
        users.push(path(&api.make_user(&format!("user-{number}")).await));
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
async fn a_mail_address_is_proven_by_the_mailed_code() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = path(&api.make_user("ada").await);
    let sent = api
        .act(
            Method::POST,
            &at,
            "user.sendVerificationCode+json",
            &Value::Null,
        )
        .await;
    let sent = sent.expect(StatusCode::OK).json();
    assert_eq!(sent["lifecycle"]["status"], "VERIFICATION_REQUIRED");
    let wrong = json!({ "verificationCode": "WRONGONE" });
    let answer = api.act(Method::POST, &at, "user.verify+json", &wrong).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "verificationCode",
    );
    let code = world.mailed_code("ada@example.com").await.unwrap();
    let right = json!({ "verificationCode": code.to_lowercase() });
    let verified = api.act(Method::POST, &at, "user.verify+json", &right).await;
    let verified = verified.expect(StatusCode::OK).json();
    assert_eq!(verified["lifecycle"]["status"], "ACCOUNT_OK");
    assert_eq!(verified["emailVerified"], true);
    let changed = api
        .patch(&at, &json!({ "email": "other@example.com" }))
        .await;
    assert!(
        changed
            .expect(StatusCode::OK)
            .json()
            .get("emailVerified")
            .is_none()
    );
}

#[tokio::test]
async fn another_address_tells_the_one_before_and_makes_its_codes_worthless() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = path(&api.make_user("ada").await);
    let send = "user.sendVerificationCode+json";
    api.act(Method::POST, &at, send, &Value::Null).await;
    let code = world.mailed_code("ada@example.com").await.unwrap();
    world.advance(1);
    api.patch(&at, &json!({ "email": "other@example.com" }))
        .await
        .expect(StatusCode::OK);
    assert!(
        world.mailed_code("ada@example.com").await.is_none(),
        "the newest mail there is the notice"
    );
    let code = json!({ "verificationCode": code });
    let answer = api.act(Method::POST, &at, "user.verify+json", &code).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "verificationCode",
    );
}

#[tokio::test]
async fn an_address_in_another_spelling_stays_proven_and_so_do_its_codes() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = path(&api.make_user("ada").await);
    let send = "user.sendVerificationCode+json";
    api.act(Method::POST, &at, send, &Value::Null).await;
    let code = world.mailed_code("ada@example.com").await.unwrap();
    world.advance(1);
    let spelled = api.patch(&at, &json!({ "email": "Ada@Example.com" })).await;
    assert_eq!(
        spelled.expect(StatusCode::OK).json()["email"],
        "Ada@example.com"
    );
    let code = json!({ "verificationCode": code });
    let verified = api.act(Method::POST, &at, "user.verify+json", &code).await;
    assert_eq!(
        verified.expect(StatusCode::OK).json()["emailVerified"],
        true
    );
    for spelling in [
        "Ada@EXAMPLE.com",
        "ada@example.com",
        "ada@ｅｘａｍｐｌｅ.com",
        "\"ada\"@example.com",
    ] {
        let patched = api.patch(&at, &json!({ "email": spelling })).await;
        let patched = patched.expect(StatusCode::OK).json();
        assert_eq!(patched["emailVerified"], true, "PATCH {spelling}");
        let body = json!({ "username": "ada", "email": spelling });
        let put = api.put(&at, &body).await.expect(StatusCode::OK).json();
        assert_eq!(put["emailVerified"], true, "PUT {spelling}");
    }
    assert!(
        world.mailed_code("ada@example.com").await.is_some(),
        "the newest mail there is no notice of another address"
    );
    let other = api
        .patch(&at, &json!({ "email": "ada@example.org" }))
        .await
        .expect(StatusCode::OK);
    assert!(other.json().get("emailVerified").is_none());
}

#[tokio::test]
async fn a_username_in_the_form_of_an_address_is_the_users_own() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({ "username": "ada@example.com", "email": "eve@example.com" });
    let answer = api.post("users", &body).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "username");
    let body = json!({ "username": "Eve@example.com", "email": "eve@example.com" });
    let eve = api.post("users", &body).await.expect(StatusCode::CREATED);
    let at = path(&eve.json());
    for change in [
        json!({ "email": "other@example.com" }),
        json!({ "username": "other@example.com" }),
    ] {
        let answer = api.patch(&at, &change).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "username");
    }
    let both = json!({ "username": "other@example.com", "email": "other@example.com" });
    api.patch(&at, &both).await.expect(StatusCode::OK);
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
        api.act(Method::POST, "users", "user.import+json", &body)
            .await
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
    let state = api.get(&format!("{}/password", path(&user))).await.json();
    assert_eq!(state["status"], "MUST_CHANGE_PASSWORD");
}

async fn search_and_page(world: World) {
    let api = Api::worker(&world).await;
    for name in ["Émile", "emil", "emilia", "zoë", "ada_1", "adax1", "ada%"] {
        let body = json!({
            "username": name, "email": format!("{}@example.com", name.len()),
            "name": { "family": "O'Neil" },
        });
        api.post("users", &body).await.expect(StatusCode::CREATED);
    }
    let names = async |filter: &str, limit: u32| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let (mut next, mut names) = (
            Some(api.path(&format!("users?filter={filter}&limit={limit}"))),
            Vec::new(),
        );
        while let Some(address) = next {
            let page = api.get(&address).await.expect(StatusCode::OK).json();
            let users = page["_embedded"]["users"].as_array().unwrap();
            assert_eq!(page["size"], users.len());
            assert!(users.len() <= limit as usize);
            names.extend(
                users
                    .iter()
                    .map(|user| user["username"].as_str().unwrap().to_owned()),
            );
            next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
            assert!(next.as_ref().is_none_or(
                |next| next.starts_with("https://localhost:9443/v1/")
                    && next.contains("filter=")
                    && next.contains("limit=")
            ));
        }
        names.sort();
        names
    };
    for limit in [1, 2, 1000] {
        for (filter, expected) in [
            (r#"username eq "EMIL""#, &["emil"][..]),
            (r#"username sw "emil""#, &["emil", "emilia"]),
            (r#"username sw "É""#, &["Émile"]),
            // What is special in SQL's LIKE is not here.
            (r#"username sw "ada_""#, &["ada_1"]),
            (r#"username sw "ada%""#, &["ada%"]),
            (
                r#"username eq "zoë" or email eq "5@example.com" or username eq "nobody""#,
                &["ada_1", "adax1", "zoë"],
            ),
            (
                r#"((username eq "emil") OR (username eq "emilia")) AND (enabled eq true)"#,
                &["emil", "emilia"],
            ),
            (
                r#"name.family eq "o'neil" and username sw "em""#,
                &["emil", "emilia"],
            ),
            ("enabled eq false", &[]),
            (r#"username eq "x' OR '1'='1""#, &[]),
        ] {
            assert_eq!(names(filter, limit).await, expected, "{filter}");
        }
    }
    let population = format!(r#"population.id eq "{}""#, world.demo.population_id);
    assert_eq!(names(&population, 4).await.len(), 9);
    assert_eq!(names("enabled eq true", 4).await.len(), 9);

    for (filter, supported) in [
        ("username pr", None),
        (r#"username co "a""#, Some("supportedOperators")),
        (r#"secret eq "a""#, Some("supportedAttributes")),
        (r#"enabled eq "yes""#, None),
        ("((((((((((((((((((((((((((((((((((((((((((((((", None),
        (r#"not (username eq "a")"#, None),
        ("'; DROP TABLE users; --", None),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let answer = api.get(&format!("users?filter={encoded}")).await;
        refused(&answer, 400, "INVALID_REQUEST", "INVALID_FILTER", "filter");
        if let Some(member) = supported {
            assert!(
                answer.json()["details"][0]["innerError"][member].is_array(),
                "{filter}"
            );
        }
    }
}

#[tokio::test]
async fn users_are_found_and_paged_on_sqlite() {
    search_and_page(World::on(db::testing::sqlite().await).await).await;
}

#[tokio::test]
async fn users_are_found_and_paged_on_postgresql() {
    let Some(place) = db::testing::postgres().await else {
        return;
    };
    search_and_page(World::on(place).await).await;
}

/// Reliability and security, class 18: a cursor is good where it was given out, and nowhere else.
#[tokio::test]
async fn a_cursor_cannot_be_made_or_moved() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let page = api.get("users?limit=1").await.json();
    let next = page["_links"]["next"]["href"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&next).await.json()["size"], 1);
    let cursor = next
        .split(['?', '&'])
        .find_map(|part| part.strip_prefix("cursor="))
        .unwrap()
        .to_owned();
    let mut altered: Vec<String> = (0..cursor.len())
        .step_by(7)
        .map(|at| {
            let mut text = cursor.clone().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(text).unwrap()
        })
        .collect();
    altered.extend([
        "x".to_owned(),
        "a.b.c".to_owned(),
        cursor[..cursor.len() - 1].to_owned(),
    ]);
    for cursor in altered {
        let answer = api.get(&format!("users?limit=1&cursor={cursor}")).await;
        refused(
            &answer,
            400,
            "INVALID_REQUEST",
            "INVALID_PARAMETER",
            "cursor",
        );
    }
    for elsewhere in [
        "populations?limit=1&cursor=",
        "users?filter=enabled+eq+true&cursor=",
    ] {
        let answer = api.get(&format!("{elsewhere}{cursor}")).await;
        refused(
            &answer,
            400,
            "INVALID_REQUEST",
            "INVALID_PARAMETER",
            "cursor",
        );
    }
    for limit in ["0", "1001", "-1", "ten", "99999999999999999999"] {
        let answer = api.get(&format!("users?limit={limit}")).await;
        refused(&answer, 400, "INVALID_REQUEST", "OUT_OF_RANGE", "limit");
        assert_eq!(
            answer.json()["details"][0]["innerError"]["rangeMaximumValue"],
            1000
        );
    }
    let twice = api.get("users?limit=1&limit=2").await;
    refused(&twice, 400, "INVALID_REQUEST", "INVALID_PARAMETER", "");
}

#[tokio::test]
async fn lists_show_the_state_of_passwords() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let ada = api.make_user("ada").await;
    let page = api
        .get("users?filter=username%20eq%20%22ada%22")
        .await
        .json();
    let item = &page["_embedded"]["users"][0];
    assert_eq!(item["_embedded"]["password"]["status"], "NO_PASSWORD");
    assert_eq!(item["_embedded"]["password"]["user"]["id"], ada["id"]);
    assert!(
        item["_links"].get("environment").is_none() && item["_links"].get("password.set").is_some()
    );
    let page = api
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let state = &page["_embedded"]["users"][0]["_embedded"]["password"];
    assert_eq!(
        (&state["status"], &state["lastChangedAt"]),
        (&json!("OK"), &json!("2025-12-06T10:00:00Z"))
    );
}
