//! The portal through its router, in front of a small PingOne that does as it is told.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test may fail the test, and is explained by its use"
)]

mod accounts;
mod bad_input;
mod browser;
mod defects;
mod home;
mod log;
mod operators;
mod outage;
mod password;
mod recovery;
mod registration;
mod sign_on;
mod site;
mod tokens;
