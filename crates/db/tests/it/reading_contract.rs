//! What goes in comes out again, on both engines alike.

use db::{Migration, Statement, Value};
use jiff::Timestamp;
use uuid::Uuid;

use crate::with_table;

#[tokio::test]
async fn arguments_are_matched_by_number_in_any_order_and_repeated() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    let insert = "INSERT INTO people (age, name, id) VALUES ($3, $2, $1)";
    test.db
        .write(Statement::new(insert).bind("1").bind("Ada").bind(36))
        .await
        .unwrap();

    let find = "SELECT id, name, age FROM people WHERE name = $2 AND age > $1 AND $2 = name";
    let row = test
        .db
        .read_optional(Statement::new(find).bind(35_i64).bind("Ada"))
        .await
        .unwrap();
    let row = row.unwrap();
    assert_eq!(row.get::<String>("id").unwrap(), "1");
    assert_eq!(row.get::<String>("name").unwrap(), "Ada");
    assert_eq!(row.get::<i64>("age").unwrap(), 36);
}

#[tokio::test]
async fn a_dollar_inside_text_or_comment_is_no_placeholder() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    let sql = "SELECT '$1 ''$2' AS price, id /* $3 */ FROM people WHERE id = $1 -- $4\n";
    test.db.write(crate::insert("7")).await.unwrap();
    let rows = test.db.read(Statement::new(sql).bind("7")).await.unwrap();

    assert_eq!(rows[0].get::<String>("price").unwrap(), "$1 '$2");
}

#[tokio::test]
async fn null_is_none_and_only_an_option_takes_it() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    let insert = "INSERT INTO people (id, name, age) VALUES ($1, $2, $3)";
    let insert = Statement::new(insert)
        .bind("1")
        .bind(None::<String>)
        .bind(Some(36));
    test.db.write(insert).await.unwrap();

    let row = test
        .db
        .read_optional("SELECT name, age FROM people".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<Option<String>>("name").unwrap(), None);
    assert_eq!(row.get::<Option<i64>>("age").unwrap(), Some(36));
    let refused = row.get::<String>("name").unwrap_err();
    assert!(refused.to_string().contains("column `name`"), "{refused}");
}

#[tokio::test]
async fn booleans_come_back_from_columns_expressions_and_returning() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    let insert = "INSERT INTO people (id, is_enabled) VALUES ($1, $2) RETURNING is_enabled";
    let written = test
        .db
        .write(Statement::new(insert).bind("1").bind(false))
        .await
        .unwrap();
    assert!(
        !written
            .into_row()
            .unwrap()
            .get::<bool>("is_enabled")
            .unwrap()
    );

    let read = "\
SELECT is_enabled, NOT is_enabled AS is_disabled, EXISTS (SELECT 1 FROM people) AS is_populated
  FROM people WHERE is_enabled = $1";
    let row = test
        .db
        .read_optional(Statement::new(read).bind(false))
        .await
        .unwrap()
        .unwrap();
    assert!(!row.get::<bool>("is_enabled").unwrap());
    assert!(row.get::<bool>("is_disabled").unwrap());
    assert!(row.get::<bool>("is_populated").unwrap());
}

#[tokio::test]
async fn uuids_and_instants_round_trip() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    let id = Uuid::from_u128(0x6ba7_b810_9dad_41d1_80b4_00c0_4fd4_30c8);
    let born: Timestamp = "1815-12-10T08:00:00.123Z".parse().unwrap();

    let insert = "INSERT INTO people (id, age) VALUES ($1, $2)";
    test.db
        .write(Statement::new(insert).bind(id).bind(born))
        .await
        .unwrap();

    let find = Statement::new("SELECT id, age FROM people WHERE id = $1").bind(id);
    let row = test.db.read_optional(find).await.unwrap().unwrap();
    assert_eq!(row.get::<Uuid>("id").unwrap(), id);
    assert_eq!(
        row.get::<String>("id").unwrap(),
        "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
    );
    assert_eq!(row.get::<Timestamp>("age").unwrap(), born);
}

#[tokio::test]
async fn integers_keep_their_whole_range() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    for (id, age) in [("1", i64::MIN), ("2", i64::MAX), ("3", 0)] {
        let insert = "INSERT INTO people (id, age) VALUES ($1, $2)";
        test.db
            .write(Statement::new(insert).bind(id).bind(age))
            .await
            .unwrap();
    }

    let rows = test
        .db
        .read("SELECT age FROM people ORDER BY id".into())
        .await
        .unwrap();
    let ages: Vec<i64> = rows.iter().map(|row| row.get("age").unwrap()).collect();
    assert_eq!(ages, [i64::MIN, i64::MAX, 0]);
    let counted = "SELECT COUNT(*) AS people, 1 AS one FROM people";
    let counted = test
        .db
        .read_optional(counted.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(counted.get::<i64>("people").unwrap(), 3);
    assert_eq!(counted.get::<i64>("one").unwrap(), 1);
}

