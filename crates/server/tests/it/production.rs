//! Production with its own environment: making the first one, and people signing on to it.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use latchkey::config::{Loaded, Sources};
use latchkey::{Running, UpOptions, up};
use rcgen::{CertificateParams, KeyPair};
use testkit::{Browser, Page, Person, give_credentials};

const PASSWORD: &str = "Brass-Kettle-58";

/// An installation for production on this machine: real certificate files, a mail server's name, two
/// ports.
struct Installation {
    directory: tempfile::TempDir,
    portal_port: u16,
    idp_port: u16,
}

impl Installation {
    fn new() -> Self {
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
             [idp.argon2]\nmemory_kib = 64\niterations = 1\n\
             [idp.smtp]\nhost = \"localhost\"\nport = 1\nencryption = \"none\"\n\
             from = \"Example <no-reply@example.com>\"\n\
             [tls]\nmode = \"files\"\ncertificate_file = \"{place}/fullchain.pem\"\n\
             key_file = \"{place}/privkey.pem\"\n"
        );
        fs::write(installation.config(), text).unwrap();
        installation
    }

    fn certificate(&self) -> PathBuf {
        self.directory.path().join("fullchain.pem")
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("latchkey.toml")
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Runs `latchkey environment create` with an administrator.
    fn create(&self, name: &str, password: &str) -> Output {
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

    /// Adds lines to the configuration.
    fn configure(&self, lines: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        fs::write(self.config(), format!("{text}\n{lines}")).unwrap();
    }

    async fn start(&self) -> Running {
        testkit::install_cryptography();
        let sources = Sources {
            file: Some(self.config()),
            ..Sources::default()
        };
        let settings = Loaded::read(&sources).settings().unwrap();
        up(UpOptions::new(settings)).await.unwrap()
    }

    fn browser(&self) -> Browser {
        let ca = fs::read_to_string(self.certificate()).unwrap();
        Browser::trusting(&ca)
    }

    fn portal(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.portal_port)
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn run(config: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(arguments)
        .arg("--config")
        .arg(config)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its options reads nothing.
    let _ = writeln!(child.stdin.take().unwrap(), "{input}");
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What the command printed, when it succeeded.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[tokio::test]
async fn an_operator_makes_the_first_environment_and_signs_on() {
    let place = Installation::new();
    let lines = printed(&place.create("Customers", PASSWORD));
    for secret in fs::read_dir(place.data()).unwrap() {
        let secret = secret.unwrap();
        let mode = secret.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{}", secret.path().display());
        if secret.path().extension().is_some_and(|ext| ext == "secret") {
            let content = fs::read_to_string(secret.path()).unwrap();
            assert!(!lines.contains(content.trim()), "a secret was printed");
        }
    }

    // The portal connects to the environment as to any other, so it must trust the certificate.
    let ca = place.certificate();
    place.configure(&format!("{lines}ca_file = \"{}\"\n", ca.display()));
    let checked = run(&place.config(), &["config", "check"], "");
    assert!(checked.status.success(), "{}", text(&checked.stderr));

    let running = place.start().await;
    let browser = place.browser();
    let page = browser.open(place.portal("login")).await.expect(200);
    let ada = Person::new("ada", PASSWORD);
    let home: Page = give_credentials(&page, &ada).await.expect(200);
    assert!(home.url.as_str().starts_with(&place.portal("")));
    let people = browser.open(place.portal("users")).await.expect(200);
    assert!(
        people.body().contains("ada@example.com"),
        "{}",
        people.summary()
    );

    let page = place.browser().open(place.portal("register")).await;
    page.form_with("confirmPassword")
        .fill("username", "grace")
        .fill("email", "grace@example.com")
        .fill("password", "Correct-Horse-42")
        .fill("confirmPassword", "Correct-Horse-42")
        .submit()
        .await
        .expect(200);
    let page = place.browser().open(place.portal("login")).await;
    let grace = Person::new("grace", "Correct-Horse-42");
    let home = give_credentials(&page, &grace).await.expect(200);
    assert!(home.url.as_str().starts_with(&place.portal("")));
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sqlite_an_environment_is_made_while_no_server_runs() {
    let place = Installation::new();
    let running = place.start().await;
    let refused = tokio::task::block_in_place(|| place.create("Customers", PASSWORD));
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("in use by a running latchkey"), "{said}");
    assert!(said.contains("stop it"), "{said}");
    running.shutdown().await;
}

#[test]
fn what_cannot_be_made_leaves_nothing_behind() {
    let place = Installation::new();
    let refused = place.create("Customers", "password");
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("password policy"), "{said}");
    assert!(!said.contains("\"password\""), "{said}");
    let secrets = || {
        let all = fs::read_dir(place.data()).unwrap();
        all.filter(|file| {
            let path = file.as_ref().unwrap().path();
            path.extension().is_some_and(|ext| ext == "secret")
        })
        .count()
    };
    assert_eq!(secrets(), 0);
    printed(&place.create("Customers", PASSWORD));
    assert_eq!(secrets(), 2);

    let again = place.create("customers", PASSWORD);
    let said = text(&again.stderr);
    assert!(said.contains("named `customers` already"), "{said}");
    assert_eq!(secrets(), 2);
}

#[test]
fn an_administrator_needs_name_and_address() {
    let place = Installation::new();
    let arguments = [
        "environment",
        "create",
        "Customers",
        "--admin-username",
        "ada",
    ];
    let refused = run(&place.config(), &arguments, PASSWORD);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--admin-email"));
}
