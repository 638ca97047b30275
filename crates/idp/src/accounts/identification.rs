//! Whom somebody means who types a username or a mail address: the rule is
//! [`protocol::identifier`]'s, the same for every path and for the SDK.
//!
//! Whose credentials an identity provider elsewhere keeps has none here, and is found by neither.

use db::StoreError;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::identifier::{self, Match};

use crate::core::Core;
use crate::stores::former_addresses::{FormerAddress, FormerAddresses};
use crate::stores::users::{StoredUser, Users};

/// Somebody whom a mailbox recovers.
#[derive(Clone, Debug)]
pub(crate) struct Recoverable {
    pub(crate) user: StoredUser,
    /// The address that the account had before, where that is the mailbox: it comes back as well.
    pub(crate) former: Option<FormerAddress>,
}

impl Recoverable {
    /// By the mailbox that the account has now.
    pub(crate) fn now(user: StoredUser) -> Self {
        Self { user, former: None }
    }

    /// Where the code goes.
    pub(crate) fn mailbox(&self) -> &str {
        let former = self.former.as_ref();
        former.map_or(self.user.mailbox(), |former| &former.address)
    }
}

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

/// All users whom a name or an address recovers: those who have it, and those who had it until their
/// owners, or thieves in their places, took another a short while ago.
pub(crate) async fn for_recovery(
    core: &Core,
    environment: EnvironmentId,
    typed: &str,
    now: Timestamp,
) -> Result<Vec<Recoverable>, StoreError> {
    let found = matching(core, environment, typed).await?;
    let meant = identifier::for_recovery(typed, &fits(&found, typed));
    let found = found.into_iter().enumerate();
    let mut meant: Vec<_> = found
        .filter(|(place, _)| meant.contains(place))
        .map(|(_, user)| Recoverable::now(user))
        .collect();
    let former = FormerAddresses::new(core.db());
    for former in former.find_owners(environment, typed, now).await? {
        if let Some(known) = meant.iter_mut().find(|one| one.user.id == former.user) {
            // A username that was the address says nothing of who reads it.
            if !has_address(&known.user, typed) {
                known.former = Some(former);
            }
            continue;
        }
        let user = Users::new(core.db()).find(environment, former.user).await?;
        let user = user.filter(|user| user.identity_provider.is_none());
        meant.extend(user.map(|user| Recoverable {
            user,
            former: Some(former),
        }));
    }
    Ok(meant)
}

/// A user whom a name or an address recovered a moment ago, by the same mailbox if it is still one.
pub(crate) async fn still_for_recovery(
    core: &Core,
    user: StoredUser,
    typed: &str,
    now: Timestamp,
) -> Result<Recoverable, StoreError> {
    if has_address(&user, typed) {
        return Ok(Recoverable::now(user));
    }
    let former = FormerAddresses::new(core.db());
    let former = former.find(user.id, typed, now).await?;
    Ok(Recoverable { user, former })
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
        is_email: has_address(user, typed),
        is_email_verified: Users::owner_since(user, typed).is_some(),
        proven_at: Users::owner_since(user, typed),
    };
    found.iter().map(fit).collect()
}

/// Whether the address is the one that the account has, or the one that it has proven.
fn has_address(user: &StoredUser, typed: &str) -> bool {
    Users::has_email(user, typed) || Users::owner_since(user, typed).is_some()
}
