//! `latchkey group`: groups and who is in them, through the management API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use pingone::management::Client;
use pingone::{Group, User, scim};

use super::connection::Connection;
use super::objects::{
    Managed, Objects, Shown, counted, matching, named, progress, with_environment,
};
use super::output::{Columns, Output};
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey group create Captains --set description=\"Who may steer\"
  latchkey group add Captains ada bob
  latchkey group members Captains --output csv"
);

/// Looks after groups, in the cloud or in the embedded environment.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct GroupCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    #[command(flatten)]
    Objects(Objects),
    /// Shows the users that are in a group, directly or through another one.
    Members {
        /// The group's name or id.
        group: String,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        connection: Connection,
    },
    /// Puts users into a group.
    Add(Membership),
    /// Takes users out of a group.
    Remove(Membership),
}

#[derive(Args, Debug)]
struct Membership {
    /// The group's name or id.
    group: String,
    /// The users' names, e-mail addresses or ids.
    #[arg(required = true)]
    users: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

impl Shown for Group {
    const WORD: &'static str = "group";
    const COLUMNS: Columns = &["id", "name", "population.id", "directMemberCounts.users"];
}

impl Managed for Group {}

impl GroupCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<Group>().await,
            Action::Members {
                group,
                output,
                connection,
            } => members(&connection.client()?, &group, output).await,
            Action::Add(membership) => membership.change(true).await,
            Action::Remove(membership) => membership.change(false).await,
        }
    }
}

async fn members(client: &Client, group: &str, output: Output) -> anyhow::Result<()> {
    let group = named::<Group>(client, group).await?;
    let filter = scim::eq("memberOfGroups.id", group.to_string());
    let found = matching::<User>(&client.collection(), Some(&filter)).await?;
    output.many(User::COLUMNS, &found)
}

impl Membership {
    async fn change(self, joins: bool) -> anyhow::Result<()> {
        let client = self.connection.client()?;
        let group = named::<Group>(&client, &self.group).await?;
        let mut users = Vec::new();
        // Who it is comes first: a mistyped name changes nothing.
        for user in &self.users {
            users.push(named::<User>(&client, user).await?);
        }
        let bar = progress(users.len());
        let mut changed = 0;
        for user in users {
            let memberships = client.memberships(user);
            let result = if joins {
                memberships.join(group).await.map(drop)
            } else {
                memberships.leave(group).await
            };
            match result {
                Ok(()) => changed += 1,
                // It was so already.
                Err(error) if joins && error.is_taken("id") => {}
                Err(error) if !joins && error.is_not_found() => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("the user {user} was left as is"));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let done = if joins { "added to" } else { "removed from" };
        let users = counted(changed, "user");
        terminal::print(&format!("{users} {done} {}.\n", self.group))
    }
}
