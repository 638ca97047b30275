//! One at a time, by key: what would otherwise overwrite each other's work takes turns.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// Keys that nobody holds any more are swept out when there are more than this many.
const SWEEP_ABOVE: usize = 1_024;

/// The turns under way in this process, by key.
#[derive(Debug)]
pub(crate) struct Turns<K>(Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>);

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Turns<K> {
    /// Waits until nobody else has the turn of `key`. It ends when the guard is dropped.
    pub(crate) async fn take(&self, key: K) -> OwnedMutexGuard<()> {
        self.of(key).lock_owned().await
    }

    fn of(&self, key: K) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() > SWEEP_ABOVE {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        turns.insert(key, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_holds_up_its_own_key_only_and_leaves_nothing_behind() {
        let turns = Turns::default();
        let held = turns.take(0).await;
        assert!(turns.of(0).try_lock().is_err());
        for key in 1..=SWEEP_ABOVE {
            drop(turns.take(key).await);
        }
        drop(turns.take(SWEEP_ABOVE + 1).await);
        assert_eq!(
            turns.0.lock().unwrap().len(),
            2,
            "the held one and the last"
        );
        drop(held);
        assert!(turns.of(0).try_lock().is_ok());
    }
}
