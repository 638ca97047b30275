//! The keyring that belongs to the database: opened at the start, and read again when its file
//! changes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use db::Db;
use platform::keyring::Keyring;
use protocol::Random;
use ui::Mode;

use super::StartError;
use crate::config::Settings;
use crate::control::Stage;
use crate::health::Readiness;
use crate::installation::{Installation, InstallationError};
use crate::keyring_file::{self, KeyringFile};

/// How often the keyring's file is looked at.
const KEYRING_LOOKED_AT_EVERY: Duration = Duration::from_secs(5);

/// The keyring that belongs to the database, and its file.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) installation: Installation,
    file: Arc<KeyringFile>,
    pub(super) keyring: Arc<Keyring>,
}

impl Keys {
    pub(super) async fn open(
        settings: &Settings,
        directory: &Path,
        db: &Db,
        random: &dyn Random,
    ) -> Result<Self, StartError> {
        let (installation, file) = found(settings, directory, db).await?;
        let keyring = installation.keyring(&file, random).await?;
        Ok(Self {
            installation,
            file: Arc::new(file),
            keyring: Arc::new(keyring),
        })
    }

    /// The keyring for reading what was sealed in a database. None is made, and the database learns
    /// of none.
    pub(super) async fn for_reading(
        settings: &Settings,
        directory: &Path,
        db: &Db,
    ) -> Result<Arc<Keyring>, StartError> {
        let (installation, file) = found(settings, directory, db).await?;
        Ok(Arc::new(installation.keyring_for_reading(&file).await?))
    }

    /// Takes a changed file into use; one that cannot be used is logged, and the old keys stay. The
    /// database that is in use learns of the keys.
    pub(super) async fn refresh(&self, stage: &Stage, readiness: &Readiness) {
        let installation = stage.installation();
        match installation.refresh(&self.keyring, &self.file).await {
            Ok(None) => {}
            Ok(Some(keys)) => {
                readiness.note_keyring(true);
                tracing::info!(keys, "the keyring was read again");
            }
            Err(error) => {
                // What is wrong with the database is said of the database.
                if !matches!(error, InstallationError::Database(_)) {
                    readiness.note_keyring(false);
                }
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the changed keyring cannot be used; the old keys stay in use"
                );
            }
        }
    }

    /// Refreshes until `stop` completes.
    pub(super) async fn keep_fresh(
        self,
        stage: Arc<Stage>,
        readiness: Readiness,
        stop: impl Future<Output = ()> + Send,
    ) {
        let mut ticks = tokio::time::interval(KEYRING_LOOKED_AT_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.refresh(&stage, &readiness).await,
                () = &mut stop => return,
            }
        }
    }
}

/// The database's own record, and where its keyring is.
async fn found(
    settings: &Settings,
    directory: &Path,
    db: &Db,
) -> Result<(Installation, KeyringFile), StartError> {
    let opened = Installation::open(db).await;
    let installation = opened.map_err(InstallationError::from)?;
    if settings.mode == Mode::Production && installation.has_demo_data() {
        return Err(StartError::DemoData {
            place: "the database".to_owned(),
        });
    }
    let path = match &settings.keyring_file {
        Some(path) => path.clone(),
        None => directory.join(keyring_file::FILE_NAME),
    };
    Ok((installation, KeyringFile::new(path)))
}
