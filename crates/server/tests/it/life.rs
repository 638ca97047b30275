//! The program's life: starting, being found, stopping.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use db::{Db, Statement};
use latchkey::EnvironmentFile;
use rustix::process::{Pid, Signal, kill_process};

/// A program that was started and answers.
struct Program {
    child: Child,
    env: EnvironmentFile,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command
        .args(arguments)
        .args(["--log", "warn"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Program {
    /// Starts it in a directory on free ports, and waits until it says that it is ready.
    fn start(directory: &Path, more: &[&str]) -> Self {
        Self::start_with(directory, more, Stdio::null())
    }

    /// The same, with a pipe as its standard input.
    fn start_held(directory: &Path, more: &[&str]) -> Self {
        Self::start_with(directory, more, Stdio::piped())
    }

    fn start_with(directory: &Path, more: &[&str], input: Stdio) -> Self {
        let env_file = directory.join("test.env");
        let data = directory.join("data");
        let arguments = [
            "up",
            "--data-dir",
            data.to_str().unwrap(),
            "--env-file",
            env_file.to_str().unwrap(),
            "--portal-listen",
            "localhost:0",
            "--idp-listen",
            "localhost:0",
        ];
        let mut command = command(&[&arguments, more].concat());
        let mut child = command.stdin(input).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines
            .map_while(Result::ok)
            .any(|line| line == "Latchkey is ready.");
        if !ready {
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            panic!("it did not start: {said}");
        }
        let env = EnvironmentFile::parse(&fs::read_to_string(&env_file).unwrap()).unwrap();
        Self { child, env }
    }

    fn port(&self) -> u16 {
        url::Url::parse(&self.env.portal_url)
            .unwrap()
            .port()
            .unwrap()
    }

    /// Whether anybody can connect.
    fn answers(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())).is_ok()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end and gives the exit status.
    fn ended(mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "it does not end");
            #[expect(
                clippy::disallowed_methods,
                reason = "another process gives no sign to wait for"
            )]
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Whatever a failed test left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Starts it with these arguments and the usual log, stops it once it is ready, and gives what it
/// printed and what it logged.
fn said_of_a_start(arguments: &[&str]) -> (String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    // The last line of the card.
    while !printed.contains("Ctrl-C stops.") {
        if lines.read_line(&mut printed).unwrap() == 0 {
            break;
        }
    }
    let pid = child.id().to_string();
    let _ = Command::new("kill").args(["-s", "TERM", &pid]).status();
    let output = child.wait_with_output().unwrap();
    let logged = text(&output.stderr);
    assert!(printed.contains("Latchkey is ready."), "{printed}{logged}");
    (printed, logged)
}

#[test]
fn a_portal_alone_does_not_speak_of_a_mailbox() {
    let (printed, logged) =
        said_of_a_start(&["portal", "--ephemeral", "--portal-listen", "localhost:0"]);
    assert!(printed.contains("Portal"), "{printed}");
    for said in [printed, logged] {
        assert!(!said.to_lowercase().contains("mailbox"), "{said}");
    }
}

#[test]
fn the_program_stops_with_the_input_that_it_was_given_and_only_if_it_was_told_to() {
    let place = tempfile::tempdir().unwrap();
    let mut held = Program::start_held(place.path(), &["--stop-with-stdin"]);
    let mut input = held.child.stdin.take().unwrap();
    // What comes in is passed over.
    input.write_all(&[b'x'; 4096]).unwrap();
    assert!(held.answers());
    drop(input);
    assert_eq!(held.ended(), Some(0));

    let place = tempfile::tempdir().unwrap();
    let mut held = Program::start_held(place.path(), &[]);
    drop(held.child.stdin.take());
    assert!(held.answers());
    held.signal("TERM");
    assert_eq!(held.ended(), Some(0));
}

#[test]
fn a_start_whose_input_has_ended_already_says_how_it_is_meant() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let ports = [
        "--portal-listen",
        "localhost:0",
        "--idp-listen",
        "localhost:0",
    ];
    let place = [
        "up",
        "--stop-with-stdin",
        "--data-dir",
        data.to_str().unwrap(),
    ];
    let output = run(&[&place[..], &ports].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("hold the other end"), "{said}");
}

