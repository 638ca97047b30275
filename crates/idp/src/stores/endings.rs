//! What ends when a user's access does: the password was replaced or must be, or an administrator
//! disabled or locked the account. It does not come back when the account is opened again.

use jiff::Timestamp;
use protocol::id::{SessionId, UserId};

use super::change::Change;
use super::codes::RecoveryCodes;
use super::flows::Flows;
use super::grants::Grants;
use super::sessions::Sessions;

/// Ends what a user has open, but for one session: recovery codes, interactions in which the password
/// was given, browser sessions, and grants with every code and token that hangs off them.
pub(crate) fn end_access(user: UserId, keep: Option<SessionId>, now: Timestamp) -> Change {
    RecoveryCodes::delete(user)
        .and(Flows::end_behind_password(user))
        .and(Sessions::end_others(user, keep))
        .and(Grants::revoke_others(user, keep, now))
}
