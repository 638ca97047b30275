//! The archive in the hands of somebody who has no Rust: unpacked, started and signed on to in a
//! browser within a minute, and then used by test suites in other languages.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::Outcomes;
use crate::command::Command;
use crate::system::System;
use crate::tally::Tally;
use crate::{clients, prerequisites, root, service, steps};

/// From the archive to a browser in which somebody is signed on.
const MINUTE: Duration = Duration::from_mins(1);

/// Takes the minute, then lets the walkthrough and the suites of the archive run.
pub(super) fn check(
    archive: &Path,
    tally: &mut Tally,
    outcomes: &mut Outcomes,
) -> anyhow::Result<()> {
    prerequisites::for_browser_tests()?;
    let node = prerequisites::node()?;
    let folder = service::temporary_folder("unpacked")?;
    let path = path_without_rust(&folder.join("programs"))?;
    for program in ["cargo", "rustc"] {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .env("PATH", &path)
            .works();
        outcomes.say(&format!("there is no {program} on the path"), !found);
    }

    let begun = Instant::now();
    let release = unpacked(archive, &folder)?;
    let program = release.join("bin/latchkey");
    let system = System::start_with_path(&program, &path)?;
    let journey = root().join("tests/browser/first-sign-on.js");
    let signed_on = steps::journeys(&node, &system, vec![journey])?
        .env("PATH", &path)
        .run_seeing(|line| tally.see_node(line))?;
    let took = begun.elapsed();
    outcomes.say(
        &format!(
            "from the archive to a browser that is signed on: {:.1} s, of {} s",
            took.as_secs_f64(),
            MINUTE.as_secs()
        ),
        signed_on && took <= MINUTE,
    );
    outcomes.say(
        "people can do what the walkthrough does",
        clients::walk_through(tally, &system)?,
    );
    drop(system);
    let suites = clients::suites_with(&node, &program)
        .arg(release.join("share/doc/latchkey"))
        .env("PATH", &path)
        .run_seeing(|line| tally.see_node(line))?;
    outcomes.say("the archive's test suites pass with its program", suites);
    fs::remove_dir_all(&folder).context("could not clear a folder")?;
    Ok(())
}

/// Unpacks the archive and gives the folder in it.
fn unpacked(archive: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let place = folder.join("archive");
    fs::create_dir(&place).context("could not make a folder")?;
    Command::new("tar")
        .arg("-xzf")
        .arg(archive)
        .arg("-C")
        .arg(&place)
        .succeed()?;
    let mut entries = fs::read_dir(&place).context("could not list the archive")?;
    let entry = entries.next().context("the archive is empty")?;
    Ok(entry.context("could not list the archive")?.path())
}

/// The path of this machine without Rust: of a folder that has some of it, everything else.
fn path_without_rust(place: &Path) -> anyhow::Result<String> {
    let path = std::env::var_os("PATH").context("there is no PATH")?;
    let mut folders = Vec::new();
    for (number, folder) in std::env::split_paths(&path).enumerate() {
        let is_of_rust = |name: &str| {
            ["cargo", "rustc", "rustup", "rustdoc"]
                .iter()
                .any(|start| name.starts_with(start))
        };
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let entries = entries.collect::<Result<Vec<_>, _>>();
        let entries = entries.with_context(|| format!("could not list {}", folder.display()))?;
        let (rust, others): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .partition(|entry| is_of_rust(&entry.file_name().to_string_lossy()));
        if rust.is_empty() {
            folders.push(folder);
            continue;
        }
        let instead = place.join(number.to_string());
        fs::create_dir_all(&instead).context("could not make a folder")?;
        for entry in others {
            symlink(entry.path(), instead.join(entry.file_name()))
                .context("could not link a program")?;
        }
        folders.push(instead);
    }
    let joined = std::env::join_paths(folders).context("a folder's name has a colon")?;
    joined.into_string().ok().context("the PATH is not UTF-8")
}
