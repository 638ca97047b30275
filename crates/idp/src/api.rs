//! The machinery of the management API: what every resource uses and none repeats.
//!
//! - [`media_router`]: routing on method, path and media type; body limit; errors into answers.
//! - [`access`]: who asks, and what they may do: extractors whose value is the only way to an id.
//! - [`role_check`]: roles, permissions, and how far they reach.
//! - [`body`]: JSON from outside into types.
//! - [`hal`]: links, pages, answers.
//! - [`paging`] and [`filter`]: cursors and SCIM filters, down to the SQL.
//! - the audit log: [`access::Asking::commit`] writes nothing without an entry.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod filter;
pub(crate) mod hal;
pub(crate) mod media_router;
pub(crate) mod paging;
pub(crate) mod role_check;
