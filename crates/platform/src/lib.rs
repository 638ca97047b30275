//! What a server of ours stands on: database, clock, randomness and the keys of the installation, and
//! what the outermost layer knows about a request.
//!
//! Nothing here is part of a wire format, and no client needs it; see
//! `docs/decisions/0007-published-crates.md`.

pub mod clock;
pub mod keyring;
pub mod net;
mod parts;
pub mod random;

pub use clock::{AdjustableClock, Clock, FrozenClock, OutOfRange, SystemClock};
pub use parts::Parts;
pub use random::ReproducibleRandom;
