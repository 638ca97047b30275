//! A PingOne environment of its own for each test: seed, clock, faults, mails.
//!
//! [`Environment::start`] starts the program `latchkey`, which `LATCHKEY` names or the `PATH` has, on
//! free ports and with data that goes with it. Nothing is shared between two of them.
//!
//! ```no_run
//! use jiff::SignedDuration;
//! use latchkey_testkit::{Application, Environment, Fault, User};
//!
//! # async fn example() -> Result<(), latchkey_testkit::Error> {
//! let shop = Application::web("Shop", "https://shop.example/callback");
//! let environment = Environment::builder()
//!     .user(User::new("ada", "Sunny-Harbour-42"))
//!     .application(shop.clone())
//!     .start()
//!     .await?;
//!
//! // What is tested gets `environment.issuer()`, `shop.client_id()` and `shop.secret()`, and sends
//! // its user to an address, which a browser opens.
//! # let address = "";
//! let mut browser = environment.browser()?;
//! browser.open(address).await?;
//! let flow = browser.sign_on("ada", "Sunny-Harbour-42").await?;
//! let callback = browser.return_to_application(&flow).await?;
//!
//! environment.advance(SignedDuration::from_hours(1)).await?;
//! environment.fail(Fault::status(503).at("/{environment}/as/token")).await?;
//! let mail = environment.mail_to("ada@example.com").await?;
//! # Ok(())
//! # }
//! ```

/// The code of the introduction, which is compiled with the examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Introduction;

mod browser;
mod control;
mod environment;
mod error;
mod mail;
mod program;
mod seed;
mod time;

pub use self::browser::{Browser, Flow};
pub use self::control::{Fault, Received};
pub use self::environment::{Builder, Environment, NO_LIMITS};
pub use self::error::Error;
pub use self::mail::Mail;
pub use self::seed::{Application, User};
