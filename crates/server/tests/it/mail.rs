//! Mails on their way to a mail server: kept while it is away, delivered once, given up when it
//! refuses, and never told to anybody else.

mod server;

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use db::{Db, Row, Statement};
use jiff::SignedDuration;
use latchkey::config::{Loaded, Sources};
use latchkey::{EnvironmentFile, UpOptions, up};
use platform::{Clock as _, FrozenClock, SystemClock};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use testkit::{Browser, Person, Preparation, System};

use server::{MailServer, Manner, Protection, Received};

use crate::installation::silent_port;
use crate::log::LOG;

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A system whose mails go to this port of this machine.
fn mailing_to(port: u16, encryption: &str) -> Preparation {
    LazyLock::force(&LOG);
    System::prepare()
        .set("idp.smtp.host", "localhost")
        .set("idp.smtp.port", port.to_string())
        .set("idp.smtp.encryption", encryption)
        .set("idp.smtp.from", "Example <no-reply@example.com>")
}

/// Asks for a recovery code as a person would, and gives the page that asks for it.
async fn forget_password(browser: &Browser, portal: &str, username: &str) -> testkit::Page {
    let page = browser.open(format!("{portal}password/forgot")).await;
    let form = page.form_with("username").fill("username", username);
    form.submit().await.expect(200)
}

/// The mails in the outbox, oldest first.
async fn outbox(db: &Db) -> Vec<Row> {
    let all = "SELECT id, attempts, next_attempt_at, sent_at, failed_at, sealed \
               FROM mails ORDER BY created_at";
    db.read(Statement::new(all)).await.unwrap()
}

