//! Where data is kept.

use secrecy::ExposeSecret as _;

use crate::config::reader::Reader;
use crate::config::sections::small;
use crate::config::settings::Database;

pub(super) fn database(reader: &mut Reader<'_>) -> Database {
    let url = reader.secret("database");
    let ca_file = reader.file("database_ca_file", "\"/etc/latchkey/postgres-ca.pem\"");
    let max_connections = small(reader.integer("database_max_connections", 1..=1000));
    let Some(url) = url else {
        return Database::Sqlite;
    };
    match url.expose_secret() {
        "sqlite" => Database::Sqlite,
        text if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
            Database::Postgres {
                url,
                ca_file,
                max_connections,
            }
        }
        _ => {
            // Not shown: the address may hold a password.
            let what = "is neither \"sqlite\" nor an address that begins with postgres://";
            reader.problem(
                "database",
                what,
                "\"postgres://latchkey@localhost/latchkey\"",
            );
            Database::Sqlite
        }
    }
}
