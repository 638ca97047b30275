//! Why the database did not do what it was asked: one opaque error with predicates.
//!
//! A store decides by the predicates (taken, unavailable, a requirement unmet); whoever logs prints
//! the chain of sources. Neither holds a bound value: arguments are secrets and personal data.

use std::{error::Error, fmt, sync::Arc};

/// What went wrong in the database.
///
/// Cheap to clone: one failed commit is the answer to every job that shared it.
#[derive(Clone)]
pub struct StoreError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    action: Option<&'static str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kinds that the predicates tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Two transactions got in each other's way and this one was ended; it may be run again.
    Conflict,
    /// A check, a missing value: the row contradicts the schema.
    Constraint,
    /// The row names another row that is not there, or is still named by one.
    ForeignKey,
    /// No room left on the disk.
    Full,
    /// What is stored is not what the program expects.
    Inconsistent(String),
    /// The schema and the program do not fit together, or the settings are wrong.
    Refused(String),
    /// The statement itself is wrong: a defect of the program.
    Statement,
    /// Busy, gone or too slow; the same call may succeed later.
    Unavailable(&'static str),
    /// A key or a unique index has this value already.
    UniqueViolation,
    /// The statement with this position in the batch touched another number of rows than required.
    Unmet {
        index: usize,
        expected: u64,
        found: u64,
    },
}

impl StoreError {
    /// Whether a row with the same key, or the same value under a unique index, exists already.
    pub fn is_unique_violation(&self) -> bool {
        self.0.kind == Kind::UniqueViolation
    }

    /// Whether the row refers to one that does not exist, or is itself still referred to.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.0.kind == Kind::ForeignKey
    }

    /// Whether the database is busy, gone or too slow: answer 503, and trying again may help.
    ///
    /// Whether a write took place is then unknown.
    pub fn is_unavailable(&self) -> bool {
        matches!(self.0.kind, Kind::Conflict | Kind::Unavailable(_))
    }

    /// Whether the disk of the database is full: nothing was written, reading still works.
    pub fn is_full(&self) -> bool {
        self.0.kind == Kind::Full
    }

    /// The position in the batch of the statement whose [`require`](crate::Batch::require) was not
    /// met; the whole batch was rolled back.
    pub fn unmet(&self) -> Option<usize> {
        match self.0.kind {
            Kind::Unmet { index, .. } => Some(index),
            _ => None,
        }
    }

    /// Names what was attempted, as in `.map_err(StoreError::during("redeem a code"))`.
    ///
    /// The kind stays what it is. The innermost name wins: it knows most.
    pub fn during(action: &'static str) -> impl Fn(Self) -> Self {
        move |mut error| {
            error.0.action.get_or_insert(action);
            error
        }
    }

    /// Reports that a stored value is not what the program wrote or expects; `what` names the
    /// column and the rule, never the value.
    pub fn inconsistent(what: impl Into<String>) -> Self {
        Self::new(Kind::Inconsistent(what.into()))
    }

    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            action: None,
            source: None,
        }))
    }

    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::new(Kind::Refused(why.into()))
    }

    pub(crate) fn unavailable(why: &'static str) -> Self {
        Self::new(Kind::Unavailable(why))
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Whether the connection it came over is better not used again.
    pub(crate) fn breaks_connection(&self) -> bool {
        matches!(self.0.kind, Kind::Unavailable(_))
    }

    pub(crate) fn is_conflict(&self) -> bool {
        self.0.kind == Kind::Conflict
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(action) = self.0.action {
            write!(f, "could not {action}: ")?;
        }
        match &self.0.kind {
            Kind::Conflict => f.write_str("other writers were in the way; try again"),
            Kind::Constraint => f.write_str("the row breaks a rule of its table"),
            Kind::ForeignKey => f.write_str("the row refers to a missing one, or is referred to"),
            Kind::Full => f.write_str("the disk of the database is full; make room"),
            Kind::Inconsistent(what) => write!(f, "the stored data is not as expected: {what}"),
            Kind::Refused(why) => f.write_str(why),
            Kind::Statement => f.write_str("the database did not accept the statement"),
            Kind::Unavailable(why) => write!(f, "the database is not available: {why}"),
            Kind::UniqueViolation => f.write_str("a row with this key exists already"),
            Kind::Unmet {
                index,
                expected,
                found,
            } => write!(
                f,
                "statement {index} of the batch should touch {expected} rows and touched {found}"
            ),
        }
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError")
            .field("kind", &self.0.kind)
            .field("action", &self.0.action)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_action_is_named_and_the_kind_stays() {
        let error = StoreError::new(Kind::UniqueViolation);

        let error =
            StoreError::during("register a user")(StoreError::during("insert a row")(error));

        assert!(error.is_unique_violation());
        assert_eq!(
            error.to_string(),
            "could not insert a row: a row with this key exists already"
        );
    }

    #[test]
    fn the_cause_is_the_source_and_not_part_of_the_text() {
        let error = StoreError::unavailable("the connection was lost").because("reset by peer");

        assert!(error.is_unavailable());
        assert_eq!(
            error.to_string(),
            "the database is not available: the connection was lost"
        );
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("reset by peer")
        );
    }
}
