//! The contract of `db`: one suite, run on each engine, and what is particular to one.

#![cfg(test)]
#![expect(clippy::duplicate_mod, reason = "one suite, included for each engine")]

use db::{
    Db, Statement,
    testing::{self, TestDb},
};

mod postgres_only;
mod sqlite_only;

#[path = "."]
mod sqlite {
    use db::testing::TestDb;

    async fn fresh() -> Option<TestDb> {
        Some(db::testing::sqlite().await)
    }

    #[path = "copying_contract.rs"]
    mod copying;
    #[path = "migrations_contract.rs"]
    mod migrations;
    #[path = "reading_contract.rs"]
    mod reading;
    #[path = "writing_contract.rs"]
    mod writing;
}

#[path = "."]
mod postgres {
    use db::testing::postgres as fresh;

    #[path = "copying_contract.rs"]
    mod copying;
    #[path = "migrations_contract.rs"]
    mod migrations;
    #[path = "reading_contract.rs"]
    mod reading;
    #[path = "writing_contract.rs"]
    mod writing;
}

/// The table that the suites read and write.
async fn create_table(db: &Db) {
    let create = "CREATE TABLE people (
        id TEXT PRIMARY KEY,
        name TEXT,
        age BIGINT,
        is_enabled BOOLEAN NOT NULL DEFAULT TRUE
    )";
    db.write(Statement::new(create)).await.unwrap();
}

fn insert(id: &str) -> Statement {
    Statement::new("INSERT INTO people (id) VALUES ($1)").bind(id)
}

async fn ids(db: &Db) -> Vec<String> {
    let rows = db
        .read(Statement::new("SELECT id FROM people ORDER BY id"))
        .await
        .unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

async fn with_table(test: Option<TestDb>) -> Option<TestDb> {
    let test = test?;
    create_table(&test.db).await;
    Some(test)
}

/// A handle that never gets to clean up, as in a killed process.
fn kill(db: Db) {
    std::mem::forget(db);
}

async fn in_memory() -> Db {
    let db = Db::sqlite_in_memory().unwrap();
    create_table(&db).await;
    db
}

async fn on_file() -> TestDb {
    let test = testing::sqlite().await;
    create_table(&test.db).await;
    test
}
