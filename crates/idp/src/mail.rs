//! Mails: what they say, how they are kept, how they leave.
//!
//! A mail is written into the outbox in the same batch as the code that it carries, sealed with
//! the keyring. A job hands it to the mail server and tries again for a day; without a mail server
//! it waits, and in development the mailbox shows it.

pub(crate) mod outbox;
mod smtp;
mod words;

use db::{Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use protocol::id::MailId;
use protocol::names::EmailAddress;
use protocol::secret::{RecoveryCode, VerificationCode};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use ui::{MailText, Messages, Site};

use crate::core::Core;
use crate::outbox::Deliveries;
use crate::settings::SmtpSettings;
use crate::stores::change::Change;
use crate::stores::codes::{RECOVERY_CODE_LIFETIME, VERIFICATION_CODE_LIFETIME};
use crate::stores::configuration::Objects;
use crate::stores::email_delivery::{EmailDelivery, Sender, Senders};
use crate::stores::languages::Tongues;
use crate::stores::mails::{Mails, Share, ShareOf, StoredMail};
use crate::stores::notification_quotas::{QuotaType, Quotas};
use crate::stores::populations::{Populations, StoredPopulation};
use crate::stores::templates::{LOCALE, TemplateContent};
use crate::stores::users::StoredUser;
use crate::texts::{fallbacks, wanted};

pub(crate) use smtp::{InvalidSmtp, Smtp};
pub use smtp::{MailServerError, check_mail_server};

/// A given name with more characters than this greets nobody.
const LONGEST_GIVEN_NAME: usize = 60;

/// What is written to a user.
#[derive(Debug)]
pub(crate) enum MailKind<'a> {
    /// The code for a forgotten password.
    Recovery {
        code: &'a RecoveryCode,
        /// The mailbox that recovers the account.
        mailbox: &'a str,
    },
    /// The code that proves the mail address.
    Verification { code: &'a VerificationCode },
    /// Somebody wanted to register with the address of an account that exists.
    AlreadyRegistered {
        /// The address.
        address: &'a str,
    },
    /// The one-time password by which a device is activated.
    Device {
        otp: &'a str,
        /// The device's address.
        address: &'a str,
        /// How long it is good.
        lifetime: SignedDuration,
    },
    /// The one-time password by which a device proves who somebody is.
    SecondFactor {
        otp: &'a str,
        /// The device's address.
        address: &'a str,
        /// How long it is good.
        lifetime: SignedDuration,
    },
    /// Something happened that the account's owner has to know of.
    Notice(Notice),
}

/// What the owner of an account is told after it happened, so that a thief does not go unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Another mail address; told to the one before.
    AddressChanged,
    /// The same, to an address that was proven, by whose mailbox the owner comes back for a while.
    AddressChangedByOwner,
    /// A device counts from now on as a second factor.
    DeviceAdded,
    /// A device was locked again and again: somebody guesses who knows the password.
    DeviceLocked,
    /// A device was taken away.
    DeviceRemoved,
    /// A password, by somebody who knew the one before.
    PasswordChanged,
    /// A password, by a mailed code.
    PasswordRecovered,
    /// The password was taken away by an administrator.
    PasswordRemoved,
    /// A password, by an administrator.
    PasswordSet,
}

