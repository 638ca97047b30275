//! `latchkey role`: roles and who holds them, through the management API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use pingone::management::{Client, Deletable, Kind, RoleHolder};
use pingone::{
    Application, Environment, GatewayId, Group, NewRoleAssignment, Population, Role,
    RoleAssignment, RoleScope, RoleScopeType, User,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::connection::Connection;
use super::objects::{
    Care, Managed, Objects, Shown, delete, find, matching, named, only, with_environment,
};
use super::output::{Columns, Output, at};

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey role list --filter 'type eq \"CUSTOM\"'
  latchkey role show \"Identity Data Admin\"
  latchkey role create Reader --set permissions='[{\"id\":\"dir:read:user\"}]' \\
      --set applicableTo='[\"ENVIRONMENT\"]'
  latchkey role update Reader --set description=\"Reads users\"
  latchkey role assign \"Identity Data Admin\" --user ada --population Sailors
  latchkey role assign \"Organization Admin\" --group Captains --organization
  latchkey role assign Reader --application Robot --environment Staging
  latchkey role assign \"Identity Data Admin\" --gateway \"Old directory\"
  latchkey role held --user ada --output csv
  latchkey role withdraw \"Identity Data Admin\" --user ada --dry-run
  latchkey role delete Reader --yes"
);

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
    /// Gives a role to somebody: for this environment, or for what is named.
    Assign {
        /// The role's name or id.
        role: String,
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        reach: Reach,
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
    /// Takes roles from somebody.
    Withdraw {
        /// The role's name, where it is held once, or the assignment's id, as `latchkey role held`
        /// shows it.
        #[arg(required = true)]
        roles: Vec<String>,
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        care: Care,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Holder {
    /// A user, by name, email address or id.
    #[arg(long)]
    user: Option<String>,
    /// An application, such as a worker, by name or id.
    #[arg(long)]
    application: Option<String>,
    /// A group, by name or id.
    #[arg(long)]
    group: Option<String>,
    /// A gateway, by name or id.
    #[arg(long)]
    gateway: Option<String>,
}

/// What of a gateway is shown.
#[derive(Debug, Deserialize, Serialize)]
struct Gateway {
    id: GatewayId,
    name: String,
}

impl Kind for Gateway {
    const PATH: &'static str = "gateways";
    type Id = GatewayId;
}

impl Deletable for Gateway {}

impl Shown for Gateway {
    const WORD: &'static str = "gateway";
    const HINT: &'static str = "PingOne's console shows all";
    const COLUMNS: Columns = &["id", "name"];
    const TAKES_FILTERS: bool = false;
}

impl Holder {
    async fn find(&self, client: &Client) -> anyhow::Result<RoleHolder> {
        if let Some(user) = &self.user {
            return Ok(named::<User>(client, user).await?.into());
        }
        if let Some(group) = &self.group {
            return Ok(named::<Group>(client, group).await?.into());
        }
        if let Some(gateway) = &self.gateway {
            return Ok(named::<Gateway>(client, gateway).await?.into());
        }
        let application = self.application.as_deref().unwrap_or_default();
        Ok(named::<Application>(client, application).await?.into())
    }
}

/// What a role is held for.
#[derive(Args, Debug)]
#[group(multiple = false)]
struct Reach {
    /// For all environments of the organization.
    #[arg(long)]
    organization: bool,
    /// For this environment, by name or id [default: the one that the command administers].
    #[arg(long)]
    environment: Option<String>,
    /// For this population alone, by name or id.
    #[arg(long)]
    population: Option<String>,
    /// For this application alone, by name or id.
    #[arg(long, value_name = "APPLICATION")]
    for_application: Option<String>,
}

impl Reach {
    async fn find(&self, client: &Client) -> anyhow::Result<RoleScope> {
        if self.organization {
            let environment = client.environment().await;
            let environment = environment.context("the organization was not found")?;
            let organization = environment.organization.id.as_uuid();
            return Ok(RoleScope::new(RoleScopeType::Organization, organization));
        }
        if let Some(population) = &self.population {
            let population = named::<Population>(client, population).await?;
            let population = population.as_uuid();
            return Ok(RoleScope::new(RoleScopeType::Population, population));
        }
        if let Some(application) = &self.for_application {
            let application = named::<Application>(client, application).await?;
            let application = application.as_uuid();
            return Ok(RoleScope::new(RoleScopeType::Application, application));
        }
        let environment = match &self.environment {
            Some(text) => find(&client.environments(), text).await?.id,
            None => client.environment_id(),
        };
        Ok(RoleScope::new(
            RoleScopeType::Environment,
            environment.as_uuid(),
        ))
    }
}

impl Shown for Role {
    const WORD: &'static str = "role";
    const HINT: &'static str = "`latchkey role list` shows all";
    const COLUMNS: Columns = &["id", "type", "name", "applicableTo"];
}

impl Managed for Role {}

impl Shown for RoleAssignment {
    const WORD: &'static str = "role assignment";
    const HINT: &'static str = "`latchkey role held` shows all of somebody";
    const COLUMNS: Columns = &["id", "role.name", "scope.type", "scope.id", "readOnly"];
    const NAMES: &'static [&'static str] = &["role.name", "role.id"];
    const TAKES_FILTERS: bool = false;
}

impl Shown for Environment {
    const WORD: &'static str = "environment";
    const HINT: &'static str = "the worker sees those for which it holds a role";
    const COLUMNS: Columns = &["id", "name", "type"];
    const TAKES_FILTERS: bool = false;
}

impl RoleCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<Role>().await,
            Action::Assign {
                role,
                holder,
                reach,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let id = named::<Role>(&client, &role).await?;
                let holder = holder.find(&client).await?;
                let scope = reach.find(&client).await?;
                let assignments = client.role_assignments(holder);
                let made = assignments.create(&NewRoleAssignment::new(id, scope)).await;
                let made = made.map_err(|error| {
                    let mut said = format!("the role {role} was not assigned");
                    if error.is_taken("role") {
                        said.push_str("; it is held for that already (see `latchkey role held`)");
                    }
                    anyhow::Error::from(error).context(said)
                })?;
                let shown = describe(&client, &[made]).await?;
                let one = shown.first().context("the service told no assignment")?;
                output.one(RoleAssignment::COLUMNS, one)
            }
            Action::Held {
                holder,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let held = client.role_assignments(holder.find(&client).await?);
                let held = describe(&client, &matching(&held, None).await?).await?;
                output.many(RoleAssignment::COLUMNS, &held)
            }
            Action::Withdraw {
                roles,
                holder,
                care,
                connection,
            } => {
                let client = connection.patient_client()?;
                let assignments = client.role_assignments(holder.find(&client).await?);
                let held = matching(&assignments, None).await?;
                let held = describe(&client, &held).await?;
                let mut found: Vec<Value> = Vec::new();
                for text in &roles {
                    let one = only::<RoleAssignment, _>(held.clone(), text)?;
                    if !found.contains(&one) {
                        found.push(one);
                    }
                }
                delete(&assignments, &found, care).await
            }
        }
    }
}

/// Assignments with the names of their roles.
async fn describe(client: &Client, assignments: &[RoleAssignment]) -> anyhow::Result<Vec<Value>> {
    let roles = matching(&client.environment_roles(), None).await?;
    let mut shown = Vec::new();
    for assignment in assignments {
        let mut one = serde_json::to_value(assignment)?;
        let id = at(&one, "role.id").cloned();
        let is_it = |role: &&Role| id.as_ref().is_some_and(|id| *id == role.id.to_string());
        let members = one.get_mut("role").and_then(Value::as_object_mut);
        if let (Some(role), Some(members)) = (roles.iter().find(is_it), members) {
            members.insert("name".to_owned(), role.name.clone().into());
        }
        shown.push(one);
    }
    Ok(shown)
}
