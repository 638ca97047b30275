//! From tokens to a filter, within bounds.

use super::lexer::{NoToken, Token, TokenKind, tokens};
use super::{AttributePath, Comparison, Filter, Literal, Operator};

/// The longest filter that is read, in bytes.
pub const MAX_FILTER_BYTES: usize = 4096;

/// How deep parentheses may be nested.
pub const MAX_NESTING: usize = 16;

/// How many comparisons a filter may have.
pub const MAX_COMPARISONS: usize = 64;

/// How much of an unexpected text an error repeats.
const QUOTED_CHARACTERS: usize = 24;

/// A text that is no filter, or one that is too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// It does not follow the grammar.
    #[error("the filter has {found} at character {position}, where {expected} is expected")]
    Syntax {
        /// Where, counted in characters from 1.
        position: usize,
        /// What could stand there.
        expected: &'static str,
        /// What stands there: the beginning of it between backticks, or `its end`.
        found: String,
    },
    /// It is longer than [`MAX_FILTER_BYTES`].
    #[error("the filter has {bytes} bytes; {MAX_FILTER_BYTES} is the most")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Its parentheses are nested deeper than [`MAX_NESTING`].
    #[error("the filter's parentheses are nested deeper than {MAX_NESTING} levels")]
    TooDeep,
    /// It has more than [`MAX_COMPARISONS`].
    #[error("the filter has more than {MAX_COMPARISONS} comparisons")]
    TooManyComparisons,
}

