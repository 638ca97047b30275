//! Changing the own password.

use fakes::provider::PASSWORD;

use crate::browser::Page;
use crate::site::Site;

const NEW: &str = "Brave-Horse-Battery-7";

async fn change(site: &Site, current: &str, new: &str, confirm: &str) -> Page {
    let browser = site.signed_on("ada").await;
    let fields = [
        ("currentPassword", current),
        ("password", new),
        ("confirmPassword", confirm),
    ];
    browser.post("/password/change", &fields).await
}

#[tokio::test]
async fn a_user_changes_their_password_with_their_own_token() {
    let site = Site::start().await;
    change(&site, PASSWORD, NEW, NEW).await.expect(303);
    assert_eq!(site.fake.person("ada").unwrap().password, NEW);
}

#[tokio::test]
async fn each_refusal_has_its_own_message() {
    let site = Site::start().await;
    let page = change(&site, "wrong", NEW, NEW).await.expect(422);
    assert!(
        page.error_at("currentPassword")
            .unwrap()
            .contains("4 attempts left"),
        "{}",
        page.body
    );

    let page = change(&site, PASSWORD, "short", "short").await.expect(422);
    let error = page.error_at("password").unwrap();
    assert!(
        error.contains("capital letter") && error.contains("characters"),
        "{error}"
    );
    assert!(
        !page.has("data-verdict=\"unsatisfied\"") && !page.has("data-verdict=\"satisfied\""),
        "an empty field was judged: {}",
        page.body
    );
    assert!(!page.has("id=\"summary\""), "one fault is said once");

    let page = change(&site, PASSWORD, NEW, "other").await.expect(422);
    assert!(page.error_at("confirmPassword").is_some());

    let page = change(&site, PASSWORD, PASSWORD, PASSWORD)
        .await
        .expect(422);
    assert!(
        page.error_at("password")
            .unwrap()
            .contains("same as the current one")
    );

    site.fake
        .change("ada", |person| person.history.push(NEW.to_owned()));
    let page = change(&site, PASSWORD, NEW, NEW).await.expect(422);
    assert!(
        page.error_at("password").unwrap().contains("last"),
        "{}",
        page.body
    );

    site.fake.world().changed_too_young = true;
    let page = change(&site, PASSWORD, NEW, NEW).await.expect(422);
    assert!(page.has("too short a time ago"));

    site.fake.change("ada", |person| person.failures = 5);
    let page = change(&site, PASSWORD, NEW, NEW).await.expect(422);
    assert!(page.has("in 14 minutes"), "{}", page.body);
}

#[tokio::test]
async fn both_new_passwords_survive_a_wrong_current_one() {
    let site = Site::start().await;
    let page = change(&site, "Wrong-Secret-1", NEW, NEW).await.expect(422);
    assert_eq!(page.body.matches(&format!("value=\"{NEW}\"")).count(), 2);
    assert!(!page.has("Wrong-Secret-1"), "{}", page.body);
    assert!(
        page.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("no-store")
    );
    // What is in the field is judged.
    assert!(page.has("data-rule=\"length\" data-verdict=\"satisfied\""));
}

#[tokio::test]
async fn a_password_that_something_is_wrong_with_is_not_sent_back() {
    let site = Site::start().await;
    for (new, confirm) in [("short-Secret", "short-Secret"), ("aaaa", "aaaa")] {
        let page = change(&site, PASSWORD, new, confirm).await.expect(422);
        assert!(page.error_at("password").is_some(), "{}", page.body);
        assert!(!page.has(&format!("value=\"{new}\"")), "{}", page.body);
        assert!(!page.has(PASSWORD), "{}", page.body);
    }
    let page = change(&site, "Wrong-Secret-1", "New-Secret-2", "New-Secret-3")
        .await
        .expect(422);
    assert!(!page.has("-Secret-"), "{}", page.body);
}

#[tokio::test]
async fn a_password_is_judged_while_it_is_typed() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let page = browser
        .post("/password/rules", &[("password", "short")])
        .await
        .expect(200);
    assert!(
        page.has(r#"{"id":"length","verdict":"unsatisfied"}"#),
        "{}",
        page.body
    );
    assert!(
        page.has(r#"{"id":"history","verdict":"notJudged"}"#),
        "{}",
        page.body
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    let fields = [
        ("password", "Sunny-Harbour-43"),
        ("currentPassword", PASSWORD),
    ];
    let page = browser.post("/password/rules", &fields).await.expect(200);
    assert!(
        page.has(r#"{"id":"notSimilarToCurrent","verdict":"unsatisfied"}"#),
        "{}",
        page.body
    );
    browser
        .post_from_elsewhere("/password/rules", "password=x")
        .await
        .expect(403);
}

#[tokio::test]
async fn the_well_known_address_leads_to_the_page() {
    let site = Site::start().await;
    let page = site
        .browser()
        .get("/.well-known/change-password")
        .await
        .expect(303);
    assert_eq!(page.location(), "/password/change");
}
