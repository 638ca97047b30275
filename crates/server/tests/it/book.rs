//! The code that the documentation shows: every block is run, or read by what it is meant for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use latchkey::config::{Loaded, Sources};
use latchkey::seed::Seed;
use pingone::auth::{Client, Issuer, RedirectUri};
use pingone::{ClientAuthentication, ClientSecret, Credentials, Transport};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use testkit::{Method, Person, System, give_credentials};

/// The application of the tutorial.
#[path = "../../../pingone-axum/examples/sign_on/app.rs"]
mod tutorial;

/// A block of code.
pub(crate) struct Block {
    /// The page, below the repository's root.
    pub(crate) page: String,
    pub(crate) language: String,
    pub(crate) text: String,
}

/// Blocks that nothing here reads: the page, how the block begins, and why.
const LEFT: &[(&str, &str, &str)] = &[
    (
        "docs/adding-a-resource.md",
        "",
        "fragments of a crate that a reader is about to write",
    ),
    (
        "docs/use-it-with-your-client.md",
        "const client = await oidc({",
        "a fragment for a library that this repository does not have",
    ),
    (
        "docs/use-it-with-your-client.md",
        "cfg := config.NewConfiguration()",
        "a fragment for a library that this repository does not have",
    ),
];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every page that people read, below the root.
pub(crate) fn pages() -> BTreeSet<String> {
    fn collect(folder: &str, into: &mut BTreeSet<String>) {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                collect(&path, into);
            } else if Path::new(&path)
                .extension()
                .is_some_and(|extension| extension == "md")
            {
                into.insert(path);
            }
        }
    }
    let beside = [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "README.md",
        "SECURITY.md",
        "examples/deploy/README.md",
    ];
    let mut pages = BTreeSet::from(beside.map(str::to_owned));
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let page = entry.unwrap().path().join("README.md");
        if page.is_file() {
            let name = page.parent().and_then(Path::file_name).unwrap();
            pages.insert(format!("crates/{}/README.md", name.to_string_lossy()));
        }
    }
    collect("docs", &mut pages);
    pages
}

/// The blocks of a page, in their order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut blocks = Vec::<Block>::new();
    let mut open = false;
    for event in Parser::new(&text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                open = true;
                blocks.push(Block {
                    page: page.to_owned(),
                    language: language.to_string(),
                    text: String::new(),
                });
            }
            Event::End(TagEnd::CodeBlock) => open = false,
            Event::Text(text) if open => blocks.last_mut().unwrap().text.push_str(&text),
            _ => {}
        }
    }
    blocks
}

/// Runs the program with these arguments, and nothing of the machine's own configuration.
fn latchkey(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command.args(arguments).env_clear().output().unwrap()
}

/// What is wrong with a block.
fn fault(block: &Block) -> Option<String> {
    match block.language.as_str() {
        "" | "text" => None,
        // Compiled as an example of its crate, which says so.
        "rust" | "rust,no_run" if block.page.starts_with("crates/") => introduced(&block.page),
        "sh" => shell(&block.text),
        "toml" => settings(&block.text),
        "json" => serde_json::from_str::<serde_json::Value>(&block.text)
            .err()
            .map(|error| error.to_string()),
        // What the samples' settings are written in.
        "ini" => latchkey::config::import::import(&block.text)
            .err()
            .map(|error| error.to_string()),
        "go" | "java" | "js" | "python" | "rust" => example(&block.text),
        other => Some(format!("nothing reads {other:?}")),
    }
}

/// The crate of an introduction compiles its code.
fn introduced(page: &str) -> Option<String> {
    let crate_root = root().join(page).with_file_name("src/lib.rs");
    let text = fs::read_to_string(crate_root).unwrap();
    let is_compiled = text.contains("include_str!(\"../README.md\")");
    (!is_compiled).then(|| "its crate does not compile it".to_owned())
}

/// A part of an example stands there word for word: examples are compiled, or run by the tests of
/// the clients.
fn example(text: &str) -> Option<String> {
    let mut examples = Vec::new();
    for folder in [
        "examples",
        "crates/latchkey-testkit/examples",
        "crates/pingone-axum/examples",
        "crates/pingone/examples",
    ] {
        files(&root().join(folder), &mut examples);
    }
    let is_there = examples.iter().any(|example| example.contains(text));
    (!is_there).then(|| "it stands in no example".to_owned())
}

