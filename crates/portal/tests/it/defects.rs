//! The defects of the two samples that this portal replaces, as far as they concern it: one test
//! each, named for what must not happen. The numbers are those of the list of twenty.

use std::sync::Arc;

use fakes::provider::{Answer, CLIENT_ID, Endpoint, PASSWORD, Signature, WORKER_TOKEN};
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::browser::Browser;
use crate::recovery::{NEW, ask, recover};
use crate::site::Site;

/// 1: opening the start page put the worker's token into a readable cookie.
#[tokio::test]
async fn the_worker_token_never_reaches_a_browser() {
    let site = Site::start().await;
    let browser = site.operator().await;
    for path in [
        "/",
        "/register",
        "/password/forgot",
        "/users",
        "/user/info",
        "/password/change",
    ] {
        let page = browser.get(path).await;
        assert!(!page.has(WORKER_TOKEN), "{path}");
        assert!(
            page.cookies()
                .iter()
                .all(|cookie| !cookie.contains(WORKER_TOKEN)),
            "{path}"
        );
    }
    assert!(
        site.fake.grants("client_credentials") > 0,
        "it was used, on the server"
    );
    assert!(
        browser.all_cookies().len() < 100,
        "a cookie is an id and nothing else"
    );
}

/// 2: `error_description` went from the address into `innerHTML`.
#[tokio::test]
async fn an_error_description_is_never_markup() {
    let site = Site::start().await;
    let browser = site.browser();
    let begun = browser.get("/login").await.address();
    let state = begun
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    let query = format!(
        "error=server_error&error_description=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&state={state}&iss={}",
        site.fake.issuer()
    );
    let page = browser.get(&format!("/callback?{query}")).await.expect(503);
    assert!(page.has("&#60;img src=x onerror=alert(1)&#62;") && !page.has("<img src=x"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self'"), "{policy}");
}

/// 3: who the user is was read from a token that nobody had verified.
#[tokio::test]
async fn an_id_token_with_one_wrong_claim_signs_nobody_on() {
    for (claim, value) in [
        ("iss", serde_json::json!("https://evil.example")),
        ("aud", serde_json::json!("another client")),
        ("aud", serde_json::json!([CLIENT_ID, "another client"])),
        ("azp", serde_json::json!("another client")),
        ("exp", serde_json::json!(1)),
        ("iat", serde_json::json!(4_000_000_000_i64)),
        ("nonce", serde_json::json!("another nonce")),
        ("nonce", serde_json::Value::Null),
        ("at_hash", serde_json::json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("sub", serde_json::json!("")),
    ] {
        let site = Site::start().await;
        site.fake.claim(claim, value.clone());
        let browser = site.browser();
        site.sign_on(&browser, "ada").await.expect(502);
        assert_eq!(
            browser.get("/user/info").await.expect(303).location(),
            "/login?return_to=%2Fuser%2Finfo"
        );
    }
}

/// 3: neither does a signature that was made for other claims, or by a key that nobody published.
#[tokio::test]
async fn an_id_token_whose_signature_proves_nothing_signs_nobody_on() {
    for signature in [Signature::Wrong, Signature::OfUnknownKey] {
        let site = Site::start().await;
        site.fake.sign_with(signature);
        let browser = site.browser();
        site.sign_on(&browser, "ada").await.expect(502);
        browser.get("/user/info").await.expect(303);
        site.fake.sign_with(Signature::Right);
        site.sign_on(&browser, "ada").await.expect(303);
        browser.get("/user/info").await.expect(200);
    }
}

/// 4: the key set was fetched at every callback, and an unknown key was a 500.
#[tokio::test]
async fn the_key_set_is_fetched_once_for_many_sign_ons() {
    let site = Site::start().await;
    for _ in 0..3 {
        site.signed_on("ada").await;
    }
    assert_eq!(site.fake.calls("GET /*/as/jwks"), 1);
}

/// 5: state was not checked by default, no PKCE, and state and nonce were never used up.
#[tokio::test]
async fn an_answer_serves_once_and_only_the_browser_that_began() {
    let site = Site::start().await;
    let (browser, stranger) = (site.browser(), site.browser());
    stranger.get("/login").await.expect(303);
    let begun = browser.get("/login").await.address();
    assert!(
        begun
            .query_pairs()
            .any(|(name, value)| name == "code_challenge_method" && value == "S256")
    );
    let answer = site.fake.authorize(&begun, "ada");
    stranger
        .get(&format!("/callback?{answer}"))
        .await
        .expect(400);
    browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(303);
    let again = browser
        .get(&format!("/callback?{answer}"))
        .await
        .expect(303);
    assert_eq!(again.location(), "/", "who is signed on goes on");
    assert_eq!(site.fake.grants("authorization_code"), 1);
}

/// 5, 12: two answers at the same moment are one sign-on, and the code is redeemed once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubled_answer_redeems_its_code_once() {
    let site = Site::start().await;
    let browser = Arc::new(site.browser());
    let begun = browser.get("/login").await.address();
    let answer = site.fake.authorize(&begun, "ada");
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (browser, path) = (Arc::clone(&browser), format!("/callback?{answer}"));
            tokio::spawn(async move { browser.get(&path).await.status.as_u16() })
        })
        .collect();
    for one in tries {
        assert_eq!(one.await.unwrap(), 303, "each leads on");
    }
    assert_eq!(site.fake.grants("authorization_code"), 1);
}

