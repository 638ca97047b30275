//! What a program that drives the environment in development does with it, beside its APIs: prepares
//! it whole, looks for mails and deletes them, and changes signing keys at once.

use db::StoreError;
use protocol::id::{EnvironmentId, MailId};

use crate::Idp;
use crate::audit::By;
use crate::keys::KeysError;
use crate::mailbox::Message;
use crate::stores::mails::Mails;

/// As many mails as are listed at a time.
const MOST_MAILS: u32 = 200;

/// As many environments as are read at a time.
const PAGE: u32 = 100;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such environment.
    #[error("there is no environment {0}")]
    NoEnvironment(EnvironmentId),
    /// A key that begins to sign at this very instant is there already.
    #[error("the environment {0} changed its key at this very instant; move the clock first")]
    SameInstant(EnvironmentId),
    /// A key could not be made or kept.
    #[error("a signing key could not be made")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Idp {
    /// Makes what is otherwise made when it is needed first: the signing keys.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when a key could not be made.
    pub async fn settle(&self) -> Result<(), ControlError> {
        for environment in self.every_environment().await? {
            let current = self.keys().current(self, environment, self.now()).await;
            current.map_err(|error| failed(environment, error))?;
        }
        Ok(())
    }

    /// Brings the first keys of environments into a copy of this database, which was taken while they
    /// were made.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when a key could not be made or kept.
    pub async fn bring_first_keys(&self, copy: &Self) -> Result<(), ControlError> {
        for environment in copy.every_environment().await? {
            let now = self.now();
            let brought = self.keys().bring_first(self, copy, environment, now).await;
            brought.map_err(|error| failed(environment, error))?;
        }
        Ok(())
    }

    /// Lets a new key sign from now on, without publishing it ahead, in one environment or in all;
    /// says in which. Keys from before stay published.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such environment, or a key could not be made.
    pub async fn change_signing_keys(
        &self,
        only: Option<EnvironmentId>,
    ) -> Result<Vec<EnvironmentId>, ControlError> {
        let environments = match only {
            Some(id) if self.environments().find(id, self.now()).await?.is_none() => {
                return Err(ControlError::NoEnvironment(id));
            }
            Some(id) => vec![id],
            None => self.every_environment().await?,
        };
        for environment in &environments {
            let by = By::the_program(self.now());
            let changed = self.keys().change_now(self, *environment, &by).await;
            changed.map_err(|error| failed(*environment, error))?;
        }
        Ok(environments)
    }

    /// The newest mails of the mailbox, to one address or to all, newest first: 200 at most.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn mails(&self, to: Option<&str>) -> Result<Vec<Message>, StoreError> {
        let stored = Mails::new(self.db()).newest(to, MOST_MAILS).await?;
        let opened = stored.iter().filter_map(|mail| Message::open(self, mail));
        Ok(opened.collect())
    }

    /// One mail of the mailbox; `None` where there is none of this id.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn find_mail(&self, id: MailId) -> Result<Option<Message>, StoreError> {
        let stored = Mails::new(self.db()).find(id).await?;
        Ok(stored.and_then(|mail| Message::open(self, &mail)))
    }

    /// Deletes one mail; says whether there was one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn delete_mail(&self, id: MailId) -> Result<bool, StoreError> {
        let deleted = Mails::delete(id).commit_unrecorded(self).await?;
        Ok(deleted > 0)
    }

    /// Deletes the mails to one address, or all; says how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn delete_mails(&self, to: Option<&str>) -> Result<u64, StoreError> {
        Mails::delete_all(to).commit_unrecorded(self).await
    }

    async fn every_environment(&self) -> Result<Vec<EnvironmentId>, StoreError> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let found = self.environments().page(&after, PAGE, |all| all).await?;
            let Some(last) = found.last() else {
                return Ok(all);
            };
            after = last.id.to_string();
            all.extend(found.iter().map(|environment| environment.id));
        }
    }
}

fn failed(environment: EnvironmentId, error: KeysError) -> ControlError {
    match error {
        KeysError::Store(error) if error.unmet().is_some() || error.is_unique_violation() => {
            ControlError::SameInstant(environment)
        }
        KeysError::Store(error) => error.into(),
        error => ControlError::Key(Box::new(error)),
    }
}
