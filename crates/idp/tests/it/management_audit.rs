//! What the audit log tells, and how it is read.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, encoded, id, refused};
use crate::world::World;

/// Every write is in the audit log, with who did it and the request's id.
#[tokio::test]
async fn every_write_is_in_the_audit_log() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let answer = api.post("populations", &json!({ "name": "New" })).await;
    let answer = answer.expect(StatusCode::CREATED);
    let request = answer.header("correlation-id").to_owned();
    let list = async |filter: &str| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        api.get(&format!("activities?limit=1&filter={filter}"))
            .await
    };
    let filter =
        format!(r#"recordedAt ge "2026-01-05T00:00:00Z" and correlationId eq "{request}""#);
    let page = list(&filter).await.expect(StatusCode::OK).json();
    assert_eq!(page["size"], 1);
    let activity = &page["_embedded"]["activities"][0];
    assert_eq!(activity["action"]["type"], "POPULATION.CREATED");
    assert_eq!(activity["correlationId"], request.as_str());
    assert_eq!(
        activity["actors"]["client"]["id"],
        json!(world.demo.worker_client_id)
    );
    assert_eq!(activity["resources"][0]["id"], answer.json()["id"]);
    assert_eq!(activity["result"]["status"], "SUCCESS");
    let at = activity["_links"]["self"]["href"].as_str().unwrap();
    assert_eq!(&api.get(at).await.expect(StatusCode::OK).json(), activity);
    for filter in [
        "",
        r#"correlationId eq "x""#,
        r#"recordedAt gt "yesterday""#,
        "recordedAt pr",
    ] {
        refused(
            &list(filter).await,
            400,
            "INVALID_REQUEST",
            "INVALID_FILTER",
            "filter",
        );
    }
    let future = list(r#"recordedAt gt "2030-01-01T00:00:00Z""#).await.json();
    assert_eq!(future["_embedded"]["activities"], json!([]));
}

#[tokio::test]
async fn the_audit_log_is_read_page_by_page() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let filter =
        "recordedAt+gt+%222026-01-05T00:00:00Z%22+AND+recordedAt+lt+%222027-01-01T00:00:00Z%22";
    let mut next = Some(api.path(&format!("activities?limit=3&filter={filter}")));
    let mut seen = BTreeSet::new();
    while let Some(address) = next {
        let page = api.get(&address).await.expect(StatusCode::OK).json();
        for activity in page["_embedded"]["activities"].as_array().unwrap() {
            assert!(seen.insert(activity["id"].to_string()), "twice: {activity}");
        }
        next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
    }
    assert!(seen.len() > 10, "{}", seen.len());
}

/// All entries that a filter finds.
async fn found(api: &Api<'_>, filter: &str) -> Vec<Value> {
    let at = format!("activities?limit=1000&filter={}", encoded(filter));
    let page = api.get(&at).await.expect(StatusCode::OK).json();
    page["_embedded"]["activities"].as_array().unwrap().clone()
}

/// A range that is of everything.
const EVER: &str = r#"recordedAt gt "2026-01-01T00:00:00Z""#;

