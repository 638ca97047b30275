//! Languages, how far they are translated, and their texts.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, refused};
use crate::world::World;

async fn by_locale(api: &Api<'_>, locale: &str) -> Value {
    let filter = format!("languages?filter=locale%20eq%20%22{locale}%22");
    let page = api.get(&filter).await.expect(StatusCode::OK).json();
    page["_embedded"]["languages"][0].clone()
}

fn path(language: &Value) -> String {
    format!("languages/{}", language["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_environment_has_the_languages_of_the_system() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let page = api.get("languages").await.expect(StatusCode::OK).json();
    let all = page["_embedded"]["languages"].as_array().unwrap().clone();
    assert_eq!(all.len(), 17);
    assert!(all.iter().all(|one| one["customerAdded"] == json!(false)));
    let english = all.iter().find(|one| one["default"] == json!(true));
    let english = english.unwrap();
    assert_eq!(
        (&english["locale"], &english["enabled"]),
        (&json!("en"), &json!(true))
    );
    let french = by_locale(&api, "fr").await;
    assert_eq!(french["name"], "French");
    let refusal = api.delete(&path(&french)).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn a_language_is_added_enabled_and_made_the_default_in_this_order() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut welsh = json!({"locale": "cy-GB", "enabled": false, "default": false});
    let made = api.post("languages", &welsh).await.expect(StatusCode::OK);
    let made = made.json();
    assert_eq!(
        (&made["name"], &made["customerAdded"]),
        (&json!("Welsh (United Kingdom)"), &json!(true))
    );
    let again = api.post("languages", &welsh).await;
    refused(
        &again,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "locale",
    );
    let at = path(&made);
    welsh["default"] = json!(true);
    let refusal = api.put(&at, &welsh).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "default");
    assert_eq!(
        refusal.json()["message"],
        "The language must be enabled before it is set as the default"
    );
    welsh["enabled"] = json!(true);
    api.put(&at, &welsh).await.expect(StatusCode::OK);
    assert_eq!(by_locale(&api, "en").await["default"], json!(false));
    // The default stays enabled, and the default.
    welsh["enabled"] = json!(false);
    let refusal = api.put(&at, &welsh).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "default");
    let english = by_locale(&api, "en").await;
    let set = json!({"locale": "en", "enabled": true, "default": true});
    api.put(&path(&english), &set).await.expect(StatusCode::OK);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);

    let gone = api.get(&at).await.json();
    let id = made["id"].as_str().unwrap();
    let environment = api.environment;
    assert_eq!(
        gone["message"],
        format!("Unable to find language for environmentId={environment} with id={id}")
    );
    let unknown = json!({"locale": "qq", "enabled": false, "default": false});
    let refusal = api.post("languages", &unknown).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "locale");
}

#[tokio::test]
async fn a_service_says_how_far_it_is_translated() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let french = by_locale(&api, "fr").await;
    let at = format!("{}/status", path(&french));
    let status = json!({"service": "flow-ui", "localizationComplete": true});
    let made = api.post(&at, &status).await.expect(StatusCode::CREATED);
    let made = made.json();
    assert_eq!(made["locale"]["id"], french["id"]);
    let item = format!("{at}/{}", made["id"].as_str().unwrap());
    assert_eq!(api.get(&item).await.expect(StatusCode::OK).json(), made);
    let again = api.post(&at, &status).await;
    let member = "service";
    refused(&again, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", member);
    api.delete(&item).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn texts_are_translated_and_reset_one_by_one() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let text = async |locale: &str, key: &str| {
        let path = format!("translations/{locale}?limit=1000");
        let page = api.get(&path).await.expect(StatusCode::OK).json();
        let all = page["_embedded"]["translations"]
            .as_array()
            .unwrap()
            .clone();
        all.into_iter().find(|one| one["key"] == key)
    };
    let key = "flow-ui.button.createNewAccount";
    let swedish = text("sv", key).await.unwrap();
    assert_eq!(
        swedish,
        json!({"key": key, "shortKey": "button.createNewAccount",
            "referenceText": "Create new Account", "translatedText": ""})
    );
    let english = text("en", key).await.unwrap();
    assert_eq!(english["translatedText"], "Create account");

    let sent = json!([
        {"key": key, "translatedText": "Skapa nytt konto"},
        {"key": "portal.title", "translatedText": "Portal"},
    ]);
    let set = api.put("translations/sv", &sent).await;
    let set = set.expect(StatusCode::OK).json();
    assert_eq!(set[0]["translatedText"], "Skapa nytt konto");
    assert_eq!(
        text("sv", "portal.title").await.unwrap()["translatedText"],
        "Portal"
    );
    let reset = json!([{"key": key}]);
    api.put("translations/sv", &reset)
        .await
        .expect(StatusCode::OK);
    assert_eq!(text("sv", key).await.unwrap()["translatedText"], "");
    assert!(text("sv", "portal.title").await.is_some());

    let refusal = api
        .put("translations/sv", &json!([{"key": "no key"}]))
        .await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "key");
    let refusal = api.put("translations/sv", &json!({"key": key})).await;
    refused(&refusal, 400, "INVALID_REQUEST", "INVALID_VALUE", "");
    refused(
        &api.get("translations/xx-y").await,
        404,
        "NOT_FOUND",
        "",
        "",
    );
}
