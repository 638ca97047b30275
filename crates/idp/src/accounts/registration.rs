//! New users: by import, by the hosted registration page, by an administrator. User and password
//! come into being together or not at all.

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{EnvironmentId, PopulationId, UserId};
use protocol::names::{EmailAddress, InvalidEmail, is_username};
use protocol::password_policy::{CurrentPassword, PasswordPolicy};
use protocol::pingone::VerifyStatus;
use protocol::secret::Password;
use serde_json::{Map, Value};

use super::{Refusal, names, passwords, verification};
use crate::audit::{Activity, Actor, By, Subject};
use crate::core::{Core, group_rules};
use crate::mail::MailKind;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::{Document as _, Reference, refer};
use crate::stores::linked_accounts::{Identity, LinkedAccount, LinkedAccounts};
use crate::stores::passwords::{PasswordHash, Passwords};
use crate::stores::user_schemas::{SchemaType, UserSchemas};
use crate::stores::users::{AccountLock, ForeignProvider, StoredUser, Users};

/// What a new user is made of.
#[derive(Clone, Debug)]
pub(crate) struct NewAccount {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) population: PopulationId,
    pub(crate) enabled: bool,
    pub(crate) lock: AccountLock,
    pub(crate) verification: Verification,
    pub(crate) mfa_enabled: bool,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) password: Option<NewPassword>,
    /// What a seed says instead of what is made up.
    pub(crate) given: GivenAccount,
    pub(crate) verify_status: Option<VerifyStatus>,
    pub(crate) identity_provider: Option<ForeignProvider>,
    /// What the user refers to, which can then not be deleted.
    pub(crate) references: Vec<Reference>,
    /// By which identity elsewhere the user signs on.
    pub(crate) linked: Option<Identity>,
}

/// What is known of a user before the account is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenAccount {
    pub(crate) id: Option<UserId>,
    /// The hash of a password that nobody here knows, and whether another one is demanded.
    pub(crate) password: Option<(PasswordHash, bool)>,
    /// When the password was set.
    pub(crate) password_set_at: Option<Timestamp>,
}

/// Whether a new user has to prove the mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    /// No.
    NotRequired,
    /// Yes, and the code goes out at once.
    Required,
    /// Yes, and somebody else sends the code.
    RequiredWithoutMail,
}

/// The password of a new user.
#[derive(Clone, Debug)]
pub(crate) struct NewPassword {
    pub(crate) value: Password,
    /// Whether another one is demanded at the first sign-on.
    pub(crate) force_change: bool,
}

impl NewAccount {
    /// An enabled account without a password.
    pub(crate) fn new(
        username: impl Into<String>,
        email: impl Into<String>,
        population: PopulationId,
    ) -> Self {
        Self {
            username: username.into(),
            email: email.into(),
            email_verified: false,
            population,
            enabled: true,
            lock: AccountLock::Open,
            verification: Verification::NotRequired,
            mfa_enabled: false,
            attributes: Map::new(),
            password: None,
            given: GivenAccount::default(),
            verify_status: None,
            identity_provider: None,
            references: Vec::new(),
            linked: None,
        }
    }
}

/// Why a user was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationRefusal {
    /// The text is no mail address.
    #[error("the mail address cannot be one")]
    InvalidEmail(#[source] InvalidEmail),
    /// The username is empty, too long, or holds characters that cannot be seen.
    #[error("the username is not allowed")]
    InvalidUsername,
    /// The username is a mail address, and not the user's own.
    #[error("the username is the mail address of somebody else")]
    UsernameIsForeignAddress,
    /// Another user of the environment has the name.
    #[error("another user has this name")]
    UsernameTaken,
    /// Another user of the environment has the value of an attribute that must be unique.
    #[error("another user has this value")]
    ValueTaken(String),
    /// The population is not one of the environment's.
    #[error("the environment has no such population")]
    UnknownPopulation,
    /// The password was refused, or something failed.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<StoreError> for RegistrationRefusal {
    fn from(error: StoreError) -> Self {
        Self::Refused(Refusal::Store(error))
    }
}

