//! The job that empties the outbox.

use std::future::Future;
use std::time::Duration;

use db::StoreError;
use jiff::SignedDuration;
use platform::Clock;
use web::Job;

use super::smtp::{SendError, Smtp};
use super::{Content, Mail};
use crate::core::Core;
use crate::outbox::{self, Deliveries, Pauses};
use crate::stores::change::Change;
use crate::stores::email_delivery::EmailDelivery;
use crate::stores::mails::{Mails, StoredMail};

/// How often the outbox is looked at when nobody woke the job.
const PERIOD: Duration = Duration::from_secs(15);

/// How long a claimed mail stays away from other nodes; longer than a mail server's time-out.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);

const PAUSES: Pauses = Pauses {
    first: SignedDuration::from_secs(30),
    longest: SignedDuration::from_hours(4),
};

/// Tries over about a day; then the mail is given up. The codes in it are long dead by then.
const MOST_ATTEMPTS: i64 = 12;

/// However few attempts were made: a mail of yesterday is of no use any more.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Sends what is due until `stop` completes.
pub(crate) async fn run(
    core: &Core,
    mail: &Mail,
    (job, clock): (&Job, &dyn Clock),
    stop: impl Future<Output = ()> + Send,
) {
    let when = (&mail.waiting, PERIOD);
    let job = (job, clock);
    outbox::run("mails", when, job, stop, || send_next(core, mail, clock)).await;
}

/// Sends the next mail that is due; whether there was one.
async fn send_next(core: &Core, sender: &Mail, clock: &dyn Clock) -> Result<bool, StoreError> {
    let now = clock.now();
    let claim = Mails::claim(now, now + CLAIM);
    let Some(mail) = claim.commit_unrecorded(core).await? else {
        return Ok(false);
    };
    let Some(sealed) = super::open_sealed(core, &mail) else {
        tracing::error!(mail.id = %mail.id, "no key of this installation opens the mail");
        sender.deliveries.given_up.add();
        settle(core, Mails::give_up(mail.id, clock.now())).await?;
        return Ok(true);
    };
    let own = if sealed.by_installation {
        None
    } else {
        super::own_server(core, &mail).await?
    };
    let content = sealed.content;
    let way = match (own, &sender.smtp) {
        (Some(server), _) => Some(Way::Own(Box::new(server))),
        (None, Some(smtp)) => Some(Way::Installation(smtp)),
        (None, None) => None,
    };
    match way {
        Some(way) => send(core, way, (clock, &sender.deliveries), mail, content).await?,
        // The environment had one when the mail was written.
        None => settle(core, Mails::wait(mail.id)).await?,
    }
    Ok(true)
}

/// By which mail server a mail goes.
enum Way<'m> {
    Installation(&'m Smtp),
    /// The environment's own.
    Own(Box<EmailDelivery>),
}

impl Way<'_> {
    async fn send(
        &self,
        core: &Core,
        mail: &StoredMail,
        content: Content,
    ) -> Result<(), SendError> {
        match self {
            Self::Installation(smtp) => smtp.send(mail.id, &mail.recipient, content).await,
            Self::Own(server) => {
                let reaches_own_network = core.settings().mode == ui::Mode::Development;
                let smtp = Smtp::of_environment(server, reaches_own_network).await?;
                smtp.send(mail.id, &mail.recipient, content).await
            }
        }
    }
}

async fn send(
    core: &Core,
    way: Way<'_>,
    (clock, deliveries): (&dyn Clock, &Deliveries),
    mail: StoredMail,
    content: Content,
) -> Result<(), StoreError> {
    // Attempts are counted before they are made, so that a mail which ends this process every time
    // is not tried for ever either.
    let is_spent = mail.attempts > MOST_ATTEMPTS || mail.created_at + LONGEST_WAIT <= clock.now();
    if is_spent {
        tracing::error!(mail.id = %mail.id, attempt = mail.attempts, "a mail is given up: it was tried for too long");
        deliveries.given_up.add();
        return settle(core, Mails::give_up(mail.id, clock.now())).await;
    }
    match way.send(core, &mail, content).await {
        Ok(()) => {
            tracing::info!(mail.id = %mail.id, attempt = mail.attempts, "mail sent");
            deliveries.delivered.add();
            settle(core, Mails::mark_sent(mail.id, clock.now())).await
        }
        Err(error) if error.is_transient() && mail.attempts < MOST_ATTEMPTS => {
            let again_at = PAUSES.next_attempt(mail.attempts, clock.now());
            let cause = ui::chain_of_causes(&error).join(": ");
            tracing::warn!(mail.id = %mail.id, attempt = mail.attempts, cause, %again_at,
                "the mail server did not take a mail; it is tried again");
            deliveries.put_off.add();
            settle(core, Mails::retry(mail.id, again_at)).await
        }
        Err(error) => {
            let cause = ui::chain_of_causes(&error).join(": ");
            tracing::error!(mail.id = %mail.id, cause, "a mail is given up");
            deliveries.given_up.add();
            settle(core, Mails::give_up(mail.id, clock.now())).await
        }
    }
}

async fn settle(core: &Core, change: Change) -> Result<(), StoreError> {
    let written = change.commit_unrecorded(core).await;
    written.map_err(StoreError::during("note what became of a mail"))
}