/// The texts of all files below a folder.
fn files(folder: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.extend(fs::read_to_string(path));
        }
    }
}

/// The shell understands it, and the program each command of its own.
fn shell(text: &str) -> Option<String> {
    let read = Command::new("sh")
        .args(["-n", "-c", text])
        .output()
        .unwrap();
    if !read.status.success() {
        return Some(String::from_utf8_lossy(&read.stderr).into_owned());
    }
    commands(text).into_iter().find_map(|mut words| {
        // Everything before it is understood, or there is no help but an error.
        words.push("--help".to_owned());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let answer = latchkey(&words);
        let complaint = String::from_utf8_lossy(&answer.stderr).into_owned();
        (!answer.status.success()).then_some(complaint)
    })
}

/// The arguments of each call of the program.
fn commands(text: &str) -> Vec<Vec<String>> {
    const ENDS: [&str; 6] = ["&&", "||", "|", "&", ";", "<"];
    let text = text.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in text.lines() {
        let Some(words) = shlex::split(line) else {
            continue;
        };
        for command in words.split(|word| ENDS.contains(&word.as_str())) {
            let is_before =
                |word: &&String| word.contains('=') || ["sudo", "-u"].contains(&word.as_str());
            let mut words = command.iter().skip_while(is_before).peekable();
            // `sudo -u latchkey latchkey …`
            let user = command.iter().any(|word| word == "-u");
            if user {
                words.next();
            }
            let program = words.next().and_then(|word| word.rsplit('/').next());
            if program.is_some_and(|name| name == "latchkey" || name.starts_with("latchkey-")) {
                let is_argument =
                    |word: &&String| !word.starts_with('>') && !word.starts_with("2>");
                found.push(words.take_while(is_argument).cloned().collect());
            }
        }
    }
    found
}

/// A seed, or a configuration whose keys and values are understood; what it names, this machine has
/// not.
fn settings(text: &str) -> Option<String> {
    if text.contains("[dependencies]") {
        return toml::from_str::<toml::Table>(text)
            .err()
            .map(|error| error.to_string());
    }
    if text.contains("[[environments") {
        return Seed::parse(text, "block")
            .err()
            .map(|error| error.to_string());
    }
    let id = "7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11";
    let sources = Sources {
        inline: Some(text.replace("ENVIRONMENT_ID", id).replace('…', id)),
        ..Sources::default()
    };
    let refused = Loaded::read(&sources).settings_for_tools().err()?;
    // A secret whose file is not here is missing, too.
    let is_in_a_file = |key: &str| {
        let name = key.rsplit('.').next().unwrap_or(key);
        text.contains(&format!("{name}_file"))
    };
    let mut problems = refused
        .problems()
        .iter()
        .filter(|problem| !problem.what.contains(" be read") && !is_in_a_file(&problem.key));
    problems.next().map(ToString::to_string)
}

