//! The project of docs/tutorial.md, put together as its reader does, and checked by the compiler.

use std::fs;

use anyhow::{Context, ensure};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::command::Command;
use crate::{root, target};

/// Where the page begins to tell of the second file.
const SECOND: &str = "`src/main.rs` connects";

/// The crates as a reader's project names them, which lies beside the clone.
const CRATES: &str = "../latchkey/crates/";

/// What `cargo new` writes before the part that the page shows. It is no part of this workspace.
const NEW: &str =
    "[workspace]\n\n[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// Lays the project out below the target folder and checks it, with the dependencies that the
/// workspace has locked.
pub(crate) fn check() -> anyhow::Result<bool> {
    let page = fs::read_to_string(root().join("docs/tutorial.md"))
        .context("could not read docs/tutorial.md")?;
    let (first, second) = page
        .split_once(SECOND)
        .with_context(|| format!("the tutorial does not say {SECOND}"))?;
    let manifest = blocks(first, "toml").concat();
    ensure!(manifest.contains(CRATES), "the tutorial names other crates");
    let crates = format!("{}/", root().join("crates").display());
    let project = target().join("tutorial");
    for (file, text) in [
        (
            "Cargo.toml",
            format!("{NEW}\n{}", manifest.replace(CRATES, &crates)),
        ),
        ("src/app.rs", blocks(first, "rust").join("\n")),
        ("src/main.rs", blocks(second, "rust").join("\n")),
    ] {
        ensure!(!text.is_empty(), "the tutorial shows nothing of {file}");
        let path = project.join(file);
        fs::create_dir_all(path.parent().unwrap_or(&project)).context("could not make a folder")?;
        fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))?;
    }
    fs::copy(root().join("Cargo.lock"), project.join("Cargo.lock"))
        .context("could not copy Cargo.lock")?;
    Command::new("cargo")
        .args(["check", "--quiet", "--offline", "--manifest-path"])
        .arg(project.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target())
        .run()
}

/// The blocks of code in this language, in their order.
fn blocks(text: &str, wanted: &str) -> Vec<String> {
    let mut blocks = Vec::<String>::new();
    let mut is_open = false;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if &*language == wanted =>
            {
                is_open = true;
                blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => is_open = false,
            Event::Text(text) if is_open => {
                if let Some(block) = blocks.last_mut() {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    blocks
}
