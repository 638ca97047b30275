//! Bad input, on every form and endpoint of both sides: each gets an answer of the 400s that says
//! something, on either database.
//!
//! The stories of single endpoints stand with their crates; this is the net under all of them.

use reqwest::Method;
use serde_json::json;
use testkit::{Browser, Page, System};
use url::Url;

const FORM: &str = "application/x-www-form-urlencoded";

/// Forms of the environment, below `/{environment}/`, with a field that each knows.
const AUTH_FORMS: [(&str, &str); 17] = [
    ("as/authorize", "client_id"),
    ("as/introspect", "token"),
    ("as/revoke", "token"),
    ("as/signoff", "id_token_hint"),
    ("as/token", "grant_type"),
    ("as/userinfo", "access_token"),
    ("signoff", "state"),
    ("signon/", "username"),
    ("signon/change", "newPassword"),
    ("signon/forgot", "username"),
    ("signon/recover", "recoveryCode"),
    ("signon/recover/send", "flowId"),
    ("signon/register", "email"),
    ("signon/restart", "flowId"),
    ("signon/rules", "password"),
    ("signon/verify", "verificationCode"),
    ("signon/verify/send", "flowId"),
];

/// Forms of the portal, with a field that each knows.
const PORTAL_FORMS: [(&str, &str); 11] = [
    ("/callback", "state"),
    ("/password/change", "currentPassword"),
    ("/password/forgot", "username"),
    ("/password/recover", "recoveryCode"),
    ("/password/rules", "password"),
    ("/register", "username"),
    ("/users/new", "email"),
    ("/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/edit", "email"),
    (
        "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/sessions/end",
        "session",
    ),
    (
        "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/enabled",
        "enabled",
    ),
    (
        "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/password",
        "password",
    ),
];

/// Buttons of the portal: forms without a field, which read no body.
const PORTAL_BUTTONS: [&str; 7] = [
    "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/recovery-code",
    "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/unlock",
    "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/verification-code",
    "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/sessions/end-all",
    "/users/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/delete",
    "/password/recover/resend",
    "/logout",
];

/// The answer is a refusal that says what is wrong.
#[track_caller]
fn assert_refused(page: &Page, what: &str) {
    let status = page.status.as_u16();
    assert!(
        (400..500).contains(&status),
        "{what}: {status} {}",
        page.body()
    );
    assert!(!page.body().is_empty(), "{what}: {status} and not a word");
}

/// The answer may be a redirect or a page, but nothing that the server is to blame for.
#[track_caller]
fn assert_no_failure(page: &Page, what: &str) {
    let status = page.status.as_u16();
    assert!(status < 500, "{what}: {status} {}", page.body());
}

/// Bodies that no form may take, with their content type.
fn malformed(field: &str) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let text = |text: String| text.into_bytes();
    vec![
        ("repeated", FORM, text(format!("{field}=a&{field}=b"))),
        ("no UTF-8, escaped", FORM, text(format!("{field}=%ff%fe"))),
        ("no UTF-8", FORM, [field.as_bytes(), b"=\xff\xfe"].concat()),
        ("NUL", FORM, text(format!("{field}=a%00b"))),
        ("NUL in a name", FORM, text(format!("{field}=a&%00=b"))),
        (
            "oversized",
            FORM,
            text(format!("{field}={}", "a".repeat(1 << 20))),
        ),
        ("many fields", FORM, text(many_fields())),
        (
            "JSON",
            "application/json",
            text(format!("{{\"{field}\":\"a\"}}")),
        ),
        ("text", "text/plain", text(format!("{field}=a"))),
        ("no content type", "", text(format!("{field}=a"))),
    ]
}

/// More fields than any form has, each with a name of its own.
fn many_fields() -> String {
    let fields: Vec<_> = (0..5000).map(|n| format!("f{n}=1")).collect();
    fields.join("&")
}

/// A system on each database that is there.
async fn systems() -> Vec<System> {
    let mut systems = vec![Box::pin(System::start()).await];
    if let Some(database) = db::testing::postgres().await {
        systems.push(Box::pin(System::prepare().on(database).start()).await);
    }
    systems
}

async fn post(browser: &Browser, url: &Url, kind: &str, body: Vec<u8>) -> Page {
    let request = browser.request(Method::POST, url);
    let request = if kind.is_empty() {
        request
    } else {
        request.header("content-type", kind)
    };
    request.body(body).send().await
}

