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
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// for population in pingone.populations().list().all().await? {
    ///     println!("{}: {} users", population.name, population.user_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, Population> {
        List::new(self.client, self.client.path("populations"))
    }

    /// Reads a population.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such population.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, PopulationId};
    /// # async fn example(pingone: management::Client, customers: PopulationId) -> Result<(), Error> {
    /// println!("{}", pingone.populations().load(customers).await?.name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load(&self, population: PopulationId) -> Result<Population, Error> {
        let path = self.client.path(&format!("populations/{population}"));
        self.client.send(Method::GET, path).fetch().await
    }
}
