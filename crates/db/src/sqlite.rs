//! The SQLite engine: a few connections that read in place, and one thread that writes in groups.
//!
//! Finding a row by its key costs about 5 µs, less than handing it to another thread, so point
//! reads run in the calling task; what is marked as a scan gets threads and connections of its own.
//! A write costs a disk flush, which the [`writer`] shares among all that wait for one.

mod image;
mod writer;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rusqlite::{
    CachedStatement, Connection, ErrorCode, InterruptHandle, ToSql,
    config::DbConfig,
    ffi,
    types::{ToSqlOutput, ValueRef},
};
use tokio::sync::Semaphore;

use crate::{
    batch::{Batch, Written},
    error::{Kind, StoreError},
    load::Load,
    row::Row,
    sqlite::writer::Writer,
    statement::Statement,
    value::Value,
};

/// Readers in the calling task: one per core keeps them from waiting for each other, and each
/// costs memory for its copy of the schema.
const MAX_POINT_READERS: usize = 4;

/// Scans running at once; more wait their turn.
const SCAN_READERS: usize = 2;

/// Prepared statements kept per connection.
const STATEMENTS_KEPT: usize = 96;

/// For every connection. The write-ahead log is folded into the file each 1,000 pages (4 MB).
/// The caches are small (in KiB when negative): the operating system caches the file as well.
/// `LIKE` tells upper from lower case, as PostgreSQL's does.
const SETTINGS: &str = "\
PRAGMA journal_mode = WAL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 5000;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA journal_size_limit = 16777216;
PRAGMA cache_size = -1024;
PRAGMA case_sensitive_like = ON;
PRAGMA trusted_schema = OFF;";

/// For readers on top: they cannot change anything, even if a statement tries.
const READER_SETTINGS: &str = "\
PRAGMA query_only = ON;
PRAGMA cache_size = -512;";

/// A database in one file, or in memory. Clones share it.
#[derive(Clone)]
pub struct Sqlite(Arc<Shared>);

/// What an answer promises of what was committed before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It survives a power cut: the write-ahead log is flushed at each commit.
    Flushed,
    /// It survives the process: the disk may write when it likes.
    Unflushed,
}

impl Durability {
    /// Before any other setting: changing the journal is a commit of its own.
    fn setting(self) -> &'static str {
        match self {
            Self::Flushed => "PRAGMA synchronous = FULL;",
            Self::Unflushed => "PRAGMA synchronous = OFF;",
        }
    }
}

struct Shared {
    writer: Writer,
    durability: Durability,
    /// `None` in memory, where a second connection would be a second database: the writer reads.
    readers: Option<Readers>,
}

