//! `latchkey user`: looking after people through the management API.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use pingone::management::Client;
use pingone::scim::eq;
use pingone::{NewUser, Password, User, UserId, UserPatch};
use secrecy::ExposeSecret as _;
use serde_json::Map;

use super::connection::{Connection, converse};
use super::import::Import;
use super::members::{Members, understood};
use super::objects::{Delete, List, Show, Shown, with_environment};
use super::output::{Columns, Output};
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey user find ada@example.com --output json
  latchkey user list --filter 'enabled eq false' --output csv
  latchkey user create ada ada@example.com --set name.given=Ada --with-password
  latchkey user show ada
  latchkey user update ada --set title=Captain --set nickname=null
  latchkey user import crew.csv --population Sailors --dry-run
  latchkey user delete --filter 'population.id eq \"…\"' --dry-run
  latchkey user disable ada
  latchkey user enable ada
  latchkey user unlock ada
  latchkey user send-recovery-code ada
  latchkey user set-password ada                 asks for the password
  pass show ada | latchkey user set-password ada --env-file test.env"
);

/// Looks after users, in the cloud or in the embedded environment.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct UserCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows all users, or those that a filter matches.
    List(List),
    /// Shows one user.
    Show(Show),
    /// Creates a user.
    Create(Create),
    /// Changes what is set of a user and leaves the rest; null removes an attribute.
    Update(Update),
    /// Deletes users.
    Delete(Delete),
    Import(Import),
    /// Shows the users with this username, email address or id.
    Find {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        output: Output,
    },
    /// Sets a password, asked for at the terminal or read as one line from standard input.
    SetPassword {
        #[command(flatten)]
        whom: Whom,
        /// Demand another password at the next sign-on.
        #[arg(long)]
        force_change: bool,
    },
    /// Lifts a lockout after wrong passwords.
    Unlock(Whom),
    /// Lets a user sign on again.
    Enable(Whom),
    /// Keeps a user from signing on.
    Disable(Whom),
    /// Mails a code for setting a new password.
    SendRecoveryCode(Whom),
}

#[derive(Args, Debug)]
struct Create {
    /// The name to sign on with.
    username: String,
    /// The email address.
    email: String,
    /// Asks for a password, or reads one line from standard input.
    #[arg(long)]
    with_password: bool,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
struct Update {
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    output: Output,
}

#[derive(Args, Debug)]
struct Whom {
    /// The username, email address or id.
    name: String,
    #[command(flatten)]
    connection: Connection,
}

impl UserCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let said = match self.action {
            Action::List(list) => return converse(list.run::<User>()).map(done),
            Action::Show(show) => return converse(show.run::<User>()).map(done),
            Action::Create(create) => return converse(create.run()).map(done),
            Action::Update(update) => return converse(update.run()).map(done),
            Action::Delete(delete) => return converse(delete.run::<User>()).map(done),
            Action::Import(import) => return converse(import.run()).map(done),
            Action::Find { whom, output } => {
                return converse(async {
                    let users = matching(&whom.connection.client()?, &whom.name).await?;
                    if users.is_empty() {
                        bail!(nobody(&whom.name));
                    }
                    output.many(User::COLUMNS, &users)
                })
                .map(done);
            }
            Action::SetPassword { whom, force_change } => set_password(&whom, force_change),
            Action::Unlock(whom) => whom.change("unlocked", async |client, user| {
                client.passwords(user).unlock().await?;
                client.users().unlock(user).await.map(drop)
            }),
            Action::Enable(whom) => whom.change("enabled", async |client, user| {
                client.users().enable(user).await
            }),
            Action::Disable(whom) => whom.change("disabled", async |client, user| {
                client.users().disable(user).await
            }),
            Action::SendRecoveryCode(whom) => whom
                .change("sent a recovery code", async |client, user| {
                    client.passwords(user).send_recovery_code().await.map(drop)
                }),
        }?;
        terminal::print(&said)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

impl Shown for User {
    const WORD: &'static str = "user";
    const HINT: &'static str = "`latchkey user list` shows all";
    const COLUMNS: Columns = &["id", "username", "email", "enabled", "population.id"];
    const NAMES: &'static [&'static str] = &["username", "email"];
}

