//! What users are made of: PingOne's attributes, and an operator's own, which are kept, checked and
//! found.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, refused, user_path};
use crate::world::World;

/// The path of the attributes.
async fn attributes(api: &Api<'_>) -> String {
    let schemas = api.get("schemas").await.expect(StatusCode::OK).json();
    let schemas = schemas["_embedded"]["schemas"].as_array().unwrap().clone();
    assert_eq!(schemas.len(), 1);
    assert_eq!(schemas[0]["name"], "User");
    format!("schemas/{}/attributes", schemas[0]["id"].as_str().unwrap())
}

async fn built_in(api: &Api<'_>, attributes: &str, name: &str) -> Value {
    let filter = format!("{attributes}?filter=name%20eq%20%22{name}%22");
    api.get(&filter).await.json()["_embedded"]["attributes"][0].clone()
}

fn one(name: &str, more: &Value) -> Value {
    let mut body = json!({"name": name, "type": "STRING", "enabled": true});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn user(name: &str, attribute: &str, value: Value) -> Value {
    let mut body = json!({"username": name, "email": format!("{name}@example.com")});
    body[attribute] = value;
    body
}

#[tokio::test]
async fn pingones_attributes_are_there_and_stay_what_they_are() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = attributes(&api).await;
    let account = built_in(&api, &path, "account").await;
    assert_eq!(
        (&account["schemaType"], &account["type"]),
        (&json!("CORE"), &json!("COMPLEX"))
    );
    let mut email = built_in(&api, &path, "email").await;
    assert_eq!(
        (&email["schemaType"], &email["type"]),
        (&json!("STANDARD"), &json!("STRING"))
    );
    let at = format!("{path}/{}", email["id"].as_str().unwrap());
    refused(
        &api.delete(&at).await,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "",
    );
    email["unique"] = json!(true);
    let changed = api.put(&at, &email).await.expect(StatusCode::OK).json();
    assert_eq!(changed["unique"], json!(true));
    for (member, value) in [("type", json!("JSON")), ("description", json!("Mine"))] {
        let mut body = changed.clone();
        body[member] = value;
        refused(
            &api.put(&at, &body).await,
            400,
            "INVALID_DATA",
            "INVALID_VALUE",
            member,
        );
    }
    // What an operator made unique is.
    api.import(&user("ada", "email", json!("a@example.com")))
        .await
        .expect(StatusCode::CREATED);
    let refusal = api
        .import(&user("bob", "email", json!("A@example.com")))
        .await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "email",
    );
}

