//! The start page, and the frame of all pages.

use jiff::SignedDuration;
use platform::Clock as _;

use crate::site::Site;

#[tokio::test]
async fn it_says_what_can_be_done_and_who_is_signed_on() {
    let site = Site::start().await;
    let page = site.browser().get("/").await.expect(200);
    for path in ["/login", "/register", "/password/forgot"] {
        assert!(page.has(&format!("href=\"{path}\"")), "{path}");
    }
    assert!(
        page.cookies().is_empty(),
        "a visitor who only looks gets no cookie"
    );
    let page = site.signed_on("ada").await.get("/").await.expect(200);
    assert!(
        page.has("You are signed on as ada") || page.has("(ada)"),
        "{}",
        page.body
    );
    assert!(page.has("You have signed on."));
    for path in ["/user/info", "/password/change", "/security", "/data"] {
        assert!(page.has(&format!("href=\"{path}\"")), "{path}");
    }
}

#[tokio::test]
async fn an_unproven_address_needs_attention_until_it_is_proven() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let page = browser.get("/").await.expect(200);
    assert!(page.has("is not confirmed yet"), "{}", page.body);
    site.fake
        .change("ada", |person| person.email_verified = true);
    let page = browser.get("/").await.expect(200);
    assert!(!page.has("is not confirmed yet"), "{}", page.body);
}

#[tokio::test]
async fn a_password_older_than_a_year_needs_attention() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let (year, day) = (365 * 24, 24);
    for (hours, is_old) in [(year - day, false), (year + day, true)] {
        let set_at = site.clock.now() - SignedDuration::from_hours(hours);
        site.fake.change("ada", |person| {
            person.password_set_at = Some(set_at.to_string());
        });
        let page = browser.get("/").await.expect(200);
        let said = page.has("Your password is more than a year old.");
        assert_eq!(said, is_old, "{}", page.body);
    }
}

#[tokio::test]
async fn it_greets_by_the_name_that_the_profile_has_now() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let augusta = Some("Augusta".to_owned());
    site.fake.change("ada", |person| person.given = augusta);
    let page = browser.get("/").await.expect(200);
    assert!(page.has("Hello, Augusta"), "{}", page.body);
    assert!(page.has("You are signed on as Augusta Lovelace"));
}

#[tokio::test]
async fn a_stranger_has_one_button() {
    let site = Site::start().await;
    let page = site.browser().get("/").await.expect(200);
    // Those of the menu, which a phone has above it, are not the page's.
    let content = page.body.split("<main").nth(1).unwrap();
    assert_eq!(content.matches("class=\"button").count(), 1, "{content}");
}

#[tokio::test]
async fn it_names_the_settings_that_are_missing() {
    let site = Site::with(|settings| {
        settings.sign_on.provider = None;
        settings.management = None;
    })
    .await;
    let browser = site.browser();
    let page = browser.get("/").await.expect(200);
    assert!(page.has("portal.sign_on.issuer") && page.has("portal.pingone.worker_client_id"));
    for path in [
        "/login",
        "/user/info",
        "/register",
        "/password/forgot",
        "/password/change",
    ] {
        let page = browser.get(path).await.expect(404);
        assert!(page.has("is not set up here"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn every_page_has_a_strict_policy_that_lets_forms_end_at_the_provider_only() {
    let site = Site::start().await;
    for path in ["/", "/register", "/password/forgot"] {
        let page = site.browser().get(path).await.expect(200);
        let policy = page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let origin = site.fake.base().origin().ascii_serialization();
        assert!(
            policy.ends_with(&format!("form-action 'self' {origin}")),
            "{policy}"
        );
        assert_eq!(page.headers["cache-control"], "no-store");
    }
}
