//! Seeds: the same every time, the same elsewhere, refused where they are wrong, and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use http::Method;
use latchkey::config::{Loaded, Sources};
use latchkey::seed::{self, Seed};
use latchkey::{StartError, UpOptions, up};
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
                items.iter_mut().for_each(|item| without_made(&path, item));
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

/// Why a seed of this text cannot be used.
async fn refusal(text: &str) -> String {
    let seed = match Seed::parse(text, "seed.toml") {
        Ok(seed) => seed,
        Err(error) => return error.to_string(),
    };
    let tried = seed::brought_up(&seed, true).await.unwrap();
    tried.remarks.join("\n")
}

#[tokio::test]
async fn a_refusal_names_the_file_the_line_the_table_the_member_and_what_to_do() {
    let within = |text: &str| format!("[[environments]]\nname = \"E\"\n\n{text}");
    for (text, expected) in [
        ("x = ".to_owned(), "seed.toml line 1: is not TOML"),
        (
            "[environments]\nname = \"E\"".to_owned(),
            "seed.toml line 1: is a list: write [[environments]]",
        ),
        (
            "[portal]\napplication = \"A\"".to_owned(),
            "at least one [[environments]]",
        ),
        (
            "[portal]\nworkers = \"A\"".to_owned(),
            "seed.toml line 2, [portal]: `workers` is not known",
        ),
        (
            "[[environments]]\nname = \"E\"\npopulation = []".to_owned(),
            "seed.toml line 1, [[environments]]: `population` is nothing that an environment has; \
             is populations meant?",
        ),
        (
            within("[environments.users]\nusername = \"ada\""),
            "seed.toml line 4, [[environments]]: users is a list: write [[environments.users]]",
        ),
        (
            within("[[environments.mfaSettings]]"),
            "mfaSettings is a section: write [environments.mfaSettings]",
        ),
        (
            within("[[environments.groups]]\nid = \"7\"\nname = \"G\""),
            "seed.toml line 5, [[environments.groups]]: id is a UUID",
        ),
        (
            within("[[environments.groups]]\ndescription = \"G\""),
            "seed.toml line 4, [[environments.groups]]: name is missing",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\n[[environments.groups]]\nname = \"G\""),
            "seed.toml line 6, [[environments.groups]] G: there is another one (line 4)",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\ndescripton = \"x\""),
            "seed.toml line 4, [[environments.groups]] G: `descripton` is no member of one of \
             groups; take it away",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\npopulation = \"Defalt\""),
            "seed.toml line 4, [[environments.groups]] G: population: nothing in populations is \
             called `Defalt`; is `Default` meant?",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\nunset = [\"description\"]"),
            "unset: takes members from what every environment begins with, and this is new",
        ),
        (
            within("[[environments.users]]\nusername = \"ada\"\nemail = \"nobody\""),
            "seed.toml line 4, [[environments.users]] ada: email: ",
        ),
        (
            within(
                "[[environments.users]]\nusername = \"a\"\nemail = \"a@b.example\"\npassword = \"a\"",
            ),
            "seed.toml line 4, [[environments.users]] a: password",
        ),
        (
            within(
                "[[environments.users]]\nusername = \"a\"\nemail = \"a@b.example\"\npasswordHash = \"{SHA}x\"",
            ),
            "[[environments.users]] a: passwordHash: is no hash that can be checked here: the PHC \
             string of Argon2id is expected",
        ),
        (
            within("[[environments]]\nname = \"e\""),
            "seed.toml line 4, [[environments]] e: another environment (line 1) has the same name",
        ),
        (
            "[[environments]]\nid = \"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1\"\nname = \"E\"\n\
             [[environments]]\nid = \"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1\"\nname = \"F\""
                .to_owned(),
            "seed.toml line 4, [[environments]] F: another environment (line 1) has the same id",
        ),
        (
            within("[[environments.schemas]]\nname = \"Pet\""),
            "every environment has the same schemas, and none of this name",
        ),
        (
            "[[environments]]\nname = \"E\"\nwithout = [\"passwordPolicies/Other\"]".to_owned(),
            "without: every environment begins without passwordPolicies/Other",
        ),
    ] {
        let refused = refusal(&text).await;
        assert!(
            refused.contains(expected),
            "{text}\n{refused}\nwithout {expected}"
        );
    }
}

