//! The program from outside: its configuration, its command line, its life.

#![cfg(test)]

mod administration;
mod bad_input;
mod command;
mod configuration;
mod durability;
mod import;
mod life;
mod mail;
mod production;
mod tls;
