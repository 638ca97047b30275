//! Bad input: a clear answer, never a 500, never a hang.

use fakes::Method;

use crate::browser::Browser;
use crate::site::Site;

const FORMS: [&str; 3] = ["/register", "/password/forgot", "/password/rules"];

#[tokio::test]
async fn bodies_that_are_no_proper_form_are_refused() {
    let site = Site::start().await;
    let browser = site.browser();
    for path in FORMS {
        browser
            .post_text(path, &"a=b&".repeat(20_000))
            .await
            .expect(413);
        browser
            .post_text(path, "username=a&username=b")
            .await
            .expect(400);
        browser.post_text(path, "username=%ff%fe").await.expect(400);
        let json = browser
            .request(Method::POST, path)
            .header("content-type", "application/json");
        Browser::send(json.body("{}")).await.expect(415);
        Browser::send(browser.request(Method::POST, path))
            .await
            .expect(415);
        let bytes = browser
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded");
        Browser::send(bytes.body(&b"username=\xff"[..]))
            .await
            .expect(400);
        browser.post_text(path, &"a&".repeat(500)).await.expect(400);
    }
}

#[tokio::test]
async fn unknown_pages_and_methods_have_pages_of_their_own() {
    let site = Site::start().await;
    let browser = site.browser();
    let page = browser.get("/nowhere").await.expect(404);
    assert!(page.has("Page not found"));
    let page = Browser::send(browser.request(Method::DELETE, "/register"))
        .await
        .expect(405);
    assert!(page.has("This is not possible here"), "{}", page.body);
    assert!(page.headers.contains_key("allow"));
}

#[tokio::test]
async fn a_cookie_of_another_installation_is_ignored_politely() {
    let site = Site::start().await;
    let other = Site::start()
        .await
        .signed_on("ada")
        .await
        .cookie("-session")
        .unwrap();
    let name = "__Host-latchkey-portal-session";
    for value in [
        other.as_str(),
        "",
        "x",
        "\u{7f}",
        &"A".repeat(4_000),
        "a=b=c",
    ] {
        let browser = site.browser();
        browser.set_cookie(name, value);
        browser.set_cookie("__Host-latchkey-portal-sign-on", value);
        if value.chars().all(|c| c.is_ascii_graphic()) {
            browser.get("/").await.expect(200);
            browser.get("/user/info").await.expect(303);
            site.sign_on(&browser, "ada").await.expect(303);
            browser.get("/user/info").await.expect(200);
        }
    }
}

#[tokio::test]
async fn odd_callbacks_get_a_clear_answer() {
    let site = Site::start().await;
    let browser = site.browser();
    browser.get("/login").await.expect(303);
    for query in [
        "",
        "?code=abc",
        "?state=x&code=abc",
        "?state=x&state=y",
        "?error=access_denied&state=x",
        "?error=%3Cscript%3E&error_description=%3Cimg%20src%3Dx%3E",
        "?code=%ff",
        "?%00=%00",
        "?state=&code=",
    ] {
        let page = browser.get(&format!("/callback{query}")).await.expect(400);
        assert!(
            !page.has("<script>") && !page.has("<img src=x"),
            "{}",
            page.body
        );
    }
    browser.post_text("/callback", "state=x").await.expect(400);
    let json = browser
        .request(Method::POST, "/callback")
        .header("content-type", "application/json");
    Browser::send(json.body("{}")).await.expect(400);
}

#[tokio::test]
async fn a_refusal_of_the_provider_is_a_page_and_its_text_is_text() {
    let site = Site::start().await;
    let browser = site.browser();
    let state = |address: &url::Url| {
        address
            .query_pairs()
            .find(|(name, _)| name == "state")
            .unwrap()
            .1
            .into_owned()
    };
    let begun = browser.get("/login").await.address();
    let text =
        "error=access_denied&error_description=%3Cb%3Eno%3C/b%3E%20(Correlation%20ID:%20c0de)";
    let iss = site.fake.issuer();
    let query = format!("{text}&state={}&iss={iss}", state(&begun));
    let page = browser.get(&format!("/callback?{query}")).await.expect(403);
    assert!(
        page.has("access_denied") && page.has("&#60;b&#62;no"),
        "{}",
        page.body
    );
    browser.get(&format!("/callback?{query}")).await.expect(400);

    // Without the announced `iss`, and with another one (RFC 9207).
    for iss in ["", "&iss=https://evil.example"] {
        let begun = browser.get("/login").await.address();
        let query = format!("error=access_denied&state={}{iss}", state(&begun));
        browser.get(&format!("/callback?{query}")).await.expect(502);
    }
}

#[tokio::test]
async fn a_return_address_outside_of_the_site_leads_home() {
    let site = Site::start().await;
    for target in [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "/logout",
        "/callback",
    ] {
        let browser = site.browser();
        let begun = browser
            .get(&format!("/login?return_to={target}"))
            .await
            .expect(303);
        let answer = site.fake.authorize(&begun.address(), "ada");
        let back = browser
            .get(&format!("/callback?{answer}"))
            .await
            .expect(303);
        let location = back.location();
        assert!(
            location == "/" || location == "/%5Cevil.example",
            "{target} led to {location}"
        );
    }
}

/// Zitadel four times, oauth2-proxy three times: headers that say where the site is.
#[tokio::test]
async fn addresses_come_from_configuration_whatever_headers_say() {
    let site = Site::start().await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-for", "192.0.2.1"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x_forwarded_host", "evil.example"),
    ] {
        let browser = site.browser();
        let begun = Browser::send(browser.request(Method::GET, "/login").header(name, value)).await;
        let address = begun.expect(303).address();
        let uri = address
            .query_pairs()
            .find(|(name, _)| name == "redirect_uri")
            .unwrap()
            .1;
        assert_eq!(uri, "https://localhost:8080/callback", "{name}");
        let home = Browser::send(browser.request(Method::GET, "/").header(name, value)).await;
        assert!(!home.has("evil.example"), "{name}");
    }
}

/// CVE-2026-29191, CVE-2026-33525, Kanidm's display name: every field into every page.
#[tokio::test]
async fn what_people_type_is_shown_as_text() {
    let site = Site::start().await;
    let payloads = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "{{7*7}}",
        "' onfocus='x",
    ];
    for payload in payloads {
        let browser = site.browser();
        let fields = [
            ("username", payload),
            ("email", payload),
            ("givenName", payload),
            ("familyName", payload),
            ("population", payload),
        ];
        let page = browser.post("/register", &fields).await.expect(422);
        assert!(!page.has("<script>alert") && !page.has("<img src=x") && !page.has("' onfocus='"));
        let olga = site.operator().await;
        site.fake.add(payload, "x@example.com");
        let query: String = url::form_urlencoded::byte_serialize(payload.as_bytes()).collect();
        for path in ["/users".to_owned(), format!("/users?q={query}")] {
            let page = olga.get(&path).await.expect(200);
            assert!(
                !page.has("<script>alert") && !page.has("<img src=x"),
                "{}",
                page.body
            );
        }
    }
}
