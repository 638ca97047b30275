//! The commands that the documentation shows are run, as a reader types them, where a machine of a test
//! can: in a folder that stands for the machine. What it cannot is named with its reason.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};

use crate::book::{Block, blocks, pages, root};
use crate::installation::PASSWORD;

/// Who runs a block of a page.
enum By {
    /// A test of this file.
    This,
    /// Another test, or step of `cargo xtask test`.
    Another(&'static str),
    /// Nobody, for a reason.
    Nobody(&'static str),
}
use By::{Another, Nobody, This};

const COMPILES: &str = "compiles this repository, which is what runs this test";
const PACKAGE: &str = "changes the machine: it installs a package";
const PINGONE: &str = "asks PingOne, with credentials of an account there";
const CLIENTS: &str = "tests/clients/examples.mjs, of the step `browser`";

/// Every block of shell: its page, how it begins, and who runs it.
const BLOCKS: &[(&str, &str, By)] = &[
    ("CONTRIBUTING.md", "cargo xtask test", Nobody(COMPILES)),
    ("README.md", "cargo run", Nobody(COMPILES)),
    ("README.md", "cargo xtask test", Nobody(COMPILES)),
    ("README.md", "latchkey up", This),
    (
        "docs/contract.md",
        "latchkey contract",
        Another("contract.rs"),
    ),
    ("docs/contract.md", "AUTH_URL=", Nobody(PINGONE)),
    ("docs/control.md", "latchkey up", This),
    ("docs/control.md", "curl", Another("book.rs")),
    ("docs/doctor.md", "latchkey doctor", Another("doctor.rs")),
    ("docs/empty-machine.md", "sudo apt", Nobody(PACKAGE)),
    (
        "docs/empty-machine.md",
        "sudo systemctl reload caddy",
        Another("the step `deploy` starts Caddy with this file"),
    ),
    ("docs/empty-machine.md", "sudo install", This),
    ("docs/empty-machine.md", "sudo -u latchkey", This),
    (
        "docs/from-the-samples.md",
        "latchkey config import",
        Another("book.rs"),
    ),
    (
        "docs/from-the-samples.md",
        "latchkey portal",
        Nobody(PINGONE),
    ),
    ("docs/install.md", "chmod", This),
    ("docs/install.md", "mkdir", This),
    ("docs/install.md", "tar", This),
    ("docs/install.md", "sudo apt", Nobody(PACKAGE)),
    (
        "docs/install.md",
        "docker",
        Nobody("wants a container engine"),
    ),
    ("docs/install.md", "latchkey --portal-listen", This),
    ("docs/install.md", "cargo run", Nobody(COMPILES)),
    (
        "docs/install.md",
        "cargo xtask release",
        Nobody("takes minutes: it builds a release, twice"),
    ),
    ("docs/leaving.md", "latchkey", Another("book.rs")),
    ("docs/production.md", "latchkey environment create", This),
    ("docs/production.md", "latchkey backup", This),
    ("docs/production.md", "latchkey restore", This),
    (
        "docs/production.md",
        "latchkey copy",
        Another("backup.rs, where there is a PostgreSQL"),
    ),
    ("docs/seed.md", "latchkey up", This),
    ("docs/seed.md", "latchkey environment export", This),
    ("docs/seed.md", "latchkey environment pull", Nobody(PINGONE)),
    ("docs/set-up-pingone.md", "latchkey", Nobody(PINGONE)),
    ("docs/tutorial.md", "cd latchkey", This),
    (
        "docs/tutorial.md",
        "cargo new",
        Nobody("wants the crates from a registry; book.rs runs what it makes"),
    ),
    (
        "docs/tutorial.md",
        "printf",
        Nobody("wants the crates from a registry; book.rs runs what it makes"),
    ),
    ("docs/tutorial.md", "cargo run", Another("book.rs")),
    (
        "docs/use-it-from-your-tests.md",
        "export",
        Another("tests/clients/suites.mjs, of the step `browser`"),
    ),
    (
        "docs/use-it-from-your-tests.md",
        "cd examples/tests/junit",
        Another("tests/clients/suites.mjs, of the step `browser`"),
    ),
    (
        "docs/use-it-with-your-client.md",
        "echo",
        Nobody("changes the machine: its names and its port 443"),
    ),
    (
        "docs/use-it-with-your-client.md",
        "set -a",
        Another(CLIENTS),
    ),
    (
        "docs/use-it-with-your-client.md",
        "examples/clients/curl.sh",
        Another(CLIENTS),
    ),
    (
        "docs/use-it-with-your-client.md",
        "SSL_CERT_FILE=\"$CA_FILE\" python3",
        Another(CLIENTS),
    ),
    (
        "docs/use-it-with-your-client.md",
        "NODE_EXTRA_CA_CERTS",
        Another(CLIENTS),
    ),
    (
        "docs/use-it-with-your-client.md",
        "SSL_CERT_FILE=\"$CA_FILE\" go",
        Another(CLIENTS),
    ),
    ("docs/use-it-with-your-client.md", "java", Another(CLIENTS)),
    (
        "docs/use-it-with-your-client.md",
        "cert-sync",
        Another(CLIENTS),
    ),
    (
        "docs/use-it-with-your-client.md",
        "SSL_CERT_FILE=\"$CA_FILE\" dotnet",
        Nobody("no package of Debian has dotnet; the same program runs on Mono"),
    ),
    (
        "docs/use-it-with-your-client.md",
        "cd examples/clients/terraform",
        Nobody("no package of Debian has terraform, and it gets its provider from a registry"),
    ),
];

fn shell_blocks(page: &str) -> Vec<Block> {
    let blocks = blocks(page).into_iter();
    blocks.filter(|block| block.language == "sh").collect()
}

#[test]
fn every_command_of_the_documentation_is_run_or_left_for_a_reason() {
    let mut idle: Vec<_> = BLOCKS
        .iter()
        .map(|(page, begin, _)| (*page, *begin))
        .collect();
    let (mut run, mut left) = (0, 0);
    for page in pages() {
        for block in shell_blocks(&page) {
            let is_it =
                |(of, begin, _): &&(&str, &str, By)| *of == page && block.text.starts_with(begin);
            let Some((of, begin, by)) = BLOCKS.iter().find(is_it) else {
                panic!("nobody says who runs this of {page}:\n{}", block.text);
            };
            idle.retain(|one| one != &(*of, *begin));
            match by {
                This => run += 1,
                Another(who) | Nobody(who) => {
                    assert!(!who.is_empty());
                    left += 1;
                }
            }
        }
    }
    assert!(idle.is_empty(), "they spare nothing: {idle:?}");
    assert!(run >= 18, "{run} are run here, {left} are not");
}

/// A folder in the place of a machine, and what its commands find there.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (place, mode) in [("bin", 0o755), ("etc/latchkey", 0o755), ("backup", 0o700)] {
            machine.make(place, mode);
        }
        machine.make("var/lib/latchkey", 0o700);
        symlink(env!("CARGO_BIN_EXE_latchkey"), machine.path("bin/latchkey")).unwrap();
        // Everything belongs to whoever runs this.
        machine.program("sudo", "[ \"$1\" = -u ] && shift 2\nexec \"$@\"\n");
        machine
    }

    fn path(&self, place: &str) -> PathBuf {
        self.folder.path().join(place)
    }

    fn make(&self, place: &str, mode: u32) {
        fs::create_dir_all(self.path(place)).unwrap();
        fs::set_permissions(self.path(place), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Puts a script where the machine would have a program.
    fn program(&self, name: &str, text: &str) {
        let path = self.path(&format!("bin/{name}"));
        fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The examples, where a page takes them from the folder that one is in.
    fn examples(&self, below: &str) {
        fs::create_dir_all(self.path(below)).unwrap();
        let examples = root().join("examples").canonicalize().unwrap();
        symlink(examples, self.path(below).join("examples")).unwrap();
    }

    /// The one block of a page that begins so, with this machine's places in it.
    fn block(&self, page: &str, begin: &str) -> String {
        let is_it = |block: &Block| block.page == page && block.text.starts_with(begin);
        let mut found = blocks(page).into_iter().filter(is_it);
        let block = found.next();
        let block = block.unwrap_or_else(|| panic!("{page} has no block {begin:?}"));
        assert!(found.next().is_none(), "{page} has two blocks {begin:?}");
        self.here(&block.text)
    }

    fn here(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for place in ["/etc/latchkey", "/var/lib/latchkey", "/backup/"] {
            let here = self.path(place.trim_start_matches('/'));
            let here = format!(
                "{}{}",
                here.display(),
                if place.ends_with('/') { "/" } else { "" }
            );
            text = text.replace(place, &here);
        }
        text
    }

    fn shell(&self, text: &str) -> Command {
        let mut shell = Command::new("sh");
        let mut path = self.path("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        shell
            .args(["-e", "-c", text])
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.path("bin"))
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        shell
    }

    /// Runs commands that end by themselves, with something typed into them, and gives what they print.
    fn run(&self, text: &str, typed: &str) -> String {
        let mut child = self.shell(text).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(typed.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\n{said}\n{complaint}");
        said
    }

    /// Runs commands of which the last one serves until it is stopped, which is once it is ready.
    fn serve(&self, text: &str, settings: &[(&str, &str)]) {
        let mut shell = self.shell(text);
        for (name, value) in settings {
            shell.env(name, value);
        }
        // A group of its own, so that the shell and the program are stopped together.
        let mut child = shell.process_group(0).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let is_ready = lines.any(|line| line == "Latchkey is ready.");
        stop(&child);
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        child.wait().unwrap();
        assert!(is_ready, "{text}\n{said}");
    }
}

/// Asks the group of a process to stop.
fn stop(child: &Child) {
    let group = format!("-{}", child.id());
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args(["-s", "TERM", "--", &group])
        .status();
}

/// Ports of the machine's own choice instead of the usual ones, which somebody may hold here.
const FREE: [(&str, &str); 2] = [
    ("LATCHKEY_PORTAL__LISTEN", "localhost:0"),
    ("LATCHKEY_IDP__LISTEN", "localhost:0"),
];

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn commands_that_start_a_throw_away_system_start_one() {
    let machine = Machine::new();
    machine.examples(".");
    machine.examples("latchkey");
    let mut count = 0;
    for (page, begin, _) in BLOCKS.iter().filter(|(.., by)| matches!(by, This)) {
        if !["latchkey up", "cd latchkey"].contains(begin) {
            continue;
        }
        for block in shell_blocks(page) {
            if block.text.starts_with(begin) {
                let text = block.text.replace("localhost:9444", "localhost:0");
                machine.serve(&text, &FREE);
                count += 1;
            }
        }
    }
    assert!(count >= 7, "{count}");
}

#[test]
fn the_commands_of_the_page_about_getting_it_work() {
    const PAGE: &str = "docs/install.md";
    const NAME: &str = "latchkey-0.1.0-x86_64-linux";
    let machine = Machine::new();
    let program = env!("CARGO_BIN_EXE_latchkey");
    fs::copy(program, machine.path(NAME)).unwrap();
    fs::set_permissions(machine.path(NAME), fs::Permissions::from_mode(0o644)).unwrap();
    machine.serve(&machine.block(PAGE, "chmod"), &FREE);

    machine.run(&machine.block(PAGE, "mkdir"), "");
    for written in [
        ".local/share/bash-completion/completions/latchkey",
        ".zfunc/_latchkey",
        ".config/fish/completions/latchkey.fish",
        ".local/share/man/man1/latchkey-up.1",
    ] {
        let text = fs::read_to_string(machine.path(written)).unwrap();
        assert!(text.contains("latchkey"), "{written}");
    }

    let open = machine.block(PAGE, "latchkey --portal-listen");
    let open = open.replace(":8080", ":0").replace(":9443", ":0");
    machine.serve(&open, &[]);

    // The archive, by the layout that a test of xtask holds the release to.
    fs::remove_file(machine.path(NAME)).unwrap();
    machine.make(&format!("{NAME}/bin"), 0o755);
    symlink(program, machine.path(&format!("{NAME}/bin/latchkey"))).unwrap();
    machine.examples(&format!("{NAME}/share/doc/latchkey"));
    let pack = format!("tar --dereference -czf {NAME}.tar.gz {NAME} && rm -r {NAME}");
    machine.run(&pack, "");
    machine.serve(&machine.block(PAGE, "tar"), &FREE);
}

#[test]
fn a_seed_is_exported_by_the_commands_of_its_page() {
    let machine = Machine::new();
    // The demo, in the place where the program keeps data by itself.
    machine.serve("latchkey up", &FREE);
    let export = machine.block("docs/seed.md", "latchkey environment export");
    // The second command writes a file that the first one has made.
    let export = export.replace("--output seed.toml", "--output secrets.toml");
    machine.run(&export, "");
    let read = |name: &str| fs::read_to_string(machine.path(name)).unwrap();
    let (without, with) = (read("seed.toml"), read("secrets.toml"));
    assert!(without.contains("[[environments"), "{without}");
    assert!(with.len() > without.len());
}

/// What a server without TLS, behind a proxy on this machine, answers.
fn asked_through_a_proxy(port: u16, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 198.51.100.7\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_empty_machine_comes_to_serve_by_the_commands_of_its_page() {
    const PAGE: &str = "docs/empty-machine.md";
    let machine = Machine::new();
    let [portal, idp] = [free_port(), free_port()];
    let settings = machine.block(PAGE, "mode = ");
    let settings = settings.replace("127.0.0.1:8080", &format!("127.0.0.1:{portal}"));
    let settings = settings.replace("127.0.0.1:9443", &format!("127.0.0.1:{idp}"));
    fs::write(machine.path("etc/latchkey/latchkey.toml"), settings).unwrap();

    machine.program("sudoedit", "printf 'secret of the mail server' >> \"$1\"\n");
    // There is no group of this name here.
    let install = machine.block(PAGE, "sudo install");
    let theirs = " -o root -g latchkey";
    assert!(install.contains(theirs), "{install}");
    machine.run(&install.replace(theirs, ""), "");

    let create = machine.block(PAGE, "sudo -u latchkey latchkey environment create");
    machine.run(&create, &format!("{PASSWORD}\n"));
    let settings = fs::read_to_string(machine.path("etc/latchkey/latchkey.toml")).unwrap();
    for section in ["[portal.sign_on]", "[portal.pingone]"] {
        assert!(settings.contains(section), "{settings}");
    }

    // What systemd starts is what the unit says.
    let unit = fs::read_to_string(root().join("packaging/latchkey.service")).unwrap();
    let starts = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/bin/"));
    let starts = machine.here(starts.unwrap());
    machine.program(
        "systemctl",
        &format!(
            "cd \"$HOME\"\n{starts} > said 2>&1 & echo $! > pid\n\
             until grep --quiet 'Latchkey is ready' said; do kill -0 $(cat pid); sleep 0.05; done\n"
        ),
    );
    machine.program("journalctl", "cat \"$HOME/said\"\n");
    let check = machine.block(PAGE, "sudo -u latchkey latchkey config check");
    // It asks a mail server and public names that no test has.
    let (live, rest): (Vec<&str>, Vec<&str>) =
        check.lines().partition(|line| line.contains("--live"));
    assert_eq!((live.len(), rest.len()), (1, 3), "{check}");
    let started = Instant::now();
    let said = machine.run(&rest.join("\n"), "");
    assert!(started.elapsed() < Duration::from_mins(1));
    assert!(said.contains("Latchkey is ready"), "{said}");
    let answers = [
        asked_through_a_proxy(portal, "accounts.example.com", "/readyz"),
        asked_through_a_proxy(idp, "auth.example.com", "/readyz"),
        asked_through_a_proxy(portal, "accounts.example.com", "/login"),
        asked_through_a_proxy(portal, "elsewhere.example.com", "/login"),
    ];
    machine.run("kill $(cat pid)", "");
    assert!(answers[0].starts_with("HTTP/1.1 200"), "{}", answers[0]);
    assert!(answers[1].starts_with("HTTP/1.1 200"), "{}", answers[1]);
    let on = "location: https://auth.example.com/";
    assert!(answers[2].contains(on), "{}", answers[2]);
    assert!(answers[3].starts_with("HTTP/1.1 4"), "{}", answers[3]);
}

#[test]
fn an_installation_is_made_backed_up_and_restored_by_the_commands_of_its_page() {
    const PAGE: &str = "docs/production.md";
    let machine = Machine::new();
    machine.make("etc/latchkey/tls", 0o700);
    let key = KeyPair::generate().unwrap();
    let names = ["accounts.example.com", "auth.example.com"].map(str::to_owned);
    let certificate = CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs::write(
        machine.path("etc/latchkey/tls/fullchain.pem"),
        certificate.pem(),
    )
    .unwrap();
    fs::write(
        machine.path("etc/latchkey/tls/privkey.pem"),
        key.serialize_pem(),
    )
    .unwrap();
    fs::write(machine.path("etc/latchkey/smtp-password"), "secret").unwrap();
    fs::write(
        machine.path("latchkey.toml"),
        machine.block(PAGE, "mode = "),
    )
    .unwrap();

    let create = machine.block(PAGE, "latchkey environment create");
    machine.run(&create, &format!("{PASSWORD}\n"));
    machine.run("latchkey config check --config latchkey.toml", "");
    machine.run(&machine.block(PAGE, "latchkey backup"), "");
    let export = "latchkey environment export --config latchkey.toml";
    let before = machine.run(export, "");
    assert!(before.contains("Customers"), "{before}");

    fs::remove_dir_all(machine.path("var/lib/latchkey")).unwrap();
    let restore = machine.block(PAGE, "latchkey restore");
    // The page names the archive of one day.
    let made = machine.run("ls backup", "");
    let archive = restore
        .split_whitespace()
        .find(|word| word.contains(".tar"));
    let shown = Path::new(archive.unwrap())
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    machine.run(&restore.replace(shown, made.trim()), "");
    assert_eq!(machine.run(export, ""), before);
}
