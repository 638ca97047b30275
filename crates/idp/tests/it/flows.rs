//! The flow API: the interaction of the hosted pages, for programs that show pages of their own.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, VENDOR, forbidden, refused};
use crate::signon_demands::{agreement_action, demanding, lose, profiling, revise, terms};
use crate::world::{Answer, Browser, NEW_PASSWORD, World};

/// A program in front of a flow.
struct Program {
    browser: Browser,
    flow: String,
}

impl Program {
    async fn begin(world: &World) -> Self {
        let mut browser = world.browser();
        let page = Browser::page_of(&browser.authorize(world, &world.request()).await);
        let (_, query) = page.split_once("flowId=").unwrap();
        let id = query.split('&').next().unwrap();
        let flow = format!("/{}/flows/{id}", world.demo.environment_id);
        Self { browser, flow }
    }

    async fn read(&mut self) -> Answer {
        self.browser.get(&self.flow).await
    }

    async fn act(&mut self, action: &str, body: &Value) -> Answer {
        let media = format!("{VENDOR}{action}+json; charset=UTF-8");
        let headers = [("content-type", media.as_str())];
        let body = Body::from(body.to_string());
        let (method, flow) = (Method::POST, self.flow.clone());
        self.browser.send(method, &flow, body, &headers).await
    }

    /// Gives the right name and password of the demo's user.
    async fn sign_on(&mut self, world: &World) -> Value {
        let user = &world.demo.user;
        let both = json!({ "username": user.username, "password": user.password.expose() });
        let answer = self.act("usernamePassword.check", &both).await;
        answer.expect(StatusCode::OK).json()
    }
}

fn offers(flow: &Value) -> Vec<&str> {
    let links = flow["_links"].as_object().unwrap().keys();
    let known = ["self", "signOnPage"];
    links
        .map(String::as_str)
        .filter(|link| !known.contains(link))
        .collect()
}

