//! `latchkey doctor`: each fault is found alone, and what it says to do about it helps.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

use http::Method;
use jiff::SignedDuration;
use latchkey::config::{Loaded, Sources};
use latchkey::doctor::{Change, Report, Row, Status, Subject, examine};
use platform::{Clock as _, SystemClock};
use serde_json::{Value, json};
use testkit::System;

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

/// What is broken.
enum Broken {
    /// A member of the portal's application.
    Application(&'static str, Value),
    /// A key of the configuration; the doctor says what it should be.
    Setting(&'static str, &'static str),
    /// A key of the configuration whose right value the doctor cannot know: its remedy names the key.
    /// Without a value the key is absent.
    Unknown(&'static str, Option<&'static str>),
    /// Something else.
    Other(Fault),
}

enum Fault {
    ApplicationIsTheWorker,
    ClockIsSlow,
    GrantIsGone,
    GrantLacksAScope,
    LockoutIsOff,
    NoDomains,
    NobodyListens,
    IssuerByAnotherName,
    WorkerIsDisabled,
    WorkerWithoutRoles,
    WorkerForAnotherPopulation,
}

use Broken::{Application, Other, Setting, Unknown};
use Status::{Failure, Warning};

const NOBODY: &str = "\"00000000-0000-4000-8000-000000000000\"";
const NOT_THE_SECRET: &str = "\"not-the-secret\"";

/// The table: what is broken, and which check says so.
#[expect(
    clippy::too_many_lines,
    reason = "a table, with a row for each misconfiguration"
)]
fn faults(system: &System) -> Vec<(&'static str, Status, Broken)> {
    let portal = &system.env().portal_url;
    let callback_with_a_slash = format!("{portal}callback/");
    let without_its_slash = portal.trim_end_matches('/');
    vec![
        ("reachable", Failure, Other(Fault::NobodyListens)),
        (
            "reachable",
            Failure,
            Unknown(
                "portal.pingone.back_channel_url",
                Some("\"https://localhost:9/\""),
            ),
        ),
        ("TLS", Failure, Unknown("portal.pingone.ca_file", None)),
        ("clock", Failure, Other(Fault::ClockIsSlow)),
        ("discovery", Failure, Other(Fault::IssuerByAnotherName)),
        (
            "signatures",
            Failure,
            Setting("portal.sign_on.algorithms", "[\"ES256\"]"),
        ),
        (
            "application",
            Failure,
            Unknown("portal.sign_on.client_id", Some(NOBODY)),
        ),
        ("enabled", Failure, Application("enabled", json!(false))),
        ("type", Failure, Other(Fault::ApplicationIsTheWorker)),
        (
            "grant types",
            Failure,
            Application("grantTypes", json!(["CLIENT_CREDENTIALS"])),
        ),
        (
            "redirect URI",
            Failure,
            Application("redirectUris", json!([callback_with_a_slash])),
        ),
        (
            "redirect URI",
            Failure,
            Setting("portal.sign_on.redirect_path", "\"/back\""),
        ),
        (
            "sign-off URI",
            Failure,
            Application("postLogoutRedirectUris", json!([without_its_slash])),
        ),
        (
            "requests",
            Failure,
            Application("parRequirement", json!("REQUIRED")),
        ),
        (
            "requests",
            Failure,
            Application("requireSignedRequestObject", json!(true)),
        ),
        (
            "token authentication",
            Failure,
            Application("tokenEndpointAuthMethod", json!("CLIENT_SECRET_POST")),
        ),
        (
            "access",
            Failure,
            Application(
                "accessControl",
                json!({"role": {"type": "ADMIN_USERS_ONLY"}}),
            ),
        ),
        (
            "client secret",
            Failure,
            Unknown("portal.sign_on.client_secret", Some(NOT_THE_SECRET)),
        ),
        ("scopes", Failure, Other(Fault::GrantIsGone)),
        ("scopes", Failure, Other(Fault::GrantLacksAScope)),
        (
            "scopes",
            Failure,
            Setting("portal.sign_on.scopes", "[\"openid\", \"profil\"]"),
        ),
        (
            "sign-on policies",
            Failure,
            Setting("portal.sign_on.acr_values", "[\"No_Such_Policy\"]"),
        ),
        (
            "worker",
            Failure,
            Unknown("portal.pingone.worker_client_secret", Some(NOT_THE_SECRET)),
        ),
        ("worker", Failure, Other(Fault::WorkerIsDisabled)),
        ("roles", Failure, Other(Fault::WorkerWithoutRoles)),
        ("roles", Failure, Other(Fault::WorkerForAnotherPopulation)),
        (
            "population",
            Failure,
            Setting(
                "portal.registration.populations",
                "[\"00000000-0000-4000-8000-000000000000\"]",
            ),
        ),
        ("population", Failure, Other(Fault::NoDomains)),
        ("password policy", Warning, Other(Fault::LockoutIsOff)),
        (
            "operators",
            Warning,
            Setting("portal.operator.roles", "[\"Identity Data Amdin\"]"),
        ),
        (
            "mail",
            Warning,
            Setting("portal.registration.verify_email", "false"),
        ),
    ]
}

