//! The part of Python that a Flask configuration file uses: `NAME = literal`, blank lines, comments.

use std::iter::Peekable;
use std::str::Chars;

/// A value of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Between quotation marks of either kind, with or without `u` or `r` before them.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// `True` or `False`.
    Boolean(bool),
    /// `None`.
    None,
    /// An expression, as in `os.urandom(24)`, which only Python can tell the value of.
    Expression,
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "True or False",
            Self::None => "None",
            Self::Expression => "an expression",
        }
    }
}

/// A line that is no assignment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {what}; a line is NAME = value, blank, or a comment")]
pub struct NotPython {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// One `NAME = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) line: usize,
}

/// Reads a file; of a name that is assigned twice the last assignment counts, as in Python.
pub(super) fn parse(text: &str) -> Result<Vec<Assignment>, NotPython> {
    let mut assignments: Vec<Assignment> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = index + 1;
        let wrong = |what| NotPython { line: number, what };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, rest) = line
            .split_once('=')
            .ok_or_else(|| wrong("has no equals sign"))?;
        let key = key.trim();
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if key.is_empty() || !key.chars().all(is_name) {
            return Err(wrong("has no plain name before the equals sign"));
        }
        let value = value(rest.trim()).map_err(wrong)?;
        assignments.retain(|known| known.key != key);
        assignments.push(Assignment {
            key: key.to_owned(),
            value,
            line: number,
        });
    }
    Ok(assignments)
}

fn value(text: &str) -> Result<Value, &'static str> {
    let (prefix, quoted) = match text.find(['\'', '"']) {
        Some(start) => text.split_at_checked(start).unwrap_or((text, "")),
        None => (text, ""),
    };
    match prefix.to_ascii_lowercase().as_str() {
        "" | "u" if !quoted.is_empty() => string(quoted, false),
        "r" => string(quoted, true),
        _ => Ok(bare(text.split('#').next().unwrap_or_default().trim())?),
    }
}

fn bare(text: &str) -> Result<Value, &'static str> {
    Ok(match text {
        "" => return Err("has no value"),
        "True" => Value::Boolean(true),
        "False" => Value::Boolean(false),
        "None" => Value::None,
        digits => digits
            .replace('_', "")
            .parse()
            .map_or(Value::Expression, Value::Integer),
    })
}

fn string(quoted: &str, raw: bool) -> Result<Value, &'static str> {
    let mut letters = quoted.chars().peekable();
    let quote = letters.next().ok_or("has no value")?;
    let mut text = String::new();
    loop {
        match letters.next() {
            None => return Err("has a text without a closing quotation mark"),
            Some(letter) if letter == quote => break,
            Some('\\') if !raw => text.push(escaped(&mut letters)?),
            Some(letter) => text.push(letter),
        }
    }
    if text.is_empty() && letters.peek() == Some(&quote) {
        return Err("has a text in triple quotation marks, which is not read");
    }
    let rest: String = letters.collect();
    match rest.trim_start() {
        rest if rest.is_empty() || rest.starts_with('#') => Ok(Value::Text(text)),
        _ => Ok(Value::Expression),
    }
}

fn escaped(letters: &mut Peekable<Chars<'_>>) -> Result<char, &'static str> {
    Ok(match letters.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some(letter @ ('\\' | '\'' | '"')) => letter,
        _ => return Err("has an escape (\\…) that is not read"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Value {
        let mut assignments = parse(line).unwrap();
        assignments.remove(0).value
    }

    #[test]
    fn values_are_read_as_python_reads_them() {
        assert_eq!(one("A = 'x # y'  # z"), Value::Text("x # y".to_owned()));
        assert_eq!(one("A=\"it's\""), Value::Text("it's".to_owned()));
        assert_eq!(one("A = u'x\\'y'"), Value::Text("x'y".to_owned()));
        assert_eq!(one("A = r'x\\y'"), Value::Text("x\\y".to_owned()));
        assert_eq!(one("A = 3_600 # seconds"), Value::Integer(3600));
        assert_eq!(one("A = True"), Value::Boolean(true));
        assert_eq!(one("A = None"), Value::None);
        assert_eq!(one("A = os.urandom(24)"), Value::Expression);
        assert_eq!(one("A = os.environ['B']"), Value::Expression);
        assert_eq!(one("A = 'x' + 'y'"), Value::Expression);
    }

    #[test]
    fn the_last_assignment_counts() {
        let assignments = parse("A = 1\nB = 2\nA = 3\n").unwrap();
        assert_eq!(assignments.len(), 2);
        assert_eq!(assignments[1].value, Value::Integer(3));
    }

    #[test]
    fn what_is_no_assignment_is_refused_with_its_line() {
        for (text, line) in [
            ("A", 1),
            ("\nA = 'x", 2),
            ("A =", 1),
            ("A B = 1", 1),
            ("A = '''x'''", 1),
        ] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
