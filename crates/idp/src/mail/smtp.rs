//! The mail server, by lettre.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};

use super::Content;

/// A server that takes longer is tried again later.
const TIME_OUT: Duration = Duration::from_secs(20);

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all: for a relay on this machine.
    None,
    /// TLS after `STARTTLS`, without which nothing is sent; usually port 587.
    StartTls,
    /// TLS from the first byte; usually port 465.
    Tls,
}

/// The mail server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: SmtpSecurity,
    /// Name and password, if it asks for them.
    pub credentials: Option<(String, SecretString)>,
    /// The sender, such as `Example <no-reply@example.com>`.
    pub from: String,
}

/// The mail server's settings do not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidSmtp {
    /// The sender is no mail address.
    #[error("the mail's sender `{0}` is no mail address")]
    From(String),
    /// TLS could not be set up.
    #[error("the mail server `{0}` cannot be reached by TLS")]
    Tls(String, #[source] lettre::transport::smtp::Error),
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// Trying again will not help: the address or the content is refused.
    #[error("the mail server refused the mail for good")]
    Permanent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It may work later.
    #[error("the mail server did not take the mail now")]
    Transient(#[source] lettre::transport::smtp::Error),
}

/// A prepared way to the mail server.
pub(crate) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl Smtp {
    pub(crate) fn new(settings: &SmtpSettings) -> Result<Self, InvalidSmtp> {
        let from = settings.from.parse();
        let from = from.map_err(|_| InvalidSmtp::From(settings.from.clone()))?;
        type Transport = AsyncSmtpTransport<Tokio1Executor>;
        let tls = |error| InvalidSmtp::Tls(settings.host.clone(), error);
        let mut builder = match settings.security {
            SmtpSecurity::None => Transport::builder_dangerous(&settings.host),
            SmtpSecurity::StartTls => Transport::starttls_relay(&settings.host).map_err(tls)?,
            SmtpSecurity::Tls => Transport::relay(&settings.host).map_err(tls)?,
        };
        builder = builder.port(settings.port).timeout(Some(TIME_OUT));
        if let Some((user, password)) = &settings.credentials {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from,
        })
    }

    /// Hands a mail over.
    pub(crate) async fn send(&self, recipient: &str, content: Content) -> Result<(), SendError> {
        let to = recipient
            .parse()
            .map_err(|error| SendError::Permanent(Box::new(error)))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(content.subject)
            .multipart(MultiPart::alternative_plain_html(
                content.text,
                content.html,
            ))
            .map_err(|error| SendError::Permanent(Box::new(error)))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(SendError::Permanent(Box::new(error))),
            Err(error) => Err(SendError::Transient(error)),
        }
    }
}
