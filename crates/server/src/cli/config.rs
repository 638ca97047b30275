//! `latchkey config`: check, show, import.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

use super::connection::converse;
use super::{Place, live, terminal};
use crate::config::{self, InvalidConfiguration, Servers, import};

/// A sample's file has fifty lines.
const LONGEST_FILE: u64 = 1024 * 1024;

/// Said below the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  latchkey config show --default > latchkey.toml
  latchkey config check --live --config latchkey.toml
  latchkey config import config.cfg > latchkey.toml";

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Reports everything that is wrong, at once.
    ///
    /// With --live it also asks what the configuration names: the database, the mail server, the
    /// OpenID provider, and the management API with the worker's credentials.
    Check {
        /// The command that it has to be good for.
        #[arg(long = "for", value_name = "COMMAND", value_enum, default_value = "up")]
        served: Served,
        /// Also ask database, mail server and provider, changing nothing.
        #[arg(long)]
        live: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Prints what is in effect and where it comes from; secrets are hidden.
    Show {
        /// Print the commented defaults instead, as a file to start from.
        #[arg(long)]
        default: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Converts the config.cfg of a PingOne sample, saying of each key what became of it.
    ///
    /// The configuration goes to standard output, the remarks to standard error:
    /// latchkey config import config.cfg > latchkey.toml
    Import {
        /// The file; - for standard input.
        file: PathBuf,
    },
}

impl ConfigCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check {
                served,
                live,
                place,
            } => check(&place, served, live),
            Self::Show { default: true, .. } => {
                terminal::print(&config::defaults())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Show {
                default: false,
                place,
            } => {
                let loaded = place.load();
                terminal::print(&loaded.show())?;
                let problems = loaded.problems();
                if problems.is_empty() {
                    return Ok(ExitCode::SUCCESS);
                }
                Err(InvalidConfiguration::new(problems).into())
            }
            Self::Import { file } => import_file(&file),
        }
    }
}

/// The commands that serve.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Served {
    /// The portal and the embedded environment.
    Up,
    /// The portal alone.
    Portal,
    /// The embedded environment alone.
    Idp,
}

impl From<Served> for Servers {
    fn from(served: Served) -> Self {
        match served {
            Served::Up => Self::Both,
            Served::Portal => Self::Portal,
            Served::Idp => Self::Environment,
        }
    }
}

fn check(place: &Place, served: Served, live: bool) -> anyhow::Result<ExitCode> {
    let served = Servers::from(served);
    let settings = place.load().settings_for(served)?;
    terminal::print("The configuration has no problem.\n")?;
    for remark in settings.remarks() {
        terminal::print(&format!("Mind that {remark}.\n"))?;
    }
    if !live {
        return Ok(ExitCode::SUCCESS);
    }
    let reached = converse(async { Ok(Box::pin(live::ask(&settings, served)).await) })?;
    let mut text = String::new();
    for row in &reached {
        // Writing into a String cannot fail.
        let _ = match &row.found {
            Ok(found) => writeln!(text, "{}: {found}", row.what),
            Err(why) => writeln!(text, "{}: NOT REACHED: {why}", row.what),
        };
    }
    if reached.is_empty() {
        text.push_str("It names nothing outside this machine that could be asked.\n");
    }
    terminal::print(&text)?;
    Ok(if reached.iter().all(|row| row.found.is_ok()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn import_file(file: &PathBuf) -> anyhow::Result<ExitCode> {
    let name = file.display();
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        io::stdin()
            .lock()
            .take(LONGEST_FILE)
            .read_to_string(&mut text)
    } else {
        fs::File::open(file).and_then(|file| file.take(LONGEST_FILE).read_to_string(&mut text))
    };
    read.with_context(|| format!("reading {name} failed"))?;
    let imported =
        import::import(&text).with_context(|| format!("{name} could not be converted"))?;
    let mut remarks = String::new();
    for fate in &imported.fates {
        // Writing into a String cannot fail.
        let _ = writeln!(remarks, "{} (line {}): {}", fate.key, fate.line, fate.what);
    }
    terminal::remark(remarks.trim_end());
    terminal::print(&imported.toml)?;
    Ok(ExitCode::SUCCESS)
}
