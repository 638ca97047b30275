//! People look after their own account in the portal: profile, address, sessions, data, deletion.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::{Authorization, Method, Page, Person, SignedOn, System, give_credentials};

/// Longer ago than what counts as having just signed on.
const A_WHILE: SignedDuration = SignedDuration::from_mins(6);

async fn ada(system: &System) -> Person {
    system.new_user("ada").await
}

async fn change_email(session: &SignedOn<'_>, email: &str) -> Page {
    let page = session.open("/profile/email").await.expect(200);
    page.form_with("email").fill("email", email).submit().await
}

async fn confirm(page: &Page, code: &str) -> Page {
    page.form_with("code").fill("code", code).submit().await
}

#[tokio::test]
async fn a_profile_is_changed_by_its_owner_and_by_nobody_else() {
    let system = System::start().await;
    let (ada, bob) = (ada(&system).await, system.new_user("bob").await);
    let session = system.sign_on(&ada).await;
    let page = session.open("/profile").await.expect(200);
    let page = page
        .form_with("givenName")
        .fill("givenName", "Augusta")
        .fill("familyName", "")
        .fill("mobilePhone", "+44 20 7946 0018")
        .fill("timezone", "Europe/Paris")
        .submit()
        .await
        .expect(200);
    let text = page.text();
    assert!(text.contains("Your profile is saved."), "{text}");
    assert!(
        text.contains("Augusta") && text.contains("+44 20 7946 0018"),
        "{text}"
    );
    assert!(
        text.contains(" CET") || text.contains(" CEST"),
        "times are in their zone: {text}"
    );
    assert!(
        !text.contains("Augusta Lovelace"),
        "what is empty is removed: {text}"
    );
    let other = system.sign_on(&bob).await.open("/user/info").await;
    assert!(
        other.expect(200).text().contains("Lovelace"),
        "nobody else's changed"
    );

    let page = session.open("/profile").await.expect(200);
    let form = page.form_with("mobilePhone").fill("mobilePhone", "call me");
    let page = form.submit().await.expect(422);
    assert_eq!(page.attributes("#mobilePhone", "aria-invalid"), ["true"]);
    assert_eq!(page.attributes("#mobilePhone", "value"), ["call me"]);
}

#[tokio::test]
async fn a_new_name_is_shown_where_the_whole_name_was_written_out_before() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let written = json!({ "name": { "formatted": "Ada Lovelace", "honorificPrefix": "Lady" } });
    let user = format!("users/{}", ada.id());
    let request = system.manage(Method::PATCH, &user).await;
    request.json(&written).send().await.expect(200);
    let session = system.sign_on(&ada).await;
    let page = session.open("/profile").await.expect(200);
    let form = page.form_with("givenName").fill("givenName", "Augusta");
    let text = form.submit().await.expect(200).text();
    assert!(text.contains("Augusta Lovelace"), "{text}");
    let kept = system.manage(Method::GET, &user).await.send().await;
    assert_eq!(kept.json_text("/name/honorificPrefix"), "Lady");
}

#[tokio::test]
async fn saving_a_profile_keeps_every_zone_and_number_that_was_not_changed() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let user = format!("users/{}", ada.id());
    let session = system.sign_on(&ada).await;
    for zone in ["America/Argentina/Buenos_Aires", "Etc/UTC", "Atlantis/Port"] {
        let stored = json!({ "timezone": zone });
        let request = system.manage(Method::PATCH, &user).await;
        request.json(&stored).send().await.expect(200);
        let page = session.open("/profile").await.expect(200);
        let form = page.form_with("nickname").fill("nickname", zone);
        form.submit().await.expect(200);
        let kept = system.manage(Method::GET, &user).await.send().await;
        assert_eq!(kept.json_text("/timezone"), zone);
        assert_eq!(kept.json_text("/nickname"), zone);
    }
}

#[tokio::test]
async fn another_address_is_proven_by_a_code_and_the_one_before_is_told() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let session = system.sign_on(&ada).await;
    let page = change_email(&session, "not an address").await.expect(422);
    assert_eq!(page.attributes("#email", "aria-invalid"), ["true"]);

    let page = change_email(&session, "augusta@example.com")
        .await
        .expect(200);
    let told = system.mailbox().newest(&ada.email, 1).await;
    assert!(told.subject.contains("changed"), "{}", told.subject);
    let code = system
        .mailbox()
        .newest("augusta@example.com", 1)
        .await
        .code();
    let page = confirm(&page, "AAAAAAAA").await.expect(422);
    assert_eq!(page.attributes("#code", "aria-invalid"), ["true"]);
    let page = confirm(&page, &code).await.expect(200);
    let text = page.text();
    assert!(
        text.contains("augusta@example.com") && text.contains("Confirmed"),
        "{text}"
    );
    let home = session.open("/").await.expect(200).text();
    assert!(!home.contains("is not confirmed yet"), "{home}");
}

