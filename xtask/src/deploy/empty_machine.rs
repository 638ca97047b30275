//! `docs/empty-machine.md`, walked as it stands: its Caddyfile, its settings and its commands, with
//! names, ports and folders of this machine, and then what it says to look at.
//!
//! `sudo` and `systemctl` are stand-ins: nobody is made and no service is installed here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::{Site, caddy, proxied, read, replaced};
use crate::command::Command;
use crate::service::{self, Service};
use crate::tally::Tally;
use crate::{prerequisites, root};

const PAGE: &str = "docs/empty-machine.md";
const SETTINGS: &str = "/etc/latchkey/latchkey.toml";
const MAIL_PASSWORD: &str = "/etc/latchkey/smtp-password";
const PASSWORD: &str = "Brass-Kettle-58";

/// Stand-ins, by name.
const STAND_INS: [(&str, &str); 3] = [
    (
        "sudo",
        "#!/bin/sh\nif [ \"$1\" = -u ]; then shift 2; fi\nexec \"$@\"\n",
    ),
    ("systemctl", "#!/bin/sh\n"),
    ("journalctl", "#!/bin/sh\n"),
];

/// Walks the page.
pub(super) fn check(tally: &mut Tally, program: &Path) -> anyhow::Result<bool> {
    let page = read(PAGE)?;
    let shown = block(&page, "text", "accounts.example.com {")?;
    ensure!(
        read("examples/deploy/Caddyfile")?.ends_with(&shown),
        "the page shows another Caddyfile than the example"
    );
    let (site, _proxy) = proxied(caddy)?;
    let machine = Machine::with(program, &page, &site)?;

    let create = block(&page, "sh", "latchkey environment create")?;
    let made = machine.shell(&create).args(["sh", PASSWORD]).run()?;
    let lines = block(&page, "sh", "config check")?;
    let checks: Vec<_> = lines
        .lines()
        .filter(|line| line.contains("config check"))
        .collect();
    let [before, live] = checks.as_slice() else {
        anyhow::bail!("the page checks {} times", checks.len());
    };
    ensure!(live.contains("--live"), "the second check asks nobody");
    let checked = machine.shell(before).run()?;

    let running = machine.start(program, &site)?;
    let looked = service::tied_to_us(&prerequisites::node()?, "TERM", None)
        .arg("--test-reporter=spec")
        .arg(root().join("tests/clients/empty-machine.mjs"))
        .arg(format!("https://localhost:{}/", site.fronts.portal))
        .arg(&site.certificate.file)
        .args([&machine.smtp.to_string(), PASSWORD, "sh", "-ec"])
        .arg(machine.local(live))
        .env("PATH", &machine.path)
        .run_seeing(|line| tally.see_node(line))?;
    drop(running);
    site.clear()?;
    Ok(made && checked && looked)
}

/// What the page's commands find.
struct Machine {
    folder: PathBuf,
    path: String,
    smtp: u16,
}

impl Machine {
    fn with(program: &Path, page: &str, site: &Site) -> anyhow::Result<Self> {
        let folder = service::temporary_folder("empty-machine")?;
        let stand_ins = folder.join("bin");
        fs::create_dir(&stand_ins).context("could not make a folder")?;
        for (name, text) in STAND_INS {
            let file = stand_ins.join(name);
            fs::write(&file, text).context("could not write a stand-in")?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))
                .context("could not let a stand-in run")?;
        }
        let programs = program.parent().context("a program without a folder")?;
        let path = std::env::var_os("PATH").context("there is no PATH")?;
        let machine = Self {
            path: format!(
                "{}:{}:{}",
                stand_ins.display(),
                programs.display(),
                path.display()
            ),
            smtp: service::free_port()?,
            folder,
        };
        let fronts = &site.fronts;
        let settings = replaced(
            &block(page, "toml", "mode = \"production\"")?,
            &[
                ("/var/lib/latchkey", &machine.place("data")),
                (
                    "127.0.0.1:8080",
                    &format!("127.0.0.1:{}", fronts.portal_behind),
                ),
                (
                    "127.0.0.1:9443",
                    &format!("127.0.0.1:{}", fronts.idp_behind),
                ),
                (
                    "https://accounts.example.com/",
                    &format!("https://localhost:{}/", fronts.portal),
                ),
                (
                    "https://auth.example.com/",
                    &format!("https://localhost:{}/", fronts.idp),
                ),
                (
                    "host = \"smtp.example.com\"",
                    &format!(
                        "host = \"localhost\"\nport = {}\nencryption = \"none\"",
                        machine.smtp
                    ),
                ),
                (MAIL_PASSWORD, &machine.place("smtp-password")),
            ],
        )?;
        for (name, text) in [
            ("latchkey.toml", settings.as_str()),
            ("smtp-password", "secret"),
        ] {
            fs::write(machine.folder.join(name), text).context("could not write the settings")?;
        }
        Ok(machine)
    }

    fn place(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// A command of the page with the places of this machine.
    fn local(&self, text: &str) -> String {
        text.replace(SETTINGS, &self.place("latchkey.toml"))
    }

    /// Runs a command of the page; what is asked for is answered by the argument `$1`.
    fn shell(&self, text: &str) -> Command {
        let answered = format!("printf '%s\\n' \"${{1:-}}\" | {{ {}\n}}", self.local(text));
        Command::new("sh")
            .args(["-ec", &answered])
            .env("PATH", &self.path)
            .folder(&self.folder)
    }

    /// Starts what the service of the package would.
    fn start(&self, program: &Path, site: &Site) -> anyhow::Result<Service> {
        let folder = service::temporary_folder("service")?;
        let log = folder.join("log");
        let command = service::tied_to_us(program, "TERM", None)
            .args(["up", "--config"])
            .arg(self.place("latchkey.toml"));
        let running = Service::start(command, "-TERM", folder, &log)?;
        let answers = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        running
            .wait_until(Duration::from_mins(1), || {
                answers(site.fronts.portal_behind) && answers(site.fronts.idp_behind)
            })
            .with_context(|| {
                let said = fs::read_to_string(&log).unwrap_or_default();
                format!("the service did not start:\n{said}")
            })?;
        Ok(running)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// The one block of the page in this language that holds these words.
fn block(page: &str, language: &str, words: &str) -> anyhow::Result<String> {
    let start = format!("\n```{language}\n");
    let mut found = page
        .split(&start)
        .skip(1)
        .filter_map(|rest| rest.split_once("```\n").map(|(block, _)| block))
        .filter(|block| block.contains(words));
    let block = found.next();
    let block = block.with_context(|| format!("{PAGE} has no block with `{words}`"))?;
    ensure!(
        found.next().is_none(),
        "{PAGE} has two blocks with `{words}`"
    );
    Ok(block.to_owned())
}
