//! The ways to sign on that configuration offers, on the whole system: grant types, response modes,
//! authentication at the token endpoint, the redirect path.

use testkit::{Page, System, give_credentials};

const GRANT_TYPE: &str = "portal.sign_on.grant_type";

/// Signs the demo user on and gives what comes after the password.
async fn after_the_password(system: &System) -> (testkit::Browser, Page) {
    let browser = system.browser();
    let page = browser.open(system.portal("/login")).await;
    let page = give_credentials(&page, &system.demo_user()).await;
    (browser, page)
}

async fn shows_who_is_signed_on(system: &System, browser: &testkit::Browser) {
    let info = browser.open(system.portal("/user/info")).await;
    assert!(info.expect(200).body().contains("demo@example.com"));
}

#[tokio::test]
async fn a_code_is_redeemed_whatever_way_the_portal_proves_who_it_is() {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let system = System::prepare()
            .set("portal.sign_on.token_endpoint_auth_method", method)
            .set("portal.sign_on.redirect_path", "/custom_callback")
            .start()
            .await;
        let (browser, page) = after_the_password(&system).await;
        assert_eq!(page.url, system.portal("/"), "{method}");
        shows_who_is_signed_on(&system, &browser).await;
    }
}

#[tokio::test]
async fn a_code_comes_back_by_form_post() {
    let system = System::prepare()
        .set("portal.sign_on.response_mode", "form_post")
        .start()
        .await;
    let (browser, page) = after_the_password(&system).await;
    // Without script a person presses the button of the page that carries the answer.
    page.form_with("code").submit().await.expect(200);
    shows_who_is_signed_on(&system, &browser).await;
}

#[tokio::test]
async fn implicit_tokens_come_back_by_form_post() {
    let system = System::prepare()
        .set(GRANT_TYPE, "implicit")
        .set("portal.sign_on.response_mode", "form_post")
        .start()
        .await;
    let (browser, page) = after_the_password(&system).await;
    page.form_with("id_token").submit().await.expect(200);
    shows_who_is_signed_on(&system, &browser).await;
}

#[tokio::test]
async fn implicit_tokens_come_back_in_the_fragment() {
    let system = System::prepare().set(GRANT_TYPE, "implicit").start().await;
    let (browser, page) = after_the_password(&system).await;
    let fragment = page
        .url
        .fragment()
        .expect("the answer is in the fragment")
        .to_owned();
    assert!(
        fragment.starts_with("access_token="),
        "clients look for it there first"
    );
    assert!(
        page.url.query().is_none(),
        "no token in what servers see and log"
    );
    // What the page's own script does: the fragment, sent to the same address as a form.
    let callback = system.portal("/callback");
    browser
        .request(testkit::Method::POST, callback.as_str())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(fragment)
        .send()
        .await
        .expect(303);
    shows_who_is_signed_on(&system, &browser).await;
}

#[tokio::test]
async fn an_application_that_signs_itself_on_has_no_user() {
    let system = System::prepare()
        .set(GRANT_TYPE, "client_credentials")
        .start()
        .await;
    let browser = system.browser();
    let home = browser.open(system.portal("/login")).await.expect(200);
    assert!(
        home.text().contains("no user is present"),
        "{}",
        home.text()
    );
    let refused = browser.open(system.portal("/user/info")).await.expect(403);
    assert!(
        refused
            .text()
            .contains("there is no user whose page this could be")
    );
}