#[test]
fn every_block_of_code_of_the_documentation_is_one_that_its_reader_understands() {
    let mut idle: BTreeSet<_> = LEFT.iter().collect();
    let mut faults = Vec::new();
    let mut count = 0;
    for page in pages() {
        for block in blocks(&page) {
            let is_it = |left: &&&(&str, &str, &str)| {
                left.0 == block.page && block.text.starts_with(left.1)
            };
            if let Some(left) = LEFT.iter().find(|left| is_it(&left)) {
                idle.remove(left);
                continue;
            }
            count += usize::from(!["", "text"].contains(&block.language.as_str()));
            if let Some(fault) = fault(&block) {
                faults.push(format!("{}: {fault}\n{}", block.page, block.text));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(idle.is_empty(), "they spare nothing: {idle:?}");
    assert!(count > 50, "{count} blocks");
}

#[test]
fn blocks_that_nobody_understands_are_found() {
    for (language, text) in [
        ("sh", "latchkey up --sed x"),
        ("sh", "sudo -u latchkey latchkey config chek"),
        (
            "sh",
            "export A=1\nB=2 ./latchkey-0.1.0-x86_64-linux \\\n  upp",
        ),
        ("sh", "if true; then"),
        ("toml", "[portal]\nlisen = \"localhost:1\""),
        ("toml", "[idp]\ndemo = 7"),
        ("toml", "[[environments]]\nname = "),
        ("json", "{"),
        ("python", "import nothing"),
        ("ini", "import os"),
        ("rust", "fn main() {}"),
        ("rust,no_run", "fn main() {}"),
        ("ruby", "1"),
    ] {
        let block = Block {
            page: String::new(),
            language: language.to_owned(),
            text: text.to_owned(),
        };
        assert!(fault(&block).is_some(), "{text}");
    }
}

/// Runs shell blocks of a page, in their order and in one folder, as a reader would who has the
/// program on the path; how many there were.
async fn run(
    page: &str,
    is_run: impl Fn(&str) -> bool,
    variables: impl IntoIterator<Item = (String, String)>,
    folder: &Path,
) -> usize {
    let program = Path::new(env!("CARGO_BIN_EXE_latchkey")).parent().unwrap();
    let variables: Vec<_> = variables.into_iter().collect();
    let mut count = 0;
    for block in blocks(page) {
        if block.language != "sh" || !is_run(&block.text) {
            continue;
        }
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c"])
            .arg(format!("PATH=\"$PROGRAM:$PATH\"\n{}", block.text))
            .current_dir(folder)
            .env("HOME", folder)
            .env("PROGRAM", program)
            .envs(variables.clone());
        let output = tokio::task::spawn_blocking(move || shell.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}\n{said}\n{complaint}",
            block.text
        );
        count += 1;
    }
    count
}

fn owned<'a>(
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = (String, String)> {
    let variables = variables.into_iter();
    variables.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_control_apis_page_work() {
    let system = System::prepare();
    let system = system.set("control.listen", "localhost:0").start().await;
    let folder = tempfile::tempdir().unwrap();
    let curl = "silent\nshow-error\nfail-with-body\n";
    fs::write(folder.path().join(".curlrc"), curl).unwrap();
    let token = system.worker_token().await;
    let users = system.browser().request(Method::GET, system.api("users"));
    let users = users.bearer(&token).send().await.expect(200);
    let user = users.json_text("/_embedded/users/0/id");
    let variables = [("TOKEN", token.as_str()), ("USER_ID", &user)];
    let variables = owned(variables).chain(owned(system.env().entries()));
    let is_run = |text: &str| text.contains("$CONTROL_URL");
    let count = run("docs/control.md", is_run, variables, folder.path()).await;
    assert!(count >= 6, "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_page_about_leaving_work() {
    let seed = Seed::read(&root().join("examples/seed.toml")).unwrap();
    let system = System::prepare().seed(seed).start().await;
    let folder = tempfile::tempdir().unwrap();
    system
        .env()
        .write(&folder.path().join("latchkey.env"))
        .unwrap();
    let place = system.data_dir().display().to_string();
    let variables = owned([("LATCHKEY_DATA_DIR", place.as_str())]);
    let count = run("docs/leaving.md", |_| true, variables, folder.path()).await;
    assert!(count >= 3, "{count}");
    let users = fs::read_to_string(folder.path().join("users.json")).unwrap();
    assert!(users.contains("ada@shop.example"), "{users}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_a_sample_are_imported_as_its_page_shows() {
    let page = "docs/from-the-samples.md";
    let folder = tempfile::tempdir().unwrap();
    let samples = blocks(page)
        .into_iter()
        .filter(|block| block.language == "ini");
    let samples: Vec<Block> = samples.collect();
    fs::write(folder.path().join("config.cfg"), &samples[0].text).unwrap();
    let count = run(page, |text| text.contains("config.cfg"), [], folder.path()).await;
    assert!(count >= 1, "{count}");
    let made = fs::read_to_string(folder.path().join("latchkey.toml")).unwrap();
    let mut shown = blocks(page)
        .into_iter()
        .filter(|block| block.language == "toml");
    assert_eq!(made, shown.next().unwrap().text);
}

/// Every key and section of the configuration, by its path.
fn keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut section = String::new();
    for line in latchkey::config::reference().lines() {
        if let Some(heading) = line
            .strip_prefix("## `[")
            .and_then(|rest| rest.strip_suffix("]`"))
        {
            keys.insert(heading.to_owned());
            section = format!("{heading}.");
        } else if let Some((name, _)) = line.strip_prefix("| `").and_then(|row| row.split_once('`'))
        {
            keys.insert(format!("{section}{name}"));
        }
    }
    keys
}

#[test]
fn every_setting_that_the_documentation_names_is_there() {
    let keys = keys();
    let tops: BTreeSet<&str> = keys
        .iter()
        .filter_map(|key| key.split_once('.'))
        .map(|(top, _)| top)
        .collect();
    let is_path = |text: &str| {
        text.bytes()
            .all(|one| matches!(one, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
    };
    let is_known = |key: &str| {
        keys.contains(key)
            || key
                .strip_suffix("_file")
                .is_some_and(|key| keys.contains(key))
    };
    let (mut unknown, mut count) = (Vec::new(), 0);
    // Decisions tell of roads not taken, too.
    for page in pages()
        .into_iter()
        .filter(|page| !page.starts_with("docs/decisions/"))
    {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for event in Parser::new(&text) {
            let Event::Code(code) = event else { continue };
            let path = code.split(" = ").next().unwrap_or_default();
            let path = path.trim_start_matches('[').trim_end_matches(']');
            let top = path.split_once('.').map(|(top, _)| top);
            if is_path(path) && top.is_some_and(|top| tops.contains(top)) {
                count += 1;
                if !is_known(path) {
                    unknown.push(format!("{page}: {path}"));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    assert!(count > 40, "{count} settings");
}

/// The cells of the rows of the table below a heading, in its columns.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let below = text.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let below = below.split("\n## ").next().unwrap();
    let rows = below.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_and_settings_that_the_samples_had_became_ones_that_are_there() {
    let page = "docs/from-the-samples.md";
    let system = System::start().await;
    let browser = system.browser();
    let mut routes = 0;
    for row in table(page, "Route by route") {
        for path in quoted(&row[2]).filter(|path| path.starts_with('/')) {
            let answer = browser.open_only(system.portal(path)).await;
            assert_ne!(answer.status.as_u16(), 404, "{path}");
            routes += 1;
        }
    }
    assert!(routes >= 12, "{routes}");
    let keys = keys();
    for row in table(page, "Setting by setting") {
        for name in quoted(&row[1]) {
            let name = name.split(" = ").next().unwrap();
            let name = name.trim_start_matches('[').trim_end_matches(']');
            let is_there = keys.iter().any(|key| key.rsplit('.').next() == Some(name));
            assert!(is_there || keys.contains(name), "{name}");
        }
    }
}

/// The seed of the examples, its application, and the one person in it who is named there.
const APPLICATION: &str = "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e02";
const SECRET: &str = "shop-secret-of-the-example";

#[tokio::test(flavor = "multi_thread")]
async fn the_application_of_the_tutorial_signs_on_the_people_of_its_seed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!(
        "http://localhost:{}/",
        listener.local_addr().unwrap().port()
    );
    let seed = fs::read_to_string(root().join("examples/seed.toml")).unwrap();
    let page = fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    for told in [APPLICATION, SECRET] {
        assert!(seed.contains(told) && page.contains(told), "{told}");
    }
    let seed = seed.replace("http://localhost:3000/", &here);
    let seed = Seed::parse(&seed, "seed.toml").unwrap();
    let system = System::prepare().seed(seed).start().await;

    let secret = ClientAuthentication::ClientSecretBasic(ClientSecret::new(SECRET));
    let transport = Transport::builder().only_trust(system.authority().as_bytes().to_vec());
    let client = Client::new(
        Issuer::parse(&system.env().issuer).unwrap(),
        Credentials::new(APPLICATION, secret),
        transport.build().unwrap(),
    );
    let callback = RedirectUri::parse(&format!("{here}callback")).unwrap();
    let app = tutorial::app(client, callback).unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });

    let ada = Person::new("ada", "Sunny-Harbour-42");
    let browser = system.browser();
    let page = browser.open(&here).await.expect(200);
    assert!(page.text().contains("Nobody is here"), "{}", page.summary());
    let page = browser.open(format!("{here}me")).await.expect(200);
    let page = give_credentials(&page, &ada).await.expect(200);
    assert_eq!(page.url.as_str(), format!("{here}me"));
    assert!(
        page.text().contains("ada@shop.example"),
        "{}",
        page.summary()
    );
    let page = browser.open(format!("{here}keys")).await.expect(200);
    assert!(page.text().contains("The keys of"), "{}", page.summary());
    let asked = browser.open(format!("{here}logout")).await.expect(200);
    asked.form_by("form").submit().await.expect(200);
    let page = browser.open(&here).await.expect(200);
    assert!(page.text().contains("Nobody is here"), "{}", page.summary());
    serving.abort();
}