#[tokio::test]
async fn no_form_takes_what_is_malformed() {
    for system in systems().await {
        let browser = system.browser();
        let signed_on = system.sign_on(&system.operator()).await;
        for (path, field) in AUTH_FORMS {
            for (what, kind, body) in malformed(field) {
                let page = post(&browser, &system.auth(path), kind, body).await;
                assert_refused(&page, &format!("{path}, {what}"));
            }
        }
        for (path, field) in PORTAL_FORMS {
            for (what, kind, body) in malformed(field) {
                let url = system.portal(path);
                let page = post(&signed_on.browser, &url, kind, body.clone()).await;
                assert_refused(&page, &format!("{path}, {what}"));
                let page = post(&browser, &url, kind, body).await;
                assert_no_failure(&page, &format!("{path}, {what}, signed off"));
            }
        }
        for path in PORTAL_BUTTONS {
            for (what, kind, body) in malformed("x") {
                let page = post(&signed_on.browser, &system.portal(path), kind, body).await;
                assert_no_failure(&page, &format!("{path}, {what}"));
            }
        }
    }
}

/// Values that are well-formed and make no sense: every form survives them.
#[tokio::test]
async fn no_form_falls_over_what_makes_no_sense() {
    let odd = [
        "",
        " ",
        "'; DROP TABLE users; --",
        "\" or username sw \"",
        "<script>alert(1)</script>",
        "../../../etc/passwd",
        "\u{202e}\u{feff}\u{10ffff}",
        "-1",
        "99999999999999999999",
        "https://evil.example/",
        "%s%n{}$[]",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["a".repeat(20_000)])
    .collect::<Vec<_>>();
    for system in systems().await {
        let browser = system.browser();
        let names = [
            "access_token",
            "acr_values",
            "client_assertion",
            "client_id",
            "client_secret",
            "code",
            "code_challenge",
            "code_verifier",
            "confirmPassword",
            "currentPassword",
            "email",
            "enabled",
            "error",
            "flowId",
            "forceChange",
            "givenName",
            "grant_type",
            "id_token_hint",
            "login_hint",
            "max_age",
            "newPassword",
            "nonce",
            "password",
            "prompt",
            "post_logout_redirect_uri",
            "population",
            "recoveryCode",
            "redirect_uri",
            "refresh_token",
            "request",
            "response_mode",
            "response_type",
            "scope",
            "state",
            "token",
            "token_type_hint",
            "username",
            "verificationCode",
        ];
        for value in &odd {
            let short: String = value.chars().take(2000).collect();
            let fields: Vec<_> = names.iter().map(|name| (*name, value.as_str())).collect();
            // Together they have to stay below what a form may hold.
            let fields = if value.len() > 1000 {
                &fields[..3]
            } else {
                &fields[..]
            };
            for (path, field) in AUTH_FORMS {
                let page = browser.request(Method::POST, system.auth(path));
                let page = page.form(&fields).send().await;
                assert_no_failure(&page, &format!("{path} with {value:.40}"));
                let mut url = system.auth(path);
                url.query_pairs_mut().append_pair(field, &short);
                let page = browser.open_only(&url).await;
                assert_no_failure(&page, &format!("GET {url:.200}"));
            }
            for (path, field) in PORTAL_FORMS {
                let page = browser.request(Method::POST, system.portal(path));
                let page = page.form(&fields).send().await;
                assert_no_failure(&page, &format!("{path} with {value:.40}"));
                let mut url = system.portal(path);
                url.query_pairs_mut().append_pair(field, &short);
                let page = browser.open_only(&url).await;
                assert_no_failure(&page, &format!("GET {url:.200}"));
            }
        }
    }
}

