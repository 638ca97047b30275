//! What tables of resources have in common: one row per resource, inside an environment.
//!
//! [`columns!`] says once what a row is; reading it, the list of its columns and writing it follow
//! from that. What is particular to a table – a join, a condition, a transition – is SQL in the
//! table's own file.

use std::marker::PhantomData;

use db::{Reader, Row, Statement, StoreError, Value};
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, Id, OrganizationId, PopulationId, UserId};
use protocol::scim::Filter;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::change::Change;
use super::dependents::{drop_below, require_unreferenced};
use super::filter_sql::{Attribute, Beginning, push_condition};

/// A row as [`columns!`] declares it.
pub(crate) trait Columns: Sized + Send + Sync + 'static {
    /// The type of its id.
    type Id: Id;
    /// The table.
    const TABLE: &'static str;
    /// What a `SELECT` lists.
    const LIST: &'static str;
    /// `SELECT … FROM … WHERE environment_id = `.
    const SELECT: &'static str;
    /// What is said of a read that failed.
    const READ: &'static str;

    /// Its id.
    fn id(&self) -> Self::Id;
    /// The environment that it is in.
    fn environment_id(&self) -> EnvironmentId;
    /// When it was made.
    fn created_at(&self) -> Timestamp;
    /// When it was last changed.
    fn updated_at(&self) -> Timestamp;
    /// Reads a row that has the columns of [`LIST`](Self::LIST).
    fn from_row(row: &Row) -> Result<Self, StoreError>;
    /// The columns that are written, but for the keys of [`Record::keys`].
    fn values(&self) -> Result<Vec<(&'static str, Value)>, StoreError>;
}

/// A resource in a table of its own.
pub(crate) trait Record: Columns {
    /// What the audit log calls it, and what happens to it.
    const EVENTS: Events;
    /// What filters of its collection know.
    const ATTRIBUTES: &'static [Attribute] = &[];
    /// By which column a list is ordered that is given whole.
    const ORDER: &'static str = "name_key";
    /// The member that must be unique.
    const UNIQUE: &'static str = "name";
    /// Whether one in each environment is the default, which the column `is_default` tells. A new
    /// one takes the place of the old one.
    const HAS_DEFAULT: bool = false;
    /// Whether what is kept in memory of many others depends on it: a change empties all that.
    const IS_CACHED: bool = false;
    /// The column with the population that it belongs to, where roles can be for populations.
    const POPULATION: Option<&'static str> = None;
    /// What must hold of a row besides, so that it can be deleted; `$1` is its id and `$2` its
    /// environment.
    const DELETABLE: &'static str = "";

    /// Selects the rows that go with one, of which `$1` is the id.
    const TAKES_ALONG: Option<&'static str> = None;

    /// What the audit log calls this one.
    fn name(&self) -> &str;

    /// The population that it belongs to.
    fn population(&self) -> Option<PopulationId> {
        None
    }

    /// Whether it is the default.
    fn is_default(&self) -> bool {
        false
    }

    /// Columns that repeat something of it in the form in which it is compared.
    fn keys(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
}

/// What the audit log calls a resource and the three things that happen to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Events {
    pub(crate) kind: &'static str,
    pub(crate) created: &'static str,
    pub(crate) updated: &'static str,
    pub(crate) deleted: &'static str,
}

/// The [`Events`] of a kind.
macro_rules! events {
    ($kind:literal) => {
        $crate::stores::record::Events {
            kind: $kind,
            created: concat!($kind, ".CREATED"),
            updated: concat!($kind, ".UPDATED"),
            deleted: concat!($kind, ".DELETED"),
        }
    };
}
pub(crate) use events;