#[tokio::test]
async fn a_changed_address_is_taken_back_within_a_week_and_not_after() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let session = system.sign_on(&ada).await;
    change_email(&session, "mistyped@example.com")
        .await
        .expect(200);
    let page = session.open("/user/info").await.expect(200);
    assert!(page.text().contains(&ada.email), "{}", page.text());
    let undo = page.form_by("form[action='/profile/email/undo']");
    let page = undo.submit().await.expect(200);
    assert!(
        page.text()
            .contains(&format!("Your address is {} again", ada.email))
    );
    let info = session.open("/user/info").await.expect(200);
    assert!(!info.text().contains("mistyped"), "{}", info.text());
    assert!(!info.has("form[action='/profile/email/undo']"));

    let page = change_email(&session, "augusta@example.com")
        .await
        .expect(200);
    let mailed = system.mailbox().newest("augusta@example.com", 1).await;
    confirm(&page, &mailed.code()).await.expect(200);
    system.advance(SignedDuration::from_hours(7 * 24));
    let late = system
        .sign_on(&Person {
            email: "augusta@example.com".to_owned(),
            ..ada
        })
        .await;
    let info = late
        .browser
        .open(system.portal("/user/info"))
        .await
        .expect(200);
    assert!(
        !info.has("form[action='/profile/email/undo']"),
        "{}",
        info.text()
    );
}

#[tokio::test]
async fn the_address_that_was_confirmed_last_comes_back_and_none_that_was_not() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let session = system.sign_on(&ada).await;
    let page = change_email(&session, "augusta@example.com").await;
    let mailed = system.mailbox().newest("augusta@example.com", 1).await;
    confirm(&page.expect(200), &mailed.code()).await.expect(200);
    // Into the last minutes of the first change's week, and then behind it.
    let moment = SignedDuration::from_mins(2);
    system.advance(SignedDuration::from_hours(7 * 24) - moment);
    let session = system.sign_on(&ada).await;
    for mistyped in ["agusta@example.com", "augsta@example.com"] {
        change_email(&session, mistyped).await.expect(200);
    }
    system.advance(moment + moment);
    let page = session.open("/user/info").await.expect(200);
    let undo = page.form_by("form[action='/profile/email/undo']");
    let page = undo.submit().await.expect(200);
    let expected = "Your address is augusta@example.com again";
    assert!(page.text().contains(expected), "{}", page.text());
}

#[tokio::test]
async fn whoever_signs_on_with_the_address_alone_is_followed_by_the_name_there_and_back() {
    let system = System::start().await;
    let mut ada = ada(&system).await;
    let user = format!("users/{}", ada.id());
    let named = json!({ "username": ada.email });
    let request = system.manage(Method::PATCH, &user).await;
    request.json(&named).send().await.expect(200);
    ada.username.clone_from(&ada.email);
    let name = async || {
        let user = system.manage(Method::GET, &user).await.send().await;
        user.expect(200).json_text("/username")
    };
    // The address has to be proven before there is a way back to it.
    let session = system.sign_on(&ada).await;
    let page = session.open("/profile/email/confirm").await.expect(200);
    let resend = page.form_by("form[action='/profile/email/resend']");
    let page = resend.submit().await.expect(200);
    let mailed = system.mailbox().newest(&ada.email, 1).await;
    confirm(&page, &mailed.code()).await.expect(200);

    let page = change_email(&session, "augusta@example.com").await;
    assert_eq!(name().await, ada.email, "not before the proof");
    let mailed = system.mailbox().newest("augusta@example.com", 1).await;
    confirm(&page.expect(200), &mailed.code()).await.expect(200);
    assert_eq!(name().await, "augusta@example.com");
    let before = ada.clone();
    (ada.username, ada.email) = (name().await, name().await);
    let session = system.sign_on(&ada).await;

    let page = session.open("/user/info").await.expect(200);
    let undo = page.form_by("form[action='/profile/email/undo']");
    // The first code and the notice of the change are there before the next code is.
    system.mailbox().newest(&before.email, 2).await;
    let page = undo.submit().await.expect(200);
    let mailed = system.mailbox().newest(&before.email, 3).await;
    confirm(&page, &mailed.code()).await.expect(200);
    assert_eq!(name().await, before.username);
    system.sign_on(&before).await;
}

#[tokio::test]
async fn what_only_the_owner_may_do_asks_for_the_password_again() {
    let system = System::start().await;
    let ada = ada(&system).await;
    for path in [
        "/profile/email",
        "/data",
        "/data/download",
        "/account/delete",
    ] {
        let session = system.sign_on(&ada).await;
        let page = session.open(path).await.expect(200);
        assert!(
            !page.has("input[type=password]"),
            "{path}: {}",
            page.summary()
        );
        system.advance(A_WHILE);
        let page = session.open(path).await.expect(200);
        assert!(
            page.has("input[type=password]"),
            "{path}: {}",
            page.summary()
        );
        let form = page
            .form_with("password")
            .with("username", &ada.username)
            .with("password", &ada.password);
        let page = form.submit().await.expect(200);
        assert_eq!(page.url.path(), path, "back at the page");
    }
}

