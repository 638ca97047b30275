//! `latchkey keys`: the keyring.

use std::process::ExitCode;

use clap::Subcommand;
use protocol::SystemRandom;

use super::{Place, directory, terminal};
use crate::keyring_file;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Adds a key, used from the next start on; the old ones stay good, so nobody is signed off.
    Rotate {
        #[command(flatten)]
        place: Place,
    },
}

impl KeysCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Rotate { place } = self;
        let settings = place.settings()?;
        let path = match &settings.keyring_file {
            Some(path) => path.clone(),
            None => directory(&settings)?.join(keyring_file::FILE_NAME),
        };
        let count = keyring_file::rotate(&path, &SystemRandom)?;
        terminal::print(&format!(
            "{} now holds {count} keys. Restart every node that uses it; the new key is used from \
             then on, and the old ones stay good.\n",
            path.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
