//! The document of the control API ([OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1)), from the
//! table that routes it.

use http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Operation, Shape, operations};
use crate::control::failure::Failure;

/// The document.
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = SchemaGenerator::new(settings);
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let described = described(&operation, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.as_str().to_ascii_lowercase(), described);
        }
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Latchkey: the control API",
            "version": "1",
            "description": "What a test does to the system that it runs against, in development.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": generator.take_definitions(true)},
    })
}

fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.name,
        "description": operation.what,
        "responses": responses(operation, generator),
    });
    let in_path = operation.path.contains("{id}").then(
        || json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}),
    );
    let in_query = operation.query.map(|shape| parameters(shape, generator));
    let parameters: Vec<Value> = in_path
        .into_iter()
        .chain(in_query.into_iter().flatten())
        .collect();
    if let Some(members) = described.as_object_mut() {
        if !parameters.is_empty() {
            members.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(shape) = operation.body {
            let content = json!({"application/json": {"schema": shape(generator)}});
            members.insert("requestBody".to_owned(), json!({"content": content}));
        }
    }
    described
}

/// The members of a shape as parameters of a query.
fn parameters(shape: Shape, generator: &mut SchemaGenerator) -> Vec<Value> {
    let reference = shape(generator);
    let name = reference.get("$ref").and_then(Value::as_str);
    let name = name
        .and_then(|path| path.rsplit('/').next())
        .unwrap_or_default();
    // It is no schema of its own in the document.
    let members = generator.definitions_mut().remove(name);
    let members = members.as_ref().and_then(|shape| shape.get("properties"));
    let members = members
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let parameter = |(name, mut schema): (String, Value)| {
        let members = schema.as_object_mut();
        let description = members.and_then(|members| members.remove("description"));
        json!({
            "name": name, "in": "query", "schema": schema,
            "description": description.unwrap_or_default(),
        })
    };
    members.into_iter().map(parameter).collect()
}

fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let (status, shape) = operation.answer;
    let schema = shape.map(|shape| shape(generator));
    let mut responses = Map::new();
    let mut add = |status: StatusCode, description: &str, schema: Option<&Schema>| {
        let mut response = json!({"description": description});
        if let (Some(schema), Some(members)) = (schema, response.as_object_mut()) {
            let content = json!({"application/json": {"schema": schema}});
            members.insert("content".to_owned(), content);
        }
        responses.insert(status.as_str().to_owned(), response);
    };
    add(status, "Done", schema.as_ref());
    let refusal = generator.subschema_for::<Failure>();
    if operation.body.is_some() || operation.query.is_some() {
        let what = "Something of the request is not taken; the message says what.";
        add(StatusCode::BAD_REQUEST, what, Some(&refusal));
    }
    for (status, what) in operation.refusals {
        add(*status, what, Some(&refusal));
    }
    responses.into()
}
