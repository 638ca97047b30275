//! Parts of source files that pages show: a block of code below the line
//! `<!-- from PATH ANCHOR -->` is what stands in that file between the lines `ANCHOR: ANCHOR` and
//! `ANCHOR_END: ANCHOR`; without an anchor, it is the whole file. `cargo xtask generate` writes it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::{book, root};

/// A page, and what it should say.
pub(crate) struct Shown {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// The pages of the book that show parts of source files.
pub(crate) fn pages() -> anyhow::Result<Vec<Shown>> {
    let mut shown = Vec::new();
    for page in book::chapters()? {
        if !page.text().contains(MARK) {
            continue;
        }
        let read = |path: &str| {
            fs::read_to_string(root().join(path)).with_context(|| format!("could not read {path}"))
        };
        let text = with_parts(page.text(), read);
        let text = text.with_context(|| format!("{}", page.path().display()))?;
        shown.push(Shown {
            path: page.path().to_owned(),
            text,
        });
    }
    Ok(shown)
}

const MARK: &str = "\n<!-- from ";

/// A page's text with its parts as their files have them.
fn with_parts(text: &str, read: impl Fn(&str) -> anyhow::Result<String>) -> anyhow::Result<String> {
    let mut written = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        let Some(source) = line
            .strip_prefix(MARK.trim_start())
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let fence = lines.next().unwrap_or_default();
        if !fence.starts_with("```") {
            bail!("no block of code stands below `{line}`");
        }
        if !lines.any(|line| line == "```") {
            bail!("the block below `{line}` does not end");
        }
        let (path, anchor) = source
            .split_once(' ')
            .map_or((source, None), |(path, anchor)| (path, Some(anchor)));
        let file = read(path)?;
        let part = part(&file, anchor).with_context(|| format!("{path} has no part {anchor:?}"))?;
        for line in [fence, part.trim_matches('\n'), "```"] {
            written.push_str(line);
            written.push('\n');
        }
    }
    Ok(written)
}

/// A part of a source file, moved to the left, without the lines of any anchor.
fn part(file: &str, anchor: Option<&str>) -> Option<String> {
    let is_mark = |line: &&str, what: &str| line.trim_end().ends_with(what);
    let lines: Vec<&str> = match anchor {
        None => file.lines().collect(),
        Some(name) => {
            let end = format!(" ANCHOR_END: {name}");
            let mut rest = file.lines();
            rest.find(|line| is_mark(line, &format!(" ANCHOR: {name}")))?;
            let rest: Vec<&str> = rest.collect();
            let length = rest.iter().position(|line| is_mark(line, &end))?;
            rest.into_iter().take(length).collect()
        }
    };
    let lines = lines
        .into_iter()
        .filter(|line| !line.contains(" ANCHOR: ") && !line.contains(" ANCHOR_END: "));
    let lines: Vec<&str> = lines.collect();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let margin = filled
        .map(|line| line.len() - line.trim_start().len())
        .min()?;
    let moved: Vec<&str> = lines
        .iter()
        .map(|line| line.get(margin..).unwrap_or_default())
        .collect();
    Some(moved.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! X\n\n    // ANCHOR: a\n    fn a() {\n        // ANCHOR: b\n        b();\n        // ANCHOR_END: b\n    }\n    // ANCHOR_END: a\n";

    #[test]
    fn pages_show_parts_as_their_files_have_them_now() {
        let shown = pages().unwrap();
        assert!(!shown.is_empty());
        for page in shown {
            let committed = fs::read_to_string(root().join(&page.path)).unwrap();
            assert!(
                committed == page.text,
                "{}: write it anew by `cargo xtask generate`",
                page.path.display()
            );
        }
    }

    #[test]
    fn a_part_is_what_stands_between_its_lines() {
        assert_eq!(part(FILE, Some("a")).unwrap(), "fn a() {\n    b();\n}");
        assert_eq!(part(FILE, Some("b")).unwrap(), "b();");
        assert!(part(FILE, Some("c")).is_none());
        assert!(!part(FILE, None).unwrap().contains("ANCHOR"));
    }

    #[test]
    fn a_page_shows_parts_as_their_files_have_them() {
        let read = |path: &str| {
            assert_eq!(path, "x.rs");
            Ok(FILE.to_owned())
        };
        let page = "# T\n\n<!-- from x.rs b -->\n```rust\nold\n\nolder\n```\n\nEnd.\n";
        let written = with_parts(page, read).unwrap();
        assert_eq!(
            written,
            "# T\n\n<!-- from x.rs b -->\n```rust\nb();\n```\n\nEnd.\n"
        );
        assert_eq!(with_parts(&written, read).unwrap(), written);
        for wrong in [
            "\n<!-- from x.rs b -->\ntext\n",
            "\n<!-- from x.rs b -->\n```rust\n",
            "\n<!-- from x.rs c -->\n```\n```\n",
        ] {
            assert!(with_parts(wrong, read).is_err(), "{wrong}");
        }
    }
}
