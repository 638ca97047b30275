//! Writing a tree as a seed: TOML that people read, and that is the same for the same environment.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::kind::{Form, Kind};
use super::tree::Object;

/// The text of a seed.
pub(super) fn text(environments: &[Object], heading: &str) -> String {
    let mut text = String::new();
    for line in heading.lines() {
        let _ = writeln!(text, "# {line}");
    }
    for environment in environments {
        write(&mut text, environment, "environments");
    }
    text
}

/// Members of these names come first, in this order.
const FIRST: [&str; 8] = [
    "username",
    "name",
    "locale",
    "type",
    "enabled",
    "default",
    "description",
    "email",
];

/// A table with everything below it. Writing into a `String` cannot fail.
fn write(text: &mut String, object: &Object, path: &str) {
    let is_single = matches!(object.kind.form, Form::Settings | Form::Texts);
    let heading = if is_single {
        format!("[{path}]")
    } else {
        format!("[[{path}]]")
    };
    let _ = write!(text, "\n{heading}\n");
    let is_named_by_id = object.kind.names_another() || object.kind.form == Form::Settings;
    if let Some(id) = object.id.filter(|_| !is_named_by_id) {
        let _ = writeln!(text, "id = \"{id}\"");
    }
    let first = FIRST
        .iter()
        .filter_map(|name| object.members.get_key_value(*name));
    let rest = object
        .members
        .iter()
        .filter(|(name, _)| !FIRST.contains(&name.as_str()));
    for (name, value) in first.chain(rest) {
        member(text, &key(name), value);
    }
    let lists = object
        .kind
        .children
        .iter()
        .filter_map(|kind| short(object, kind));
    for (name, items) in lists {
        let _ = writeln!(text, "{name} = {items}");
    }
    for kind in object.kind.children {
        if short(object, kind).is_some() {
            continue;
        }
        for child in object.of(kind.key) {
            write(text, child, &format!("{path}.{}", kind.key));
        }
    }
}

/// Children of which each is its name alone, as a list of names.
fn short<'a>(object: &'a Object, kind: &'a Kind) -> Option<(&'a str, String)> {
    let member = kind.short?;
    let mut names = Vec::new();
    for child in object.of(kind.key) {
        let mut members = child.members.iter();
        let (Some((name, Value::String(text))), None) = (members.next(), members.next()) else {
            return None;
        };
        // What has an id of its own keeps it.
        let keeps_id = child.id.is_some() && kind.form == Form::Collection;
        if name != member || keeps_id || !child.children.is_empty() {
            return None;
        }
        names.push(toml::Value::from(text.as_str()).to_string());
    }
    (!names.is_empty()).then(|| (kind.key, format!("[{}]", names.join(", "))))
}

/// A member, and what is in it by dotted keys.
fn member(text: &mut String, path: &str, value: &Value) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                member(text, &format!("{path}.{}", key(name)), value);
            }
        }
        value => {
            let _ = writeln!(text, "{path} = {}", inline(value));
        }
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => toml::Value::from(text.as_str()).to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            let line = format!("[{}]", items.join(", "));
            if line.len() <= LONGEST_LINE {
                return line;
            }
            items.iter().fold("[\n".to_owned(), |text, item| {
                format!("{text}    {item},\n")
            }) + "]"
        }
        Value::Object(members) => table(members),
    }
}

/// Longer lists take a line for each item.
const LONGEST_LINE: usize = 80;

fn table(members: &Map<String, Value>) -> String {
    if members.is_empty() {
        return "{}".to_owned();
    }
    // An inline table is one line in every version of TOML.
    let one_line = |value: &Value| match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(one_line_of).collect();
            format!("[{}]", items.join(", "))
        }
        value => inline(value),
    };
    let members = members
        .iter()
        .map(|(name, value)| format!("{} = {}", key(name), one_line(value)));
    let members: Vec<String> = members.collect();
    format!("{{ {} }}", members.join(", "))
}

fn one_line_of(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(one_line_of).collect();
            format!("[{}]", items.join(", "))
        }
        value => inline(value),
    }
}

fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        toml::Value::from(name).to_string()
    }
}
