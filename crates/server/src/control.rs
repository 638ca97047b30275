//! The control API: what a test does to the system that it runs against. In development only, on a
//! loopback port of its own.
//!
//! [`Control`] is what both servers share with it: a clock, faults, and the requests that came in.
//! A layer in front of each ([`Control::watch`]) writes down and spoils; [`Control::router`] is the
//! API; the [`Stage`] lets everything begin again.

mod answers;
mod api;
mod failure;
mod faults;
mod pattern;
mod requests;
mod shown;
mod stage;
mod watch;

use std::sync::{Arc, OnceLock, Weak};

use platform::{AdjustableClock, ReproducibleRandom};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::faults::Faults;
use self::requests::Requests;

pub use self::api::document;
pub use self::stage::{Generation, Maker, OnStage, Rewound, Stage};

/// One of the two servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerName {
    /// The embedded environment: the OpenID provider, its pages, and the management API.
    #[default]
    Environment,
    /// The customer pages.
    Portal,
}

/// What the servers and the control API share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Control(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Arc<AdjustableClock>,
    random: Option<Arc<ReproducibleRandom>>,
    faults: Faults,
    requests: Requests,
    /// The servers hold the stage, and each router of theirs a control.
    stage: OnceLock<Weak<Stage>>,
}

impl Control {
    /// Controls servers that read this clock and draw from this randomness.
    pub fn new(clock: Arc<AdjustableClock>, random: Option<Arc<ReproducibleRandom>>) -> Self {
        Self(Arc::new(Inner {
            clock,
            random,
            faults: Faults::default(),
            requests: Requests::default(),
            stage: OnceLock::new(),
        }))
    }

    /// Says what plays. Until then nothing can be reset, and there are no mails.
    pub fn set_stage(&self, stage: &Arc<Stage>) {
        // It is told once, at the start.
        let _ = self.0.stage.set(Arc::downgrade(stage));
    }

    fn stage(&self) -> Option<Arc<Stage>> {
        self.0.stage.get()?.upgrade()
    }

    /// Lets everything of the control itself begin again.
    fn begin_again(&self) {
        let Inner { clock, random, .. } = &*self.0;
        self.0.faults.clear();
        self.0.requests.clear();
        clock.begin_again();
        if let Some(random) = random {
            random.begin_again();
        }
    }
}
