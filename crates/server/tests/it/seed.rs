//! Seeds: the same every time, the same elsewhere, refused where they are wrong, and compared.

mod compared;
mod refused;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use http::Method;
use latchkey::seed::Seed;
use serde_json::Value;
use testkit::{Person, System};

use crate::installation::{Installation, run};

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

/// Leaves of keys what a seed says of them: each installation makes its own, and a key with the id of
/// another one would mislead.
fn without_made(path: &str, item: &mut Value) {
    let made: &[&str] = match path {
        "/keys" => &["id", "serialNumber", "startsAt", "expiresAt"],
        _ if path.starts_with("/keyRotationPolicies") => {
            &["currentKeyId", "nextKeyId", "rotatedAt"]
        }
        _ => &[],
    };
    if let Some(members) = item.as_object_mut() {
        members.retain(|name, _| !made.contains(&name.as_str()));
    }
}

/// What is told apart from the seed: the log and what is counted, a single key (the list of keys holds
/// all that can be compared), and what people do.
fn is_history(template: &str) -> bool {
    const HISTORY: [&str; 11] = [
        "activities",
        "activeIdentityCounts",
        "applicationSignons",
        "capabilities",
        "instances",
        "metrics",
        "sessions",
        "status",
        "totalIdentities",
        "usageCounts",
        "userActivities",
    ];
    let segments = &mut template.split('/');
    segments.any(|segment| HISTORY.contains(&segment)) || template.contains("/keys/{")
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
                for path in &mut paths {
                    path.push('/');
                    path.push_str(segment);
                }
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
                let text = answer.body();
                let mut body = serde_json::from_str(&text).unwrap_or(Value::String(text));
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
            without_made(&path, &mut answer);
            if let Value::Array(items) = &mut answer {
                for item in items.iter_mut() {
                    without_made(&path, item);
                }
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

/// More users than a page of the management API holds, in two populations; some without a password,
/// some disabled.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_every_user_with_the_hash_of_the_password() {
    const HASH: &str = "$argon2id$v=19$m=64,t=1,p=1$wEflwBW9N2bpIYBuOoBP4g$";
    let mut text = "[[environments]]\nname = \"Leaving\"\n\
                    [[environments.populations]]\nname = \"Customers\"\ndefault = true\n\
                    [[environments.populations]]\nname = \"Partners\"\n"
        .to_owned();
    let mut expected = BTreeMap::new();
    for number in 0..130 {
        let username = format!("user-{number}");
        let population = ["Customers", "Partners"][number % 2];
        let enabled = number % 5 != 0;
        writeln!(
            text,
            "[[environments.users]]\nusername = \"{username}\"\n\
             email = \"{username}@example.com\"\npopulation = \"{population}\"\n\
             enabled = {enabled}"
        )
        .unwrap();
        let hash = (number % 3 != 0).then(|| {
            format!(
                "{HASH}{}",
                BASE64.encode([u8::try_from(number).unwrap(); 32])
            )
        });
        if let Some(hash) = &hash {
            writeln!(text, "passwordHash = \"{hash}\"").unwrap();
        }
        expected.insert(username, (population.to_owned(), enabled, hash));
    }
    let system = System::prepare()
        .seed(Seed::parse(&text, "leaving.toml").unwrap())
        .start()
        .await;
    let place = tempfile::tempdir().unwrap();
    let file = exported(&system, &place).await;
    let written: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let users = written["environments"][0]["users"].as_array().unwrap();
    let told = users.iter().map(|user| {
        let text = |name: &str| {
            user.get(name)
                .and_then(toml::Value::as_str)
                .map(str::to_owned)
        };
        let enabled = user["enabled"].as_bool().unwrap();
        let population = text("population").unwrap();
        (
            text("username").unwrap(),
            (population, enabled, text("passwordHash")),
        )
    });
    assert_eq!(told.collect::<BTreeMap<_, _>>(), expected);
}

/// Writes what a system's environment file says, and gives its path.
fn env_file(system: &System, place: &tempfile::TempDir, name: &str) -> String {
    let path = place.path().join(format!("{name}.env"));
    system.env().write(&path).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn an_environment_of_the_seed_is_made_anew_and_others_stay() {
    let database = db::testing::sqlite().await;
    let place = tempfile::tempdir().unwrap();
    let keyring = place.path().join("keyring.json").display().to_string();
    let other = "[[environments]]\nname = \"Other\"\n[[environments.groups]]\nname = \"G\"\n";
    let seeded = |text: String| {
        let seed = Seed::parse(&text, "seed.toml").unwrap();
        let keyring = keyring.clone();
        async {
            let prepared = System::prepare().seed(seed).set("keyring_file", keyring);
            prepared.with(database.reopen().await).start().await
        }
    };
    let first = seeded(other.to_owned()).await;
    let ids = first.env().environment_id.clone();
    let groups = first
        .manage(Method::GET, "groups")
        .await
        .send()
        .await
        .expect(200);
    let group = groups.json_text("/_embedded/groups/0/id");
    let gone = first
        .manage(Method::DELETE, &format!("groups/{group}"))
        .await;
    gone.send().await.expect(204);
    first.stop().await;

    let text = std::fs::read_to_string(example()).unwrap();
    let second = seeded(text).await;
    assert_ne!(second.env().environment_id, ids);
    second.stop().await;

    let third = seeded(other.to_owned()).await;
    assert_eq!(third.env().environment_id, ids);
    let path = format!("groups/{group}");
    third
        .manage(Method::GET, &path)
        .await
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn an_export_makes_nothing_and_changes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let name = data.display().to_string();
    let export = ["environment", "export", "--data-dir", &name];
    let refused = latchkey(&export).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text_of(&refused));
    assert!(text(&refused.stderr).contains("there is no database"));
    assert!(!data.exists());

    let seed = example().display().to_string();
    let import = ["environment", "import", &seed, "--data-dir", &name];
    let imported = latchkey(&import).await;
    assert!(imported.status.success(), "{}", text_of(&imported));
    let files = || {
        let all = std::fs::read_dir(&data).unwrap();
        let read = all.map(|file| {
            let path = file.unwrap().path();
            (path.clone(), std::fs::read(path).unwrap())
        });
        read.collect::<BTreeMap<_, _>>()
    };
    let before = files();
    let exported = latchkey(&export).await;
    assert!(exported.status.success(), "{}", text_of(&exported));
    assert!(files() == before, "what is in the data directory changed");

    let keyring = data.join(latchkey::keyring_file::FILE_NAME);
    std::fs::remove_file(&keyring).unwrap();
    let refused = latchkey(&export).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text_of(&refused));
    assert!(text(&refused.stderr).contains("there is no keyring"));
    assert!(!keyring.exists());
}

