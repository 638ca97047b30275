//! An environment that is down, busy, silent or out of its mind: the page says so and offers to
//! try again. Never a 500.

use fakes::provider::{Answer, Endpoint};

use crate::site::Site;

#[tokio::test]
async fn pages_say_so_and_offer_to_try_again() {
    for (answer, expected) in [
        (Answer::Status(503), 503),
        (Answer::Busy, 503),
        (Answer::Nonsense, 502),
        (Answer::Dropped, 503),
        (Answer::Status(500), 503),
    ] {
        let site = Site::start().await;
        let ada = site.signed_on("ada").await;
        site.fake.answer(Endpoint::Any, answer.clone());
        for path in ["/user/info", "/password/change"] {
            let page = ada.get(path).await.expect(expected);
            assert!(
                page.has(&format!("href=\"{path}\"")),
                "{answer:?} {path}: {}",
                page.body
            );
            assert!(!page.has("127.0.0.1"), "production shows no cause");
        }
        let visitor = site.browser();
        let page = visitor.get("/register").await.expect(expected);
        assert_eq!(
            page.headers.contains_key("retry-after"),
            answer == Answer::Busy,
            "{answer:?}"
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
    site.fake.answer(Endpoint::Any, Answer::Status(503));
    let page = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(503);
    assert!(page.has("href=\"/login\""), "{}", page.body);
    assert!(!page.headers.contains_key("retry-after"));

    site.fake.answer_as_usual();
    let begun = browser.get("/login").await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    site.fake.answer(Endpoint::Any, Answer::Busy);
    let page = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(503);
    assert_eq!(page.headers["retry-after"], "30");
    site.fake.answer_as_usual();
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
    site.fake.answer(Endpoint::Any, Answer::Nonsense);
    let page = site.browser().get("/login").await.expect(502);
    assert!(page.has("class=\"causes\""), "{}", page.body);
    assert!(!page.has("the-application") && !page.has("the-worker"));
}
