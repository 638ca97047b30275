//! Commands that a task runs: shown before they run, from the repository's root.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};

use crate::root;

/// A program with its arguments and environment.
pub(crate) struct Command {
    inner: std::process::Command,
    quiet: bool,
}

impl Command {
    /// The program `name`, without arguments.
    pub(crate) fn new(name: impl AsRef<OsStr>) -> Self {
        let mut inner = std::process::Command::new(name);
        inner.current_dir(root()).stdin(Stdio::null());
        Self {
            inner,
            quiet: false,
        }
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.inner.arg(argument);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.inner.args(arguments);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.inner.env(name, value);
        self
    }

    /// Sets environment variables.
    pub(crate) fn envs(
        mut self,
        variables: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Self {
        self.inner.envs(variables);
        self
    }

    /// Runs it from another folder than the repository's root.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.inner.current_dir(folder);
        self
    }

    /// Does not show the command line.
    pub(crate) fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Runs it with its output on ours; whether it succeeded.
    pub(crate) fn run(mut self) -> anyhow::Result<bool> {
        self.show();
        let status = self.inner.status().with_context(|| self.failure())?;
        Ok(status.success())
    }

    /// Runs it, and makes a failure an error.
    pub(crate) fn succeed(mut self) -> anyhow::Result<()> {
        self.show();
        let status = self.inner.status().with_context(|| self.failure())?;
        if !status.success() {
            bail!("`{}` failed ({status})", self.line());
        }
        Ok(())
    }

    /// Runs it and gives each line of its standard output to `see`, after printing it.
    pub(crate) fn run_seeing(mut self, mut see: impl FnMut(&str)) -> anyhow::Result<bool> {
        self.show();
        let mut child = self
            .inner
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| self.failure())?;
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).split(b'\n') {
                let line = line.context("could not read a test's output")?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                see(&line);
            }
        }
        Ok(child.wait().with_context(|| self.failure())?.success())
    }

    /// Runs it and returns what it prints on its standard output.
    pub(crate) fn read(mut self) -> anyhow::Result<String> {
        let output = self.inner.output().with_context(|| self.failure())?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!(
                "`{}` failed ({}): {}",
                self.line(),
                output.status,
                errors.trim()
            );
        }
        String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` printed something that is not UTF-8", self.line()))
    }

    /// Whether it can be started at all and succeeds; prints nothing.
    pub(crate) fn works(mut self) -> bool {
        self.inner
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Hands the prepared command to whoever starts it in the background.
    pub(crate) fn into_background(self) -> std::process::Command {
        self.inner
    }

    fn show(&self) {
        if !self.quiet {
            println!("$ {}", self.line());
        }
    }

    fn line(&self) -> String {
        let words = std::iter::once(self.inner.get_program()).chain(self.inner.get_args());
        words
            .map(OsStr::to_string_lossy)
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn failure(&self) -> String {
        format!(
            "could not start `{}`",
            self.inner.get_program().to_string_lossy()
        )
    }
}

/// Whether a program of this name is on the path.
pub(crate) fn is_on_path(name: &str) -> bool {
    find_on_path(name).is_some()
}

/// The first program of this name on the path.
pub(crate) fn find_on_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Whether this process may mount, where nobody else sees it: root of a container may not, as a rule.
pub(crate) fn can_mount() -> bool {
    Command::new("unshare").args(["--mount", "true"]).works()
}

/// Whether this process may install packages and has to step down for PostgreSQL.
pub(crate) fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .read()
        .is_ok_and(|id| id.trim() == "0")
}
