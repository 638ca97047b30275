//! Codes as they travel.
//!
//! What only the service says is a list that is open at its end: an enum with `Other`. What a
//! request may say is a closed list, so that a server refuses the rest and matches on it without a
//! gap; an answer has it as [`Open`], so that a value that is new to a client fails no page.

use std::fmt;

use serde::de::{EnumAccess, VariantAccess as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How much of an unknown code is kept, in characters.
const LONGEST_UNKNOWN: usize = 64;

/// A closed list of codes, as requests carry them.
pub trait Code: Copy + 'static {
    /// All values.
    const ALL: &'static [Self];

    /// Their codes, in the same order.
    const CODES: &'static [&'static str];

    /// The code as it travels.
    fn code(self) -> &'static str;

    /// Reads a code as it travels.
    fn from_code(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.code() == text)
    }
}

/// A code in an answer: one of `T`, or one that is not in this crate's list.
///
/// ```
/// use pingone_protocol::pingone::{EnvironmentType, Open};
///
/// let known: Open<EnvironmentType> = serde_json::from_str(r#""SANDBOX""#)?;
/// assert!(known == EnvironmentType::Sandbox);
/// let unknown: Open<EnvironmentType> = serde_json::from_str(r#""MUSEUM""#)?;
/// assert_eq!(unknown.as_str(), "MUSEUM");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open<T> {
    /// One of the list.
    Known(T),
    /// A code that is not in this crate's list, cut to 64 characters.
    Other(String),
}

impl<T: Code> Open<T> {
    /// The code as it travels.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(code) => code.code(),
            Self::Other(code) => code,
        }
    }

    /// The code, if it is in this crate's list.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(code) => Some(*code),
            Self::Other(_) => None,
        }
    }
}

impl<T> From<T> for Open<T> {
    fn from(code: T) -> Self {
        Self::Known(code)
    }
}

impl<T: PartialEq> PartialEq<T> for Open<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Known(code) if code == other)
    }
}

impl<T: Code> fmt::Display for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: Code> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: Code> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = read(deserializer, "Open", T::CODES)?;
        Ok(T::from_code(&text).map_or_else(|| Self::Other(cut(&text)), Self::Known))
    }
}

/// What the service says may be new to this crate.
#[cfg(feature = "schemars")]
impl<T: Code> schemars::JsonSchema for Open<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OpenCode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "examples": T::CODES})
    }
}

/// Reads a code as an enum, so that a reader which takes the listed codes only can refuse others.
pub(crate) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
    name: &'static str,
    codes: &'static [&'static str],
) -> Result<String, D::Error> {
    struct Reader;

    impl<'de> Visitor<'de> for Reader {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a code")
        }

        fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<String, A::Error> {
            let (code, variant) = access.variant::<String>()?;
            variant.unit_variant()?;
            Ok(code)
        }
    }

    deserializer.deserialize_enum(name, codes, Reader)
}

/// An unknown code, shortened.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(LONGEST_UNKNOWN).collect()
}

/// Makes a closed enum of codes. An unknown one is refused with the list of those that are allowed.
macro_rules! codes {
    ($(#[$enum_doc:meta])* $enum_name:ident { $($(#[$doc:meta])* $name:ident = $text:literal;)+ }) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum_name {
            $($(#[$doc])* $name,)+
        }

        impl $enum_name {
            /// The code as it travels.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }

        impl $crate::codes::Code for $enum_name {
            const ALL: &'static [Self] = &[$(Self::$name,)+];
            const CODES: &'static [&'static str] = &[$($text,)+];

            fn code(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $enum_name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $enum_name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum_name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let text = $crate::codes::read(deserializer, stringify!($enum_name), &[$($text,)+])?;
                $crate::codes::Code::from_code(&text).ok_or_else(|| {
                    serde::de::Error::unknown_variant(&$crate::codes::cut(&text), &[$($text,)+])
                })
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $enum_name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($enum_name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "enum": [$($text,)+]})
            }
        }
    };
}

/// Makes an enum of codes, in which a code that is not in the list survives.
macro_rules! open_codes {
    ($(#[$enum_doc:meta])* $enum_name:ident { $($(#[$doc:meta])* $name:ident = $text:literal;)+ }) => {
        $(#[$enum_doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $enum_name {
            $($(#[$doc])* $name,)+
            /// A code that is not in this list.
            Other(String),
        }

        impl $enum_name {
            /// The code as it travels.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(code) => code,
                }
            }

            /// Reads a code; an unknown one survives, cut to 64 characters.
            pub fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)+
                    other => Self::Other($crate::codes::cut(other)),
                }
            }
        }

        impl std::fmt::Display for $enum_name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $enum_name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum_name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let text = $crate::codes::read(deserializer, stringify!($enum_name), &[$($text,)+])?;
                Ok(Self::parse(&text))
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $enum_name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($enum_name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "examples": [$($text,)+]})
            }
        }
    };
}

pub(crate) use codes;
pub(crate) use open_codes;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pingone::RoleScopeType;

    #[test]
    fn an_unknown_code_survives_in_an_answer_and_is_refused_in_a_request() {
        let open: Open<RoleScopeType> = serde_json::from_str(r#""GALAXY""#).unwrap();
        assert_eq!(open, Open::Other("GALAXY".to_owned()));
        assert_eq!(serde_json::to_string(&open).unwrap(), r#""GALAXY""#);
        let refused = serde_json::from_str::<RoleScopeType>(r#""GALAXY""#).unwrap_err();
        assert!(
            refused.to_string().starts_with(
                "unknown variant `GALAXY`, expected one of `APPLICATION`, `ENVIRONMENT`"
            ),
            "{refused}"
        );
        let long = format!("\"{}\"", "x".repeat(1_000));
        let open: Open<RoleScopeType> = serde_json::from_str(&long).unwrap();
        assert_eq!(open.as_str().len(), LONGEST_UNKNOWN);
    }
}
