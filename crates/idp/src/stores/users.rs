//! Users and the attributes that filters look for.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use platform::clock::is_expired;
use protocol::id::{EnvironmentId, PopulationId, UserId};
use protocol::pingone::{
    Account, AccountStatus, Code as _, IdentityProvider, LastSignOn, Lifecycle, LifecycleStatus,
    Reference, User, VerifyStatus,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::change::Change;
use super::endings::end_access;
use super::former_addresses::FormerAddress;
use super::role_assignments::RoleAssignments;
use super::{fold, population_users};

/// A user as the database keeps it.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "PingOne's own flags, each named"
)]
pub(crate) struct StoredUser {
    pub(crate) id: UserId,
    pub(crate) environment_id: EnvironmentId,
    pub(crate) population_id: PopulationId,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) enabled: bool,
    pub(crate) lock: AccountLock,
    pub(crate) verification_required: bool,
    pub(crate) mfa_enabled: bool,
    pub(crate) last_sign_on: Option<LastSignOn>,
    /// `name`, `address`, `photo`, phones and the other attributes that a profile holds, as
    /// PingOne spells them.
    pub(crate) attributes: Map<String, Value>,
    /// The address before the present one, while mails go there that give or tell of power over
    /// the account: until the present one is proven.
    pub(crate) proven_email: Option<String>,
    /// When the address was proven that stands for the account, which is `proven_email` where there
    /// is one; `None` where nobody proved it, and it is what an operator said.
    pub(crate) email_proven_at: Option<Timestamp>,
    /// How far the identity is verified by documents.
    pub(crate) verify_status: Option<VerifyStatus>,
    /// Who keeps the credentials, if they are not kept here.
    pub(crate) identity_provider: Option<ForeignProvider>,
    /// Guards updates: each raises it by one.
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

fn read_verify_status(text: &str) -> Result<VerifyStatus, StoreError> {
    VerifyStatus::from_code(text)
        .ok_or_else(|| StoreError::inconsistent("a user is verified in an unknown way"))
}

/// The identity provider elsewhere that keeps the credentials of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ForeignProvider {
    pub(crate) id: Uuid,
    /// PingOne's code for it; it never changes.
    #[serde(rename = "type")]
    pub(crate) provider_type: String,
}

impl ForeignProvider {
    fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// On whose word an address is changed or proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// An application's to which the user signed on, and which may have asked nobody.
    OfAnApplication,
    /// The person's own on a page of this service or of the portal, or an operator's.
    Trusted,
}

/// An administrator's lock on an account. The lockout after wrong passwords is another thing and
/// belongs to the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountLock {
    Locked {
        since: Timestamp,
        until: Option<Timestamp>,
    },
    Open,
}

impl AccountLock {
    fn is_locked(self, now: Timestamp) -> bool {
        match self {
            Self::Locked { until, .. } => until.is_none_or(|until| !is_expired(until, now)),
            Self::Open => false,
        }
    }
}

impl StoredUser {
    /// Whether the account as such may be used; the password's state comes on top.
    pub(crate) fn can_authenticate(&self, now: Timestamp) -> bool {
        self.enabled && !self.lock.is_locked(now)
    }

    /// Where mails go that give or tell of power over the account.
    pub(crate) fn mailbox(&self) -> &str {
        self.proven_email.as_deref().unwrap_or(&self.email)
    }

    /// The address that the account has proven and keeps its mailbox at, while its owner has entered
    /// another one, which is proven `now`.
    pub(crate) fn kept_address(&self, now: Timestamp) -> Option<FormerAddress> {
        let (address, proven_at) = self.proven_email.as_ref().zip(self.email_proven_at)?;
        Some(FormerAddress {
            user: self.id,
            address: address.clone(),
            proven_at,
            left_at: now,
        })
    }

    /// Gives the account another address, which nobody has proven yet: the mailbox stays where it
    /// was proven to be (`docs/decisions/0012-the-mailbox-decides.md`).
    ///
    /// Where it never was, it is what an operator said, and whoever is trusted may say otherwise.
    pub(crate) fn move_to(&mut self, email: String, word: Word) {
        let before = std::mem::replace(&mut self.email, email);
        let was_verified = std::mem::take(&mut self.email_verified);
        let (kept, is_proven) = match self.proven_email.take() {
            Some(kept) => (kept, self.email_proven_at.is_some()),
            None => (before, was_verified),
        };
        if is_proven && fold(&kept) == fold(&self.email) {
            self.email_verified = true;
        } else if is_proven || word == Word::OfAnApplication {
            self.proven_email = Some(kept).filter(|kept| fold(kept) != fold(&self.email));
        }
    }

