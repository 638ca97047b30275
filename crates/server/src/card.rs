//! The card that is printed when everything is ready: where to go, and who can sign on.

use std::fmt::Write as _;

use ui::Mode;

use crate::up::Running;

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
    row("Issuer", &env.issuer);
    if running.mode == Mode::Development && !env.demo_username.is_empty() {
        row(
            "Sign on as",
            &format!("{}   password  {}", env.demo_username, env.demo_password),
        );
        row(
            "Operator",
            &format!(
                "{}   password  {}",
                env.operator_username, env.operator_password
            ),
        );
    }
    row("Data", &running.data_dir.display().to_string());
    if running.mode == Mode::Development {
        card.push_str(
            "\n  Development mode: these passwords and the mailbox are for this machine only.\n",
        );
    }
    if !env.ca_file.is_empty() {
        card.push_str(
            "  A browser warns about the certificate until it trusts it: latchkey trust\n",
        );
    }
    card.push_str("  Ctrl-C stops.\n\n");
    card
}