#[tokio::test]
async fn one_session_is_ended_and_then_all_others() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let here = system.sign_on(&ada).await;
    let (phone, desk) = (system.sign_on(&ada).await, system.sign_on(&ada).await);
    let stranger = system.sign_on(&system.demo_user()).await;
    let is_signed_on = async |session: &SignedOn<'_>| {
        let page = session.open("/user/info").await.expect(200);
        page.url.path() == "/user/info"
    };
    let page = here.open("/security").await.expect(200);
    let ends = "form[action='/security/end']";
    assert_eq!(
        page.attributes(ends, "method").len(),
        2,
        "its own is not offered"
    );
    page.form_by(ends).submit().await.expect(200);
    let left = [is_signed_on(&phone).await, is_signed_on(&desk).await];
    assert_eq!(left.iter().filter(|is_left| **is_left).count(), 1);

    let page = here.open("/security").await.expect(200);
    let page = page.form_by("form[action='/security/end-others']");
    page.submit().await.expect(200);
    assert!(!is_signed_on(&phone).await && !is_signed_on(&desk).await);
    assert!(is_signed_on(&here).await && is_signed_on(&stranger).await);
}

#[tokio::test]
async fn a_sign_on_is_known_by_its_device_its_address_and_when_it_was_used_last() {
    const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) \
                         AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 \
                         Safari/604.1";
    let system = System::start().await;
    let ada = ada(&system).await;
    let phone = system.browser().with_header("user-agent", PHONE);
    let page = phone.open(system.portal("/login")).await.expect(200);
    give_credentials(&page, &ada).await.expect(200);
    let here = system.sign_on(&ada).await;
    let last_use_of_the_phone = async || {
        let page = here.open("/security").await.expect(200);
        let told = page.texts("ul.items > li");
        let mut at = told.iter().enumerate();
        let (place, told) = at
            .find(|(_, text)| text.contains("Safari on iPhone"))
            .unwrap();
        assert!(told.contains("127.0.0.1") || told.contains("::1"), "{told}");
        let times = page.attributes("ul.items > li time", "datetime");
        times[place].parse::<Timestamp>().unwrap()
    };
    let first = last_use_of_the_phone().await;
    system.advance(SignedDuration::from_mins(20));
    assert_eq!(last_use_of_the_phone().await, first, "nobody used it");
    Authorization::begin(&system, &phone, &[]).await.code();
    let later = last_use_of_the_phone().await;
    assert!(later.duration_since(first) >= SignedDuration::from_mins(20));
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let system = System::start().await;
    let (ada, bob) = (ada(&system).await, system.new_user("bob").await);
    let (here, other) = (system.sign_on(&ada).await, system.sign_on(&bob).await);
    let second = system.sign_on(&bob).await;
    let page = second.open("/security").await.expect(200);
    let theirs = page.attributes("input[name=session]", "value").remove(0);
    let third = system.sign_on(&ada).await;
    let form = here.open("/security").await.expect(200);
    let form = form.form_by("form[action='/security/end']");
    let page = form.with("session", &theirs).submit().await.expect(200);
    let text = page.text();
    assert!(text.contains("That sign-on has ended already."), "{text}");
    for session in [&other, &third] {
        let page = session.open("/user/info").await.expect(200);
        assert_eq!(page.url.path(), "/user/info");
    }
}

#[tokio::test]
async fn recent_events_tell_of_wrong_passwords_and_of_no_one_else() {
    let system = System::start().await;
    let (ada, bob) = (ada(&system).await, system.new_user("bob").await);
    let wrong = bob.clone().with_password("not the password");
    let page = system.browser().open(system.portal("/login")).await;
    give_credentials(&page, &wrong).await;
    let events = async |person: &Person| {
        let page = system.sign_on(person).await.open("/security").await;
        page.expect(200).text()
    };
    assert!(events(&bob).await.contains("A wrong password was entered"));
    let own = events(&ada).await;
    assert!(own.contains("The password was entered"), "{own}");
    assert!(!own.contains("A wrong password was entered"), "{own}");
}

