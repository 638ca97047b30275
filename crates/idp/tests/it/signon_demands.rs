//! What sign-on policies demand of people who are known already: that they agree to something, and
//! that they complete their profiles.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, user_path};
use crate::world::{Answer, Browser, Received, World, claims, shows, sub_page};

const DAY: i64 = 24 * 60 * 60;

/// The demo's application under a policy with these actions behind the password; gives the path of
/// the actions.
pub(crate) async fn demanding(api: &Api<'_>, actions: &[Value]) -> String {
    let policy = api.make("signOnPolicies", &json!({ "name": "Own" })).await;
    let at = format!("signOnPolicies/{}/actions", id(&policy));
    api.make(&at, &json!({ "type": "LOGIN", "priority": 1 }))
        .await;
    for (action, priority) in actions.iter().zip(2..) {
        let mut action = action.clone();
        action["priority"] = json!(priority);
        api.make(&at, &action).await;
    }
    let application = &api.world.demo.client_id;
    let assignment = json!({ "priority": 1, "signOnPolicy": { "id": id(&policy) } });
    let path = format!("applications/{application}/signOnPolicyAssignments");
    api.make(&path, &assignment).await;
    at
}

pub(crate) async fn demo(api: &Api<'_>) -> Value {
    let found = api.get("users?filter=username%20eq%20%22demo%22").await;
    found.json()["_embedded"]["users"][0].clone()
}

/// Takes these from the demo's user.
pub(crate) async fn lose(api: &Api<'_>, members: &[&str]) -> String {
    let user = user_path(&demo(api).await);
    let nothing = members.iter().map(|name| ((*name).to_owned(), Value::Null));
    let nothing = Value::Object(nothing.collect());
    api.patch(&user, &nothing).await.expect(StatusCode::OK);
    user
}

/// An entry of the log of this type that a user made.
async fn logged(api: &Api<'_>, action: &str) -> Value {
    let filter = "recordedat%20gt%20%222026-01-01T00:00:00Z%22";
    let entries = api.get(&format!("activities?filter={filter}")).await.json();
    let entries = entries["_embedded"]["activities"].as_array().unwrap();
    let found = entries
        .iter()
        .find(|entry| entry["action"]["type"] == action && entry["actors"]["user"].is_object());
    found.cloned().unwrap_or_default()
}

/// An enabled agreement with a text in English; gives its path.
pub(crate) async fn terms(api: &Api<'_>) -> String {
    let terms = json!({ "name": "Terms", "enabled": false, "reconsentPeriodDays": 30 });
    let agreement = api.make("agreements", &terms).await;
    let at = format!("agreements/{}", id(&agreement));
    speak(api, &at, "en", "Terms of use", "<p>Be <b>kind</b>.</p>").await;
    let mut enabled = terms;
    enabled["enabled"] = json!(true);
    api.put(&at, &enabled).await.expect(StatusCode::OK);
    at
}

/// Adds a text in a language; gives the path of the language.
async fn speak(api: &Api<'_>, agreement: &str, locale: &str, title: &str, text: &str) -> String {
    let language = json!({ "displayName": title, "locale": locale, "enabled": true });
    let language = api.make(&format!("{agreement}/languages"), &language).await;
    let at = format!("{agreement}/languages/{}", id(&language));
    revise(api, &at, text, false).await;
    at
}

pub(crate) async fn revise(
    api: &Api<'_>,
    language: &str,
    text: &str,
    require_reconsent: bool,
) -> Value {
    let now = api.get("agreements").await.json();
    let now = now["_embedded"]["agreements"][0]["consentsAggregatedAt"].clone();
    let revision = json!({
        "contentType": "text/html", "effectiveAt": now, "text": text,
        "requireReconsent": require_reconsent,
    });
    api.make(&format!("{language}/revisions"), &revision).await
}

pub(crate) fn agreement_action(agreement: &str) -> Value {
    let id = agreement.rsplit('/').next().unwrap();
    json!({ "type": "AGREEMENT", "agreement": { "id": id } })
}

