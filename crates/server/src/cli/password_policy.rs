//! `latchkey password-policy`: what passwords must be like, through the management API.

use clap::{Args, Subcommand};
use protocol::password_policy::PasswordPolicy;
use serde_json::{Map, Value};

use super::objects::{MakeDefault, Managed, Objects, Shown, with_environment};
use super::output::Columns;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey password-policy list
  latchkey password-policy show Standard
  latchkey password-policy create Strict --set length='{\"min\":12,\"max\":255}' \\
      --set lockout='{\"failureCount\":5,\"durationSeconds\":900}'
  latchkey password-policy create Stricter --from strict.json --set maxAgeDays=90
  latchkey password-policy update Strict --set length.min=14 --set history=null
  latchkey password-policy make-default Strict
  latchkey population update Sailors --set passwordPolicy.id=b1a0c7be-3a3f-4f0a-8a52-3f4a4a9a3b11
  latchkey password-policy delete Stricter --yes"
);

/// Looks after password policies, in the cloud or in the embedded environment.
///
/// A new policy refuses common passwords, those that hold data of the user's profile, and those much
/// like the current one, unless --set says otherwise.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct PasswordPolicyCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    #[command(flatten)]
    Objects(Objects),
    /// Makes a policy that of all populations that name none.
    MakeDefault(MakeDefault),
}

impl Shown for PasswordPolicy {
    const WORD: &'static str = "password policy";
    const HINT: &'static str = "`latchkey password-policy list` shows all";
    const COLUMNS: Columns = &[
        "id",
        "name",
        "default",
        "populationCount",
        "length.min",
        "lockout.failureCount",
    ];
    // PingOne has no filters here; there are few.
    const TAKES_FILTERS: bool = false;
}

impl Managed for PasswordPolicy {
    fn fill_in(new: &mut Map<String, Value>) {
        for member in [
            "excludesCommonlyUsed",
            "excludesProfileData",
            "notSimilarToCurrent",
        ] {
            new.entry(member).or_insert(Value::Bool(true));
        }
    }
}

impl PasswordPolicyCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<PasswordPolicy>().await,
            Action::MakeDefault(which) => which.run::<PasswordPolicy>().await,
        }
    }
}
