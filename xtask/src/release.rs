//! `cargo xtask release`: what is handed to people who have no Rust, all of it from one commit.
//!
//! One static program, from which everything else follows: archives, a Debian package, the folder
//! that a container is built from, the bill of materials, and the sums of all of them. Nothing in
//! them depends on where or when they were made, or by whom, with one exception: the container's
//! certificate authorities are those that the machine had then.

mod build;
mod package;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::command::Command;
use crate::{prerequisites, root, service, target};

/// What is released: of which version and commit, and for which machines.
struct Release {
    version: String,
    commit: String,
    /// When the commit was made, in seconds since 1970: the date of everything in the archives.
    epoch: String,
    triple: String,
}

/// Makes everything in `target/dist`. `--verify` builds twice and compares; `--try` tries it: in a bare
/// root folder, as container, package and archive; with a path after it, that program, and nothing is
/// built.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    if let ["--try", program] = arguments {
        return trial::run(&root().join(program));
    }
    let (mut verify, mut try_it) = (false, false);
    for argument in arguments {
        match *argument {
            "--verify" => verify = true,
            "--try" => try_it = true,
            other => bail!("`release` knows `--verify` and `--try`, not `{other}`"),
        }
    }
    let release = Release::of_this_commit()?;
    println!(
        "Latchkey {} of commit {} for {}",
        release.version, release.commit, release.triple
    );
    let begun = Instant::now();
    let program = build::build(&release, "release-build")?;
    println!("Built in {} s", begun.elapsed().as_secs());
    let dist = target().join("dist");
    let files = package::all(&release, &program, &dist)?;
    for file in &files {
        let bytes = fs::metadata(file).context("a file is gone")?.len();
        println!("{:>12} bytes  {}", bytes, file.display());
    }
    let mut good = true;
    if verify {
        good &= is_the_same_again(&release, &program, &dist, &files)?;
    }
    if try_it {
        good &= trial::run(&program)?;
    }
    Ok(good)
}

impl Release {
    fn of_this_commit() -> anyhow::Result<Self> {
        let git = |arguments: &[&str]| -> anyhow::Result<String> {
            let said = Command::new("git").args(arguments).read();
            Ok(said
                .context("a release is made of a commit, in a clone of the repository")?
                .trim()
                .to_owned())
        };
        let mut commit = git(&["rev-parse", "--short=12", "HEAD"])?;
        // The archives would not be those of the commit, and they should say so.
        if !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
            commit.push_str(", changed");
        }
        let compiler = Command::new("rustc").arg("-vV").read()?;
        let triple = compiler
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("rustc does not say for which machine it builds")?;
        if !build::KNOWN.contains(&triple) {
            bail!(
                "a release is made for {}, not for {triple}",
                build::KNOWN.join(", ")
            );
        }
        let manifest = fs::read_to_string(root().join("crates/server/Cargo.toml"))
            .context("could not read the program's manifest")?;
        let version = manifest
            .lines()
            .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
            .context("the program's manifest names no version")?;
        Ok(Self {
            version: version.to_owned(),
            commit,
            epoch: git(&["log", "-1", "--format=%ct"])?,
            triple: triple.to_owned(),
        })
    }

    fn is_linux(&self) -> bool {
        self.triple.ends_with("-linux-gnu")
    }

    /// As in `latchkey-0.1.0-x86_64-linux`.
    fn name(&self) -> String {
        let (arch, rest) = self.triple.split_once('-').unwrap_or((&self.triple, ""));
        let system = if rest.contains("apple") {
            "macos"
        } else {
            "linux"
        };
        format!("latchkey-{}-{arch}-{system}", self.version)
    }
}

/// Installs and removes the Debian package with this program in it, which may need shared libraries.
pub(crate) fn install_package(program: &Path) -> anyhow::Result<bool> {
    let folder = service::temporary_folder("package")?;
    // A program of the tests is five times as large as one without what debuggers need.
    let small = folder.join("latchkey");
    Command::new("strip")
        .arg("-o")
        .arg(&small)
        .arg(program)
        .succeed()?;
    let package = package::for_installation(&Release::of_this_commit()?, &small, &folder)?;
    let mut outcomes = trial::Outcomes::new();
    trial::installed::check(&package, &mut outcomes)?;
    fs::remove_dir_all(&folder).context("could not clear a folder")?;
    Ok(outcomes.are_good())
}

/// A person's who lets nobody else read what they make.
const OTHER_UMASK: u32 = 0o077;

/// Makes everything once more, elsewhere and with another umask, and compares byte by byte.
fn is_the_same_again(
    release: &Release,
    program: &Path,
    dist: &Path,
    files: &[PathBuf],
) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let usual = umask(Mode::from_raw_mode(OTHER_UMASK));
    let again = build::build(release, "release-build-again")?;
    println!("Built again in {} s", begun.elapsed().as_secs());
    let folder = target().join("dist-again");
    let others = package::all(release, &again, &folder)?;
    umask(usual);
    let mut same = is_same(program, &again)?;
    for (file, other) in files.iter().zip(&others) {
        same &= is_same(file, other)?;
    }
    if same && files.len() == others.len() {
        println!(
            "Both builds are the same: {} files and the program, byte by byte",
            files.len()
        );
        // Only what differs is worth its room.
        for folder in [folder, target().join("release-build-again")] {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("could not clear {}", folder.display()))?;
        }
        return Ok(true);
    }
    println!("Compare {} with {}", dist.display(), folder.display());
    Ok(false)
}

fn is_same(one: &Path, other: &Path) -> anyhow::Result<bool> {
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("could not read {}", path.display()));
    let (left, right) = (read(one)?, read(other)?);
    if left == right {
        return Ok(true);
    }
    let place = left
        .iter()
        .zip(&right)
        .position(|(left, right)| left != right);
    println!(
        "{} and {} differ, first at byte {}",
        one.display(),
        other.display(),
        place.unwrap_or(left.len().min(right.len()))
    );
    Ok(false)
}

/// The bill of materials: what the program is made of, in the form of `CycloneDX`.
fn bill_of_materials(release: &Release, into: &Path) -> anyhow::Result<()> {
    const NAME: &str = "latchkey-sbom";
    Command::new(prerequisites::CARGO_CYCLONEDX.path()?)
        .args([
            "cyclonedx",
            "--quiet",
            "--format=json",
            "--spec-version=1.5",
        ])
        .args(["--no-build-deps", "--override-filename", NAME, "--target"])
        .arg(&release.triple)
        .arg("--manifest-path")
        .arg(root().join("crates/server/Cargo.toml"))
        .env("SOURCE_DATE_EPOCH", &release.epoch)
        .succeed()?;
    // It writes one for each package of the workspace, beside its manifest.
    let name = format!("{NAME}.json");
    let mut text = None;
    let mut folders = vec![root().join("xtask")];
    for entry in fs::read_dir(root().join("crates")).context("could not list the crates")? {
        folders.push(entry?.path());
    }
    for folder in folders {
        let file = folder.join(&name);
        if folder.ends_with("crates/server") {
            text = Some(fs::read_to_string(&file).context("no bill of materials was written")?);
        }
        if file.exists() {
            fs::remove_file(&file).context("could not clear a bill of materials")?;
        }
    }
    let text = text.context("there is no bill of the program's materials")?;
    let here = format!("file://{}", root().display());
    fs::write(into, text.replace(&here, "file:///latchkey"))
        .context("could not write the bill of materials")
}
