//! What `/readyz` says of the parts of a running system.

use std::time::Duration;

use db::Statement;
use db::testing::TestDb;
use jiff::SignedDuration;
use testkit::{Preparation, System};

use crate::installation::silent_port;

/// A system whose mail server would be at this port.
async fn mailing_to(port: u16, database: &TestDb, keys: &tempfile::TempDir) -> Preparation {
    System::prepare()
        .set(
            "keyring_file",
            keys.path().join("keyring.json").display().to_string(),
        )
        .set("idp.smtp.host", "localhost")
        .set("idp.smtp.port", port.to_string())
        .set("idp.smtp.encryption", "none")
        .set("idp.smtp.from", "Example <no-reply@example.com>")
        .with(database.reopen().await)
}

async fn readyz(system: &System) -> String {
    let url = system.portal("/readyz");
    system.browser().open(url).await.expect(200).body()
}

/// How many mails have not been sent.
async fn waiting(system: &System) -> i64 {
    let count = Statement::new("SELECT COUNT(*) AS n FROM mails WHERE sent_at IS NULL");
    let row = system.db().read_optional(count).await.unwrap();
    row.unwrap().get("n").unwrap()
}

#[tokio::test]
async fn late_mails_and_a_missing_worker_are_named_and_the_node_stays_ready() {
    let (database, keys) = (db::testing::sqlite().await, tempfile::tempdir().unwrap());
    let nobody = silent_port();
    let prepared = mailing_to(nobody.port(), &database, &keys).await;
    let system = prepared.start().await;
    let page = system
        .browser()
        .open(system.portal("/password/forgot"))
        .await;
    let form = page.form_with("username");
    let form = form.fill("username", &system.env().demo_username);
    form.submit().await.expect(200);
    let queued = async {
        while waiting(&system).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let queued = tokio::time::timeout(Duration::from_secs(20), queued).await;
    queued.expect("the mail is in the outbox");
    let said = "ready\ndatabase: ok\nkeyring: ok\nmails: ok\nwebhooks: ok\nportal: ok\n";
    assert_eq!(readyz(&system).await, said);
    let env = system.env().clone();
    system.stop().await;

    // A quarter of an hour later, and the portal is told of the provider alone.
    let issuer = format!("{}{}/as", env.auth_url, env.environment_id);
    let prepared = mailing_to(nobody.port(), &database, &keys).await;
    let system = prepared
        .set("idp.demo", "false")
        .set("portal.sign_on.issuer", issuer)
        .set("portal.sign_on.client_id", &env.client_id)
        .set("portal.sign_on.client_secret", &env.client_secret)
        .later(SignedDuration::from_mins(16))
        .start()
        .await;

    let said = "ready\ndatabase: ok\nkeyring: ok\nmails: wait for longer than 15 minutes\n\
                webhooks: ok\nportal: no worker is configured, so there is no registration, \
                recovery or administration\n";
    assert_eq!(readyz(&system).await, said);
    assert_eq!(waiting(&system).await, 1);
    system.stop().await;
}
