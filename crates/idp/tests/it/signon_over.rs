//! Sign-ons that are over, requests that only look, and how much anybody may leave behind.

use axum::body::Body;
use db::Statement;
use http::{Method, StatusCode};
use platform::net::RemoteAddress;

use crate::world::{Browser, Received, World, at_sign_on};

const BEGIN: &str = "https://localhost:8080/login";
const HOME: &str = "https://localhost:8080/";

/// Where the portal begins a sign-on that this environment asks for.
fn begin(world: &World) -> String {
    let mut url = url::Url::parse(BEGIN).unwrap();
    url.query_pairs_mut().append_pair("iss", world.issuer());
    url.into()
}

#[tokio::test]
async fn a_page_left_open_begins_anew_at_its_application() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    world.advance(15 * 60 - 1);
    browser.get(&page).await.expect(StatusCode::OK);
    world.advance(1);
    let answer = browser.get(&page).await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), begin(&world));

    let user = &world.demo.user;
    let password = user.password.expose();
    let answer = browser.give(&page, user.username, password).await;
    let answer = answer.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), begin(&world));
    let forgot = page.replace("/signon/", "/signon/forgot");
    let answer = browser.get(&forgot).await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), begin(&world));
}

#[tokio::test]
async fn back_after_a_sign_on_leads_to_the_application() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let password = user.password.expose();
    let answer = browser.give(&page, user.username, password).await;
    browser.resume(&answer).await.param("code");
    let answer = browser.get(&page).await.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), HOME);
    let answer = browser.give(&page, user.username, password).await;
    assert_eq!(answer.expect(StatusCode::SEE_OTHER).location(), HOME);
}

/// The form's policy lets the browser follow where a late post leads.
#[tokio::test]
async fn the_pages_policy_allows_the_way_on() {
    let world = World::new().await;
    world
        .change_application(|application| {
            application["initiateLoginUri"] = "https://begin.example/login".into();
        })
        .await;
    let (mut browser, page) = at_sign_on(&world).await;
    let answer = browser.get(&page).await.expect(StatusCode::OK);
    let policy = answer.header("content-security-policy").to_owned();
    let forms = policy.split(';').find(|part| part.contains("form-action"));
    assert!(
        forms.is_some_and(|forms| forms.contains("https://begin.example")),
        "{policy}"
    );
}

#[tokio::test]
async fn without_an_address_for_it_a_link_leads_to_the_site_of_the_redirect_uri() {
    let world = World::new().await;
    world
        .change_application(|application| {
            let members = application.as_object_mut().unwrap();
            members.remove("homePageUrl");
            members.remove("initiateLoginUri");
        })
        .await;
    let (mut browser, page) = at_sign_on(&world).await;
    world.advance(15 * 60);
    let answer = browser.get(&page).await.expect(StatusCode::GONE);
    assert!(answer.body.contains("This sign-on has expired"));
    assert!(
        answer.body.contains(&format!("href=\"{HOME}\"")),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("Go on to"), "{}", answer.body);
}

