//! The attributes of a user that a request may set: each is named here with its rule, so that what
//! the server owns, or does not know, is left alone (PingOne, "User properties").

use protocol::names::is_person_name;
use protocol::pingone::ErrorDetail;
use serde_json::{Map, Value};
use url::Url;

use crate::requests::failures::api::ApiFailure;
use crate::stores::user_schemas::{
    AttributeType, Checked, EnumeratedValue, SchemaType, UserSchema,
};
use crate::stores::users::StoredUser;

/// Which texts an attribute takes.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Two capital letters.
    CountryCode,
    /// Letters, digits, spaces, `'`, `.` and `-`.
    PersonName(usize),
    /// At least one digit.
    Phone,
    /// Anything but control characters.
    Text(usize),
    /// Anything but control characters other than line breaks.
    Lines(usize),
    /// Area and city, such as `Europe/London`.
    TimeZone,
    /// An address that a browser can load.
    WebAddress,
}

const TOP: [(&str, Rule); 10] = [
    ("accountId", Rule::Text(256)),
    ("externalId", Rule::Text(1024)),
    ("locale", Rule::Text(256)),
    ("mobilePhone", Rule::Phone),
    ("nickname", Rule::Text(256)),
    ("preferredLanguage", Rule::Text(256)),
    ("primaryPhone", Rule::Phone),
    ("timezone", Rule::TimeZone),
    ("title", Rule::Text(256)),
    ("type", Rule::Text(256)),
];

const NAME: [(&str, Rule); 6] = [
    ("family", Rule::PersonName(256)),
    ("formatted", Rule::PersonName(256)),
    ("given", Rule::Text(256)),
    ("honorificPrefix", Rule::Text(256)),
    ("honorificSuffix", Rule::Text(256)),
    ("middle", Rule::Text(256)),
];

const ADDRESS: [(&str, Rule); 5] = [
    ("countryCode", Rule::CountryCode),
    ("locality", Rule::Text(256)),
    ("postalCode", Rule::Text(40)),
    ("region", Rule::Text(256)),
    ("streetAddress", Rule::Lines(256)),
];

const PHOTO: [(&str, Rule); 1] = [("href", Rule::WebAddress)];

const OBJECTS: [(&str, &[(&str, Rule)]); 3] =
    [("address", &ADDRESS), ("name", &NAME), ("photo", &PHOTO)];

/// Applies the members of a body to the attributes of a user: a text sets, `null` clears, and
/// within `name`, `address` and `photo` the same holds member by member. What the schema has
/// disabled is left alone.
///
/// # Errors
///
/// Every value that breaks its rule, each with its path.
pub(crate) fn merge(
    attributes: Map<String, Value>,
    body: &Map<String, Value>,
    schema: &UserSchema,
) -> Result<Map<String, Value>, ApiFailure> {
    let (attributes, details) = apply_all(attributes, body, schema);
    if details.is_empty() {
        Ok(attributes)
    } else {
        Err(ApiFailure::invalid_data(details))
    }
}

/// An attribute that a profile lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// The attribute's path, such as `name.given`.
    pub(crate) path: String,
    /// Whether nothing goes on without it.
    pub(crate) is_required: bool,
}

/// Which of the wanted attributes a user lacks: each by its path, and whether it is required. What is
/// no attribute of users any more is asked of nobody.
pub(crate) fn lacking<'a>(
    user: &StoredUser,
    wanted: impl Iterator<Item = (&'a str, bool)>,
    schema: &UserSchema,
) -> Vec<Lacking> {
    let lacks = |path: &str| {
        let (top, member) = path.split_once('.').unwrap_or((path, ""));
        let value = user.attributes.get(top);
        let value = match member {
            "" => value,
            member => value.and_then(|value| value.get(member)),
        };
        !is_name(path) && value.is_none()
    };
    wanted
        .filter(|(path, _)| is_text(path, schema) && lacks(path))
        .map(|(path, is_required)| Lacking {
            path: path.to_owned(),
            is_required,
        })
        .collect()
}

/// Whether people can be asked for an attribute: a text of the profile that is enabled. Everybody has
/// a username and an address.
pub(crate) fn is_text(path: &str, schema: &UserSchema) -> bool {
    let (top, member) = path.split_once('.').unwrap_or((path, ""));
    if schema.is_disabled(top) {
        return false;
    }
    if !member.is_empty() {
        let members = OBJECTS.iter().find(|(object, _)| *object == top);
        return members.is_some_and(|(_, members)| members.iter().any(|(name, _)| *name == member));
    }
    let is_custom_text = |one: &Checked| one.attribute.attribute_type == AttributeType::String;
    is_name(top)
        || TOP.iter().any(|(known, _)| *known == top)
        || schema
            .custom()
            .any(|one| one.attribute.name == top && is_custom_text(one))
}