pub(super) fn parse(text: &str) -> Result<Filter, FilterError> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(FilterError::TooLong { bytes: text.len() });
    }
    let tokens = tokens(text).map_err(|NoToken { at, expected }| unexpected(text, at, expected))?;
    let mut parser = Parser {
        text,
        tokens: &tokens,
        comparisons: 0,
    };
    let filter = parser.disjunction(0)?;
    match parser.tokens {
        [] => Ok(filter),
        _ => Err(parser.unexpected("`and`, `or` or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// What is still to be read.
    tokens: &'a [Token<'a>],
    comparisons: usize,
}

impl Parser<'_> {
    fn disjunction(&mut self, depth: usize) -> Result<Filter, FilterError> {
        let mut parts = vec![self.conjunction(depth)?];
        while self.take_keyword("or") {
            parts.push(self.conjunction(depth)?);
        }
        Ok(joined(parts, Filter::Or))
    }

    fn conjunction(&mut self, depth: usize) -> Result<Filter, FilterError> {
        let mut parts = vec![self.term(depth)?];
        while self.take_keyword("and") {
            parts.push(self.term(depth)?);
        }
        Ok(joined(parts, Filter::And))
    }

    fn term(&mut self, depth: usize) -> Result<Filter, FilterError> {
        if !self.take(&TokenKind::Open) {
            return self.comparison();
        }
        if depth == MAX_NESTING {
            return Err(FilterError::TooDeep);
        }
        let inner = self.disjunction(depth + 1)?;
        self.require(&TokenKind::Close, "`and`, `or` or a closing parenthesis")?;
        Ok(inner)
    }

    /// `path operator value` or `path[path operator value]`.
    fn comparison(&mut self) -> Result<Filter, FilterError> {
        if self.comparisons == MAX_COMPARISONS {
            return Err(FilterError::TooManyComparisons);
        }
        self.comparisons += 1;

        let mut path = self.path()?;
        let bracket = self.take(&TokenKind::OpenBracket);
        if bracket {
            path = path.join(&self.path()?);
        }
        let operator = self.operator()?;
        let value = self.literal()?;
        if bracket {
            self.require(&TokenKind::CloseBracket, "a closing bracket")?;
        }
        Ok(Filter::Compare(Comparison {
            path,
            operator,
            value,
        }))
    }

    fn path(&mut self) -> Result<AttributePath, FilterError> {
        let parse = |kind: &TokenKind<'_>| match kind {
            TokenKind::Word(word) => AttributePath::parse(word).ok(),
            _ => None,
        };
        self.convert(parse, "an attribute")
    }

    fn operator(&mut self) -> Result<Operator, FilterError> {
        let parse = |kind: &TokenKind<'_>| match kind {
            TokenKind::Word(word) => Operator::find(word),
            _ => None,
        };
        self.convert(
            parse,
            "one of the operators eq, sw, ew, co, gt, ge, lt, le, ne",
        )
    }

    fn literal(&mut self) -> Result<Literal, FilterError> {
        let parse = |kind: &TokenKind<'_>| match kind {
            TokenKind::Text(text) => Some(Literal::Text(text.clone())),
            TokenKind::Number(number) => Some(Literal::Number(number.clone())),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("true") => {
                Some(Literal::Boolean(true))
            }
            TokenKind::Word(word) if word.eq_ignore_ascii_case("false") => {
                Some(Literal::Boolean(false))
            }
            _ => None,
        };
        self.convert(
            parse,
            "a value: a text in quotation marks, a number, true or false",
        )
    }

    fn convert<T>(
        &mut self,
        parse: impl FnOnce(&TokenKind<'_>) -> Option<T>,
        expected: &'static str,
    ) -> Result<T, FilterError> {
        let value = self.tokens.first().and_then(|token| parse(&token.kind));
        let value = value.ok_or_else(|| self.unexpected(expected))?;
        self.advance();
        Ok(value)
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let next = self.tokens.first().map(|token| &token.kind);
        let found =
            matches!(next, Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.advance();
        }
        found
    }

    fn take(&mut self, kind: &TokenKind<'_>) -> bool {
        let found = self.tokens.first().is_some_and(|token| token.kind == *kind);
        if found {
            self.advance();
        }
        found
    }

    fn require(&mut self, kind: &TokenKind<'_>, expected: &'static str) -> Result<(), FilterError> {
        if self.take(kind) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn advance(&mut self) {
        self.tokens = self.tokens.split_first().map_or(&[], |(_, rest)| rest);
    }

    fn unexpected(&self, expected: &'static str) -> FilterError {
        let at = self
            .tokens
            .first()
            .map_or(self.text.len(), |token| token.at);
        unexpected(self.text, at, expected)
    }
}

fn joined(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn unexpected(text: &str, at: usize, expected: &'static str) -> FilterError {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let found = if rest.is_empty() {
        "its end".to_owned()
    } else {
        let shown: String = rest.chars().take(QUOTED_CHARACTERS).collect();
        format!("`{}`", shown.escape_debug())
    };
    FilterError::Syntax {
        position: before.chars().count() + 1,
        expected,
        found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with what the filter is written as: with the fewest parentheses, in lower case.
    fn check(text: &str, expected: &str) {
        match Filter::parse(text) {
            Ok(filter) => assert_eq!(filter.to_string(), expected, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    fn refused(text: &str, position: usize, found: &str, expected: &str) {
        match Filter::parse(text) {
            Err(FilterError::Syntax {
                position: at,
                expected: hint,
                found: there,
            }) => {
                assert_eq!((at, there.as_str()), (position, found), "{text}");
                assert!(hint.contains(expected), "{text}: {hint}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn filters_that_clients_send_are_read() {
        check(
            r#"email eq "x" or username eq "x""#,
            r#"email eq "x" or username eq "x""#,
        );
        check(
            r#"((username eq "a") OR (username eq "b")) AND (population.id eq "p")"#,
            r#"(username eq "a" or username eq "b") and population.id eq "p""#,
        );
        check(
            r#"memberOfGroups[id eq "g"]"#,
            r#"memberOfGroups.id eq "g""#,
        );
        check(
            r#"a eq "1" or b eq "2" and c eq "3""#,
            r#"a eq "1" or b eq "2" and c eq "3""#,
        );
        check(
            r#"(a eq "1" or b eq "2") and c eq "3""#,
            r#"(a eq "1" or b eq "2") and c eq "3""#,
        );
        check("enabled EQ TRUE", "enabled eq true");
        check("a eq -1.5e3", "a eq -1500.0");
        check("  a\teq\r\n1  ", "a eq 1");
        check(r#"(((a eq "x")))"#, r#"a eq "x""#);
        check(
            r#"a eq "q\"\\\/\b\u00e4\ud83d\ude00""#,
            "a eq \"q\\\"\\\\/\\bä😀\"",
        );
        check(r#"and eq "or""#, r#"and eq "or""#);
        check(
            r#"recordedAt gt "2026-01-01T00:00:00Z" and recordedAt lt "2026-02-01T00:00:00Z""#,
            r#"recordedAt gt "2026-01-01T00:00:00Z" and recordedAt lt "2026-02-01T00:00:00Z""#,
        );
    }

    #[test]
    fn errors_name_the_place_and_what_was_expected() {
        refused("", 1, "its end", "an attribute");
        refused("username", 9, "its end", "operators");
        refused("username pr", 10, "`pr`", "operators");
        refused(r#"not (a eq "x")"#, 5, "`(a eq \\\"x\\\")`", "operators");
        refused("username eq", 12, "its end", "a value");
        refused("username eq ada", 13, "`ada`", "a value");
        refused("username eq null", 13, "`null`", "a value");
        refused(
            r#"a eq "x" b eq "y""#,
            10,
            "`b eq \\\"y\\\"`",
            "`and`, `or` or the end",
        );
        refused(r#"(a eq "x""#, 10, "its end", "closing parenthesis");
        refused(r#"a eq "x")"#, 9, "`)`", "the end");
        refused(r#"a[b eq "x""#, 11, "its end", "closing bracket");
        refused(
            r#"a[b eq "x" and c eq "y"]"#,
            12,
            "`and c eq \\\"y\\\"]`",
            "closing bracket",
        );
        refused(r#"a eq "x"#, 6, "`\\\"x`", "quotation mark");
        refused(r#"a eq "\x""#, 6, "`\\\"\\\\x\\\"`", "escapes");
        refused("a eq 01", 6, "`01`", "number");
        refused("a.. eq 1", 1, "`a.. eq 1`", "an attribute");
        refused("ä eq §", 6, "`§`", "a value");
        refused("a = 1", 3, "`= 1`", "operator");
        refused("a eq 1 and", 11, "its end", "an attribute");
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth| format!("{}a eq 1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Filter::parse(&nested(MAX_NESTING)).is_ok());
        assert_eq!(
            Filter::parse(&nested(MAX_NESTING + 1)),
            Err(FilterError::TooDeep)
        );
        assert_eq!(Filter::parse(&"(".repeat(4000)), Err(FilterError::TooDeep));
    }

    #[test]
    fn comparisons_are_bounded() {
        let many = |count| vec!["a eq 1"; count].join(" or ");
        assert!(Filter::parse(&many(MAX_COMPARISONS)).is_ok());
        assert_eq!(
            Filter::parse(&many(MAX_COMPARISONS + 1)),
            Err(FilterError::TooManyComparisons)
        );
    }

    #[test]
    fn length_is_bounded() {
        let long = format!("a eq \"{}\"", "x".repeat(MAX_FILTER_BYTES));
        assert!(matches!(
            Filter::parse(&long),
            Err(FilterError::TooLong { .. })
        ));
    }
}
