//! The outbox: mails wait here until a mail server took them.

use std::borrow::Cow;

use db::{Reader, Row, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use protocol::id::{EnvironmentId, MailId, UserId};

use super::change::{Change, Claim};

/// A mail as the database keeps it; its content is sealed.
#[derive(Clone, Debug)]
pub(crate) struct StoredMail {
    pub(crate) id: MailId,
    pub(crate) environment: EnvironmentId,
    pub(crate) recipient: String,
    pub(crate) sealed: String,
    pub(crate) created_at: Timestamp,
    pub(crate) attempts: i64,
}

/// What mails are counted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShareOf {
    /// What anybody can cause who knows an address.
    Codes,
    /// What the owner of this account has to know. Each account has its own: what another account with
    /// the same address is told of hides nothing.
    Notices(UserId),
    /// What stands behind a right password, or a role. Each environment has its own: the devices of
    /// one say nothing about who owns an address in another.
    SecondFactor,
}

impl ShareOf {
    fn name(self) -> Cow<'static, str> {
        match self {
            Self::Codes => "CODES".into(),
            Self::Notices(user) => format!("NOTICES {user}").into(),
            Self::SecondFactor => "SECOND_FACTOR".into(),
        }
    }
}

/// How many mails one address is sent, whoever asks for them and on whatever path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) of: ShareOf,
    pub(crate) most: i64,
    pub(crate) within: SignedDuration,
    /// Who is sent one all the same while no recovery code of theirs is good: whoever asks for
    /// mails to somebody keeps them without a code for as long as a code is good, and no longer.
    pub(crate) beyond: Option<UserId>,
    /// How many mails of the environment one address is sent in a day, and all together.
    pub(crate) quotas: [Option<i64>; 2],
}

/// Nothing is inserted where the address has had its share, or a quota is used up: then no row is
/// touched. Recipients are in ASCII, so `LOWER` makes the key by which addresses are compared.
///
/// Of mails that are written one after the other at the same moment, as by a clock that stands
/// still, the later one is a millisecond younger, so that the newest is the one that came last.
/// Within a second only: where a clock was set back, mails have the time that it says now.
const INSERT: &str = "\
INSERT INTO mails (id, environment_id, recipient, sealed, created_at, attempts, next_attempt_at, share)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT),
       COALESCE((SELECT MAX(created_at) + 1 FROM mails
                  WHERE created_at >= CAST($5 AS BIGINT) AND created_at < CAST($5 AS BIGINT) + 1000),
                CAST($5 AS BIGINT)),
       0, CAST($6 AS BIGINT), CAST($13 AS TEXT)
 WHERE ((SELECT COUNT(*) FROM mails
          WHERE LOWER(recipient) = LOWER(CAST($3 AS TEXT)) AND created_at > $7
            AND share = CAST($13 AS TEXT)
            AND (share <> 'SECOND_FACTOR' OR environment_id = CAST($2 AS TEXT))) < $8
        OR CAST($9 AS TEXT) IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM recovery_codes
                            WHERE user_id = CAST($9 AS TEXT) AND expires_at > CAST($5 AS BIGINT)))
   AND CASE WHEN CAST($11 AS BIGINT) IS NULL THEN TRUE ELSE
            (SELECT COUNT(*) FROM mails
              WHERE environment_id = CAST($2 AS TEXT) AND created_at > $10
                AND LOWER(recipient) = LOWER(CAST($3 AS TEXT))) < CAST($11 AS BIGINT) END
   AND CASE WHEN CAST($12 AS BIGINT) IS NULL THEN TRUE ELSE
            (SELECT COUNT(*) FROM mails
              WHERE environment_id = CAST($2 AS TEXT) AND created_at > $10)
            < CAST($12 AS BIGINT) END";

/// What quotas are counted in.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Claims a mail by pushing its next attempt into the future: another node sees it as not due.
const CLAIM: &str = "\
UPDATE mails SET attempts = attempts + 1, next_attempt_at = $2
 WHERE id = (SELECT id FROM mails WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT 1)
   AND next_attempt_at <= $1
RETURNING id, environment_id, recipient, sealed, created_at, attempts";

const SENT: &str = "\
UPDATE mails SET sent_at = $2, next_attempt_at = NULL, sealed = '' WHERE id = $1";

const RETRY: &str = "UPDATE mails SET next_attempt_at = $2 WHERE id = $1 AND sent_at IS NULL";

const WAIT: &str = "UPDATE mails SET next_attempt_at = NULL WHERE id = $1";

const GIVE_UP: &str = "\
UPDATE mails SET failed_at = $2, next_attempt_at = NULL, sealed = '' WHERE id = $1";

const NEWEST: &str = "\
SELECT id, environment_id, recipient, sealed, created_at, attempts FROM mails
 WHERE sealed <> '' ORDER BY created_at DESC, id DESC LIMIT $1";

const NEWEST_TO: &str = "\
SELECT id, environment_id, recipient, sealed, created_at, attempts FROM mails
 WHERE LOWER(recipient) = LOWER(CAST($1 AS TEXT)) AND sealed <> '' ORDER BY created_at DESC, id DESC LIMIT $2";

