//! Names and mail addresses of users: how they are compared, proven, and whose they are.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, refused, user_path};
use crate::world::World;

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
        .patch(&user_path(&user), &json!({ "email": "Ada@bücher.example" }))
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
        let imported = api.import(&body).await;
        refused(&imported, 400, "INVALID_DATA", "INVALID_VALUE", member);
        let change = json!({ member: value });
        let changed = api.patch(&user_path(&user), &change).await;
        refused(&changed, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
}

#[tokio::test]
async fn a_mail_address_is_proven_by_the_mailed_code() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = user_path(&api.make_user("ada").await);
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
    let at = user_path(&api.make_user("ada").await);
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
    let at = user_path(&api.make_user("ada").await);
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
    let at = user_path(&eve.json());
    // The name goes along with the address that it is.
    let moved = api
        .patch(&at, &json!({ "email": "moved@example.com" }))
        .await;
    let moved = moved.expect(StatusCode::OK).json();
    assert_eq!(moved["username"], "moved@example.com");
    let name = json!({ "username": "other@example.com" });
    let answer = api.patch(&at, &name).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "username");
    let both = json!({ "username": "other@example.com", "email": "other@example.com" });
    api.patch(&at, &both).await.expect(StatusCode::OK);
}
