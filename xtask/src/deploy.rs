//! What stands around the program where it runs: its unit, and the examples of `examples/deploy`.
//!
//! What this machine can start is started, and somebody registers and signs on through it; what it
//! cannot start is held against the schema of whoever reads it.

mod empty_machine;
mod watching;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::certificate::{self, Certificate};
use crate::command::{Command, can_mount, find_on_path, is_on_path, is_root};
use crate::prerequisites::{self, Linters};
use crate::service::{self, Service};
use crate::system::{Fronts, System};
use crate::tally::Tally;
use crate::{clients, program, release, root};

/// In tenths: what `systemd-analyze security` calls the exposure of the unit, of 100.
const MOST_EXPOSED: &str = "20";

/// The examples that are read by programs which this machine has not, and the schema of each.
const DESCRIBED: [(&str, &str); 5] = [
    ("vendor.compose-spec", "examples/deploy/compose.yaml"),
    (
        "vendor.github-workflows",
        "examples/deploy/github-actions.yml",
    ),
    ("vendor.github-workflows", ".github/workflows/release.yml"),
    ("vendor.github-workflows", ".github/workflows/book.yml"),
    ("vendor.gitlab-ci", "examples/deploy/gitlab-ci.yml"),
];

/// Checks everything, all of it even after a failure.
pub(crate) fn check(tally: &mut Tally) -> anyhow::Result<bool> {
    let linters = prerequisites::for_deploy_tests()?;
    let program = program::build()?;
    let described = described(&linters)?;
    let unit = unit(&program)?;
    let package = package(&program)?;
    let behind_nginx = through(tally, &program, nginx)?;
    let behind_caddy = through(tally, &program, caddy)?;
    let walked = empty_machine::check(tally, &program)?;
    let watched = watching::check(&program, &linters)?;
    let worked = workflows::check(&program, &linters)?;
    let started = behind_nginx && behind_caddy && walked && watched && worked;
    Ok(described && unit && package && started)
}

/// Holds files against their schemas.
fn described(linters: &Linters) -> anyhow::Result<bool> {
    let mut good = true;
    for (schema, file) in DESCRIBED {
        good &= Command::new(linters.program("check-jsonschema"))
            .args(["--builtin-schema", schema, file])
            .run()?;
    }
    good &= Command::new(linters.program("kubernetes-validate"))
        .args(["--strict", "examples/deploy/kubernetes.yaml"])
        .run()?;
    good &= Command::new(linters.program("hadolint"))
        .arg("packaging/Dockerfile")
        .run()?;
    // There is no schema of it in a package: it is YAML, and no more is known.
    good &= Command::new(linters.program("python"))
        .args([
            "-c",
            "import sys, ruamel.yaml as y; y.YAML().load(open(sys.argv[1]))",
        ])
        .arg("examples/deploy/traefik.yaml")
        .run()?;
    for script in ["postinst", "postrm", "prerm"] {
        good &= Command::new("sh")
            .args(["-n", &format!("packaging/debian/{script}")])
            .run()?;
    }
    Ok(good)
}

/// Lets systemd judge the unit, with this program in the place of the installed one.
fn unit(program: &Path) -> anyhow::Result<bool> {
    let folder = service::temporary_folder("unit")?;
    let unit = folder.join("latchkey.service");
    let text = read("packaging/latchkey.service")?;
    let program = program.display().to_string();
    fs::write(&unit, replaced(&text, &[("/usr/bin/latchkey", &program)])?)
        .context("could not write the unit")?;
    let understood = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&unit)
        .run()?;
    let closed = Command::new("systemd-analyze")
        .args(["security", "--offline=yes", "--no-pager"])
        .arg(format!("--threshold={MOST_EXPOSED}"))
        .arg(&unit)
        .run_seeing(|_| ())?;
    fs::remove_dir_all(&folder).context("could not clear a folder")?;
    Ok(understood && closed)
}

/// Installs the Debian package and removes it again, where that can be done without a trace.
fn package(program: &Path) -> anyhow::Result<bool> {
    if !is_root() || !is_on_path("dpkg") {
        println!("The Debian package is NOT installed this time: that takes root, on Debian");
        return Ok(true);
    }
    if !can_mount() {
        println!(
            "The Debian package is NOT installed this time: that takes mounts of its own \
             (`unshare --mount`), which this machine does not allow"
        );
        return Ok(true);
    }
    release::install_package(program)
}

/// Where everything is while a proxy stands in front.
struct Site {
    folder: PathBuf,
    certificate: Certificate,
    /// The proxy's ports, and those of the servers behind it.
    fronts: Fronts,
}

impl Site {
    /// Forgets the certificate; the rest goes with the proxy.
    fn clear(&self) -> anyhow::Result<()> {
        let folder = self.certificate.file.parent();
        fs::remove_dir_all(folder.context("a file without a folder")?)
            .context("could not clear a folder")
    }
}

/// Starts a proxy with its example, the program behind it, and walks through everything a person
/// does, by the proxy alone.
fn through(
    tally: &mut Tally,
    program: &Path,
    start: fn(&Site) -> anyhow::Result<Command>,
) -> anyhow::Result<bool> {
    let (site, proxy) = proxied(start)?;
    let system = System::start_behind(program, &site.fronts, &site.certificate.file)?;
    let walked = clients::walk_through(tally, &system)?;
    drop((system, proxy));
    site.clear()?;
    Ok(walked)
}

