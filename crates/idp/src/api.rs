//! The machinery of the management API: what every resource uses and none repeats.
//!
//! - [`media_router`]: routing on method, path and media type; body limit; errors into answers.
//! - [`body`]: JSON from outside into types.
//! - [`hal`]: links, pages, answers.
//! - [`paging`] and [`filter`]: cursors and SCIM filters.

pub(crate) mod body;
pub(crate) mod filter;
pub(crate) mod hal;
pub(crate) mod media_router;
pub(crate) mod paging;
