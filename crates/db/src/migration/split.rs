//! Cutting a file into statements at the semicolons that end one.

/// The statements of a file, trimmed, without those that are only comments.
pub(super) fn statements(file: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let (statement, after) = cut(rest);
        if has_code(statement) {
            found.push(statement.trim());
        }
        rest = after;
    }
    found
}

/// What stands before the first semicolon that ends a statement, and what stands behind it.
fn cut(text: &str) -> (&str, &str) {
    let mut position = 0;
    while let Some(rest) = text.get(position..).filter(|rest| !rest.is_empty()) {
        if let Some(after) = rest.strip_prefix(';') {
            return (text.get(..position).unwrap_or_default(), after);
        }
        position += token(rest).0;
    }
    (text, "")
}

fn has_code(statement: &str) -> bool {
    let mut rest = statement;
    while !rest.is_empty() {
        let (length, is_code) = token(rest);
        if is_code {
            return true;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    false
}

/// How many bytes the next token takes, and whether it is code rather than space or comment. A
/// string, a quoted name and a comment are one token each; everything else is taken by character.
fn token(rest: &str) -> (usize, bool) {
    let until = |from: usize, end: &str| {
        let found = rest.get(from..).and_then(|inner| inner.find(end));
        found.map_or(rest.len(), |at| from + at + end.len())
    };
    match rest.chars().next() {
        None => (0, false),
        _ if rest.starts_with("--") => (until(2, "\n"), false),
        _ if rest.starts_with("/*") => (until(2, "*/"), false),
        // A doubled quote inside reads as two strings side by side, which ends at the same place.
        Some('\'') => (until(1, "'"), true),
        Some('"') => (until(1, "\""), true),
        Some(other) => (other.len_utf8(), !other.is_whitespace()),
    }
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn semicolons_end_statements() {
        assert_eq!(
            statements("CREATE TABLE a (b TEXT);\nDROP TABLE c ;"),
            ["CREATE TABLE a (b TEXT)", "DROP TABLE c"]
        );
    }

    #[test]
    fn semicolons_in_strings_names_and_comments_do_not() {
        let file = "-- one; two\nINSERT INTO t VALUES ('a;''b;', \"c;d\" /* e; */); -- f; g\n";

        assert_eq!(
            statements(file),
            ["-- one; two\nINSERT INTO t VALUES ('a;''b;', \"c;d\" /* e; */)"]
        );
    }

    #[test]
    fn a_quote_in_a_comment_opens_no_string() {
        assert_eq!(
            statements("SELECT 1; -- it's\nSELECT 2;"),
            ["SELECT 1", "-- it's\nSELECT 2"]
        );
    }

    #[test]
    fn the_last_statement_needs_no_semicolon_and_comments_alone_are_none() {
        assert_eq!(
            statements("SELECT 'é';;\n/* ; */ ;\nSELECT 2"),
            ["SELECT 'é'", "SELECT 2"]
        );
        assert_eq!(statements(" -- nothing\n"), Vec::<&str>::new());
    }
}
