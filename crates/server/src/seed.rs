//! Environments as a file: a *seed* says what an installation begins with, and everything that an
//! environment holds can be written as one.
//!
//! The file speaks PingOne's own words: a table is the body that the management API takes, plus what
//! only a seed has, such as ids, secrets and passwords. One table of kinds ([`kinds`]) is followed
//! by all: [`apply()`] brings a seed up, [`export`] and [`pull`] write one, [`compare`] tells two
//! apart.

mod apply;
mod delta;
mod diff;
mod file;
mod kind;
mod kinds;
mod make;
mod plan;
mod portal;
mod scratch;
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

pub use self::apply::apply;
pub use self::diff::Difference;
pub use self::file::{Seed, SeedError};
pub use self::make::Existing;
pub use self::portal::{People, PortalOfSeed, SeededAccount, people, portal};
use self::scratch::Beginnings;
pub use self::scratch::ScratchError;
pub use self::source::ReadError;
use self::source::Source;
use self::tree::Object;
use self::walk::Wanted;

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
    /// What every environment begins with could not be made out.
    #[error("what the environment begins with could not be told from what is its own")]
    Begins(#[from] ScratchError),
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
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written")
            .field("remarks", &self.remarks)
            .finish_non_exhaustive()
    }
}

/// An environment, whole and as a seed says it, to be compared.
#[derive(Clone, Debug)]
pub struct Compared {
    /// All of it; `None` of a seed that cannot be brought up here.
    whole: Option<Object>,
    /// What is its own.
    own: Object,
    /// What is to be known of it, for people.
    pub remarks: Vec<String>,
}

/// Writes environments of this installation as a seed: the one that is named, or all.
///
/// With `secrets`, the secrets of applications and others, and the hashes of passwords, are in it;
/// then bringing it up elsewhere gives the same answers.
///
/// # Errors
///
/// [`ExportError`] when there is none of that name, or it cannot be read.
pub async fn export(idp: &Idp, name: Option<&str>, secrets: bool) -> Result<Written, ExportError> {
    let inside = idp.inside(OrganizationId::from_uuid(Uuid::nil())).await?;
    let inside = if secrets {
        inside.with_secrets()
    } else {
        inside
    };
    let beginnings = Beginnings::start().await?;
    let mut environments = Vec::new();
    let mut remarks = Vec::new();
    for (id, own) in chosen(&inside, name).await? {
        let wanted = Wanted {
            secrets,
            users: true,
            all_texts: false,
        };
        let read = walk::read(Source::Inside(&inside), id, wanted).await;
        let read = read.map_err(|source| ExportError::Read { name: own, source })?;
        let begins = beginnings.of(&read.environment, wanted).await?;
        environments.push(delta::delta(&read.environment, &begins));
        remarks.extend(read.remarks);
    }
    let secret = if secrets {
        "\nIt holds secrets and hashes of passwords: keep it to yourself."
    } else {
        ""
    };
    let heading = format!(
        "Written by `latchkey environment export`; `latchkey up --seed FILE` brings it up.{secret}"
    );
    Ok(Written {
        text: write::text(&environments, &heading),
        remarks,
    })
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
/// [`ExportError`] when the service does not answer.
pub async fn pull(client: &Client, users: bool) -> Result<Written, ExportError> {
    let Compared { own, remarks, .. } = live(client, users).await?;
    let heading = "Written by `latchkey environment pull`, without secrets and passwords: give \
                   applications `secret`,\nand users `password`, where you need known ones.";
    Ok(Written {
        text: write::text(&[own], heading),
        remarks,
    })
}

/// Reads an environment over the network, to be compared.
///
/// # Errors
///
/// [`ExportError`] when the service does not answer.
pub async fn live(client: &Client, users: bool) -> Result<Compared, ExportError> {
    let wanted = Wanted {
        secrets: false,
        users,
        all_texts: true,
    };
    let id = client.environment_id();
    let walked = walk::read(Source::Pingone(client), id, wanted).await;
    let walked = walked.map_err(|source| ExportError::Read {
        name: id.to_string(),
        source,
    })?;
    let beginnings = Beginnings::start().await?;
    let begins = beginnings.of(&walked.environment, wanted).await?;
    Ok(Compared {
        own: delta::delta(&walked.environment, &begins),
        whole: Some(walked.environment),
        remarks: walked.remarks,
    })
}

/// Reads the first environment of a seed, to be compared.
///
/// It is brought up in memory, so that it does not matter how the seed says something. One that
/// cannot be brought up here is compared as it is written.
///
/// # Errors
///
/// [`ScratchError`] when there is no memory for it.
pub async fn brought_up(seed: &Seed, users: bool) -> Result<Compared, ScratchError> {
    let own = seed.environments.first().cloned();
    let own = own.unwrap_or_else(|| Object::new(&kinds::ENVIRONMENT, serde_json::Map::new()));
    match scratch::whole(seed, users).await {
        Ok(whole) => Ok(Compared {
            whole: Some(whole),
            own,
            remarks: Vec::new(),
        }),
        Err(ScratchError::Seed(error)) => Ok(Compared {
            whole: None,
            own,
            remarks: vec![format!(
                "it is compared as it is written, since it cannot be brought up here: {error}"
            )],
        }),
        Err(error) => Err(error),
    }
}

/// What is different between two environments; ids, dates, secrets and hashes are not looked at.
pub fn compare(first: &Compared, second: &Compared, users: bool) -> Vec<Difference> {
    match (&first.whole, &second.whole) {
        (Some(first), Some(second)) => diff::compare(first, second, users),
        _ => diff::compare(&first.own, &second.own, users),
    }
}
