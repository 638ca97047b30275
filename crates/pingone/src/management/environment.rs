//! The environment itself (PingOne, "Environments").

use http::Method;
use protocol::pingone::Environment;

use super::Client;
use crate::Error;

impl Client {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such environment.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// println!("{}", pingone.environment().await?.name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn environment(&self) -> Result<Environment, Error> {
        let path = format!("v1/environments/{}", self.environment_id());
        self.send(Method::GET, path).fetch().await
    }
}
