//! Making an environment straight in the database, for an installation where nobody can sign on yet.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use db::Db;
use idp::Idp;
use idp::bootstrap::{self, Administrator, BootstrapError, EnvironmentRequest, Plan};
use platform::keyring::Keyring;
use platform::{Parts, SystemClock};
use protocol::SystemRandom;
use protocol::secret::ClientSecret;
use tempfile::TempDir;
use url::Url;

use super::reserved::refuse_demo_data;
use super::{Keys, StartError, environment, open_database, tables};
use crate::config::settings::{Database, Port, Tls};
use crate::config::{Servers, Settings};
use crate::data_dir::{self, DATABASE_FILE, DataDir, DataDirError, write_private};
use crate::env_file::EnvironmentFile;
use crate::seed::{self, Existing, ExportError, Seed, SeedError, Written};

/// What to make.
#[derive(Clone, Debug)]
pub struct NewEnvironment {
    /// The environment's name.
    pub name: String,
    /// Who administers it, beside the worker.
    pub administrator: Option<Administrator>,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Created {
    /// What to put into the configuration.
    pub toml: String,
    /// The portal at which the administrator signs on.
    pub portal_url: Url,
    /// An environment file for the commands that administer it: `--env-file`.
    pub administration_file: PathBuf,
}

/// Why no environment was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// A running server holds the SQLite database.
    #[error(
        "the SQLite database in {path} is in use by a running latchkey, which would not see the new \
         environment; stop it, create the environment, and start it again"
    )]
    Running {
        /// The data directory.
        path: String,
        /// Which process.
        source: DataDirError,
    },
    /// The address of a side is not known before it runs.
    #[error("the port of {listen} is 0, so addresses are not known; set {listen} or {public_url}")]
    NoAddress {
        /// The key of the port.
        listen: &'static str,
        /// The key of the address.
        public_url: &'static str,
    },
    /// There is nothing to read.
    #[error("there is no database {0}; name the place with --data-dir or --config")]
    Nothing(String),
    /// Reading would change the database.
    #[error(
        "the database is not at this version, and reading does not change it: {steps} due; start a \
         server of this version, or run `latchkey migrate`, first"
    )]
    Pending {
        /// What is due.
        steps: String,
    },
    /// The copy that is read.
    #[error("there is no place for a copy of the database, which is what is read (TMPDIR)")]
    Copy(#[source] io::Error),
    /// What a server would fail on as well.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The environment itself.
    #[error("the environment was not made")]
    Environment(#[from] BootstrapError),
    /// A file for a secret.
    #[error("writing the client secret into {path} failed; no environment was made")]
    SecretFile {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl From<DataDirError> for CreateError {
    fn from(error: DataDirError) -> Self {
        Self::Start(error.into())
    }
}

/// This installation's database, opened for making environments in it.
#[derive(Debug)]
pub struct EnvironmentMaker<'a> {
    settings: &'a Settings,
    idp: Idp,
    db: Db,
    directory: PathBuf,
    idp_url: Url,
    portal_url: Url,
    /// Held until the end, where it must be.
    _held: Option<DataDir>,
    /// The copy of the database that is read; removed in the end.
    _copy: Option<TempDir>,
}

impl<'a> EnvironmentMaker<'a> {
    /// Opens the database. With SQLite no server may run; servers on PostgreSQL see a new
    /// environment within seconds.
    ///
    /// # Errors
    ///
    /// [`CreateError`] says what stands in the way.
    pub async fn open(settings: &'a Settings) -> Result<Self, CreateError> {
        let portal_url = known(
            &settings.portal.port,
            &settings.tls,
            ("portal.listen", "portal.public_url"),
        )?;
        let idp_url = known(
            &settings.idp.port,
            &settings.tls,
            ("idp.listen", "idp.public_url"),
        )?;
        let directory = directory_of(settings)?;
        let held = hold(settings, &directory)?;
        refuse_demo_data(settings, &directory)?;
        let db = open_database(settings, &directory).await?;
        let keys = Keys::open(settings, &directory, &db, &SystemRandom).await?;
        let idp = idp_on(settings, &idp_url, &db, keys.keyring).await?;
        Ok(Self {
            settings,
            idp,
            db,
            directory,
            idp_url,
            portal_url,
            _held: held,
            _copy: None,
        })
    }

    /// Opens the database for reading, also while a server runs on it. Nothing is written: of SQLite a
    /// copy is read, and on PostgreSQL the tables have to be at this version.
    ///
    /// # Errors
    ///
    /// [`CreateError`] says what stands in the way.
    pub async fn open_shared(settings: &'a Settings) -> Result<Self, CreateError> {
        let port = |port: &Port| port.url(port.listen, &settings.tls);
        let (idp_url, portal_url) = (port(&settings.idp.port), port(&settings.portal.port));
        let directory = directory_of(settings)?;
        refuse_demo_data(settings, &directory)?;
        let (db, copy) = readable(settings, &directory).await?;
        let keyring = Keys::for_reading(settings, &directory, &db).await?;
        Ok(Self {
            settings,
            idp: idp_on(settings, &idp_url, &db, keyring).await?,
            db,
            directory,
            idp_url,
            portal_url,
            _held: None,
            _copy: copy,
        })
    }

    /// Makes the environments of a seed, whose ids must be nobody's yet.
    ///
    /// # Errors
    ///
    /// [`SeedError`] says what of it could not be made. Nothing of it stays then.
    pub async fn import(&self, seed: &Seed) -> Result<(), SeedError> {
        seed::apply(&self.idp, seed, Existing::Refuse).await
    }

    /// Writes environments out as a seed: the one of this name or id, or all.
    ///
    /// # Errors
    ///
    /// [`ExportError`] when there is none of it, or it cannot be read.
    pub async fn export(&self, name: Option<&str>, secrets: bool) -> Result<Written, ExportError> {
        seed::export(&self.idp, name, secrets).await
    }

    /// Makes an environment with the portal's web application, its worker and an administrator.
    ///
    /// Client secrets are written into files of the data directory that this user alone can read.
    ///
    /// # Errors
    ///
    /// [`CreateError`] says what stands in the way; then nothing was made.
    pub async fn create(&self, new: NewEnvironment) -> Result<Created, CreateError> {
        let wanted = EnvironmentRequest {
            name: new.name,
            portal: environment::portal_addresses(self.settings, &self.portal_url),
            administrator: new.administrator,
        };
        let plan = bootstrap::plan(&self.idp, wanted).await?;
        let files = SecretFiles::write(&self.directory, &plan, &self.idp_url)?;
        let toml = toml(&plan, &files, &self.idp_url);
        if let Err(error) = plan.commit(&self.idp).await {
            files.remove();
            return Err(error.into());
        }
        Ok(Created {
            toml,
            portal_url: self.portal_url.clone(),
            administration_file: files.administration,
        })
    }

    /// Closes the database.
    pub async fn close(self) {
        self.db.close().await;
    }
}

async fn idp_on(
    settings: &Settings,
    url: &Url,
    db: &Db,
    keyring: Arc<Keyring>,
) -> Result<Idp, StartError> {
    let parts = Parts {
        db: db.clone(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        keyring,
    };
    environment::start_idp(settings, url, None, None, parts).await
}

/// The configured database, or a copy of it, on which the environment can start without writing into
/// the database itself.
async fn readable(
    settings: &Settings,
    directory: &Path,
) -> Result<(Db, Option<TempDir>), CreateError> {
    let failed = StartError::Database;
    if let Database::Postgres(_) = settings.database {
        let db = open_database(settings, directory).await?;
        let pending = tables::pending_in(&db, Servers::Environment).await;
        let pending = pending.map_err(failed)?;
        if pending.is_empty() {
            return Ok((db, None));
        }
        let steps: Vec<String> = pending.iter().map(ToString::to_string).collect();
        return Err(CreateError::Pending {
            steps: steps.join(", "),
        });
    }
    let file = directory.join(DATABASE_FILE);
    // Opening would make one.
    if !file.exists() {
        return Err(CreateError::Nothing(file.display().to_string()));
    }
    let copy = tempfile::tempdir().map_err(CreateError::Copy)?;
    let image = copy.path().join(DATABASE_FILE);
    let original = Db::sqlite(&file).map_err(failed)?;
    let copied = original.copy_to(&image).await;
    original.close().await;
    copied.map_err(failed)?;
    Ok((Db::sqlite(&image).map_err(failed)?, Some(copy)))
}

fn directory_of(settings: &Settings) -> Result<PathBuf, DataDirError> {
    match &settings.data_dir {
        Some(path) => Ok(path.clone()),
        None => data_dir::platform(),
    }
}

/// SQLite belongs to one process at a time: a server caches what it has read.
fn hold(settings: &Settings, path: &Path) -> Result<Option<DataDir>, CreateError> {
    if let Database::Postgres(_) = settings.database {
        data_dir::make(path)?;
        return Ok(None);
    }
    match DataDir::open(path) {
        Ok(held) => Ok(Some(held)),
        Err(source @ DataDirError::InUse { .. }) => Err(CreateError::Running {
            path: path.display().to_string(),
            source,
        }),
        Err(error) => Err(error.into()),
    }
}

/// A server's address, unless the system is to choose its port.
fn known(
    port: &Port,
    tls: &Tls,
    (listen, public_url): (&'static str, &'static str),
) -> Result<Url, CreateError> {
    if port.public_url.is_none() && port.listen.port() == 0 {
        return Err(CreateError::NoAddress { listen, public_url });
    }
    Ok(port.url(port.listen, tls))
}

/// Where the client secrets are, as the configuration names them.
struct SecretFiles {
    portal: Option<PathBuf>,
    worker: PathBuf,
    /// An environment file for programs that administer, the commands of this one among them.
    administration: PathBuf,
}

impl SecretFiles {
    fn write(directory: &Path, plan: &Plan, url: &Url) -> Result<Self, CreateError> {
        let id = plan.environment_id;
        let file = |name: String, text: String| {
            let path = directory.join(name);
            let path = std::path::absolute(&path).unwrap_or(path);
            match write_private(&path, text.as_bytes()) {
                Ok(()) => Ok(path),
                Err(source) => Err(CreateError::SecretFile {
                    path: path.display().to_string(),
                    source,
                }),
            }
        };
        let secret = |kind: &str, secret: &ClientSecret| {
            let text = format!("{}\n", secret.expose());
            file(format!("{id}.{kind}.secret"), text)
        };
        let mut written = Vec::new();
        let mut keep = |made: Result<PathBuf, CreateError>| match made {
            Ok(path) => {
                written.push(path.clone());
                Ok(path)
            }
            Err(error) => {
                written.iter().for_each(remove);
                Err(error)
            }
        };
        let portal = plan.client_secret.as_ref();
        let portal = portal
            .map(|text| keep(secret("portal", text)))
            .transpose()?;
        let worker = keep(secret("worker", &plan.worker.client_secret))?;
        let text = administration(plan, url).to_text();
        let administration = keep(file(format!("{id}.administration.env"), text))?;
        Ok(Self {
            portal,
            worker,
            administration,
        })
    }

    /// The environment was not made, so its secrets are worth nothing.
    fn remove(&self) {
        let all = [&self.worker, &self.administration];
        self.portal.iter().chain(all).for_each(remove);
    }
}

fn remove(path: &PathBuf) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "a useless file was left behind");
    }
}

