//! The steps of `cargo xtask test`, their order, and the report at the end.
//!
//! The order shares what is compiled: clippy leaves the checked dependencies that the documentation
//! needs, the tests leave the program that the browser tests start. Nothing is built optimised.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::command::Command;
use crate::postgres::Postgres;
use crate::system::System;
use crate::tally::Tally;
use crate::{
    cargo_home, clients, deploy, generated, layers, looked_at, prerequisites, program, root,
    service, target, tutorial,
};

/// One thing that `cargo xtask test` checks.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    run: fn(&mut Tally) -> anyhow::Result<bool>,
}

/// Every step, in the order in which they run.
pub(crate) const ALL: &[Step] = &[
    Step {
        name: "fmt",
        what: "the code is formatted",
        run: fmt,
    },
    Step {
        name: "layers",
        what: "imports run down the layers of ARCHITECTURE.md, without a circle",
        run: layers,
    },
    Step {
        name: "clippy",
        what: "the lints of the workspace find nothing",
        run: clippy,
    },
    Step {
        name: "fuzz",
        what: "the fuzz targets compile",
        run: fuzz,
    },
    Step {
        name: "deny",
        what: "licences, sources and advisories of dependencies",
        run: deny,
    },
    Step {
        name: "unused",
        what: "every dependency is used",
        run: unused,
    },
    Step {
        name: "test",
        what: "unit, contract and HTTP tests, on both databases",
        run: test,
    },
    Step {
        name: "doc",
        what: "the documentation builds without warnings",
        run: doc,
    },
    Step {
        name: "package",
        what: "the published crates build from their packages, and the tutorial's application",
        run: package,
    },
    Step {
        name: "browser",
        what: "the pages in Chromium, clients and test suites in other languages, over HTTPS",
        run: browser,
    },
    Step {
        name: "api",
        what: "the management API keeps to its OpenAPI document, whatever it is sent",
        run: api,
    },
    Step {
        name: "deploy",
        what: "the unit and the examples of running it, through nginx and Caddy, and Prometheus that reads it",
        run: deploy::check,
    },
    Step {
        name: "generated",
        what: "the generated files are current",
        run: generated,
    },
];

/// Clippy and rustdoc look at the same code, so that they can share what they compile.
const EVERYTHING: [&str; 3] = ["--workspace", "--features", "xtask/bench"];

/// Runs the steps, all of them even after a failure, and reports; whether all went well.
pub(crate) fn run(steps: &[&Step]) -> anyhow::Result<bool> {
    if steps.len() == ALL.len() {
        prerequisites::for_all()?;
    }
    let begun = Instant::now();
    let mut tally = Tally::default();
    let mut report = Vec::new();
    for step in steps {
        println!("\n== {}: {}", step.name, step.what);
        let (start, before) = (Instant::now(), tally);
        let ran = (step.run)(&mut tally).unwrap_or_else(|error| {
            println!("{}: {error:#}", step.name);
            false
        });
        // A runner calls it a success when its tests were skipped.
        let passed = ran && tally.failed == before.failed;
        // A failure that no test stands for counts as one, so that the last line tells the truth.
        if !passed && tally.failed == before.failed {
            tally.failed += 1;
        }
        report.push((step.name, passed, start.elapsed()));
    }

    println!();
    for (name, passed, time) in &report {
        println!(
            "{name:<10} {:<7} {:>8}",
            if *passed { "ok" } else { "FAILED" },
            clock(*time)
        );
    }
    println!("{:<10} {:<7} {:>8}", "all", "", clock(begun.elapsed()));
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    Ok(report.iter().all(|(_, passed, _)| *passed))
}

fn fmt(_: &mut Tally) -> anyhow::Result<bool> {
    Command::new("cargo")
        .args(["fmt", "--all", "--check"])
        .run()
}

fn layers(_: &mut Tally) -> anyhow::Result<bool> {
    layers::check()
}

fn clippy(_: &mut Tally) -> anyhow::Result<bool> {
    Command::new("cargo")
        .args(["clippy", "--quiet", "--locked", "--all-targets"])
        .args(EVERYTHING)
        .args(["--", "-D", "warnings"])
        .run()
}

