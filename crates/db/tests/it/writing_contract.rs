//! Writes are all or nothing, told apart when they fail, and durable once answered.

use db::{Batch, Statement};
use futures_util::future::join_all;

use crate::{ids, insert, kill, with_table};

#[tokio::test]
async fn rows_affected_count_what_was_touched() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    test.db.write(insert("1")).await.unwrap();
    test.db.write(insert("2")).await.unwrap();

    let everybody = test
        .db
        .write("UPDATE people SET age = 1".into())
        .await
        .unwrap();
    let nobody = test
        .db
        .write("UPDATE people SET age = 2 WHERE id = '3'".into())
        .await
        .unwrap();
    let deleted = "DELETE FROM people WHERE id = '1' RETURNING id";
    let deleted = test.db.write(deleted.into()).await.unwrap();

    assert_eq!((everybody.rows_affected, nobody.rows_affected), (2, 0));
    assert_eq!((deleted.rows_affected, deleted.rows.len()), (1, 1));
    assert_eq!(
        deleted.into_row().unwrap().get::<String>("id").unwrap(),
        "1"
    );
}

#[tokio::test]
async fn a_taken_key_is_told_apart() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    let index = "CREATE UNIQUE INDEX people_name ON people (name) WHERE age IS NULL";
    test.db.write(index.into()).await.unwrap();
    let named = |id: &str| {
        let insert = Statement::new("INSERT INTO people (id, name) VALUES ($1, 'Ada')");
        test.db.write(insert.bind(id))
    };
    named("1").await.unwrap();

    let same_key = test.db.write(insert("1")).await.unwrap_err();
    let same_name = named("2").await.unwrap_err();
    let nothing = "INSERT INTO people (id, is_enabled) VALUES ('3', NULL)";
    let nothing = test.db.write(nothing.into()).await.unwrap_err();

    assert!(same_key.is_unique_violation() && same_name.is_unique_violation());
    assert!(!nothing.is_unique_violation() && !nothing.is_unavailable());
}

#[tokio::test]
async fn an_error_shows_no_values() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    test.db.write(insert("ada@example.com")).await.unwrap();

    let taken = test.db.write(insert("ada@example.com")).await.unwrap_err();

    let shown = format!("{taken} {taken:?}");
    assert!(!shown.contains("ada@example.com"), "{shown}");
}

#[tokio::test]
async fn a_missing_or_needed_reference_is_told_apart() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    let create = "CREATE TABLE pets (owner TEXT NOT NULL REFERENCES people (id))";
    test.db.write(create.into()).await.unwrap();
    test.db.write(insert("1")).await.unwrap();
    let adopt = |owner: &str| {
        test.db
            .write(Statement::new("INSERT INTO pets (owner) VALUES ($1)").bind(owner))
    };
    adopt("1").await.unwrap();

    let missing = adopt("2").await.unwrap_err();
    let needed = test
        .db
        .write("DELETE FROM people WHERE id = '1'".into())
        .await
        .unwrap_err();

    assert!(missing.is_foreign_key_violation() && needed.is_foreign_key_violation());
}

#[tokio::test]
async fn a_batch_runs_in_order_and_answers_for_each_statement() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    let mut batch = Batch::new()
        .add(insert("0"))
        .add("UPDATE people SET age = 1".into());
    for id in 1..40 {
        batch = batch.require(insert(&id.to_string()), 1);
    }
    let written = test
        .db
        .batch(batch.add("SELECT id FROM people".into()))
        .await
        .unwrap();

    assert_eq!(written.len(), 42);
    assert_eq!(written[1].rows_affected, 1);
    assert_eq!(written[41].rows.len(), 40);
    assert!(test.db.batch(Batch::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failing_batch_leaves_nothing_behind() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    test.db.write(insert("1")).await.unwrap();

    let batch = Batch::new()
        .add(insert("2"))
        .add(insert("1"))
        .add(insert("3"));
    let failed = test.db.batch(batch).await.unwrap_err();

    assert!(failed.is_unique_violation(), "{failed:?}");
    assert_eq!(ids(&test.db).await, ["1"]);
}

#[tokio::test]
async fn an_unmet_requirement_rolls_everything_back() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    test.db.write(insert("1")).await.unwrap();

    let age = "UPDATE people SET age = 36 WHERE id = $1";
    let batch = Batch::new()
        .require(Statement::new(age).bind("1"), 1)
        .require(Statement::new(age).bind("2"), 1)
        .add(insert("1"));
    let failed = test.db.batch(batch).await.unwrap_err();
    let alone = Batch::new().require("UPDATE people SET age = 37".into(), 0);
    let alone = test.db.batch(alone).await.unwrap_err();

    assert_eq!(failed.unmet(), Some(1));
    assert_eq!(alone.unmet(), Some(0));
    let row = test
        .db
        .read_optional("SELECT age FROM people".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<Option<i64>>("age").unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_simultaneous_conditional_updates_one_wins() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    test.db.write(insert("code")).await.unwrap();

    let attempts = (0..64_i64).map(|now| {
        let db = test.db.clone();
        tokio::spawn(async move {
            let redeem = "UPDATE people SET age = $2 WHERE id = $1 AND age IS NULL RETURNING age";
            let redeem = Statement::new(redeem).bind("code").bind(now);
            db.write(redeem)
                .await
                .unwrap()
                .into_row()
                .map(|row| row.get::<i64>("age").unwrap())
        })
    });
    let winners: Vec<i64> = join_all(attempts)
        .await
        .into_iter()
        .filter_map(Result::unwrap)
        .collect();

    assert_eq!(winners.len(), 1);
    let row = test
        .db
        .read_optional("SELECT age FROM people".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<i64>("age").unwrap(), winners[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simultaneous_batches_fail_alone() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    test.db.write(insert("taken")).await.unwrap();

    let batches = (0..60).map(|n| {
        let db = test.db.clone();
        let second = if n % 3 == 0 {
            "taken".to_owned()
        } else {
            format!("b{n:02}")
        };
        let batch = Batch::new()
            .add(insert(&format!("a{n:02}")))
            .add(insert(&second));
        tokio::spawn(async move { db.batch(batch).await.is_ok() })
    });
    let fared: Vec<bool> = join_all(batches)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    assert!(
        fared
            .iter()
            .enumerate()
            .all(|(n, is_ok)| *is_ok == (n % 3 != 0))
    );
    assert_eq!(ids(&test.db).await.len(), 1 + 2 * 40);
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };
    let doomed = test.reopen().await;

    doomed.write(insert("1")).await.unwrap();
    doomed
        .batch(Batch::new().add(insert("2")).add(insert("3")))
        .await
        .unwrap();
    kill(doomed);

    assert_eq!(ids(&test.reopen().await).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn reads_after_an_answer_see_what_was_written() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    for n in 0..50 {
        test.db.write(insert(&n.to_string())).await.unwrap();
        let find = Statement::new("SELECT id FROM people WHERE id = $1").bind(n.to_string());
        assert!(test.db.read_optional(find).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    let Some(test) = with_table(super::fresh().await).await else {
        return;
    };

    test.db.check().await.unwrap();
    test.db.close().await;

    assert!(
        test.db
            .write(insert("1"))
            .await
            .unwrap_err()
            .is_unavailable()
    );
    assert!(test.db.check().await.unwrap_err().is_unavailable());
}
