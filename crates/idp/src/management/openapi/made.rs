//! Makes the document from the table that routes the API and the types that read and write it.

mod lengths;

use std::collections::BTreeMap;

use axum::http::Method;
use protocol::pingone::{ApiError, Links, media_type};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::api::media_router::{AnswerShape, Operation};
use crate::api::shape::Shape;
use crate::api::shapes::Nothing;

/// The refusals that every operation may answer with: the error's code and details say which.
const REFUSALS: [(&str, &str, &str); 2] = [
    (
        "4XX",
        "Refused",
        "400: something of the request is not taken, and the details name it. 401: no good access \
         token. 403: its holder may not do this. 404: no such resource. 405: no such method. 409: \
         another request changed it at the same time. 413: the body is too large. 415: no such \
         media type here. 429: there were too many; the answer says when to come back.",
    ),
    (
        "503",
        "Unavailable",
        "The service is busy; the answer says when to come back.",
    ),
];

/// The names in paths that stand for no UUID.
const TEXTS: [&str; 3] = ["locale", "storeType", "template"];

/// The document of the API.
///
/// The shapes of bodies and answers are left out of a release, which carries the finished document.
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = SchemaGenerator::new(settings);
    let mut by_path: BTreeMap<String, BTreeMap<String, Vec<Operation>>> = BTreeMap::new();
    for operation in crate::management::operations() {
        let methods = by_path.entry(operation.path.to_string()).or_default();
        let method = operation.method.as_str().to_ascii_lowercase();
        methods.entry(method).or_default().push(operation);
    }
    let mut paths = Map::new();
    for (path, methods) in by_path {
        let mut item = Map::new();
        let parameters: Vec<_> = names(&path).map(path_parameter).collect();
        if !parameters.is_empty() {
            item.insert("parameters".to_owned(), json!(parameters));
        }
        for (method, operations) in methods {
            let described = described(&path, &method, &operations, &mut generator);
            item.insert(method, described);
        }
        paths.insert(path, Value::Object(item));
    }
    let error = generator.subschema_for::<ApiError>();
    let mut schemas = generator.take_definitions(true);
    for body in bodies(&mut paths) {
        lengths::tell(body, &mut schemas);
    }
    let refusal = |(_, name, description): &(&str, &str, &str)| {
        let content = json!({media_type::JSON: {"schema": error}});
        let refusal = json!({"description": description, "content": content});
        ((*name).to_owned(), refusal)
    };
    let refusals: Map<_, _> = REFUSALS.iter().map(refusal).collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Latchkey: PingOne's management API",
            "version": "1",
            "description": "What the embedded environment answers of PingOne's management API.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/v1"}],
        "security": [{"accessToken": []}],
        "paths": paths,
        "components": {
            "parameters": page_parameters(),
            "responses": refusals,
            "schemas": schemas,
            "securitySchemes": {
                "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    })
}

/// The schemas of what the operations of these paths take.
fn bodies(paths: &mut Map<String, Value>) -> Vec<&mut Value> {
    let items = paths.values_mut().filter_map(Value::as_object_mut);
    let operations = items.flat_map(Map::values_mut);
    let contents = operations
        .filter_map(|operation| operation.get_mut("requestBody")?.get_mut("content"))
        .filter_map(Value::as_object_mut);
    let bodies = contents.flat_map(Map::values_mut);
    bodies.filter_map(|body| body.get_mut("schema")).collect()
}

/// The names in braces of a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    let schema = if TEXTS.contains(&name) {
        json!({"type": "string", "minLength": 1})
    } else {
        json!({"type": "string", "format": "uuid"})
    };
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

/// The parameters that all paged collections know.
fn page_parameters() -> Value {
    json!({
        "cursor": {
            "name": "cursor", "in": "query",
            "description": "Where a page begins: out of `_links.next`, as it stands.",
            "schema": {"type": "string"},
        },
        "filter": {
            "name": "filter", "in": "query",
            "description": "A SCIM filter (RFC 7644 section 3.4.2.2), such as `name eq \"a\"`.",
            "schema": {"type": "string"},
        },
        "limit": {
            "name": "limit", "in": "query",
            "description": "How many items a page has at most.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
        },
    })
}