/// Starts a proxy with its example.
fn proxied(start: fn(&Site) -> anyhow::Result<Command>) -> anyhow::Result<(Site, Service)> {
    let folder = service::temporary_folder("proxy")?;
    let certificates = service::temporary_folder("proxy-certificate")?;
    let site = Site {
        certificate: certificate::for_names(&certificates, "DNS:localhost,IP:127.0.0.1")?,
        fronts: Fronts::free()?,
        folder,
    };
    let command = start(&site)?;
    let log = site.folder.join("log");
    let proxy = Service::start(command, "-TERM", site.folder.clone(), &log)?;
    let answers = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    proxy
        .wait_until(Duration::from_secs(20), || {
            answers(site.fronts.portal) && answers(site.fronts.idp)
        })
        .with_context(|| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("the proxy did not start:\n{said}")
        })?;
    Ok((site, proxy))
}

fn nginx(site: &Site) -> anyhow::Result<Command> {
    let folder = site.folder.display();
    let fronts = &site.fronts;
    let example = replaced(
        &read("examples/deploy/nginx.conf")?,
        &[
            (
                "/etc/nginx/tls/fullchain.pem",
                &site.certificate.file.display().to_string(),
            ),
            (
                "/etc/nginx/tls/privkey.pem",
                &site.certificate.key.display().to_string(),
            ),
            (
                "server 127.0.0.1:8080",
                &format!("server 127.0.0.1:{}", fronts.portal_behind),
            ),
            (
                "server 127.0.0.1:9443",
                &format!("server 127.0.0.1:{}", fronts.idp_behind),
            ),
            (
                "listen 443 ssl http2;\n    server_name accounts.example.com",
                &format!(
                    "listen {} ssl http2;\n    server_name localhost",
                    fronts.portal
                ),
            ),
            (
                "listen 443 ssl http2;\n    server_name auth.example.com",
                &format!(
                    "listen {} ssl http2;\n    server_name localhost",
                    fronts.idp
                ),
            ),
        ],
    )?;
    // What Debian's own main file would say, in a folder of ours.
    let user = if is_root() { "user root;" } else { "" };
    let text = format!(
        "{user} daemon off; pid {folder}/pid; error_log stderr;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi;\nuwsgi_temp_path {folder}/uwsgi;\n\
         scgi_temp_path {folder}/scgi;\n{example}\n}}\n"
    );
    let file = site.folder.join("nginx.conf");
    fs::write(&file, text).context("could not write a configuration for nginx")?;
    let program = find_on_path("nginx").unwrap_or_else(|| "/usr/sbin/nginx".into());
    Ok(service::tied_to_us(&program, "TERM", None)
        .args(["-e", "stderr", "-c"])
        .arg(file))
}

fn caddy(site: &Site) -> anyhow::Result<Command> {
    let fronts = &site.fronts;
    // The names are the test's, and so is the certificate: nobody here would give one.
    let tls = format!(
        "\n\ttls {} {}\n",
        site.certificate.file.display(),
        site.certificate.key.display()
    );
    let example = replaced(
        &read("examples/deploy/Caddyfile")?,
        &[
            (
                "\naccounts.example.com {\n",
                &format!("\nhttps://localhost:{} {{{tls}", fronts.portal),
            ),
            (
                "\nauth.example.com {\n",
                &format!("\nhttps://localhost:{} {{{tls}", fronts.idp),
            ),
            (
                "reverse_proxy 127.0.0.1:8080",
                &format!("reverse_proxy 127.0.0.1:{}", fronts.portal_behind),
            ),
            (
                "reverse_proxy 127.0.0.1:9443",
                &format!("reverse_proxy 127.0.0.1:{}", fronts.idp_behind),
            ),
        ],
    )?;
    let text = format!("{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{example}");
    let file = site.folder.join("Caddyfile");
    fs::write(&file, text).context("could not write a configuration for Caddy")?;
    Ok(service::tied_to_us("caddy".as_ref(), "TERM", None)
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(file)
        .env("XDG_DATA_HOME", &site.folder)
        .env("XDG_CONFIG_HOME", &site.folder))
}

fn read(file: &str) -> anyhow::Result<String> {
    fs::read_to_string(root().join(file)).with_context(|| format!("could not read {file}"))
}

/// A text with other places in it; an error when a place is not in it exactly once, so that the
/// example and its test cannot part.
fn replaced(text: &str, pairs: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut text = text.to_owned();
    for (from, to) in pairs {
        anyhow::ensure!(
            text.matches(from).count() == 1,
            "`{from}` is not in the example exactly once"
        );
        text = text.replace(from, to);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_place_that_is_not_there_or_twice_is_an_error() {
        assert_eq!(replaced("a b", &[("b", "c")]).unwrap(), "a c");
        assert!(replaced("a b", &[("x", "c")]).is_err());
        assert!(replaced("b b", &[("b", "c")]).is_err());
    }
}
