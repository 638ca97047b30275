//! What has to be done from time to time, and at the end.

use std::future::Future;
use std::time::Duration;

use protocol::id::UserId;

use crate::state::{Portal, Services};
use crate::store;

/// Expired sessions are looked for this often.
const PURGE_EVERY: Duration = Duration::from_mins(5);

impl Portal {
    /// Deletes expired sessions and tokens from time to time, until `shutdown`; then finishes the
    /// work that answers did not wait for, such as asking for recovery codes.
    ///
    /// Let `shutdown` end when no requests come any more, and give this a few seconds after it.
    pub async fn run_jobs(&self, shutdown: impl Future<Output = ()> + Send) {
        tokio::select! {
            () = shutdown => {}
            () = self.repeat() => {}
        }
        self.background().finished().await;
        if let Some(sign_on) = self.sign_on() {
            sign_on.finish().await;
        }
    }

    async fn repeat(&self) {
        self.prepare().await;
        loop {
            self.purge_expired().await;
            self.delete_accounts().await;
            tokio::time::sleep(PURGE_EVERY).await;
        }
    }

    /// Asks the OpenID provider for its discovery document, so that the first visitor need not wait.
    async fn prepare(&self) {
        if let Some(sign_on) = self.sign_on() {
            sign_on.prepare().await;
        }
    }

    async fn purge_expired(&self) {
        loop {
            match store::purge_expired(self.db(), self.now()).await {
                Ok(purged) if purged >= 1_000 => {}
                Ok(_) => {
                    self.jobs().housekeeping.ran(true, self.now());
                    return;
                }
                Err(error) => {
                    self.jobs().housekeeping.ran(false, self.now());
                    let causes = ui::chain_of_causes(&error).join(": ");
                    tracing::warn!(error = %causes, "expired sessions were not purged");
                    return;
                }
            }
        }
    }

    /// Deletes the accounts whose owners asked for it, when their time has come.
    pub async fn delete_accounts(&self) {
        let Some(services) = self.services() else {
            return;
        };
        let looked = delete_accounts(self, services).await;
        self.jobs().account_deletion.ran(looked.is_ok(), self.now());
        if let Err(error) = looked {
            let causes = ui::chain_of_causes(&error).join(": ");
            tracing::warn!(error = %causes, "accounts that are to be deleted were not looked for");
        }
    }
}

/// What became of an account that was due.
enum Outcome {
    /// It is gone.
    Deleted,
    /// It is there, and stays for now.
    Stays,
    /// Nobody knows whether it is gone: its owner may not be told that it stays.
    Unknown,
}

async fn delete_accounts(portal: &Portal, services: &Services) -> Result<(), db::StoreError> {
    let deletions = portal.deletions();
    for user in deletions.due(portal.now()).await? {
        if !deletions.begin(user, portal.now()).await? {
            continue;
        }
        match delete(services, user).await {
            Outcome::Deleted => {
                portal.former_addresses().delete(user).await?;
                deletions.finish(user).await?;
            }
            Outcome::Stays => deletions.put_off(user, portal.now()).await?,
            // As one that broke off: tried again in an hour, and not called off until then.
            Outcome::Unknown => {}
        }
    }
    Ok(())
}

async fn delete(services: &Services, user: UserId) -> Outcome {
    let is_operator = services.operators.holds_role(&user.to_string()).await;
    let deleted = match is_operator {
        Ok(true) => {
            tracing::warn!(user.id = %user,
                "an account that is to be deleted has become an operator's, so another operator has \
                 to delete it; it is looked at again in a day");
            return Outcome::Stays;
        }
        Ok(false) => services.management.users().delete(user).await,
        Err(error) => Err(error),
    };
    let error = match deleted {
        Ok(()) => {
            tracing::info!(user.id = %user, "an account was deleted as its owner asked");
            return Outcome::Deleted;
        }
        Err(error) if error.is_not_found() => return Outcome::Deleted,
        Err(error) => error,
    };
    let causes = ui::chain_of_causes(&error).join(": ");
    if error.is_unavailable() {
        tracing::warn!(user.id = %user, error = %causes,
            "whether an account is deleted is not known; it is tried again in an hour");
        return Outcome::Unknown;
    }
    tracing::warn!(user.id = %user, error = %causes,
        "an account was not deleted; it is tried again in a day");
    Outcome::Stays
}
