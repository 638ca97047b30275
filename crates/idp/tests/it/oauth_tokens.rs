//! What tokens say, and where they are good.

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use protocol::jose::{
    AccessTokenVerifier, Algorithm, AudienceCheck, JwkSet, VerificationKeys, left_half_hash,
};
use serde_json::json;

use crate::world::{SCOPES, World, basic, claims, header};

#[tokio::test]
async fn a_users_tokens_have_pingones_claims_in_pingones_order() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    let mut scopes: Vec<&str> = tokens["scope"].as_str().unwrap().split(' ').collect();
    let mut asked: Vec<&str> = SCOPES.split(' ').collect();
    scopes.sort_unstable();
    asked.sort_unstable();
    assert_eq!(
        scopes, asked,
        "the set is equal, as the Python sample demands"
    );

    let access = claims(tokens["access_token"].as_str().unwrap());
    let names: Vec<&str> = access
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "client_id",
        "iss",
        "jti",
        "iat",
        "exp",
        "aud",
        "scope",
        "sub",
        "sid",
        "auth_time",
        "acr",
        "env",
        "org",
        "p1.gid",
    ];
    assert!(
        expected.iter().all(|name| names.contains(name)),
        "{names:?}"
    );
    assert_eq!(access["aud"], json!(["https://localhost:9443"]));
    assert_eq!(access["iss"], world.issuer());
    assert_eq!(
        access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(),
        3600
    );

    let id_token = tokens["id_token"].as_str().unwrap();
    let id = claims(id_token);
    assert_eq!(
        id["aud"],
        json!(world.demo.client_id.to_string()),
        "a string, not an array"
    );
    assert_eq!(id["sub"], access["sub"]);
    assert_eq!(id["sid"], access["sid"]);
    assert_eq!(id["nonce"], "n-1");
    assert_eq!(id["acr"], "Single_Factor");
    assert_eq!(id["amr"], json!(["pwd"]));
    assert_eq!(id["preferred_username"], "demo");
    assert_eq!(
        id["at_hash"],
        left_half_hash(Algorithm::RS256, tokens["access_token"].as_str().unwrap())
    );
    assert_eq!(header(id_token)["alg"], "RS256");
    assert!(header(id_token)["kid"].is_string());
    assert!(
        tokens["refresh_token"].is_string(),
        "an application without offline_access gets one unasked"
    );
}

#[tokio::test]
async fn userinfo_has_the_claims_of_the_scopes() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    let answer = world
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await;
    let info = answer.expect(StatusCode::OK).json();
    assert_eq!(
        info["sub"],
        claims(tokens["id_token"].as_str().unwrap())["sub"]
    );
    assert_eq!(info["preferred_username"], "demo");
    assert_eq!(info["email"], "demo@example.com");
    assert_eq!(info["given_name"], "Dana");
    assert_eq!(info["name"], "Dana Moreau");
    assert_eq!(info["locale"], "en-GB");
    assert_eq!(info["zoneinfo"], "Europe/London");
    assert_eq!(info["address"]["locality"], "Portsmouth");
    assert_eq!(info["address"]["country"], "GB");
    assert_eq!(info["phone_number"], "+44 23 9283 0000");
    assert!(info["updated_at"].is_i64());
    assert_eq!(info["env"], json!(world.demo.environment_id.to_string()));
}

#[tokio::test]
async fn userinfo_takes_the_token_by_one_way_only() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    let path = world.endpoint("userinfo");
    world
        .post(&path, &[("access_token", token)])
        .await
        .expect(StatusCode::OK);
    let both = Request::post(&path)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=UTF-8",
        )
        .body(Body::from(format!("access_token={token}")));
    let both = world
        .send(both.unwrap())
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert_eq!(both.oauth_error(), "invalid_request");
    let none = world.get(&path).await.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(none.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_token_changed_at_any_byte_or_cut_at_any_length_is_refused() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    world.userinfo(token).await.expect(StatusCode::OK);
    // The last character of a signature holds bits that mean nothing in base64url.
    for position in 0..token.len() - 1 {
        let mut changed = token.as_bytes().to_vec();
        changed[position] = if changed[position] == b'A' {
            b'B'
        } else {
            b'A'
        };
        let changed = String::from_utf8(changed).unwrap();
        let answer = world.userinfo(&changed).await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "changed at {position}"
        );
    }
    for length in (0..token.len()).step_by(7) {
        let answer = world.userinfo(&token[..length]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "cut at {length}");
    }
}