/// Makes a user, with the password and the mail that belong to it.
pub(crate) async fn register(
    idp: &Idp,
    environment: EnvironmentId,
    account: NewAccount,
    by: &By,
) -> Result<StoredUser, RegistrationRefusal> {
    let account = with_checked_names(account)?;
    let NewAccount {
        password,
        verification,
        ..
    } = &account;
    let (password, verification) = (password.clone(), *verification);
    let given = account.given.clone();
    let set_at = given.password_set_at.unwrap_or(by.now);
    let references = account.references.clone();
    let linked = account.linked.clone();
    let user = into_user(idp, environment, account, by.now);
    require_free_name(idp, &user).await?;

    let mut change = Users::insert(&user).and(require_unique(idp, &user, by.now).await?);
    if !references.is_empty() {
        change = change.and(refer(environment, user.id.as_uuid(), &references));
    }
    if let Some(password) = password {
        let policy = passwords::policy_of(idp, &user).await?.policy;
        change = change.and(first_password(idp, &user, &policy, &password, set_at).await?);
    } else if let Some((hash, must_change)) = &given.password {
        change = change.and(Passwords::insert(user.id, hash, *must_change, set_at));
    }
    if verification == Verification::Required {
        change = change.and(verification::issue(idp, &user, by.now).await?);
    }
    change = change.and(group_rules::place(idp, &user, by.now).await?);
    let mut created = Activity::new("USER.CREATED", &user);
    if let Some(identity) = linked {
        let (activity, link) = linking(idp, &user, &identity, by.now)?;
        (created, change) = (created.and(activity), change.and(link));
    }
    match change
        .commit(idp, environment, &created, &by_whom(by, &user))
        .await
    {
        Ok(()) => {
            idp.mail().wake();
            Ok(user)
        }
        // Two registrations with one name at the same time: the index lets one pass.
        Err(error) if error.is_unique_violation() => Err(RegistrationRefusal::UsernameTaken),
        Err(error) if error.is_foreign_key_violation() => {
            Err(RegistrationRefusal::UnknownPopulation)
        }
        Err(error) => Err(error.into()),
    }
}

/// What links an identity elsewhere to a user, and what the audit log tells of it.
pub(crate) fn linking(
    core: &Core,
    user: &StoredUser,
    identity: &Identity,
    now: Timestamp,
) -> Result<(Activity, Change), StoreError> {
    let accounts = LinkedAccounts::new(core.db(), core.keyring());
    let (account, change) = accounts.link(user, identity, core.random(), now)?;
    let events = LinkedAccount::EVENTS;
    let subject = Subject::of(events.kind, account.id, account.document.name());
    Ok((Activity::new(events.created, subject), change))
}

/// What became of a person's own registration.
#[derive(Debug)]
pub(crate) enum Registered {
    /// The account is made, and a code is mailed to its address.
    Made(Box<StoredUser>),
    /// The address has an account already. Its owner is told by mail, and nobody else is told.
    HasAccount,
}

/// Registers a person who is not signed on, so that nobody learns whether an address is known here:
/// whatever is checked is checked either way, and either way a mail says how to go on.
pub(crate) async fn register_oneself(
    idp: &Idp,
    environment: EnvironmentId,
    account: NewAccount,
    by: &By,
) -> Result<Registered, RegistrationRefusal> {
    let account = with_checked_names(account)?;
    let owners = names::owners(idp, environment, &account.email).await?;
    if owners.is_empty() {
        return match register(idp, environment, account, by).await {
            Ok(made) => Ok(Registered::Made(Box::new(made))),
            // Who has it, as a second address, is told to nobody.
            Err(RegistrationRefusal::ValueTaken(_)) => Ok(Registered::HasAccount),
            Err(refusal) => Err(refusal),
        };
    }
    let password = account.password.clone();
    let user = into_user(idp, environment, account, by.now);
    match require_free_name(idp, &user).await {
        // The address as a username is the address once more.
        Err(RegistrationRefusal::UsernameTaken) if names::is_own_address(&user) => {}
        checked => checked?,
    }
    if let Some(password) = password {
        let policy = passwords::policy_of(idp, &user).await?.policy;
        let _ = first_password(idp, &user, &policy, &password, by.now).await?;
    }
    tell_owners(idp, &owners, &user.email, by).await?;
    Ok(Registered::HasAccount)
}

