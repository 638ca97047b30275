//! The environment from outside: requests to its router, with a clock that stands still.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "an expectation that is not met fails the test"
)]

#[macro_use]
mod world;

mod alike;
mod conformance;
mod endings;
mod flows;
mod makers;
mod management;
mod management_access;
mod management_addresses;
mod management_agreements;
mod management_applications;
mod management_audit;
mod management_bodies;
mod management_collections;
mod management_configuration;
mod management_configuration_objects;
mod management_device_authentications;
mod management_environments;
mod management_foreign_ids;
mod management_forms;
mod management_gateways;
mod management_groups;
mod management_identity_providers;
mod management_images;
mod management_keys;
mod management_kinds;
mod management_languages;
mod management_lengths;
mod management_lost_writes;
mod management_members;
mod management_mfa;
mod management_nesting;
mod management_notifications;
mod management_passwords;
mod management_populations;
mod management_power;
mod management_references;
mod management_reports;
mod management_resources;
mod management_rest;
mod management_roles;
mod management_schemas;
mod management_services;
mod management_sign_on_policies;
mod management_stakes;
mod management_user_lists;
mod management_user_names;
mod management_user_sessions;
mod management_users;
mod management_webhooks;
mod moved_addresses;
mod oauth_authorize;
mod oauth_client;
mod oauth_codes;
mod oauth_refresh;
mod oauth_tokens;
mod power;
mod rate_limits;
mod signon_demands;
mod signon_external;
mod signon_flows;
mod signon_languages;
mod signon_look;
mod signon_over;
mod signon_pages;
mod signon_passwords;
mod signon_registration;
mod signon_second_factor;
mod signon_sessions;
mod threats;
