//! Bringing a seed up.

use idp::Idp;

use super::file::{Seed, SeedError};
use super::make::{Existing, Making, make, opened};
use super::plan::Plan;
use super::portal::portal;
use super::scratch::{self, ScratchError};

/// Brings up exactly what a seed says. Every id is the seed's, or follows from it, so that it is the
/// same every time.
///
/// What an environment begins with stays where the seed does not name it in `without`. Before
/// anything is deleted, and before anything is made beside what is there, the seed is brought up in
/// memory.
///
/// # Errors
///
/// [`SeedError`] says what of the seed could not be brought up. Nothing of it stays then.
pub async fn apply(idp: &Idp, seed: &Seed, existing: Existing) -> Result<(), SeedError> {
    let inside = opened(idp, seed).await?;
    let mut is_any_there = false;
    for environment in &seed.environments {
        let plan = Plan::of(environment, &seed.name)?;
        let making = Making::new(&inside, seed, &plan);
        let is_there = making.is_there().await?;
        if is_there && existing == Existing::Refuse {
            let id = making.id;
            let what = format!("there is an environment with the id {id} already; delete it first");
            return Err(making.error_of_environment(what));
        }
        is_any_there |= is_there;
    }
    if is_any_there || existing == Existing::Refuse {
        let proved = Box::pin(scratch::prove(seed, inside.region(), inside.now())).await;
        let proved = proved.map_err(|error| seed.unproven(error))?;
        if existing == Existing::Replace {
            portal(&proved, seed).await?;
        }
    }
    Box::pin(make(&inside, seed, existing)).await
}

impl Seed {
    /// It could not be tried in memory.
    fn unproven(&self, error: ScratchError) -> SeedError {
        match error {
            ScratchError::Seed(error) => error,
            ScratchError::Failed(source) => SeedError {
                source: Some(source),
                ..self.fault("it could not be tried in memory first".to_owned())
            },
        }
    }
}
