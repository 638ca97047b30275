//! Reads a JSON value into a type: understood or refused, and refused by the member's name.
//!
//! What a member takes follows from its type alone. Two habits of PingOne that its own samples rely
//! on are kept: a boolean may come as the text `"true"` or `"false"`, and the fraction of a whole
//! number is cut off. A member that is `null` is absent. Nothing of a value is ever quoted: it may
//! be a secret.

use std::fmt;

use protocol::pingone::ErrorDetail;
use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use crate::requests::failures::api::ApiFailure;

/// Beyond 2^53 nothing of PingOne's is counted.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Reads the members of an object.
///
/// # Errors
///
/// The first member that cannot be understood.
pub(super) fn read<T: DeserializeOwned>(members: &Map<String, Value>) -> Result<T, Misread> {
    T::deserialize(Members(members))
}

/// A member that could not be understood.
#[derive(Debug)]
pub(super) struct Misread {
    /// The names that lead to it, the innermost first.
    path: Vec<String>,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Missing,
    NotOneOf(&'static [&'static str]),
    WrongKind(String),
}

impl Misread {
    fn new(problem: Problem) -> Self {
        Self {
            path: Vec::new(),
            problem,
        }
    }

    fn wrong_kind(expected: &str) -> Self {
        Self::new(Problem::WrongKind(format!("must be {expected}")))
    }

    fn below(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }

    /// The refusal that names the member and what it takes.
    pub(super) fn into_failure(self) -> ApiFailure {
        let path: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        let path = path.join(".");
        let target = (!path.is_empty()).then_some(path.as_str());
        match self.problem {
            Problem::Missing => ApiFailure::required_value(&path),
            Problem::NotOneOf(allowed) => ApiFailure::not_one_of(&path, allowed),
            Problem::WrongKind(message) => {
                ApiFailure::malformed(vec![ErrorDetail::new("INVALID_VALUE", target, message)])
            }
        }
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a member cannot be understood")
    }
}

impl std::error::Error for Misread {}

/// What types report. Their own words are not repeated: they may quote the value.
impl Error for Misread {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(Problem::WrongKind(
            "is not of the form that is expected".to_owned(),
        ))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong_kind(&expected.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong_kind(&expected.to_string())
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::NotOneOf(expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing).below(field)
    }
}

/// An object of which `null` members are absent.
struct Members<'a>(&'a Map<String, Value>);

impl<'de> Deserializer<'de> for Members<'_> {
    type Error = Misread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_map(Entries {
            entries: self.0.iter(),
            present: None,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

struct Entries<'a> {
    entries: serde_json::map::Iter<'a>,
    present: Option<(&'a str, &'a Value)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Misread;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Misread> {
        let Some((name, value)) = self.entries.by_ref().find(|(_, value)| !value.is_null()) else {
            return Ok(None);
        };
        self.present = Some((name, value));
        let key: StrDeserializer<'_, Misread> = name.as_str().into_deserializer();
        seed.deserialize(key)
            .map(Some)
            .map_err(|misread| misread.below(name))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misread> {
        let Some((name, value)) = self.present.take() else {
            return Err(Misread::custom("a value without its name"));
        };
        seed.deserialize(Member(value))
            .map_err(|misread| misread.below(name))
    }
}

struct Items<'a>(std::slice::Iter<'a, Value>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Misread;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misread> {
        self.0
            .next()
            .map(|item| seed.deserialize(Member(item)))
            .transpose()
    }
}

/// One value, read by what its type asks for.
struct Member<'a>(&'a Value);

impl Member<'_> {
    /// A whole number; a fraction is cut off.
    fn whole(&self) -> Option<i64> {
        let Value::Number(number) = self.0 else {
            return None;
        };
        number.as_i64().or_else(|| {
            let whole = number.as_f64().map(f64::trunc);
            let whole = whole.filter(|whole| whole.abs() < LARGEST_WHOLE)?;
            format!("{whole:.0}").parse().ok()
        })
    }
}

macro_rules! whole_numbers {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
            let whole = self.whole().ok_or_else(|| Misread::wrong_kind("a whole number"))?;
            visitor
                .visit_i64(whole)
                .map_err(|_: Misread| Misread::wrong_kind("a whole number in range"))
        }
    )+};
}

