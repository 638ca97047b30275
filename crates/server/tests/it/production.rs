//! Production with its own environment: making the first one, and people signing on to it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use latchkey::Servers;
use testkit::{Page, Person, give_credentials};

use crate::installation::{Installation, PASSWORD, run};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What the command printed, when it succeeded.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[tokio::test]
async fn an_operator_makes_the_first_environment_and_signs_on() {
    let place = Installation::new();
    let lines = printed(&place.create("Customers", PASSWORD));
    for secret in fs::read_dir(place.data()).unwrap() {
        let secret = secret.unwrap();
        let mode = secret.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{}", secret.path().display());
        if secret.path().extension().is_some_and(|ext| ext == "secret") {
            let content = fs::read_to_string(secret.path()).unwrap();
            assert!(!lines.contains(content.trim()), "a secret was printed");
        }
    }

    // The portal connects to the environment as to any other, so it must trust the certificate.
    let ca = place.certificate();
    place.configure(&format!("{lines}ca_file = \"{}\"\n", ca.display()));
    let checked = run(&place.config(), &["config", "check"], "");
    assert!(checked.status.success(), "{}", text(&checked.stderr));

    let running = place.start().await;
    let browser = place.browser();
    let page = browser.open(place.portal("login")).await.expect(200);
    let ada = Person::new("ada", PASSWORD);
    let home: Page = give_credentials(&page, &ada).await.expect(200);
    assert!(home.url.as_str().starts_with(&place.portal("")));
    let people = browser.open(place.portal("users")).await.expect(200);
    assert!(
        people.text().contains("ada@example.com"),
        "{}",
        people.summary()
    );

    let page = place.browser().open(place.portal("register")).await;
    page.form_with("confirmPassword")
        .fill("username", "grace")
        .fill("email", "grace@example.com")
        .fill("password", "Correct-Horse-42")
        .fill("confirmPassword", "Correct-Horse-42")
        .submit()
        .await
        .expect(200);
    let page = place.browser().open(place.portal("login")).await;
    let grace = Person::new("grace", "Correct-Horse-42");
    // Nobody has proven the address yet; the code waits for a mail server.
    let page = give_credentials(&page, &grace).await.expect(200);
    assert!(page.body().contains("Confirm your e"), "{}", page.summary());
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sqlite_an_environment_is_made_while_no_server_runs() {
    let place = Installation::new();
    let running = place.start_node(Servers::Environment, &[]).await;
    let refused = tokio::task::block_in_place(|| place.create("Customers", PASSWORD));
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("in use by a running latchkey"), "{said}");
    assert!(said.contains("stop it"), "{said}");
    running.shutdown().await;
}

#[test]
fn what_cannot_be_made_leaves_nothing_behind() {
    let place = Installation::new();
    let refused = place.create("Customers", "password");
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("password policy"), "{said}");
    assert!(said.contains("Not a commonly used password"), "{said}");
    assert!(!said.contains("\"password\""), "{said}");
    let secrets = || {
        let all = fs::read_dir(place.data()).unwrap();
        all.filter(|file| {
            let path = file.as_ref().unwrap().path();
            path.extension().is_some_and(|ext| ext == "secret")
        })
        .count()
    };
    assert_eq!(secrets(), 0);
    printed(&place.create("Customers", PASSWORD));
    assert_eq!(secrets(), 2);

    let again = place.create("customers", PASSWORD);
    let said = text(&again.stderr);
    assert!(said.contains("named `customers` already"), "{said}");
    assert_eq!(secrets(), 2);
}

#[test]
fn an_administrator_needs_name_and_address() {
    let place = Installation::new();
    let arguments = [
        "environment",
        "create",
        "Customers",
        "--admin-username",
        "ada",
    ];
    let refused = run(&place.config(), &arguments, PASSWORD);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--admin-email"));
}