/// What of the members is kept, and not provided, where the rest works.
fn kept_members(operations: &[Operation]) -> Option<String> {
    let members = operations.first()?.kept_members;
    let told = members
        .iter()
        .map(|(members, what)| format!("`{}`: {what}", members.join("`, `")));
    let told = told.collect::<Vec<_>>().join(" ");
    (!told.is_empty()).then(|| format!("These members are stored, checked and returned. {told}"))
}

/// What one method does at a path: several operations, where the media type of the body chooses.
fn described(
    path: &str,
    method: &str,
    operations: &[Operation],
    generator: &mut SchemaGenerator,
) -> Value {
    let mut told = Map::new();
    told.insert("operationId".to_owned(), json!(operation_id(method, path)));
    let tag = path.split('/').filter(|segment| !segment.is_empty());
    let tag = tag.filter(|segment| !segment.starts_with('{'));
    let tag = tag.take(2).last().unwrap_or_default();
    told.insert("tags".to_owned(), json!([tag]));
    if let Some(kept) = operations.iter().find_map(|operation| operation.kept) {
        let kept = format!("Stored, checked and returned. {kept}");
        told.insert("description".to_owned(), json!(kept));
    } else if let Some(members) = kept_members(operations) {
        told.insert("description".to_owned(), json!(members));
    }
    let parameters = query_parameters(operations);
    if !parameters.is_empty() {
        told.insert("parameters".to_owned(), json!(parameters));
    }
    if operations.iter().any(takes_body) {
        told.insert("requestBody".to_owned(), body(operations, generator));
    }
    told.insert("responses".to_owned(), answers(operations, generator));
    Value::Object(told)
}

/// Such as `getUsersByUser`: without the environment, below which nearly all paths are, but for roles,
/// which are outside of environments as well.
fn operation_id(method: &str, path: &str) -> String {
    let below = path.strip_prefix("/environments/{environment}/");
    let below = below.filter(|below| !below.starts_with("roles"));
    let path = below.unwrap_or(path);
    let mut id = method.to_owned();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        if name.is_some() {
            id.push_str("By");
        }
        let mut letters = name.unwrap_or(segment).chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.extend(letters);
    }
    id
}

fn query_parameters(operations: &[Operation]) -> Vec<Value> {
    let mut parameters = Vec::new();
    for name in operations
        .iter()
        .flat_map(|operation| operation.told.paging)
    {
        parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
    }
    for (name, listed) in operations
        .iter()
        .flat_map(|operation| &operation.told.lists)
    {
        let items = json!({"type": "string", "enum": listed});
        parameters.push(json!({
            "name": name, "in": "query", "style": "form", "explode": false,
            "schema": {"type": "array", "items": items},
        }));
    }
    parameters
}

fn takes_body(operation: &Operation) -> bool {
    operation.told.body.is_some() || operation.media_type.is_some()
}

fn body(operations: &[Operation], generator: &mut SchemaGenerator) -> Value {
    let mut content = Map::new();
    for operation in operations {
        let media = operation.media_type.unwrap_or(media_type::JSON);
        let schema = match (operation.told.body, media) {
            (Some(shape), _) => json!(shape.schema(generator)),
            (None, "multipart/form-data") => json!({
                "type": "object",
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "password": {"type": "string", "format": "password"},
                    "usageType": {"type": "string"},
                },
                "required": ["file"],
            }),
            (None, _) => json!({}),
        };
        content.insert(media.to_owned(), json!({"schema": schema}));
    }
    let is_required = operations
        .iter()
        .all(|operation| operation.told.body.is_some());
    json!({"content": content, "required": is_required})
}

