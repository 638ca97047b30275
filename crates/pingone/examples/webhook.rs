//! Has an address told of every user that comes and goes.
//!
//! `cargo run -p pingone --example webhook`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use pingone::management::Client;
use pingone::{HttpEndpoint, Object, Subscription, SubscriptionId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Subscribes an address. Its requests carry a header by which the receiver knows them.
pub(crate) async fn run(
    pingone: &Client,
) -> Result<Object<SubscriptionId, Subscription>, Box<dyn Error>> {
    let endpoint = HttpEndpoint::new("https://hooks.example/pingone")
        .header("Authorization", "Bearer a-secret-of-both-sides");
    let actions = ["USER.CREATED", "USER.DELETED", "USER.UPDATED"];
    let users = Subscription::new("Comings and goings", endpoint, actions);
    let users = pingone.subscriptions().create(&users).await?;
    println!("subscription {}", users.id);
    Ok(users)
}
