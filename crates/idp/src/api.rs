//! The machinery of the management API: what every resource uses and none repeats.
//!
//! - [`media_router`]: routing on method, path and media type; body limit; errors into answers.
//! - [`body`]: JSON from outside into types.
//! - [`hal`]: links, pages, answers.
//! - [`upload`]: forms with a file.
//! - [`checks`]: values that members of many resources share.
//! - [`resource`]: looking up, listing, creating, replacing and deleting, with reach and audit log.
//! - [`configuration`]: the same for resources that are documents, routes and storage included.
//! - [`user_attributes`]: which attributes of a user may be set, and to what.
//! - [`paging`] and [`filter`]: cursors and SCIM filters.
//! - [`shapes`]: what bodies and answers look like, for the document of the API.

pub(crate) mod body;
pub(crate) mod checks;
pub(crate) mod configuration;
pub(crate) mod filter;
pub(crate) mod hal;
pub(crate) mod lengths;
pub(crate) mod media_router;
pub(crate) mod members;
pub(crate) mod paging;
pub(crate) mod resource;
pub(crate) mod shape;
pub(crate) mod shapes;
pub(crate) mod upload;
pub(crate) mod user_attributes;