fn is_name(path: &str) -> bool {
    matches!(path, "email" | "username")
}

/// Fills in what a profile lacks. `given` has a value by the path of each attribute that was given;
/// nothing else is looked at.
///
/// # Errors
///
/// Every value that breaks its rule and every required one that was not given, each with its path.
pub(crate) fn fill_in(
    user: &StoredUser,
    lacking: &[Lacking],
    given: &[(String, Value)],
    schema: &UserSchema,
) -> Result<Map<String, Value>, Vec<ErrorDetail>> {
    let mut body = Map::new();
    let mut details = Vec::new();
    for Lacking { path, is_required } in lacking {
        let found = given.iter().find(|(given, _)| given == path);
        // An empty list says nothing.
        let found = found.filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()));
        match (found, path.split_once('.')) {
            (Some((_, value)), Some((object, member))) => {
                let object = body
                    .entry(object)
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(members) = object {
                    members.insert(member.to_owned(), value.clone());
                }
            }
            (Some((_, value)), None) => {
                body.insert(path.clone(), value.clone());
            }
            (None, _) if *is_required => details.push(missing(path)),
            (None, _) => {}
        }
    }
    let (attributes, wrong) = apply_all(user.attributes.clone(), &body, schema);
    // What else the schema demands by now is asked for elsewhere.
    let is_asked = |detail: &ErrorDetail| {
        lacking
            .iter()
            .any(|one| detail.target.as_deref() == Some(&one.path))
    };
    for detail in wrong.into_iter().filter(is_asked) {
        let is_known = details.iter().any(|known| known.target == detail.target);
        if !is_known {
            details.push(detail);
        }
    }
    if details.is_empty() {
        Ok(attributes)
    } else {
        Err(details)
    }
}

/// What somebody typed as the value of an attribute.
pub(crate) fn typed(path: &str, text: &str, schema: &UserSchema) -> Value {
    let attribute = schema.find(path).map(|one| &one.attribute);
    if attribute.is_some_and(|attribute| attribute.multi_valued) {
        Value::Array(vec![Value::from(text)])
    } else {
        Value::from(text)
    }
}

fn missing(path: &str) -> ErrorDetail {
    ErrorDetail::new("REQUIRED_VALUE", Some(path), "must not be empty")
}

fn apply_all(
    mut attributes: Map<String, Value>,
    body: &Map<String, Value>,
    schema: &UserSchema,
) -> (Map<String, Value>, Vec<ErrorDetail>) {
    let mut details = Vec::new();
    let mut enabled = body.clone();
    enabled.retain(|name, _| !schema.is_disabled(name));
    let body = &enabled;
    apply(&mut attributes, body, &TOP, "", &mut details);
    apply_custom(&mut attributes, body, schema, &mut details);
    for (object, members) in OBJECTS {
        match body.get(object) {
            None => {}
            Some(Value::Null) => {
                attributes.remove(object);
            }
            Some(Value::Object(new)) => {
                let mut merged = match attributes.remove(object) {
                    Some(Value::Object(old)) => old,
                    _ => Map::new(),
                };
                apply(&mut merged, new, members, object, &mut details);
                if !merged.is_empty() {
                    attributes.insert(object.to_owned(), Value::Object(merged));
                }
            }
            Some(_) => details.push(wrong(object, "must be an object")),
        }
    }
    (attributes, details)
}

fn apply(
    attributes: &mut Map<String, Value>,
    body: &Map<String, Value>,
    rules: &[(&str, Rule)],
    object: &str,
    details: &mut Vec<ErrorDetail>,
) {
    for (name, rule) in rules {
        let path = if object.is_empty() {
            (*name).to_owned()
        } else {
            format!("{object}.{name}")
        };
        match body.get(*name) {
            None => {}
            Some(Value::Null) => {
                attributes.remove(*name);
            }
            Some(Value::String(text)) => match rule.check(text) {
                Ok(()) => {
                    attributes.insert((*name).to_owned(), Value::String(text.clone()));
                }
                Err(problem) => details.push(wrong(&path, problem)),
            },
            Some(_) => details.push(wrong(&path, "must be a text")),
        }
    }
}

/// The most values of an attribute that has several, and the most bytes of one of type JSON.
const MOST_VALUES: usize = 1000;
const LARGEST_JSON: usize = 16 * 1024;

