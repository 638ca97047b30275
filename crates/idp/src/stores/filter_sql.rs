//! SCIM filters as conditions. What stands in a filter reaches the database as bound values only.

use db::Statement;
use protocol::id::PopulationId;
use protocol::scim::{AttributeRule, AttributeRules, Comparison, Filter, Literal, Operator};

use super::fold;

/// An attribute that filters of a collection know, and the column that holds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    /// As filters name it.
    name: &'static str,
    /// The column, which holds texts.
    column: &'static str,
    /// Whether the column holds the value folded, and is sorted so that beginnings are found.
    is_folded: bool,
}

impl Attribute {
    /// A name: found by `eq` and `sw`, whatever its case. The column holds it folded.
    pub(crate) const fn text(name: &'static str, column: &'static str) -> Self {
        Self {
            name,
            column,
            is_folded: true,
        }
    }

    /// An id or the like: found by `eq`, to the letter.
    pub(crate) const fn exact(name: &'static str, column: &'static str) -> Self {
        Self {
            name,
            column,
            is_folded: false,
        }
    }

    /// What filters may say of these attributes.
    pub(crate) fn rules(attributes: &[Self]) -> AttributeRules {
        AttributeRules::new(attributes.iter().map(|attribute| {
            if attribute.is_folded {
                AttributeRule::text(attribute.name, &[Operator::Eq, Operator::Sw][..])
            } else {
                AttributeRule::exact(attribute.name, &[Operator::Eq][..])
            }
        }))
    }
}

/// Appends a condition that holds where the filter does.
pub(crate) fn push_condition(
    statement: Statement,
    filter: &Filter,
    attributes: &[Attribute],
) -> Statement {
    push_with(statement, filter, &|statement, comparison| {
        let path = comparison.path.as_str();
        let named = |attribute: &&Attribute| attribute.name.eq_ignore_ascii_case(path);
        match attributes.iter().find(named) {
            Some(attribute) => {
                let value = text_of(comparison, attribute.is_folded);
                push_comparison(statement, attribute.column, comparison.operator, &value)
            }
            // The rules of a collection name attributes of its own only.
            None => statement.push("1 = 0"),
        }
    })
}

/// The column that names the population of a row.
const POPULATION: &str = "population_id";

/// What names begin with that a filter finds. They are read in their order, so that the index of the
/// names leads: in the order of ids, whatever does not begin so would be read as well.
pub(crate) struct Beginning<'a> {
    /// The column that holds the names.
    pub(crate) column: &'static str,
    text: String,
    /// What must hold besides.
    others: Vec<&'a Filter>,
}

impl<'a> Beginning<'a> {
    /// That of a filter, unless something else finds fewer or other rows.
    pub(crate) fn of(filter: &'a Filter, attributes: &[Attribute]) -> Option<Self> {
        let parts = match filter {
            Filter::Compare(_) => std::slice::from_ref(filter),
            Filter::And(parts) => parts.as_slice(),
            Filter::Or(_) => return None,
        };
        let compared = |part: &'a Filter| {
            let Filter::Compare(one) = part else {
                return None;
            };
            let path = one.path.as_str();
            let mut named = attributes.iter();
            let attribute = named.find(|attribute| attribute.name.eq_ignore_ascii_case(path))?;
            Some((one, attribute))
        };
        // A population may hold all there are; whatever else is equal is one of a few.
        let is_rarer = |(one, attribute): (&Comparison, &Attribute)| {
            one.operator == Operator::Eq && attribute.column != POPULATION
        };
        if parts.iter().filter_map(compared).any(is_rarer) {
            return None;
        }
        let begins =
            |part: &'a Filter| compared(part).filter(|(one, _)| one.operator == Operator::Sw);
        let place = parts.iter().position(|part| begins(part).is_some())?;
        let (lead, attribute) = parts.get(place).and_then(begins)?;
        let others = parts.iter().enumerate();
        Some(Self {
            column: attribute.column,
            text: text_of(lead, true),
            others: others
                .filter(|(other, _)| *other != place)
                .map(|(_, part)| part)
                .collect(),
        })
    }

    /// Appends ` AND ` and the condition that a row is one of those, and behind this name and id.
    pub(crate) fn push(
        &self,
        statement: Statement,
        (name, id): (&str, &str),
        attributes: &[Attribute],
    ) -> Statement {
        let from = if name.is_empty() { &self.text } else { name };
        let statement = statement
            .push(" AND (")
            .push(self.column)
            .push(", id) > (")
            .push_bind(from)
            .push(", ")
            .push_bind(id)
            .push(")");
        let statement = match successor(&self.text) {
            Some(end) => statement
                .push(" AND ")
                .push(self.column)
                .push(" < ")
                .push_bind(end),
            None => statement,
        };
        self.others.iter().fold(statement, |statement, part| {
            push_condition(statement.push(" AND "), part, attributes)
        })
    }
}

