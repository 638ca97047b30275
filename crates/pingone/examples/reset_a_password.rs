//! Gives a user who is locked out a password for one sign-on.
//!
//! `cargo run -p pingone --example reset_a_password`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use pingone::management::Client;
use pingone::{NewUser, Password, PasswordState};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Locks a user out by wrong passwords, unlocks them, and sets a password that must be changed.
pub(crate) async fn run(pingone: &Client) -> Result<PasswordState, Box<dyn Error>> {
    let bob = NewUser::new("bob", "bob@example.com").password(Password::new("Sunny-Harbour-42"));
    let bob = pingone.users().create(&bob).await?;
    let passwords = pingone.passwords(bob.id);
    loop {
        match passwords.check(&Password::new("Rainy-Harbour-42")).await {
            Err(error) if error.is_wrong_password() => {
                println!("wrong, {:?} tries left", error.failures_remaining());
            }
            Err(error) if error.is_password_locked_out() => break,
            Err(error) => return Err(error.into()),
            Ok(_) => return Err("that was not the password".into()),
        }
    }

    passwords.unlock().await?;
    let fresh = Password::new("Windy-Harbour-43");
    let state = passwords.set_and_force_change(&fresh).await?;
    println!("{}", state.status);
    Ok(state)
}
