//! Copying everything from one database into another, of the same engine or the other one, and
//! comparing every row afterwards.
//!
//! The tables are those that the migrations make; what else stands in either database is left alone.
//! Rows go in the order of their foreign keys, so that no row comes before one that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::{
    Db,
    batch::Batch,
    catalog::quoted,
    error::StoreError,
    migration::{self, MigrationSet, VERSIONS_TABLE},
    row::Row,
    statement::Statement,
    value::Value,
};

/// Rows that are read, written and compared at a time, at most.
const PAGE: i64 = 500;

/// What these hold, at most, unless one row alone holds more: images and documents are large.
const PAGE_BYTES: i64 = 4 * 1024 * 1024;

const SQLITE_COLUMNS: &str = "SELECT name, pk FROM pragma_table_info($1) ORDER BY cid";

const POSTGRES_COLUMNS: &str = "\
SELECT CAST(c.column_name AS TEXT) AS name, CAST(COALESCE(k.ordinal_position, 0) AS BIGINT) AS pk
  FROM information_schema.columns c
  LEFT JOIN (SELECT k.table_schema, k.table_name, k.column_name, k.ordinal_position
               FROM information_schema.table_constraints t
               JOIN information_schema.key_column_usage k
                 ON k.constraint_schema = t.constraint_schema
                AND k.constraint_name = t.constraint_name
                AND k.table_name = t.table_name
              WHERE t.constraint_type = 'PRIMARY KEY') k
    ON k.table_schema = c.table_schema AND k.table_name = c.table_name
   AND k.column_name = c.column_name
 WHERE c.table_schema = current_schema() AND CAST(c.table_name AS TEXT) = $1
 ORDER BY c.ordinal_position";

/// Of an index that holds every row, if there is one.
const SQLITE_INDEXED: &str = "\
SELECT name FROM pragma_index_info(
    (SELECT name FROM pragma_index_list($1) WHERE partial = 0 ORDER BY name LIMIT 1))
 WHERE name IS NOT NULL
 ORDER BY seqno";

const POSTGRES_INDEXED: &str = "\
SELECT CAST(a.attname AS TEXT) AS name
  FROM (SELECT i.indrelid, i.indkey
          FROM pg_index i
          JOIN pg_class x ON x.oid = i.indexrelid
          JOIN pg_class c ON c.oid = i.indrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE i.indpred IS NULL AND n.nspname = current_schema() AND CAST(c.relname AS TEXT) = $1
         ORDER BY x.relname LIMIT 1) i
 CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (number, position)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
 ORDER BY k.position";

const SQLITE_PARENTS: &str = "SELECT DISTINCT \"table\" AS parent FROM pragma_foreign_key_list($1)";

const POSTGRES_PARENTS: &str = "\
SELECT DISTINCT CAST(p.relname AS TEXT) AS parent
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_class p ON p.oid = k.confrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'f' AND n.nspname = current_schema() AND CAST(c.relname AS TEXT) = $1";

/// What was copied, and compared with what it was copied from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Tables.
    pub tables: usize,
    /// Their rows.
    pub rows: u64,
}

