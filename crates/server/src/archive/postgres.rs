//! PostgreSQL's own tools, for our own tables.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use db::{Db, PostgresSettings};
use ui::chain_of_causes;

use super::files::{create_private, folder_of};
use super::manifest::Content;
use super::{ArchiveError, io_error};

/// What of a tool's words is told.
const LONGEST_SAYING: usize = 2000;

/// A tool works for less; whoever has more data backs up PostgreSQL's own way.
const LONGEST_RUN: Duration = Duration::from_hours(6);

/// How long tables may be locked by somebody else, in milliseconds.
const LOCK_WAIT: u32 = 60_000;

/// How often a tool is asked whether it is done.
const PAUSE: Duration = Duration::from_millis(50);

/// Tables that an archive brought into a database.
pub(super) struct Loaded {
    pub(super) db: Db,
    tables: BTreeSet<String>,
}

impl Loaded {
    /// Drops them, since something failed; what is told then.
    pub(super) async fn take_away(self, failed: ArchiveError) -> ArchiveError {
        match self.db.drop_tables(&self.tables).await {
            Ok(()) => failed,
            Err(source) => ArchiveError::HalfWay {
                failed: chain_of_causes(&failed).join(": "),
                source,
            },
        }
    }
}

/// Writes our tables, as they are at one moment, in the format of `pg_dump`.
pub(super) async fn dump(
    settings: &PostgresSettings,
    content: &Content,
    ours: &BTreeSet<String>,
    to: &Path,
) -> Result<(), ArchiveError> {
    let schema = quoted(content.schema.as_deref().unwrap_or("public"));
    let mut arguments: Vec<OsString> = ["--format=custom", "--no-owner", "--no-privileges"]
        .map(OsString::from)
        .into();
    arguments.push(format!("--lock-wait-timeout={LOCK_WAIT}").into());
    // The tables by name: a database may be shared with others. Each of them has to be there.
    arguments.push("--strict-names".into());
    for table in ours {
        arguments.push(format!("--table={schema}.{}", quoted(table)).into());
    }
    arguments.push(labelled("--file=", to));
    run("pg_dump", settings, arguments, folder_of(to)).await
}

/// Makes the tables of a dump, all or none, in a database that has none of ours.
pub(super) async fn load(
    settings: &PostgresSettings,
    db: Db,
    archived: &Content,
    ours: BTreeSet<String>,
    from: &Path,
) -> Result<Loaded, ArchiveError> {
    let found = db.tables().await?;
    let mut found = found.iter().filter(|table| ours.contains(*table));
    if let Some(table) = found.next() {
        return Err(ArchiveError::NotEmpty {
            place: "the PostgreSQL database".to_owned(),
            found: format!("it has {} of our tables, as {table}", found.count() + 1),
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
    run("pg_restore", settings, arguments, folder_of(from)).await?;
    let brought = db.tables().await?;
    Ok(Loaded {
        db,
        tables: brought
            .into_iter()
            .filter(|table| ours.contains(table))
            .collect(),
    })
}

/// A program that ends with whoever waits for it.
struct Running(Child);

impl Running {
    async fn end(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is not killed, nor waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a tool to its end; what it says goes into a file of this folder.
async fn run(
    tool: &'static str,
    settings: &PostgresSettings,
    arguments: Vec<OsString>,
    folder: &Path,
) -> Result<(), ArchiveError> {
    let environment = settings.libpq_environment()?;
    let words = folder.join("words");
    let into = create_private(&words).map_err(io_error("making", &words))?;
    let begun = Command::new(tool)
        .args(arguments)
        .envs(environment.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(into)
        .spawn();
    let failed = |what: &str, source: io::Error| ArchiveError::Io {
        what: format!("{what} {tool}"),
        source,
    };
    let mut running = match begun {
        Ok(child) => Running(child),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ArchiveError::NoTool(tool));
        }
        Err(source) => return Err(failed("starting", source)),
    };
    let said = match tokio::time::timeout(LONGEST_RUN, running.end()).await {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(_)) => {
            let said = fs::read(&words).map_err(io_error("reading", &words))?;
            let said = String::from_utf8_lossy(&said);
            said.trim().chars().take(LONGEST_SAYING).collect()
        }
        Ok(Err(source)) => return Err(failed("waiting for", source)),
        Err(_) => "it did not end within six hours".to_owned(),
    };
    Err(ArchiveError::Tool { tool, said })
}

/// A name in a pattern of `pg_dump`: as it is, with no letter that stands for others.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn labelled(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}
