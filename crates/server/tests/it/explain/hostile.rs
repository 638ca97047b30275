//! What strangers send, explained: it tells no secret, forges nothing, is mixed with nobody else's, and
//! pushes out nothing that matters.

use http::Method;
use testkit::{Authorization, Page, System};

use super::{all_that_is_told, of_answer};

#[tokio::test]
async fn what_was_sent_in_place_of_a_name_is_not_told() {
    let system = System::start().await;
    for url in [
        system.auth("as/token"),
        system.auth("as/introspect"),
        system.auth("as/authorize"),
        system.portal("/callback"),
    ] {
        for body in [
            r#"{"client_secret":"S3CRET-1"}"#,
            "S3CRET-2",
            "client_secret=first&S3CRET-3=",
            "client_secret=first&S3CRET-4&S3CRET-4",
        ] {
            let request = system.browser().request(Method::POST, &url);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = request.body(body).send().await;
            assert!(answer.status.is_client_error(), "{}", answer.summary());
            let page = of_answer(&system, &answer).await.expect(200);
            assert!(page.text().contains("(another)"), "{}", page.summary());
            let mut url = url.clone();
            url.set_query(Some(body));
            system.browser().open_only(&url).await;
        }
    }
    let told = all_that_is_told(&system).await;
    assert!(told.contains("(another)") && !told.contains("S3CRET"));
}

#[tokio::test]
async fn two_sign_ons_with_one_state_are_explained_apart() {
    let system = System::start().await;
    let person = system.demo_user();
    let (one, other) = (system.browser(), system.browser());
    let one = Authorization::begin(&system, &one, &[]).await;
    let other = Authorization::begin(&system, &other, &[]).await;
    let (one, other) = (one.sign_on(&person).await, other.sign_on(&person).await);
    let mut firsts = Vec::new();
    for sign_on in [one, other] {
        let answer = sign_on.redeem().await.expect(200);
        let page = of_answer(&system, &answer).await.expect(200);
        let steps = page.texts(".explain-steps summary").join("\n");
        for step in [
            "/as/authorize",
            "POST /…/signon/",
            "/as/resume",
            "/as/token",
        ] {
            assert_eq!(steps.matches(step).count(), 1, "{step}: {steps}");
        }
        firsts.push(page.texts(".explain-steps summary + .hint code").remove(0));
    }
    assert_ne!(firsts[0], firsts[1]);
}

#[tokio::test]
async fn no_request_forges_a_line_of_a_report() {
    let system = System::start().await;
    let hostile = [
        '\n', '\r', '\u{1b}', '\u{85}', '\u{200b}', '\u{202e}', '\u{2028}',
    ];
    for character in hostile {
        let forged = format!("x{character}Failed: nothing");
        let address = format!("https://app.example/{forged}");
        for (name, value) in [
            ("client_id", forged.as_str()),
            ("redirect_uri", &address),
            ("response_type", &forged),
            ("scope", &forged),
            ("acr_values", &forged),
            ("post_logout_redirect_uri", &address),
            (&forged, &forged),
        ] {
            Authorization::begin(&system, &system.browser(), &[(name, value)]).await;
            let mut url = system.portal("/callback");
            url.query_pairs_mut()
                .append_pair(name, value)
                .append_pair("error_description", &forged);
            system.browser().open_only(url).await;
            let token = system.auth("as/token");
            let request = system.browser().request(Method::POST, token);
            let form = [(name, value), ("grant_type", forged.as_str())];
            request.form(&form).send().await;
        }
    }
    let told = all_that_is_told(&system).await;
    for character in hostile {
        let written = character.escape_unicode();
        let is_told = told.contains(&format!("{written}Failed: nothing"));
        assert!(is_told, "{written}");
        assert!(
            character == '\n' || !told.contains(character),
            "{written} is told as it is"
        );
    }
    assert!(!told.lines().any(|line| line.starts_with("Failed: nothing")));
}

#[tokio::test]
async fn no_user_and_no_hidden_query_of_an_address_is_told() {
    let system = System::start().await;
    for address in [
        "//me:S3CRET@app.example/cb",
        "https:me:S3CRET@app.example/cb",
        "https://app.example/cb%3Ftoken=S3CRET",
        "https://app.example/cb;token=S3CRET",
        "com.example.app:me:S3CRET@cb",
    ] {
        let parameters = [("redirect_uri", address)];
        Authorization::begin(&system, &system.browser(), &parameters).await;
        for name in ["return_to", "iss"] {
            let mut url = system.portal("/login");
            url.query_pairs_mut().append_pair(name, address);
            system.browser().open_only(url).await;
        }
        let signoff = system.auth(&format!("as/signoff?post_logout_redirect_uri={address}"));
        system.browser().open_only(signoff).await;
        let lost = system.portal("/no/such;token=S3CRET");
        system.browser().open(lost).await.expect(404);
    }
    let told = all_that_is_told(&system).await;
    assert!(told.contains("return_to") && !told.contains("S3CRET"));
}

#[tokio::test]
async fn a_report_has_the_headers_of_a_page() {
    let system = System::start().await;
    system.browser().open(system.portal("/login")).await;
    let list = system.browser().open(system.portal("/explain")).await;
    let page = list.follow(".table tbody a").await.expect(200);
    let text = page.follow("a[href$='.txt']").await.expect(200);
    // Only pages have forms, which lead to the environment as well.
    let policy = |page: &Page| {
        let policy = page.header("content-security-policy").unwrap_or_default();
        policy.split("form-action").next().map(str::to_owned)
    };
    assert_eq!(policy(&text), policy(&page));
    assert!(policy(&text).is_some_and(|policy| policy.contains("default-src 'none'")));
    for name in [
        "cache-control",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "x-content-type-options",
        "x-frame-options",
    ] {
        assert!(page.header(name).is_some(), "{name}");
        assert_eq!(text.header(name), page.header(name), "{name}");
    }
}

#[tokio::test]
async fn whom_a_request_demands_by_claims_is_not_told() {
    let system = System::start().await;
    let claims = r#"{"id_token":{"sub":{"value":"somebody-7d2f"}}}"#;
    let answer = Authorization::begin(&system, &system.browser(), &[("claims", claims)]).await;
    let page = of_answer(&system, &answer.page).await.expect(200);
    assert!(page.text().contains("claims = (hidden)"), "{}", page.text());
    let told = all_that_is_told(&system).await;
    assert!(!told.contains("somebody-7d2f"), "{told}");
}

#[tokio::test]
async fn sign_ons_that_nobody_goes_on_with_push_out_nothing_that_has_an_end() {
    let system = System::prepare().set("explain.keep", "4").start().await;
    let ada = system.sign_on(&system.demo_user()).await;
    let failed = ada.authorize().await.redeem_code("no-code").await;
    for _ in 0..10 {
        let page = system.browser().open(system.portal("/login")).await;
        page.expect(200);
    }
    let list = system.browser().open(system.portal("/explain")).await;
    let outcomes = list.texts(".table:first-of-type tbody .badge");
    let count = |outcome: &str| outcomes.iter().filter(|one| *one == outcome).count();
    assert!(count("Signed on") >= 1, "{outcomes:?}");
    assert_eq!(count("Under way"), 2, "{outcomes:?}");
    of_answer(&system, &failed).await.expect(200);
}
