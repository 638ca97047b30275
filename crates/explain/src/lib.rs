//! The last sign-ons, explained: every request and redirect between browser, portal and environment,
//! each check with what it looked at and its verdict, and what to change where one failed.
//!
//! A layer around both servers ([`Explain::watch`]) puts up a [`Trail`](protocol::trail::Trail) for
//! each request of a sign-on, on which the code that answers notes what it checks; here the requests
//! are put together to sign-ons ([`recorder`](self)), drawn, and shown. Nothing is kept but in memory,
//! and never a secret.

mod account;
mod drawing;
mod pages;
mod recorder;
mod sequence;
mod sign_on;
mod watch;

use std::sync::Arc;

use platform::Clock;
use ui::{Messages, Mode};
use url::Url;

use self::recorder::Recorder;

pub use self::pages::{Explained, Listed, Missing, Whose, asked_for, wanted};
pub use self::sign_on::Party;

/// What both servers and their pages share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Explain(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    recorder: Recorder,
    clock: Arc<dyn Clock>,
    settings: Settings,
    texts: Messages,
}

/// How sign-ons are explained.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many sign-ons are kept; the oldest makes room.
    pub keep: usize,
    /// Whether everybody who may see development pages sees them all, with what tokens say about the
    /// person; otherwise each is shown by the id of one of its requests alone, without that.
    pub mode: Mode,
    /// Where the portal is, if it is served.
    pub portal: Option<Url>,
    /// Where the environment is, if it is served by this process.
    pub environment: Option<Url>,
}

impl Explain {
    /// Begins with nothing kept.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            recorder: Recorder::new(settings.keep),
            clock,
            settings,
            texts: Messages::english(&[pages::TEXTS]),
        }))
    }

    fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn texts(&self) -> &Messages {
        &self.0.texts
    }
}
