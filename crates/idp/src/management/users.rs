//! `/environments/{environment}/users` (PingOne, "Users").

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use protocol::id::{EnvironmentId, PopulationId, UserId};
use protocol::names::{EmailAddress, is_username, name_key};
use protocol::pingone::{
    AccountStatus, LifecycleStatus, PasswordState, PasswordStatus, Reference, User,
};
use protocol::secret::{Password, VerificationCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{unique, user_attributes, user_password};
use crate::access::allowed::{Allowed, find_population};
use crate::access::last_administrator::{self, Loss};
use crate::access::on_user::{ActsAs, OnUser};
use crate::access::permissions::may;
use crate::accounts::registration::{self, NewAccount, NewPassword, Verification};
use crate::accounts::{passwords, verification};
use crate::api::body::{Json, JsonObject, read_members};
use crate::api::hal::{Hal, Reply};
use crate::api::members::{self, Takes};
use crate::api::paging::PageRequest;
use crate::mail::{MailKind, Notice};
use crate::requests::extract::Query;
use crate::requests::failures::api::{ApiFailure, PasswordTarget};
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::codes::{RecoveryCodes, VerificationCodes};
use crate::stores::groups::Groups;
use crate::stores::password_policies::StoredPasswordPolicy;
use crate::stores::passwords::StoredPassword;
use crate::stores::populations::Populations;
use crate::stores::record::Record as _;
use crate::stores::user_search::{self, Found, Search};
use crate::stores::users::{AccountLock, StoredUser, Users};

fn user_url(idp: &Idp, user: &StoredUser) -> String {
    idp.urls()
        .environment_api(user.environment_id, format_args!("users/{}", user.id))
}

/// A user as lists show it: links to what can be done with it.
fn item(idp: &Idp, user: &StoredUser, now: Timestamp) -> Hal<User> {
    let url = user_url(idp, user);
    let password = format!("{url}/password");
    Hal::new(url.as_str(), user.to_wire(now))
        .link("account.sendVerificationCode", url.as_str())
        .link("linkedAccounts", format!("{url}/linkedAccounts"))
        .link("password", password.as_str())
        .link("password.check", password.as_str())
        .link("password.recover", password.as_str())
        .link("password.reset", password.as_str())
        .link("password.set", password)
}

/// A user by itself: links to what is around it, too.
fn representation(idp: &Idp, user: &StoredUser, now: Timestamp) -> Hal<User> {
    let url = user_url(idp, user);
    let environment = user.environment_id;
    let population = format_args!("populations/{}", user.population_id).to_string();
    item(idp, user, now)
        .link("devices", format!("{url}/devices"))
        .link(
            "environment",
            idp.urls().api(format_args!("environments/{environment}")),
        )
        .link(
            "population",
            idp.urls().environment_api(environment, population),
        )
        .link("roleAssignments", format!("{url}/roleAssignments"))
}

/// A list's item with the state of its password.
#[derive(Serialize)]
struct ListItem {
    #[serde(flatten)]
    user: Hal<User>,
    #[serde(rename = "_embedded")]
    embedded: EmbeddedPassword,
}

#[derive(Serialize)]
struct EmbeddedPassword {
    password: PasswordState,
}

pub(super) async fn list(
    allowed: Allowed<may::ReadUsers>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let (idp, collection) = (&allowed.idp, allowed.url("users"));
    let filter = page.filter(user_search::rules())?;
    let (sort_key, id) = page.position(idp, &collection)?;
    let search = Search {
        environment: allowed.id(),
        filter: filter.as_ref(),
        populations: allowed.coverage.populations(),
        after: (&sort_key, &id),
        limit: page.read_limit(),
    };
    let found = search.run(idp.db()).await?;
    let mut states = password_states(idp, &found, allowed.now).await?;
    let position = |last: &Found| (last.sort_key.clone(), last.user.id.to_string());
    let page = page.page(idp, &collection, "users", found, position, |found| {
        ListItem {
            embedded: EmbeddedPassword {
                password: states.remove(&found.user.id).unwrap_or_else(|| {
                    PasswordState::new(
                        found.user.environment_id,
                        found.user.id,
                        PasswordStatus::NoPassword,
                    )
                }),
            },
            user: item(idp, &found.user, allowed.now),
        }
    });
    Reply::ok(&page)
}

/// The states of the passwords of a page: one statement for them, one per population.
async fn password_states(
    idp: &Idp,
    found: &[Found],
    now: Timestamp,
) -> Result<HashMap<UserId, PasswordState>, ApiFailure> {
    let mut passwords = user_search::passwords(idp.db(), found).await?;
    let mut policies = HashMap::new();
    let mut states = HashMap::new();
    for Found { user, .. } in found {
        let policy: &StoredPasswordPolicy = match policies.entry(user.population_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(passwords::policy_of(idp, user).await?),
        };
        let password = passwords.remove(&user.id).unwrap_or(StoredPassword::NONE);
        let status = passwords::status(&password, &policy.policy, now);
        let mut state = PasswordState::new(user.environment_id, user.id, status);
        state.password_policy = Some(Reference::new(policy.id));
        state.last_changed_at = password.hash.and(password.changed_at);
        states.insert(user.id, state);
    }
    Ok(states)
}

/// What a user is created with, beside the attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserBody {
    population: Option<Reference<PopulationId>>,
    enabled: Option<bool>,
    mfa_enabled: Option<bool>,
}

