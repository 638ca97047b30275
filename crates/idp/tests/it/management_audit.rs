//! What the audit log tells, and how it is read.

use http::StatusCode;
use serde_json::json;

use crate::management::{Api, refused};
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
    let mut seen = std::collections::BTreeSet::new();
    while let Some(address) = next {
        let page = api.get(&address).await.expect(StatusCode::OK).json();
        for activity in page["_embedded"]["activities"].as_array().unwrap() {
            assert!(seen.insert(activity["id"].to_string()), "twice: {activity}");
        }
        next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
    }
    assert!(seen.len() > 10, "{}", seen.len());
}
