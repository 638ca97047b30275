//! Password hashes, the count of wrong passwords, and the history of earlier ones.

use std::fmt;

use db::{Reader, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use platform::clock::is_expired;
use protocol::id::{SessionId, UserId};
use protocol::password_policy::{Lockout, PasswordHistory};

use super::change::{Change, Claim};
use super::endings::end_access;
use super::users::Word;

/// A hash as the database keeps it: the PHC string of Argon2id.
#[derive(Clone)]
pub(crate) struct PasswordHash(String);

impl PasswordHash {
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// A user's password as the database keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredPassword {
    pub(crate) hash: Option<PasswordHash>,
    pub(crate) must_change: bool,
    pub(crate) changed_at: Option<Timestamp>,
    pub(crate) locked_until: Option<Timestamp>,
}

impl StoredPassword {
    /// Of a user who has no row yet.
    pub(crate) const NONE: Self = Self {
        hash: None,
        must_change: false,
        changed_at: None,
        locked_until: None,
    };

    /// Until when the password is locked out, if it is.
    pub(crate) fn lockout(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| !is_expired(*until, now))
    }
}

/// A password that takes the place of the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replacement<'a> {
    pub(crate) hash: &'a PasswordHash,
    /// Whether another one is demanded at the next sign-on.
    pub(crate) must_change: bool,
    /// How long the one before is remembered.
    pub(crate) history: Option<&'a PasswordHistory>,
}

const FIND: &str = "\
SELECT hash, must_change, changed_at, locked_until FROM user_passwords WHERE user_id = $1";

/// Takes a try before the password is compared, so that tries made at the same time count too. A
/// lockout that is over starts a new count.
const TAKE_TRY: &str = "\
UPDATE user_passwords
   SET failures = CASE WHEN locked_until IS NULL THEN failures + 1 ELSE 1 END,
       locked_until = CASE
           WHEN (CASE WHEN locked_until IS NULL THEN failures + 1 ELSE 1 END) >= $3
           THEN CAST($4 AS BIGINT)
           ELSE NULL END
 WHERE user_id = $1 AND (locked_until IS NULL OR locked_until <= $2)
RETURNING failures";

/// The same, for what applications ask about.
const TAKE_TRY_OF_APPLICATION: &str = "\
UPDATE user_passwords
   SET application_failures =
           CASE WHEN applications_locked_until IS NULL THEN application_failures + 1 ELSE 1 END,
       applications_locked_until = CASE
           WHEN (CASE WHEN applications_locked_until IS NULL
                      THEN application_failures + 1 ELSE 1 END) >= $3
           THEN CAST($4 AS BIGINT)
           ELSE NULL END
 WHERE user_id = $1
   AND (applications_locked_until IS NULL OR applications_locked_until <= $2)
RETURNING application_failures AS failures";

const GIVE_TRIES_BACK: &str = "\
UPDATE user_passwords
   SET failures = 0, locked_until = NULL, application_failures = 0,
       applications_locked_until = NULL
 WHERE user_id = $1
   AND (failures > 0 OR locked_until IS NOT NULL OR application_failures > 0
        OR applications_locked_until IS NOT NULL)";

/// What an application knows forgives what it did not know, and nothing else.
const GIVE_TRIES_OF_APPLICATION_BACK: &str = "\
UPDATE user_passwords SET application_failures = 0, applications_locked_until = NULL
 WHERE user_id = $1 AND (application_failures > 0 OR applications_locked_until IS NOT NULL)";

const SET: &str = "\
INSERT INTO user_passwords (user_id, hash, must_change, changed_at, failures, locked_until)
VALUES ($1, $2, $3, $4, 0, NULL)
ON CONFLICT (user_id) DO UPDATE
   SET hash = excluded.hash, must_change = excluded.must_change,
       changed_at = excluded.changed_at, failures = 0, locked_until = NULL,
       application_failures = 0, applications_locked_until = NULL";

const MUST_CHANGE: &str = "\
UPDATE user_passwords SET must_change = TRUE, failures = 0, locked_until = NULL
 WHERE user_id = $1 AND hash IS NOT NULL";

const REMEMBER: &str = "\
INSERT INTO password_history (user_id, replaced_at, hash)
SELECT user_id, $2, hash FROM user_passwords WHERE user_id = $1 AND hash IS NOT NULL";

const FORGET_OLD: &str = "\
DELETE FROM password_history
 WHERE user_id = $1
   AND (replaced_at <= $2
        OR replaced_at < (SELECT MIN(replaced_at) FROM
                             (SELECT replaced_at FROM password_history
                               WHERE user_id = $1 ORDER BY replaced_at DESC LIMIT $3) AS kept))";

const HISTORY: &str = "\
SELECT hash FROM password_history
 WHERE user_id = $1 AND replaced_at > $2 ORDER BY replaced_at DESC LIMIT $3";

/// The passwords of all users.
#[derive(Debug)]
pub(crate) struct Passwords<'a>(&'a Reader);