/// Checks the fuzz targets, which lie outside the workspace, with what clippy has left of their
/// dependencies. libFuzzer itself is C++, and nothing is linked here: it is named and not built.
fn fuzz(_: &mut Tally) -> anyhow::Result<bool> {
    Command::new("cargo")
        .args(["check", "--quiet", "--locked", "--bins", "--manifest-path"])
        .arg(root().join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(target())
        .env("CUSTOM_LIBFUZZER_PATH", "/nowhere/libfuzzer.a")
        .run()
}

fn deny(_: &mut Tally) -> anyhow::Result<bool> {
    let program = prerequisites::CARGO_DENY.path()?;
    let rest = Command::new(&program)
        .args([
            "--locked",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ])
        .run()?;
    Ok(advisories(program)? && rest)
}

/// Checks the advisories against a packed copy of the database where one lies beside the
/// repository, otherwise against the database itself, which not every machine can reach.
fn advisories(program: PathBuf) -> anyhow::Result<bool> {
    let copy = root().join("../shared/advisory-db.tar.gz");
    if !copy.is_file() {
        println!("No copy of the advisory database here: fetching it");
        let fetched = Command::new(&program).arg("fetch").arg("db").works();
        if !fetched {
            println!("It cannot be fetched from here, so the advisories are NOT checked this time");
            return Ok(true);
        }
        return Command::new(program)
            .args(["--locked", "check", "advisories"])
            .run();
    }
    // cargo-deny looks for a clone under a name that it derives from the database's address.
    let databases = target().join("tools/advisories");
    let clone = databases.join("advisory-db-3157b0e258782691");
    drop(fs::remove_dir_all(&clone));
    fs::create_dir_all(&clone)?;
    Command::new("tar")
        .arg("-xzf")
        .arg(&copy)
        .arg("-C")
        .arg(&clone)
        .quiet()
        .succeed()?;
    let git = |arguments: &[&str]| {
        Command::new("git")
            .args([
                "-c",
                "user.name=advisories",
                "-c",
                "user.email=advisories@localhost",
            ])
            .args(arguments)
            .folder(&clone)
            .quiet()
            .read()
    };
    git(&["init", "--quiet"])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "--message", "advisories"])?;
    let settings = target().join("tools/deny-offline.toml");
    let ours = fs::read_to_string(root().join("deny.toml"))?;
    let path = format!(
        "[advisories]\ndb-path = {:?}",
        databases.display().to_string()
    );
    fs::write(&settings, ours.replace("[advisories]", &path))?;
    Command::new(program)
        .args(["--locked", "--offline", "--config"])
        .arg(settings)
        .args(["check", "advisories"])
        .run()
}

fn unused(_: &mut Tally) -> anyhow::Result<bool> {
    Command::new(prerequisites::CARGO_MACHETE.path()?)
        .args(["crates", "xtask"])
        .run()
}

fn test(tally: &mut Tally) -> anyhow::Result<bool> {
    prerequisites::for_database_tests()?;
    let postgres = Postgres::start()?;
    service::tied_to_us("cargo".as_ref(), "TERM", None)
        .args(["test", "--locked", "--workspace", "--no-fail-fast"])
        .env("TEST_POSTGRES_URL", postgres.url())
        .env("TEST_POSTGRES_CA", postgres.authority())
        .run_seeing(|line| tally.see_cargo(line))
}

fn doc(_: &mut Tally) -> anyhow::Result<bool> {
    Command::new("cargo")
        .args([
            "doc",
            "--quiet",
            "--locked",
            "--no-deps",
            "--document-private-items",
        ])
        .args(EVERYTHING)
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
}

/// What is published, in the order of dependence.
pub(crate) const PUBLISHED: &[&str] = &[
    "pingone-protocol",
    "pingone",
    "pingone-axum",
    "latchkey-testkit",
];

/// Packages what is published, and builds each from its package alone; then what a reader of the
/// tutorial builds upon them.
fn package(_: &mut Tally) -> anyhow::Result<bool> {
    let folder = target().join("packages");
    forget_packages(&folder)?;
    let mut command =
        Command::new("cargo").args(["package", "--quiet", "--locked", "--allow-dirty"]);
    for name in PUBLISHED {
        command = command.args(["-p", name]);
    }
    let packages = command.env("CARGO_TARGET_DIR", folder).run()?;
    Ok(tutorial::check()? && packages)
}

