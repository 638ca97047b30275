//! Errors on the way out: one type per surface, each with one exhaustive way into a response.

pub(crate) mod api;
pub(crate) mod oauth;
pub(crate) mod page;
pub(crate) mod service;
