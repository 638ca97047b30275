//! An environment that is down, busy, silent or out of its mind: the page says so and offers to
//! try again. Never a 500.

use crate::fake::Mood;
use crate::site::Site;

#[tokio::test]
async fn pages_say_so_and_offer_to_try_again() {
    for (mood, expected) in [(Mood::Down, 503), (Mood::Busy, 503), (Mood::Nonsense, 502)] {
        let site = Site::start().await;
        let ada = site.signed_on("ada").await;
        site.fake.world().mood = mood;
        for path in ["/user/info", "/password/change"] {
            let page = ada.get(path).await.expect(expected);
            assert!(
                page.has(&format!("href=\"{path}\"")),
                "{mood:?} {path}: {}",
                page.body
            );
            assert!(!page.has("127.0.0.1"), "production shows no cause");
        }
        let visitor = site.browser();
        let page = visitor.get("/register").await.expect(expected);
        assert_eq!(
            page.headers.contains_key("retry-after"),
            mood == Mood::Busy,
            "{mood:?}"
        );
        visitor
            .post("/password/forgot", &[("username", "ada")])
            .await
            .expect(expected);
        ada.get("/").await.expect(200);
    }
}

#[tokio::test]
async fn a_sign_on_that_the_provider_cannot_finish_can_be_begun_again() {
    let site = Site::start().await;
    let browser = site.browser();
    let begun = browser.get("/login").await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    site.fake.world().mood = Mood::Down;
    let page = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(503);
    assert!(page.has("href=\"/login\""), "{}", page.body);
    assert!(!page.headers.contains_key("retry-after"));

    site.fake.world().mood = Mood::Well;
    let begun = browser.get("/login").await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    site.fake.world().mood = Mood::Busy;
    let page = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(503);
    assert_eq!(page.headers["retry-after"], "30");
    site.fake.world().mood = Mood::Well;
    // The state was used up all the same.
    browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(400);
    site.sign_on(&browser, "ada").await.expect(303);
}

#[tokio::test]
async fn development_shows_the_causes_without_secrets() {
    let site = Site::with(|settings| settings.mode = ui::Mode::Development).await;
    site.fake.world().mood = Mood::Nonsense;
    let page = site.browser().get("/login").await.expect(502);
    assert!(page.has("class=\"causes\""), "{}", page.body);
    assert!(!page.has("the-application") && !page.has("the-worker"));
}
