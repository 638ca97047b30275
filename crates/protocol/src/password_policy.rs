//! Password policies.
