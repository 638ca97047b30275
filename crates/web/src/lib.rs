//! What the portal and the embedded environment both do with requests, whatever page or document
//! they answer with: limit them by address, read a form, forbid caches to store an answer, let an
//! answer take its time, remember what was just looked up, do what no answer waits for, count what
//! happens.
//!
//! How pages look is the business of the crate `ui`; nothing here renders anything.

mod background;
mod floor;
pub mod form;
mod limiter;
mod recent;
mod route;
mod storing;
mod tally;

pub use background::{Background, Place};
pub use floor::Floor;
pub use limiter::{Limited, Limiter};
pub use recent::Recent;
pub use route::note_route;
pub use storing::forbid_storing;
pub use tally::{Count, Job, JobCounts, LookupCounts, Lookups};
