//! The environment from outside: requests to its router, with a clock that stands still.

mod conformance;
mod management;
mod management_users;
mod oauth_authorize;
mod oauth_client;
mod oauth_codes;
mod oauth_refresh;
mod oauth_tokens;
mod signon_pages;
mod world;
