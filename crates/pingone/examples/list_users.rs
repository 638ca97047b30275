//! Reads all users whom a filter matches, page by page, as a stream.
//!
//! `cargo run -p pingone --example list_users`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use futures_util::TryStreamExt as _;
use pingone::management::Client;
use pingone::scim;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Prints the users whose name begins with `a`, and says how many there are.
///
/// The stream fetches a page when the one before is used up, so it takes as little memory for a
/// million users as for ten.
pub(crate) async fn run(pingone: &Client) -> Result<usize, Box<dyn Error>> {
    let filter = scim::sw("username", "a");
    let users = pingone.users().list().filter(&filter).limit(2).stream();
    let mut users = std::pin::pin!(users);
    let mut count = 0;
    while let Some(user) = users.try_next().await? {
        println!("{}  {}", user.id, user.username.unwrap_or_default());
        count += 1;
    }
    Ok(count)
}
