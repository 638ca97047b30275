//! Migrations take effect once, together with their entry, however many nodes start.

use db::{Db, Migration, Statement};
use futures_util::future::join_all;

const PEOPLE: Migration = Migration {
    version: 1,
    name: "people",
    sql: "-- who; and why\n\
          CREATE TABLE people (id TEXT PRIMARY KEY, note TEXT NOT NULL DEFAULT 'a;b');\n\
          CREATE INDEX people_note ON people (note);",
};

const ADA: Migration = Migration {
    version: 2,
    name: "ada",
    sql: "INSERT INTO people (id) VALUES ('ada');",
};

const BROKEN: Migration = Migration {
    version: 3,
    name: "broken",
    sql: "CREATE TABLE half (id TEXT); INSERT INTO people (id) VALUES ('ada');",
};

async fn people(db: &Db) -> usize {
    db.read("SELECT id, note FROM people".into())
        .await
        .unwrap()
        .len()
}

async fn versions(db: &Db, set: &str) -> Vec<i64> {
    let list = "SELECT version FROM schema_versions WHERE set_name = $1 ORDER BY version";
    let rows = db.read(Statement::new(list).bind(set)).await.unwrap();
    rows.iter().map(|row| row.get("version").unwrap()).collect()
}

#[tokio::test]
async fn each_step_is_applied_once() {
    let Some(test) = super::fresh().await else {
        return;
    };

    test.db.migrate("idp", &[PEOPLE]).await.unwrap();
    test.db.migrate("idp", &[PEOPLE, ADA]).await.unwrap();
    test.reopen()
        .await
        .migrate("idp", &[PEOPLE, ADA])
        .await
        .unwrap();

    assert_eq!(people(&test.db).await, 1);
    assert_eq!(versions(&test.db, "idp").await, [1, 2]);
    let note = test
        .db
        .read_optional("SELECT note FROM people".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(note.get::<String>("note").unwrap(), "a;b");
}

#[tokio::test]
async fn sets_do_not_know_each_other() {
    let Some(test) = super::fresh().await else {
        return;
    };
    let pages = Migration {
        version: 1,
        name: "pages",
        sql: "CREATE TABLE pages (id TEXT)",
    };

    test.db.migrate("idp", &[PEOPLE, ADA]).await.unwrap();
    test.db.migrate("portal", &[pages]).await.unwrap();

    assert_eq!(versions(&test.db, "idp").await, [1, 2]);
    assert_eq!(versions(&test.db, "portal").await, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_share_the_work() {
    let Some(test) = super::fresh().await else {
        return;
    };

    let nodes = join_all((0..4).map(|_| test.reopen())).await;
    let starts = nodes
        .into_iter()
        .chain([test.db.clone(), test.db.clone()])
        .map(|node| tokio::spawn(async move { node.migrate("idp", &[PEOPLE, ADA]).await }));

    for started in join_all(starts).await {
        started.unwrap().unwrap();
    }
    assert_eq!(people(&test.db).await, 1);
    assert_eq!(versions(&test.db, "idp").await, [1, 2]);
}

#[tokio::test]
async fn a_failing_step_leaves_nothing_behind() {
    let Some(test) = super::fresh().await else {
        return;
    };

    let failed = test
        .db
        .migrate("idp", &[PEOPLE, ADA, BROKEN])
        .await
        .unwrap_err();

    assert!(failed.is_unique_violation(), "{failed:?}");
    assert_eq!(versions(&test.db, "idp").await, [1, 2]);
    test.db
        .read("SELECT id FROM half".into())
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let Some(test) = super::fresh().await else {
        return;
    };
    test.db.migrate("idp", &[PEOPLE, ADA]).await.unwrap();

    let refused = test.db.migrate("idp", &[PEOPLE]).await.unwrap_err();

    assert_eq!(
        refused.to_string(),
        "could not bring the database to this version: the database has migration 2 (`ada`) of \
         `idp`, which is newer than this program; start the newer program, or restore a backup \
         made before"
    );
}

#[tokio::test]
async fn a_changed_text_is_refused_and_line_ends_do_not_count() {
    let Some(test) = super::fresh().await else {
        return;
    };
    test.db.migrate("idp", &[PEOPLE]).await.unwrap();

    let changed = Migration {
        sql: "CREATE TABLE people (id TEXT PRIMARY KEY)",
        ..PEOPLE
    };
    let refused = test.db.migrate("idp", &[changed]).await.unwrap_err();
    let windows = "-- who; and why\r\n\
          CREATE TABLE people (id TEXT PRIMARY KEY, note TEXT NOT NULL DEFAULT 'a;b');\r\n\
          CREATE INDEX people_note ON people (note);";
    let same = test
        .db
        .migrate(
            "idp",
            &[Migration {
                sql: windows,
                ..PEOPLE
            }],
        )
        .await;

    assert!(
        refused.to_string().contains("whose text has changed"),
        "{refused}"
    );
    same.unwrap();
}

#[tokio::test]
async fn steps_out_of_order_are_refused() {
    let Some(test) = super::fresh().await else {
        return;
    };

    let refused = test.db.migrate("idp", &[ADA, PEOPLE]).await.unwrap_err();

    assert!(refused.to_string().contains("out of order"), "{refused}");
}
