//! The PostgreSQL engine: a pool of connections, statements prepared once on each.
//!
//! Every wait has an end: for a free connection, for a new one, for a statement (the server stops
//! it), and for a server that says nothing (the connection is thrown away). A connection found dead
//! is an error to the call that met it and replaced for the next.

mod settings;
mod value;

use std::{fmt, time::Duration};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
    Timeouts, Transaction,
};
use futures_util::future::join_all;
use tokio::time::{error::Elapsed, timeout};
use tokio_postgres::{NoTls, error::SqlState, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use self::settings::{LibpqEnvironment, PostgresSettings};
use crate::{
    batch::{Batch, Step, Written},
    error::{Kind, StoreError},
    load::Load,
    row::Row,
    statement::Statement,
};

/// For a free connection, and for a new one to be made.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);

/// For an answer, a little more than the server allows a statement: a peer that is gone without a
/// word would be waited for otherwise.
const ANSWER_WAIT: Duration = Duration::from_secs(20);

/// The same for a change of the schema, which may rewrite large tables or wait for another node.
const SCHEMA_CHANGE_WAIT: Duration = Duration::from_mins(15);

/// Lifts the limits that ordinary statements have.
const ALLOW_SCHEMA_CHANGE: &str =
    "SET LOCAL statement_timeout = 900000; SET LOCAL lock_timeout = 0";

/// Two batches that lock the same rows in different order: one is told to try again.
const ATTEMPTS: usize = 4;

/// Statements sent before the first answer is read: bounds what is buffered on either side.
const PIPELINE: usize = 16;

/// Prepared statements kept per connection; then all are forgotten and prepared anew.
const STATEMENTS_KEPT: usize = 256;

/// A database on a PostgreSQL server. Clones share the pool.
#[derive(Clone)]
pub struct Postgres(Pool);

impl Postgres {
    pub(crate) async fn open(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let config = settings.config();
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match settings.tls()? {
            Some(tls) => {
                Manager::from_config(config.clone(), MakeRustlsConnect::new(tls), recycling)
            }
            None => Manager::from_config(config.clone(), NoTls, recycling),
        };
        let waits = Timeouts {
            wait: Some(CONNECTION_WAIT),
            create: Some(CONNECTION_WAIT),
            recycle: Some(CONNECTION_WAIT),
        };
        let pool = Pool::builder(manager)
            .max_size(settings.max_connections())
            .timeouts(waits)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::refused("no pool of connections").because(error))?;
        let postgres = Self(pool);
        postgres
            .check()
            .await
            .map_err(StoreError::during("connect to PostgreSQL"))?;
        Ok(postgres)
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let client = self.client().await?;
        let answer = timeout(ANSWER_WAIT, read(&client, &statement)).await;
        settle(client, answer)
    }

    pub(crate) async fn batch(&self, batch: Batch) -> Result<Vec<Written>, StoreError> {
        let wait = if batch.changes_schema() {
            SCHEMA_CHANGE_WAIT
        } else {
            ANSWER_WAIT
        };
        let mut attempt = 1;
        loop {
            let mut client = self.client().await?;
            let answer = timeout(wait, write(&mut client, &batch)).await;
            match settle(client, answer) {
                // The other one of the two went on, so there is nothing to wait for.
                Err(error) if error.is_conflict() && attempt < ATTEMPTS => attempt += 1,
                answer => return answer,
            }
        }
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.read(Statement::new("SELECT 1")).await.map(drop)
    }

    pub(crate) fn load(&self) -> Load {
        let status = self.0.status();
        Load {
            engine: "postgresql",
            most_connections: status.max_size,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
        }
    }

    pub(crate) fn close(&self) {
        self.0.close();
    }

    async fn client(&self) -> Result<Object, StoreError> {
        self.0.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => {
                StoreError::unavailable("all its connections are in use")
            }
            PoolError::Backend(error) => {
                StoreError::unavailable("no connection can be made").because(cause(error))
            }
            PoolError::Closed => StoreError::unavailable("it was closed"),
            other => StoreError::unavailable("no connection can be made").because(other),
        })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("pool", &self.0.status())
            .finish_non_exhaustive()
    }
}

/// Gives the connection back, unless it owes an answer or may be dead: the next caller must not
/// meet it.
fn settle<T>(
    client: Object,
    answer: Result<Result<T, StoreError>, Elapsed>,
) -> Result<T, StoreError> {
    let late = |_| Err(StoreError::unavailable("it did not answer in time"));
    let answer = answer.unwrap_or_else(late);
    if answer.as_ref().is_err_and(StoreError::breaks_connection) {
        drop(Object::take(client));
    }
    answer
}

async fn read(client: &Object, statement: &Statement) -> Result<Vec<Row>, StoreError> {
    bound_statements(client);
    let prepared = client
        .prepare_cached(statement.sql())
        .await
        .map_err(explain)?;
    let arguments = arguments(statement);
    let rows = client.query(&prepared, &arguments).await.map_err(explain)?;
    value::rows(&prepared, &rows)
}

