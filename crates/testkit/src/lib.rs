//! Everything that integration tests share: a running system, a browser without scripts, a clock
//! to move.
//!
//! Stories stand in the tests, their vocabulary stands here. A step that cannot be taken fails the
//! test at once and says what the page showed instead.
#![expect(
    clippy::panic,
    reason = "an expectation that is not met fails the test"
)]

mod browser;
mod form;
mod mailbox;
mod page;
mod people;
mod sign_on;
mod system;

pub use browser::{Browser, Request};
pub use form::Form;
pub use mailbox::{Mail, Mailbox};
pub use page::Page;
pub use people::Person;
pub use reqwest::{Method, StatusCode};
pub use sign_on::{Authorization, SignedOn, claims, give_credentials};
pub use system::{Preparation, System};

/// Makes aws-lc-rs the cryptography of this process, if nothing has yet.
pub fn install_cryptography() {
    // An error says that another test of this process was first.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}
