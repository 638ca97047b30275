//! Hosted pages, portal and mails speak one language: what means the same is said in the same words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ui::Messages;

/// The folders in this one, or the files, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut all: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Every catalogue that there is in any crate: the crate, the language, and what stands in the file.
fn catalogues() -> Vec<(String, String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in entries(crates) {
        let locales = folder.join("locales");
        if !locales.is_dir() {
            continue;
        }
        for language in entries(&locales) {
            for file in entries(&language) {
                let source = fs::read_to_string(&file).unwrap();
                found.push((name(&folder), name(&language), source));
            }
        }
    }
    found
}

/// Every English text of all catalogues, with the name of its crate and its id. What the crates share
/// is in it once.
fn texts() -> Vec<(String, String)> {
    let shared = Messages::english(&[]);
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (owner, language, source) in catalogues() {
        if language == "en" && owner != "ui" {
            sources.entry(owner).or_default().push(source);
        }
    }
    let owners: Vec<&str> = sources.keys().map(String::as_str).collect();
    for owner in ["idp", "portal"] {
        assert!(owners.contains(&owner), "{owner} has no texts: {owners:?}");
    }
    let mut all = Vec::new();
    for (owner, sources) in &sources {
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let messages = Messages::english(&sources);
        assert_eq!(messages.problems(), [""; 0], "{owner}");
        let own = messages.ids().filter(|id| !shared.contains(id));
        all.extend(own.map(|id| {
            let text = messages.pattern(id).unwrap();
            (format!("{owner} {id}"), text.to_owned())
        }));
    }
    all.extend(shared.ids().map(|id| {
        let text = shared.pattern(id).unwrap();
        (format!("shared {id}"), text.to_owned())
    }));
    all
}

/// Words that mean what another one means, which is the one that we say.
const SYNONYMS: [(&str, &str); 13] = [
    ("once more", "again"),
    ("log in", "sign on"),
    ("log on", "sign on"),
    ("login", "sign on"),
    ("sign in", "sign on"),
    ("signed in", "signed on"),
    ("log out", "sign off"),
    ("log off", "sign off"),
    ("sign out", "sign off"),
    ("signed out", "signed off"),
    ("sign up", "create account"),
    ("e-mail", "email"),
    ("you forgot your password", "forgot your password"),
];

/// What a text means, as far as that can be told from its words: articles, case and synonyms aside.
fn meaning(text: &str) -> String {
    let lower = text.to_lowercase();
    let lower = SYNONYMS
        .into_iter()
        .fold(lower, |text, (said, meant)| text.replace(said, meant));
    let words = lower.split_whitespace();
    let words = words.filter(|word| !["a", "an", "the"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_means_the_same_is_said_in_the_same_words_everywhere() {
    let mut said: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (id, text) in texts() {
        said.entry(meaning(&text)).or_default().push((id, text));
    }
    for (meaning, texts) in said {
        let (_, first) = &texts[0];
        let differ = texts.iter().any(|(_, text)| text != first);
        assert!(!differ, "`{meaning}` is said in several ways: {texts:#?}");
    }
}

#[test]
fn nothing_is_called_by_a_word_that_we_do_not_use() {
    for (id, text) in texts() {
        let lower = text.to_lowercase();
        for (said, meant) in SYNONYMS.into_iter().skip(1) {
            assert!(
                !lower.contains(said),
                "{id} says `{said}` for `{meant}`: {text}"
            );
        }
    }
}

/// The words of the way in are the shared catalogue's, so that neither side can say others.
#[test]
fn the_way_in_is_named_once() {
    let shared = Messages::english(&[]);
    let names = ["signon-submit", "signon-register", "signon-forgot"];
    let names = names.map(|id| shared.pattern(id).unwrap().to_owned());
    assert_eq!(
        names,
        ["Sign on", "Create account", "Forgot your password?"]
    );
    for (id, text) in texts() {
        assert!(
            !(id.starts_with("portal ") && names.contains(&text)),
            "{id} is in the shared catalogue already"
        );
    }
}

/// On a phone a line ends at such a hyphen: what looks like a word of one letter is left behind.
#[test]
fn no_line_ends_within_a_word_that_has_a_hyphen_behind_its_first_letter() {
    for (owner, language, source) in catalogues() {
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let (id, text) = line.split_once(" = ").unwrap_or(("", line));
            let words = text.split(|c: char| !(c.is_alphabetic() || c == '-'));
            let breaks = |word: &&str| {
                let (first, rest) = word.split_once('-').unwrap_or_default();
                first.chars().count() == 1 && rest.starts_with(char::is_alphabetic)
            };
            let broken: Vec<&str> = words.filter(breaks).collect();
            assert_eq!(broken, [""; 0], "{owner} {language} {id}");
        }
    }
}
