//! The program `latchkey`: configuration, command line, TLS, and both ports in one process.
//!
//! The binary is [`cli::main`]; tests start the same thing in their own process with [`up()`].

pub mod archive;
pub mod audit_log;
pub mod card;
mod certificate;
pub mod cli;
pub mod config;
mod contract;
pub mod control;
pub mod data_dir;
pub mod doctor;
mod ending;
pub mod env_file;
pub mod front;
pub mod health;
pub mod installation;
pub mod keyring_file;
pub mod listen;
pub mod logging;
mod metrics;
pub mod seed;
mod serve;
mod signals;
pub mod telemetry;
pub mod tls;
pub mod traffic;
mod up;

pub use config::Servers;
pub use env_file::EnvironmentFile;
pub use up::{
    CreateError, Created, EnvironmentMaker, NewEnvironment, Running, StartError, UpOptions, up,
};
