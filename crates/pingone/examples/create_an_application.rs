//! Creates a web application that may ask for the scopes of an API of your own.
//!
//! `cargo run -p pingone --example create_an_application`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use pingone::management::Client;
use pingone::{
    Application, ApplicationType, AttributeMapping, GrantTypeName, NewApplication, NewResource,
    NewResourceGrant, NewScope, ResponseTypeName, TokenEndpointAuthMethod,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Creates the API with a scope, the application, its grant, and a claim of its ID tokens.
pub(crate) async fn run(pingone: &Client) -> Result<Application, Box<dyn Error>> {
    let orders = NewResource::new("Orders").audience("https://orders.example");
    let orders = pingone.resources().create(&orders).await?;
    let read = NewScope::new("orders:read");
    let read = pingone.scopes(orders.id).create(&read).await?;

    let method = TokenEndpointAuthMethod::ClientSecretBasic;
    let mut shop = NewApplication::new("Shop", ApplicationType::WebApp, method);
    shop.grant_types = vec![GrantTypeName::AuthorizationCode];
    shop.response_types = vec![ResponseTypeName::Code];
    shop.redirect_uris = vec!["https://shop.example/callback".to_owned()];
    let shop = pingone.applications().create(&shop).await?;

    let grant = NewResourceGrant::new(orders.id, [read.id]);
    pingone.grants(shop.id).create(&grant).await?;
    let claim = AttributeMapping::new("first_name", "${user.name.given}");
    let claims = pingone.application_attributes(shop.id);
    claims.create(&claim).await?;
    println!("client_id {}", shop.id);
    Ok(shop)
}
