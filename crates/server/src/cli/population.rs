//! `latchkey population`: the parts of an environment that users belong to, through the management
//! API.

use clap::{Args, Subcommand};
use pingone::Population;

use super::objects::{MakeDefault, Managed, Objects, Shown, with_environment};
use super::output::Columns;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey population list --output csv
  latchkey population show Sailors
  latchkey population create Sailors --set description=\"Who sail\"
  latchkey population update Sailors --set preferredLanguage=fr
  latchkey population make-default Sailors
  latchkey population delete Sailors --dry-run"
);

/// Looks after populations, in the cloud or in the embedded environment.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct PopulationCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    #[command(flatten)]
    Objects(Objects),
    /// Makes a population that of all new users for whom none is named.
    MakeDefault(MakeDefault),
}

impl Shown for Population {
    const WORD: &'static str = "population";
    const HINT: &'static str = "`latchkey population list` shows all";
    const COLUMNS: Columns = &["id", "name", "default", "userCount"];
}

impl Managed for Population {}

impl PopulationCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Objects(objects) => objects.run::<Population>().await,
            Action::MakeDefault(which) => which.run::<Population>().await,
        }
    }
}
