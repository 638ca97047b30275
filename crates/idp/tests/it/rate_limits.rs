//! PingOne's rate limits, where the installation rehearses them.

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use platform::net::RemoteAddress;
use serde_json::json;

use crate::management::{Api, another_environment, refused};
use crate::world::{Answer, World};

/// A request from an address.
async fn get_from(world: &World, address: &str, path: &str, token: &str) -> Answer {
    let request = Request::get(path)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .extension(RemoteAddress(address.parse().unwrap()));
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_burst_of_requests_is_limited_by_environment_and_a_listed_address_is_spared() {
    let world = World::with(|settings| settings.limits.api_requests_per_second = 3).await;
    let api = Api::worker(&world).await;
    let range = json!({"type": "WHITELIST", "value": "198.51.100.0/28"});
    api.make("rateLimitIpConfigs", &range).await;
    world.advance(2);
    let at = api.path("populations");
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        let answer = get_from(&world, address, &at, &api.token).await;
        answer.expect(StatusCode::OK);
    }
    let limited = get_from(&world, "192.0.2.4", &at, &api.token).await;
    refused(&limited, 429, "REQUEST_LIMITED", "LIMIT_EXCEEDED", "");
    assert_eq!(limited.header("retry-after"), "1");
    for _ in 0..5 {
        let spared = get_from(&world, "198.51.100.9", &at, &api.token).await;
        spared.expect(StatusCode::OK);
    }
    // Another environment has an allowance of its own, and so has the next second.
    let other = another_environment(&world).await;
    let there = format!("/v1/environments/{other}/populations");
    let elsewhere = get_from(&world, "192.0.2.4", &there, &api.token).await;
    elsewhere.expect(StatusCode::FORBIDDEN);
    world.advance(1);
    let later = get_from(&world, "192.0.2.4", &at, &api.token).await;
    later.expect(StatusCode::OK);
}

#[tokio::test]
async fn an_address_is_limited_where_programs_get_their_tokens_and_a_listed_one_is_not() {
    let world =
        World::with(|settings| settings.limits.authentication_requests_per_second = 3).await;
    let api = Api::worker(&world).await;
    let one = json!({"type": "WHITELIST", "value": "198.51.100.9"});
    api.make("rateLimitIpConfigs", &one).await;
    let at = world.endpoint("jwks");
    for _ in 0..3 {
        let answer = get_from(&world, "192.0.2.1", &at, "").await;
        answer.expect(StatusCode::OK);
    }
    let limited = get_from(&world, "192.0.2.1", &at, "").await;
    refused(&limited, 429, "REQUEST_LIMITED", "LIMIT_EXCEEDED", "");
    assert_eq!(limited.header("retry-after"), "1");
    for address in ["192.0.2.2", "198.51.100.9", "198.51.100.9", "198.51.100.9"] {
        let answer = get_from(&world, address, &at, "").await;
        answer.expect(StatusCode::OK);
    }
    let spared = get_from(&world, "198.51.100.9", &at, "").await;
    spared.expect(StatusCode::OK);
    world.advance(1);
    let later = get_from(&world, "192.0.2.1", &at, "").await;
    later.expect(StatusCode::OK);
}

#[tokio::test]
async fn nothing_is_limited_unless_the_installation_says_so() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for path in [api.path("populations"), world.endpoint("jwks")] {
        for _ in 0..100 {
            let answer = get_from(&world, "192.0.2.1", &path, &api.token).await;
            answer.expect(StatusCode::OK);
        }
    }
}
