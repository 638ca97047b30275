//! The page of errors tells of each that there is, in the program's own words, and of no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::root;

const PAGE: &str = "docs/errors.md";

/// The catalogues, and how the ids of sentences on error pages begin.
const CATALOGUES: [(&str, &str); 3] = [
    ("crates/portal/locales/en/portal.ftl", "failure-"),
    ("crates/portal/locales/en/account.ftl", "failure-"),
    ("crates/idp/locales/en/idp.ftl", "page-error-"),
];

/// Texts of error pages that tell of no error: labels, and what surrounds another's words.
const LABELS: [&str; 10] = [
    "failure-pingone-says",
    "failure-sign-on-again",
    "failure-try-again",
    "page-error-uri-application",
    "page-error-uri-differs",
    "page-error-uri-hint",
    "page-error-uri-none",
    "page-error-uri-registered",
    "page-error-uri-sent",
    "page-error-uri-title",
];

/// The lists of codes.
const CODES: [&str; 2] = [
    "crates/protocol/src/oauth/error.rs",
    "crates/protocol/src/pingone/error.rs",
];

/// Where the reasons stand for which the program does not start.
const STARTS: [&str; 7] = [
    "crates/server/src/audit_log.rs",
    "crates/server/src/data_dir.rs",
    "crates/server/src/installation.rs",
    "crates/server/src/keyring_file.rs",
    "crates/server/src/listen.rs",
    "crates/server/src/tls.rs",
    "crates/server/src/up/error.rs",
];

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("could not read {path}"))
}

/// The messages of a catalogue, one line each.
fn messages(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once(" = "))
}

/// The codes of `open_codes!`, each at the end of its line.
fn codes(source: &str) -> impl Iterator<Item = &str> {
    let lines = source.lines().map(str::trim);
    let codes = lines.filter_map(|line| line.strip_suffix("\";")?.split_once(" = \""));
    codes.map(|(_, code)| code)
}

/// The codes of details that a source makes.
fn details(source: &str) -> impl Iterator<Item = &str> {
    let calls = source.split("ErrorDetail::new(").skip(1);
    calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
}

/// The messages of the errors that a source declares, with `…` for what is put in.
fn declared(source: &str) -> syn::Result<Vec<String>> {
    let mut attributes = Vec::new();
    for item in syn::parse_file(source)?.items {
        match item {
            syn::Item::Enum(one) => {
                attributes.extend(one.variants.into_iter().flat_map(|variant| variant.attrs));
            }
            syn::Item::Struct(one) => attributes.extend(one.attrs),
            _ => {}
        }
    }
    let messages = attributes.iter().filter_map(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return None;
        };
        let first = list.tokens.clone().into_iter().next()?.to_string();
        let text = syn::parse_str::<syn::LitStr>(&first).ok()?;
        list.path
            .is_ident("error")
            .then(|| without_values(&text.value()))
    });
    Ok(messages.collect())
}

fn without_values(message: &str) -> String {
    let mut pieces = message.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.map(|piece| piece.split_once('}').map_or("", |(_, rest)| rest));
    rest.fold(first, |text, piece| format!("{text}…{piece}"))
}

/// The sources below a folder.
fn sources(folder: &Path, into: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// What the page should have a row for.
fn expected() -> anyhow::Result<BTreeSet<String>> {
    let mut expected = BTreeSet::new();
    let mut labels: BTreeSet<_> = LABELS.into_iter().collect();
    for (path, prefix) in CATALOGUES {
        let text = read(path)?;
        for (id, sentence) in messages(&text).filter(|(id, _)| id.starts_with(prefix)) {
            if !labels.remove(id) {
                expected.insert(sentence.to_owned());
            }
        }
    }
    assert!(labels.is_empty(), "there are no texts {labels:?}");
    let text = read("crates/ui/locales/en/ui.ftl")?;
    let titles = messages(&text).filter_map(|(id, _)| {
        let status = id.strip_prefix("error-")?.strip_suffix("-title")?;
        status.parse::<u16>().ok()
    });
    expected.extend(titles.map(|status| status.to_string()));
    for path in CODES {
        let text = read(path)?;
        expected.extend(codes(&text).map(|code| format!("`{code}`")));
    }
    let mut made = Vec::new();
    sources(&root().join("crates/idp/src"), &mut made)?;
    for source in &made {
        expected.extend(details(source).map(|code| format!("`{code}`")));
    }
    for path in STARTS {
        expected.extend(declared(&read(path)?)?);
    }
    Ok(expected)
}

/// The first cells of the rows of the page's tables.
fn rows(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|row| row.split(" | ").next()?.strip_prefix("| "));
    cells
        .filter(|cell| !["code", "status", "what it says"].contains(cell))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_of_errors_has_a_row_for_every_error_and_for_no_other() -> anyhow::Result<()> {
    let (expected, told) = (expected()?, rows(&read(PAGE)?));
    assert!(expected.len() > 100, "{}", expected.len());
    let missing: Vec<_> = expected.difference(&told).collect();
    let gone: Vec<_> = told.difference(&expected).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "{PAGE} is without {missing:#?}, and tells of what is not there: {gone:#?}"
    );
    Ok(())
}

#[test]
fn the_titles_of_pages_are_told_beside_their_status() -> anyhow::Result<()> {
    let (page, texts) = (read(PAGE)?, read("crates/ui/locales/en/ui.ftl")?);
    for (id, title) in messages(&texts) {
        let status = id
            .strip_prefix("error-")
            .and_then(|id| id.strip_suffix("-title"));
        if let Some(status) = status {
            assert!(page.contains(&format!("| {status} | {title} |")), "{id}");
        }
    }
    Ok(())
}

#[test]
fn errors_are_told_from_the_rest_of_a_source() {
    let source = "#[derive(Error)]\nenum E {\n    #[error(\n        \"reading {path} \\\n         failed{}\", hint(.x)\n    )]\n    A,\n    #[error(transparent)]\n    B,\n}";
    assert_eq!(declared(source).unwrap(), ["reading … failed…"]);
    let source = "ErrorDetail::new(\n  \"A_B\", None)\nErrorDetail::new(code, None)";
    assert_eq!(details(source).collect::<Vec<_>>(), ["A_B"]);
    let source = "/// x = \"no\"\n    AccessDenied = \"access_denied\";\n";
    assert_eq!(codes(source).collect::<Vec<_>>(), ["access_denied"]);
    let rows = rows("| code | x |\n|---|---|\n| `a` | b |\n| c, d | e |\n");
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), ["`a`", "c, d"]);
}