#[tokio::test]
async fn a_token_of_one_kind_is_nothing_at_an_endpoint_of_another() {
    let world = World::new().await;
    let code = world.code().await;
    let tokens = world.redeem(&world.code().await).await.json();
    let id_token = tokens["id_token"].as_str().unwrap();
    let access_token = tokens["access_token"].as_str().unwrap();
    for wrong in [id_token, &code] {
        world.userinfo(wrong).await.expect(StatusCode::UNAUTHORIZED);
        world.refresh(wrong).await.expect(StatusCode::BAD_REQUEST);
    }
    world
        .redeem(access_token)
        .await
        .expect(StatusCode::BAD_REQUEST);
    world.redeem(id_token).await.expect(StatusCode::BAD_REQUEST);
    let hint = format!("{}?id_token_hint={access_token}", world.endpoint("signoff"));
    world
        .browser()
        .get(&hint)
        .await
        .expect(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_worker_gets_a_token_without_scope_or_user() {
    let world = World::new().await;
    let demo = &world.demo;
    let form = [("grant_type", "client_credentials")];
    let id = demo.worker_client_id.to_string();
    let answer = world
        .post_as(
            &world.endpoint("token"),
            &form,
            &id,
            demo.worker_client_secret.expose(),
        )
        .await;
    let tokens = answer.expect(StatusCode::OK).json();
    assert_eq!(tokens.get("scope"), None);
    assert_eq!(tokens.get("refresh_token"), None);
    assert_eq!(tokens.get("id_token"), None);
    let claims = claims(tokens["access_token"].as_str().unwrap());
    for absent in ["sub", "sid", "scope", "p1.gid"] {
        assert_eq!(claims.get(absent), None, "{absent}");
    }
    assert_eq!(claims["env"], json!(demo.environment_id.to_string()));
    assert!(claims["org"].is_string());

    world
        .sql(
            db::Statement::new("DELETE FROM role_assignments WHERE actor_id = $1")
                .bind(id.as_str()),
        )
        .await;
    world.advance(6);
    let answer = world
        .post_as(
            &world.endpoint("token"),
            &form,
            &id,
            demo.worker_client_secret.expose(),
        )
        .await;
    assert_eq!(
        answer.expect(StatusCode::FORBIDDEN).oauth_error(),
        "access_denied"
    );
}

#[tokio::test]
async fn introspection_answers_the_owner_and_nobody_else() {
    let world = World::new().await;
    let params = world.request().set("scope", "openid offline_access");
    let code = world.sign_on(&params).await.1.param("code");
    let tokens = world.redeem(&code).await.json();
    let path = world.endpoint("introspect");
    for name in ["access_token", "refresh_token"] {
        let token = tokens[name].as_str().unwrap();
        let found = world.post_as_client(&path, &[("token", token)]).await;
        let found = found.expect(StatusCode::OK).json();
        assert_eq!(found["active"], true, "{name}: {found}");
        assert_eq!(found["client_id"], json!(world.demo.client_id.to_string()));
        let worker = world.demo.worker_client_id.to_string();
        let secret = world.demo.worker_client_secret.expose();
        let foreign = world
            .post_as(&path, &[("token", token)], &worker, secret)
            .await;
        assert_eq!(
            foreign.expect(StatusCode::OK).json(),
            json!({ "active": false })
        );
    }
    let garbage = world
        .post_as_client(&path, &[("token", "garbage")])
        .await
        .json();
    assert_eq!(garbage, json!({ "active": false }));
    let nobody = world.post(&path, &[("token", "garbage")]).await;
    assert_eq!(
        nobody.expect(StatusCode::UNAUTHORIZED).oauth_error(),
        "invalid_client"
    );
}

#[tokio::test]
async fn a_revoked_grant_takes_its_tokens_along() {
    let world = World::new().await;
    let params = world.request().set("scope", "openid offline_access");
    let code = world.sign_on(&params).await.1.param("code");
    let tokens = world.redeem(&code).await.json();
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let access_token = tokens["access_token"].as_str().unwrap();
    let path = world.endpoint("revoke");
    // Somebody else's wish is answered alike and changes nothing.
    let worker = world.demo.worker_client_id.to_string();
    let secret = world.demo.worker_client_secret.expose();
    world
        .post_as(&path, &[("token", refresh_token)], &worker, secret)
        .await
        .expect(StatusCode::OK);
    world.userinfo(access_token).await.expect(StatusCode::OK);

    let done = world
        .post_as_client(&path, &[("token", refresh_token)])
        .await;
    assert_eq!(done.expect(StatusCode::OK).body, "");
    world
        .userinfo(access_token)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    world
        .refresh(refresh_token)
        .await
        .expect(StatusCode::BAD_REQUEST);
    world
        .post_as_client(&path, &[("token", "unknown")])
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn a_disabled_user_or_application_ends_every_token_at_once() {
    let world = World::new().await;
    let params = world.request().set("scope", "openid offline_access");
    let code = world.sign_on(&params).await.1.param("code");
    let waiting = world.sign_on(&params).await.1.param("code");
    let tokens = world.redeem(&code).await.json();
    let (access, refresh) = (
        tokens["access_token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
    );
    world.set_enabled(false).await;
    world
        .userinfo(access)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    assert_eq!(world.refresh(refresh).await.oauth_error(), "invalid_grant");
    assert_eq!(world.redeem(&waiting).await.oauth_error(), "invalid_grant");

    let world = World::new().await;
    let tokens = world.tokens().await;
    world
        .change_application(|settings| settings["enabled"] = json!(false))
        .await;
    world
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await
        .expect(StatusCode::UNAUTHORIZED);
    let refused = world
        .refresh("whatever")
        .await
        .expect(StatusCode::UNAUTHORIZED);
    assert_eq!(refused.oauth_error(), "invalid_client");
    let page = world.browser().authorize(&world, &world.request()).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.body
            .contains("The application that sent you here is disabled.")
    );
}

#[tokio::test]
async fn an_access_token_ends_after_its_hour() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    world.advance(3599);
    world.userinfo(token).await.expect(StatusCode::OK);
    world.advance(1);
    let answer = world.userinfo(token).await.expect(StatusCode::UNAUTHORIZED);
    assert!(answer.header("www-authenticate").contains("invalid_token"));
}

#[tokio::test]
async fn a_key_is_published_with_its_certificate_and_verifies_tokens() {
    let world = World::new().await;
    let tokens = world.tokens().await;
    let answer = world
        .get(&world.endpoint("jwks"))
        .await
        .expect(StatusCode::OK);
    let set = JwkSet::parse(answer.body.as_bytes()).unwrap();
    let [key] = set.keys.as_slice() else {
        panic!("one key: {}", answer.body)
    };
    assert_eq!(
        (key.kty.as_str(), key.key_use.as_deref()),
        ("RSA", Some("sig"))
    );
    assert_eq!(key.x5c.len(), 1);
    assert!(key.x5t.is_some());
    let verified = AccessTokenVerifier::new([Algorithm::RS256]).verify(
        tokens["access_token"].as_str().unwrap(),
        &VerificationKeys::from_set(&set),
        world.issuer(),
        AudienceCheck::Expect("https://localhost:9443"),
        platform::Clock::now(&*world.clock),
    );
    assert!(verified.is_ok(), "{verified:?}");

    let tag = answer.header("etag").to_owned();
    let again = Request::get(world.endpoint("jwks"))
        .header("if-none-match", tag)
        .body(Body::empty());
    world
        .send(again.unwrap())
        .await
        .expect(StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn scripts_of_any_origin_may_call_what_looks_at_no_cookie() {
    let world = World::new().await;
    let preflight = |path: String| {
        Request::options(path)
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .body(Body::empty())
            .unwrap()
    };
    let answer = world.send(preflight(world.endpoint("token"))).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let answer = world.send(preflight(world.endpoint("authorize"))).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");

    // A refusal can be read by scripts as well.
    let refused = Request::post(world.endpoint("token"))
        .header("origin", "https://app.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, basic("x", "y"))
        .body(Body::from("grant_type=client_credentials"));
    let refused = world
        .send(refused.unwrap())
        .await
        .expect(StatusCode::UNAUTHORIZED);
    assert_eq!(
        refused.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(
        refused.header("access-control-expose-headers"),
        "correlation-id"
    );
}

#[tokio::test]
async fn a_next_key_is_published_a_day_before_it_signs_and_the_old_one_stays() {
    const DAY: i64 = 24 * 60 * 60;
    let world = World::new().await;
    let kids = async || {
        let set = world
            .get(&world.endpoint("jwks"))
            .await
            .expect(StatusCode::OK)
            .json();
        let keys = set["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let signed_by = async || {
        let form = [("grant_type", "client_credentials")];
        let answer = world.post_as_client(&world.endpoint("token"), &form).await;
        let token = answer.expect(StatusCode::OK).json()["access_token"].clone();
        header(token.as_str().unwrap())["kid"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = kids().await;
    world.advance(89 * DAY + 60);
    let both = kids().await;
    assert_eq!(both.len(), 2, "{both:?}");
    assert_eq!(
        signed_by().await,
        first[0],
        "the next one is only published yet"
    );
    world.advance(2 * DAY);
    assert_eq!(kids().await, both);
    assert_eq!(signed_by().await, both[1]);
    world.advance(61 * DAY);
    assert_eq!(kids().await, [both[1].clone()]);
}
