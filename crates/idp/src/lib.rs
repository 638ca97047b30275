//! The embedded environment: a PingOne of one's own, compatible on the wire.
//!
//! One process serves any number of environments. Under `/{environmentId}/` stand the OpenID
//! provider and its hosted pages, under `/v1/` the management API. [`Idp`] is the whole of it; a
//! server gives it a database, a clock, randomness and a keyring, and serves [`Idp::router`].
//!
//! Where things are follows from what happens to a request: it is *received* (`requests`), *allowed*
//! (`access`), *decided* (`interaction`, `grants`, `accounts`), *done* (the services `audit`,
//! `hasher`, `keys`, `limits`, `mail`) and *written* (`stores`). On top stand those who speak with
//! clients: `oauth` with one file per endpoint, `signon` with the hosted pages, `flows` for programs
//! with pages of their own, `management` with
//! one file per resource on the machinery of `api`. `founding` is what an environment begins with.
//! Imports lead downwards only; the list of layers is in ARCHITECTURE.md.

mod access;
mod accounts;
mod api;
mod audit;
mod caches;
mod configuration;
mod control;
mod core;
mod documents;
mod domains;
mod expressions;
mod federation;
mod first_key;
mod flows;
mod founding;
mod front_page;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod grants;
mod hasher;
pub mod inside;
mod interaction;
mod jobs;
mod keys;
mod limits;
mod lockout;
mod mail;
mod mailbox;
mod management;
pub mod manual;
mod numbers;
mod oauth;
mod outbox;
mod outgoing;
mod requests;
mod routes;
mod settings;
mod signon;
mod start;
mod state;
mod stores;
mod tallies;
mod texts;
mod uploads;
mod urls;
mod webhooks;

pub use api::media_router::{KeptMembers, Operation};
pub use control::ControlError;
pub use first_key::FirstKey;
pub use founding::portal_applications::PortalAddresses;
pub use founding::{bootstrap, demo};
pub use hasher::HashingNumbers;
pub use mail::{MailServerError, check_mail_server};
pub use mailbox::Message;
pub use management::{document as management_document, operations as management_operations};
pub use numbers::{Numbers, Outbox};
pub use platform::Parts;
pub use requests::absent::{absent_from_authentication, absent_from_management};
pub use settings::{
    HashingSettings, Lifetimes, Limits, Listener, Settings, SmtpSecurity, SmtpSettings,
};
pub use state::{Idp, StartError};
pub use stores::sealed::sealing_keys;
pub use stores::{MIGRATIONS, TABLES};
