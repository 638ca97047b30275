//! A shop, one customer, and an hour that passes: what a test of an application does.
//!
//! ```sh
//! LATCHKEY=target/release/latchkey cargo run --package latchkey-testkit --example a_customer_signs_on
//! ```

use std::error::Error;

use jiff::SignedDuration;
use latchkey_testkit::{Application, Environment, User};
use pingone::auth::{AuthorizationRequest, FormParams, RedirectUri, Scopes};

async fn a_shop_with_one_customer(
    shop: &Application,
) -> Result<Environment, latchkey_testkit::Error> {
    Environment::builder()
        .user(User::new("ada", "Sunny-Harbour-42"))
        .application(shop.clone())
        .start()
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let callback = "https://shop.example/callback";
    let shop = Application::web("Shop", callback);
    let environment = a_shop_with_one_customer(&shop).await?;

    // What the shop does, by its own OpenID Connect library.
    let client = environment.client(&shop);
    let request = AuthorizationRequest::new(RedirectUri::parse(callback)?);
    let request = request.scopes(Scopes::parse("openid email")?);
    let authorization = client.authorize(&request).await?;

    // What its customer does.
    let mut browser = environment.browser()?;
    browser.open(authorization.url.as_str()).await?;
    let flow = browser.sign_on("ada", "Sunny-Harbour-42").await?;
    let back = browser.return_to_application(&flow).await?;

    let answer = FormParams::parse(back.query().unwrap_or_default().as_bytes())?;
    let response = client.receive(authorization.pending, &answer)?;
    let tokens = client.complete(response).await?;
    let (Some(token), Some(identity)) = (tokens.access_token, tokens.identity) else {
        return Err("the environment gave no tokens".into());
    };
    let subject = identity.claims.subject();
    client.userinfo(&token, subject).await?;
    environment.advance(SignedDuration::from_hours(1)).await?;
    let over = client.userinfo(&token, subject).await.is_err();
    assert!(over, "an hour later the token is over");
    Ok(())
}
