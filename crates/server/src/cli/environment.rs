//! `latchkey environment`: making an environment where nobody can sign on yet, and environments as
//! files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use idp::bootstrap::Administrator;
use protocol::secret::Password;
use secrecy::ExposeSecret as _;

use super::connection::{Connection, converse};
use super::objects::counted;
use super::{Place, terminal};
use crate::data_dir::write_private;
use crate::seed::{self, Seed, Written};
use crate::up::{EnvironmentMaker, NewEnvironment};

const EXAMPLES: &str = "\
Examples:
  latchkey environment create Customers --config latchkey.toml
  latchkey environment create Customers --admin-username ada --admin-email ada@example.com
  pass show ada | latchkey environment create Customers --admin-username ada \\
      --admin-email ada@example.com >> latchkey.toml";

/// Makes environments in this installation's own database; writes, reads and compares them as files.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct EnvironmentCommand {
    #[command(subcommand)]
    action: Action,
}

const EXPORT_EXAMPLES: &str = "\
Examples:
  latchkey environment export > seed.toml
  latchkey environment export Customers --with-secrets --output customers.toml";

const IMPORT_EXAMPLES: &str = "\
Examples:
  latchkey environment import customers.toml";

const PULL_EXAMPLES: &str = "\
Examples:
  latchkey environment pull --env-file staging.env --output staging.toml
  latchkey environment pull --users > seed.toml";

const DIFF_EXAMPLES: &str = "\
Examples:
  latchkey environment diff seed.toml live
  latchkey environment diff staging.env production.env --json

Exit status: 0 the same, 1 different or failed, 2 wrong options or configuration.";

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes an environment with everything that the portal needs, and prints its configuration.
    ///
    /// Made are the environment, the portal's web application, a worker for the portal, one for
    /// the commands that administer the environment, and, if one is named, an administrator whose
    /// password is asked for at the terminal or read as one line from standard input. The
    /// configuration goes to standard output; the client secrets go into files of the data
    /// directory that this user alone can read.
    ///
    /// It works on the database directly: with SQLite while no server runs, with PostgreSQL at any
    /// time. Set the public addresses of both sides first, because issuer and redirect addresses
    /// follow them.
    #[command(after_help = EXAMPLES)]
    Create {
        /// The environment's name.
        name: String,
        /// A person who is to administer the environment: the name to sign on with.
        #[arg(long, value_name = "NAME", requires = "admin_email")]
        admin_username: Option<String>,
        /// Their email address.
        #[arg(long, value_name = "ADDRESS", requires = "admin_username")]
        admin_email: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Writes environments of this installation as a seed, which `latchkey up --seed` and
    /// `latchkey environment import` bring up.
    ///
    /// It reads the database directly, also while a server runs on it. Sessions, codes, tokens,
    /// consents, devices, linked accounts, former passwords and the audit log are not in it.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        /// The environment's name or id [default: all].
        name: Option<String>,
        /// Write secrets and the hashes of passwords, too: what is brought up gives the same answers.
        #[arg(long, requires = "output")]
        with_secrets: bool,
        /// The file to write, for this user alone (mode 0600) [default: standard output].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Makes the environments of a seed in this installation, where none of them is yet.
    ///
    /// It works on the database directly: with SQLite while no server runs, with PostgreSQL at any
    /// time.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        /// The seed.
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Reads the configuration of an environment of PingOne, or of any other, into a seed.
    ///
    /// It reads through the management API, as the worker of --env-file or of the configuration.
    /// What the worker may not read is left out, and told. Secrets and passwords are never in it.
    #[command(after_help = PULL_EXAMPLES)]
    Pull {
        /// Read users, too.
        #[arg(long)]
        users: bool,
        /// The file to write, for this user alone (mode 0600) [default: standard output].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Compares two environments by what they are called; ids, dates and secrets do not count.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff {
        /// A seed, an environment file of a running environment (NAME.env), or `live`: the
        /// environment of --env-file or of the configuration.
        first: String,
        /// The other one.
        second: String,
        /// Compare users, too.
        #[arg(long)]
        users: bool,
        /// Print the differences as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
}

impl EnvironmentCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Create {
                name,
                admin_username,
                admin_email,
                place,
            } => create(&name, admin_username.zip(admin_email), &place),
            Action::Export {
                name,
                with_secrets,
                output,
                place,
            } => export(name.as_deref(), with_secrets, output.as_deref(), &place),
            Action::Import { file, place } => import(&file, &place),
            Action::Pull {
                users,
                output,
                connection,
            } => {
                let written = converse(async { pull(&connection, users).await })?;
                hand_over(&written, output.as_deref())
            }
            Action::Diff {
                first,
                second,
                users,
                json,
                connection,
            } => converse(diff([&first, &second], users, json, &connection)),
        }
    }
}

