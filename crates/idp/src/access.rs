//! Whether a request is allowed: the client that authenticates, the bearer of an access token, the
//! roles and their permissions, and the extractors that let a handler only at what these reach.

pub(crate) mod allowed;
pub(crate) mod bearer;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod control;
pub(crate) mod coverage;
pub(crate) mod inside;
pub(crate) mod introspecting;
pub(crate) mod last_administrator;
pub(crate) mod on_application;
pub(crate) mod on_attributes;
pub(crate) mod on_user;
pub(crate) mod opened;
pub(crate) mod permissions;
pub(crate) mod roles;
pub(crate) mod wildcards;