#[tokio::test]
async fn what_happened_to_one_is_found_by_its_id_in_letters_of_either_case() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut ids = Vec::new();
    for name in ["One", "Other"] {
        let made = api.post("populations", &json!({ "name": name })).await;
        ids.push(id(&made.expect(StatusCode::CREATED).json()));
    }
    for one in [ids[0].clone(), ids[0].to_uppercase()] {
        let filter = format!(r#"{EVER} and resources.id eq "{one}""#);
        let entries = found(&api, &filter).await;
        assert_eq!(entries.len(), 1, "{entries:#?}");
        assert_eq!(entries[0]["resources"][0]["id"], ids[0].as_str());
        let none = format!(r#"{filter} and action.type eq "POPULATION.DELETED""#);
        assert!(found(&api, &none).await.is_empty());
    }
}

#[tokio::test]
async fn a_finished_sign_on_is_told_as_access_allowed_and_an_unfinished_one_is_not() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let filter = format!(r#"{EVER} and action.type eq "USER.ACCESS_ALLOWED""#);
    let mut browser = world.browser();
    browser.authorize(&world, &world.request()).await;
    assert_eq!(found(&api, &filter).await, Vec::<Value>::new());

    world.sign_on(&world.request()).await;
    let told = found(&api, &filter).await;
    let [allowed] = told.as_slice() else {
        panic!("{told:?}")
    };
    let username = format!(r#"username eq "{}""#, world.demo.user.username);
    let users = format!("users?filter={}", encoded(&username));
    let users = api.get(&users).await.expect(StatusCode::OK).json();
    let user = &users["_embedded"]["users"][0];
    assert_eq!(allowed["result"]["status"], "SUCCESS");
    assert_eq!(allowed["actors"]["user"]["id"], user["id"]);
    assert_eq!(allowed["resources"][0]["id"], user["id"]);
    assert_eq!(allowed["resources"][0]["type"], "USER");
}

/// The texts at a path of members, of each item where there are several.
fn texts(value: &Value, path: &str) -> BTreeSet<String> {
    if let Value::Array(items) = value {
        return items.iter().flat_map(|one| texts(one, path)).collect();
    }
    match path.split_once('.') {
        Some((member, rest)) => texts(&value[member], rest),
        None => value[path]
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .collect(),
    }
}

#[tokio::test]
async fn every_filter_of_the_audit_log_finds_what_it_says_and_nothing_else() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    api.make("groups", &json!({"name": "Readers"})).await;
    world.sign_on(&world.request()).await;
    let all = found(&api, EVER).await;
    for attribute in [
        "action.description",
        "action.type",
        "actors.client.environment.id",
        "actors.client.id",
        "actors.client.name",
        "actors.user.environment.id",
        "actors.user.id",
        "actors.user.name",
        "actors.user.population.id",
        "correlationId",
        "resources.id",
        "resources.name",
        "resources.population.id",
        "resources.type",
        "result.status",
    ] {
        // What the newest entry has that has one.
        let value = all.iter().find_map(|one| texts(one, attribute).pop_first());
        let value = value.unwrap_or_else(|| panic!("no entry has {attribute}"));
        // Names are found however they are written.
        let is_it = |text: &String| text.eq_ignore_ascii_case(&value);
        let has_it = |one: &&Value| texts(one, attribute).iter().any(is_it);
        let expected: Vec<_> = all.iter().filter(has_it).map(id).collect();
        let hit = found(&api, &format!(r#"{EVER} and {attribute} eq "{value}""#)).await;
        let hit: Vec<_> = hit.iter().map(id).collect();
        assert_eq!(hit, expected, "{attribute} eq {value}");
        let miss = found(&api, &format!(r#"{EVER} and {attribute} eq "nothing""#)).await;
        assert_eq!(miss, Vec::<Value>::new(), "{attribute}");
    }
}

#[tokio::test]
async fn the_bounds_of_the_audit_log_by_either_date_belong_to_it_or_not() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    world.advance(600);
    api.make_population("Later").await;
    let later = found(&api, &format!(r#"{EVER} and resources.name eq "Later""#)).await;
    let [later] = later.as_slice() else {
        panic!("{later:?}")
    };
    world.advance(600);
    let at = later["recordedAt"].as_str().unwrap();
    for date in ["recordedAt", "createdAt"] {
        for (operator, instant, is_found) in [
            ("ge", at, true),
            ("gt", at, false),
            ("le", at, true),
            ("lt", at, false),
            ("gt", "2026-01-05T10:05:00Z", true),
            ("gt", "2026-01-05T10:15:00Z", false),
            ("lt", "2026-01-05T10:15:00Z", true),
            ("lt", "2026-01-05T10:05:00Z", false),
        ] {
            let filter = format!(r#"{date} {operator} "{instant}""#);
            let found = found(&api, &filter).await;
            let is_there = found.iter().any(|one| one["id"] == later["id"]);
            assert_eq!(is_there, is_found, "{filter}");
        }
        let between = format!(r#"{date} ge "{at}" and {date} le "{at}""#);
        let ids: Vec<_> = found(&api, &between).await.iter().map(id).collect();
        assert_eq!(ids, [id(later)], "{between}");
    }
}
