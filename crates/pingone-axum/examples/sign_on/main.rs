//! Signs users on at any OpenID provider; see the README beside this file.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

// ANCHOR: main
mod app;

use std::error::Error;

use pingone::auth::{Client, Issuer, RedirectUri};
use pingone::{ClientAuthentication, ClientSecret, Credentials, Transport};

const USAGE: &str = "usage: sign_on ISSUER CLIENT_ID SECRET_FILE [CA_FILE]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let issuer = Issuer::parse(&arguments.next().ok_or(USAGE)?)?;
    let client_id = arguments.next().ok_or(USAGE)?;
    // A file, since arguments can be seen by everybody on the machine.
    let secret = std::fs::read_to_string(arguments.next().ok_or(USAGE)?)?;
    let authentication = ClientAuthentication::ClientSecretBasic(ClientSecret::new(secret.trim()));
    let transport = match arguments.next() {
        Some(file) => Transport::builder()
            .only_trust(std::fs::read(file)?)
            .build()?,
        None => Transport::new()?,
    };
    let client = Client::new(
        issuer,
        Credentials::new(client_id, authentication),
        transport,
    );

    let redirect_uri = RedirectUri::parse("http://localhost:3000/callback")?;
    let app = app::app(client, redirect_uri)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    axum::serve(listener, app).await?;
    Ok(())
}
// ANCHOR_END: main
