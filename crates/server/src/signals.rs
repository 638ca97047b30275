//! Waiting to be asked to stop: Ctrl-C, SIGTERM from a service manager, or the end of whoever started
//! the program and holds the other end of its standard input.

use std::io::{ErrorKind, Read as _};
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::logging;

/// Nobody asks a second time so soon.
const AT_ONCE: Duration = Duration::from_millis(300);

/// Why the program stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Standard input has ended.
    ByItsInput,
    BySignal,
}

/// Waits for the first of them; for the end of standard input only if `with_stdin`. A signal after
/// that, while requests in flight are finished, ends the process at once; the first one after the end
/// of standard input does not, as it may belong to the same request.
///
/// # Errors
///
/// When the system does not let us listen for them.
pub(crate) async fn stop_requested(with_stdin: bool) -> std::io::Result<Asked> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let input = if with_stdin {
        Some(end_of_input()?)
    } else {
        None
    };
    let input_ended = async {
        match input {
            // The thread that is waited for drops its end only after it has said so.
            Some(ended) => drop(ended.await),
            None => std::future::pending().await,
        }
    };
    let asked = tokio::select! {
        () = wait(&mut terminate, &mut interrupt) => Asked::BySignal,
        () = input_ended => Asked::ByItsInput,
    };
    tokio::spawn(async move {
        if asked == Asked::ByItsInput {
            // Who ends what it started may ask in both ways at once, as Java's `Process.destroy()`
            // does: it sends SIGTERM and closes its end of standard input. That is one request.
            wait(&mut terminate, &mut interrupt).await;
        }
        // So is a signal that comes twice at once, as `timeout` of coreutils sends it: to the program,
        // and to the group that it is in.
        let both = async {
            loop {
                wait(&mut terminate, &mut interrupt).await;
            }
        };
        let _ = tokio::time::timeout(AT_ONCE, both).await;
        wait(&mut terminate, &mut interrupt).await;
        tracing::warn!("asked a second time: stopping at once");
        logging::flush();
        #[expect(clippy::exit, reason = "the person insists")]
        std::process::exit(130);
    });
    Ok(asked)
}

async fn wait(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Completes when nobody holds the other end of standard input any more, however they ended.
///
/// A thread of its own reads what comes, and is not waited for: the runtime's threads are, at the end.
fn end_of_input() -> std::io::Result<oneshot::Receiver<()>> {
    let (sender, ended) = oneshot::channel();
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut passed_over = [0; 1024];
            loop {
                let has_ended = match std::io::stdin().read(&mut passed_over) {
                    Ok(read) => read == 0,
                    // What cannot be read any more has ended, too.
                    Err(error) => error.kind() != ErrorKind::Interrupted,
                };
                if has_ended {
                    break;
                }
            }
            // Nobody listens when it stops already.
            let _ = sender.send(());
        })?;
    Ok(ended)
}
