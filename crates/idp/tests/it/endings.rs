//! What ended stays ended: revoked and used tokens and codes, and those of people who were stopped.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::Api;
use crate::world::{NEW_PASSWORD, World, at_sign_on, sub_page};

/// Reliability and security, classes 7 and 9: 200 says that the token is worthless, for good.
#[tokio::test]
async fn a_token_that_was_revoked_while_its_user_was_disabled_stays_revoked() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    let access_token = tokens["access_token"].as_str().unwrap();
    world.set_enabled(false).await;
    world
        .post_as_client(&world.endpoint("revoke"), &[("token", access_token)])
        .await
        .expect(StatusCode::OK);
    world.set_enabled(true).await;
    world
        .userinfo(access_token)
        .await
        .expect(StatusCode::UNAUTHORIZED);
}

/// Class 9: what was ended stays ended after a restart.
#[tokio::test]
async fn what_was_revoked_or_used_is_not_good_again_after_a_restart() {
    let mut world = World::new().await;
    let params = world.request().set("scope", "openid offline_access");
    let code = world.sign_on(&params).await.1.param("code");
    let revoked = world.redeem(&code).await.expect(StatusCode::OK).json();
    let text = |tokens: &Value, name: &str| tokens[name].as_str().unwrap().to_owned();
    let refresh_token = text(&revoked, "refresh_token");
    let path = world.endpoint("revoke");
    world
        .post_as_client(&path, &[("token", &refresh_token)])
        .await
        .expect(StatusCode::OK);
    let (mut signed_off, _) = world.sign_on(&params).await;
    let session = signed_off.cookies();
    let page = format!("/{}/signoff", world.demo.environment_id);
    signed_off.post(&page, &[]).await.expect(StatusCode::OK);
    let used = world.code().await;
    let bought = world.redeem(&used).await.expect(StatusCode::OK).json();
    world.set_enabled(false).await;

    world.restart().await;
    let of_disabled = text(&bought, "access_token");
    world
        .userinfo(&of_disabled)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    world.set_enabled(true).await;
    world.userinfo(&of_disabled).await.expect(StatusCode::OK);
    world
        .userinfo(&text(&revoked, "access_token"))
        .await
        .expect(StatusCode::UNAUTHORIZED);
    let answer = world.refresh(&refresh_token).await;
    assert_eq!(answer.oauth_error(), "invalid_grant");
    assert_eq!(world.redeem(&used).await.oauth_error(), "invalid_grant");
    let mut thief = world.browser().holding(&session);
    let silent = world.request().set("prompt", "none");
    let answer = thief.authorize(&world, &silent).await;
    assert!(
        answer.location().contains("error=login_required"),
        "{answer:?}"
    );
}

/// Its name, and its steps: method, path below the user, action or none.
type Ending = (
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

/// What an operator can do to an account so that nothing of it stays open, each with what makes it
/// usable again: method, path below the user, action or none, body.
const ENDINGS: [Ending; 5] = [
    (
        "forceChange",
        &[("POST", "/password", "password.forceChange")],
    ),
    (
        "a password that must be changed",
        &[("PUT", "/password", "password.set+json")],
    ),
    (
        "a temporary password",
        &[("PUT", "/password", "password.reset+json")],
    ),
    (
        "disabled and enabled",
        &[("PUT", "/enabled", "false"), ("PUT", "/enabled", "true")],
    ),
    (
        "locked and unlocked",
        &[
            ("POST", "", "account.lock+json"),
            ("POST", "", "account.unlock+json"),
        ],
    ),
];

async fn operate(api: &Api<'_>, at: &str, (method, path, action): (&str, &str, &str)) {
    let method: Method = method.parse().unwrap();
    let path = format!("{at}{path}");
    let answer = match action {
        "false" | "true" => {
            let enabled: bool = action.parse().unwrap();
            api.put(&path, &json!({ "enabled": enabled })).await
        }
        _ => {
            let body = match action {
                "password.set+json" => json!({ "value": NEW_PASSWORD, "forceChange": true }),
                "password.reset+json" => json!({ "newPassword": NEW_PASSWORD }),
                _ => Value::Null,
            };
            api.act(method, &path, action, &body).await
        }
    };
    answer.expect(StatusCode::OK);
}

/// Session, authorization code, access and refresh token and recovery code end together, and do not
/// come back when the account is opened again.
#[tokio::test]
async fn what_an_operator_ends_does_not_revive() {
    for (case, operations) in ENDINGS {
        let world = World::new().await;
        let (mut browser, received) = world.sign_on(&world.request()).await;
        let tokens = world.redeem(&received.param("code")).await;
        let tokens = tokens.expect(StatusCode::OK).json();
        let access_token = tokens["access_token"].as_str().unwrap();
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let answer = browser.authorize(&world, &world.request()).await;
        let code = crate::world::Received::at(answer.location()).param("code");
        let (mut other, page) = at_sign_on(&world).await;
        other
            .post(&sub_page(&page, "forgot"), &[("username", "demo")])
            .await;
        let recovery_code = world.awaited_code("demo@example.com").await;

        let api = Api::worker(&world).await;
        let user = crate::world::claims(access_token)["sub"].clone();
        let at = format!("users/{}", user.as_str().unwrap());
        for operation in operations {
            operate(&api, &at, *operation).await;
        }

        assert_eq!(
            world.userinfo(access_token).await.status,
            StatusCode::UNAUTHORIZED,
            "{case}: the access token"
        );
        assert_eq!(
            world.refresh(refresh_token).await.status,
            StatusCode::BAD_REQUEST,
            "{case}: the refresh token"
        );
        assert_eq!(
            world.redeem(&code).await.status,
            StatusCode::BAD_REQUEST,
            "{case}: the authorization code"
        );
        let answer = browser.authorize(&world, &world.request()).await;
        assert!(
            answer.location().contains("/signon/?flowId="),
            "{case}: the session: {answer:?}"
        );
        let form = [
            ("recoveryCode", recovery_code.as_str()),
            ("newPassword", "Windy-Orchard-73"),
            ("confirmPassword", "Windy-Orchard-73"),
        ];
        let answer = other.post(&sub_page(&page, "recover"), &form).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{case}: the recovery code"
        );
    }
}
