//! Waiting to be asked to stop: Ctrl-C, or SIGTERM from a service manager.

use tokio::signal::unix::{SignalKind, signal};

use crate::logging;

/// Waits for the first of them. A second one, while requests in flight are finished, ends the process
/// at once.
///
/// # Errors
///
/// When the system does not let us listen for them.
pub(crate) async fn stop_requested() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    wait(&mut terminate, &mut interrupt).await;
    tokio::spawn(async move {
        wait(&mut terminate, &mut interrupt).await;
        tracing::warn!("asked a second time: stopping at once");
        logging::flush();
        #[expect(clippy::exit, reason = "the person insists")]
        std::process::exit(130);
    });
    Ok(())
}

async fn wait(
    terminate: &mut tokio::signal::unix::Signal,
    interrupt: &mut tokio::signal::unix::Signal,
) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
