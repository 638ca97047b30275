//! The words and signs of a filter.

use serde_json::Number;
use winnow::Parser;
use winnow::combinator::{alt, delimited, repeat};
use winnow::error::EmptyError;
use winnow::token::{any, none_of, one_of, take_while};

/// A word or sign, with the byte at which it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind<'a> {
    /// A path, an operator, a keyword.
    Word(&'a str),
    /// A text with its escapes resolved.
    Text(String),
    Number(Number),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
}

/// A place where no token begins, and what could be there.
pub(super) struct NoToken {
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

/// Splits a text into tokens; white space separates them and means nothing else.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, NoToken> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            return Ok(tokens);
        };
        let kind = token.parse_next(&mut rest).map_err(|_| NoToken {
            at,
            expected: match first {
                '"' => "a text that ends with a quotation mark and has JSON's escapes",
                '-' | '0'..='9' => "a number as JSON writes it",
                _ => "an attribute, an operator, a value or a parenthesis",
            },
        })?;
        tokens.push(Token { kind, at });
    }
}

/// Whether a text is one name of an attribute path.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(begins_name) && characters.all(continues_name)
}

fn begins_name(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | '$')
}

fn continues_name(character: char) -> bool {
    begins_name(character) || character.is_numeric() || matches!(character, '-' | ':')
}

type Lexed<T> = Result<T, EmptyError>;

fn token<'a>(input: &mut &'a str) -> Lexed<TokenKind<'a>> {
    alt((
        sign,
        quoted.map(TokenKind::Text),
        number.map(TokenKind::Number),
        word.map(TokenKind::Word),
    ))
    .parse_next(input)
}

fn sign<'a>(input: &mut &'a str) -> Lexed<TokenKind<'a>> {
    alt((
        '('.value(TokenKind::Open),
        ')'.value(TokenKind::Close),
        '['.value(TokenKind::OpenBracket),
        ']'.value(TokenKind::CloseBracket),
    ))
    .parse_next(input)
}

fn quoted(input: &mut &str) -> Lexed<String> {
    let escaped = ('\\', any).void();
    let plain = none_of(['"', '\\']).void();
    let inside = repeat::<_, _, (), _, _>(0.., alt((plain, escaped)));
    delimited('"', inside, '"')
        .take()
        .verify_map(|json| serde_json::from_str(json).ok())
        .parse_next(input)
}

fn number(input: &mut &str) -> Lexed<Number> {
    (
        one_of(('-', '0'..='9')),
        take_while(0.., ('0'..='9', '.', 'e', 'E', '+', '-')),
    )
        .take()
        .verify_map(json_number)
        .parse_next(input)
}

fn json_number(json: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(json).ok()?;
    if !number.is_f64() {
        return Some(number);
    }
    // serde_json may miss the nearest float by one; the standard library does not.
    json.parse().ok().and_then(Number::from_f64)
}

fn word<'a>(input: &mut &'a str) -> Lexed<&'a str> {
    (
        one_of(begins_name),
        take_while(0.., |character| {
            continues_name(character) || character == '.'
        }),
    )
        .take()
        .parse_next(input)
}
