//! What the token endpoint gives for what: one file per grant type, and what they share.

pub(crate) mod authorization_code;
pub(crate) mod claims;
pub(crate) mod client_credentials;
pub(crate) mod issue;
pub(crate) mod mapped_claims;
pub(crate) mod refresh_token;
pub(crate) mod resource_claims;
pub(crate) mod scopes;