/// Removes what an earlier run unpacked and built of the published packages: Cargo takes it for
/// what this run's would be, as long as the version is the same.
fn forget_packages(folder: &Path) -> anyhow::Result<()> {
    let is_published = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        PUBLISHED.iter().any(|published| {
            let rest = name
                .strip_prefix(published)
                .and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric()))
        })
    };
    let mut stale = entries(&folder.join("debug/.fingerprint"))?;
    // Where Cargo unpacks has the name of the host that a package came from, which is empty for the
    // registry that `cargo package` makes up.
    for registry in entries(&cargo_home()?.join("registry/src"))? {
        let host = registry.file_name().unwrap_or_default().to_string_lossy();
        if host.starts_with('-') {
            stale.extend(entries(&registry)?);
        }
    }
    for path in stale.iter().filter(|path| is_published(path)) {
        fs::remove_dir_all(path)?;
    }
    Ok(())
}

/// What a folder holds; nothing when there is no such folder.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// The journey that takes the pictures of the documentation. It has a system of its own: what other
/// journeys leave behind is in none of them.
const PICTURES: &str = "pictures.test.js";

/// Takes the pictures of docs/pages.md anew.
pub(crate) fn take_pictures() -> anyhow::Result<bool> {
    prerequisites::for_browser_tests()?;
    let node = prerequisites::node()?;
    pictures(&node, &program::build()?, |journey| {
        journey.env("PICTURES", "write").run()
    })
}

fn pictures(
    node: &Path,
    program: &Path,
    run: impl FnOnce(Command) -> anyhow::Result<bool>,
) -> anyhow::Result<bool> {
    let system = System::start(program)?;
    let journey = root().join("tests/browser").join(PICTURES);
    run(journeys(node, &system, vec![journey])?)
}

fn browser(tally: &mut Tally) -> anyhow::Result<bool> {
    prerequisites::for_browser_tests()?;
    let node = prerequisites::node()?;
    let program = program::build()?;
    let system = System::start(&program)?;
    let tests = root().join("tests/browser");
    let mut files = Vec::new();
    for entry in fs::read_dir(&tests)? {
        let file = entry?.path();
        if file.to_string_lossy().ends_with(".test.js") && !file.ends_with(PICTURES) {
            files.push(file);
        }
    }
    files.sort();
    let screenshots = screenshots();
    drop(fs::remove_file(screenshots.join(looked_at::LOOKED_AT)));
    let pages = journeys(&node, &system, files)?.run_seeing(|line| tally.see_node(line))?;
    let pages = pictures(&node, &program, |journey| {
        journey.run_seeing(|line| tally.see_node(line))
    })? && pages;
    let pages = looked_at::check(&screenshots)? && pages;
    let examples = clients::run(tally, &node, &system, "examples.mjs")?;
    let suites = clients::suites(tally, &node, &program)?;
    Ok(clients::run(tally, &node, &system, "walkthrough.mjs")? && pages && examples && suites)
}

/// Where the browser tests leave pictures of what they saw.
fn screenshots() -> PathBuf {
    target().join("screenshots")
}

/// Runs these files of journeys against a system.
pub(crate) fn journeys(
    node: &Path,
    system: &System,
    files: Vec<PathBuf>,
) -> anyhow::Result<Command> {
    let mut command = service::tied_to_us(node, "TERM", None)
        .args(["--test", "--test-reporter=spec"])
        .args(files)
        .folder(&root().join("tests/browser"))
        .env("SCREENSHOTS", screenshots())
        .env("LATCHKEY_LOG", system.log());
    if let Some(chromium) = prerequisites::chromium() {
        command = command.env("CHROMIUM", chromium);
    }
    for (name, value) in system.settings()? {
        if name == "CA_FILE" {
            command = command.env("NODE_EXTRA_CA_CERTS", &value);
        }
        command = command.env(&name, value);
    }
    Ok(command)
}

/// For how many seconds the management API is sent requests out of its document.
const EXAMINED_FOR: &str = "60";

fn api(_: &mut Tally) -> anyhow::Result<bool> {
    let python = prerequisites::for_api_tests()?;
    let system = System::start(&program::build()?)?;
    service::tied_to_us(&python, "TERM", None)
        .arg(root().join("tests/api/examine.py"))
        .arg(system.environment_file())
        .arg(EXAMINED_FOR)
        .run()
}

fn generated(_: &mut Tally) -> anyhow::Result<bool> {
    generated::check(&program::build()?)
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}
