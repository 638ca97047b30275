//! Copying: everything arrives on either engine and comes back, and what differs is found.

use std::sync::atomic::{AtomicBool, Ordering};

use db::{Copied, Db, Migration, Statement, copy};

/// The children's table comes first by name, and last by what it names.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "families",
    sql: "CREATE TABLE parents (id TEXT PRIMARY KEY, name TEXT, born BIGINT, is_well BOOLEAN);
          CREATE TABLE children (
              parent_id TEXT NOT NULL REFERENCES parents (id) ON DELETE CASCADE,
              number BIGINT NOT NULL,
              name TEXT,
              PRIMARY KEY (parent_id, number)
          );
          CREATE TABLE notes (parent_id TEXT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL);
          CREATE INDEX notes_by_time ON notes (parent_id, at);
          INSERT INTO parents (id, name) VALUES ('everywhere', 'from the migration');",
}];

const SETS: &[db::MigrationSet<'static>] = &[("families", MIGRATIONS)];

/// More than a page of children.
const CHILDREN: i64 = 1100;

/// And of notes.
const NOTES: i64 = 600;

async fn families() -> Db {
    let db = Db::sqlite_in_memory().unwrap();
    db.migrate("families", MIGRATIONS).await.unwrap();
    let parent = "INSERT INTO parents (id, name, born, is_well) VALUES ($1, $2, $3, $4)";
    for (id, name, born, is_well) in [
        (
            "a",
            Some("Ünï \u{1f600} 'quoted' \"twice\""),
            Some(i64::MIN),
            Some(true),
        ),
        ("B", Some(""), Some(i64::MAX), Some(false)),
        ("_", None, None, None),
    ] {
        let insert = Statement::new(parent).bind(id).bind(name);
        db.write(insert.bind(born).bind(is_well)).await.unwrap();
    }
    for number in 0..CHILDREN {
        let insert = "INSERT INTO children (parent_id, number) VALUES ($1, $2)";
        let parent = if number % 2 == 0 { "a" } else { "B" };
        db.write(Statement::new(insert).bind(parent).bind(number))
            .await
            .unwrap();
    }
    // There is no primary key.
    for number in 0..NOTES {
        let insert = "INSERT INTO notes (parent_id, at, text) VALUES ('a', $1, $2)";
        let insert = Statement::new(insert).bind(number / 7);
        db.write(insert.bind(format!("note {number}")))
            .await
            .unwrap();
    }
    db.write(Statement::new(
        "DELETE FROM parents WHERE id = 'everywhere'",
    ))
    .await
    .unwrap();
    db
}

async fn contents(db: &Db) -> Vec<String> {
    let mut found = Vec::new();
    for row in db
        .read(Statement::new(
            "SELECT id, name, born, is_well FROM parents ORDER BY born",
        ))
        .await
        .unwrap()
    {
        let id: String = row.get("id").unwrap();
        let name: Option<String> = row.get("name").unwrap();
        let born: Option<i64> = row.get("born").unwrap();
        let is_well: Option<bool> = row.get("is_well").unwrap();
        found.push(format!("{id} {name:?} {born:?} {is_well:?}"));
    }
    let children = "SELECT parent_id, COUNT(*) AS n FROM children GROUP BY parent_id";
    for row in db.read(Statement::new(children)).await.unwrap() {
        let parent: String = row.get("parent_id").unwrap();
        found.push(format!("{parent} {}", row.get::<i64>("n").unwrap()));
    }
    found.sort();
    found
}

#[tokio::test]
async fn every_row_arrives_and_comes_back() {
    let Some(test) = super::fresh().await else {
        return;
    };
    let from = families().await;
    let expected = contents(&from).await;
    let (mut steps, mut last) = (0, (0, 0));

    let copied = copy(&from, &test.db, SETS, |done, all| {
        steps += 1;
        last = (done, all);
    })
    .await
    .unwrap();

    let rows = u64::try_from(CHILDREN + NOTES).unwrap() + 3;
    assert_eq!(copied, Copied { tables: 3, rows });
    assert_eq!(last, (rows * 2, rows * 2));
    assert!(steps > 4);
    assert_eq!(contents(&test.db).await, expected);
    test.db.migrate("families", MIGRATIONS).await.unwrap();

    let back = Db::sqlite_in_memory().unwrap();
    copy(&test.db, &back, SETS, |_, _| {}).await.unwrap();
    assert_eq!(contents(&back).await, expected);
    let again = copy(&from, &test.db, SETS, |_, _| {}).await.unwrap_err();
    assert!(again.to_string().contains("has tables already"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_meanwhile_is_found_and_nothing_starts_on_the_copy() {
    for change in [
        "UPDATE parents SET name = 'other' WHERE id = 'a'",
        "UPDATE parents SET is_well = NULL WHERE id = 'B'",
        "DELETE FROM children WHERE number = 7",
        "INSERT INTO parents (id) VALUES ('late')",
    ] {
        let Some(test) = super::fresh().await else {
            return;
        };
        let from = families().await;
        let is_changed = AtomicBool::new(false);

        let copied = copy(&from, &test.db, SETS, |done, all| {
            // All rows are written, and none is compared.
            if done * 2 == all && !is_changed.swap(true, Ordering::Relaxed) {
                let change = from.write(Statement::new(change));
                tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(change).unwrap();
                });
            }
        })
        .await;

        let told = copied.unwrap_err().to_string();
        assert!(told.contains("empty the database"), "{change}: {told}");
        assert!(!told.contains("other"), "a value is told: {told}");
        let started = test.db.migrate("families", MIGRATIONS).await;
        let started = started.unwrap_err().to_string();
        assert!(started.contains("was not finished"), "{change}: {started}");
    }
}

#[tokio::test]
async fn no_more_than_some_mebibytes_are_held_at_a_time() {
    let Some(test) = super::fresh().await else {
        return;
    };
    let from = Db::sqlite_in_memory().unwrap();
    from.migrate("families", MIGRATIONS).await.unwrap();
    for number in 0..12 {
        let insert = Statement::new("INSERT INTO parents (id, name) VALUES ($1, $2)");
        let insert = insert.bind(format!("large {number:02}"));
        let mebibyte = "\u{c4}".repeat(512 * 1024);
        from.write(insert.bind(mebibyte)).await.unwrap();
    }
    let (mut steps, mut last) = (Vec::new(), 0);

    copy(&from, &test.db, SETS, |done, _| {
        steps.push(done - last);
        last = done;
    })
    .await
    .unwrap();

    assert_eq!(last, 13 * 2);
    assert!(steps.iter().all(|rows| *rows <= 4), "{steps:?}");
}

#[tokio::test]
async fn an_older_database_is_not_copied() {
    let Some(test) = super::fresh().await else {
        return;
    };
    let from = Db::sqlite_in_memory().unwrap();

    let refused = copy(&from, &test.db, SETS, |_, _| {}).await.unwrap_err();

    assert!(
        refused.to_string().contains("lacks migration 1"),
        "{refused}"
    );
    assert!(test.db.tables().await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_starts_on_a_database_whose_tables_were_made_half_way() {
    const SETS: &[db::MigrationSet<'static>] = &[
        (
            "one",
            &[table("one", "CREATE TABLE one (id TEXT PRIMARY KEY);")],
        ),
        (
            "two",
            &[table("two", "CREATE TABLE two (id TEXT PRIMARY KEY);")],
        ),
    ];
    let Some(test) = super::fresh().await else {
        return;
    };
    let from = Db::sqlite_in_memory().unwrap();
    for (set, migrations) in SETS {
        from.migrate(set, migrations).await.unwrap();
    }
    // It is no table, and stands where one is to be made.
    let view = Statement::new("CREATE VIEW two AS SELECT 1 AS id");
    test.db.write(view).await.unwrap();

    copy(&from, &test.db, SETS, |_, _| {}).await.unwrap_err();

    let tables = test.db.tables().await.unwrap();
    assert!(tables.contains(&"one".to_owned()), "{tables:?}");
    for (set, migrations) in SETS {
        let started = test.db.migrate(set, migrations).await.unwrap_err();
        let started = started.to_string();
        assert!(started.contains("was not finished"), "{set}: {started}");
    }
}

const fn table(name: &'static str, sql: &'static str) -> Migration {
    Migration {
        version: 1,
        name,
        sql,
    }
}
