//! Where a database is, as one line of the settings.

use std::path::PathBuf;

use crate::{error::StoreError, postgres::PostgresSettings};

/// The address of a database, parsed.
#[derive(Clone, Debug)]
pub enum Location {
    /// A PostgreSQL server.
    Postgres(PostgresSettings),
    /// A file.
    Sqlite(PathBuf),
    /// SQLite in memory: gone with the process.
    SqliteInMemory,
}

impl Location {
    /// Parses `sqlite:PATH`, `sqlite::memory:`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] saying what is not understood, without quoting what may hold a password.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", ":memory:")) => Ok(Self::SqliteInMemory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => {
                PostgresSettings::parse(url).map(Self::Postgres)
            }
            _ => Err(StoreError::refused(
                "the database must be given as sqlite:PATH or postgres://USER@HOST/DATABASE",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_tells_the_engine() {
        assert!(matches!(
            Location::parse("sqlite:/var/lib/latchkey/latchkey.db"),
            Ok(Location::Sqlite(path)) if path.as_os_str() == "/var/lib/latchkey/latchkey.db"
        ));
        assert!(matches!(
            Location::parse("sqlite::memory:"),
            Ok(Location::SqliteInMemory)
        ));
        for url in [
            "postgres://ada@localhost/db",
            "postgresql://ada@localhost/db",
        ] {
            assert!(
                matches!(Location::parse(url), Ok(Location::Postgres(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_two_forms() {
        for url in ["", "sqlite:", "latchkey.db", "mysql://localhost/db"] {
            let refused = Location::parse(url).unwrap_err().to_string();
            assert!(
                refused.contains("sqlite:PATH or postgres://"),
                "{url}: {refused}"
            );
        }
    }
}
