//! SCIM filters, as PingOne's collections take them in the parameter `filter`.
//!
//! The grammar is the part of [RFC 7644 §3.4.2.2](https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2.2)
//! that PingOne knows: comparisons with `and`, `or` and parentheses; neither `not` nor `pr`.
//! A filter with a value path, `memberOfGroups[id eq "…"]`, is read as what it means,
//! `memberOfGroups.id eq "…"`.
//!
//! Servers call [`Filter::parse`] and hold the result against an [`AttributeRules`]; clients build
//! one, so that no value can become syntax:
//!
//! ```
//! let filter = pingone_protocol::scim::eq("email", "ada\" or username pr").or(pingone_protocol::scim::eq("username", "ada"));
//! assert_eq!(filter.to_string(), r#"email eq "ada\" or username pr" or username eq "ada""#);
//! ```

mod lexer;
mod matching;
mod parser;
mod rules;

use std::fmt;

use serde_json::Number;

pub use self::parser::{FilterError, MAX_COMPARISONS, MAX_FILTER_BYTES, MAX_NESTING};
pub use self::rules::{AttributeRule, AttributeRules, UnsupportedFilter, ValueKind};

/// A filter: comparisons, joined.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these hold; two at least.
    And(Vec<Self>),
    /// One of these holds; two at least.
    Or(Vec<Self>),
    /// An attribute compared with a value.
    Compare(Comparison),
}

/// An attribute compared with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Which attribute.
    pub path: AttributePath,
    /// How.
    pub operator: Operator,
    /// With what.
    pub value: Literal,
}

/// The name of an attribute: names joined by dots, such as `name.family`.
///
/// Names are compared without regard to case
/// ([RFC 7643 §2.1](https://www.rfc-editor.org/rfc/rfc7643#section-2.1)).
#[derive(Clone, Debug)]
pub struct AttributePath(String);

/// A text that names no attribute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attribute is named by letters, digits, `_`, `-`, `$` and `:`, with dots between names")]
pub struct InvalidAttributePath;

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Contains.
    Co,
    /// Greater than; later than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than; earlier than.
    Lt,
    /// Less than or equal.
    Le,
    /// Not equal.
    Ne,
}

/// What an attribute is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A text; instants are texts too.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A JSON number.
    Number(Number),
}

/// `path eq value`.
///
/// # Panics
///
/// When `path`, which is part of the program, names no attribute.
pub fn eq(path: &'static str, value: impl Into<Literal>) -> Filter {
    compare(path, Operator::Eq, value)
}

/// `path sw value`: the attribute starts with the value.
///
/// # Panics
///
/// When `path`, which is part of the program, names no attribute.
pub fn sw(path: &'static str, value: impl Into<Literal>) -> Filter {
    compare(path, Operator::Sw, value)
}

/// `path operator value`, for the rarer operators.
///
/// A path that is not part of the program goes through [`AttributePath::parse`] into a
/// [`Comparison`].
///
/// # Panics
///
/// When `path`, which is part of the program, names no attribute.
pub fn compare(path: &'static str, operator: Operator, value: impl Into<Literal>) -> Filter {
    let path = AttributePath::parse(path).expect("an attribute path in the program's text is one");
    Filter::Compare(Comparison {
        path,
        operator,
        value: value.into(),
    })
}

impl Filter {
    /// Reads a filter.
    ///
    /// Keywords and operators are read without regard to case; `and` binds tighter than `or`.
    ///
    /// # Errors
    ///
    /// [`FilterError`] says where the text stops being a filter and what was expected there, or
    /// which bound it exceeds.
    ///
    /// ```
    /// use pingone_protocol::scim::{self, Filter};
    ///
    /// let filter = Filter::parse(r#"username sw "a" and enabled eq true"#)?;
    /// assert_eq!(filter, scim::sw("username", "a").and(scim::eq("enabled", true)));
    /// # Ok::<(), pingone_protocol::scim::FilterError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parser::parse(text)
    }

    /// Both must hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            one => Self::And(vec![one, other]),
        }
    }

    /// One of both must hold.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            one => Self::Or(vec![one, other]),
        }
    }

    /// Whether the filter holds, when `judge` tells it of each comparison.
    pub fn holds(&self, judge: &mut impl FnMut(&Comparison) -> bool) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.holds(judge)),
            Self::Or(any) => any.iter().any(|filter| filter.holds(judge)),
            Self::Compare(comparison) => judge(comparison),
        }
    }
}

impl AttributePath {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// [`InvalidAttributePath`] for a text that could be anything else in a filter.
    pub fn parse(text: &str) -> Result<Self, InvalidAttributePath> {
        if text.split('.').all(lexer::is_name) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAttributePath)
        }
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A path below this one.
    fn join(&self, below: &Self) -> Self {
        Self(format!("{self}.{below}"))
    }
}

impl PartialEq for AttributePath {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for AttributePath {}

impl Operator {
    /// All that there are.
    pub const ALL: [Self; 9] = [
        Self::Eq,
        Self::Sw,
        Self::Ew,
        Self::Co,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::Ne,
    ];

