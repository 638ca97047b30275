//! Agreements, their languages and revisions, and what users agreed to.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, VENDOR, refused};
use crate::world::World;

fn below(path: &str, object: &Value) -> String {
    format!("{path}/{}", object["id"].as_str().unwrap())
}

/// An agreement in English, with a text that begins so many seconds after 2026-01-05T08:00:00Z.
struct Story<'a> {
    api: Api<'a>,
    agreement: String,
    language: Value,
    at: String,
}

impl<'a> Story<'a> {
    async fn begin(world: &'a World) -> Self {
        let api = Api::worker(world).await;
        let terms = json!({"name": "Terms", "enabled": false, "reconsentPeriodDays": 30});
        let made = api.post("agreements", &terms).await;
        let agreement = below("agreements", &made.expect(StatusCode::CREATED).json());
        let languages = format!("{agreement}/languages");
        let english = json!({"displayName": "Terms", "locale": "en", "enabled": true});
        let made = api.post(&languages, &english).await;
        let language = made.expect(StatusCode::CREATED).json();
        Self {
            at: below(&languages, &language),
            api,
            agreement,
            language,
        }
    }

    async fn revise(&self, effective_at: &str, text: &str) -> Value {
        let revision = json!({"contentType": "text/html", "effectiveAt": effective_at,
            "requireReconsent": true, "text": text});
        let revisions = format!("{}/revisions", self.at);
        let made = self.api.post(&revisions, &revision).await;
        made.expect(StatusCode::CREATED).json()
    }

    async fn consent(&self, user: &str, body: &Value, media: &str) -> crate::world::Answer {
        let agreement = self.agreement.rsplit('/').next().unwrap();
        let path = format!("users/{user}/agreementConsents/{agreement}");
        let media = format!("{VENDOR}consent.{media}+json");
        let (api, body) = (&self.api, body.to_string());
        api.send(Method::POST, &path, &[&media], body).await
    }
}

async fn now(api: &Api<'_>) -> String {
    let agreements = api.get("agreements").await.json();
    let first = &agreements["_embedded"]["agreements"][0];
    first["consentsAggregatedAt"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_agreement_is_enabled_once_it_speaks_the_default_language() {
    let world = World::new().await;
    let story = Story::begin(&world).await;
    let api = &story.api;
    let enable = json!({"name": "Terms", "enabled": true});
    let refusal = api.put(&story.agreement, &enable).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "enabled");
    let message = refusal.json()["details"][0]["message"].clone();
    assert!(
        message
            .as_str()
            .unwrap()
            .contains("the default language configured")
    );

    let text = "<h1>Terms</h1>\n\n  Agree.\n<h2>More</h2>";
    let revision = story.revise(&now(api).await, text).await;
    assert_eq!(revision.get("text"), None);
    assert_eq!(
        revision["agreement"]["id"],
        story.language["agreement"]["id"]
    );
    let link = revision["_links"]["text"]["href"].as_str().unwrap();
    let read = api.get(link).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&read["data"], &read["dataType"]),
        (
            &json!("<h1>Terms</h1> Agree. \n<h2>More</h2>"),
            &json!("text/html")
        )
    );
    let language = api.get(&story.at).await.json();
    assert_eq!(language["currentRevision"]["id"], revision["id"]);
    let enabled = api.put(&story.agreement, &enable).await;
    assert_eq!(
        enabled.expect(StatusCode::OK).json()["enabled"],
        json!(true)
    );

    // What is in force stays, until the whole agreement goes.
    for (path, text) in [
        (
            below(&format!("{}/revisions", story.at), &revision),
            "effective revision cannot",
        ),
        (story.at.clone(), "with effective revision can not"),
    ] {
        let refusal = api.delete(&path).await;
        refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
        let message = refusal.json()["details"][0]["message"].clone();
        assert!(message.as_str().unwrap().contains(text), "{message}");
    }
    api.delete(&story.agreement)
        .await
        .expect(StatusCode::NO_CONTENT);
    refused(&api.get(&story.at).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn a_later_revision_takes_the_place_of_the_one_before() {
    let world = World::new().await;
    let story = Story::begin(&world).await;
    let api = &story.api;
    let first = story.revise(&now(api).await, "One").await;
    let later = "2026-02-01T00:00:00Z";
    let second = story.revise(later, "Two").await;
    let revisions = format!("{}/revisions", story.at);
    let page = api.get(&revisions).await.expect(StatusCode::OK).json();
    let listed = page["_embedded"]["revisions"].as_array().unwrap().clone();
    let ids: Vec<_> = listed.iter().map(|one| &one["id"]).collect();
    assert_eq!(ids.len(), 2);
    let read = api.get(&below(&revisions, &first)).await.json();
    assert_eq!(read["notValidAfter"], json!("2026-02-01T00:00:00Z"));
    assert_eq!(second.get("notValidAfter"), None);

    let same = json!({"contentType": "text/plain", "effectiveAt": later,
        "requireReconsent": false, "text": "Three"});
    let refusal = api.post(&revisions, &same).await;
    let member = "effectiveAt";
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        member,
    );
    let mut past = same.clone();
    past["effectiveAt"] = json!("2020-01-01T00:00:00Z");
    let refusal = api.post(&revisions, &past).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", member);
    // What is not in force yet can still be taken back.
    let at = below(&revisions, &second);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_consent_counts_until_it_is_over_or_taken_back() {
    let world = World::new().await;
    let story = Story::begin(&world).await;
    let revision = story.revise(&now(&story.api).await, "One").await;
    let filter = format!(
        "users?filter=username%20eq%20%22{}%22",
        world.demo.user.username
    );
    let users = story.api.get(&filter).await.json();
    let user = &users["_embedded"]["users"][0]["id"];
    let user = user.as_str().unwrap().to_owned();
    let path = format!("users/{user}/agreementConsents");
    let status = async |api: &Api<'_>| {
        let page = api.get(&path).await.expect(StatusCode::OK).json();
        page["_embedded"]["agreementConsents"][0]["status"].clone()
    };
    assert_eq!(status(&story.api).await, Value::Null);
    let accept = json!({"language": {"id": story.language["id"]},
        "revision": {"id": revision["id"]}});
    let mut wrong = accept.clone();
    wrong["revision"]["id"] = story.language["id"].clone();
    let refusal = story.consent(&user, &wrong, "accept").await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "revision.id",
    );
    let accepted = story.consent(&user, &accept, "accept").await;
    assert_eq!(accepted.expect(StatusCode::OK).json()["status"], "ACCEPTED");
    let agreement = story.api.get(&story.agreement).await.json();
    assert_eq!(agreement["totalConsents"], json!(1));

    let revoked = story.consent(&user, &json!({}), "revoke").await;
    assert_eq!(revoked.expect(StatusCode::OK).json()["status"], "REVOKED");
    let accepted = story.consent(&user, &accept, "accept").await;
    accepted.expect(StatusCode::OK);
    world.advance(31 * 24 * 60 * 60);
    let later = Api::worker(&world).await;
    assert_eq!(status(&later).await, json!("EXPIRED"));
    let agreement = later.get(&story.agreement).await.json();
    assert_eq!(
        (
            &agreement["totalConsents"],
            &agreement["totalExpiredConsents"]
        ),
        (&json!(0), &json!(1))
    );
}
