//! `cargo xtask bench`: what a release build needs, each figure beside its limit or its peer.
//!
//! Figure and peer are measured in the same run, on the same machine. CPU is what the kernel
//! counted for the process, so that what else runs here does not matter much.

mod beside;
mod disk;
mod hammer;
mod kernel;
mod load;
mod machine;
mod peers;
mod report;
mod requests;
mod scale;
mod sign_on;
mod start;

use std::path::Path;

use anyhow::Context;

use crate::{root, target};

/// Runs every measurement, or those of the rows that contain one of the `arguments`; whether each
/// figure keeps its limit. Only a whole table is kept. `--static FILE` before them names the static
/// program that is measured beside the other one, where it is not the one of `cargo xtask release`.
///
/// `hello PORT` is this program as the peer that discovery is compared with.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    if let ["hello", port] = arguments {
        runtime.block_on(peers::hello_world(port.parse().context("not a port")?))?;
        return Ok(true);
    }
    let (arguments, released) = match arguments {
        ["--static", released, rest @ ..] => (rest, Some(root().join(released))),
        all => (all, None),
    };
    let program = target().join("release/latchkey");
    let mut report = report::Report::of_rows(arguments);
    let outcome = measure(&runtime, &program, &mut report)
        .and_then(|()| beside::measure(&runtime, &program, released.as_deref(), &mut report));
    // What was measured before something failed is worth seeing.
    let is_within_limits = report.print();
    outcome?;
    if arguments.is_empty() {
        report.write(&machine::description())?;
    }
    Ok(is_within_limits)
}

fn measure(
    runtime: &tokio::runtime::Runtime,
    program: &Path,
    report: &mut report::Report,
) -> anyhow::Result<()> {
    start::measure(runtime, program, report)?;
    sign_on::measure(runtime, program, report)?;
    disk::measure(runtime, program, report)?;
    hammer::measure(runtime, program, report)?;
    requests::measure(runtime, program, report)?;
    scale::measure(program, report)
}
