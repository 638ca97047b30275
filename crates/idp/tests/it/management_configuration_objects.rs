//! What all configuration objects have in common, shown on themes and branding settings.

use db::Statement;
use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, refused};
use crate::management_images::{png, upload};
use crate::world::World;

pub(crate) fn theme(name: &str) -> Value {
    json!({
        "template": "split",
        "configuration": {
            "backgroundType": "COLOR", "backgroundColor": "#102030", "bodyTextColor": "#000000",
            "headingTextColor": "#000000", "linkTextColor": "#0000ff", "buttonColor": "#0000ff",
            "buttonTextColor": "#ffffff", "cardColor": "#ffffff", "logoType": "NONE", "name": name,
        },
    })
}

fn names(page: &Value) -> Vec<&str> {
    let themes = page["_embedded"]["themes"].as_array().unwrap().iter();
    themes
        .map(|theme| theme["configuration"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_object_is_made_read_replaced_and_deleted() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.post("themes", &theme("Night")).await;
    let made = made.expect(StatusCode::CREATED);
    let night = made.json();
    assert_eq!(made.location(), night["_links"]["self"]["href"]);
    assert_eq!(night["default"], json!(false));
    assert_eq!(night["environment"]["id"], json!(api.environment));
    let at = format!("themes/{}", night["id"].as_str().unwrap());
    assert_eq!(api.get(&at).await.expect(StatusCode::OK).json(), night);
    let mut focus = theme("Night");
    focus["template"] = json!("focus");
    let replaced = api.put(&at, &focus).await.expect(StatusCode::OK).json();
    assert_eq!(replaced["template"], "focus");
    assert_eq!(replaced["createdAt"], night["createdAt"]);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
    let actions = api
        .get("activities?filter=recordedAt%20ge%20%222026-01-05T00:00:00Z%22")
        .await
        .expect(StatusCode::OK)
        .json();
    let actions = actions["_embedded"]["activities"]
        .as_array()
        .unwrap()
        .iter();
    let mut actions: Vec<_> = actions
        .map(|one| one["action"]["type"].as_str().unwrap().to_owned())
        .filter(|action| action.starts_with("THEME."))
        .collect();
    actions.sort();
    assert_eq!(actions, ["THEME.CREATED", "THEME.DELETED", "THEME.UPDATED"]);
}

#[tokio::test]
async fn one_is_the_default_and_stays_until_another_is() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let seeded = api.get("themes").await.expect(StatusCode::OK).json();
    assert_eq!(names(&seeded), ["Ping Default"]);
    let first = seeded["_embedded"]["themes"][0].clone();
    assert_eq!(first["default"], json!(true));
    let first = format!("themes/{}", first["id"].as_str().unwrap());
    let refusal = api.delete(&first).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let off = json!({"default": false});
    let refusal = api.put(&format!("{first}/default"), &off).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "default");

    let other = api.post("themes", &theme("Night")).await.json();
    let other = format!("themes/{}/default", other["id"].as_str().unwrap());
    let set = api.put(&other, &json!({"default": true})).await;
    assert_eq!(set.expect(StatusCode::OK).json()["default"], json!(true));
    assert_eq!(api.get(&first).await.json()["default"], json!(false));
    api.delete(&first).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn pages_and_filters_see_each_object_once() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for name in ["Dawn", "Day", "Dusk"] {
        let made = api.post("themes", &theme(name)).await;
        made.expect(StatusCode::CREATED);
    }
    let mut found = Vec::new();
    let mut next = Some("themes?limit=2".to_owned());
    while let Some(path) = next {
        let page = api.get(&path).await.expect(StatusCode::OK).json();
        found.extend(names(&page).into_iter().map(str::to_owned));
        let below = format!("/v1/environments/{}/", api.environment);
        next = page["_links"]["next"]["href"]
            .as_str()
            .and_then(|href| href.split_once(&below))
            .map(|(_, path)| path.to_owned());
    }
    found.sort();
    assert_eq!(found, ["Dawn", "Day", "Dusk", "Ping Default"]);
    let filter =
        "themes?filter=configuration.name%20sw%20%22da%22%20and%20template%20eq%20%22split%22";
    let page = api.get(filter).await.json();
    let mut found = names(&page);
    found.sort_unstable();
    assert_eq!(found, ["Dawn", "Day"]);
    let unknown = api.get("themes?filter=colour%20eq%20%22red%22").await;
    refused(&unknown, 400, "INVALID_REQUEST", "INVALID_FILTER", "filter");
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_by_name() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for (member, value) in [
        ("template", json!("baroque")),
        ("default", json!(0)),
        ("configuration.buttonColor", json!("red")),
        ("configuration.logoType", json!("BANNER")),
        ("configuration.cardColor", Value::Null),
    ] {
        let mut body = theme("Night");
        let place = format!("/{}", member.replace('.', "/"));
        match body.pointer_mut(&place) {
            Some(place) => *place = value,
            None => body[member] = value,
        }
        let answer = api.post("themes", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
        let target = answer.json()["details"][0]["target"].clone();
        assert_eq!(target, json!(member));
    }
}

#[tokio::test]
async fn an_object_of_another_environment_is_not_there() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.post("themes", &theme("Night")).await.json();
    let at = format!("themes/{}", made["id"].as_str().unwrap());
    let other = json!({"name": "Other", "type": "SANDBOX", "region": "NA"});
    let other = api.post("/v1/environments", &other).await;
    let other = other.expect(StatusCode::CREATED).json();
    let mut elsewhere = api.clone();
    elsewhere.environment = other["id"].as_str().unwrap().parse().unwrap();
    refused(&elsewhere.get(&at).await, 404, "NOT_FOUND", "", "");
    refused(
        &elsewhere.put(&at, &theme("Mine")).await,
        404,
        "NOT_FOUND",
        "",
        "",
    );
    refused(&elsewhere.delete(&at).await, 404, "NOT_FOUND", "", "");
    // The new one begins with a theme of its own.
    let seeded = elsewhere.get("themes").await.expect(StatusCode::OK).json();
    assert_eq!(names(&seeded), ["Ping Default"]);
}

