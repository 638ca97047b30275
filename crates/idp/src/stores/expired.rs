//! What is over, in every table. It has no effect even before it is deleted.

use db::Statement;
use jiff::Timestamp;

use super::change::Claim;

/// Rows that one statement deletes at most, so that it holds nobody up.
pub(crate) const PURGE_ROWS: u32 = 500;

const EXPIRED: [&str; 6] = [
    "DELETE FROM device_authentications WHERE id IN \
     (SELECT id FROM device_authentications WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM former_addresses WHERE user_id IN \
     (SELECT user_id FROM former_addresses WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM flows WHERE id IN \
     (SELECT id FROM flows WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM refresh_tokens WHERE digest IN \
     (SELECT digest FROM refresh_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM grants WHERE id IN \
     (SELECT id FROM grants WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM browser_sessions WHERE id IN \
     (SELECT id FROM browser_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
];

const OLD_ACTIVITIES: &str = "\
DELETE FROM activities WHERE id IN
       (SELECT id FROM activities WHERE recorded_at <= $1 ORDER BY recorded_at LIMIT $2)";

const OLD_MAILS: &str = "\
DELETE FROM mails WHERE id IN
       (SELECT id FROM mails WHERE created_at <= $1 ORDER BY created_at LIMIT $2)";

const OLD_WEBHOOKS: &str = "\
DELETE FROM webhook_events WHERE (subscription_id, place) IN
       (SELECT subscription_id, place FROM webhook_events
         WHERE recorded_at <= $1 ORDER BY recorded_at LIMIT $2)";

/// Until when things are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// What has an end of its own goes at it.
    pub(crate) now: Timestamp,
    /// Older entries of the audit log go.
    pub(crate) activities_since: Timestamp,
    /// Older mails go.
    pub(crate) mails_since: Timestamp,
    /// What is older is not told any more.
    pub(crate) webhooks_since: Timestamp,
}

/// What is over in one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expired {
    sql: &'static str,
    until: Timestamp,
}

impl Expired {
    /// In all tables.
    pub(crate) fn everywhere(kept: Kept) -> impl Iterator<Item = Self> {
        let of = |until| move |sql| Self { sql, until };
        EXPIRED
            .map(of(kept.now))
            .into_iter()
            .chain([of(kept.activities_since)(OLD_ACTIVITIES)])
            .chain([of(kept.mails_since)(OLD_MAILS)])
            .chain([of(kept.webhooks_since)(OLD_WEBHOOKS)])
    }

    /// Deletes a part of it; whether there may be more is what comes back.
    pub(crate) fn delete_some(self) -> Claim<bool> {
        let delete = Statement::new(self.sql).bind(self.until).bind(PURGE_ROWS);
        Claim::new("delete what is over", delete, |written| {
            Ok(written.rows_affected >= u64::from(PURGE_ROWS))
        })
    }
}
