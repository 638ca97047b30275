//! Values of attribute mappings: fixed text, placeholders such as `${user.name.given}`, and what can
//! be put together of them, `${user.name.given + ', ' + user.name.family}` (PingOne, "Expression
//! language").
//!
//! Of that language there is what mappings are commonly made of: paths, texts, numbers, `+`, the
//! `?:` that takes the right side where the left one is missing, brackets, and
//! `#datetime.toUnixTimestamp(…)`. Everything else is refused when a mapping is written.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Deeper nesting is not read.
const DEEPEST: u32 = 16;

/// The value of a mapping, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Placeholder(Term),
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Literal(Value),
    /// Names behind one another, such as `user`, `name`, `given`.
    Path(Vec<String>),
    /// The texts of all, one behind the other.
    Joined(Vec<Self>),
    /// The first that is not missing.
    FirstOf(Vec<Self>),
    /// The seconds since 1970 of an instant.
    UnixTimestamp(Box<Self>),
}

/// Why the value of a mapping is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misread {
    #[error("holds a placeholder that is not closed")]
    NotClosed,
    #[error("is nested too deeply")]
    TooDeep,
    #[error("holds an expression that is not understood")]
    NotUnderstood,
}

impl Expression {
    /// Reads the value of a mapping.
    ///
    /// # Errors
    ///
    /// [`Misread`] where it holds what is not understood.
    pub(crate) fn parse(value: &str) -> Result<Self, Misread> {
        let mut parts = Vec::new();
        let mut rest = value;
        while let Some((text, behind)) = rest.split_once("${") {
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            let mut reader = Reader {
                rest: behind,
                depth: 0,
            };
            let term = reader.first_of()?;
            if !reader.take("}") {
                return Err(if reader.rest.is_empty() {
                    Misread::NotClosed
                } else {
                    Misread::NotUnderstood
                });
            }
            parts.push(Part::Placeholder(term));
            rest = reader.rest;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// What the value comes to; `None` where all that it names is missing. `find` says what stands
    /// behind a path, such as `["user", "name", "given"]`.
    ///
    /// A placeholder that stands alone keeps its kind; beside anything else, its text counts.
    pub(crate) fn evaluate(&self, find: &dyn Fn(&[String]) -> Option<Value>) -> Option<Value> {
        match self.0.as_slice() {
            [] => None,
            [Part::Placeholder(term)] => term.evaluate(find),
            parts => {
                let texts = parts.iter().map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Placeholder(term) => term.evaluate(find).map(text).unwrap_or_default(),
                });
                Some(Value::String(texts.collect()))
            }
        }
    }
}

impl Term {
    fn evaluate(&self, find: &dyn Fn(&[String]) -> Option<Value>) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Path(path) => find(path).filter(|value| !value.is_null()),
            Self::Joined(terms) => {
                let values: Vec<_> = terms.iter().map(|term| term.evaluate(find)).collect();
                // Where nothing is known, the marks between say nothing.
                let is_known = terms
                    .iter()
                    .zip(&values)
                    .any(|(term, value)| value.is_some() && !matches!(term, Self::Literal(_)))
                    || terms.iter().all(|term| matches!(term, Self::Literal(_)));
                let texts = values.into_iter().flatten().map(text);
                is_known.then(|| Value::String(texts.collect()))
            }
            Self::FirstOf(terms) => terms.iter().find_map(|term| term.evaluate(find)),
            Self::UnixTimestamp(term) => {
                let value = term.evaluate(find)?;
                let instant: Timestamp = value.as_str()?.parse().ok()?;
                Some(json!(instant.as_second()))
            }
        }
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// What of a placeholder is still to be read.
struct Reader<'a> {
    rest: &'a str,
    depth: u32,
}

