//! What a seed says, as a tree: environments, what they hold, and what that holds.

use std::fmt;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::kind::Kind;

/// An object of a seed, or one that was read from an environment.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) kind: &'static Kind,
    /// Its id, where it is known.
    pub(super) id: Option<Uuid>,
    /// What the management API calls its body, and what a seed alone has. References are names or
    /// ids.
    pub(super) members: Map<String, Value>,
    pub(super) children: Vec<Self>,
    /// The keys of the kinds below it that may not be read, so that nothing is known of them.
    pub(super) unread: Vec<&'static str>,
    /// The line of the file that it begins in; none of one that was read from an environment.
    pub(super) line: Option<usize>,
}

/// Members may be secrets.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("kind", &self.kind.key)
            .field("label", &self.label())
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}

impl Object {
    pub(super) fn new(kind: &'static Kind, members: Map<String, Value>) -> Self {
        Self {
            kind,
            id: None,
            members,
            children: Vec::new(),
            unread: Vec::new(),
            line: None,
        }
    }

    /// What tells it from its siblings.
    pub(super) fn label(&self) -> Option<String> {
        self.kind.label(&self.members)
    }

    /// A member's text.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.members.get(member).and_then(Value::as_str)
    }

    /// How many there are of it and below it.
    pub(super) fn count(&self) -> usize {
        1 + self.children.iter().map(Self::count).sum::<usize>()
    }

    /// The children of a kind.
    pub(super) fn of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Self> {
        let children = self.children.iter();
        children.filter(move |child| child.kind.key == key)
    }
}

/// Does something to each value that a path leads to: `.` leads into objects, `[]` into each item of
/// a list.
///
/// # Errors
///
/// What `act` says first.
pub(super) fn each_at<E>(
    value: &mut Value,
    path: &str,
    act: &mut dyn FnMut(&mut Value) -> Result<(), E>,
) -> Result<(), E> {
    let (step, rest) = path
        .split_once('.')
        .map_or((path, None), |(step, rest)| (step, Some(rest)));
    let (name, is_list) = step
        .strip_suffix("[]")
        .map_or((step, false), |name| (name, true));
    let Some(found) = value.get_mut(name) else {
        return Ok(());
    };
    let mut follow = |value: &mut Value| match rest {
        Some(rest) => each_at(value, rest, act),
        None => act(value),
    };
    match found {
        Value::Array(items) if is_list => items.iter_mut().try_for_each(follow),
        _ if is_list => Ok(()),
        found => follow(found),
    }
}

/// Takes away what a path leads to.
pub(super) fn remove(value: &mut Value, path: &str) {
    let (above, name) = path
        .rsplit_once('.')
        .map_or(("", path), |(above, name)| (above, name));
    let mut drop = |found: &mut Value| -> Result<(), std::convert::Infallible> {
        if let Value::Object(members) = found {
            members.remove(name);
        }
        Ok(())
    };
    let Ok(()) = if above.is_empty() {
        drop(value)
    } else {
        each_at(value, above, &mut drop)
    };
}

/// Takes away every `null`, which a file has no word for.
pub(super) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(drop_nulls);
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

/// The id that a text is, if it is one.
pub(super) fn id_of(text: &str) -> Option<Uuid> {
    (text.len() == 36)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_into_objects_and_lists() {
        let mut value = json!({"a": [{"b": "x", "c": 1}, {"b": "y"}], "d": {"e": "z"}});
        let mut seen = Vec::new();
        let mut note = |value: &mut Value| -> Result<(), std::convert::Infallible> {
            seen.push(value.as_str().unwrap().to_owned());
            Ok(())
        };
        for path in ["a[].b", "d.e", "d.missing", "missing[].b", "d[].e"] {
            let Ok(()) = each_at(&mut value, path, &mut note);
        }
        assert_eq!(seen, ["x", "y", "z"]);
        remove(&mut value, "a[].b");
        remove(&mut value, "d");
        assert_eq!(value, json!({"a": [{"c": 1}, {}]}));
    }
}
