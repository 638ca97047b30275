//! References to images, which no list shows.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::seed::tree::{Object, id_of};

/// The id of the image that a member refers to.
pub(in crate::seed) fn image_of(members: &Map<String, Value>) -> Option<Uuid> {
    let href = members.get("href")?.as_str()?;
    let id = id_of(members.get("id")?.as_str()?)?;
    (members.len() == 2 && href.contains("/images/")).then_some(id)
}

pub(super) fn images_in(object: &Object, ids: &mut BTreeSet<Uuid>) {
    fn look(value: &Value, ids: &mut BTreeSet<Uuid>) {
        ids.extend(value.as_object().and_then(image_of));
        match value {
            Value::Object(members) => members.values().for_each(|value| look(value, ids)),
            Value::Array(items) => items.iter().for_each(|value| look(value, ids)),
            Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
        }
    }
    object.members.values().for_each(|value| look(value, ids));
    object
        .children
        .iter()
        .for_each(|child| images_in(child, ids));
}

/// Where an image is found is the installation's business.
pub(super) fn shorten_images(object: &mut Object) {
    fn shorten(value: &mut Value) {
        if let Some(id) = value.as_object().and_then(image_of) {
            value["href"] = json!(format!("/images/{id}"));
            return;
        }
        match value {
            Value::Object(members) => members.values_mut().for_each(shorten),
            Value::Array(items) => items.iter_mut().for_each(shorten),
            Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
        }
    }
    object.members.values_mut().for_each(shorten);
    object.children.iter_mut().for_each(shorten_images);
}

pub(super) fn forget_images(object: &mut Object) {
    fn forget(members: &mut Map<String, Value>) {
        members.retain(|_, value| value.as_object().and_then(image_of).is_none());
        for value in members.values_mut() {
            if let Value::Object(members) = value {
                forget(members);
            }
        }
    }
    forget(&mut object.members);
    object.children.iter_mut().for_each(forget_images);
}