/// 6: tokens were kept in the cookie, which browsers drop without a word beyond 4 KB.
#[tokio::test]
async fn tokens_stay_on_the_server() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let cookies = browser.all_cookies();
    assert!(!cookies.contains("opaque-") && !cookies.contains("eyJ"));
    let session = browser.cookie("-session").unwrap();
    assert!(session.len() < 64, "{session}");
}

/// 7: a name that nobody has was told apart, by a 500.
#[tokio::test]
async fn a_forgotten_password_answers_the_same_for_known_and_unknown_names() {
    let site = Site::start().await;
    site.fake.add("disabled", "disabled@example.com");
    site.fake
        .change("disabled", |person| person.enabled = false);
    let mut stories = Vec::new();
    for name in ["ada", "nobody", "disabled"] {
        let browser = site.browser();
        let begun = Instant::now();
        let asked = ask(&browser, name).await.expect(303);
        assert!(
            begun.elapsed() >= site.settings.limits.recovery_floor,
            "{name}"
        );
        let mut story = vec![asked.location().to_owned(), asked.body];
        story.push(browser.get("/password/recover").await.expect(200).body);
        for _ in 0..6 {
            let begun = Instant::now();
            story.push(recover(&browser, "WRONGONE").await.expect(422).body);
            assert!(
                begun.elapsed() >= site.settings.limits.recovery_floor,
                "{name}"
            );
        }
        for _ in 0..5 {
            let sent = browser
                .post("/password/recover/resend", &[])
                .await
                .expect(303);
            story.push(sent.location().to_owned());
            story.push(browser.get("/password/recover").await.expect(200).body);
        }
        // What was typed comes back, for password managers.
        let typed = format!("value=\"{name}\"");
        let story: Vec<_> = story
            .iter()
            .map(|page| page.replace(&typed, "value=\"TYPED\""))
            .collect();
        stories.push(story);
    }
    assert_eq!(stories[0], stories[1], "unknown");
    assert_eq!(stories[0], stories[2], "disabled");
}

/// 7, class 15: not even an environment that goes down tells who is known.
#[tokio::test]
async fn an_outage_in_the_middle_of_a_recovery_looks_the_same_for_everybody() {
    let site = Site::start().await;
    for name in ["ada", "nobody"] {
        site.fake.answer_as_usual();
        let browser = site.browser();
        ask(&browser, name).await.expect(303);
        browser.get("/password/recover").await.expect(200);
        site.fake.answer(Endpoint::Any, Answer::Status(503));
        recover(&browser, "WRONGONE").await.expect(503);
    }
}

/// 8: the user's id travelled in a hidden field of the recovery form.
#[tokio::test]
async fn who_is_recovered_is_in_no_form_and_in_no_address() {
    let site = Site::start().await;
    let browser = site.browser();
    ask(&browser, "ada@example.com").await.expect(303);
    let page = browser.get("/password/recover").await.expect(200);
    let ada = site.fake.person("ada").unwrap();
    assert!(!page.has(&ada.id.to_string()) && !page.has("\"ada\"") && !page.has("type=\"hidden\""));
}