#[tokio::test]
async fn everything_that_is_kept_is_read_and_downloaded_without_a_secret() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let session = system.sign_on(&ada).await;
    let page = session.open("/data").await.expect(200);
    assert!(page.text().contains(&ada.email), "{}", page.text());
    let file = session.open("/data/download").await.expect(200);
    let disposition = file.header("content-disposition").unwrap_or_default();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert_eq!(file.header("cache-control"), Some("no-store"));
    assert_eq!(file.json_text("/profile/email"), ada.email);
    assert_eq!(file.json_text("/profile/name/family"), "Lovelace");
    assert_eq!(file.json_text("/password/status"), "OK");
    let body = file.body();
    assert!(
        body.contains("\"sessions\"") && body.contains("PASSWORD.CHECK_SUCCEEDED"),
        "{body}"
    );
    assert!(
        !body.contains(&ada.password) && !body.contains("argon2"),
        "{body}"
    );
}

#[tokio::test]
async fn what_hangs_off_an_account_is_in_its_data_as_well() {
    let system = System::start().await;
    let ada = ada(&system).await;
    let user = format!("users/{}", ada.id());
    let make = async |path: &str, body: Value| {
        let request = system.manage(Method::POST, path).await;
        let made: Value = request.json(&body).send().await.expect(201).json();
        made
    };
    let group = make("groups", json!({ "name": "Captains" })).await;
    let member = json!({ "id": group["id"] });
    make(&format!("{user}/memberOfGroups"), member).await;
    let device = json!({ "type": "EMAIL", "email": "ada.second@example.com" });
    make(&format!("{user}/devices"), device).await;
    let session = system.sign_on(&ada).await;
    let page = session.open("/data").await.expect(200);
    let names = page.texts(".thing dt").into_iter();
    let told: Vec<(String, String)> = names.zip(page.texts(".thing dd")).collect();
    for (name, value) in [
        ("Given name", "Ada"),
        ("Username", "ada"),
        ("Group", "Captains"),
        ("Email address", "ada.second@example.com"),
        ("What happened", "The password was entered"),
    ] {
        let told_so = told.contains(&(name.to_owned(), value.to_owned()));
        assert!(told_so, "{name}: {told:?}");
    }
    // What has no name is there all the same, by its place in the file.
    let further = page.texts(".further div").join("\n");
    assert!(further.contains("population.id"), "{further}");
    assert!(!further.contains("name.given"), "{further}");
    let file: Value = session.open("/data/download").await.expect(200).json();
    assert_eq!(file["groups"][0]["id"], group["id"]);
    assert_eq!(file["devices"][0]["email"], "ada.second@example.com");
    for nothing in ["consents", "linkedAccounts", "notProvided"] {
        assert_eq!(file[nothing], json!([]), "{nothing}");
    }
}

async fn ask_for_deletion(session: &SignedOn<'_>) -> Page {
    let page = session.open("/account/delete").await.expect(200);
    let form = page.form_with("confirm").with("confirm", "true");
    form.submit().await.expect(200)
}

#[tokio::test]
async fn a_deletion_is_called_off_by_its_owner() {
    let system = System::start().await;
    let ada = ada(&system).await;
    ask_for_deletion(&system.sign_on(&ada).await).await;
    system.advance(SignedDuration::from_hours(13 * 24));
    let home = system.sign_on(&ada).await.page;
    let keep = home.form_by("form[action='/account/keep']");
    let page = keep.submit().await.expect(200);
    assert!(
        page.text().contains("Your account stays."),
        "{}",
        page.text()
    );
    let home = system.sign_on(&ada).await.page;
    assert!(!home.text().contains("will be deleted"), "{}", home.text());
}

/// Jobs go on at the start and then every few minutes of real time, so the test starts again.
#[tokio::test]
async fn a_deletion_that_is_due_happens_at_the_environment() {
    let database = db::testing::sqlite().await;
    let place = tempfile::tempdir().unwrap();
    let keyring = place.path().join("keyring.json").display().to_string();
    let start = async |days: i64| {
        let prepared = System::prepare().set("keyring_file", keyring.as_str());
        let prepared = prepared.later(SignedDuration::from_hours(24 * days));
        prepared.with(database.reopen().await).start().await
    };
    let system = start(0).await;
    let (ada, bob) = (ada(&system).await, system.new_user("bob").await);
    ask_for_deletion(&system.sign_on(&ada).await).await;
    system.stop().await;

    let system = start(15).await;
    let status = async |person: &Person| {
        let path = format!("users/{}", person.id());
        let request = system.manage(Method::GET, &path);
        request.await.send().await.status.as_u16()
    };
    let deleted = async {
        while status(&ada).await != 404 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let deleted = tokio::time::timeout(Duration::from_secs(20), deleted).await;
    assert!(deleted.is_ok(), "it is still there");
    assert_eq!(status(&bob).await, 200);
}

#[tokio::test]
async fn an_operator_is_deleted_by_another_operator_only() {
    let system = System::start().await;
    let session = system.sign_on(&system.operator()).await;
    let page = session.open("/account/delete").await.expect(403);
    assert!(page.text().contains("another operator"), "{}", page.text());
}
