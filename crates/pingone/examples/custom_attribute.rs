//! Gives users an attribute of the environment's own, and finds them by it.
//!
//! `cargo run -p pingone --example custom_attribute`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use pingone::management::Client;
use pingone::{NewUser, SchemaAttribute, User, UserPatch, scim};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Makes an attribute with two values, gives one to a new user, and lists who has it.
pub(crate) async fn run(pingone: &Client) -> Result<Vec<User>, Box<dyn Error>> {
    let schema = pingone.schemas().load_user().await?;
    let watch = SchemaAttribute::text("watch").one_of(["port", "starboard"]);
    pingone.schema_attributes(schema.id).create(&watch).await?;

    let grace = NewUser::new("grace", "grace@example.com");
    let grace = pingone.users().create(&grace).await?;
    let mut patch = UserPatch::default();
    patch.attributes.insert("watch".to_owned(), "port".into());
    pingone.users().update(grace.id, &patch).await?;

    // The schema refuses what is none of its values.
    patch.attributes.insert("watch".to_owned(), "bow".into());
    match pingone.users().update(grace.id, &patch).await {
        Ok(_) => return Err("the schema takes anything".into()),
        Err(error) => println!("refused: {error}"),
    }

    let filter = scim::eq("watch", "port");
    let found = pingone.users().list().filter(&filter).all().await?;
    println!("{} on watch", found.len());
    Ok(found)
}
