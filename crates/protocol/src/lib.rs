//! The vocabulary of the wire: whatever both sides must agree on stands here once.
//!
//! OAuth 2.0 and OpenID Connect messages, tokens and their verification, PingOne's resources and
//! errors, SCIM filters and password policies. The crate does no I/O: time and random bytes are
//! arguments, and the two traits behind them, [`Clock`] and [`Random`], live here with the twins
//! that tests use.

pub mod clock;
mod codes;
pub mod id;
pub mod jose;
pub mod keyring;
pub mod net;
pub mod oauth;
pub mod params;
pub mod password_policy;
pub mod pingone;
pub mod random;
pub mod scim;
pub mod secret;

pub use clock::{Clock, FrozenClock, SystemClock};
pub use random::{Random, SeededRandom, SystemRandom};
