//! What the figures were measured on.

use std::fs;

use crate::command::Command;

/// Cores, processor, kernel and compiler in one line.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    // The release alone: what a distribution adds may name a machine.
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok();
    let kernel = kernel.map(|release| {
        let release = release.trim();
        release.split('-').next().unwrap_or(release).to_owned()
    });
    let compiler = Command::new("rustc").arg("--version").read();
    format!(
        "{cores} cores of {}, Linux {}, {}",
        processor.as_deref().unwrap_or("an unknown processor"),
        kernel.as_deref().unwrap_or("(unknown)"),
        compiler.as_deref().map_or("an unknown compiler", str::trim),
    )
}
