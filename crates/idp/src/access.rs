//! Whether a request is allowed: the client that authenticates, the bearer of an access token, the
//! roles, and the extractors that let a handler only at what the roles reach.

pub(crate) mod allowed;
pub(crate) mod bearer;
pub(crate) mod client;
pub(crate) mod control;
pub(crate) mod roles;