#[tokio::test]
async fn the_management_api_refuses_bodies_that_make_no_sense() {
    const JSON: &str = "application/json";
    const IMPORT: &str = "application/vnd.pingidentity.user.import+json";
    const SET: &str = "application/vnd.pingidentity.password.set+json";
    for system in systems().await {
        let user = system.new_user("target").await;
        let id = user.id();
        let password = format!("users/{id}/password");
        let token = system.worker_token().await;
        let browser = system.browser();
        let send = async |method: Method, path: &str, kind: &str, body: Vec<u8>| {
            let request = browser.request(method, system.api(path)).bearer(&token);
            request.header("content-type", kind).body(body).send().await
        };
        let deep = format!("{{\"name\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
        let bodies: Vec<(&str, Vec<u8>)> = vec![
            ("nothing", b"".to_vec()),
            ("no JSON", b"{".to_vec()),
            ("a list", b"[]".to_vec()),
            ("a text", b"\"x\"".to_vec()),
            ("null", b"null".to_vec()),
            ("no UTF-8", b"{\"name\":\"\xff\"}".to_vec()),
            (
                "half a character",
                br#"{"name":"\ud800","username":"\ud800"}"#.to_vec(),
            ),
            (
                "NUL",
                br#"{"name":"a\u0000b","username":"a\u0000b"}"#.to_vec(),
            ),
            ("deep", deep.into_bytes()),
            (
                "oversized",
                format!("{{\"name\":\"{}\"}}", "a".repeat(4 << 20)).into_bytes(),
            ),
        ];
        let targets: [(Method, &str, &str); 8] = [
            (Method::POST, "users", JSON),
            (Method::POST, "users", IMPORT),
            (Method::PUT, &format!("users/{id}"), JSON),
            (Method::PATCH, &format!("users/{id}"), JSON),
            (Method::PUT, &password, SET),
            (Method::POST, "populations", JSON),
            (Method::POST, "applications", JSON),
            (Method::POST, "passwordPolicies", JSON),
        ];
        for (method, path, kind) in &targets {
            for (what, body) in &bodies {
                let page = send(method.clone(), path, kind, body.clone()).await;
                assert_refused(&page, &format!("{method} {path} as {kind}, {what}"));
            }
            for kind in [
                "text/plain",
                FORM,
                "application/vnd.pingidentity.nothing+json",
                "x",
            ] {
                let page = send(method.clone(), path, kind, b"{\"name\":\"a\"}".to_vec()).await;
                assert_refused(&page, &format!("{method} {path} as {kind}"));
            }
        }

        // Every member of a user, of every wrong kind.
        let wrong = [
            json!(1),
            json!([]),
            json!({}),
            json!("a\u{1}"),
            json!("x".repeat(5000)),
        ];
        for member in [
            "username",
            "email",
            "population",
            "name",
            "address",
            "photo",
            "primaryPhone",
            "enabled",
            "locale",
            "preferredLanguage",
            "timezone",
            "password",
            "lifecycle",
        ] {
            for value in &wrong {
                let mut body = json!({"username": "odd", "email": "odd@example.com"});
                body[member] = value.clone();
                for kind in [JSON, IMPORT] {
                    let page = send(Method::POST, "users", kind, body.to_string().into_bytes());
                    assert_no_failure(&page.await, &format!("{member} = {value:.40} as {kind}"));
                }
                let body = json!({ member: value }).to_string().into_bytes();
                let page = send(Method::PATCH, &format!("users/{id}"), JSON, body).await;
                assert_no_failure(&page, &format!("PATCH {member} = {value:.40}"));
            }
        }
    }
}

#[tokio::test]
async fn filters_and_cursors_that_try_more_are_refused() {
    for system in systems().await {
        let token = system.worker_token().await;
        let browser = system.browser();
        let get = async |name: &str, value: &str| {
            let mut url = system.api("users");
            url.query_pairs_mut().append_pair(name, value);
            browser
                .request(Method::GET, url)
                .bearer(&token)
                .send()
                .await
        };
        let open = "(".repeat(2000);
        let close = ")".repeat(2000);
        let refused = [
            r#"username eq "x"; DROP TABLE users"#,
            r#"username eq "x" or 1=1"#,
            r"username eq 'x' or '1'='1'",
            r#"username eq "a\u0000b""#,
            r#"username eq "x"#,
            r#"password eq "x""#,
            r#"username regex ".*""#,
            "username eq",
            "((((",
            &format!("{open}username eq \"x\"{close}"),
            &vec![r#"username eq "x""#; 2000].join(" or "),
            &"not ".repeat(2000),
        ];
        for filter in refused {
            let page = get("filter", filter).await;
            assert_refused(&page, &format!("{filter:.60}"));
        }
        let harmless = get("filter", r#"username eq "x\" or username sw \"""#).await;
        let found: serde_json::Value = harmless.expect(200).json();
        assert_eq!(
            found["_embedded"]["users"],
            json!([]),
            "a quotation mark stays a value"
        );

        let mut url = system.api("users");
        url.set_query(Some("filter=%00&limit=1"));
        let page = browser
            .request(Method::GET, url)
            .bearer(&token)
            .send()
            .await;
        assert_refused(&page, "NUL in the query");
        for (name, value) in [("cursor", "AAAA"), ("cursor", "\u{10ffff}"), ("limit", "x")] {
            assert_refused(&get(name, value).await, &format!("{name}={value}"));
        }
        for value in ["0", "-1", "1000000000", "99999999999999999999999"] {
            assert_no_failure(&get("limit", value).await, &format!("limit={value}"));
        }
    }
}

#[tokio::test]
async fn paths_and_methods_that_lead_nowhere_are_told() {
    let system = System::start().await;
    let browser = system.browser();
    let env = system.env();
    let unknown = "7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11";
    let token = system.worker_token().await;
    for path in [
        format!("{unknown}/as/authorize"),
        format!("{unknown}/as/.well-known/openid-configuration"),
        format!("{unknown}/signon/"),
        format!("v1/environments/{unknown}"),
        format!("v1/environments/{unknown}/users"),
        format!("v1/environments/{}/users/{unknown}", env.environment_id),
        format!("v1/environments/{}/users/not-an-id", env.environment_id),
        format!("v1/environments/{}/nothing", env.environment_id),
        "v1".to_owned(),
        "v1/".to_owned(),
        "%00".to_owned(),
        "%ff".to_owned(),
        "..%2f..%2fetc%2fpasswd".to_owned(),
        "assets/..%2f..%2fCargo.toml".to_owned(),
        "x".repeat(8000),
    ] {
        for base in [&env.auth_url, &env.portal_url] {
            let request = browser.request(Method::GET, format!("{base}{path}"));
            let page = request.bearer(&token).send().await;
            assert_refused(&page, &format!("{base}{path:.80}"));
        }
    }
    for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for url in [
            system.portal("/"),
            system.portal("/register"),
            system.portal("/callback"),
            system.auth("as/token"),
            system.auth("as/authorize"),
            system.auth("signon/"),
        ] {
            let page = browser.request(method.clone(), &url).send().await;
            assert_no_failure(&page, &format!("{method} {url}"));
        }
    }
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let system = System::start().await;
    let browser = system.browser();
    let elsewhere = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:1",
    ];
    let names = [
        "redirect_uri",
        "post_logout_redirect_uri",
        "return_to",
        "returnTo",
        "next",
        "url",
    ];
    for target in elsewhere {
        for name in names {
            for url in [
                system.auth("as/authorize"),
                system.auth("as/signoff"),
                system.auth("as/resume"),
                system.auth("signon/"),
                system.portal("/login"),
                system.portal("/callback"),
                system.portal("/logout"),
                system.portal("/user/info"),
            ] {
                let mut url = url;
                url.query_pairs_mut()
                    .append_pair("client_id", &system.env().client_id)
                    .append_pair("response_type", "code")
                    .append_pair("state", "x")
                    .append_pair(name, target);
                let page = browser.open_only(&url).await;
                assert_no_failure(&page, url.as_str());
                if let Some(location) = page.header("location") {
                    let location = url.join(location).unwrap();
                    assert_eq!(location.host_str(), Some("localhost"), "{url} → {location}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_ours_gets_into_no_address() {
    let system = System::start().await;
    let browser = system.browser();
    let discovery = system.auth("as/.well-known/openid-configuration");
    for url in [
        system.portal("/login"),
        system.portal("/password/forgot"),
        discovery.clone(),
    ] {
        let page = browser
            .request(Method::GET, &url)
            .header("host", "evil.example");
        assert_refused(&page.send().await, url.as_str());
    }
    let headers = [
        "forwarded",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-for",
        "x-forwarded-prefix",
        "x-original-url",
        "x-rewrite-url",
        "x-real-ip",
    ];
    for url in [system.portal("/login"), discovery] {
        let mut request = browser.request(Method::GET, &url);
        for name in headers {
            request = request.header(name, "evil.example");
        }
        let page = request.send().await;
        assert_no_failure(&page, url.as_str());
        let said = format!("{}{:?}", page.body(), page.headers);
        assert!(!said.contains("evil.example"), "{url}: {said}");
    }
}

#[tokio::test]
async fn sessions_and_cookies_of_another_installation_are_nobodys() {
    let (system, other) = (System::start().await, System::start().await);
    let there = other.sign_on(&other.demo_user()).await;
    let browser = system.browser();
    let mut copied = 0;
    for (from, to) in [
        (other.portal("/"), system.portal("/")),
        (other.auth("as/authorize"), system.auth("as/authorize")),
    ] {
        for name in ["__Host-latchkey-portal-session", "ST", "ST-NO-SS"] {
            if let Some(value) = there.browser.cookie(&from, name) {
                browser.set_cookie(&to, &format!("{name}={value}; Path=/; Secure"));
                copied += 1;
            }
        }
    }
    assert!(copied >= 2, "both sides have set cookies");
    browser.set_cookie(system.portal("/"), "garbage=%00%ff\"; Path=/");
    let page = browser.open(system.portal("/user/info")).await.expect(200);
    assert!(page.has("input[type=password]"), "{}", page.text());
}