const FIND: &str = "\
SELECT id, environment_id, recipient, sealed, created_at, attempts FROM mails WHERE id = $1 AND sealed <> ''";

/// Those that something will send.
const WAITING: &str = "\
SELECT COUNT(*) AS waiting, MIN(created_at) AS since FROM mails WHERE next_attempt_at IS NOT NULL";

const DELETE: &str = "DELETE FROM mails WHERE id = $1";

const DELETE_ALL: &str = "\
DELETE FROM mails
 WHERE CAST($1 AS TEXT) IS NULL OR LOWER(recipient) = LOWER(CAST($1 AS TEXT))";

/// The outbox of all environments.
#[derive(Debug)]
pub(crate) struct Mails<'a>(&'a Reader);

impl<'a> Mails<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// The statement that puts a mail into the outbox, unless its address has had as many mails as
    /// `share` says; then it touches no row. Without a `due`, nothing sends the mail and only the
    /// mailbox shows it.
    pub(crate) fn insert(mail: &StoredMail, due: Option<Timestamp>, share: Share) -> Statement {
        let [of_address, of_environment] = share.quotas;
        Statement::new(INSERT)
            .bind(mail.id.as_uuid())
            .bind(mail.environment.as_uuid())
            .bind(mail.recipient.as_str())
            .bind(mail.sealed.as_str())
            .bind(mail.created_at)
            .bind(due)
            .bind(mail.created_at - share.within)
            .bind(share.most)
            .bind(share.beyond.map(|user| user.as_uuid()))
            .bind(mail.created_at - DAY)
            .bind(of_address)
            .bind(of_environment)
            .bind(share.of.name().into_owned())
    }

    /// Takes the mail that waits longest, if one is due. It comes back by itself at `again_at`,
    /// should this process die before it says what became of it.
    pub(crate) fn claim(now: Timestamp, again_at: Timestamp) -> Claim<Option<StoredMail>> {
        let claim = Statement::new(CLAIM).bind(now).bind(again_at);
        Claim::new("take a mail from the outbox", claim, |written| {
            written.into_row().as_ref().map(from_row).transpose()
        })
    }

    /// A mail server took it; its content is forgotten.
    pub(crate) fn mark_sent(id: MailId, now: Timestamp) -> Change {
        Change::of(Statement::new(SENT).bind(id.as_uuid()).bind(now))
    }

    /// It is to be tried again.
    pub(crate) fn retry(id: MailId, at: Timestamp) -> Change {
        Change::of(Statement::new(RETRY).bind(id.as_uuid()).bind(at))
    }

    /// Nothing sends it any more; the mailbox alone shows it.
    pub(crate) fn wait(id: MailId) -> Change {
        Change::of(Statement::new(WAIT).bind(id.as_uuid()))
    }

    /// It will never be sent; its content is forgotten.
    pub(crate) fn give_up(id: MailId, now: Timestamp) -> Change {
        Change::of(Statement::new(GIVE_UP).bind(id.as_uuid()).bind(now))
    }

    /// Forgets one, and says how many that were.
    pub(crate) fn delete(id: MailId) -> Claim<u64> {
        let delete = Statement::new(DELETE).bind(id.as_uuid());
        Claim::new("delete a mail", delete, |written| Ok(written.rows_affected))
    }

    /// Forgets those to one address, or all, and says how many that were.
    pub(crate) fn delete_all(recipient: Option<&str>) -> Claim<u64> {
        let delete = Statement::new(DELETE_ALL).bind(recipient);
        Claim::new("delete mails", delete, |written| Ok(written.rows_affected))
    }

    /// The newest mails, to one address or to all, newest first.
    pub(crate) async fn newest(
        &self,
        recipient: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoredMail>, StoreError> {
        let statement = match recipient {
            Some(recipient) => Statement::new(NEWEST_TO).bind(recipient).bind(limit),
            None => Statement::new(NEWEST).bind(limit),
        };
        let rows = self
            .0
            .read(statement)
            .await
            .map_err(StoreError::during("list the mailbox"))?;
        rows.iter().map(from_row).collect()
    }

    /// How many wait to be sent, and since when the oldest does.
    pub(crate) async fn waiting(&self) -> Result<(u64, Option<Timestamp>), StoreError> {
        let row = self.0.read_optional(Statement::new(WAITING).scan()).await;
        let row = row.map_err(StoreError::during("count the mails that wait"))?;
        super::waiting(row.as_ref())
    }

    /// One mail.
    pub(crate) async fn find(&self, id: MailId) -> Result<Option<StoredMail>, StoreError> {
        let row = self
            .0
            .read_optional(Statement::new(FIND).bind(id.as_uuid()))
            .await
            .map_err(StoreError::during("open a mail"))?;
        row.as_ref().map(from_row).transpose()
    }
}

fn from_row(row: &Row) -> Result<StoredMail, StoreError> {
    Ok(StoredMail {
        id: row.parse("id", MailId::parse)?,
        environment: row.parse("environment_id", EnvironmentId::parse)?,
        recipient: row.get("recipient")?,
        sealed: row.get("sealed")?,
        created_at: row.get("created_at")?,
        attempts: row.get("attempts")?,
    })
}
