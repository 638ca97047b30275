//! One file per page: its form, its struct, what a GET and a POST do.

pub(crate) mod home;
pub(crate) mod password_change;
pub(crate) mod password_forgot;
pub(crate) mod password_recover;
pub(crate) mod password_rules;
pub(crate) mod person;
pub(crate) mod register;
pub(crate) mod user;
pub(crate) mod user_info;
pub(crate) mod users;
