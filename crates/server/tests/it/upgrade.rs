//! One database, two versions of the program: this one, and the next, which has one step more.

use std::fs;
use std::process::Output;

use db::{Db, Migration, MigrationSet, Statement};
use latchkey::config::{Loaded, Sources};
use latchkey::{Servers, UpOptions, up};
use testkit::{Person, System, give_credentials};

use crate::installation::{Installation, PASSWORD, refused, run};

/// Everything that a step may do beside a program that does not know it: a column that may be absent, one
/// that has a default, a table that hangs off one of ours, another index for the same table.
const ADDS: &str = "
ALTER TABLE users ADD COLUMN of_the_next_version TEXT;
ALTER TABLE users ADD COLUMN count_of_the_next_version BIGINT NOT NULL DEFAULT 7;
CREATE TABLE next_things (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    made_at BIGINT NOT NULL
);
CREATE INDEX next_things_of_users ON next_things (user_id, made_at);
INSERT INTO next_things (id, user_id, made_at) SELECT id, id, created_at FROM users;
DROP INDEX users_by_state;
CREATE INDEX users_by_state_of_next ON users (environment_id, enabled, count_of_the_next_version, id);
";

/// What this program has, and a step of the next version.
fn of_the_next_version(migrations: &[Migration]) -> Vec<Migration> {
    let version = migrations.last().unwrap().version + 1;
    let next = Migration {
        version,
        name: "of_the_next_version",
        sql: ADDS,
    };
    [migrations, &[next]].concat()
}

fn latchkey(place: &Installation, arguments: &[&str]) -> Output {
    tokio::task::block_in_place(|| run(&place.config(), arguments, ""))
}