struct Readers {
    file: PathBuf,
    points: Vec<Mutex<Connection>>,
    scans: Vec<Mutex<Connection>>,
    free_scans: Arc<Semaphore>,
    next: AtomicUsize,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let opening = StoreError::during("open the database file");
        create_private(path).map_err(|error| {
            let why = format!(
                "the database file {} cannot be made or read",
                path.display()
            );
            opening(StoreError::refused(why).because(error))
        })?;
        let writer = connect(path, durability, "").map_err(&opening)?;
        let reader = || {
            connect(path, durability, READER_SETTINGS)
                .map(Mutex::new)
                .map_err(&opening)
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let readers = Readers {
            file: path.to_owned(),
            points: (0..cores.min(MAX_POINT_READERS))
                .map(|_| reader())
                .collect::<Result<_, _>>()?,
            scans: (0..SCAN_READERS)
                .map(|_| reader())
                .collect::<Result<_, _>>()?,
            free_scans: Arc::new(Semaphore::new(SCAN_READERS)),
            next: AtomicUsize::new(0),
        };
        Ok(Self(Arc::new(Shared {
            writer: Writer::start(writer)?,
            durability,
            readers: Some(readers),
        })))
    }

    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory().map_err(explain)?;
        prepare_connection(&connection, Durability::Flushed, "")?;
        Ok(Self(Arc::new(Shared {
            writer: Writer::start(connection)?,
            durability: Durability::Flushed,
            readers: None,
        })))
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let Some(readers) = &self.0.readers else {
            return Ok(self
                .0
                .writer
                .write(statement.into())
                .await?
                .pop()
                .unwrap_or_default()
                .rows);
        };
        if statement.is_scan() {
            return self.scan(readers, statement).await;
        }
        run(&readers.pick(&readers.points), &statement).map(|answer| answer.rows)
    }

    pub(crate) async fn batch(&self, batch: Batch) -> Result<Vec<Written>, StoreError> {
        self.0.writer.write(batch).await
    }

    /// A file's image is read by a connection of its own, so that writing goes on meanwhile.
    pub(crate) async fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        let to = to.to_owned();
        let Some(readers) = &self.0.readers else {
            return self.0.writer.copy_to(to).await;
        };
        let durability = self.0.durability;
        let connection = connect(&readers.file, durability, "")?;
        let _interrupting = Interrupting(connection.get_interrupt_handle());
        let copied =
            tokio::task::spawn_blocking(move || image::write(&connection, &to, durability));
        let failed = |error| StoreError::unavailable("a reader failed").because(error);
        copied.await.map_err(failed)?
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.read(Statement::new("SELECT 1")).await?;
        self.0.writer.write(Batch::new()).await.map(drop)
    }

    pub(crate) fn load(&self) -> Load {
        let free = |readers: &Readers| readers.free_scans.available_permits();
        let most = if self.0.readers.is_some() {
            SCAN_READERS
        } else {
            0
        };
        let free = self.0.readers.as_ref().map_or(0, free);
        Load {
            engine: "sqlite",
            most_connections: most,
            in_use: most.saturating_sub(free),
            waiting: self.0.writer.waiting(),
        }
    }

    pub(crate) async fn close(&self) {
        self.0.writer.close().await;
    }

    async fn scan(&self, readers: &Readers, scan: Statement) -> Result<Vec<Row>, StoreError> {
        let free = Arc::clone(&readers.free_scans).acquire_owned().await;
        let free = free.map_err(|_| StoreError::unavailable("it was closed"))?;
        let shared = Arc::clone(&self.0);
        let answer = tokio::task::spawn_blocking(move || {
            // Kept until the scan ends, even if the caller has gone away.
            let _free = free;
            let readers = shared.readers.as_ref()?;
            Some(run(&readers.pick(&readers.scans), &scan))
        });
        match answer.await {
            Ok(Some(answer)) => answer.map(|answer| answer.rows),
            Ok(None) => Err(StoreError::unavailable("there are no readers")),
            Err(error) => Err(StoreError::unavailable("a reader failed").because(error)),
        }
    }
}

impl Readers {
    /// A free connection if there is one, else the next in turn.
    fn pick<'a>(&self, among: &'a [Mutex<Connection>]) -> MutexGuard<'a, Connection> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % among.len();
        let (before, from) = among.split_at(turn);
        from.iter()
            .chain(before)
            .find_map(|reader| reader.try_lock().ok())
            .or_else(|| from.first().map(|reader| lock(reader)))
            .expect("there is at least one reader")
    }
}

/// Ends what a connection does when nobody waits for it any more.
struct Interrupting(InterruptHandle);

impl Drop for Interrupting {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("in_memory", &self.0.readers.is_none())
            .finish_non_exhaustive()
    }
}

/// A panic while reading leaves nothing half-done in a connection that cannot write.
fn lock(reader: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    reader.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the file before SQLite would, readable for its owner alone; its log files take the mode
/// over.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn connect(
    path: &Path,
    durability: Durability,
    more_settings: &str,
) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(explain)?;
    prepare_connection(&connection, durability, more_settings)?;
    Ok(connection)
}

fn prepare_connection(
    connection: &Connection,
    durability: Durability,
    more_settings: &str,
) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Without it SQLite compiles a statement anew for each value that it compares with an indexed
    // column, in case another plan suits it better. Ours are written for the one plan.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(explain)?;
    for settings in [durability.setting(), SETTINGS, more_settings] {
        connection.execute_batch(settings).map_err(explain)?;
    }
    Ok(())
}

/// Runs one statement to its end.
fn run(connection: &Connection, statement: &Statement) -> Result<Written, StoreError> {
    let mut prepared = connection
        .prepare_cached(statement.sql())
        .map_err(explain)?;
    bind(&mut prepared, statement.arguments())?;
    if prepared.column_count() == 0 {
        let changes = prepared.raw_execute().map_err(explain)?;
        return Ok(Written {
            rows_affected: changes as u64,
            rows: Vec::new(),
        });
    }
    let rows = fetch(&mut prepared)?;
    Ok(Written {
        rows_affected: rows.len() as u64,
        rows,
    })
}

