//! `latchkey completions` and `latchkey manual`: what shells and `man` want to know, from the command
//! line itself.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{CommandLine, terminal};

#[derive(Args, Debug)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        let mut command = CommandLine::command();
        clap_complete::generate(self.shell, &mut command, "latchkey", &mut script);
        let script = String::from_utf8(script).context("the script is no text")?;
        terminal::print(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args, Debug)]
pub(super) struct Manual {
    /// The directory to write them to; it is made if it isn't there.
    directory: PathBuf,
}

impl Manual {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let directory = self.directory.display();
        fs::create_dir_all(&self.directory)
            .with_context(|| format!("making the directory {directory} failed"))?;
        clap_mangen::generate_to(CommandLine::command(), &self.directory)
            .with_context(|| format!("writing manual pages to {directory} failed"))?;
        Ok(ExitCode::SUCCESS)
    }
}
