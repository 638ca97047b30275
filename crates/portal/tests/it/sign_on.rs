//! Signing on and off.

use jiff::SignedDuration;
use portal::GrantType;
use protocol::oauth::{ResponseMode, ResponseType};

use crate::log::Log;
use crate::site::Site;

#[tokio::test]
async fn a_user_signs_on_with_a_code_and_comes_back_to_the_page_that_asked() {
    let site = Site::start().await;
    let browser = site.browser();
    let asked = browser.get("/user/info").await.expect(303);
    assert_eq!(asked.location(), "/login?return_to=%2Fuser%2Finfo");
    let begun = browser.get(asked.location()).await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    let back = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(303);
    assert_eq!(back.location(), "/user/info");
    let page = browser.get("/user/info").await.expect(200);
    assert!(
        page.has("St James&#39;s Square 12") && page.has("preferred_username"),
        "{}",
        page.body
    );
    assert!(
        page.has("<time datetime=\"2026-01-05T10:00:00Z\">"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_access_token_is_never_shown_and_never_in_a_cookie() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    for path in ["/", "/user/info", "/password/change", "/logout"] {
        let page = browser.get(path).await.expect(200);
        assert!(!page.has("opaque-"), "{path}: {}", page.body);
    }
    assert!(!browser.all_cookies().contains("opaque-"));
}

#[tokio::test]
async fn several_tabs_sign_on_at_the_same_time() {
    let site = Site::start().await;
    let browser = site.browser();
    let one = browser.get("/login?return_to=/user/info").await.address();
    let two = browser
        .get("/login?return_to=/password/change")
        .await
        .address();
    let answer = site.fake.authorize(&two, "ada");
    let back = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(303);
    assert_eq!(back.location(), "/password/change");
    let answer = site.fake.authorize(&one, "ada");
    let back = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(303);
    assert_eq!(back.location(), "/user/info");
}

#[tokio::test]
async fn signing_off_ends_the_session_here_and_there() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let asked = browser.get("/logout").await.expect(200);
    assert!(asked.has("<form class=\"actions\" method=\"post\" action=\"/logout\""));
    browser.get("/user/info").await.expect(200);

    let leaving = browser.post("/logout", &[]).await.expect(200);
    assert_eq!(leaving.headers["cache-control"], "no-store");
    let (address, query) = leaving.form_elsewhere();
    assert!(address.path().ends_with("/as/signoff") && address.query().is_none());
    let policy = leaving.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains(&address.origin().ascii_serialization()),
        "{policy}"
    );
    assert_eq!(query["post_logout_redirect_uri"], "https://localhost:8080/");
    assert!(query["id_token_hint"].split('.').count() == 3);
    assert_eq!(site.fake.world().revoked.len(), 1);

    let back = browser
        .get(&format!("/?state={}", query["state"]))
        .await
        .expect(303);
    assert_eq!(back.location(), "/");
    assert!(browser.get("/").await.has("You have signed off."));
    assert!(
        !browser.get("/").await.has("You have signed off."),
        "a message is shown once"
    );
    browser.get("/user/info").await.expect(303);
}

#[tokio::test]
async fn a_foreign_state_does_not_claim_that_somebody_signed_off() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    browser.get("/").await;
    browser.get("/?state=made-up").await.expect(303);
    assert!(!browser.get("/").await.has("You have signed off."));
    browser.get("/user/info").await.expect(200);
}

#[tokio::test]
async fn a_get_signs_nobody_off_and_a_form_of_another_site_neither() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    browser.get("/logout").await.expect(200);
    browser.post_from_elsewhere("/logout", "").await.expect(403);
    browser.get("/user/info").await.expect(200);
}

#[tokio::test]
async fn fifteen_idle_minutes_end_the_session_and_the_form_is_come_back_to() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    site.clock.advance(SignedDuration::from_mins(14));
    browser.get("/password/change").await.expect(200);
    site.clock.advance(SignedDuration::from_mins(15));
    let sent = browser
        .post("/password/change", &[("currentPassword", "x")])
        .await
        .expect(303);
    assert_eq!(sent.location(), "/login?return_to=%2Fpassword%2Fchange");
}

#[tokio::test]
async fn the_implicit_grant_takes_the_answer_out_of_the_fragment() {
    let site = Site::with(|settings| {
        settings.sign_on.grant_type = GrantType::Implicit;
    })
    .await;
    let browser = site.browser();
    let begun = browser.get("/login?return_to=/user/info").await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    let page = browser.get("/callback").await.expect(200);
    assert!(page.has("data-fragment") && page.has("fragment"));
    let back = browser.post_text("/callback", &answer).await.expect(303);
    assert_eq!(back.location(), "/user/info");
    browser.get("/user/info").await.expect(200);
    let again = browser.post_text("/callback", &answer).await;
    assert_eq!(again.expect(303).location(), "/user/info");
}