fn printed(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn signs_on(place: &Installation) {
    let browser = place.browser();
    let page = browser.open(place.portal("login")).await.expect(200);
    let ada = Person::new("ada", PASSWORD);
    give_credentials(&page, &ada).await.expect(200);
    // The operator's page asks the management API.
    browser.open(place.portal("users")).await.expect(200);
}

/// An administrator makes, changes, lists and deletes somebody: the running server writes rows that the
/// step has given more columns, and asks by the index that it has replaced.
async fn administers(place: &Installation, db: &Db) {
    let made = latchkey(place, &["user", "create", "grace", "grace@example.com"]);
    let made: serde_json::Value = serde_json::from_str(&printed(&made)).unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    let defaults = Statement::new(
        "SELECT count_of_the_next_version AS number FROM users WHERE id = $1 \
         AND of_the_next_version IS NULL",
    );
    let row = db.read_optional(defaults.bind(&id)).await.unwrap();
    let number: i64 = row.unwrap().get("number").unwrap();
    assert_eq!(number, 7);
    // What the next version keeps of her hangs off her row, and goes with it.
    let thing = Statement::new("INSERT INTO next_things (id, user_id, made_at) VALUES ($1, $1, 1)");
    db.write(thing.bind(&id)).await.unwrap();
    printed(&latchkey(
        place,
        &["user", "update", "grace", "--set", "title=Captain"],
    ));
    printed(&latchkey(place, &["user", "disable", "grace"]));
    let filter = ["user", "list", "--filter", "enabled eq false"];
    assert!(printed(&latchkey(place, &filter)).contains("grace"));
    printed(&latchkey(place, &["user", "delete", "grace", "--yes"]));
    let things = Statement::new("SELECT COUNT(*) AS number FROM next_things WHERE user_id = $1");
    let row = db.read_optional(things.bind(&id)).await.unwrap();
    let number: i64 = row.unwrap().get("number").unwrap();
    assert_eq!(number, 0);
}

/// A database that `configure` names, while a server may run on it.
fn beside(place: &Installation, postgres: Option<&db::testing::TestDb>) -> Db {
    match postgres {
        Some(test) => test.db.clone(),
        None => Db::sqlite(&place.data().join("latchkey.db")).unwrap(),
    }
}

async fn goes_on_and_back(postgres: Option<db::testing::TestDb>) {
    let place = Installation::new();
    if let Some(test) = &postgres {
        let keyring = place.data().join("keyring.json");
        place.configure_database(&test.postgres_url().unwrap(), keyring.to_str().unwrap());
    }
    let made = tokio::task::block_in_place(|| place.create("Customers", PASSWORD));
    let ca = place.certificate();
    let lines = printed(&made);
    place.configure(&format!("{lines}ca_file = \"{}\"\n", ca.display()));
    let running = place.start().await;
    signs_on(&place).await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("before.tar");
    let backup = backup.to_str().unwrap();
    if postgres.is_none() {
        printed(&latchkey(&place, &["backup", backup]));
    }

    // The next version takes its step beside this one, which still runs.
    let db = beside(&place, postgres.as_ref());
    let next = of_the_next_version(idp::MIGRATIONS);
    db.migrate(idp::TABLES, &next).await.unwrap();
    signs_on(&place).await;
    administers(&place, &db).await;
    running.shutdown().await;

    // This version is not started on it again.
    let sources = Sources {
        file: Some(place.config()),
        ..Sources::default()
    };
    let settings = Loaded::read(&sources).settings_for(Servers::Both).unwrap();
    let error = up(UpOptions::new(settings)).await.unwrap_err();
    let said = with_causes(&error);
    for words in ["newer than this program", "restore a backup"] {
        assert!(said.contains(words), "{said}");
    }
    let check = latchkey(&place, &["migrate", "--check"]);
    refused(&check, "newer than this program");

    // The way back, where the backup is ours: PostgreSQL's is made by its own tools (`backup.rs`).
    if postgres.is_none() {
        drop(db);
        fs::remove_dir_all(place.data()).unwrap();
        printed(&latchkey(&place, &["restore", backup]));
        let running = place.start().await;
        signs_on(&place).await;
        running.shutdown().await;
    }
}

/// An error with its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes = causes.map(|cause| format!(": {cause}"));
    format!("{error}{}", causes.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_answers_beside_a_newer_schema_is_not_started_on_it_and_a_backup_leads_back()
 {
    goes_on_and_back(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_answers_beside_a_newer_schema_on_postgresql_and_is_not_started_on_it() {
    if let Some(test) = db::testing::postgres().await {
        goes_on_and_back(Some(test)).await;
    }
}

/// Everything but the newest step of each set: what the version before has.
async fn of_the_version_before(db: &Db) {
    let sets: [MigrationSet<'static>; 2] = [
        (idp::TABLES, idp::MIGRATIONS),
        (portal::TABLES, portal::MIGRATIONS),
    ];
    for (set, migrations) in sets {
        let (_, before) = migrations.split_last().unwrap();
        db.migrate(set, before).await.unwrap();
        assert_eq!(db.pending(set, migrations).await.unwrap().len(), 1);
    }
}

async fn is_brought_on(test: db::testing::TestDb) {
    of_the_version_before(&test.db).await;
    let system = System::prepare().on(test).start().await;
    system.sign_on(&system.demo_user()).await;
    let db = system.db();
    for (set, migrations) in [
        (idp::TABLES, idp::MIGRATIONS),
        (portal::TABLES, portal::MIGRATIONS),
    ] {
        assert!(
            db.pending(set, migrations).await.unwrap().is_empty(),
            "{set}"
        );
    }
    let versions =
        Statement::new("SELECT COUNT(*) AS steps FROM schema_versions WHERE set_name = $1");
    let row = db.read_optional(versions.bind(idp::TABLES)).await.unwrap();
    let steps: i64 = row.unwrap().get("steps").unwrap();
    assert_eq!(steps, i64::try_from(idp::MIGRATIONS.len()).unwrap());
}

#[tokio::test]
async fn a_database_of_the_version_before_is_brought_to_this_one_at_the_start() {
    is_brought_on(db::testing::sqlite().await).await;
    if let Some(test) = db::testing::postgres().await {
        is_brought_on(test).await;
    }
}
