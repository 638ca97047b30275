//! What has to be done from time to time, and at the end.

use std::future::Future;
use std::time::Duration;

use crate::state::Portal;
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
                Ok(_) => return,
                Err(error) => {
                    let causes = ui::chain_of_causes(&error).join(": ");
                    tracing::warn!(error = %causes, "expired sessions were not purged");
                    return;
                }
            }
        }
    }
}
