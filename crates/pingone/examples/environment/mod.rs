//! The environment that the variables of an environment file name.
//!
//! ```text
//! latchkey up --env-file test.env &
//! set -a; . ./test.env; set +a
//! cargo run -p pingone --example register_a_user
//! ```
//!
//! For PingOne itself, give the same variables: `AUTH_URL=https://auth.pingone.eu/`,
//! `API_URL=https://api.pingone.eu/v1/`, `ENVIRONMENT_ID`, `WORKER_CLIENT_ID`,
//! `WORKER_CLIENT_SECRET`.

use std::error::Error;

use pingone::management::Client;
use pingone::{
    ClientAuthentication, ClientSecret, Credentials, Endpoints, EnvironmentId, Transport,
};

/// A client that acts as the worker application.
pub(crate) fn connect() -> Result<Client, Box<dyn Error>> {
    let endpoints = Endpoints::new(&variable("AUTH_URL")?, &variable("API_URL")?)?;
    let environment = EnvironmentId::parse(&variable("ENVIRONMENT_ID")?)?;
    let secret = ClientSecret::new(variable("WORKER_CLIENT_SECRET")?);
    let worker = Credentials::new(
        variable("WORKER_CLIENT_ID")?,
        ClientAuthentication::ClientSecretBasic(secret),
    );
    let mut transport = Transport::builder();
    // The authority of an environment on your own machine.
    match variable("CA_FILE") {
        Ok(file) if !file.is_empty() => transport = transport.only_trust(std::fs::read(file)?),
        _ => {}
    }
    let transport = transport.build()?;
    Ok(Client::new(&endpoints, environment, worker, transport))
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example is configured by variables"
)]
fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("the variable {name} is not set"))
}
