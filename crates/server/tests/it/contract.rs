//! The contract suite against the embedded environment, and against one that breaks its word.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode, Uri, header};
use latchkey::EnvironmentFile;
use serde_json::{Value, json};
use testkit::System;

/// Larger bodies are not passed on.
const LARGEST: usize = 1 << 20;

/// Runs the suite against the environment that a file leads to, without waiting for anything.
async fn contract(env: &EnvironmentFile, only: &BTreeSet<String>) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("test.env");
    env.write(&file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command
        .args(["contract", "--wait", "0", "--against"])
        .arg(&file)
        .env_clear();
    for name in only {
        command.args(["--only", name]);
    }
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The names of the checks that ended so.
fn ended(said: &str, how: &str) -> BTreeSet<String> {
    let names = said.lines().filter_map(|line| line.strip_prefix(how));
    names.map(|name| name.trim().to_owned()).collect()
}

/// The ids of all objects of the environment, by the path of their list.
async fn everything(system: &System) -> BTreeMap<String, BTreeSet<String>> {
    let mut paths: Vec<String> = [
        "agreements",
        "applications",
        "deviceAuthenticationPolicies",
        "emailDomains",
        "fido2Policies",
        "gateways",
        "groups",
        "identityProviders",
        "keys",
        "notificationsPolicies",
        "passwordPolicies",
        "populations",
        "resources",
        "roles",
        "schemas",
        "signOnPolicies",
        "subscriptions",
        "themes",
        "users",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut all = BTreeMap::new();
    while let Some(path) = paths.pop() {
        let request = system.manage(Method::GET, &path).await;
        let list: Value = request.send().await.expect(200).json();
        let items = list["_embedded"].as_object().unwrap().values().next();
        let ids = items.unwrap().as_array().unwrap().iter();
        let ids: BTreeSet<_> = ids
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        if path == "schemas" {
            paths.extend(ids.iter().map(|id| format!("schemas/{id}/attributes")));
        }
        all.insert(path, ids);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_environment_keeps_every_promise_and_nothing_is_left() {
    let system = Box::pin(System::prepare().without_portal().start()).await;
    let before = everything(&system).await;
    let output = contract(system.env(), &BTreeSet::new()).await;
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    let kept = ended(&said, "kept ").len();
    assert!(kept > 250, "{said}{complained}");
    let total = format!("{kept} kept, 0 broken, 0 skipped");
    assert_eq!(said.lines().last(), Some(total.as_str()), "{said}");
    assert!(output.status.success(), "{complained}");
    assert_eq!(everything(&system).await, before);
    for secret in [
        &system.env().worker_client_secret,
        &system.env().client_secret,
    ] {
        assert!(!said.contains(secret.as_str()), "{said}");
    }
}

/// One way to break one's word.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Spoil {
    /// Objects lose all members but those that every object has.
    Members,
    /// Lists lose their items.
    Lists,
    /// Errors have other codes.
    Codes,
    /// Nothing is ever refused.
    Refusals,
    /// What is deleted is answered with 200.
    Deletions,
    /// Objects lose their ids.
    Ids,
    /// What succeeds is answered with another status that says so.
    Statuses,
    /// What is deleted stays on the last page of its list.
    Ghosts,
    /// Whoever makes something hears nothing of it.
    Silence,
}

impl Spoil {
    const ALL: [Self; 7] = [
        Self::Refusals,
        Self::Members,
        Self::Lists,
        Self::Codes,
        Self::Deletions,
        Self::Ids,
        Self::Statuses,
    ];

    fn status(self, status: StatusCode) -> StatusCode {
        match self {
            Self::Statuses if status.is_success() => StatusCode::NON_AUTHORITATIVE_INFORMATION,
            Self::Deletions if status == StatusCode::NO_CONTENT => StatusCode::OK,
            Self::Refusals if status.is_client_error() => StatusCode::OK,
            Self::Silence if status == StatusCode::CREATED => StatusCode::BAD_GATEWAY,
            _ => status,
        }
    }

    fn body(self, status: StatusCode, body: &mut Value) {
        match self {
            Self::Members if status.is_success() && body.get("_embedded").is_none() => {
                let stay = ["_links", "id", "environment", "createdAt", "updatedAt"];
                if let Value::Object(members) = body {
                    members.retain(|name, _| stay.contains(&name.as_str()));
                }
            }
            Self::Lists => {
                let lists = body.get_mut("_embedded").and_then(Value::as_object_mut);
                for list in lists.into_iter().flat_map(serde_json::Map::values_mut) {
                    *list = json!([]);
                }
            }
            Self::Codes if !status.is_success() => {
                body["code"] = json!("OTHER");
                for detail in body["details"].as_array_mut().into_iter().flatten() {
                    detail["code"] = json!("OTHER");
                }
            }
            Self::Refusals if status.is_client_error() => *body = json!({}),
            Self::Silence if status == StatusCode::CREATED => *body = json!({}),
            Self::Ids => {
                if let Value::Object(members) = body {
                    members.remove("id");
                }
            }
            _ => {}
        }
    }
}

/// What stands between the suite and the environment.
struct Between {
    http: reqwest::Client,
    api: String,
    /// Whoever starts asks for the environment, which is no check yet.
    environment: String,
    spoil: Spoil,
    /// Paths of what was deleted.
    deleted: Mutex<Vec<String>>,
}

/// The query of the page that holds what was deleted.
const GHOSTS: &str = "cursor=ghosts";

impl Between {
    /// Listens, and gives the environment's file with the address of this instead.
    async fn start(system: &System, spoil: Spoil) -> EnvironmentFile {
        let authority = reqwest::Certificate::from_pem(system.authority().as_bytes()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([authority])
            .no_proxy()
            .build()
            .unwrap();
        let mut env = system.env().clone();
        let between = Self {
            http,
            api: env.api_url.trim_end_matches("/v1/").to_owned(),
            environment: format!("/v1/environments/{}", env.environment_id),
            spoil,
            deleted: Mutex::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        env.api_url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(Arc::new(between));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        env
    }

    /// Puts what was deleted on a page behind the last one.
    fn haunt(&self, uri: &Uri, list: &mut Value) {
        let items = list.get_mut("_embedded").and_then(Value::as_object_mut);
        let Some(Value::Array(items)) = items.and_then(|lists| lists.values_mut().next()) else {
            return;
        };
        if uri.query() == Some(GHOSTS) {
            let deleted = self.deleted.lock().unwrap();
            let here = deleted.iter().filter_map(|path| path.rsplit_once('/'));
            let ghosts = here.filter(|(collection, _)| *collection == uri.path());
            items.clear();
            items.extend(ghosts.map(|(_, id)| json!({"id": id})));
            list["size"] = json!(items.len());
        } else if list["_links"].get("next").is_none() {
            let next = format!("{}{}?{GHOSTS}", self.api, uri.path());
            list["_links"]["next"] = json!({"href": next});
        }
    }
}

/// Passes a request on, and spoils the answer.
async fn pass(State(between): State<Arc<Between>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let is_start = parts.uri.path() == between.environment;
    let is_deletion = parts.method == Method::DELETE;
    let asked = match parts.uri.query() {
        Some(GHOSTS) => parts.uri.path().to_owned(),
        _ => parts.uri.to_string(),
    };
    let url = format!("{}{asked}", between.api);
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let answer = between
        .http
        .request(parts.method, url)
        .headers(headers)
        .body(to_bytes(body, LARGEST).await.unwrap())
        .send()
        .await
        .unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    if is_deletion && status.is_success() {
        let path = parts.uri.path().to_owned();
        between.deleted.lock().unwrap().push(path);
    }
    let mut body = answer.bytes().await.unwrap();
    if let Ok(mut json) = serde_json::from_slice::<Value>(&body)
        && !is_start
    {
        between.spoil.body(status, &mut json);
        if between.spoil == Spoil::Ghosts && status.is_success() {
            between.haunt(&parts.uri, &mut json);
        }
        body = json.to_string().into();
    }
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = between.spoil.status(status);
    *answer.headers_mut() = headers;
    answer
}

/// A check that nothing breaks would say nothing.
#[tokio::test(flavor = "multi_thread")]
async fn every_check_is_broken_by_an_environment_that_breaks_its_word() {
    let system = Box::pin(System::prepare().without_portal().start()).await;
    let list = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(["contract", "--list"])
        .env_clear()
        .output()
        .unwrap();
    let all: BTreeSet<String> = text(&list.stdout).lines().map(str::to_owned).collect();
    let mut unbroken = all.clone();
    for spoil in Spoil::ALL {
        if unbroken.is_empty() {
            break;
        }
        let env = Between::start(&system, spoil).await;
        let output = contract(&env, &unbroken).await;
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        let broken = ended(&said, "BROKEN ");
        let expected = i32::from(!broken.is_empty());
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{spoil:?}: {said}{complained}"
        );
        unbroken.retain(|name| !broken.contains(name));
    }
    assert!(unbroken.is_empty(), "{unbroken:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_is_broken_by_the_fault_that_it_looks_for() {
    let system = Box::pin(System::prepare().without_portal().start()).await;
    for (spoil, only, least) in [
        (Spoil::Codes, "populations: one with a user in it stays", 1),
        (Spoil::Ghosts, "what is deleted is gone", 10),
    ] {
        let env = Between::start(&system, spoil).await;
        let output = contract(&env, &BTreeSet::from([only.to_owned()])).await;
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        let broken = ended(&said, "BROKEN ").len();
        assert!(broken >= least, "{spoil:?}: {said}{complained}");
        let total = format!("{broken} broken, ");
        assert!(
            said.contains(&format!("\n0 kept, {total}")),
            "{spoil:?}: {said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_made_is_told_when_no_answer_comes() {
    let system = Box::pin(System::prepare().without_portal().start()).await;
    let env = Between::start(&system, Spoil::Silence).await;
    let only = BTreeSet::from(["populations: what is created is read back".to_owned()]);
    let said = text(&contract(&env, &only).await.stdout);
    let told = said.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("may have left ")?;
        rest.split_once(" in ")
    });
    let (name, collection) = told.unwrap_or_else(|| panic!("{said}"));
    let environment = &env.environment_id;
    assert_eq!(
        collection,
        format!("v1/environments/{environment}/populations")
    );
    let request = system.manage(Method::GET, "populations").await;
    let list: Value = request.send().await.expect(200).json();
    let mut left = list["_embedded"]["populations"].as_array().unwrap().iter();
    assert!(left.any(|one| one["name"] == name), "{said}{list}");
}