fn create(name: &str, person: Option<(String, String)>, place: &Place) -> anyhow::Result<ExitCode> {
    let settings = place.settings()?;
    let who = person.as_ref().map(|(username, _)| username.clone());
    // The database comes first: nobody types a password twice to learn that it is in use.
    let created = converse(async {
        let maker = EnvironmentMaker::open(&settings).await?;
        let new = NewEnvironment {
            name: name.to_owned(),
            administrator: person.map(administrator).transpose()?,
        };
        let created = maker.create(new).await?;
        maker.close().await;
        Ok(created)
    })?;
    terminal::print(&created.toml)?;
    terminal::remark(&format!(
        "The environment {name} is made. Put the lines above into the configuration; a section \
         that is there already takes the new lines below its heading, which may stand only \
         once. Then check it with `latchkey config check` and start with `latchkey up`."
    ));
    let file = created.administration_file.display();
    terminal::remark(&format!(
        "It is administered with `latchkey application list --env-file {file}` and the like; \
         the file holds a secret that does everything."
    ));
    if let Some(who) = who {
        let portal = created.portal_url;
        terminal::remark(&format!("{who} signs on at {portal}"));
    }
    Ok(ExitCode::SUCCESS)
}
/// Writes environments of this installation's database.
fn export(
    name: Option<&str>,
    with_secrets: bool,
    output: Option<&Path>,
    place: &Place,
) -> anyhow::Result<ExitCode> {
    let settings = place.settings()?;
    let written = converse(async {
        let maker = EnvironmentMaker::open_shared(&settings).await?;
        let written = Box::pin(maker.export(name, with_secrets)).await?;
        maker.close().await;
        Ok(written)
    })?;
    if !with_secrets {
        terminal::remark(
            "Secrets and passwords are left out; --with-secrets writes them, and then what is \
             brought up gives the same answers.",
        );
    }
    hand_over(&written, output)
}

/// Writes a seed where it is wanted, and tells what it lacks.
fn hand_over(written: &Written, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    for remark in &written.remarks {
        terminal::remark(remark);
    }
    match output {
        Some(path) => write_private(path, written.text.as_bytes())
            .with_context(|| format!("writing {} failed", path.display()))?,
        None => terminal::print(&written.text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the environments of a seed in this installation's database.
fn import(file: &Path, place: &Place) -> anyhow::Result<ExitCode> {
    let settings = place.settings()?;
    let seed = Seed::read(file)?;
    let count = seed.environment_ids().len();
    converse(async {
        let maker = EnvironmentMaker::open(&settings).await?;
        Box::pin(maker.import(&seed)).await?;
        maker.close().await;
        Ok(())
    })?;
    terminal::print(&format!("{} made.\n", counted(count, "environment")))?;
    Ok(ExitCode::SUCCESS)
}

async fn pull(connection: &Connection, users: bool) -> anyhow::Result<Written> {
    let client = connection.patient_client()?;
    Ok(Box::pin(seed::pull(&client, users)).await?)
}

async fn diff(
    sides: [&str; 2],
    users: bool,
    json: bool,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let mut compared = Vec::new();
    for side in sides {
        let path = Path::new(side);
        let is_environment_file = path.extension().is_some_and(|kind| kind == "env");
        let one = if side == "live" {
            Box::pin(seed::live(&connection.patient_client()?, users)).await?
        } else if is_environment_file {
            let connection = Connection::new(Place::default(), Some(path.to_owned()));
            Box::pin(seed::live(&connection.patient_client()?, users)).await?
        } else {
            Box::pin(seed::brought_up(&Seed::read(path)?, users)).await?
        };
        for remark in &one.remarks {
            terminal::remark(&format!("{side}: {remark}"));
        }
        compared.push(one);
    }
    let [first, second] = compared.as_slice() else {
        bail!("two environments are compared");
    };
    let differences = seed::compare(first, second, users);
    if json {
        let text = serde_json::to_string_pretty(&differences)?;
        terminal::print(&format!("{text}\n"))?;
    } else {
        let lines = differences.iter().fold(String::new(), |mut lines, one| {
            // Writing into a String cannot fail.
            let _ = writeln!(lines, "{one}");
            lines
        });
        terminal::print(&lines)?;
    }
    Ok(if differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A person with the password that they type.
fn administrator((username, email): (String, String)) -> anyhow::Result<Administrator> {
    let password = terminal::new_password(&username)?;
    Ok(Administrator {
        username,
        email,
        password: Password::new(password.expose_secret()),
    })
}
