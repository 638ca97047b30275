//! What bodies and answers look like, for the document of the API.

use std::borrow::Cow;
use std::marker::PhantomData;

use protocol::pingone::Links;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::configuration::{Configuration, Parent as _, UsersOwn};

/// A change of a part of a `T`: every member may be absent, and `null` clears one.
pub(crate) struct Part<T>(PhantomData<fn() -> T>);

impl<T: JsonSchema> JsonSchema for Part<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("PartOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.remove("required");
        schema
    }
}

/// A configuration object as it is shown: its document without the secrets, and what every resource
/// has.
pub(crate) struct Stored<D>(PhantomData<fn() -> D>);

impl<D: Configuration> JsonSchema for Stored<D> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Resource", D::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let hidden = D::SECRETS.iter().chain(D::SEALED).chain(D::SHOWN_OTHERWISE);
        let hidden = hidden.filter_map(|pointer| pointer.split('/').nth(1));
        let mut own = whole(D::json_schema(generator), generator);
        for name in hidden {
            if let Some(Value::Array(required)) = own.get_mut("required") {
                required.retain(|member| member != name);
            }
            // What is hidden in it may be required of a body.
            if let Some(Value::Object(properties)) = own.get_mut("properties") {
                properties.insert(name.to_owned(), json!({}));
            }
        }
        as_resource(&own, D::Parent::MEMBER, generator)
    }
}

/// A document of a user as it is shown, by handlers of its own.
pub(crate) struct OfUserShown<D>(PhantomData<fn() -> D>);

impl<D: UsersOwn + JsonSchema> JsonSchema for OfUserShown<D> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Resource", D::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let secrets = D::SECRETS
            .iter()
            .filter_map(|pointer| pointer.split('/').nth(1));
        let mut own = whole(D::json_schema(generator), generator);
        for name in D::HIDDEN.iter().copied().chain(secrets) {
            if let Some(Value::Array(required)) = own.get_mut("required") {
                required.retain(|member| member != name);
            }
            if let Some(Value::Object(properties)) = own.get_mut("properties") {
                properties.remove(name);
            }
        }
        as_resource(&own, Some("user"), generator)
    }
}

/// What every resource has, around the members of its own. `parent` is the member that names what it
/// hangs off.
fn as_resource(own: &Schema, parent: Option<&str>, generator: &mut SchemaGenerator) -> Schema {
    let mut members = Map::from_iter([
        (
            "_links".to_owned(),
            generator.subschema_for::<Links>().into(),
        ),
        ("id".to_owned(), generator.subschema_for::<Uuid>().into()),
        ("environment".to_owned(), reference()),
        ("createdAt".to_owned(), instant()),
        ("updatedAt".to_owned(), instant()),
    ]);
    if let Some(parent) = parent {
        members.insert(parent.to_owned(), reference());
    }
    let required: Vec<_> = members.keys().cloned().collect();
    json_schema!({
        "allOf": [own, {"type": "object", "properties": members, "required": required}],
    })
}

/// The schema that one refers to, if it does nothing else.
fn whole(schema: Schema, generator: &SchemaGenerator) -> Schema {
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(|reference| reference.rsplit('/').next());
    let found = name.and_then(|name| generator.definitions().get(name)?.as_object());
    found.cloned().map_or(schema, Schema::from)
}

fn reference() -> Value {
    let id = json!({"type": "string", "format": "uuid"});
    json!({"type": "object", "properties": {"id": id}, "required": ["id"]})
}

fn instant() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// What there is none of: an item of a list that is always empty, and what nobody finds.
pub(crate) struct Nothing;

impl JsonSchema for Nothing {
    fn schema_name() -> Cow<'static, str> {
        "Nothing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        false.into()
    }
}
