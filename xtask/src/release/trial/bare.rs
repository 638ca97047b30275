//! The program in a bare root folder: nothing there but itself, the address of a name server, the
//! database's authority, and later a file of certificate authorities.
//!
//! A static program has to look up names, check certificates and reach its database without the
//! shared libraries and files that every other program finds around it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::Outcomes;
use crate::command::Command;
use crate::postgres::Postgres;
use crate::service::{self, Service};

/// A loopback address for the name server, on which this machine has none of its own.
const NAME_SERVER: &str = "127.0.0.77";

/// Where the root folder, in which it is started, has the authority of the database's certificate.
const DATABASE_AUTHORITY: &str = "etc/database-ca.pem";

/// Tries the program there.
pub(super) fn check(program: &Path, outcomes: &mut Outcomes) -> anyhow::Result<()> {
    // A program that wants a shared library does not start here.
    let bare = Bare::start(program)?;
    outcomes.say(
        "`latchkey health` finds both servers ready",
        bare.is_healthy(),
    );
    outcomes.say(
        "an administrator's command looks up the name and checks the certificate",
        bare.lists_users(),
    );
    outcomes.say(
        "without a file of authorities the provider's certificate is refused",
        !bare.reaches_everything()?,
    );
    bare.authorities()?;
    outcomes.say(
        "with it, provider, management API and (over TLS) the database are reached by name",
        bare.reaches_everything()?,
    );
    Ok(())
}

/// Latchkey, running in a root folder that has nothing else.
struct Bare {
    root: PathBuf,
    portal: u16,
    idp: u16,
    database: String,
    _service: Service,
    _names: Service,
    _postgres: Postgres,
}

impl Bare {
    fn start(program: &Path) -> anyhow::Result<Self> {
        let postgres = Postgres::start()?;
        let names = name_server()?;
        let root = service::temporary_folder("bare-root")?;
        fs::create_dir(root.join("etc")).context("could not make /etc")?;
        fs::create_dir(root.join("data")).context("could not make /data")?;
        fs::set_permissions(root.join("data"), fs::Permissions::from_mode(0o700))
            .context("could not close /data")?;
        fs::copy(program, root.join("latchkey")).context("could not copy the program")?;
        fs::write(
            root.join("etc/resolv.conf"),
            format!("nameserver {NAME_SERVER}\n"),
        )
        .context("could not write resolv.conf")?;
        let (portal, idp) = (service::free_port()?, service::free_port()?);
        // The name is looked up, too: the address of the cluster is in no file.
        let database = postgres.url().replace("127.0.0.1", "db.latchkey.test") + "?sslmode=require";
        fs::copy(postgres.authority(), root.join(DATABASE_AUTHORITY))
            .context("could not copy the database's authority")?;
        let log = root.with_extension("log");
        let portal_url = format!("https://portal.latchkey.test:{portal}/");
        let idp_url = format!("https://auth.latchkey.test:{idp}/");
        let variables = [
            ("DATABASE", database.as_str()),
            ("DATABASE_CA_FILE", DATABASE_AUTHORITY),
            ("PORTAL__PUBLIC_URL", &portal_url),
            ("IDP__PUBLIC_URL", &idp_url),
        ];
        let up = ["up", "--data-dir", "/data", "--env-file", "/data/env"];
        let inside = inside(&root, &variables, &up)
            .args(["--portal-listen", &format!("127.0.0.1:{portal}")])
            .args(["--idp-listen", &format!("127.0.0.1:{idp}")]);
        let service = Service::start(inside, "-TERM", root.clone(), &log)?;
        let file = root.join("data/env");
        let answers = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        let started = service.wait_until(Duration::from_mins(1), || {
            file.is_file() && answers(portal) && answers(idp)
        });
        let said = fs::read_to_string(&log).unwrap_or_default();
        fs::remove_file(&log).context("could not clear a log")?;
        started.with_context(|| format!("it did not start in a bare root folder:\n{said}"))?;
        Ok(Self {
            root,
            portal,
            idp,
            database,
            _service: service,
            _names: names,
            _postgres: postgres,
        })
    }

