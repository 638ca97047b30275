//! All of a seed, or nothing.

use http::Method;
use latchkey::config::{Loaded, Sources};
use latchkey::seed::Seed;
use latchkey::{StartError, UpOptions, up};
use testkit::System;

use super::{latchkey, text_of};

/// The environments and groups of a database.
async fn ids(db: &db::Db) -> Vec<String> {
    let all = "SELECT id FROM environments UNION ALL SELECT id FROM groups ORDER BY 1";
    let rows = db.read(db::Statement::new(all)).await.unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

/// Seeds that are refused late, when much of them is there already.
fn failing_late(first: &str) -> [String; 2] {
    let second = "[[environments]]\nname = \"Second\"\n[[environments.groups]]\nname = \"G\"\n";
    [
        format!("{first}{second}nobody = \"knows\"\n"),
        format!(
            "{first}[[environments]]\nname = \"Second\"\nwithout = [\"passwordPolicies/Other\"]\n"
        ),
    ]
}

#[tokio::test]
async fn a_seed_that_fails_leaves_nothing_and_deletes_nothing() {
    let database = db::testing::sqlite().await;
    let place = tempfile::tempdir().unwrap();
    let keyring = place.path().join("keyring.json").display().to_string();
    let first = "[[environments]]\nname = \"First\"\n[[environments.groups]]\nname = \"G\"\n";
    let seed = Seed::parse(first, "seed.toml").unwrap();
    let prepared = System::prepare().seed(seed).set("keyring_file", &keyring);
    let system = prepared.with(database.reopen().await).start().await;
    let group = serde_json::json!({"name": "Made later"});
    let made = system.manage(Method::POST, "groups").await;
    made.json(&group).send().await.expect(201);
    let before = ids(system.db()).await;
    system.stop().await;

    let empty = db::testing::sqlite().await;
    let other_keyring = place.path().join("other.json").display().to_string();
    let no_portal = format!("[portal]\napplication = \"Nowhere\"\n{first}");
    let mut tries = vec![(&database, &keyring, no_portal, &before)];
    let nothing = Vec::new();
    for text in failing_late(first) {
        tries.push((&database, &keyring, text.clone(), &before));
        tries.push((&empty, &other_keyring, text, &nothing));
    }
    for (database, keyring, text, before) in tries {
        let sources = Sources::default()
            .option("portal.listen", "localhost:0", "(test)")
            .option("idp.listen", "localhost:0", "(test)")
            .option("keyring_file", keyring, "(test)");
        let mut options = UpOptions::new(Loaded::read(&sources).settings().unwrap());
        options.ephemeral = true;
        options.db = Some(database.reopen().await);
        options.seed = Some(Seed::parse(&text, "seed.toml").unwrap());
        let refused = up(options).await.unwrap_err();
        assert!(matches!(refused, StartError::Seed(_)), "{refused:?}");
        assert_eq!(ids(&database.reopen().await).await, *before, "{text}");
    }
}

#[tokio::test]
async fn an_import_that_fails_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let file = place.path().join("seed.toml");
    let first = "[[environments]]\nname = \"First\"\n[[environments.groups]]\nname = \"G\"\n";
    let name = file.display().to_string();
    let import = ["environment", "import", &name, "--data-dir", &data];
    for text in failing_late(first) {
        std::fs::write(&file, text).unwrap();
        let refused = latchkey(&import).await;
        assert_eq!(refused.status.code(), Some(1), "{}", text_of(&refused));
    }
    std::fs::write(&file, first).unwrap();
    let imported = latchkey(&import).await;
    assert!(imported.status.success(), "{}", text_of(&imported));
}