/// Where and as whom programs administer the environment.
fn administration(plan: &Plan, url: &Url) -> EnvironmentFile {
    EnvironmentFile {
        auth_url: url.to_string(),
        api_url: format!("{url}v1/"),
        environment_id: plan.environment_id.to_string(),
        issuer: plan.issuer.as_str().to_owned(),
        worker_client_id: plan.programs.client_id.to_string(),
        worker_client_secret: plan.programs.client_secret.expose().to_owned(),
        ..EnvironmentFile::default()
    }
}

fn toml(plan: &Plan, files: &SecretFiles, url: &Url) -> String {
    let mut text = String::new();
    let mut section = |name: &str, rows: &[(&str, Option<String>)]| {
        let space = if text.is_empty() { "" } else { "\n" };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{space}[{name}]");
        for (key, value) in rows {
            if let Some(value) = value {
                let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
            }
        }
    };
    let path = |path: &PathBuf| path.display().to_string();
    section(
        "portal.sign_on",
        &[
            ("issuer", Some(plan.issuer.as_str().to_owned())),
            ("client_id", Some(plan.client_id.to_string())),
            ("client_secret_file", files.portal.as_ref().map(path)),
        ],
    );
    section(
        "portal.pingone",
        &[
            ("auth_url", Some(url.to_string())),
            ("api_url", Some(format!("{url}v1/"))),
            ("environment_id", Some(plan.environment_id.to_string())),
            ("worker_client_id", Some(plan.worker.client_id.to_string())),
            ("worker_client_secret_file", Some(path(&files.worker))),
        ],
    );
    text
}
