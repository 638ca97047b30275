//! The own account: deleting it (not without having meant it, not at once, and not against the owner),
//! another address, and sessions elsewhere.

use db::Statement;
use jiff::SignedDuration;
use protocol::SystemRandom;
use protocol::id::SessionId;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site::Site;

const DELETE: &str = "/account/delete";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

async fn ask_for_deletion(browser: &Browser) {
    let confirmed = browser.post(DELETE, &[("confirm", "true")]).await;
    confirmed.expect(303);
}

#[tokio::test]
async fn an_account_is_deleted_after_two_weeks_and_not_before() {
    let site = Site::start().await;
    site.fake.add("grace", "grace@example.com");
    let browser = site.signed_on("ada").await;
    let page = browser.post(DELETE, &[]).await.expect(422);
    assert!(page.error_at("confirm").is_some(), "{}", page.body);
    ask_for_deletion(&browser).await;
    let home = browser.get("/").await.expect(200);
    assert!(home.has("will be deleted on"), "{}", home.body);

    site.clock.advance(days(14) - SignedDuration::from_secs(1));
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_some());
    site.clock.advance(SignedDuration::from_secs(1));
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_none());
    assert!(site.fake.person("grace").is_some(), "nobody else");
}

#[tokio::test]
async fn a_deletion_that_is_called_off_does_not_happen() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    ask_for_deletion(&browser).await;
    browser.post("/account/keep", &[]).await.expect(303);
    let home = browser.get("/").await.expect(200);
    assert!(home.has("Your account stays.") && !home.has("will be deleted"));
    site.clock.advance(days(30));
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_some());
}

#[tokio::test]
async fn an_operator_and_whoever_signed_on_a_while_ago_do_not_delete_at_once() {
    let site = Site::start().await;
    let operator = site.operator().await;
    operator
        .post(DELETE, &[("confirm", "true")])
        .await
        .expect(403);
    let browser = site.signed_on("ada").await;
    site.clock.advance(SignedDuration::from_mins(6));
    for path in [DELETE, "/profile/email", "/data", "/data/download"] {
        let page = browser.get(path).await.expect(303);
        assert!(
            page.location().ends_with("&fresh=true"),
            "{}",
            page.location()
        );
    }
    let page = browser.post(DELETE, &[("confirm", "true")]).await;
    assert!(page.expect(303).location().ends_with("&fresh=true"));
    site.clock.advance(days(14));
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_some() && site.fake.person("olga").is_some());
}

#[tokio::test]
async fn a_session_whose_tokens_were_revoked_neither_asks_for_a_deletion_nor_calls_one_off() {
    let site = Site::start().await;
    let (ended, other) = (site.signed_on("ada").await, site.signed_on("ada").await);
    site.fake.revoke_access_tokens();
    let page = ended.post(DELETE, &[("confirm", "true")]).await;
    assert!(page.expect(303).location().contains("/login"));
    site.clock.advance(SignedDuration::from_mins(1));
    let here = site.signed_on("ada").await;
    let home = here.get("/").await.expect(200);
    assert!(!home.has("will be deleted on"), "{}", home.body);

    ask_for_deletion(&here).await;
    let page = other.post("/account/keep", &[]).await.expect(303);
    assert!(page.location().contains("/login"), "{}", page.location());
    let home = here.get("/").await.expect(200);
    assert!(home.has("will be deleted on"), "{}", home.body);
}

#[tokio::test]
async fn whoever_became_an_operator_meanwhile_is_not_deleted() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    ask_for_deletion(&browser).await;
    let turn = |is_operator| {
        site.fake
            .change("ada", |person| person.is_operator = is_operator);
    };
    turn(true);
    site.clock.advance(days(14));
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_some());
    turn(false);
    site.clock.advance(days(1));
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_none(), "it was only put off");
}

#[tokio::test]
async fn a_deletion_that_may_have_happened_is_not_called_off() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    ask_for_deletion(&browser).await;
    site.clock.advance(days(14));
    let browser = site.signed_on("ada").await;
    let ada = site.fake.person("ada").unwrap();
    site.fake.world().answers_to_writes_are_lost = true;
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_none());
    // What a browser that is still shown the page sends.
    site.fake.world().people.push(ada);
    browser.post("/account/keep", &[]).await.expect(303);
    let home = browser.get("/").await.expect(200);
    assert!(!home.has("Your account stays."), "{}", home.body);

    site.fake.world().answers_to_writes_are_lost = false;
    site.clock.advance(SignedDuration::from_hours(1));
    site.portal.delete_accounts().await;
    assert!(site.fake.person("ada").is_none(), "tried again in an hour");
}

