//! What a population says of its users: theme, language, and where they sign on.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, refused};
use crate::world::World;

fn path(object: &Value) -> String {
    format!("populations/{}", object["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_population_has_the_default_theme_until_it_names_another() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let themes = api.get("themes").await.json();
    let default = &themes["_embedded"]["themes"][0];
    let plain = api.make("populations", &json!({"name": "Plain"})).await;
    assert_eq!(plain["theme"]["id"], default["id"]);
    assert_eq!(plain["preferredLanguage"], "en");
    assert_eq!(plain.get("alternativeIdentifiers"), None);

    let mut look = default.clone();
    look["default"] = json!(false);
    look["configuration"]["name"] = json!("Night");
    let night = api.make("themes", &look).await;
    let body = json!({
        "name": "Crew", "theme": {"id": night["id"]}, "preferredLanguage": "fr-CA",
        "alternativeIdentifiers": ["sailors", "hands"],
    });
    let crew = api.make("populations", &body).await;
    for member in ["theme", "preferredLanguage", "alternativeIdentifiers"] {
        assert_eq!(crew[member], body[member]);
    }
    let theme = format!("themes/{}", night["id"].as_str().unwrap());
    let refusal = api.delete(&theme).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let cleared = api.put(&path(&crew), &json!({"name": "Crew"})).await.json();
    assert_eq!(cleared["theme"]["id"], default["id"]);
    api.delete(&theme).await.expect(StatusCode::NO_CONTENT);

    for (member, value) in [
        ("preferredLanguage", json!("!!")),
        ("alternativeIdentifiers", json!([""])),
        ("theme", json!({"id": crew["id"]})),
    ] {
        let mut body = json!({"name": "Other"});
        body[member] = value;
        let refusal = api.post("populations", &body).await;
        refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
}

#[tokio::test]
async fn a_default_identity_provider_is_set_told_with_its_type_and_cleared() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let google = json!({
        "type": "GOOGLE", "name": "Google", "enabled": true, "clientId": "a", "clientSecret": "b",
    });
    let google = api.make("identityProviders", &google).await;
    let crew = api.make("populations", &json!({"name": "Crew"})).await;
    let at = format!("{}/defaultIdentityProvider", path(&crew));
    let unset = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!((unset.get("id"), unset.get("type")), (None, None));
    let set = api.put(&at, &json!({"id": google["id"]})).await;
    let set = set.expect(StatusCode::OK).json();
    assert_eq!(
        (&set["id"], &set["type"]),
        (&google["id"], &json!("GOOGLE"))
    );
    // A replacement of the population leaves it alone.
    api.put(&path(&crew), &json!({"name": "Hands"}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(api.get(&at).await.json(), set);
    let provider = format!("identityProviders/{}", google["id"].as_str().unwrap());
    let refusal = api.delete(&provider).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let refusal = api.put(&at, &json!({"id": crew["id"]})).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "id");
    api.put(&at, &json!({})).await.expect(StatusCode::OK);
    api.delete(&provider).await.expect(StatusCode::NO_CONTENT);
}
