//! Who is asking.

use std::collections::HashMap;

use http::Request;
use jiff::SignedDuration;
use url::Url;

use crate::provider::{Browser, Provider};

#[tokio::test]
async fn a_page_for_users_leads_to_the_provider_and_back() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    assert!(browser.get("/").await.body.contains("Nobody is here"));
    let asked = browser.get("/me?tab=2").await;
    assert_eq!(
        (asked.status, asked.location()),
        (303, "/login?return_to=%2Fme%3Ftab%3D2")
    );
    let back = browser.sign_on(&provider, asked.location()).await;
    assert_eq!((back.status, back.location()), (303, "/me?tab=2"));
    assert!(browser.get("/me").await.body.contains("Ada &lt;Lovelace>"));
    assert!(browser.get("/").await.body.contains("Hello Ada"));
}

#[tokio::test]
async fn a_script_that_asks_for_data_is_not_sent_away() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    let asked = browser
        .send(Request::get("/me").header("accept", "application/json"))
        .await;
    assert_eq!(asked.status, 401);
}

#[tokio::test]
async fn recently_means_that_the_provider_asked_for_the_password_lately() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    browser.sign_on(&provider, "/login").await;
    assert_eq!(browser.get("/keys").await.status, 200);
    provider.clock().advance(SignedDuration::from_mins(5));
    assert_eq!(browser.get("/me").await.status, 200);
    let asked = browser.get("/keys").await;
    assert_eq!(asked.location(), "/login?return_to=%2Fkeys&fresh=true");
    let begun = Url::parse(browser.get(asked.location()).await.location()).unwrap();
    let query: HashMap<_, _> = begun.query_pairs().into_owned().collect();
    assert_eq!(
        (query["prompt"].as_str(), query["max_age"].as_str()),
        ("login", "0")
    );
    let back = browser.sign_on(&provider, asked.location()).await;
    assert_eq!(back.location(), "/keys");
    assert_eq!(browser.get("/keys").await.status, 200);
}

#[tokio::test]
async fn signing_off_works_where_the_provider_has_no_end_session_endpoint() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    assert_eq!(browser.get("/logout").await.location(), "/");
    browser.sign_on(&provider, "/login").await;
    let asked = browser.get("/logout").await;
    assert!(
        asked
            .body
            .contains("<form method=\"post\" action=\"/logout\">")
    );
    assert_eq!(browser.get("/me").await.status, 200, "a GET ends nothing");
    let elsewhere = Request::post("/logout").header("sec-fetch-site", "cross-site");
    assert_eq!(browser.send(elsewhere).await.status, 403);
    let left = browser.send(Request::post("/logout")).await;
    assert_eq!((left.status, left.location()), (303, "/"));
    assert_eq!(browser.get("/me").await.status, 303);
}

#[tokio::test]
async fn a_failed_sign_on_is_a_page_without_the_providers_text() {
    let provider = Provider::start().await;
    let browser = Browser::new(provider.app());
    let failed = browser
        .get("/callback?error=%3Cb%3E&error_description=%3Cb%3E&state=x")
        .await;
    assert_eq!(failed.status, 400);
    assert!(failed.body.contains("href=\"/login\"") && !failed.body.contains("<b>"));
}
