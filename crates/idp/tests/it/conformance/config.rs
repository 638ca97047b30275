//! The plan for Config OPs.

use http::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn oidcc_discovery_endpoint_verification() {
    let world = World::new().await;
    let path = world.endpoint(".well-known/openid-configuration");
    let answer = world.get(&path).await.expect(StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    assert_eq!(document["issuer"], world.issuer());
    for (member, name) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("userinfo_endpoint", "userinfo"),
        ("jwks_uri", "jwks"),
        ("end_session_endpoint", "signoff"),
        ("introspection_endpoint", "introspect"),
        ("revocation_endpoint", "revoke"),
    ] {
        assert_eq!(
            document[member],
            json!(format!("{}/{name}", world.issuer())),
            "{member}"
        );
    }
    assert_eq!(document["subject_types_supported"], json!(["public"]));
    assert_eq!(
        document["id_token_signing_alg_values_supported"],
        json!(["RS256"])
    );
    assert_eq!(
        document["authorization_response_iss_parameter_supported"],
        true
    );
    // What is not there is not promised.
    for member in [
        "pushed_authorization_request_endpoint",
        "device_authorization_endpoint",
        "registration_endpoint",
        "check_session_iframe",
        "ping_end_idp_session_endpoint",
        "request_object_signing_alg_values_supported",
    ] {
        assert!(document.get(member).is_none(), "{member}");
    }
    assert_eq!(document["request_parameter_supported"], false);
    assert_eq!(document["request_uri_parameter_supported"], false);
}

#[tokio::test]
async fn every_promised_endpoint_answers() {
    let world = World::new().await;
    let document = world
        .get(&world.endpoint(".well-known/openid-configuration"))
        .await
        .json();
    for (member, value) in document.as_object().unwrap() {
        let Some(url) = value.as_str().filter(|_| member.ends_with("_endpoint")) else {
            continue;
        };
        let path = url.strip_prefix("https://localhost:9443").unwrap();
        let answer = world.get(path).await;
        assert_ne!(answer.status, StatusCode::NOT_FOUND, "{member}");
    }
}
