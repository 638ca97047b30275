//! A write: statements that take effect together, and what caches must forget afterwards.

use db::{Batch, Statement};
use uuid::Uuid;

use crate::caches::Touched;

/// Statements that take effect together. The audit log's `commit` is the only way to carry them
/// out, so no write misses the log or leaves a stale cache.
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
