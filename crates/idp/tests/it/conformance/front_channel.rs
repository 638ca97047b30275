//! The plans for Implicit OPs, Hybrid OPs and the form post response mode.

use http::StatusCode;
use protocol::jose::{Algorithm, left_half_hash};

use crate::world::{Browser, REDIRECT_URI, Received, World, claims};

const FRONT_CHANNEL: [&str; 5] = [
    "id_token",
    "token id_token",
    "code id_token",
    "code token",
    "code token id_token",
];

#[tokio::test]
async fn oidcc_server_of_every_response_type() {
    let world = World::new().await;
    for response_type in FRONT_CHANNEL.into_iter().chain(["token"]) {
        let params = world.request().set("response_type", response_type);
        let (_, received) = world.sign_on(&params).await;
        assert!(
            received.location.starts_with(&format!("{REDIRECT_URI}#")),
            "{response_type} comes in the fragment: {}",
            received.location
        );
        let wants = |part: &str| response_type.split(' ').any(|name| name == part);
        let names = received.names();
        if wants("token") {
            assert_eq!(
                names[0], "access_token",
                "first, as the Python sample needs"
            );
            assert_eq!(received.param("token_type"), "Bearer");
            assert_eq!(received.param("expires_in"), "3600");
            assert!(received.param("scope").contains("openid"));
            world
                .userinfo(&received.param("access_token"))
                .await
                .expect(StatusCode::OK);
        }
        for (name, is_wanted) in [
            ("access_token", wants("token")),
            ("code", wants("code")),
            ("id_token", wants("id_token")),
        ] {
            assert_eq!(names.contains(&name), is_wanted, "{response_type}: {name}");
        }
        assert_eq!(received.param("state"), "s-1");
        if wants("id_token") {
            let id = claims(&received.param("id_token"));
            assert_eq!(id["nonce"], "n-1");
            let at_hash = received
                .find("access_token")
                .map(|t| left_half_hash(Algorithm::RS256, t));
            let c_hash = received
                .find("code")
                .map(|c| left_half_hash(Algorithm::RS256, c));
            assert_eq!(
                id["at_hash"].as_str(),
                at_hash.as_deref(),
                "{response_type}"
            );
            assert_eq!(id["c_hash"].as_str(), c_hash.as_deref(), "{response_type}");
        }
        if wants("code") {
            world
                .redeem(&received.param("code"))
                .await
                .expect(StatusCode::OK);
        }
        assert!(!names.contains(&"refresh_token"));
    }
}

#[tokio::test]
async fn oidcc_ensure_request_without_nonce_fails() {
    let world = World::new().await;
    for response_type in FRONT_CHANNEL
        .into_iter()
        .filter(|name| name.contains("id_token"))
    {
        let params = world
            .request()
            .set("response_type", response_type)
            .without("nonce");
        let answer = world.browser().authorize(&world, &params).await;
        let received = Received::at(answer.location());
        assert_eq!(
            received.param("error"),
            "invalid_request",
            "{response_type}"
        );
    }
}

#[tokio::test]
async fn oidcc_formpost_of_every_response_type() {
    let world = World::new().await;
    for response_type in FRONT_CHANNEL.into_iter().chain(["code"]) {
        let params = world
            .request()
            .set("response_type", response_type)
            .set("response_mode", "form_post");
        let mut browser = world.browser();
        let page = Browser::page_of(&browser.authorize(&world, &params).await);
        let user = &world.demo.user;
        let answer = browser
            .give(&page, user.username, user.password.expose())
            .await;
        let answer = browser.get(answer.location()).await.expect(StatusCode::OK);
        assert!(
            answer.body.contains(&format!("action=\"{REDIRECT_URI}\"")),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("data-form-post"));
        // Browsers without modules run the script, those without scripts have the button.
        assert!(
            answer
                .body
                .contains("<script defer src=\"/assets/form-post-"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("type=\"submit\""));
        assert!(answer.body.contains("name=\"state\" value=\"s-1\""));
        for part in response_type.split(' ') {
            let name = if part == "token" {
                "access_token"
            } else {
                part
            };
            assert!(
                answer.body.contains(&format!("name=\"{name}\"")),
                "{response_type}: {name}"
            );
        }
        assert!(answer.header("cache-control").contains("no-store"));
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("form-action 'self' https://localhost:8080"),
            "{policy}"
        );
    }
}