/// Copies every row of `from` into `to`, and then reads each again from both and compares.
///
/// The tables of these sets are made in `to`, which must have none. `progress` is told how many of
/// how many steps are done: each row is one when it is written and one when it is compared.
///
/// Nobody may write to either meanwhile; rows that were added, taken away or changed while they were
/// copied are found by the comparison. Until everything is compared, `to` refuses to be migrated, so
/// that no server starts on half a copy.
///
/// # Errors
///
/// [`StoreError`] when `to` is not empty, `from` is not at the newest of the migrations, a row does
/// not fit, or the two are not the same in the end; what is told never holds a value.
pub async fn copy(
    from: &Db,
    to: &Db,
    sets: &[MigrationSet<'_>],
    mut progress: impl FnMut(u64, u64),
) -> Result<Copied, StoreError> {
    refuse_used(to).await?;
    for (set, migrations) in sets {
        if let Some(next) = from.pending(set, migrations).await?.first() {
            return Err(StoreError::refused(format!(
                "the database to copy from lacks migration {} (`{}`) of `{set}`; bring it to this \
                 version first",
                next.version, next.name
            )));
        }
    }
    migration::begin_copy(to).await?;
    for (set, migrations) in sets {
        let migrated = migration::apply_to_copy(to, set, migrations).await;
        migrated.map_err(StoreError::during("make the tables to copy into"))?;
    }
    let tables = tables(from, to).await?;
    // Migrations may have put rows of their own.
    for table in tables.iter().rev() {
        to.write(table.delete()).await?;
    }
    let mut total = 0;
    for table in &tables {
        total += table.count(from).await?;
    }
    let mut done = 0;
    let mut tell = |rows: usize| {
        done += rows as u64;
        progress(done, total * 2);
    };
    tell(0);
    for table in &tables {
        table.copy(from, to, &mut tell).await?;
    }
    let mut rows = 0;
    for table in &tables {
        rows += table.compare(from, to, &mut tell).await?;
    }
    migration::end_copy(to).await?;
    Ok(Copied {
        tables: tables.len(),
        rows,
    })
}

async fn refuse_used(to: &Db) -> Result<(), StoreError> {
    match to.tables().await?.first() {
        Some(table) => Err(StoreError::refused(format!(
            "the database to copy into has tables already, as `{table}`; name an empty one"
        ))),
        None => Ok(()),
    }
}

/// A table, with what statements about it need.
struct Table {
    name: String,
    columns: Vec<String>,
    key: Vec<String>,
}

/// The tables that the migrations made, each after those that its rows name.
async fn tables(from: &Db, to: &Db) -> Result<Vec<Table>, StoreError> {
    let mut waiting = BTreeMap::new();
    for name in to.tables().await? {
        if name != VERSIONS_TABLE {
            let parents = parents(to, &name).await?;
            waiting.insert(name, parents);
        }
    }
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let free = waiting.iter().find(|(name, parents)| {
            let waits = |parent: &String| parent != *name && waiting.contains_key(parent);
            !parents.iter().any(waits)
        });
        let Some(name) = free.map(|(name, _)| name.clone()) else {
            let names: Vec<_> = waiting.into_keys().collect();
            let names = names.join(", ");
            return Err(StoreError::refused(format!(
                "the tables {names} name each other in a circle"
            )));
        };
        waiting.remove(&name);
        ordered.push(Table::describe(from, to, name).await?);
    }
    Ok(ordered)
}

async fn parents(db: &Db, table: &str) -> Result<BTreeSet<String>, StoreError> {
    let list = match db {
        Db::Postgres(_) => POSTGRES_PARENTS,
        Db::Sqlite(_) => SQLITE_PARENTS,
    };
    let rows = db.read(Statement::new(list).bind(table)).await?;
    rows.iter().map(|row| row.get("parent")).collect()
}

/// The columns, sorted by name, and those of the primary key in its order.
async fn columns(db: &Db, table: &str) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let list = match db {
        Db::Postgres(_) => POSTGRES_COLUMNS,
        Db::Sqlite(_) => SQLITE_COLUMNS,
    };
    let (mut columns, mut key) = (Vec::new(), BTreeMap::new());
    for row in db.read(Statement::new(list).bind(table)).await? {
        let (name, position): (String, i64) = (row.get("name")?, row.get("pk")?);
        if position > 0 {
            key.insert(position, name.clone());
        }
        columns.push(name);
    }
    columns.sort_unstable();
    Ok((columns, key.into_values().collect()))
}

/// All columns, those of an index first, so that the rows of a page need not be found by sorting the
/// table.
async fn whole_row(db: &Db, table: &str, columns: &[String]) -> Result<Vec<String>, StoreError> {
    let list = match db {
        Db::Postgres(_) => POSTGRES_INDEXED,
        Db::Sqlite(_) => SQLITE_INDEXED,
    };
    let rows = db.read(Statement::new(list).bind(table)).await?;
    let indexed: Result<Vec<String>, _> = rows.iter().map(|row| row.get("name")).collect();
    let mut key = indexed?;
    let others = columns.iter().filter(|column| !key.contains(column));
    let others: Vec<String> = others.cloned().collect();
    key.extend(others);
    Ok(key)
}

impl Table {
    async fn describe(from: &Db, to: &Db, name: String) -> Result<Self, StoreError> {
        let (columns, key) = columns(from, &name).await?;
        if self::columns(to, &name).await? != (columns.clone(), key.clone()) {
            return Err(unlike(
                &name,
                "does not have the same columns in both databases",
            ));
        }
        // Without a primary key the whole row tells it apart: a second one that is the same would be
        // missed by the pages, and is found by the count.
        let key = if key.is_empty() {
            whole_row(from, &name, &columns).await?
        } else {
            key
        };
        Ok(Self { name, columns, key })
    }

    fn delete(&self) -> Statement {
        Statement::adapted(format!("DELETE FROM {}", quoted(&self.name)))
    }

    async fn count(&self, db: &Db) -> Result<u64, StoreError> {
        let count = format!("SELECT COUNT(*) AS n FROM {}", quoted(&self.name));
        let row = db.read_optional(Statement::adapted(count).scan()).await?;
        let count: i64 = row.map_or(Ok(0), |row| row.get("n"))?;
        u64::try_from(count).map_err(|_| unlike(&self.name, "has a negative number of rows"))
    }

