//! Carrying writes out: the one place that holds the database's writing side. Stores have its
//! reading side alone, and make a [`Change`] or a [`Claim`] of what is to be written.

use db::StoreError;

use super::Core;
use crate::stores::change::{Change, Claim};

impl Change {
    /// Writes what the audit log does not tell of; ARCHITECTURE.md says what that is.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when nothing was written; `unmet` tells which requirement was not met.
    pub(crate) async fn commit_unrecorded(self, core: &Core) -> Result<(), StoreError> {
        let (batch, touched) = self.into_parts();
        let written = core.db.batch(batch).await;
        // After a failure too: whether an unanswered write took place is not known.
        core.forget(&touched);
        written.map(drop)
    }
}

impl<T> Claim<T> {
    /// Writes it and gives what it came to. The audit log does not tell of it: what follows from it
    /// is a [`Change`] of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer. Whether something was used up is then unknown.
    pub(crate) async fn commit_unrecorded(self, core: &Core) -> Result<T, StoreError> {
        let (statement, action, outcome) = self.into_parts();
        let written = core.db.write(statement).await;
        outcome(written.map_err(StoreError::during(action))?)
    }
}