    /// Gives the address up that is kept until the present one is proven: an operator moved the account,
    /// and whoever reads the former mailbox may be the reason. The present one is what an operator said.
    pub(crate) fn give_kept_email_up(&mut self) {
        if self.proven_email.take().is_some() {
            self.email_proven_at = None;
        }
    }

    /// Notes that the present address was proven by a code that was mailed there. An application
    /// proves that somebody reads it, and not that this is the owner of the account.
    pub(crate) fn prove_email(&mut self, word: Word, now: Timestamp) {
        let was_verified = std::mem::replace(&mut self.email_verified, true);
        match (word, &self.proven_email) {
            (Word::OfAnApplication, Some(_)) => {}
            (Word::OfAnApplication | Word::Trusted, None) if was_verified => {}
            (Word::OfAnApplication | Word::Trusted, _) => {
                self.proven_email = None;
                self.email_proven_at = Some(now);
            }
        }
    }

    /// Gives the account an address back that it had proven before; whoever signs on with the address
    /// alone, with that one again.
    pub(crate) fn take_back(&mut self, former: &FormerAddress) {
        // While another address is only entered, the name is still the one before it.
        let names = [&self.email, self.mailbox()];
        if names.map(fold).contains(&fold(&self.username)) {
            self.username.clone_from(&former.address);
        }
        self.email.clone_from(&former.address);
        self.email_verified = true;
        self.proven_email = None;
        self.email_proven_at = Some(former.proven_at);
        self.verification_required = false;
    }

    /// The user as PingOne shows it, without links.
    pub(crate) fn to_wire(&self, now: Timestamp) -> User {
        let mut user = User::new(self.id, self.environment_id);
        user.population = Some(Reference::new(self.population_id));
        user.username = Some(self.username.clone());
        user.email = Some(self.email.clone());
        user.email_verified = self.email_verified.then_some(true);
        user.enabled = Some(self.enabled);
        user.account = Some(self.account(now));
        user.lifecycle = Some(Lifecycle::new(if self.verification_required {
            LifecycleStatus::VerificationRequired
        } else {
            LifecycleStatus::AccountOk
        }));
        user.mfa_enabled = Some(self.mfa_enabled);
        user.identity_provider = Some(match &self.identity_provider {
            Some(foreign) => {
                IdentityProvider::elsewhere(foreign.id, foreign.provider_type.as_str())
            }
            None => IdentityProvider::ping_one(),
        });
        let status = self.verify_status.unwrap_or(VerifyStatus::NotInitiated);
        user.verify_status = Some(status.into());
        user.last_sign_on.clone_from(&self.last_sign_on);
        user.created_at = Some(self.created_at);
        user.updated_at = Some(self.updated_at);
        user.attributes.clone_from(&self.attributes);
        user
    }

    fn account(&self, now: Timestamp) -> Account {
        let locked = self.lock.is_locked(now);
        let (locked_at, unlock_at) = match self.lock {
            AccountLock::Locked { since, until } if locked => (Some(since), until),
            AccountLock::Locked { .. } | AccountLock::Open => (None, None),
        };
        let mut account = Account::unlocked();
        account.can_authenticate = self.can_authenticate(now);
        if locked {
            account.status = AccountStatus::Locked;
        }
        account.locked_at = locked_at;
        account.unlock_at = unlock_at;
        account.seconds_until_unlock = unlock_at.map(|at| at.duration_since(now).as_secs());
        account
    }

    /// Every text of the profile: what a password must not be.
    pub(crate) fn profile_values(&self) -> Vec<String> {
        let mut values = vec![self.username.clone(), self.email.clone()];
        self.attributes
            .values()
            .for_each(|value| collect_texts(value, &mut values));
        values
    }

    /// The texts of an attribute, whole.
    pub(crate) fn values_of(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        match (name, self.attributes.get(name)) {
            ("email", _) => values.push(self.email.clone()),
            (_, Some(value)) => collect_texts(value, &mut values),
            (_, None) => {}
        }
        values
    }

    /// What a filter can look for, by PingOne's attribute path, folded.
    fn filterable(&self) -> Vec<(String, String)> {
        let mut found = vec![
            ("username".to_owned(), fold(&self.username)),
            ("email".to_owned(), fold(&self.email)),
        ];
        for (name, value) in &self.attributes {
            collect_filterable(name, value, &mut found);
        }
        if let (Some(proven), Some(_)) = (&self.proven_email, self.email_proven_at) {
            found.push((PROVEN_EMAIL.to_owned(), fold(proven)));
        }
        found.retain(|(_, key)| !key.is_empty());
        found.sort();
        found.dedup();
        found
    }
}