    /// The operator in a filter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Co => "co",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Ne => "ne",
        }
    }

    fn find(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operator| operator.as_str().eq_ignore_ascii_case(word))
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Literal {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Literal {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl fmt::Display for Filter {
    /// The text of the parameter, still to be percent-encoded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::Compare(comparison) => return comparison.fmt(f),
            Self::And(all) => (all, " and "),
            Self::Or(any) => (any, " or "),
        };
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                f.write_str(word)?;
            }
            // `and` binds tighter, so only an `and` within an `or` goes without parentheses.
            match (self, part) {
                (_, Self::Compare(_)) | (Self::Or(_), Self::And(_)) => write!(f, "{part}")?,
                _ => write!(f, "({part})")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.path, self.operator, self.value)
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => serde_json::Value::from(text.as_str()).fmt(f),
            Self::Boolean(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Defect 9 of the samples that this product replaces: a name was pasted between quotes.
    #[test]
    fn a_user_name_cannot_become_part_of_the_filter() {
        for name in [
            r#"x" or username sw ""#,
            r#"" or "1" eq "1"#,
            r"x\",
            r#"x\" or enabled eq true or username eq ""#,
            "x\" \u{0}\n\r\t or ",
            "\u{2028}\u{feff}\u{10ffff}",
            "",
        ] {
            let filter = eq("username", name);
            assert_eq!(
                Filter::parse(&filter.to_string()).unwrap(),
                filter,
                "{name:?}"
            );
            let Filter::Compare(comparison) = filter else {
                panic!("{name:?} changed the form")
            };
            assert_eq!(comparison.value, Literal::Text(name.to_owned()));
        }
    }

    #[test]
    fn what_is_built_reads_well() {
        let by_name = eq("email", "x").or(eq("username", "x"));
        assert_eq!(by_name.to_string(), r#"email eq "x" or username eq "x""#);
        assert_eq!(
            by_name.clone().and(eq("enabled", true)).to_string(),
            r#"(email eq "x" or username eq "x") and enabled eq true"#
        );
        assert_eq!(
            eq("enabled", true)
                .and(sw("name.family", "L"))
                .or(eq("age", 7))
                .to_string(),
            r#"enabled eq true and name.family sw "L" or age eq 7"#
        );
        assert_eq!(
            compare("recordedAt", Operator::Ge, "2026-01-01T00:00:00Z").to_string(),
            r#"recordedAt ge "2026-01-01T00:00:00Z""#
        );
    }

    #[test]
    fn a_filter_is_judged_by_its_comparisons() {
        let filter = Filter::parse("a eq true and (b eq true or c eq true)").unwrap();
        let holds = |true_ones: &[&str]| {
            filter.holds(&mut |comparison| true_ones.contains(&comparison.path.as_str()))
        };
        assert!(holds(&["a", "c"]));
        assert!(!holds(&["b", "c"]));
        assert!(!holds(&["a"]));
    }

    #[test]
    fn paths_are_names_between_dots() {
        for good in [
            "username",
            "name.family",
            "a.b.c",
            "urn:x:y",
            "$ref",
            "p1_x-2",
            "größe",
        ] {
            assert!(AttributePath::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", ".", "a.", ".a", "a..b", "a b", "1a", "-a", "a\"", "a(b)", "a[b", "a eq",
        ] {
            assert!(AttributePath::parse(bad).is_err(), "{bad}");
        }
    }

    fn any_literal() -> impl Strategy<Value = Literal> {
        prop_oneof![
            any::<String>().prop_map(Literal::Text),
            any::<bool>().prop_map(Literal::Boolean),
            any::<i64>().prop_map(Literal::from),
            any::<f64>().prop_filter_map("JSON has no such number", |number| {
                Number::from_f64(number).map(Literal::Number)
            }),
        ]
    }

    fn any_filter() -> impl Strategy<Value = Filter> {
        let path = "[a-z][A-Za-z0-9]{0,5}(\\.[a-z]{1,5}){0,2}";
        let operator = proptest::sample::select(Operator::ALL.to_vec());
        let comparison = (path, operator, any_literal()).prop_map(|(path, operator, value)| {
            let path = AttributePath::parse(&path).unwrap();
            Filter::Compare(Comparison {
                path,
                operator,
                value,
            })
        });
        comparison.prop_recursive(5, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
                prop::collection::vec(inner, 2..4).prop_map(Filter::Or),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(filter in any_filter()) {
            let text = filter.to_string();
            prop_assume!(text.len() <= MAX_FILTER_BYTES);
            prop_assert_eq!(Filter::parse(&text).unwrap(), filter);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = Filter::parse(&text);
        }

        #[test]
        fn no_mixture_of_tokens_makes_the_parser_panic(
            tokens in prop::collection::vec(
                prop::sample::select(vec![
                    "(", ")", "[", "]", "and", "OR", "not", "eq", "pr", "a", "a.b", "\"x\"", "\"",
                    "\\", "1", "-", "true", ".", " ", "é", "\u{0}",
                ]),
                0..40,
            ),
            separator in prop::sample::select(vec!["", " "]),
        ) {
            let text = tokens.join(separator);
            if let Ok(filter) = Filter::parse(&text) {
                prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
            }
        }
    }
}
