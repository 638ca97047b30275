//! Work that no answer waits for: bounded in number, and finished when the program stops.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

/// So many tasks at a time. Each may wait for a call or a database, which have time-outs.
const MOST_TASKS: usize = 256;

/// Keeps count of the work.
#[derive(Clone, Debug)]
pub struct Background {
    tasks: TaskTracker,
    places: Arc<Semaphore>,
}

/// A place for one task. Take it whether or not there will be something to do, so that a
/// program that is full looks the same to everybody.
#[derive(Debug)]
pub struct Place {
    tasks: TaskTracker,
    permit: OwnedSemaphorePermit,
}

impl Default for Background {
    fn default() -> Self {
        Self {
            tasks: TaskTracker::new(),
            places: Arc::new(Semaphore::new(MOST_TASKS)),
        }
    }
}

impl Background {
    /// A place for a task, unless too many are under way.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place {
            tasks: self.tasks.clone(),
            permit,
        })
    }

    /// How many tasks are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        MOST_TASKS.saturating_sub(self.places.available_permits())
    }

    /// Waits until everything is done. Call it when no requests come any more.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Place {
    /// Runs a task in this place.
    pub fn run(self, task: impl Future<Output = ()> + Send + 'static) {
        let task = platform::random::carried(task);
        self.tasks.spawn(async move {
            task.await;
            drop(self.permit);
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn there_is_no_place_beyond_the_bound_until_a_task_ends() {
        let background = Background::default();
        let (end, ended) = oneshot::channel::<()>();
        background.place().unwrap().run(async {
            let _ = ended.await;
        });
        let mut places: Vec<_> = std::iter::from_fn(|| background.place()).collect();
        assert_eq!(places.len(), MOST_TASKS - 1);
        places.pop();
        assert!(background.place().is_some());
        places.push(background.place().unwrap());
        end.send(()).unwrap();
        background.finished().await;
        assert!(background.place().is_some());
    }

    #[tokio::test]
    async fn stopping_waits_for_what_is_under_way() {
        let background = Background::default();
        let (done, is_done) = oneshot::channel::<()>();
        background.place().unwrap().run(async {
            tokio::task::yield_now().await;
            let _ = done.send(());
        });
        background.finished().await;
        is_done.await.unwrap();
    }
}
