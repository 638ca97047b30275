//! A fresh database for each test, on either engine.
//!
//! A suite is written once against [`TestDb`] and included twice:
//!
//! ```text
//! #[path = "."]
//! mod sqlite {
//!     async fn fresh() -> Option<db::testing::TestDb> {
//!         Some(db::testing::sqlite().await)
//!     }
//!     #[path = "grants_contract.rs"]
//!     mod grants;
//! }
//! #[path = "."]
//! mod postgres {
//!     use db::testing::postgres as fresh;
//!     #[path = "grants_contract.rs"]
//!     mod grants;
//! }
//! ```
//!
//! where each test begins with `let Some(test) = super::fresh().await else { return };`.

use std::{env, io::Write as _, sync::Once, thread};

use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::{Db, PostgresSettings};

/// Enough for what a test does at once, so that many tests fit on one server.
const CONNECTIONS: usize = 8;

/// A database of one test's own, removed when this is dropped.
#[derive(Debug)]
pub struct TestDb {
    /// The handle.
    pub db: Db,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(TempDir),
    Schema(Schema),
}

#[derive(Debug)]
struct Schema {
    server: String,
    name: String,
}

impl TestDb {
    /// Opens the same database once more, as another process would.
    ///
    /// # Panics
    ///
    /// When it cannot be opened.
    pub async fn reopen(&self) -> Db {
        match &self.place {
            Place::Folder(folder) => open_file(folder),
            Place::Schema(schema) => schema.open().await,
        }
    }

    /// The address at which another process finds the same database on PostgreSQL; `None` on SQLite.
    pub fn postgres_url(&self) -> Option<String> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Schema(schema) => Some(schema.url()),
        }
    }
}

/// An empty SQLite file.
///
/// # Panics
///
/// When it cannot be made.
#[expect(
    clippy::unused_async,
    reason = "one shape with `postgres`, so that suites fit both"
)]
pub async fn sqlite() -> TestDb {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    TestDb {
        db: open_file(&folder),
        place: Place::Folder(folder),
    }
}

/// An empty schema on the server that `TEST_POSTGRES_URL` names. Without it `None`, after a visible
/// line; but where `CI` is `true` nothing may be left out.
///
/// # Panics
///
/// When the server does not answer, or `CI` is `true` and no server is named.
pub async fn postgres() -> Option<TestDb> {
    let Some(server) = server() else {
        static SAID: Once = Once::new();
        // Straight to the error stream: the test harness keeps what is printed to itself.
        SAID.call_once(|| {
            let line = "skipped: the tests on PostgreSQL; set TEST_POSTGRES_URL to run them";
            let _ = writeln!(std::io::stderr(), "{line}");
        });
        return None;
    };
    let schema = Schema {
        server,
        // With upper and lower case: nothing may forget to quote it.
        name: format!("Test_{}", Uuid::new_v4().simple()),
    };
    run_on(
        &schema.server,
        &format!("CREATE SCHEMA \"{}\"", schema.name),
    )
    .await
    .expect("the server of TEST_POSTGRES_URL answers");
    Some(TestDb {
        db: schema.open().await,
        place: Place::Schema(schema),
    })
}

/// The server of `TEST_POSTGRES_URL` by the name `localhost`, and its certificate's authority as PEM.
///
/// The authority is what the file holds that `TEST_POSTGRES_CA` names. Without the two variables
/// `None`, after a visible line; but where `CI` is `true` nothing may be left out.
///
/// # Panics
///
/// When the file cannot be read, or `CI` is `true` and one of the two is not set.
pub fn postgres_over_tls() -> Option<(String, Vec<u8>)> {
    let (Some(server), Some(file)) = (server(), given("TEST_POSTGRES_CA")) else {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            let line = "skipped: the tests of TLS to PostgreSQL; set TEST_POSTGRES_URL and \
                        TEST_POSTGRES_CA to run them";
            let _ = writeln!(std::io::stderr(), "{line}");
        });
        return None;
    };
    let authority = std::fs::read(file).expect("the file of TEST_POSTGRES_CA can be read");
    Some((server.replace("127.0.0.1", "localhost"), authority))
}

fn server() -> Option<String> {
    given("TEST_POSTGRES_URL")
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are not configured; the test command is"
)]
fn given(name: &str) -> Option<String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    let may_skip = env::var("CI").as_deref() != Ok("true");
    assert!(
        value.is_some() || may_skip,
        "CI must run the PostgreSQL tests: set {name}"
    );
    value
}

fn open_file(folder: &TempDir) -> Db {
    Db::sqlite(&folder.path().join("test.db")).expect("a new file can be opened")
}

impl Schema {
    fn url(&self) -> String {
        let separator = if self.server.contains('?') { '&' } else { '?' };
        let options = format!("options=-c%20search_path%3D%22{}%22", self.name);
        format!("{}{separator}{options}", self.server)
    }

    async fn open(&self) -> Db {
        let settings =
            PostgresSettings::parse(&self.url()).expect("TEST_POSTGRES_URL is a database URL");
        let db = Db::postgres(&settings.with_max_connections(CONNECTIONS)).await;
        db.expect("the server of TEST_POSTGRES_URL answers")
    }
}

async fn run_on(server: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    let connection = tokio::spawn(connection);
    let done = client.batch_execute(sql).await;
    drop(client);
    let _ = connection.await;
    done
}

/// On a thread of its own, because a test's runtime cannot be waited for from within. A server that
/// is gone keeps the schema.
impl Drop for Schema {
    fn drop(&mut self) {
        let server = self.server.clone();
        let sql = format!(
            "SET lock_timeout = '2s'; DROP SCHEMA \"{}\" CASCADE",
            self.name
        );
        let removed = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.map(|runtime| runtime.block_on(run_on(&server, &sql)))
        });
        let _ = removed.join();
    }
}