fn collect_texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, into)),
        Value::Object(members) => members.values().for_each(|item| collect_texts(item, into)),
        _ => {}
    }
}

/// Longest part of a value that filters see; PingOne's own limit of `externalId` is 1,024.
pub(super) const LONGEST_FILTERABLE: usize = 1024;

fn collect_filterable(path: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            let key = fold(text).chars().take(LONGEST_FILTERABLE).collect();
            into.push((path.to_owned(), key));
        }
        Value::Object(members) => {
            for (name, value) in members {
                collect_filterable(&format!("{path}.{name}"), value, into);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_filterable(path, item, into)),
        Value::Bool(_) | Value::Null | Value::Number(_) => {}
    }
}

impl StoredUser {
    /// Reads a row with all columns of a user but `username_key`.
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let lock = match row.get::<Option<Timestamp>>("locked_at")? {
            Some(since) => AccountLock::Locked {
                since,
                until: row.get("unlock_at")?,
            },
            None => AccountLock::Open,
        };
        let last_sign_on = match row.get::<Option<Timestamp>>("last_sign_on_at")? {
            Some(at) => {
                let mut last_sign_on = LastSignOn::new(at);
                last_sign_on.remote_ip = row.get("last_sign_on_address")?;
                Some(last_sign_on)
            }
            None => None,
        };
        Ok(Self {
            id: row.parse("id", UserId::parse)?,
            environment_id: row.parse("environment_id", EnvironmentId::parse)?,
            population_id: row.parse("population_id", PopulationId::parse)?,
            username: row.get("username")?,
            email: row.get("email")?,
            email_verified: row.get("email_verified")?,
            enabled: row.get("enabled")?,
            lock,
            verification_required: row.get("verification_required")?,
            mfa_enabled: row.get("mfa_enabled")?,
            last_sign_on,
            attributes: row.parse("document", |text| serde_json::from_str(text))?,
            proven_email: row.get("proven_email")?,
            email_proven_at: row.get("email_proven_at")?,
            verify_status: row.parse_optional("verify_status", read_verify_status)?,
            identity_provider: row
                .parse_optional("identity_provider", |text| serde_json::from_str(text))?,
            version: row.get("version")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// The attribute under which a proven address is found that is not the present one; no filter names
/// it.
const PROVEN_EMAIL: &str = "provenEmail";

/// Accounts beyond these of one address are not looked at: nobody has that many, and whoever has
/// proven it comes first.
const MOST_OF_ONE_ADDRESS: u32 = 10;

const FIND: &str = "\
SELECT id, environment_id, population_id, username, email, email_verified, enabled, locked_at,
       unlock_at, verification_required, mfa_enabled, last_sign_on_at, last_sign_on_address,
       document, proven_email, email_proven_at, verify_status, identity_provider,
       version, created_at, updated_at
  FROM users WHERE environment_id = $1 AND id = $2";

const FIND_BY_USERNAME: &str = "\
SELECT id, environment_id, population_id, username, email, email_verified, enabled, locked_at,
       unlock_at, verification_required, mfa_enabled, last_sign_on_at, last_sign_on_address,
       document, proven_email, email_proven_at, verify_status, identity_provider,
       version, created_at, updated_at
  FROM users WHERE environment_id = $1 AND username_key = $2";

/// Whoever has proven that the address is theirs comes first, so that no number of others hides
/// them; those whose credentials are kept elsewhere come last.
const FIND_BY_EMAIL: &str = "\
SELECT id, users.environment_id AS environment_id, population_id, username, email, email_verified,
       enabled, locked_at, unlock_at, verification_required, mfa_enabled, last_sign_on_at,
       last_sign_on_address, document, proven_email, email_proven_at, verify_status,
       identity_provider, version, created_at, updated_at
  FROM user_attributes AS found JOIN users ON users.id = found.user_id
 WHERE found.environment_id = $1 AND found.name IN ('email', 'provenEmail')
   AND found.value_key = $2
 ORDER BY CASE WHEN identity_provider IS NOT NULL THEN 2
               WHEN email_verified OR found.name = 'provenEmail' THEN 0 ELSE 1 END,
          email_proven_at, id
 LIMIT $3";

const INSERT: &str = "\
INSERT INTO users (id, environment_id, population_id, username, username_key, email,
                   email_verified, enabled, locked_at, unlock_at, verification_required,
                   mfa_enabled, document, proven_email, email_proven_at, verify_status,
                   identity_provider, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, $18, $18)";

const UPDATE: &str = "\
UPDATE users
   SET population_id = $3, username = $4, username_key = $5, email = $6, email_verified = $7,
       enabled = $8, locked_at = $9, unlock_at = $10, verification_required = $11,
       mfa_enabled = $12, document = $13, proven_email = $14, email_proven_at = $15,
       verify_status = $16, identity_provider = $17,
       version = version + 1, updated_at = $18
 WHERE id = $1 AND version = $2";

const REQUIRE_UNCHANGED: &str = "\
UPDATE users SET version = version WHERE id = $1 AND version = $2";

const INSERT_ATTRIBUTE: &str = "\
INSERT INTO user_attributes (environment_id, name, value_key, user_id) VALUES ($1, $2, $3, $4)";

const DELETE_ATTRIBUTES: &str = "DELETE FROM user_attributes WHERE user_id = $1";

/// What came back was mailed to the proven address where there is one: then it says nothing about
/// the present one, and nothing more is asked before a sign-on.
const PROVE_MAILBOX: &str = "\
UPDATE users
   SET email_verified = (email_verified OR proven_email IS NULL),
       email_proven_at = CASE WHEN email_verified OR proven_email IS NOT NULL
                              THEN email_proven_at ELSE $3 END,
       verification_required = FALSE, version = version + 1, updated_at = $3
 WHERE id = $1 AND email = $2
   AND (verification_required OR (NOT email_verified AND proven_email IS NULL))";

const DELETE: &str = "DELETE FROM users WHERE environment_id = $1 AND id = $2";

const RECORD_SIGN_ON: &str = "\
UPDATE users SET last_sign_on_at = $2, last_sign_on_address = $3 WHERE id = $1";

/// The users of all environments.
#[derive(Debug)]
pub(crate) struct Users<'a>(&'a Reader);

impl<'a> Users<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// The user with this id, if it is one of the environment's.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: UserId,
    ) -> Result<Option<StoredUser>, StoreError> {
        let statement = Statement::new(FIND)
            .bind(environment.as_uuid())
            .bind(id.as_uuid());
        self.find_one(statement).await
    }

    /// The user with this name, whatever its case.
    pub(crate) async fn find_by_username(
        &self,
        environment: EnvironmentId,
        username: &str,
    ) -> Result<Option<StoredUser>, StoreError> {
        let statement = Statement::new(FIND_BY_USERNAME)
            .bind(environment.as_uuid())
            .bind(fold(username));
        self.find_one(statement).await
    }

    /// Users with this mail address, whatever its case: those who have proven it first, and not
    /// more than [`MOST_OF_ONE_ADDRESS`].
    pub(crate) async fn find_by_email(
        &self,
        environment: EnvironmentId,
        email: &str,
    ) -> Result<Vec<StoredUser>, StoreError> {
        let statement = Statement::new(FIND_BY_EMAIL)
            .bind(environment.as_uuid())
            .bind(fold(email))
            .bind(MOST_OF_ONE_ADDRESS);
        let during = StoreError::during("look a user up by mail address");
        let rows = self.0.read(statement).await.map_err(during)?;
        rows.iter().map(StoredUser::from_row).collect()
    }

    /// Whether this is the user's name, as the database compares names.
    pub(crate) fn has_name(user: &StoredUser, text: &str) -> bool {
        fold(&user.username) == fold(text)
    }

    /// Whether this is the user's address, as the database compares addresses.
    pub(crate) fn has_email(user: &StoredUser, text: &str) -> bool {
        fold(&user.email) == fold(text)
    }

    /// Whether the user proved this address, and since when, as far as that is known. An address
    /// that was proven stays the account's until another takes its place.
    pub(crate) fn owner_since(user: &StoredUser, text: &str) -> Option<Timestamp> {
        let proven = user.proven_email.as_ref().zip(user.email_proven_at);
        match proven {
            Some((address, since)) if fold(address) == fold(text) => Some(since),
            _ if !user.email_verified || !Self::has_email(user, text) => None,
            // Proven, though not to the owner's knowledge: behind everybody else.
            Some(_) => Some(Timestamp::MAX),
            None => Some(user.email_proven_at.unwrap_or(Timestamp::MAX)),
        }
    }

    /// Somebody reads [`StoredUser::mailbox`], which proves the present address where it is that:
    /// nothing happens where the address was changed meanwhile.
    pub(crate) fn prove_mailbox(user: &StoredUser, now: Timestamp) -> Change {
        Change::of(
            Statement::new(PROVE_MAILBOX)
                .bind(user.id.as_uuid())
                .bind(user.email.as_str())
                .bind(now),
        )
    }

    async fn find_one(&self, statement: Statement) -> Result<Option<StoredUser>, StoreError> {
        let row = self
            .0
            .read_optional(statement)
            .await
            .map_err(StoreError::during("look a user up"))?;
        row.as_ref().map(StoredUser::from_row).transpose()
    }

    /// Adds a user with its filterable attributes.
    pub(crate) fn insert(user: &StoredUser) -> Change {
        let key = Statement::new(INSERT)
            .bind(user.id.as_uuid())
            .bind(user.environment_id.as_uuid());
        let insert = Self::bind_columns(key, user).bind(user.created_at);
        Change::of(insert)
            .add_all(Self::insert_attributes(user))
            .add(population_users::joined(user.id, user.population_id))
    }

    /// Replaces a user, unless somebody changed it since it was read: then its first requirement
    /// is not met. Whoever may not sign on any more keeps nothing open.
    pub(crate) fn update(user: &StoredUser) -> Change {
        let key = Statement::new(UPDATE)
            .bind(user.id.as_uuid())
            .bind(user.version);
        let update = Self::bind_columns(key, user).bind(user.updated_at);
        let clear = Statement::new(DELETE_ATTRIBUTES).bind(user.id.as_uuid());
        let change = Change::new()
            .add_all(population_users::moving(user.id, user.population_id))
            .require_one(update)
            .add(clear)
            .add_all(Self::insert_attributes(user));
        if user.can_authenticate(user.updated_at) {
            change
        } else {
            change.and(end_access(user.id, None, user.updated_at))
        }
    }

    /// Requires that nobody changed a user since it was read.
    pub(crate) fn require_unchanged(user: &StoredUser) -> Change {
        Change::of_one(
            Statement::new(REQUIRE_UNCHANGED)
                .bind(user.id.as_uuid())
                .bind(user.version),
        )
    }

    /// Binds what [`INSERT`] and [`UPDATE`] both write, as `$3` to `$17` and in one order.
    fn bind_columns(statement: Statement, user: &StoredUser) -> Statement {
        let (locked_at, unlock_at) = user.lock.columns();
        statement
            .bind(user.population_id.as_uuid())
            .bind(user.username.as_str())
            .bind(fold(&user.username))
            .bind(user.email.as_str())
            .bind(user.email_verified)
            .bind(user.enabled)
            .bind(locked_at)
            .bind(unlock_at)
            .bind(user.verification_required)
            .bind(user.mfa_enabled)
            .bind(Value::Object(user.attributes.clone()).to_string())
            .bind(user.proven_email.clone())
            .bind(user.email_proven_at)
            .bind(user.verify_status.map(VerifyStatus::code))
            .bind(
                user.identity_provider
                    .as_ref()
                    .map(ForeignProvider::to_json),
            )
    }

    fn insert_attributes(user: &StoredUser) -> impl Iterator<Item = Statement> {
        let (environment, id) = (user.environment_id.as_uuid(), user.id.as_uuid());
        user.filterable().into_iter().map(move |(name, key)| {
            Statement::new(INSERT_ATTRIBUTE)
                .bind(environment)
                .bind(name)
                .bind(key)
                .bind(id)
        })
    }

    /// Deletes a user with everything that hangs off it.
    pub(crate) fn delete(environment: EnvironmentId, id: UserId) -> Change {
        let delete = Statement::new(DELETE)
            .bind(environment.as_uuid())
            .bind(id.as_uuid());
        RoleAssignments::delete_all(id.as_uuid())
            .add_all(population_users::leaving(id))
            .add_all(super::dependents::drop_below(id.as_uuid()))
            .require_one(delete)
    }

    /// Notes a sign-on with the user.
    pub(crate) fn note_sign_on(id: UserId, address: String, now: Timestamp) -> Change {
        Change::of(
            Statement::new(RECORD_SIGN_ON)
                .bind(id.as_uuid())
                .bind(now)
                .bind(address),
        )
    }
}

impl AccountLock {
    fn columns(self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Locked { since, until } => (Some(since), until),
            Self::Open => (None, None),
        }
    }
}
