//! Forms and the keys that tell people from programs.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::management_identity_providers::{oidc, path as provider_path};
use crate::world::World;

fn label(key: &str, text: &str) -> String {
    let node = json!({"type": "i18n", "key": key, "defaultTranslation": text, "inline": true,
        "children": [{"text": ""}]});
    json!([{"type": "paragraph", "children": [{"text": ""}, node]}]).to_string()
}

fn form() -> Value {
    json!({
        "name": "Contact", "category": "CUSTOM", "markOptional": true, "markRequired": false,
        "cols": 4, "translationMethod": "TRANSLATE",
        "components": {"fields": [
            {"type": "TEXT", "position": {"row": 0, "col": 0, "width": 50}, "key": "user.username",
                "label": label("fields.user.username.label", "Username"),
                "validation": {"type": "NONE"}},
            {"type": "SUBMIT_BUTTON", "position": {"row": 1, "col": 0},
                "label": label("button.text", "Submit")},
        ]},
    })
}

#[tokio::test]
async fn the_texts_of_a_form_are_collected_from_its_fields() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.post("forms", &form()).await.expect(StatusCode::CREATED);
    let made = made.json();
    assert_eq!(
        made["languageBundle"],
        json!({"button.text": "Submit", "fields.user.username.label": "Username"})
    );
    assert_eq!(made["fieldTypes"], json!(["TEXT", "SUBMIT_BUTTON"]));
    assert_eq!(made["components"]["fields"][0]["required"], json!(false));
    let at = format!("forms/{}", made["id"].as_str().unwrap());
    let mut plain = form();
    plain["components"]["fields"][0]["label"] = json!("Username");
    let replaced = api.put(&at, &plain).await.expect(StatusCode::OK).json();
    assert_eq!(replaced["languageBundle"], json!({"button.text": "Submit"}));
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_button_says_whether_its_provider_can_be_used() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut provider = oidc();
    let made = api.make("identityProviders", &provider).await;
    let mut form = form();
    form["components"]["fields"][0] = json!({
        "type": "SOCIAL_LOGIN_BUTTON", "position": {"row": 0, "col": 0}, "key": "provider",
        "label": "Sign on elsewhere", "idpName": "Partner", "idpType": "OPENID_CONNECT",
        "idpId": made["id"],
    });
    let form = api.make("forms", &form).await;
    let path = format!("forms/{}", id(&form));
    let is_enabled = async || {
        let shown = api.get(&path).await.expect(StatusCode::OK).json();
        shown["components"]["fields"][0]["idpEnabled"].clone()
    };
    assert_eq!(is_enabled().await, false);
    provider["enabled"] = json!(true);
    let replaced = api.put(&provider_path(&made), &provider).await;
    replaced.expect(StatusCode::OK);
    assert_eq!(is_enabled().await, true);
}

#[tokio::test]
async fn a_field_has_the_members_of_its_kind() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for (change, value, member) in [
        ("/0/key", Value::Null, "components.fields.0.key"),
        ("/0/type", json!("RADIO"), "components.fields.0.layout"),
        ("/0/type", json!("CANVAS"), "components.fields.type"),
        (
            "/0/validation/type",
            json!("CUSTOM"),
            "components.fields.0.validation.regex",
        ),
        ("/1/position/row", json!(0), "components.fields.1.position"),
        ("/0/position/col", json!(9), "components.fields.0.position"),
    ] {
        let mut body = form();
        let place = format!("/components/fields{change}");
        *body.pointer_mut(&place).unwrap() = value;
        let refusal = api.post("forms", &body).await;
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST, "{member}");
        assert_eq!(refusal.json()["details"][0]["target"], member);
    }
    let mut unknown = form();
    unknown["components"]["fields"][0] = json!({"type": "AGREEMENT", "key": "terms",
        "position": {"row": 0, "col": 0}, "inputType": "READ_ONLY_TEXT", "titleEnabled": true,
        "agreement": {"id": world.demo.environment_id}});
    let refusal = api.post("forms", &unknown).await;
    let member = "components.fields.agreement.id";
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", member);
}

#[tokio::test]
async fn the_keys_are_there_once_they_are_set() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = "recaptchaV2Config";
    refused(&api.get(at).await, 404, "NOT_FOUND", "", "");
    let keys = json!({"siteKey": "site", "secretKey": "secret"});
    api.put(at, &keys).await.expect(StatusCode::OK);
    let read = api.get(at).await.expect(StatusCode::OK).json();
    assert_eq!(read["secretKey"], "secret");
    let reader = api
        .worker_with("Reader", &["Configuration Read Only"])
        .await;
    let read = reader.get(at).await.expect(StatusCode::OK).json();
    assert_eq!(
        (read.get("secretKey"), &read["siteKey"]),
        (None, &json!("site"))
    );
    api.delete(at).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(at).await, 404, "NOT_FOUND", "", "");
}