impl Create {
    async fn run(self) -> anyhow::Result<()> {
        let mut members = Map::new();
        members.insert("username".to_owned(), self.username.clone().into());
        members.insert("email".to_owned(), self.email.into());
        self.members.apply(&mut members)?;
        let mut user: NewUser = understood("user", members)?;
        if self.with_password {
            let password = terminal::new_password(&self.username)?;
            user = user.password(Password::new(password.expose_secret()));
        }
        let made = self.connection.client()?.users().create(&user).await;
        let made = made.with_context(|| format!("{} was not created", self.username))?;
        self.output.one(User::COLUMNS, &made)
    }
}

impl Update {
    async fn run(self) -> anyhow::Result<()> {
        let client = self.whom.connection.client()?;
        let user = only(&client, &self.whom.name).await?;
        let mut patch = UserPatch::default();
        self.members.apply_with_nulls(&mut patch.attributes)?;
        let made = client.users().update(user.id, &patch).await;
        let made = made.with_context(|| format!("{} was not changed", self.whom.name))?;
        self.output.one(User::COLUMNS, &made)
    }
}

impl Whom {
    /// Finds the one user and does something to them.
    fn change(
        &self,
        done: &str,
        act: impl AsyncFnOnce(&Client, UserId) -> Result<(), pingone::Error>,
    ) -> anyhow::Result<String> {
        converse(async {
            let client = self.connection.client()?;
            let user = only(&client, &self.name).await?;
            act(&client, user.id)
                .await
                .with_context(|| format!("{} was not {done}", self.name))?;
            Ok(format!("{}: {done}.\n", name_of(&user)))
        })
    }
}

fn set_password(whom: &Whom, force_change: bool) -> anyhow::Result<String> {
    // Who it is comes first: nobody types a password twice to learn of a mistyped name.
    converse(async {
        let client = whom.connection.client()?;
        let user = only(&client, &whom.name).await?;
        let name = name_of(&user);
        let password = terminal::new_password(&name)?;
        let password = Password::new(password.expose_secret());
        let passwords = client.passwords(user.id);
        let set = if force_change {
            passwords.set_and_force_change(&password).await
        } else {
            passwords.set(&password).await
        };
        match set {
            Ok(_) if force_change => Ok(format!(
                "{name}: the password is set and must be changed at the next sign-on.\n"
            )),
            Ok(_) => Ok(format!("{name}: the password is set.\n")),
            Err(error) if error.is_policy_violation() => {
                let rules: Vec<String> = error
                    .unsatisfied_requirements()
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                bail!(
                    "the password breaks the password policy of {name} ({}); nothing was changed",
                    rules.join(", ")
                )
            }
            Err(error) => Err(error).with_context(|| format!("the password of {name} was not set")),
        }
    })
}

/// The one user whom the text names.
async fn only(client: &Client, text: &str) -> anyhow::Result<User> {
    let mut users = matching(client, text).await?;
    match (users.pop(), users.is_empty()) {
        (Some(user), true) => Ok(user),
        (None, _) => bail!(nobody(text)),
        (Some(_), false) => bail!(
            "several users have the email address {text}; name one by username or id (`latchkey \
             user find {text}` shows them)"
        ),
    }
}

async fn matching(client: &Client, text: &str) -> anyhow::Result<Vec<User>> {
    let looked = || format!("looking for {text} failed");
    if let Ok(id) = UserId::parse(text) {
        return match client.users().load(id).await {
            Ok(user) => Ok(vec![user]),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error).with_context(looked),
        };
    }
    let by_name = client
        .users()
        .list()
        .filter(&eq("username", text))
        .all()
        .await
        .with_context(looked)?;
    if !by_name.is_empty() {
        return Ok(by_name);
    }
    client
        .users()
        .list()
        .filter(&eq("email", text))
        .all()
        .await
        .with_context(looked)
}

fn nobody(text: &str) -> String {
    let hint = User::HINT;
    format!("no user of the environment has the username, email address or id {text} ({hint})")
}

fn name_of(user: &User) -> String {
    user.username.clone().unwrap_or_else(|| user.id.to_string())
}
