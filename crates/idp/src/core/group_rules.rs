//! Who is a member of groups by their rules.

use db::StoreError;
use jiff::Timestamp;

use super::Core;
use crate::stores::change::Change;
use crate::stores::group_rules;
use crate::stores::user_search::custom_names;
use crate::stores::users::StoredUser;

/// What belongs into the change that writes a user, behind it.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn place(
    core: &Core,
    user: &StoredUser,
    now: Timestamp,
) -> Result<Change, StoreError> {
    let environment = user.environment_id;
    let rules = group_rules::of_environment(core.db(), environment).await?;
    if rules.is_empty() {
        return Ok(Change::new());
    }
    let schema = core.user_schemas().of(environment, now).await?;
    Ok(group_rules::place(user, &rules, &custom_names(&schema)))
}
