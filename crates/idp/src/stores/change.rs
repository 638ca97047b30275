//! What is to be written. Stores make these; carrying them out is for `core::commit` alone.
//!
//! A [`Change`] is what nearly every write is. A [`Claim`] is one statement whose caller needs what
//! it came to: a code that is used up, a try that is counted.

use std::fmt;

use db::{Batch, Statement, StoreError, Written};
use uuid::Uuid;

use crate::caches::Touched;

/// Statements that take effect together, and what caches must forget afterwards.
#[derive(Debug, Default)]
#[must_use = "a change does nothing before it is committed"]
pub(crate) struct Change {
    steps: Vec<Step>,
    touched: Vec<Uuid>,
    touches_everything: bool,
}

#[derive(Debug)]
struct Step {
    statement: Statement,
    must_touch_one_row: bool,
}

impl Change {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One statement, however many rows it touches.
    pub(crate) fn of(statement: Statement) -> Self {
        Self::new().add(statement)
    }

    /// One statement that must touch one row.
    pub(crate) fn of_one(statement: Statement) -> Self {
        Self::new().require_one(statement)
    }

    /// How many statements there are: the number that the next one gets in what tells that a
    /// requirement was not met.
    pub(crate) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Adds a statement, however many rows it touches.
    pub(crate) fn add(mut self, statement: Statement) -> Self {
        self.steps.push(Step {
            statement,
            must_touch_one_row: false,
        });
        self
    }

    /// Adds all of another change.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self.touched.extend(other.touched);
        self.touches_everything |= other.touches_everything;
        self
    }

    /// Adds statements, however many rows they touch.
    pub(crate) fn add_all(self, statements: impl IntoIterator<Item = Statement>) -> Self {
        statements.into_iter().fold(self, Self::add)
    }

    /// Adds a statement that must touch one row; otherwise nothing of the change takes effect.
    pub(crate) fn require_one(mut self, statement: Statement) -> Self {
        self.steps.push(Step {
            statement,
            must_touch_one_row: true,
        });
        self
    }

    /// What is cached under this id is forgotten.
    pub(crate) fn touching(mut self, id: impl Into<Uuid>) -> Self {
        self.touched.push(id.into());
        self
    }

    /// Everything that is cached is forgotten.
    pub(crate) fn touching_everything(mut self) -> Self {
        self.touches_everything = true;
        self
    }

    /// The batch, and what must be forgotten once it was tried.
    pub(crate) fn into_parts(self) -> (Batch, Touched) {
        let batch = self.steps.into_iter().fold(Batch::new(), |batch, step| {
            if step.must_touch_one_row {
                batch.require(step.statement, 1)
            } else {
                batch.add(step.statement)
            }
        });
        let touched = if self.touches_everything {
            Touched::Everything
        } else {
            Touched::Ids(self.touched)
        };
        (batch, touched)
    }
}

/// A statement that uses something up, or counts, for one caller alone, and what its rows say.
///
/// What must hold is a condition in the statement: of several at once, one finds it true.
#[must_use = "a claim does nothing before it is committed"]
pub(crate) struct Claim<T> {
    statement: Statement,
    action: &'static str,
    outcome: Outcome<T>,
}

/// How what a statement did is read.
type Outcome<T> = fn(Written) -> Result<T, StoreError>;

impl<T> Claim<T> {
    /// A statement, what is attempted with it, and how what it did is read.
    pub(super) fn new(action: &'static str, statement: Statement, outcome: Outcome<T>) -> Self {
        Self {
            statement,
            action,
            outcome,
        }
    }

    /// The statement, what is attempted, and how what it did is read.
    pub(crate) fn into_parts(self) -> (Statement, &'static str, Outcome<T>) {
        (self.statement, self.action, self.outcome)
    }
}

impl<T> fmt::Debug for Claim<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claim").field(&self.action).finish()
    }
}
