//! Environments: their products, status and type; the organization and its licences.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, encoded, refused};
use crate::world::World;

async fn make(api: &Api<'_>, body: Value) -> Value {
    let made = api.post("/v1/environments", &body).await;
    made.expect(StatusCode::CREATED).json()
}

#[tokio::test]
async fn an_environment_answers_with_licence_region_and_products() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let licence = "11111111-2222-4333-8444-555555555555";
    let made = make(
        &api,
        json!({
            "name": "Shop", "type": "SANDBOX", "region": "NA", "license": {"id": licence},
            "billOfMaterials": {
                "solutionType": "CUSTOMER",
                "products": [
                    {"type": "PING_ONE_BASE"},
                    {
                        "type": "PING_FEDERATE", "console": {"href": "https://pf.example/"},
                        "bookmarks": [{"name": "Docs", "href": "https://docs.example/"}],
                    },
                ],
            },
        }),
    )
    .await;
    assert_eq!(made["license"]["id"], licence);
    assert_eq!(
        (&made["region"], &made["status"]),
        (&json!("NA"), &json!("ACTIVE"))
    );
    let bill = &made["billOfMaterials"];
    assert_eq!(bill["solutionType"], "CUSTOMER");
    assert_eq!(
        bill["products"][1]["console"]["href"],
        "https://pf.example/"
    );
    assert!(bill["products"][0]["id"].is_string());

    let id = made["id"].as_str().unwrap();
    let at = format!("/v1/environments/{id}/billOfMaterials");
    let read = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(read["products"], bill["products"]);
    let fewer = json!({"products": [{"type": "PING_ONE_BASE"}, {"type": "PING_ONE_MFA"}]});
    let replaced = api.put(&at, &fewer).await.expect(StatusCode::OK).json();
    assert_eq!(replaced["products"].as_array().unwrap().len(), 2);
    // For whom it was made stays.
    assert_eq!(replaced["solutionType"], "CUSTOMER");
    let unknown = json!({"products": [{"type": "PING_ONE_TEA"}]});
    let refusal = api.put(&at, &unknown).await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "products.type",
    );

    let filter = format!("/v1/environments?filter=license.id%20eq%20%22{licence}%22");
    let found = api.get(&filter).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&found["size"], &found["_embedded"]["environments"][0]["id"]),
        (&json!(1), &made["id"])
    );
}

#[tokio::test]
async fn an_environment_that_names_no_products_has_sign_on_and_directory() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let bill = api
        .get("billOfMaterials")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(bill["products"][0]["type"], "PING_ONE_BASE");
    let here = api.get("/v1/environments").await.json();
    let here = &here["_embedded"]["environments"][0];
    // The licence is one of the organization's.
    let licence = format!(
        "/v1/organizations/{}/licenses/{}",
        here["organization"]["id"].as_str().unwrap(),
        here["license"]["id"].as_str().unwrap()
    );
    let licence = api.get(&licence).await.expect(StatusCode::OK).json();
    assert_eq!(licence["assignedEnvironmentsCount"], 1);
    let able = api.get("capabilities").await.expect(StatusCode::OK).json();
    assert_eq!(able["canAddResources"], true);
}

#[tokio::test]
async fn a_production_environment_can_be_restored_before_it_is_gone() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({"name": "Shop", "type": "SANDBOX", "region": "NA"});
    let made = make(&api, body.clone()).await;
    let at = format!("/v1/environments/{}", made["id"].as_str().unwrap());
    let production = json!({"type": "PRODUCTION"});
    let promoted = api.put(&format!("{at}/type"), &production).await;
    assert_eq!(promoted.expect(StatusCode::OK).json()["type"], "PRODUCTION");
    let mut sandbox = body;
    sandbox["name"] = json!("Shop 2");
    refused(
        &api.put(&at, &sandbox).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "type",
    );

    let discovery = format!(
        "/{}/as/.well-known/openid-configuration",
        made["id"].as_str().unwrap()
    );
    world.get(&discovery).await.expect(StatusCode::OK);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    let marked = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(marked["status"], "DELETE_PENDING");
    assert_eq!(marked["softDeletedAt"], "2026-01-05T10:00:00Z");
    assert_eq!(marked["hardDeleteAllowedAt"], "2026-02-04T10:00:00Z");
    world.get(&discovery).await.expect(StatusCode::NOT_FOUND);

    let active = json!({"status": "ACTIVE"});
    let restored = api.put(&format!("{at}/status"), &active).await;
    assert_eq!(restored.expect(StatusCode::OK).json()["status"], "ACTIVE");
    world.get(&discovery).await.expect(StatusCode::OK);

    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    world.advance(31 * 24 * 3600);
    let api = Api::worker(&world).await;
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    api.get(&at).await.expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_deletes_the_environment_that_they_act_from() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let own = format!("/v1/environments/{}", api.environment);
    let refusal = api.delete(&own).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let pending = json!({"status": "DELETE_PENDING"});
    let refusal = api.put(&format!("{own}/status"), &pending).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn the_organization_has_two_licences_that_can_be_renamed() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let found = api
        .get("/v1/organizations")
        .await
        .expect(StatusCode::OK)
        .json();
    let organization = &found["_embedded"]["organizations"][0];
    assert_eq!(
        (&organization["name"], &found["size"]),
        (&json!("Latchkey"), &json!(1))
    );
    let at = format!("/v1/organizations/{}", organization["id"].as_str().unwrap());
    assert_eq!(&api.get(&at).await.json(), organization);
    let other = "/v1/organizations/9c052a8a-14be-44e4-8f07-2662569994ce";
    refused(
        &api.get(other).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );

    let all = api
        .get(&format!("{at}/licenses"))
        .await
        .expect(StatusCode::OK)
        .json();
    let all = all["_embedded"]["licenses"].as_array().unwrap().clone();
    let packages: Vec<_> = all
        .iter()
        .map(|one| one["package"].as_str().unwrap())
        .collect();
    assert_eq!(packages, ["INTERNAL", "ADMIN"]);
    let filter = format!(
        "{at}/licenses?filter=package%20eq%20%22admin%22%20and%20status%20eq%20%22ACTIVE%22"
    );
    assert_eq!(
        api.get(&filter).await.expect(StatusCode::OK).json()["size"],
        1
    );
    for (filter, size) in [
        ("beginsAt lt \"2006-01-02T15:04:05\"", 0),
        ("expiresAt gt \"2006\"", 2),
    ] {
        let path = format!("{at}/licenses?filter={}", encoded(filter));
        assert_eq!(
            api.get(&path).await.expect(StatusCode::OK).json()["size"],
            size
        );
    }
    let unknown = format!("{at}/licenses/9c052a8a-14be-44e4-8f07-2662569994ce");
    refused(&api.get(&unknown).await, 404, "NOT_FOUND", "", "");

    let one = format!("{at}/licenses/{}", all[0]["id"].as_str().unwrap());
    let name = json!({"name": "Everything"});
    let renamed = api.put(&format!("{one}/name"), &name).await;
    assert_eq!(renamed.expect(StatusCode::OK).json()["name"], "Everything");
    assert_eq!(api.get(&one).await.json()["name"], "Everything");
}
