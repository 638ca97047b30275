//! New users: by import, by the hosted registration page, by an administrator. User and password
//! come into being together or not at all.

use std::str::FromStr as _;

use email_address::EmailAddress;
use jiff::Timestamp;
use protocol::id::{EnvironmentId, PopulationId, UserId};
use protocol::password_policy::{CurrentPassword, PasswordPolicy};
use protocol::secret::Password;
use serde_json::{Map, Value};

use super::{Refusal, passwords, verification};
use crate::audit::{Activity, Actor, By};
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::passwords::Passwords;
use crate::stores::users::{AccountLock, StoredUser, Users};

/// PingOne's limit of `username` (users, "User properties").
const LONGEST_USERNAME: usize = 128;

/// RFC 5321 §4.5.3.1.3: a path of 256 octets, its angle brackets taken off.
const LONGEST_EMAIL: usize = 254;

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
        }
    }
}

/// Why a user was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationRefusal {
    /// The text is no mail address.
    #[error("the mail address is none")]
    InvalidEmail,
    /// The username is empty, too long, or holds control characters.
    #[error("the username is not allowed")]
    InvalidUsername,
    /// Another user of the environment has the name.
    #[error("another user has this name")]
    UsernameTaken,
    /// The population is not one of the environment's.
    #[error("the environment has no such population")]
    UnknownPopulation,
    /// The password was refused, or something failed.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<db::StoreError> for RegistrationRefusal {
    fn from(error: db::StoreError) -> Self {
        Self::Refused(Refusal::Store(error))
    }
}

/// Whether a text can be a username: PingOne takes letters, marks, spaces, symbols, digits and
/// punctuation of all alphabets, so all but what cannot be seen (PingOne, users, `username`).
pub(crate) fn is_username(text: &str) -> bool {
    let length = text.chars().count();
    (1..=LONGEST_USERNAME).contains(&length)
        && !text.trim().is_empty()
        && !text.chars().any(|c| c.is_control() || is_unseen(c))
}

/// Format characters, separators of lines and characters for private use: with them two names look
/// alike, or one reads backwards.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
            | '\u{f0000}'..='\u{10ffff}'
    )
}

/// Whether a text can be a mail address.
pub(crate) fn is_email(text: &str) -> bool {
    text.len() <= LONGEST_EMAIL && EmailAddress::from_str(text).is_ok_and(|a| a.domain().len() > 1)
}

/// Makes a user, with the password and the mail that belong to it.
pub(crate) async fn register(
    idp: &Idp,
    environment: EnvironmentId,
    account: NewAccount,
    by: &By,
) -> Result<StoredUser, RegistrationRefusal> {
    check_names(&account)?;
    let NewAccount {
        password,
        verification,
        ..
    } = &account;
    let (password, verification) = (password.clone(), *verification);
    let user = into_user(idp, environment, account, by.now);
    let users = Users::new(idp.db());
    if !users
        .is_name_free(environment, &user.username, user.id)
        .await?
    {
        return Err(RegistrationRefusal::UsernameTaken);
    }

    let mut change = Users::insert(&user);
    if let Some(password) = password {
        let policy = passwords::policy_of(idp, &user).await?.policy;
        change = change.and(first_password(idp, &user, &policy, &password, by.now).await?);
    }
    if verification == Verification::Required {
        change = change.and(verification::issue(idp, &user, by.now).await?);
    }
    let created = Activity::new("USER.CREATED", &user);
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

/// The first user of an environment that is about to be made with `policy` as its default: nobody
/// there can have the name. Returns what makes the user.
pub(crate) async fn first_user(
    idp: &Idp,
    environment: EnvironmentId,
    account: NewAccount,
    policy: &PasswordPolicy,
    now: Timestamp,
) -> Result<(StoredUser, Change), RegistrationRefusal> {
    check_names(&account)?;
    let password = account.password.clone();
    let user = into_user(idp, environment, account, now);
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

fn check_names(account: &NewAccount) -> Result<(), RegistrationRefusal> {
    if !is_username(&account.username) {
        return Err(RegistrationRefusal::InvalidUsername);
    }
    if !is_email(&account.email) {
        return Err(RegistrationRefusal::InvalidEmail);
    }
    Ok(())
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
        id: UserId::random(idp.random()),
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
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_alphabets_are_names() {
        for name in [
            "ada",
            "Ada Lovelace",
            "арина",
            "陳",
            "o'brien+test@example.com",
            "🦀",
        ] {
            assert!(is_username(name), "{name}");
        }
        for name in ["", " ", "a\u{0}", "a\nb", &"x".repeat(129)] {
            assert!(!is_username(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_shows_all_that_it_holds() {
        for name in [
            "ada\u{200b}",
            "\u{202e}ada",
            "a\u{ad}da",
            "ada\u{2028}",
            "ada\u{feff}",
            "ada\u{e0041}",
            "ada\u{e000}",
        ] {
            assert!(!is_username(name), "{name:?}");
        }
    }

    #[test]
    fn what_is_no_mail_address_is_told_apart() {
        for email in ["ada@example.com", "ada+news@mail.example.co.uk"] {
            assert!(is_email(email), "{email}");
        }
        for email in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "a@b\r\nBcc: c@d",
        ] {
            assert!(!is_email(email), "{email:?}");
        }
    }
}
