//! What a profile lacks, filled in by the user.

use db::StoreError;
use jiff::Timestamp;
use protocol::pingone::ErrorDetail;
use serde_json::Value;

use crate::accounts::registration::{RegistrationRefusal, require_unique};
use crate::api::user_attributes::{self, Lacking};
use crate::core::{Core, group_rules};
use crate::stores::change::Change;
use crate::stores::users::{StoredUser, Users};

/// Why a profile was not filled in.
#[derive(Debug)]
pub(crate) enum ProfileRefusal {
    /// These values break their rules, or are missing.
    Values(Vec<ErrorDetail>),
    /// Somebody else has the value of this attribute, which must be unique.
    Taken(String),
    /// The database did not answer.
    Store(StoreError),
}

impl From<StoreError> for ProfileRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Fills in what a profile lacks, by the rules of the management API. Gives the user with it and what
/// writes it.
///
/// # Errors
///
/// [`ProfileRefusal`].
pub(crate) async fn fill_in(
    core: &Core,
    user: &StoredUser,
    lacking: &[Lacking],
    given: &[(String, Value)],
    now: Timestamp,
) -> Result<(StoredUser, Change), ProfileRefusal> {
    let schema = core.user_schemas().of(user.environment_id, now).await?;
    let filled = user_attributes::fill_in(user, lacking, given, &schema);
    let filled = filled.map_err(ProfileRefusal::Values)?;
    let changed = StoredUser {
        attributes: filled,
        updated_at: now,
        ..user.clone()
    };
    let unique = match require_unique(core, &changed, now).await {
        Ok(unique) => unique,
        Err(RegistrationRefusal::ValueTaken(name)) => return Err(ProfileRefusal::Taken(name)),
        Err(_) => {
            let error = StoreError::inconsistent("unique attributes could not be compared");
            return Err(error.into());
        }
    };
    let placed = group_rules::place(core, &changed, now).await?;
    let change = Users::update(&changed).and(unique).and(placed);
    Ok((changed, change))
}
