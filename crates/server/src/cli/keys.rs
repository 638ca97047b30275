//! `latchkey keys`: the keyring.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use protocol::SystemRandom;

use super::{Place, directory, terminal};
use crate::keyring_file;

/// Said below the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  latchkey keys rotate
  latchkey keys activate";

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Stages a new key: every node learns it, and none uses it yet.
    ///
    /// Running nodes read the file again within seconds. Where it is copied to other machines, copy it
    /// now. When all nodes have it, `latchkey keys activate` takes the key into use. Old keys stay
    /// good, so nobody is signed off.
    Rotate {
        #[command(flatten)]
        place: Place,
    },
    /// Takes the staged key into use, once every node knows it.
    Activate {
        #[command(flatten)]
        place: Place,
    },
}

impl KeysCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let said = match self {
            Self::Rotate { place } => {
                let path = path(&place)?;
                let id = keyring_file::stage(&path, &SystemRandom)?;
                format!(
                    "The key {id} is staged in {}. Nodes that read this file know it within seconds; \
                     copy the file to the others. When every node has it, run `latchkey keys \
                     activate`.\n",
                    path.display()
                )
            }
            Self::Activate { place } => {
                let path = path(&place)?;
                let id = keyring_file::activate(&path)?;
                format!(
                    "The key {id} in {} is used from now on, by every node within seconds of having \
                     this file; copy it to the others. The old keys stay good.\n",
                    path.display()
                )
            }
        };
        terminal::print(&said)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn path(place: &Place) -> anyhow::Result<PathBuf> {
    let settings = place.settings()?;
    Ok(match &settings.keyring_file {
        Some(path) => path.clone(),
        None => directory(&settings)?.join(keyring_file::FILE_NAME),
    })
}