#[test]
fn the_log_names_no_path_of_the_build() {
    let free = [
        "--portal-listen",
        "localhost:0",
        "--idp-listen",
        "localhost:0",
    ];
    for format in ["text", "json"] {
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("latchkey.toml");
        fs::write(&config, format!("[log]\nformat = \"{format}\"\n")).unwrap();
        let place = ["--config", config.to_str().unwrap()];
        let (_, logged) = said_of_a_start(&[&["up", "--ephemeral"], &place[..], &free].concat());
        assert!(logged.contains("INFO"), "nothing was logged: {logged}");
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for built_at in [
            sources.to_str().unwrap(),
            ".cargo/registry",
            "/rustc/",
            "/src/",
            ".rs:",
        ] {
            assert!(!logged.contains(built_at), "{built_at}: {logged}");
        }
    }
}

#[test]
fn the_environment_file_is_private_and_complete() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::start(place.path(), &[]);
    let file = place.path().join("test.env");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let written = fs::read_to_string(&file).unwrap();
    let keys: Vec<&str> = written
        .lines()
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    let expected = [
        "PORTAL_URL",
        "AUTH_URL",
        "API_URL",
        "ENVIRONMENT_ID",
        "ISSUER",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "WORKER_CLIENT_ID",
        "WORKER_CLIENT_SECRET",
        "DEMO_USERNAME",
        "DEMO_PASSWORD",
        "OPERATOR_USERNAME",
        "OPERATOR_PASSWORD",
        "MAILBOX_URL",
        "CA_FILE",
        "CONTROL_URL",
    ];
    assert_eq!(keys, expected);
    for (key, value) in program.env.entries() {
        // Nothing controls what was not asked to let itself be controlled.
        assert_eq!(value.is_empty(), key == "CONTROL_URL", "{key}");
    }
    let env = &program.env;
    assert!(
        !env.portal_url.contains(":0/") && env.portal_url.ends_with('/'),
        "{env:?}"
    );
    assert_eq!(env.api_url, format!("{}v1/", env.auth_url));
    assert_eq!(env.mailbox_url, format!("{}mailbox", env.auth_url));
    assert_eq!(
        env.issuer,
        format!("{}{}/as", env.auth_url, env.environment_id)
    );
}

#[tokio::test]
async fn both_ports_answer_over_trusted_tls() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::start(place.path(), &[]);
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let ca = fs::read(&program.env.ca_file).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
        .build()
        .unwrap();
    for base in [&program.env.portal_url, &program.env.auth_url] {
        for path in ["healthz", "readyz"] {
            let answer = client.get(format!("{base}{path}")).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{base}{path}");
        }
        let request = client.get(base).header("host", "evil.example");
        assert!(request.send().await.unwrap().status().is_client_error());
    }
    let home = client.get(&program.env.portal_url).send().await.unwrap();
    assert_eq!(home.status(), 200);
}