macro_rules! texts {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
            match self.0 {
                Value::String(text) => visitor.visit_str(text),
                _ => Err(Misread::wrong_kind("a text")),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Member<'_> {
    type Error = Misread;

    /// For what keeps or ignores a value whatever its kind.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(Member)))
            }
            Value::Object(members) => visitor.visit_map(MapDeserializer::new(
                members
                    .iter()
                    .map(|(name, value)| (name.as_str(), Member(value))),
            )),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        let flag = match self.0 {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        visitor.visit_bool(flag.ok_or_else(|| Misread::wrong_kind("true or false"))?)
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items(items.iter())),
            _ => Err(Misread::wrong_kind("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.0 {
            Value::Object(members) => Members(members).deserialize_any(visitor),
            _ => Err(Misread::wrong_kind("an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        self.deserialize_map(visitor)
    }

    /// Codes: a request takes those that are known, though answers may bring others.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        match self.0 {
            Value::String(text) if variants.contains(&text.as_str()) => {
                let code: StrDeserializer<'_, Misread> = text.as_str().into_deserializer();
                visitor.visit_enum(code)
            }
            _ => Err(Misread::new(Problem::NotOneOf(variants))),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 bytes byte_buf unit unit_struct tuple tuple_struct ignored_any
    }
}

impl IntoDeserializer<'_, Misread> for Member<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use protocol::id::PopulationId;
    use protocol::pingone::{ApplicationType, Reference};
    use protocol::secret::Password;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Sample {
        flag: bool,
        maybe: Option<bool>,
        count: i64,
        small: Option<u32>,
        text: Option<String>,
        kind: Option<ApplicationType>,
        kinds: Vec<ApplicationType>,
        reference: Option<Reference<PopulationId>>,
        inner: Option<Inner>,
        anything: Option<Value>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Inner {
        force_change: bool,
        #[serde(default)]
        value: Option<Password>,
    }

    fn sample(value: &Value) -> Result<Sample, Misread> {
        read(value.as_object().unwrap())
    }

    #[test]
    fn texts_of_booleans_and_fractions_are_taken_by_type() {
        let body = json!({
            "flag": "True", "maybe": "false", "count": 2.9, "small": 7, "text": "true",
            "kind": "WORKER", "kinds": ["SERVICE", "WEB_APP"], "unknown": { "a": [1.5, null] },
            "inner": { "forceChange": true, "value": null }, "reference": null,
            "anything": { "a": [1.5, "x", true, null, { "b": -1 }] },
        });
        let read = sample(&body).unwrap();
        assert_eq!(
            (read.flag, read.maybe, read.count),
            (true, Some(false), 2),
            "{read:?}"
        );
        assert_eq!((read.small, read.text.as_deref()), (Some(7), Some("true")));
        assert_eq!(read.kind, Some(ApplicationType::Worker));
        assert_eq!(read.kinds.len(), 2);
        assert!(read.reference.is_none());
        assert!(
            read.inner
                .is_some_and(|inner| inner.force_change && inner.value.is_none())
        );
        assert_eq!(read.anything.as_ref(), Some(&body["anything"]));
        assert_eq!(sample(&json!({ "count": -1.5 })).unwrap().count, -1);
    }

    #[test]
    fn a_wrong_kind_is_refused_by_its_path() {
        for (path, body) in [
            ("flag", json!({ "flag": 0 })),
            ("flag", json!({ "flag": "no" })),
            ("flag", json!({ "flag": [] })),
            ("maybe", json!({ "maybe": {} })),
            ("maybe", json!({ "maybe": 1 })),
            ("count", json!({ "count": "1" })),
            ("count", json!({ "count": 1e300 })),
            ("small", json!({ "small": -1 })),
            ("small", json!({ "small": 4_294_967_296_i64 })),
            ("text", json!({ "text": 1 })),
            ("kind", json!({ "kind": "worker" })),
            ("kind", json!({ "kind": 1 })),
            ("kinds", json!({ "kinds": "WORKER" })),
            ("kinds", json!({ "kinds": ["WORKER", "X"] })),
            ("reference", json!({ "reference": "x" })),
            ("reference.id", json!({ "reference": { "id": "x" } })),
            ("reference.id", json!({ "reference": {} })),
            ("inner", json!({ "inner": [] })),
            ("inner.forceChange", json!({ "inner": {} })),
            (
                "inner.forceChange",
                json!({ "inner": { "forceChange": 1 } }),
            ),
            (
                "inner.value",
                json!({ "inner": { "forceChange": true, "value": ["hunter2"] } }),
            ),
        ] {
            let misread = sample(&body).unwrap_err();
            let failure = misread.into_failure();
            assert_eq!(failure.target(), Some(path), "{body}");
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        }
    }
}
