//! Why it did not start.

use std::io;

use db::StoreError;
use platform::OutOfRange;

use crate::audit_log::AuditLogError;
use crate::data_dir::DataDirError;
use crate::installation::InstallationError;
use crate::listen::ListenError;
use crate::seed::SeedError;
use crate::tls::TlsError;

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The keyring, and whether it belongs to the database.
    #[error(transparent)]
    Keyring(#[from] InstallationError),
    /// What follows the audit log.
    #[error(transparent)]
    AuditLog(#[from] AuditLogError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The local authority's certificate, which the portal has to trust.
    #[error("reading {path} failed")]
    Authority {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The database.
    #[error("the database could not be opened (setting database)")]
    Database(#[source] StoreError),
    /// Production on data that development made.
    #[error(
        "{place} holds demo data, whose passwords everybody knows; production needs a data directory \
         and a database of its own"
    )]
    DemoData {
        /// The data directory or the database.
        place: String,
    },
    /// A seed in production.
    #[error(
        "a seed is for development: in production, `latchkey environment import` makes environments \
         from one"
    )]
    SeedInProduction,
    /// The seed.
    #[error("the seed could not be brought up")]
    Seed(#[from] SeedError),
    /// The database is older than the program, and may not be changed by it.
    #[error(
        "the database is not at this version, and database_migrate_at_start is false: {steps} due; \
         make a backup, stop all servers, and run `latchkey migrate`"
    )]
    Pending {
        /// What is due.
        steps: String,
    },
    /// The embedded environment.
    #[error("the embedded environment did not start")]
    Environment(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The portal.
    #[error("the portal did not start")]
    Portal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The clock's start.
    #[error("the clock cannot begin there (setting control.clock)")]
    Clock(#[from] OutOfRange),
    /// A run that is to be repeated, on data that is kept.
    #[error(
        "a run whose ids and codes can be repeated begins with nothing, else they would be given \
         twice: add --ephemeral, and leave the setting database out"
    )]
    SeededOnKeptData,
    /// The copies of the database that a reset goes back to.
    #[error("{path}, which a reset needs, could not be made")]
    Image {
        /// Which folder or file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The environment file.
    #[error("writing the environment file {path} failed")]
    EnvironmentFile {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
}
