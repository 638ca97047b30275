//! Where the log's lines go: those of the access log several at a time, because a system call for
//! each would cost as much as the line itself; all others at once, with what waits before them.
//!
//! Nothing stays behind: what waits is written within [`PATIENCE`], when much of it has come
//! together, and at the end of the program.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{mem, thread};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// Events of this target may wait a little.
const PATIENT: &str = "latchkey::access";

/// How long a line waits for others.
const PATIENCE: Duration = Duration::from_millis(20);

/// With so many bytes nothing waits any longer. Whoever brings more writes itself, so that not much
/// more than this is ever kept, however slow the reader of the log is.
const MOST_WAITING: usize = 64 * 1024;

/// The way to the log. Clones lead to the same place.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

struct Shared {
    /// Whole lines in their order.
    waiting: Mutex<Vec<u8>>,
    arrived: Condvar,
    out: Mutex<Out>,
}

struct Out {
    sink: Box<dyn Write + Send>,
    /// Takes the place of what is taken out, so that no memory is asked for.
    spare: Vec<u8>,
}

/// One event on its way.
pub(super) struct Line<'a> {
    lines: &'a Lines,
    is_patient: bool,
}

impl Lines {
    /// Leads to `sink`, with a thread that writes what waits.
    pub(super) fn to(sink: impl Write + Send + 'static) -> Self {
        let lines = Self(Arc::new(Shared {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            out: Mutex::new(Out {
                sink: Box::new(sink),
                spare: Vec::new(),
            }),
        }));
        let shared = Arc::downgrade(&lines.0);
        let begun = thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || {
                while let Some(shared) = shared.upgrade() {
                    shared.write_what_arrives();
                }
            });
        // Without the thread, lines wait until others push them out; a machine that has none left
        // has worse to tell.
        drop(begun);
        lines
    }

    /// Writes what waits.
    pub(super) fn flush(&self) {
        self.0.flush(lock(&self.0.out));
    }

    /// Writes what waits, unless somebody is writing: for a thread that may be in the middle of it.
    pub(super) fn try_flush(&self) {
        if let Ok(out) = self.0.out.try_lock() {
            self.0.flush(out);
        }
    }
}

impl Shared {
    /// Waits for a line, gives others time to follow, and writes them.
    fn write_what_arrives(&self) {
        let waiting = lock(&self.waiting);
        if waiting.is_empty() {
            // Now and then it is looked whether anybody is left who could bring one.
            let waited = self.arrived.wait_timeout(waiting, Duration::from_mins(1));
            if waited.is_ok_and(|(waiting, _)| waiting.is_empty()) {
                return;
            }
        } else {
            drop(waiting);
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "lines gather meanwhile; nothing is decided by the time"
        )]
        thread::sleep(PATIENCE);
        self.flush(lock(&self.out));
    }

    fn add(&self, line: &[u8], is_patient: bool) {
        let mut waiting = lock(&self.waiting);
        let is_first = waiting.is_empty();
        waiting.extend_from_slice(line);
        let is_full = waiting.len() >= MOST_WAITING;
        drop(waiting);
        if !is_patient || is_full {
            self.flush(lock(&self.out));
        } else if is_first {
            self.arrived.notify_one();
        }
    }

    /// Whoever holds `out` writes all that came before, so that lines keep their order.
    fn flush(&self, mut out: MutexGuard<'_, Out>) {
        let spare = mem::take(&mut out.spare);
        let mut lines = mem::replace(&mut *lock(&self.waiting), spare);
        // There is nobody to tell that the log cannot be written.
        let _ = out.sink.write_all(&lines).and_then(|()| out.sink.flush());
        lines.clear();
        out.spare = lines;
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            lines: self,
            is_patient: false,
        }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self::Writer {
        Line {
            lines: self,
            is_patient: event.target() == PATIENT,
        }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.0.add(line, self.is_patient);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Nothing here is left half-done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Tells of each write.
    struct Told(Sender<String>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.0.send(text).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines() -> (Lines, Receiver<String>) {
        let (tell, told) = channel();
        (Lines::to(Told(tell)), told)
    }

    fn logging(lines: &Lines, work: impl FnOnce()) {
        let layer = tracing_subscriber::fmt::layer()
            .without_time()
            .with_ansi(false)
            .with_writer(lines.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    }

    #[test]
    fn lines_of_the_access_log_are_written_before_long_and_in_their_order() {
        let (lines, told) = lines();
        logging(&lines, || {
            tracing::info!(target: "latchkey::access", path = "/one");
            tracing::info!(target: "latchkey::access", path = "/two");
        });
        let mut text = String::new();
        while !text.contains("/two") {
            text += &told.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        let (one, two) = (text.find("/one").unwrap(), text.find("/two").unwrap());
        assert!(one < two, "{text}");
    }

    #[test]
    fn any_other_line_is_written_at_once_behind_those_before_it() {
        let (lines, told) = lines();
        logging(&lines, || {
            tracing::info!(target: "latchkey::access", path = "/one");
            tracing::warn!("something else");
            let text: String = told.try_iter().collect();
            let (one, other) = (text.find("/one"), text.find("something else"));
            assert!(one.is_some() && one < other, "{text}");
        });
    }

    #[test]
    fn what_waits_has_a_bound() {
        let (lines, told) = lines();
        let path = "/".repeat(1000);
        logging(&lines, || {
            for _ in 0..100 {
                tracing::info!(target: "latchkey::access", path);
            }
        });
        let written: usize = told.try_iter().map(|text| text.len()).sum();
        assert!(written >= MOST_WAITING, "{written}");
    }

    #[test]
    fn nothing_is_left_behind_by_a_flush() {
        let (lines, told) = lines();
        logging(&lines, || {
            tracing::info!(target: "latchkey::access", path = "/last");
        });
        lines.flush();
        lines.try_flush();
        assert!(told.try_iter().collect::<String>().contains("/last"));
    }
}