#[tokio::test]
async fn an_operators_attributes_are_kept_checked_and_found() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = attributes(&api).await;
    let before = api.import(&user("before", "badge", json!("A-1"))).await;
    assert_eq!(before.expect(StatusCode::CREATED).json().get("badge"), None);
    let badge = json!({
        "unique": true,
        "regexValidation": {
            "pattern": "^[A-Z]-[0-9]+$", "requirements": "must be a letter and a number",
            "valuesPatternShouldMatch": ["A-1"], "valuesPatternShouldNotMatch": ["1-A"],
        },
    });
    api.make(&path, &one("badge", &badge)).await;
    let size = json!({"enumeratedValues": [{"value": "S"}, {"value": "M", "archived": true}]});
    api.make(&path, &one("size", &size)).await;
    api.make(&path, &one("tags", &json!({"multiValued": true})))
        .await;
    api.make(&path, &one("extra", &json!({"type": "JSON"})))
        .await;

    let mut body = user("ada", "badge", json!("A-1"));
    for (name, value) in [
        ("size", json!("S")),
        ("tags", json!(["red", "blue"])),
        ("extra", json!({"deep": [1, null]})),
    ] {
        body[name] = value;
    }
    let ada = api.import(&body).await.expect(StatusCode::CREATED).json();
    let read = api.get(&user_path(&ada)).await.json();
    for name in ["badge", "size", "tags", "extra"] {
        assert_eq!(
            (&ada[name], &read[name]),
            (&body[name], &body[name]),
            "{name}"
        );
    }
    for (name, value, problem) in [
        ("badge", json!("nothing"), "INVALID_VALUE"),
        ("badge", json!("a-1"), "INVALID_VALUE"),
        ("badge", json!("A-1"), "UNIQUENESS_VIOLATION"),
        ("badge", json!(["B-1"]), "INVALID_VALUE"),
        ("size", json!("M"), "INVALID_VALUE"),
        ("tags", json!("red"), "INVALID_VALUE"),
        ("extra", json!("text"), "INVALID_VALUE"),
    ] {
        let refusal = api.import(&user("bob", name, value)).await;
        refused(&refusal, 400, "INVALID_DATA", problem, name);
    }
    let mut bob = user("bob", "badge", json!("A-2"));
    bob["tags"] = json!(["red"]);
    api.import(&bob).await.expect(StatusCode::CREATED);
    assert_eq!(api.users_by(r#"badge sw "a-""#).await, ["ada", "bob"]);
    assert_eq!(
        api.users_by(r#"badge eq "A-2" and tags eq "red""#).await,
        ["bob"]
    );
    assert_eq!(
        api.users_by(r#"tags eq "blue" or badge eq "A-2""#)
            .await
            .len(),
        2
    );
    let prefix = api.get("users?filter=tags%20sw%20%22r%22").await;
    assert_eq!(prefix.status, StatusCode::BAD_REQUEST);
    // `null` takes a value away.
    let patched = api
        .patch(&user_path(&ada), &json!({"badge": null}))
        .await
        .json();
    assert_eq!(
        (patched.get("badge"), &patched["size"]),
        (None, &json!("S"))
    );
}

#[tokio::test]
async fn what_is_required_must_be_there_and_what_is_gone_is_not_shown() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = attributes(&api).await;
    let team = api
        .make(&path, &one("team", &json!({"required": true})))
        .await;
    let refusal = api.import(&user("ada", "nickname", json!("Ada"))).await;
    refused(&refusal, 400, "INVALID_DATA", "REQUIRED_VALUE", "team");
    let ada = api.import(&user("ada", "team", json!("red"))).await;
    let ada = user_path(&ada.expect(StatusCode::CREATED).json());
    api.delete(&format!("{path}/{}", team["id"].as_str().unwrap()))
        .await
        .expect(StatusCode::NO_CONTENT);
    assert_eq!(api.get(&ada).await.json().get("team"), None);
    let gone = api.get("users?filter=team%20eq%20%22red%22").await;
    assert_eq!(gone.status, StatusCode::BAD_REQUEST);
    // Values that nobody wrote over are there again with the attribute.
    api.make(&path, &one("team", &json!({}))).await;
    assert_eq!(api.get(&ada).await.json()["team"], "red");
    assert_eq!(api.users_by(r#"team eq "red""#).await, ["ada"]);
}

#[tokio::test]
async fn an_attribute_that_could_not_be_is_refused_by_the_member() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = attributes(&api).await;
    for (name, more, member) in [
        ("1st", json!({}), "name"),
        ("provenEmail", json!({}), "name"),
        ("password", json!({}), "name"),
        ("flag", json!({"type": "BOOLEAN"}), "type"),
        ("data", json!({"type": "JSON", "unique": true}), "unique"),
        (
            "size",
            json!({"enumeratedValues": [{"value": "S"}, {"value": "S"}]}),
            "enumeratedValues",
        ),
        (
            "code",
            json!({"regexValidation": {"pattern": "(?=a)", "requirements": "a"}}),
            "regexValidation.pattern",
        ),
    ] {
        let refusal = api.post(&path, &one(name, &more)).await;
        refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
    let refusal = api.post(&path, &one("nickname", &json!({}))).await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "name",
    );
}