/// Applies what the schema says: of an operator's own attributes everything, of PingOne's what an
/// operator demands besides. What is no attribute any more goes.
fn apply_custom(
    attributes: &mut Map<String, Value>,
    body: &Map<String, Value>,
    schema: &UserSchema,
    details: &mut Vec<ErrorDetail>,
) {
    attributes.retain(|name, _| is_built_in(name) || schema.find(name).is_some());
    for checked in schema.custom() {
        let name = &checked.attribute.name;
        match body.get(name) {
            None => {}
            Some(Value::Null) => {
                attributes.remove(name);
            }
            Some(Value::Array(values)) if values.is_empty() && checked.attribute.multi_valued => {
                attributes.remove(name);
            }
            Some(value) => match checked.check(value, attributes.get(name)) {
                Ok(()) => {
                    attributes.insert(name.clone(), value.clone());
                }
                Err(detail) => details.push(detail),
            },
        }
    }
    for checked in schema.attributes() {
        let attribute = &checked.attribute;
        let is_custom = attribute.schema_type == Some(SchemaType::Custom);
        if is_custom && attribute.enabled && attribute.required {
            if !attributes.contains_key(&attribute.name) {
                details.push(missing(&attribute.name));
            }
        } else if !is_custom
            && checked.pattern.is_some()
            && let Some(value @ Value::String(_)) = body.get(&attribute.name)
            && let Err(detail) = checked.check(value, None)
        {
            details.push(detail);
        }
    }
}

/// Takes away what is not shown: attributes that are disabled, or that are none any more.
pub(crate) fn hide(attributes: &mut Map<String, Value>, schema: &UserSchema) {
    attributes.retain(|name, _| {
        schema.find(name).is_some_and(|one| one.attribute.enabled)
            || (is_built_in(name) && !schema.is_disabled(name))
    });
}

fn is_built_in(name: &str) -> bool {
    TOP.iter().any(|(known, _)| *known == name) || OBJECTS.iter().any(|(known, _)| *known == name)
}

impl Checked {
    /// Whether the attribute may have a value; `before` is what it has.
    fn check(&self, value: &Value, before: Option<&Value>) -> Result<(), ErrorDetail> {
        let name = self.attribute.name.as_str();
        match value {
            Value::Array(values) if self.attribute.multi_valued => {
                if values.len() > MOST_VALUES {
                    return Err(wrong(name, format!("must be at most {MOST_VALUES} values")));
                }
                values
                    .iter()
                    .try_for_each(|value| self.check_one(value, before))
            }
            _ if self.attribute.multi_valued => Err(wrong(name, "must be a list")),
            _ => self.check_one(value, before),
        }
    }

    fn check_one(&self, value: &Value, before: Option<&Value>) -> Result<(), ErrorDetail> {
        let name = self.attribute.name.as_str();
        let text = match (self.attribute.attribute_type, value) {
            (AttributeType::Json, Value::Object(_) | Value::Array(_)) => {
                let is_small = value.to_string().len() <= LARGEST_JSON;
                let message = format!("must have at most {LARGEST_JSON} bytes as JSON");
                return is_small.then_some(()).ok_or_else(|| wrong(name, message));
            }
            (AttributeType::Json, _) => return Err(wrong(name, "must be an object or a list")),
            (_, Value::String(text)) => text,
            _ => return Err(wrong(name, "must be a text")),
        };
        Rule::Lines(LONGEST_CUSTOM)
            .check(text)
            .map_err(|problem| wrong(name, problem))?;
        if let Some(values) = &self.attribute.enumerated_values {
            // What was given before it was archived stays.
            let stays = match before {
                Some(Value::Array(before)) => before.contains(value),
                before => before == Some(value),
            };
            let is_open = |one: &&EnumeratedValue| one.archived != Some(true);
            if !stays && !values.iter().filter(is_open).any(|one| one.value == *text) {
                let open = values.iter().filter(is_open).map(|one| one.value.clone());
                let open: Vec<String> = open.collect();
                return Err(wrong(name, "must be one of the values of the attribute")
                    .with("allowedValues", open));
            }
        }
        if let Some(pattern) = &self.pattern
            && !pattern.is_match(text)
        {
            let validation = self.attribute.regex_validation.as_ref();
            let says = validation
                .map(|one| one.requirements.clone())
                .unwrap_or_default();
            return Err(wrong(name, says).with("allowedPattern", pattern.as_str()));
        }
        Ok(())
    }
}