/// 9: the username was pasted into a SCIM filter between quotes.
#[tokio::test]
async fn a_username_cannot_leave_its_quotes_in_a_filter() {
    let site = Site::start().await;
    ask(&site.browser(), "x\" or username sw \"a")
        .await
        .expect(303);
    let olga = site.operator().await;
    olga.get("/users?q=x%22+or+username+sw+%22a")
        .await
        .expect(200);
    let searches = site.fake.requests(Endpoint::Management);
    let filters: Vec<_> = searches
        .iter()
        .filter_map(|it| it.query("filter"))
        .collect();
    let [recovery, search] = filters.try_into().unwrap();
    assert!(recovery.contains(r#"x\" or username sw \"a"#), "{recovery}");
    // Each word of a search is a text of its own.
    for word in [
        r#""x\"""#,
        r#""or""#,
        r#""username""#,
        r#""sw""#,
        r#""\"a""#,
    ] {
        assert!(search.contains(&format!("email sw {word}")), "{search}");
    }
    assert!(site.fake.person("ada").unwrap().code.is_none());
}

/// 10: "send again" posted without a name, and looked for the user called `None`.
#[tokio::test]
async fn sending_again_knows_for_whom() {
    let site = Site::start().await;
    let browser = site.browser();
    ask(&browser, "ada").await.expect(303);
    let first = site.fake.mailed_code("ada").await;
    site.fake.change("ada", |person| person.code = None);
    browser
        .post("/password/recover/resend", &[])
        .await
        .expect(303);
    let second = site.fake.mailed_code("ada").await;
    assert_ne!(first, second);
    recover(&browser, &second).await.expect(303);
}

/// 11: the session secret was random at each start.
#[tokio::test]
async fn a_restart_and_a_second_node_know_the_session() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let cookie = browser.cookie("-session").unwrap();
    for _ in 0..2 {
        let other = Browser::new(site.second_node().await.router());
        other.set_cookie("__Host-latchkey-portal-session", &cookie);
        other.get("/user/info").await.expect(200);
    }
}

/// 12: the session kept its id at sign-on, and one who was signed on skipped the callback's checks.
#[tokio::test]
async fn signing_on_renews_the_session_and_checks_every_time() {
    let site = Site::start().await;
    let browser = site.browser();
    browser.get("/login").await.expect(303);
    let planted = browser.cookie("-session").unwrap();
    site.sign_on(&browser, "ada").await.expect(303);
    assert_ne!(browser.cookie("-session").unwrap(), planted);

    let thief = site.browser();
    thief.set_cookie("__Host-latchkey-portal-session", &planted);
    thief.get("/user/info").await.expect(303);

    let made_up = browser.get("/callback?code=x&state=y").await;
    assert_eq!(made_up.expect(303).location(), "/");
    browser.get("/user/info").await.expect(200);
}

/// 13: the visitor named the population, and everybody could list them.
#[tokio::test]
async fn a_visitor_cannot_name_the_population() {
    let site = Site::start().await;
    let foreign = protocol::id::PopulationId::random(&protocol::SystemRandom).to_string();
    let fields = [
        ("username", "grace"),
        ("email", "grace@example.com"),
        ("password", NEW),
        ("confirmPassword", NEW),
        ("population", foreign.as_str()),
        ("population.id", foreign.as_str()),
        ("enabled", "true"),
        ("role", "admin"),
    ];
    site.browser().post("/register", &fields).await.expect(303);
    assert_eq!(site.fake.person("grace").unwrap().population, None);
}

/// 14: user first, password second, and an orphan when something failed in between.
#[tokio::test]
async fn a_refused_password_leaves_no_half_made_user() {
    let site = Site::start().await;
    let fields = [
        ("username", "grace"),
        ("email", "grace@example.com"),
        ("password", "short"),
        ("confirmPassword", "short"),
    ];
    site.browser().post("/register", &fields).await.expect(422);
    assert!(site.fake.person("grace").is_none());
    let users = format!("/v1/environments/{}/users", "*");
    assert_eq!(site.fake.calls(&format!("POST {users}")), 0);
    assert_eq!(site.fake.calls(&format!("PUT {users}/*/password")), 0);
    assert_eq!(site.fake.calls(&format!("DELETE {users}/*")), 0);
}

/// 15: the sign-off address was garbage once a way back was configured.
#[tokio::test]
async fn the_sign_off_address_is_a_proper_one() {
    let site = Site::with(|settings| {
        let back = url::Url::parse("https://www.example.com/bye?from=portal&x=1").unwrap();
        settings.sign_on.post_sign_off_url = Some(back);
    })
    .await;
    let browser = site.signed_on("ada").await;
    let leaving = browser.post("/logout", &[]).await.expect(200);
    let (_, fields) = leaving.form_elsewhere();
    let names: Vec<_> = fields.keys().map(String::as_str).collect();
    let expected = [
        "client_id",
        "id_token_hint",
        "post_logout_redirect_uri",
        "state",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        fields["post_logout_redirect_uri"],
        "https://www.example.com/bye?from=portal&x=1"
    );
}

/// 16: the page of the implicit grant posted an address unencoded, which split its values.
#[tokio::test]
async fn a_value_with_an_ampersand_stays_one_value() {
    let site = Site::with(|settings| {
        settings.sign_on.grant_type = portal::GrantType::Implicit;
    })
    .await;
    let browser = site.browser();
    let begun = browser
        .get("/login?return_to=/users%3Fq%3Da%26page%3Db")
        .await
        .expect(303);
    let answer = site.fake.authorize(&begun.address(), "ada");
    let answer = format!("{answer}&scope=openid+a%26state%3Dx");
    let back = browser.post_text("/callback", &answer).await.expect(303);
    assert_eq!(back.location(), "/users?q=a&page=b");
}

/// 17: the policy was judged in the browser alone, by three of its rules, and the confirmation by
/// nobody.
#[tokio::test]
async fn the_server_judges_password_and_confirmation() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    for (new, confirm) in [("weak", "weak"), (NEW, "another"), (NEW, "")] {
        let fields = [
            ("currentPassword", PASSWORD),
            ("password", new),
            ("confirmPassword", confirm),
        ];
        browser.post("/password/change", &fields).await.expect(422);
    }
    assert_eq!(site.fake.person("ada").unwrap().password, PASSWORD);
    let page = browser.get("/password/change").await.expect(200);
    assert_eq!(
        page.body.matches("data-rule=").count(),
        11,
        "all rules of Standard are shown"
    );
}