/// The value of a hidden field of a page.
fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&mark).expect(&page.body);
    rest.split('"').next().unwrap().to_owned()
}

/// A browser behind the right password, and the page that it is led to.
async fn behind_password(world: &World) -> (Browser, String, Answer) {
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(world, &world.request()).await);
    let answer = browser.give_right(&page, &world.demo.user).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = answer.location().to_owned();
    assert!(page.contains("/signon/?flowId="), "{page}");
    let shown = browser.get(&page).await.expect(StatusCode::OK);
    (browser, page, shown)
}

pub(crate) async fn agree(browser: &mut Browser, page: &str) -> Answer {
    let shown = browser.get(page).await.expect(StatusCode::OK);
    let revision = hidden(&shown, "revision");
    let form = [("revision", revision.as_str()), ("agree", "true")];
    browser.post(&sub_page(page, "agreement"), &form).await
}

/// Whether a fresh sign-on comes to its end by the password alone.
async fn needs_no_more(world: &World) -> bool {
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(world, &world.request()).await);
    let answer = browser.give_right(&page, &world.demo.user).await;
    answer.location().contains("/as/resume?flowId=")
}

#[tokio::test]
async fn an_agreement_is_asked_for_until_it_is_agreed_to() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    demanding(&api, &[agreement_action(&terms)]).await;

    let (mut browser, page, shown) = behind_password(&world).await;
    assert!(
        shown.body.contains("<h1>Terms of use</h1>"),
        "{}",
        shown.body
    );
    let policy = shown.header("content-security-policy");
    assert!(policy.contains("frame-src 'self'"), "{policy}");
    let framed = browser.get(&sub_page(&page, "agreement/text")).await;
    shows(&framed, StatusCode::OK, "<p>Be <b>kind</b>.</p>");
    let policy = framed.header("content-security-policy");
    assert!(
        policy.contains("sandbox allow-same-origin allow-popups"),
        "{policy}"
    );
    assert!(!policy.contains("allow-scripts"), "{policy}");

    // Whoever learns the address gets nothing, and the way back is closed.
    let mut stranger = world.browser();
    for address in [page.clone(), sub_page(&page, "agreement/text")] {
        let refused = stranger.get(&address).await;
        refused.expect(StatusCode::FORBIDDEN);
    }
    let resume = page.replace("/signon/", "/as/resume");
    let back = browser.get(&resume).await.expect(StatusCode::FOUND);
    assert!(back.location().contains("/signon/?flowId="));

    let at = sub_page(&page, "agreement");
    let revision = hidden(&shown, "revision");
    let unticked = browser.post(&at, &[("revision", &revision)]).await;
    let needed = "Tick the box";
    shows(&unticked, StatusCode::UNPROCESSABLE_ENTITY, needed);
    let agreed = agree(&mut browser, &page).await;
    let code = browser.resume(&agreed).await.param("code");
    let tokens = world.redeem(&code).await.expect(StatusCode::OK).json();
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["acr"], "Own");

    let consents = format!("{}/agreementConsents", user_path(&demo(&api).await));
    let consents = api.get(&consents).await.json();
    let consent = &consents["_embedded"]["agreementConsents"][0];
    assert_eq!(consent["status"], "ACCEPTED");
    assert_eq!(consent["revision"]["id"], json!(revision));
    assert_eq!(api.get(&terms).await.json()["totalConsents"], json!(1));
    let entry = logged(&api, "AGREEMENT_CONSENT.ACCEPTED").await;
    assert_eq!(entry["actors"]["user"]["name"], "demo", "{entry}");

    assert!(needs_no_more(&world).await);
    // Until the consent is over.
    world.advance(31 * DAY);
    assert!(!needs_no_more(&world).await);
}