fn answers(operations: &[Operation], generator: &mut SchemaGenerator) -> Value {
    let mut successes: BTreeMap<u16, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for operation in operations {
        for status in statuses(operation) {
            let media_types = successes.entry(*status).or_default();
            if *status == 204 {
                continue;
            }
            for media in operation.told.also_as {
                media_types.entry(media).or_default();
            }
            if let Some(schema) = answer(operation, generator) {
                let schemas = media_types.entry(media_type::JSON).or_default();
                if !schemas.contains(&schema) {
                    schemas.push(schema);
                }
            }
        }
    }
    let mut answers = Map::new();
    for (status, media_types) in successes {
        let description = match status {
            201 => "It is made.",
            202 => "It is taken.",
            204 => "It is done; there is nothing to show.",
            _ => "What was asked for.",
        };
        let mut answer = Map::new();
        answer.insert("description".to_owned(), json!(description));
        let content: Map<_, _> = media_types
            .into_iter()
            .map(|(media, schemas)| (media.to_owned(), media_content(&schemas)))
            .collect();
        if !content.is_empty() {
            answer.insert("content".to_owned(), Value::Object(content));
        }
        answers.insert(status.to_string(), Value::Object(answer));
    }
    for (status, name, _) in REFUSALS {
        let refusal = json!({"$ref": format!("#/components/responses/{name}")});
        answers.insert(status.to_owned(), refusal);
    }
    Value::Object(answers)
}

fn media_content(schemas: &[Value]) -> Value {
    match schemas {
        [] => json!({}),
        [one] => json!({"schema": one}),
        several => json!({"schema": {"anyOf": several}}),
    }
}

fn statuses(operation: &Operation) -> &'static [u16] {
    if !operation.told.statuses.is_empty() {
        return operation.told.statuses;
    }
    let is_chosen = operation
        .media_type
        .is_some_and(|media| media.starts_with("application/vnd."));
    match operation.method {
        Method::DELETE => &[204],
        Method::POST if !is_chosen => &[201],
        _ => &[200],
    }
}

fn answer(operation: &Operation, generator: &mut SchemaGenerator) -> Option<Value> {
    match operation.told.answer {
        Some(AnswerShape::Files) => None,
        Some(AnswerShape::Many(key, shape)) => Some(page(key, shape, generator)),
        Some(AnswerShape::One(shape)) => Some(shape.schema(generator).into()),
        None => {
            let shape = operation.shown.unwrap_or_else(Shape::of::<Nothing>);
            Some(shape.schema(generator).into())
        }
    }
}

/// A page of a collection, with or without how many there are.
fn page(key: &str, shape: Shape, generator: &mut SchemaGenerator) -> Value {
    let links = generator.subschema_for::<Links>();
    let items = json!({"type": "array", "items": shape.schema(generator)});
    let embedded = json!({"type": "object", "properties": {key: items}, "required": [key]});
    let whole = json!({"type": "integer", "minimum": 0});
    json!({
        "type": "object",
        "properties": {"_links": links, "_embedded": embedded, "count": whole, "size": whole},
        "required": ["_links", "_embedded"],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What the handlers of these paths are answered by says nothing of a body.
    const WITHOUT_BODY: [&str; 4] = [
        "/environments/{environment}/applications/{application}/flowPolicyAssignments/{flowPolicyAssignment}",
        "/environments/{environment}/customDomains/{domain}",
        "/environments/{environment}/gateways/{gateway}/credentials",
        "/environments/{environment}/propagation/storeMetadata/{storeType}",
    ];

    #[test]
    fn every_operation_that_takes_a_body_says_which() {
        let sends = [Method::POST, Method::PUT, Method::PATCH];
        let mut silent = BTreeSet::new();
        for operation in crate::management::operations() {
            let path = operation.path.to_string();
            let takes = takes_body(&operation) || WITHOUT_BODY.contains(&path.as_str());
            if sends.contains(&operation.method) && !takes {
                silent.insert(format!("{} {path}", operation.method));
            }
        }
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn every_operation_that_answers_says_what() {
        let mut silent = BTreeSet::new();
        for operation in crate::management::operations() {
            let is_told = operation.told.answer.is_some() || operation.shown.is_some();
            if statuses(&operation) != [204] && !is_told {
                silent.insert(format!("{} {}", operation.method, operation.path));
            }
        }
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn operations_have_ids_of_their_own_and_references_lead_somewhere() {
        let document = document();
        let mut ids = BTreeSet::new();
        for item in document["paths"].as_object().unwrap().values() {
            for (_, operation) in item.as_object().unwrap() {
                if let Some(id) = operation.get("operationId") {
                    assert!(ids.insert(id.to_string()), "{id} twice");
                }
            }
        }
        let text = document.to_string();
        let references = text.split("\"$ref\":\"#").skip(1);
        for pointer in references.filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
        assert!(document.pointer("/components/schemas/Theme").is_some());
    }
}
