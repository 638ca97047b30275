//! Dates as PingOne writes them.
//!
//! jiff is built without its own form for serde, so that no date goes over the wire in another one.

use std::fmt;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Deserializer, Serializer, de};

/// A date as PingOne writes it (Java's `ISO_INSTANT`): in UTC with `Z`, the fraction of a second in
/// groups of three digits, left out where it is nothing.
///
/// ```
/// use pingone_protocol::pingone::date::written;
///
/// let at = jiff::Timestamp::from_millisecond(1_663_852_035_020).unwrap();
/// assert_eq!(written(at), "2022-09-22T13:07:15.020Z");
/// ```
#[must_use]
pub fn written(at: Timestamp) -> String {
    let nanoseconds = at.subsec_nanosecond();
    let digits = match nanoseconds {
        0 => 0,
        _ if nanoseconds % 1_000_000 == 0 => 3,
        _ if nanoseconds % 1000 == 0 => 6,
        _ => 9,
    };
    let printer = DateTimePrinter::new().precision(Some(digits));
    printer.timestamp_to_string(&at)
}

/// The form of a date on the wire, for `#[serde(with = …)]`.
#[derive(Clone, Copy, Debug)]
pub struct Date;

impl Date {
    /// Writes a date.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&written(*at))
    }

    /// Reads a date (RFC 3339).
    ///
    /// # Errors
    ///
    /// When it is no text, or none that says when.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

/// The same for a date that may be absent, for `#[serde(default, with = …)]`.
#[derive(Clone, Copy, Debug)]
pub struct OptionalDate;

impl OptionalDate {
    /// Writes a date that may be absent.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_some(&written(*at)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a date that may be absent.
    ///
    /// # Errors
    ///
    /// When it is no text, or none that says when.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let date = Option::<Read>::deserialize(deserializer)?;
        Ok(date.map(|Read(at)| at))
    }
}

struct Read(Timestamp);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Date::deserialize(deserializer).map(Self)
    }
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = Timestamp;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a date such as 2022-09-22T13:07:15.115Z")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(feature = "schemars")]
mod schema {
    use std::borrow::Cow;

    use jiff::Timestamp;
    use schemars::{JsonSchema, Schema, SchemaGenerator};

    use super::{Date, OptionalDate};

    impl JsonSchema for Date {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            "Date".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Timestamp::json_schema(generator)
        }
    }

    impl JsonSchema for OptionalDate {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            "OptionalDate".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Option::<Timestamp>::json_schema(generator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_come_in_groups_of_three_digits() {
        for (text, wire) in [
            ("2022-09-22T13:07:15Z", "2022-09-22T13:07:15Z"),
            ("2022-09-22T13:07:15.02Z", "2022-09-22T13:07:15.020Z"),
            ("2022-09-22T13:07:15.1154Z", "2022-09-22T13:07:15.115400Z"),
            (
                "2022-09-22T13:07:15.000000001Z",
                "2022-09-22T13:07:15.000000001Z",
            ),
            ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900Z"),
        ] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(written(at), wire);
            assert_eq!(written(at).parse::<Timestamp>().unwrap(), at);
        }
    }
}
