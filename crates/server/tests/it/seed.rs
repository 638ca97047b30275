//! Seeds: the same every time, the same elsewhere, refused where they are wrong, and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use http::Method;
use latchkey::seed::Seed;
use serde_json::Value;
use testkit::{Person, System};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/seed.toml")
}

fn everything() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/seed/everything.toml")
}

async fn start(seed: &Path) -> System {
    let seed = Seed::read(seed).unwrap();
    System::prepare().seed(seed).start().await
}

/// Runs the program with these arguments, and nothing of the machine's own configuration.
async fn latchkey(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command.args(arguments).env_clear();
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    run.await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Writes out everything that a system holds, with its secrets.
async fn exported(system: &System, place: &tempfile::TempDir) -> PathBuf {
    let file = place.path().join("export.toml");
    let written = latchkey(&[
        "environment",
        "export",
        "--with-secrets",
        "--output",
        &file.display().to_string(),
        "--data-dir",
        &system.data_dir().display().to_string(),
    ])
    .await;
    assert!(written.status.success(), "{}", text(&written.stderr));
    file
}

/// What answers tell that is another one in every installation and at every time: dates, addresses,
/// and keys.
fn plain(value: &mut Value, system: &System) {
    const OWN: [&str; 10] = [
        "_links",
        "consentsAggregatedAt",
        "created",
        "createdAt",
        "lastChangedAt",
        "lockedAt",
        "modified",
        "updatedAt",
        "exp",
        "iat",
    ];
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !OWN.contains(&name.as_str()));
            members.values_mut().for_each(|value| plain(value, system));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| plain(value, system)),
        Value::String(text) => {
            let own = system.env().auth_url.trim_end_matches('/');
            *text = text.replace(own, "https://here");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is told apart from the seed: the log and what is counted, keys and what they sign, and what
/// people do.
fn is_history(template: &str) -> bool {
    const HISTORY: [&str; 14] = [
        "activities",
        "activeIdentityCounts",
        "applicationSignons",
        "capabilities",
        "certificates",
        "instances",
        "keyRotationPolicies",
        "keys",
        "metrics",
        "sessions",
        "status",
        "totalIdentities",
        "usageCounts",
        "userActivities",
    ];
    template
        .split('/')
        .any(|segment| HISTORY.contains(&segment))
}

/// Every answer of the management API about the environment, by its path.
async fn answers(system: &System) -> BTreeMap<String, Value> {
    let token = system.worker_token().await;
    let browser = system.browser();
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut answers = BTreeMap::new();
    let mut templates: Vec<String> = idp::management_operations()
        .into_iter()
        .filter(|operation| operation.method == Method::GET)
        .map(|operation| operation.path.into_owned())
        .filter(|path| path.starts_with("/environments/{environment}") && !is_history(path))
        .collect();
    // A collection comes before what is in it.
    templates.sort();
    templates.dedup();
    for template in templates {
        let below = template.trim_start_matches("/environments/{environment}");
        let mut paths = vec![String::new()];
        for segment in below.split('/').filter(|segment| !segment.is_empty()) {
            if !segment.starts_with('{') {
                paths
                    .iter_mut()
                    .for_each(|path| path.push_str(&format!("/{segment}")));
                continue;
            }
            let ids = |path: &String| lists.get(path).cloned().unwrap_or_default();
            let with = |path: String| ids(&path).into_iter().map(move |id| format!("{path}/{id}"));
            paths = paths.into_iter().flat_map(with).collect();
        }
        for path in paths {
            let mut url = system.api(path.trim_start_matches('/'));
            let mut all = Vec::new();
            let answer = loop {
                let answer = browser
                    .request(Method::GET, url.clone())
                    .bearer(&token)
                    .send()
                    .await;
                if answer.status != 200 {
                    break Value::from(answer.status.as_u16());
                }
                let mut body: Value = answer.json();
                let embedded = body["_embedded"]
                    .as_object()
                    .and_then(|lists| lists.values().next());
                let items = embedded.and_then(Value::as_array).cloned();
                let is_list = items.is_some();
                all.extend(items.unwrap_or_default());
                let next = body.pointer("/_links/next/href").and_then(Value::as_str);
                match next {
                    Some(next) => url = next.parse().unwrap(),
                    None if is_list => break Value::Array(std::mem::take(&mut all)),
                    None => break body.take(),
                }
            };
            if let Value::Array(items) = &answer {
                let ids = items.iter().filter_map(|item| item["id"].as_str());
                lists.insert(path.clone(), ids.map(str::to_owned).collect());
            }
            let mut answer = answer;
            plain(&mut answer, system);
            if let Value::Array(items) = &mut answer {
                items.sort_by_key(Value::to_string);
            }
            answers.insert(path, answer);
        }
    }
    answers
}

/// Where two sets of answers differ, for people.
fn differing(first: &BTreeMap<String, Value>, second: &BTreeMap<String, Value>) -> Vec<String> {
    let paths: BTreeSet<_> = first.keys().chain(second.keys()).collect();
    let differ = paths
        .into_iter()
        .filter(|path| first.get(*path) != second.get(*path));
    let told = differ.map(|path| {
        let nothing = Value::Null;
        let (one, other) = (first.get(path), second.get(path));
        format!(
            "{path}\n  {}\n  {}",
            one.unwrap_or(&nothing),
            other.unwrap_or(&nothing)
        )
    });
    told.collect()
}

#[tokio::test]
async fn a_seed_gives_the_same_answers_every_time_and_its_people_sign_on() {
    let (first, second) = (start(&example()).await, start(&example()).await);
    let (ours, theirs) = (answers(&first).await, answers(&second).await);
    assert!(ours.len() > 100, "{} answers", ours.len());
    // The portal that listens on another port each time is the one difference.
    let portal = format!("/applications/{}", first.env().client_id);
    let mut differ = differing(&ours, &theirs);
    differ.retain(|one| !one.starts_with("/applications\n") && !one.starts_with(&portal));
    // A secret that the seed does not give is made up.
    differ.retain(|one| !one.starts_with("/resources/") || !one.contains("/secret\n"));
    assert!(differ.is_empty(), "{}", differ.join("\n"));

    let env = first.env();
    assert_eq!(env.client_secret, "portal-secret-of-the-example");
    assert_eq!(env.demo_username, "ada");
    let ada = first.sign_on(&first.demo_user()).await;
    let page = ada.open("/user/info").await.expect(200);
    assert!(page.text().contains("Ada"), "{}", page.summary());
    let olga = first.sign_on(&first.operator()).await;
    olga.open("/users").await.expect(200);
}

#[tokio::test]
async fn what_is_exported_gives_the_same_answers_elsewhere() {
    let place = tempfile::tempdir().unwrap();
    let first = start(&everything()).await;
    let file = exported(&first, &place).await;
    let second = start(&file).await;
    let mut differ = differing(&answers(&first).await, &answers(&second).await);
    // The portal of each listens elsewhere.
    let portal = format!("/applications/{}", first.env().client_id);
    differ.retain(|one| !one.starts_with("/applications\n") && !one.starts_with(&portal));
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    // The password came along as its hash.
    let ada = Person::new("ada", "Sunny-Harbour-42");
    let browser = second.browser();
    let page = browser.open(second.portal("/login")).await.expect(200);
    let page = testkit::give_credentials(&page, &ada).await;
    assert!(!page.text().contains("wrong"), "{}", page.summary());
}
