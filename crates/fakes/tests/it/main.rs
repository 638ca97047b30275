//! The provider does as it is told, or every test that stands on it proves nothing.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod provider;
