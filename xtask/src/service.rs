//! Programs that run beside the tests, and the folders that go with them.
//!
//! However a task ends, nothing of them stays: a guard stops them at the end and on failure, a
//! signal handler on Ctrl-C, and on Linux the kernel stops them when the task is killed.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::command::{Command, is_on_path};

/// How long a program may take to stop before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// How often something is looked at that gives no sign of its own.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Tells the folders of one task apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

static STARTED: Mutex<Vec<Arc<Mutex<Option<Running>>>>> = Mutex::new(Vec::new());

/// A program running in the background; stops when dropped.
pub(crate) struct Service {
    running: Arc<Mutex<Option<Running>>>,
}

struct Running {
    child: Child,
    /// The signal that asks it to stop.
    signal: &'static str,
    folder: PathBuf,
}

impl Service {
    /// Starts a program whose files are in `folder`, which goes when the program has stopped.
    ///
    /// Its output goes to the file `log` in that folder.
    pub(crate) fn start(
        command: Command,
        signal: &'static str,
        folder: PathBuf,
        log: &Path,
    ) -> anyhow::Result<Self> {
        let log = fs::File::create(log)
            .with_context(|| format!("could not write the log {}", log.display()))?;
        let mut command = command.into_background();
        command
            .stdout(log.try_clone().context("could not share a log file")?)
            .stderr(log);
        let child = command.stdin(Stdio::null()).spawn().with_context(|| {
            format!(
                "could not start `{}`",
                command.get_program().to_string_lossy()
            )
        })?;
        let running = Arc::new(Mutex::new(Some(Running {
            child,
            signal,
            folder,
        })));
        locked(&STARTED).push(Arc::clone(&running));
        Ok(Self { running })
    }

    /// Waits until `ready` says so; an error when the program ends or the time is over first.
    pub(crate) fn wait_until(
        &self,
        within: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            if let Some(running) = locked(&self.running).as_mut()
                && let Some(status) = running.child.try_wait().context("could not watch it")?
            {
                bail!("it ended at once ({status})");
            }
            if ready() {
                return Ok(());
            }
            if begun.elapsed() > within {
                bail!("it was not ready within {} seconds", within.as_secs());
            }
            pause();
        }
    }

    /// The process id, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        locked(&self.running)
            .as_ref()
            .map(|running| running.child.id())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(running) = locked(&self.running).take() {
            running.stop();
        }
    }
}

impl Running {
    fn stop(mut self) {
        Command::new("kill")
            .arg(self.signal)
            .arg(self.child.id().to_string())
            .works();
        let begun = Instant::now();
        while begun.elapsed() < STOP_WITHIN {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            pause();
        }
        // Both fail only when there is nothing left to do.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Stops every service before Ctrl-C or SIGTERM ends the task.
pub(crate) fn stop_on_signals() {
    let handler = || {
        for service in locked(&STARTED).drain(..) {
            if let Some(running) = locked(&service).take() {
                running.stop();
            }
        }
        #[expect(
            clippy::exit,
            reason = "the main thread waits for a command that may not end"
        )]
        std::process::exit(130);
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        println!("Ctrl-C will leave services running: {error}");
    }
}

/// A command that the kernel stops when this task is killed, where that can be had.
///
/// `user` runs it as somebody else, which only root may ask for.
pub(crate) fn tied_to_us(program: &Path, signal: &str, user: Option<&str>) -> Command {
    if !is_on_path("setpriv") {
        return match user {
            Some(user) => Command::new("runuser")
                .args(["-u", user, "--"])
                .arg(program),
            None => Command::new(program),
        };
    }
    let mut command = Command::new("setpriv").args(["--pdeathsig", signal]);
    if let Some(user) = user {
        command = command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.arg("--").arg(program)
}

/// Makes a new folder in the system's temporary folder, which other users can enter.
pub(crate) fn temporary_folder(name: &str) -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!(
        "latchkey-{name}-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    ));
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("could not clear {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    Ok(folder)
}

/// A port on which nobody listens at the moment.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("could not find a free port")?;
    Ok(listener
        .local_addr()
        .context("could not read a port")?
        .port())
}

fn pause() {
    #[expect(
        clippy::disallowed_methods,
        reason = "another process gives no sign to wait for"
    )]
    std::thread::sleep(LOOK_EVERY);
}

fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