#[tokio::test]
async fn a_seed_says_no_password_and_no_secret_when_it_is_refused() {
    let seed = Seed::read(&everything()).unwrap();
    let shown = format!("{seed:?}");
    for secret in [
        "of-the-shop",
        "of-the-mail-server",
        "Sunny-Harbour-42",
        "of-the-hooks",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let hash = "[[environments]]\nname = \"E\"\n[[environments.users]]\nusername = \"a\"\n\
                email = \"a@b.example\"\npasswordHash = \"not-to-be-told\"";
    assert!(!refusal(hash).await.contains("not-to-be-told"));
}

#[tokio::test]
async fn a_seed_that_cannot_be_brought_up_is_compared_and_no_secret_of_it_is_told() {
    let written = std::fs::read_to_string(everything()).unwrap();
    let failing = format!("{written}\n[[environments.groups]]\nname = \"G\"\nnobody = \"knows\"\n");
    let place = tempfile::tempdir().unwrap();
    let (full, bare) = (
        place.path().join("full.toml"),
        place.path().join("bare.toml"),
    );
    std::fs::write(&full, failing).unwrap();
    std::fs::write(&bare, "[[environments]]\nname = \"Everything\"\n").unwrap();
    let (full, bare) = (full.display().to_string(), bare.display().to_string());
    for sides in [[&full, &bare], [&bare, &full]] {
        let arguments = [
            "environment",
            "diff",
            sides[0],
            sides[1],
            "--users",
            "--json",
        ];
        let output = latchkey(&arguments).await;
        let (told, remarks) = (text(&output.stdout), text(&output.stderr));
        assert!(
            remarks.contains("it cannot be brought up here"),
            "{remarks}"
        );
        assert!(
            told.contains("groups G") && told.contains("users ada"),
            "{told}"
        );
        for secret in [
            "of-the-",
            "of-twilio",
            "of-recaptcha",
            "a-secret",
            "Sunny-Harbour-42",
            "argon2id",
        ] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
}

#[tokio::test]
async fn what_is_pulled_over_the_network_is_the_same_here_and_differences_are_told() {
    let place = tempfile::tempdir().unwrap();
    let system = start(&example()).await;
    let env = env_file(&system, &place, "live");
    let pulled = place.path().join("pulled.toml").display().to_string();
    let pull = [
        "environment",
        "pull",
        "--users",
        "--env-file",
        &env,
        "--output",
        &pulled,
    ];
    let pull = latchkey(&pull).await;
    assert!(pull.status.success(), "{}", text(&pull.stderr));
    let said = std::fs::read_to_string(&pulled).unwrap();
    for secret in [
        "shop-secret-of-the-example",
        "passwordHash",
        "Sunny-Harbour-42",
    ] {
        assert!(!said.contains(secret), "{secret}");
    }

    let diff = |first: String, second: String| {
        let env = env.clone();
        async move {
            let arguments = [
                "environment",
                "diff",
                &first,
                &second,
                "--users",
                "--env-file",
                &env,
            ];
            let output = latchkey(&arguments).await;
            (
                output.status.code(),
                text(&output.stdout),
                text(&output.stderr),
            )
        }
    };
    let (code, told, remarks) = diff(pulled.clone(), "live".to_owned()).await;
    assert_eq!((code, told.as_str()), (Some(0), ""), "{remarks}");

    // What the portal adds when it starts is not in the file.
    let mut lines = Vec::new();
    let (code, told, remarks) = diff(example().display().to_string(), env.clone()).await;
    assert_eq!(code, Some(1), "{remarks}");
    lines.extend(told.lines());
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("+ applications Shop portal: ")),
        "{told}"
    );

    let changed = said
        .replace(
            "[[environments.groups]]\nname = \"Regulars\"",
            "[[environments.groups]]\nname = \"Guests\"",
        )
        .replace(
            "\"orders:read\", \"orders:write\"]\n",
            "\"orders:read\", \"orders:write\", \"orders:pay\"]\n",
        )
        .replace("nickname = \"Ada\"", "nickname = \"Adele\"");
    let changed = changed.replace("groups = [\"Regulars\"]", "groups = [\"Guests\"]");
    let file = place.path().join("changed.toml");
    std::fs::write(&file, changed).unwrap();
    let (code, told, remarks) = diff("live".to_owned(), file.display().to_string()).await;
    assert_eq!(code, Some(1), "{remarks}");
    for expected in [
        "- groups Regulars\n",
        "+ groups Guests\n",
        "~ users ada: nickname \"Ada\" → \"Adele\"\n",
        "+ resources Orders / scopes orders:pay\n",
    ] {
        assert!(told.contains(expected), "{told}\nwithout {expected}");
    }
    let file = file.display().to_string();
    let json = [
        "environment",
        "diff",
        "live",
        &file,
        "--users",
        "--json",
        "--env-file",
        &env,
    ];
    let json: Value = serde_json::from_slice(&latchkey(&json).await.stdout).unwrap();
    let nickname = json
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["member"] == "nickname");
    assert_eq!(nickname.unwrap()["second"], "Adele");
}

