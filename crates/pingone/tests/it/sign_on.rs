//! Whole sign-ons, and what is done with the tokens afterwards.

use fakes::provider::{Answer, Endpoint};
use jiff::SignedDuration;
use pingone::auth::{
    Client, EndSession, IdTokenError, OAuthErrorCode, OriginalIdToken, PendingAuthorization,
    Prompt, RedirectUri, ResponseMode, Scopes, TokenRef, Tokens,
};
use pingone::{
    AccessToken, ClientAuthentication, ClientSecret, Credentials, Error, ErrorKind, RefreshToken,
};
use protocol::jose::{Algorithm, left_half_hash};
use protocol::oauth::CodeVerifier;
use serde_json::{Value, json};

use crate::provider::*;
use crate::service::{everything_about, transport};

/// Signs on with a code; `change` spoils the ID token's claims.
async fn sign_on(change: impl FnOnce(&mut Value)) -> Result<Tokens, Error> {
    let provider = Provider::start().await;
    let client = provider.client();
    let authorization = client.authorize(&request()).await?;
    let mut claims = provider.claims(&sent(&authorization, "nonce").unwrap());
    change(&mut claims);
    provider.issue(tokens(&key(0).sign(&claims).unwrap()));
    let params = callback(&authorization, &[("code", "c1")]);
    client
        .complete(client.receive(authorization.pending, &params)?)
        .await
}

#[tokio::test]
async fn a_code_becomes_tokens() {
    let provider = Provider::start().await;
    let client = provider.client();
    let authorization = client.authorize(&request()).await.unwrap();
    for (name, value) in [
        ("response_type", Some("code")),
        ("client_id", Some(CLIENT_ID)),
        ("redirect_uri", Some(REDIRECT_URI)),
        ("scope", Some("openid profile")),
        ("code_challenge_method", Some("S256")),
        ("prompt", None),
        ("max_age", None),
        ("response_mode", None),
    ] {
        assert_eq!(sent(&authorization, name).as_deref(), value, "{name}");
    }
    let challenge = sent(&authorization, "code_challenge").unwrap();
    let nonce = sent(&authorization, "nonce").unwrap();
    provider.issue(tokens(&provider.id_token(&nonce)));
    let params = callback(&authorization, &[("code", "c1")]);
    let response = client.receive(authorization.pending, &params).unwrap();
    let tokens = client.complete(response).await.unwrap();

    assert_eq!(
        tokens.access_token.as_ref().unwrap().expose(),
        "access-hush"
    );
    assert_eq!(
        tokens.refresh_token.as_ref().unwrap().expose(),
        "refresh-hush"
    );
    assert_eq!(
        tokens.expires_at,
        Some(provider.now() + SignedDuration::from_secs(3600))
    );
    assert_eq!(tokens.scopes.to_string(), "openid profile");
    assert_eq!(tokens.identity.as_ref().unwrap().claims.subject(), "ada");
    assert!(!format!("{tokens:?}").contains("hush"));

    let form = provider.requests(Endpoint::Token)[0].form();
    assert_eq!(form.find("grant_type"), Some("authorization_code"));
    assert_eq!(form.find("code"), Some("c1"));
    assert_eq!(form.find("redirect_uri"), Some(REDIRECT_URI));
    assert_eq!(form.find("client_secret"), None);
    let verifier = CodeVerifier::parse(form.find("code_verifier").unwrap()).unwrap();
    assert_eq!(verifier.challenge().as_str(), challenge);
}

#[tokio::test]
async fn everything_that_can_be_asked_for_is_sent() {
    let client = Provider::start().await.client();
    let request = request()
        .prompts([Prompt::Login, Prompt::Consent])
        .max_age(SignedDuration::from_secs(0))
        .acr_values("Multi_Factor")
        .login_hint("ada & co")
        .response_mode(ResponseMode::FormPost)
        .additional("ui_locales", "de");
    let authorization = client.authorize(&request).await.unwrap();
    for (name, value) in [
        ("prompt", "login consent"),
        ("max_age", "0"),
        ("acr_values", "Multi_Factor"),
        ("login_hint", "ada & co"),
        ("response_mode", "form_post"),
        ("ui_locales", "de"),
    ] {
        assert_eq!(sent(&authorization, name).as_deref(), Some(value));
    }
}

