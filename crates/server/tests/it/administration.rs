//! The administration commands against a running environment.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::Value;
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

    /// Runs a command that a person types at a terminal, who then types `input`. Gives what the
    /// program wrote to standard output, which leads elsewhere, and what stands on the terminal.
    async fn run_at_terminal(&self, arguments: &[&str], input: &str) -> (Output, String) {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        let (env_file, input) = (self.env_file(), input.to_owned());
        tokio::task::spawn_blocking(move || run_at_terminal(&arguments, &env_file, &input))
            .await
            .unwrap()
    }

    /// Runs a command that must succeed and gives the object that it printed.
    async fn object(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.said(arguments, "").await).unwrap()
    }

    /// Runs a command that must fail and gives what it complained of.
    async fn complaint(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "").await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        text(&output.stderr)
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

fn run_at_terminal(arguments: &[String], env_file: &Path, input: &str) -> (Output, String) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let mut options = File::options();
    options.read(true).write(true);
    let terminal = options.open(name.to_str().unwrap()).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&terminal, size).unwrap();
    let mut controller = File::from(controller);
    controller.write_all(input.as_bytes()).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(arguments)
        .arg("--env-file")
        .arg(env_file)
        .env_clear()
        .env("TERM", "xterm")
        .stdin(terminal.try_clone().unwrap())
        .stderr(terminal)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = Vec::new();
    // Linux reports an error when the last program has left the terminal.
    let _ = controller.read_to_end(&mut seen);
    (child.wait_with_output().unwrap(), text(&seen))
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
        found.starts_with("ID ") && found.contains(&name) && found.contains("true"),
        "{found}"
    );
    let csv = ["user", "find", &name, "--output", "csv"];
    let csv = place.said(&csv, "").await;
    let id = csv.lines().nth(1).unwrap().split(',').next().unwrap();
    let id = id.to_owned();

    assert_eq!(
        place.said(&["user", "disable", &id], "").await,
        format!("{name}: disabled.\n")
    );
    assert!(
        place
            .said(&["user", "find", &id], "")
            .await
            .contains("false")
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
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["description"], "Who may steer");
    place
        .said(
            &["group", "update", "captains", "--set", "externalId=c-1"],
            "",
        )
        .await;
    let shown = place.said(&["group", "show", "Captains"], "").await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
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
    let again = place.said(&["group", "add", "Captains", &name], "").await;
    assert_eq!(again, "0 users added to Captains.\n");
    let members = place
        .said(&["group", "members", "Captains", "--output", "csv"], "")
        .await;
    assert!(
        members.starts_with("id,username,email,") && members.contains(&name),
        "{members}"
    );
    let said = place
        .said(&["group", "remove", "Captains", &name, "--yes"], "")
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
    let listed: Vec<Value> = serde_json::from_str(&place.said(&list, "").await).unwrap();
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
    let made: Value = serde_json::from_str(&made).unwrap();
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
    let changed: Value = serde_json::from_str(&changed).unwrap();
    assert!(changed["title"] == "Dr" && changed.get("name").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_made_and_gets_grants_a_role_and_a_policy() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let create = ["application", "create", "Shop", "--set"];
    let uris = r#"redirectUris=["https://shop.example/callback"]"#;
    let made = place.said(&[&create[..], &[uris]].concat(), "").await;
    let made: Value = serde_json::from_str(&made).unwrap();
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
    let given: Value = serde_json::from_str(&given).unwrap();
    let held = ["role", "held", "--application", "Robot", "--output", "csv"];
    let id = given["id"].as_str().unwrap();
    assert!(place.said(&held, "").await.contains(id));
    let withdraw = ["role", "withdraw", id, "--application", "Robot", "--yes"];
    place.said(&withdraw, "").await;
    assert!(!place.said(&held, "").await.contains(id));
    let held = place.said(&["role", "held", "--user", &name], "").await;
    assert!(held.starts_with("ID"), "{held}");

    place.said(&["policy", "create", "Strict"], "").await;
    let demand = ["policy", "action", "add", "Strict", "login", "--set"];
    let demand = [&demand[..], &["recovery.enabled=false"]].concat();
    place.said(&demand, "").await;
    place
        .said(&["policy", "assign", "Strict", "Shop"], "")
        .await;
    let assigned = ["policy", "assigned", "Shop", "--output", "csv"];
    assert!(place.said(&assigned, "").await.contains(",1,Strict,"));
    let withdraw = ["policy", "withdraw", "Strict", "Shop"];
    let dry = [&withdraw[..], &["--dry-run"]].concat();
    assert!(place.said(&dry, "").await.contains("Strict"));
    let refused = place.complaint(&withdraw).await;
    assert!(refused.contains("nothing was done"), "{refused}");
    assert!(place.said(&assigned, "").await.contains(",1,Strict,"));
    let said = place.said(&[&withdraw[..], &["--yes"]].concat(), "").await;
    assert_eq!(said, "1 assignment deleted.\n");
    assert!(!place.said(&assigned, "").await.contains("Strict"));
    let refused = place.complaint(&withdraw).await;
    assert!(
        refused.contains("Shop was not given the policy Strict"),
        "{refused}"
    );
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

/// The types of a policy's actions with their priorities, in the order of a table.
async fn order(place: &Place, policy: &str) -> Vec<(u64, String)> {
    let list = ["policy", "action", "list", policy, "--output", "json"];
    let listed = place.object(&list).await;
    let action = |action: &Value| {
        let kind = action["type"].as_str().unwrap();
        (action["priority"].as_u64().unwrap(), kind.to_owned())
    };
    listed.as_array().unwrap().iter().map(action).collect()
}

fn turns(turns: &[(u64, &str)]) -> Vec<(u64, String)> {
    let turn = |&(priority, kind): &(u64, &str)| (priority, kind.to_owned());
    turns.iter().map(turn).collect()
}

/// Makes a policy that demands a login at turn 1, a profile at 7, and a login again at 9, whose id
/// it gives.
async fn demanding(place: &Place, policy: &str) -> String {
    place.said(&["policy", "create", policy], "").await;
    let attributes = r#"attributes=[{"name":"name.given","required":true}]"#;
    let profiling = [
        "policy",
        "action",
        "add",
        policy,
        "progressive_profiling",
        "--priority",
        "7",
        "--set",
        attributes,
        "--set",
        "promptText=Who are you?",
        "--set",
        "promptIntervalSeconds=60",
        "--set",
        "preventMultiplePromptsPerFlow=true",
    ];
    place
        .said(&["policy", "action", "add", policy, "login"], "")
        .await;
    place.said(&profiling, "").await;
    // It is made after one that was shown.
    let shown = ["policy", "action", "show", policy, "LOGIN"];
    let file = place.directory.path().join("login.json");
    std::fs::write(&file, place.said(&shown, "").await).unwrap();
    let file = file.to_str().unwrap();
    let copy = ["policy", "action", "add", policy, "login", "--from", file];
    let copy = [&copy[..], &["--priority", "9"]].concat();
    let second = place.object(&copy).await;
    let expected = turns(&[(1, "LOGIN"), (7, "PROGRESSIVE_PROFILING"), (9, "LOGIN")]);
    assert_eq!(order(place, policy).await, expected);
    second["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policys_actions_are_added_changed_and_removed() {
    let place = Place::start().await;
    let second = &*demanding(&place, "Strict").await;
    let shown = ["policy", "action", "show", "Strict", "LOGIN"];
    let ambiguous = place.complaint(&shown).await;
    assert!(
        ambiguous.contains("2 actions are named LOGIN") && ambiguous.contains("by its id"),
        "{ambiguous}"
    );
    let update = ["policy", "action", "update", "Strict", second, "--set"];
    let updated = place
        .object(&[&update[..], &["recovery.enabled=true"]].concat())
        .await;
    assert_eq!(updated["recovery"]["enabled"], true);
    // The service passes over what it does not know, which is told.
    let misspelt = [&update[..], &["recoverry.enabled=true"]].concat();
    let misspelt = place.run(&misspelt, "").await;
    assert!(misspelt.status.success());
    let remark = text(&misspelt.stderr);
    assert!(remark.contains("does not show `recoverry`"), "{remark}");
    assert_eq!(updated["priority"], 9);
    // A new action has its turn behind all others.
    let behind = ["policy", "action", "add", "Strict", "identifier_first"];
    assert_eq!(place.object(&behind).await["priority"], 10);

    let remove = [
        "policy",
        "action",
        "remove",
        "Strict",
        second,
        "progressive_profiling",
    ];
    let dry = place
        .said(&[&remove[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(dry.contains(second), "{dry}");
    assert_eq!(order(&place, "Strict").await.len(), 4);
    let said = place.said(&[&remove[..], &["--yes"]].concat(), "").await;
    assert_eq!(said, "2 actions deleted.\n");
    assert_eq!(order(&place, "Strict").await.len(), 2);
    let gone = place
        .complaint(&["policy", "action", "show", "Strict", second])
        .await;
    assert!(gone.contains("`latchkey policy action list`"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policys_actions_change_their_turns() {
    let place = Place::start().await;
    let second = &*demanding(&place, "Strict").await;
    let expected = order(&place, "Strict").await;
    let moving = ["policy", "action", "move", "Strict", second, "--before"];
    let moving = [&moving[..], &["progressive_profiling"]].concat();
    let dry = [&moving[..], &["--dry-run", "--output", "csv"]].concat();
    let dry = place.said(&dry, "").await;
    let kinds: Vec<&str> = dry
        .lines()
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(kinds, ["type", "LOGIN", "LOGIN", "PROGRESSIVE_PROFILING"]);
    assert_eq!(order(&place, "Strict").await, expected);
    place.said(&moving, "").await;
    let expected = turns(&[(1, "LOGIN"), (7, "LOGIN"), (9, "PROGRESSIVE_PROFILING")]);
    assert_eq!(order(&place, "Strict").await, expected);
    let first = [
        "policy",
        "action",
        "move",
        "Strict",
        "progressive_profiling",
        "--first",
    ];
    place.said(&first, "").await;
    let expected = turns(&[(1, "PROGRESSIVE_PROFILING"), (7, "LOGIN"), (9, "LOGIN")]);
    assert_eq!(order(&place, "Strict").await, expected);
    // Where two have the same turn, all are numbered anew.
    let update = ["policy", "action", "update", "Strict", second, "--set"];
    let same = [&update[..], &["priority=1"]].concat();
    place.said(&same, "").await;
    let last = [
        "policy",
        "action",
        "move",
        "Strict",
        "progressive_profiling",
        "--last",
    ];
    place.said(&last, "").await;
    let expected = turns(&[(1, "LOGIN"), (2, "LOGIN"), (3, "PROGRESSIVE_PROFILING")]);
    assert_eq!(order(&place, "Strict").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn password_policies_are_made_changed_and_misspelt_in_vain() {
    let place = Place::start().await;
    let create = ["password-policy", "create", "Strict", "--set"];
    let create = [&create[..], &[r#"length={"min":12,"max":255}"#]].concat();
    let made = place.object(&create).await;
    assert_eq!(
        (
            &made["length"]["min"],
            &made["excludesCommonlyUsed"],
            &made["default"]
        ),
        (&12.into(), &true.into(), &false.into())
    );
    let update = [
        "password-policy",
        "update",
        "strict",
        "--set",
        "length.min=14",
    ];
    let update = [&update[..], &["--set", "maxAgeDays=90"]].concat();
    let changed = place.object(&update).await;
    assert_eq!(
        (
            &changed["length"]["min"],
            &changed["maxAgeDays"],
            &changed["notSimilarToCurrent"]
        ),
        (&14.into(), &90.into(), &true.into())
    );
    let update = [
        "password-policy",
        "update",
        "Strict",
        "--set",
        "maxAgeDays=null",
    ];
    assert!(place.object(&update).await.get("maxAgeDays").is_none());
    let wrong = [
        "password-policy",
        "update",
        "Strict",
        "--set",
        "lenght.min=14",
    ];
    let wrong = place.complaint(&wrong).await;
    assert!(wrong.contains("no member `lenght`"), "{wrong}");
    for verb in ["create", "update"] {
        let nested = ["password-policy", verb, "Strict", "--set", "length.mni=14"];
        let nested = place.complaint(&nested).await;
        assert!(nested.contains("no member `length.mni`"), "{nested}");
        let word = ["password-policy", verb, "Strict", "--set", "length.min=x"];
        let word = place.complaint(&word).await;
        assert!(word.contains("`length.min` is wrong"), "{word}");
    }
    let again = place
        .complaint(&["password-policy", "create", "Strict"])
        .await;
    assert!(again.contains("there is one of that name"), "{again}");
    let wrong = [
        "password-policy",
        "update",
        "Strict",
        "--set",
        "length.min=3",
    ];
    let wrong = place.complaint(&wrong).await;
    assert!(
        wrong.contains("the password policy Strict was not changed") && wrong.contains("length"),
        "{wrong}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn password_policies_are_made_the_default_copied_and_deleted() {
    let place = Place::start().await;
    place
        .said(&["password-policy", "create", "Strict"], "")
        .await;
    // The one that is the default is it no more when another one is.
    let list = ["password-policy", "list", "--output", "csv"];
    let before = place.said(&list, "").await;
    assert!(before.contains(",Strict,false,"), "{before}");
    place
        .said(&["password-policy", "make-default", "Strict"], "")
        .await;
    let after = place.said(&list, "").await;
    assert!(after.contains(",Strict,true,"), "{after}");
    assert_eq!(after.matches(",true,").count(), 1, "{after}");
    let shown = place.said(&["password-policy", "show", "Strict"], "").await;
    let file = place.directory.path().join("strict.json");
    std::fs::write(&file, shown).unwrap();
    let copy = ["password-policy", "create", "Stricter", "--from"];
    let copy = [
        &copy[..],
        &[
            file.to_str().unwrap(),
            "--set",
            "default=false",
            "--set",
            "maxAgeDays=90",
        ],
    ]
    .concat();
    let copy = place.object(&copy).await;
    assert_eq!(
        (
            &copy["name"],
            &copy["maxAgeDays"],
            &copy["excludesProfileData"]
        ),
        (&"Stricter".into(), &90.into(), &true.into())
    );
    assert_eq!(copy["default"], false);

    let refused = ["password-policy", "delete", "Strict", "--yes"];
    let refused = place.complaint(&refused).await;
    assert!(
        refused.contains("the password policy Strict was not deleted\n")
            && refused.contains("Default Password Policy"),
        "{refused}"
    );
    let refused = [
        "password-policy",
        "delete",
        "Stricter",
        "Strict",
        "Basic",
        "--yes",
    ];
    let refused = place.complaint(&refused).await;
    assert!(
        refused.contains("Strict was not deleted (1 of 3 password policies were)"),
        "{refused}"
    );
    place.said(&["password-policy", "show", "Basic"], "").await;
    let delete = ["password-policy", "delete", "Basic", "--yes"];
    assert_eq!(
        place.said(&delete, "").await,
        "1 password policy deleted.\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn populations_and_policies_are_made_the_default() {
    let place = Place::start().await;
    for kind in ["population", "policy"] {
        place.said(&[kind, "create", "Sailors"], "").await;
        if kind == "policy" {
            let login = ["policy", "action", "add", "Sailors", "login"];
            place.said(&login, "").await;
        }
        let made = place.object(&[kind, "make-default", "Sailors"]).await;
        assert_eq!(made["default"], true, "{kind}");
        let listed = place.object(&[kind, "list", "--output", "json"]).await;
        let defaults = listed.as_array().unwrap().iter();
        let defaults = defaults.filter(|one| one["default"] == true).count();
        assert_eq!(defaults, 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_given_to_workers_and_groups_for_whatever_they_can_be_held_for() {
    let place = Place::start().await;
    place.said(&["group", "create", "Captains"], "").await;
    place.said(&["population", "create", "Sailors"], "").await;
    let robot = ["application", "create", "Robot", "--set", "type=WORKER"];
    place.said(&robot, "").await;
    let here = place.system.env().environment_id.clone();
    let cases: [(&str, &[&str], &str); 5] = [
        ("Environment Admin", &["--organization"], "ORGANIZATION"),
        ("Environment Admin", &[], "ENVIRONMENT"),
        (
            "Identity Data Admin",
            &["--environment", &here],
            "ENVIRONMENT",
        ),
        (
            "Identity Data Admin",
            &["--population", "Sailors"],
            "POPULATION",
        ),
        (
            "Application Owner",
            &["--for-application", "Robot"],
            "APPLICATION",
        ),
    ];
    for holder in [["--application", "Robot"], ["--group", "Captains"]] {
        for (role, reach, kind) in cases {
            let assign = [&["role", "assign", role], &holder[..], reach].concat();
            let given = place.object(&assign).await;
            assert_eq!(given["scope"]["type"], kind, "{assign:?}");
            assert_eq!(given["role"]["name"], role);
            let again = place.complaint(&assign).await;
            assert!(again.contains("it is held for that already"), "{again}");
        }
        let held = [&["role", "held", "--output", "csv"], &holder[..]].concat();
        let listed = place.said(&held, "").await;
        for (role, _, kind) in cases {
            assert!(listed.contains(&format!(",{role},{kind},")), "{listed}");
        }
        let ambiguous = [&["role", "withdraw", "Environment Admin"], &holder[..]].concat();
        let ambiguous = place.complaint(&ambiguous).await;
        assert!(
            ambiguous.contains("2 role assignments are named Environment Admin"),
            "{ambiguous}"
        );
        let withdraw = [&["role", "withdraw", "application owner"], &holder[..]].concat();
        let dry = place
            .said(&[&withdraw[..], &["--dry-run"]].concat(), "")
            .await;
        assert!(dry.contains("Application Owner"), "{dry}");
        assert_eq!(place.said(&held, "").await, listed);
        let said = place.said(&[&withdraw[..], &["--yes"]].concat(), "").await;
        assert_eq!(said, "1 role assignment deleted.\n");
        assert!(!place.said(&held, "").await.contains("Application Owner"));
    }
    let twice = [
        "role",
        "assign",
        "Reader",
        "--user",
        "a",
        "--population",
        "b",
        "--organization",
    ];
    assert_eq!(place.run(&twice, "").await.status.code(), Some(2));
}

/// Users with a common beginning of their names, in a file.
fn crew(place: &Place, name: &str, count: usize) -> String {
    let row = |number| format!("{name}-{number},{name}-{number}@example.com");
    let rows: Vec<String> = (1..=count).map(row).collect();
    let rows = format!("username,email\n{}\n", rows.join("\n"));
    let file = place.directory.path().join(format!("{name}.csv"));
    std::fs::write(&file, rows).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn long_work_shows_how_far_it_is_on_a_terminal_and_nowhere_else() {
    let place = Place::start().await;
    place.said(&["group", "create", "Captains"], "").await;
    let (seen, piped) = (crew(&place, "seen", 12), crew(&place, "piped", 12));
    let filter = r#"username sw "seen""#;
    let work: [(&[&str], &str); 4] = [
        (&["user", "import", &seen, "--yes"], "12 users created.\n"),
        (
            &["group", "add", "Captains", "--filter", filter],
            "12 users added to Captains.\n",
        ),
        (
            &["group", "remove", "Captains", "--filter", filter, "--yes"],
            "12 users removed from Captains.\n",
        ),
        (
            &["user", "delete", "--filter", filter, "--yes"],
            "12 users deleted.\n",
        ),
    ];
    for (arguments, said) in work {
        let (output, terminal) = place.run_at_terminal(arguments, "").await;
        assert!(output.status.success(), "{terminal}");
        assert_eq!(text(&output.stdout), said);
        assert!(
            terminal.contains("/12") && terminal.contains('░') && terminal.contains("left"),
            "{arguments:?}: {terminal:?}"
        );
        let quietly: Vec<&str> = arguments
            .iter()
            .map(|&argument| match argument {
                file if file == seen => piped.as_str(),
                argument if argument == filter => r#"username sw "piped""#,
                argument => argument,
            })
            .collect();
        let output = place.run(&quietly, "").await;
        assert_eq!(text(&output.stdout), said);
        assert_eq!(text(&output.stderr), "", "{quietly:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_something_away_at_a_terminal_is_asked() {
    let place = Place::start().await;
    place.said(&["population", "create", "Sailors"], "").await;
    let delete = ["population", "delete", "Sailors"];
    for answer in ["n\n", "\n", "yes please\n"] {
        let (output, terminal) = place.run_at_terminal(&delete, answer).await;
        assert_eq!(output.status.code(), Some(1), "{terminal}");
        assert!(
            terminal.contains("1 population will be deleted. Go on? [y/N]"),
            "{terminal}"
        );
        assert!(terminal.contains("nothing was done"), "{terminal}");
        place.said(&["population", "show", "Sailors"], "").await;
    }
    let (output, terminal) = place.run_at_terminal(&delete, "y\n").await;
    assert_eq!(
        text(&output.stdout),
        "1 population deleted.\n",
        "{terminal}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_group_and_grants_are_rehearsed() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    place.said(&["group", "create", "Captains"], "").await;
    let members = ["group", "members", "Captains", "--output", "json"];
    let add = ["group", "add", "Captains", &name, &name, "--dry-run"];
    let output = place.run(&add, "").await;
    assert!(text(&output.stdout).contains(&name));
    assert_eq!(text(&output.stderr), "1 user would be added to Captains:\n");
    assert_eq!(place.said(&members, "").await, "[]\n");
    place.said(&["group", "add", "Captains", &name], "").await;
    let remove = ["group", "remove", "Captains", &name];
    let refused = place.complaint(&remove).await;
    assert!(
        refused.contains("1 user will be removed from Captains"),
        "{refused}"
    );
    let output = place.run(&[&remove[..], &["--dry-run"]].concat(), "").await;
    assert_eq!(
        text(&output.stderr),
        "1 user would be removed from Captains:\n"
    );
    assert_ne!(place.said(&members, "").await, "[]\n");

    place.said(&["application", "create", "Shop"], "").await;
    let create = ["grant", "create", "Shop", "openid", "email", "profile"];
    let said = place
        .said(&[&create[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(said.contains("email profile of openid"), "{said}");
    let list = ["grant", "list", "Shop", "--output", "json"];
    let before = place.said(&list, "").await;
    assert!(!before.contains("email profile"), "{before}");
    let wrong = ["grant", "create", "Shop", "openid", "emial"];
    let wrong = place.complaint(&wrong).await;
    assert!(
        wrong.contains("openid has no scope emial; it has ") && wrong.contains("email"),
        "{wrong}"
    );
}