#[tokio::test]
async fn large_and_foreign_text_round_trips() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    let text = "Žluťoučký 🐎 'kůň' $1 ? \\ ; -- ".repeat(50_000);

    let insert = "INSERT INTO people (id, name) VALUES ($1, $2)";
    test.db
        .write(Statement::new(insert).bind("1").bind(&text))
        .await
        .unwrap();

    let row = test
        .db
        .read_optional("SELECT name FROM people".into())
        .await
        .unwrap()
        .unwrap();
    assert!(row.get::<String>("name").unwrap() == text);
}

#[tokio::test]
async fn a_statement_grows_by_constant_pieces() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    for id in ["1", "2", "3", "4"] {
        test.db.write(crate::insert(id)).await.unwrap();
    }

    let mut find = Statement::new("SELECT id FROM people WHERE id <> $1").bind("1");
    for other in ["2", "3"] {
        find = find.push(" AND id <> ").push_bind(other);
    }
    let rows = test
        .db
        .read(find.push(" LIMIT ").push_bind(10))
        .await
        .unwrap();

    let found: Vec<String> = rows.iter().map(|row| row.get("id").unwrap()).collect();
    assert_eq!(found, ["4"]);
}

#[tokio::test]
async fn text_of_c_collation_is_compared_by_bytes() {
    let Some(test) = super::fresh().await else {
        return;
    };
    let names = Migration {
        version: 1,
        name: "names",
        sql: "CREATE TABLE names (name TEXT COLLATE \"C\" PRIMARY KEY);",
    };
    test.db.migrate("names", &[names]).await.unwrap();
    for name in ["b", "B", "a b", "ab", "aa", "é", "a_"] {
        let insert = Statement::new("INSERT INTO names (name) VALUES ($1)").bind(name);
        test.db.write(insert).await.unwrap();
    }
    let list = async |sql, from: &str, to: &str| {
        let rows = test
            .db
            .read(Statement::new(sql).bind(from).bind(to))
            .await
            .unwrap();
        rows.iter()
            .map(|row| row.get("name").unwrap())
            .collect::<Vec<String>>()
    };

    let between = "SELECT name FROM names WHERE name >= $1 AND name < $2 ORDER BY name";
    assert_eq!(list(between, "a", "b").await, ["a b", "a_", "aa", "ab"]);
    assert_eq!(
        list(between, "", "\u{10ffff}").await,
        ["B", "a b", "a_", "aa", "ab", "b", "é"]
    );
    let like = "SELECT name FROM names WHERE name LIKE $1 ESCAPE '\\' OR name LIKE $2 ESCAPE '\\'";
    assert_eq!(list(like, "B%", "a\\_%").await, ["B", "a_"]);
}

#[tokio::test]
async fn a_scan_reads_what_was_written_before_it() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    let fill = "\
INSERT INTO people (id)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
SELECT CAST(i AS TEXT) FROM n";
    assert_eq!(
        test.db.write(fill.into()).await.unwrap().rows_affected,
        5_000
    );

    let scans = (0..6).map(|_| test.db.read(Statement::new("SELECT id FROM people").scan()));

    for rows in futures_util::future::join_all(scans).await {
        assert_eq!(rows.unwrap().len(), 5_000);
    }
}

#[tokio::test]
async fn arguments_and_placeholders_must_match() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    let sql = "SELECT id FROM people WHERE id = $1";
    let missing = test.db.read(Statement::new(sql)).await.unwrap_err();
    let superfluous = test
        .db
        .read(Statement::new(sql).bind("1").bind("2"))
        .await
        .unwrap_err();

    for error in [missing, superfluous] {
        assert!(
            !error.is_unavailable() && !error.is_unique_violation(),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn wrong_sql_is_an_error_that_leaves_the_database_usable() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    let error = test
        .db
        .read("SELECT nothing FROM nowhere".into())
        .await
        .unwrap_err();

    assert!(!error.is_unavailable());
    assert!(std::error::Error::source(&error).is_some_and(|s| s.to_string().contains("nowhere")));
    test.db.check().await.unwrap();
    assert!(crate::ids(&test.db).await.is_empty());
}

#[test]
fn debugging_shows_no_values() {
    let statement = Statement::new("SELECT $1, $2").bind("hunter2").bind(4_711);

    let shown = format!("{statement:?} {:?}", Value::from("hunter2"));

    assert!(
        !shown.contains("hunter2") && !shown.contains("4711"),
        "{shown}"
    );
}
