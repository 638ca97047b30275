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
        ("ping_end_idp_session_endpoint", "idpSignoff"),
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

/// The SDK reads the document as the server wrote it, and every name in it is one that is taken.
#[tokio::test]
async fn what_is_promised_is_read_by_clients_and_taken_by_the_endpoints() {
    use protocol::oauth::{
        CodeChallengeMethod, GrantType, Prompt, ProviderMetadata, ResponseMode, ResponseType,
        TokenEndpointAuthMethod,
    };

    let world = World::new().await;
    let path = world.endpoint(".well-known/openid-configuration");
    let document = world.get(&path).await.expect(StatusCode::OK).json();
    let metadata: ProviderMetadata = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&metadata).unwrap(), document);

    let all = |names: &[String], is_taken: &dyn Fn(&str) -> bool| {
        assert!(!names.is_empty());
        for name in names {
            assert!(is_taken(name), "{name}");
        }
    };
    all(&metadata.response_types_supported, &|name| {
        ResponseType::parse(name).is_ok()
    });
    all(&metadata.response_modes_supported, &|name| {
        ResponseMode::parse(name).is_ok()
    });
    all(&metadata.prompt_values_supported, &|name| {
        Prompt::parse_all(name).is_ok()
    });
    all(&metadata.code_challenge_methods_supported, &|name| {
        CodeChallengeMethod::parse(Some(name)).is_ok()
    });
    all(&metadata.grant_types_supported, &|name| {
        name == "implicit" || GrantType::parse(name).is_some()
    });
    let proves = |name: &str| {
        TokenEndpointAuthMethod::parse(name).is_some_and(TokenEndpointAuthMethod::is_proof)
    };
    all(
        &metadata.introspection_endpoint_auth_methods_supported,
        &proves,
    );
    for name in ["client_secret_basic", "client_secret_post", "none"] {
        let methods = &metadata.token_endpoint_auth_methods_supported;
        assert!(methods.iter().any(|method| method == name), "{name}");
    }
}
