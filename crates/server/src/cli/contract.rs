//! `latchkey contract`: the contract suite against an environment.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use super::connection::Connection;
use super::{Place, terminal};
use crate::contract::{Check, Verdict, checks};

const EXAMPLES: &str = "\
Examples:
  latchkey contract                             the demo environment of this machine
  latchkey contract --against tenant.env        the environment that a file leads to
  latchkey contract --only users --only groups  what is about users and groups
  latchkey contract --list                      the promises, without looking at them

Exit status: 0 everything is kept or skipped, 1 something is broken, 2 wrong options.";

/// Checks what PingOne's management API promises, against the embedded environment or a real one.
///
/// Whatever the checks need they make themselves, under names that begin with `contract-`, and
/// delete it again; nothing else is changed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Contract {
    /// An environment file as `latchkey up --env-file` writes it [default: `portal.pingone` of the
    /// configuration, or the demo environment that `latchkey up` keeps in the data directory].
    #[arg(
        long,
        value_name = "FILE",
        env = "LATCHKEY_ENV_FILE",
        visible_alias = "env-file"
    )]
    against: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Runs the checks alone whose name contains this; may be said more than once.
    #[arg(long, value_name = "WORD")]
    only: Vec<String>,
    /// Prints the names of the checks and runs none.
    #[arg(long)]
    list: bool,
    /// How long something is waited for that an environment does a little later.
    #[arg(long, value_name = "SECONDS", default_value_t = 20,
          value_parser = clap::value_parser!(u64).range(0..=50))]
    wait: u64,
}

/// How many checks ended which way.
#[derive(Default)]
struct Total {
    kept: usize,
    broken: usize,
    skipped: usize,
    left: usize,
}

impl Contract {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let checks = self.chosen()?;
        if self.list {
            let names: Vec<&str> = checks.iter().map(Check::name).collect();
            terminal::print(&format!("{}\n", names.join("\n")))?;
            return Ok(ExitCode::SUCCESS);
        }
        let client = Connection::new(self.place, self.against).patient_client()?;
        // Whoever may not even ask has learnt nothing about the contract.
        client.environment().await?;
        let mut total = Total::default();
        for check in &checks {
            let outcome = check.run(&client, Duration::from_secs(self.wait)).await;
            let name = check.name();
            let mut line = match outcome.verdict {
                Verdict::Kept => {
                    total.kept += 1;
                    format!("kept    {name}\n")
                }
                Verdict::Broken(reason) => {
                    total.broken += 1;
                    format!("BROKEN  {name}\n        {reason}\n")
                }
                Verdict::Skipped(reason) => {
                    total.skipped += 1;
                    format!("skipped {name}\n        {reason}\n")
                }
            };
            for path in outcome.left {
                total.left += 1;
                // Writing into a text cannot fail.
                let _ = writeln!(line, "        left behind: {path}");
            }
            for collection in outcome.uncertain {
                let name = &outcome.trial;
                let _ = writeln!(line, "        may have left {name} in {collection}");
            }
            terminal::print(&line)?;
        }
        terminal::print(&total.told())?;
        Ok(match total.broken {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }

    fn chosen(&self) -> anyhow::Result<Vec<Check>> {
        let is_chosen = |check: &Check| {
            self.only.is_empty() || self.only.iter().any(|word| check.name().contains(word))
        };
        let chosen: Vec<Check> = checks().into_iter().filter(is_chosen).collect();
        if chosen.is_empty() {
            bail!(
                "no check has {} in its name; --list prints them",
                self.only.join(" or ")
            );
        }
        Ok(chosen)
    }
}

impl Total {
    fn told(&self) -> String {
        let Self {
            kept,
            broken,
            skipped,
            left,
        } = self;
        let left = match left {
            0 => String::new(),
            left => format!("; {left} left behind, see above"),
        };
        format!("{kept} kept, {broken} broken, {skipped} skipped{left}\n")
    }
}
