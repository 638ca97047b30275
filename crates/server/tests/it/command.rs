//! The commands that serve nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::installation::silent_port;

/// Runs the program with nothing of this process's environment.
fn latchkey(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_default_configuration_is_printed_as_it_can_be_used() {
    let home = tempfile::tempdir().unwrap();
    let output = latchkey(home.path(), &["config", "show", "--default"]);
    assert!(output.status.success());
    let file = home.path().join("latchkey.toml");
    fs::write(&file, &output.stdout).unwrap();
    let checked = latchkey(
        home.path(),
        &["config", "check", "--config", file.to_str().unwrap()],
    );
    assert!(checked.status.success(), "{}", text(&checked.stderr));
}

#[test]
fn a_wrong_configuration_has_its_own_exit_status() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("latchkey.toml");
    fs::write(&file, "[portal]\nlisen = \"x\"\n[tls]\nmode = \"on\"\n").unwrap();
    let output = latchkey(
        home.path(),
        &["config", "check", "--config", file.to_str().unwrap()],
    );
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("the configuration has 2 problems"), "{said}");
    assert!(said.contains("did you mean `portal.listen`?"), "{said}");

    let output = latchkey(
        home.path(),
        &["config", "check", "--config", "/nowhere.toml"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nowhere.toml could not be read"));

    // A seed is wrong where it cannot be read, and where the environment refuses what it says.
    let seed = home.path().join("seed.toml");
    for (written, expected) in [
        ("[[environments]]", "name is missing"),
        (
            "[[environments]]\nname = \"E\"\n[[environments.users]]\nusername = \"ada\"",
            "email: must not be blank",
        ),
    ] {
        fs::write(&seed, written).unwrap();
        let listen = "localhost:0";
        let start = ["idp", "--ephemeral", "--idp-listen", listen, "--seed"];
        let output = latchkey(
            home.path(),
            &[&start[..], &[seed.to_str().unwrap()]].concat(),
        );
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_logo_that_no_mail_shows_is_told_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let (svg, png) = (home.path().join("logo.svg"), home.path().join("logo.png"));
    fs::write(&svg, "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    fs::write(&png, b"\x89PNG\r\n\x1a\nlogo").unwrap();
    let check = |mail_logo: Option<&Path>| {
        let mail_logo = mail_logo.map(|path| format!("mail_logo = {path:?}"));
        let file = home.path().join("latchkey.toml");
        let text = format!("[brand]\nlogo = {svg:?}\n{}", mail_logo.unwrap_or_default());
        fs::write(&file, text).unwrap();
        latchkey(
            home.path(),
            &["config", "check", "--config", file.to_str().unwrap()],
        )
    };
    let output = check(None);
    assert!(output.status.success(), "{}", text_of(&output));
    assert!(text_of(&output).contains("give a PNG as brand.mail_logo"));
    let output = check(Some(&png));
    assert!(output.status.success() && !text_of(&output).contains("mail_logo"));
    let output = check(Some(&svg));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text_of(&output).contains("is no PNG"),
        "{}",
        text_of(&output)
    );
}

#[test]
fn the_file_in_the_data_directory_is_read_without_being_named() {
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join("latchkey.toml"),
        "[portal]\nlisten = \"127.0.0.1:1234\"\n",
    )
    .unwrap();
    let directory = home.path().to_str().unwrap();
    let output = latchkey(home.path(), &["config", "show", "--data-dir", directory]);
    let shown = text(&output.stdout);
    assert!(shown.contains("listen = \"127.0.0.1:1234\"  # "), "{shown}");
    assert!(shown.contains("# --data-dir"), "{shown}");
}

#[test]
fn import_prints_configuration_and_remarks_apart() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.cfg");
    fs::write(&file, "CLIENT_ID = 'x'\nSCOPE = 'openid'\nFOO = 1\n").unwrap();
    let output = latchkey(home.path(), &["config", "import", file.to_str().unwrap()]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("client_id = \"x\""));
    assert!(text(&output.stderr).contains("FOO (line 3): unknown and left out"));
}

#[test]
fn keys_are_rotated_only_where_there_are_some() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().to_str().unwrap();
    let rotate = ["keys", "rotate", "--data-dir", directory];
    let output = latchkey(home.path(), &rotate);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("it is made at the first start"));

    let path = home.path().join("keyring.json");
    let file = latchkey::keyring_file::KeyringFile::new(path.clone());
    file.make(&protocol::SystemRandom).unwrap();
    let staged = text(&latchkey(home.path(), &rotate).stdout);
    assert!(staged.contains("is staged"), "{staged}");
    let again = text(&latchkey(home.path(), &rotate).stderr);
    assert!(again.contains("latchkey keys activate"), "{again}");
    let activate = ["keys", "activate", "--data-dir", directory];
    let used = text(&latchkey(home.path(), &activate).stdout);
    assert!(used.contains("is used from now on"), "{used}");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn trust_says_where_the_authority_is() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().to_str().unwrap();
    let output = latchkey(home.path(), &["trust", "--data-dir", directory]);
    assert_eq!(output.status.code(), Some(1));
    latchkey::tls::Authority::load_or_make(home.path(), &[]).unwrap();
    let output = latchkey(home.path(), &["trust", "--data-dir", directory]);
    assert!(text(&output.stdout).contains(&format!("{directory}/ca.pem")));
}