impl Reader<'_> {
    /// Takes a mark, with the blanks before it, if it is the next thing.
    fn take(&mut self, mark: &str) -> bool {
        let found = self.rest.trim_start().strip_prefix(mark);
        found.inspect(|behind| self.rest = behind).is_some()
    }

    fn first_of(&mut self) -> Result<Term, Misread> {
        let mut terms = vec![self.joined()?];
        while self.take("?:") {
            terms.push(self.joined()?);
        }
        Ok(one_or(terms, Term::FirstOf))
    }

    fn joined(&mut self) -> Result<Term, Misread> {
        let mut terms = vec![self.operand()?];
        while self.take("+") {
            terms.push(self.operand()?);
        }
        Ok(one_or(terms, Term::Joined))
    }

    fn operand(&mut self) -> Result<Term, Misread> {
        for quote in ['\'', '"'] {
            if self.take(quote.encode_utf8(&mut [0; 4])) {
                return self.quoted(quote);
            }
        }
        if self.take("(") {
            return self.bracketed();
        }
        if self.take("#datetime.toUnixTimestamp(") {
            return Ok(Term::UnixTimestamp(Box::new(self.bracketed()?)));
        }
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(|first: char| first.is_ascii_digit()) {
            return self.number();
        }
        self.path()
    }

    /// What stands up to the closing bracket.
    fn bracketed(&mut self) -> Result<Term, Misread> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Misread::TooDeep);
        }
        let term = self.first_of()?;
        self.depth -= 1;
        if self.take(")") {
            Ok(term)
        } else {
            Err(Misread::NotUnderstood)
        }
    }

    /// A text up to the closing quotation mark; a doubled one stands for itself.
    fn quoted(&mut self, quote: char) -> Result<Term, Misread> {
        let mut content = String::new();
        loop {
            let (before, behind) = self.rest.split_once(quote).ok_or(Misread::NotClosed)?;
            content.push_str(before);
            self.rest = behind;
            match behind.strip_prefix(quote) {
                Some(behind) => {
                    content.push(quote);
                    self.rest = behind;
                }
                None => return Ok(Term::Literal(Value::String(content))),
            }
        }
    }

    fn number(&mut self) -> Result<Term, Misread> {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (digits, behind) = self.rest.split_at_checked(end).unwrap_or_default();
        let number = serde_json::from_str(digits).map_err(|_| Misread::NotUnderstood)?;
        self.rest = behind;
        Ok(Term::Literal(Value::Number(number)))
    }

    fn path(&mut self) -> Result<Term, Misread> {
        let mut names = Vec::new();
        loop {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
            let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
            let (name, behind) = self.rest.split_at_checked(end).unwrap_or_default();
            if name.is_empty() {
                return Err(Misread::NotUnderstood);
            }
            names.push(name.to_owned());
            let next = behind
                .strip_prefix("?.")
                .or_else(|| behind.strip_prefix('.'));
            self.rest = next.unwrap_or(behind);
            if next.is_none() {
                break;
            }
        }
        Ok(match names.as_slice() {
            [one] if one == "true" => Term::Literal(Value::Bool(true)),
            [one] if one == "false" => Term::Literal(Value::Bool(false)),
            [_] => return Err(Misread::NotUnderstood),
            _ => Term::Path(names),
        })
    }
}

/// The only term, or all of them together.
fn one_or(mut terms: Vec<Term>, together: impl FnOnce(Vec<Term>) -> Term) -> Term {
    match (terms.len(), terms.pop()) {
        (1, Some(term)) => term,
        (_, last) => {
            terms.extend(last);
            together(terms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(value: &str) -> Option<Value> {
        let find = |path: &[String]| match path.join(".").as_str() {
            "user.name.given" => Some(json!("Ann")),
            "user.name.family" => Some(json!("Lee")),
            "user.enabled" => Some(json!(true)),
            "user.updatedAt" => Some(json!("2026-01-05T00:00:00Z")),
            _ => None,
        };
        Expression::parse(value).unwrap().evaluate(&find)
    }

    #[test]
    fn a_value_comes_to_what_its_placeholders_stand_for() {
        for (value, is) in [
            ("fixed", Some(json!("fixed"))),
            ("", None),
            ("${user.name.given}", Some(json!("Ann"))),
            ("${ user.name?.given }", Some(json!("Ann"))),
            ("Hello ${user.name.given}!", Some(json!("Hello Ann!"))),
            ("${user.enabled}", Some(json!(true))),
            ("${user.nickname}", None),
            ("${user.nickname + ', ' + user.title}", None),
            (
                "${user.name.given + ', ' + user.name.family}",
                Some(json!("Ann, Lee")),
            ),
            ("${user.nickname ?: user.name.given}", Some(json!("Ann"))),
            ("${(user.nickname ?: 'no') + '!'}", Some(json!("no!"))),
            ("${'it''s'}", Some(json!("it's"))),
            ("${\"a\" + 1}", Some(json!("a1"))),
            (
                "${#datetime.toUnixTimestamp(user.updatedAt)}",
                Some(json!(1_767_571_200)),
            ),
        ] {
            assert_eq!(evaluated(value), is, "{value}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let deep = format!("${{{}user.x{}}}", "(".repeat(40), ")".repeat(40));
        for (value, why) in [
            ("${user.name.given", Misread::NotClosed),
            ("${'open}", Misread::NotClosed),
            ("${}", Misread::NotUnderstood),
            ("${user}", Misread::NotUnderstood),
            ("${user..x}", Misread::NotUnderstood),
            ("${user.x +}", Misread::NotUnderstood),
            ("${#string.reverse(user.x)}", Misread::NotUnderstood),
            ("${user.x == 'y'}", Misread::NotUnderstood),
            (&deep, Misread::TooDeep),
        ] {
            assert_eq!(Expression::parse(value), Err(why), "{value}");
        }
    }
}
