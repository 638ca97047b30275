//! Instants as tokens write them.

use jiff::{SignedDuration, Timestamp};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A `NumericDate`: seconds since 1970, as JWT claims carry instants.
///
/// Written as a whole number; a fraction is accepted when read, because
/// [RFC 7519 §2](https://www.rfc-editor.org/rfc/rfc7519#section-2) allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericDate(Timestamp);

impl NumericDate {
    /// The instant.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }

    /// Whole seconds since 1970.
    pub fn as_second(self) -> i64 {
        self.0.as_second()
    }
}

impl From<Timestamp> for NumericDate {
    /// Cuts off what is smaller than a second.
    fn from(instant: Timestamp) -> Self {
        Self(Timestamp::from_second(instant.as_second()).unwrap_or(instant))
    }
}

impl From<NumericDate> for Timestamp {
    fn from(date: NumericDate) -> Self {
        date.0
    }
}

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.as_second())
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Seconds)
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = NumericDate;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number of seconds since 1970")
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<NumericDate, E> {
        Timestamp::from_second(seconds)
            .map(NumericDate)
            .map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<NumericDate, E> {
        self.visit_i64(i64::try_from(seconds).map_err(E::custom)?)
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<NumericDate, E> {
        let since_epoch = SignedDuration::try_from_secs_f64(seconds).map_err(E::custom)?;
        self.visit_i64(since_epoch.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_broken_seconds_are_read_and_nonsense_is_not() {
        for (json, expected) in [
            ("0", Some(0)),
            ("1300819380", Some(1_300_819_380)),
            ("1300819380.75", Some(1_300_819_380)),
            ("1.3e9", Some(1_300_000_000)),
            ("-1", Some(-1)),
            ("18446744073709551615", None),
            ("1e300", None),
            ("\"1300819380\"", None),
            ("null", None),
            ("[1]", None),
        ] {
            let read = serde_json::from_str::<NumericDate>(json)
                .ok()
                .map(NumericDate::as_second);
            assert_eq!(read, expected, "{json}");
        }
    }

    #[test]
    fn is_written_as_a_whole_number() {
        let date = NumericDate::from(Timestamp::from_millisecond(1_300_819_380_999).unwrap());
        assert_eq!(serde_json::to_string(&date).unwrap(), "1300819380");
    }
}
