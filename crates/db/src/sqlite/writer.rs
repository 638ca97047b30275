//! The one thread that writes, and commits what has queued up in one transaction.
//!
//! A commit waits for the disk; while it does, further jobs queue up and share the next one. Each
//! job runs inside a savepoint, so its failure takes nothing of its neighbours with it, and gets
//! its answer only after the commit.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{
    batch::{Batch, Written},
    error::StoreError,
    sqlite::{Durability, explain, image, run},
};

/// Jobs that may wait. A disk that flushes in 10 ms clears a full queue in a third of a second, and
/// more waiting than that would only turn into time-outs.
const QUEUE: usize = 4096;

/// Jobs in one commit: a bound on what one failed commit takes with it.
const GROUP: usize = 128;

type Outcome = Result<Vec<Written>, StoreError>;

/// The way to the writing thread, which ends when the last of these is dropped.
pub(super) struct Writer {
    orders: SyncSender<Order>,
    /// Callers that wait for an answer.
    waiting: Arc<AtomicUsize>,
}

/// Counts a caller for as long as it waits.
struct Waits(Arc<AtomicUsize>);

impl Waits {
    fn among(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

enum Order {
    Close(oneshot::Sender<()>),
    /// Between two commits: an image holds whole transactions.
    Copy(PathBuf, oneshot::Sender<Result<(), StoreError>>),
    Write(Job),
}

struct Job {
    work: Work,
    answer: oneshot::Sender<Outcome>,
}

enum Work {
    Batch(Batch),
    #[cfg(test)]
    Panic,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (orders, received) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("db-writer".to_owned())
            .spawn(move || serve(&connection, &received))
            .map_err(|error| StoreError::refused("no thread for the writer").because(error))?;
        Ok(Self {
            orders,
            waiting: Arc::default(),
        })
    }

    /// How many wait for an answer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) async fn write(&self, batch: Batch) -> Outcome {
        self.submit(Work::Batch(batch)).await
    }

    /// Finishes what is queued, folds the log into the file and ends the thread.
    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        let orders = self.orders.clone();
        // A full queue is waited for here, off the async threads.
        let asked = tokio::task::spawn_blocking(move || orders.send(Order::Close(closed)));
        if matches!(asked.await, Ok(Ok(()))) {
            // An error means that the thread ended by itself: closed as well.
            let _ = done.await;
        }
    }

    /// Writes an image of everything that was committed to a new file.
    pub(super) async fn copy_to(&self, to: PathBuf) -> Result<(), StoreError> {
        let (done, copied) = oneshot::channel();
        self.order(Order::Copy(to, done), copied).await
    }

    async fn submit(&self, work: Work) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        self.order(Order::Write(Job { work, answer }), outcome)
            .await
    }

    async fn order<T>(
        &self,
        order: Order,
        outcome: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let _waits = Waits::among(&self.waiting);
        match self.orders.try_send(order) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                return Err(StoreError::unavailable("too many writes are waiting"));
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(StoreError::unavailable("it was closed"));
            }
        }
        let lost = |_| StoreError::unavailable("the writer failed before it could answer");
        outcome.await.map_err(lost)?
    }
}

fn serve(connection: &Connection, orders: &Receiver<Order>) {
    while let Ok(order) = orders.recv() {
        let mut next = Some(order);
        while let Some(order) = next.take() {
            match order {
                Order::Close(closed) => {
                    let folded = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
                    if let Err(error) = folded {
                        tracing::warn!(%error, "the write-ahead log stays beside the database file");
                    }
                    // Whoever asked may be gone.
                    let _ = closed.send(());
                    return;
                }
                Order::Copy(to, done) => {
                    let _ = done.send(image::write(connection, &to, Durability::Flushed));
                }
                Order::Write(first) => {
                    // A panic drops the jobs it met, whose callers then get an error; the rest of
                    // the queue is served.
                    let group = AssertUnwindSafe(|| write_group(connection, first, orders));
                    next = catch_unwind(group).unwrap_or_else(|_| {
                        tracing::error!(
                            "the database writer panicked; its transaction is rolled back"
                        );
                        roll_back(connection);
                        None
                    });
                }
            }
        }
    }
}

/// Runs the first job and those that wait behind it in one transaction, commits, and answers.
/// Gives the order that ended the group, when it met one that is no job.
fn write_group(connection: &Connection, first: Job, orders: &Receiver<Order>) -> Option<Order> {
    let mut answers = Vec::new();
    let (other, committed) = match control(connection, "BEGIN IMMEDIATE") {
        Ok(()) => {
            let (other, ran) = run_group(connection, first, orders, &mut answers);
            (other, ran.and_then(|()| control(connection, "COMMIT")))
        }
        Err(error) => {
            answers.push((first.answer, Ok(Vec::new())));
            (None, Err(error))
        }
    };
    if committed.is_err() {
        roll_back(connection);
    }
    for (answer, outcome) in answers {
        let outcome = committed.clone().and(outcome);
        // Whoever asked may have gone away.
        let _ = answer.send(outcome);
    }
    other
}

