//! Recovering a forgotten password.

use crate::browser::{Browser, Page};
use crate::site::Site;

pub(crate) const NEW: &str = "Brave-Horse-Battery-7";

pub(crate) async fn ask(browser: &Browser, username: &str) -> Page {
    browser
        .post("/password/forgot", &[("username", username)])
        .await
}

pub(crate) async fn recover(browser: &Browser, code: &str) -> Page {
    let fields = [
        ("recoveryCode", code),
        ("newPassword", NEW),
        ("confirmPassword", NEW),
    ];
    browser.post("/password/recover", &fields).await
}

#[tokio::test]
async fn a_code_from_the_mail_sets_a_new_password() {
    let site = Site::start().await;
    for name in ["ada", "ADA@example.com"] {
        let browser = site.browser();
        let asked = ask(&browser, name).await.expect(303);
        assert_eq!(asked.location(), "/password/recover");
        browser.get("/password/recover").await.expect(200);
        let code = site.fake.mailed_code("ada").await;
        let (one, two) = code.split_at(4);
        let typed = format!(" {} {two}", one.to_lowercase());
        let done = recover(&browser, &typed).await.expect(303);
        let begun = browser.get(done.location()).await.expect(303).address();
        let hint = begun.query_pairs().find(|(name, _)| name == "login_hint");
        assert_eq!(
            hint.unwrap().1,
            name,
            "the way in is open, with the name in it"
        );
        assert_eq!(site.fake.person("ada").unwrap().password, NEW);
        assert!(browser.get("/").await.has("Your new password is set."));
    }
}

/// The sign-on makes a new session, which keeps nothing else of the one before.
#[tokio::test]
async fn whoever_comes_back_signed_on_reads_once_that_the_new_password_is_set() {
    let site = Site::start().await;
    let browser = site.browser();
    let begun = browser.get("/password/recover").await.expect(303);
    assert_eq!(begun.location(), "/password/forgot");
    ask(&browser, "ada").await.expect(303);
    let code = site.fake.mailed_code("ada").await;
    let done = recover(&browser, &code).await.expect(303);
    let begun = browser.get(done.location()).await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(303);
    let home = browser.get("/").await.expect(200);
    assert!(home.has("Hello, Ada"), "{}", home.body);
    assert!(home.has("Your new password is set."), "{}", home.body);
    let done = home.body.matches("alert-success").count();
    assert_eq!(done, 1, "{}", home.body);
    assert!(!browser.get("/").await.has("Your new password is set."));
}

#[tokio::test]
async fn sending_again_replaces_the_code_and_is_limited() {
    let site = Site::start().await;
    let browser = site.browser();
    ask(&browser, "ada").await.expect(303);
    let first = site.fake.mailed_code("ada").await;
    for n in 1..=5 {
        browser
            .post("/password/recover/resend", &[])
            .await
            .expect(303);
        let page = browser.get("/password/recover").await.expect(200);
        assert_eq!(
            page.has("another one is on its way."),
            n <= 3,
            "{n}: {}",
            page.body
        );
    }
    let mut again = site.fake.mailed_code("ada").await;
    for _ in 0..100 {
        if again != first {
            break;
        }
        tokio::task::yield_now().await;
        again = site.fake.mailed_code("ada").await;
    }
    recover(&browser, &first).await.expect(422);
}

#[tokio::test]
async fn a_refused_password_is_explained_to_the_owner_of_the_code() {
    let site = Site::start().await;
    let browser = site.browser();
    ask(&browser, "ada").await.expect(303);
    let code = site.fake.mailed_code("ada").await;
    let fields = [
        ("recoveryCode", code.as_str()),
        ("newPassword", "a"),
        ("confirmPassword", "a"),
    ];
    let page = browser.post("/password/recover", &fields).await.expect(422);
    assert!(page.error_at("newPassword").is_some() && page.error_at("recoveryCode").is_none());
    assert!(
        page.has(&format!("value=\"{code}\"")),
        "the code stays typed"
    );
    recover(&browser, &code).await.expect(303);
}