/// How long a text of an operator's own attribute may be.
const LONGEST_CUSTOM: usize = 1024;

fn wrong(path: &str, problem: impl Into<String>) -> ErrorDetail {
    ErrorDetail::new("INVALID_VALUE", Some(path), problem)
}

impl Rule {
    fn check(self, text: &str) -> Result<(), String> {
        if text.trim().is_empty() {
            return Err("must not be blank".to_owned());
        }
        let longest = match self {
            Self::CountryCode => 2,
            Self::Lines(longest) | Self::PersonName(longest) | Self::Text(longest) => longest,
            Self::Phone => 32,
            Self::TimeZone => 256,
            Self::WebAddress => 2048,
        };
        if text.chars().count() > longest {
            return Err(format!("must have at most {longest} characters"));
        }
        let is_good = match self {
            Self::CountryCode => text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase()),
            Self::Lines(_) => text
                .chars()
                .all(|c| !c.is_control() || matches!(c, '\n' | '\r')),
            Self::PersonName(_) => is_person_name(text),
            Self::Phone => {
                text.chars().any(|c| c.is_ascii_digit()) && !text.chars().any(char::is_control)
            }
            Self::Text(_) => !text.chars().any(char::is_control),
            Self::TimeZone => is_time_zone(text),
            Self::WebAddress => {
                Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
            }
        };
        if is_good {
            Ok(())
        } else {
            Err(self.expectation().to_owned())
        }
    }

    fn expectation(self) -> &'static str {
        match self {
            Self::CountryCode => "must be two capital letters, such as GB",
            Self::Lines(_) | Self::Text(_) => "must not have control characters",
            Self::PersonName(_) => {
                "must have letters, digits, spaces, apostrophes, full stops and hyphens only"
            }
            Self::Phone => "must have at least one digit",
            Self::TimeZone => "must be a time zone, such as America/Denver",
            Self::WebAddress => "must be a URL",
        }
    }
}

fn is_time_zone(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    text.contains('/') && text.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(old: Value, new: &Value) -> Result<Value, ApiFailure> {
        let Value::Object(old) = old else {
            panic!("an object")
        };
        merge(old, new.as_object().unwrap(), &UserSchema::default()).map(Value::Object)
    }

    #[test]
    fn a_text_sets_and_null_clears_member_by_member() {
        let old = json!({"nickname": "Al", "name": {"given": "Ada", "family": "King"}});
        let new = json!({"nickname": null, "name": {"family": "Lovelace", "given": null}});
        assert_eq!(
            merged(old, &new).unwrap(),
            json!({"name": {"family": "Lovelace"}})
        );
        let old = json!({"name": {"given": "Ada"}});
        assert_eq!(
            merged(old, &json!({"name": {"given": null}})).unwrap(),
            json!({})
        );
    }

    /// Reliability and security, class 16: what the server owns is not among the rules.
    #[test]
    fn what_the_server_owns_is_left_alone() {
        let body = json!({
            "id": "x", "emailVerified": true, "enabled": false, "account": {"status": "LOCKED"},
            "lifecycle": {"status": "ACCOUNT_OK"}, "mfaEnabled": true, "population": {"id": "x"},
            "verifyStatus": "ENABLED", "lastSignOn": {}, "createdAt": "x", "roles": ["admin"],
            "memberOfGroupIDs": [], "password": {"value": "x"}, "locale": "en",
        });
        assert_eq!(merged(json!({}), &body).unwrap(), json!({"locale": "en"}));
    }

    #[test]
    fn each_value_has_its_rule() {
        for (good, body) in [
            (true, json!({"name": {"family": "O'Neil-Łukasiewicz Jr."}})),
            (false, json!({"name": {"family": "<script>"}})),
            (false, json!({"name": "Ada"})),
            (false, json!({"nickname": ""})),
            (false, json!({"nickname": "a\nb"})),
            (false, json!({"nickname": 7})),
            (
                true,
                json!({"address": {"streetAddress": "1 Road\nFlat 2", "countryCode": "GB"}}),
            ),
            (false, json!({"address": {"countryCode": "gb"}})),
            (false, json!({"address": {"postalCode": "x".repeat(41)}})),
            (false, json!({"primaryPhone": "call me"})),
            (true, json!({"timezone": "America/Argentina/Buenos_Aires"})),
            (false, json!({"timezone": "London"})),
            (false, json!({"photo": {"href": "javascript:alert(1)"}})),
        ] {
            assert_eq!(merged(json!({}), &body).is_ok(), good, "{body}");
        }
    }
}
