//! Tasks of the repository: `cargo xtask help` lists them.
//!
//! It depends on next to nothing, so that it is built in seconds before anything else is.
#![expect(
    clippy::print_stdout,
    reason = "a task runner talks to the person who started it"
)]

mod book;
mod certificate;
#[cfg(test)]
mod changelog;
mod clients;
mod command;
mod deploy;
#[cfg(test)]
mod errors;
mod generated;
#[cfg(test)]
mod growth;
mod layers;
mod looked_at;
#[cfg(test)]
mod named_tests;
mod parts;
mod postgres;
mod prerequisites;
mod program;
mod release;
mod service;
mod steps;
mod system;
mod tally;
mod tutorial;

#[cfg(feature = "bench")]
mod bench;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

const HELP: &str = "\
Tasks of the repository:

  cargo xtask test                 install what the tests need, then check and test everything
  cargo xtask test --only STEP     one step (may be given several times)
  cargo xtask generate             write the generated files anew
  cargo xtask book                 lay the book out, and build it where mdBook is installed
  cargo xtask pictures             take the pictures of docs/pages.md anew
  cargo xtask bench [PART …]       measure a release build beside its limits and peers; with PARTs,
                                   only rows whose names contain one, and without keeping the table
  cargo xtask bench --static FILE [PART …]
                                   the same with this program as the static one, which is measured
                                   beside the other (rows `static:`)
  cargo xtask release [--verify] [--try]
                                   make the archives, packages and sums of a release in target/dist;
                                   --verify builds twice and compares, --try runs the program in a
                                   bare root folder, the image, the package, and the archive with a
                                   browser and test suites
  cargo xtask release --try FILE   the same with a program that is there already
  cargo xtask help                 this text

Steps of the test, in order:

";

fn main() -> ExitCode {
    service::stop_on_signals();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Carries out what the arguments ask for; `false` means that it ran and found something wrong.
fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    match arguments {
        ["test", rest @ ..] => steps::run(&only(rest)?),
        ["generate"] => generated::write().map(|()| true),
        ["book"] => book::build(),
        ["pictures"] => steps::take_pictures(),
        ["bench", rest @ ..] => bench(rest),
        ["release", rest @ ..] => release::run(rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            for step in steps::ALL {
                println!("  {:<10} {}", step.name, step.what);
            }
            Ok(true)
        }
        [unknown, ..] => bail!("there is no task `{unknown}`; `cargo xtask help` lists them"),
    }
}

/// The steps named by `--only`, or all of them.
fn only(arguments: &[&str]) -> anyhow::Result<Vec<&'static steps::Step>> {
    if arguments.is_empty() {
        return Ok(steps::ALL.iter().collect());
    }
    let mut chosen = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let name = match (*argument, rest.next()) {
            ("--only", Some(name)) => *name,
            ("--only", None) => bail!("`--only` wants the name of a step after it"),
            (other, _) => bail!("`test` knows `--only STEP`, not `{other}`"),
        };
        let Some(step) = steps::ALL.iter().find(|step| step.name == name) else {
            let names: Vec<_> = steps::ALL.iter().map(|step| step.name).collect();
            bail!(
                "there is no step `{name}`; the steps are {}",
                names.join(", ")
            );
        };
        chosen.push(step);
    }
    Ok(chosen)
}

/// Measures, in this process when it was built to, otherwise by building one that can.
///
/// The measuring part needs an HTTP client and the cryptography, which `test` should not wait for.
#[cfg(not(feature = "bench"))]
fn bench(arguments: &[&str]) -> anyhow::Result<bool> {
    command::Command::new("cargo")
        .args(["build", "--release", "--package", "latchkey"])
        .succeed()?;
    let succeeded = command::Command::new("cargo")
        .args([
            "run",
            "--release",
            "--package",
            "xtask",
            "--features",
            "bench",
            "--",
            "bench",
        ])
        .args(arguments)
        .run()?;
    Ok(succeeded)
}

#[cfg(feature = "bench")]
fn bench(arguments: &[&str]) -> anyhow::Result<bool> {
    bench::run(arguments)
}

/// The repository's root folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The folder in which Cargo keeps what it has downloaded.
fn cargo_home() -> anyhow::Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(folder) => Ok(folder.into()),
        None => Ok(std::env::home_dir()
            .context("there is no home folder")?
            .join(".cargo")),
    }
}