#[test]
fn every_example_of_the_help_is_a_command_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    let output = latchkey(home.path(), &["--help"]);
    let help = text(&output.stdout);
    let (above, examples) = help.split_once("Examples:").unwrap();
    let (_, commands) = above.split_once("Commands:").unwrap();
    let examples = examples.lines().filter_map(|line| {
        let (_, words) = line.split_once("  latchkey ")?;
        words.split_whitespace().next()
    });
    let mut count = 0;
    // The first one has no command: what follows it is its explanation.
    for word in examples.skip(1) {
        let is_there = commands.lines().any(|line| {
            line.trim_start()
                .strip_prefix(word)
                .is_some_and(|rest| rest.starts_with(' '))
        });
        assert!(is_there, "{word} in {commands}");
        count += 1;
    }
    assert!(count > 5, "{help}");
}

#[test]
fn administration_says_what_it_needs_to_reach_an_environment() {
    let home = tempfile::tempdir().unwrap();
    let output = latchkey(home.path(), &["user", "find", "ada"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("latchkey up") && said.contains("--env-file"),
        "{said}"
    );

    let file = home.path().join("half.env");
    fs::write(&file, "PORTAL_URL=https://localhost:8080/\n").unwrap();
    let arguments = ["application", "list", "--env-file", file.to_str().unwrap()];
    let output = latchkey(home.path(), &arguments);
    assert!(
        text(&output.stderr).contains("WORKER_CLIENT_ID"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn an_environment_that_cannot_be_reached_is_told_with_the_cause() {
    let home = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let file = home.path().join("test.env");
    fs::write(
        &file,
        format!(
            "AUTH_URL=https://127.0.0.1:{closed}/\nAPI_URL=https://127.0.0.1:{closed}/v1/\n\
             ENVIRONMENT_ID=7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11\nWORKER_CLIENT_ID=w\n\
             WORKER_CLIENT_SECRET=hunter2\n"
        ),
    )
    .unwrap();
    let arguments = [
        "user",
        "unlock",
        "ada",
        "--env-file",
        file.to_str().unwrap(),
    ];
    let output = latchkey(home.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("looking for ada failed"), "{said}");
    assert!(said.contains("because"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_password_is_never_an_argument() {
    let home = tempfile::tempdir().unwrap();
    let output = latchkey(home.path(), &["user", "set-password", "ada", "hunter2"]);
    assert_eq!(output.status.code(), Some(2));
    let help = text(&latchkey(home.path(), &["user", "set-password", "--help"]).stdout);
    assert!(!help.contains("--password"), "{help}");
}

#[test]
fn a_live_check_names_what_it_does_not_reach() {
    let home = tempfile::tempdir().unwrap();
    let nobody = silent_port();
    let port = nobody.port();
    let config = home.path().join("latchkey.toml");
    let text = format!(
        "database = \"postgres://nobody:hunter2@127.0.0.1:{port}/none\"\n[portal.sign_on]\n\
         issuer = \"https://127.0.0.1:{port}/op\"\nclient_id = \"me\"\nclient_secret = \"hunter3\"\n\
         [portal.pingone]\nauth_url = \"https://127.0.0.1:{port}/\"\napi_url = \
         \"https://127.0.0.1:{port}/v1/\"\nenvironment_id = \"7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a12\"\n\
         worker_client_id = \"w\"\nworker_client_secret = \"hunter4\"\n[idp.smtp]\nhost = \
         \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\nfrom = \"a@example.com\"\n"
    );
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let check = latchkey(home.path(), &["config", "check", "--config", config]);
    assert!(check.status.success(), "{}", text_of(&check));
    let live = latchkey(
        home.path(),
        &["config", "check", "--live", "--config", config],
    );
    assert_eq!(live.status.code(), Some(1));
    let said = text_of(&live);
    for what in ["database", "mail server", "provider", "management API"] {
        assert!(said.contains(&format!("{what}: NOT REACHED: ")), "{said}");
    }
    assert!(!said.contains("hunter"), "{said}");
}

fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn the_version_says_from_which_commit_or_that_nobody_recorded_one() {
    let home = tempfile::tempdir().unwrap();
    let said = text(&latchkey(home.path(), &["--version"]).stdout);
    let (version, commit) = said.trim().split_once(" (commit ").unwrap();
    assert_eq!(version, concat!("latchkey ", env!("CARGO_PKG_VERSION")));
    match option_env!("BUILD_COMMIT_OF_LATCHKEY") {
        Some(built) => assert_eq!(commit, format!("{built})")),
        None => assert_eq!(commit, "not recorded: no release build)"),
    }
}

#[test]
fn every_shell_gets_a_script_that_knows_every_command() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = latchkey(home.path(), &["completions", shell]);
        assert!(output.status.success(), "{shell}");
        let script = text(&output.stdout);
        for word in ["portal", "set-password", "allow-network"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("share/man1");
    let output = latchkey(home.path(), &["manual", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for (page, says) in [
        ("latchkey.1", "trust"),
        ("latchkey-up.1", "ephemeral"),
        ("latchkey-user-set-password.1", "password"),
    ] {
        let page = fs::read_to_string(folder.join(page)).unwrap();
        assert!(page.contains(".TH") && page.contains(says), "{page}");
    }
}

#[test]
fn health_says_that_nothing_listens_and_asks_for_a_port_that_it_cannot_know() {
    let home = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let asked = ["health", "--for", "idp", "--idp-listen"];
    let output = latchkey(home.path(), &[&asked[..], &[&address]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.starts_with("environment  not ready: "), "{said}");
    assert!(said.contains("onnection refused"), "{said}");

    let output = latchkey(home.path(), &[&asked[..], &["localhost:0"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("name it with --idp-listen"));
}
