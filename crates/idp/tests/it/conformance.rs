//! Tests named after the modules of the OpenID conformance suite, by plan.

mod basic;
mod config;
mod front_channel;
mod logout;
