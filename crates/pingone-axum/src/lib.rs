#![doc = include_str!("../README.md")]

mod answered;
mod application;
mod begin;
mod binding;
mod callback;
mod extract;
mod failure;
mod pending;
mod refresh;
mod refreshes;
mod return_to;
mod routes;
mod session;
mod sessions;
mod settings;
mod sign_off;
mod sign_on;
mod tokens;
mod turns;

pub use pingone;
pub use tower_sessions;

pub use extract::{NotSignedOn, RecentlySignedOn, SignedOn, SignedOnRejection};
pub use failure::{AccessTokenError, SessionError, SignOnFailure};
pub use return_to::{InvalidReturnTo, ReturnTo};
pub use session::provider_session;
pub use sessions::SharedSessions;
pub use settings::{GrantType, SignOnSettings};
pub use sign_on::pages::{PageRequest, Pages, PlainPages, SignedOff};
pub use sign_on::{InvalidSignOn, SignOn, SignOnBuilder};
pub use tokens::{
    MemoryTokenStore, TokenSet, TokenStore, TokenStoreError, TokensId, UnreadableTokens, Versioned,
};
