//! The customers' portal: sign on, user information, password, registration, recovery, and the
//! operators' pages.
//!
//! It knows PingOne only through the SDK and its public protocol, whether PingOne's cloud or the
//! embedded environment answers. Each page is one file in `pages/`; every page stands in the table
//! of `paths.rs`, and its handlers in `routes.rs`. What is not configured is not an error: the start
//! page says which setting brings what, and everything else works.

mod cache;
mod failure;
mod fields;
mod jobs;
mod limits;
mod numbers;
mod operators;
mod pages;
mod paths;
mod policies;
mod populations;
mod recovery;
mod routes;
mod settings;
mod sign_on_pages;
mod start;
mod state;
mod store;
mod texts;
mod visit;

pub use numbers::Numbers;
pub use paths::shown_paths;
pub use pingone_axum::{GrantType, InvalidSignOn};
pub use platform::Parts;
pub use settings::{
    LimitSettings, ManagementSettings, OutgoingSettings, PopulationChoice, ProviderSettings,
    RegistrationSettings, SessionSettings, Settings, SignOnSettings,
};
pub use start::StartError;
pub use state::Portal;
pub use store::{MIGRATIONS, SET as TABLES};
