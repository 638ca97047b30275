//! Codes that were mailed: recovery codes and verification codes. One table for each, so that a
//! code of one kind is nothing to the other.

use db::{Reader, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use protocol::id::UserId;

use super::change::{Change, Claim};

/// PingOne's recovery codes are good for five minutes (flows, "Codes").
pub(crate) const RECOVERY_CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// PingOne's codes for a mail address are good for a day; those for an account do not expire there,
/// and are good for a day here all the same: a mailbox changes hands.
pub(crate) const VERIFICATION_CODE_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// What is kept of a mailed code: a tag that only the keyring can make, for one user and one kind of
/// code. Eight characters are few enough to try all of them against a plain digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeTag(String);

impl CodeTag {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A try at codes that have tries left: it was counted before anything is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CountedTry<D> {
    /// What is kept of what was sent, to compare with.
    pub(crate) sent: D,
    /// Failures so far, this try included; of several codes, those of the one with the fewest.
    pub(crate) failures: i64,
}

const SEND_RECOVERY: &str = "\
INSERT INTO recovery_codes (user_id, digest, failures, browser_failures, expires_at)
VALUES ($1, $2, 0, 0, $3)
ON CONFLICT (user_id, digest) DO UPDATE
   SET failures = 0, browser_failures = 0, expires_at = excluded.expires_at";

const DROP_EXPIRED_RECOVERY: &str = "\
DELETE FROM recovery_codes WHERE user_id = $1 AND expires_at <= $2";

const TRY_RECOVERY: &str = "\
UPDATE recovery_codes SET failures = failures + 1
 WHERE user_id = $1 AND expires_at > $2 AND failures < $3
RETURNING digest, failures";

const TRY_RECOVERY_IN_BROWSER: &str = "\
UPDATE recovery_codes SET browser_failures = browser_failures + 1
 WHERE user_id = $1 AND expires_at > $2 AND browser_failures < $3
RETURNING digest, browser_failures AS failures";

const FIND_RECOVERY: &str = "\
SELECT failures FROM recovery_codes WHERE user_id = $1 AND expires_at > $2 LIMIT 1";

const GIVE_RECOVERY_TRY_BACK: &str = "\
UPDATE recovery_codes SET failures = failures - 1 WHERE user_id = $1 AND digest = $2";

const GIVE_RECOVERY_TRY_IN_BROWSER_BACK: &str = "\
UPDATE recovery_codes SET browser_failures = browser_failures - 1
 WHERE user_id = $1 AND digest = $2";

const REDEEM_RECOVERY: &str = "DELETE FROM recovery_codes WHERE user_id = $1 AND digest = $2";

const DROP_RECOVERY: &str = "DELETE FROM recovery_codes WHERE user_id = $1";

const SEND_VERIFICATION: &str = "\
INSERT INTO verification_codes (user_id, digest, email, failures, created_at)
VALUES ($1, $2, $3, 0, $4)
ON CONFLICT (user_id) DO UPDATE
   SET digest = excluded.digest, email = excluded.email, failures = 0,
       created_at = excluded.created_at";

const TRY_VERIFICATION: &str = "\
UPDATE verification_codes SET failures = failures + 1
 WHERE user_id = $1 AND failures < $2 AND created_at > $3
RETURNING digest, email, failures";

const REDEEM_VERIFICATION: &str =
    "DELETE FROM verification_codes WHERE user_id = $1 AND digest = $2";

/// Where a recovery code comes from. Tries of the one kind take nothing from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComesFrom {
    /// The management API, which knows no browser: the fifth wrong code kills a code (PingOne,
    /// flows, "Codes").
    Api,
    /// A hosted page. The interaction of each browser bears five tries, so that nobody uses up
    /// another one's; a code bears those of many browsers, and still is not to be guessed.
    Browser,
}

impl ComesFrom {
    /// How many wrong tries of this kind a code bears.
    pub(crate) fn most_tries(self) -> i64 {
        match self {
            Self::Api => 5,
            Self::Browser => 1000,
        }
    }
}

/// Recovery codes: all of a user that were mailed and are still good. The share of mails that each
/// address has bounds their number.
#[derive(Debug)]
pub(crate) struct RecoveryCodes<'a>(&'a Reader);

