//! Replaces an application's secret while everybody who holds the former one goes on working.
//!
//! `cargo run -p pingone --example rotate_a_secret`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use pingone::management::Client;
use pingone::{ApplicationId, ApplicationSecret};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Rotates the secret of the first application that has one. The former secret works for an hour.
pub(crate) async fn run(
    pingone: &Client,
) -> Result<(ApplicationId, ApplicationSecret), Box<dyn Error>> {
    let applications = pingone.applications();
    for application in applications.list().all().await? {
        // Public clients have no secret, and a worker may not read its own.
        if !matches!(application.application_type.as_str(), "WEB_APP" | "SERVICE") {
            continue;
        }
        let until = in_an_hour()?;
        let secret = applications
            .rotate_secret_until(application.id, until)
            .await?;
        println!(
            "{}: the former secret works until {until}",
            application.name
        );
        return Ok((application.id, secret));
    }
    Err("no application has a secret".into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example has no clock of its own"
)]
fn in_an_hour() -> Result<Timestamp, jiff::Error> {
    Timestamp::now().checked_add(SignedDuration::from_hours(1))
}
