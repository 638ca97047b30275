//! The image of a container: built of the packed folder by buildah, and run as an engine would run it,
//! with the image's own variables, user, program and health check.
//!
//! The root folder is bound read-only, but for `/data` and a `/tmp` in memory; the network is one of
//! its own, with loopback alone. What an engine brings besides is `/etc/hosts`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::Outcomes;
use crate::command::Command;
use crate::root;
use crate::service::{self, Service};

/// Whose the image's program and data are.
const USER: u32 = 65532;

/// With what the documentation runs the image.
const ARGUMENTS: &str = "--allow-network 172.16.0.0/12 --allow-network 192.168.0.0/16";

/// Binds the root folder `$1` and becomes the rest of the arguments.
const CONFINED: &str = "\
ip link set lo up
mount --bind \"$1\" \"$1\"
mount --bind \"$1/data\" \"$1/data\"
mount -t tmpfs -o mode=1777 tmpfs \"$1/tmp\"
mount -o remount,bind,ro \"$1\"
shift
exec \"$@\"
";

/// Builds the image, looks at it, and runs it.
pub(super) fn check(packed: &Path, outcomes: &mut Outcomes) -> anyhow::Result<()> {
    for file in ["packaging/Dockerfile", "docs/install.md"] {
        let text = fs::read_to_string(root().join(file)).context("could not read a file")?;
        ensure!(
            text.contains(ARGUMENTS),
            "{file} runs the image in another way"
        );
    }
    let image = Image::build(packed)?;
    outcomes.say("buildah builds it of the packed folder", true);
    outcomes.say(
        "its files are root's, and its folder for data is its user's alone",
        image.is_closed()?,
    );
    outcomes.say(
        "its health check fails while nothing runs",
        !image.confined(&image.check).works(),
    );
    let container = image.start()?;
    outcomes.say("it starts on a read-only file system and is healthy", true);
    outcomes.say(
        "it runs as its user, with no other group",
        container.is_nobody_else()?,
    );
    let manual = |place: &str| ["/latchkey", "manual", place].map(str::to_owned);
    for (place, is_writable) in [
        ("/tmp/pages", true),
        ("/data/pages", true),
        ("/pages", false),
    ] {
        let written = container.inside(0, &manual(place)).works();
        let what = if is_writable {
            "can be written"
        } else {
            "cannot be written, even by root"
        };
        outcomes.say(&format!("{place} {what}"), written == is_writable);
    }
    outcomes.say(
        "its data stays in /data, and nobody else reads the keys",
        container.keeps_data()?,
    );
    outcomes.say("its signal stops it in order", container.stops()?);
    Ok(())
}

/// An image, in a storage of its own that goes with it, and its root folder.
struct Image {
    folder: PathBuf,
    root: PathBuf,
    /// As `NAME=VALUE`.
    variables: Vec<String>,
    user: String,
    program: Vec<String>,
    check: Vec<String>,
    signal: String,
}

impl Image {
    fn build(packed: &Path) -> anyhow::Result<Self> {
        let folder = service::temporary_folder("image")?;
        let context = folder.join("context");
        fs::create_dir(&context).context("could not make a folder")?;
        Command::new("tar")
            .arg("-xzf")
            .arg(packed)
            .arg("-C")
            .arg(&context)
            .quiet()
            .succeed()?;
        buildah(&folder)
            .args(["bud", "--isolation=chroot", "--format=docker"])
            .args(["--quiet", "--tag=latchkey"])
            .arg(&context)
            .read()?;
        let says = |template: &str| -> anyhow::Result<Vec<String>> {
            let said = buildah(&folder)
                .args(["inspect", "--type=image", "--format"])
                .args([&format!("{{{{{template}}}}}"), "latchkey"])
                .read()?;
            let lines = said.lines().filter(|line| !line.is_empty());
            Ok(lines.map(str::to_owned).collect())
        };
        let list = |name: &str| {
            says(&format!(
                "range .Docker.Config.{name}}}}}{{{{println .}}}}{{{{end"
            ))
        };
        let one = |name: &str| says(&format!(".Docker.Config.{name}"));
        let container = buildah(&folder).args(["from", "latchkey"]).read()?;
        let mounted = buildah(&folder).args(["mount", container.trim()]).read()?;
        let check = list("Healthcheck.Test")?;
        let [kind, check @ ..] = check.as_slice() else {
            anyhow::bail!("the image has no health check");
        };
        ensure!(kind == "CMD", "a health check by {kind} would want a shell");
        let image = Self {
            root: mounted.trim().into(),
            variables: list("Env")?,
            user: one("User")?.concat(),
            program: list("Entrypoint")?,
            check: check.to_vec(),
            signal: one("StopSignal")?.concat(),
            folder,
        };
        // An engine makes these where they are mounted.
        fs::create_dir(image.root.join("tmp")).context("could not make /tmp")?;
        fs::write(image.root.join("etc/hosts"), "127.0.0.1 localhost\n")
            .context("could not write /etc/hosts")?;
        Ok(image)
    }

