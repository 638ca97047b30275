//! What stands around a program in its tests: a browser without scripts, and a small PingOne.
//!
//! It depends on none of the programs, so that each can be tested with it. A step that cannot be
//! taken fails the test at once and says what the page showed instead.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "an expectation that is not met fails the test"
)]

pub mod browser;
pub mod provider;

pub use browser::{Browser, Form, Page, Request};
pub use provider::Provider;
pub use reqwest::{Method, StatusCode};

/// Makes aws-lc-rs the cryptography of this process, if nothing has yet.
pub fn install_cryptography() {
    // An error says that another test of this process was first.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}
