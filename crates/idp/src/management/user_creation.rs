//! Making users: without a password, or with password and state in one (PingOne, "Users", "Import").
//! What an import says of its members is the wire vocabulary's, as the SDK sends it.

use jiff::Timestamp;
use protocol::id::{PopulationId, UserId};
use protocol::pingone::{AccountStatus, LifecycleStatus, Reference};
use serde_json::{Map, Value};

use super::user_bodies::{AccountBody, ImportBody, UserBody};
use super::users::{known_population, names, representation};
use super::{refusals, user_password, user_provider};
use crate::access::allowed::Allowed;
use crate::access::permissions::may;
use crate::accounts::registration::{self, GivenAccount, NewAccount, NewPassword, Verification};
use crate::api::body::{JsonObject, read_known_members};
use crate::api::hal::Reply;
use crate::api::members::{self, Takes};
use crate::api::user_attributes;
use crate::configuration::mfa_settings::MfaSettings;
use crate::requests::failures::api::ApiFailure;
use crate::stores::populations::Populations;
use crate::stores::users::AccountLock;

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
    let external = body.get("password").and_then(|known| known.get("external"));
    if external.is_some_and(|external| !external.is_null()) {
        let message = "is not supported: there are no gateways";
        return Err(ApiFailure::invalid_value("password.external", message));
    }
    let said_enabled = read_known_members::<UserBody>(&body)?.enabled;
    let body: ImportBody = read_known_members(&body)?;
    if let Some(password) = body.password {
        user_password::require_plain(password.value.expose(), "password")?;
        account.password = Some(NewPassword {
            value: password.value,
            force_change: password.force_change,
        });
    }
    account.verification = match body.lifecycle {
        Some(lifecycle) if lifecycle.status == LifecycleStatus::VerificationRequired => {
            if lifecycle.suppress_verification_code {
                Verification::RequiredWithoutMail
            } else {
                Verification::Required
            }
        }
        Some(_) | None => Verification::NotRequired,
    };
    if let Some(body) = body.account {
        account.lock = lock_of(&body, said_enabled, allowed.now)?;
        // Whoever is not to sign on and is not locked is disabled.
        account.enabled &=
            body.can_authenticate != Some(false) || account.lock != AccountLock::Open;
    }
    account.email_verified = body.email_verified.unwrap_or(false);
    register(&allowed, account).await
}

fn lock_of(
    account: &AccountBody,
    enabled: Option<bool>,
    now: Timestamp,
) -> Result<AccountLock, ApiFailure> {
    let is_locked = account.status == Some(AccountStatus::Locked);
    let contradicts = match account.can_authenticate {
        Some(true) => is_locked,
        Some(false) => !is_locked && enabled == Some(true),
        None => false,
    };
    if contradicts {
        let message =
            "must be true for the status OK and false for LOCKED, or for who is not enabled";
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
    let user = registration::register(idp, allowed.id(), account, &allowed.by).await;
    let user = user.map_err(refusals::of_registration)?;
    Reply::created(&representation(idp, &user, allowed.now).await?)
}

/// What plain creation and import share.
async fn account(
    allowed: &Allowed<may::ManageUsers>,
    body: &Map<String, Value>,
) -> Result<NewAccount, ApiFailure> {
    let (username, email) = names(body)?;
    let typed: UserBody = read_known_members(body)?;
    let population = population(allowed, typed.population).await?;
    let schemas = allowed.idp.user_schemas();
    let schema = schemas.of(allowed.id(), allowed.now).await?;
    let identity_provider = match typed.identity_provider {
        Some(body) => user_provider::known(&allowed.idp, allowed.id(), body).await?,
        None => None,
    };
    let given = allowed.given().cloned().unwrap_or_default();
    Ok(NewAccount {
        given: GivenAccount {
            id: given.id.map(UserId::from_uuid),
            password: given.password.map(|known| (known.hash, known.must_change)),
            password_set_at: given.password_set_at,
        },
        references: user_provider::references(identity_provider.as_ref()),
        identity_provider,
        verify_status: typed.verify_status,
        enabled: typed.enabled.unwrap_or(true),
        mfa_enabled: if let Some(enabled) = typed.mfa_enabled {
            enabled
        } else {
            let settings = MfaSettings::of(&allowed.idp, allowed.id()).await?;
            settings.enables_new_users()
        },
        attributes: user_attributes::merge(Map::new(), body, &schema)?,
        ..NewAccount::new(username, email, population)
    })
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
