//! Backups: what is restored answers as the original did, and nothing is restored that is not whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

use db::testing::TestDb;
use db::{Batch, Db, Statement};
use latchkey::config::{Loaded, Sources};
use latchkey::keyring_file::KeyringFile;
use latchkey::{EnvironmentFile, Running, UpOptions, up};
use protocol::SystemRandom;
use serde_json::Value;
use testkit::{Browser, Method, Person, StatusCode, give_credentials};

use crate::installation::{free_port, program, refused, run};

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

    /// Begins a command that will be stopped; programs that it starts are found in this folder first.
    fn begin(&self, arguments: &[&str], data: &str) -> Child {
        let data = self.file(data);
        let arguments = [arguments, &["--data-dir", &data]].concat();
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        let mut program = program(&self.config(), &arguments);
        program.env("PATH", path).spawn().unwrap()
    }

    /// What lies in a folder of this place.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.file(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    /// Writes a line before the others of the configuration.
    fn configure(&self, line: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        fs::write(self.config(), format!("{line}\n{text}")).unwrap();
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

/// The table of somebody else in the same schema.
const FOREIGN: &str = "Others";

async fn drop_tables(database: &TestDb) {
    let tables = database.db.tables().await.unwrap();
    let tables = tables.into_iter().filter(|table| table != FOREIGN);
    database.db.drop_tables(&tables.collect()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_tables_are_neither_taken_along_nor_in_the_way() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let make = Statement::new("CREATE TABLE \"Others\" AS SELECT 1 AS one");
    database.db.batch(Batch::new().add(make)).await.unwrap();
    let place = Place::new(database.postgres_url().as_deref());
    place.start("data").await.shutdown().await;
    place.back_up("latchkey.tar");
    drop_tables(&database).await;

    let restored = place.restore("latchkey.tar", "restored");

    assert!(restored.status.success(), "{}", said(&restored));
    place.start("restored").await.shutdown().await;
    let theirs = Statement::new("SELECT COUNT(*) AS n FROM \"Others\"");
    let theirs = database.db.read_optional(theirs).await.unwrap().unwrap();
    assert_eq!(theirs.get::<i64>("n").unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_fails_on_postgresql_can_be_repeated() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let place = Place::new(database.postgres_url().as_deref());
    place.start("data").await.shutdown().await;
    place.back_up("good.tar");
    drop_tables(&database).await;
    // Only the database itself can tell that its manifest is wrong.
    let mut wrong = entries(&place.file("good.tar"));
    let mut manifest: Value = serde_json::from_slice(&wrong[0].1).unwrap();
    manifest["database"]["versions"]["idp"] = 1.into();
    wrong[0].1 = serde_json::to_vec(&manifest).unwrap();
    write(&place.file("wrong.tar"), &wrong);

    let first = place.restore("wrong.tar", "restored");

    refused(&first, "tables of other versions");
    assert_eq!(place.names("restored"), ["latchkey.lock"]);
    assert!(database.db.tables().await.unwrap().is_empty());
    let second = place.restore("good.tar", "restored");
    assert!(second.status.success(), "{}", said(&second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_whose_keyring_has_no_place_puts_nothing_anywhere() {
    let place = Place::new(None);
    place.start("data").await.shutdown().await;
    place.back_up("latchkey.tar");
    let keyring = place.file("keys/keyring.json");
    place.configure(&format!("keyring_file = \"{keyring}\""));

    let first = place.restore("latchkey.tar", "restored");

    refused(&first, "making a file in");
    assert_eq!(place.names("restored"), ["latchkey.lock"]);
    fs::create_dir(place.file("keys")).unwrap();
    let second = place.restore("latchkey.tar", "restored");
    assert!(second.status.success(), "{}", said(&second));
    assert!(Path::new(&keyring).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_stopped_leaves_no_secret_behind() {
    let place = Place::new(None);
    place.start("data").await.shutdown().await;
    place.back_up("whole.tar");
    let pipe = place.file("pipe.tar");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let child = place.begin(&["restore", &pipe], "restored");
    // An archive that has no end: everything came, and one more file may.
    let archive = fs::read(place.file("whole.tar")).unwrap();
    let (archive, _end) = archive.split_at(archive.len() - 1024);
    let mut writer = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    tokio::task::block_in_place(|| writer.write_all(archive).unwrap());
    wait_until(|| {
        let staging = place.names("restored");
        let staging = staging.iter().find(|name| name.starts_with(".latchkey-"));
        staging.is_some_and(|name| {
            Path::new(&place.file(&format!("restored/{name}/keyring.json"))).exists()
        })
    })
    .await;

    let output = stop(child);

    refused(&output, "it was stopped");
    assert_eq!(place.names("restored"), ["latchkey.lock"]);
    drop(writer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_stopped_stops_postgresqls_tool_as_well() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let place = Place::new(database.postgres_url().as_deref());
    place.start("data").await.shutdown().await;
    // In its place one that never ends.
    let (tool, began) = (place.file("pg_dump"), place.file("began"));
    let script =
        format!("#!/bin/sh\necho $$ > {began}.new\nmv {began}.new {began}\nexec sleep 600\n");
    fs::write(&tool, script).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o700)).unwrap();
    let archive = place.file("latchkey.tar");
    let child = place.begin(&["backup", &archive], "data");
    wait_until(|| Path::new(&began).exists()).await;
    let tool = fs::read_to_string(&began).unwrap();

    let output = stop(child);

    refused(&output, "it was stopped");
    assert!(!Path::new(&archive).exists());
    let left = place.names(".");
    assert!(
        !left.iter().any(|name| name.starts_with(".latchkey-")),
        "{left:?}"
    );
    assert!(!Path::new(&format!("/proc/{}", tool.trim())).exists());
}

/// Asks a program to stop, as a service manager does, and waits for its end.
fn stop(child: Child) -> Output {
    let asked = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(asked.unwrap().success());
    tokio::task::block_in_place(|| child.wait_with_output().unwrap())
}

async fn wait_until(is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_mins(1), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.expect("it comes to pass within a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reset_is_not_backed_up_as_it_was_before() {
    let place = Place::new(None);
    let text = fs::read_to_string(place.config()).unwrap();
    let control = "[control]\nlisten = \"localhost:0\"\n";
    fs::write(place.config(), format!("{text}{control}")).unwrap();
    let running = place.start("data").await;
    place.back_up("early.tar");
    let reset = format!("{}reset", running.env.control_url);
    let reset = Browser::plain().request(Method::POST, reset).send().await;
    reset.expect(204);

    let stale = place.run(&["backup", &place.file("stale.tar")], "data");

    refused(&stale, "the control API has reset this database");
    running.shutdown().await;
    place.back_up("late.tar");
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
    place.configure(&format!("keyring_file = \"{keyring}\""));
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
