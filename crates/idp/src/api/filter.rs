//! SCIM filters, from the parameter to what a collection supports.

use protocol::pingone::ErrorDetail;
use protocol::scim::{AttributeRule, AttributeRules, Filter, Literal, Operator};
use serde_json::{Map, Value};

use crate::requests::failures::api::ApiFailure;

/// Reads a filter and checks it against what the collection supports.
pub(crate) fn parse(text: &str, rules: &AttributeRules) -> Result<Filter, ApiFailure> {
    let refused = |message: String| ErrorDetail::new("INVALID_FILTER", Some("filter"), message);
    let filter = Filter::parse(text)
        .map_err(|error| ApiFailure::malformed(vec![refused(error.to_string())]))?;
    if has_nul(&filter) {
        let detail = refused("A text of the filter holds a NUL character.".to_owned());
        return Err(ApiFailure::malformed(vec![detail]));
    }
    rules.check(&filter).map_err(|unsupported| {
        let mut detail = refused(unsupported.to_string());
        detail.inner_error = unsupported.to_inner_error();
        ApiFailure::malformed(vec![detail])
    })?;
    Ok(filter)
}

/// The rules of filters of what is compared as it is shown: these members, and the id.
pub(crate) fn rules_of_members(members: &[&'static str]) -> AttributeRules {
    const OPERATORS: &[Operator] = &[
        Operator::Eq,
        Operator::Ne,
        Operator::Sw,
        Operator::Ew,
        Operator::Co,
    ];
    let members = members.iter().copied().chain(["id"]);
    AttributeRules::new(members.map(|name| AttributeRule::any(name, OPERATORS)))
}

/// Whether something that is shown meets the filter of a request, if it has one.
pub(crate) fn passes(filter: Option<&Filter>, members: &Map<String, Value>) -> bool {
    let Some(filter) = filter else { return true };
    let members = Value::Object(members.clone());
    filter.holds(&mut |comparison| comparison.matches(&members))
}

/// Neither engine's text holds one; an escape can bring it in.
fn has_nul(filter: &Filter) -> bool {
    match filter {
        Filter::Compare(comparison) => {
            matches!(&comparison.value, Literal::Text(text) if text.contains('\0'))
        }
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(has_nul),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        for (text, expected) in [
            (r#"name eq "a\u0000b""#, true),
            (r#"name eq "a" and (name sw "b" or name eq "\u0000")"#, true),
            (r#"name eq "\\u0000""#, false),
        ] {
            assert_eq!(has_nul(&Filter::parse(text).unwrap()), expected, "{text}");
        }
    }
}
