//! An installation for production on this machine: certificate files, a mail server's name, ports.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use db::Db;
use latchkey::config::{Loaded, Sources};
use latchkey::keyring_file::KeyringFile;
use latchkey::listen::{ListenAddress, Reserved};
use latchkey::{Running, Servers, UpOptions, up};
use protocol::SystemRandom;
use rcgen::{CertificateParams, KeyPair};
use testkit::Browser;

/// The administrator's password.
pub(crate) const PASSWORD: &str = "Brass-Kettle-58";

/// A directory with everything that production asks for.
pub(crate) struct Installation {
    directory: tempfile::TempDir,
    pub(crate) portal_port: u16,
    pub(crate) idp_port: u16,
}

impl Installation {
    pub(crate) fn new() -> Self {
        let installation = Self {
            directory: tempfile::tempdir().unwrap(),
            portal_port: free_port(),
            idp_port: free_port(),
        };
        let (portal, idp) = (installation.portal_port, installation.idp_port);
        let place = installation.directory.path();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned()];
        let certificate = CertificateParams::new(names).unwrap();
        let certificate = certificate.self_signed(&key).unwrap().pem();
        fs::write(place.join("fullchain.pem"), certificate).unwrap();
        fs::write(place.join("privkey.pem"), key.serialize_pem()).unwrap();
        let place = place.display();
        let text = format!(
            "mode = \"production\"\n\
             data_dir = \"{place}/data\"\n\
             [portal]\nlisten = \"localhost:{portal}\"\n\
             public_url = \"https://localhost:{portal}/\"\n\
             [idp]\nlisten = \"localhost:{idp}\"\ndemo = false\n\
             public_url = \"https://localhost:{idp}/\"\n\
             [idp.argon2]\nmemory_kib = 7168\niterations = 5\n\
             [idp.smtp]\nhost = \"localhost\"\nport = 1\nencryption = \"none\"\n\
             from = \"Example <no-reply@example.com>\"\n\
             [tls]\nmode = \"files\"\ncertificate_file = \"{place}/fullchain.pem\"\n\
             key_file = \"{place}/privkey.pem\"\n"
        );
        fs::write(installation.config(), text).unwrap();
        installation
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join("fullchain.pem")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("latchkey.toml")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Runs `latchkey environment create` with an administrator.
    pub(crate) fn create(&self, name: &str, password: &str) -> Output {
        run(
            &self.config(),
            &[
                "environment",
                "create",
                name,
                "--admin-username",
                "ada",
                "--admin-email",
                "ada@example.com",
            ],
            password,
        )
    }

    /// Keeps data on PostgreSQL, and the keys where all nodes find them.
    pub(crate) fn configure_database(&self, url: &str, keyring_file: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        let keys = format!("database = \"{url}\"\nkeyring_file = \"{keyring_file}\"\n");
        fs::write(self.config(), format!("{keys}{text}")).unwrap();
        let directory = Path::new(keyring_file).parent().unwrap();
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true).mode(0o700);
        folder.create(directory).unwrap();
        let file = KeyringFile::new(keyring_file.into());
        file.make(&SystemRandom).unwrap();
    }

    /// Adds lines to the configuration.
    pub(crate) fn configure(&self, lines: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        fs::write(self.config(), format!("{text}\n{lines}")).unwrap();
    }

    /// Starts both sides.
    pub(crate) async fn start(&self) -> Running {
        self.start_node(Servers::Both, &[]).await
    }

    /// Starts a node with some settings of its own.
    pub(crate) async fn start_node(
        &self,
        servers: Servers,
        settings: &[(&'static str, String)],
    ) -> Running {
        self.start_node_on(None, servers, settings).await
    }

    /// Starts a node on a database that is open already.
    pub(crate) async fn start_node_on(
        &self,
        db: Option<Db>,
        servers: Servers,
        settings: &[(&'static str, String)],
    ) -> Running {
        let mut options = self.node(servers, settings);
        options.db = db;
        up(options).await.unwrap()
    }

    /// What a node with some settings of its own is started with.
    pub(crate) fn node(&self, servers: Servers, settings: &[(&'static str, String)]) -> UpOptions {
        testkit::install_cryptography();
        let mut sources = Sources {
            file: Some(self.config()),
            ..Sources::default()
        };
        for (key, value) in settings {
            sources = sources.option(key, value, "(test)");
        }
        let mut options = UpOptions::new(Loaded::read(&sources).settings_for(servers).unwrap());
        options.servers = servers;
        options
    }

    pub(crate) fn browser(&self) -> Browser {
        let ca = fs::read_to_string(self.certificate()).unwrap();
        Browser::trusting(&ca)
    }

    pub(crate) fn portal(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.portal_port)
    }
}

/// A port where nobody listens as long as this is held: nobody else can take it meanwhile.
pub(crate) fn silent_port() -> Reserved {
    ListenAddress::localhost(0).reserve("none").unwrap()
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    // The system gives a port that was let go again, to two servers that want to start.
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        if GIVEN.lock().unwrap().insert(port) {
            return port;
        }
    }
}

/// The program with this configuration and nothing else of this process.
pub(crate) fn program(config: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    program
        .args(arguments)
        .arg("--config")
        .arg(config)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// Runs the program with this configuration.
pub(crate) fn run(config: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(config, arguments).spawn().unwrap();
    // A command that refuses its options reads nothing.
    let _ = writeln!(child.stdin.take().unwrap(), "{input}");
    child.wait_with_output().unwrap()
}

/// Holds a command's complaint against what it should say.
pub(crate) fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(why), "{said}");
}