/// Binds by the number in each placeholder's name.
///
/// To SQLite `$2` is a name, numbered by first use: bound by position, arguments used out of order
/// would land in the wrong places. Asking SQLite for the names keeps its own idea of what is a
/// placeholder and what is text in a string or a comment.
fn bind(prepared: &mut CachedStatement<'_>, arguments: &[Value]) -> Result<(), StoreError> {
    let wrong = |what: &'static str| StoreError::new(Kind::Statement).because(what);
    let mut highest = 0;
    for position in 1..=prepared.parameter_count() {
        let name = prepared
            .parameter_name(position)
            .and_then(|name| name.strip_prefix('$'));
        let number = name.and_then(|name| name.parse::<usize>().ok());
        let number = number.ok_or_else(|| wrong("a placeholder is not of the form $1"))?;
        let argument = number.checked_sub(1).and_then(|index| arguments.get(index));
        let argument = argument.ok_or_else(|| wrong("a placeholder has no argument"))?;
        prepared
            .raw_bind_parameter(position, argument)
            .map_err(explain)?;
        highest = highest.max(number);
    }
    if highest < arguments.len() {
        return Err(wrong("an argument has no placeholder"));
    }
    Ok(())
}

fn fetch(prepared: &mut CachedStatement<'_>) -> Result<Vec<Row>, StoreError> {
    let columns: Arc<[String]> = prepared.column_names().map(str::to_owned).collect();
    // Only the declared type tells a boolean from the integer that SQLite stores for it; for
    // expressions there is none, and the reader of the row decides.
    let are_boolean: Vec<bool> = prepared
        .columns()
        .map(|column| {
            column
                .decl_type()
                .is_some_and(|t| t.eq_ignore_ascii_case("boolean"))
        })
        .collect();
    let mut found = Vec::new();
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next().map_err(explain)? {
        let values = are_boolean.iter().zip(columns.iter()).enumerate();
        let values = values.map(|(position, (is_boolean, column))| {
            let value = row.get_ref(position).map_err(explain)?;
            convert(value, *is_boolean, column)
        });
        found.push(Row::new(
            Arc::clone(&columns),
            values.collect::<Result<_, _>>()?,
        ));
    }
    Ok(found)
}

fn convert(value: ValueRef<'_>, is_boolean: bool, column: &str) -> Result<Value, StoreError> {
    let unfit = |what: &str| StoreError::inconsistent(format!("column `{column}` holds {what}"));
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(integer) if is_boolean => Ok(Value::Bool(integer != 0)),
        ValueRef::Integer(integer) => Ok(Value::Integer(integer)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(unfit("text that is not UTF-8")),
        },
        ValueRef::Real(_) => Err(unfit("a fraction")),
        ValueRef::Blob(_) => Err(unfit("bytes")),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(boolean) => ValueRef::Integer((*boolean).into()),
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Sorts SQLite's result codes into our kinds.
fn explain(error: rusqlite::Error) -> StoreError {
    let kind = match &error {
        rusqlite::Error::SqliteFailure(failure, _) => kind_of(*failure),
        _ => Kind::Statement,
    };
    StoreError::new(kind).because(error)
}

fn kind_of(failure: ffi::Error) -> Kind {
    match (failure.code, failure.extended_code) {
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => Kind::UniqueViolation,
        (ErrorCode::ConstraintViolation, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Kind::ForeignKey,
        (ErrorCode::ConstraintViolation, _) => Kind::Constraint,
        (ErrorCode::DiskFull, _) => Kind::Full,
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Kind::Unavailable("it is busy"),
        (ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly, _) => {
            Kind::Unavailable("its file cannot be opened or written")
        }
        (ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory, _) => {
            Kind::Unavailable("its file cannot be read or written")
        }
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
            Kind::Refused("the database file is damaged or is not a database".to_owned())
        }
        _ => Kind::Statement,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_compiled_once_whatever_is_bound_to_it() {
        let connection = Connection::open_in_memory().unwrap();
        prepare_connection(&connection, Durability::Flushed, "").unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id TEXT PRIMARY KEY, home TEXT, is_default BOOLEAN);
                 CREATE UNIQUE INDEX defaults ON t (home) WHERE is_default;",
            )
            .unwrap();
        let sql = "SELECT id FROM t WHERE home = $1 AND (id = $2 OR is_default) ORDER BY id = $2";
        for home in ["a", "b", "c"] {
            let find = Statement::new(sql).bind(home).bind(home);
            run(&connection, &find).unwrap();
        }
        let prepared = connection.prepare_cached(sql).unwrap();
        assert_eq!(prepared.get_status(StatementStatus::Run), 3);
        assert_eq!(prepared.get_status(StatementStatus::RePrepare), 0);
    }
}
