//! `latchkey policy`: sign-on policies, what they demand and which applications have them, through
//! the management API.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use pingone::management::Collection;
use pingone::{
    Application, Object, SignOnPolicy, SignOnPolicyAction, SignOnPolicyActionId,
    SignOnPolicyAssignment, SignOnPolicyAssignmentId, SignOnPolicyId,
};
use serde_json::{Map, Value};

use super::connection::Connection;
use super::members::{Members, understood};
use super::objects::{
    Care, MakeDefault, Managed, OF_SERVICE, Objects, Shown, counted, delete, find, matching, named,
    only, progress, remark_what_is_missing, update, with_environment,
};
use super::output::{Columns, Output};
use super::terminal;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey policy list --filter 'name sw \"S\"' --output csv
  latchkey policy create Strict
  latchkey policy action add Strict LOGIN --set recovery.enabled=true
  latchkey policy assign Strict Shop
  latchkey policy assigned Shop
  latchkey policy withdraw Strict Shop --dry-run
  latchkey policy update Strict --set description=\"Two factors\"
  latchkey policy make-default Strict
  latchkey policy show Strict
  latchkey policy delete Strict Loose --yes"
);

const ACTION_EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey policy action add Strict LOGIN
  latchkey policy action add Strict MULTI_FACTOR_AUTHENTICATION --from second-factor.json
  latchkey policy action list Strict
  latchkey policy action show Strict LOGIN
  latchkey policy action update Strict LOGIN --set recovery.enabled=false
  latchkey policy action move Strict AGREEMENT --after LOGIN --dry-run
  latchkey policy action remove Strict AGREEMENT --yes

An action is named by its id, or by its type where the policy has one of that type."
);

type Policy = Object<SignOnPolicyId, SignOnPolicy>;
type PolicyAction = Object<SignOnPolicyActionId, SignOnPolicyAction>;
type Assignment = Object<SignOnPolicyAssignmentId, SignOnPolicyAssignment>;

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
    /// Makes a policy that of all applications that were given none.
    MakeDefault(MakeDefault),
    /// Looks after what a policy demands: its actions, one after the other.
    #[command(subcommand, name = "action", after_help = ACTION_EXAMPLES)]
    Actions(Actions),
    /// Shows the policies that an application was given, the one that counts first.
    Assigned {
        /// The application's name or id.
        application: String,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        connection: Connection,
    },
    /// Gives a policy to an application.
    Assign {
        #[command(flatten)]
        pair: Pair,
        /// Which policy counts where an application has several: the lowest does.
        #[arg(long, default_value_t = 1)]
        priority: u32,
    },
    /// Takes a policy from an application.
    Withdraw {
        #[command(flatten)]
        pair: Pair,
        #[command(flatten)]
        care: Care,
    },
}

#[derive(Args, Debug)]
struct Pair {
    /// The policy's name or id.
    policy: String,
    /// The application's name or id.
    application: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Actions {
    /// Shows what a policy demands, in the order of its turns.
    List {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        output: Output,
    },
    /// Shows one action.
    Show {
        #[command(flatten)]
        of: Of,
        /// The action's type or id.
        action: String,
        #[command(flatten)]
        output: Output,
    },
    /// Adds an action to a policy.
    Add {
        #[command(flatten)]
        of: Of,
        /// What is demanded, in PingOne's word, such as LOGIN.
        action_type: String,
        /// When its turn is: the lowest comes first [default: behind all others].
        #[arg(long)]
        priority: Option<u32>,
        #[command(flatten)]
        members: Members,
        #[command(flatten)]
        output: Output,
    },
    /// Changes what is set of an action and leaves the rest.
    Update {
        #[command(flatten)]
        of: Of,
        /// The action's type or id.
        action: String,
        #[command(flatten)]
        members: Members,
        #[command(flatten)]
        output: Output,
    },
    /// Gives an action another turn; others move up or down.
    Move {
        #[command(flatten)]
        of: Of,
        /// The action's type or id.
        action: String,
        #[command(flatten)]
        to: Turn,
        /// Only shows the order that there would be.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Takes actions out of a policy.
    Remove {
        #[command(flatten)]
        of: Of,
        /// The actions' types or ids.
        #[arg(required = true)]
        actions: Vec<String>,
        #[command(flatten)]
        care: Care,
    },
}

#[derive(Args, Debug)]
struct Of {
    /// The policy's name or id.
    policy: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Turn {
    /// Before all others.
    #[arg(long)]
    first: bool,
    /// Behind all others.
    #[arg(long)]
    last: bool,
    /// Just before this one, by its type or id.
    #[arg(long, value_name = "ACTION")]
    before: Option<String>,
    /// Just behind this one, by its type or id.
    #[arg(long, value_name = "ACTION")]
    after: Option<String>,
}

impl Shown for Policy {
    const WORD: &'static str = "sign-on policy";
    const HINT: &'static str = "`latchkey policy list` shows all";
    const COLUMNS: Columns = &["id", "name", "default", "description"];
}

impl Managed for Policy {}

impl Shown for PolicyAction {
    const WORD: &'static str = "action";
    const HINT: &'static str = "`latchkey policy action list` shows all of a policy";
    const COLUMNS: Columns = &["id", "priority", "type"];
    const NAMES: &'static [&'static str] = &["type"];
    const TAKES_FILTERS: bool = false;
}

impl Shown for Assignment {
    const WORD: &'static str = "assignment";
    const HINT: &'static str = "`latchkey policy assigned` shows all of an application";
    const COLUMNS: Columns = &["id", "priority", "signOnPolicy.name", "signOnPolicy.id"];
    const NAMES: &'static [&'static str] = &["signOnPolicy.id"];
    const TAKES_FILTERS: bool = false;
}

impl PolicyCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<Policy>().await,
            Action::MakeDefault(which) => which.run::<Policy>().await,
            Action::Actions(actions) => actions.run().await,
            Action::Assigned {
                application,
                output,
                connection,
            } => {
                let client = connection.client()?;
                let of = named::<Application>(&client, &application).await?;
                let mut assigned = matching(&client.sign_on_policy_assignments(of), None).await?;
                assigned.sort_by_key(|one| one.settings.priority);
                let policies = matching(&client.sign_on_policies(), None).await?;
                let shown: Vec<Value> = assigned
                    .iter()
                    .map(|one| describe(one, &policies))
                    .collect::<Result<_, _>>()?;
                output.many(Assignment::COLUMNS, &shown)
            }
            Action::Assign { pair, priority } => pair.assign(priority).await,
            Action::Withdraw { pair, care } => pair.withdraw(care).await,
        }
    }
}

