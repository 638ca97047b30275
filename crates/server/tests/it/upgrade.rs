//! One database, two versions of the program: this one, and the next, which has one step more.

use std::fs;
use std::process::Output;

use db::{Db, Migration, MigrationSet, Statement};
use latchkey::{Running, Servers, up};
use testkit::{Browser, Person, System, give_credentials};

use crate::installation::{Installation, PASSWORD, free_port, refused, run};
use crate::postgres::{Balancer, register};

/// What the step of the next version writes into each row, which this version knows nothing of.
const WRITTEN: &str = "of the next version";

/// Everything that a step may do beside a program that does not know it: a column that has a default, one
/// that may be absent, a table that hangs off one of ours, another index for the same table.
const ADDS: &str = "
ALTER TABLE users ADD COLUMN of_the_next_version TEXT NOT NULL DEFAULT 'of the next version';
ALTER TABLE users ADD COLUMN absent_in_this_version TEXT;
CREATE TABLE next_things (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    made_at BIGINT NOT NULL
);
CREATE INDEX next_things_of_users ON next_things (user_id, made_at);
INSERT INTO next_things (id, user_id, made_at) SELECT id, id, created_at FROM users;
DROP INDEX users_by_state;
CREATE INDEX users_by_state_of_next ON users (environment_id, enabled, absent_in_this_version, id);
";

/// What the next version has after this one's steps.
fn of_the_next_version() -> &'static [Migration] {
    let version = idp::MIGRATIONS.last().unwrap().version + 1;
    let step = Migration {
        version,
        name: "of_the_next_version",
        sql: ADDS,
    };
    Box::leak(Box::new([step]))
}

fn latchkey(place: &Installation, arguments: &[&str]) -> Output {
    tokio::task::block_in_place(|| run(&place.config(), arguments, ""))
}

