//! The banner of development, above every page of both servers.

use ui::{Mode, Notice};
use url::Url;

use crate::config::Settings;
use crate::front;

/// What is relaxed here, and where mails are; `environment` is where the embedded environment of this
/// process is reached. Nothing in production.
pub(super) fn notice(
    settings: &Settings,
    knows_people: bool,
    environment: Option<&Url>,
) -> Option<Notice> {
    if settings.mode != Mode::Development {
        return None;
    }
    let networks = front::listed(&settings.server.development_networks);
    let mut text = "Development mode".to_owned();
    if !networks.is_empty() {
        text.push_str(", open to ");
        text.push_str(&networks);
    }
    let mailbox = environment.filter(|_| settings.idp.settings.mailbox);
    if knows_people {
        text.push_str(" · known passwords");
    } else if mailbox.is_none() {
        text.push_str(" · error pages show their causes");
    }
    if mailbox.is_some() {
        text.push_str(" ·");
    }
    Some(Notice {
        text,
        link: mailbox.map(|url| ("Mailbox".to_owned(), format!("{url}mailbox"))),
    })
}