#[tokio::test]
async fn both_new_passwords_survive_a_wrong_code() {
    let site = Site::start().await;
    for name in ["ada", "nobody"] {
        let browser = site.browser();
        ask(&browser, name).await.expect(303);
        let page = recover(&browser, "AAAAAAAA").await.expect(422);
        assert!(page.error_at("recoveryCode").is_some(), "{}", page.body);
        assert_eq!(page.body.matches(&format!("value=\"{NEW}\"")).count(), 2);
    }
}

#[tokio::test]
async fn a_password_manager_learns_whose_new_password_it_is() {
    let site = Site::start().await;
    for name in ["ada", "nobody@example.com"] {
        let browser = site.browser();
        ask(&browser, name).await.expect(303);
        let pair = format!("value=\"{name}\" autocomplete=\"username\"");
        for page in [
            browser.get("/password/recover").await.expect(200),
            recover(&browser, "AAAAAAAA").await.expect(422),
        ] {
            assert_eq!(page.body.matches(&pair).count(), 1, "{}", page.body);
        }
    }
}

/// CVE-2026-18963, CVE-2023-26481, CVE-2026-9087: whatever order requests come in, only the code
/// of the person who was asked for, in the browser that asked, sets a password.
#[tokio::test]
async fn no_order_of_requests_recovers_without_the_code() {
    let site = Site::start().await;
    site.fake.add("bob", "bob@example.com");
    let before = || ["ada", "bob"].map(|name| site.fake.person(name).unwrap().password);
    let untouched = before();

    let fresh = site.browser();
    assert_eq!(
        fresh.get("/password/recover").await.expect(303).location(),
        "/password/forgot"
    );
    recover(&fresh, "AAAAAAAA").await.expect(303);
    fresh
        .post("/password/recover/resend", &[])
        .await
        .expect(303);

    // Ada's code in a browser that asked for Bob, and in one that asked for nobody.
    let (ada, bob) = (site.browser(), site.browser());
    ask(&ada, "ada").await.expect(303);
    ask(&bob, "bob").await.expect(303);
    let code = site.fake.mailed_code("ada").await;
    recover(&bob, &code).await.expect(422);
    recover(&fresh, &code).await.expect(303);
    // A name in the form changes nothing.
    let fields = [
        ("recoveryCode", code.as_str()),
        ("newPassword", NEW),
        ("confirmPassword", NEW),
        ("username", "ada"),
        ("userId", "ada"),
    ];
    bob.post("/password/recover", &fields).await.expect(422);
    assert_eq!(before(), untouched);

    // Asking for somebody else replaces the recovery.
    ask(&ada, "bob").await.expect(303);
    recover(&ada, &code).await.expect(422);
    assert_eq!(before(), untouched);
}

#[tokio::test]
async fn after_five_wrong_codes_a_new_one_is_needed() {
    let site = Site::start().await;
    let browser = site.browser();
    ask(&browser, "ada").await.expect(303);
    let code = site.fake.mailed_code("ada").await;
    for n in 1..=5 {
        let page = recover(&browser, "WRONGONE").await.expect(422);
        assert_eq!(
            page.error_at("recoveryCode").unwrap().contains("Too many"),
            n == 5
        );
    }
    recover(&browser, &code).await.expect(422);
}

#[tokio::test]
async fn an_address_recovers_each_account_that_proved_it_and_no_other() {
    let site = Site::start().await;
    let address = "family@example.com";
    for (username, proven) in [("dora", true), ("emil", true), ("thief", false)] {
        site.fake.add(username, address);
        site.fake
            .change(username, |person| person.email_verified = proven);
    }
    // Somebody took the address as a username.
    site.fake.add(address, "thief@example.org");
    let browser = site.browser();
    ask(&browser, address).await.expect(303);
    site.fake.mailed_code("dora").await;
    let code = site.fake.mailed_code("emil").await;
    recover(&browser, &code).await.expect(303);
    let password = |name: &str| site.fake.person(name).unwrap().password;
    assert_eq!(password("emil"), NEW, "whose code it was");
    assert_ne!(password("dora"), NEW);
    for thief in ["thief", address] {
        assert!(site.fake.person(thief).unwrap().code.is_none(), "{thief}");
    }
}