/// Declares a row: `id`, `environment_id`, `created_at` and `updated_at`, and between them a column
/// for each field. A field may be kept as JSON (`= json "column"`) or be computed by the database
/// (`= computed "(SELECT …)"`).
macro_rules! columns {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:literal by $id:ident {
            $($(#[$field_meta:meta])* $field:ident: $type:ty $(= $how:ident $text:literal)?,)*
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $vis id: $id,
            $vis environment_id: protocol::id::EnvironmentId,
            $($(#[$field_meta])* $vis $field: $type,)*
            $vis created_at: jiff::Timestamp,
            $vis updated_at: jiff::Timestamp,
        }

        impl $crate::stores::record::Column for $id {
            fn read_optional(
                row: &db::Row,
                name: &str,
            ) -> Result<Option<Self>, db::StoreError> {
                row.parse_optional(name, Self::parse)
            }

            fn value(&self) -> db::Value {
                self.as_uuid().into()
            }
        }

        impl $crate::stores::record::Columns for $name {
            type Id = $id;
            const TABLE: &'static str = $table;
            const LIST: &'static str = concat!(
                "id, environment_id, ",
                $($crate::stores::record::columns!(@list $field $($how $text)?), ", ",)*
                "created_at, updated_at"
            );
            const SELECT: &'static str = concat!(
                "SELECT id, environment_id, ",
                $($crate::stores::record::columns!(@list $field $($how $text)?), ", ",)*
                "created_at, updated_at FROM ", $table, " WHERE environment_id = "
            );
            const READ: &'static str = concat!("read ", $table);

            fn id(&self) -> $id {
                self.id
            }

            fn environment_id(&self) -> protocol::id::EnvironmentId {
                self.environment_id
            }

            fn created_at(&self) -> jiff::Timestamp {
                self.created_at
            }

            fn updated_at(&self) -> jiff::Timestamp {
                self.updated_at
            }

            fn from_row(row: &db::Row) -> Result<Self, db::StoreError> {
                use $crate::stores::record::Column as _;
                Ok(Self {
                    id: <$id>::read(row, "id")?,
                    environment_id: protocol::id::EnvironmentId::read(row, "environment_id")?,
                    $($field: $crate::stores::record::columns!(
                        @read row $field $type $(, $how $text)?
                    ),)*
                    created_at: row.get("created_at")?,
                    updated_at: row.get("updated_at")?,
                })
            }

            fn values(&self) -> Result<Vec<(&'static str, db::Value)>, db::StoreError> {
                use $crate::stores::record::Column as _;
                let mut values = vec![
                    ("id", self.id.value()),
                    ("environment_id", self.environment_id.value()),
                ];
                $($crate::stores::record::columns!(
                    @write values self.$field, $field $($how $text)?
                );)*
                values.push(("created_at", self.created_at.value()));
                values.push(("updated_at", self.updated_at.value()));
                Ok(values)
            }
        }
    };
    (@list $field:ident) => { stringify!($field) };
    (@list $field:ident json $column:literal) => { $column };
    (@list $field:ident computed $sql:literal) => { concat!($sql, " AS ", stringify!($field)) };
    (@read $row:ident $field:ident $type:ty) => {
        <$type>::read($row, stringify!($field))?
    };
    (@read $row:ident $field:ident $type:ty, json $column:literal) => {
        $crate::stores::record::read_json($row, $column)?
    };
    (@read $row:ident $field:ident $type:ty, computed $sql:literal) => {
        <$type>::read($row, stringify!($field))?
    };
    (@write $values:ident $value:expr, $field:ident) => {
        $values.push((stringify!($field), $value.value()))
    };
    (@write $values:ident $value:expr, $field:ident json $column:literal) => {
        $values.push(($column, $crate::stores::record::json(&$value)?))
    };
    (@write $values:ident $value:expr, $field:ident computed $sql:literal) => {};
}
pub(crate) use columns;

/// What one column holds.
pub(crate) trait Column: Sized {
    /// Reads it; null is `None`.
    fn read_optional(row: &Row, name: &str) -> Result<Option<Self>, StoreError>;

    /// What is written.
    fn value(&self) -> Value;

    /// Reads it where it cannot be null.
    fn read(row: &Row, name: &str) -> Result<Self, StoreError> {
        let value = Self::read_optional(row, name)?;
        value.ok_or_else(|| StoreError::inconsistent("a column that must hold something is null"))
    }
}

impl Column for String {
    fn read_optional(row: &Row, name: &str) -> Result<Option<Self>, StoreError> {
        row.get(name)
    }

    fn value(&self) -> Value {
        self.as_str().into()
    }
}

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Column for $type {
            fn read_optional(row: &Row, name: &str) -> Result<Option<Self>, StoreError> {
                row.get(name)
            }

            fn value(&self) -> Value {
                (*self).into()
            }
        }
    )+};
}