#[test]
fn a_second_start_on_the_same_directory_says_who_uses_it() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::start(place.path(), &[]);
    let data = place.path().join("data");
    let output = run(&[
        "up",
        "--data-dir",
        data.to_str().unwrap(),
        "--portal-listen",
        "localhost:0",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    let expected = format!(
        "is in use by another latchkey (process {})",
        program.child.id()
    );
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn a_taken_port_is_named_with_its_setting() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("127.0.0.1:{}", taken.local_addr().unwrap().port());
    let output = run(&[
        "up",
        "--ephemeral",
        "--idp-listen",
        &address,
        "--portal-listen",
        "localhost:0",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains(&address) && said.contains("`idp.listen`"),
        "{said}"
    );
}

#[test]
fn production_refuses_what_is_for_development() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("latchkey.toml");
    fs::write(&file, "mode = \"production\"\n").unwrap();
    let output = run(&["up", "--ephemeral", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    for key in [
        "idp.demo",
        "idp.smtp.host",
        "tls.mode",
        "portal.public_url",
        "idp.public_url",
    ] {
        assert!(said.contains(&format!("{key}: ")), "{key} is not in {said}");
    }
}

#[test]
fn production_refuses_demo_data_in_the_directory_and_in_the_database() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::start(place.path(), &[]);
    program.signal("TERM");
    program.ended();
    let file = place.path().join("latchkey.toml");
    let production = "mode = \"production\"\n[portal]\npublic_url = \"https://www.example.com\"\n\
                [portal.sign_on]\nissuer = \"https://login.example.com\"\nclient_id = \"me\"\n\
                client_secret = \"x7~wQ2\"\n[idp]\ndemo = false\npublic_url = \"https://id.example.com\"\n[idp.smtp]\n\
                host = \"smtp.example.com\"\nfrom = \"a@example.com\"\n[tls]\nmode = \"off\"\n";
    fs::write(&file, production).unwrap();
    let data = place.path().join("data");
    let refused = || {
        let output = run(&[
            "up",
            "--config",
            file.to_str().unwrap(),
            "--data-dir",
            data.to_str().unwrap(),
            "--portal-listen",
            "localhost:0",
            "--idp-listen",
            "localhost:0",
        ]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let said = refused();
    assert!(said.contains("latchkey.env stands in it"), "{said}");

    // Whoever copies the database alone copies the people with known passwords.
    fs::remove_file(data.join("latchkey.env")).unwrap();
    let said = refused();
    assert!(said.contains("the database holds demo data"), "{said}");
}

#[test]
fn a_lost_keyring_is_named_instead_of_replaced() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::start(place.path(), &[]);
    program.signal("TERM");
    program.ended();
    let keyring = place.path().join("data/keyring.json");
    let kept = fs::read_to_string(&keyring).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    fs::remove_file(&keyring).unwrap();
    let data = place.path().join("data");
    let id = kept["keys"][0]["id"].as_str().unwrap();
    let is_refused = || {
        let output = run(&[
            "up",
            "--data-dir",
            data.to_str().unwrap(),
            "--portal-listen",
            "localhost:0",
            "--idp-listen",
            "localhost:0",
        ]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("key {id}")), "{said}");
        assert!(said.contains("backup"), "{said}");
        assert!(!keyring.exists(), "a new keyring was made");
    };
    is_refused();
    // A database that was written before it kept proofs tells by what is sealed in it.
    forget_proofs(&data.join("latchkey.db"));
    is_refused();
}

#[tokio::main(flavor = "current_thread")]
async fn forget_proofs(database: &Path) {
    let db = Db::sqlite(database).unwrap();
    let forgotten = db
        .write(Statement::new("DELETE FROM installation_keys"))
        .await;
    assert_eq!(forgotten.unwrap().rows_affected, 1);
    db.close().await;
}

#[test]
fn ctrl_c_does_not_wait_for_connections_that_do_nothing() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::start(place.path(), &[]);
    let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, program.port())).unwrap();
    let mut half = TcpStream::connect((Ipv4Addr::LOCALHOST, program.port())).unwrap();
    half.write_all(b"\x16\x03\x01").unwrap();
    let begun = Instant::now();
    program.signal("INT");
    assert_eq!(program.ended(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn it_stops_within_ten_seconds_though_a_request_never_ends_and_nobody_takes_what_is_left() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("latchkey.toml");
    // A collector that answers nobody, and a daemon that is not there: each is waited for.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let settings = format!(
        "[tls]\nmode = \"off\"\n[idp]\naudit_syslog = \"unix:{}\"\n\
         [telemetry]\notlp_endpoint = \"http://{}\"\n",
        place.path().join("nobody").display(),
        silent.local_addr().unwrap()
    );
    fs::write(&file, settings).unwrap();
    let mut program = Program::start(place.path(), &["--config", file.to_str().unwrap()]);
    let mut errors = program.child.stderr.take().unwrap();
    let port = url::Url::parse(&program.env.auth_url)
        .unwrap()
        .port()
        .unwrap();
    let mut slow = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let head = format!(
        "POST /{}/as/token HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 10\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
        program.env.environment_id
    );
    slow.write_all(head.as_bytes()).unwrap();
    // The first line of an answer: the request is being worked on.
    slow.read_exact(&mut [0; 12]).unwrap();
    let begun = Instant::now();
    program.signal("TERM");
    assert_eq!(program.ended(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    let mut said = String::new();
    errors.read_to_string(&mut said).unwrap();
    for waited_for in [
        "entries of the audit log were not written there",
        "not everything was sent to the OpenTelemetry collector",
    ] {
        assert!(said.contains(waited_for), "{said}");
    }
}

/// Starts it on a throw-away directory, which the system would keep in `place`.
fn start_ephemeral(place: &Path, more: &[&str], input: Stdio) -> Program {
    let env_file = place.join("test.env");
    let temporary = place.join("tmp");
    fs::create_dir_all(&temporary).unwrap();
    let arguments = [
        "--ephemeral",
        "--env-file",
        env_file.to_str().unwrap(),
        "--portal-listen",
        "127.0.0.1:0",
        "--idp-listen",
        "127.0.0.1:0",
    ];
    let mut child = command(&[&arguments, more].concat())
        .env("TMPDIR", &temporary)
        .stdin(input)
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line == "Latchkey is ready.")
    );
    let env = EnvironmentFile::parse(&fs::read_to_string(&env_file).unwrap()).unwrap();
    Program { child, env }
}