/// How a person mends it.
#[derive(Default)]
enum Mend {
    /// By doing exactly what the doctor says.
    #[default]
    Exactly,
    /// By giving these keys, which the remedy names, the values from before.
    Keys(Vec<String>),
    /// By setting this machine's clock.
    Clock,
    /// By enabling this application.
    Enable(String),
    /// By giving this worker the role that the remedy names.
    Role(String),
}

async fn first(system: &System, path: &str, list: &str) -> Value {
    let all = call(system, Method::GET, path, None).await;
    all.pointer(&format!("/_embedded/{list}/0"))
        .unwrap()
        .clone()
}

/// A worker of its own, in the configuration instead of the demo's.
async fn other_worker(system: &System, config: &mut Config) -> String {
    let body = json!({
        "name": format!("Worker {}", uuid::Uuid::new_v4()), "enabled": true, "type": "WORKER", "protocol": "OPENID_CONNECT",
        "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    });
    let made = call(system, Method::POST, "applications", Some(&body)).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let secret = call(
        system,
        Method::GET,
        &format!("applications/{id}/secret"),
        None,
    )
    .await;
    config.insert(
        "portal.pingone.worker_client_id".to_owned(),
        format!("\"{id}\""),
    );
    config.insert(
        "portal.pingone.worker_client_secret".to_owned(),
        secret["secret"].to_string(),
    );
    id
}

impl Broken {
    async fn commit(&self, system: &System, config: &mut Config, slow: &mut i64) -> Mend {
        let application = format!("applications/{}", system.env().client_id);
        match self {
            Application(member, value) => set(system, &application, member, value.clone()).await,
            Setting(key, value) => {
                config.insert((*key).to_owned(), (*value).to_owned());
            }
            Unknown(key, value) => {
                match value {
                    Some(value) => config.insert((*key).to_owned(), (*value).to_owned()),
                    None => config.remove(*key),
                };
                return Mend::Keys(vec![(*key).to_owned()]);
            }
            Other(fault) => return fault.commit(system, config, slow).await,
        }
        Mend::Exactly
    }
}

impl Mend {
    /// Mends what `row` complains of.
    async fn carry_out(self, system: &System, whole: &Config, config: &mut Config, row: &Row) {
        let remedy = row.remedy.as_deref().unwrap_or_default();
        match self {
            Self::Exactly => obey(system, config, row).await,
            Self::Keys(keys) => {
                for key in keys {
                    let (section, name) = key.rsplit_once('.').unwrap();
                    let is_named = remedy.contains(section) && remedy.contains(name);
                    // "Client Secret into portal.sign_on" is what the console calls it.
                    let words = name.replace('_', " ");
                    let is_said =
                        remedy.contains(section) && remedy.to_lowercase().contains(&words);
                    assert!(is_named || is_said, "{key}: {remedy}");
                    match whole.get(&key) {
                        Some(value) => config.insert(key, value.clone()),
                        None => config.remove(&key),
                    };
                }
            }
            Self::Clock => assert!(remedy.contains("clock"), "{remedy}"),
            Self::Role(id) => {
                assert!(remedy.contains(PEOPLE), "{remedy}");
                give(
                    system,
                    &id,
                    PEOPLE,
                    "ENVIRONMENT",
                    &system.env().environment_id,
                )
                .await;
            }
            Self::Enable(id) => {
                assert!(remedy.contains("enabled"), "{remedy}");
                let path = format!("applications/{id}");
                set(system, &path, "enabled", json!(true)).await;
            }
        }
    }
}

impl Fault {
    #[expect(
        clippy::too_many_lines,
        reason = "the short story of each fault, one after another"
    )]
    async fn commit(&self, system: &System, config: &mut Config, slow: &mut i64) -> Mend {
        let env = system.env();
        let application = format!("applications/{}", env.client_id);
        match self {
            Self::ApplicationIsTheWorker => {
                for name in ["client_id", "client_secret"] {
                    let worker = config[&format!("portal.pingone.worker_{name}")].clone();
                    config.insert(format!("portal.sign_on.{name}"), worker);
                }
                let keys = ["client_id", "client_secret"];
                return Mend::Keys(keys.map(|name| format!("portal.sign_on.{name}")).to_vec());
            }
            Self::ClockIsSlow => {
                *slow = -600;
                return Mend::Clock;
            }
            Self::GrantIsGone => {
                let grant = first(system, &format!("{application}/grants"), "grants").await;
                let path = format!("{application}/grants/{}", grant["id"].as_str().unwrap());
                call(system, Method::DELETE, &path, None).await;
            }
            Self::GrantLacksAScope => {
                let grants =
                    call(system, Method::GET, &format!("{application}/grants"), None).await;
                let grants = grants["_embedded"]["grants"].as_array().unwrap();
                let grant = grants
                    .iter()
                    .max_by_key(|grant| grant["scopes"].as_array().unwrap().len());
                let grant = grant.unwrap();
                let path = format!("{application}/grants/{}", grant["id"].as_str().unwrap());
                let one = json!([grant["scopes"][0]]);
                set(system, &path, "scopes", one).await;
            }
            Self::LockoutIsOff => {
                let populations = call(system, Method::GET, "populations", None).await;
                let all = populations["_embedded"]["populations"].as_array().unwrap();
                let default = all.iter().find(|one| one["default"] == true).unwrap();
                let policy = default["passwordPolicy"]["id"].as_str().unwrap();
                set(
                    system,
                    &format!("passwordPolicies/{policy}"),
                    "lockout",
                    Value::Null,
                )
                .await;
            }
            Self::NoDomains => {
                let populations = call(system, Method::GET, "populations", None).await;
                for population in populations["_embedded"]["populations"].as_array().unwrap() {
                    let path = format!("populations/{}", population["id"].as_str().unwrap());
                    let mut body = population.clone();
                    for name in [
                        "_links",
                        "id",
                        "environment",
                        "createdAt",
                        "updatedAt",
                        "userCount",
                    ] {
                        body.as_object_mut().unwrap().remove(name);
                    }
                    body["description"] = json!("people");
                    call(system, Method::PUT, &path, Some(&body)).await;
                }
                let choice = "portal.registration.population".to_owned();
                config.insert(choice, "\"email-domain\"".to_owned());
            }
            Self::NobodyListens => {
                let issuer = format!("\"https://localhost:9/{}/as\"", env.environment_id);
                config.insert("portal.sign_on.issuer".to_owned(), issuer);
                return Mend::Keys(vec!["portal.sign_on.issuer".to_owned()]);
            }
            Self::IssuerByAnotherName => {
                let issuer = env.issuer.replace("//localhost:", "//127.0.0.1:");
                assert_ne!(issuer, env.issuer);
                let issuer = format!("\"{issuer}\"");
                config.insert("portal.sign_on.issuer".to_owned(), issuer);
            }
            Self::WorkerIsDisabled => {
                let id = other_worker(system, config).await;
                give(system, &id, PEOPLE, "ENVIRONMENT", &env.environment_id).await;
                set(
                    system,
                    &format!("applications/{id}"),
                    "enabled",
                    json!(false),
                )
                .await;
                return Mend::Enable(id);
            }
            Self::WorkerWithoutRoles => return Mend::Role(other_worker(system, config).await),
            Self::WorkerForAnotherPopulation => {
                let id = other_worker(system, config).await;
                let body = json!({"name": "Elsewhere"});
                let made = call(system, Method::POST, "populations", Some(&body)).await;
                give(
                    system,
                    &id,
                    PEOPLE,
                    "POPULATION",
                    made["id"].as_str().unwrap(),
                )
                .await;
            }
        }
        Mend::Exactly
    }
}

const PEOPLE: &str = "Identity Data Admin";

/// Gives a worker a role for something.
async fn give(system: &System, worker: &str, role: &str, level: &str, id: &str) {
    let (browser, named) = (system.browser(), role);
    let roles = url::Url::parse(&system.env().api_url)
        .unwrap()
        .join("roles")
        .unwrap();
    let token = system.worker_token().await;
    let roles: Value = browser
        .request(Method::GET, roles)
        .bearer(&token)
        .send()
        .await
        .expect(200)
        .json();
    let roles = roles["_embedded"]["roles"].as_array().unwrap();
    let role = roles.iter().find(|role| role["name"] == named).unwrap();
    let body = json!({"role": {"id": role["id"]}, "scope": {"id": id, "type": level}});
    let path = format!("applications/{worker}/roleAssignments");
    call(system, Method::POST, &path, Some(&body)).await;
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