plain! { Timestamp, Uuid, bool, i64 }

/// The ids of what is no [`Record`]; a record's own id is a column by [`columns!`].
macro_rules! ids {
    ($($type:ty),+) => {$(
        impl Column for $type {
            fn read_optional(row: &Row, name: &str) -> Result<Option<Self>, StoreError> {
                row.parse_optional(name, Self::parse)
            }

            fn value(&self) -> Value {
                self.as_uuid().into()
            }
        }
    )+};
}

ids! { ApplicationId, EnvironmentId, OrganizationId, UserId }

impl<T: Column> Column for Option<T> {
    fn read_optional(row: &Row, name: &str) -> Result<Option<Self>, StoreError> {
        Self::read(row, name).map(Some)
    }

    fn read(row: &Row, name: &str) -> Result<Self, StoreError> {
        T::read_optional(row, name)
    }

    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::value)
    }
}

/// Reads a column that holds JSON.
pub(crate) fn read_json<T: DeserializeOwned>(row: &Row, name: &str) -> Result<T, StoreError> {
    row.parse(name, |text| serde_json::from_str(text))
}

/// What a column that holds JSON is written with.
pub(crate) fn json<T: Serialize>(document: &T) -> Result<Value, StoreError> {
    let text = serde_json::to_string(document);
    text.map(Value::from)
        .map_err(|_| StoreError::inconsistent("a document cannot be written as JSON"))
}

/// The records of a table, of all environments.
#[derive(Debug)]
pub(crate) struct Table<'a, R> {
    db: &'a Reader,
    record: PhantomData<fn() -> R>,
}

impl<'a, R> Table<'a, R> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self {
            db,
            record: PhantomData,
        }
    }

    pub(super) fn db(&self) -> &'a Reader {
        self.db
    }
}