#[tokio::test]
async fn requests_that_contradict_themselves_are_not_begun() {
    let client = Provider::start().await.client();
    for request in [
        request().additional("state", "mine"),
        request().prompts([Prompt::None, Prompt::Login]),
        request().max_age(SignedDuration::from_secs(-1)),
        request_for("id_token").scopes(Scopes::parse("profile").unwrap()),
        request_for("token id_token").response_mode(ResponseMode::Query),
    ] {
        let error = client.authorize(&request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SetUp, "{error}");
    }
}

#[tokio::test]
async fn no_two_requests_share_a_state_or_nonce() {
    let client = Provider::start().await.client();
    let (one, two) = (
        client.authorize(&request()).await.unwrap(),
        client.authorize(&request()).await.unwrap(),
    );
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(sent(&one, name), sent(&two, name));
    }
}

#[tokio::test]
async fn what_is_kept_survives_being_stored_and_shows_nothing() {
    let client = Provider::start().await.client();
    let authorization = client.authorize(&request()).await.unwrap();
    let stored = serde_json::to_string(&authorization.pending).unwrap();
    let restored: PendingAuthorization = serde_json::from_str(&stored).unwrap();
    assert_eq!(restored.state(), authorization.pending.state());
    assert!(!format!("{restored:?}").contains(restored.state()));
}

/// Defect 3 of the origin samples: claims were read without verification.
#[tokio::test]
async fn an_id_token_with_one_wrong_claim_signs_nobody_on() {
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("other-client")),
        ("nonce", json!("another")),
        ("exp", json!(1)),
        ("iat", json!(9_999_999_999_i64)),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("sub", Value::Null),
    ] {
        let error = sign_on(|claims| claims[name] = value.clone())
            .await
            .unwrap_err();
        assert!(
            error.is_untrusted() && error.id_token().is_some(),
            "{name}: {error}"
        );
    }
    assert!(sign_on(|_| {}).await.is_ok());
}

#[tokio::test]
async fn a_sign_on_without_an_id_token_is_refused() {
    let provider = Provider::start().await;
    let client = provider.client();
    let authorization = client.authorize(&request()).await.unwrap();
    provider.issue(json!({"access_token": "a", "token_type": "bearer"}));
    let params = callback(&authorization, &[("code", "c1")]);
    let response = client.receive(authorization.pending, &params).unwrap();
    let error = client.complete(response).await.unwrap_err();
    assert!(error.to_string().contains("no ID token"), "{error}");
}

#[tokio::test]
async fn max_age_is_held_against_the_id_token() {
    let provider = Provider::start().await;
    let client = provider.client();
    let request = request().max_age(SignedDuration::from_secs(10));
    let authorization = client.authorize(&request).await.unwrap();
    let mut claims = provider.claims(&sent(&authorization, "nonce").unwrap());
    claims["auth_time"] = json!(provider.now().as_second() - 3600);
    provider.issue(tokens(&key(0).sign(&claims).unwrap()));
    let params = callback(&authorization, &[("code", "c1")]);
    let response = client.receive(authorization.pending, &params).unwrap();
    let error = client.complete(response).await.unwrap_err();
    assert!(matches!(
        error.id_token(),
        Some(IdTokenError::AuthenticationTooOld { .. })
    ));
}

