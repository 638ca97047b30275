//! Objects of an environment's configuration: JSON documents, each read into the type of its kind.
//!
//! No statement looks into a document. What must be unique, which object is the default and what it
//! refers to are kept beside it; its secret members are sealed for its row.

mod members;
mod references;

use std::collections::BTreeSet;
use std::marker::PhantomData;

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::Random;
use protocol::id::EnvironmentId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::change::Change;
use super::dependents::{drop_below, require_unreferenced};
use super::fold;
use super::record::Events;
use members::put_member;

pub(crate) use members::{take_members, take_secrets, to_json};
pub(crate) use references::{Reference, Target, refer, there};

/// A kind of configuration object, by the type of its documents.
pub(crate) trait Document:
    Clone + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// What the audit log calls it, and what happens to it. The kind is the table's, too.
    const EVENTS: Events;
    /// How many there are at most with one parent.
    const MOST: u32 = 1000;
    /// The members that are kept sealed and never shown, as JSON pointers.
    const SECRETS: &'static [&'static str] = &[];
    /// The members that are kept sealed and shown to whoever may change the object, not to those
    /// who only read it.
    const SEALED: &'static [&'static str] = &[];
    /// Whether one in each environment is the default, which the member `default` tells. A new one
    /// takes the place of the old one, and the default cannot be deleted.
    const HAS_DEFAULT: bool = false;
    /// Whether what is kept in memory of others depends on it: a change empties all that.
    const IS_CACHED: bool = false;
    /// Whether the last one with a parent stays.
    const KEEPS_LAST: bool = false;
    /// The kinds whose objects are deleted together with the one that they refer to.
    const TAKES_ALONG: &'static [&'static str] = &[];

    /// What the audit log calls this one.
    fn name(&self) -> &str;

    /// What must be unique among those of the kind with the same parent.
    fn unique(&self) -> Option<String> {
        Some(fold(self.name()))
    }

    /// Whether it is the default.
    fn is_default(&self) -> bool {
        false
    }

    /// What it refers to, which can then not be deleted.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// What it names besides: it must be there when that is written, and may be deleted later.
    fn mentions(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// Leaves out what is gone of its [`mentions`](Self::mentions). Whoever reads the object reads it
    /// so.
    fn forget(&mut self, _gone: &BTreeSet<Uuid>) {}
}

/// A configuration object.
#[derive(Clone)]
pub(crate) struct Object<D> {
    pub(crate) id: Uuid,
    pub(crate) environment_id: EnvironmentId,
    /// What it hangs off, or the environment.
    pub(crate) parent: Uuid,
    pub(crate) document: D,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// How often it was written since it was made, by which a change knows whether it is still as
    /// it was read.
    version: i64,
}

impl<D> Object<D> {
    /// An object that is made now.
    pub(crate) fn new(
        id: Uuid,
        environment_id: EnvironmentId,
        parent: Uuid,
        document: D,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            environment_id,
            parent,
            document,
            created_at: now,
            updated_at: now,
            version: 0,
        }
    }

    /// The object with another document, which takes its place now.
    pub(crate) fn with(&self, document: D, now: Timestamp) -> Self {
        Self {
            document,
            updated_at: now,
            ..*self
        }
    }

    /// The object as it is once it has been written, to be changed again.
    pub(crate) fn written(self) -> Self {
        Self {
            version: self.version + 1,
            ..self
        }
    }
}

const SELECT: &str = "\
SELECT id, environment_id, parent_id, is_default, document, sealed, created_at, updated_at,
       version
  FROM configuration_objects WHERE environment_id = ";

const SELECT_EVERYWHERE: &str = "\
SELECT id, environment_id, parent_id, is_default, document, sealed, created_at, updated_at, version
  FROM configuration_objects
 WHERE environment_id IN (SELECT id FROM environments) AND kind = $1 AND name_key = $2";

const SELECT_WITH_SECRETS: &str = "\
SELECT id, environment_id, parent_id, is_default, document, sealed, created_at, updated_at, version
  FROM configuration_objects
 WHERE environment_id IN (SELECT id FROM environments) AND kind = $1 AND sealed IS NOT NULL";