/// What only an import sets.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImportBody {
    email_verified: Option<bool>,
    account: Option<AccountBody>,
    lifecycle: Option<LifecycleBody>,
    password: Option<PasswordBody>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountBody {
    can_authenticate: Option<bool>,
    status: Option<AccountStatus>,
    unlock_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LifecycleBody {
    status: Option<LifecycleStatus>,
    #[serde(default)]
    suppress_verification_code: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordBody {
    value: Password,
    #[serde(default)]
    force_change: bool,
    external: Option<Value>,
}

/// What no request acts on, and yet has a kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FixedBody {
    #[expect(dead_code, reason = "its kind is checked, and nothing acts on it")]
    identity_provider: Option<Map<String, Value>>,
    #[expect(dead_code, reason = "its kind is checked, and nothing acts on it")]
    verify_status: Option<String>,
}

/// What only creating, importing or an operation of its own sets is ignored when a user is changed,
/// as PingOne does; of a wrong kind, it is refused by its name all the same.
fn check_ignored(body: &Map<String, Value>) -> Result<(), ApiFailure> {
    let _: UserBody = read_members(body)?;
    let _: ImportBody = read_members(body)?;
    let _: FixedBody = read_members(body)?;
    Ok(())
}

/// What PingOne knows of users and nothing here acts on.
const OTHERS: [(&str, Takes); 2] = [
    ("identityProvider", Takes::One(&[r#"{"type":"PING_ONE"}"#])),
    ("verifyStatus", Takes::One(&["\"NOT_INITIATED\""])),
];

/// What only an import sets: created without it, a user is as this says.
const OF_IMPORT: [(&str, Takes); 4] = [
    (
        "account",
        Takes::One(&[
            r#"{"status":"OK"}"#,
            r#"{"canAuthenticate":true}"#,
            r#"{"canAuthenticate":true,"status":"OK"}"#,
        ]),
    ),
    ("emailVerified", Takes::One(&["false"])),
    ("lifecycle", Takes::One(&[r#"{"status":"ACCOUNT_OK"}"#])),
    ("password", Takes::Nothing),
];

/// Makes a user without a password.
pub(super) async fn create(
    allowed: Allowed<may::ManageUsers>,
    JsonObject(body): JsonObject,
) -> Result<Reply, ApiFailure> {
    members::take(&OF_IMPORT, &body)?;
    let account = account(&allowed, &body).await?;
    register(&allowed, account).await
}

/// Makes a user with password and state in one.
pub(super) async fn import(
    allowed: Allowed<may::ManageUsers>,
    JsonObject(body): JsonObject,
) -> Result<Reply, ApiFailure> {
    let mut account = account(&allowed, &body).await?;
    let body: ImportBody = read_members(&body)?;
    if let Some(password) = body.password {
        if password.external.is_some() {
            let message = "is not supported: there are no gateways";
            return Err(ApiFailure::invalid_value("password.external", message));
        }
        user_password::require_plain(password.value.expose(), "password")?;
        account.password = Some(NewPassword {
            value: password.value,
            force_change: password.force_change,
        });
    }
    account.verification = match body.lifecycle {
        Some(LifecycleBody {
            status: Some(LifecycleStatus::VerificationRequired),
            suppress_verification_code,
        }) if suppress_verification_code => Verification::RequiredWithoutMail,
        Some(LifecycleBody {
            status: Some(LifecycleStatus::VerificationRequired),
            ..
        }) => Verification::Required,
        Some(_) | None => Verification::NotRequired,
    };
    if let Some(body) = body.account {
        account.lock = lock_of(&body, allowed.now)?;
    }
    account.email_verified = body.email_verified.unwrap_or(false);
    register(&allowed, account).await
}

fn lock_of(account: &AccountBody, now: Timestamp) -> Result<AccountLock, ApiFailure> {
    let is_locked = account.status == Some(AccountStatus::Locked);
    if account.can_authenticate == Some(is_locked) {
        let message = "must be true for the status OK and false for LOCKED";
        return Err(ApiFailure::invalid_value(
            "account.canAuthenticate",
            message,
        ));
    }
    match account.unlock_at {
        Some(_) if !is_locked => Err(ApiFailure::invalid_value(
            "account.unlockAt",
            "needs the status LOCKED",
        )),
        Some(until) if until <= now => Err(ApiFailure::invalid_value(
            "account.unlockAt",
            "must be in the future",
        )),
        until if is_locked => Ok(AccountLock::Locked { since: now, until }),
        _ => Ok(AccountLock::Open),
    }
}

async fn register(
    allowed: &Allowed<may::ManageUsers>,
    account: NewAccount,
) -> Result<Reply, ApiFailure> {
    let idp = &allowed.idp;
    let user = registration::register(idp, allowed.id(), account, &allowed.by).await?;
    Reply::created(&representation(idp, &user, allowed.now))
}

/// What plain creation and import share.
async fn account(
    allowed: &Allowed<may::ManageUsers>,
    body: &Map<String, Value>,
) -> Result<NewAccount, ApiFailure> {
    let (username, email) = names(body)?;
    members::take(&OTHERS, body)?;
    let typed: UserBody = read_members(body)?;
    let population = population(allowed, typed.population).await?;
    Ok(NewAccount {
        enabled: typed.enabled.unwrap_or(true),
        mfa_enabled: typed.mfa_enabled.unwrap_or(false),
        attributes: user_attributes::merge(Map::new(), body)?,
        ..NewAccount::new(username, email, population)
    })
}

/// Both names, which every user has.
fn names(body: &Map<String, Value>) -> Result<(String, String), ApiFailure> {
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Err(ApiFailure::required_value(name)),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(ApiFailure::required_value(name))
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(ApiFailure::invalid_value(name, "must be a text")),
    };
    Ok((text("username")?, text("email")?))
}

async fn population(
    allowed: &Allowed<may::ManageUsers>,
    population: Option<Reference<PopulationId>>,
) -> Result<PopulationId, ApiFailure> {
    let id = if let Some(population) = population {
        known_population(&allowed.idp, allowed.id(), population.id).await?
    } else {
        let default = Populations::new(allowed.idp.db())
            .find_default(allowed.id())
            .await?;
        default
            .ok_or_else(|| ApiFailure::required_value("population"))?
            .id
    };
    allowed.require(id)?;
    Ok(id)
}

async fn known_population(
    idp: &Idp,
    environment: EnvironmentId,
    id: PopulationId,
) -> Result<PopulationId, ApiFailure> {
    let found = find_population(idp, environment, id).await?;
    found.ok_or_else(|| ApiFailure::invalid_value("population", "The population does not exist."))
}

/// Shows a user; `include` asks for the groups that the user is a member of, which only roles let
/// see, and those alone that the roles reach: a group's name may say what others are not to know.
pub(super) async fn read(on: OnUser<may::ReadUsers>, query: Query) -> Result<Reply, ApiFailure> {
    let (ids, names) = ("memberOfGroupIDs", "memberOfGroupNames");
    let asks_for = |name: &str| query.lists("include", name);
    let mut user = on.user.clone();
    if asks_for(ids) || asks_for(names) {
        if on.acts_as == ActsAs::Owner {
            return Err(ApiFailure::forbidden());
        }
        let groups = Groups::new(on.idp.db());
        let mut found = groups.of_user(user.environment_id, user.id).await?;
        found.retain(|group| on.coverage.covers_what_is_of(group.population_id));
        let mut include = |name: &str, texts: Vec<Value>| {
            if asks_for(name) {
                user.attributes.insert(name.to_owned(), Value::Array(texts));
            }
        };
        include(
            ids,
            found
                .iter()
                .map(|group| Value::from(group.id.to_string()))
                .collect(),
        );
        include(
            names,
            found
                .iter()
                .map(|group| Value::from(group.name()))
                .collect(),
        );
    }
    Reply::ok(&representation(&on.idp, &user, on.now))
}

/// Replaces what the body may set; what it leaves out is cleared.
pub(super) async fn replace(
    on: OnUser<may::UpdateUsers>,
    JsonObject(body): JsonObject,
) -> Result<Reply, ApiFailure> {
    check_ignored(&body)?;
    let (username, email) = names(&body)?;
    let attributes = user_attributes::merge(Map::new(), &body)?;
    let changed = renamed(&on, username, email, attributes).await?;
    save(&on, changed, "USER.UPDATED").await
}

/// Changes what the body names.
pub(super) async fn update(
    on: OnUser<may::UpdateUsers>,
    JsonObject(mut body): JsonObject,
) -> Result<Reply, ApiFailure> {
    check_ignored(&body)?;
    for (name, present) in [("username", &on.user.username), ("email", &on.user.email)] {
        if !body.contains_key(name) {
            body.insert(name.to_owned(), Value::String(present.clone()));
        }
    }
    let (username, email) = names(&body)?;
    let attributes = user_attributes::merge(on.user.attributes.clone(), &body)?;
    let changed = renamed(&on, username, email, attributes).await?;
    save(&on, changed, "USER.UPDATED").await
}

async fn renamed<P>(
    on: &OnUser<P>,
    username: String,
    email: String,
    attributes: Map<String, Value>,
) -> Result<StoredUser, ApiFailure> {
    let is_renamed = username != on.user.username;
    if !is_username(&username) {
        return Err(registration::RegistrationRefusal::InvalidUsername.into());
    }
    // An address that was taken before its form was checked may stay.
    let email = if email == on.user.email {
        email
    } else {
        let address = EmailAddress::parse(&email);
        let address = address.map_err(registration::RegistrationRefusal::InvalidEmail)?;
        address.as_str().to_owned()
    };
    let has_moved = has_moved(&on.user, &email);
    let mut changed = StoredUser {
        username,
        attributes,
        ..on.user.clone()
    };
    if has_moved {
        changed.move_to(email, on.word());
    } else {
        changed.email = email;
    }
    if is_renamed {
        registration::require_free_name(&on.idp, &changed).await?;
    } else if has_moved {
        registration::require_own_address(&changed)?;
    }
    Ok(changed)
}

/// Whether an address is another than the user's, and not the same one in another spelling.
fn has_moved(user: &StoredUser, email: &str) -> bool {
    name_key(&user.email) != name_key(email)
}

/// Writes a changed user and shows it.
async fn save<P>(
    on: &OnUser<P>,
    mut changed: StoredUser,
    action: &'static str,
) -> Result<Reply, ApiFailure> {
    write(on, &mut changed, action).await?;
    Reply::ok(&representation(&on.idp, &changed, on.now))
}

async fn write<P>(
    on: &OnUser<P>,
    changed: &mut StoredUser,
    action: &'static str,
) -> Result<(), ApiFailure> {
    write_with(on, changed, Change::new(), action).await
}

/// The same, together with something else.
async fn write_with<P>(
    on: &OnUser<P>,
    changed: &mut StoredUser,
    with: Change,
    action: &'static str,
) -> Result<(), ApiFailure> {
    changed.updated_at = on.now;
    let change = Users::update(changed).and(moved(on, changed).await?);
    let change = change.and(with);
    let written = on
        .commit(on.environment.id, change, action, &*changed)
        .await;
    on.idp.mail().wake();
    written.map_err(|error| unique(error, "username"))
}

/// What another mail address brings with it: the owner is told, and codes that were mailed to
/// another mailbox are worth nothing any more.
async fn moved<P>(on: &OnUser<P>, changed: &StoredUser) -> Result<Change, ApiFailure> {
    if !has_moved(&on.user, &changed.email) {
        return Ok(Change::new());
    }
    let notice = MailKind::Notice(Notice::AddressChanged);
    let told = on.idp.mail().enqueue(&on.idp, &on.user, &notice, on.now);
    let told = told.await.map_err(ApiFailure::internal)?;
    let told = told.and(VerificationCodes::delete(changed.id));
    if changed.mailbox() == on.user.mailbox() {
        return Ok(told);
    }
    Ok(told.and(RecoveryCodes::delete(changed.id)))
}

/// Nobody shuts themselves out: one click would do it; and nobody is shut out where nobody would be
/// left who can undo it. What comes back belongs into the change that does it.
async fn require_somebody_else<P>(
    on: &OnUser<P>,
    target: Option<&str>,
    what: &str,
) -> Result<Change, ApiFailure> {
    if on.holder() == on.user.id.as_uuid() {
        let message = format!("You cannot {what} your own account; another administrator can.");
        return Err(ApiFailure::constraint(target, message));
    }
    let loss = Loss::Holder(on.user.id.as_uuid());
    last_administrator::require_another(&on.idp, loss, target, on.now).await
}

pub(super) async fn delete(on: OnUser<may::ManageUsers>) -> Result<Reply, ApiFailure> {
    let others = require_somebody_else(&on, None, "delete").await?;
    let change = Users::delete(on.environment.id, on.user.id).and(others);
    on.commit(on.environment.id, change, "USER.DELETED", &on.user)
        .await?;
    Ok(Reply::no_content())
}

pub(super) async fn lock(on: OnUser<may::ManageUsers>) -> Result<Reply, ApiFailure> {
    let others = require_somebody_else(&on, Some("account"), "lock").await?;
    let lock = AccountLock::Locked {
        since: on.now,
        until: None,
    };
    let mut changed = StoredUser {
        lock,
        ..on.user.clone()
    };
    write_with(&on, &mut changed, others, "USER.LOCKED").await?;
    Reply::ok(&representation(&on.idp, &changed, on.now))
}

pub(super) async fn unlock(on: OnUser<may::ManageUsers>) -> Result<Reply, ApiFailure> {
    let lock = AccountLock::Open;
    save(
        &on,
        StoredUser {
            lock,
            ..on.user.clone()
        },
        "USER.UNLOCKED",
    )
    .await
}

pub(super) async fn send_verification_code(
    on: OnUser<may::VerifyUsers>,
) -> Result<Reply, ApiFailure> {
    // Operators may demand another proof; for its owner, an account that is verified stays so.
    let is_verified = on.user.email_verified && !on.user.verification_required;
    if on.acts_as == ActsAs::Owner && is_verified {
        return Reply::ok(&representation(&on.idp, &on.user, on.now));
    }
    let sent = verification::send_code(&on.idp, &on.user, &on.by).await;
    let user =
        sent.map_err(|refusal| ApiFailure::from_refusal(refusal, PasswordTarget::Verification))?;
    Reply::ok(&representation(&on.idp, &user, on.now))
}

/// A verification code that came back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerificationBody {
    verification_code: Password,
}

pub(super) async fn verify(
    on: OnUser<may::VerifyUsers>,
    Json(body): Json<VerificationBody>,
) -> Result<Reply, ApiFailure> {
    let code = VerificationCode::from_typed(body.verification_code.expose());
    let verified = verification::verify(&on.idp, &on.user, &code, on.word(), &on.by).await;
    let user = verified.map_err(|refusal| match refusal {
        crate::accounts::Refusal::CodeInvalid => ApiFailure::invalid_value(
            "verificationCode",
            "The verification code is invalid or expired",
        ),
        refusal => ApiFailure::from_refusal(refusal, PasswordTarget::Verification),
    })?;
    Reply::ok(&representation(&on.idp, &user, on.now))
}

/// Whether a user may sign on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Enabled {
    enabled: bool,
}

pub(super) async fn read_enabled(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    Reply::ok(&Hal::new(
        format!("{}/enabled", on.url()),
        Enabled {
            enabled: on.user.enabled,
        },
    ))
}

pub(super) async fn set_enabled(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<Enabled>,
) -> Result<Reply, ApiFailure> {
    let others = if body.enabled {
        Change::new()
    } else {
        require_somebody_else(&on, Some("enabled"), "disable").await?
    };
    let mut changed = StoredUser {
        enabled: body.enabled,
        ..on.user.clone()
    };
    let action = if body.enabled {
        "USER.ACCESS_ALLOWED"
    } else {
        "USER.ACCESS_DENIED"
    };
    write_with(&on, &mut changed, others, action).await?;
    Reply::ok(&Hal::new(format!("{}/enabled", on.url()), body))
}

/// Whether a user needs a second factor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MfaEnabled {
    mfa_enabled: bool,
}

pub(super) async fn read_mfa_enabled(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    let body = MfaEnabled {
        mfa_enabled: on.user.mfa_enabled,
    };
    Reply::ok(&Hal::new(format!("{}/mfaEnabled", on.url()), body))
}

pub(super) async fn set_mfa_enabled(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<MfaEnabled>,
) -> Result<Reply, ApiFailure> {
    let mut changed = StoredUser {
        mfa_enabled: body.mfa_enabled,
        ..on.user.clone()
    };
    write(&on, &mut changed, "USER.UPDATED").await?;
    Reply::ok(&Hal::new(format!("{}/mfaEnabled", on.url()), body))
}

/// Which population a user is in.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InPopulation {
    id: PopulationId,
}

pub(super) async fn read_population(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    let body = InPopulation {
        id: on.user.population_id,
    };
    Reply::ok(&Hal::new(format!("{}/population", on.url()), body))
}

/// Moves a user, who leaves the groups of other populations; who moves one must reach both populations.
pub(super) async fn set_population(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<InPopulation>,
) -> Result<Reply, ApiFailure> {
    let id = known_population(&on.idp, on.environment.id, body.id).await?;
    if on.acts_as == ActsAs::Administrator && !on.coverage.covers(id) {
        return Err(ApiFailure::forbidden());
    }
    let changed = StoredUser {
        population_id: id,
        updated_at: on.now,
        ..on.user.clone()
    };
    let change = Users::update(&changed).add(Groups::leave_other_populations(changed.id, id));
    on.commit(on.environment.id, change, "USER.MOVED", &changed)
        .await?;
    let body = InPopulation { id };
    Reply::ok(&Hal::new(format!("{}/population", on.url()), body))
}
