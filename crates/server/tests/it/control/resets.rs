//! Beginning again: what a reset leaves, and what it does not.

use jiff::{SignedDuration, Timestamp};
use latchkey::config::{Loaded, Sources};
use latchkey::{Running, UpOptions, keyring_file, up};
use serde_json::{Value, json};
use testkit::{Browser, Method, System};

use super::{Control, ask_for_a_recovery_code, is_signed_on, published_keys, read, users_named};

#[tokio::test]
async fn a_reset_leaves_nothing_of_what_happened() {
    let system = System::prepare()
        .set("control.listen", "localhost:0")
        .set("portal.limits.recovery_per_minute", "1")
        .start()
        .await;
    let control = Control::of(&system.env().control_url);
    let keys = published_keys(&system).await;
    let old_token = system.worker_token().await;
    for _ in 0..2 {
        let ada = system.new_user("ada").await;
        let session = system.sign_on(&ada).await;
        let authorization = session.authorize().await;
        let wrong = system.demo_user().with_password("Wrong-Horse-42");
        for _ in 0..10 {
            assert!(!is_signed_on(&system, &wrong).await);
        }
        assert!(!is_signed_on(&system, &system.demo_user()).await);
        ask_for_a_recovery_code(&system, "ada").await.expect(200);
        control.get(&format!("mails/wait?to={}", ada.email)).await;
        ask_for_a_recovery_code(&system, "ada").await.expect(429);
        control.post("clock/freeze", json!({})).await.expect(200);
        control.advance(SignedDuration::from_secs(60)).await;
        control.post("keys/change", json!({})).await.expect(200);
        control
            .fault(json!({"times": 9, "fault": {"kind": "drop"}}))
            .await;

        control.reset().await;

        // The portal, which is new, may have asked for the discovery document already.
        let begun = control.get("requests").await;
        for request in begun.as_array().unwrap() {
            let path = request["path"].as_str().unwrap();
            assert!(
                path.ends_with("/.well-known/openid-configuration"),
                "{request}"
            );
        }
        assert_eq!(control.get("faults").await, json!([]));
        assert_eq!(control.get("mails").await, json!([]));
        let clock = control.get("clock").await;
        assert_eq!(clock["frozen"], false);
        let now: Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
        assert_eq!(now, system.now());
        assert_eq!(published_keys(&system).await, keys);
        let token = system.worker_token().await;
        assert_eq!(users_named(&system, "ada", &token).await, 0);
        // Its application and its key are as they were.
        read(&system, "users", &old_token).await.expect(200);
        let unknown: Value = authorization.redeem().await.expect(400).json();
        assert_eq!(unknown["error"], "invalid_grant");
        let page = session.open("/user/info").await;
        assert!(page.has("input[name=password]"), "{}", page.summary());
        assert!(
            is_signed_on(&system, &system.demo_user()).await,
            "the lockout is still there"
        );
    }
    // What was limited is limited anew.
    ask_for_a_recovery_code(&system, &system.env().demo_username)
        .await
        .expect(200);
    system.stop().await;
}

#[tokio::test]
async fn keys_are_the_same_after_each_reset_however_soon_it_comes() {
    let system = System::prepare()
        .set("control.listen", "localhost:0")
        .start()
        .await;
    let control = Control::of(&system.env().control_url);
    let published = async || -> Value {
        let page = system.browser().open(system.auth("as/jwks")).await;
        page.expect(200).json()
    };
    // The image that resets go back to is taken while the first key is still being made.
    let keys = published().await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    let activities = async || {
        let token = system.worker_token().await;
        let mut url = system.api("activities");
        let filter = r#"recordedAt gt "2000-01-01T00:00:00Z""#;
        url.query_pairs_mut().append_pair("filter", filter);
        let request = system.browser().request(Method::GET, url).bearer(&token);
        let page = request.send().await.expect(200);
        page.json::<Value>()["_embedded"]["activities"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["action"]["type"] == "KEY.CREATED")
            .count()
    };
    assert_eq!(activities().await, 1);
    for _ in 0..3 {
        // What the next reset leads to is made ahead, while the time may be any.
        control.advance(SignedDuration::from_hours(400 * 24)).await;
        control.reset().await;
        assert_eq!(published().await, keys);
        assert_eq!(activities().await, 1);
    }
    system.stop().await;
}

