//! Prints which operations of PingOne's management API the environment answers, as a Markdown
//! table made from the router itself: `cargo run -p idp --example coverage`.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

/// What can be done at a path, and what is not provided of it.
#[derive(Default)]
struct Row {
    actions: Vec<String>,
    kept: Option<&'static str>,
    kept_members: idp::KeptMembers,
}

fn main() -> io::Result<()> {
    let operations = idp::management_operations();
    let mut paths: BTreeMap<&str, Row> = BTreeMap::new();
    for operation in &operations {
        let action = match operation.media_type {
            Some(media_type) => format!("{} `{media_type}`", operation.method),
            None => operation.method.to_string(),
        };
        let row = paths.entry(&operation.path).or_default();
        row.actions.push(action);
        row.kept = row.kept.or(operation.kept);
        row.kept_members = operation.kept_members;
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "# What of PingOne's management API is there\n\n\
         Written by `cargo xtask generate` from the router's own table.\n\n\
         - *works*: what is set changes what the system does.\n\
         - *kept*: what is set is stored, checked and returned; what is not provided stands beside \
         it. Where the rest of a resource works, the members that are kept are named.\n\
         - *absent*: PingOne has it, and here it answers 404 `NOT_FOUND` with a message that says so.\n\
         - Everything else below `/v1` answers 404 `NOT_FOUND`, a method that a path does not offer \
         405, a media type that it does not know 415, each in PingOne's shape.\n\n\
         | path below `/v1` | operations | state |\n|---|---|---|"
    )?;
    for (path, row) in paths {
        let actions = row.actions.join("<br>");
        let members: Vec<_> = row
            .kept_members
            .iter()
            .map(|(members, what)| format!("<br>kept: `{}`: {what}", members.join("`, `")))
            .collect();
        let state = match row.kept {
            Some(what) => format!("kept: {what}"),
            None => format!("works{}", members.concat()),
        };
        writeln!(out, "| `{path}` | {actions} | {state} |")?;
    }
    for (part, path) in idp::absent_from_management() {
        let path = format!("/environments/{{environment}}/{path}");
        writeln!(out, "| `{path}` | | absent: {part} |")?;
    }
    writeln!(
        out,
        "\n## Beside the management API\n\n\
         The authentication API is there without these parts. Their paths answer 404 and say so, to \
         programs in PingOne's shape and to browsers as a page; the log tells it once for each.\n\n\
         | path | state |\n|---|---|"
    )?;
    for (part, path) in idp::absent_from_authentication() {
        writeln!(out, "| `/{{environment}}/{path}` | absent: {part} |")?;
    }
    Ok(())
}
