//! The OpenID provider: one file per endpoint, all under `/{environmentId}/as/`.

pub(crate) mod authorize;
pub(crate) mod discovery;
pub(crate) mod hint;
pub(crate) mod idp_signoff;
pub(crate) mod introspect;
pub(crate) mod jwks;
pub(crate) mod resume;
pub(crate) mod revoke;
pub(crate) mod signoff;
pub(crate) mod token;
pub(crate) mod userinfo;
