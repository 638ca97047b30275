//! `latchkey policy`: sign-on policies, what they demand and which applications have them, through
//! the management API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use pingone::{
    Application, Object, SignOnActionType, SignOnPolicy, SignOnPolicyAction,
    SignOnPolicyAssignment, SignOnPolicyId,
};
use serde_json::{Map, Value};

use super::connection::Connection;
use super::members::{Members, understood};
use super::objects::{Managed, Objects, Shown, named, with_environment};
use super::output::{Columns, Output};
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey policy create Strict
  latchkey policy demand Strict LOGIN --set recovery.enabled=true
  latchkey policy assign Strict Shop
  latchkey policy demands Strict --output json"
);

const ACTION_COLUMNS: Columns = &["id", "priority", "type"];

type Policy = Object<SignOnPolicyId, SignOnPolicy>;

/// Looks after sign-on policies, in the cloud or in the embedded environment.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct PolicyCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    #[command(flatten)]
    Objects(Objects),
    /// Shows what a policy demands, one after the other.
    Demands {
        /// The policy's name or id.
        policy: String,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        connection: Connection,
    },
    /// Adds an action to a policy.
    Demand {
        /// The policy's name or id.
        policy: String,
        /// What is demanded, in PingOne's word, such as LOGIN.
        action_type: String,
        /// When its turn is: the lowest comes first.
        #[arg(long, default_value_t = 1)]
        priority: u32,
        #[command(flatten)]
        members: Members,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        connection: Connection,
    },
    /// Gives a policy to an application.
    Assign {
        /// The policy's name or id.
        policy: String,
        /// The application's name or id.
        application: String,
        /// Which policy counts where an application has several: the lowest does.
        #[arg(long, default_value_t = 1)]
        priority: u32,
        #[command(flatten)]
        connection: Connection,
    },
    /// Takes a policy from an application.
    Withdraw {
        /// The policy's name or id.
        policy: String,
        /// The application's name or id.
        application: String,
        #[command(flatten)]
        connection: Connection,
    },
}

impl Shown for Policy {
    const WORD: &'static str = "sign-on policy";
    const COLUMNS: Columns = &["id", "name", "default", "description"];
}

impl Managed for Policy {}

impl PolicyCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<Policy>().await,
            Action::Demands {
                policy,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let policy = named::<Policy>(&client, &policy).await?;
                let actions = client.sign_on_policy_actions(policy).list().all().await;
                let mut actions = actions.context("listing the actions failed")?;
                actions.sort_by_key(|action| action.settings.priority);
                output.many(ACTION_COLUMNS, &actions)
            }
            Action::Demand {
                policy,
                action_type,
                priority,
                members,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let id = named::<Policy>(&client, &policy).await?;
                let action = SignOnActionType::parse(&action_type.to_uppercase());
                let action = serde_json::to_value(SignOnPolicyAction::new(action, priority))?;
                let mut action: Map<String, Value> = serde_json::from_value(action)?;
                members.apply(&mut action)?;
                let action: SignOnPolicyAction = understood("action", action)?;
                let made = client.sign_on_policy_actions(id).create(&action).await;
                let made = made.with_context(|| format!("{policy} was not changed"))?;
                output.one(ACTION_COLUMNS, &made)
            }
            Action::Assign {
                policy,
                application,
                priority,
                connection,
            } => {
                let client = connection.client()?;
                let id = named::<Policy>(&client, &policy).await?;
                let to = named::<Application>(&client, &application).await?;
                let assignment = SignOnPolicyAssignment::new(id, priority);
                let assignments = client.sign_on_policy_assignments(to);
                assignments
                    .create(&assignment)
                    .await
                    .with_context(|| format!("{policy} was not assigned"))?;
                terminal::print(&format!("{application} has the policy {policy}.\n"))
            }
            Action::Withdraw {
                policy,
                application,
                connection,
            } => {
                let client = connection.client()?;
                let id = named::<Policy>(&client, &policy).await?;
                let of = named::<Application>(&client, &application).await?;
                let assignments = client.sign_on_policy_assignments(of);
                let all = assignments.list().all().await;
                let all = all.context("listing the assignments failed")?;
                let found = all.iter().find(|one| one.settings.sign_on_policy.id == id);
                let found = found
                    .with_context(|| format!("{application} does not have the policy {policy}"))?;
                assignments
                    .delete(found.id)
                    .await
                    .with_context(|| format!("{policy} was not withdrawn"))?;
                terminal::print(&format!("{application} has the policy {policy} no more.\n"))
            }
        }
    }
}
