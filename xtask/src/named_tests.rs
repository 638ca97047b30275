//! Documents that name tests: what they say is held by a test that exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::root;

/// The documents, and how many numbered lines each has at least.
const DOCUMENTS: [(&str, usize); 4] = [
    ("crates/idp/src/manual/threats.rs", 0),
    ("docs/defects-of-the-samples.md", 20),
    ("docs/security-classes.md", 26),
    ("docs/review-faults.md", 21),
];

/// Texts between backticks that look like the name of a test: a sentence, alone or at the end of
/// the path of another crate (`portal::it::sign_on::…`).
fn named(text: &str) -> impl Iterator<Item = &str> {
    let is_sentence = |name: &&str| {
        name.matches('_').count() >= 2
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let quoted = text.split('`').skip(1).step_by(2);
    let test = |quoted| match str::rsplit_once(quoted, "::") {
        Some((path, _)) if path.starts_with("crate") => None,
        Some((_, name)) => Some(name),
        None => Some(quoted),
    };
    quoted.filter_map(test).filter(is_sentence)
}

/// The names of all tests in a folder of Rust sources.
fn collect(folder: &Path, into: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder);
    for entry in entries.with_context(|| format!("could not list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path);
            let text = text.with_context(|| format!("could not read {}", path.display()))?;
            into.extend(tests_of(&text).map(str::to_owned));
        }
    }
    Ok(())
}

/// The functions that stand below an attribute which makes them tests.
fn tests_of(source: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    source.lines().filter_map(move |line| {
        let line = line.trim_start();
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let name = line
            .strip_prefix("async fn ")
            .or(line.strip_prefix("fn "))?;
        let was_test = std::mem::take(&mut is_test);
        name.split_once('(')
            .filter(|_| was_test)
            .map(|(name, _)| name)
    })
}

/// Whether a line is a row of a table that begins with a number.
fn is_numbered(line: &str) -> bool {
    let cell = line
        .strip_prefix('|')
        .and_then(|rest| rest.split('|').next());
    cell.is_some_and(|cell| cell.trim().parse::<u32>().is_ok())
}

#[test]
fn every_test_that_a_document_names_exists() -> anyhow::Result<()> {
    let mut tests = BTreeSet::new();
    collect(&root().join("crates"), &mut tests)?;
    for (path, _) in DOCUMENTS {
        let text = fs::read_to_string(root().join(path))?;
        let missing: Vec<_> = named(&text).filter(|name| !tests.contains(*name)).collect();
        assert!(missing.is_empty(), "{path} names no test: {missing:#?}");
    }
    Ok(())
}

#[test]
fn every_numbered_line_of_a_document_names_a_test() -> anyhow::Result<()> {
    for (path, lines) in DOCUMENTS {
        let text = fs::read_to_string(root().join(path))?;
        for number in 1..=lines {
            let start = format!("| {number} |");
            let line = text.lines().find(|line| line.starts_with(&start));
            line.with_context(|| format!("{path} has no line {number}"))?;
        }
        for line in text.lines().filter(|line| is_numbered(line)) {
            assert!(named(line).next().is_some(), "{path}: {line}");
        }
    }
    let threats = fs::read_to_string(root().join(DOCUMENTS[0].0))?;
    for section in threats.split("//! # ").skip(1) {
        assert!(named(section).next().is_some(), "{section}");
    }
    Ok(())
}

#[test]
fn tests_and_names_are_told_from_the_rest() {
    let source = "fn helper() {}\n    #[test]\n    fn one_is_a_test() {}\n#[tokio::test]\nasync fn so_is_two() {}\nfn x() {}";
    assert_eq!(
        tests_of(source).collect::<Vec<_>>(),
        ["one_is_a_test", "so_is_two"]
    );
    let text = "`a_b`, `a_test_name` and `crate::a_b_c`, `A_B_C` or `idp::it::x::is_a_test`";
    assert_eq!(
        named(text).collect::<Vec<_>>(),
        ["a_test_name", "is_a_test"]
    );
    assert!(is_numbered("| 12 | what | `a_test_name` |"));
    assert!(!is_numbered("| number | what |") && !is_numbered("12 |"));
}