const INSERT: &str = "\
INSERT INTO configuration_objects
       (id, environment_id, kind, parent_id, name_key, is_default, document, sealed,
        created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// What became the default meanwhile stays it: [`CLEAR_DEFAULT`] alone takes that away, for another
/// one.
const UPDATE: &str = "\
UPDATE configuration_objects
   SET name_key = $4, is_default = (is_default OR $5), document = $6, sealed = $7, updated_at = $8,
       version = version + 1
 WHERE id = $1 AND environment_id = $2 AND kind = $3";

const UNCHANGED: &str = "\
UPDATE configuration_objects SET updated_at = updated_at
 WHERE id = $1 AND environment_id = $2 AND kind = $3 AND version = $4";

/// The default stays.
const DELETE: &str = "\
DELETE FROM configuration_objects
 WHERE id = $1 AND environment_id = $2 AND kind = $3 AND NOT is_default";

/// Added to [`DELETE`]: another one of the kind with the same parent must be there.
const HAS_ANOTHER: &str = "
   AND EXISTS (SELECT 1 FROM configuration_objects AS others
                WHERE others.kind = $3 AND others.id <> $1
                  AND others.parent_id = configuration_objects.parent_id)";

/// What is deleted together with an object is hung off it first.
const TAKE_ALONG: &str = "\
UPDATE configuration_objects SET parent_id = $1
 WHERE environment_id = $2 AND kind = $3
   AND id IN (SELECT from_id FROM object_references WHERE to_id = $1)";

const CLEAR_DEFAULT: &str = "\
UPDATE configuration_objects SET is_default = FALSE, version = version + 1
 WHERE environment_id = $1 AND kind = $2 AND is_default AND id <> $3";

/// Touches no row where there are too many already. It counts right behind [`ONE_AT_A_TIME`] alone: a
/// statement that had to wait would count what was there when it began.
const HAS_ROOM: &str = "\
UPDATE environments SET updated_at = updated_at
 WHERE id = $1
   AND (SELECT COUNT(*) FROM configuration_objects
         WHERE environment_id = $1 AND kind = $2 AND parent_id = $3) < $4";

/// The step of an insert that requires that there are not too many already.
pub(crate) const ROOM: usize = 1;

/// Changes nothing, and holds up whoever writes objects of the environment at the same time:
/// something could be deleted while a reference to it is written.
const ONE_AT_A_TIME: &str = "UPDATE environments SET updated_at = updated_at WHERE id = $1";

/// Holds up whoever adds or deletes objects of the environment at the same time, to come before the
/// rows of several are changed: two who take them in another order would wait for each other.
pub(crate) fn hold(environment: EnvironmentId) -> Change {
    Change::of(Statement::new(ONE_AT_A_TIME).bind(environment.as_uuid()))
}

/// The configuration objects of one kind, of all environments.
pub(crate) struct Objects<'a, D> {
    db: &'a Reader,
    keyring: &'a Keyring,
    document: PhantomData<fn() -> D>,
}

impl<'a, D: Document> Objects<'a, D> {
    pub(crate) fn new(db: &'a Reader, keyring: &'a Keyring) -> Self {
        Self {
            db,
            keyring,
            document: PhantomData,
        }
    }

