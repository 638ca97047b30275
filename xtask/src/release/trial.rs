//! What a release is tried as: a program in a bare root folder, the image of a container, a package
//! that is installed and removed, and an archive in the hands of somebody who has no Rust.

mod archive;
mod bare;
mod image;
pub(crate) mod installed;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use super::{Release, package};
use crate::command::is_root;
use crate::tally::Tally;
use crate::{prerequisites, service};

/// What was tried so far, and whether all of it held.
pub(crate) struct Outcomes {
    good: bool,
}

impl Outcomes {
    pub(crate) fn new() -> Self {
        Self { good: true }
    }

    /// Tells one outcome.
    pub(crate) fn say(&mut self, what: &str, holds: bool) {
        println!("{} {what}", if holds { "ok    " } else { "FAILED" });
        self.good &= holds;
    }

    /// Tries a part, and tells when it could not be tried to its end.
    fn part(&mut self, name: &str, check: impl FnOnce(&mut Self) -> anyhow::Result<()>) {
        if let Err(error) = check(self) {
            self.say(&format!("{name}: {error:#}"), false);
        }
    }

    pub(crate) fn are_good(&self) -> bool {
        self.good
    }
}

/// Tries the program, and what is packed of it; whether everything worked that should, and nothing
/// that should not.
pub(super) fn run(program: &Path) -> anyhow::Result<bool> {
    prerequisites::for_release_trial()?;
    if !is_root() {
        bail!("other root folders, and port 53 for a name server, are given to root alone");
    }
    let folder = service::temporary_folder("release-trial")?;
    let packed = package::for_trial(&Release::of_this_commit()?, program, &folder)?;
    let mut outcomes = Outcomes::new();
    let mut tally = Tally::default();
    println!("\nIn a bare root folder:");
    outcomes.part("bare", |outcomes| bare::check(program, outcomes));
    println!("\nAs a container:");
    outcomes.part("image", |outcomes| {
        image::check(&packed.container, outcomes)
    });
    println!("\nAs a Debian package:");
    outcomes.part("package", |outcomes| {
        installed::check(&packed.package, outcomes)?;
        installed::lint(&packed.package, outcomes)
    });
    println!("\nOut of the archive, without Rust:");
    outcomes.part("archive", |outcomes| {
        archive::check(&packed.archive, &mut tally, outcomes)
    });
    fs::remove_dir_all(&folder).context("could not clear a folder")?;
    println!("\n{} tests passed, {} failed", tally.passed, tally.failed);
    Ok(outcomes.are_good())
}
