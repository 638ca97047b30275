//! Where data is kept.

use db::PostgresSettings;
use secrecy::ExposeSecret as _;

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::settings::Database;

const DATABASE: Key = Key::text(
    "database",
    "sqlite",
    "\"sqlite\": a file in the data directory. Or a PostgreSQL address, as \
     \"postgres://latchkey:password@db.example.com/latchkey?sslmode=require\"; it holds a \
     password, so database_file may name a file that holds the address.",
)
.example("\"postgres://latchkey@localhost/latchkey\"");

pub(super) fn database(reader: &mut Reader<'_>) -> Database {
    let url = reader.secret(DATABASE);
    let authorities = reader.authorities(Key::unset(
        "database_ca_file",
        "\"/etc/latchkey/postgres-ca.pem\"",
        "Certificate authorities (PEM) that PostgreSQL's certificate is checked with. Without it: \
         the system's.",
    ));
    let max_connections = reader.integer(
        Key::number(
            "database_max_connections",
            16,
            "Connections to PostgreSQL, at most.",
        ),
        1..=1000,
    );
    let Some(url) = url else {
        return Database::Sqlite;
    };
    // The address is never shown: it may hold a password.
    match url.expose_secret() {
        "sqlite" => Database::Sqlite,
        text if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
            match PostgresSettings::parse(text) {
                Ok(settings) => {
                    let settings = settings.with_max_connections(max_connections);
                    Database::Postgres(match authorities {
                        Some(pem) => settings.with_root_certificates(pem),
                        None => settings,
                    })
                }
                Err(error) => {
                    let what = format!("cannot be used: {error}");
                    reader.problem(DATABASE.path, what, &DATABASE.right_value());
                    Database::Sqlite
                }
            }
        }
        _ => {
            let what = "is neither \"sqlite\" nor an address that begins with postgres://";
            reader.problem(DATABASE.path, what, &DATABASE.right_value());
            Database::Sqlite
        }
    }
}
