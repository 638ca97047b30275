//! Reads what happened in the last hour: who did what to whom.
//!
//! `cargo run -p pingone --example activities`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use pingone::management::Client;
use pingone::{Activity, scim};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Prints the users that were created, newest first.
pub(crate) async fn run(pingone: &Client) -> Result<Vec<Activity>, Box<dyn Error>> {
    let since = scim::compare("recordedAt", scim::Operator::Ge, an_hour_ago()?.to_string());
    let filter = since.and(scim::eq("action.type", "USER.CREATED"));
    let activities = pingone.activities().list().filter(&filter).all().await?;
    for activity in &activities {
        let by = activity
            .actors
            .client
            .as_ref()
            .or(activity.actors.user.as_ref());
        let by = by.and_then(|by| by.name.as_deref()).unwrap_or("somebody");
        for made in &activity.resources {
            let made = made.name.as_deref().unwrap_or("somebody");
            println!("{}  {by} made {made}", activity.recorded_at);
        }
    }
    Ok(activities)
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example has no clock of its own"
)]
fn an_hour_ago() -> Result<Timestamp, jiff::Error> {
    Timestamp::now().checked_sub(SignedDuration::from_hours(1))
}
