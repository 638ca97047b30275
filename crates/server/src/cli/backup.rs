//! `latchkey backup` and `latchkey restore`: everything that belongs together, in one file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use platform::{Clock as _, SystemClock};

use super::{Place, directory, terminal};
use crate::archive;

const BACKUP_EXAMPLES: &str = "\
Examples:
  latchkey backup /backup/latchkey.tar --config latchkey.toml
  latchkey backup \"$(date +%F).tar\"";

const RESTORE_EXAMPLES: &str = "\
Examples:
  latchkey restore /backup/latchkey.tar --config latchkey.toml
  latchkey restore /backup/latchkey.tar --data-dir /var/lib/latchkey-new";

/// Writes database, keyring and secret files into one archive, while servers run.
///
/// The archive is a tar file that this user alone can read. It holds the database as it is at one
/// moment, the keyring without which much of it cannot be read, and the data directory's own files:
/// client secrets, environment files, the local authority. Files that the configuration names
/// elsewhere, and the configuration itself, are not in it. PostgreSQL is read by its own `pg_dump`,
/// which has to be on the path.
///
/// Whoever has the archive has everything: keep it as you keep the keyring.
#[derive(Args, Debug)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(super) struct Backup {
    /// The archive to make; it must not exist yet.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Puts an archive of `latchkey backup` into an empty data directory.
///
/// Every file is compared with the digest that the archive tells, and database and keyring with each
/// other: on SQLite before anything is put in its place; on PostgreSQL once the tables are there,
/// which are dropped again when something is wrong. After a failure it can be tried again. On
/// PostgreSQL the database may have none of these tables yet, and `pg_restore` has to be on the path.
/// An older version's database is brought to this version at the next start; a newer version's is
/// refused.
#[derive(Args, Debug)]
#[command(after_help = RESTORE_EXAMPLES)]
pub(super) struct Restore {
    /// The archive.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let directory = directory(&settings)?;
        let now = SystemClock.now();
        let manifest = archive::backup(&settings, &directory, &self.file, now)?;
        terminal::print(&format!(
            "{} holds the installation {}: {} files with {} bytes. Database and keyring belong \
             together. Whoever has this file has everything.\n",
            self.file.display(),
            manifest.installation,
            manifest.files.len(),
            manifest.files.values().map(|file| file.bytes).sum::<u64>(),
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // The secrets that the servers' sections name lie in the archive.
        let settings = self.place.settings_beside_servers()?;
        let directory = directory(&settings)?;
        let manifest = archive::restore(&settings, &directory, &self.file)?;
        terminal::print(&format!(
            "The installation {}, as latchkey {} had it at {}, is in {}. Start it with `latchkey \
             up`; nothing else may run that has the same addresses and keys.\n",
            manifest.installation,
            manifest.version,
            manifest.made_at,
            directory.display(),
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
