//! Reading without the right to write.

use crate::{Db, error::StoreError, row::Row, statement::Statement};

/// A database for whoever may look at it and change nothing. Clones share its connections.
///
/// A statement that writes is refused before it reaches the database, so that what holds a `Reader`
/// alone cannot write.
#[derive(Clone, Debug)]
pub struct Reader(Db);

impl Reader {
    pub(crate) fn new(db: Db) -> Self {
        Self(db)
    }

    /// Reads all rows of the answer; bound them by `LIMIT`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the statement does more than read, or as [`Db::read`].
    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        if !only_reads(statement.sql()) {
            return Err(StoreError::refused(
                "a reader was given a writing statement",
            ));
        }
        self.0.read(statement).await
    }

    /// Reads the first row of the answer, if there is one.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_optional(&self, statement: Statement) -> Result<Option<Row>, StoreError> {
        Ok(self.read(statement).await?.into_iter().next())
    }
}

/// `SELECT`, or `WITH` that leads to no writing statement: SQLite takes one behind it, PostgreSQL
/// within it as well.
fn only_reads(sql: &str) -> bool {
    let sql = sql.trim_start();
    let writes = |word: &str| matches!(word, "DELETE" | "INSERT" | "UPDATE");
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    sql.starts_with("SELECT ")
        || (sql.starts_with("WITH ") && !sql.split(|c| !is_word(c)).any(writes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_takes_no_statement_that_writes() {
        let db = Db::sqlite_in_memory().unwrap();
        let reader = db.reader();
        db.write(Statement::new("CREATE TABLE t (n BIGINT)"))
            .await
            .unwrap();
        for sql in [
            "INSERT INTO t (n) VALUES (1)",
            "INSERT INTO t (n) VALUES (1) RETURNING n",
            "UPDATE t SET n = 2",
            "DELETE FROM t",
            "DROP TABLE t",
            " WITH one AS (SELECT 1 AS n) INSERT INTO t (n) SELECT n FROM one",
            "WITH one AS (INSERT INTO t (n) VALUES (1) RETURNING n) SELECT n FROM one",
        ] {
            reader.read(Statement::new(sql)).await.unwrap_err();
        }
        for sql in [
            "SELECT n FROM t",
            "WITH inserted AS (SELECT n FROM t) SELECT n FROM inserted",
        ] {
            let rows = reader.read(Statement::new(sql)).await.unwrap();
            assert!(rows.is_empty(), "{sql}");
        }
    }
}
