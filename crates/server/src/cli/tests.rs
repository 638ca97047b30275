//! What all commands have in common, looked at by walking them.

use clap::builder::{PossibleValue, ValueRange};
use clap::{Arg, Command, CommandFactory as _};

use super::*;

/// These serve, or work on this machine; all others administer an environment.
const OF_THIS_MACHINE: [&str; 16] = [
    "backup",
    "copy",
    "doctor",
    "migrate",
    "restore",
    "completions",
    "health",
    "manual",
    "up",
    "portal",
    "idp",
    "config",
    "keys",
    "trust",
    "environment",
    "contract",
];

/// The administration commands that say in a sentence, or in a secret, what they did.
const WITHOUT_OBJECTS: [&str; 22] = [
    "application delete",
    "application secret rotate",
    "application secret show",
    "grant delete",
    "group add",
    "group delete",
    "group remove",
    "password-policy delete",
    "policy action remove",
    "policy assign",
    "policy delete",
    "policy withdraw",
    "population delete",
    "role delete",
    "role withdraw",
    "user delete",
    "user disable",
    "user enable",
    "user import",
    "user send-recovery-code",
    "user set-password",
    "user unlock",
];

/// A command that does something, with what is said below its help and that of those above it.
struct Leaf {
    path: String,
    command: Command,
    examples: String,
}

impl Leaf {
    fn takes(&self, name: &str) -> Option<&Arg> {
        self.command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(name))
    }

    fn last_word(&self) -> &str {
        self.path.rsplit(' ').next().unwrap()
    }

    /// Whether somebody names several things, or a file that may hold several.
    fn takes_many(&self) -> bool {
        self.command.get_positionals().any(|arg| {
            let one = ValueRange::SINGLE;
            arg.get_num_args().unwrap_or(one).max_values() > 1
                || arg.get_value_hint() == clap::ValueHint::AnyPath
        })
    }
}

fn leaves() -> Vec<Leaf> {
    let mut root = CommandLine::command();
    root.build();
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), root, String::new())];
    while let Some((path, command, above)) = waiting.pop() {
        let help = command.get_after_help().map(ToString::to_string);
        let examples = format!("{above}\n{}", help.unwrap_or_default());
        let commands = command.get_subcommands();
        for below in commands.filter(|below| below.get_name() != "help") {
            let path = format!("{path} {}", below.get_name());
            let path = path.trim_start().to_owned();
            waiting.push((path, below.clone(), examples.clone()));
        }
        if !command.has_subcommands() {
            found.push(Leaf {
                path,
                command,
                examples,
            });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn administering() -> Vec<Leaf> {
    let is_local = |leaf: &Leaf| {
        let first = leaf.path.split(' ').next().unwrap();
        OF_THIS_MACHINE.contains(&first)
    };
    let found: Vec<Leaf> = leaves()
        .into_iter()
        .filter(|leaf| !is_local(leaf))
        .collect();
    assert!(found.len() > 50, "{}", found.len());
    found
}

/// The command lines of an example text, without what stands beside them.
fn examples(text: &str) -> Vec<Vec<String>> {
    let continued: Vec<&str> = text.split("\\\n").map(str::trim_end).collect();
    let text = continued.join("\\").replace("\\      ", " ");
    let lines = text.lines().filter(|line| line.starts_with("  "));
    lines
        .filter(|line| line.contains("latchkey"))
        .map(|line| {
            let line = line.trim().split("  ").next().unwrap();
            let words = shlex::split(line).unwrap();
            let after = |word: &String| word == "|";
            let begin = words.iter().position(after).map_or(0, |place| place + 1);
            let words = words.into_iter().skip(begin);
            words.take_while(|word| !word.starts_with('>')).collect()
        })
        .collect()
}

#[test]
fn the_command_line_is_consistent() {
    CommandLine::command().debug_assert();
}

#[test]
fn every_command_and_every_argument_is_explained() {
    for leaf in leaves() {
        let path = &leaf.path;
        let about = leaf.command.get_about().map(ToString::to_string);
        assert!(about.is_some_and(|about| !about.is_empty()), "{path}");
        for argument in leaf.command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{path} {}",
                argument.get_id()
            );
        }
    }
}

#[test]
fn every_command_has_an_example_and_every_example_is_understood() {
    for leaf in leaves() {
        let examples = examples(&leaf.examples);
        let words: Vec<&str> = leaf.path.split(' ').collect();
        let shows = |example: &Vec<String>| {
            example.iter().skip(1).zip(&words).all(|(a, b)| a == b) && example.len() > words.len()
        };
        assert!(examples.iter().any(shows), "{} has no example", leaf.path);
        for example in &examples {
            assert_eq!(example[0], "latchkey", "{example:?}");
            if let Err(error) = CommandLine::try_parse_from(example) {
                panic!("{example:?}: {error}");
            }
        }
    }
}

#[test]
fn whatever_shows_objects_shows_them_as_table_json_and_csv() {
    let mut silent = Vec::new();
    for leaf in administering() {
        let Some(output) = leaf.takes("output") else {
            silent.push(leaf.path);
            continue;
        };
        let forms = output.get_possible_values();
        let forms: Vec<&str> = forms.iter().map(PossibleValue::get_name).collect();
        assert_eq!(forms, ["table", "json", "csv"], "{}", leaf.path);
    }
    assert_eq!(silent, WITHOUT_OBJECTS);
}

#[test]
fn whatever_changes_many_things_can_be_rehearsed() {
    for leaf in administering() {
        let path = &leaf.path;
        if leaf.takes_many() {
            assert!(leaf.takes("dry-run").is_some(), "{path} has no --dry-run");
        }
        if ["delete", "import", "remove", "withdraw"].contains(&leaf.last_word()) {
            assert!(leaf.takes("dry-run").is_some(), "{path} has no --dry-run");
            assert!(leaf.takes("yes").is_some(), "{path} does not ask");
        }
    }
    let many = administering();
    let many = many.iter().filter(|leaf| leaf.takes_many());
    let many: Vec<&str> = many.map(|leaf| leaf.path.as_str()).collect();
    for known in ["group add", "user delete", "user import", "role withdraw"] {
        assert!(many.contains(&known), "{many:?}");
    }
}