    fn is_healthy(&self) -> bool {
        inside(&self.root, &[], &["health"])
            .args(["--portal-listen", &format!("127.0.0.1:{}", self.portal)])
            .args(["--idp-listen", &format!("127.0.0.1:{}", self.idp)])
            .works()
    }

    fn lists_users(&self) -> bool {
        inside(
            &self.root,
            &[],
            &["user", "list", "--env-file", "/data/env"],
        )
        .read()
        .is_ok_and(|listed| listed.contains("demo@example.com"))
    }

    /// Puts the authority of the environment's certificate where programs look for authorities.
    fn authorities(&self) -> anyhow::Result<()> {
        let folder = self.root.join("etc/ssl/certs");
        fs::create_dir_all(&folder).context("could not make a folder of certificates")?;
        fs::copy(
            self.root.join("data/ca.pem"),
            folder.join("ca-certificates.crt"),
        )
        .context("could not copy the authority")?;
        Ok(())
    }

    /// Whether a portal that knows the environment by its public address alone reaches everything.
    fn reaches_everything(&self) -> anyhow::Result<bool> {
        let text = fs::read_to_string(self.root.join("data/env"))
            .context("could not read the environment file")?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let value = line.and_then(|line| line.strip_prefix('='));
            value.map_or("", |value| value.trim_matches(['"', '\'']))
        };
        let keys = [
            ("PORTAL__SIGN_ON__ISSUER", "ISSUER"),
            ("PORTAL__SIGN_ON__CLIENT_ID", "CLIENT_ID"),
            ("PORTAL__SIGN_ON__CLIENT_SECRET", "CLIENT_SECRET"),
            ("PORTAL__PINGONE__AUTH_URL", "AUTH_URL"),
            ("PORTAL__PINGONE__API_URL", "API_URL"),
            ("PORTAL__PINGONE__ENVIRONMENT_ID", "ENVIRONMENT_ID"),
            ("PORTAL__PINGONE__WORKER_CLIENT_ID", "WORKER_CLIENT_ID"),
            (
                "PORTAL__PINGONE__WORKER_CLIENT_SECRET",
                "WORKER_CLIENT_SECRET",
            ),
        ];
        let mut variables = vec![
            ("DATABASE", self.database.as_str()),
            ("DATABASE_CA_FILE", DATABASE_AUTHORITY),
        ];
        variables.extend(keys.map(|(key, name)| (key, value(name))));
        let check = ["config", "check", "--live", "--for", "portal"];
        inside(&self.root, &variables, &check)
            .args(["--data-dir", "/data"])
            .quiet()
            .run()
    }
}

/// The program in its root folder, with these variables and nothing else of our environment.
fn inside(root: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    service::tied_to_us("env".as_ref(), "TERM", None)
        .args(["--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        .args(
            variables
                .iter()
                .map(|(name, value)| format!("LATCHKEY_{name}={value}")),
        )
        .arg("chroot")
        .arg(root)
        .arg("/latchkey")
        .args(arguments)
}

/// A name server to which everything below `latchkey.test` is this machine.
fn name_server() -> anyhow::Result<Service> {
    let folder = service::temporary_folder("names")?;
    let log = folder.join("log");
    let command = service::tied_to_us("dnsmasq".as_ref(), "TERM", None)
        .args([
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--no-resolv",
        ])
        .args([
            "--no-hosts",
            "--bind-interfaces",
            "--user=root",
            "--pid-file=",
        ])
        .arg(format!("--listen-address={NAME_SERVER}"))
        .arg("--except-interface=")
        .arg("--address=/latchkey.test/127.0.0.1");
    let names = Service::start(command, "-TERM", folder, &log)?;
    let answers = || std::net::TcpStream::connect((NAME_SERVER, 53)).is_ok();
    names
        .wait_until(Duration::from_secs(10), answers)
        .with_context(|| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("the name server did not start:\n{said}")
        })?;
    Ok(names)
}
