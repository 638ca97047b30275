//! What a browser may do that no application plans for, and where it leads.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::response::{IntoResponse as _, Response};
use http::Request;
use jiff::SignedDuration;
use pingone::auth::RedirectUri;
use pingone_axum::{PageRequest, Pages, PlainPages, SignOn, SignOnFailure, SignOnSettings};
use serde_json::json;

use crate::provider::{Browser, Provider};

#[tokio::test]
async fn a_head_request_begins_redeems_and_ends_nothing() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    let begun = browser.send(Request::head("/login")).await;
    assert_eq!(begun.status, 200);
    assert!(!begun.headers.contains_key("set-cookie"), "nothing is kept");

    let begun = browser.get("/login?return_to=/me").await;
    let callback = provider.callback(begun.location());
    let looked_at = browser.send(Request::head(&callback)).await;
    assert_eq!(looked_at.status, 200);
    assert_eq!(browser.get("/me").await.status, 303, "nobody is signed on");
    let redeemed = browser.get(&callback).await;
    assert_eq!((redeemed.status, redeemed.location()), (303, "/me"));

    browser.send(Request::head("/logout")).await;
    assert_eq!(
        browser.get("/me").await.status,
        200,
        "and nobody signed off"
    );
}

#[tokio::test]
async fn an_answer_that_was_used_leads_on_to_its_page_whoever_is_signed_on() {
    let provider = Provider::start().await;
    let app = provider.app();
    let (browser, other) = (Browser::new(app.clone()), Browser::new(app));
    let begun = browser.get("/login?return_to=/me").await;
    let callback = provider.callback(begun.location());
    assert_eq!(browser.get(&callback).await.status, 303);
    let again = browser.get(&callback).await;
    assert_eq!((again.status, again.location()), (303, "/me"));
    assert_eq!(browser.get("/me").await.status, 200);

    let elsewhere = other.get(&callback).await;
    assert_eq!(elsewhere.location(), "/", "no page of somebody else's");
    assert_eq!(
        other.get("/me").await.status,
        303,
        "and nobody is signed on"
    );
}

#[tokio::test]
async fn a_stranger_with_an_unknown_answer_gets_a_page_that_begins_a_sign_on() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    for answer in ["code=code-0&state=made-up", "code=code-0"] {
        let page = browser.get(&format!("/callback?{answer}")).await;
        assert_eq!(page.status, 400, "{answer}");
        assert!(page.body.contains("href=\"/login\""), "{}", page.body);
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_begins_anew_for_the_same_page() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    let begun = browser.get("/login?return_to=/me%3Ftab%3D2").await;
    let callback = provider.callback(begun.location());
    provider.clock().advance(SignedDuration::from_mins(31));
    let late = browser.get(&callback).await;
    assert_eq!(
        (late.status, late.location()),
        (303, "/login?return_to=%2Fme%3Ftab%3D2")
    );
    let back = browser.sign_on(&provider, late.location()).await;
    assert_eq!(back.location(), "/me?tab=2");
}

#[tokio::test]
async fn the_oldest_of_too_many_tabs_leads_on_and_the_newest_signs_on() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    let mut tabs = Vec::new();
    for n in 0..12 {
        let begun = browser
            .get(&format!("/login?return_to=/me%3Ftab%3D{n}"))
            .await;
        tabs.push(provider.callback(begun.location()));
    }
    let oldest = browser.get(&tabs[0]).await;
    assert!(oldest.body.contains("href=\"/login\""), "a way on");
    assert_eq!(browser.get(&tabs[11]).await.location(), "/me?tab=11");
    assert_eq!(
        browser.get(&tabs[1]).await.location(),
        "/",
        "signed on already"
    );
}

#[tokio::test]
async fn tabs_that_begin_at_the_same_moment_are_all_kept() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    // A session to begin them in.
    browser.get("/login").await;
    let (one, two, three) = tokio::join!(
        browser.get("/login?return_to=/me%3Ftab%3D1"),
        browser.get("/login?return_to=/me%3Ftab%3D2"),
        browser.get("/login?return_to=/me%3Ftab%3D3"),
    );
    for (begun, page) in [(one, "/me?tab=1"), (two, "/me?tab=2"), (three, "/me?tab=3")] {
        let back = browser.get(&provider.callback(begun.location())).await;
        assert_eq!((back.status, back.location()), (303, page));
    }
}

#[tokio::test]
async fn signing_off_posts_the_id_token_and_puts_it_into_no_address() {
    let provider = Provider::start().await;
    let address = format!("{}/signoff", provider.issuer());
    provider.describe(&json!({"end_session_endpoint": address}));
    let browser = Browser::new(provider.app());
    browser.sign_on(&provider, "/login").await;
    let leaving = browser.send(Request::post("/logout")).await;
    assert_eq!(
        (leaving.status, &leaving.headers["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    assert!(leaving.body.contains("method=\"post\"") && leaving.body.contains("/signoff\">"));
    assert!(leaving.body.contains("name=\"id_token_hint\" value=\"ey"));
    assert!(!leaving.headers.contains_key("location"));
    assert_eq!(
        browser.get("/me").await.status,
        303,
        "it has ended here already"
    );
}

/// Pages that remember why a sign-on failed.
#[derive(Clone, Debug, Default)]
struct Witness(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Pages for Witness {
    async fn ask_sign_off(&self, request: PageRequest<'_>) -> Response {
        PlainPages.ask_sign_off(request).await
    }

    async fn failed(&self, failure: SignOnFailure, _request: PageRequest<'_>) -> Response {
        let mut chain = vec![failure.to_string()];
        let mut cause = std::error::Error::source(&failure);
        while let Some(error) = cause {
            chain.push(error.to_string());
            cause = error.source();
        }
        self.0.lock().unwrap().push(chain.join(": "));
        failure.status().into_response()
    }

    async fn fragment(&self, request: PageRequest<'_>) -> Response {
        PlainPages.fragment(request).await
    }
}

fn watched(provider: &Provider) -> (Browser, Witness) {
    let witness = Witness::default();
    let redirect_uri = RedirectUri::parse("http://localhost:3000/callback").unwrap();
    let sign_on = SignOn::builder(provider.client(), SignOnSettings::new(redirect_uri))
        .pages(witness.clone())
        .build()
        .unwrap();
    let app: Router = sign_on.router().layer(sign_on.session_layer());
    (Browser::new(app), witness)
}

#[tokio::test]
async fn the_cause_of_a_refused_id_token_reaches_the_applications_page() {
    let provider = Provider::start().await;
    provider.claim("aud", "somebody else");
    let (browser, witness) = watched(&provider);
    let failed = browser.sign_on(&provider, "/login").await;
    assert_eq!(
        failed.status, 502,
        "the provider is at fault, not the person"
    );
    let causes = witness.0.lock().unwrap().join("\n");
    assert!(causes.contains("is not for client `example`"), "{causes}");
    assert!(!causes.contains("eyJ"), "no token in it: {causes}");
}

#[tokio::test]
async fn the_cause_of_a_refused_discovery_document_reaches_the_applications_page() {
    let provider = Provider::start().await;
    provider.describe(&json!({"issuer": "https://op.example"}));
    let (browser, witness) = watched(&provider);
    assert_eq!(browser.get("/login").await.status, 502);
    let causes = witness.0.lock().unwrap().join("\n");
    assert!(
        causes.contains("names the issuer `https://op.example`"),
        "{causes}"
    );
}
