//! Sign-on for any axum application, with any OpenID provider.
//!
//! [`SignOn`] brings the routes `/login`, `/logout` and a callback of your choice; [`SignedOn`],
//! `Option<SignedOn>` and [`RecentlySignedOn`] are the extractors that say who is asking. Tokens
//! stay on the server, in a [`TokenStore`], and are renewed once however many requests wait.
//! Nothing in it needs PingOne in particular.
//!
//! The application brings a layer of `tower-sessions` around all routes, and the [`Pages`] that
//! signing on and off needs; [`PlainPages`] serve to begin with. See `examples/sign_on.rs`.
//!
//! What is promised:
//!
//! - `state`, `nonce` and PKCE verifier serve once, in the browser that began; several tabs may
//!   sign on at the same time.
//! - `iss` is compared where the provider announces it; the ID token is verified step by step.
//! - The session's id is renewed at sign-on. The way back leads to a page of this site only.
//! - Signing off ends the session here, revokes the tokens, and ends the provider's session.

mod application;
mod begin;
mod binding;
mod callback;
mod extract;
mod failure;
mod pages;
mod pending;
mod refresh;
mod return_to;
mod session;
mod settings;
mod sign_off;
mod sign_on;
mod tokens;

pub use extract::{NotSignedOn, RecentlySignedOn, SignedOn, SignedOnRejection};
pub use failure::{AccessTokenError, SignOnFailure};
pub use pages::{PageRequest, Pages, PlainPages, SignedOff};
pub use return_to::{InvalidReturnTo, ReturnTo};
pub use settings::{GrantType, SignOnSettings};
pub use sign_on::{InvalidSignOn, Parts, SignOn};
pub use tokens::{
    MemoryTokenStore, TokenSet, TokenStore, TokenStoreError, TokensId, UnreadableTokens, Versioned,
};
