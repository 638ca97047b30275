//! Work on archives: it takes long, and can be stopped at any time.

use std::future::Future;
use std::io::{self, Read};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::ArchiveError;
use crate::signals::stop_requested;

/// How long threads that were told to give up are waited for: one may wait for a pipe that nobody
/// writes to.
const PATIENCE: Duration = Duration::from_secs(2);

/// A runtime that ends with what it began: when this is dropped, no thread works on.
pub(super) struct Work(Option<Runtime>);

impl Work {
    pub(super) fn new() -> Result<Self, ArchiveError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let failed = |source| ArchiveError::Io {
            what: "starting a runtime".to_owned(),
            source,
        };
        runtime.map(|runtime| Self(Some(runtime))).map_err(failed)
    }

    /// Runs something to its end, or until Ctrl-C or SIGTERM.
    pub(super) fn until_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, ArchiveError>>,
    ) -> Result<T, ArchiveError> {
        // It is too large for a caller's stack frame.
        let work = Box::pin(work);
        self.finish(async {
            tokio::select! {
                // What is stopped may fail of it, and that is not what should be told.
                biased;
                asked = stop_requested(false) => Err(match asked {
                    Ok(_) => ArchiveError::Stopped,
                    Err(source) => ArchiveError::Io {
                        what: "listening for signals".to_owned(),
                        source,
                    },
                }),
                done = work => done,
            }
        })
    }

    /// Runs something to its end.
    pub(super) fn finish<T>(
        &self,
        work: impl Future<Output = Result<T, ArchiveError>>,
    ) -> Result<T, ArchiveError> {
        match &self.0 {
            Some(runtime) => runtime.block_on(work),
            None => Err(ArchiveError::Stopped),
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_timeout(PATIENCE);
        }
    }
}

/// Runs something on a thread of its own, and tells it when nobody waits for it any more.
pub(super) async fn on_thread<T: Send + 'static>(
    work: impl FnOnce(&CancellationToken) -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    let given_up = CancellationToken::new();
    let _giving_up = given_up.clone().drop_guard();
    let ran = tokio::task::spawn_blocking(move || work(&given_up)).await;
    ran.map_err(|error| ArchiveError::Io {
        what: "reading or writing the archive".to_owned(),
        source: error.into(),
    })?
}

/// What is read until it is given up.
pub(super) struct Watched<'a, R> {
    inner: R,
    given_up: &'a CancellationToken,
}

impl<'a, R> Watched<'a, R> {
    pub(super) fn new(inner: R, given_up: &'a CancellationToken) -> Self {
        Self { inner, given_up }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        refuse_given_up(self.given_up)?;
        self.inner.read(buffer)
    }
}

pub(super) fn refuse_given_up(given_up: &CancellationToken) -> io::Result<()> {
    if given_up.is_cancelled() {
        return Err(io::Error::other("it was given up"));
    }
    Ok(())
}
