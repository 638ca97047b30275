//! `latchkey role`: roles and who holds them, through the management API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use pingone::management::{Client, RoleHolder};
use pingone::{
    Application, Group, NewRoleAssignment, Population, Role, RoleAssignmentId, RoleScope,
    RoleScopeType, User,
};

use super::connection::Connection;
use super::objects::{Managed, Objects, Shown, named, with_environment};
use super::output::{Columns, Output};
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey role list
  latchkey role create Reader --set permissions='[{\"id\":\"dir:read:user\"}]' \\
      --set applicableTo='[\"ENVIRONMENT\"]'
  latchkey role assign \"Identity Data Admin\" --user ada --population Sailors
  latchkey role held --user ada"
);

const ASSIGNMENT_COLUMNS: Columns = &["id", "role.id", "scope.type", "scope.id", "readOnly"];

/// Looks after roles, in the cloud or in the embedded environment.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct RoleCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    #[command(flatten)]
    Objects(Objects),
    /// Gives a role to somebody, for the environment or for one population.
    Assign {
        /// The role's name or id.
        role: String,
        #[command(flatten)]
        holder: Holder,
        /// For this population alone.
        #[arg(long)]
        population: Option<String>,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        connection: Connection,
    },
    /// Shows the roles that somebody holds, and what for.
    Held {
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        connection: Connection,
    },
    /// Takes a role from somebody.
    Withdraw {
        /// The assignment's id, as `latchkey role held` shows it.
        assignment: RoleAssignmentId,
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Holder {
    /// A user, by name, e-mail address or id.
    #[arg(long)]
    user: Option<String>,
    /// An application, by name or id.
    #[arg(long)]
    application: Option<String>,
    /// A group, by name or id.
    #[arg(long)]
    group: Option<String>,
}

impl Holder {
    async fn find(&self, client: &Client) -> anyhow::Result<RoleHolder> {
        if let Some(user) = &self.user {
            return Ok(named::<User>(client, user).await?.into());
        }
        if let Some(group) = &self.group {
            return Ok(named::<Group>(client, group).await?.into());
        }
        let application = self.application.as_deref().unwrap_or_default();
        Ok(named::<Application>(client, application).await?.into())
    }
}

impl Shown for Role {
    const WORD: &'static str = "role";
    const COLUMNS: Columns = &["id", "type", "name", "applicableTo"];
}

impl Managed for Role {}

impl RoleCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<Role>().await,
            Action::Assign {
                role,
                holder,
                population,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let id = named::<Role>(&client, &role).await?;
                let scope = if let Some(population) = population {
                    let population = named::<Population>(&client, &population).await?;
                    RoleScope::new(RoleScopeType::Population, population.as_uuid())
                } else {
                    let here = client.environment_id().as_uuid();
                    RoleScope::new(RoleScopeType::Environment, here)
                };
                let assignments = client.role_assignments(holder.find(&client).await?);
                let made = assignments.create(&NewRoleAssignment::new(id, scope)).await;
                let made = made.with_context(|| format!("the role {role} was not assigned"))?;
                output.one(ASSIGNMENT_COLUMNS, &made)
            }
            Action::Held {
                holder,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let held = client.role_assignments(holder.find(&client).await?);
                let held = held
                    .list()
                    .all()
                    .await
                    .context("listing the roles failed")?;
                output.many(ASSIGNMENT_COLUMNS, &held)
            }
            Action::Withdraw {
                assignment,
                holder,
                connection,
            } => {
                let client = connection.client()?;
                let held = client.role_assignments(holder.find(&client).await?);
                held.delete(assignment)
                    .await
                    .context("the role was not withdrawn")?;
                terminal::print("The role is withdrawn.\n")
            }
        }
    }
}
