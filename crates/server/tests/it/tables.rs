//! The tables as an operator's business: brought to a version before servers start, and copied from
//! one kind of database to the other.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use latchkey::config::{Loaded, Sources};
use latchkey::{Servers, UpOptions, up};
use testkit::{Person, give_credentials};

use crate::installation::{Installation, PASSWORD, refused, run};
use crate::pty::run_at_terminal;

fn latchkey(place: &Installation, arguments: &[&str]) -> Output {
    tokio::task::block_in_place(|| run(&place.config(), arguments, ""))
}

fn printed(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn production_can_wait_for_the_operator_to_change_the_tables() {
    let place = Installation::new();
    let text = fs::read_to_string(place.config()).unwrap();
    let text = format!("database_migrate_at_start = false\n{text}");
    fs::write(place.config(), text).unwrap();

    let due = latchkey(&place, &["migrate", "--check"]);
    assert_eq!(due.status.code(), Some(1));
    let due = String::from_utf8(due.stdout).unwrap();
    for step in ["installation 1 (init) is due", "idp 1 (", "portal 1 ("] {
        assert!(due.contains(step), "{step} in {due}");
    }
    assert!(!place.data().join("latchkey.db").exists());

    let sources = Sources {
        file: Some(place.config()),
        ..Sources::default()
    };
    let loaded = Loaded::read(&sources);
    let settings = loaded.settings_for(Servers::Environment).unwrap();
    let mut options = UpOptions::new(settings);
    options.servers = Servers::Environment;
    testkit::install_cryptography();
    let early = up(options.clone()).await.unwrap_err().to_string();
    assert!(
        early.contains("latchkey migrate") && early.contains("idp 1 ("),
        "{early}"
    );

    let done = printed(&latchkey(&place, &["migrate"]));
    assert!(
        done.contains("portal 1 (") && done.contains("is done"),
        "{done}"
    );
    let again = printed(&latchkey(&place, &["migrate"]));
    assert!(again.contains("Nothing is due"), "{again}");
    printed(&latchkey(&place, &["migrate", "--check"]));
    let running = up(options).await.unwrap();
    refused(&latchkey(&place, &["migrate"]), "stop that one first");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_alone_has_the_tables_of_a_portal() {
    let place = Installation::new();

    let done = printed(&latchkey(&place, &["migrate", "--for", "portal"]));

    assert!(done.contains("portal 1 ("), "{done}");
    assert!(!done.contains("idp 1 ("), "{done}");
    let check = ["migrate", "--check", "--for"];
    printed(&latchkey(&place, &[&check[..], &["portal"]].concat()));
    let both = latchkey(&place, &[&check[..], &["up"]].concat());
    let due = String::from_utf8(both.stdout).unwrap();
    assert!(due.contains("idp 1 ("), "{due}");
    if let Some(database) = db::testing::postgres().await {
        let url = database.postgres_url().unwrap();
        let copy = ["copy", "--for", "portal", "--to", &url];
        printed(&latchkey(&place, &copy));
    }

    // Of an environment nothing is left behind.
    printed(&latchkey(&place, &["migrate"]));
    let nowhere = "postgres://latchkey@localhost:1/latchkey";
    let half = ["copy", "--for", "portal", "--to", nowhere];
    refused(&latchkey(&place, &half), "tables of `idp`");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_moves_to_postgresql_and_back_and_people_sign_on_as_before() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let url = database.postgres_url().unwrap();
    let place = Installation::new();
    let made = tokio::task::block_in_place(|| place.create("Customers", PASSWORD));
    let ca = place.certificate();
    place.configure(&format!(
        "{}ca_file = \"{}\"\n",
        printed(&made),
        ca.display()
    ));
    // A session, flows and activities are rows, too.
    let running = place.start().await;
    signs_on(&place).await;
    let busy = latchkey(&place, &["copy", "--to", &url]);
    refused(&busy, "stop that one first");
    running.shutdown().await;

    let mut copy = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    copy.args(["copy", "--to", &url, "--config"])
        .arg(place.config());
    let (output, terminal) = tokio::task::block_in_place(|| run_at_terminal(&mut copy, ""));
    let copied = printed(&output);
    assert!(copied.contains("each is the same in both"), "{copied}");
    assert!(
        terminal.contains('░') && terminal.contains("left"),
        "it shows how far it is: {terminal:?}"
    );
    let again = latchkey(&place, &["copy", "--to", &url]);
    refused(&again, "has tables already");

    let text = fs::read_to_string(place.config()).unwrap();
    let keyring = place.data().join("keyring.json");
    let moved = format!(
        "database = \"{url}\"\nkeyring_file = \"{}\"\n{text}",
        keyring.display()
    );
    fs::write(place.config(), moved).unwrap();
    let running = place.start().await;
    signs_on(&place).await;
    running.shutdown().await;

    let file = place.data().join("latchkey.db");
    fs::remove_file(&file).unwrap();
    let elsewhere = format!("sqlite:{}", file.display());
    let elsewhere = latchkey(&place, &["copy", "--to", &elsewhere]);
    refused(&elsewhere, "say `--to sqlite`");
    printed(&latchkey(&place, &["copy", "--to", "sqlite"]));
    fs::write(place.config(), text).unwrap();
    let running = place.start().await;
    signs_on(&place).await;
    running.shutdown().await;
    assert_eq!(mode(&file), 0o600);
    drop(database);
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

async fn signs_on(place: &Installation) {
    let browser = place.browser();
    let page = browser.open(place.portal("login")).await.expect(200);
    let ada = Person::new("ada", PASSWORD);
    let home = give_credentials(&page, &ada).await.expect(200);
    assert!(home.url.as_str().starts_with(&place.portal("")));
    let people = browser.open(place.portal("users")).await.expect(200);
    assert!(
        people.text().contains("ada@example.com"),
        "{}",
        people.summary()
    );
}
