//! Statements that take effect together or not at all, and what writing gives back.

use crate::{
    error::{Kind, StoreError},
    row::Row,
    statement::Statement,
};

/// What one written statement did.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// How many rows were inserted, updated or deleted; with `RETURNING`, how many came back.
    pub rows_affected: u64,
    /// The rows of `RETURNING`.
    pub rows: Vec<Row>,
}

impl Written {
    /// The first row that came back, for statements that touch one row at most.
    pub fn into_row(self) -> Option<Row> {
        self.rows.into_iter().next()
    }
}

/// Statements run in order inside one transaction.
///
/// What must be true for the others to count is a condition in one statement, made binding by
/// [`require`](Self::require): reading first and writing afterwards would race.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    steps: Vec<Step>,
    changes_schema: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) statement: Statement,
    pub(crate) required_rows: Option<u64>,
}

impl Batch {
    /// A batch without statements.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement that may touch any number of rows.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it adds a step; nobody sums batches"
    )]
    pub fn add(mut self, statement: Statement) -> Self {
        self.steps.push(Step {
            statement,
            required_rows: None,
        });
        self
    }

    /// Adds a statement that must touch exactly this many rows, or the whole batch is rolled back
    /// and [`StoreError::unmet`] tells its position.
    #[must_use]
    pub fn require(mut self, statement: Statement, expected_rows: u64) -> Self {
        self.steps.push(Step {
            statement,
            required_rows: Some(expected_rows),
        });
        self
    }

    /// How many statements it holds: the position that the next one gets.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it holds no statement.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// A batch whose later statements need tables that its earlier ones make: each is prepared only
    /// when its turn comes, and none is kept prepared.
    pub(crate) fn changing_schema() -> Self {
        Self {
            steps: Vec::new(),
            changes_schema: true,
        }
    }

    pub(crate) fn changes_schema(&self) -> bool {
        self.changes_schema
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the single statement's own atomicity is enough.
    pub(crate) fn is_atomic_by_itself(&self) -> bool {
        matches!(
            self.steps.as_slice(),
            [] | [Step {
                required_rows: None,
                ..
            }]
        )
    }
}

impl From<Statement> for Batch {
    fn from(statement: Statement) -> Self {
        Self::new().add(statement)
    }
}

impl Step {
    /// Holds what the statement did against what was required.
    pub(crate) fn judge(&self, index: usize, written: &Written) -> Result<(), StoreError> {
        match self.required_rows {
            Some(expected) if expected != written.rows_affected => {
                Err(StoreError::new(Kind::Unmet {
                    index,
                    expected,
                    found: written.rows_affected,
                }))
            }
            _ => Ok(()),
        }
    }
}
