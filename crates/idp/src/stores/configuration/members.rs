//! The members of a document on its way into a row and out of it: those that are absent, and those
//! that are sealed apart.

use db::StoreError;
use serde_json::{Map, Value};

use super::Document;

/// A document as JSON; a member that is absent is not there as `null`.
pub(crate) fn to_json<D: Document>(document: &D) -> Result<Value, StoreError> {
    let mut document = serde_json::to_value(document)
        .map_err(|_| StoreError::inconsistent("a document cannot be written as JSON"))?;
    drop_nulls(&mut document);
    Ok(document)
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes the secret members out of a document of the kind, by their pointers.
pub(crate) fn take_secrets<D: Document>(document: &mut Value) -> Map<String, Value> {
    take_members(document, D::SECRETS)
}

/// Takes members out of a document, by their pointers.
pub(crate) fn take_members(document: &mut Value, pointers: &[&str]) -> Map<String, Value> {
    let members = pointers.iter().filter_map(|pointer| {
        let (parent, name) = pointer.rsplit_once('/')?;
        let member = document
            .pointer_mut(parent)?
            .as_object_mut()?
            .remove(name)?;
        Some(((*pointer).to_owned(), member))
    });
    members.collect()
}

/// Puts a member where a pointer leads, if the object that it belongs to is there.
pub(super) fn put_member(document: &mut Value, pointer: &str, value: Value) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(members)) = document.pointer_mut(parent) {
        members.insert(name.to_owned(), value);
    }
}
