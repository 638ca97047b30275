//! Who is asking.

use std::collections::HashMap;

use fakes::Method;
use jiff::SignedDuration;
use url::Url;

use crate::provider::Provider;

#[tokio::test]
async fn a_page_for_users_leads_to_the_provider_and_back() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    assert!(
        browser
            .open_only("/")
            .await
            .body()
            .contains("Nobody is here")
    );
    let asked = browser.open_only("/me?tab=2").await;
    assert_eq!(
        (asked.status.as_u16(), asked.leads_to()),
        (303, "/login?return_to=%2Fme%3Ftab%3D2")
    );
    let back = provider.sign_on(&browser, asked.leads_to()).await;
    assert_eq!((back.status.as_u16(), back.leads_to()), (303, "/me?tab=2"));
    assert!(
        browser
            .open_only("/me")
            .await
            .body()
            .contains("Ada &lt;Lovelace>")
    );
    assert!(browser.open_only("/").await.body().contains("Hello Ada"));
}

#[tokio::test]
async fn a_script_that_asks_for_data_is_not_sent_away() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    let asked = browser
        .request(Method::GET, "/me")
        .header("accept", "application/json")
        .send()
        .await;
    assert_eq!(asked.status.as_u16(), 401);
}

#[tokio::test]
async fn recently_means_that_the_provider_asked_for_the_password_lately() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    provider.sign_on(&browser, "/login").await;
    assert_eq!(browser.open_only("/keys").await.status.as_u16(), 200);
    provider.clock().advance(SignedDuration::from_mins(5));
    assert_eq!(browser.open_only("/me").await.status.as_u16(), 200);
    let asked = browser.open_only("/keys").await;
    assert_eq!(asked.leads_to(), "/login?return_to=%2Fkeys&fresh=true");
    let begun = Url::parse(browser.open_only(asked.leads_to()).await.leads_to()).unwrap();
    let query: HashMap<_, _> = begun.query_pairs().into_owned().collect();
    assert_eq!(
        (query["prompt"].as_str(), query["max_age"].as_str()),
        ("login", "0")
    );
    let back = provider.sign_on(&browser, asked.leads_to()).await;
    assert_eq!(back.leads_to(), "/keys");
    assert_eq!(browser.open_only("/keys").await.status.as_u16(), 200);
}

#[tokio::test]
async fn signing_off_works_where_the_provider_has_no_end_session_endpoint() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    assert_eq!(browser.open_only("/logout").await.leads_to(), "/");
    provider.sign_on(&browser, "/login").await;
    let asked = browser.open_only("/logout").await;
    assert!(
        asked
            .body()
            .contains("<form method=\"post\" action=\"/logout\">")
    );
    assert_eq!(
        browser.open_only("/me").await.status.as_u16(),
        200,
        "a GET ends nothing"
    );
    let elsewhere = browser
        .request(Method::POST, "/logout")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.send().await.status.as_u16(), 403);
    let left = browser.request(Method::POST, "/logout").send().await;
    assert_eq!((left.status.as_u16(), left.leads_to()), (303, "/"));
    assert_eq!(browser.open_only("/me").await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_failed_sign_on_is_a_page_without_the_providers_text() {
    let provider = Provider::start().await;
    let browser = provider.browser();
    let failed = browser
        .open_only("/callback?error=%3Cb%3E&error_description=%3Cb%3E&state=x")
        .await;
    assert_eq!(failed.status.as_u16(), 400);
    assert!(failed.body().contains("href=\"/login\"") && !failed.body().contains("<b>"));
}
