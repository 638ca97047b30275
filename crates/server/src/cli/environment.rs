//! `latchkey environment`: making an environment where nobody can sign on yet.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use idp::bootstrap::Administrator;
use protocol::secret::Password;
use secrecy::ExposeSecret as _;

use super::connection::converse;
use super::{Place, terminal};
use crate::up::{EnvironmentMaker, NewEnvironment};

const EXAMPLES: &str = "\
Examples:
  latchkey environment create Customers --config latchkey.toml
  latchkey environment create Customers --admin-username ada --admin-email ada@example.com
  pass show ada | latchkey environment create Customers --admin-username ada \\
      --admin-email ada@example.com >> latchkey.toml";

/// Makes environments in this installation's own database.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct EnvironmentCommand {
    #[command(subcommand)]
    action: Action,
}

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
        /// Their e-mail address.
        #[arg(long, value_name = "ADDRESS", requires = "admin_username")]
        admin_email: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

impl EnvironmentCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Action::Create {
            name,
            admin_username,
            admin_email,
            place,
        } = self.action;
        let settings = place.settings()?;
        let person = admin_username.zip(admin_email);
        let who = person.as_ref().map(|(username, _)| username.clone());
        // The database comes first: nobody types a password twice to learn that it is in use.
        let created = converse(async {
            let maker = EnvironmentMaker::open(&settings).await?;
            let new = NewEnvironment {
                name: name.clone(),
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
