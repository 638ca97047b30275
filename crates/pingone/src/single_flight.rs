//! One piece of work however many callers want it at the same time.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::Error;

/// Runs a piece of work for all who ask for it while it runs, and gives all the same result.
///
/// A failure is shared as well: fifty callers do not wait for fifty time-outs in a row. When the
/// caller who does the work goes away, the next one in the queue begins it anew.
pub(crate) struct SingleFlight<T> {
    last: Mutex<Option<Result<T, Error>>>,
    finished: AtomicU64,
}

impl<T: Clone> SingleFlight<T> {
    pub(crate) const fn new() -> Self {
        Self {
            last: Mutex::const_new(None),
            finished: AtomicU64::new(0),
        }
    }

    /// The result of `work`, or of the same work of another caller that ended while this one
    /// waited for it.
    pub(crate) async fn run(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        let before = self.finished.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        if self.finished.load(Ordering::Acquire) != before
            && let Some(result) = &*last
        {
            return result.clone();
        }
        let result = work.await;
        *last = Some(result.clone());
        self.finished.fetch_add(1, Ordering::Release);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Barrier;

    use super::*;

    async fn everyone(fails: bool) -> (usize, Vec<Result<usize, Error>>) {
        const CALLERS: usize = 20;
        let flight = Arc::new(SingleFlight::new());
        let runs = Arc::new(AtomicUsize::new(0));
        let all_asked = Arc::new(Barrier::new(CALLERS));
        let tasks: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (flight, runs) = (Arc::clone(&flight), Arc::clone(&runs));
                let all_asked = Arc::clone(&all_asked);
                tokio::spawn(async move {
                    let asked = async {
                        all_asked.wait().await;
                    };
                    let work = async {
                        let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
                        // Until everybody had the chance to queue up behind this run.
                        for _ in 0..CALLERS * 4 {
                            tokio::task::yield_now().await;
                        }
                        if fails {
                            Err(Error::unexpected("no"))
                        } else {
                            Ok(run)
                        }
                    };
                    let ((), result) = tokio::join!(asked, flight.run(work));
                    result
                })
            })
            .collect();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await.unwrap());
        }
        (runs.load(Ordering::SeqCst), results)
    }

    #[tokio::test]
    async fn all_who_wait_share_one_run() {
        let (runs, results) = everyone(false).await;
        assert_eq!(runs, 1);
        assert!(results.iter().all(|result| matches!(result, Ok(1))));
    }

    #[tokio::test]
    async fn a_failure_is_shared_too() {
        let (runs, results) = everyone(true).await;
        assert_eq!(runs, 1);
        assert!(results.iter().all(Result::is_err));
    }

    #[tokio::test]
    async fn who_asks_later_gets_a_run_of_their_own() {
        let flight = SingleFlight::new();
        assert_eq!(flight.run(async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(flight.run(async { Ok(2) }).await.unwrap(), 2);
    }
}