#[tokio::test]
async fn a_later_text_is_asked_for_where_it_says_so() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    demanding(&api, &[agreement_action(&terms)]).await;
    let (mut browser, page, shown) = behind_password(&world).await;
    let languages = api.get(&format!("{terms}/languages")).await.json();
    let english = &languages["_embedded"]["languages"][0];
    let english = format!("{terms}/languages/{}", id(english));

    // Nobody agrees to another text than the one that was shown.
    world.advance(1);
    revise(&api, &english, "Be kinder.", false).await;
    let revision = hidden(&shown, "revision");
    let form = [("revision", revision.as_str()), ("agree", "true")];
    let late = browser.post(&sub_page(&page, "agreement"), &form).await;
    let text = "The text has changed";
    shows(&late, StatusCode::UNPROCESSABLE_ENTITY, text);
    agree(&mut browser, &page).await;
    assert!(needs_no_more(&world).await);

    world.advance(1);
    revise(&api, &english, "Be kindest.", false).await;
    assert!(needs_no_more(&world).await, "nobody has to agree again");
    world.advance(1);
    revise(&api, &english, "Be good.", true).await;
    assert!(!needs_no_more(&world).await);
    // What is disabled is asked of nobody.
    let disabled = json!({ "name": "Terms", "enabled": false });
    api.put(&terms, &disabled).await.expect(StatusCode::OK);
    assert!(needs_no_more(&world).await);
    // What a policy demands stays.
    let refusal = api.delete(&terms).await;
    assert_eq!(refusal.status, StatusCode::BAD_REQUEST, "{}", refusal.body);
}

#[tokio::test]
async fn whoever_declines_goes_back_to_the_application_without_a_session() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    let at = demanding(&api, &[agreement_action(&terms)]).await;
    let (mut browser, page, shown) = behind_password(&world).await;
    assert!(shown.body.contains("I do not agree"));
    let decline = sub_page(&page, "agreement/decline");
    let declined = browser.post(&decline, &[]).await;
    let resume = declined.expect(StatusCode::SEE_OTHER).location().to_owned();
    let mut stranger = world.browser();
    let refused = stranger.get(&resume).await;
    refused.expect(StatusCode::FORBIDDEN);
    let back = browser.get(&resume).await.expect(StatusCode::FOUND);
    let received = Received::at(back.location());
    assert_eq!(received.param("error"), "access_denied");
    assert!(received.find("code").is_none());
    let gone = browser.get(&resume).await;
    assert_ne!(gone.status, StatusCode::FOUND, "it is told once");
    let silent = world.request().set("prompt", "none");
    let answer = browser.authorize(&world, &silent).await;
    let error = Received::at(answer.location()).param("error");
    assert_eq!(error, "login_required", "nobody is signed on");
    let entry = logged(&api, "AGREEMENT_CONSENT.DECLINED").await;
    assert_eq!(entry["result"]["status"], "SUCCESS", "{entry}");

    // Where declining is not offered, it is not possible either.
    let actions = api.get(&at).await.json();
    let actions = actions["_embedded"]["actions"].as_array().unwrap();
    let action = actions.iter().find(|one| one["type"] == "AGREEMENT");
    let mut fixed = agreement_action(&terms);
    fixed["priority"] = json!(2);
    fixed["disableDeclineOption"] = json!(true);
    let action = format!("{at}/{}", id(action.unwrap()));
    api.put(&action, &fixed).await.expect(StatusCode::OK);
    let (mut browser, page, shown) = behind_password(&world).await;
    assert!(!shown.body.contains("I do not agree"));
    let declined = browser
        .post(&sub_page(&page, "agreement/decline"), &[])
        .await;
    assert!(declined.location().contains("/signon/?flowId="));
    let agreed = agree(&mut browser, &page).await;
    browser.resume(&agreed).await.param("code");
}

