//! `latchkey population`: the parts of an environment that users belong to, through the management
//! API.

use clap::{Args, Subcommand};
use pingone::Population;

use super::objects::{Managed, Objects, Shown, with_environment};
use super::output::Columns;

const EXAMPLES: &str = with_environment!(
    "\
Examples:
  latchkey population list --output csv
  latchkey population create Sailors --set description=\"Who sail\""
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
}

impl Shown for Population {
    const WORD: &'static str = "population";
    const COLUMNS: Columns = &["id", "name", "default", "userCount"];
}

impl Managed for Population {}

impl PopulationCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Action::Objects(objects) = self.action;
        objects.run::<Population>().await
    }
}