    /// An object of the environment.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: Uuid,
    ) -> Result<Option<Object<D>>, StoreError> {
        let select = Self::select(environment).push(" AND id = ").push_bind(id);
        self.read_optional(select).await
    }

    /// The environment's default.
    pub(crate) async fn find_default(
        &self,
        environment: EnvironmentId,
    ) -> Result<Option<Object<D>>, StoreError> {
        self.read_optional(Self::select(environment).push(" AND is_default"))
            .await
    }

    /// The one object with this parent, of a kind that has one at most.
    pub(crate) async fn find_only(
        &self,
        environment: EnvironmentId,
        parent: Uuid,
    ) -> Result<Option<Object<D>>, StoreError> {
        let select = Self::select(environment).push(" AND parent_id = ");
        self.read_optional(select.push_bind(parent).push(" LIMIT 1"))
            .await
    }

    /// All objects with this parent, the oldest first.
    pub(crate) async fn list(
        &self,
        environment: EnvironmentId,
        parent: Uuid,
    ) -> Result<Vec<Object<D>>, StoreError> {
        let select = Self::select(environment).push(" AND parent_id = ");
        self.read_all(select.push_bind(parent)).await
    }

    /// All objects of the environment, whatever they hang off.
    pub(crate) async fn every(
        &self,
        environment: EnvironmentId,
    ) -> Result<Vec<Object<D>>, StoreError> {
        self.read_all(Self::select(environment)).await
    }

    /// The objects of all environments that are unique by this, the oldest first.
    pub(crate) async fn everywhere(&self, unique: &str) -> Result<Vec<Object<D>>, StoreError> {
        let select = Statement::new(SELECT_EVERYWHERE).bind(D::EVENTS.kind);
        self.read_all(select.bind(fold(unique))).await
    }

    /// The objects of all environments that have secrets, the oldest first.
    pub(crate) async fn with_secrets(&self) -> Result<Vec<Object<D>>, StoreError> {
        self.read_all(Statement::new(SELECT_WITH_SECRETS).bind(D::EVENTS.kind))
            .await
    }

    /// All objects of the environment that refer to another one.
    pub(crate) async fn referring(
        &self,
        environment: EnvironmentId,
        to: Uuid,
    ) -> Result<Vec<Object<D>>, StoreError> {
        let those = " AND id IN (SELECT from_id FROM object_references WHERE to_id = ";
        let select = Self::select(environment).push(those);
        self.read_all(select.push_bind(to).push(")")).await
    }

    async fn read_all(&self, select: Statement) -> Result<Vec<Object<D>>, StoreError> {
        let rows = self.db.read(select.push(" ORDER BY created_at, id")).await;
        let rows = rows.map_err(StoreError::during("read configuration objects"))?;
        let objects = rows.iter().map(|row| self.read_row(row));
        self.current(objects.collect::<Result<_, _>>()?).await
    }

    /// Objects that were read, without what they mention and is gone.
    async fn current(&self, mut objects: Vec<Object<D>>) -> Result<Vec<Object<D>>, StoreError> {
        let mentions: Vec<Reference> = objects
            .iter()
            .flat_map(|object| object.document.mentions())
            .collect();
        if mentions.is_empty() {
            return Ok(objects);
        }
        let there = Box::pin(there(self.db, &mentions)).await?;
        for object in &mut objects {
            let mut gone = BTreeSet::new();
            for mention in object.document.mentions() {
                if !there.contains(&(object.environment_id, mention.id)) {
                    gone.insert(mention.id);
                }
            }
            if !gone.is_empty() {
                object.document.forget(&gone);
            }
        }
        Ok(objects)
    }

    /// Adds an object. The requirement [`ROOM`] is not met where there are too many.
    pub(crate) fn insert(
        &self,
        object: &Object<D>,
        random: &dyn Random,
    ) -> Result<Change, StoreError> {
        self.insert_within(D::MOST, object, random)
    }

    /// Adds an object, where fewer than `most` have its parent; else the requirement [`ROOM`] is not
    /// met.
    pub(crate) fn insert_within(
        &self,
        most: u32,
        object: &Object<D>,
        random: &dyn Random,
    ) -> Result<Change, StoreError> {
        let hold = Statement::new(ONE_AT_A_TIME).bind(object.environment_id.as_uuid());
        let has_room = Statement::new(HAS_ROOM)
            .bind(object.environment_id.as_uuid())
            .bind(D::EVENTS.kind)
            .bind(object.parent)
            .bind(i64::from(most));
        let (document, sealed) = self.written(object, random)?;
        let insert = Statement::new(INSERT)
            .bind(object.id)
            .bind(object.environment_id.as_uuid())
            .bind(D::EVENTS.kind)
            .bind(object.parent)
            .bind(object.document.unique())
            .bind(D::HAS_DEFAULT && object.document.is_default())
            .bind(document)
            .bind(sealed)
            .bind(object.created_at)
            .bind(object.updated_at);
        let change = Change::of(hold)
            .require_one(has_room)
            .and(Self::make_default(object));
        Ok(Self::touch(change.add(insert).and(Self::refer(object))))
    }

    /// Replaces an object's document, whatever it is by now: for documents that keep nothing of the
    /// one that was read.
    pub(crate) fn overwrite(
        &self,
        object: &Object<D>,
        random: &dyn Random,
    ) -> Result<Change, StoreError> {
        let (document, sealed) = self.written(object, random)?;
        let update = Statement::new(UPDATE)
            .bind(object.id)
            .bind(object.environment_id.as_uuid())
            .bind(D::EVENTS.kind)
            .bind(object.document.unique())
            .bind(D::HAS_DEFAULT && object.document.is_default())
            .bind(document)
            .bind(sealed)
            .bind(object.updated_at);
        let change = Self::make_default(object).require_one(update);
        Ok(Self::touch(change.and(Self::refer(object))))
    }

    /// Replaces an object's document, unless another request was faster: it must still be as it was
    /// read, which the first requirement is.
    pub(crate) fn update_unchanged(
        &self,
        object: &Object<D>,
        random: &dyn Random,
    ) -> Result<Change, StoreError> {
        let unchanged = Statement::new(UNCHANGED)
            .bind(object.id)
            .bind(object.environment_id.as_uuid())
            .bind(D::EVENTS.kind)
            .bind(object.version);
        Ok(Change::of_one(unchanged).and(self.overwrite(object, random)?))
    }

    /// Deletes an object with all that hangs off it and is taken along. The requirement is not met
    /// for the default, for a last one that stays, and for what something else refers to.
    pub(crate) fn delete(object: &Object<D>) -> Change {
        let hold = Statement::new(ONE_AT_A_TIME).bind(object.environment_id.as_uuid());
        let delete = Statement::new(DELETE)
            .bind(object.id)
            .bind(object.environment_id.as_uuid())
            .bind(D::EVENTS.kind)
            .push(if D::KEEPS_LAST { HAS_ANOTHER } else { "" });
        let take_along = D::TAKES_ALONG.iter().map(|kind| {
            Statement::new(TAKE_ALONG)
                .bind(object.id)
                .bind(object.environment_id.as_uuid())
                .bind(*kind)
        });
        let change = Change::of(hold)
            .add_all(take_along)
            .require_one(require_unreferenced(object.environment_id, object.id, None))
            .add_all(drop_below(object.id));
        Self::touch(change.require_one(delete))
    }

    fn touch(change: Change) -> Change {
        if D::IS_CACHED {
            change.touching_everything()
        } else {
            change
        }
    }

    fn refer(object: &Object<D>) -> Change {
        refer(
            object.environment_id,
            object.id,
            &object.document.references(),
        )
    }

    /// Takes the place of the environment's default.
    fn make_default(object: &Object<D>) -> Change {
        if !(D::HAS_DEFAULT && object.document.is_default()) {
            return Change::new();
        }
        let clear = Statement::new(CLEAR_DEFAULT)
            .bind(object.environment_id.as_uuid())
            .bind(D::EVENTS.kind)
            .bind(object.id);
        Change::of(clear)
    }

    fn select(environment: EnvironmentId) -> Statement {
        Statement::new(SELECT)
            .push_bind(environment.as_uuid())
            .push(" AND kind = ")
            .push_bind(D::EVENTS.kind)
    }

    async fn read_optional(&self, select: Statement) -> Result<Option<Object<D>>, StoreError> {
        let row = self.db.read_optional(select).await;
        match row.map_err(StoreError::during("read a configuration object"))? {
            Some(row) => Ok(self.current(vec![self.read_row(&row)?]).await?.pop()),
            None => Ok(None),
        }
    }

    fn read_row(&self, row: &Row) -> Result<Object<D>, StoreError> {
        let id: Uuid = row.get("id")?;
        let mut document: Value = row.parse("document", |text| serde_json::from_str(text))?;
        if let Some(sealed) = row.get::<Option<String>>("sealed")? {
            let opened = self.keyring.open(&context(id), &sealed);
            let opened =
                opened.map_err(|_| StoreError::inconsistent("a document's secrets are sealed"))?;
            let secrets: Map<String, Value> = serde_json::from_slice(&opened)
                .map_err(|_| StoreError::inconsistent("a document's secrets are no JSON"))?;
            for (pointer, secret) in secrets {
                put_member(&mut document, &pointer, secret);
            }
        }
        if D::HAS_DEFAULT {
            put_member(
                &mut document,
                "/default",
                row.get::<bool>("is_default")?.into(),
            );
        }
        let document = serde_json::from_value(document)
            .map_err(|_| StoreError::inconsistent("a document is not of its kind"))?;
        Ok(Object {
            id,
            environment_id: row.parse("environment_id", EnvironmentId::parse)?,
            parent: row.get("parent_id")?,
            document,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            version: row.get("version")?,
        })
    }

    /// The document without its secrets, and those sealed.
    fn written(
        &self,
        object: &Object<D>,
        random: &dyn Random,
    ) -> Result<(String, Option<String>), StoreError> {
        let mut document = to_json(&object.document)?;
        let mut secrets = take_secrets::<D>(&mut document);
        secrets.extend(take_members(&mut document, D::SEALED));
        let sealed = if secrets.is_empty() {
            None
        } else {
            let secrets = Value::Object(secrets).to_string();
            Some(
                self.keyring
                    .seal(&context(object.id), secrets.as_bytes(), random),
            )
        };
        Ok((document.to_string(), sealed))
    }
}

/// Where the secrets of an object are sealed for.
fn context(id: Uuid) -> String {
    format!("configuration_objects.sealed:{id}")
}
