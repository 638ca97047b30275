//! The store of sessions, whatever kind it is.

use std::sync::Arc;

use async_trait::async_trait;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::Result;

/// The store of sessions that a [`SignOn`](crate::SignOn) was given, for the layer around the
/// application: see [`SignOn::session_layer`](crate::SignOn::session_layer).
#[derive(Clone, Debug)]
pub struct SharedSessions(Arc<dyn SessionStore>);

impl SharedSessions {
    pub(crate) fn new(store: impl SessionStore) -> Self {
        Self(Arc::new(store))
    }
}

#[async_trait]
impl SessionStore for SharedSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.0.create(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.0.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(id).await
    }
}
