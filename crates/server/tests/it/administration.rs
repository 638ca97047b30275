//! The administration commands against a running environment.

mod applications;
mod directory;
mod password_policies;
mod policies;
mod roles;
mod terminal;
mod users;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use testkit::System;

use crate::pty::run_at_terminal;

/// A running environment and a file that leads to it.
struct Place {
    system: System,
    directory: tempfile::TempDir,
}

impl Place {
    async fn start() -> Self {
        let system = System::prepare().without_portal().start().await;
        let directory = tempfile::tempdir().unwrap();
        let place = Self { system, directory };
        place.system.env().write(&place.env_file()).unwrap();
        place
    }

    fn env_file(&self) -> PathBuf {
        self.directory.path().join("test.env")
    }

    /// Runs a command beside the environment, which lives in this process.
    async fn run(&self, arguments: &[&str], input: &str) -> Output {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        let (env_file, input) = (self.env_file(), input.to_owned());
        tokio::task::spawn_blocking(move || run(&arguments, &env_file, &input))
            .await
            .unwrap()
    }

    /// Runs a command that a person types at a terminal, who then types `input`. Gives what the
    /// program wrote to standard output, which leads elsewhere, and what stands on the terminal.
    async fn run_at_terminal(&self, arguments: &[&str], input: &str) -> (Output, String) {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        let (env_file, input) = (self.env_file(), input.to_owned());
        let run = move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
            command.args(arguments).arg("--env-file").arg(env_file);
            run_at_terminal(&mut command, &input)
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// Runs a command that must succeed and gives the object that it printed.
    async fn object(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.said(arguments, "").await).unwrap()
    }

    /// Runs a command that must fail and gives what it complained of.
    async fn complaint(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "").await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        text(&output.stderr)
    }

    /// Runs a command that must succeed and gives what it printed.
    async fn said(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input).await;
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }
}

fn run(arguments: &[String], env_file: &Path, input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(arguments)
        .arg("--env-file")
        .arg(env_file)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Most commands read nothing and may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
