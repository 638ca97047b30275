//! The job that empties the outbox.

use std::future::Future;
use std::time::Duration;

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use platform::Clock;

use super::Mail;
use super::smtp::{SendError, Smtp};
use crate::core::Core;
use crate::stores::change::Change;
use crate::stores::mails::{Mails, StoredMail};

/// How often the outbox is looked at when nobody woke the job.
const PERIOD: Duration = Duration::from_secs(15);

/// How long a claimed mail stays away from other nodes; longer than a mail server's time-out.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);

/// Tries over about a day; then the mail is given up. The codes in it are long dead by then.
const MOST_ATTEMPTS: i64 = 12;

/// However few tries were made: what was written a day ago is no news any more.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Sends what is due until `stop` completes; without a mail server there is nothing to do.
pub(crate) async fn run(
    core: &Core,
    mail: &Mail,
    clock: &dyn Clock,
    stop: impl Future<Output = ()> + Send,
) {
    let Some(smtp) = &mail.smtp else { return };
    let mut stop = std::pin::pin!(stop);
    loop {
        if let Err(error) = send_due(core, smtp, clock).await {
            let cause = ui::chain_of_causes(&error).join(": ");
            tracing::warn!(cause, "the outbox could not be read; it is tried again");
        }
        tokio::select! {
            () = &mut stop => return,
            () = mail.waiting.notified() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// Sends what is due now.
async fn send_due(core: &Core, smtp: &Smtp, clock: &dyn Clock) -> Result<(), StoreError> {
    loop {
        let now = clock.now();
        let Some(mail) = Mails::claim(now, now + CLAIM)
            .commit_unrecorded(core)
            .await?
        else {
            return Ok(());
        };
        send(core, smtp, clock, mail).await?;
    }
}

async fn send(
    core: &Core,
    smtp: &Smtp,
    clock: &dyn Clock,
    mail: StoredMail,
) -> Result<(), StoreError> {
    let Some(content) = super::open(core, &mail) else {
        tracing::error!(mail.id = %mail.id, "no key of this installation opens the mail");
        return settle(core, Mails::give_up(mail.id, clock.now())).await;
    };
    // Attempts are counted before they are made, so that a mail which ends this process every time
    // is not tried for ever either.
    let is_spent = mail.attempts > MOST_ATTEMPTS || mail.created_at + LONGEST_WAIT <= clock.now();
    if is_spent {
        tracing::error!(mail.id = %mail.id, attempt = mail.attempts, "a mail is given up: it was tried for too long");
        return settle(core, Mails::give_up(mail.id, clock.now())).await;
    }
    match smtp.send(mail.id, &mail.recipient, content).await {
        Ok(()) => {
            tracing::info!(mail.id = %mail.id, attempt = mail.attempts, "mail sent");
            settle(core, Mails::mark_sent(mail.id, clock.now())).await
        }
        Err(SendError::Transient(error)) if mail.attempts < MOST_ATTEMPTS => {
            let again_at = next_attempt(mail.attempts, clock.now());
            tracing::warn!(mail.id = %mail.id, attempt = mail.attempts, %error, %again_at,
                "the mail server did not take a mail; it is tried again");
            settle(core, Mails::retry(mail.id, again_at)).await
        }
        Err(error) => {
            let cause = ui::chain_of_causes(&error).join(": ");
            tracing::error!(mail.id = %mail.id, cause, "a mail is given up");
            settle(core, Mails::give_up(mail.id, clock.now())).await
        }
    }
}

async fn settle(core: &Core, change: Change) -> Result<(), StoreError> {
    let written = change.commit_unrecorded(core).await;
    written.map_err(StoreError::during("note what became of a mail"))
}

/// The pause after the first failure; each further one doubles it, up to the longest.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(4);

fn next_attempt(attempts: i64, now: Timestamp) -> Timestamp {
    // More doublings than these are beyond the longest pause in any case.
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    now + (FIRST_PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_grow_apart_and_have_a_limit() {
        let now = Timestamp::UNIX_EPOCH;
        let after = |attempts| next_attempt(attempts, now).duration_since(now).as_secs();
        assert_eq!([after(1), after(2), after(3)], [30, 60, 120]);
        assert_eq!(after(MOST_ATTEMPTS), 4 * 60 * 60);
    }
}
