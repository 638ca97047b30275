//! PostgreSQL's own tools, for our own tables.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use db::{Db, PostgresSettings};

use super::ArchiveError;
use super::manifest::Content;

/// What of a tool's words is told.
const LONGEST_SAYING: usize = 2000;

/// Writes our tables, as they are at one moment, in the format of `pg_dump`.
pub(super) async fn dump(
    settings: &PostgresSettings,
    db: &Db,
    content: &Content,
    to: &Path,
) -> Result<(), ArchiveError> {
    let schema = content.schema.as_deref().unwrap_or("public");
    let mut arguments: Vec<OsString> = ["--format=custom", "--no-owner", "--no-privileges"]
        .map(OsString::from)
        .into();
    // The tables by name: a database may be shared with others.
    for table in db.tables().await? {
        arguments.push(format!("--table={schema}.{table}").into());
    }
    arguments.push(labelled("--file=", to));
    run("pg_dump", settings, arguments).await
}

/// Makes the tables of a dump, all or none, in a database that has none of ours.
pub(super) async fn load(
    settings: &PostgresSettings,
    db: &Db,
    archived: &Content,
    from: &Path,
) -> Result<(), ArchiveError> {
    let tables = db.tables().await?;
    if let Some(table) = tables.first() {
        return Err(ArchiveError::NotEmpty {
            place: "the PostgreSQL database".to_owned(),
            found: format!("it has {} tables, as {table}", tables.len()),
        });
    }
    let configured = db.schema_name().await?;
    if configured != archived.schema {
        let named = |schema: &Option<String>| schema.clone().unwrap_or_default();
        return Err(ArchiveError::Schema {
            archived: named(&archived.schema),
            configured: named(&configured),
        });
    }
    let mut arguments: Vec<OsString> = ["--single-transaction", "--exit-on-error"]
        .map(OsString::from)
        .into();
    arguments.extend(["--no-owner", "--no-privileges"].map(OsString::from));
    arguments.push(format!("--dbname={}", settings.database()).into());
    arguments.push(from.into());
    run("pg_restore", settings, arguments).await
}

async fn run(
    tool: &'static str,
    settings: &PostgresSettings,
    arguments: Vec<OsString>,
) -> Result<(), ArchiveError> {
    let environment = settings.libpq_environment()?;
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(tool)
            .args(arguments)
            .envs(environment.variables())
            .stdin(Stdio::null())
            .output()
    });
    match ran.await.map_err(super::thread_failed)? {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(ArchiveError::Tool {
                tool,
                said: said.trim().chars().take(LONGEST_SAYING).collect(),
            })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ArchiveError::NoTool(tool)),
        Err(source) => Err(ArchiveError::Io {
            what: format!("starting {tool}"),
            source,
        }),
    }
}

fn labelled(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}
