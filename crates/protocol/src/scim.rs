//! SCIM filters.
