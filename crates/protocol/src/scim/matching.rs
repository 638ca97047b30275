//! Whether a comparison holds for a JSON document.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Comparison, Literal, Operator};
use crate::names::fold;

impl Comparison {
    /// Whether it holds for a document: for one of the values that the path leads to, where it leads
    /// through lists. Texts are compared without regard to case, and instants are texts.
    ///
    /// ```
    /// # use pingone_protocol::scim::Filter;
    /// let theme = serde_json::json!({"name": "Night", "logos": [{"type": "IMAGE"}]});
    /// let filter = Filter::parse(r#"name sw "ni" and logos.type eq "image""#)?;
    /// assert!(filter.holds(&mut |comparison| comparison.matches(&theme)));
    /// # Ok::<(), pingone_protocol::scim::FilterError>(())
    /// ```
    pub fn matches(&self, document: &Value) -> bool {
        let mut found = vec![document];
        for name in self.path.as_str().split('.') {
            found = found.into_iter().flat_map(items).collect();
            found = found
                .into_iter()
                .filter_map(|value| member(value, name))
                .collect();
        }
        let mut values = found.into_iter().flat_map(items).peekable();
        if values.peek().is_none() {
            return self.operator == Operator::Ne;
        }
        values.any(|value| holds(self.operator, value, &self.value))
    }
}

/// The values of a list, or the value itself.
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn holds(operator: Operator, value: &Value, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::String(text), Literal::Text(wanted)) => {
            let (text, wanted) = (fold(text), fold(wanted));
            match operator {
                Operator::Sw => text.starts_with(&wanted),
                Operator::Ew => text.ends_with(&wanted),
                Operator::Co => text.contains(&wanted),
                other => compares(other, text.cmp(&wanted)),
            }
        }
        (Value::Bool(value), Literal::Boolean(wanted)) => compares(operator, value.cmp(wanted)),
        (Value::Number(value), Literal::Number(wanted)) => value
            .as_f64()
            .zip(wanted.as_f64())
            .and_then(|(value, wanted)| value.partial_cmp(&wanted))
            .is_some_and(|ordering| compares(operator, ordering)),
        _ => operator == Operator::Ne,
    }
}

fn compares(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Eq => ordering.is_eq(),
        Operator::Ne => ordering.is_ne(),
        Operator::Gt => ordering.is_gt(),
        Operator::Ge => ordering.is_ge(),
        Operator::Lt => ordering.is_lt(),
        Operator::Le => ordering.is_le(),
        Operator::Sw | Operator::Ew | Operator::Co => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scim::Filter;

    #[test]
    fn a_filter_holds_for_what_it_describes() {
        let document = json!({
            "name": "Night", "enabled": true, "order": 3, "template": null,
            "scope": [{"id": "a", "kind": "X"}, {"id": "b", "kind": "Y"}],
        });
        for (text, expected) in [
            (r#"name eq "night""#, true),
            (r#"NAME ew "HT""#, true),
            (r#"name co "igh" and enabled eq true"#, true),
            (r#"enabled eq "true""#, false),
            ("order gt 2 and order le 3", true),
            ("order lt 3", false),
            (r#"scope.id eq "b""#, true),
            (r#"scope.id eq "c""#, false),
            (r#"scope[kind eq "y"]"#, true),
            (r#"colour eq "red""#, false),
            (r#"colour ne "red""#, true),
            (r#"name.first eq "night""#, false),
        ] {
            let filter = Filter::parse(text).unwrap();
            let holds = filter.holds(&mut |comparison| comparison.matches(&document));
            assert_eq!(holds, expected, "{text}");
        }
    }
}