/// A link that never was a page of ours sends nobody on by itself, and none leads away from TLS.
#[tokio::test]
async fn only_a_page_of_a_sign_on_sends_people_on_by_itself() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let (path, client) = (page.split('?').next().unwrap(), world.demo.client_id);
    let made_up = format!("{path}?client_id={client}");
    let answer = browser.get(&made_up).await.expect(StatusCode::GONE);
    assert!(answer.body.contains("Go on to"), "{}", answer.body);

    world
        .change_application(|application| {
            let members = application.as_object_mut().unwrap();
            members.remove("initiateLoginUri");
            members["homePageUrl"] = "http://plain.example/".into();
        })
        .await;
    world.advance(15 * 60);
    let answer = browser.get(&page).await.expect(StatusCode::GONE);
    assert!(
        answer.body.contains("http://plain.example/"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_page_of_no_application_leads_to_none() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let unknown = page.replace(
        &world.demo.client_id.to_string(),
        "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1",
    );
    let nameless = page.split('&').next().unwrap().to_owned();
    world
        .change_application(|application| application["enabled"] = false.into())
        .await;
    world.advance(15 * 60);
    for page in [page, unknown, nameless] {
        let answer = browser.get(&page).await.expect(StatusCode::GONE);
        assert!(!answer.body.contains("Go on to"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_sign_on_of_another_browser_offers_one_of_its_own() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let demand = Statement::new("UPDATE user_passwords SET must_change = $1");
    world.sql(demand.bind(true)).await;
    let user = &world.demo.user;
    let password = user.password.expose();
    browser.give(&page, user.username, password).await;
    let answer = world.browser().get(&page).await;
    let answer = answer.expect(StatusCode::FORBIDDEN);
    let link = format!("href=\"{}\"", begin(&world).replace('&', "&amp;"));
    assert!(answer.body.contains(&link), "{}", answer.body);
}

/// How much there is of everything that a sign-on writes.
async fn written(world: &World) -> Vec<i64> {
    const COUNTS: [&str; 7] = [
        "SELECT COUNT(*) AS number FROM flows",
        "SELECT COALESCE(SUM(version), 0) AS number FROM flows",
        "SELECT COUNT(*) AS number FROM grants WHERE code_digest IS NOT NULL",
        "SELECT COUNT(*) AS number FROM grants",
        "SELECT COUNT(*) AS number FROM browser_sessions",
        "SELECT COUNT(*) AS number FROM activities",
        "SELECT COUNT(*) AS number FROM mails",
    ];
    let mut numbers = Vec::new();
    for count in COUNTS {
        let row = world.db.read_optional(Statement::new(count)).await;
        numbers.push(row.unwrap().unwrap().get("number").unwrap());
    }
    numbers
}

#[tokio::test]
async fn a_head_changes_nothing_anywhere() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let user = &world.demo.user;
    let password = user.password.expose();
    let completed = browser.give(&page, user.username, password).await;
    let resume = completed.location().to_owned();
    let query = world.request().query();
    let (_, other_page) = at_sign_on(&world).await;
    // The first key is made beside the start: now it is there.
    let jwks = world.endpoint("jwks");
    let jwks = browser.send(Method::GET, &jwks, Body::empty(), &[]).await;
    jwks.expect(StatusCode::OK);
    let before = written(&world).await;

    let environment = world.demo.environment_id;
    let mut paths = vec![
        "/".to_owned(),
        "/mailbox".to_owned(),
        "/mailbox/messages?to=a@example.com".to_owned(),
        resume.clone(),
        other_page.replace("/signon/", "/signon/forgot"),
        other_page.replace("/signon/", "/signon/register"),
        other_page,
        format!("{}?{query}", world.endpoint("authorize")),
        world.endpoint("signoff"),
        world.endpoint("userinfo"),
        world.endpoint("jwks"),
        world.endpoint(".well-known/openid-configuration"),
    ];
    let of_management = idp::management_operations();
    let gets = of_management
        .iter()
        .filter(|operation| operation.method == Method::GET);
    paths.extend(gets.map(|operation| {
        let path = operation
            .path
            .replace("{environment}", &environment.to_string());
        format!("/v1{path}")
    }));
    for path in paths {
        let answer = browser.send(Method::HEAD, &path, Body::empty(), &[]).await;
        assert_eq!(written(&world).await, before, "{path}");
        let acts = ["/as/authorize", "/as/resume", "/as/signoff"];
        if acts.iter().any(|act| path.contains(act)) {
            let answer = answer.expect(StatusCode::METHOD_NOT_ALLOWED);
            assert!(answer.header("allow").contains("GET"), "{path}");
        }
    }
    // The session lives, and what was completed is answered.
    let answer = browser.get(&resume).await.expect(StatusCode::FOUND);
    Received::at(answer.location()).param("code");
}

#[tokio::test]
async fn one_address_leaves_only_so_many_sign_ons_behind() {
    let world = World::with(|settings| {
        settings.limits.authorizations_per_minute = 3;
        settings.limits.judged_passwords_per_minute = 3;
    })
    .await;
    let address = |last: u8| RemoteAddress([192, 0, 2, last].into());
    let mut browser = world.browser();
    browser.come_from(address(1));
    let mut page = String::new();
    for _ in 0..3 {
        let answer = browser.authorize(&world, &world.request()).await;
        page = Browser::page_of(&answer.expect(StatusCode::FOUND));
    }
    let answer = browser.authorize(&world, &world.request()).await;
    let answer = answer.expect(StatusCode::TOO_MANY_REQUESTS);
    assert!(!answer.header("retry-after").is_empty());
    let mut other = world.browser();
    other.come_from(address(2));
    let answer = other.authorize(&world, &world.request()).await;
    answer.expect(StatusCode::FOUND);

    let rules = page.replace("/signon/", "/signon/rules");
    let typed = [("password", "a")];
    for _ in 0..3 {
        let answer = browser.post(&rules, &typed).await;
        answer.expect(StatusCode::OK);
    }
    let answer = browser.post(&rules, &typed).await;
    answer.expect(StatusCode::TOO_MANY_REQUESTS);
    world.advance(61);
    let answer = browser.authorize(&world, &world.request()).await;
    answer.expect(StatusCode::FOUND);
}

#[tokio::test]
async fn what_is_kept_of_a_request_is_bounded_as_a_whole() {
    let world = World::new().await;
    let mut browser = world.browser();
    let params = world
        .request()
        .set("state", &"s".repeat(2000))
        .set("nonce", &"n".repeat(2000));
    let answer = browser.authorize(&world, &params).await;
    Browser::page_of(&answer);
    let params = params.set("login_hint", &"h".repeat(100));
    let answer = browser.authorize(&world, &params).await;
    let received = Received::at(answer.expect(StatusCode::FOUND).location());
    assert_eq!(received.param("error"), "invalid_request");
    assert_eq!(received.param("state").len(), 2000);
}
