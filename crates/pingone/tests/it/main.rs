//! Tests of the client against a server that gives recorded and odd answers.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test may fail the test"
)]

mod callback;
mod embedded;
mod keys;
mod management;
mod outage;
mod provider;
mod service;
mod sign_on;
mod spans;
mod worker;
