//! What portal and embedded environment are made from; in one process they share it.

use std::sync::Arc;

use db::Db;
use protocol::Random;

use crate::Clock;
use crate::keyring::Keyring;

/// What a server works with. Clones share everything.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where everything is kept. The portal's tables begin with `portal_`.
    pub db: Db,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, codes, tokens and states.
    pub random: Arc<dyn Random>,
    /// Seals what must be readable again, and authenticates cookies and cursors.
    pub keyring: Arc<Keyring>,
}
