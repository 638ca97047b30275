//! What a collection lets one filter by.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{AttributePath, Comparison, Filter, Literal, Operator};

/// The attributes of a collection that filters may name.
///
/// ```
/// use pingone_protocol::scim::{AttributeRule, AttributeRules, Filter, Operator};
///
/// let rules = AttributeRules::new([AttributeRule::text("name", &[Operator::Eq, Operator::Sw][..])]);
/// assert!(rules.check(&Filter::parse(r#"name sw "a""#)?).is_ok());
/// assert!(rules.check(&Filter::parse(r#"secret eq "a""#)?).is_err());
/// # Ok::<(), pingone_protocol::scim::FilterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AttributeRules {
    rules: Vec<AttributeRule>,
    and_only: bool,
}

/// How one attribute may be filtered by.
#[derive(Clone, Debug)]
pub struct AttributeRule {
    path: Cow<'static, str>,
    operators: Cow<'static, [Operator]>,
    kind: ValueKind,
    case_exact: bool,
}

/// What an attribute's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Whatever is there: a value of another kind is just not equal.
    Any,
    /// Texts, ids and instants.
    Text,
    /// `true` and `false`.
    Boolean,
    /// Numbers.
    Number,
}

/// A filter that a collection does not support: PingOne's `INVALID_FILTER`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsupportedFilter {
    /// The attribute cannot be filtered by.
    #[error("the attribute `{attribute}` cannot be filtered by")]
    Attribute {
        /// As the filter names it.
        attribute: String,
        /// Those that can.
        supported: Vec<String>,
    },
    /// The operator does not go with the attribute.
    #[error("the operator `{operator}` is not supported for the attribute `{attribute}`")]
    Operator {
        /// The attribute.
        attribute: String,
        /// As the filter has it.
        operator: Operator,
        /// Those that do.
        supported: Vec<Operator>,
    },
    /// The value is none of the attribute's.
    #[error("the attribute `{attribute}` is compared with {}", .expected.description())]
    Value {
        /// The attribute.
        attribute: String,
        /// What its values are.
        expected: ValueKind,
    },
    /// The collection knows `and` alone.
    #[error("comparisons can be joined by `and` only")]
    Disjunction,
}

impl AttributeRules {
    /// A table of these attributes, joined by `and` and `or`.
    pub fn new(rules: impl IntoIterator<Item = AttributeRule>) -> Self {
        Self {
            rules: rules.into_iter().collect(),
            and_only: false,
        }
    }

    /// The same table for a collection that refuses `or`.
    #[must_use]
    pub fn and_only(mut self) -> Self {
        self.and_only = true;
        self
    }

    /// Adds an attribute, such as a custom one.
    #[must_use]
    pub fn with(mut self, rule: AttributeRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// The rule of an attribute.
    pub fn find(&self, path: &AttributePath) -> Option<&AttributeRule> {
        self.rules
            .iter()
            .find(|rule| rule.path.eq_ignore_ascii_case(path.as_str()))
    }

    /// Checks each comparison of a filter.
    ///
    /// # Errors
    ///
    /// [`UnsupportedFilter`] for the first that is not supported.
    pub fn check(&self, filter: &Filter) -> Result<(), UnsupportedFilter> {
        match filter {
            Filter::Or(_) if self.and_only => Err(UnsupportedFilter::Disjunction),
            Filter::And(parts) | Filter::Or(parts) => {
                parts.iter().try_for_each(|part| self.check(part))
            }
            Filter::Compare(comparison) => self.check_comparison(comparison),
        }
    }

    fn check_comparison(&self, comparison: &Comparison) -> Result<(), UnsupportedFilter> {
        let attribute = || comparison.path.as_str().to_owned();
        let rule = self
            .find(&comparison.path)
            .ok_or_else(|| UnsupportedFilter::Attribute {
                attribute: attribute(),
                supported: self
                    .rules
                    .iter()
                    .map(|rule| rule.path.clone().into_owned())
                    .collect(),
            })?;
        if !rule.operators.contains(&comparison.operator) {
            return Err(UnsupportedFilter::Operator {
                attribute: attribute(),
                operator: comparison.operator,
                supported: rule.operators.to_vec(),
            });
        }
        if !rule.kind.admits(&comparison.value) {
            return Err(UnsupportedFilter::Value {
                attribute: attribute(),
                expected: rule.kind,
            });
        }
        Ok(())
    }
}

impl AttributeRule {
    /// An attribute whose values are texts that are compared without regard to case.
    pub fn text(
        path: impl Into<Cow<'static, str>>,
        operators: impl Into<Cow<'static, [Operator]>>,
    ) -> Self {
        Self {
            path: path.into(),
            operators: operators.into(),
            kind: ValueKind::Text,
            case_exact: false,
        }
    }

    /// An attribute whose values are texts that are compared to the letter, such as ids.
    pub fn exact(
        path: impl Into<Cow<'static, str>>,
        operators: impl Into<Cow<'static, [Operator]>>,
    ) -> Self {
        Self {
            case_exact: true,
            ..Self::text(path, operators)
        }
    }