impl<'a> RecoveryCodes<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// Adds a code to those of the user that are still good at `now`.
    pub(crate) fn insert(
        user: UserId,
        tag: &CodeTag,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Change {
        let expired = Statement::new(DROP_EXPIRED_RECOVERY)
            .bind(user.as_uuid())
            .bind(now);
        let code = Statement::new(SEND_RECOVERY)
            .bind(user.as_uuid())
            .bind(tag.as_str())
            .bind(expires_at);
        Change::of(expired).add(code)
    }

    /// Counts a try at each code that has tries left, and gives what to compare with; `None` where
    /// there is no such code.
    pub(crate) fn take_try(
        user: UserId,
        from: ComesFrom,
        now: Timestamp,
    ) -> Claim<Option<CountedTry<Vec<CodeTag>>>> {
        let statement = match from {
            ComesFrom::Api => TRY_RECOVERY,
            ComesFrom::Browser => TRY_RECOVERY_IN_BROWSER,
        };
        let statement = Statement::new(statement)
            .bind(user.as_uuid())
            .bind(now)
            .bind(from.most_tries());
        Claim::new("try a recovery code", statement, |written| {
            let (mut sent, mut fewest) = (Vec::new(), None::<i64>);
            for row in written.rows {
                sent.push(CodeTag(row.get("digest")?));
                let failures = row.get("failures")?;
                fewest = Some(fewest.map_or(failures, |fewest| fewest.min(failures)));
            }
            Ok(fewest.map(|failures| CountedTry { sent, failures }))
        })
    }

    /// Whether a code was sent whose time is not over, dead or alive.
    pub(crate) async fn is_any_sent(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = Statement::new(FIND_RECOVERY).bind(user.as_uuid()).bind(now);
        let found = self.0.read_optional(statement).await;
        let found = found.map_err(StoreError::during("look for a recovery code"))?;
        Ok(found.is_some())
    }

    /// Gives a try at these codes back: one of them was right, or another user's was.
    pub(crate) fn give_try_back(user: UserId, from: ComesFrom, tags: &[CodeTag]) -> Change {
        let statement = match from {
            ComesFrom::Api => GIVE_RECOVERY_TRY_BACK,
            ComesFrom::Browser => GIVE_RECOVERY_TRY_IN_BROWSER_BACK,
        };
        Change::new().add_all(tags.iter().map(|tag| {
            Statement::new(statement)
                .bind(user.as_uuid())
                .bind(tag.as_str())
        }))
    }

    /// Uses a code up; the requirement is met for one caller only.
    pub(crate) fn redeem(user: UserId, tag: &CodeTag) -> Change {
        Change::of_one(
            Statement::new(REDEEM_RECOVERY)
                .bind(user.as_uuid())
                .bind(tag.as_str()),
        )
    }

    /// Makes any code of the user worthless.
    pub(crate) fn delete(user: UserId) -> Change {
        Change::of(Statement::new(DROP_RECOVERY).bind(user.as_uuid()))
    }
}

/// What is kept of a verification code, and the address that it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentVerification {
    pub(crate) tag: CodeTag,
    pub(crate) email: String,
}

/// Verification codes: one per user, the newest.
#[derive(Debug)]
pub(crate) struct VerificationCodes;

impl VerificationCodes {
    /// Makes a code the user's only one.
    pub(crate) fn replace(user: UserId, sent: &SentVerification, now: Timestamp) -> Change {
        Change::of(
            Statement::new(SEND_VERIFICATION)
                .bind(user.as_uuid())
                .bind(sent.tag.as_str())
                .bind(sent.email.as_str())
                .bind(now),
        )
    }

    /// Counts a try and gives what to compare with; `None` where there is no code, or a dead one.
    pub(crate) fn take_try(
        user: UserId,
        most: i64,
        now: Timestamp,
    ) -> Claim<Option<CountedTry<SentVerification>>> {
        let statement = Statement::new(TRY_VERIFICATION)
            .bind(user.as_uuid())
            .bind(most)
            .bind(now - VERIFICATION_CODE_LIFETIME);
        Claim::new("try a verification code", statement, |written| {
            let Some(row) = written.into_row() else {
                return Ok(None);
            };
            Ok(Some(CountedTry {
                sent: SentVerification {
                    tag: CodeTag(row.get("digest")?),
                    email: row.get("email")?,
                },
                failures: row.get("failures")?,
            }))
        })
    }

    /// Makes any code of the user worthless.
    pub(crate) fn delete(user: UserId) -> Change {
        const DROP: &str = "DELETE FROM verification_codes WHERE user_id = $1";
        Change::of(Statement::new(DROP).bind(user.as_uuid()))
    }

    /// Uses a code up; the requirement is met for one caller only.
    pub(crate) fn redeem(user: UserId, tag: &CodeTag) -> Change {
        Change::of_one(
            Statement::new(REDEEM_VERIFICATION)
                .bind(user.as_uuid())
                .bind(tag.as_str()),
        )
    }
}
