//! The four kinds of value that both engines store alike, and the Rust types that map to them.

use jiff::Timestamp;
use uuid::Uuid;

/// What is bound to a statement or found in a column.
///
/// The schema knows `TEXT`, `BIGINT` and `BOOLEAN` only. Ids are hyphenated text, instants are
/// milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// `BOOLEAN`.
    Bool(bool),
    /// `BIGINT`.
    Integer(i64),
    /// `TEXT`.
    Text(String),
}

impl Value {
    /// What kind of value this is, for messages that must not show the value.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Text(_) => "text",
        }
    }
}

/// Shows the kind alone: values are digests, addresses and names of people.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Text(value.hyphenated().to_string())
    }
}

/// Milliseconds since the Unix epoch; what is finer is cut off.
impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Integer(value.as_millisecond())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A Rust type that a column can be read as.
pub trait FromValue: Sized {
    /// Reads the value, or says what it should have been (never what it was).
    ///
    /// # Errors
    ///
    /// What the column should hold, when it holds something else.
    fn from_value(value: &Value) -> Result<Self, &'static str>;
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err("text"),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Integer(integer) => Ok(*integer),
            _ => Err("an integer"),
        }
    }
}

/// SQLite knows no booleans: what is computed (`EXISTS (…)`) arrives as 0 or 1.
impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Bool(boolean) => Ok(*boolean),
            Value::Integer(0) => Ok(false),
            Value::Integer(1) => Ok(true),
            _ => Err("a boolean"),
        }
    }
}

impl FromValue for Uuid {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Text(text) => Self::try_parse(text).map_err(|_| "a UUID"),
            _ => Err("a UUID"),
        }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Integer(ms) => Self::from_millisecond(*ms).map_err(|_| "an instant"),
            _ => Err("an instant"),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}
