//! The example application, in front of a small OpenID provider that has only what it must have.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

#[path = "../../examples/sign_on/app.rs"]
mod app;
mod extractors;
mod provider;
mod ways_on;
