//! Files that the program writes about itself: they are committed, and a check keeps them true.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::command::Command;
use crate::{parts, program, root, service};

/// A committed file and how it comes about.
struct Generated {
    path: &'static str,
    contents: fn(&Path) -> anyhow::Result<Vec<u8>>,
}

const ALL: &[Generated] = &[
    Generated {
        path: "crates/server/config.default.toml",
        contents: defaults,
    },
    Generated {
        path: "docs/command-line.md",
        contents: command_line,
    },
    Generated {
        path: "docs/configuration.md",
        contents: configuration,
    },
    Generated {
        path: "docs/coverage.md",
        contents: coverage,
    },
    Generated {
        path: "docs/openapi.json",
        contents: openapi,
    },
    Generated {
        path: "docs/control-openapi.json",
        contents: control_openapi,
    },
    Generated {
        path: "crates/idp/src/management/openapi.json.gz",
        contents: openapi_compressed,
    },
];

/// Writes every generated file.
pub(crate) fn write() -> anyhow::Result<()> {
    let program = program::build()?;
    for file in ALL {
        let contents = (file.contents)(&program)?;
        fs::write(root().join(file.path), contents)
            .with_context(|| format!("could not write {}", file.path))?;
        println!("{}", file.path);
    }
    for page in parts::pages()? {
        let path = page.path.display();
        fs::write(root().join(&page.path), page.text)
            .with_context(|| format!("could not write {path}"))?;
        println!("{path}: the parts of source files");
    }
    Ok(())
}

/// Whether every generated file says what it would say if it were written now.
pub(crate) fn check(program: &Path) -> anyhow::Result<bool> {
    let mut current = true;
    for file in ALL {
        current &= is_current(file.path.as_ref(), &(file.contents)(program)?);
    }
    for page in parts::pages()? {
        current &= is_current(&page.path, page.text.as_bytes());
    }
    Ok(current)
}

/// Says whether a committed file is what it should be.
fn is_current(path: &Path, contents: &[u8]) -> bool {
    let is_current = fs::read(root().join(path)).unwrap_or_default() == contents;
    let state = if is_current {
        "current"
    } else {
        "out of date; write it anew by `cargo xtask generate`"
    };
    println!("{}: {state}", path.display());
    is_current
}

/// Every setting, from what the sections of the configuration declare.
fn configuration(program: &Path) -> anyhow::Result<Vec<u8>> {
    let reference = Command::new(example(program, "configuration")).read()?;
    Ok(reference.into_bytes())
}

/// What of the management API is there, from the router's table.
fn coverage(program: &Path) -> anyhow::Result<Vec<u8>> {
    let coverage = Command::new(example(program, "coverage")).read()?;
    Ok(coverage.into_bytes())
}

/// The description of the management API, from the same table and the types that it names.
fn openapi(program: &Path) -> anyhow::Result<Vec<u8>> {
    let document = Command::new(example(program, "openapi")).read()?;
    Ok(document.into_bytes())
}

/// The description of the control API, from its own table.
fn control_openapi(program: &Path) -> anyhow::Result<Vec<u8>> {
    let document = Command::new(example(program, "control_openapi")).read()?;
    Ok(document.into_bytes())
}

/// The same document as the program carries it.
fn openapi_compressed(program: &Path) -> anyhow::Result<Vec<u8>> {
    let folder = service::temporary_folder("openapi")?;
    let file = folder.join("openapi.json.gz");
    Command::new(example(program, "openapi"))
        .arg(&file)
        .succeed()?;
    let contents = fs::read(&file).context("could not read what was compressed")?;
    fs::remove_dir_all(&folder).context("could not clear a folder")?;
    Ok(contents)
}

fn example(program: &Path, name: &str) -> PathBuf {
    program.with_file_name("examples").join(name)
}

/// Every setting with its default.
fn defaults(program: &Path) -> anyhow::Result<Vec<u8>> {
    let text = Command::new(program)
        .args(["config", "show", "--default"])
        .read()?;
    Ok(text.into_bytes())
}

/// The help of every command, as a document.
fn command_line(program: &Path) -> anyhow::Result<Vec<u8>> {
    let mut text = String::from(
        "# The command line\n\nWritten by `cargo xtask generate` from the program's own help.\n",
    );
    let mut waiting = vec![Vec::<String>::new()];
    while let Some(words) = waiting.pop() {
        let help = Command::new(program)
            .args(&words)
            .arg("--help")
            // The width decides where lines break, and the home folder appears as a default.
            .env("COLUMNS", "100")
            .env("HOME", "/home/you")
            .read()?;
        let title = ["latchkey".to_owned()]
            .iter()
            .chain(&words)
            .cloned()
            .collect::<Vec<_>>();
        let title = title.join(" ");
        text.push_str("\n## `");
        text.push_str(&title);
        text.push_str("`\n\n```text\n");
        text.push_str(help.trim());
        text.push_str("\n```\n");
        for command in commands(&help).into_iter().rev() {
            waiting.push(words.iter().cloned().chain([command]).collect());
        }
    }
    Ok(text.into_bytes())
}

/// The names under `Commands:` in a help text.
fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn subcommands_are_read_from_the_help() {
        let help = "Does things\n\nUsage: x [COMMAND]\n\nCommands:\n  up      start\n  config  look\n          at settings\n  help    this\n\nOptions:\n  -h";
        assert_eq!(commands(help), ["up", "config"]);
    }
}
