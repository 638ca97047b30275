//! Environments that nobody sees: what a new one begins with, and what a seed comes to once it is
//! brought up. Both are made in memory, by the same program that makes real ones.

use std::sync::Arc;

use idp::{HashingSettings, Idp, Parts, Settings};
use jiff::Timestamp;
use pingone::Region;
use platform::keyring::Keyring;
use platform::{AdjustableClock, Clock, SystemClock};
use protocol::id::{EnvironmentId, OrganizationId};
use protocol::{Random, SystemRandom};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::file::{Seed, SeedError};
use super::kinds::ENVIRONMENT;
use super::make::make_all;
use super::source::Source;
use super::tree::Object;
use super::walk::{self, Wanted};

/// Why nothing was made in memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// The seed itself.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Memory, threads, or the program.
    #[error("an environment could not be made in memory")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ScratchError {
    ScratchError::Failed(Box::new(error))
}

/// An installation in memory.
async fn start(region: Region, clock: Arc<dyn Clock>) -> Result<Idp, ScratchError> {
    let url = Url::parse("https://localhost/").map_err(failed)?;
    let mut settings = Settings::new(url);
    settings.mode = ui::Mode::Development;
    settings.region = region;
    // Nobody signs on to it.
    settings.hashing = HashingSettings {
        memory_kib: 64,
        iterations: 1,
        ..HashingSettings::default()
    };
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let parts = Parts {
        db: db::Db::sqlite_in_memory().map_err(failed)?,
        clock,
        keyring: Arc::new(Keyring::random(&*random)),
        random,
    };
    Box::pin(Idp::start(settings, parts)).await.map_err(failed)
}

/// Brings a seed up in memory, in an installation that is in this region and takes `now` for the
/// present.
pub(super) async fn prove(
    seed: &Seed,
    region: Region,
    now: Timestamp,
) -> Result<Idp, ScratchError> {
    let clock = AdjustableClock::frozen_at(Arc::new(SystemClock), now).map_err(failed)?;
    clock.thaw();
    let idp = start(region, Arc::new(clock)).await?;
    make_all(&idp, seed).await?;
    Ok(idp)
}

/// Brings a seed up in memory, and reads its first environment.
async fn brought_up(idp: &Idp, seed: &Seed, wanted: Wanted) -> Result<Object, ScratchError> {
    make_all(idp, seed).await?;
    let nobody = OrganizationId::from_uuid(Uuid::nil());
    let inside = idp.inside(nobody).await.map_err(failed)?;
    let first = seed.environment_ids().first().copied();
    let id = first.unwrap_or_else(|| EnvironmentId::from_uuid(Uuid::nil()));
    let walked = walk::read(Source::Inside(&inside), id, wanted).await;
    Ok(walked.map_err(failed)?.environment)
}

/// What environments begin with.
pub(super) struct Beginnings(Idp);

impl Beginnings {
    /// An installation in memory for all of them.
    pub(super) async fn start() -> Result<Self, ScratchError> {
        let clock = Arc::new(SystemClock);
        start(Region::NorthAmerica, clock).await.map(Self)
    }

    /// What an environment of this id and name begins with, read as `wanted` says.
    pub(super) async fn of(
        &self,
        environment: &Object,
        wanted: Wanted,
    ) -> Result<Object, ScratchError> {
        let mut bare = Object::new(&ENVIRONMENT, environment.members.clone());
        bare.id = environment.id;
        bare.members
            .retain(|name, _| ["name", "type"].contains(&name.as_str()));
        let seed = Seed::of(vec![bare], "an empty environment");
        let wanted = Wanted {
            secrets: false,
            users: false,
            ..wanted
        };
        brought_up(&self.0, &seed, wanted).await
    }
}

/// What a seed's first environment comes to.
pub(super) async fn whole(seed: &Seed, users: bool) -> Result<Object, ScratchError> {
    let first = seed.environments.first();
    let region = first.and_then(|environment| environment.members.get("region"));
    let region = region.cloned().unwrap_or(Value::Null);
    let region = serde_json::from_value(region).unwrap_or(Region::NorthAmerica);
    let wanted = Wanted {
        secrets: false,
        users,
        all_texts: true,
    };
    let idp = start(region, Arc::new(SystemClock)).await?;
    brought_up(&idp, seed, wanted).await
}
