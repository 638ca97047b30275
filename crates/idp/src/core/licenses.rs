//! Giving environments of an earlier version the licence of their organization.

use db::StoreError;

use super::Core;
use crate::stores::licenses;

/// Gives every environment a licence. Several nodes may do it at once, and one that is interrupted
/// goes on at its next start.
pub(crate) async fn bring_up_to_date(core: &Core) -> Result<(), StoreError> {
    while let Some(change) = licenses::outdated(core.db()).await? {
        change.commit_unrecorded(core).await?;
    }
    Ok(())
}
