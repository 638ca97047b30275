//! The vocabulary of the wire: whatever both sides must agree on stands here once.
//!
//! OAuth 2.0 and OpenID Connect messages, tokens and their verification, PingOne's resources and
//! errors, SCIM filters and password policies, names and mail addresses. The crate does no I/O and reads no clock: `now` is an
//! argument, and what is made at random is made of a [`Random`].

mod codes;
pub mod id;
pub mod identifier;
pub mod jose;
pub mod names;
pub mod oauth;
pub mod params;
pub mod password_policy;
pub mod pingone;
pub mod random;
pub mod scim;
pub mod secret;

pub use random::{Random, SeededRandom, SystemRandom};
