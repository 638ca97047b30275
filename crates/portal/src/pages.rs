//! One file per page: its form, its struct, what a GET and a POST do.

pub(crate) mod activity;
pub(crate) mod data;
pub(crate) mod deletion;
pub(crate) mod device;
pub(crate) mod email;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod home;
pub(crate) mod own;
pub(crate) mod paging;
pub(crate) mod password_change;
pub(crate) mod password_forgot;
pub(crate) mod password_recover;
pub(crate) mod password_rules;
pub(crate) mod person;
pub(crate) mod profile;
pub(crate) mod register;
pub(crate) mod registered;
pub(crate) mod security;
pub(crate) mod user;
pub(crate) mod user_info;
pub(crate) mod users;
