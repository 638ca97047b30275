//! The typed members of a user's body that are no attributes. What an import says is the wire
//! vocabulary's, as the SDK sends it.

use jiff::Timestamp;
use protocol::id::PopulationId;
use protocol::pingone::{AccountStatus, ImportPassword, NewLifecycle, Reference, VerifyStatus};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::api::body::read_known_members;
use crate::requests::failures::api::ApiFailure;

/// What a user is created with, beside the attributes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserBody {
    pub(super) population: Option<Reference<PopulationId>>,
    pub(super) enabled: Option<bool>,
    pub(super) mfa_enabled: Option<bool>,
    pub(super) verify_status: Option<VerifyStatus>,
    pub(super) identity_provider: Option<ProviderBody>,
}

/// Who keeps the credentials of a user.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ProviderBody {
    /// Absent where they are kept here.
    pub(super) id: Option<Uuid>,
    #[serde(rename = "type")]
    pub(super) provider_type: Option<String>,
}

/// What only an import sets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImportBody {
    pub(super) email_verified: Option<bool>,
    pub(super) account: Option<AccountBody>,
    pub(super) lifecycle: Option<NewLifecycle>,
    pub(super) password: Option<ImportPassword>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountBody {
    pub(super) can_authenticate: Option<bool>,
    pub(super) status: Option<AccountStatus>,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    pub(super) unlock_at: Option<Timestamp>,
}

/// What only creating, importing or an operation of its own sets is ignored when a user is changed,
/// as PingOne does; of a wrong kind, it is refused by its name all the same.
pub(super) fn check_ignored(body: &Map<String, Value>) -> Result<(), ApiFailure> {
    let _: UserBody = read_known_members(body)?;
    let _: ImportBody = read_known_members(body)?;
    Ok(())
}
