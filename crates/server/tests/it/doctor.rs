//! `latchkey doctor`: each fault is found alone, and what it says to do about it helps.

mod faults;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

use http::Method;
use jiff::SignedDuration;
use latchkey::config::{Loaded, Sources};
use latchkey::doctor::{Change, Report, Row, Status, Subject, examine};
use platform::{Clock as _, SystemClock};
use serde_json::{Value, json};
use testkit::System;

use self::faults::Broken::Application;
use self::faults::{PEOPLE, faults, give, other_worker};
use Status::{Failure, Warning};

/// A configuration: keys, and their values as TOML.
type Config = BTreeMap<String, String>;

/// The portal's configuration as somebody writes it who set everything up by hand.
fn by_hand(system: &System) -> Config {
    let env = system.env();
    let text = |value: &str| toml::Value::from(value).to_string();
    [
        ("portal.public_url", text(&env.portal_url)),
        ("portal.sign_on.issuer", text(&env.issuer)),
        ("portal.sign_on.client_id", text(&env.client_id)),
        ("portal.sign_on.client_secret", text(&env.client_secret)),
        ("portal.pingone.auth_url", text(&env.auth_url)),
        ("portal.pingone.api_url", text(&env.api_url)),
        ("portal.pingone.environment_id", text(&env.environment_id)),
        (
            "portal.pingone.worker_client_id",
            text(&env.worker_client_id),
        ),
        (
            "portal.pingone.worker_client_secret",
            text(&env.worker_client_secret),
        ),
        ("portal.pingone.ca_file", text(&env.ca_file)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

async fn examined(config: &Config, slow: i64) -> Report {
    let lines = config
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"));
    let sources = Sources {
        inline: Some(lines.collect()),
        ..Sources::default()
    };
    let settings = Loaded::read(&sources).settings_for_tools().unwrap();
    // Answers bear the date of this machine's own clock.
    let now = SystemClock.now() + SignedDuration::from_secs(slow);
    examine(&Subject::configured(&settings), now).await
}

/// The checks that did not find all well, and how.
fn complaints(report: &Report) -> Vec<(&str, Status)> {
    let rows = report.checks.iter();
    rows.filter(|row| matches!(row.status, Warning | Failure))
        .map(|row| (row.check, row.status))
        .collect()
}

/// Sends a request of the management API as the demo's worker.
async fn call(system: &System, method: Method, path: &str, body: Option<&Value>) -> Value {
    let mut request = system.manage(method, path).await;
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await;
    assert!(
        (200..300).contains(&answer.status.as_u16()),
        "{path}: {}",
        answer.body()
    );
    if answer.body().is_empty() {
        return Value::Null;
    }
    answer.json()
}

/// Gives an object a member.
async fn set(system: &System, path: &str, member: &str, value: Value) {
    let mut object = call(system, Method::GET, path, None).await;
    let members = object.as_object_mut().unwrap();
    members.retain(|name, _| {
        ![
            "_links",
            "_embedded",
            "id",
            "createdAt",
            "updatedAt",
            "environment",
            "application",
        ]
        .contains(&name.as_str())
    });
    if value.is_null() {
        members.remove(member);
    } else {
        members.insert(member.to_owned(), value);
    }
    call(system, Method::PUT, path, Some(&object)).await;
}

/// Does exactly what the doctor says.
async fn obey(system: &System, config: &mut Config, row: &Row) {
    assert!(!row.changes.is_empty(), "{row:?} says nothing exact");
    for change in &row.changes {
        match change {
            Change::Member {
                path,
                member,
                value,
            } => set(system, path, member, value.clone()).await,
            Change::Create { path, body } => {
                call(system, Method::POST, path, Some(body)).await;
            }
            Change::Setting { key, value } => {
                config.insert((*key).to_owned(), value.clone());
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn every_fault_is_found_alone_and_its_remedy_mends_it() {
    let system = System::start().await;
    let whole = by_hand(&system);
    let well = examined(&whole, 0).await;
    assert_eq!(complaints(&well), [], "{:#?}", well.checks);
    assert_eq!(well.count(Status::NotLookedAt), 0, "{:#?}", well.checks);
    let table = faults(&system);
    assert!(table.len() >= 20);
    let mut wrong = Vec::new();
    for (place, (check, status, broken)) in table.iter().enumerate() {
        let (mut config, mut slow) = (whole.clone(), 0);
        let application = format!("applications/{}", system.env().client_id);
        let before = call(&system, Method::GET, &application, None).await;
        let mend = broken.commit(&system, &mut config, &mut slow).await;
        let report = examined(&config, slow).await;
        if complaints(&report) != [(*check, *status)] {
            wrong.push(format!(
                "{place}: {check} expected, found {:?}",
                complaints(&report)
            ));
        }
        let found = report.checks.iter().find(|row| row.check == *check);
        let Some(row) = found.filter(|row| row.remedy.is_some()) else {
            wrong.push(format!("{place}: nothing to do about {found:?}"));
            continue;
        };
        mend.carry_out(&system, &whole, &mut config, row).await;
        let after = examined(&config, 0).await;
        let mended = after.checks.iter().find(|row| row.check == *check);
        let is_well = mended.is_some_and(|row| row.status == Status::Ok);
        if !is_well || !complaints(&after).is_empty() {
            wrong.push(format!(
                "{place}: {check} is not mended: {mended:?} {:?}",
                complaints(&after)
            ));
        }
        if let Application(member, _) = broken {
            // Where the remedy was to configure the portal otherwise.
            let before = before.get(*member).cloned().unwrap_or_default();
            set(&system, &application, member, before).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What the table breaks are faults of many kinds.
    let kinds: BTreeSet<&str> = table.iter().map(|(check, ..)| *check).collect();
    assert!(kinds.len() >= 20, "{kinds:?}");
}

#[tokio::test]
async fn production_asks_for_more_and_says_what() {
    let system = System::start().await;
    let mut config = by_hand(&system);
    config.insert("mode".to_owned(), "\"production\"".to_owned());
    let report = examined(&config, 0).await;
    let found = [("roles", Warning), ("PKCE", Warning), ("mail", Warning)];
    assert_eq!(complaints(&report), found);
    let row = report
        .checks
        .iter()
        .find(|row| row.check == "PKCE")
        .unwrap();
    obey(&system, &mut config, row).await;
    let worker = other_worker(&system, &mut config).await;
    for role in [PEOPLE, "Configuration Read Only"] {
        give(
            &system,
            &worker,
            role,
            "ENVIRONMENT",
            &system.env().environment_id,
        )
        .await;
    }
    let server = json!({
        "host": "smtp.example.com", "port": 465, "username": "mail", "password": "secret",
        "from": {"address": "no-reply@example.com"},
    });
    let path = "notificationsSettings/emailDeliverySettings";
    call(&system, Method::PUT, path, Some(&server)).await;
    let report = examined(&config, 0).await;
    assert_eq!(complaints(&report), [], "{:#?}", report.checks);
}

#[tokio::test]
async fn without_a_worker_what_needs_one_is_not_looked_at_and_a_wrong_address_is_still_seen() {
    let system = System::start().await;
    let mut config = by_hand(&system);
    config.retain(|key, _| !key.starts_with("portal.pingone.") || key.ends_with("ca_file"));
    let report = examined(&config, 0).await;
    assert_eq!(complaints(&report), []);
    let status = |report: &Report, name: &str| {
        let row = report.checks.iter().find(|row| row.check == name);
        row.unwrap().status
    };
    for check in [
        "worker",
        "roles",
        "application",
        "redirect URI",
        "population",
        "mail",
    ] {
        assert_eq!(status(&report, check), Status::NotLookedAt, "{check}");
    }
    assert_eq!(status(&report, "sign-on"), Status::Ok);
    assert_eq!(status(&report, "client secret"), Status::Ok);
    config.insert(
        "portal.sign_on.redirect_path".to_owned(),
        "\"/back\"".to_owned(),
    );
    let report = examined(&config, 0).await;
    assert_eq!(complaints(&report), [("sign-on", Failure)]);
}

/// Runs the program.
async fn doctor(system: &System, arguments: &[&str], tamper: bool) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("test.env");
    let mut env = system.env().clone();
    if tamper {
        env.client_secret.push('x');
    }
    env.write(&file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command
        .arg("doctor")
        .args(arguments)
        .arg("--env-file")
        .arg(&file);
    command.env_clear().env("HOME", directory.path());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_command_tells_people_and_programs_and_shows_no_secret() {
    let system = System::start().await;
    let output = doctor(&system, &[], false).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("0 warnings, 0 failures, 0 not looked at"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'), "{said}");
    for line in said.lines().filter(|line| !line.contains("http")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let output = doctor(&system, &["--format", "json"], true).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["summary"]["failures"], 1);
    let rows = report["checks"].as_array().unwrap();
    let failed = rows.iter().find(|row| row["status"] == "failure").unwrap();
    assert_eq!(failed["check"], "client secret");
    assert!(
        failed["console"]
            .as_str()
            .unwrap()
            .starts_with("Applications")
    );
    let env = system.env();
    for secret in [&env.client_secret, &env.worker_client_secret] {
        assert!(!said.contains(secret.as_str()), "{said}");
    }
}
