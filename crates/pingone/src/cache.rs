//! Documents of a provider that are fetched when needed and kept through outages.

use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use crate::Error;
use crate::single_flight::SingleFlight;

/// How old a document may be before it is fetched again.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The shortest time between two attempts to replace a document that is there. It keeps a flood of
/// tokens with invented key names from becoming a flood of requests.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// One document, shared.
///
/// When it is too old it is fetched again; as long as that fails, the last good one stays in use.
pub(crate) struct Cache<T> {
    entry: RwLock<Option<Entry<T>>>,
    flight: SingleFlight<Arc<T>>,
}

struct Entry<T> {
    value: Arc<T>,
    fetched_at: Timestamp,
    /// When it was last attempted to replace the value ahead of time or after a failure.
    attempted_at: Option<Timestamp>,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            ..*self
        }
    }
}

impl<T> Entry<T> {
    fn is_fresh(&self, now: Timestamp) -> bool {
        is_within(self.fetched_at, FRESH_FOR, now) || self.was_attempted(now)
    }

    fn was_attempted(&self, now: Timestamp) -> bool {
        self.attempted_at
            .is_some_and(|at| is_within(at, PAUSE, now))
    }
}

/// Whether `now` lies between `start` and `start + length`; a clock that was set back is outside.
fn is_within(start: Timestamp, length: SignedDuration, now: Timestamp) -> bool {
    let elapsed = now.duration_since(start);
    !elapsed.is_negative() && elapsed < length
}

impl<T> Cache<T> {
    pub(crate) const fn new() -> Self {
        Self {
            entry: RwLock::new(None),
            flight: SingleFlight::new(),
        }
    }

    /// The document, fetched if there is none or if it is old.
    pub(crate) async fn load<'f>(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> BoxFuture<'f, Result<T, Error>> + Send,
    ) -> Result<Arc<T>, Error>
    where
        T: Send + Sync,
    {
        match self.entry() {
            Some(entry) if entry.is_fresh(now) => Ok(entry.value),
            _ => self.replace_unless(Entry::is_fresh, now, fetch).await,
        }
    }

    /// The document as it is now at the provider, unless somebody looked less than a minute ago:
    /// then as it was known after that.
    pub(crate) async fn reload<'f>(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> BoxFuture<'f, Result<T, Error>> + Send,
    ) -> Result<Arc<T>, Error>
    where
        T: Send + Sync,
    {
        self.replace_unless(Entry::was_attempted, now, fetch).await
    }

    async fn replace_unless<'f>(
        &self,
        is_good: fn(&Entry<T>, Timestamp) -> bool,
        now: Timestamp,
        fetch: impl FnOnce() -> BoxFuture<'f, Result<T, Error>> + Send,
    ) -> Result<Arc<T>, Error>
    where
        T: Send + Sync,
    {
        let work = async {
            let known = self.entry();
            if let Some(entry) = known.as_ref().filter(|entry| is_good(entry, now)) {
                return Ok(Arc::clone(&entry.value));
            }
            let attempted_at = known.is_some().then_some(now);
            let (entry, result) = match (fetch().await, known) {
                (Ok(value), _) => {
                    let value = Arc::new(value);
                    let entry = Entry {
                        value: Arc::clone(&value),
                        fetched_at: now,
                        attempted_at,
                    };
                    (entry, Ok(value))
                }
                (Err(error), Some(known)) => {
                    tracing::warn!(%error, "the provider cannot be asked; what it said last holds");
                    let value = Arc::clone(&known.value);
                    (
                        Entry {
                            attempted_at,
                            ..known
                        },
                        Ok(value),
                    )
                }
                (Err(error), None) => return Err(error),
            };
            *self.entry.write().unwrap_or_else(PoisonError::into_inner) = Some(entry);
            result
        };
        self.flight.run(work).await
    }

    fn entry(&self) -> Option<Entry<T>> {
        self.entry
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    type Fetch = Box<dyn FnOnce() -> BoxFuture<'static, Result<u32, Error>> + Send>;

    fn value(number: u32) -> Fetch {
        Box::new(move || Box::pin(async move { Ok(number) }))
    }

    fn outage() -> Fetch {
        Box::new(|| Box::pin(async { Err(Error::unexpected("outage")) }))
    }

    #[tokio::test]
    async fn a_document_is_fetched_again_when_it_is_old() {
        let cache = Cache::new();
        assert_eq!(*cache.load(at(0), value(1)).await.unwrap(), 1);
        assert_eq!(*cache.load(at(3599), value(2)).await.unwrap(), 1);
        assert_eq!(*cache.load(at(3600), value(3)).await.unwrap(), 3);
        // The clock was set back: nobody knows how old it is.
        assert_eq!(*cache.load(at(0), value(4)).await.unwrap(), 4);
    }

    #[tokio::test]
    async fn the_last_good_one_lasts_through_an_outage() {
        let cache = Cache::new();
        assert!(cache.load(at(0), outage()).await.is_err());
        assert_eq!(*cache.load(at(0), value(1)).await.unwrap(), 1);
        assert_eq!(*cache.load(at(7200), outage()).await.unwrap(), 1);
        assert_eq!(
            *cache.load(at(7259), value(2)).await.unwrap(),
            1,
            "asked a minute apart"
        );
        assert_eq!(*cache.load(at(7260), value(2)).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn it_is_reloaded_once_a_minute_at_most() {
        let cache = Cache::new();
        assert_eq!(*cache.load(at(0), value(1)).await.unwrap(), 1);
        assert_eq!(*cache.reload(at(1), value(2)).await.unwrap(), 2);
        assert_eq!(*cache.reload(at(60), value(3)).await.unwrap(), 2);
        assert_eq!(*cache.reload(at(61), outage()).await.unwrap(), 2);
        assert_eq!(*cache.reload(at(120), value(3)).await.unwrap(), 2);
        assert_eq!(*cache.reload(at(121), value(3)).await.unwrap(), 3);
    }
}
