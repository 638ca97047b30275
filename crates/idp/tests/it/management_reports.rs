//! The audit log by every filter, counts by day, and what is absent.

use axum::body::Body;
use http::header::ACCEPT;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, encoded, refused};
use crate::world::{World, shows};

async fn found(api: &Api<'_>, condition: &str) -> Vec<String> {
    let filter = format!("recordedAt gt \"2020-01-01T00:00:00Z\" and {condition}");
    let body = json!({"filter": filter, "limit": 1000});
    let by_body = api.post("activities", &body).await.expect(StatusCode::OK);
    let by_address = format!("activities?limit=1000&filter={}", encoded(&filter));
    let by_address = api.get(&by_address).await.expect(StatusCode::OK).json();
    let by_body = by_body.json();
    assert_eq!(by_body["_embedded"], by_address["_embedded"]);
    let entries = by_body["_embedded"]["activities"].as_array().unwrap();
    let action = |entry: &Value| entry["action"]["type"].as_str().unwrap().to_owned();
    let mut actions: Vec<_> = entries.iter().map(action).collect();
    actions.sort();
    actions
}

#[tokio::test]
async fn the_audit_log_is_searched_by_who_did_it_to_what_and_how_it_ended() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let group = api.make_group("Sailors").await;
    let path = format!("groups/{group}");
    api.delete(&path).await.expect(StatusCode::NO_CONTENT);
    let of_group = format!("resources.id eq \"{group}\"");
    let both = ["GROUP.CREATED", "GROUP.DELETED"];
    assert_eq!(found(&api, &of_group).await, both);
    let worker = world.demo.worker_client_id.to_string();
    let by_worker = format!("{of_group} and actors.client.id eq \"{worker}\"");
    assert_eq!(found(&api, &by_worker).await, both);
    let made = format!("{of_group} and action.type eq \"GROUP.CREATED\"");
    assert_eq!(found(&api, &made).await, ["GROUP.CREATED"]);
    let failed = format!("{of_group} and result.status eq \"FAILED\"");
    assert!(found(&api, &failed).await.is_empty());
    let by_user = format!("{of_group} and actors.user.id eq \"{worker}\"");
    assert!(found(&api, &by_user).await.is_empty());
    let colour = "recordedAt gt \"2020-01-01T00:00:00Z\" and colour eq \"red\"";
    let unknown = api.post("activities", &json!({ "filter": colour })).await;
    refused(&unknown, 400, "INVALID_REQUEST", "INVALID_FILTER", "filter");
}

#[tokio::test]
async fn people_and_sign_ons_are_counted_by_day() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let count = async |path: &str, pointer: &str| {
        let page = api.get(path).await.expect(StatusCode::OK).json();
        let entries = page["_embedded"][path].as_array().unwrap();
        let mut counts = entries
            .iter()
            .filter_map(|entry| entry.pointer(pointer)?.as_i64());
        counts.next_back().unwrap_or_default()
    };
    let before = count("totalIdentities", "/totalIdentities").await;
    assert_eq!(
        count("activeIdentityCounts", "/activeIdentityCount").await,
        0
    );
    assert_eq!(count("applicationSignons", "/count").await, 0);
    api.make_user("newcomer").await;
    Api::user(&world, "openid").await;
    assert_eq!(
        count("totalIdentities", "/totalIdentities").await,
        before + 1
    );
    assert_eq!(
        count("activeIdentityCounts", "/activeIdentityCount").await,
        1
    );
    assert_eq!(count("applicationSignons", "/count").await, 1);
    let totals = api.get("totalIdentities").await.json();
    let today = totals["_embedded"]["totalIdentities"][0]["date"].as_i64();
    assert!(today.is_some_and(|date| date % 86_400_000 == 0), "{totals}");
    let activities = api.get("userActivities").await.expect(StatusCode::OK);
    assert!(activities.body.contains("USER.CREATED"));
    let environment = api
        .get(&format!("/v1/environments/{}", api.environment))
        .await
        .json();
    let (organization, license) = (
        &environment["organization"]["id"],
        &environment["license"]["id"],
    );
    let path = format!(
        "/v1/organizations/{}/licenses/{}/metrics/activeIdentityCounts",
        organization.as_str().unwrap(),
        license.as_str().unwrap(),
    );
    let of_license = api.get(&path).await.expect(StatusCode::OK).json();
    let of_license = of_license["_embedded"]["activeIdentityCounts"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(of_license.last().unwrap()["activeIdentityCount"], json!(1));
    let long = "totalIdentities?filter=startDate%20eq%20%222001-01-01%22";
    let long = api.get(long).await;
    refused(&long, 400, "INVALID_REQUEST", "INVALID_FILTER", "filter");
}

#[tokio::test]
async fn what_pingone_has_and_this_has_not_says_so() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for (part, path) in idp::absent_from_management() {
        let path = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
        for path in [
            path.clone(),
            format!("{path}/00000000-0000-4000-8000-000000000000"),
        ] {
            let answer = api.get(&path).await;
            refused(&answer, 404, "NOT_FOUND", "", "");
            let message = answer.json()["message"].clone();
            let message = message.as_str().unwrap();
            assert!(
                message.contains("is not provided"),
                "{part} {path}: {message}"
            );
        }
    }
    // The authentication API says it to programs, and to people on a page.
    let environment = world.demo.environment_id;
    for (part, path) in idp::absent_from_authentication() {
        for url in [
            format!("/{environment}/{path}"),
            format!("/{environment}/{path}/further"),
        ] {
            let answer = world.get(&url).await;
            refused(&answer, 404, "NOT_FOUND", "", "");
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with(part), "{url}: {message}");
            let request = Request::get(&url).header(ACCEPT, "text/html");
            let page = world.send(request.body(Body::empty()).unwrap()).await;
            shows(&page, StatusCode::NOT_FOUND, "does not provide");
        }
    }
    let other = world.get(&format!("/{environment}/as/nonsense")).await;
    refused(&other, 404, "NOT_FOUND", "", "");
    assert!(!other.body.contains("is not provided"));
    let group = api.make_group("Sailors").await;
    let path = format!("groups/{group}/nonsense");
    let other = api.get(&path).await;
    assert!(!other.body.contains("is not provided"));
    let integrations = api.get("integrations").await.expect(StatusCode::OK).json();
    assert_eq!(integrations["_embedded"]["integrations"], json!([]));
}