#[tokio::test]
async fn an_agreement_is_shown_in_the_users_language() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    speak(&api, &terms, "fr", "Conditions", "Soyez gentils.").await;
    let german = json!({ "displayName": "Bedingungen", "locale": "de", "enabled": true });
    api.make(&format!("{terms}/languages"), &german).await;
    demanding(&api, &[agreement_action(&terms)]).await;

    let user = lose(&api, &["preferredLanguage"]).await;
    let (mut browser, page, _) = behind_password(&world).await;
    let headers = [("accept-language", "de, fr-CA;q=0.8, en;q=0.5")];
    let french = browser
        .send(
            http::Method::GET,
            &page,
            axum::body::Body::empty(),
            &headers,
        )
        .await;
    // German has no text, and French comes before English.
    shows(&french, StatusCode::OK, "<h1>Conditions</h1>");
    let english = json!({ "preferredLanguage": "en-GB" });
    api.patch(&user, &english).await.expect(StatusCode::OK);
    let preferred = browser
        .send(
            http::Method::GET,
            &page,
            axum::body::Body::empty(),
            &headers,
        )
        .await;
    shows(&preferred, StatusCode::OK, "<h1>Terms of use</h1>");
}

#[tokio::test]
async fn a_policy_that_cannot_be_found_is_not_met_by_a_password() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let actions = demanding(&api, &[]).await;
    let policy = actions.split('/').nth(1).unwrap();
    let gone = db::Statement::new("DELETE FROM configuration_objects WHERE id = $1");
    world.sql(gone.bind(policy)).await;
    world.advance(60);
    let answer = world.browser().authorize(&world, &world.request()).await;
    assert!(answer.status.is_server_error(), "{answer:?}");
}

#[tokio::test]
async fn a_session_goes_on_behind_an_agreement() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (mut browser, received) = world.sign_on(&world.request()).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    let before = claims(tokens["id_token"].as_str().unwrap());
    let terms = terms(&api).await;
    demanding(&api, &[agreement_action(&terms)]).await;
    world.advance(60);

    let silent = world.request().set("prompt", "none");
    let answer = browser.authorize(&world, &silent).await;
    let error = Received::at(answer.location()).param("error");
    assert_eq!(error, "interaction_required");
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let agreed = agree(&mut browser, &page).await;
    let code = browser.resume(&agreed).await.param("code");
    let tokens = world.redeem(&code).await.expect(StatusCode::OK).json();
    let after = claims(tokens["id_token"].as_str().unwrap());
    for claim in ["sub", "sid", "auth_time"] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
    let answer = browser.authorize(&world, &silent).await;
    Received::at(answer.location()).param("code");
}

/// An action that asks for these attributes.
pub(crate) fn profiling(attributes: &[(&str, bool)], interval: i64) -> Value {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, required)| json!({ "name": name, "required": required }))
        .collect();
    json!({
        "type": "PROGRESSIVE_PROFILING", "attributes": attributes,
        "promptText": "Who <are> you?", "promptIntervalSeconds": interval,
        "preventMultiplePromptsPerFlow": true,
    })
}

#[tokio::test]
async fn what_a_profile_lacks_is_asked_for_and_checked() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let user = lose(&api, &["address", "nickname", "title"]).await;
    let asks = [
        ("address.countryCode", true),
        ("email", true),
        ("nickname", false),
        ("title", true),
    ];
    demanding(&api, &[profiling(&asks, DAY)]).await;
    let known = json!({ "title": "Engineer" });
    api.patch(&user, &known).await.expect(StatusCode::OK);

    let (mut browser, page, shown) = behind_password(&world).await;
    assert!(
        shown.body.contains("Who &#60;are&#62; you?"),
        "{}",
        shown.body
    );
    for (name, is_asked) in [
        ("address.countryCode", true),
        ("nickname", true),
        ("title", false),
        ("email", false),
    ] {
        let field = format!("name=\"{name}\"");
        assert_eq!(shown.body.contains(&field), is_asked, "{name}");
    }
    let at = sub_page(&page, "profile");
    let missing = browser.post(&at, &[("nickname", "<b>Al</b>")]).await;
    let needed = "Country (two letters) is needed to go on.";
    shows(&missing, StatusCode::UNPROCESSABLE_ENTITY, needed);
    assert!(
        missing.body.contains("value=\"&#60;b&#62;Al"),
        "what was typed stays"
    );
    let wrong = browser.post(&at, &[("address.countryCode", "gb")]).await;
    let rule = "Country (two letters) must be two capital letters";
    shows(&wrong, StatusCode::UNPROCESSABLE_ENTITY, rule);
    let form = [
        ("address.countryCode", "GB"),
        ("title", "Queen"),
        ("enabled", "false"),
    ];
    let filled = browser.post(&at, &form).await;
    browser.resume(&filled).await.param("code");
    let read = api.get(&user).await.json();
    assert_eq!(read["address"]["countryCode"], "GB");
    assert_eq!(read["title"], "Engineer", "what is there is not asked for");
    assert_eq!(read["enabled"], json!(true));
    assert!(read.get("nickname").is_none());
    let entry = logged(&api, "USER.UPDATED").await;
    assert_eq!(entry["actors"]["user"]["name"], "demo", "{entry}");

    // What is optional is asked for again after the interval, what is required at once.
    assert!(needs_no_more(&world).await);
    world.advance(DAY);
    let (mut browser, page, shown) = behind_password(&world).await;
    assert!(shown.body.contains("(optional)"), "{}", shown.body);
    let skipped = browser.post(&sub_page(&page, "profile"), &[]).await;
    browser.resume(&skipped).await.param("code");
    assert!(needs_no_more(&world).await);
    let api = Api::worker(&world).await;
    let cleared = json!({ "address": null });
    api.patch(&user, &cleared).await.expect(StatusCode::OK);
    assert!(!needs_no_more(&world).await);
}