/// Starts the system on a data directory that is kept.
async fn on_kept_data(directory: &std::path::Path) -> Running {
    testkit::install_cryptography();
    let settings = "\
[portal]\nlisten = \"localhost:0\"\n[idp]\nlisten = \"localhost:0\"\n[control]\nlisten = \"localhost:0\"\n\
[idp.argon2]\nmemory_kib = 64\niterations = 1\n";
    let sources = Sources {
        inline: Some(settings.to_owned()),
        ..Sources::default()
    };
    let sources = sources.option("data_dir", directory.to_str().unwrap(), "(test)");
    let settings = Loaded::read(&sources).settings().unwrap();
    up(UpOptions::new(settings)).await.unwrap()
}

#[tokio::test]
async fn what_happened_after_a_reset_is_there_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let register = async |running: &Running, username: &str| {
        let ca = std::fs::read_to_string(&running.env.ca_file).unwrap();
        let browser = Browser::trusting(&ca);
        let page = browser
            .open(format!("{}register", running.env.portal_url))
            .await;
        page.form_with("confirmPassword")
            .fill("username", username)
            .fill("email", &format!("{username}@example.com"))
            .fill("password", "Correct-Horse-42")
            .fill("confirmPassword", "Correct-Horse-42")
            .submit()
            .await
            .expect(200);
    };
    let running = on_kept_data(directory.path()).await;
    register(&running, "ada").await;
    Control::of(&running.env.control_url).reset().await;
    register(&running, "grace").await;
    running.shutdown().await;

    let running = on_kept_data(directory.path()).await;
    let mails = Control::of(&running.env.control_url)
        .get("mails")
        .await
        .to_string();
    assert!(mails.contains("grace@example.com"), "{mails}");
    assert!(!mails.contains("ada@example.com"), "{mails}");
    running.shutdown().await;
    assert!(!directory.path().join("generations").exists());
}

#[tokio::test]
async fn after_a_reset_the_database_that_is_in_use_is_asked_and_learns_of_keys() {
    let directory = tempfile::tempdir().unwrap();
    let running = on_kept_data(directory.path()).await;
    let control = Control::of(&running.env.control_url);
    control.reset().await;
    // What played before ends in the background.
    let write = || db::Statement::new("DELETE FROM installation_probes");
    let closed = async {
        while running.db.write(write()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let closed = tokio::time::timeout(std::time::Duration::from_mins(1), closed).await;
    closed.expect("the database from before is closed");
    control.ask(Method::GET, "readyz", None).await.expect(200);

    let keyring = directory.path().join(keyring_file::FILE_NAME);
    let key = keyring_file::stage(&keyring, &protocol::SystemRandom).unwrap();
    running.refresh_keys().await;
    keyring_file::activate(&keyring).unwrap();
    running.refresh_keys().await;
    running.shutdown().await;
    let db = db::Db::sqlite(&directory.path().join("latchkey.db")).unwrap();
    let known = db::Statement::new("SELECT key_id FROM installation_keys");
    let known = db.read(known).await.unwrap();
    let known: Vec<String> = known.iter().map(|row| row.get("key_id").unwrap()).collect();
    assert!(known.contains(&key), "{known:?}");
}

#[tokio::test]
async fn postgresql_cannot_be_reset_and_says_so() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let system = System::prepare()
        .set("database", database.postgres_url().unwrap())
        .set("control.listen", "localhost:0")
        .start()
        .await;
    let control = Control::of(&system.env().control_url);
    let refused = control.ask(Method::POST, "reset", None).await.expect(409);
    assert!(refused.json_text("/message").contains("SQLite"));
    control.post("clock/freeze", json!({})).await.expect(200);
}
