//! Populations (PingOne, "Populations").

use http::Method;
use protocol::id::PopulationId;
use protocol::pingone::Population;

use super::{Client, List};
use crate::Error;

/// The populations of an environment.
#[derive(Clone, Copy, Debug)]
pub struct Populations<'a> {
    client: &'a Client,
}

impl<'a> Populations<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All populations, or those that a filter matches (`id eq`, `name eq`, `name sw`).
    pub fn list(&self) -> List<'a, Population> {
        List::new(self.client, self.client.path("populations"))
    }

    /// Reads a population.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such population.
    pub async fn load(&self, population: PopulationId) -> Result<Population, Error> {
        let path = self.client.path(&format!("populations/{population}"));
        self.client.send(Method::GET, path).fetch().await
    }
}