/// 18: the session's cookie could travel in the clear.
#[tokio::test]
async fn cookies_are_for_https_and_for_this_host_only() {
    let site = Site::start().await;
    let begun = site.browser().get("/login").await.expect(303);
    let cookie = begun.cookies().pop().unwrap().to_owned();
    for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

/// 19: no limits anywhere.
#[tokio::test]
async fn sign_on_registration_and_recovery_are_limited_per_address() {
    let site = Site::with(|settings| {
        settings.limits.sign_on_per_minute = 3;
        settings.limits.registration_per_minute = 3;
        settings.limits.recovery_per_minute = 3;
    })
    .await;
    let browser = site.browser();
    for _ in 0..3 {
        browser.get("/login").await.expect(303);
        browser.post("/register", &[]).await.expect(422);
        browser.post("/password/forgot", &[]).await.expect(422);
    }
    let page = browser.get("/login").await.expect(429);
    assert_eq!(page.headers["retry-after"], "20");
    assert!(page.has("Too many attempts"), "{}", page.body);
    browser.post("/register", &[]).await.expect(429);
    browser.post("/password/forgot", &[]).await.expect(429);
    browser.post("/password/recover", &[]).await.expect(429);
    browser.get("/register").await.expect(200);
    site.clock.advance(SignedDuration::from_secs(20));
    browser.get("/login").await.expect(303);
}

/// 19: forms were left out of the protection against other sites by hand.
#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    for path in [
        "/password/change",
        "/register",
        "/password/forgot",
        "/password/recover",
        "/logout",
    ] {
        let page = browser.post_from_elsewhere(path, "a=b").await.expect(403);
        assert!(page.has("This is not allowed"), "{}", page.body);
    }
}

/// 20: outgoing calls had no time-outs.
#[tokio::test]
async fn a_provider_that_says_nothing_hangs_no_page() {
    let site = Site::start().await;
    site.fake.answer(Endpoint::Any, Answer::Silent);
    let browser = site.browser();
    let begun = Instant::now();
    let page = browser.get("/login").await.expect(503);
    assert!(page.has("href=\"/login\""), "{}", page.body);
    browser.get("/register").await.expect(503);
    browser.get("/").await.expect(200);
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}
