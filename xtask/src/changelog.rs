//! Versions are real: what is released has a section of its own in its changelog, with a day.

use std::fs;
use std::path::Path;

use crate::command::Command;
use crate::root;
use crate::steps::PUBLISHED;

/// The folder of the program's crate.
const PROGRAM: &str = "crates/server";

/// What a manifest says its package is called and which version it has.
fn package(manifest: &str) -> (&str, &str) {
    let said = |key: &str| {
        let mut lines = manifest.lines();
        lines.find_map(|line| line.strip_prefix(key)?.strip_suffix('"'))
    };
    let name = said("name = \"").expect("a package has a name");
    (name, said("version = \"").unwrap_or("0.0.0"))
}

/// What stands below the heading of a version, if there is one that says the day, as in
/// `## 0.1.0 (2026-11-27)`.
fn section<'a>(changelog: &'a str, version: &str) -> Option<&'a str> {
    let begin = format!("## {version} (");
    let below = changelog.split("\n## ").skip(1);
    let mut sections = below.filter_map(|section| section.split_once('\n'));
    let (heading, text) =
        sections.find(|(heading, _)| format!("## {heading}").starts_with(&begin))?;
    let day = heading.strip_suffix(')')?.rsplit_once('(')?.1;
    let form = "dddd-dd-dd";
    let is_day = day.len() == form.len()
        && day
            .chars()
            .zip(form.chars())
            .all(|(is, wanted)| match wanted {
                'd' => is.is_ascii_digit(),
                dash => is == dash,
            });
    is_day.then_some(text.trim())
}

/// The changelog of what the crate in a folder makes: the program's is the repository's own.
fn changelog(folder: &Path) -> String {
    let place = if folder == root().join(PROGRAM) {
        root()
    } else {
        folder.to_owned()
    };
    fs::read_to_string(place.join("CHANGELOG.md")).expect("it has a changelog")
}

#[test]
fn what_is_released_has_a_section_for_its_version_in_its_changelog() {
    let mut released = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let (name, version) = package(&manifest);
        if folder != root().join(PROGRAM) && !PUBLISHED.contains(&name) {
            assert!(!manifest.contains("publish = true"), "{name}");
            continue;
        }
        assert_ne!(version, "0.0.0", "{name}");
        let text = changelog(&folder);
        let section = section(&text, version);
        let section = section.unwrap_or_else(|| panic!("{name} {version} is in no changelog"));
        assert!(section.len() > 80, "{name} {version}: {section:?}");
        released.push(name.to_owned());
    }
    assert_eq!(released.len(), PUBLISHED.len() + 1, "{released:?}");
}

#[test]
fn a_heading_without_its_version_or_a_day_is_none() {
    let said = |heading: &str| {
        let text =
            format!("# Changelog\n\n## Unreleased\n\n## {heading}\n\n- one\n\n## 0.0.9 (x)\n");
        section(&text, "0.1.0").map(str::to_owned)
    };
    assert_eq!(said("0.1.0 (2026-11-27)").as_deref(), Some("- one"));
    for heading in [
        "0.1.0",
        "0.1.0 (soon)",
        "0.1.01 (2026-11-27)",
        "0.2.0 (2026-11-27)",
    ] {
        assert_eq!(said(heading), None, "{heading}");
    }
}

/// The one line that a step of the release's workflow runs.
fn step<'a>(workflow: &'a str, name: &str) -> &'a str {
    let (_, below) = workflow.split_once(&format!("- name: {name}\n")).unwrap();
    let line = below.lines().next().unwrap();
    line.trim().strip_prefix("run: ").unwrap()
}

#[test]
fn the_workflow_takes_the_tag_of_this_version_and_no_other() {
    let workflow = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    let manifest = fs::read_to_string(root().join(PROGRAM).join("Cargo.toml")).unwrap();
    let (_, version) = package(&manifest);
    for name in ["The tag is the version", "The changelog has the version"] {
        let takes = |tag: &str| {
            Command::new("sh")
                .args(["-e", "-c", step(&workflow, name)])
                .env("GITHUB_REF_NAME", tag)
                .works()
        };
        assert!(takes(&format!("v{version}")), "{name}");
        assert!(!takes(&format!("v{version}1")), "{name}");
        assert!(!takes("v99.0.0"), "{name}");
    }
}