impl MailKind<'_> {
    /// How the names of its texts begin.
    fn texts(&self) -> &'static str {
        match self {
            Self::AlreadyRegistered { .. } => "already-registered",
            Self::Device { .. } => "device",
            Self::Notice(Notice::AddressChanged) => "address-changed",
            Self::Notice(Notice::AddressChangedByOwner) => "address-changed-by-owner",
            Self::Notice(Notice::DeviceAdded) => "device-added",
            Self::Notice(Notice::DeviceLocked) => "device-locked",
            Self::Notice(Notice::DeviceRemoved) => "device-removed",
            Self::Notice(Notice::PasswordChanged) => "password-changed",
            Self::Notice(Notice::PasswordRecovered) => "password-recovered",
            Self::Notice(Notice::PasswordRemoved) => "password-removed",
            Self::Notice(Notice::PasswordSet) => "password-set",
            Self::Recovery { .. } => "recovery",
            Self::SecondFactor { .. } => "second-factor",
            Self::Verification { .. } => "verification",
        }
    }

    /// The template that says what an environment puts in its place, if PingOne has one.
    fn template(&self) -> Option<&'static str> {
        match self {
            Self::AlreadyRegistered { .. } | Self::Notice(_) => None,
            Self::Device { .. } => Some("device_pairing"),
            Self::Recovery { .. } => Some("recovery_code_template"),
            Self::SecondFactor { .. } => Some("strong_authentication"),
            Self::Verification { .. } => Some("verification_code_template"),
        }
    }

    /// The address that it goes to. What gives or tells of power over the account goes to the
    /// address that was proven, and the proof of another to that.
    fn recipient<'u>(&'u self, user: &'u StoredUser) -> &'u str {
        match self {
            Self::AlreadyRegistered { address }
            | Self::Recovery {
                mailbox: address, ..
            }
            | Self::Device { address, .. }
            | Self::SecondFactor { address, .. } => address,
            Self::Notice(_) => user.mailbox(),
            Self::Verification { .. } => &user.email,
        }
    }

    /// The code in it, and for how long it is good.
    fn code(&self) -> Option<(&str, SignedDuration)> {
        match self {
            Self::AlreadyRegistered { .. } | Self::Notice(_) => None,
            Self::Device { otp, lifetime, .. } | Self::SecondFactor { otp, lifetime, .. } => {
                Some((otp, *lifetime))
            }
            Self::Recovery { code, .. } => Some((code.expose(), RECOVERY_CODE_LIFETIME)),
            Self::Verification { code } => Some((code.expose(), VERIFICATION_CODE_LIFETIME)),
        }
    }

    /// Each share is counted by itself: what strangers can cause keeps nobody from the second factor,
    /// which stands behind a right password, and no heap of codes hides what an owner has to know.
    ///
    /// The environment's quotas count codes alone; what has to be said of an account is said.
    fn share(&self, user: &StoredUser, quotas: &Quotas) -> Share {
        let of_codes = |whose| match self {
            Self::Notice(_) => None,
            _ => quotas.of_mails(whose),
        };
        let (of, most) = match self {
            Self::AlreadyRegistered { .. }
            | Self::Device { .. }
            | Self::Recovery { .. }
            | Self::Verification { .. } => (ShareOf::Codes, 10),
            Self::SecondFactor { .. } => (ShareOf::SecondFactor, 10),
            Self::Notice(_) => (ShareOf::Notices(user.id), 30),
        };
        let within = SignedDuration::from_hours(1);
        let beyond = matches!(self, Self::Recovery { .. }).then_some(user.id);
        Share {
            of,
            most,
            within,
            beyond,
            quotas: [QuotaType::User, QuotaType::Environment].map(of_codes),
        }
    }
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
    /// Whom the environment wants it to come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Sender>,
    /// Where the environment wants answers to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<Sender>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// What is sealed of a mail.
#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(flatten)]
    content: Content,
    /// Whether it is no mail for the environment's own server: what gives power over somebody who
    /// holds a role is not for those who may set where an environment's mails go.
    #[serde(default)]
    by_installation: bool,
}

/// The address on the envelope: in ASCII also where it was kept before addresses were.
fn envelope(email: &str) -> String {
    EmailAddress::parse(email).map_or_else(|_| email.to_owned(), |address| address.to_string())
}

/// Composes mails and hands them to a mail server.
#[derive(Debug)]
pub(crate) struct Mail {
    /// The brand.
    site: Site,
    /// `None` where mails wait for somebody to look into the mailbox.
    smtp: Option<Smtp>,
    waiting: Notify,
    deliveries: Deliveries,
}

impl Mail {
    pub(crate) fn new(site: Site, smtp: Option<&SmtpSettings>) -> Result<Self, InvalidSmtp> {
        Ok(Self {
            site,
            smtp: smtp.map(Smtp::new).transpose()?,
            waiting: Notify::new(),
            deliveries: Deliveries::default(),
        })
    }

    /// What became of mails.
    pub(crate) fn deliveries(&self) -> &Deliveries {
        &self.deliveries
    }

