//! The administration commands against a running environment.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use testkit::System;

/// A running environment and a file that leads to it.
struct Place {
    system: System,
    directory: tempfile::TempDir,
}

impl Place {
    async fn start() -> Self {
        let system = System::prepare().without_portal().start().await;
        let directory = tempfile::tempdir().unwrap();
        let place = Self { system, directory };
        place.system.env().write(&place.env_file()).unwrap();
        place
    }

    fn env_file(&self) -> PathBuf {
        self.directory.path().join("test.env")
    }

    /// Runs a command beside the environment, which lives in this process.
    async fn run(&self, arguments: &[&str], input: &str) -> Output {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        let (env_file, input) = (self.env_file(), input.to_owned());
        tokio::task::spawn_blocking(move || run(&arguments, &env_file, &input))
            .await
            .unwrap()
    }

    /// Runs a command that must succeed and gives what it printed.
    async fn said(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input).await;
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }
}

fn run(arguments: &[String], env_file: &Path, input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(arguments)
        .arg("--env-file")
        .arg(env_file)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Most commands read nothing and may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_from_standard_input_and_appears_nowhere() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let output = place
        .run(&["user", "set-password", &name], "Windy-Meadow-97\n")
        .await;
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{complained}");
    assert!(said.contains("the password is set"), "{said}");
    assert!(
        !said.contains("Windy") && !complained.contains("Windy"),
        "{said}{complained}"
    );

    let said = place
        .said(
            &["user", "set-password", &name, "--force-change"],
            "Windy-Meadow-98\n",
        )
        .await;
    assert!(
        said.contains("must be changed at the next sign-on"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_breaks_the_policy_is_refused_with_the_rules() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let output = place.run(&["user", "set-password", &name], "short\n").await;
    assert_eq!(output.status.code(), Some(1));
    let complained = text(&output.stderr);
    assert!(
        complained.contains("breaks the password policy"),
        "{complained}"
    );
    assert!(complained.contains("nothing was changed"), "{complained}");

    let output = place.run(&["user", "set-password", &name], "\n").await;
    assert!(text(&output.stderr).contains("the password is empty"));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_found_disabled_enabled_and_unlocked() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let found = place.said(&["user", "find", &name], "").await;
    assert!(
        found.contains(&name) && found.contains("enabled"),
        "{found}"
    );
    let id = found.split_whitespace().next().unwrap().to_owned();

    assert_eq!(
        place.said(&["user", "disable", &id], "").await,
        format!("{name}: disabled.\n")
    );
    assert!(
        place
            .said(&["user", "find", &id], "")
            .await
            .contains("disabled")
    );
    assert_eq!(
        place.said(&["user", "enable", &name], "").await,
        format!("{name}: enabled.\n")
    );
    assert_eq!(
        place.said(&["user", "unlock", &name], "").await,
        format!("{name}: unlocked.\n")
    );
    let sent = place.said(&["user", "send-recovery-code", &name], "").await;
    assert!(sent.contains("recovery code"), "{sent}");

    let output = place
        .run(&["user", "unlock", "nobody\" or username sw \""], "")
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no user of the environment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_secret_is_shown_and_replaced() {
    let place = Place::start().await;
    let env = place.system.env().clone();
    let listed = place.said(&["application", "list"], "").await;
    assert!(
        listed.contains(&env.client_id) && listed.contains(&env.worker_client_id),
        "{listed}"
    );
    let shown = place
        .said(&["application", "show", &env.client_id], "")
        .await;
    assert!(
        shown.contains(&env.client_id) && !shown.contains(&env.client_secret),
        "{shown}"
    );

    let secret = place
        .said(&["application", "secret", "show", &env.client_id], "")
        .await;
    assert_eq!(secret.trim_end(), env.client_secret);
    let new = place
        .said(&["application", "secret", "rotate", &env.client_id], "")
        .await;
    assert_ne!(new, secret);
    assert_eq!(
        place
            .said(&["application", "secret", "show", &env.client_id], "")
            .await,
        new
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_populations_are_made_changed_listed_and_deleted() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let made = place
        .said(
            &[
                "group",
                "create",
                "Captains",
                "--set",
                "description=Who may steer",
            ],
            "",
        )
        .await;
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["description"], "Who may steer");
    place
        .said(
            &["group", "update", "captains", "--set", "externalId=c-1"],
            "",
        )
        .await;
    let shown = place.said(&["group", "show", "Captains"], "").await;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (shown["description"].as_str(), shown["externalId"].as_str()),
        (Some("Who may steer"), Some("c-1"))
    );
    let wrong = place
        .run(
            &["group", "update", "Captains", "--set", "descripton=a"],
            "",
        )
        .await;
    assert!(text(&wrong.stderr).contains("no member `descripton`"));

    let said = place.said(&["group", "add", "Captains", &name], "").await;
    assert_eq!(said, "1 user added to Captains.\n");
    let members = place
        .said(&["group", "members", "Captains", "--output", "csv"], "")
        .await;
    assert!(
        members.starts_with("id,username,email,") && members.contains(&name),
        "{members}"
    );
    let said = place
        .said(&["group", "remove", "Captains", &name], "")
        .await;
    assert_eq!(said, "1 user removed from Captains.\n");

    place.said(&["population", "create", "Sailors"], "").await;
    let table = place.said(&["population", "list"], "").await;
    assert!(
        table.starts_with("ID ") && table.contains("Sailors"),
        "{table}"
    );
    // Nothing is deleted without a yes, nor in a dry run.
    let refused = place.run(&["population", "delete", "Sailors"], "y\n").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("nothing was done"));
    let dry = place
        .said(&["population", "delete", "Sailors", "--dry-run"], "")
        .await;
    assert!(dry.contains("Sailors"), "{dry}");
    place.said(&["population", "show", "Sailors"], "").await;
    let said = place
        .said(&["population", "delete", "Sailors", "--yes"], "")
        .await;
    assert_eq!(said, "1 population deleted.\n");
    let gone = place.run(&["population", "show", "Sailors"], "").await;
    assert!(text(&gone.stderr).contains("no population has the name or id Sailors"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_users_are_imported_and_deleted() {
    let place = Place::start().await;
    let file = place.directory.path().join("crew.csv");
    let crew = "username,email,name.given,password\n\
                crew-1,crew-1@example.com,Ann,Sunny-Harbour-42\n\
                crew-2,crew-2@example.com,Ben,\n\
                crew-3,crew-3@example.com,Cat,short\n";
    std::fs::write(&file, crew).unwrap();
    let file = file.to_str().unwrap();
    place.said(&["population", "create", "Sailors"], "").await;
    let import = ["user", "import", file, "--population", "Sailors"];
    let dry = place
        .said(&[&import[..], &["--dry-run"]].concat(), "")
        .await;
    assert_eq!(dry, "3 users would be created.\n");
    let filter = r#"username sw "crew-""#;
    let list = ["user", "list", "--filter", filter, "--output", "json"];
    assert_eq!(place.said(&list, "").await, "[]\n");

    let output = place.run(&[&import[..], &["--yes"]].concat(), "").await;
    assert_eq!(output.status.code(), Some(1));
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(said, "2 users created.\n");
    assert!(
        complained.contains("crew-3: ") && complained.contains("1 user not created"),
        "{complained}"
    );
    assert!(!complained.contains("short"), "{complained}");
    let listed: Vec<serde_json::Value> =
        serde_json::from_str(&place.said(&list, "").await).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["name"].as_object().unwrap().len(), 1);

    let delete = ["user", "delete", "--filter", filter];
    let dry = place
        .said(&[&delete[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(dry.contains("crew-1") && dry.contains("crew-2"), "{dry}");
    let said = place.said(&[&delete[..], &["--yes"]].concat(), "").await;
    assert_eq!(said, "2 users deleted.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_created_with_a_password_and_changed() {
    let place = Place::start().await;
    let create = [
        "user",
        "create",
        "eve",
        "eve@example.com",
        "--with-password",
    ];
    let create = [&create[..], &["--set", "name.given=Eve"]].concat();
    let made = place.said(&create, "Windy-Meadow-97\n").await;
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["name"]["given"], "Eve");
    let changed = place
        .said(
            &[
                "user",
                "update",
                "eve",
                "--set",
                "title=Dr",
                "--set",
                "name=null",
            ],
            "",
        )
        .await;
    let changed: serde_json::Value = serde_json::from_str(&changed).unwrap();
    assert!(changed["title"] == "Dr" && changed.get("name").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_made_and_gets_grants_a_role_and_a_policy() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let create = ["application", "create", "Shop", "--set"];
    let uris = r#"redirectUris=["https://shop.example/callback"]"#;
    let made = place.said(&[&create[..], &[uris]].concat(), "").await;
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["type"], "WEB_APP");
    let robot = ["application", "create", "Robot", "--set", "type=WORKER"];
    place.said(&robot, "").await;
    let kept = place
        .said(&["application", "secret", "show", "Shop"], "")
        .await;
    let rotate = [
        "application",
        "secret",
        "rotate",
        "Shop",
        "--keep-former",
        "1",
    ];
    assert_ne!(place.said(&rotate, "").await, kept);

    let grant = ["grant", "create", "Shop", "openid", "email"];
    let granted = place.said(&grant, "").await;
    assert!(granted.contains("\"scopeNames\": \"email\""), "{granted}");
    let update = ["grant", "update", "Shop", "openid", "email", "profile"];
    place.said(&update, "").await;
    let listed = place.said(&["grant", "list", "Shop"], "").await;
    assert!(listed.contains("email profile"), "{listed}");
    let delete = ["grant", "delete", "Shop", "openid"];
    let dry = place
        .said(&[&delete[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(dry.contains("email profile"), "{dry}");
    place.said(&[&delete[..], &["--yes"]].concat(), "").await;

    let assign = [
        "role",
        "assign",
        "Identity Data Read Only",
        "--application",
        "Robot",
    ];
    let given = place.said(&assign, "").await;
    let given: serde_json::Value = serde_json::from_str(&given).unwrap();
    let held = ["role", "held", "--application", "Robot", "--output", "csv"];
    let id = given["id"].as_str().unwrap();
    assert!(place.said(&held, "").await.contains(id));
    let withdraw = ["role", "withdraw", id, "--application", "Robot"];
    place.said(&withdraw, "").await;
    assert!(!place.said(&held, "").await.contains(id));
    let held = place.said(&["role", "held", "--user", &name], "").await;
    assert!(held.starts_with("ID"), "{held}");

    place.said(&["policy", "create", "Strict"], "").await;
    let demand = ["policy", "demand", "Strict", "login", "--set"];
    let demand = [&demand[..], &["recovery.enabled=false"]].concat();
    place.said(&demand, "").await;
    let demands = place.said(&["policy", "demands", "Strict"], "").await;
    assert!(demands.contains("LOGIN"), "{demands}");
    place
        .said(&["policy", "assign", "Strict", "Shop"], "")
        .await;
    place
        .said(&["policy", "withdraw", "Strict", "Shop"], "")
        .await;
    place
        .said(&["policy", "delete", "Strict", "--yes"], "")
        .await;
    // The service passes over filters of applications; only what is meant is deleted.
    let filter = r#"name eq "Shop" and enabled eq true"#;
    let delete = ["application", "delete", "--filter", filter, "--yes"];
    assert_eq!(place.said(&delete, "").await, "1 application deleted.\n");
    place.said(&["application", "show", "Robot"], "").await;
    let delete = ["application", "delete", "Robot", "--yes"];
    assert_eq!(place.said(&delete, "").await, "1 application deleted.\n");
}
