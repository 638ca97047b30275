//! Constant SQL text and the values bound to it.

use std::{borrow::Cow, fmt};

use crate::value::Value;

/// One SQL statement with its arguments.
///
/// The text is made of `'static` pieces only, so nothing that came from outside can become SQL;
/// placeholders are `$1`, `$2`, … on both engines, each may be used several times and in any order.
///
/// ```
/// use db::Statement;
///
/// let user = "0b8d3b2e-6ac2-4b5a-9d4f-5f0f1d1b9a10";
/// let mut find = Statement::new("SELECT id FROM users WHERE environment_id = $1").bind(user);
/// for word in ["ada", "grace"] {
///     find = find.push(" AND name <> ").push_bind(word);
/// }
/// assert_eq!(
///     find.sql(),
///     "SELECT id FROM users WHERE environment_id = $1 AND name <> $2 AND name <> $3"
/// );
/// ```
#[derive(Clone)]
pub struct Statement {
    sql: Cow<'static, str>,
    arguments: Vec<Value>,
    is_scan: bool,
}

impl Statement {
    /// Begins with this text.
    pub fn new(sql: &'static str) -> Self {
        Self {
            sql: Cow::Borrowed(sql),
            arguments: Vec::new(),
            is_scan: false,
        }
    }

    /// A piece of a migration, whose `'static` text was adapted to an engine.
    pub(crate) fn adapted(sql: String) -> Self {
        Self {
            sql: Cow::Owned(sql),
            arguments: Vec::new(),
            is_scan: false,
        }
    }

    /// Binds the next value: the first call fills `$1`, the second `$2`.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.arguments.push(value.into());
        self
    }

    /// Appends constant text.
    #[must_use]
    pub fn push(mut self, sql: &'static str) -> Self {
        self.sql.to_mut().push_str(sql);
        self
    }

    /// Appends the placeholder after the last one bound, and binds the value to it.
    #[must_use]
    pub fn push_bind(mut self, value: impl Into<Value>) -> Self {
        self.arguments.push(value.into());
        let placeholder = format!("${}", self.arguments.len());
        self.sql.to_mut().push_str(&placeholder);
        self
    }

    /// Says that this may read many rows: lists, filters without an index, exports.
    ///
    /// On SQLite a read runs in the calling task, because finding a row by its key costs
    /// microseconds; a scan goes to a thread and connection of its own instead, so that it holds up
    /// nobody. PostgreSQL makes no difference.
    #[must_use]
    pub fn scan(mut self) -> Self {
        self.is_scan = true;
        self
    }

    /// The text so far.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// How many values are bound: the next [`push_bind`](Self::push_bind) gets the number after it.
    pub fn bound(&self) -> usize {
        self.arguments.len()
    }

    pub(crate) fn arguments(&self) -> &[Value] {
        &self.arguments
    }

    pub(crate) fn is_scan(&self) -> bool {
        self.is_scan
    }
}

impl From<&'static str> for Statement {
    fn from(sql: &'static str) -> Self {
        Self::new(sql)
    }
}

/// The text, and of the values only the kinds.
impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("sql", &self.sql)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}
