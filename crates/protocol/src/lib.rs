#![doc = include_str!("../README.md")]

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
pub mod trail;

pub use random::{Random, SeededRandom, SystemRandom};
