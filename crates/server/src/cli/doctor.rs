//! `latchkey doctor`: what keeps the portal as configured from signing people on.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, ValueEnum};
use platform::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::{Place, directory, terminal};
use crate::config::Settings;
use crate::doctor::{Change, Report, Row, Status, Subject, examine, table};
use crate::env_file::{EnvironmentFile, KEPT_ENV_FILE};

const EXAMPLES: &str = "\
Examples:
  latchkey doctor                          the portal as `latchkey up` runs it here
  latchkey doctor --config latchkey.toml   the portal against the environment that it names
  latchkey doctor --format json            for programs

Exit status: 0 no failure (warnings are none), 1 something fails or cannot be read, 2 wrong options.";

/// Lines are no longer where words allow it.
const WIDTH: usize = 80;

/// Where findings begin.
const INDENT: usize = 11;

/// Asks the environment what is wrong with the set-up, and says what to change and where.
///
/// It looks at the provider, the worker, the web application and what people meet. Nothing is changed
/// and nothing is mailed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    #[command(flatten)]
    place: Place,
    /// An environment file as `latchkey up --env-file` writes it [default: `portal.sign_on` and
    /// `portal.pingone` of the configuration, or the one that `latchkey up` keeps in the data
    /// directory].
    #[arg(long, value_name = "FILE", env = "LATCHKEY_ENV_FILE")]
    env_file: Option<PathBuf>,
    /// For people or for programs.
    #[arg(long, value_name = "FORM", value_enum, default_value = "text")]
    format: Format,
    /// Prints the checks as a table in Markdown and runs none.
    #[arg(long)]
    list: bool,
    /// Writes without colour, as it does where the output is no terminal.
    #[arg(long, env = "NO_COLOR", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    no_color: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines, for people.
    Text,
    /// One JSON object.
    Json,
}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        if self.list {
            terminal::print(&table())?;
            return Ok(ExitCode::SUCCESS);
        }
        let settings = self.place.settings()?;
        let subject = self.subject(&settings)?;
        let report = examine(&subject, SystemClock.now()).await;
        let text = match self.format {
            Format::Text => {
                let has_colour = !self.no_color && io::stdout().is_terminal();
                in_lines(&report, has_colour)
            }
            Format::Json => in_json(&report)?,
        };
        terminal::print(&text)?;
        Ok(match report.count(Status::Failure) {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }

    fn subject(&self, settings: &Settings) -> anyhow::Result<Subject> {
        if let Some(path) = &self.env_file {
            return from_file(settings, path);
        }
        let portal = &settings.portal.settings;
        if portal.sign_on.provider.is_none() && portal.management.is_none() {
            let kept = directory(settings)?.join(KEPT_ENV_FILE);
            if kept.exists() {
                return from_file(settings, &kept);
            }
        }
        Ok(Subject::configured(settings))
    }
}

fn from_file(settings: &Settings, path: &Path) -> anyhow::Result<Subject> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("reading {name} failed"))?;
    let file =
        EnvironmentFile::parse(&text).with_context(|| format!("{name} is no environment file"))?;
    let authority = (!file.ca_file.is_empty())
        .then(|| {
            fs::read_to_string(&file.ca_file)
                .with_context(|| format!("reading {} (CA_FILE) failed", file.ca_file))
        })
        .transpose()?;
    Subject::from_env_file(settings, &file, authority, name.to_string())
        .with_context(|| format!("{name} cannot be used"))
}

fn in_json(report: &Report) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(report)?;
    if let Some(members) = value.as_object_mut() {
        let count = |status| report.count(status);
        members.insert(
            "summary".to_owned(),
            json!({
                "ok": count(Status::Ok),
                "warnings": count(Status::Warning),
                "failures": count(Status::Failure),
                "not_looked_at": count(Status::NotLookedAt),
            }),
        );
    }
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// A word and its colour (ECMA-48, "Select graphic rendition").
const fn sign(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Ok => ("ok", "32"),
        Status::Warning => ("WARNING", "1;33"),
        Status::Failure => ("FAILURE", "1;31"),
        Status::NotLookedAt => ("not seen", "2"),
    }
}

fn painted(text: &str, colour: &str, has_colour: bool) -> String {
    if has_colour {
        format!("\u{1b}[{colour}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

fn in_lines(report: &Report, has_colour: bool) -> String {
    let mut text = String::new();
    let heads = [
        ("Portal", report.portal.as_str()),
        ("Provider", report.issuer.as_deref().unwrap_or("none")),
        ("Read from", report.source.as_str()),
    ];
    for (name, value) in heads {
        labelled(&mut text, 0, name, value);
    }
    let mut part = "";
    for row in &report.checks {
        if row.part != part {
            part = row.part;
            // Writing into a text cannot fail.
            let _ = writeln!(text, "\n{}", painted(part, "1", has_colour));
        }
        line(&mut text, row, has_colour);
    }
    let count = |status| report.count(status);
    let _ = writeln!(
        text,
        "\n{} ok, {}, {}, {} not looked at",
        count(Status::Ok),
        counted(count(Status::Warning), "warning"),
        counted(count(Status::Failure), "failure"),
        count(Status::NotLookedAt),
    );
    text
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

fn line(text: &mut String, row: &Row, has_colour: bool) {
    let (word, colour) = sign(row.status);
    let padding = " ".repeat(INDENT.saturating_sub(2 + word.len()));
    let word = painted(word, colour, has_colour);
    let found = harmless(&row.found);
    let name = format!("{:<21}", row.check);
    let mut lines = wrapped(&found, INDENT + name.len()).into_iter();
    let first = lines.next().unwrap_or_default();
    // Writing into a text cannot fail.
    let _ = writeln!(text, "  {word}{padding}{name}{first}");
    for further in lines {
        let _ = writeln!(text, "{:indent$}{further}", "", indent = INDENT + 21);
    }
    if let Some(expected) = &row.expected {
        labelled(text, INDENT, "expected", &harmless(expected));
    }
    if let Some(remedy) = &row.remedy {
        labelled(text, INDENT, "remedy", remedy);
    }
    if let Some(console) = row.console {
        labelled(text, INDENT, "console", console);
    }
    for change in &row.changes {
        let (label, change) = exactly(change);
        labelled(text, INDENT, label, &harmless(&change));
    }
}

/// A change as somebody would type it.
fn exactly(change: &Change) -> (&'static str, String) {
    match change {
        Change::Member {
            path,
            member,
            value: Value::Null,
        } => ("API", format!("PUT {path} without \"{member}\"")),
        Change::Member {
            path,
            member,
            value,
        } => ("API", format!("PUT {path} with \"{member}\": {value}")),
        Change::Create { path, body } => ("API", format!("POST {path} {body}")),
        Change::Setting { key, value } => ("setting", format!("{key} = {value}")),
    }
}

fn labelled(text: &mut String, indent: usize, label: &str, value: &str) {
    let label = format!("{label:<10}");
    for (place, line) in wrapped(value, indent + label.len()).iter().enumerate() {
        let label = if place == 0 { label.as_str() } else { "" };
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{:indent$}{label:<10}{line}", "");
    }
}

/// The words in lines that leave room for the indent; a word that is longer stays whole, so that it
/// can be copied.
fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let room = WIDTH.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Text of others, without what would move a terminal's cursor.
fn harmless(text: &str) -> String {
    let replaced = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(replaced).collect()
}
