//! Environments as a file: a *seed* says what an installation begins with, and everything that an
//! environment holds can be written as one.
//!
//! The file speaks PingOne's own words: a table is the body that the management API takes, plus what
//! only a seed has, such as ids, secrets and passwords. One table of kinds ([`kinds`]) is followed
//! by all: [`apply`] brings a seed up, [`export`] and [`pull`] write one, [`compare`] tells two
//! apart.

mod apply;
mod diff;
mod file;
mod kinds;
mod plan;
mod portal;
mod source;
mod tree;
mod walk;
mod write;

use db::StoreError;
use idp::Idp;
use idp::inside::Inside;
use pingone::management::Client;
use protocol::id::{EnvironmentId, OrganizationId};
use uuid::Uuid;

pub use self::apply::{Existing, apply};
pub use self::diff::Difference;
pub use self::file::{Seed, SeedError};
pub use self::portal::{People, PortalOfSeed, SeededAccount, people, portal};
pub use self::source::ReadError;
use self::source::Source;
use self::walk::{Walked, Wanted};

/// As many environments are written into one file.
const MOST_ENVIRONMENTS: u32 = 1000;

/// Why environments were not written out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The database did not answer.
    #[error("the environments could not be listed")]
    Store(#[from] StoreError),
    /// An environment could not be read.
    #[error("the environment {name} could not be read")]
    Read {
        /// Its name or id.
        name: String,
        /// Why.
        source: ReadError,
    },
    /// There is none of this name or id.
    #[error("no environment has the name or id {0}")]
    Unknown(String),
}

/// A seed that was written, and what it lacks.
#[derive(Clone)]
pub struct Written {
    /// The file's text. It may hold secrets.
    pub text: String,
    /// What was left out and why, for people.
    pub remarks: Vec<String>,
    /// Whether it holds secrets or hashes of passwords.
    pub has_secrets: bool,
    seed: Seed,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written")
            .field("remarks", &self.remarks)
            .finish_non_exhaustive()
    }
}

impl Written {
    fn of(walked: Vec<Walked>, name: &str, heading: &str) -> Self {
        let mut remarks: Vec<String> = Vec::new();
        let mut environments = Vec::new();
        for one in walked {
            remarks.extend(one.remarks);
            environments.push(one.environment);
        }
        Self {
            text: write::text(&environments, heading),
            remarks,
            has_secrets: environments.iter().any(apply::has_secrets),
            seed: Seed::of(environments, name),
        }
    }

    /// What was written, without reading it again.
    pub fn into_seed(self) -> Seed {
        self.seed
    }
}

/// Writes environments of this installation as a seed: the one that is named, or all.
///
/// With `secrets`, the secrets of applications and others, and the hashes of passwords, are in it;
/// then bringing it up elsewhere gives the same answers.
///
/// # Errors
///
/// [`ExportError`] when there is none of that name, or it cannot be read.
pub async fn export(
    idp: &Idp,
    name: Option<&str>,
    secrets: bool,
) -> Result<Written, ExportError> {
    let inside = idp.inside(OrganizationId::from_uuid(Uuid::nil())).await?;
    let inside = if secrets { inside.with_secrets() } else { inside };
    let mut walked = Vec::new();
    for (id, own) in chosen(&inside, name).await? {
        let wanted = Wanted {
            secrets,
            users: true,
        };
        let read = walk::read(Source::Inside(&inside), id, wanted).await;
        let mut read = read.map_err(|source| ExportError::Read { name: own, source })?;
        read.environment
            .members
            .insert("complete".to_owned(), true.into());
        walked.push(read);
    }
    let secret = if secrets { "It holds secrets and hashes of passwords: keep it to yourself.\n" } else { "" };
    let heading = format!(
        "Written by `latchkey environment export`. `latchkey up --seed FILE` brings it up.\n\
         {secret}complete = true: what an environment begins with and is not named here is taken away."
    );
    Ok(Written::of(walked, "the export", &heading))
}

async fn chosen(
    inside: &Inside,
    name: Option<&str>,
) -> Result<Vec<(EnvironmentId, String)>, ExportError> {
    let all = inside.environments(MOST_ENVIRONMENTS).await?;
    let Some(name) = name else {
        return Ok(all);
    };
    let is_it = |(id, own): &(EnvironmentId, String)| own == name || id.to_string() == name;
    let found: Vec<_> = all.into_iter().filter(is_it).collect();
    if found.is_empty() {
        return Err(ExportError::Unknown(name.to_owned()));
    }
    Ok(found)
}

/// Reads the configuration of an environment over the network, of PingOne or of an environment
/// anywhere, as a seed. Secrets and passwords are not in it: no service shows all of them.
///
/// # Errors
///
/// [`ReadError`] when the service does not answer.
pub async fn pull(client: &Client, users: bool) -> Result<Written, ReadError> {
    let wanted = Wanted {
        secrets: false,
        users,
    };
    let id = client.environment_id();
    let walked = walk::read(Source::Pingone(client), id, wanted).await?;
    let heading = "Written by `latchkey environment pull`, without secrets and passwords: give \
                   applications `secret`,\nand users `password`, where you need known ones.";
    Ok(Written::of(vec![walked], "the environment", heading))
}

/// What is different between the first environments of two seeds; ids, dates, secrets and hashes
/// are not looked at.
pub fn compare(first: &Seed, second: &Seed) -> Vec<Difference> {
    match (first.environments.first(), second.environments.first()) {
        (Some(first), Some(second)) => diff::compare(first, second),
        _ => Vec::new(),
    }
}