fn printed(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn signs_on(place: &Installation, person: &Person) -> Browser {
    let browser = place.browser();
    let page = browser.open(place.portal("login")).await.expect(200);
    let home = give_credentials(&page, person).await.expect(200);
    let is_home = home.url.as_str().starts_with(&place.portal(""));
    assert!(is_home, "{}", home.summary());
    knows(place, &browser, person).await;
    browser
}

async fn knows(place: &Installation, browser: &Browser, person: &Person) {
    let info = browser.open(place.portal("user/info")).await.expect(200);
    assert!(info.body().contains(&person.email), "{}", info.summary());
}

/// An installation with an administrator, behind a balancer for each side.
struct Site {
    place: Installation,
    postgres: Option<db::testing::TestDb>,
    /// The database as another program would open it, which SQLite lets only its own process.
    db: Db,
    portals: Balancer,
    idps: Balancer,
    ports: [[u16; 2]; 2],
}

impl Site {
    async fn new(postgres: Option<db::testing::TestDb>) -> Self {
        let place = Installation::new();
        if let Some(test) = &postgres {
            let keyring = place.data().join("keyring.json");
            place.configure_database(&test.postgres_url().unwrap(), keyring.to_str().unwrap());
        }
        let made = tokio::task::block_in_place(|| place.create("Customers", PASSWORD));
        let ca = place.certificate();
        let lines = printed(&made);
        place.configure(&format!("{lines}ca_file = \"{}\"\n", ca.display()));
        // There is no mail server, from which a code would come.
        place.configure("[portal.registration]\nverify_email = false\n");
        let ports = [[free_port(), free_port()], [free_port(), free_port()]];
        let [[portal, idp], _] = ports;
        Self {
            db: opened(&place, postgres.as_ref()),
            portals: Balancer::start(place.portal_port, portal).await,
            idps: Balancer::start(place.idp_port, idp).await,
            place,
            postgres,
            ports,
        }
    }

    /// Starts a node of this version, or of the next one, which has the same file of keys.
    async fn node(&self, number: usize, is_next: bool) -> Result<Running, latchkey::StartError> {
        let [portal, idp] = self.ports[number];
        let data = self.place.data();
        let own = [
            ("portal.listen", format!("localhost:{portal}")),
            ("idp.listen", format!("localhost:{idp}")),
            (
                "keyring_file",
                data.join("keyring.json").display().to_string(),
            ),
            (
                "data_dir",
                data.join(format!("node-{number}")).display().to_string(),
            ),
        ];
        let mut options = self.place.node(Servers::Both, &own);
        // A handle of its own, which ends with the node.
        options.db = Some(match &self.postgres {
            Some(test) => test.reopen().await,
            None => opened(&self.place, None),
        });
        if is_next {
            options.settings.idp.settings.later_migrations = of_the_next_version();
        }
        up(options).await
    }

    /// Lets one node answer everything from now on.
    async fn switch(&self, number: usize) {
        let [portal, idp] = self.ports[number];
        self.idps.switch(idp).await;
        self.portals.switch(portal).await;
    }

    /// Somebody makes an account by the node whose turn it is.
    async fn registers(&self, name: &str) -> Person {
        let person = Person::new(name, "Correct-Horse-42");
        register(&self.place.browser(), &self.place.portal(""), &person).await;
        person
    }
}

fn opened(place: &Installation, postgres: Option<&db::testing::TestDb>) -> Db {
    match postgres {
        Some(test) => test.db.clone(),
        None => Db::sqlite(&place.data().join("latchkey.db")).unwrap(),
    }
}

/// What the column of the next version's says of everybody, in the order of their names.
async fn written(db: &Db) -> Vec<(String, String)> {
    let sql = "SELECT username, of_the_next_version AS written FROM users ORDER BY username";
    let rows = db.read(Statement::new(sql)).await.unwrap();
    let both = |row: &db::Row| (row.get("username").unwrap(), row.get("written").unwrap());
    rows.iter().map(both).collect()
}

async fn run_side_by_side(postgres: Option<db::testing::TestDb>) {
    let site = Site::new(postgres).await;
    let place = &site.place;
    let ada = Person::new("ada", PASSWORD);
    let this = site.node(0, false).await.unwrap();
    let before = signs_on(place, &ada).await;

    // The next version takes its step while this one runs and a sign-on is under way.
    let halfway = place.browser();
    let page = halfway.open(place.portal("login")).await.expect(200);
    let next = site.node(1, true).await.unwrap();
    site.switch(1).await;
    give_credentials(&page, &ada).await.expect(200);
    knows(place, &halfway, &ada).await;
    knows(place, &before, &ada).await;
    let grace = site.registers("grace").await;
    let page = place.browser().open(place.portal("login")).await;
    let page = page.expect(200);

    // And back, in the middle of another one.
    site.switch(0).await;
    give_credentials(&page, &grace).await.expect(200);
    signs_on(place, &grace).await;
    knows(place, &halfway, &ada).await;
    let mary = site.registers("mary").await;

    site.switch(1).await;
    signs_on(place, &mary).await;
    knows(place, &before, &ada).await;
    let everybody = ["ada", "grace", "mary"].map(|name| (name.to_owned(), WRITTEN.to_owned()));
    assert_eq!(written(&site.db).await, everybody);

    // Whoever is replaced last leaves nobody behind.
    this.shutdown().await;
    knows(place, &halfway, &ada).await;
    signs_on(place, &grace).await;
    next.shutdown().await;
}

async fn leads_back(postgres: Option<db::testing::TestDb>) {
    let site = Site::new(postgres).await;
    let place = &site.place;
    let ada = Person::new("ada", PASSWORD);
    site.node(0, false).await.unwrap().shutdown().await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("before.tar");
    let backup = backup.to_str().unwrap();
    printed(&latchkey(place, &["backup", backup]));
    let next = site.node(1, true).await.unwrap();
    site.switch(1).await;
    let grace = site.registers("grace").await;
    signs_on(place, &grace).await;
    next.shutdown().await;

    // This version is not started on what the next one has left.
    let error = site.node(0, false).await.unwrap_err();
    let said = with_causes(&error);
    for words in ["newer than this program", "restore a backup"] {
        assert!(said.contains(words), "{said}");
    }
    let check = latchkey(place, &["migrate", "--check"]);
    refused(&check, "newer than this program");

    let Site {
        place,
        postgres,
        db,
        portals,
        idps,
        ports,
    } = site;
    if postgres.is_some() {
        let tables = db.tables().await.unwrap().into_iter().collect();
        db.drop_tables(&tables).await.unwrap();
    }
    drop(db);
    fs::remove_dir_all(place.data()).unwrap();
    printed(&latchkey(&place, &["restore", backup]));
    let db = opened(&place, postgres.as_ref());
    let site = Site {
        place,
        postgres,
        db,
        portals,
        idps,
        ports,
    };
    let this = site.node(0, false).await.unwrap();
    site.switch(0).await;
    signs_on(&site.place, &ada).await;
    let gone = site.place.browser().open(site.place.portal("login")).await;
    let gone = give_credentials(&gone.expect(200), &grace).await;
    assert!(gone.has("input[type=password]"), "{}", gone.summary());
    this.shutdown().await;
}

/// An error with its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes = causes.map(|cause| format!(": {cause}"));
    format!("{error}{}", causes.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_two_versions_finish_each_others_sign_ons_and_know_each_others_accounts() {
    run_side_by_side(None).await;
    if let Some(test) = db::testing::postgres().await {
        run_side_by_side(Some(test)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_does_not_start_on_what_a_newer_one_left_and_a_backup_leads_back() {
    leads_back(None).await;
    if let Some(test) = db::testing::postgres().await {
        leads_back(Some(test)).await;
    }
}

/// Everything but the newest step of each set: what the version before has.
async fn of_the_version_before(db: &Db) {
    let sets: [MigrationSet<'static>; 2] = [
        (idp::TABLES, idp::MIGRATIONS),
        (portal::TABLES, portal::MIGRATIONS),
    ];
    for (set, migrations) in sets {
        let (_, before) = migrations.split_last().unwrap();
        db.migrate(set, before).await.unwrap();
        assert_eq!(db.pending(set, migrations).await.unwrap().len(), 1);
    }
}

async fn is_brought_on(test: db::testing::TestDb) {
    of_the_version_before(&test.db).await;
    let system = System::prepare().on(test).start().await;
    system.sign_on(&system.demo_user()).await;
    let db = system.db();
    for (set, migrations) in [
        (idp::TABLES, idp::MIGRATIONS),
        (portal::TABLES, portal::MIGRATIONS),
    ] {
        assert!(
            db.pending(set, migrations).await.unwrap().is_empty(),
            "{set}"
        );
    }
    let versions =
        Statement::new("SELECT COUNT(*) AS steps FROM schema_versions WHERE set_name = $1");
    let row = db.read_optional(versions.bind(idp::TABLES)).await.unwrap();
    let steps: i64 = row.unwrap().get("steps").unwrap();
    assert_eq!(steps, i64::try_from(idp::MIGRATIONS.len()).unwrap());
}

#[tokio::test]
async fn a_database_of_the_version_before_is_brought_to_this_one_at_the_start() {
    is_brought_on(db::testing::sqlite().await).await;
    if let Some(test) = db::testing::postgres().await {
        is_brought_on(test).await;
    }
}
