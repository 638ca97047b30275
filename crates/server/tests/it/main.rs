//! The program from outside: its configuration, its command line, its life.

#![cfg(test)]

mod accounts;
mod activity;
mod administration;
mod backup;
mod bad_input;
mod banner;
mod book;
mod book_commands;
mod brand;
mod command;
mod configuration;
mod contract;
mod control;
mod deploy_examples;
mod doctor;
mod durability;
mod explain;
mod federation;
mod fleet;
mod grant_types;
mod import;
mod installation;
mod life;
mod log;
mod mail;
mod metrics;
mod own_environment;
mod own_listener;
mod postgres;
mod production;
mod pty;
mod readiness;
mod reproducible;
mod seed;
mod tables;
mod telemetry;
mod tls;
mod upgrade;
mod vocabulary;
mod way_in;
