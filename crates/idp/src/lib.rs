//! The embedded environment: a PingOne of one's own, compatible on the wire.
//!
//! One process serves any number of environments. Under `/{environmentId}/` stand the OpenID
//! provider and its hosted pages, under `/v1/` the management API. [`Idp`] is the whole of it; a
//! server gives it a database, a clock, randomness and a keyring, and serves [`Idp::router`].
//!
//! Where things are: `oauth` has one file per endpoint, `grants` one per grant type, `interaction`
//! the states of a sign-on, `signon` the hosted pages, `management` one file per resource on the
//! machinery of `api`, `accounts` what passwords and codes mean on every path, `stores` the SQL.

mod accounts;
mod api;
mod audit;
pub mod bootstrap;
mod caches;
pub mod demo;
mod errors;
mod grants;
mod hasher;
mod interaction;
mod keys;
mod limits;
mod mail;
mod mailbox;
mod management;
pub mod manual;
mod oauth;
mod portal_applications;
mod routes;
mod seed;
mod settings;
mod signon;
mod start;
mod state;
mod stores;
mod urls;

pub use api::media_router::Operation;
pub use hasher::HashingSettings;
pub use mail::{SmtpSecurity, SmtpSettings};
pub use management::operations as management_operations;
pub use portal_applications::PortalAddresses;
pub use settings::{Lifetimes, Limits, Settings};
pub use state::{Idp, Parts, StartError};
