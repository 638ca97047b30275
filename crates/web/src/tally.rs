//! What is counted for whoever watches the program: numbers that only grow, read when somebody asks.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;

/// How often something happened.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Once more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// So often until now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often a cache was asked, and how often it knew.
#[derive(Debug, Default)]
pub struct Lookups {
    hits: Count,
    misses: Count,
}

/// What [`Lookups`] came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookupCounts {
    /// The answer was kept.
    pub hits: u64,
    /// It was not, or was too old.
    pub misses: u64,
}

impl Lookups {
    /// Counts an answer by whether there was one, and hands it on.
    pub fn counted<T>(&self, found: Option<T>) -> Option<T> {
        match found {
            Some(_) => self.hits.add(),
            None => self.misses.add(),
        }
        found
    }

    /// What it came to until now.
    pub fn counts(&self) -> LookupCounts {
        LookupCounts {
            hits: self.hits.get(),
            misses: self.misses.get(),
        }
    }
}

impl std::ops::Add for LookupCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            misses: self.misses + other.misses,
        }
    }
}

/// What becomes of work that is done again and again beside requests.
#[derive(Debug)]
pub struct Job {
    runs: Count,
    failures: Count,
    /// In milliseconds since 1970; [`NEVER`] before the first.
    last_success: AtomicI64,
}

const NEVER: i64 = i64::MIN;

/// What a [`Job`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCounts {
    /// How often it was done, failures included.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
    /// When it last did not.
    pub last_success: Option<Timestamp>,
}

impl Default for Job {
    fn default() -> Self {
        Self {
            runs: Count::default(),
            failures: Count::default(),
            last_success: AtomicI64::new(NEVER),
        }
    }
}

impl Job {
    /// Notes that it was done once more, and whether that went well.
    pub fn ran(&self, went_well: bool, now: Timestamp) {
        self.runs.add();
        if went_well {
            let now = now.as_millisecond();
            self.last_success.fetch_max(now, Ordering::Relaxed);
        } else {
            self.failures.add();
        }
    }

    /// What it came to until now.
    pub fn counts(&self) -> JobCounts {
        let last_success = self.last_success.load(Ordering::Relaxed);
        let last_success = (last_success != NEVER).then_some(last_success);
        JobCounts {
            runs: self.runs.get(),
            failures: self.failures.get(),
            last_success: last_success.and_then(|at| Timestamp::from_millisecond(at).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_fails_keeps_its_last_success() {
        let (job, now) = (Job::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(job.counts().last_success, None);
        job.ran(true, now);
        job.ran(false, now + jiff::SignedDuration::from_secs(5));
        let counts = job.counts();
        assert_eq!((counts.runs, counts.failures), (2, 1));
        assert_eq!(counts.last_success, Some(now));
    }

    #[test]
    fn an_answer_that_is_handed_on_is_counted() {
        let lookups = Lookups::default();
        assert_eq!(lookups.counted(Some(1)), Some(1));
        assert_eq!(lookups.counted(None::<u8>), None);
        assert_eq!(lookups.counted(None::<u8>), None);
        let counts = LookupCounts { hits: 1, misses: 2 };
        assert_eq!(lookups.counts(), counts);
    }
}