#[test]
fn a_throw_away_directory_is_removed_in_the_end() {
    let place = tempfile::tempdir().unwrap();
    let program = start_ephemeral(place.path(), &[], Stdio::null());
    let ca_file = program.env.ca_file.clone();
    assert!(Path::new(&ca_file).exists());
    program.signal("TERM");
    program.ended();
    assert!(!Path::new(&ca_file).exists());
}

#[test]
fn a_signal_and_the_end_of_the_input_at_once_are_one_request_to_stop() {
    let place = tempfile::tempdir().unwrap();
    // Which of the two is seen first is for the system to decide.
    for _ in 0..5 {
        let more = ["--stop-with-stdin"];
        let mut program = start_ephemeral(place.path(), &more, Stdio::piped());
        let id = Pid::from_child(&program.child);
        drop(program.child.stdin.take());
        kill_process(id, Signal::TERM).unwrap();
        assert_eq!(program.ended(), Some(0));
        let left = fs::read_dir(place.path().join("tmp")).unwrap();
        assert_eq!(left.count(), 0, "something was left behind");
    }
}

/// As `timeout` of coreutils ends what it started: by a signal to the program and one to its group.
#[test]
fn a_signal_that_comes_several_times_at_once_is_one_request_to_stop() {
    let place = tempfile::tempdir().unwrap();
    let program = start_ephemeral(place.path(), &[], Stdio::null());
    let id = Pid::from_child(&program.child);
    for _ in 0..5 {
        // It may have ended by then.
        let _ = kill_process(id, Signal::TERM);
        #[expect(
            clippy::disallowed_methods,
            reason = "two signals that nobody has seen yet are one, so the program has to see the first"
        )]
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(program.ended(), Some(0));
    let left = fs::read_dir(place.path().join("tmp")).unwrap();
    assert_eq!(left.count(), 0, "something was left behind");
}

#[test]
fn a_restart_keeps_ids_secrets_and_certificates() {
    let place = tempfile::tempdir().unwrap();
    let first = Program::start(place.path(), &[]);
    let before = first.env.clone();
    let ca = fs::read(&before.ca_file).unwrap();
    first.signal("TERM");
    first.ended();
    let second = Program::start(place.path(), &[]);
    let after = &second.env;
    assert_eq!(after.environment_id, before.environment_id);
    assert_eq!(after.client_id, before.client_id);
    assert_eq!(after.client_secret, before.client_secret);
    assert_eq!(after.worker_client_secret, before.worker_client_secret);
    assert_eq!(after.demo_password, before.demo_password);
    assert_eq!(fs::read(&after.ca_file).unwrap(), ca);
}

#[test]
fn health_asks_the_ports_that_listen() {
    let directory = tempfile::tempdir().unwrap();
    let program = Program::start(directory.path(), &[]);
    let idp = url::Url::parse(&program.env.auth_url).unwrap();
    let portal = format!("localhost:{}", program.port());
    let idp = format!("localhost:{}", idp.port().unwrap());
    let asked = ["health", "--portal-listen", &portal, "--idp-listen", &idp];
    let healthy = || {
        let output = Command::new(env!("CARGO_BIN_EXE_latchkey"))
            .args(asked)
            .env_clear()
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout))
    };
    let ready = "portal       ready\nenvironment  ready\n";
    assert_eq!(healthy(), (Some(0), ready.to_owned()));
    program.signal("TERM");
    assert_eq!(program.ended(), Some(0));
    let (status, said) = healthy();
    assert_eq!(status, Some(1));
    assert!(said.contains("environment  not ready: "), "{said}");
}

#[test]
fn the_card_says_to_whom_development_is_open() {
    let listening = ["--portal-listen", "0.0.0.0:0", "--idp-listen", "0.0.0.0:0"];
    let arguments = [&["up", "--ephemeral"], &listening[..]].concat();
    let refused = run(&arguments);
    assert_eq!(refused.status.code(), Some(2));
    let said = text(&refused.stderr);
    assert!(said.contains("--allow-network 172.16.0.0/12"), "{said}");

    let networks = [
        "--allow-network",
        "10.0.0.0/8",
        "--allow-network",
        "fd00::/16",
    ];
    let (printed, _) = said_of_a_start(&[&arguments, &networks[..]].concat());
    let expected = "for this machine and 10.0.0.0/8 and fd00::/16 only.";
    assert!(printed.contains(expected), "{printed}");
}
