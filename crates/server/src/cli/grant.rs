//! `latchkey grant`: which scopes of which resources applications may ask for, through the
//! management API.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use pingone::management::Client;
use pingone::{
    Application, ApplicationId, NewResourceGrant, Resource, ResourceGrant, ResourceId,
    ResourceScope, ScopeId,
};
use serde_json::{Value, json};

use super::connection::Connection;
use super::objects::{Care, Shown, counted, named, with_environment};
use super::output::{Columns, Output};
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey grant list Shop --output csv
  latchkey grant show Shop openid
  latchkey grant create Shop openid email profile
  latchkey grant update Shop openid email --dry-run
  latchkey grant delete Shop openid --yes"
);

const COLUMNS: Columns = &["id", "resource.id", "resource.name", "scopeNames"];

/// Looks after applications' grants, in the cloud or in the embedded environment.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct GrantCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows what an application may ask for.
    List {
        /// The application's name or id.
        application: String,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        connection: Connection,
    },
    /// Shows what an application may ask for of one resource.
    Show {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        output: Output,
    },
    /// Lets an application ask for scopes of a resource of which it may not ask for any yet.
    Create(Change),
    /// Replaces the scopes that an application may ask for.
    Update(Change),
    /// Takes all scopes of a resource from an application.
    Delete {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        care: Care,
    },
}

#[derive(Args, Debug)]
struct Which {
    /// The application's name or id.
    application: String,
    /// The resource's name or id, such as openid.
    resource: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
struct Change {
    #[command(flatten)]
    which: Which,
    /// The names of the scopes.
    #[arg(required = true)]
    scopes: Vec<String>,
    /// Only says what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

impl Shown for Resource {
    const WORD: &'static str = "resource";
    const HINT: &'static str = "PingOne's own are openid and PingOne API";
    const COLUMNS: Columns = &["id", "name", "type", "audience"];
}

impl GrantCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::List {
                application,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let application = named::<Application>(&client, &application).await?;
                let mut shown = Vec::new();
                for grant in all(&client, application).await? {
                    shown.push(describe(&client, &grant).await?);
                }
                output.many(COLUMNS, &shown)
            }
            Action::Show { which, output } => {
                let client = which.connection.client()?;
                let (_, grant) = which.find(&client).await?;
                let shown = describe(&client, &grant).await?;
                output.one(COLUMNS, &shown)
            }
            Action::Create(change) => change.write(true).await,
            Action::Update(change) => change.write(false).await,
            Action::Delete { which, care } => {
                let client = which.connection.client()?;
                let (application, grant) = which.find(&client).await?;
                let count = counted(grant.scopes.len(), "scope");
                let what = format!("{count} of {}", which.resource);
                if care.dry_run {
                    terminal::remark(&format!(
                        "{what} would be taken from {}:",
                        which.application
                    ));
                    let shown = describe(&client, &grant).await?;
                    return Output::TABLE.many(COLUMNS, &[shown]);
                }
                care.allows(&format!("{what} will be taken from {}.", which.application))?;
                let deleted = client.grants(application).delete(grant.id).await;
                deleted.context("the grant was not deleted")?;
                terminal::print(&format!("{what} taken from {}.\n", which.application))
            }
        }
    }
}

impl Which {
    async fn ids(&self, client: &Client) -> anyhow::Result<(ApplicationId, ResourceId)> {
        let application = named::<Application>(client, &self.application).await?;
        Ok((
            application,
            named::<Resource>(client, &self.resource).await?,
        ))
    }

    async fn find(&self, client: &Client) -> anyhow::Result<(ApplicationId, ResourceGrant)> {
        let (application, resource) = self.ids(client).await?;
        let mut grants = all(client, application).await?.into_iter();
        let found = grants.find(|grant| grant.resource.id == resource);
        let found = found.with_context(|| {
            format!(
                "{0} may ask for nothing of {1} (`latchkey grant create {0} {1} SCOPE` changes \
                 that)",
                self.application, self.resource
            )
        })?;
        Ok((application, found))
    }
}

impl Change {
    async fn write(self, is_new: bool) -> anyhow::Result<()> {
        let which = &self.which;
        let client = which.connection.client()?;
        let (application, resource) = which.ids(&client).await?;
        let known = client.scopes(resource).list().all().await;
        let known = known.context("listing the scopes failed")?;
        let mut wanted: Vec<ScopeId> = Vec::new();
        for name in &self.scopes {
            match known.iter().find(|scope| scope.name == *name) {
                Some(scope) => wanted.push(scope.id),
                None => bail!(
                    "{} has no scope {name}; it has {}",
                    which.resource,
                    in_a_row(&known)
                ),
            }
        }
        let grant = NewResourceGrant::new(resource, wanted);
        let grants = client.grants(application);
        let former = if is_new {
            None
        } else {
            Some(which.find(&client).await?.1)
        };
        if self.dry_run {
            return terminal::print(&format!(
                "{} could then ask for {} of {}, and for nothing else of it.\n",
                which.application,
                self.scopes.join(" "),
                which.resource
            ));
        }
        let written = match former {
            None => grants.create(&grant).await,
            Some(former) => grants.replace(former.id, &grant).await,
        };
        let written = written.context("the grant was not written")?;
        let shown = describe(&client, &written).await?;
        self.output.one(COLUMNS, &shown)
    }
}

/// The names of scopes, for a message.
fn in_a_row(scopes: &[ResourceScope]) -> String {
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name.as_str()).collect();
    names.join(", ")
}

async fn all(client: &Client, application: ApplicationId) -> anyhow::Result<Vec<ResourceGrant>> {
    let grants = client.grants(application).list().all().await;
    grants.context("listing the grants failed")
}

/// A grant with the names that stand behind its ids.
async fn describe(client: &Client, grant: &ResourceGrant) -> anyhow::Result<Value> {
    let resource = client.resources().load(grant.resource.id).await;
    let resource = resource.context("reading the resource failed")?;
    let scopes = client.scopes(resource.id).list().all().await;
    let scopes = scopes.context("listing the scopes failed")?;
    let is_granted = |id: ScopeId| grant.scopes.iter().any(|one| one.id == id);
    let names = scopes.iter().filter(|scope| is_granted(scope.id));
    let names: Vec<&str> = names.map(|scope| scope.name.as_str()).collect();
    let mut shown = serde_json::to_value(grant)?;
    if let Value::Object(members) = &mut shown {
        members.insert("scopeNames".to_owned(), names.join(" ").into());
        members.insert(
            "resource".to_owned(),
            json!({"id": resource.id, "name": resource.name}),
        );
    }
    Ok(shown)
}