#[tokio::test]
async fn a_program_signs_a_user_on() {
    let world = World::new().await;
    let mut program = Program::begin(&world).await;
    let flow = program.read().await.expect(StatusCode::OK).json();
    assert_eq!(flow["status"], "USERNAME_PASSWORD_REQUIRED");
    assert_eq!(offers(&flow), ["usernamePassword.check"]);
    assert!(flow["_embedded"]["application"]["name"].is_string());
    let own = flow["_links"]["self"]["href"].as_str().unwrap();
    assert!(own.ends_with(&program.flow), "{own}");
    let wrong = json!({ "username": "demo", "password": "Wrong-Password-1" });
    let wrong = program.act("usernamePassword.check", &wrong).await;
    refused(&wrong, 400, "INVALID_DATA", "INVALID_VALUE", "username");
    let unknown = json!({ "username": "nobo", "password": "Wrong-Password-1" });
    let unknown = program.act("usernamePassword.check", &unknown).await;
    assert_eq!(unknown.json()["details"], wrong.json()["details"]);
    let early = program
        .act("user.consent", &json!({ "accept": true }))
        .await;
    refused(&early, 400, "REQUEST_FAILED", "INVALID_VALUE", "");

    let flow = program.sign_on(&world).await;
    assert_eq!(flow["status"], "COMPLETED");
    assert!(flow["session"]["id"].is_string());
    assert_eq!(flow["_embedded"]["user"]["username"], "demo");
    assert!(offers(&flow).is_empty());
    let resume = flow["resumeUrl"].as_str().unwrap().to_owned();
    let back = program.browser.get(&resume).await.expect(StatusCode::FOUND);
    assert!(back.location().contains("code="));
    let gone = program.read().await;
    refused(&gone, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn what_is_demanded_is_asked_of_programs_too() {
    let world = World::new().await;
    world.demand_change().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    lose(&api, &["name", "nickname"]).await;
    let asks = profiling(&[("name.given", true), ("nickname", false)], 0);
    demanding(&api, &[asks, agreement_action(&terms)]).await;
    let mut program = Program::begin(&world).await;
    let flow = program.sign_on(&world).await;
    assert_eq!(flow["status"], "MUST_CHANGE_PASSWORD");
    assert!(flow["_embedded"]["passwordPolicy"]["length"].is_object());
    let password = world.demo.user.password.expose();
    let weak = json!({ "currentPassword": password, "newPassword": "short" });
    let weak = program.act("password.reset", &weak).await;
    refused(&weak, 400, "INVALID_DATA", "INVALID_VALUE", "newPassword");
    let new = json!({ "currentPassword": password, "newPassword": NEW_PASSWORD });
    let flow = program.act("password.reset", &new).await;

    let flow = flow.expect(StatusCode::OK).json();
    assert_eq!(flow["status"], "PROFILE_DATA_REQUIRED");
    assert_eq!(offers(&flow), ["user.update"]);
    let asked = &flow["_embedded"]["attributes"];
    assert_eq!(asked[0], json!({ "name": "name.given", "required": true }));
    let missing = json!({ "nickname": "Al" });
    let missing = program.act("user.update", &missing).await;
    refused(
        &missing,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "name.given",
    );
    let given = json!({ "name": { "given": "Ada" }, "enabled": false });
    let flow = program.act("user.update", &given).await;

    let flow = flow.expect(StatusCode::OK).json();
    assert_eq!(flow["status"], "AGREEMENT_CONSENT_REQUIRED");
    assert_eq!(flow["_embedded"]["user"]["name"]["given"], "Ada");
    assert_eq!(flow["_embedded"]["agreement"]["title"], "Terms of use");
    // Nobody else goes on, and none of it is told.
    let own = std::mem::replace(&mut program.browser, world.browser());
    let stranger = program.read().await;
    stranger.expect(StatusCode::FORBIDDEN);
    program.browser = own;
    let flow = program
        .act("user.consent", &json!({ "accept": true }))
        .await;
    let flow = flow.expect(StatusCode::OK).json();
    assert_eq!(flow["status"], "COMPLETED");
}

#[tokio::test]
async fn whoever_declines_by_a_program_ends_the_flow() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    demanding(&api, &[agreement_action(&terms)]).await;
    let mut program = Program::begin(&world).await;
    program.sign_on(&world).await;
    let flow = program
        .act("user.consent", &json!({ "accept": false }))
        .await;
    let flow = flow.expect(StatusCode::OK).json();
    assert_eq!(flow["status"], "FAILED");
    let resume = flow["resumeUrl"].as_str().unwrap().to_owned();
    let back = program.browser.get(&resume).await.expect(StatusCode::FOUND);
    assert!(back.location().contains("error=access_denied"));
}

#[tokio::test]
async fn another_site_cannot_act_on_a_flow() {
    let world = World::new().await;
    let mut program = Program::begin(&world).await;
    let user = &world.demo.user;
    let body = json!({ "username": user.username, "password": user.password.expose() });
    let media = format!("{VENDOR}usernamePassword.check+json");
    let headers = [
        ("content-type", media.as_str()),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    let flow = program.flow.clone();
    let body = Body::from(body.to_string());
    let browser = &mut program.browser;
    let refused = browser.send(Method::POST, &flow, body, &headers).await;
    refused.expect(StatusCode::FORBIDDEN);
    assert!(program.browser.cookies().is_empty());
}

#[tokio::test]
async fn who_completed_a_flow_is_told_to_that_browser_alone() {
    let world = World::new().await;
    let mut program = Program::begin(&world).await;
    program.sign_on(&world).await;
    let own = program.read().await.expect(StatusCode::OK).json();
    assert_eq!(own["status"], "COMPLETED");
    let own = std::mem::replace(&mut program.browser, world.browser());
    let stranger = program.read().await;
    forbidden(&stranger);
    assert!(!stranger.body.contains("demo"), "{}", stranger.body);
    // Who is signed on by another link is a stranger, too.
    let mut other = Program::begin(&world).await;
    other.sign_on(&world).await;
    other.flow = program.flow.clone();
    refused(
        &other.read().await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    program.browser = own;
    program.read().await.expect(StatusCode::OK);
}

/// By an empty list, and by another action that has asked before it.
#[tokio::test]
async fn a_required_attribute_is_not_skipped() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let schemas = api.get("schemas").await.json();
    let schema = schemas["_embedded"]["schemas"][0]["id"].as_str().unwrap();
    let attribute =
        json!({ "name": "tags", "type": "STRING", "enabled": true, "multiValued": true });
    let path = format!("schemas/{schema}/attributes");
    api.make(&path, &attribute).await;
    lose(&api, &["nickname", "title"]).await;
    let first = profiling(&[("nickname", false)], 0);
    let second = profiling(&[("tags", true), ("title", false)], 0);
    demanding(&api, &[first, second]).await;
    let mut program = Program::begin(&world).await;
    let flow = program.sign_on(&world).await;
    let names = |flow: &Value| flow["_embedded"]["attributes"].clone();
    assert_eq!(names(&flow)[0]["name"], "nickname");
    let flow = program.act("user.update", &json!({})).await;
    let flow = flow.expect(StatusCode::OK).json();
    assert_eq!(names(&flow)[0], json!({ "name": "tags", "required": true }));
    for skips in [json!({}), json!({ "tags": null }), json!({ "tags": [] })] {
        let answer = program.act("user.update", &skips).await;
        refused(&answer, 400, "INVALID_DATA", "REQUIRED_VALUE", "tags");
    }
    let given = json!({ "tags": ["a"] });
    let flow = program.act("user.update", &given).await;
    assert_eq!(flow.expect(StatusCode::OK).json()["status"], "COMPLETED");
}

#[tokio::test]
async fn a_program_agrees_to_the_text_that_it_was_shown() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    demanding(&api, &[agreement_action(&terms)]).await;
    let languages = api.get(&format!("{terms}/languages")).await.json();
    let language = languages["_embedded"]["languages"][0]["id"].as_str();
    let language = format!("{terms}/languages/{}", language.unwrap());
    let mut program = Program::begin(&world).await;
    let flow = program.sign_on(&world).await;
    let shown = flow["_embedded"]["agreement"]["revision"].clone();
    world.advance(1);
    revise(&api, &language, "Be kinder.", false).await;
    for unseen in [
        json!({ "accept": true }),
        json!({ "accept": true, "revision": shown }),
    ] {
        let answer = program.act("user.consent", &unseen).await;
        refused(&answer, 400, "REQUEST_FAILED", "INVALID_VALUE", "revision");
    }
    let flow = program.read().await.expect(StatusCode::OK).json();
    assert_eq!(flow["_embedded"]["agreement"]["text"], "Be kinder.");
    let flow = program
        .act("user.consent", &json!({ "accept": true }))
        .await;
    assert_eq!(flow.expect(StatusCode::OK).json()["status"], "COMPLETED");
}
