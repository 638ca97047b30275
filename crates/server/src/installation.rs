//! What the database itself knows of its installation: the keys that it was written with, whether it
//! holds demo data, and whether it can be written now.
//!
//! A database and a keyring belong together. The database keeps a proof of each key that has sealed
//! something in it; a node whose keyring lacks one does not start, since it could neither read what
//! was sealed nor be understood by the others.

use std::sync::Arc;

use db::{Batch, Db, Migration, Statement, StoreError};
use platform::keyring::{KeyProof, Keyring, StoredKey};
use protocol::Random;

use crate::keyring_file::{KeyringFile, KeyringFileError};

/// The set of these tables among the database's migrations.
pub(crate) const SET: &str = "installation";

/// What made these tables.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "init",
    sql: "CREATE TABLE installation_keys (
              key_id TEXT PRIMARY KEY,
              proof TEXT NOT NULL
          );
          CREATE TABLE installation_marks (
              mark TEXT PRIMARY KEY
          );
          CREATE TABLE installation_probes (
              id BIGINT PRIMARY KEY,
              filler TEXT NOT NULL
          );",
}];

const READ: &str = "\
SELECT key_id, proof FROM installation_keys
 UNION ALL
SELECT '', mark FROM installation_marks
 LIMIT 1000";

/// Writes nothing when the number of keys is no longer the one that was read.
const REMEMBER: &str = "\
INSERT INTO installation_keys (key_id, proof)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT)
 WHERE (SELECT COUNT(*) FROM installation_keys) = $3";

/// Lets one node at a time bring keys: whoever comes second waits for the first one's commit, and
/// then counts its keys.
const TAKE_TURNS: &str =
    "INSERT INTO installation_marks (mark) VALUES ($1) ON CONFLICT (mark) DO UPDATE SET mark = $1";

const MARK: &str =
    "INSERT INTO installation_marks (mark) VALUES ($1) ON CONFLICT (mark) DO NOTHING";

const PROBE: &str = "\
INSERT INTO installation_probes (id, filler) VALUES (1, $1)
 ON CONFLICT (id) DO UPDATE SET filler = $1";

/// The database holds people whose passwords everybody knows.
const DEMO: &str = "demo";

/// The mark whose row nodes that bring keys hold in turn.
const KEYS: &str = "keys";

/// More than a database that is nearly full finds room for.
const PROBE_BYTES: usize = 32 * 1024;

/// Why keyring and database cannot be used together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallationError {
    /// The keyring's file.
    #[error(transparent)]
    File(#[from] KeyringFileError),
    /// The database.
    #[error("the database does not answer (setting database)")]
    Database(#[from] StoreError),
    /// There is no keyring for a database that was written with one.
    #[error(
        "the database was written with the keyring's {keys}, and there is no keyring {path}; restore \
         it from a backup, or name it with keyring_file. What these keys sealed, as signing keys and \
         application secrets, cannot be read without them, and a new keyring would not bring them back"
    )]
    Lost {
        /// Where the keyring should be.
        path: String,
        /// The ids of the keys.
        keys: String,
    },
    /// The keyring is not the one that the database was written with.
    #[error(
        "the database was written with {keys}, which the keyring {path} does not hold; name the \
         keyring that belongs to this database with keyring_file, or restore it from a backup"
    )]
    Foreign {
        /// The keyring.
        path: String,
        /// The ids of the keys.
        keys: String,
    },
}

/// The database's own record of its installation.
#[derive(Clone, Debug)]
pub struct Installation {
    db: Db,
    known: Arc<[KeyProof]>,
    has_demo_data: bool,
}

impl Installation {
    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn open(db: &Db) -> Result<Self, StoreError> {
        db.migrate(SET, MIGRATIONS).await?;
        Self::read(db).await
    }

    /// Reads the record of a database that has one, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer, or was never started on.
    pub async fn read(db: &Db) -> Result<Self, StoreError> {
        let mut known = Vec::new();
        let mut has_demo_data = false;
        for row in db.read(Statement::new(READ)).await? {
            let (id, proof): (String, String) = (row.get("key_id")?, row.get("proof")?);
            if id.is_empty() {
                has_demo_data |= proof == DEMO;
            } else {
                known.push(KeyProof { id, proof });
            }
        }
        Ok(Self {
            db: db.clone(),
            known: known.into(),
            has_demo_data,
        })
    }

    /// Whether the database holds people whose passwords everybody knows.
    pub fn has_demo_data(&self) -> bool {
        self.has_demo_data
    }