    /// An attribute that is true or false.
    pub fn boolean(path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: ValueKind::Boolean,
            ..Self::exact(path, &[Operator::Eq])
        }
    }

    /// An attribute whose values are numbers.
    pub fn number(
        path: impl Into<Cow<'static, str>>,
        operators: impl Into<Cow<'static, [Operator]>>,
    ) -> Self {
        Self {
            kind: ValueKind::Number,
            ..Self::exact(path, operators)
        }
    }

    /// An attribute that may hold values of any kind; texts are compared without regard to case.
    pub fn any(
        path: impl Into<Cow<'static, str>>,
        operators: impl Into<Cow<'static, [Operator]>>,
    ) -> Self {
        Self {
            kind: ValueKind::Any,
            ..Self::text(path, operators)
        }
    }

    /// The attribute's name as the collection writes it, whatever a filter's case.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Which operators go with it.
    pub fn operators(&self) -> &[Operator] {
        &self.operators
    }

    /// What its values are.
    pub fn kind(&self) -> ValueKind {
        self.kind
    }

    /// Whether capital and small letters differ.
    pub fn is_case_exact(&self) -> bool {
        self.case_exact
    }
}

impl ValueKind {
    fn admits(self, literal: &Literal) -> bool {
        matches!(
            (self, literal),
            (Self::Any, _)
                | (Self::Text, Literal::Text(_))
                | (Self::Boolean, Literal::Boolean(_))
                | (Self::Number, Literal::Number(_))
        )
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Any => "a text, a number, true or false",
            Self::Text => "a text in quotation marks",
            Self::Boolean => "true or false",
            Self::Number => "a number",
        }
    }
}

impl UnsupportedFilter {
    /// PingOne's `innerError`: `supportedAttributes` or `supportedOperators`, where one of them
    /// helps.
    pub fn to_inner_error(&self) -> Map<String, Value> {
        let mut inner = Map::new();
        match self {
            Self::Attribute { supported, .. } => {
                inner.insert("supportedAttributes".to_owned(), supported.clone().into());
            }
            Self::Operator { supported, .. } => {
                let names: Vec<_> = supported.iter().map(|operator| operator.as_str()).collect();
                inner.insert("supportedOperators".to_owned(), names.into());
            }
            Self::Value { .. } | Self::Disjunction => {}
        }
        inner
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn users() -> AttributeRules {
        AttributeRules::new([
            AttributeRule::text("username", &[Operator::Eq, Operator::Sw]),
            AttributeRule::exact("population.id", &[Operator::Eq]),
            AttributeRule::exact("memberOfGroups.id", &[Operator::Eq]),
            AttributeRule::boolean("enabled"),
        ])
        .with(AttributeRule::number(
            "shoeSize".to_owned(),
            vec![Operator::Eq],
        ))
    }

    fn check(text: &str) -> Result<(), UnsupportedFilter> {
        users().check(&Filter::parse(text).unwrap())
    }

    #[test]
    fn what_the_table_has_is_supported() {
        for text in [
            r#"username eq "a" or UserName sw "b""#,
            r#"(population.id eq "p" and enabled eq false) or memberOfGroups[id eq "g"]"#,
            "shoesize eq 43",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        let path = AttributePath::parse("USERNAME").unwrap();
        assert_eq!(
            users().find(&path).map(AttributeRule::path),
            Some("username")
        );
    }

    #[test]
    fn an_unknown_attribute_names_the_known_ones() {
        let error = check(r#"enabled eq true and passwordHash sw "a""#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the attribute `passwordHash` cannot be filtered by"
        );
        assert_eq!(
            Value::from(error.to_inner_error()),
            json!({"supportedAttributes":
                ["username", "population.id", "memberOfGroups.id", "enabled", "shoeSize"]})
        );
    }

    #[test]
    fn an_operator_that_does_not_fit_names_those_that_do() {
        let error = check(r#"username co "a""#).unwrap_err();
        assert_eq!(
            Value::from(error.to_inner_error()),
            json!({"supportedOperators": ["eq", "sw"]})
        );
        assert!(check(r#"population.id sw "a""#).is_err());
    }

    #[test]
    fn values_are_of_the_attributes_kind() {
        for text in [
            r#"enabled eq "true""#,
            "username eq 1",
            "username eq true",
            r#"shoeSize eq "43""#,
        ] {
            assert!(
                matches!(check(text), Err(UnsupportedFilter::Value { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_collection_may_know_and_alone() {
        let environments =
            AttributeRules::new([AttributeRule::text("name", &[Operator::Sw])]).and_only();
        let check = |text| environments.check(&Filter::parse(text).unwrap());
        assert_eq!(check(r#"name sw "a" and name sw "b""#), Ok(()));
        assert_eq!(
            check(r#"name sw "a" and (name sw "b" or name sw "c")"#),
            Err(UnsupportedFilter::Disjunction)
        );
    }
}