#[tokio::test]
async fn settings_say_what_holds_until_something_is_set() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let before = api.get("brandingSettings").await.expect(StatusCode::OK);
    let before = before.json();
    assert_eq!(before.get("companyName"), None);
    let set = json!({"companyName": "Sails & Sons"});
    for _ in 0..2 {
        let answer = api.put("brandingSettings", &set).await;
        assert_eq!(
            answer.expect(StatusCode::OK).json()["companyName"],
            set["companyName"]
        );
    }
    let now = api.get("brandingSettings").await.json();
    assert_eq!(
        (&now["companyName"], &now["id"]),
        (&set["companyName"], &before["id"])
    );
    let reset = api.delete("brandingSettings").await;
    reset.expect(StatusCode::NO_CONTENT);
    assert_eq!(
        api.get("brandingSettings").await.json().get("companyName"),
        None
    );
}

#[tokio::test]
async fn an_environment_of_an_earlier_version_gets_what_came_later() {
    let mut world = World::new().await;
    for sql in [
        "DELETE FROM configuration_objects",
        "DELETE FROM environment_editions",
    ] {
        world.sql(Statement::new(sql)).await;
    }
    world.restart().await;
    world.restart().await;
    let api = Api::worker(&world).await;
    let seeded = api.get("themes").await.expect(StatusCode::OK).json();
    assert_eq!(names(&seeded), ["Ping Default"]);
}

#[tokio::test]
async fn who_changes_other_members_at_the_same_time_loses_nothing() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    // One of many, and the only one.
    let schema = api.get("schemas").await.expect(StatusCode::OK).json();
    let schema = schema["_embedded"]["schemas"][0]["id"].as_str().unwrap();
    let attributes = format!("schemas/{schema}/attributes");
    let attribute = json!({"name": "shoe", "type": "STRING", "enabled": true});
    let attribute = api.make(&attributes, &attribute).await;
    let attribute = format!("{attributes}/{}", attribute["id"].as_str().unwrap());
    let set = json!({"companyName": "Before"});
    let branding = api.put("brandingSettings", &set).await;
    branding.expect(StatusCode::OK);
    let image = upload(&api, png(8, 8)).await.json();
    let logo = json!({"id": image["id"], "href": image["targets"]["original"]["href"]});
    for round in 0..5 {
        let text = json!(format!("round {round}"));
        let logo = if round % 2 == 0 { &logo } else { &Value::Null };
        let (described, shown, named, pictured) = (
            json!({"description": text}),
            json!({"displayName": text}),
            json!({"companyName": text}),
            json!({"logo": logo}),
        );
        let answers = tokio::join!(
            api.patch(&attribute, &described),
            api.patch(&attribute, &shown),
            api.patch("brandingSettings", &named),
            api.patch("brandingSettings", &pictured),
        );
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            answer.expect(StatusCode::OK);
        }
        let after = api.get(&attribute).await.json();
        assert_eq!(after["description"], text);
        assert_eq!(after["displayName"], text);
        let after = api.get("brandingSettings").await.json();
        assert_eq!(after["companyName"], text);
        assert_eq!(after["logo"]["id"], logo["id"]);
    }
}
