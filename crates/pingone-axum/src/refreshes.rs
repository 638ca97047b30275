//! How many refreshes of tokens this process has under way.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::tokens::TokensId;
use crate::turns::Turns;

/// So many refreshes may be under way in one process; further ones wait for their turn.
const MOST_REFRESHES: u32 = 256;

/// Refreshes under way in this process: one per set of tokens, and so many altogether.
#[derive(Debug)]
pub(crate) struct Refreshes {
    pub(crate) turns: Turns<TokensId>,
    pub(crate) permits: Arc<Semaphore>,
}

impl Default for Refreshes {
    fn default() -> Self {
        Self {
            turns: Turns::default(),
            permits: Arc::new(Semaphore::new(MOST_REFRESHES as usize)),
        }
    }
}

impl Refreshes {
    /// Waits for those that are under way, and lets no others begin.
    pub(crate) async fn finish(&self) {
        let all = self.permits.acquire_many(MOST_REFRESHES).await;
        self.permits.close();
        all.map(SemaphorePermit::forget).unwrap_or_default();
    }
}