/// An assignment with the name of its policy.
fn describe(assignment: &Assignment, policies: &[Policy]) -> anyhow::Result<Value> {
    let id = assignment.settings.sign_on_policy.id;
    let mut shown = serde_json::to_value(assignment)?;
    let policy = policies.iter().find(|policy| policy.id == id);
    let members = shown.get_mut("signOnPolicy").and_then(Value::as_object_mut);
    if let (Some(policy), Some(members)) = (policy, members) {
        members.insert("name".to_owned(), policy.settings.name.clone().into());
    }
    Ok(shown)
}

impl Pair {
    async fn assign(self, priority: u32) -> anyhow::Result<()> {
        let Self {
            policy,
            application,
            connection,
        } = self;
        let client = connection.client()?;
        let id = named::<Policy>(&client, &policy).await?;
        let to = named::<Application>(&client, &application).await?;
        let assignment = SignOnPolicyAssignment::new(id, priority);
        client
            .sign_on_policy_assignments(to)
            .create(&assignment)
            .await
            .map_err(|error| {
                let mut said = format!("{policy} was not assigned to {application}");
                if error.is_taken("signOnPolicy.id") {
                    said.push_str("; it is already (see `latchkey policy assigned`)");
                }
                anyhow::Error::from(error).context(said)
            })?;
        terminal::print(&format!("{application} has the policy {policy}.\n"))
    }

    async fn withdraw(self, care: Care) -> anyhow::Result<()> {
        let Self {
            policy,
            application,
            connection,
        } = self;
        let client = connection.client()?;
        let found = find(&client.sign_on_policies(), &policy).await?;
        let of = named::<Application>(&client, &application).await?;
        let assignments = client.sign_on_policy_assignments(of);
        let all = matching(&assignments, None).await?;
        let Some(one) = all
            .iter()
            .find(|one| one.settings.sign_on_policy.id == found.id)
        else {
            bail!(
                "{application} was not given the policy {policy} (`latchkey policy assigned \
                 {application}` shows those that it was given)"
            );
        };
        delete(&assignments, &[describe(one, &[found])?], care).await
    }
}

