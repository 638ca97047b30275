//! The discovery document and the provider's keys: fetched, cached, replaced.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fakes::provider::{Answer, ENVIRONMENT, Endpoint};
use futures_util::future::join_all;
use jiff::SignedDuration;
use pingone::auth::{Client, IdTokenError, Tokens};
use pingone::{Error, ErrorKind};
use protocol::jose::TokenError;
use serde_json::json;

use crate::provider::*;

/// Signs on with the response type `id_token`; `sign` makes the token for the nonce.
async fn sign_on(client: &Client, sign: impl FnOnce(&str) -> String) -> Result<Tokens, Error> {
    let authorization = client.authorize(&request_for("id_token")).await?;
    let id_token = sign(&sent(&authorization, "nonce").unwrap());
    let params = callback(&authorization, &[("id_token", &id_token)]);
    client
        .complete(client.receive(authorization.pending, &params)?)
        .await
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_refused() {
    let provider = Provider::start().await;
    provider.describe(&json!({"issuer": format!("{}/", provider.issuer())}));
    let error = provider.client().metadata().await.unwrap_err();
    assert!(error.is_untrusted());
    assert!(
        error.to_string().contains("character by character"),
        "{error}"
    );
}

#[tokio::test]
async fn a_browser_is_never_sent_to_a_script() {
    for name in ["authorization_endpoint", "end_session_endpoint"] {
        let provider = Provider::start().await;
        provider.describe(&json!({name: "javascript:alert(1)"}));
        assert!(
            provider
                .client()
                .metadata()
                .await
                .unwrap_err()
                .is_untrusted(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_discovery_leaves_out_is_missed_only_when_it_is_needed() {
    let provider = Provider::start().await;
    provider.describe(
        &json!({"response_types_supported": null, "end_session_endpoint": null,
            "userinfo_endpoint": null, "token_endpoint_auth_methods_supported": null}),
    );
    let client = provider.client();
    assert!(
        client
            .authorize(&request_for("token id_token"))
            .await
            .is_ok()
    );
    let end = pingone::auth::EndSession::new();
    assert!(client.end_session_form(&end).await.unwrap().is_none());
    let error = client
        .userinfo(&pingone::AccessToken::new("a"), "ada")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SetUp);
}

#[tokio::test]
async fn documents_are_fetched_once_for_any_number_of_sign_ons() {
    let provider = Provider::start().await;
    let client = provider.client();
    let sign_ons = (0..20).map(|_| sign_on(&client, |nonce| provider.id_token(nonce)));
    assert!(
        join_all(sign_ons)
            .await
            .into_iter()
            .all(|result| result.is_ok())
    );
    assert_eq!(provider.count(Endpoint::Keys), 1);
    assert_eq!(provider.count(Endpoint::Discovery), 1);
}

#[tokio::test]
async fn a_replaced_key_is_found_by_fetching_the_keys_again() {
    let provider = Provider::start().await;
    let client = provider.client();
    sign_on(&client, |nonce| provider.id_token(nonce))
        .await
        .unwrap();
    provider.publish(&[key(1), key(0)]);
    let by_new_key = |nonce: &str| key(1).sign(&provider.claims(nonce)).unwrap();
    let sign_ons = (0..20).map(|_| sign_on(&client, by_new_key));
    assert!(
        join_all(sign_ons)
            .await
            .into_iter()
            .all(|result| result.is_ok())
    );
    assert_eq!(provider.count(Endpoint::Keys), 2);
}

/// Defect 4 of the origin samples: the keys were fetched for every callback.
#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_request_a_minute() {
    let provider = Provider::start().await;
    let client = provider.client();
    let forged = |nonce: &str| key(1).sign(&provider.claims(nonce)).unwrap();
    for (seconds, fetched) in [(0, 2), (59, 2), (1, 3)] {
        provider.clock().advance(SignedDuration::from_secs(seconds));
        for result in join_all((0..30).map(|_| sign_on(&client, forged))).await {
            let error = result.unwrap_err();
            let is_unknown = matches!(
                error.id_token(),
                Some(IdTokenError::Token(TokenError::UnknownKey { .. }))
            );
            assert!(is_unknown && error.is_untrusted(), "{error}");
        }
        assert_eq!(
            provider.count(Endpoint::Keys),
            fetched,
            "after {seconds} seconds"
        );
    }
}

#[tokio::test]
async fn the_last_good_keys_last_through_an_outage() {
    let provider = Provider::start().await;
    let client = provider.client();
    sign_on(&client, |nonce| provider.id_token(nonce))
        .await
        .unwrap();
    provider.answer(Endpoint::Any, Answer::Status(404));
    for broken in ["<html>", r#"{"keys":[]}"#] {
        let before = provider.count(Endpoint::Keys);
        provider.answer(Endpoint::Keys, Answer::Text(broken));
        provider.clock().advance(SignedDuration::from_hours(2));
        sign_on(&client, |nonce| provider.id_token(nonce))
            .await
            .unwrap();
        assert!(provider.count(Endpoint::Keys) > before);
    }
}

#[tokio::test]
async fn no_keys_at_all_is_an_outage_and_not_a_forgery() {
    let provider = Provider::start().await;
    provider.answer(Endpoint::Keys, Answer::Status(503));
    let client = provider.client();
    let error = sign_on(&client, |nonce| provider.id_token(nonce))
        .await
        .unwrap_err();
    assert!(error.is_unavailable() && !error.is_untrusted());
}

/// Defect 4 of the origin samples: the token's own header chose the algorithm.
#[tokio::test]
async fn the_tokens_header_does_not_choose_the_algorithm() {
    let provider = Provider::start().await;
    let client = provider.client();
    for algorithm in ["none", "HS256", "RS512"] {
        let forge = |nonce: &str| {
            let header = json!({"alg": algorithm, "kid": key(0).kid()}).to_string();
            let claims = provider.claims(nonce).to_string();
            let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
            format!("{}.{}.{}", part(&header), part(&claims), part("signature"))
        };
        let error = sign_on(&client, forge).await.unwrap_err();
        assert!(error.is_untrusted(), "{algorithm}: {error}");
    }
}

#[tokio::test]
async fn the_issuer_stays_when_connections_go_elsewhere() {
    let provider = Provider::start().await;
    let public = format!("https://public.example/{ENVIRONMENT}/as");
    let issuer = public.as_str();
    provider.describe(&json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
    }));
    let transport = crate::service::transport()
        .clock(platform::clock::as_function(provider.clock().clone()))
        .build()
        .unwrap();
    let issuer = pingone::auth::Issuer::parse(issuer).unwrap();
    let client = Client::builder(issuer, crate::service::worker(), transport)
        .connect_to(provider.base().clone())
        .build();
    let tokens = sign_on(&client, |nonce| {
        let mut claims = provider.claims(nonce);
        claims["iss"] = json!(public);
        key(0).sign(&claims).unwrap()
    });
    assert!(tokens.await.is_ok());
    let url = client.authorize(&request()).await.unwrap().url;
    assert_eq!(url.host_str(), Some("public.example"));
}
