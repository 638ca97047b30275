//! What the kernel knows about a process: CPU time and resident memory.

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// Ticks of `/proc/PID/stat` in a second: 100 on every Linux that has not been rebuilt.
const TICKS: u64 = 100;

/// The CPU time that a process has used, in steps of 10 ms.
pub(crate) fn cpu_of(process: u32) -> anyhow::Result<Duration> {
    read_cpu(&format!("/proc/{process}/stat"))
}

/// The CPU time that the calling thread has used, in steps of 10 ms.
pub(crate) fn cpu_of_thread() -> anyhow::Result<Duration> {
    read_cpu("/proc/thread-self/stat")
}

/// The resident memory of a process in megabytes (10^6 bytes).
pub(crate) fn memory_of(process: u32) -> anyhow::Result<f64> {
    memory(process, "VmRSS:")
}

/// The most that a process has ever held.
pub(crate) fn most_memory_of(process: u32) -> anyhow::Result<f64> {
    memory(process, "VmHWM:")
}

fn memory(process: u32, which: &str) -> anyhow::Result<f64> {
    let status =
        fs::read_to_string(format!("/proc/{process}/status")).context("the process is gone")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(which))
        .context("no such line")?;
    let kibibytes: f64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .context("not a size")?;
    Ok(kibibytes * 1024.0 / 1e6)
}

fn read_cpu(file: &str) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(file).context("the process is gone")?;
    // The second field is a name in brackets that may hold anything; fields are counted behind it.
    let (_, fields) = stat.rsplit_once(") ").context("not a stat file")?;
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|n| n.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}