#[tokio::test]
async fn a_change_of_address_whose_answer_was_lost_can_be_taken_back() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    site.fake.world().answers_to_writes_are_lost = true;
    let change = [("email", "augusta@example.com")];
    browser.post("/profile/email", &change).await.expect(503);
    site.fake.world().answers_to_writes_are_lost = false;
    let undo = "action=\"/profile/email/undo\"";
    let page = browser.get("/user/info").await.expect(200);
    assert!(page.has("augusta@example.com") && page.has(undo));
    site.fake
        .change("ada", |person| person.email = "ada@example.com".to_owned());
    let page = browser.get("/user/info").await.expect(200);
    assert!(!page.has(undo), "it is the present one");
}

#[tokio::test]
async fn whoever_had_no_address_is_offered_none_to_take_back() {
    let site = Site::start().await;
    site.fake.change("ada", |person| person.email.clear());
    let browser = site.signed_on("ada").await;
    site.fake.world().answers_to_writes_are_lost = true;
    let change = [("email", "augusta@example.com")];
    browser.post("/profile/email", &change).await.expect(503);
    let page = browser.get("/user/info").await.expect(200);
    assert!(page.has("augusta@example.com") && !page.has("It was"));
}

#[tokio::test]
async fn whoever_signs_on_with_the_address_alone_does_so_with_the_next_one_once_it_is_proven() {
    for (username, with_the_next, again) in [
        ("Ada@example.com", "augusta@example.com", "ada@example.com"),
        ("ada", "ada", "ada"),
    ] {
        let site = Site::start().await;
        site.fake
            .change("ada", |person| person.username = username.to_owned());
        let browser = site.signed_on(username).await;
        let change = [("email", "augusta@example.com")];
        browser.post("/profile/email", &change).await.expect(303);
        let person = site.fake.person(username).expect("the name as it was");
        assert_eq!(person.email, "augusta@example.com", "{username}");
        let code = [("code", "ABCD2345")];
        let confirmed = browser.post("/profile/email/confirm", &code).await;
        confirmed.expect(303);
        assert!(site.fake.person(with_the_next).is_some(), "{username}");
        browser.post("/profile/email/undo", &[]).await.expect(303);
        let person = site.fake.person(again).expect(username);
        assert_eq!(person.email, "ada@example.com", "{username}");
    }
}

#[tokio::test]
async fn no_code_is_announced_when_none_is_sent() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let announced = "a code is on its way";
    for (is_used_up, email) in [(false, "augusta@example.com"), (true, "king@example.com")] {
        site.fake.world().mails_are_used_up = is_used_up;
        let change = [("email", email)];
        browser.post("/profile/email", &change).await.expect(303);
        let page = browser.get("/profile/email/confirm").await.expect(200);
        assert_eq!(page.has(announced), !is_used_up, "{}", page.body);
        assert_eq!(page.has("alert-danger"), is_used_up, "{}", page.body);
    }
}

#[tokio::test]
async fn a_session_that_could_not_be_ended_here_is_ended_by_trying_again() {
    let site = Site::start().await;
    let ada = site.fake.person("ada").unwrap().id;
    let there = SessionId::random(&SystemRandom);
    site.fake.world().sessions.push((ada, there));
    site.fake.claim("sid", there.to_string());
    let elsewhere = site.signed_on("ada").await;
    site.fake
        .claim("sid", SessionId::random(&SystemRandom).to_string());
    let browser = site.signed_on("ada").await;

    let id = there.to_string();
    let end = [("session", id.as_str())];
    let fault = "CREATE TRIGGER fault BEFORE DELETE ON portal_sessions \
                 BEGIN SELECT RAISE(ABORT, 'a fault'); END";
    site.parts.db.write(Statement::new(fault)).await.unwrap();
    browser.post("/security/end", &end).await.expect(503);
    let mended = Statement::new("DROP TRIGGER fault");
    site.parts.db.write(mended).await.unwrap();
    browser.post("/security/end", &end).await.expect(303);
    assert!(site.fake.world().sessions.is_empty());
    elsewhere.get("/user/info").await.expect(303);
    browser.get("/user/info").await.expect(200);
}

#[tokio::test]
async fn an_audit_log_that_the_worker_may_not_read_is_named_and_ends_no_session() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    let ada = site.fake.person("ada").unwrap().id;
    let entry = json!({
        "id": ada, "recordedAt": "2026-01-05T10:00:00Z", "action": { "type": "USER.CREATED" },
    });
    for (activities, not_provided) in [
        (Ok(vec![entry]), json!([])),
        (Err(400), json!(["events"])),
        (Err(401), json!(["events"])),
        (Err(403), json!(["events"])),
    ] {
        site.fake.world().activities = activities;
        for path in ["/security", "/data"] {
            browser.get(path).await.expect(200);
        }
        let file = browser.get("/data/download").await.expect(200);
        let file: Value = serde_json::from_str(&file.body).unwrap();
        assert_eq!(file["notProvided"], not_provided);
        assert_eq!(file.get("events").is_none(), not_provided != json!([]));
    }
}
