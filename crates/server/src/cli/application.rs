//! `latchkey application`: applications and their secrets through the management API.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use pingone::management::Client;
use pingone::{Application, ApplicationId};

use super::connection::{Connection, converse};
use super::terminal;

const EXAMPLES: &str = "\
Examples:
  latchkey application list
  latchkey application secret rotate \"Latchkey Portal\" --env-file test.env

Which environment: the one of --env-file; without it, of [portal.pingone] in the configuration;
without that, the demo environment that latchkey up keeps in the data directory.";

/// Looks after applications, in the cloud or in the embedded environment.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ApplicationCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows all applications.
    List(Connection),
    /// Shows one application as the management API gives it.
    Show(Which),
    /// Reads or replaces an application's secret.
    #[command(subcommand)]
    Secret(SecretAction),
}

#[derive(Debug, Subcommand)]
enum SecretAction {
    /// Prints the secret, and nothing else, on standard output.
    Show(Which),
    /// Makes a new secret and prints it; the former one stops working.
    Rotate(Which),
}

#[derive(Args, Debug)]
struct Which {
    /// The application's id or name.
    name: String,
    #[command(flatten)]
    connection: Connection,
}

impl ApplicationCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let said = match self.action {
            Action::List(connection) => converse(async {
                let client = connection.client()?;
                let applications = all(&client).await?;
                Ok(applications.iter().map(describe).collect::<String>())
            }),
            Action::Show(which) => which.with(async |_, application| {
                let mut text = serde_json::to_string_pretty(&application)?;
                text.push('\n');
                Ok(text)
            }),
            Action::Secret(SecretAction::Show(which)) => which.with(async |client, application| {
                let secret = client
                    .applications()
                    .secret(application.id)
                    .await
                    .context("reading the secret failed")?;
                Ok(format!("{}\n", secret.secret.expose()))
            }),
            Action::Secret(SecretAction::Rotate(which)) => {
                which.with(async |client, application| {
                    let secret = client
                        .applications()
                        .rotate_secret(application.id)
                        .await
                        .context("replacing the secret failed")?;
                    Ok(format!("{}\n", secret.secret.expose()))
                })
            }
        }?;
        terminal::print(&said)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Which {
    fn with(
        &self,
        act: impl AsyncFnOnce(&Client, Application) -> anyhow::Result<String>,
    ) -> anyhow::Result<String> {
        converse(async {
            let client = self.connection.client()?;
            let application = find(&client, &self.name).await?;
            act(&client, application).await
        })
    }
}

async fn all(client: &Client) -> anyhow::Result<Vec<Application>> {
    client
        .applications()
        .list()
        .all()
        .await
        .context("listing the applications failed")
}

async fn find(client: &Client, text: &str) -> anyhow::Result<Application> {
    if let Ok(id) = ApplicationId::parse(text) {
        return client
            .applications()
            .load(id)
            .await
            .with_context(|| format!("reading the application {text} failed"));
    }
    let mut named: Vec<Application> = all(client)
        .await?
        .into_iter()
        .filter(|application| application.name == text)
        .collect();
    match (named.pop(), named.is_empty()) {
        (Some(application), true) => Ok(application),
        (Some(_), false) => bail!("several applications are named {text}; name one by its id"),
        (None, _) => bail!(
            "no application of the environment has the id or name {text}; `latchkey application \
             list` shows them"
        ),
    }
}

fn describe(application: &Application) -> String {
    let mut text = String::new();
    let state = if application.enabled {
        "enabled"
    } else {
        "disabled"
    };
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "{}  {}  {state}  {}",
        application.id, application.application_type, application.name
    );
    text
}