    /// Marks the database before demo data is made in it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn mark_demo_data(&self) -> Result<(), StoreError> {
        if self.has_demo_data {
            return Ok(());
        }
        self.db
            .write(Statement::new(MARK).bind(DEMO))
            .await
            .map(drop)
    }

    /// The keyring of this database: the file's, or a first one for a database in which nothing is
    /// sealed yet.
    ///
    /// # Errors
    ///
    /// [`InstallationError`] when the file cannot be used, or the database was written with keys that
    /// it does not hold.
    pub async fn keyring(
        &self,
        file: &KeyringFile,
        random: &dyn Random,
    ) -> Result<Keyring, InstallationError> {
        let sealed_with = self.sealed_with().await?;
        let keys = match file.read()? {
            Some(keys) => keys,
            None if self.known.is_empty() && sealed_with.is_empty() => file.make(random)?,
            None => return Err(self.lost(&sealed_with, file)),
        };
        let keyring = file.keyring(&keys)?;
        holds(&keyring, &sealed_with, file)?;
        self.use_keys(&keyring, file).await?;
        Ok(keyring)
    }

    /// Checks that the keyring is this database's, and changes neither. The installation's id, which
    /// is that of its first key.
    ///
    /// # Errors
    ///
    /// As [`keyring`](Self::keyring); a keyring that is not there is lost.
    pub async fn belongs_to(&self, file: &KeyringFile) -> Result<String, InstallationError> {
        let (keys, _) = self.belonging(file).await?;
        Ok(keys.first().map(|key| key.id.clone()).unwrap_or_default())
    }

    /// The keyring of this database, for reading what was sealed: neither of them is changed.
    ///
    /// # Errors
    ///
    /// As [`belongs_to`](Self::belongs_to).
    pub async fn keyring_for_reading(
        &self,
        file: &KeyringFile,
    ) -> Result<Keyring, InstallationError> {
        self.belonging(file).await.map(|(_, keyring)| keyring)
    }

    async fn belonging(
        &self,
        file: &KeyringFile,
    ) -> Result<(Vec<StoredKey>, Keyring), InstallationError> {
        let sealed_with = self.sealed_with().await?;
        let keys = file.read()?;
        let keys = keys.ok_or_else(|| self.lost(&sealed_with, file))?;
        let keyring = file.keyring(&keys)?;
        holds(&keyring, &sealed_with, file)?;
        accepted(&self.known, &keyring, file)?;
        Ok((keys, keyring))
    }

    /// A database that was written before it kept proofs still tells whose keys it needs.
    async fn sealed_with(&self) -> Result<Vec<String>, StoreError> {
        if self.known.is_empty() {
            idp::sealing_keys(&self.db.reader()).await
        } else {
            Ok(Vec::new())
        }
    }

    fn lost(&self, sealed_with: &[String], file: &KeyringFile) -> InstallationError {
        let known = self.known.iter().map(|proof| proof.id.as_str());
        InstallationError::Lost {
            path: file.name(),
            keys: listed(known.chain(sealed_with.iter().map(String::as_str))),
        }
    }

    /// Takes a changed file into use. The database learns of new keys before anything is sealed with
    /// them. `None`: the file has not changed.
    ///
    /// # Errors
    ///
    /// [`InstallationError`] when the file cannot be used, or lacks a key that the database was
    /// written with; then the keys stay as they were.
    pub async fn refresh(
        &self,
        keyring: &Keyring,
        file: &KeyringFile,
    ) -> Result<Option<usize>, InstallationError> {
        let Some(keys) = file.changed()? else {
            return Ok(None);
        };
        let taken = self.take(&keys, keyring, file).await;
        // What is wrong with the file is said once. What is wrong with the database may be over when
        // the file is next looked at.
        if let Err(InstallationError::Database(_)) = taken {
            file.forget();
        }
        taken.map(|()| Some(keys.len()))
    }

    async fn take(
        &self,
        keys: &[StoredKey],
        keyring: &Keyring,
        file: &KeyringFile,
    ) -> Result<(), InstallationError> {
        let now = Self::open(&self.db).await?;
        now.use_keys(&file.keyring(keys)?, file).await?;
        keyring
            .replace(keys)
            .map_err(|source| file.invalid(source).into())
    }

    /// Checks that the keyring holds every key that the database knows, and lets it know the others.
    /// A keyring that is refused leaves nothing in the database.
    async fn use_keys(
        &self,
        keyring: &Keyring,
        file: &KeyringFile,
    ) -> Result<(), InstallationError> {
        let proofs = keyring.proofs();
        let mut known = Arc::clone(&self.known);
        loop {
            accepted(&known, keyring, file)?;
            let new: Vec<_> = proofs.iter().filter(|key| !known.contains(key)).collect();
            if new.is_empty() {
                return Ok(());
            }
            match self.db.batch(remember(&new, known.len())).await {
                Ok(_) => return Ok(()),
                // Another node brought keys meanwhile. Known keys are never taken away, so this ends
                // with a foreign one or with all of the keyring's.
                Err(error) if error.unmet().is_some() => {
                    known = Self::open(&self.db).await?.known;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether the database can be written now: writes as much as an ordinary request does, and more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] saying why not.
    pub async fn probe(&self) -> Result<(), StoreError> {
        let filler = "x".repeat(PROBE_BYTES);
        self.db
            .write(Statement::new(PROBE).bind(filler))
            .await
            .map(drop)
    }
}

/// Adds the keys to as many as are known.
fn remember(new: &[&KeyProof], known: usize) -> Batch {
    let turns = Batch::new().add(Statement::new(TAKE_TURNS).bind(KEYS));
    let counts = i64::try_from(known).unwrap_or(i64::MAX)..;
    new.iter().zip(counts).fold(turns, |batch, (key, count)| {
        let remember = Statement::new(REMEMBER)
            .bind(key.id.as_str())
            .bind(key.proof.as_str())
            .bind(count);
        batch.require(remember, 1)
    })
}

fn accepted(
    known: &[KeyProof],
    keyring: &Keyring,
    file: &KeyringFile,
) -> Result<(), InstallationError> {
    let missing = known.iter().filter(|proof| !keyring.accepts(proof));
    none_missing(missing.map(|proof| proof.id.as_str()), file)
}

/// Whether the keyring has the keys of these ids.
fn holds(
    keyring: &Keyring,
    sealed_with: &[String],
    file: &KeyringFile,
) -> Result<(), InstallationError> {
    let held = keyring.proofs();
    let is_missing = |id: &&str| held.iter().all(|proof| proof.id != *id);
    let needed = sealed_with.iter().map(String::as_str);
    none_missing(needed.filter(is_missing), file)
}

fn none_missing<'a>(
    missing: impl Iterator<Item = &'a str>,
    file: &KeyringFile,
) -> Result<(), InstallationError> {
    let mut missing = missing.peekable();
    if missing.peek().is_none() {
        return Ok(());
    }
    Err(InstallationError::Foreign {
        path: file.name(),
        keys: listed(missing),
    })
}

fn listed<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.collect();
    let noun = if ids.len() == 1 { "key" } else { "keys" };
    format!("{noun} {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use protocol::SeededRandom;

    use super::*;
    use crate::keyring_file;

    fn file(place: &tempfile::TempDir, name: &str) -> KeyringFile {
        KeyringFile::new(place.path().join(name))
    }

    #[tokio::test]
    async fn a_lost_or_foreign_keyring_is_refused_by_the_key_that_is_missing() {
        let place = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(1);
        let db = Db::sqlite_in_memory().unwrap();
        let own = file(&place, "own.json");
        let first = Installation::open(&db).await.unwrap();
        let keyring = first.keyring(&own, &random).await.unwrap();
        let id = keyring.proofs().remove(0).id;

        let again = Installation::open(&db).await.unwrap();
        again.keyring(&own, &random).await.unwrap();

        let lost = file(&place, "lost.json");
        let refused = again.keyring(&lost, &random).await.unwrap_err();
        assert!(
            matches!(refused, InstallationError::Lost { .. }),
            "{refused}"
        );
        assert!(
            refused.to_string().contains(&format!("key {id}")),
            "{refused}"
        );
        assert!(lost.read().unwrap().is_none(), "a new keyring was made");

        let foreign = file(&place, "foreign.json");
        foreign.make(&random).unwrap();
        let refused = again.keyring(&foreign, &random).await.unwrap_err();
        assert!(
            matches!(refused, InstallationError::Foreign { .. }),
            "{refused}"
        );
        assert!(
            refused.to_string().contains(&format!("key {id}")),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn of_two_keyrings_made_at_once_for_one_database_the_first_stays_and_the_other_is_refused()
     {
        let place = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(2);
        let db = Db::sqlite_in_memory().unwrap();
        let (a, b) = (
            Installation::open(&db).await.unwrap(),
            Installation::open(&db).await.unwrap(),
        );
        let own = file(&place, "a.json");
        let keyring = a.keyring(&own, &random).await.unwrap();
        let refused = b.keyring(&file(&place, "b.json"), &random).await;
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, InstallationError::Foreign { .. }),
            "{refused}"
        );
        // The first one neither notices now nor at its next start.
        let again = Installation::open(&db).await.unwrap();
        assert_eq!(*again.known, *keyring.proofs());
        again.keyring(&own, &random).await.unwrap();
        // One that shares the first one's file comes late without being refused.
        let late = Installation {
            known: Arc::new([]),
            ..again
        };
        late.keyring(&own, &random).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_without_proofs_is_opened_only_with_the_keys_that_sealed_in_it() {
        let place = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(4);
        let db = Db::sqlite_in_memory().unwrap();
        let (own, second) = (file(&place, "own.json"), file(&place, "second.json"));
        let keys = own.make(&random).unwrap();
        let sealed = own.keyring(&keys).unwrap().seal("c", b"m", &random);
        let tables = Migration {
            version: 1,
            name: "init",
            sql: "CREATE TABLE signing_keys (sealed TEXT NOT NULL);
                  CREATE TABLE application_secrets (sealed TEXT NOT NULL);",
        };
        db.migrate("idp", &[tables]).await.unwrap();
        for table in [
            "INSERT INTO signing_keys (sealed) VALUES ($1)",
            "INSERT INTO application_secrets (sealed) VALUES ($1)",
        ] {
            db.write(Statement::new(table).bind(sealed.as_str()))
                .await
                .unwrap();
        }
        let installation = Installation::open(&db).await.unwrap();
        assert!(installation.known.is_empty());

        let named = format!("written with the keyring's key {},", keys[0].id);
        let lost = installation.keyring(&second, &random).await.unwrap_err();
        assert!(matches!(lost, InstallationError::Lost { .. }), "{lost}");
        assert!(lost.to_string().contains(&named), "{lost}");
        assert!(second.read().unwrap().is_none(), "a new keyring was made");

        second.make(&random).unwrap();
        let named = format!("written with key {},", keys[0].id);
        let foreign = installation.keyring(&second, &random).await.unwrap_err();
        assert!(foreign.to_string().contains(&named), "{foreign}");

        installation.keyring(&own, &random).await.unwrap();
        let known = Installation::open(&db).await.unwrap().known;
        assert_eq!(
            known.len(),
            1,
            "a refused keyring left something: {known:?}"
        );
    }

    #[tokio::test]
    async fn a_changed_keyring_that_came_while_the_database_was_away_is_taken_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(5);
        let db = Db::sqlite_in_memory().unwrap();
        let installation = Installation::open(&db).await.unwrap();
        let path = place.path().join("keyring.json");
        let own = KeyringFile::new(path.clone());
        let keyring = installation.keyring(&own, &random).await.unwrap();
        keyring_file::stage(&path, &random).unwrap();

        let gone = Db::sqlite_in_memory().unwrap();
        let away = Installation::open(&gone).await.unwrap();
        gone.close().await;
        let failed = away.refresh(&keyring, &own).await.unwrap_err();
        assert!(matches!(failed, InstallationError::Database(_)), "{failed}");
        assert_eq!(installation.refresh(&keyring, &own).await.unwrap(), Some(2));
        assert_eq!(installation.refresh(&keyring, &own).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_node_takes_a_staged_key_and_then_uses_it_without_a_restart() {
        let place = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(3);
        let db = Db::sqlite_in_memory().unwrap();
        let installation = Installation::open(&db).await.unwrap();
        let path = place.path().join("keyring.json");
        let own = KeyringFile::new(path.clone());
        let keyring = installation.keyring(&own, &random).await.unwrap();
        assert_eq!(installation.refresh(&keyring, &own).await.unwrap(), None);

        let id = keyring_file::stage(&path, &random).unwrap();
        assert_eq!(installation.refresh(&keyring, &own).await.unwrap(), Some(2));
        assert!(!keyring.authenticate("c", b"m").starts_with(&id));
        let known = Installation::open(&db).await.unwrap().known;
        assert_eq!(known.len(), 1, "a staged key has sealed nothing");

        keyring_file::activate(&path).unwrap();
        assert_eq!(installation.refresh(&keyring, &own).await.unwrap(), Some(2));
        assert!(keyring.authenticate("c", b"m").starts_with(&id));
        let known = Installation::open(&db).await.unwrap().known;
        assert!(known.iter().any(|proof| proof.id == id), "{known:?}");
    }
}
