//! What the examples of running it set is what the program understands: every variable, every file of
//! settings and every command line in `examples/deploy` and `packaging`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use latchkey::config::{Loaded, Problem, Sources};

/// An example, and how much of each kind it holds, so that none is overlooked.
struct Example {
    file: &'static str,
    variables: usize,
    /// Texts of TOML.
    settings: usize,
    /// Command lines of the program.
    commands: usize,
}

const fn example(file: &'static str, holds: [usize; 3]) -> Example {
    let [variables, settings, commands] = holds;
    Example {
        file,
        variables,
        settings,
        commands,
    }
}

/// Every file of both folders. The workflows' commands are run by `cargo xtask test --only deploy`.
const EXAMPLES: &[Example] = &[
    example("examples/deploy/Caddyfile", [0, 1, 0]),
    example("examples/deploy/README.md", [0, 0, 0]),
    example("examples/deploy/alerts.yml", [0, 0, 0]),
    example("examples/deploy/compose.yaml", [6, 0, 1]),
    example("examples/deploy/github-actions.yml", [0, 0, 0]),
    example("examples/deploy/gitlab-ci.yml", [0, 0, 0]),
    example("examples/deploy/grafana-dashboard.json", [0, 0, 0]),
    example("examples/deploy/kubernetes.yaml", [0, 1, 1]),
    example("examples/deploy/nginx.conf", [0, 1, 0]),
    example("examples/deploy/prometheus.yml", [0, 1, 0]),
    example("examples/deploy/traefik.yaml", [0, 1, 0]),
    example("packaging/Dockerfile", [3, 0, 1]),
    example("packaging/debian/control", [0, 0, 0]),
    example("packaging/debian/copyright", [0, 0, 0]),
    example("packaging/debian/lintian-overrides", [0, 0, 0]),
    example("packaging/debian/postinst", [0, 0, 0]),
    example("packaging/debian/postrm", [0, 0, 0]),
    example("packaging/debian/prerm", [0, 0, 0]),
    example("packaging/latchkey.service", [0, 0, 1]),
    example("packaging/latchkey.toml", [0, 1, 0]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// The variables with our prefix, wherever they stand, and their values where they have one.
fn variables(text: &str) -> BTreeMap<String, String> {
    const PREFIX: &str = "LATCHKEY_";
    let is_of_a_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
    let mut found = BTreeMap::new();
    for (at, _) in text.match_indices(PREFIX) {
        let (before, after) = text.split_at(at);
        let end = after.find(|one| !is_of_a_name(one)).unwrap_or(after.len());
        let (name, rest) = after.split_at(end);
        if name == PREFIX || before.ends_with(is_of_a_name) {
            continue;
        }
        let rest = rest.lines().next().unwrap_or_default();
        let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix(": "));
        let value = value.unwrap_or_default().trim().trim_matches('"');
        let before = found.entry(name.to_owned()).or_insert_with(String::new);
        if before.is_empty() {
            value.clone_into(before);
        }
    }
    found
}

/// The texts of TOML: a file of its own, one in a mapping of YAML, and those in comments.
fn settings(file: &str, text: &str) -> Vec<String> {
    if Path::new(file)
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        return vec![text.to_owned()];
    }
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let depth = |line: &str| line.len() - line.trim_start().len();
        let mut block = Vec::new();
        if line.trim().ends_with(".toml: |") {
            let is_inside = |inner: &&str| inner.trim().is_empty() || depth(inner) > depth(line);
            while let Some(inner) = lines.next_if(is_inside) {
                block.push(inner.trim());
            }
        } else if is_a_section(line) {
            block.push(shown(line));
            while let Some(inner) = lines.next_if(|inner| inner.starts_with("#  ")) {
                block.push(shown(inner));
            }
        }
        if !block.is_empty() {
            found.push(block.join("\n"));
        }
    }
    found
}

/// What a line of a comment shows.
fn shown(line: &str) -> &str {
    line.trim_start_matches('#').trim()
}

/// Whether a comment shows the heading of a section.
fn is_a_section(line: &str) -> bool {
    line.starts_with("#  ") && shown(line).starts_with('[') && line.ends_with(']')
}

/// The arguments of the program's command lines: in a list of texts, or after its path.
fn commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let listed = ["command: [", "args: [", "CMD ["]
            .into_iter()
            .find_map(|begin| Some(format!("[{}", line.split_once(begin)?.1)));
        if let Some(listed) = listed {
            // Those of other programs have other first words.
            let Ok(words) = serde_json::from_str::<Vec<String>>(&listed) else {
                continue;
            };
            match words.first().map(String::as_str) {
                Some("/latchkey") => found.push(words[1..].to_vec()),
                Some("up") => found.push(words),
                _ => {}
            }
        } else if let Some(line) = line.strip_prefix("ExecStart=/usr/bin/latchkey ") {
            found.push(shlex::split(line).unwrap());
        }
    }
    found
}

/// What is wrong with settings, but for files that are on no machine of a test.
fn faults(problems: Vec<Problem>) -> Vec<String> {
    let of_the_machine = ["could not be read", "cannot be read", "could not be opened"];
    let is_ours = |problem: &Problem| {
        of_the_machine
            .iter()
            .all(|text| !problem.what.contains(text))
    };
    let problems = problems.into_iter().filter(is_ours);
    problems.map(|problem| problem.to_string()).collect()
}

/// What is wrong with a program that has these variables.
fn faults_of_variables(variables: &BTreeMap<String, String>) -> Vec<String> {
    let environment = variables.iter();
    let environment = environment.map(|(name, value)| (name.into(), value.into()));
    let sources = Sources {
        environment: environment.collect(),
        ..Sources::default()
    };
    faults(Loaded::read(&sources).problems())
}