#[tokio::test]
async fn form_post_works_although_lax_cookies_stay_at_home() {
    let site = Site::with(|settings| {
        let sign_on = &mut settings.sign_on;
        sign_on.grant_type = GrantType::Implicit;
        sign_on.response_mode = Some(ResponseMode::FormPost);
    })
    .await;
    let browser = site.browser();
    let begun = browser.get("/login").await.expect(303);
    let cookies = begun.cookies().join("\n");
    assert!(
        cookies.contains("SameSite=None") && cookies.contains("Secure"),
        "{cookies}"
    );
    let answer = site.fake.authorize(&begun.address(), "ada");

    let stranger = site.browser();
    stranger
        .post_from_elsewhere("/callback", &answer)
        .await
        .expect(400);

    let back = browser
        .post_from_elsewhere("/callback", &answer)
        .await
        .expect(303);
    assert_eq!(back.location(), "/");
    assert!(
        browser.cookie("-sign-on").is_none(),
        "the short session is over"
    );
    browser.get("/user/info").await.expect(200);
    let again = browser.post_from_elsewhere("/callback", &answer).await;
    assert_eq!(again.expect(303).location(), "/");
}

#[tokio::test]
async fn with_client_credentials_no_user_is_present() {
    let site = Site::with(|settings| {
        settings.sign_on.grant_type = GrantType::ClientCredentials;
    })
    .await;
    let browser = site.browser();
    assert!(browser.get("/").await.expect(200).has("no user is present"));
    browser.get("/user/info").await.expect(403);
    let signed_on = browser.get("/login").await.expect(303);
    assert_eq!(signed_on.location(), "/");
    let home = browser.get("/").await.expect(200);
    assert!(home.has("5 January 2026"), "{}", home.body);
    assert!(!home.has(fakes::provider::WORKER_TOKEN));
    browser.get("/login").await.expect(303);
    assert_eq!(
        site.fake.grants("client_credentials"),
        1,
        "the token is shared"
    );
}

#[tokio::test]
async fn prompt_max_age_and_acr_values_are_configuration() {
    let site = Site::with(|settings| {
        let sign_on = &mut settings.sign_on;
        sign_on.prompt = Some("login".to_owned());
        sign_on.max_age_seconds = Some(60);
        sign_on.acr_values = vec!["Multi_Factor".to_owned(), "Single_Factor".to_owned()];
        sign_on.redirect_path = "/custom_callback".to_owned();
    })
    .await;
    let begun = site.browser().get("/login").await.expect(303).address();
    let query: std::collections::HashMap<_, _> = begun.query_pairs().into_owned().collect();
    assert_eq!(query["prompt"], "login");
    assert_eq!(query["max_age"], "60");
    assert_eq!(query["acr_values"], "Multi_Factor Single_Factor");
    assert_eq!(
        query["redirect_uri"],
        "https://localhost:8080/custom_callback"
    );
    assert_eq!(query["code_challenge_method"], "S256");
}

#[tokio::test]
async fn a_redirect_path_that_is_a_page_is_refused_at_start() {
    let site = Site::start().await;
    for (path, is_free) in [
        ("/register", false),
        ("/", false),
        ("/users", false),
        ("/users/x", false),
        ("/users/x/unlock", false),
        ("/assets/x.css", false),
        ("/login", false),
        ("/{x}", false),
        ("/users-callback", true),
        ("/register/callback", true),
    ] {
        let mut settings = site.settings.clone();
        settings.sign_on.redirect_path = path.to_owned();
        let started = portal::Portal::new(settings, site.parts.clone()).await;
        assert_eq!(started.is_ok(), is_free, "{path}");
    }
}

#[tokio::test]
async fn an_id_token_that_proves_nothing_is_the_providers_fault_and_its_cause_is_logged() {
    let site = Site::start().await;
    let log = Log::listen();
    site.fake.claim("aud", "another client");
    let page = site.sign_on(&site.browser(), "ada").await.expect(502);
    assert!(
        page.has("could not be verified") && !page.has("cannot be understood"),
        "{}",
        page.body
    );
    let lines = log.lines(tracing::Level::WARN);
    let id = page.body.split("<code>").nth(1).unwrap();
    let id = id.split("</code>").next().unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.contains(id) && line.contains("not for client")),
        "{id}: {lines:?}"
    );
    assert_eq!(log.lines(tracing::Level::ERROR), Vec::<String>::new());
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_the_providers_fault_and_is_logged() {
    let site = Site::start().await;
    let log = Log::listen();
    site.fake
        .describe(&serde_json::json!({"issuer": "https://elsewhere.example/as"}));
    let page = site.browser().get("/login").await.expect(502);
    assert!(page.has("could not be verified"), "{}", page.body);
    let lines = log.lines(tracing::Level::WARN);
    assert!(
        lines.iter().any(|line| line.contains("elsewhere.example")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn with_an_id_token_alone_the_user_page_shows_its_claims() {
    let site = Site::with(|settings| {
        let sign_on = &mut settings.sign_on;
        sign_on.grant_type = GrantType::Implicit;
        sign_on.response_type = ResponseType::parse("id_token").unwrap();
    })
    .await;
    let browser = site.browser();
    let begun = browser.get("/login?return_to=/user/info").await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    browser.post_text("/callback", &answer).await.expect(303);
    let page = browser.get("/user/info").await.expect(200);
    assert!(
        page.has("ada@example.com") && page.has("id=\"id-token\""),
        "{}",
        page.body
    );
    assert!(!page.has("id=\"userinfo\""), "nobody was asked");
}