/// Runs jobs until none waits. An error means that the transaction itself is gone, and with it
/// what the jobs before had done.
fn run_group(
    connection: &Connection,
    first: Job,
    orders: &Receiver<Order>,
    answers: &mut Vec<(oneshot::Sender<Outcome>, Outcome)>,
) -> (Option<Order>, Result<(), StoreError>) {
    let mut next = Some(first);
    while let Some(Job { work, answer }) = next {
        // Nobody waits any more: the caller gave up while this was queued.
        if !answer.is_closed() {
            let outcome = match work {
                Work::Batch(batch) => run_batch(connection, &batch),
                #[cfg(test)]
                Work::Panic => panic!("asked to"),
            };
            // A full disk or an I/O error rolls the whole transaction back, not the job alone.
            let lost = outcome
                .as_ref()
                .err()
                .filter(|_| connection.is_autocommit())
                .cloned();
            answers.push((answer, outcome));
            if let Some(error) = lost {
                return (None, Err(error));
            }
        }
        if answers.len() >= GROUP {
            break;
        }
        next = match orders.try_recv() {
            Ok(Order::Write(job)) => Some(job),
            Ok(other) => return (Some(other), Ok(())),
            Err(_) => None,
        };
    }
    (None, Ok(()))
}

fn run_batch(connection: &Connection, batch: &Batch) -> Outcome {
    if batch.is_atomic_by_itself() {
        return run_steps(connection, batch);
    }
    control(connection, "SAVEPOINT job")?;
    let outcome = run_steps(connection, batch);
    if outcome.is_err() && !connection.is_autocommit() {
        let undone = control(connection, "ROLLBACK TO job");
        if let Err(error) = undone.and_then(|()| control(connection, "RELEASE job")) {
            // Half a job must not be committed with the others.
            roll_back(connection);
            return Err(error);
        }
        return outcome;
    }
    let written = outcome?;
    control(connection, "RELEASE job")?;
    Ok(written)
}

fn run_steps(connection: &Connection, batch: &Batch) -> Outcome {
    let steps = batch.steps().iter().enumerate();
    let ran = steps.map(|(index, step)| {
        let written = run(connection, &step.statement)?;
        step.judge(index, &written)?;
        Ok(written)
    });
    ran.collect()
}

fn control(connection: &Connection, sql: &'static str) -> Result<(), StoreError> {
    let mut prepared = connection.prepare_cached(sql).map_err(explain)?;
    prepared.raw_execute().map(drop).map_err(explain)
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = control(connection, "ROLLBACK")
    {
        tracing::error!(%error, "could not roll back; the next write will fail and try again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Statement;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (id BIGINT PRIMARY KEY)")
            .unwrap();
        Writer::start(connection).unwrap()
    }

    fn insert(id: i64) -> Batch {
        Statement::new("INSERT INTO t (id) VALUES ($1)")
            .bind(id)
            .into()
    }

    #[tokio::test]
    async fn a_panic_is_an_error_to_its_caller_and_the_next_job_runs() {
        let writer = writer();

        let failed = writer.submit(Work::Panic).await.unwrap_err();

        assert!(failed.is_unavailable());
        assert_eq!(writer.write(insert(1)).await.unwrap()[0].rows_affected, 1);
    }

    #[tokio::test]
    async fn after_closing_every_write_is_refused() {
        let writer = writer();

        writer.close().await;
        writer.close().await;

        assert!(writer.write(insert(1)).await.unwrap_err().is_unavailable());
    }

    #[tokio::test]
    async fn jobs_in_one_group_fail_alone() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (id BIGINT PRIMARY KEY)")
            .unwrap();
        let (orders, received) = sync_channel(QUEUE);
        let mut outcomes = Vec::new();
        for batch in [
            insert(1),
            Batch::new()
                .add(Statement::new("INSERT INTO t (id) VALUES (2)"))
                .add(Statement::new("INSERT INTO t (id) VALUES (1)")),
            insert(3),
        ] {
            let (answer, outcome) = oneshot::channel();
            orders
                .send(Order::Write(Job {
                    work: Work::Batch(batch),
                    answer,
                }))
                .unwrap();
            outcomes.push(outcome);
        }
        drop(orders);

        // Everything waits already, so it becomes one group.
        serve(&connection, &received);

        let taken: Vec<bool> = outcomes
            .iter_mut()
            .map(|o| o.try_recv().unwrap().is_err())
            .collect();
        assert_eq!(taken, [false, true, false]);
        let stored = connection.query_row("SELECT group_concat(id) FROM t", [], |row| row.get(0));
        assert_eq!(stored, Ok("1,3".to_owned()));
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_writing_goes_on_when_there_is_room() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (id TEXT); PRAGMA max_page_count = 8")
            .unwrap();
        let writer = Writer::start(connection).unwrap();
        let insert = |text: String| {
            let insert = Statement::new("INSERT INTO t (id) VALUES ($1)").bind(text);
            writer.write(Batch::new().add("DELETE FROM t".into()).add(insert))
        };

        let refused = insert("x".repeat(100_000)).await.unwrap_err();
        let small = insert("x".to_owned()).await;

        assert!(refused.is_full(), "{refused:?}");
        assert_eq!(small.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_full_queue_is_unavailable_at_once() {
        let (orders, _received) = sync_channel(1);
        let writer = Writer {
            orders,
            waiting: Arc::default(),
        };
        let mut waiting = Box::pin(writer.write(insert(1)));
        assert!(futures_util::poll!(&mut waiting).is_pending());

        let refused = writer.write(insert(2)).await.unwrap_err();

        assert!(refused.is_unavailable());
    }
}