impl<R: Record> Table<'_, R> {
    /// A record of the environment.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: R::Id,
    ) -> Result<Option<R>, StoreError> {
        self.find_where(environment, |select| {
            select.push(" AND id = ").push_bind(id.into())
        })
        .await
    }

    /// The record of the environment for which the condition holds that `restrict` adds.
    pub(crate) async fn find_where(
        &self,
        environment: EnvironmentId,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Result<Option<R>, StoreError> {
        let find = Statement::new(R::SELECT).push_bind(environment.as_uuid());
        let row = self.db.read_optional(restrict(find)).await;
        let row = row.map_err(StoreError::during(R::READ))?;
        row.as_ref().map(R::from_row).transpose()
    }

    /// All records of the environment for which the conditions hold that `restrict` adds.
    pub(crate) async fn list(
        &self,
        environment: EnvironmentId,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Result<Vec<R>, StoreError> {
        let select = Statement::new(R::SELECT).push_bind(environment.as_uuid());
        let select = restrict(select).push(" ORDER BY ").push(R::ORDER);
        let rows = self.db.read(select).await;
        let rows = rows.map_err(StoreError::during(R::READ))?;
        rows.iter().map(R::from_row).collect()
    }

    /// At most `limit` records that a filter finds, behind a [position](Self::position); `restrict`
    /// adds conditions.
    pub(crate) async fn page(
        &self,
        environment: EnvironmentId,
        filter: Option<&Filter>,
        after: (&str, &str),
        limit: u32,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Result<Vec<R>, StoreError> {
        let page = Self::one_page("", environment, filter, after, limit, restrict);
        let rows = self.db.read(page);
        let rows = rows.await.map_err(StoreError::during(R::READ))?;
        rows.iter().map(R::from_row).collect()
    }

    /// The statement that reads a page; `prefix` is for `EXPLAIN`.
    pub(super) fn one_page(
        prefix: &'static str,
        environment: EnvironmentId,
        filter: Option<&Filter>,
        after: (&str, &str),
        limit: u32,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Statement {
        let select = Statement::new(prefix)
            .push(R::SELECT)
            .push_bind(environment.as_uuid());
        let beginning = filter.and_then(|filter| Beginning::of(filter, R::ATTRIBUTES));
        let select = if let Some(beginning) = beginning {
            let select = restrict(beginning.push(select, after, R::ATTRIBUTES));
            let select = select.push(" ORDER BY ").push(beginning.column);
            select.push(", id LIMIT ")
        } else {
            let select = select.push(" AND id > ").push_bind(after.1);
            let select = match filter {
                Some(filter) => push_condition(select.push(" AND "), filter, R::ATTRIBUTES),
                None => select,
            };
            restrict(select).push(" ORDER BY id LIMIT ")
        };
        select.push_bind(limit)
    }

    /// Where a record stands among those that a filter finds: what it was found by, and its id.
    pub(crate) fn position(filter: Option<&Filter>, record: &R) -> (String, String) {
        let beginning = filter.and_then(|filter| Beginning::of(filter, R::ATTRIBUTES));
        let keys = record.keys().into_iter();
        let key = beginning.and_then(|beginning| {
            let mut keys = keys.filter(|(column, _)| *column == beginning.column);
            match keys.next() {
                Some((_, Value::Text(key))) => Some(key),
                Some(_) | None => None,
            }
        });
        (key.unwrap_or_default(), record.id().to_string())
    }

    /// Adds a record.
    pub(crate) fn insert(record: &R) -> Result<Change, StoreError> {
        let columns = Self::columns(record)?;
        let mut insert = Statement::new("INSERT INTO ").push(R::TABLE);
        for (position, (name, _)) in columns.iter().enumerate() {
            insert = insert
                .push(if position == 0 { " (" } else { ", " })
                .push(name);
        }
        for (position, (_, value)) in columns.into_iter().enumerate() {
            let separator = if position == 0 { ") VALUES (" } else { ", " };
            insert = insert.push(separator).push_bind(value);
        }
        Ok(Self::make_default(record).add(insert.push(")")))
    }

    /// Replaces a record.
    pub(crate) fn update(record: &R) -> Result<Change, StoreError> {
        const KEPT: [&str; 3] = ["id", "environment_id", "created_at"];
        let mut columns = Self::columns(record)?;
        columns.retain(|(name, _)| !KEPT.contains(name));
        let mut update = Statement::new("UPDATE ").push(R::TABLE);
        for (position, (name, value)) in columns.into_iter().enumerate() {
            let separator = if position == 0 { " SET " } else { ", " };
            update = update
                .push(separator)
                .push(name)
                .push(" = ")
                .push_bind(value);
        }
        let update = update
            .push(" WHERE id = ")
            .push_bind(record.id().into())
            .push(" AND environment_id = ")
            .push_bind(record.environment_id().as_uuid());
        Ok(Self::touch(Self::make_default(record).require_one(update)))
    }

    /// Deletes a record; unless it may be deleted, the requirement is not met.
    pub(crate) fn delete(record: &R) -> Change {
        let delete = Statement::new("DELETE FROM ")
            .push(R::TABLE)
            .push(" WHERE id = ")
            .push_bind(record.id().into())
            .push(" AND environment_id = ")
            .push_bind(record.environment_id().as_uuid())
            .push(R::DELETABLE);
        let (environment, id) = (record.environment_id(), record.id().into());
        let unreferenced = require_unreferenced(environment, id, R::TAKES_ALONG);
        let change = Change::of_one(unreferenced).add_all(drop_below(id));
        Self::touch(change.require_one(delete))
    }

    fn touch(change: Change) -> Change {
        if R::IS_CACHED {
            change.touching_everything()
        } else {
            change
        }
    }

    fn columns(record: &R) -> Result<Vec<(&'static str, Value)>, StoreError> {
        let mut columns = record.values()?;
        columns.extend(record.keys());
        Ok(columns)
    }

    /// Takes the place of the environment's default.
    fn make_default(record: &R) -> Change {
        if !(R::HAS_DEFAULT && record.is_default()) {
            return Change::new();
        }
        let clear = Statement::new("UPDATE ")
            .push(R::TABLE)
            .push(" SET is_default = FALSE WHERE is_default AND environment_id = ")
            .push_bind(record.environment_id().as_uuid())
            .push(" AND id <> ")
            .push_bind(record.id().into());
        Change::new().add(clear)
    }
}
