//! The administration commands against a running environment.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use testkit::System;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_from_standard_input_and_appears_nowhere() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let output = place
        .run(&["user", "set-password", &name], "Windy-Meadow-97\n")
        .await;
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{complained}");
    assert!(said.contains("the password is set"), "{said}");
    assert!(
        !said.contains("Windy") && !complained.contains("Windy"),
        "{said}{complained}"
    );

    let said = place
        .said(
            &["user", "set-password", &name, "--force-change"],
            "Windy-Meadow-98\n",
        )
        .await;
    assert!(
        said.contains("must be changed at the next sign-on"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_breaks_the_policy_is_refused_with_the_rules() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let output = place.run(&["user", "set-password", &name], "short\n").await;
    assert_eq!(output.status.code(), Some(1));
    let complained = text(&output.stderr);
    assert!(
        complained.contains("breaks the password policy"),
        "{complained}"
    );
    assert!(complained.contains("nothing was changed"), "{complained}");

    let output = place.run(&["user", "set-password", &name], "\n").await;
    assert!(text(&output.stderr).contains("the password is empty"));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_found_disabled_enabled_and_unlocked() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let found = place.said(&["user", "find", &name], "").await;
    assert!(
        found.contains(&name) && found.contains("enabled"),
        "{found}"
    );
    let id = found.split_whitespace().next().unwrap().to_owned();

    assert_eq!(
        place.said(&["user", "disable", &id], "").await,
        format!("{name}: disabled.\n")
    );
    assert!(
        place
            .said(&["user", "find", &id], "")
            .await
            .contains("disabled")
    );
    assert_eq!(
        place.said(&["user", "enable", &name], "").await,
        format!("{name}: enabled.\n")
    );
    assert_eq!(
        place.said(&["user", "unlock", &name], "").await,
        format!("{name}: unlocked.\n")
    );
    let sent = place.said(&["user", "send-recovery-code", &name], "").await;
    assert!(sent.contains("recovery code"), "{sent}");

    let output = place
        .run(&["user", "unlock", "nobody\" or username sw \""], "")
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no user of the environment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_secret_is_shown_and_replaced() {
    let place = Place::start().await;
    let env = place.system.env().clone();
    let listed = place.said(&["application", "list"], "").await;
    assert!(
        listed.contains(&env.client_id) && listed.contains(&env.worker_client_id),
        "{listed}"
    );
    let shown = place
        .said(&["application", "show", &env.client_id], "")
        .await;
    assert!(
        shown.contains(&env.client_id) && !shown.contains(&env.client_secret),
        "{shown}"
    );

    let secret = place
        .said(&["application", "secret", "show", &env.client_id], "")
        .await;
    assert_eq!(secret.trim_end(), env.client_secret);
    let new = place
        .said(&["application", "secret", "rotate", &env.client_id], "")
        .await;
    assert_ne!(new, secret);
    assert_eq!(
        place
            .said(&["application", "secret", "show", &env.client_id], "")
            .await,
        new
    );
}