fn text_of(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn production_imports_a_seed_once_and_starts_with_none() {
    let place = tempfile::tempdir().unwrap();
    let system = start(&everything()).await;
    let file = exported(&system, &place).await.display().to_string();
    let data = place.path().join("data").display().to_string();
    let import = ["environment", "import", &file, "--data-dir", &data];
    let imported = latchkey(&import).await;
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let again = latchkey(&import).await;
    assert_eq!(again.status.code(), Some(1));
    let said = text(&again.stderr);
    assert!(
        said.contains("there is an environment with the id"),
        "{said}"
    );

    let production = Installation::new();
    let start = ["idp", "--seed", &file];
    let refused = run(&production.config(), &start, "");
    assert_eq!(refused.status.code(), Some(1), "{}", text_of(&refused));
    let said = text(&refused.stderr);
    assert!(said.contains("a seed is for development"), "{said}");

    let out = place.path().join("again.toml").display().to_string();
    let export = [
        "environment",
        "export",
        "--with-secrets",
        "--output",
        &out,
        "--data-dir",
        &data,
    ];
    assert!(latchkey(&export).await.status.success());
    let (first, second) = (
        std::fs::read_to_string(&file),
        std::fs::read_to_string(&out),
    );
    assert_eq!(first.unwrap(), second.unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
