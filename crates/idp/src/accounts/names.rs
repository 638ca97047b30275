//! Whose a name is: a username, or the address that stands for one.

use db::StoreError;
use protocol::id::EnvironmentId;
use protocol::names::EmailAddress;

use crate::core::Core;
use crate::stores::users::{StoredUser, Users};

/// Whether a user may have this name.
///
/// # Errors
///
/// When the database does not tell.
pub(super) async fn is_free_name(core: &Core, user: &StoredUser) -> Result<bool, StoreError> {
    Ok(is_allowed(user) && !is_anybody_elses(core, user).await?)
}

/// Whether the username is no address, or the user's own.
pub(super) fn is_allowed(user: &StoredUser) -> bool {
    EmailAddress::parse(&user.username).is_err() || is_own_address(user)
}

/// Whether somebody else has a user's name, as a username or as the address of the account.
pub(super) async fn is_anybody_elses(core: &Core, user: &StoredUser) -> Result<bool, StoreError> {
    let (environment, name) = (user.environment_id, &user.username);
    let mut others = owners(core, environment, name).await?;
    let users = Users::new(core.db());
    others.extend(users.find_by_username(environment, name).await?);
    Ok(others.iter().any(|other| other.id != user.id))
}

/// Whether the username is the user's address: the one that was proven, where the present one is not
/// yet.
pub(super) fn is_own_address(user: &StoredUser) -> bool {
    Users::has_name(user, user.mailbox())
}

/// The users to whom an address belongs, or who at least have it.
pub(super) async fn owners(
    core: &Core,
    environment: EnvironmentId,
    email: &str,
) -> Result<Vec<StoredUser>, StoreError> {
    let mut owners = Users::new(core.db())
        .find_by_email(environment, email)
        .await?;
    let proved = |owner: &StoredUser| Users::owner_since(owner, email).is_some();
    if owners.iter().any(proved) {
        owners.retain(proved);
    } else {
        // Whoever proved another address takes this one from nobody.
        owners.retain(|owner| owner.proven_email.is_none());
    }
    Ok(owners)
}