#[tokio::test]
async fn what_a_worker_may_not_read_is_left_out_of_what_it_pulls_and_not_taken_away() {
    const WORKERS: [(&str, &str, &str); 3] = [
        (
            "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1",
            "reader",
            "Identity Data Read Only",
        ),
        (
            "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a2",
            "developer",
            "Client Application Developer",
        ),
        (
            "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a3",
            "helper",
            "Help Desk Admin",
        ),
    ];
    let place = tempfile::tempdir().unwrap();
    let mut seed = "[[environments]]\nname = \"Limited\"\n".to_owned();
    for (id, name, role) in WORKERS {
        write!(
            seed,
            "[[environments.applications]]\nid = \"{id}\"\nname = \"{name}\"\ntype = \"WORKER\"\n\
             protocol = \"OPENID_CONNECT\"\nenabled = true\nsecret = \"of-the-{name}\"\n\
             grantTypes = [\"CLIENT_CREDENTIALS\"]\n\
             tokenEndpointAuthMethod = \"CLIENT_SECRET_BASIC\"\nroles = [\"{role}\"]\n"
        )
        .unwrap();
    }
    let seed = Seed::parse(&seed, "seed.toml").unwrap();
    let system = System::prepare().seed(seed).start().await;
    let mut refused = 0;
    for (id, name, role) in WORKERS {
        let mut env = system.env().clone();
        env.worker_client_id = id.to_owned();
        env.worker_client_secret = format!("of-the-{name}");
        let path = place.path().join(format!("{name}.env"));
        env.write(&path).unwrap();
        let env = path.display().to_string();
        let file = place
            .path()
            .join(format!("{name}.toml"))
            .display()
            .to_string();
        let pull = ["environment", "pull", "--env-file", &env, "--output", &file];
        let pulled = latchkey(&pull).await;
        let remarks = text(&pulled.stderr);
        assert!(pulled.status.success(), "{role}: {remarks}");
        refused += remarks.matches("mfaSettings is left out").count();
        let said = std::fs::read_to_string(&file).unwrap();
        assert!(!said.contains("\nwithout = "), "{role}: {said}\n{remarks}");

        let diff = ["environment", "diff", &file, "live", "--env-file", &env];
        let compared = latchkey(&diff).await;
        let (told, remarks) = (text(&compared.stdout), text(&compared.stderr));
        assert!(
            !remarks.contains("cannot be brought up"),
            "{role}: {remarks}\n{said}"
        );
        // What may not be read has no name by which others refer to it.
        let mut others = told.lines().filter(|line| !line.ends_with("\"}"));
        assert_eq!(others.next(), None, "{role}: {remarks}\n{said}");
    }
    assert!(refused > 0, "every one of them may read the settings");
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

/// The environments and groups of a database.
async fn ids(db: &db::Db) -> Vec<String> {
    let all = "SELECT id FROM environments UNION ALL SELECT id FROM groups ORDER BY 1";
    let rows = db.read(db::Statement::new(all)).await.unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

/// Seeds that are refused late, when much of them is there already.
fn failing_late(first: &str) -> [String; 2] {
    let second = "[[environments]]\nname = \"Second\"\n[[environments.groups]]\nname = \"G\"\n";
    [
        format!("{first}{second}nobody = \"knows\"\n"),
        format!(
            "{first}[[environments]]\nname = \"Second\"\nwithout = [\"passwordPolicies/Other\"]\n"
        ),
    ]
}

#[tokio::test]
async fn a_seed_that_fails_leaves_nothing_and_deletes_nothing() {
    let database = db::testing::sqlite().await;
    let place = tempfile::tempdir().unwrap();
    let keyring = place.path().join("keyring.json").display().to_string();
    let first = "[[environments]]\nname = \"First\"\n[[environments.groups]]\nname = \"G\"\n";
    let seed = Seed::parse(first, "seed.toml").unwrap();
    let prepared = System::prepare().seed(seed).set("keyring_file", &keyring);
    let system = prepared.with(database.reopen().await).start().await;
    let group = serde_json::json!({"name": "Made later"});
    let made = system.manage(Method::POST, "groups").await;
    made.json(&group).send().await.expect(201);
    let before = ids(system.db()).await;
    system.stop().await;

    let empty = db::testing::sqlite().await;
    let other_keyring = place.path().join("other.json").display().to_string();
    let no_portal = format!("[portal]\napplication = \"Nowhere\"\n{first}");
    let mut tries = vec![(&database, &keyring, no_portal, &before)];
    let nothing = Vec::new();
    for text in failing_late(first) {
        tries.push((&database, &keyring, text.clone(), &before));
        tries.push((&empty, &other_keyring, text, &nothing));
    }
    for (database, keyring, text, before) in tries {
        let sources = Sources::default()
            .option("portal.listen", "localhost:0", "(test)")
            .option("idp.listen", "localhost:0", "(test)")
            .option("keyring_file", keyring, "(test)");
        let mut options = UpOptions::new(Loaded::read(&sources).settings().unwrap());
        options.ephemeral = true;
        options.db = Some(database.reopen().await);
        options.seed = Some(Seed::parse(&text, "seed.toml").unwrap());
        let refused = up(options).await.unwrap_err();
        assert!(matches!(refused, StartError::Seed(_)), "{refused:?}");
        assert_eq!(ids(&database.reopen().await).await, *before, "{text}");
    }
}

#[tokio::test]
async fn an_import_that_fails_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let file = place.path().join("seed.toml");
    let first = "[[environments]]\nname = \"First\"\n[[environments.groups]]\nname = \"G\"\n";
    let name = file.display().to_string();
    let import = ["environment", "import", &name, "--data-dir", &data];
    for text in failing_late(first) {
        std::fs::write(&file, text).unwrap();
        let refused = latchkey(&import).await;
        assert_eq!(refused.status.code(), Some(1), "{}", text_of(&refused));
    }
    std::fs::write(&file, first).unwrap();
    let imported = latchkey(&import).await;
    assert!(imported.status.success(), "{}", text_of(&imported));
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