/// Tells the owners of an address again that they have an account.
pub(crate) async fn remind_owners(
    idp: &Idp,
    environment: EnvironmentId,
    email: &str,
    by: &By,
) -> Result<(), Refusal> {
    let owners = names::owners(idp, environment, email).await?;
    tell_owners(idp, &owners, email, by).await
}

async fn tell_owners(
    idp: &Idp,
    owners: &[StoredUser],
    address: &str,
    by: &By,
) -> Result<(), Refusal> {
    for owner in owners {
        let mail = MailKind::AlreadyRegistered { address };
        let told = Activity::new("NOTIFICATION.CREATED", owner);
        idp.mail()
            .enqueue(idp, owner, &mail, by.now)
            .await?
            .commit(idp, owner.environment_id, &told, by)
            .await?;
    }
    idp.mail().wake();
    Ok(())
}

/// What makes sure that nobody else has a value of an attribute that must be unique.
///
/// # Errors
///
/// [`RegistrationRefusal::ValueTaken`] when somebody has it already.
pub(crate) async fn require_unique(
    core: &Core,
    user: &StoredUser,
    now: Timestamp,
) -> Result<Change, RegistrationRefusal> {
    let (schemas, environment) = (core.user_schemas(), user.environment_id);
    let schema = schemas.of(environment, now).await?;
    let mut change = Change::new();
    for one in schema.attributes() {
        let attribute = &one.attribute;
        if !attribute.unique || attribute.schema_type == Some(SchemaType::Core) {
            continue;
        }
        let name = attribute.name.as_str();
        for value in user.values_of(name) {
            if schemas.is_taken(environment, name, &value, user.id).await? {
                return Err(RegistrationRefusal::ValueTaken(name.to_owned()));
            }
            change = change.and(UserSchemas::require_free(user, name, &value));
        }
    }
    Ok(change)
}

/// Refuses a name that another user has, or that is a mail address and not the user's own: whoever
/// signs on by an address means the one who proved it.
async fn require_free_name(core: &Core, user: &StoredUser) -> Result<(), RegistrationRefusal> {
    require_own_address(user)?;
    require_unused_name(core, user).await
}

/// Refuses a name that another user has.
pub(crate) async fn require_unused_name(
    core: &Core,
    user: &StoredUser,
) -> Result<(), RegistrationRefusal> {
    if names::is_anybody_elses(core, user).await? {
        return Err(RegistrationRefusal::UsernameTaken);
    }
    Ok(())
}

/// Refuses a name that is a mail address and not the user's own.
pub(crate) fn require_own_address(user: &StoredUser) -> Result<(), RegistrationRefusal> {
    if names::is_allowed(user) {
        Ok(())
    } else {
        Err(RegistrationRefusal::UsernameIsForeignAddress)
    }
}

/// The first user of an environment that is about to be made with `policy` as its default: nobody
/// there can have the name. Returns what makes the user.
pub(crate) async fn first_user(
    idp: &Idp,
    environment: EnvironmentId,
    account: NewAccount,
    policy: &PasswordPolicy,
    now: Timestamp,
) -> Result<(StoredUser, Change), RegistrationRefusal> {
    let account = with_checked_names(account)?;
    let password = account.password.clone();
    let user = into_user(idp, environment, account, now);
    require_own_address(&user)?;
    let mut change = Users::insert(&user);
    if let Some(password) = password {
        change = change.and(first_password(idp, &user, policy, &password, now).await?);
    }
    Ok((user, change))
}

