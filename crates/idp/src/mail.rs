//! Mails: what they say, how they are kept, how they leave.
//!
//! A mail is written into the outbox in the same batch as the code that it carries, sealed with
//! the keyring. A job hands it to the mail server and tries again for a day; without a mail server
//! it waits, and in development the mailbox shows it.

mod outbox;
mod smtp;

use db::{Statement, StoreError};
use jiff::Timestamp;
use protocol::id::MailId;
use protocol::secret::{RecoveryCode, VerificationCode};
use serde::{Deserialize, Serialize};
use ui::MailText;

use crate::accounts::recovery::CODE_LIFETIME;
use crate::state::Idp;
use crate::stores::mails::{Mails, StoredMail};
use crate::stores::users::StoredUser;

pub(crate) use outbox::run as run_outbox;
pub(crate) use smtp::{InvalidSmtp, Smtp};
pub use smtp::{SmtpSecurity, SmtpSettings};

/// What is written to a user.
#[derive(Debug)]
pub(crate) enum Letter<'a> {
    /// The code for a forgotten password.
    Recovery { code: &'a RecoveryCode },
    /// The code that proves the mail address.
    Verification { code: &'a VerificationCode },
}

/// A mail could not be composed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    /// The template failed.
    #[error("a mail could not be rendered")]
    Render(#[from] askama::Error),
    /// The content could not be written down.
    #[error("a mail could not be written into the outbox")]
    Write(#[from] serde_json::Error),
    /// The environment's name could not be read.
    #[error("a mail's sender could not be found")]
    Store(#[from] StoreError),
}

/// The content of a mail, as it is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// The statement that puts a letter to a user into the outbox.
pub(crate) async fn enqueue(
    idp: &Idp,
    user: &StoredUser,
    letter: &Letter<'_>,
    now: Timestamp,
) -> Result<Statement, ComposeError> {
    let sender = idp.environment_name(user.environment_id).await?;
    let text = compose(idp, user, letter, &sender);
    let body = text.render(idp.site().messages(), idp.site().brand(), &sender)?;
    let content = Content {
        subject: text.subject,
        text: body.text,
        html: body.html,
    };
    let id = MailId::random(idp.random());
    let plaintext = serde_json::to_vec(&content)?;
    let mail = StoredMail {
        id,
        recipient: user.email.clone(),
        sealed: idp.keyring().seal(&context(id), &plaintext, idp.random()),
        created_at: now,
        attempts: 0,
    };
    let due = idp.settings().smtp.is_some().then_some(now);
    Ok(Mails::insert(&mail, user.environment_id, due))
}

/// Reads a mail of the outbox.
///
/// `None` when no key of this installation opens it.
pub(crate) fn open(idp: &Idp, mail: &StoredMail) -> Option<Content> {
    let plaintext = idp.keyring().open(&context(mail.id), &mail.sealed).ok()?;
    serde_json::from_slice(&plaintext).ok()
}

fn context(id: MailId) -> String {
    format!("mails.sealed:{id}")
}

fn compose(idp: &Idp, user: &StoredUser, letter: &Letter<'_>, sender: &str) -> MailText {
    let messages = idp.site().messages();
    let (kind, code, minutes) = match letter {
        Letter::Recovery { code } => ("recovery", code.expose(), CODE_LIFETIME.as_mins()),
        Letter::Verification { code } => ("verification", code.expose(), 0),
    };
    let say = |part: &str| {
        let minutes = minutes.to_string();
        let arguments = [
            ("name", user.username.as_str()),
            ("environment", sender),
            ("minutes", minutes.as_str()),
        ];
        messages.format(&format!("mail-{kind}-{part}"), &arguments)
    };
    MailText {
        subject: say("subject"),
        heading: say("heading"),
        paragraphs: vec![say("greeting"), say("text")],
        code: Some(code.to_owned()),
        notes: vec![say("lifetime"), say("unasked")],
    }
}
