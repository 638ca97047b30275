//! What is different between two environments: by what their objects are called, since ids and dates
//! differ between any two.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::kind::{Form, Kind};
use super::tree::{Object, id_of, remove};
use super::walk::image_of;

/// A difference between two environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Difference {
    /// What differs, such as `applications Shop / grants openid`.
    pub object: String,
    /// The member that differs; none where the object itself is on one side alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What the first one has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Value>,
    /// What the second one has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<Value>,
}

/// `-` is in the first alone, `+` in the second alone, and `~` differs.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (&self.first, &self.second) {
            (Some(_), Some(_)) => '~',
            (Some(_), None) => '-',
            (None, _) => '+',
        };
        write!(f, "{sign} {}", self.object)?;
        let Some(member) = &self.member else {
            return Ok(());
        };
        write!(f, ": {member}")?;
        match (&self.first, &self.second) {
            (Some(first), Some(second)) => write!(f, " {first} → {second}"),
            (Some(value), None) | (None, Some(value)) => write!(f, " {value}"),
            (None, None) => Ok(()),
        }
    }
}

/// What of an object is compared: not what only one side can know, nor what nobody is to be told.
///
/// Each kind says which of its members are secrets. A seed that cannot be brought up may hold one
/// under a name that no kind knows, so what is called one is left out as well.
fn told(object: &Object) -> Map<String, Value> {
    let kind = object.kind;
    let mut body = Value::Object(object.members.clone());
    // What of a seed the management API does not take says how, and not what, but for certificates.
    let own = kind.own.iter().filter(|member| **member != "pem");
    let left_out = kind.secrets.iter().chain(kind.read_only).chain(own);
    for member in left_out.chain(&["unset"]) {
        remove(&mut body, member);
    }
    // The keys of texts name what they label.
    if kind.form != Form::Texts {
        drop_secrets(&mut body);
    }
    match body {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn drop_secrets(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, value| {
                !is_secret(name) || matches!(value, Value::Bool(_) | Value::Number(_))
            });
            members.values_mut().for_each(drop_secrets);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_secrets),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

/// Switches and numbers of this name say how passwords are dealt with.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret"].iter().any(|end| name.ends_with(end))
}

/// Compares two environments. What only one side can know, secrets and hashes of passwords, is not
/// looked at.
pub(super) fn compare(first: &Object, second: &Object, users: bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let counted = |environment: &Object| {
        let mut environment = environment.clone();
        environment
            .children
            .retain(|child| users || child.kind.form != Form::Users);
        environment
    };
    let (first, second) = (&counted(first), &counted(second));
    let sides = (Side::of(first), Side::of(second));
    objects("", first, second, &sides, &mut differences);
    differences
}

/// How one environment calls what its ids stand for.
struct Side(HashMap<Uuid, String>);

impl Side {
    fn of(environment: &Object) -> Self {
        fn note(object: &Object, path: &str, names: &mut HashMap<Uuid, String>) {
            for (name, child) in named(object) {
                let path = joined(path, &name);
                if let Some(id) = child.id {
                    names.insert(id, path.clone());
                }
                note(child, &path, names);
            }
        }
        let mut names = HashMap::new();
        if let Some(id) = environment.id {
            names.insert(id, "the environment".to_owned());
        }
        note(environment, "", &mut names);
        Self(names)
    }

    /// What of an object is compared, with names for ids.
    fn of_object(&self, object: &Object) -> Map<String, Value> {
        self.members(&told(object), object.kind, "")
    }

    fn members(
        &self,
        members: &Map<String, Value>,
        kind: &Kind,
        above: &str,
    ) -> Map<String, Value> {
        // Where an image is found is the installation's business.
        let is_image = image_of(members).is_some();
        let told = members
            .iter()
            .filter(|(name, _)| !is_image || name.as_str() != "href");
        told.map(|(name, value)| {
            let path = dotted(above, name);
            (name.clone(), self.plain(value, kind, &path))
        })
        .collect()
    }

