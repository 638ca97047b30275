//! The whole system, started for tests from outside: `latchkey up` on free ports.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::service::{self, Service};

/// All tests come from one address, and together they are busier than any person.
const NO_LIMITS: [(&str, &str); 7] = [
    ("LATCHKEY_PORTAL__LIMITS__SIGN_ON_PER_MINUTE", "1000000"),
    (
        "LATCHKEY_PORTAL__LIMITS__REGISTRATION_PER_MINUTE",
        "1000000",
    ),
    ("LATCHKEY_PORTAL__LIMITS__RECOVERY_PER_MINUTE", "1000000"),
    ("LATCHKEY_IDP__LIMITS__AUTHORIZATIONS_PER_MINUTE", "1000000"),
    ("LATCHKEY_IDP__LIMITS__SIGN_ONS_PER_MINUTE", "1000000"),
    ("LATCHKEY_IDP__LIMITS__REGISTRATIONS_PER_HOUR", "1000000"),
    ("LATCHKEY_IDP__LIMITS__RECOVERIES_PER_HOUR", "1000000"),
];

/// The ports of a proxy, and of the servers behind it.
pub(crate) struct Fronts {
    pub(crate) portal: u16,
    pub(crate) idp: u16,
    pub(crate) portal_behind: u16,
    pub(crate) idp_behind: u16,
}

impl Fronts {
    /// Ports on which nobody listens.
    pub(crate) fn free() -> anyhow::Result<Self> {
        Ok(Self {
            portal: service::free_port()?,
            idp: service::free_port()?,
            portal_behind: service::free_port()?,
            idp_behind: service::free_port()?,
        })
    }
}

/// A running Latchkey with throw-away data; stops when dropped.
pub(crate) struct System {
    #[cfg_attr(
        not(feature = "bench"),
        expect(dead_code, reason = "held so that it runs")
    )]
    pub(crate) service: Service,
    folder: PathBuf,
}

impl System {
    /// Starts the program with data that goes when it stops.
    pub(crate) fn start(program: &Path) -> anyhow::Result<Self> {
        Self::launch(program, &["--ephemeral".as_ref()], &[])
    }

    /// Starts the program behind a proxy that has this certificate, without TLS of its own.
    pub(crate) fn start_behind(
        program: &Path,
        fronts: &Fronts,
        certificate: &Path,
    ) -> anyhow::Result<Self> {
        let portal = format!("https://localhost:{}/", fronts.portal);
        let idp = format!("https://localhost:{}/", fronts.idp);
        let authority = certificate.display().to_string();
        let variables = [
            ("LATCHKEY_TLS__MODE", "off"),
            ("LATCHKEY_PROXY__TRUSTED", "127.0.0.1"),
            ("LATCHKEY_PORTAL__PUBLIC_URL", portal.as_str()),
            ("LATCHKEY_IDP__PUBLIC_URL", &idp),
            ("LATCHKEY_PORTAL__PINGONE__CA_FILE", &authority),
        ];
        let ports = [fronts.portal_behind, fronts.idp_behind];
        let system = Self::listen(
            program,
            &["--ephemeral".as_ref()],
            &variables,
            "127.0.0.1",
            ports,
        )?;
        // To those who come by the proxy its certificate is what the local authority's would be.
        let file = system.environment_file();
        let text = fs::read_to_string(&file).context("could not read the environment file")?;
        let lines = text
            .lines()
            .map(|line| match line.strip_prefix("CA_FILE=") {
                Some(_) => format!("CA_FILE={authority}\n"),
                None => format!("{line}\n"),
            });
        fs::write(&file, lines.collect::<String>()).context("could not name the authority")?;
        Ok(system)
    }

    /// Starts the program with its metrics at this address.
    pub(crate) fn start_watched(program: &Path, metrics: &str) -> anyhow::Result<Self> {
        let variables = [("LATCHKEY_METRICS__LISTEN", metrics)];
        Self::launch(program, &["--ephemeral".as_ref()], &variables)
    }

    /// Starts the program with another path to programs.
    pub(crate) fn start_with_path(program: &Path, path: &str) -> anyhow::Result<Self> {
        Self::launch(program, &["--ephemeral".as_ref()], &[("PATH", path)])
    }

    /// The same, with more environment variables.
    #[cfg(feature = "bench")]
    pub(crate) fn start_with(
        program: &Path,
        variables: &[(&'static str, &'static str)],
    ) -> anyhow::Result<Self> {
        Self::launch(program, &["--ephemeral".as_ref()], variables)
    }

    /// Starts the program on a data directory that stays.
    #[cfg(feature = "bench")]
    pub(crate) fn start_on(program: &Path, data: &Path) -> anyhow::Result<Self> {
        Self::launch(program, &["--data-dir".as_ref(), data.as_os_str()], &[])
    }

    /// Starts the program and waits for its environment file, which it writes before it is ready,
    /// and for both ports.
    fn launch(program: &Path, data: &[&OsStr], variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let ports = [service::free_port()?, service::free_port()?];
        Self::listen(program, data, variables, "localhost", ports)
    }

    fn listen(
        program: &Path,
        data: &[&OsStr],
        variables: &[(&str, &str)],
        host: &str,
        [portal, idp]: [u16; 2],
    ) -> anyhow::Result<Self> {
        let folder = service::temporary_folder("system")?;
        let file = folder.join("env");
        let mut command = service::tied_to_us(program, "TERM", None)
            .arg("up")
            .args(data)
            .arg("--env-file")
            .arg(&file)
            .args(["--portal-listen", &format!("{host}:{portal}")])
            .args(["--idp-listen", &format!("{host}:{idp}")])
            .envs(NO_LIMITS);
        for (name, value) in variables {
            command = command.env(name, value);
        }
        let log = folder.join("log");
        let service = Service::start(command, "-TERM", folder.clone(), &log)?;
        let answers = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        service
            .wait_until(Duration::from_secs(30), || {
                file.is_file() && answers(portal) && answers(idp)
            })
            .with_context(|| {
                let log = fs::read_to_string(&log).unwrap_or_default();
                format!("`latchkey up` did not start:\n{log}")
            })?;
        Ok(Self { service, folder })
    }

    /// What the environment file says.
    pub(crate) fn settings(&self) -> anyhow::Result<Vec<(String, String)>> {
        let text = fs::read_to_string(self.environment_file())
            .context("could not read the environment file")?;
        Ok(text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
            .collect())
    }

    /// One value of the environment file.
    #[cfg(feature = "bench")]
    pub(crate) fn setting(&self, name: &str) -> anyhow::Result<String> {
        let mut settings = self.settings()?.into_iter();
        let found = settings
            .find(|(found, _)| found == name)
            .map(|(_, value)| value);
        found.with_context(|| format!("{name} is not in the environment file"))
    }

    /// The local certificate authority, as PEM.
    #[cfg(feature = "bench")]
    pub(crate) fn authority(&self) -> anyhow::Result<String> {
        fs::read_to_string(self.setting("CA_FILE")?).context("could not read the authority")
    }

    /// Where its environment file is.
    pub(crate) fn environment_file(&self) -> PathBuf {
        self.folder.join("env")
    }

    /// Where its log is.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}