    /// Puts a mail to a user into the outbox, unless the address has had its share of mails.
    pub(crate) async fn enqueue(
        &self,
        core: &Core,
        user: &StoredUser,
        kind: &MailKind<'_>,
        now: Timestamp,
    ) -> Result<Change, ComposeError> {
        Ok(Change::of(self.statement(core, user, kind, now).await?))
    }

    /// The same, as a requirement: where the address has had its share, nothing of the change takes
    /// effect, and a code that was mailed before stays good.
    pub(crate) async fn require(
        &self,
        core: &Core,
        user: &StoredUser,
        kind: &MailKind<'_>,
        now: Timestamp,
    ) -> Result<Change, ComposeError> {
        Ok(Change::of_one(self.statement(core, user, kind, now).await?))
    }

    async fn statement(
        &self,
        core: &Core,
        user: &StoredUser,
        kind: &MailKind<'_>,
        now: Timestamp,
    ) -> Result<Statement, ComposeError> {
        let sender = core.environments().find_name(user.environment_id).await?;
        let sender = sender.unwrap_or_default();
        let roles = core
            .role_assignments()
            .of_actor(user.id.as_uuid(), now)
            .await?;
        let by_installation = !roles.is_empty();
        let population = Populations::new(core.db());
        let population = population
            .find(user.environment_id, user.population_id)
            .await?;
        let theme = population
            .as_ref()
            .and_then(|population| population.more.theme);
        let looks = core.themes().look(user.environment_id, theme, now).await?;
        let senders = if by_installation {
            Senders::default()
        } else {
            let objects = Objects::new(core.db(), core.keyring());
            Senders::of(objects, user.environment_id).await?
        };
        let own = if by_installation {
            Vec::new()
        } else {
            own_words(core, user, kind).await?
        };
        let tongues = core.languages().of(user.environment_id, now).await?;
        let content = match Words::choose(&tongues, own, &wanted_by(user, population.as_ref())) {
            Words::Own(content) => {
                let images = core.urls().image(user.environment_id, "");
                let code = kind.code().map_or("", |(code, _)| code);
                words::fill(*content, user, code, &sender, &images, senders)
            }
            Words::Ours(messages) => {
                let brand = self.site.brand();
                let name = looks.mail.name.as_deref().unwrap_or(brand.name());
                let text = compose(&messages, user, kind, name);
                let body = text.render(&messages, brand, &looks.mail, &core.urls().asset(""))?;
                Content {
                    subject: text.subject,
                    text: body.text,
                    html: body.html,
                    from: senders.from,
                    reply_to: senders.reply_to,
                }
            }
        };
        let id = MailId::random(core.random());
        let sealed = Sealed {
            content,
            by_installation,
        };
        let plaintext = serde_json::to_vec(&sealed)?;
        let mail = StoredMail {
            id,
            environment: user.environment_id,
            recipient: envelope(kind.recipient(user)),
            sealed: core.keyring().seal(&context(id), &plaintext, core.random()),
            created_at: now,
            attempts: 0,
        };
        let is_sent =
            self.smtp.is_some() || !by_installation && own_server(core, &mail).await?.is_some();
        let due = is_sent.then_some(now);
        // Nobody is kept out of an environment by whoever may write its policies.
        let quotas = if by_installation {
            Quotas::default()
        } else {
            Quotas::of(Objects::new(core.db(), core.keyring()), mail.environment).await?
        };
        Ok(Mails::insert(&mail, due, kind.share(user, &quotas)))
    }

    /// Tells the outbox's job that a mail waits.
    pub(crate) fn wake(&self) {
        self.waiting.notify_one();
    }
}

/// What is said where the environment has no words of its own.
fn compose(messages: &Messages, user: &StoredUser, kind: &MailKind<'_>, brand: &str) -> MailText {
    let (texts, code) = (kind.texts(), kind.code());
    let (minutes, hours) = code.map_or((0, 0), |(_, good)| (good.as_mins(), good.as_hours()));
    let (minutes, hours) = (minutes.to_string(), hours.to_string());
    let say = |part: &str| {
        let arguments = [
            ("name", user.username.as_str()),
            ("brand", brand),
            ("minutes", minutes.as_str()),
            ("hours", hours.as_str()),
        ];
        messages.format(&format!("mail-{texts}-{part}"), &arguments)
    };
    let lifetime = code.map(|_| say("lifetime"));
    MailText {
        subject: say("subject"),
        heading: say("heading"),
        paragraphs: vec![
            messages.format("mail-greeting", &[("name", called(user))]),
            say("text"),
        ],
        code: code.map(|(code, _)| code.to_owned()),
        notes: lifetime.into_iter().chain([say("unasked")]).collect(),
    }
}

