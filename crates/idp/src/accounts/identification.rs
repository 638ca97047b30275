//! Whom somebody means who types a username or a mail address: the rule is
//! [`protocol::identifier`]'s, the same for every path and for the SDK.
//!
//! Whose credentials an identity provider elsewhere keeps has none here, and is found by neither.

use db::StoreError;
use protocol::id::EnvironmentId;
use protocol::identifier::{self, Match};

use crate::core::Core;
use crate::stores::users::{StoredUser, Users};

/// The one user whom a name or an address signs on to.
pub(crate) async fn for_sign_on(
    core: &Core,
    environment: EnvironmentId,
    typed: &str,
) -> Result<Option<StoredUser>, StoreError> {
    let mut found = matching(core, environment, typed).await?;
    let meant = identifier::for_sign_on(typed, &fits(&found, typed));
    Ok(meant.map(|place| found.swap_remove(place)))
}

/// All users whom a name or an address recovers.
pub(crate) async fn for_recovery(
    core: &Core,
    environment: EnvironmentId,
    typed: &str,
) -> Result<Vec<StoredUser>, StoreError> {
    let found = matching(core, environment, typed).await?;
    let meant = identifier::for_recovery(typed, &fits(&found, typed));
    let found = found.into_iter().enumerate();
    Ok(found
        .filter(|(place, _)| meant.contains(place))
        .map(|(_, user)| user)
        .collect())
}

async fn matching(
    core: &Core,
    environment: EnvironmentId,
    typed: &str,
) -> Result<Vec<StoredUser>, StoreError> {
    let users = Users::new(core.db());
    let named = users.find_by_username(environment, typed).await?;
    let mut found = if identifier::is_address(typed) {
        users.find_by_email(environment, typed).await?
    } else {
        Vec::new()
    };
    let is_known = |user: &StoredUser| found.iter().any(|other| other.id == user.id);
    found.extend(named.filter(|user| !is_known(user)));
    found.retain(|user| user.identity_provider.is_none());
    Ok(found)
}

fn fits(found: &[StoredUser], typed: &str) -> Vec<Match> {
    let fit = |user: &StoredUser| Match {
        is_username: Users::has_name(user, typed),
        is_email: Users::has_email(user, typed) || Users::owner_since(user, typed).is_some(),
        is_email_verified: Users::owner_since(user, typed).is_some(),
        proven_at: Users::owner_since(user, typed),
    };
    found.iter().map(fit).collect()
}
