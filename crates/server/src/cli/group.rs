//! `latchkey group`: groups and who is in them, through the management API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use pingone::management::Client;
use pingone::{Group, GroupId, User, scim};

use super::connection::Connection;
use super::objects::{
    Care, Managed, Objects, Shown, Targets, counted, matching, named, progress, with_environment,
};
use super::output::{Columns, Output};
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey group list --filter 'name sw \"C\"' --output csv
  latchkey group create Captains --set description=\"Who may steer\"
  latchkey group show Captains
  latchkey group update Captains --set externalId=c-1
  latchkey group add Captains ada bob
  latchkey group add Captains --filter 'title eq \"Captain\"' --dry-run
  latchkey group members Captains --output csv
  latchkey group remove Captains ada --yes
  latchkey group delete Captains Sailors --dry-run"
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
    Add {
        #[command(flatten)]
        membership: Membership,
        /// Only says what would be done.
        #[arg(long)]
        dry_run: bool,
    },
    /// Takes users out of a group.
    Remove {
        #[command(flatten)]
        membership: Membership,
        #[command(flatten)]
        care: Care,
    },
}

#[derive(Args, Debug)]
struct Membership {
    /// The group's name or id.
    group: String,
    #[command(flatten)]
    users: Targets,
    #[command(flatten)]
    connection: Connection,
}

impl Shown for Group {
    const WORD: &'static str = "group";
    const HINT: &'static str = "`latchkey group list` shows all";
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
            Action::Add {
                membership,
                dry_run,
            } => membership.add(dry_run).await,
            Action::Remove { membership, care } => membership.remove(care).await,
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
    async fn add(self, dry_run: bool) -> anyhow::Result<()> {
        let client = self.connection.patient_client()?;
        let (group, users) = self.find(&client).await?;
        if dry_run {
            return self.show(&users, "would be added to");
        }
        let bar = progress(users.len());
        let mut added = 0;
        for user in &users {
            match client.memberships(user.id).join(group).await {
                Ok(_) => added += 1,
                // It was so already.
                Err(error) if error.is_taken("id") => {}
                Err(error) => {
                    return Err(error).with_context(|| self.half_way(added, "added to"));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let added = counted(added, "user");
        terminal::print(&format!("{added} added to {}.\n", self.group))
    }

    async fn remove(self, care: Care) -> anyhow::Result<()> {
        let client = self.connection.patient_client()?;
        let (group, users) = self.find(&client).await?;
        if care.dry_run {
            return self.show(&users, "would be removed from");
        }
        if !users.is_empty() {
            let count = counted(users.len(), "user");
            care.allows(&format!("{count} will be removed from {}.", self.group))?;
        }
        let bar = progress(users.len());
        let mut removed = 0;
        for user in &users {
            match client.memberships(user.id).leave(group).await {
                Ok(()) => removed += 1,
                // It was so already.
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    return Err(error).with_context(|| self.half_way(removed, "removed from"));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let removed = counted(removed, "user");
        terminal::print(&format!("{removed} removed from {}.\n", self.group))
    }

    /// Who it is comes first: a mistyped name changes nothing.
    async fn find(&self, client: &Client) -> anyhow::Result<(GroupId, Vec<User>)> {
        let group = named::<Group>(client, &self.group).await?;
        Ok((group, self.users.find(&client.collection()).await?))
    }

    fn show(&self, users: &[User], done: &str) -> anyhow::Result<()> {
        let count = counted(users.len(), "user");
        terminal::remark(&format!("{count} {done} {}:", self.group));
        Output::TABLE.many(User::COLUMNS, users)
    }

    fn half_way(&self, count: usize, done: &str) -> String {
        let count = counted(count, "user");
        format!("{count} {done} {}, and then it failed", self.group)
    }
}
