//! The card that is printed when everything is ready: where to go, and who can sign on.

use std::fmt::Write as _;
use std::path::Path;

use ui::Mode;

use crate::data_dir;
use crate::front;
use crate::up::Running;

/// The command that finds this server's authority, to be typed into a shell.
fn trust_command(directory: &Path) -> String {
    if data_dir::platform().is_ok_and(|platform| platform == directory) {
        return "latchkey trust".to_owned();
    }
    let name = directory.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if name.bytes().all(is_plain) {
        format!("latchkey trust --data-dir {name}")
    } else {
        format!(
            "latchkey trust --data-dir '{}'",
            name.replace('\'', r"'\''")
        )
    }
}

/// The card's text.
pub fn render(running: &Running) -> String {
    let env = &running.env;
    let mut card = String::from("\nLatchkey is ready.\n\n");
    // Writing into a String cannot fail.
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(card, "  {name:<13}{value}");
        }
    };
    row(
        "Portal",
        running.portal_url.as_ref().map_or("", |url| url.as_str()),
    );
    row(
        "Environment",
        running.idp_url.as_ref().map_or("", |url| url.as_str()),
    );
    row("Mailbox", &env.mailbox_url);
    row(
        "Explain",
        running.explain_url.as_ref().map_or("", |url| url.as_str()),
    );
    row("Issuer", &env.issuer);
    row("Control", &env.control_url);
    row(
        "Metrics",
        running.metrics_url.as_ref().map_or("", |url| url.as_str()),
    );
    let people = [
        ("Sign on as", &env.demo_username, &env.demo_password),
        ("Operator", &env.operator_username, &env.operator_password),
    ];
    let has_people = people.iter().any(|(_, username, _)| !username.is_empty());
    for (name, username, password) in people {
        if running.mode == Mode::Development && !username.is_empty() {
            row(name, &format!("{username}   password  {password}"));
        }
    }
    row("Data", &running.data_dir.display().to_string());
    if running.mode == Mode::Development {
        let relaxed = match (!has_people, env.mailbox_url.is_empty()) {
            (false, false) => "these passwords and the mailbox are",
            (false, true) => "these passwords are",
            (true, false) => "the mailbox is",
            (true, true) => "error pages show their causes; it is",
        };
        let inside = match front::listed(&running.networks) {
            networks if networks.is_empty() => String::new(),
            networks => format!(" and {networks}"),
        };
        let _ = writeln!(
            card,
            "\n  Development mode: {relaxed} for this machine{inside} only."
        );
    }
    if !env.ca_file.is_empty() {
        let _ = writeln!(
            card,
            "  A browser warns about the certificate until it trusts it: {}",
            trust_command(&running.data_dir)
        );
    }
    card.push_str("  Ctrl-C stops.\n\n");
    card
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trust_command_names_a_directory_that_is_not_the_platforms() {
        assert_eq!(
            trust_command(Path::new("/tmp/latchkey-1a")),
            "latchkey trust --data-dir /tmp/latchkey-1a"
        );
        assert_eq!(
            trust_command(Path::new("/tmp/it's here")),
            r"latchkey trust --data-dir '/tmp/it'\''s here'"
        );
        let own = data_dir::platform().unwrap();
        assert_eq!(trust_command(&own), "latchkey trust");
    }
}