    /// A value without what only says which environment it is of.
    fn plain(&self, value: &Value, kind: &Kind, path: &str) -> Value {
        match value {
            Value::String(text) => {
                let name = id_of(text).and_then(|id| self.0.get(&id));
                Value::String(name.unwrap_or(text).clone())
            }
            Value::Array(items) => {
                let is_set = is_set(items) && !kind.ordered.contains(&path);
                let items = items.iter().map(|item| self.plain(item, kind, path));
                let mut items: Vec<Value> = items.collect();
                if is_set {
                    items.sort_by_cached_key(Value::to_string);
                }
                Value::Array(items)
            }
            Value::Object(members) => Value::Object(self.members(members, kind, path)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

/// Whether the items of a list stand in no order, unless their kind says otherwise: names, codes and
/// addresses, and what is called by an id.
fn is_set(items: &[Value]) -> bool {
    items.iter().all(|item| match item {
        Value::Object(members) => members.contains_key("id"),
        Value::Array(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    })
}

fn dotted(above: &str, name: &str) -> String {
    if above.is_empty() {
        name.to_owned()
    } else {
        format!("{above}.{name}")
    }
}

fn joined(above: &str, name: &str) -> String {
    if above.is_empty() {
        name.to_owned()
    } else {
        format!("{above} / {name}")
    }
}

/// What is below an object, by what it is called; of several of one name, each by its turn.
fn named(object: &Object) -> BTreeMap<String, &Object> {
    let mut all = BTreeMap::new();
    for child in &object.children {
        let label = child.label().unwrap_or_default();
        let name = format!("{} {label}", child.kind.key).trim_end().to_owned();
        let mut turn = 1;
        let mut own = name.clone();
        while all.contains_key(&own) {
            turn += 1;
            own = format!("{name} ({turn})");
        }
        all.insert(own, child);
    }
    all
}

fn objects(
    path: &str,
    first: &Object,
    second: &Object,
    sides: &(Side, Side),
    differences: &mut Vec<Difference>,
) {
    let object = if path.is_empty() {
        "the environment"
    } else {
        path
    };
    let (ours, theirs) = (sides.0.of_object(first), sides.1.of_object(second));
    members(object, "", &ours, &theirs, differences);
    // What one side may not read may be there or not.
    let is_known = |key: &str| !first.unread.contains(&key) && !second.unread.contains(&key);
    let known = |object| {
        let mut all = named(object);
        all.retain(|_, child| is_known(child.kind.key));
        all
    };
    let (ours, theirs) = (known(first), known(second));
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for name in names {
        let path = joined(path, name);
        match (ours.get(name), theirs.get(name)) {
            (Some(one), Some(other)) => objects(&path, one, other, sides, differences),
            // It only leads to what is below it, which may not be read.
            (Some(one), None) | (None, Some(one))
                if one.kind.form == Form::Given && one.children.is_empty() => {}
            (one, other) => differences.push(Difference {
                object: path,
                member: None,
                first: one.map(|one| Value::Object(sides.0.of_object(one))),
                second: other.map(|other| Value::Object(sides.1.of_object(other))),
            }),
        }
    }
}

fn members(
    object: &str,
    above: &str,
    first: &Map<String, Value>,
    second: &Map<String, Value>,
    differences: &mut Vec<Difference>,
) {
    let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    for name in names {
        let member = dotted(above, name);
        match (first.get(name), second.get(name)) {
            (Some(Value::Object(first)), Some(Value::Object(second))) => {
                members(object, &member, first, second, differences);
            }
            (first, second) if first == second => {}
            (first, second) => differences.push(Difference {
                object: object.to_owned(),
                member: Some(member),
                first: first.cloned(),
                second: second.cloned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::seed::kinds::ENVIRONMENT;

    /// A body with a text at a path.
    fn put(body: &mut Value, path: &str, text: &str) {
        let (step, rest) = path.split_once('.').unwrap_or((path, ""));
        match rest {
            "" => body[step] = json!(text),
            rest => {
                if !body[step].is_object() {
                    body[step] = json!({});
                }
                put(&mut body[step], rest, text);
            }
        }
    }

    /// One of each kind with everything below it, each secret being `hush`.
    fn whole(kind: &'static Kind) -> Object {
        let mut body = json!({"name": "N", "clientSecretOfOurs": "shown"});
        if kind.form != Form::Texts {
            body["shoeSecret"] = json!("hush");
            body["nested"] = json!([{"apiPassword": {"value": "hush"}, "password": true}]);
        }
        let own = kind.own.iter().filter(|member| **member != "pem");
        for path in kind.secrets.iter().chain(own) {
            put(&mut body, path, "hush");
        }
        let mut object = Object::new(kind, body.as_object().unwrap().clone());
        object.children = kind.children.iter().map(whole).collect();
        object
    }

    /// The same objects, of which each says its name alone.
    fn named_only(object: &Object) -> Object {
        let mut object = object.clone();
        object.members.retain(|name, _| name == "name");
        object.children = object.children.iter().map(named_only).collect();
        object
    }

    #[test]
    fn no_secret_of_any_kind_is_told_and_other_members_are() {
        let full = whole(&ENVIRONMENT);
        let alone = Object {
            children: Vec::new(),
            ..named_only(&full)
        };
        for other in [alone, named_only(&full)] {
            for (first, second) in [(&full, &other), (&other, &full)] {
                let told = serde_json::to_string(&compare(first, second, true)).unwrap();
                assert!(!told.contains("hush"), "{told}");
                assert!(told.contains("shown") && told.contains("\"password\":true"));
            }
        }
    }

    fn environment(key: &str, members: &Value) -> Object {
        let kind = ENVIRONMENT.child(key).unwrap();
        let mut environment = Object::new(&ENVIRONMENT, Map::new());
        let members = members.as_object().unwrap().clone();
        environment.children = vec![Object::new(kind, members)];
        environment
    }

    #[test]
    fn a_member_counts_wherever_only_its_name_is_that_of_one_that_does_not() {
        let image = "11111111-1111-4111-8111-111111111111";
        for (key, first, second, is_different) in [
            (
                "users",
                json!({"username": "a", "address": {"region": "Kent"}}),
                json!({"username": "a", "address": {"region": "Essex"}}),
                true,
            ),
            (
                "users",
                json!({"username": "a", "photo": {"href": "https://a.example/"}}),
                json!({"username": "a", "photo": {"href": "https://b.example/"}}),
                true,
            ),
            (
                "users",
                json!({"username": "a", "license": "B", "data": 1, "organization": "o"}),
                json!({"username": "a", "license": "C", "data": 2, "organization": "p"}),
                true,
            ),
            (
                "applications",
                json!({"name": "A", "icon": {"id": image, "href": "https://a.example/images/x"}}),
                json!({"name": "A", "icon": {"id": image, "href": "https://b.example/images/y"}}),
                false,
            ),
            (
                "applications",
                json!({"name": "A", "grantTypes": ["IMPLICIT", "AUTHORIZATION_CODE"]}),
                json!({"name": "A", "grantTypes": ["AUTHORIZATION_CODE", "IMPLICIT"]}),
                false,
            ),
            (
                "forms",
                json!({"name": "F", "components": {"fields": [{"id": "x"}, {"id": "y"}]}}),
                json!({"name": "F", "components": {"fields": [{"id": "y"}, {"id": "x"}]}}),
                true,
            ),
            (
                "signOnPolicies",
                json!({"name": "P", "rules": [{"value": 1}, {"value": 2}]}),
                json!({"name": "P", "rules": [{"value": 2}, {"value": 1}]}),
                true,
            ),
        ] {
            let (one, other) = (environment(key, &first), environment(key, &second));
            let told = compare(&one, &other, true);
            assert_eq!(!told.is_empty(), is_different, "{first} {second}: {told:?}");
        }
    }
}
