//! `latchkey migrate` and `latchkey copy`: the database's tables, while no server runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use db::{Location, PostgresSettings};

use super::config::Served;
use super::connection::converse;
use super::objects::progress;
use super::{Place, directory, terminal};
use crate::data_dir::DATABASE_FILE;
use crate::up::tables;

const MIGRATE_EXAMPLES: &str = "\
Examples:
  latchkey migrate --check --config latchkey.toml
  latchkey migrate --config latchkey.toml
  latchkey migrate --for portal --config latchkey.toml

Exit status of --check: 0 nothing is due, 1 something is.";

const COPY_EXAMPLES: &str = "\
Examples:
  latchkey copy --to postgres://latchkey@localhost/latchkey
  latchkey copy --to-file /etc/latchkey/database --config latchkey.toml
  latchkey copy --to sqlite --data-dir /var/lib/latchkey --config latchkey.toml";

/// Brings the database to this version, before servers start.
///
/// Servers do so themselves when they start, unless production says otherwise
/// (`database_migrate_at_start`). Stop the servers of the version before first: they do not know the
/// new tables. There is no way back but a backup, so make one.
#[derive(Args, Debug)]
#[command(after_help = MIGRATE_EXAMPLES)]
pub(super) struct Migrate {
    /// Say what is due, and change nothing.
    #[arg(long)]
    check: bool,
    /// The command that the database is for.
    #[arg(long = "for", value_name = "COMMAND", value_enum, default_value = "up")]
    served: Served,
    #[command(flatten)]
    place: Place,
}

/// Copies the database into an empty one, from SQLite to PostgreSQL or back, and compares every row.
///
/// No server may run on either meanwhile. The keyring and the secret files stay where they are: they
/// belong to the copy as they do to the original. Then set `database` to the new place.
#[derive(Args, Debug)]
#[command(after_help = COPY_EXAMPLES)]
pub(super) struct Copy {
    /// Where to, as the setting `database` will say it: `sqlite`, which is `latchkey.db` in the data
    /// directory, or `postgres://USER@HOST/DATABASE`. An address with a password belongs into a file
    /// (--to-file), since others can see what was typed.
    #[arg(long, value_name = "LOCATION", required_unless_present = "to_file")]
    to: Option<String>,
    /// A file that holds the location.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    to_file: Option<PathBuf>,
    /// Certificate authorities (PEM) that PostgreSQL's certificate is checked with.
    #[arg(long, value_name = "FILE")]
    to_ca_file: Option<PathBuf>,
    /// The command that the database is for.
    #[arg(long = "for", value_name = "COMMAND", value_enum, default_value = "up")]
    served: Served,
    #[command(flatten)]
    place: Place,
}

impl Migrate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let directory = directory(&settings)?;
        let served = self.served.into();
        let (steps, said, code) = if self.check {
            let due =
                converse(async { Ok(tables::pending(&settings, &directory, served).await?) })?;
            let code = if due.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
            (due, "is due", code)
        } else {
            let done =
                converse(async { Ok(tables::migrate(&settings, &directory, served).await?) })?;
            (done, "is done", ExitCode::SUCCESS)
        };
        if steps.is_empty() {
            terminal::print("Nothing is due: the database is at this version.\n")?;
        }
        for step in &steps {
            terminal::print(&format!("{step} {said}\n"))?;
        }
        Ok(code)
    }
}

impl Copy {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let directory = directory(&settings)?;
        let to = self.location(&directory)?;
        let served = self.served.into();
        let copied = converse(async {
            let bar = progress(0);
            let told = |done, all| {
                bar.set_length(all);
                bar.set_position(done);
            };
            let copied = tables::copy(&settings, &directory, served, &to, told).await;
            bar.finish_and_clear();
            Ok(copied?)
        })?;
        terminal::print(&format!(
            "{} rows of {} tables were copied, and each is the same in both. Now set `database` to \
             the new place; the keyring stays as it is and belongs to both.\n",
            copied.rows, copied.tables
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    fn location(&self, directory: &Path) -> anyhow::Result<Location> {
        let text = match (&self.to, &self.to_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => fs::read_to_string(path)
                .with_context(|| format!("reading {} failed", path.display()))?,
            (None, None) => bail!("where to copy to is not said (--to)"),
        };
        let text = text.trim();
        if text == "sqlite" {
            return Ok(Location::Sqlite(directory.join(DATABASE_FILE)));
        }
        match (Location::parse(text)?, &self.to_ca_file) {
            (Location::Postgres(settings), Some(path)) => {
                let pem = fs::read(path);
                let pem = pem.with_context(|| format!("reading {} failed", path.display()))?;
                let settings: PostgresSettings = settings.with_root_certificates(pem);
                Ok(Location::Postgres(settings))
            }
            (location @ Location::Postgres(_), None) => Ok(location),
            (Location::Sqlite(_) | Location::SqliteInMemory, _) => bail!(
                "a server looks for its SQLite database in the data directory alone: say `--to \
                 sqlite`, and name the directory with --data-dir"
            ),
        }
    }
}
