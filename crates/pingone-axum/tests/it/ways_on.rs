//! What a browser may do that no application plans for, and where it leads.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::response::{IntoResponse as _, Response};
use fakes::{Browser, Method};
use jiff::SignedDuration;
use pingone::auth::RedirectUri;
use pingone_axum::{PageRequest, Pages, PlainPages, SignOn, SignOnFailure, SignOnSettings};
use serde_json::json;

use crate::provider::{Provider, browser};

#[tokio::test]
async fn a_head_request_begins_redeems_and_ends_nothing() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    let begun = browser.request(Method::HEAD, "/login").send().await;
    assert_eq!(begun.status.as_u16(), 200);
    assert!(!begun.headers.contains_key("set-cookie"), "nothing is kept");

    let begun = browser.open_only("/login?return_to=/me").await;
    let callback = provider.callback(begun.leads_to());
    let looked_at = browser.request(Method::HEAD, &callback).send().await;
    assert_eq!(looked_at.status.as_u16(), 200);
    assert_eq!(
        browser.open_only("/me").await.status.as_u16(),
        303,
        "nobody is signed on"
    );
    let redeemed = browser.open_only(&callback).await;
    assert_eq!(
        (redeemed.status.as_u16(), redeemed.leads_to()),
        (303, "/me")
    );

    browser.request(Method::HEAD, "/logout").send().await;
    assert_eq!(
        browser.open_only("/me").await.status.as_u16(),
        200,
        "and nobody signed off"
    );
}

#[tokio::test]
async fn an_answer_that_was_used_leads_on_to_its_page_whoever_is_signed_on() {
    let provider = Provider::start().await;
    let app = provider.app();
    let (browser, other) = (browser(app.clone()), browser(app));
    let begun = browser.open_only("/login?return_to=/me").await;
    let callback = provider.callback(begun.leads_to());
    assert_eq!(browser.open_only(&callback).await.status.as_u16(), 303);
    let again = browser.open_only(&callback).await;
    assert_eq!((again.status.as_u16(), again.leads_to()), (303, "/me"));
    assert_eq!(browser.open_only("/me").await.status.as_u16(), 200);

    let elsewhere = other.open_only(&callback).await;
    assert_eq!(elsewhere.leads_to(), "/", "no page of somebody else's");
    assert_eq!(
        other.open_only("/me").await.status.as_u16(),
        303,
        "and nobody is signed on"
    );
}

#[tokio::test]
async fn a_stranger_with_an_unknown_answer_gets_a_page_that_begins_a_sign_on() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    for answer in ["code=code-0&state=made-up", "code=code-0"] {
        let page = browser.open_only(&format!("/callback?{answer}")).await;
        assert_eq!(page.status.as_u16(), 400, "{answer}");
        assert!(page.body().contains("href=\"/login\""), "{}", page.body());
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_begins_anew_for_the_same_page() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    let begun = browser.open_only("/login?return_to=/me%3Ftab%3D2").await;
    let callback = provider.callback(begun.leads_to());
    provider.clock().advance(SignedDuration::from_mins(31));
    let late = browser.open_only(&callback).await;
    assert_eq!(
        (late.status.as_u16(), late.leads_to()),
        (303, "/login?return_to=%2Fme%3Ftab%3D2")
    );
    let back = provider.sign_on(&browser, late.leads_to()).await;
    assert_eq!(back.leads_to(), "/me?tab=2");
}

#[tokio::test]
async fn the_oldest_of_too_many_tabs_leads_on_and_the_newest_signs_on() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    let mut tabs = Vec::new();
    for n in 0..12 {
        let begun = browser
            .open_only(&format!("/login?return_to=/me%3Ftab%3D{n}"))
            .await;
        tabs.push(provider.callback(begun.leads_to()));
    }
    let oldest = browser.open_only(&tabs[0]).await;
    assert!(oldest.body().contains("href=\"/login\""), "a way on");
    assert_eq!(browser.open_only(&tabs[11]).await.leads_to(), "/me?tab=11");
    assert_eq!(
        browser.open_only(&tabs[1]).await.leads_to(),
        "/",
        "signed on already"
    );
}

#[tokio::test]
async fn tabs_that_begin_at_the_same_moment_are_all_kept() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    // A session to begin them in.
    browser.open_only("/login").await;
    let (one, two, three) = tokio::join!(
        browser.open_only("/login?return_to=/me%3Ftab%3D1"),
        browser.open_only("/login?return_to=/me%3Ftab%3D2"),
        browser.open_only("/login?return_to=/me%3Ftab%3D3"),
    );
    for (begun, page) in [(one, "/me?tab=1"), (two, "/me?tab=2"), (three, "/me?tab=3")] {
        let back = browser
            .open_only(&provider.callback(begun.leads_to()))
            .await;
        assert_eq!((back.status.as_u16(), back.leads_to()), (303, page));
    }
}

#[tokio::test]
async fn signing_off_posts_the_id_token_and_puts_it_into_no_address() {
    let provider = Provider::start().await;
    let address = format!("{}/signoff", provider.issuer());
    provider.describe(&json!({"end_session_endpoint": address}));
    let browser = provider.browser();
    provider.sign_on(&browser, "/login").await;
    let leaving = browser.request(Method::POST, "/logout").send().await;
    assert_eq!(
        (leaving.status.as_u16(), &leaving.headers["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    assert!(leaving.body().contains("method=\"post\"") && leaving.body().contains("/signoff\">"));
    assert!(leaving.body().contains("name=\"id_token_hint\" value=\"ey"));
    assert!(!leaving.headers.contains_key("location"));
    assert_eq!(
        browser.open_only("/me").await.status.as_u16(),
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
    (browser(app), witness)
}

#[tokio::test]
async fn the_cause_of_a_refused_id_token_reaches_the_applications_page() {
    let provider = Provider::start().await;
    provider.claim("aud", "somebody else");
    let (browser, witness) = watched(&provider);
    let failed = provider.sign_on(&browser, "/login").await;
    assert_eq!(
        failed.status.as_u16(),
        502,
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
    assert_eq!(browser.open_only("/login").await.status.as_u16(), 502);
    let causes = witness.0.lock().unwrap().join("\n");
    assert!(
        causes.contains("names the issuer `https://op.example`"),
        "{causes}"
    );
}
