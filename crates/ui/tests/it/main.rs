//! Every component in every state, as a page would show it.

mod samples;

use std::{collections::BTreeSet, fs, path::Path};

use ui::{Messages, Mode, assets};

/// Addresses of vendored files change with every edit; the snapshots leave the hash out.
fn without_hashes(html: &str) -> String {
    let parts: Vec<String> = html
        .split("/assets/")
        .enumerate()
        .map(|(index, part)| match part.split_once('"') {
            Some((name, rest)) if index > 0 => {
                let (stem, tail) = name.rsplit_once('-').expect("an address has a hash");
                let (hash, extension) = tail.split_once('.').expect("an address has an extension");
                assert_eq!(hash.len(), 16, "{name}");
                format!("{stem}.{extension}\"{rest}")
            }
            _ => part.to_owned(),
        })
        .collect();
    parts.join("/assets/")
}

#[tokio::test]
async fn pages_look_as_they_did() {
    for (name, html) in samples::all().await.unwrap() {
        insta::assert_snapshot!(name, without_hashes(&html));
    }
}

#[tokio::test]
async fn pages_hold_nothing_that_the_security_policy_forbids() {
    for (name, html) in samples::all().await.unwrap() {
        if name == "mail" {
            continue;
        }
        for forbidden in [
            "<style",
            " style=",
            " onclick",
            " onload",
            "javascript:",
            "<script>",
        ] {
            assert!(!html.contains(forbidden), "{name} contains {forbidden}");
        }
        assert_eq!(
            html.matches("<h1").count(),
            1,
            "{name} has one heading of the first level"
        );
        assert!(
            html.contains(r#"<html lang="en">"#),
            "{name} names its language"
        );
    }
}

#[tokio::test]
async fn what_a_page_refers_to_is_there() {
    for (name, html) in samples::all().await.unwrap() {
        let ids: Vec<&str> = attribute_values(&html, " id=\"").collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name} uses an id twice");
        let references = [
            "for=\"",
            "aria-describedby=\"",
            "aria-labelledby=\"",
            "href=\"#",
        ];
        for reference in references
            .iter()
            .flat_map(|start| attribute_values(&html, start))
        {
            for id in reference.split_whitespace() {
                assert!(unique.contains(id), "{name} refers to {id}");
            }
        }
    }
}

#[test]
fn every_text_that_a_template_asks_for_exists() {
    let messages = samples::site(Mode::Production).messages().clone();
    let mut asked = 0;
    for (name, template) in templates() {
        for id in Messages::ids_in_template(&template) {
            assert!(messages.contains(&id), "{name} asks for {id}");
            asked += 1;
        }
    }
    assert!(asked > 20, "only {asked} ids were found in the templates");
}

#[test]
fn every_file_that_a_template_names_exists() {
    for (name, template) in templates() {
        for file in attribute_values(&template, "asset(\"") {
            assert_ne!(
                assets::url(file),
                assets::url("no-such-file"),
                "{name} names {file}"
            );
        }
    }
}

/// The templates of this crate, by file name.
fn templates() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    fs::read_dir(directory)
        .expect("the crate has templates")
        .map(|entry| entry.expect("the folder can be listed").path())
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(&path).expect("a template is text"),
            )
        })
        .collect()
}

fn attribute_values<'a>(html: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}
