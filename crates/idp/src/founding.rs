//! What an environment begins with: its own resources and policies, the first administrator, the
//! portal's applications, and the data of a demonstration.

pub mod bootstrap;
pub mod demo;
pub(crate) mod environment;
pub(crate) mod portal_applications;
mod records;