/// What is wrong with a program that has this file, with ids of its own in the places for them.
fn faults_of_settings(text: &str) -> Vec<String> {
    let mut text = text.to_owned();
    for (place, id) in [
        ("WORKER_CLIENT_ID", "0a9be2d5-5b8c-4f6e-8a55-9f5e0c1a7d01"),
        ("CLIENT_ID", "0a9be2d5-5b8c-4f6e-8a55-9f5e0c1a7d02"),
        ("ENVIRONMENT_ID", "0a9be2d5-5b8c-4f6e-8a55-9f5e0c1a7d03"),
    ] {
        text = text.replace(place, id);
    }
    let sources = Sources {
        inline: Some(text.clone()),
        ..Sources::default()
    };
    // A secret whose file is not here is missing, too.
    let is_in_a_file = |key: &str| {
        let name = key.rsplit('.').next().unwrap_or(key);
        text.contains(&format!("\n{name}_file = "))
    };
    let mut problems = Loaded::read(&sources).problems();
    problems.retain(|problem| !is_in_a_file(&problem.key));
    faults(problems)
}

fn fault_of_command(words: &[String]) -> Option<String> {
    // Everything before it is understood, or there is no help but an error.
    let answer = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(words)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&answer.stderr).into_owned();
    (!answer.status.success()).then_some(complaint)
}

/// The files of a folder, by their paths below the root.
fn files(folder: &str, into: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

#[test]
fn what_the_examples_of_running_it_set_is_what_the_program_understands() {
    let mut found = Vec::new();
    for folder in ["examples/deploy", "packaging"] {
        files(folder, &mut found);
    }
    found.sort();
    let known: Vec<&str> = EXAMPLES.iter().map(|example| example.file).collect();
    assert_eq!(found, known);
    // A container of the Compose file has the variables of its image as well.
    let image = variables(&read("packaging/Dockerfile"));
    for example in EXAMPLES {
        let file = example.file;
        let text = read(file);
        let mut set = variables(&text);
        assert_eq!(set.len(), example.variables, "{file}: {set:?}");
        if file.ends_with("compose.yaml") {
            set.extend(image.clone());
        } else if file.ends_with("Dockerfile") {
            // Its first lines say which networks come in.
            set.insert(
                "LATCHKEY_SERVER__DEVELOPMENT_NETWORKS".to_owned(),
                "172.16.0.0/12".to_owned(),
            );
        }
        assert_eq!(faults_of_variables(&set), [""; 0], "{file}");
        let texts = settings(file, &text);
        assert_eq!(texts.len(), example.settings, "{file}: {texts:?}");
        for text in &texts {
            // The package's file leaves to its reader what only they know.
            let text = text.replace("\n# public_url", "\npublic_url");
            let text = text
                .replace("\n# host", "\nhost")
                .replace("\n# from", "\nfrom");
            let mut faults = faults_of_settings(&text);
            if file == "packaging/latchkey.toml" {
                faults
                    .retain(|fault| !fault.contains("is missing") && !fault.starts_with("portal."));
            }
            assert_eq!(faults, [""; 0], "{file}: {text}");
        }
        let lines = commands(&text);
        assert_eq!(lines.len(), example.commands, "{file}: {lines:?}");
        for words in &lines {
            assert_eq!(fault_of_command(words), None, "{file}: {words:?}");
        }
    }
}

#[test]
fn a_misspelt_variable_setting_or_option_of_an_example_is_found() {
    let compose = read("examples/deploy/compose.yaml");
    let misspelt = compose.replace("IDP__SMTP__HOST", "IDP__SMTP__HOTS");
    let faults = faults_of_variables(&variables(&misspelt));
    assert!(
        faults.concat().contains("LATCHKEY_IDP__SMTP__HOST"),
        "{faults:?}"
    );
    let wrong = compose.replace("SMTP__PORT: \"1025\"", "SMTP__PORT: \"smtp\"");
    assert_ne!(wrong, compose);
    let faults = faults_of_variables(&variables(&wrong));
    assert!(faults.concat().contains("idp.smtp.port"), "{faults:?}");

    for file in [
        "examples/deploy/kubernetes.yaml",
        "examples/deploy/nginx.conf",
    ] {
        let texts = settings(file, &read(file).replace("public_url", "public_uri"));
        let faults = faults_of_settings(&texts[0]);
        assert!(faults.concat().contains("public_url"), "{file}: {faults:?}");
    }
    let texts = settings("x.toml", "demo = 7\n[idp]\nlisten = 8");
    assert_eq!(faults_of_settings(&texts[0]).len(), 2);

    let unit = read("packaging/latchkey.service").replace("--config", "--confg");
    let wrong = commands(&unit).remove(0);
    assert!(fault_of_command(&wrong).is_some(), "{wrong:?}");
}

#[test]
fn every_variable_that_the_documentation_names_is_one_that_the_program_understands() {
    let mut pages = vec!["README.md".to_owned()];
    files("docs", &mut pages);
    let is_page = |page: &String| Path::new(page).extension().is_some_and(|of| of == "md");
    pages.retain(is_page);
    let mut count = 0;
    for page in pages {
        let mut named = variables(&read(&page));
        count += named.len();
        for value in named.values_mut() {
            // What matters is the name: its text may go on in any way.
            value.clear();
        }
        assert_eq!(faults_of_variables(&named), [""; 0], "{page}");
    }
    assert!(count >= 5, "{count}");
}
