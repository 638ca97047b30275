//! Names in the place of ids, wherever the table of kinds knows of a reference and the name leads back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use crate::seed::kind::Shape;
use crate::seed::tree::{Object, each_at, id_of};

/// Where each object is found by its id, and what it is called there.
pub(super) type Known = BTreeMap<Uuid, (String, String)>;

/// What stands twice: no name leads to one of them.
type Twice = BTreeSet<(String, String)>;

/// Replaces ids by names, wherever the table knows of a reference and the name leads back.
pub(super) fn name_references(environment: &mut Object, mut known: Known) {
    let mut seen: Twice = known.values().cloned().collect();
    let mut twice = Twice::new();
    for object in &environment.children {
        let place = object.kind.key.to_owned();
        if let Some(label) = object.label() {
            let named = (place.clone(), label);
            if !seen.insert(named.clone()) {
                twice.insert(named);
            }
        }
        note(object, place, &mut known);
    }
    rename(environment, &known, &twice);
    sort(environment);
}

/// Brings what is below an object into the order of its names, whenever each was made.
fn sort(object: &mut Object) {
    let place = |child: &Object| {
        let mut kinds = object.kind.children.iter();
        kinds.position(|kind| kind.key == child.kind.key)
    };
    object
        .children
        .sort_by_cached_key(|child| (place(child), child.label()));
    object.children.iter_mut().for_each(sort);
}

fn note(object: &Object, place: String, known: &mut Known) {
    for child in &object.children {
        note(child, format!("{place}/{}", child.kind.key), known);
    }
    if let (Some(id), Some(label)) = (object.id, object.label()) {
        known.insert(id, (place, label));
    }
}

fn rename(object: &mut Object, known: &Known, twice: &Twice) {
    let mut body = Value::Object(std::mem::take(&mut object.members));
    for reference in object.kind.references {
        let mut name = |value: &mut Value| -> Result<(), std::convert::Infallible> {
            let id = match (reference.shape, &*value) {
                (Shape::Object, value) if is_reference(value) => value.get("id"),
                (Shape::Id, value) => Some(value),
                (Shape::Object, _) => None,
            };
            let id = id.and_then(Value::as_str).and_then(id_of);
            if let Some((place, label)) = id.and_then(|id| known.get(&id))
                && place == reference.to
                && id_of(label).is_none()
                && !twice.contains(&(place.clone(), label.clone()))
            {
                *value = Value::String(label.clone());
            }
            Ok(())
        };
        let Ok(()) = each_at(&mut body, reference.member, &mut name);
    }
    if let Value::Object(members) = body {
        object.members = members;
    }
    object
        .children
        .iter_mut()
        .for_each(|child| rename(child, known, twice));
}

pub(super) fn is_reference(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.len() == 1 && members.contains_key("id"))
}
