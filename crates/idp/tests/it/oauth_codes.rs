//! Authorization codes: bound to application, redirect URI and verifier, used once, soon over.

use http::StatusCode;
use serde_json::json;

use crate::world::{CHALLENGE, REDIRECT_URI, VERIFIER, World};

#[tokio::test]
async fn a_code_used_twice_revokes_what_it_bought() {
    let world = World::new().await;
    let code = world.code().await;
    let tokens = world.redeem(&code).await.expect(StatusCode::OK).json();
    world.advance(30);
    let again = world.redeem(&code).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(again.oauth_error(), "invalid_grant");
    let token = tokens["access_token"].as_str().unwrap();
    world.userinfo(token).await.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_code_ends_after_a_minute() {
    let world = World::new().await;
    let (one, two) = (world.code().await, world.code().await);
    world.advance(59);
    world.redeem(&one).await.expect(StatusCode::OK);
    world.advance(1);
    assert_eq!(world.redeem(&two).await.oauth_error(), "invalid_grant");
}

#[tokio::test]
async fn only_the_exact_triple_of_application_address_and_verifier_redeems() {
    let world = World::new().await;
    let other = world.another_application("other").await;
    let secret = world.demo.client_secret.expose().to_owned();
    let own = world.demo.client_id.to_string();
    let with_challenge = world
        .request()
        .set("code_challenge", CHALLENGE)
        .set("code_challenge_method", "S256");
    let wrong_verifier = "a".repeat(43);
    for client in [own.as_str(), other.as_str()] {
        for redirect_uri in [
            Some(REDIRECT_URI),
            Some("https://localhost:8080/"),
            Some(""),
            None,
        ] {
            for verifier in [
                Some(VERIFIER),
                Some(wrong_verifier.as_str()),
                Some(""),
                None,
            ] {
                let code = world.sign_on(&with_challenge).await.1.param("code");
                let mut form = vec![("grant_type", "authorization_code"), ("code", &code)];
                form.extend(redirect_uri.map(|uri| ("redirect_uri", uri)));
                form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
                let answer = world
                    .post_as(&world.endpoint("token"), &form, client, &secret)
                    .await;
                let is_exact = client == own
                    && redirect_uri == Some(REDIRECT_URI)
                    && verifier == Some(VERIFIER);
                if is_exact {
                    answer.expect(StatusCode::OK);
                } else {
                    assert_eq!(
                        answer.expect(StatusCode::BAD_REQUEST).oauth_error(),
                        "invalid_grant"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn every_code_is_its_own_applications_alone() {
    let world = World::new().await;
    let secret = world.demo.client_secret.expose().to_owned();
    let mut clients = vec![world.demo.client_id.to_string()];
    for name in ["one", "two"] {
        clients.push(world.another_application(name).await);
    }
    for owner in &clients {
        for asker in &clients {
            let params = world.request().set("client_id", owner);
            let code = world.sign_on(&params).await.1.param("code");
            let form = [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", REDIRECT_URI),
            ];
            let token = world.endpoint("token");
            let answer = world.post_as(&token, &form, asker, &secret).await;
            if owner == asker {
                answer.expect(StatusCode::OK);
            } else {
                assert_eq!(answer.oauth_error(), "invalid_grant", "{owner} {asker}");
                // In the wrong hands it stays good for its owner.
                world
                    .post_as(&token, &form, owner, &secret)
                    .await
                    .expect(StatusCode::OK);
            }
        }
    }
}

#[tokio::test]
async fn pkce_cannot_be_taken_away_or_weakened() {
    let world = World::new().await;
    // A verifier where no challenge was sent: somebody took the challenge out.
    let code = world.code().await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let answer = world.post_as_client(&world.endpoint("token"), &form).await;
    assert_eq!(answer.oauth_error(), "invalid_grant");

    world
        .change_application(|settings| settings["pkceEnforcement"] = json!("S256_REQUIRED"))
        .await;
    let plain = world.request().set("code_challenge", CHALLENGE);
    for params in [
        world.request(),
        plain.clone(),
        plain.clone().set("code_challenge_method", "plain"),
        plain.clone().set("code_challenge_method", "s256"),
        world.request().set("code_challenge_method", "S256"),
        world
            .request()
            .set("code_challenge", "")
            .set("code_challenge_method", "S256"),
        world
            .request()
            .set("code_challenge", "short")
            .set("code_challenge_method", "S256"),
    ] {
        let answer = world.browser().authorize(&world, &params).await;
        assert!(
            answer.location().contains("error=invalid_request"),
            "{params:?}: {answer:?}"
        );
    }
    world
        .change_application(|settings| settings["pkceEnforcement"] = json!("REQUIRED"))
        .await;
    let answer = world.browser().authorize(&world, &world.request()).await;
    assert!(answer.location().contains("error=invalid_request"));
    let params = plain.set("code_challenge", VERIFIER);
    let code = world.sign_on(&params).await.1.param("code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    world
        .post_as_client(&world.endpoint("token"), &form)
        .await
        .expect(StatusCode::OK);
}

async fn one_of_a_hundred_redeems(world: World) {
    let code = world.code().await;
    let world = std::sync::Arc::new(world);
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let (world, code) = (world.clone(), code.clone());
            tokio::spawn(async move { world.redeem(&code).await.status })
        })
        .collect();
    let mut winners = 0;
    for request in requests {
        winners += usize::from(request.await.unwrap() == StatusCode::OK);
    }
    // The grant is revoked as soon as a second request arrives, so the winner may come too late
    // for its tokens; never are there two.
    assert!(winners <= 1, "{winners} requests redeemed one code");
    let again = world.redeem(&code).await;
    assert_eq!(again.oauth_error(), "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_requests_with_one_code_one_wins_on_sqlite() {
    one_of_a_hundred_redeems(World::on(db::testing::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_requests_with_one_code_one_wins_on_postgresql() {
    let Some(place) = db::testing::postgres().await else {
        return;
    };
    one_of_a_hundred_redeems(World::on(place).await).await;
}
