//! How pages and mails look to somebody of whom the population is known.

use std::sync::Arc;

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{EnvironmentId, PopulationId};

use super::Core;
use crate::stores::populations::Populations;
use crate::stores::themes::Looks;

impl Core {
    /// The theme of the population where it has one, and the environment's default otherwise.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub(crate) async fn look(
        &self,
        environment: EnvironmentId,
        population: Option<PopulationId>,
        now: Timestamp,
    ) -> Result<Arc<Looks>, StoreError> {
        let population = match population {
            Some(id) => Populations::new(self.db()).find(environment, id).await?,
            None => None,
        };
        let theme = population.and_then(|population| population.more.theme);
        self.themes().look(environment, theme, now).await
    }
}
