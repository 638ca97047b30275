//! What is broken on purpose, one thing at a time: how, which check says so, and how it is mended.

use http::Method;
use latchkey::doctor::{Row, Status};
use serde_json::{Value, json};
use testkit::System;

use self::Broken::{Application, Other, Setting, Unknown};
use super::{Config, call, obey, set};
use Status::{Failure, Warning};

/// What is broken.
pub(super) enum Broken {
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

pub(super) enum Fault {
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

pub(super) const NOBODY: &str = "\"00000000-0000-4000-8000-000000000000\"";
pub(super) const NOT_THE_SECRET: &str = "\"not-the-secret\"";

/// The table: what is broken, and which check says so.
#[expect(
    clippy::too_many_lines,
    reason = "a table, with a row for each misconfiguration"
)]
pub(super) fn faults(system: &System) -> Vec<(&'static str, Status, Broken)> {
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
pub(super) enum Mend {
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

pub(super) async fn first(system: &System, path: &str, list: &str) -> Value {
    let all = call(system, Method::GET, path, None).await;
    all.pointer(&format!("/_embedded/{list}/0"))
        .unwrap()
        .clone()
}

/// A worker of its own, in the configuration instead of the demo's.
pub(super) async fn other_worker(system: &System, config: &mut Config) -> String {
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
    pub(super) async fn commit(
        &self,
        system: &System,
        config: &mut Config,
        slow: &mut i64,
    ) -> Mend {
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
    pub(super) async fn carry_out(
        self,
        system: &System,
        whole: &Config,
        config: &mut Config,
        row: &Row,
    ) {
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
    pub(super) async fn commit(
        &self,
        system: &System,
        config: &mut Config,
        slow: &mut i64,
    ) -> Mend {
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

pub(super) const PEOPLE: &str = "Identity Data Admin";

/// Gives a worker a role for something.
pub(super) async fn give(system: &System, worker: &str, role: &str, level: &str, id: &str) {
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