#[tokio::test]
async fn a_value_that_somebody_else_has_is_not_taken() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let schemas = api.get("schemas").await.json();
    let schema = id(&schemas["_embedded"]["schemas"][0]).clone();
    let attribute = json!({ "name": "badge", "type": "STRING", "enabled": true, "unique": true });
    let path = format!("schemas/{schema}/attributes");
    api.make(&path, &attribute).await;
    let other = user_path(&api.make_user("ada").await);
    let taken = json!({ "badge": "A1" });
    api.patch(&other, &taken).await.expect(StatusCode::OK);
    demanding(&api, &[profiling(&[("badge", true)], 0)]).await;
    let (mut browser, page, _) = behind_password(&world).await;
    let at = sub_page(&page, "profile");
    let refused = browser.post(&at, &[("badge", "a1")]).await;
    let text = "Somebody else has this value.";
    shows(&refused, StatusCode::UNPROCESSABLE_ENTITY, text);
    let filled = browser.post(&at, &[("badge", "A2")]).await;
    browser.resume(&filled).await.param("code");
}

#[tokio::test]
async fn several_demands_follow_each_other() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let terms = terms(&api).await;
    lose(&api, &["nickname", "title"]).await;
    let first = profiling(&[("nickname", true)], 0);
    let again = profiling(&[("title", false)], 0);
    demanding(&api, &[first, agreement_action(&terms), again]).await;
    let (mut browser, page, _) = behind_password(&world).await;
    let filled = [("nickname", "Al")];
    let filled = browser.post(&sub_page(&page, "profile"), &filled).await;
    assert!(filled.location().contains("/signon/?flowId="));
    // A second click changes nothing.
    let late = [("nickname", "Bo")];
    let late = browser.post(&sub_page(&page, "profile"), &late).await;
    assert!(late.location().contains("/signon/?flowId="));
    // The third action asks for nothing: one in each interaction is enough for it.
    let agreed = agree(&mut browser, &page).await;
    browser.resume(&agreed).await.param("code");
    let read = demo(&api).await;
    assert_eq!(read["nickname"], "Al");
}

#[tokio::test]
async fn only_texts_of_users_are_asked_for() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let policy = api.make("signOnPolicies", &json!({ "name": "Own" })).await;
    let at = format!("signOnPolicies/{}/actions", id(&policy));
    for names in [
        &[("password", true)][..],
        &[("id", false)],
        &[("title", true); 2],
    ] {
        let mut action = profiling(names, 0);
        action["priority"] = json!(2);
        let refusal = api.post(&at, &action).await.expect(StatusCode::BAD_REQUEST);
        let target = &refusal.json()["details"][0]["target"];
        assert_eq!(target, "attributes.name", "{}", refusal.body);
    }
}
