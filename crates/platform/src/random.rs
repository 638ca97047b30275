//! Randomness that a run can be repeated with.
//!
//! One sequence for a whole program would not do: what runs at the same time draws in another order
//! each time. So whoever draws has a sequence of their own, which follows from the seed and from what
//! they are doing: the third `POST` to one path draws the same in every run, whatever else goes on.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use protocol::{Random, SeededRandom};

tokio::task_local! {
    /// The sequence of what runs now.
    static STREAM: Arc<Stream>;
}

/// How many counters tell the first request of a kind from the second. Kinds that share one are
/// still told apart by their names; their numbers only grow together.
const COUNTERS: usize = 4096;

/// Bytes that follow from a seed: no secrets, and the same in every run. For tests only.
///
/// ```
/// use platform::ReproducibleRandom;
/// use protocol::Random;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (one, two) = (ReproducibleRandom::new(7), ReproducibleRandom::new(7));
/// let draw = async |random: &ReproducibleRandom, what: &str| {
///     random.scope(what, async { (random as &dyn Random).token() }).await
/// };
/// let (first, second) = (draw(&one, "POST /users").await, draw(&one, "POST /users").await);
/// assert_ne!(first, second);
/// draw(&two, "GET /users").await;
/// assert_eq!(draw(&two, "POST /users").await, first);
/// # }
/// ```
#[derive(Debug)]
pub struct ReproducibleRandom {
    seed: u64,
    counters: Box<[AtomicU32]>,
    /// For what draws outside of every scope.
    rest: Mutex<Arc<Stream>>,
}

/// One sequence, and those that branch off it.
#[derive(Debug)]
struct Stream {
    seed: u64,
    bytes: SeededRandom,
    branches: AtomicU32,
}

impl Stream {
    fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            seed,
            bytes: SeededRandom::new(seed),
            branches: AtomicU32::new(0),
        })
    }

    fn branch(&self) -> Arc<Self> {
        let number = self.branches.fetch_add(1, Ordering::SeqCst);
        Self::new(derived(self.seed, &format!("branch {number}")))
    }
}

impl ReproducibleRandom {
    /// What follows from this seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counters: (0..COUNTERS).map(|_| AtomicU32::new(0)).collect(),
            rest: Mutex::new(Stream::new(derived(seed, "rest"))),
        }
    }

    /// A sequence of its own for one part of the program.
    pub fn part(&self, name: &str) -> SeededRandom {
        SeededRandom::new(derived(self.seed, &format!("part {name}")))
    }

    /// Lets `work` draw from the sequence of `what`, which differs from time to time.
    pub fn scope<F: Future>(
        &self,
        what: &str,
        work: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        let digest = digest::digest(&digest::SHA256, what.as_bytes());
        let index = digest
            .as_ref()
            .first_chunk()
            .map_or(0, |bytes| u16::from_be_bytes(*bytes));
        let counter = self.counters.get(usize::from(index) % COUNTERS);
        let number = counter.map_or(0, |counter| counter.fetch_add(1, Ordering::SeqCst));
        let seed = derived(self.seed, &format!("{number} {what}"));
        STREAM.scope(Stream::new(seed), work)
    }

    /// Begins all sequences again, but for those of parts.
    pub fn begin_again(&self) {
        for counter in &self.counters {
            counter.store(0, Ordering::SeqCst);
        }
        let rest = Stream::new(derived(self.seed, "rest"));
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = rest;
    }
}

impl Random for ReproducibleRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let stream = STREAM.try_with(Arc::clone).unwrap_or_else(|_| {
            let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&rest)
        });
        stream.bytes.fill(bytes);
    }
}

/// Work for another task: it draws from a branch of the sequence of the one that makes it.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> + use<F> {
    let stream = STREAM.try_with(|stream| stream.branch()).ok();
    async move {
        match stream {
            Some(stream) => STREAM.scope(stream, work).await,
            None => work.await,
        }
    }
}

/// A seed that follows from another one and a name.
fn derived(seed: u64, name: &str) -> u64 {
    let input = [&seed.to_be_bytes(), name.as_bytes()].concat();
    let digest = digest::digest(&digest::SHA256, &input);
    digest
        .as_ref()
        .first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(random: &ReproducibleRandom) -> String {
        (random as &dyn Random).token()
    }

    #[tokio::test]
    async fn what_runs_at_the_same_time_changes_nothing() {
        let (one, two) = (ReproducibleRandom::new(1), ReproducibleRandom::new(1));
        let alone = one.scope("a", async { (token(&one), token(&one)) }).await;
        let beside = two.scope("a", async {
            let first = token(&two);
            two.scope("b", async { token(&two) }).await;
            (first, token(&two))
        });
        assert_eq!(beside.await, alone);
    }

    #[tokio::test]
    async fn a_task_that_work_leaves_behind_draws_from_a_branch_of_it() {
        let drawn = async |seed| {
            let random = Arc::new(ReproducibleRandom::new(seed));
            let other = Arc::clone(&random);
            let work = async move {
                let task = tokio::spawn(carried(async move { token(&other) }));
                task.await.unwrap()
            };
            (random.scope("a", work).await, token(&random))
        };
        assert_eq!(drawn(1).await, drawn(1).await);
        assert_ne!(drawn(1).await, drawn(2).await);
    }

    #[tokio::test]
    async fn everything_begins_again_when_it_is_told_to() {
        let random = ReproducibleRandom::new(3);
        let draw = async || {
            let scoped = random.scope("a", async { token(&random) }).await;
            (scoped, token(&random))
        };
        let first = draw().await;
        assert_ne!(draw().await, first);
        random.begin_again();
        assert_eq!(draw().await, first);
    }
}
