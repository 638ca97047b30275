//! How long the texts of bodies may be, told in their schemas.

use serde_json::{Map, Value, json};

use crate::api::lengths::longest;

/// The forms of texts that have a length of their own.
const FORMS: [&str; 5] = ["date", "date-time", "ipv4", "ipv6", "uuid"];

/// Tells of every text of a schema, and of what it refers to, how long it may be, where its type does
/// not.
pub(super) fn tell(body: &mut Value, schemas: &mut Map<String, Value>) {
    let mut told = Told {
        schemas,
        looking: Vec::new(),
    };
    told.walk("", body);
}

struct Told<'a> {
    schemas: &'a mut Map<String, Value>,
    /// The names of the schemas that are being looked at: some refer to themselves.
    looking: Vec<String>,
}

impl Told<'_> {
    /// Looks at the schema of the member with this name.
    fn walk(&mut self, name: &str, schema: &mut Value) {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let reference = reference.and_then(|reference| reference.rsplit('/').next());
        if let Some(reference) = reference.map(str::to_owned) {
            self.walk_named(&reference, name, schema);
        } else if is_free_text(schema) {
            tell_one(name, schema);
        }
        if let Some(Value::Object(members)) = schema.get_mut("properties") {
            for (name, member) in members {
                self.walk(name, member);
            }
        }
        for choice in ["allOf", "anyOf", "oneOf"] {
            if let Some(Value::Array(choices)) = schema.get_mut(choice) {
                for one in choices {
                    self.walk(name, one);
                }
            }
        }
        for each in ["items", "additionalProperties"] {
            if let Some(each) = schema.get_mut(each).filter(|each| each.is_object()) {
                self.walk(name, each);
            }
        }
    }

    /// A text with a type of its own is told of where it is a member: it may be several.
    fn walk_named(&mut self, reference: &str, name: &str, schema: &mut Value) {
        if self.looking.iter().any(|looking| looking == reference) {
            return;
        }
        let Some(mut target) = self.schemas.get(reference).cloned() else {
            return;
        };
        if is_free_text(&target) {
            if target.get("maxLength").is_none() {
                tell_one(name, schema);
            }
            return;
        }
        self.looking.push(reference.to_owned());
        self.walk(name, &mut target);
        self.looking.pop();
        self.schemas.insert(reference.to_owned(), target);
    }
}

fn is_free_text(schema: &Value) -> bool {
    let is_text = match schema.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    let form = schema.get("format").and_then(Value::as_str);
    let has_form = form.is_some_and(|form| FORMS.contains(&form));
    is_text && !has_form && schema.get("enum").is_none() && schema.get("const").is_none()
}

fn tell_one(name: &str, schema: &mut Value) {
    if let Value::Object(schema) = schema {
        schema
            .entry("maxLength")
            .or_insert_with(|| json!(longest(name)));
    }
}