/// What to call somebody: the given name, or else the username.
///
/// A mail may go to somebody who never heard of the account, so a name that a mail program would
/// make a link of is not taken for one.
fn called(user: &StoredUser) -> &str {
    let name = user
        .attributes
        .get("name")
        .and_then(|name| name.get("given"));
    let given = name.and_then(|given| given.as_str()).map(str::trim);
    let is_name = |name: &&str| {
        let may_be_link = name.contains(['/', ':', '@'])
            || name
                .split_once('.')
                .is_some_and(|(_, after)| after.starts_with(char::is_alphanumeric));
        !name.is_empty() && name.chars().count() <= LONGEST_GIVEN_NAME && !may_be_link
    };
    given.filter(is_name).unwrap_or(&user.username)
}

/// Whose words a mail is in.
enum Words {
    /// The environment's.
    Own(Box<TemplateContent>),
    /// Ours, in a language.
    Ours(Messages),
}

impl Words {
    /// Those in the language that is wanted most and known, after which the default language is: the
    /// environment's where it has some, and ours otherwise.
    fn choose(tongues: &Tongues, mut own: Vec<TemplateContent>, wanted: &[String]) -> Self {
        let mut take = |locale: &str| {
            let is_in_it = |content: &TemplateContent| content.locale.eq_ignore_ascii_case(locale);
            let place = own.iter().position(is_in_it)?;
            Some(Self::Own(Box::new(own.swap_remove(place))))
        };
        let wanted = wanted.iter().map(String::as_str);
        for locale in wanted.chain(tongues.default_locale()).flat_map(fallbacks) {
            if let Some(words) = take(locale) {
                return words;
            }
            if let Some(messages) = tongues.find(locale) {
                return Self::Ours(messages.clone());
            }
        }
        take(LOCALE).unwrap_or_else(|| Self::Ours(tongues.default_messages().clone()))
    }
}

/// The languages that a user wants mails in, the most wanted first.
fn wanted_by(user: &StoredUser, population: Option<&StoredPopulation>) -> Vec<String> {
    let attribute = |name: &str| user.attributes.get(name).and_then(|value| value.as_str());
    let of_population =
        population.and_then(|population| population.more.preferred_language.as_deref());
    [
        attribute("preferredLanguage"),
        attribute("locale"),
        of_population,
    ]
    .into_iter()
    .flatten()
    .flat_map(wanted)
    .collect()
}

/// What the user's environment says in the place of the installation's words, in each language.
async fn own_words(
    core: &Core,
    user: &StoredUser,
    kind: &MailKind<'_>,
) -> Result<Vec<TemplateContent>, StoreError> {
    let Some(template) = kind.template() else {
        return Ok(Vec::new());
    };
    let objects = Objects::new(core.db(), core.keyring());
    TemplateContent::of_mails(objects, user.environment_id, template).await
}

/// The mail server of a mail's environment, if it has one of its own.
async fn own_server(core: &Core, mail: &StoredMail) -> Result<Option<EmailDelivery>, StoreError> {
    let objects = Objects::new(core.db(), core.keyring());
    EmailDelivery::server(objects, mail.environment).await
}

/// Reads a mail of the outbox.
///
/// `None` when no key of this installation opens it.
pub(crate) fn open(core: &Core, mail: &StoredMail) -> Option<Content> {
    open_sealed(core, mail).map(|sealed| sealed.content)
}

fn open_sealed(core: &Core, mail: &StoredMail) -> Option<Sealed> {
    let plaintext = core.keyring().open(&context(mail.id), &mail.sealed).ok()?;
    serde_json::from_slice(&plaintext).ok()
}

fn context(id: MailId) -> String {
    format!("mails.sealed:{id}")
}
