//! Error codes as they travel: a list that is open at its end.

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
                    other => Self::Other(other.chars().take(64).collect()),
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

        /// Read as an enum, so that a reader which takes the listed codes only can refuse others.
        impl<'de> serde::Deserialize<'de> for $enum_name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                struct Code;

                impl<'de> serde::de::Visitor<'de> for Code {
                    type Value = $enum_name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a code")
                    }

                    fn visit_enum<A: serde::de::EnumAccess<'de>>(
                        self,
                        access: A,
                    ) -> Result<Self::Value, A::Error> {
                        let (code, variant) = access.variant::<String>()?;
                        serde::de::VariantAccess::unit_variant(variant)?;
                        Ok($enum_name::parse(&code))
                    }
                }

                deserializer.deserialize_enum(stringify!($enum_name), &[$($text),+], Code)
            }
        }
    };
}

pub(crate) use open_codes;
