//! Backups: what is restored answers as the original did, and nothing is restored that is not whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use db::testing::TestDb;
use db::{Batch, Db, Statement};
use latchkey::config::{Loaded, Sources};
use latchkey::keyring_file::KeyringFile;
use latchkey::{EnvironmentFile, Running, UpOptions, up};
use protocol::SystemRandom;
use serde_json::Value;
use testkit::{Browser, Method, Person, StatusCode, give_credentials};

use crate::installation::{free_port, refused, run};

/// A development installation in a directory of its own, at addresses that stay.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(database: Option<&str>) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let text = format!(
            "database = \"{}\"\n\
             [portal]\nlisten = \"localhost:{}\"\n\
             [idp]\nlisten = \"localhost:{}\"\n\
             [idp.argon2]\nmemory_kib = 64\niterations = 1\n",
            database.unwrap_or("sqlite"),
            free_port(),
            free_port(),
        );
        fs::write(place.config(), text).unwrap();
        place
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("latchkey.toml")
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Starts both sides on the data in this folder.
    async fn start(&self, data: &str) -> Running {
        testkit::install_cryptography();
        let sources = Sources {
            file: Some(self.config()),
            ..Sources::default()
        };
        let sources = sources.option("data_dir", self.file(data), "(test)");
        let settings = Loaded::read(&sources).settings().unwrap();
        up(UpOptions::new(settings)).await.unwrap()
    }

    /// Runs a command on the data in this folder.
    fn run(&self, arguments: &[&str], data: &str) -> Output {
        let data = self.file(data);
        let arguments = [arguments, &["--data-dir", &data]].concat();
        tokio::task::block_in_place(|| run(&self.config(), &arguments, ""))
    }

    fn back_up(&self, archive: &str) {
        let output = self.run(&["backup", &self.file(archive)], "data");
        assert!(output.status.success(), "{}", said(&output));
    }

    fn restore(&self, archive: &str, data: &str) -> Output {
        self.run(&["restore", &self.file(archive)], data)
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Every answer of the management API's collections below the environment, by path.
async fn answers(env: &EnvironmentFile) -> BTreeMap<String, (StatusCode, Value)> {
    let browser = trusting(env);
    let base = format!("{}{}", env.auth_url, env.environment_id);
    let token = browser
        .request(Method::POST, format!("{base}/as/token"))
        .basic(&env.worker_client_id, &env.worker_client_secret)
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .expect(200)
        .json_text("/access_token");
    let document = browser.open(format!("{}openapi.json", env.api_url)).await;
    let document: Value = document.expect(200).json();
    let collections = document["paths"].as_object().unwrap().iter();
    // Each token that was asked for is an activity.
    let collections = collections.filter(|(path, methods)| {
        methods.get("get").is_some()
            && path.matches('{').count() == 1
            && path.contains("/environments/{")
            && !path.contains("activities")
    });
    let paths: Vec<String> = collections
        .map(|(path, _)| {
            let (before, rest) = path.split_once('{').unwrap();
            let (_, after) = rest.split_once('}').unwrap();
            let path = format!("{before}{}{after}", env.environment_id);
            let path = path.trim_start_matches('/').trim_start_matches("v1/");
            format!("{}{path}", env.api_url)
        })
        .chain([
            format!("{base}/as/.well-known/openid-configuration"),
            format!("{base}/as/jwks"),
        ])
        .collect();
    assert!(paths.len() > 20, "{paths:?}");
    let mut answers = BTreeMap::new();
    let mut waiting = paths;
    while let Some(path) = waiting.pop() {
        let answer = browser.request(Method::GET, &path).bearer(&token).send();
        let answer = answer.await;
        let mut body = if answer.body().starts_with('{') {
            answer.json()
        } else {
            Value::from(answer.body())
        };
        forget_changes(&mut body);
        // What a list holds is asked for by its own address, too.
        let embedded = body["_embedded"].as_object().into_iter().flatten();
        for item in embedded.flat_map(|(_, items)| items.as_array().into_iter().flatten()) {
            if let Some(href) = item.pointer("/_links/self/href").and_then(Value::as_str)
                && !answers.contains_key(href)
                && answers.len() < 2000
            {
                waiting.push(href.to_owned());
            }
        }
        answers.insert(path, (answer.status, body));
    }
    answers
}

/// Each start of a demo tells its applications where the portal is, so that they were changed then;
/// and every refusal has an id of its own.
fn forget_changes(body: &mut Value) {
    match body {
        Value::Object(members) => {
            if members.contains_key("protocol") {
                members.remove("updatedAt");
            }
            if members.contains_key("code") && members.contains_key("message") {
                members.remove("id");
            }
            members.values_mut().for_each(forget_changes);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_changes),
        _ => {}
    }
}

fn trusting(env: &EnvironmentFile) -> Browser {
    Browser::trusting(&fs::read_to_string(&env.ca_file).unwrap())
}

/// Backs up while the servers run, wrecks what there is, restores into another folder, and compares.
async fn comes_back(place: &Place, wreck: impl AsyncFnOnce()) {
    let running = place.start("data").await;
    let env = running.env.clone();
    let ada = Person::new(&env.demo_username, &env.demo_password);
    let browser = trusting(&env);
    let sign_on = browser.open(format!("{}login", env.portal_url)).await;
    give_credentials(&sign_on.expect(200), &ada)
        .await
        .expect(200);
    let before = answers(&env).await;

    place.back_up("latchkey.tar");

    let archive = fs::metadata(place.file("latchkey.tar")).unwrap();
    assert_eq!(archive.permissions().mode() & 0o777, 0o600);
    // What comes later is not in it.
    let late = browser.open(format!("{}register", env.portal_url)).await;
    late.form_with("confirmPassword")
        .fill("username", "late")
        .fill("email", "late@example.com")
        .fill("password", "Correct-Horse-42")
        .fill("confirmPassword", "Correct-Horse-42")
        .submit()
        .await
        .expect(200);
    running.shutdown().await;
    wreck().await;
    let restored = place.restore("latchkey.tar", "restored");
    assert!(restored.status.success(), "{}", said(&restored));

    let running = place.start("restored").await;
    let after = answers(&running.env).await;
    for (path, answer) in &before {
        assert!(after.get(path) == Some(answer), "{path} answers otherwise");
    }
    assert_eq!(before.len(), after.len());
    // The session of before is good, and the password, too.
    let info = browser.open(format!("{}user/info", env.portal_url)).await;
    let info = info.expect(200);
    assert!(
        info.url.path().ends_with("/user/info"),
        "{}",
        info.summary()
    );
    let fresh = trusting(&running.env);
    let sign_on = fresh.open(format!("{}login", env.portal_url)).await;
    give_credentials(&sign_on.expect(200), &ada)
        .await
        .expect(200);
    let info = fresh.open(format!("{}user/info", env.portal_url)).await;
    assert!(info.expect(200).url.path().ends_with("/user/info"));
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_answers_as_the_original_did() {
    let place = Place::new(None);
    comes_back(&place, async || {
        fs::remove_dir_all(place.file("data")).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_its_own_tools_bring_everything_back() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let place = Place::new(database.postgres_url().as_deref());
    comes_back(&place, async || {
        // Restored beside what is there, rows would mix.
        let refused_first = place.restore("latchkey.tar", "restored");
        refused(&refused_first, "the PostgreSQL database is not empty");
        drop_tables(&database).await;
    })
    .await;
}

async fn drop_tables(database: &TestDb) {
    let tables = database.db.tables().await.unwrap();
    let drop = format!("DROP TABLE {} CASCADE", tables.join(", "));
    // The text is the test's own.
    let drop = Statement::new(drop.leak());
    database.db.batch(Batch::new().add(drop)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten_and_nothing_that_runs_is_touched() {
    let place = Place::new(None);
    refused(
        &place.run(&["backup", &place.file("early.tar")], "data"),
        "there is no database",
    );
    let running = place.start("data").await;
    place.back_up("latchkey.tar");
    let again = place.run(&["backup", &place.file("latchkey.tar")], "data");
    refused(&again, "exists already");
    refused(&place.restore("latchkey.tar", "data"), "is in use by");
    running.shutdown().await;
    let full = place.restore("latchkey.tar", "data");
    refused(&full, "is not empty");

    // A keyring elsewhere is somebody's.
    let keyring = place.file("keys.json");
    let file = KeyringFile::new(keyring.clone().into());
    file.make(&SystemRandom).unwrap();
    let text = fs::read_to_string(place.config()).unwrap();
    let text = format!("keyring_file = \"{keyring}\"\n{text}");
    fs::write(place.config(), text).unwrap();
    let other = place.restore("latchkey.tar", "restored");
    refused(&other, "another keyring");
    assert!(!Path::new(&place.file("restored/latchkey.db")).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_not_whole_or_does_not_belong_together_restores_nothing() {
    let place = Place::new(None);
    place.start("data").await.shutdown().await;
    place.back_up("good.tar");
    let good = entries(&place.file("good.tar"));
    let names: Vec<&String> = good.iter().map(|(name, _)| name).collect();
    assert!(names.len() > 4, "{names:?}");

    let mut tried = 0;
    let mut attempt = |changed: Vec<(String, Vec<u8>)>, why: &str| {
        let archive = format!("bad-{tried}.tar");
        write(&place.file(&archive), &changed);
        let data = format!("restored-{tried}");
        refused(&place.restore(&archive, &data), why);
        let left: Vec<_> = fs::read_dir(place.file(&data)).unwrap().collect();
        assert_eq!(left.len(), 1, "more than the lock: {left:?}");
        tried += 1;
    };
    for (index, (name, _)) in good.iter().enumerate().skip(1) {
        let mut changed = good.clone();
        changed[index].1[0] ^= 1;
        attempt(changed, &format!("{name} is not what the manifest says"));
        let mut without = good.clone();
        without.remove(index);
        attempt(without, &format!("{name} is missing"));
    }
    attempt(good[1..].to_vec(), "does not begin with a manifest");
    let stray = ("files/stray.secret".to_owned(), b"x".to_vec());
    attempt([&good[..], &[stray]].concat(), "does not belong there");

    // A keyring of another installation, with a manifest that tells so.
    let foreign = place.file("foreign.json");
    KeyringFile::new(foreign.clone().into())
        .make(&SystemRandom)
        .unwrap();
    attempt(
        replaced(&good, "keyring.json", &fs::read(&foreign).unwrap()),
        "which the keyring",
    );
    // A database that is not the one the manifest speaks of.
    let empty = Db::sqlite(Path::new(&place.file("empty.db"))).unwrap();
    empty.close().await;
    drop(empty);
    attempt(
        replaced(
            &good,
            "database.sqlite",
            &fs::read(place.file("empty.db")).unwrap(),
        ),
        "tables of other versions",
    );
}

/// The archive with another file, and a manifest that tells its digest.
fn replaced(good: &[(String, Vec<u8>)], name: &str, content: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut changed = good.to_vec();
    for (entry, bytes) in &mut changed {
        if entry == name {
            *bytes = content.to_vec();
        }
    }
    let mut manifest: Value = serde_json::from_slice(&changed[0].1).unwrap();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content);
    let hash = data_encoding::HEXLOWER.encode(hash.as_ref());
    manifest["files"][name] = serde_json::json!({"bytes": content.len(), "sha256": hash});
    changed[0].1 = serde_json::to_vec(&manifest).unwrap();
    changed
}

fn entries(archive: &str) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(fs::File::open(archive).unwrap());
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (name, content)
    });
    entries.collect()
}

fn write(archive: &str, entries: &[(String, Vec<u8>)]) {
    let mut tape = tar::Builder::new(fs::File::create(archive).unwrap());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        tape.append_data(&mut header, name, &content[..]).unwrap();
    }
    tape.into_inner().unwrap();
}