async fn write(client: &mut Object, batch: &Batch) -> Result<Vec<Written>, StoreError> {
    bound_statements(client);
    if let [
        Step {
            statement,
            required_rows: None,
        },
    ] = batch.steps()
        && !batch.changes_schema()
    {
        let prepared = client
            .prepare_cached(statement.sql())
            .await
            .map_err(explain)?;
        return Ok(vec![run(client, &prepared, statement).await?]);
    }
    // Dropped on the way out of an error, it rolls back.
    let transaction = client.transaction().await.map_err(explain)?;
    let written = if batch.changes_schema() {
        change_schema(&transaction, batch).await?
    } else {
        run_steps(&transaction, batch).await?
    };
    transaction.commit().await.map_err(explain)?;
    Ok(written)
}

/// Sends several statements before it reads the answers, which come in the same order.
async fn run_steps(
    transaction: &Transaction<'_>,
    batch: &Batch,
) -> Result<Vec<Written>, StoreError> {
    let mut prepared = Vec::with_capacity(batch.len());
    for step in batch.steps() {
        let statement = transaction.prepare_cached(step.statement.sql()).await;
        prepared.push((step, statement.map_err(explain)?));
    }
    let mut written = Vec::with_capacity(batch.len());
    for some in prepared.chunks(PIPELINE) {
        let answers = some
            .iter()
            .map(|(step, prepared)| run(transaction, prepared, &step.statement));
        // After the first failure the others only report that there was one.
        for (answer, (step, _)) in join_all(answers).await.into_iter().zip(some) {
            let answer = answer?;
            step.judge(written.len(), &answer)?;
            written.push(answer);
        }
    }
    Ok(written)
}

/// Prepares each statement in its turn, because it may need what the one before made.
async fn change_schema(
    transaction: &Transaction<'_>,
    batch: &Batch,
) -> Result<Vec<Written>, StoreError> {
    transaction
        .batch_execute(ALLOW_SCHEMA_CHANGE)
        .await
        .map_err(explain)?;
    let mut written = Vec::with_capacity(batch.len());
    for step in batch.steps() {
        let prepared = transaction
            .prepare(step.statement.sql())
            .await
            .map_err(explain)?;
        let answer = run(transaction, &prepared, &step.statement).await?;
        step.judge(written.len(), &answer)?;
        written.push(answer);
    }
    Ok(written)
}

async fn run(
    client: &impl deadpool_postgres::GenericClient,
    prepared: &tokio_postgres::Statement,
    statement: &Statement,
) -> Result<Written, StoreError> {
    let arguments = arguments(statement);
    if prepared.columns().is_empty() {
        let rows_affected = client
            .execute(prepared, &arguments)
            .await
            .map_err(explain)?;
        return Ok(Written {
            rows_affected,
            rows: Vec::new(),
        });
    }
    let rows = client.query(prepared, &arguments).await.map_err(explain)?;
    let rows = value::rows(prepared, &rows)?;
    Ok(Written {
        rows_affected: rows.len() as u64,
        rows,
    })
}

fn arguments(statement: &Statement) -> Vec<&(dyn ToSql + Sync)> {
    statement
        .arguments()
        .iter()
        .map(|value| value as _)
        .collect()
}

fn bound_statements(client: &Object) {
    if client.statement_cache.size() >= STATEMENTS_KEPT {
        client.statement_cache.clear();
    }
}

/// Sorts PostgreSQL's errors into our kinds.
fn explain(error: tokio_postgres::Error) -> StoreError {
    use std::error::Error as _;

    let is_io = error
        .source()
        .is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    let kind = match error.code() {
        Some(code) => kind_of(code),
        None if is_io || error.is_closed() => Kind::Unavailable("the connection was lost"),
        None => Kind::Statement,
    };
    StoreError::new(kind).because(cause(error))
}

/// Classes by [PostgreSQL's appendix A](https://www.postgresql.org/docs/current/errcodes-appendix.html).
fn kind_of(state: &SqlState) -> Kind {
    let class = state.code().get(..2).unwrap_or_default();
    match (state, class) {
        (&SqlState::UNIQUE_VIOLATION, _) => Kind::UniqueViolation,
        (&SqlState::FOREIGN_KEY_VIOLATION, _) => Kind::ForeignKey,
        (&SqlState::DISK_FULL, _) => Kind::Full,
        (_, "23") => Kind::Constraint,
        (&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED, _) => {
            Kind::Conflict
        }
        (&SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED, _) => {
            Kind::Unavailable("the statement took too long")
        }
        // A stand-by that was promoted too late, or demoted.
        (&SqlState::READ_ONLY_SQL_TRANSACTION, _) => Kind::Unavailable("it is read-only"),
        (&SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT, _)
        | (_, "08" | "40" | "53" | "57" | "58") => {
            Kind::Unavailable("the server ended the connection or lacks resources")
        }
        _ => Kind::Statement,
    }
}

/// The server's message without its `DETAIL`, which quotes the values of the row.
fn cause(error: tokio_postgres::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let Some(reported) = error.as_db_error() else {
        return error.into();
    };
    let (message, code) = (reported.message(), reported.code().code());
    match reported.constraint() {
        Some(constraint) => format!("{message} ({code}, {constraint})").into(),
        None => format!("{message} ({code})").into(),
    }
}
