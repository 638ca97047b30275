//! The program of a release: static on Linux, and the same bytes wherever it is built.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;

use super::Release;
use crate::command::Command;
use crate::{cargo_home, root, target};

/// The machines that a release is made for.
pub(super) const KNOWN: [&str; 4] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
];

/// Builds the program in a folder of its own below the target folder.
pub(super) fn build(release: &Release, folder: &str) -> anyhow::Result<PathBuf> {
    let folder = target().join(folder);
    fs::create_dir_all(&folder).context("could not make the build's folder")?;
    let (home, root) = (cargo_home()?, root());
    // The last one that fits counts, and the folder may lie in the repository.
    let places = [(&root, "/latchkey"), (&home, "/cargo"), (&folder, "/build")];
    let mut rust = Vec::new();
    let mut c = configured_c_flags()?;
    for (place, name) in places {
        rust.push(format!("--remap-path-prefix={}={name}", place.display()));
        c = format!("{c} -ffile-prefix-map={}={name}", place.display());
    }
    if release.is_linux() {
        rust.push("-Ctarget-feature=+crt-static".to_owned());
    }
    // With the target named, build scripts and procedural macros, which cannot be static, are built
    // for the host without these flags.
    Command::new("cargo")
        .args(["build", "--release", "--locked", "--package", "latchkey"])
        .arg("--target")
        .arg(&release.triple)
        .arg("--target-dir")
        .arg(&folder)
        .env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}"))
        .env("CFLAGS", c)
        .env("SOURCE_DATE_EPOCH", &release.epoch)
        .env("CARGO_INCREMENTAL", "0")
        .env("BUILD_COMMIT_OF_LATCHKEY", &release.commit)
        .succeed()?;
    Ok(folder.join(&release.triple).join("release/latchkey"))
}

/// What `.cargo/config.toml` gives the C compiler: a variable of ours hides it.
fn configured_c_flags() -> anyhow::Result<String> {
    let settings = fs::read_to_string(root().join(".cargo/config.toml"))
        .context("could not read .cargo/config.toml")?;
    let flags = settings
        .lines()
        .find_map(|line| line.strip_prefix("CFLAGS = \"")?.strip_suffix('"'))
        .context(".cargo/config.toml has no line CFLAGS = \"…\"")?;
    Ok(flags.to_owned())
}