    fn is_closed(&self) -> anyhow::Result<bool> {
        let is = |path: &str, owner: u32, mode: u32| -> anyhow::Result<bool> {
            let found = fs::metadata(self.root.join(path))
                .with_context(|| format!("/{path} is not in the image"))?;
            let is_right =
                (found.uid(), found.gid(), found.mode() & 0o7777) == (owner, owner, mode);
            if !is_right {
                println!(
                    "       /{path}: {}:{} {:o}",
                    found.uid(),
                    found.gid(),
                    found.mode()
                );
            }
            Ok(is_right)
        };
        let program = is("latchkey", 0, 0o755)?;
        let authorities = is("etc/ssl/certs/ca-certificates.crt", 0, 0o644)?;
        Ok(is("data", USER, 0o700)? && program && authorities)
    }

    /// A command of the image's in a root and a network of its own.
    fn confined(&self, command: &[String]) -> Command {
        service::tied_to_us("unshare".as_ref(), "TERM", None)
            .args(["--mount", "--net", "sh", "-ec", CONFINED, "sh"])
            .arg(&self.root)
            .args(["env", "--ignore-environment"])
            .args(&self.variables)
            .args(["chroot", "--groups=", &format!("--userspec={}", self.user)])
            .arg(&self.root)
            .args(command)
    }

    fn start(&self) -> anyhow::Result<Container<'_>> {
        let folder = service::temporary_folder("container")?;
        let log = folder.join("log");
        let arguments = ARGUMENTS.split(' ').map(str::to_owned);
        let command: Vec<_> = self.program.iter().cloned().chain(arguments).collect();
        let service = Service::start(self.confined(&command), "-TERM", folder, &log)?;
        let process = service.id().context("it is gone")?;
        let container = Container {
            image: self,
            service,
            process,
        };
        let is_healthy = || container.inside(USER, &self.check).works();
        let started = container
            .service
            .wait_until(Duration::from_mins(1), is_healthy);
        started.with_context(|| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("the container did not become healthy:\n{said}")
        })?;
        Ok(container)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        for command in [["umount", "--all"], ["rm", "--all"]] {
            buildah(&self.folder).args(command).works();
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A running image.
struct Container<'a> {
    image: &'a Image,
    service: Service,
    process: u32,
}

impl Container<'_> {
    /// A command in it, as `docker exec` runs one.
    fn inside(&self, user: u32, command: &[String]) -> Command {
        let user = user.to_string();
        Command::new("env")
            .arg("--ignore-environment")
            .args(&self.image.variables)
            .arg("nsenter")
            .args(["--target", &self.process.to_string()])
            .args(["--mount", "--net", "--root", "--wd"])
            .args(["--setuid", &user, "--setgid", &user, "--"])
            .args(command)
            .quiet()
    }

    fn is_nobody_else(&self) -> anyhow::Result<bool> {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.process)).context("it is gone")?;
        let ids = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let words = line.unwrap_or_default().split_whitespace();
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        let own = [
            USER.to_string(),
            USER.to_string(),
            USER.to_string(),
            USER.to_string(),
        ];
        Ok(ids("Uid:") == own && ids("Gid:") == own && ids("Groups:").is_empty())
    }

    fn keeps_data(&self) -> anyhow::Result<bool> {
        let data = self.image.root.join("data");
        let of = |name: &str| {
            fs::metadata(data.join(name)).with_context(|| format!("/data/{name} is not there"))
        };
        let (database, keys) = (of("latchkey.db")?, of("keyring.json")?);
        let is_private = keys.permissions().mode().trailing_zeros() >= 6;
        Ok(database.uid() == USER && keys.uid() == USER && is_private)
    }

    fn stops(&self) -> anyhow::Result<bool> {
        Command::new("kill")
            .args(["-s", self.image.signal.trim_start_matches("SIG")])
            .arg(self.process.to_string())
            .quiet()
            .succeed()?;
        let ended = self.service.wait_until(Duration::from_secs(10), || false);
        Ok(ended.is_err_and(|error| error.to_string().contains("exit status: 0")))
    }
}

/// buildah, with its storage in this folder.
fn buildah(folder: &Path) -> Command {
    Command::new("buildah")
        .args(["--storage-driver=vfs", "--root"])
        .arg(folder.join("storage"))
        .arg("--runroot")
        .arg(folder.join("run"))
        .quiet()
}
