//! Addresses of the management API, as clients put them together.

use http::{Method, StatusCode};

use crate::management::Api;
use crate::world::World;

#[tokio::test]
async fn a_slash_behind_a_resource_is_the_same_resource() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for operation in idp::management_operations() {
        if operation.method != Method::GET || operation.path.contains("{role}") {
            continue;
        }
        let path = operation
            .path
            .replace("{environment}", &api.environment.to_string());
        if path.contains('{') {
            continue;
        }
        let bare = api.get(&format!("/v1{path}")).await;
        let slash = api.get(&format!("/v1{path}/?")).await;
        assert_eq!(slash.status, bare.status, "{path}");
        // The audit log wants a range, and says so under a new id each time.
        if bare.status == StatusCode::OK {
            assert_eq!(slash.json(), bare.json(), "{path}");
        } else {
            // Settings that nobody made are not there yet.
            let is_unset = bare.status == StatusCode::NOT_FOUND;
            let is_log = path.ends_with("/activities");
            assert!(is_unset || is_log, "{path}: {}", bare.body);
        }
    }
    let users = api.get("users/?limit=1").await.expect(StatusCode::OK);
    let id = users.json()["_embedded"]["users"][0]["id"].clone();
    let user = format!("users/{}/", id.as_str().unwrap());
    api.get(&user).await.expect(StatusCode::OK);
    let filtered = "users/?filter=username%20eq%20%22nobody%22";
    let answer = api.get(filtered).await;
    assert_eq!(answer.expect(StatusCode::OK).json()["size"], 0);
    // A page of the sign-on is not a resource of the API.
    world
        .get(&world.endpoint("jwks/"))
        .await
        .expect(StatusCode::NOT_FOUND);
}
