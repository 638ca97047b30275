//! Programs in another language that do what people and applications do, against a running system.

use std::path::Path;

use crate::command::Command;
use crate::system::System;
use crate::tally::Tally;
use crate::{prerequisites, root, service};

/// Does with nothing but Node's standard library and the environment file what a file of
/// `tests/clients` says: `walkthrough.mjs` what people do, `examples.mjs` what the documentation
/// shows in several languages.
pub(crate) fn run(
    tally: &mut Tally,
    node: &Path,
    system: &System,
    file: &str,
) -> anyhow::Result<bool> {
    service::tied_to_us(node, "TERM", None)
        .arg("--test-reporter=spec")
        .arg(root().join("tests/clients").join(file))
        .arg(system.environment_file())
        .run_seeing(|line| tally.see_node(line))
}

/// Runs the examples of test suites in several languages, each of which starts the program itself.
pub(crate) fn suites(tally: &mut Tally, node: &Path, program: &Path) -> anyhow::Result<bool> {
    suites_with(node, program).run_seeing(|line| tally.see_node(line))
}

/// How they are run; a folder that follows has examples of its own.
pub(crate) fn suites_with(node: &Path, program: &Path) -> Command {
    service::tied_to_us(node, "TERM", None)
        .arg("--test-reporter=spec")
        .arg(root().join("tests/clients/suites.mjs"))
        .arg(program)
}

/// What people do, at a system that runs.
pub(crate) fn walk_through(tally: &mut Tally, system: &System) -> anyhow::Result<bool> {
    run(tally, &prerequisites::node()?, system, "walkthrough.mjs")
}
