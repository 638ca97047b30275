//! What the portal and the embedded environment both do with requests, whatever page or document
//! they answer with: limit them by address, read a form, forbid caches to store an answer, let an
//! answer take its time, remember what was just looked up, do what no answer waits for.
//!
//! How pages look is the business of the crate `ui`; nothing here renders anything.

mod background;
mod floor;
pub mod form;
mod limiter;
mod recent;
mod storing;

pub use background::{Background, Place};
pub use floor::Floor;
pub use limiter::{Limited, Limiter};
pub use recent::Recent;
pub use storing::forbid_storing;