impl<'a> Passwords<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// A user's password; without a row, none.
    pub(crate) async fn load(&self, user: UserId) -> Result<StoredPassword, StoreError> {
        let row = self
            .0
            .read_optional(Statement::new(FIND).bind(user.as_uuid()))
            .await
            .map_err(StoreError::during("read a password's state"))?;
        let Some(row) = row else {
            return Ok(StoredPassword::NONE);
        };
        Ok(StoredPassword {
            hash: row
                .get::<Option<String>>("hash")?
                .map(PasswordHash::from_stored),
            must_change: row.get("must_change")?,
            changed_at: row.get("changed_at")?,
            locked_until: row.get("locked_until")?,
        })
    }

    /// Takes one of the tries that the lockout rule leaves; it is counted as a failure until
    /// [`give_tries_back`](Self::give_tries_back). The failures so far come back, this try
    /// included; `None` says that the password is locked out.
    pub(crate) fn take_try(
        user: UserId,
        word: Word,
        lockout: Lockout,
        now: Timestamp,
    ) -> Claim<Option<i64>> {
        let until = now + SignedDuration::from_secs(i64::from(lockout.duration_seconds));
        let statement = match word {
            Word::OfAnApplication => TAKE_TRY_OF_APPLICATION,
            Word::Trusted => TAKE_TRY,
        };
        let statement = Statement::new(statement)
            .bind(user.as_uuid())
            .bind(now)
            .bind(i64::from(lockout.failure_count))
            .bind(until);
        Claim::new("count a password's try", statement, |written| {
            let row = written.into_row();
            row.map(|row| row.get("failures")).transpose()
        })
    }

    /// Takes back all failures, after a right password or by an administrator.
    pub(crate) fn give_tries_back(user: UserId) -> Change {
        Change::of(Statement::new(GIVE_TRIES_BACK).bind(user.as_uuid()))
    }

    /// Takes back the failures of applications, after a right password of one.
    pub(crate) fn give_tries_of_application_back(user: UserId) -> Change {
        Change::of(Statement::new(GIVE_TRIES_OF_APPLICATION_BACK).bind(user.as_uuid()))
    }

    /// A user's first password, as of `changed_at`.
    pub(crate) fn insert(
        user: UserId,
        hash: &PasswordHash,
        must_change: bool,
        changed_at: Timestamp,
    ) -> Change {
        Change::of(
            Statement::new(SET)
                .bind(user.as_uuid())
                .bind(hash.as_str())
                .bind(must_change)
                .bind(changed_at),
        )
    }

    /// Puts a password in the place of the one before, which is remembered, and ends what was open
    /// under that one but for the session in which it was replaced. After one that must be changed,
    /// nothing stays open.
    pub(crate) fn replaced(
        user: UserId,
        new: &Replacement<'_>,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Change {
        let set = Self::insert(user, new.hash, new.must_change, now);
        let change = match new.history {
            Some(history) => {
                let remember = Statement::new(REMEMBER).bind(user.as_uuid()).bind(now);
                let forget = Statement::new(FORGET_OLD)
                    .bind(user.as_uuid())
                    .bind(retained_since(*history, now))
                    .bind(history.count);
                Change::of(remember).and(set).add(forget)
            }
            None => set,
        };
        change.and(end_access(user, keep.filter(|_| !new.must_change), now))
    }

    /// Removes a password and ends what was open under it.
    pub(crate) fn delete(user: UserId, keep: Option<SessionId>, now: Timestamp) -> Change {
        const DELETE: &str = "DELETE FROM user_passwords WHERE user_id = $1";
        Change::of(Statement::new(DELETE).bind(user.as_uuid())).and(end_access(user, keep, now))
    }

    /// Demands another password at the next sign-on and ends what was open under the present one;
    /// the requirement is not met where there is no password.
    pub(crate) fn demand_change(user: UserId, now: Timestamp) -> Change {
        Change::of_one(Statement::new(MUST_CHANGE).bind(user.as_uuid()))
            .and(end_access(user, None, now))
    }

    /// The earlier passwords that must not come back.
    pub(crate) async fn history(
        &self,
        user: UserId,
        history: &PasswordHistory,
        now: Timestamp,
    ) -> Result<Vec<PasswordHash>, StoreError> {
        let statement = Statement::new(HISTORY)
            .bind(user.as_uuid())
            .bind(retained_since(*history, now))
            .bind(history.count);
        let rows = self
            .0
            .read(statement)
            .await
            .map_err(StoreError::during("read a password's history"))?;
        rows.iter()
            .map(|row| row.get("hash").map(PasswordHash::from_stored))
            .collect()
    }
}

fn retained_since(history: PasswordHistory, now: Timestamp) -> Timestamp {
    let retention = SignedDuration::from_hours(24 * i64::from(history.retention_days));
    now.checked_sub(retention).unwrap_or(Timestamp::MIN)
}
