//! The mail server, by lettre.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use protocol::id::MailId;
use secrecy::ExposeSecret as _;

use super::Content;
use crate::outgoing;
use crate::settings::{SmtpSecurity, SmtpSettings};
use crate::stores::email_delivery::{EmailDelivery, Sender};

/// A server that takes longer is tried again later.
const TIME_OUT: Duration = Duration::from_secs(20);

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

/// Why a mail server cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the mail server {host} cannot be used from here")]
pub struct MailServerError {
    host: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Connects to the mail server and signs on there, as for sending a mail, and sends none.
///
/// # Errors
///
/// [`MailServerError`] when the settings do not work, it cannot be reached, or it refuses.
pub async fn check_mail_server(settings: &SmtpSettings) -> Result<(), MailServerError> {
    let failed = |source: Option<Box<dyn std::error::Error + Send + Sync>>| MailServerError {
        host: settings.host.clone(),
        source,
    };
    let smtp = Smtp::new(settings).map_err(|error| failed(Some(Box::new(error))))?;
    match smtp.transport.test_connection().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(failed(None)),
        Err(error) => Err(failed(Some(Box::new(error)))),
    }
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
    /// The environment's own mail server cannot be reached from here.
    #[error("the environment's mail server cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl SendError {
    /// Whether it may work later.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_) | Self::Unreachable(_))
    }
}

/// A prepared way to the mail server.
pub(crate) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    /// Whether it is the environment's own, and not the installation's.
    is_of_environment: bool,
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
        let tls = tls(settings).map_err(|error| InvalidSmtp::Tls(settings.host.clone(), error))?;
        // Dangerous only without the next line: it begins without TLS.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .tls(tls)
            .port(settings.port)
            .timeout(Some(TIME_OUT));
        if let Some((user, password)) = &settings.credentials {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from,
            reply_to: None,
            is_of_environment: false,
        })
    }

    /// A prepared way to an environment's own mail server, at the address that was looked up and
    /// that may be spoken to. One on this machine is spoken to without TLS.
    pub(crate) async fn of_environment(
        server: &EmailDelivery,
        reaches_own_network: bool,
    ) -> Result<Self, SendError> {
        let host = server.host.as_deref().unwrap_or_default();
        let port = server.port.unwrap_or(465);
        let found = outgoing::look_up(host, port, reaches_own_network).await;
        let address = found.map_err(SendError::Unreachable)?.ip();
        let parameters = || TlsParameters::builder(host.to_owned()).build_rustls();
        let tls = match port {
            _ if address.is_loopback() => Ok(Tls::None),
            25 | 587 | 2525 => parameters().map(Tls::Required),
            _ => parameters().map(Tls::Wrapper),
        };
        let tls = tls.map_err(|error| SendError::Unreachable(Box::new(error)))?;
        let from = match &server.from {
            Some(sender) => mailbox(sender)?,
            None => mailbox(&Sender::pingone())?,
        };
        let reply_to = server.reply_to.as_ref().map(mailbox).transpose()?;
        // Dangerous only without the next line: it begins without TLS.
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
                .tls(tls)
                .port(port)
                .timeout(Some(TIME_OUT));
        if let (Some(user), Some(password)) = (&server.username, &server.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self {
            transport: builder.build(),
            from,
            reply_to,
            is_of_environment: true,
        })
    }

    /// Whom a mail comes from. The address is the environment's own choice where its own server takes
    /// the mail; the installation's server vouches for the installation's address alone.
    fn sender(&self, wanted: Option<&Sender>) -> Result<Mailbox, SendError> {
        match wanted {
            Some(wanted) if self.is_of_environment && wanted.address.is_some() => mailbox(wanted),
            Some(Sender {
                name: Some(name), ..
            }) => Ok(Mailbox::new(Some(name.clone()), self.from.email.clone())),
            _ => Ok(self.from.clone()),
        }
    }

    /// Hands a mail over.
    ///
    /// Each try carries the same `Message-ID`, so that mail programs show a mail once even if it was
    /// handed over twice, as when this process dies before it notes that the server took it.
    pub(crate) async fn send(
        &self,
        id: MailId,
        recipient: &str,
        content: Content,
    ) -> Result<(), SendError> {
        let to = recipient
            .parse()
            .map_err(|error| SendError::Permanent(Box::new(error)))?;
        let mut message = Message::builder();
        let reply_to = content.reply_to.as_ref();
        let reply_to = reply_to.filter(|reply_to| reply_to.address.is_some());
        let reply_to = reply_to.map(mailbox).transpose()?;
        if let Some(reply_to) = reply_to.or(self.reply_to.clone()) {
            message = message.reply_to(reply_to);
        }
        let message = message
            .from(self.sender(content.from.as_ref())?)
            .to(Mailbox::new(None, to))
            .subject(content.subject)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .multipart(MultiPart::alternative_plain_html(
                content.text,
                content.html,
            ))
            .map_err(|error| SendError::Permanent(Box::new(error)))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(SendError::Permanent(Box::new(error))),
            // The server does not take addresses in this alphabet (RFC 6531), today or tomorrow.
            Err(error) if error.is_client() && !recipient.is_ascii() => {
                Err(SendError::Permanent(Box::new(error)))
            }
            Err(error) => Err(SendError::Transient(error)),
        }
    }
}

/// An address with the name of whose it is.
fn mailbox(sender: &Sender) -> Result<Mailbox, SendError> {
    let address = sender.address.as_deref().unwrap_or_default().parse();
    let address = address.map_err(|error| SendError::Permanent(Box::new(error)))?;
    Ok(Mailbox::new(sender.name.clone(), address))
}

/// How the connection is protected: as set, never less.
fn tls(settings: &SmtpSettings) -> Result<Tls, lettre::transport::smtp::Error> {
    let parameters = || {
        let mut builder = TlsParameters::builder(settings.host.clone());
        if let Some(pem) = &settings.ca_pem {
            builder = builder.add_root_certificate(Certificate::from_pem(pem)?);
        }
        builder.build_rustls()
    };
    Ok(match settings.security {
        SmtpSecurity::None => Tls::None,
        SmtpSecurity::StartTls => Tls::Required(parameters()?),
        SmtpSecurity::Tls => Tls::Wrapper(parameters()?),
    })
}