#[tokio::test]
async fn a_code_is_sent_once_even_if_the_answer_is_lost() {
    let provider = Provider::start().await;
    let client = provider.client();
    let authorization = client.authorize(&request()).await.unwrap();
    provider.answer(Endpoint::Token, Answer::Status(503));
    let params = callback(&authorization, &[("code", "c1")]);
    let response = client.receive(authorization.pending, &params).unwrap();
    assert!(
        client
            .complete(response)
            .await
            .unwrap_err()
            .is_unavailable()
    );
    assert_eq!(provider.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn a_used_code_means_to_begin_again() {
    let provider = Provider::start().await;
    let client = provider.client();
    let authorization = client.authorize(&request()).await.unwrap();
    let body = json!({"error": "invalid_grant", "error_description": "It was used before."});
    provider.answer(Endpoint::Token, Answer::Json(400, body));
    let params = callback(&authorization, &[("code", "code-hush")]);
    let response = client.receive(authorization.pending, &params).unwrap();
    let error = client.complete(response).await.unwrap_err();
    assert!(error.is_invalid_grant() && error.is_oauth(&OAuthErrorCode::InvalidGrant));
    assert!(!everything_about(&error).contains("hush"));
}

/// `token id_token`: what came through the browser, with `change` applied to the claims.
async fn implicit(change: impl FnOnce(&mut Value)) -> Result<Tokens, Error> {
    let provider = Provider::start().await;
    let client = provider.client();
    let authorization = client.authorize(&request_for("token id_token")).await?;
    assert_eq!(sent(&authorization, "code_challenge"), None);
    let mut claims = provider.claims(&sent(&authorization, "nonce").unwrap());
    claims["at_hash"] = json!(left_half_hash(Algorithm::RS256, "front-token"));
    change(&mut claims);
    let id_token = key(0).sign(&claims).unwrap();
    let params = callback(
        &authorization,
        &[
            ("access_token", "front-token"),
            ("token_type", "Bearer"),
            ("expires_in", "60"),
            ("id_token", &id_token),
        ],
    );
    let result = client
        .complete(client.receive(authorization.pending, &params)?)
        .await;
    assert_eq!(provider.count(Endpoint::Token), 0);
    result
}

#[tokio::test]
async fn tokens_from_the_browser_are_bound_to_their_id_token() {
    let tokens = implicit(|_| {}).await.unwrap();
    assert_eq!(tokens.access_token.unwrap().expose(), "front-token");
    assert!(tokens.refresh_token.is_none() && tokens.identity.is_some());

    let swapped = implicit(|claims| {
        claims["at_hash"] = json!(left_half_hash(Algorithm::RS256, "other-token"));
    });
    assert!(swapped.await.unwrap_err().is_untrusted());
    let unbound = implicit(|claims| claims["at_hash"] = Value::Null);
    let error = unbound.await.unwrap_err();
    assert!(matches!(
        error.id_token(),
        Some(IdTokenError::MissingAccessTokenHash)
    ));
}

#[tokio::test]
async fn a_code_that_was_slipped_in_is_not_sent() {
    for (hashed, is_good) in [("c1", true), ("another-code", false)] {
        let provider = Provider::start().await;
        let client = provider.client();
        let authorization = client
            .authorize(&request_for("code id_token"))
            .await
            .unwrap();
        let nonce = sent(&authorization, "nonce").unwrap();
        let mut claims = provider.claims(&nonce);
        claims["c_hash"] = json!(left_half_hash(Algorithm::RS256, hashed));
        provider.issue(tokens(&provider.id_token(&nonce)));
        let id_token = key(0).sign(&claims).unwrap();
        let params = callback(&authorization, &[("code", "c1"), ("id_token", &id_token)]);
        let response = client.receive(authorization.pending, &params).unwrap();
        let result = client.complete(response).await;
        assert_eq!(result.is_ok(), is_good, "{result:?}");
        assert_eq!(provider.count(Endpoint::Token), usize::from(is_good));
    }
}

#[tokio::test]
async fn both_id_tokens_of_a_hybrid_answer_are_about_one_user() {
    let provider = Provider::start().await;
    let client = provider.client();
    let authorization = client
        .authorize(&request_for("code id_token"))
        .await
        .unwrap();
    let nonce = sent(&authorization, "nonce").unwrap();
    let mut claims = provider.claims(&nonce);
    claims["c_hash"] = json!(left_half_hash(Algorithm::RS256, "c1"));
    let first = key(0).sign(&claims).unwrap();
    claims["sub"] = json!("eve");
    provider.issue(tokens(&key(0).sign(&claims).unwrap()));
    let params = callback(&authorization, &[("code", "c1"), ("id_token", &first)]);
    let response = client.receive(authorization.pending, &params).unwrap();
    assert!(client.complete(response).await.unwrap_err().is_untrusted());
}

#[tokio::test]
async fn each_method_of_client_authentication_is_used_as_configured() {
    let secret = || ClientSecret::new("s");
    for (authentication, has_header, client_id, client_secret) in [
        (
            ClientAuthentication::ClientSecretBasic(secret()),
            true,
            None,
            None,
        ),
        (
            ClientAuthentication::ClientSecretPost(secret()),
            false,
            Some("app"),
            Some("s"),
        ),
        (ClientAuthentication::None, false, Some("app"), None),
    ] {
        let provider = Provider::start().await;
        provider.issue(json!({"access_token": "a", "token_type": "Bearer"}));
        let client = provider.client_with(Credentials::new("app", authentication), transport());
        let tokens = client
            .client_credentials(&Scopes::parse("read").unwrap())
            .await
            .unwrap();
        assert!(tokens.identity.is_none() && tokens.scopes.contains("read"));
        let requests = provider.requests(Endpoint::Token);
        let request = requests.last().unwrap();
        let form = request.form();
        assert_eq!(request.headers.contains_key("authorization"), has_header);
        assert_eq!(
            (form.find("client_id"), form.find("client_secret")),
            (client_id, client_secret)
        );
        assert_eq!(form.find("scope"), Some("read"));
    }
}

async fn refresh(client: &Client, nonce: Option<&str>) -> Result<Tokens, Error> {
    let first = OriginalIdToken {
        subject: "ada",
        auth_time: None,
        nonce,
    };
    let granted = Scopes::parse("openid").unwrap();
    client
        .refresh(&RefreshToken::new("old-refresh"), &granted, first)
        .await
}

#[tokio::test]
async fn a_refresh_is_about_the_same_user_or_refused() {
    let provider = Provider::start().await;
    provider.issue(tokens(&provider.id_token("n1")));
    let client = provider.client();
    let refreshed = refresh(&client, Some("n1")).await.unwrap();
    assert_eq!(refreshed.refresh_token.unwrap().expose(), "refresh-hush");
    assert!(
        refresh(&client, Some("other"))
            .await
            .unwrap_err()
            .is_untrusted()
    );

    let provider = Provider::start().await;
    let mut claims = provider.claims("n1");
    claims["sub"] = json!("eve");
    provider.issue(tokens(&key(0).sign(&claims).unwrap()));
    let error = refresh(&provider.client(), Some("n1")).await.unwrap_err();
    assert!(matches!(
        error.id_token(),
        Some(IdTokenError::SubjectChanged)
    ));
}

#[tokio::test]
async fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let provider = Provider::start().await;
    provider.issue(json!({"access_token": "a2", "token_type": "Bearer"}));
    let refreshed = refresh(&provider.client(), None).await.unwrap();
    assert_eq!(refreshed.refresh_token.unwrap().expose(), "old-refresh");
    assert!(refreshed.scopes.contains("openid") && refreshed.identity.is_none());
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_refused() {
    let provider = Provider::start().await;
    let body = json!({"sub": "ada", "email": "ada@example.com"});
    provider.answer(Endpoint::Userinfo, Answer::Json(200, body));
    let (client, token) = (provider.client(), AccessToken::new("a"));
    let info = client.userinfo(&token, "ada").await.unwrap();
    assert_eq!(info.claims["email"], "ada@example.com");
    assert!(!format!("{info:?}").contains("example.com"));
    assert!(
        client
            .userinfo(&token, "eve")
            .await
            .unwrap_err()
            .is_untrusted()
    );
}

#[tokio::test]
async fn revoking_succeeds_with_any_2xx_and_introspection_needs_only_active() {
    let provider = Provider::start().await;
    provider.answer(Endpoint::Revocation, Answer::Status(204));
    let inactive = Answer::Json(200, json!({"active": false}));
    provider.answer(Endpoint::Introspection, inactive);
    let (client, token) = (provider.client(), RefreshToken::new("r"));
    client.revoke(TokenRef::Refresh(&token)).await.unwrap();
    assert!(
        !client
            .introspect(TokenRef::Refresh(&token))
            .await
            .unwrap()
            .active
    );
}

/// Defect 15 of the origin samples: the address was glued together and came out as garbage.
#[tokio::test]
async fn the_id_token_of_a_sign_off_stands_in_a_form_and_in_no_address() {
    let client = Provider::start().await.client();
    let end = EndSession::new()
        .id_token_hint(pingone::IdToken::new("a.b.c"))
        .post_logout_redirect_uri(RedirectUri::parse("https://app.example/bye?x=1&y=2").unwrap())
        .state("s & t");
    let form = client.end_session_form(&end).await.unwrap().unwrap();
    assert_eq!(form.action().query(), None);
    let fields: Vec<_> = form.fields().collect();
    let expected = [
        ("client_id", CLIENT_ID),
        ("id_token_hint", "a.b.c"),
        (
            "post_logout_redirect_uri",
            "https://app.example/bye?x=1&y=2",
        ),
        ("state", "s & t"),
    ];
    assert_eq!(fields, expected);
    assert!(!format!("{form:?}").contains("a.b.c"));
}
