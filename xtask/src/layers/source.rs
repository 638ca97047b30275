//! What one file of Rust imports: a reader of paths, not of the whole language.
//!
//! Comments, texts and lifetimes are passed over, and so is what only tests see. What is left is
//! looked through for `use` and for paths that stand in the middle of the code.

/// What a file says about its neighbours.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Every path, in the order of the text.
    pub(super) paths: Vec<Path>,
    /// Modules that it declares for tests alone, by name.
    pub(super) test_modules: Vec<String>,
}

/// One path that may lead to another file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// Its words as written, `crate` and `super` among them; `*` for everything in a module.
    pub(super) words: Vec<String>,
    /// The modules within the file in which it stands.
    pub(super) inside: Vec<String>,
    /// The name under which a `use` makes it known; absent for a path in the code.
    pub(super) known_as: Option<String>,
    /// The line, counted from 1.
    pub(super) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Separator,
    Sign(char),
}

/// Reads a file.
pub(super) fn read(text: &str) -> Source {
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        source: Source::default(),
        modules: Vec::new(),
        depth: 0,
    };
    reader.read();
    reader.source
}

struct Reader<'a> {
    tokens: &'a [(Token<'a>, usize)],
    at: usize,
    source: Source,
    /// The modules around the current place that have a body in this file, with their depth.
    modules: Vec<(String, usize)>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn token(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).map(|(token, _)| *token)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |(_, line)| *line)
    }

    fn is(&self, ahead: usize, expected: &[Token<'_>]) -> bool {
        expected
            .iter()
            .enumerate()
            .all(|(n, token)| self.token(ahead + n) == Some(*token))
    }

    fn read(&mut self) {
        while let Some(token) = self.token(0) {
            match token {
                Token::Sign('#') if self.is_for_tests() => self.pass_over_item(),
                Token::Sign('{') => {
                    self.depth += 1;
                    self.at += 1;
                }
                Token::Sign('}') => {
                    self.depth = self.depth.saturating_sub(1);
                    self.modules.pop_if(|(_, depth)| *depth == self.depth);
                    self.at += 1;
                }
                Token::Word("mod") => {
                    if let Some(Token::Word(name)) = self.token(1)
                        && self.token(2) == Some(Token::Sign('{'))
                    {
                        self.modules.push((name.to_owned(), self.depth));
                    }
                    self.at += 1;
                }
                // `impl Trait + use<'a>` is no import.
                Token::Word("use") if self.token(1) != Some(Token::Sign('<')) => {
                    self.at += 1;
                    self.tree(&[]);
                }
                Token::Word(_) => self.path(),
                _ => self.at += 1,
            }
        }
    }

    /// Whether an attribute begins here that leaves what follows to tests.
    fn is_for_tests(&self) -> bool {
        let cfg = [
            Token::Sign('#'),
            Token::Sign('['),
            Token::Word("cfg"),
            Token::Sign('('),
        ];
        let only = [Token::Word("test"), Token::Sign(')')];
        let all = [Token::Word("all"), Token::Sign('('), Token::Word("test")];
        self.is(0, &cfg) && (self.is(4, &only) || self.is(4, &all))
    }

    /// Passes over attributes and the item behind them.
    fn pass_over_item(&mut self) {
        while self.token(0) == Some(Token::Sign('#')) {
            self.at += 1;
            self.pass_over_group();
        }
        let mut is_import = false;
        let mut module = false;
        while let Some(token) = self.token(0) {
            match token {
                Token::Sign(';') => {
                    self.at += 1;
                    return;
                }
                // The end of what is around: the attribute stood before a field or a variant.
                Token::Sign('}' | ')' | ']') => return,
                Token::Sign('{') => {
                    self.pass_over_group();
                    if !is_import {
                        return;
                    }
                }
                Token::Sign('(' | '[') => self.pass_over_group(),
                Token::Word(word) => {
                    if std::mem::take(&mut module) {
                        self.source.test_modules.push(word.to_owned());
                    }
                    is_import |= word == "use";
                    module = word == "mod";
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Passes over a bracket and everything up to the one that closes it.
    fn pass_over_group(&mut self) {
        let mut open = 0_usize;
        while let Some(token) = self.token(0) {
            self.at += 1;
            match token {
                Token::Sign('(' | '[' | '{') => open += 1,
                Token::Sign(')' | ']' | '}') => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }

    /// Reads a tree of imports, `a::{b, c as d}`, whose words so far are `before`.
    fn tree(&mut self, before: &[String]) {
        let line = self.line();
        let mut words = before.to_vec();
        let mut known_as = None;
        loop {
            match self.token(0) {
                Some(Token::Word("as")) => {
                    if let Some(Token::Word(name)) = self.token(1) {
                        known_as = Some(name.to_owned());
                    }
                    self.at += 2;
                }
                Some(Token::Word("self")) if !words.is_empty() => self.at += 1,
                Some(Token::Word(word)) => {
                    words.push(word.to_owned());
                    self.at += 1;
                }
                Some(Token::Sign('*')) => {
                    words.push("*".to_owned());
                    self.at += 1;
                }
                Some(Token::Separator) => self.at += 1,
                Some(Token::Sign('{')) => {
                    self.at += 1;
                    while !matches!(self.token(0), None | Some(Token::Sign('}'))) {
                        self.tree(&words);
                        if self.token(0) == Some(Token::Sign(',')) {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                _ => break,
            }
        }
        // Something that is no import ends where it stands; it must not be read for ever.
        if words.len() == before.len() && known_as.is_none() && !self.ends_a_tree() {
            self.at += 1;
        }
        let known_as = known_as.or_else(|| words.last().cloned());
        self.add(words, known_as, line);
    }

    fn ends_a_tree(&self) -> bool {
        matches!(self.token(0), Some(Token::Sign(',' | '}' | ';')))
    }

    /// Reads a word, and the path that it begins.
    fn path(&mut self) {
        let (begin, line) = (self.at, self.line());
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.token(0) {
            words.push(word.to_owned());
            self.at += 1;
            if self.token(0) != Some(Token::Separator) {
                break;
            }
            self.at += 1;
        }
        // `::std::…` and `Self::…::name` begin elsewhere.
        let goes_on =
            begin > 0 && matches!(self.tokens.get(begin - 1), Some((Token::Separator, _)));
        if words.len() > 1 && !goes_on {
            self.add(words, None, line);
        }
    }

    fn add(&mut self, words: Vec<String>, known_as: Option<String>, line: usize) {
        self.source.paths.push(Path {
            words,
            inside: self.modules.iter().map(|(name, _)| name.clone()).collect(),
            known_as,
            line,
        });
    }
}

/// The words and signs of a text with their lines, without comments, texts and lifetimes.
fn tokens(text: &str) -> Vec<(Token<'_>, usize)> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = literal(rest) {
            length
        } else if first == '\'' {
            quote(rest)
        } else if let Some(name) = rest.strip_prefix("r#") {
            let length = word(name);
            tokens.push((Token::Word(head(name, length)), line));
            2 + length
        } else if is_of_word(first) {
            let length = word(rest);
            tokens.push((Token::Word(head(rest, length)), line));
            length
        } else if rest.starts_with("::") {
            tokens.push((Token::Separator, line));
            2
        } else {
            if !first.is_whitespace() {
                tokens.push((Token::Sign(first), line));
            }
            first.len_utf8()
        };
        let (passed, left) = rest.split_at_checked(length).unwrap_or((rest, ""));
        line += passed.matches('\n').count();
        rest = left;
    }
    tokens
}

fn head(text: &str, length: usize) -> &str {
    text.split_at_checked(length).map_or(text, |(head, _)| head)
}

fn is_of_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The length of the word at the start of a text.
fn word(text: &str) -> usize {
    text.find(|c| !is_of_word(c)).unwrap_or(text.len())
}

/// The length of the comment at the start of a text; comments stand in comments.
fn block_comment(text: &str) -> usize {
    let mut open = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match (before, c) {
            ('/', '*') => open += 1,
            ('*', '/') => open = open.saturating_sub(1),
            _ => {
                before = c;
                continue;
            }
        }
        // A sign belongs to one mark only: `/*/` opens and does not close.
        before = ' ';
        if open == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// The length of the text literal at the start of a text, if one stands there.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let marked = text.strip_prefix(prefix)?;
    let hashes = marked.len() - marked.trim_start_matches('#').len();
    if prefix.ends_with('r') {
        let body = prefix.len() + hashes + 1;
        let end = format!("\"{}", "#".repeat(hashes));
        let found = text.get(body..)?.find(&end);
        return Some(found.map_or(text.len(), |found| body + found + end.len()));
    }
    if hashes > 0 {
        return None;
    }
    let mut is_escaped = false;
    for (at, c) in marked.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return Some(prefix.len() + at + 1),
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    Some(text.len())
}

/// The length of the character or lifetime that a quote begins.
fn quote(text: &str) -> usize {
    let mut signs = text.char_indices().skip(1);
    match signs.next() {
        Some((_, '\\')) => {
            // What is escaped may be a quote.
            signs.next();
            signs
                .find(|(_, c)| *c == '\'')
                .map_or(text.len(), |(at, _)| at + 1)
        }
        Some((_, _)) => match signs.next() {
            Some((at, '\'')) => at + 1,
            _ => 1 + word(text.get(1..).unwrap_or_default()),
        },
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let written = |path: &Path| {
            let line = path.line;
            let mut text = format!("{line} {}", path.words.join("::"));
            if let Some(name) = &path.known_as {
                text = format!("{text} as {name}");
            }
            text
        };
        read(text).paths.iter().map(written).collect()
    }

    #[test]
    fn every_leaf_of_a_group_is_an_import_of_its_own() {
        assert_eq!(
            paths("use crate::{\n    a::{b, c as d},\n    e::{self, F},\n    g::*,\n};"),
            [
                "2 crate::a::b as b",
                "2 crate::a::c as d",
                "3 crate::e as e",
                "3 crate::e::F as F",
                "4 crate::g::* as *",
            ]
        );
    }

    #[test]
    fn a_path_in_the_code_counts_and_one_word_does_not() {
        assert_eq!(
            paths("fn f() {\n    let x = crate::a::b(y);\n    super::c::D::new(x, y)\n}"),
            ["2 crate::a::b", "3 super::c::D::new"]
        );
    }

    #[test]
    fn comments_and_texts_import_nothing() {
        let text = r##"
            // use crate::a;
            /* use crate::b; /* crate::c::d */ use crate::e; */
            /// [`crate::f::G`]
            const A: &str = "use crate::h; \" crate::i::j";
            const B: &str = r#"crate::k::l " crate::m::n"#;
            const C: [u8; 2] = [b'"', b'\''];
            const D: &[u8] = b"crate::o::p";
        "##;
        assert_eq!(paths(text), [""; 0]);
    }

    #[test]
    fn lifetimes_and_characters_hide_nothing_behind_them() {
        assert_eq!(
            paths("fn f<'a>(x: &'a str) { g('\"', '\\'', '\u{e9}'); crate::a::b(\"\") }"),
            ["1 crate::a::b"]
        );
    }

    #[test]
    fn what_only_tests_see_is_passed_over() {
        let text = "
            #[cfg(test)]
            mod fixtures;
            #[cfg(test)]
            use crate::{a::b, c};
            #[cfg(test)]
            #[expect(unused, reason = \"}\")]
            mod tests { use crate::d; fn f() { crate::e::f(); } }
            use crate::g;
        ";
        assert_eq!(paths(text), ["9 crate::g as g"]);
        assert_eq!(read(text).test_modules, ["fixtures", "tests"]);
    }

    #[test]
    fn a_path_knows_the_module_around_it() {
        let text = "mod a { mod b { use super::c; } use super::d; } use super::e;";
        let inside: Vec<_> = read(text)
            .paths
            .into_iter()
            .map(|path| path.inside.join("::"))
            .collect();
        assert_eq!(inside, ["a::b", "a", ""]);
    }
}