/// Waits until the outbox is as wanted.
async fn until(db: &Db, wanted: impl Fn(&[Row]) -> bool) -> Vec<Row> {
    let begun = Instant::now();
    loop {
        let mails = outbox(db).await;
        if wanted(&mails) {
            return mails;
        }
        assert!(begun.elapsed() < PATIENCE, "{mails:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn instant(mail: &Row, column: &str) -> Option<i64> {
    mail.get(column).unwrap()
}

impl Received {
    /// The code in it, which stands on a line of its own.
    fn code(&self) -> String {
        let is_code = |line: &&str| {
            line.len() == 8
                && line
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        let found = self.content.lines().map(str::trim).find(is_code);
        found.expect("a code in the mail").to_owned()
    }

    fn header(&self, name: &str) -> &str {
        let headers = self.content.split("\n\n").next().unwrap();
        let found = headers.lines().find_map(|line| line.strip_prefix(name));
        found.expect("the header").trim_start_matches(':').trim()
    }
}

#[tokio::test]
async fn a_mail_waits_while_its_server_is_away_and_is_delivered_once() {
    let away = silent_port();
    let system = mailing_to(away.port(), "none").start().await;
    let ada = system.new_user("ada").await;
    let browser = system.browser();
    let page = forget_password(&browser, &system.env().portal_url, &ada.username).await;

    let refused_at = system.now();
    let again_at = (refused_at + SignedDuration::from_secs(30)).as_millisecond();
    let waiting = until(system.db(), |mails| {
        mails
            .iter()
            .any(|mail| instant(mail, "next_attempt_at") == Some(again_at))
    })
    .await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].get::<i64>("attempts").unwrap(), 1);

    let listener = away.listen().unwrap().remove(0).into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    let mut server = MailServer::on(listener, Manner::Accept, Protection::None);
    system.advance(SignedDuration::from_secs(31));
    // The next mail takes the waiting one along.
    let bob = system.new_user("bob").await;
    forget_password(&system.browser(), &system.env().portal_url, &bob.username).await;
    let mails = [server.next().await, server.next().await];
    let sent = until(system.db(), |mails| {
        mails.iter().all(|mail| instant(mail, "sent_at").is_some())
    })
    .await;
    assert_eq!(sent.len(), 2);
    assert!(server.is_empty());
    for row in &sent {
        assert_eq!(row.get::<String>("sealed").unwrap(), "", "content is kept");
        assert_eq!(instant(row, "next_attempt_at"), None);
    }

    let mail = mails
        .iter()
        .find(|mail| mail.recipient == ada.email)
        .unwrap();
    assert!(mails.iter().any(|mail| mail.recipient == bob.email));
    assert!(
        mail.header("Content-Type")
            .starts_with("multipart/alternative")
    );
    assert!(
        mail.content.contains("\nContent-Type: text/plain"),
        "{mail:?}"
    );
    assert!(
        mail.content.contains("\nContent-Type: text/html"),
        "{mail:?}"
    );
    assert_eq!(mail.header("From"), "Example <no-reply@example.com>");
    let id: String = sent[0].get("id").unwrap();
    assert_eq!(mail.header("Message-ID"), format!("<{id}@example.com>"));

    let code = mail.code();
    page.form_with("recoveryCode")
        .fill("recoveryCode", &code)
        .fill("newPassword", "Brass-Kettle-58")
        .fill("confirmPassword", "Brass-Kettle-58")
        .submit()
        .await
        .expect(200);
    let ada = ada.with_password("Brass-Kettle-58");
    system.sign_on(&ada).await;

    let log = LOG.text();
    assert!(log.contains("did not take a mail; it is tried again"));
    for secret in [
        code.as_str(),
        &mails[0].code(),
        &mails[1].code(),
        "Brass-Kettle-58",
    ] {
        assert!(!log.contains(secret), "{secret} was logged");
    }
    system.stop().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up_without_telling_what_it_says() {
    let mut server = MailServer::start(Manner::Refuse, Protection::None);
    let system = mailing_to(server.port, "none").start().await;
    let user = system.demo_user();
    forget_password(&system.browser(), &system.env().portal_url, &user.username).await;
    let mail = server.next().await;
    let given_up = until(system.db(), |mails| {
        mails
            .iter()
            .any(|mail| instant(mail, "failed_at").is_some())
    })
    .await;
    assert_eq!(given_up[0].get::<String>("sealed").unwrap(), "");
    assert_eq!(given_up[0].get::<i64>("attempts").unwrap(), 1);
    assert_eq!(instant(&given_up[0], "next_attempt_at"), None);
    assert!(server.is_empty());

    let (log, id) = (LOG.text(), given_up[0].get::<String>("id").unwrap());
    let told: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("a mail is given up") && told[0].contains("554"));
    assert!(!told[0].contains(mail.header("Subject")), "{told:?}");
    assert!(!log.contains(&mail.code()), "the code was logged");
    system.stop().await;
}

/// A port of this machine on which nobody listens.
fn port_of_nobody() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits for the one line of the log that tells of a mail, whose id it is, with this text.
async fn told(id: &str, text: &str) -> String {
    let begun = Instant::now();
    loop {
        let log = LOG.text();
        let mut lines = log.lines();
        if let Some(line) = lines.find(|line| line.contains(id) && line.contains(text)) {
            return line.to_owned();
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "`{text}` was not logged of {id}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A system without a mail server, a mail that was tried once, and its id.
async fn with_a_waiting_mail() -> (System, String) {
    let system = mailing_to(port_of_nobody(), "none").start().await;
    let ada = system.new_user("ada").await;
    forget_password(&system.browser(), &system.env().portal_url, &ada.username).await;
    let tried = |mails: &[Row]| {
        mails
            .iter()
            .any(|mail| mail.get::<i64>("attempts").unwrap() == 1)
    };
    let waiting = until(system.db(), tried).await;
    let id: String = waiting[0].get("id").unwrap();
    told(&id, "it is tried again").await;
    (system, id)
}

/// Lets the outbox be looked at: another mail takes those along that are due.
async fn wake(system: &System) {
    let bob = system.new_user("bob").await;
    forget_password(&system.browser(), &system.env().portal_url, &bob.username).await;
}

/// Waits until a mail is given up, and gives the line that tells of it.
async fn given_up(system: &System, id: &str) -> String {
    let is_given_up = |mails: &[Row]| {
        mails.iter().any(|mail| {
            mail.get::<String>("id").unwrap() == id && instant(mail, "failed_at").is_some()
        })
    };
    let mails = until(system.db(), is_given_up).await;
    let mail = mails
        .iter()
        .find(|mail| mail.get::<String>("id").unwrap() == id);
    let mail = mail.unwrap();
    assert_eq!(
        mail.get::<String>("sealed").unwrap(),
        "",
        "its content is kept"
    );
    assert_eq!(instant(mail, "next_attempt_at"), None);
    told(id, "a mail is given up").await
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_given_up_after_a_day_and_logged() {
    let (system, id) = Box::pin(with_a_waiting_mail()).await;
    system.advance(SignedDuration::from_hours(24));
    wake(&system).await;
    let line = given_up(&system, &id).await;
    assert!(
        line.contains("ERROR") && line.contains("tried for too long"),
        "{line}"
    );
    assert!(!line.contains("ada@"), "{line}");
    system.stop().await;
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_given_up_after_its_last_try_and_logged() {
    let (system, id) = Box::pin(with_a_waiting_mail()).await;
    // Eleven tries take most of a day; the twelfth is the last.
    let spent = Statement::new("UPDATE mails SET attempts = 11 WHERE id = $1").bind(id.as_str());
    system.db().write(spent).await.unwrap();
    system.advance(SignedDuration::from_secs(31));
    wake(&system).await;
    let line = given_up(&system, &id).await;
    assert!(line.contains("ERROR") && !line.contains("ada@"), "{line}");
    system.stop().await;
}

#[tokio::test]
async fn a_mail_that_was_sent_is_logged_by_its_id_without_what_it_says_or_to_whom() {
    let mut server = MailServer::start(Manner::Accept, Protection::None);
    let system = mailing_to(server.port, "none").start().await;
    // An id in the line may hold the three letters of "ada".
    let grace = system.new_user("grace").await;
    forget_password(&system.browser(), &system.env().portal_url, &grace.username).await;
    let mail = server.next().await;
    let id = mail.header("Message-ID").trim_matches(['<', '>']);
    let id = id.split('@').next().unwrap();
    let line = told(id, "mail sent").await;
    assert!(line.contains("INFO"), "{line}");
    for secret in [
        &grace.email,
        &grace.username,
        &mail.code(),
        mail.header("Subject"),
    ] {
        assert!(!line.contains(secret), "{secret}: {line}");
    }
    system.stop().await;
}

/// A certificate for localhost that nobody vouches for, and a server's settings with it.
fn certificate() -> (String, Arc<ServerConfig>) {
    testkit::install_cryptography();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let chain = vec![CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    (pem, Arc::new(config))
}

/// A mail and the account's password reach a server whose authority `ca_file` names.
async fn check_protected(encryption: &str, protect: impl Fn(Arc<ServerConfig>) -> Protection) {
    let (pem, config) = certificate();
    let place = tempfile::tempdir().unwrap();
    let ca_file = place.path().join("mail-ca.pem");
    std::fs::write(&ca_file, pem).unwrap();
    let mut server = MailServer::start(Manner::Accept, protect(config));
    let system = mailing_to(server.port, encryption)
        .set("idp.smtp.ca_file", ca_file.display().to_string())
        .set("idp.smtp.username", "postmaster")
        .set("idp.smtp.password", "Lantern-91-Sealed")
        .start()
        .await;
    let user = system.demo_user();
    forget_password(&system.browser(), &system.env().portal_url, &user.username).await;
    let mail = server.next().await;
    assert!(mail.protected);
    // "\0postmaster\0Lantern-91-Sealed" in Base64.
    let credentials = "AHBvc3RtYXN0ZXIATGFudGVybi05MS1TZWFsZWQ=";
    assert_eq!(mail.credentials.as_deref(), Some(credentials));
    let log = LOG.text();
    for secret in ["Lantern-91-Sealed", credentials, &mail.code()] {
        assert!(!log.contains(secret), "{secret} was logged");
    }
    system.stop().await;
}

#[tokio::test]
async fn a_private_authority_vouches_for_a_server_with_starttls() {
    Box::pin(check_protected("starttls", Protection::StartTls)).await;
}

#[tokio::test]
async fn a_private_authority_vouches_for_a_server_with_tls_from_the_first_byte() {
    Box::pin(check_protected("tls", Protection::Tls)).await;
}

/// The server gets nothing, and the mail waits.
async fn check_withheld(encryption: &str, mut server: MailServer) {
    let system = mailing_to(server.port, encryption).start().await;
    let user = system.demo_user();
    forget_password(&system.browser(), &system.env().portal_url, &user.username).await;
    let again_at = (system.now() + SignedDuration::from_secs(30)).as_millisecond();
    let waiting = until(system.db(), |mails| {
        mails
            .iter()
            .any(|mail| instant(mail, "next_attempt_at") == Some(again_at))
    })
    .await;
    assert_ne!(waiting[0].get::<String>("sealed").unwrap(), "");
    assert!(server.is_empty());
    system.stop().await;
}

#[tokio::test]
async fn a_server_that_offers_no_tls_gets_no_mail() {
    let server = MailServer::start(Manner::Accept, Protection::None);
    Box::pin(check_withheld("starttls", server)).await;
}

#[tokio::test]
async fn a_server_with_a_certificate_of_its_own_making_gets_no_mail() {
    let (_, config) = certificate();
    let server = MailServer::start(Manner::Accept, Protection::Tls(config));
    Box::pin(check_withheld("tls", server)).await;
}

/// The program in a process of its own.
struct Program(Child);

impl Program {
    async fn start(place: &Path, mail_port: u16) -> (Self, EnvironmentFile) {
        let file = place.join("test.env");
        let child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
            .args(["up", "--portal-listen", "localhost:0"])
            .args(["--idp-listen", "localhost:0", "--data-dir"])
            .arg(place.join("data"))
            .arg("--env-file")
            .arg(&file)
            .env_clear()
            .env("LATCHKEY_IDP__SMTP__HOST", "localhost")
            .env("LATCHKEY_IDP__SMTP__PORT", mail_port.to_string())
            .env("LATCHKEY_IDP__SMTP__ENCRYPTION", "none")
            .env("LATCHKEY_IDP__SMTP__FROM", "no-reply@example.com")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let program = Self(child);
        let begun = Instant::now();
        while !file.exists() {
            assert!(begun.elapsed() < PATIENCE, "it does not start");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let env = EnvironmentFile::parse(&text).unwrap();
        // The file is there before the ports accept.
        let portal = url::Url::parse(&env.portal_url).unwrap();
        let address = ("localhost", portal.port().unwrap());
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "it accepts nobody");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (program, env)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It is dead already when the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_mail_that_was_on_its_way_when_the_process_was_killed_is_delivered_after_all() {
    LazyLock::force(&LOG);
    let place = tempfile::tempdir().unwrap();
    let mut stalling = MailServer::start(Manner::Stall, Protection::None);
    let (program, env) = Program::start(place.path(), stalling.port).await;
    let ca = std::fs::read_to_string(&env.ca_file).unwrap();
    let user = Person::new(&env.demo_username, &env.demo_password);
    forget_password(&Browser::trusting(&ca), &env.portal_url, &user.username).await;
    let begun = stalling.next().await;
    drop(program);

    // A claim ends after a minute, in case whoever holds it is still at work.
    let mut server = MailServer::start(Manner::Accept, Protection::None);
    let sources = Sources::default()
        .option(
            "data_dir",
            place.path().join("data").display().to_string(),
            "(test)",
        )
        .option("portal.listen", "localhost:0", "(test)")
        .option("idp.listen", "localhost:0", "(test)")
        .option("idp.smtp.host", "localhost", "(test)")
        .option("idp.smtp.port", server.port.to_string(), "(test)")
        .option("idp.smtp.encryption", "none", "(test)")
        .option("idp.smtp.from", "no-reply@example.com", "(test)");
    let mut options = UpOptions::new(Loaded::read(&sources).settings().unwrap());
    let later = SystemClock.now() + SignedDuration::from_secs(61);
    options.clock = Arc::new(FrozenClock::new(later));
    let running = Box::pin(up(options)).await.unwrap();
    let mail = server.next().await;
    assert_eq!(mail.recipient, begun.recipient);
    assert_eq!(mail.code(), begun.code());
    assert_eq!(mail.header("Message-ID"), begun.header("Message-ID"));
    until(&running.db, |mails| {
        mails.iter().all(|mail| instant(mail, "sent_at").is_some())
    })
    .await;
    assert!(server.is_empty());
    running.shutdown().await;
}
