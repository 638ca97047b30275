//! Built-in and custom roles: how they are told, what they give, and that nobody becomes stronger by
//! them.

use http::StatusCode;
use protocol::id::EnvironmentId;
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::world::World;

fn role(name: &str, permissions: &[&str], by: &str) -> Value {
    let permissions: Vec<_> = permissions.iter().map(|id| json!({"id": id})).collect();
    json!({
        "name": name, "description": "Made here", "applicableTo": ["ENVIRONMENT"],
        "permissions": permissions, "canBeAssignedBy": [{"id": by}],
    })
}

fn at(role: &Value) -> String {
    format!("roles/{}", role["id"].as_str().unwrap())
}

/// Gives a role to an application, for the environment.
async fn give(api: &Api<'_>, application: &str, role: &Value) -> crate::world::Answer {
    let scope = json!({"id": api.environment, "type": "ENVIRONMENT"});
    let body = json!({"role": {"id": role["id"]}, "scope": scope});
    let path = format!("applications/{application}/roleAssignments");
    api.post(&path, &body).await
}

#[tokio::test]
async fn every_role_of_pingone_is_told_with_its_permissions() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let list = api.get("/v1/roles").await.expect(StatusCode::OK).json();
    let roles = list["_embedded"]["roles"].as_array().unwrap();
    assert_eq!(roles.len(), 19);
    for role in roles {
        assert_eq!(role["type"], "PLATFORM");
        assert!(!role["applicableTo"].as_array().unwrap().is_empty());
        let permissions = role["permissions"].as_array().unwrap();
        assert!(!permissions.is_empty(), "{role}");
        for permission in permissions {
            let parts = permission["id"].as_str().unwrap().split(':');
            assert_eq!(parts.count(), 3, "{permission}");
            assert!(permission["classifier"].is_string());
            assert!(permission["description"].as_str().unwrap().len() > 5);
        }
    }
    let named = |name: &str| roles.iter().find(|role| role["name"] == name).unwrap();
    let owner = named("Application Owner");
    assert_eq!(owner["applicableTo"], json!(["ENVIRONMENT", "APPLICATION"]));
    let admin = named("Environment Admin");
    let may_give = admin["canAssign"].as_array().unwrap();
    assert!(may_give.contains(&json!({"id": owner["id"]})));
    assert!(!may_give.contains(&json!({"id": named("Organization Admin")["id"]})));
}