impl Actions {
    async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List { of, output } => {
                let client = of.connection.client()?;
                let id = named::<Policy>(&client, &of.policy).await?;
                let actions = in_order(&client.sign_on_policy_actions(id)).await?;
                output.many(PolicyAction::COLUMNS, &actions)
            }
            Self::Show { of, action, output } => {
                let client = of.connection.client()?;
                let id = named::<Policy>(&client, &of.policy).await?;
                let found = find(&client.sign_on_policy_actions(id), &action).await?;
                output.one(PolicyAction::COLUMNS, &found)
            }
            Self::Add {
                of,
                action_type,
                priority,
                members,
                output,
            } => {
                let client = of.connection.client()?;
                let id = named::<Policy>(&client, &of.policy).await?;
                let actions = client.sign_on_policy_actions(id);
                let others = in_order(&actions).await?;
                let behind = others.last().map_or(0, |last| last.settings.priority);
                let mut new = new_action(&action_type, behind.saturating_add(1), &members)?;
                new.priority = priority.unwrap_or(new.priority);
                let made = actions.create(&new).await;
                let made = made.with_context(|| {
                    format!("{} was not added to {}", new.action_type, of.policy)
                })?;
                remark_what_is_missing(&members, &made)?;
                output.one(PolicyAction::COLUMNS, &made)
            }
            Self::Update {
                of,
                action,
                members,
                output,
            } => {
                let client = of.connection.client()?;
                let id = named::<Policy>(&client, &of.policy).await?;
                let actions = client.sign_on_policy_actions(id);
                let made = update(&actions, &action, &members).await?;
                output.one(PolicyAction::COLUMNS, &made)
            }
            Self::Move {
                of,
                action,
                to,
                dry_run,
                output,
            } => {
                let client = of.connection.client()?;
                let id = named::<Policy>(&client, &of.policy).await?;
                let actions = client.sign_on_policy_actions(id);
                let moved = to.give(&actions, &action).await?;
                if dry_run {
                    terminal::remark(&format!("{} would demand, in this order:", of.policy));
                } else {
                    renumber(&actions, &moved).await?;
                }
                let order: Vec<PolicyAction> = moved.into_iter().map(|(_, to)| to).collect();
                output.many(PolicyAction::COLUMNS, &order)
            }
            Self::Remove {
                of,
                actions: typed,
                care,
            } => {
                let client = of.connection.patient_client()?;
                let id = named::<Policy>(&client, &of.policy).await?;
                let actions = client.sign_on_policy_actions(id);
                let all = matching(&actions, None).await?;
                let mut found: Vec<PolicyAction> = Vec::new();
                for text in &typed {
                    let one = only::<PolicyAction, _>(all.clone(), text)?;
                    if found.iter().all(|other| other.id != one.id) {
                        found.push(one);
                    }
                }
                delete(&actions, &found, care).await
            }
        }
    }
}

/// An action out of what was typed, at this turn where nothing else was.
fn new_action(
    action_type: &str,
    priority: u32,
    members: &Members,
) -> anyhow::Result<SignOnPolicyAction> {
    let mut new = Map::new();
    new.insert("priority".to_owned(), priority.into());
    members.apply(&mut new)?;
    // A file that shows an action of another policy is what the new one is made after.
    new.retain(|name, _| !OF_SERVICE.contains(&name.as_str()) && name != "signOnPolicy");
    new.insert("type".to_owned(), action_type.to_uppercase().into());
    understood(PolicyAction::WORD, new)
}

async fn in_order(actions: &Collection<'_, PolicyAction>) -> anyhow::Result<Vec<PolicyAction>> {
    let mut all = matching(actions, None).await?;
    all.sort_by_key(|action| action.settings.priority);
    Ok(all)
}

/// An action's priority until now, and the action with its new one.
type Moved = (u32, PolicyAction);

impl Turn {
    /// All actions in the order that there is to be.
    async fn give(
        &self,
        actions: &Collection<'_, PolicyAction>,
        text: &str,
    ) -> anyhow::Result<Vec<Moved>> {
        let mut all = in_order(actions).await?;
        let priorities: Vec<u32> = all.iter().map(|one| one.settings.priority).collect();
        let moving = only::<PolicyAction, _>(all.clone(), text)?;
        let beside = self.before.as_ref().or(self.after.as_ref());
        let beside = beside.map(|other| only::<PolicyAction, _>(all.clone(), other));
        all.retain(|one| one.id != moving.id);
        let beside = match beside.transpose()? {
            Some(other) => {
                let place = all.iter().position(|one| one.id == other.id);
                Some(place.context("an action cannot be moved beside itself; name another one")?)
            }
            None => None,
        };
        let place = match beside {
            Some(place) if self.after.is_some() => place.saturating_add(1),
            Some(place) => place,
            None if self.first => 0,
            None => all.len(),
        };
        all.insert(place.min(all.len()), moving);
        Ok(numbered(all, &priorities))
    }
}

/// Gives the turns out anew: those that there were, or 1, 2, 3 where two had the same.
fn numbered(actions: Vec<PolicyAction>, turns: &[u32]) -> Vec<Moved> {
    let are_distinct = turns.is_sorted_by(|one, next| one < next);
    let turns = turns.iter().copied();
    let turns: Vec<u32> = if are_distinct {
        turns.collect()
    } else {
        (1..).take(actions.len()).collect()
    };
    let renumbered = |(mut action, turn): (PolicyAction, u32)| {
        let former = std::mem::replace(&mut action.settings.priority, turn);
        (former, action)
    };
    actions.into_iter().zip(turns).map(renumbered).collect()
}

/// Writes the turns that changed. The new first action comes first: it is the one that can be
/// refused, as its condition must not ask about a user whom nobody knows yet.
async fn renumber(actions: &Collection<'_, PolicyAction>, moved: &[Moved]) -> anyhow::Result<()> {
    let changed = |(former, action): &&Moved| *former != action.settings.priority;
    let changed: Vec<&Moved> = moved.iter().filter(changed).collect();
    let bar = progress(changed.len());
    for (done, (_, action)) in changed.iter().enumerate() {
        actions
            .replace(action.id, &action.settings)
            .await
            .with_context(|| {
                let done = counted(done, "action");
                format!(
                    "{done} of {} got another turn, and then it failed",
                    changed.len()
                )
            })?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}
