//! The program from outside: its configuration, its command line, its life.

mod command;
mod configuration;
mod import;
mod tls;