async fn first_password(
    idp: &Idp,
    user: &StoredUser,
    policy: &PasswordPolicy,
    password: &NewPassword,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let (new, unknown) = (&password.value, CurrentPassword::Unknown);
    let hash = passwords::accepted(idp, user, policy, new, unknown, now).await?;
    Ok(Passwords::insert(
        user.id,
        &hash,
        password.force_change,
        now,
    ))
}

/// The account with its address in the form in which addresses are kept.
fn with_checked_names(account: NewAccount) -> Result<NewAccount, RegistrationRefusal> {
    if !is_username(&account.username) {
        return Err(RegistrationRefusal::InvalidUsername);
    }
    let email = EmailAddress::parse(&account.email).map_err(RegistrationRefusal::InvalidEmail)?;
    Ok(NewAccount {
        email: email.as_str().to_owned(),
        ..account
    })
}

/// A person who registers is the one who did it.
fn by_whom(by: &By, user: &StoredUser) -> By {
    match by.actor {
        Actor::Nobody => by.acting_as(user),
        Actor::Application { .. } | Actor::User { .. } => by.clone(),
    }
}

fn into_user(
    idp: &Idp,
    environment: EnvironmentId,
    account: NewAccount,
    now: Timestamp,
) -> StoredUser {
    StoredUser {
        id: account
            .given
            .id
            .unwrap_or_else(|| UserId::random(idp.random())),
        environment_id: environment,
        population_id: account.population,
        username: account.username,
        email: account.email,
        email_verified: account.email_verified,
        enabled: account.enabled,
        lock: account.lock,
        verification_required: account.verification != Verification::NotRequired,
        mfa_enabled: account.mfa_enabled,
        last_sign_on: None,
        attributes: account.attributes,
        proven_email: None,
        email_proven_at: account.email_verified.then_some(now),
        verify_status: account.verify_status,
        identity_provider: account.identity_provider,
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept as an address, the mailer takes.
    #[test]
    fn every_address_that_is_kept_can_be_put_on_an_envelope() {
        for typed in [
            "ada@example.com",
            "Ada+News@MAIL.example.co.uk",
            "o'brien@example.com",
            "!#$%&'*+/=?^_`{|}~-@example.com",
            "\"ada\"@example.com",
            "ada@bücher.example",
            "ada@例え.テスト",
        ] {
            let address = EmailAddress::parse(typed).unwrap();
            let envelope: lettre::Address = address.as_str().parse().unwrap();
            assert_eq!(envelope.to_string(), address.as_str());
            assert!(envelope.to_string().is_ascii(), "{typed}");
            let to = lettre::message::Mailbox::new(None, envelope);
            lettre::Message::builder()
                .from("a@example.com".parse().unwrap())
                .to(to)
                .body(String::new())
                .unwrap();
        }
    }

    #[test]
    fn an_account_keeps_the_ascii_form_of_its_address() {
        let random = protocol::SeededRandom::new(1);
        let population = PopulationId::random(&random);
        let account = NewAccount::new("ada", "Ada@BÜCHER.example", population);
        let account = with_checked_names(account).unwrap();
        assert_eq!(account.email, "Ada@xn--bcher-kva.example");
        let unseen = NewAccount::new("ada\u{115f}", "ada@example.com", population);
        assert!(matches!(
            with_checked_names(unseen),
            Err(RegistrationRefusal::InvalidUsername)
        ));
        let named = NewAccount::new("ada", "Ada <ada@example.com>", population);
        assert!(matches!(
            with_checked_names(named),
            Err(RegistrationRefusal::InvalidEmail(_))
        ));
    }
}
