//! The program that the tests start and that writes the generated files.

use std::path::PathBuf;

use crate::command::Command;
use crate::target;

/// Builds the program, together with the tests: exactly what the test step has built before.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bins",
            "--tests",
            "--examples",
        ])
        .succeed()?;
    Ok(target().join("debug/latchkey"))
}