/// Appends a filter, of which `push` appends the comparisons. The parser bounds the nesting.
pub(crate) fn push_with(
    statement: Statement,
    filter: &Filter,
    push: &dyn Fn(Statement, &Comparison) -> Statement,
) -> Statement {
    let (parts, word) = match filter {
        Filter::Compare(comparison) => return push(statement, comparison),
        Filter::And(parts) => (parts, " AND "),
        Filter::Or(parts) => (parts, " OR "),
    };
    let mut statement = statement.push("(");
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            statement = statement.push(word);
        }
        statement = push_with(statement, part, push);
    }
    statement.push(")")
}

/// Appends a comparison with a text. `sw` is a range, which an index serves on both engines; no index
/// serves `ew` and `co`.
pub(crate) fn push_comparison(
    statement: Statement,
    column: &'static str,
    operator: Operator,
    value: &str,
) -> Statement {
    match operator {
        Operator::Sw => {}
        Operator::Co => return push_like(statement, column, &format!("%{}%", escaped(value))),
        Operator::Ew => return push_like(statement, column, &format!("%{}", escaped(value))),
        _ => return statement.push(column).push(" = ").push_bind(value),
    }
    let statement = statement
        .push("(")
        .push(column)
        .push(" >= ")
        .push_bind(value);
    let statement = match successor(value) {
        Some(successor) => statement
            .push(" AND ")
            .push(column)
            .push(" < ")
            .push_bind(successor),
        None => statement,
    };
    statement.push(")")
}

fn push_like(statement: Statement, column: &'static str, pattern: &str) -> Statement {
    statement
        .push(column)
        .push(" LIKE ")
        .push_bind(pattern)
        .push(" ESCAPE '!'")
}

/// A text in which nothing stands for anything else in a pattern.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '!' | '%' | '_') {
            escaped.push('!');
        }
        escaped.push(character);
    }
    escaped
}

/// Appends ` AND ` and the condition that the column names one of these populations.
pub(crate) fn push_populations(
    statement: Statement,
    column: &'static str,
    populations: &[PopulationId],
) -> Statement {
    let statement = statement.push(" AND ").push(column).push(" IN (NULL");
    let statement = populations.iter().fold(statement, |statement, id| {
        statement.push(", ").push_bind(id.as_uuid())
    });
    statement.push(")")
}

/// The text that a comparison compares with, as its column holds it.
pub(crate) fn text_of(comparison: &Comparison, is_folded: bool) -> String {
    let text = match &comparison.value {
        Literal::Text(text) => text.clone(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Number(number) => number.to_string(),
    };
    if is_folded { fold(&text) } else { text }
}

/// The first text, in order of code points, behind all that begin with `prefix`; none is behind
/// those that begin with the last code point.
pub(crate) fn successor(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        if let Some(next) = next_character(last) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn next_character(character: char) -> Option<char> {
    match character {
        // The code points in between are no characters.
        '\u{d7ff}' => Some('\u{e000}'),
        _ => char::from_u32(u32::from(character) + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_is_behind_all_that_begin_alike() {
        for (prefix, expected) in [
            ("ada", Some("adb")),
            ("z\u{d7ff}", Some("z\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
            ("", None),
        ] {
            assert_eq!(successor(prefix).as_deref(), expected, "{prefix:?}");
        }
    }

    #[test]
    fn values_are_bound_and_never_text() {
        let attributes = [Attribute::text("name", "name_key")];
        let filter =
            Filter::parse(r#"name eq "'; DROP TABLE users" or (name sw "A" and name eq "b")"#);
        let statement = push_condition(
            Statement::new("SELECT 1 WHERE "),
            &filter.unwrap(),
            &attributes,
        );
        assert_eq!(
            statement.sql(),
            "SELECT 1 WHERE (name_key = $1 OR ((name_key >= $2 AND name_key < $3) AND name_key = $4))"
        );
    }
}
