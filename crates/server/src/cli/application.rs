//! `latchkey application`: applications and their secrets through the management API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use pingone::{Application, ApplicationId};
use serde_json::{Map, Value, json};

use super::connection::Connection;
use super::objects::{Managed, Objects, Shown, named, with_environment};
use super::output::Columns;
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey application list --filter 'type eq \"WORKER\"' --output csv
  latchkey application show Shop
  latchkey application create Shop --set redirectUris='[\"https://shop.example/callback\"]'
  latchkey application create Robot --set type=WORKER
  latchkey application update Shop --set enabled=false
  latchkey application delete Robot --yes
  latchkey application secret show Shop
  latchkey application secret rotate Shop --keep-former 24"
);

/// Looks after applications, in the cloud or in the embedded environment.
///
/// A new application is an enabled web application that signs users on by authorization code, unless
/// --set says otherwise.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ApplicationCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    #[command(flatten)]
    Objects(Objects),
    /// Reads or replaces an application's secret.
    #[command(subcommand)]
    Secret(SecretAction),
}

#[derive(Debug, Subcommand)]
enum SecretAction {
    /// Prints the secret, and nothing else, on standard output.
    Show(Which),
    /// Makes a new secret and prints it; the former one stops working, at once or later.
    Rotate {
        #[command(flatten)]
        which: Which,
        /// For so many hours the former secret still works.
        #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=720))]
        keep_former: Option<u32>,
    },
}

#[derive(Args, Debug)]
struct Which {
    /// The application's id or name.
    name: String,
    #[command(flatten)]
    connection: Connection,
}

impl Shown for Application {
    const WORD: &'static str = "application";
    const HINT: &'static str = "`latchkey application list` shows all";
    const COLUMNS: Columns = &["id", "type", "enabled", "name"];
    const TAKES_FILTERS: bool = false;
    const REPLACED_WITH_ITSELF: bool = true;
}

impl Managed for Application {
    fn fill_in(new: &mut Map<String, Value>) {
        let application_type = new
            .entry("type")
            .or_insert_with(|| json!("WEB_APP"))
            .clone();
        let (grants, responses, method) = match application_type.as_str() {
            Some("SINGLE_PAGE_APP" | "NATIVE_APP") => {
                (json!(["AUTHORIZATION_CODE"]), json!(["CODE"]), "NONE")
            }
            Some("WORKER" | "SERVICE") => (
                json!(["CLIENT_CREDENTIALS"]),
                json!([]),
                "CLIENT_SECRET_BASIC",
            ),
            _ => (
                json!(["AUTHORIZATION_CODE"]),
                json!(["CODE"]),
                "CLIENT_SECRET_BASIC",
            ),
        };
        for (member, value) in [
            ("enabled", json!(true)),
            ("grantTypes", grants),
            ("responseTypes", responses),
            ("tokenEndpointAuthMethod", json!(method)),
        ] {
            new.entry(member).or_insert(value);
        }
    }
}

impl ApplicationCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<Application>().await,
            Action::Secret(SecretAction::Show(which)) => {
                let client = which.connection.client()?;
                let id: ApplicationId = named::<Application>(&client, &which.name).await?;
                let secret = client.applications().secret(id).await;
                let secret = secret.context("reading the secret failed")?;
                terminal::print(&format!("{}\n", secret.secret.expose()))
            }
            Action::Secret(SecretAction::Rotate { which, keep_former }) => {
                let client = which.connection.client()?;
                let id = named::<Application>(&client, &which.name).await?;
                let applications = client.applications();
                let secret = match keep_former {
                    Some(hours) => {
                        let until = in_hours(hours)?;
                        applications.rotate_secret_until(id, until).await
                    }
                    None => applications.rotate_secret(id).await,
                };
                let secret = secret.context("replacing the secret failed")?;
                terminal::print(&format!("{}\n", secret.secret.expose()))
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a command reads the clock where it begins"
)]
fn in_hours(hours: u32) -> anyhow::Result<Timestamp> {
    let until = Timestamp::now().checked_add(SignedDuration::from_hours(i64::from(hours)));
    until.context("that is too far ahead")
}
