//! Registers a user, and says what is wrong with what they gave, field by field.
//!
//! `cargo run -p pingone --example register_a_user`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use pingone::management::Client;
use pingone::{Name, NewUser, Password, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Creates a user with a password, and has a code mailed that proves the mail address.
pub(crate) async fn run(pingone: &Client) -> Result<User, Box<dyn Error>> {
    let users = pingone.users();
    let weak = NewUser::new("ada", "ada@example.com").password(Password::new("password"));
    match users.create(&weak).await {
        Ok(_) => return Err("the password policy takes anything".into()),
        Err(error) if error.is_policy_violation() => {
            println!("refused, it breaks {:?}", error.unsatisfied_requirements());
        }
        Err(error) if error.is_taken("username") => return Err("choose another name".into()),
        Err(error) => return Err(error.into()),
    }

    let ada = NewUser::new("ada", "ada@example.com")
        .name(Name::new().given("Ada").family("Lovelace"))
        .password(Password::new("Sunny-Harbour-42"));
    let ada = users.create(&ada).await?;
    let ada = users.send_verification_code(ada.id).await?;
    println!("{} is there, and has mail", ada.id);
    Ok(ada)
}
