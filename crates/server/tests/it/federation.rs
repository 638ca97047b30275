//! Signing on by an identity provider that is another environment of the same process.

use std::path::Path;

use jiff::SignedDuration;
use latchkey::seed::Seed;
use serde_json::{Value, json};
use testkit::{Browser, Method, Page, Person, System, claims, give_credentials};

const CLIENT: (&str, &str) = (
    "7c1f0d52-6a0e-4b3c-8d7e-2f5a9b1c0e03",
    "shop-secret-of-the-example",
);
const CALLBACK: &str = "http://localhost:3000/callback";
const HARBOUR: &str = "7c1f0d52-6a0e-4b3c-8d7e-2f5a9b1c0e02";
const GRACE_THERE: &str = "7c1f0d52-6a0e-4b3c-8d7e-2f5a9b1c0e05";

async fn with_a_harbour() -> System {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/federation.toml");
    let seed = Seed::read(&file).unwrap();
    let system = System::prepare().seed(seed);
    system.set("control.listen", "localhost:0").start().await
}

async fn tell(system: &System, path: &str, body: &Value) {
    let url = format!("{}{path}", system.env().control_url);
    let request = Browser::plain().request(Method::POST, url);
    let status = request.json(body).send().await.status;
    assert!(status.is_success(), "{path}: {status}");
}

/// Sends somebody to the shop's sign-on, which is the harbour's, and lets them give their password
/// there; what they see next.
async fn sign_on_at_the_harbour(system: &System, browser: &Browser) -> Page {
    let mut url = system.auth("as/authorize");
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", CLIENT.0)
        .append_pair("redirect_uri", CALLBACK)
        .append_pair("scope", "openid email");
    let page = browser.open(url).await.expect(200);
    assert!(
        page.url.path().starts_with(&format!("/{HARBOUR}/")),
        "{}",
        page.url
    );
    give_credentials(&page, &Person::new("grace", "Distant-Shore-77")).await
}

/// Follows the page that leads back to the shop, to the tokens.
async fn tokens(system: &System, browser: &Browser, page: &Page) -> Value {
    let refresh = page
        .header("refresh")
        .unwrap_or_else(|| panic!("{}", page.summary()));
    let (_, href) = refresh.split_once("url=").unwrap();
    let there = browser.open(page.url.join(href).unwrap()).await.location();
    let mut answer = there.query_pairs();
    let code = answer.find(|(name, _)| name == "code");
    let code = code.unwrap_or_else(|| panic!("no code: {there}")).1;
    let request = system
        .browser()
        .request(Method::POST, system.auth("as/token"));
    let answer = request
        .basic(CLIENT.0, CLIENT.1)
        .form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
        ])
        .send();
    answer.await.expect(200).json()
}

#[tokio::test]
async fn another_environment_of_the_same_process_signs_people_on() {
    let system = with_a_harbour().await;
    let mut subjects = Vec::new();
    // The same again after everything began anew, which is as if nobody had been here.
    for _ in 0..2 {
        let browser = system.browser().stopping_at(CALLBACK);
        let page = sign_on_at_the_harbour(&system, &browser).await;
        let tokens = tokens(&system, &browser, &page).await;
        let identity = claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(identity["email"], "grace@harbour.example");
        assert_ne!(
            identity["sub"], GRACE_THERE,
            "the shop has users of its own"
        );
        subjects.push(identity["sub"].clone());
        tell(&system, "reset", &json!({})).await;
    }
    assert_ne!(subjects[0], subjects[1], "the first one is still there");
}

#[tokio::test]
async fn a_provider_that_fails_as_a_test_tells_it_to_is_tried_again() {
    let system = with_a_harbour().await;
    let path = format!("/{HARBOUR}/as/token");
    let broken = json!({"path": path, "fault": {"kind": "status", "status": 503}});
    tell(&system, "faults", &broken).await;
    let browser = system.browser().stopping_at(CALLBACK);
    let page = sign_on_at_the_harbour(&system, &browser).await;
    assert!(page.text().contains("did not work"), "{}", page.summary());

    // Signed on at the harbour already, one gets through.
    let page = page.follow_link("Continue with Harbour").await;
    assert!(tokens(&system, &browser, &page).await["id_token"].is_string());

    // Keys that change without a word are fetched again a minute after they were last.
    tell(&system, "keys/change", &json!({"environment": HARBOUR})).await;
    let browser = system.browser().stopping_at(CALLBACK);
    let page = sign_on_at_the_harbour(&system, &browser).await;
    assert!(page.text().contains("did not work"), "{}", page.summary());
    system.advance(SignedDuration::from_mins(1));
    let page = page.follow_link("Continue with Harbour").await;
    assert!(tokens(&system, &browser, &page).await["id_token"].is_string());
}
