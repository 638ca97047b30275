//! A PostgreSQL of the tests' own: one cluster per run, in memory-like settings, on a free port.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::certificate;
use crate::command::{Command, find_on_path, is_root};
use crate::service::{self, Service};

/// PostgreSQL refuses to run as root, so root runs it as the user that Debian's package made.
const USER: &str = "postgres";

/// The names that its certificate is for. The address 127.0.0.1 is not among them, so that a client
/// which does not look at names is found.
const NAMES: &str = "DNS:localhost,DNS:db.latchkey.test";

/// A running cluster; stops, and leaves nothing, when dropped.
pub(crate) struct Postgres {
    _service: Service,
    port: u16,
    authority: PathBuf,
}

impl Postgres {
    /// Makes a cluster and waits until it answers.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let programs = programs().context("PostgreSQL's programs are not here")?;
        let user = is_root().then_some(USER);
        let folder = service::temporary_folder("postgres")?;
        let certificate = certificate::for_names(&folder, NAMES)?;
        if user.is_some() {
            Command::new("chown")
                .args(["--recursive", USER])
                .arg(&folder)
                .quiet()
                .succeed()?;
        }
        let data = folder.join("data");
        service::tied_to_us(&programs.join("initdb"), "KILL", user)
            .arg("--pgdata")
            .arg(&data)
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"])
            .folder(&folder)
            .read()
            .context("could not make a PostgreSQL cluster")?;

        let port = service::free_port()?;
        // Nothing here has to survive, and every test opens connections of its own.
        let settings = ["fsync=off", "full_page_writes=off", "max_connections=400"];
        let command = service::tied_to_us(&programs.join("postgres"), "INT", user)
            .arg("-D")
            .arg(&data)
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
            .arg(&folder)
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .args(["-c", "ssl=on"])
            .args([
                "-c",
                &format!("ssl_cert_file={}", certificate.file.display()),
            ])
            .args(["-c", &format!("ssl_key_file={}", certificate.key.display())])
            .folder(&folder);
        let log = folder.join("log");
        let service = Service::start(command, "-INT", folder, &log)?;
        let ready = || {
            Command::new(programs.join("pg_isready"))
                .args(["--quiet", "--host=127.0.0.1", "--port", &port.to_string()])
                .works()
        };
        service
            .wait_until(Duration::from_secs(30), ready)
            .with_context(|| {
                format!(
                    "PostgreSQL did not start: {}",
                    fs::read_to_string(&log).unwrap_or_default()
                )
            })?;
        println!("PostgreSQL listens on port {port} until the tests are over");
        Ok(Self {
            _service: service,
            port,
            authority: certificate.file,
        })
    }

    /// Where it is, for the tests.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The file of the authority that signed its certificate.
    pub(crate) fn authority(&self) -> &Path {
        &self.authority
    }
}

/// The folder of PostgreSQL's server programs: Debian keeps it, by version, off the path.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .filter(|entry| entry.path().join("bin/initdb").is_file())
        .max_by_key(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .parse::<u32>()
                .unwrap_or(0)
        })
        .map(|entry| entry.path().join("bin"));
    newest.or_else(|| find_on_path("initdb")?.parent().map(PathBuf::from))
}
