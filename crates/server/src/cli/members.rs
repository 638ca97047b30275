//! Objects as they are typed: members by their paths, and files of JSON.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// No file is read that is longer.
const LARGEST_FILE: u64 = 64 << 20;

/// What is set.
#[derive(Args, Debug, Default)]
pub(super) struct Members {
    /// Sets a member, as description="Who may steer" or passwordPolicy.id=…: a value that is JSON,
    /// such as a list, is read as that, any other as text.
    #[arg(long = "set", value_name = "MEMBER=VALUE")]
    set: Vec<String>,
    /// Takes the members of this JSON file, before those of --set.
    #[arg(long, value_name = "FILE")]
    from: Option<std::path::PathBuf>,
}

impl Members {
    /// As if this alone had been typed.
    pub(super) fn setting(text: &str) -> Self {
        Self {
            set: vec![text.to_owned()],
            from: None,
        }
    }

    /// Puts what was typed into an object; `null` removes a member.
    pub(super) fn apply(&self, object: &mut Map<String, Value>) -> anyhow::Result<()> {
        self.apply_with_nulls(object)?;
        object.retain(|_, value| !value.is_null());
        Ok(())
    }

    /// Puts what was typed into an object, `null` as well.
    pub(super) fn apply_with_nulls(&self, object: &mut Map<String, Value>) -> anyhow::Result<()> {
        if let Some(path) = &self.from {
            let name = path.display();
            let read: Value =
                serde_json::from_str(&read(path)?).with_context(|| format!("{name} is no JSON"))?;
            let Value::Object(members) = read else {
                bail!("{name} is no JSON object");
            };
            object.extend(members);
        }
        for text in &self.set {
            let Some((path, value)) = text.split_once('=') else {
                bail!("`{text}` is not MEMBER=VALUE");
            };
            let value =
                serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
            set(object, path, value)?;
        }
        Ok(())
    }
}

/// Sets the member at a path.
pub(super) fn set(object: &mut Map<String, Value>, path: &str, value: Value) -> anyhow::Result<()> {
    let Some((first, rest)) = path.split_once('.') else {
        if path.is_empty() {
            bail!("a member has a name");
        }
        object.insert(path.to_owned(), value);
        return Ok(());
    };
    let below = object
        .entry(first)
        .or_insert_with(|| Value::Object(Map::new()));
    match below {
        Value::Object(below) => set(below, rest, value),
        _ => bail!("`{first}` has no member `{rest}`"),
    }
}

/// Reads a file.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    let name = path.display();
    let size = std::fs::metadata(path)
        .with_context(|| format!("reading {name} failed"))?
        .len();
    if size > LARGEST_FILE {
        bail!("{name} is larger than {} MiB", LARGEST_FILE >> 20);
    }
    std::fs::read_to_string(path).with_context(|| format!("reading {name} failed"))
}

/// What was typed, as the request that it is meant to be. A member that the request does not know is
/// refused: the service would pass over it.
pub(super) fn understood<T: DeserializeOwned + Serialize>(
    word: &str,
    members: Map<String, Value>,
) -> anyhow::Result<T> {
    let told = Value::Object(members.clone());
    let read: T = read_as(word, members)?;
    if let Some(path) = passed_over(&told, &serde_json::to_value(&read)?) {
        bail!("{word}: there is no member `{path}` that can be set here");
    }
    Ok(read)
}

/// Members as what they are meant to be; an error names the member that is wrong.
pub(super) fn read_as<T: DeserializeOwned>(
    word: &str,
    members: Map<String, Value>,
) -> anyhow::Result<T> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." {
            String::new()
        } else {
            format!(": `{path}` is wrong")
        };
        anyhow::Error::from(error.into_inner()).context(format!("that is no {word}{place}"))
    })
}

/// The path of a member that says something in `told` and is not in `kept`.
pub(super) fn passed_over(told: &Value, kept: &Value) -> Option<String> {
    let says_something = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    };
    match (told, kept) {
        (Value::Object(told), Value::Object(kept)) => told
            .iter()
            .filter(|(_, value)| says_something(value))
            .find_map(|(name, value)| match kept.get(name) {
                None => Some(name.clone()),
                Some(kept) => passed_over(value, kept).map(|rest| format!("{name}.{rest}")),
            }),
        (Value::Array(told), Value::Array(kept)) if told.len() == kept.len() => told
            .iter()
            .zip(kept)
            .find_map(|(told, kept)| passed_over(told, kept)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use pingone::NewPopulation;
    use serde_json::json;

    use super::*;

    const ID: &str = "0e6c9a74-51b3-4d8a-9f27-8b3d6e1c5a04";

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn members_are_set_by_their_paths_and_removed_by_null() {
        let members = Members {
            set: ["a.b=1", "c=two words", "d=[true]", "e=null"]
                .map(str::to_owned)
                .to_vec(),
            from: None,
        };
        let mut set = object(&json!({"a": {"z": 0}, "e": "old"}));
        members.apply(&mut set).unwrap();
        let expected = json!({"a": {"z": 0, "b": 1}, "c": "two words", "d": [true]});
        assert_eq!(Value::Object(set), expected);
        for wrong in ["no value", "=1", "c.d=1"] {
            let members = Members {
                set: vec!["c=text".to_owned(), wrong.to_owned()],
                from: None,
            };
            assert!(members.apply(&mut Map::new()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_misspelt_member_is_refused() {
        let good = object(&json!({"name": "Sailors", "default": false, "description": null}));
        understood::<NewPopulation>("population", good).unwrap();
        for (bad, path) in [
            (json!({"name": "Sailors", "descripton": "a"}), "descripton"),
            (
                json!({"name": "Sailors", "theme": {"id": ID, "nme": 1}}),
                "theme.nme",
            ),
        ] {
            let error = understood::<NewPopulation>("population", object(&bad)).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("population: there is no member `{path}` that can be set here")
            );
        }
    }

    #[test]
    fn a_wrong_value_is_told_by_its_member() {
        let wrong = object(&json!({"name": "Sailors", "theme": {"id": "red"}}));
        let error = understood::<NewPopulation>("population", wrong).unwrap_err();
        assert_eq!(
            error.to_string(),
            "that is no population: `theme.id` is wrong"
        );
    }
}
