//! What of an environment is its own: all that is not as every environment begins. A seed says that
//! alone, so that it stays readable.

use protocol::id::derived;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::kind::{Form, Kind};
use super::tree::Object;

/// What a seed says of an environment, beside what `begins` every one.
pub(super) fn delta(environment: &Object, begins: &Object) -> Object {
    let mut own = environment.clone();
    let mut without = Vec::new();
    if let Some(id) = environment.id {
        reduce(&mut own, Some(begins), id, "", &mut without);
    }
    // An environment's own members stand in its table, but for what it is made of as all are.
    own.members.clone_from(&environment.members);
    own.members
        .retain(|name, value| name != "billOfMaterials" || begins.members.get(name) != Some(value));
    if !without.is_empty() {
        own.members.insert("without".to_owned(), json!(without));
    }
    own
}

/// Leaves of an object, whose id is `id`, what differs from how it begins.
fn reduce(
    object: &mut Object,
    begins: Option<&Object>,
    id: Uuid,
    path: &str,
    without: &mut Vec<String>,
) {
    let mut turns = Turns::default();
    let mut children = Vec::new();
    let mut met = Vec::new();
    for mut child in std::mem::take(&mut object.children) {
        let step = turns.step(&child);
        let follows = derived(id, &step);
        let child_id = child.id.unwrap_or(follows);
        let begin = begins.and_then(|begins| same(begins, &child));
        met.extend(begin.map(|begin| (begin.kind.key, begin.label())));
        // It says nothing where what is below it may not be read.
        let is_empty = child.kind.form == Form::Given && child.children.is_empty();
        if is_empty {
            continue;
        }
        let path = joined(path, &step);
        reduce(&mut child, begin, child_id, &path, without);
        // What follows from the name need not be said.
        if child.id == Some(follows) {
            child.id = None;
        }
        if begin.is_some() {
            let kind = child.kind;
            let is_own = |name: &String| !is_name(kind, name);
            let says_nothing = child.id.is_none() && child.children.is_empty();
            if says_nothing && !child.members.keys().any(is_own) {
                continue;
            }
        }
        children.push(child);
    }
    let mut turns = Turns::default();
    for begin in begins.into_iter().flat_map(|begins| &begins.children) {
        let step = turns.step(begin);
        // Of what may not be read nobody knows that it is not there.
        if object.unread.contains(&begin.kind.key) {
            continue;
        }
        if !met.contains(&(begin.kind.key, begin.label())) {
            without.push(joined(path, &step));
        }
    }
    object.children = children;
    if let Some(begins) = begins {
        let mut unset = Vec::new();
        let kind = object.kind;
        object.members = differing(kind, &object.members, &begins.members, "", &mut unset);
        if !unset.is_empty() && kind.form != Form::Texts {
            object.members.insert("unset".to_owned(), json!(unset));
        }
    }
}

/// What children are told apart by: their names, and what has none, its turn.
#[derive(Default)]
pub(super) struct Turns(std::collections::BTreeMap<&'static str, usize>);

impl Turns {
    /// Where a child stands below its parent, such as `scopes/email`.
    pub(super) fn step(&mut self, child: &Object) -> String {
        let turn = self.0.entry(child.kind.key).or_default();
        *turn += 1;
        match child.label() {
            Some(label) => format!("{}/{label}", child.kind.key),
            None => format!("{}/{turn}", child.kind.key),
        }
    }
}

/// A path and one more step.
pub(super) fn joined(path: &str, step: &str) -> String {
    if path.is_empty() {
        step.to_owned()
    } else {
        format!("{path}/{step}")
    }
}

fn same<'a>(begins: &'a Object, child: &Object) -> Option<&'a Object> {
    let mut all = begins.of(child.kind.key);
    all.find(|one| one.label() == child.label())
}

/// Whether a member tells the object from others.
pub(super) fn is_name(kind: &Kind, member: &str) -> bool {
    let mut names = kind.names.iter();
    names.any(|name| name.split('.').next() == Some(member))
}

/// Whether what tells the object from others is in this member.
fn has_name_in(kind: &Kind, path: &str) -> bool {
    let inside = format!("{path}.");
    kind.names.iter().any(|name| name.starts_with(&inside))
}

fn differing(
    kind: &Kind,
    own: &Map<String, Value>,
    begins: &Map<String, Value>,
    above: &str,
    unset: &mut Vec<String>,
) -> Map<String, Value> {
    let mut left = Map::new();
    for (name, value) in own {
        let path = if above.is_empty() {
            name.clone()
        } else {
            format!("{above}.{name}")
        };
        let value = match (value, begins.get(name)) {
            _ if kind.names.contains(&path.as_str()) => Some(value.clone()),
            (value, Some(begin)) if value == begin && !has_name_in(kind, &path) => None,
            (Value::Object(value), Some(Value::Object(begin))) => {
                Some(Value::Object(differing(kind, value, begin, &path, unset)))
            }
            (value, _) => Some(value.clone()),
        };
        let says_something =
            |value: &Value| value.as_object().is_none_or(|object| !object.is_empty());
        if let Some(value) = value.filter(says_something) {
            left.insert(name.clone(), value);
        }
    }
    for name in begins.keys().filter(|name| !own.contains_key(*name)) {
        unset.push(if above.is_empty() {
            name.clone()
        } else {
            format!("{above}.{name}")
        });
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::kinds::ENVIRONMENT;

    fn object(key: &str, members: &Value) -> Object {
        let kind = ENVIRONMENT.child(key).unwrap();
        Object::new(kind, members.as_object().unwrap().clone())
    }

    #[test]
    fn a_seed_says_what_is_not_as_it_begins() {
        let mut begins = Object::new(&ENVIRONMENT, Map::new());
        begins.id = Some(Uuid::from_u128(1));
        begins.children = vec![
            object(
                "populations",
                &json!({"name": "Default", "default": true, "theme": "T"}),
            ),
            object("groups", &json!({"name": "Gone"})),
            object("groups", &json!({"name": "Same", "description": "d"})),
        ];
        let mut environment = begins.clone();
        environment.children[0] =
            object("populations", &json!({"name": "Default", "default": false}));
        environment.children[1] = object("groups", &json!({"name": "New", "description": "n"}));
        environment.children[1].id = Some(derived(Uuid::from_u128(1), "groups/New"));
        let own = delta(&environment, &begins);
        assert_eq!(own.members["without"], json!(["groups/Gone"]));
        let left: Vec<_> = own
            .children
            .iter()
            .map(|child| (&child.members, child.id))
            .collect();
        let default = json!({"name": "Default", "default": false, "unset": ["theme"]});
        let new = json!({"name": "New", "description": "n"});
        assert_eq!(
            left,
            [
                (default.as_object().unwrap(), None),
                (new.as_object().unwrap(), None)
            ]
        );
    }
}