#[tokio::test]
async fn a_custom_role_gives_what_it_says() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let by = api.role("Identity Data Admin").await;
    let sent = role("Reader", &["dir:read:user", "dir:read:group"], &by);
    let reader = api.make("roles", &sent).await;
    for member in [
        "name",
        "description",
        "applicableTo",
        "permissions",
        "canBeAssignedBy",
    ] {
        assert_eq!(reader[member], sent[member], "{member}");
    }
    assert_eq!(
        (&reader["type"], &reader["canAssign"]),
        (&json!("CUSTOM"), &json!([]))
    );
    let below = role("Below", &["dir:read:group"], reader["id"].as_str().unwrap());
    let below = api.make("roles", &below).await;
    let read = api.get(&at(&reader)).await.expect(StatusCode::OK).json();
    assert_eq!(read["canAssign"], json!([{"id": below["id"]}]));
    let custom = "roles?filter=type%20eq%20%22CUSTOM%22";
    let custom = api.get(custom).await.expect(StatusCode::OK).json();
    assert_eq!(custom["_embedded"]["roles"].as_array().unwrap().len(), 2);

    let (worker, secret) = api.make_worker("Reads", &[]).await;
    give(&api, &worker, &reader)
        .await
        .expect(StatusCode::CREATED);
    let reads = Api::application(&world, &worker, &secret).await;
    reads.get("users").await.expect(StatusCode::OK);
    let person = json!({"username": "ada", "email": "ada@example.com"});
    reads
        .post("users", &person)
        .await
        .expect(StatusCode::FORBIDDEN);

    let mut less = sent.clone();
    less["permissions"] = json!([{"id": "dir:read:group"}]);
    api.put(&at(&reader), &less).await.expect(StatusCode::OK);
    reads.get("users").await.expect(StatusCode::FORBIDDEN);
    reads.get("groups").await.expect(StatusCode::OK);
    let answer = api.delete(&at(&reader)).await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    assert!(answer.body.contains("Somebody holds the role"));
    // Nobody holds this one, and another says that it may be given by it.
    let giver = api
        .make("roles", &role("Giver", &["dir:read:user"], &by))
        .await;
    let giver_id = giver["id"].as_str().unwrap();
    let given = role("Given", &["dir:read:group"], giver_id);
    let given = api.make("roles", &given).await;
    let answer = api.delete(&at(&giver)).await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    assert!(answer.body.contains("canBeAssignedBy"), "{}", answer.body);
    api.delete(&at(&given)).await.expect(StatusCode::NO_CONTENT);
    api.delete(&at(&giver)).await.expect(StatusCode::NO_CONTENT);
    api.delete(&at(&below)).await.expect(StatusCode::NO_CONTENT);

    let taken = role("reader", &["dir:read:user"], &by);
    let answer = api.post("roles", &taken).await;
    refused(&answer, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
    let built_in = role("Environment Admin", &["dir:read:user"], &by);
    let answer = api.post("roles", &built_in).await;
    refused(&answer, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
    for (member, value) in [
        ("permissions", json!([{"id": "dir:juggle:user"}])),
        ("permissions", json!([])),
        ("canBeAssignedBy", json!([{"id": api.environment}])),
        ("applicableTo", json!([])),
    ] {
        let mut wrong = role("Wrong", &["dir:read:user"], &by);
        wrong[member] = value;
        let answer = api.post("roles", &wrong).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
}

#[tokio::test]
async fn nobody_becomes_stronger_by_a_custom_role() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let environment_admin = api.role("Environment Admin").await;
    // May make roles, and may not change users.
    let admin = api.worker_with("Admin", &["Environment Admin"]).await;
    let strong = role("Strong", &["dir:update:user"], &environment_admin);
    admin
        .post("roles", &strong)
        .await
        .expect(StatusCode::FORBIDDEN);
    let weak = role("Weak", &["dir:read:population"], &environment_admin);
    let weak = admin.make("roles", &weak).await;
    let stronger = role("Weak", &["dir:update:user"], &environment_admin);
    let answer = admin.put(&at(&weak), &stronger).await;
    answer.expect(StatusCode::FORBIDDEN);
    // Nor may they give what somebody stronger made, or take from it.
    let strong = api.make("roles", &strong).await;
    let (worker, _) = admin.make_worker("Worker", &[]).await;
    give(&admin, &worker, &weak)
        .await
        .expect(StatusCode::CREATED);
    give(&admin, &worker, &strong)
        .await
        .expect(StatusCode::FORBIDDEN);
    let weaker = role("Strong", &["dir:read:population"], &environment_admin);
    let answer = admin.put(&at(&strong), &weaker).await;
    answer.expect(StatusCode::FORBIDDEN);
    // Whoever may not make roles makes none, of whatever they hold.
    let developer = api
        .worker_with("Developer", &["Client Application Developer"])
        .await;
    let own = role(
        "Own",
        &["applications:read:application"],
        &environment_admin,
    );
    developer
        .post("roles", &own)
        .await
        .expect(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_role_for_one_application_reaches_no_other() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let owned = world.demo.client_id.to_string();
    let (other, _) = api.make_worker("Other", &[]).await;
    let (worker, secret) = api.make_worker("Owner", &[]).await;
    let body = api
        .assignment("Application Owner", "APPLICATION", &owned)
        .await;
    let path = format!("applications/{worker}/roleAssignments");
    api.make(&path, &body).await;
    let owner = Api::application(&world, &worker, &secret).await;
    let read = owner.get(&format!("applications/{owned}")).await;
    read.expect(StatusCode::OK);
    let read = owner.get(&format!("applications/{other}")).await;
    read.expect(StatusCode::FORBIDDEN);
    owner
        .get("applications")
        .await
        .expect(StatusCode::FORBIDDEN);
    let unfit = api
        .assignment("Identity Data Admin", "APPLICATION", &owned)
        .await;
    let answer = api.post(&path, &unfit).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "scope");
}

#[tokio::test]
async fn a_role_may_be_for_a_population_of_another_environment() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let new = json!({ "name": "Second", "type": "SANDBOX", "region": "NA" });
    let made = api.make("/v1/environments", &new).await;
    let second = Api {
        environment: EnvironmentId::parse(&id(&made)).unwrap(),
        ..api.clone()
    };
    let crew = second.make_population("Crew").await;
    let (worker, secret) = api.make_worker("Clerk", &[]).await;
    let path = format!("applications/{worker}/roleAssignments");
    let body = api
        .assignment("Identity Data Admin", "POPULATION", &crew)
        .await;
    api.make(&path, &body).await;

    let clerk = Api::application(&world, &worker, &secret).await;
    let there = Api {
        environment: second.environment,
        ..clerk.clone()
    };
    there.make_user_in("ada", &crew).await;
    let others = there
        .post(
            "users",
            &json!({"username": "bo", "email": "bo@example.com"}),
        )
        .await;
    others.expect(StatusCode::FORBIDDEN);
    // Of the worker's own environment it gives nothing.
    clerk.get("users").await.expect(StatusCode::FORBIDDEN);

    // Who holds nothing there can't give it to somebody.
    let here = api
        .worker_with("Local", &["Environment Admin", "Identity Data Admin"])
        .await;
    let refusal = here.post(&path, &body).await;
    refusal.expect(StatusCode::FORBIDDEN);
}
