//! From settings and parts to an installation that answers.

use platform::Parts;

use crate::configuration;
use crate::settings::Settings;
use crate::state::{Idp, StartError};

impl Idp {
    /// Brings the database and what every environment begins with to this version, and prepares
    /// everything that requests need.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the database or a setting does not work.
    pub async fn start(settings: Settings, parts: Parts) -> Result<Self, StartError> {
        let idp = Self::assemble(settings, parts).await?;
        configuration::bring_up_to_date(&idp, idp.now()).await?;
        Ok(idp)
    }
}