    async fn copy(
        &self,
        from: &Db,
        to: &Db,
        tell: &mut impl FnMut(usize),
    ) -> Result<(), StoreError> {
        let placeholders = placeholders(self.columns.len());
        let (name, columns) = (quoted(&self.name), list(&self.columns));
        let insert = format!("INSERT INTO {name} ({columns}) VALUES ({placeholders})");
        let mut last = None;
        loop {
            let page = self.page(from, last.as_ref()).await?;
            let Some(row) = page.last() else {
                return Ok(());
            };
            last = Some(self.key_of(row)?);
            let batch = page.iter().fold(Batch::new(), |batch, row| {
                batch.require(bound(insert.clone(), row.values()), 1)
            });
            to.batch(batch)
                .await
                .map_err(StoreError::during("copy rows"))?;
            tell(page.len());
        }
    }

    /// Reads all rows from both, and how many there are.
    async fn compare(
        &self,
        from: &Db,
        to: &Db,
        tell: &mut impl FnMut(usize),
    ) -> Result<u64, StoreError> {
        let condition =
            self.key
                .iter()
                .enumerate()
                .fold(String::new(), |mut condition, (index, column)| {
                    let and = if index == 0 { "" } else { " AND " };
                    // Writing to a string cannot fail.
                    let _ = write!(condition, "{and}{} = ${}", quoted(column), index + 1);
                    condition
                });
        let (name, columns) = (quoted(&self.name), list(&self.columns));
        let find = format!("SELECT {columns} FROM {name} WHERE {condition}");
        let (mut last, mut rows) = (None, 0);
        loop {
            let page = self.page(from, last.as_ref()).await?;
            let Some(row) = page.last() else { break };
            last = Some(self.key_of(row)?);
            let mut batch = Batch::new();
            for row in &page {
                batch = batch.add(bound(find.clone(), &self.key_of(row)?));
            }
            let copied = to.batch(batch).await?;
            let copied = copied.iter().map(|copied| copied.rows.first());
            for (row, copied) in page.iter().zip(copied) {
                if copied.map(Row::values) != Some(row.values()) {
                    return Err(unlike(
                        &self.name,
                        "has a row that is not the same in both databases",
                    ));
                }
            }
            rows += page.len() as u64;
            tell(page.len());
        }
        // Every row is there, and nothing else is.
        for db in [from, to] {
            if self.count(db).await? != rows {
                return Err(unlike(
                    &self.name,
                    "does not have as many rows in both databases",
                ));
            }
        }
        Ok(rows)
    }

    /// The rows behind this key, in the order of the primary key: as many as may be held at a time.
    async fn page(&self, db: &Db, after: Option<&Vec<Value>>) -> Result<Vec<Row>, StoreError> {
        let (columns, name, key) = (list(&self.columns), quoted(&self.name), list(&self.key));
        let behind = match after {
            Some(_) => format!(" WHERE ({key}) > ({})", placeholders(self.key.len())),
            None => String::new(),
        };
        let after = after.map(Vec::as_slice).unwrap_or_default();
        let most = after.len() + 1;
        let rows = format!("FROM {name}{behind} ORDER BY {key} LIMIT ${most}");
        let limited = |select: String, most: i64| bound(select, after).bind(most).scan();

        let lengths = self.columns.iter().map(|column| {
            let column = quoted(column);
            format!("COALESCE(octet_length(CAST({column} AS TEXT)), 0)")
        });
        let lengths = lengths.collect::<Vec<_>>().join(" + ");
        let measure = format!("SELECT CAST({lengths} AS BIGINT) AS bytes {rows}");
        let (mut count, mut bytes) = (0, 0_i64);
        for row in db.read(limited(measure, PAGE)).await? {
            bytes = bytes.saturating_add(row.get("bytes")?);
            if count > 0 && bytes > PAGE_BYTES {
                break;
            }
            count += 1;
        }
        db.read(limited(format!("SELECT {columns} {rows}"), count))
            .await
    }

    fn key_of(&self, row: &Row) -> Result<Vec<Value>, StoreError> {
        let key = self.key.iter();
        key.map(|column| row.value(column).cloned()).collect()
    }
}

fn bound(sql: String, values: &[Value]) -> Statement {
    let statement = Statement::adapted(sql);
    values.iter().cloned().fold(statement, Statement::bind)
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    quoted.join(", ")
}

fn placeholders(count: usize) -> String {
    let placeholders: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    placeholders.join(", ")
}

fn unlike(table: &str, what: &str) -> StoreError {
    StoreError::inconsistent(format!(
        "the table `{table}` {what}; make sure that no server writes to either, empty the database \
         that was copied into, and copy again"
    ))
}
