//! What objects refer to: kept beside them, so that nothing is deleted that something refers to, and
//! nothing is written that refers to what is gone.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use db::{Reader, Statement, StoreError};
use protocol::id::EnvironmentId;
use uuid::Uuid;

use super::{Document, ONE_AT_A_TIME};
use crate::stores::change::Change;
use crate::stores::record::Columns;

/// One statement looks for so many ids at most.
const MOST_AT_ONCE: usize = 500;

const DROP_REFERENCES: &str = "DELETE FROM object_references WHERE from_id = $1";

/// That a member of an object names another object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    /// The member.
    pub(crate) member: &'static str,
    /// Where the other one is.
    pub(crate) target: Target,
    /// The other one.
    pub(crate) id: Uuid,
}

/// Where something is that objects refer to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A configuration object of this kind.
    Kind(&'static str),
    /// A row of this table of resources.
    Table(&'static str),
}

impl Target {
    /// The table, and the kind where the table holds several.
    fn place(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Kind(kind) => ("configuration_objects", Some(kind)),
            Self::Table(table) => (table, None),
        }
    }
}

impl Reference {
    /// That a member names a configuration object.
    pub(crate) fn to_object<D: Document>(member: &'static str, id: Uuid) -> Self {
        Self {
            member,
            target: Target::Kind(D::EVENTS.kind),
            id,
        }
    }

    /// That a member names a row of a table.
    pub(crate) fn to_row<C: Columns>(member: &'static str, id: impl Into<Uuid>) -> Self {
        Self {
            member,
            target: Target::Table(C::TABLE),
            id: id.into(),
        }
    }

    /// `SELECT` of what it names; `select` is the list of columns.
    fn select(&self, select: Statement, environment: EnvironmentId) -> Statement {
        let (table, kind) = self.target.place();
        let select = select
            .push(" FROM ")
            .push(table)
            .push(" WHERE environment_id = ")
            .push_bind(environment.as_uuid())
            .push(" AND id = ")
            .push_bind(self.id);
        match kind {
            Some(kind) => select.push(" AND kind = ").push_bind(kind),
            None => select,
        }
    }

    /// Whether there is what it names.
    pub(crate) async fn holds(
        &self,
        db: &Reader,
        environment: EnvironmentId,
    ) -> Result<bool, StoreError> {
        let found = db.read_optional(self.select(Statement::new("SELECT id"), environment));
        let found = found
            .await
            .map_err(StoreError::during("follow a reference"))?;
        Ok(found.is_some())
    }

    fn insert(&self, environment: EnvironmentId, from: Uuid) -> Statement {
        let insert = "INSERT INTO object_references (environment_id, from_id, to_id) SELECT CAST(";
        let select = Statement::new(insert)
            .push_bind(environment.as_uuid())
            .push(" AS TEXT), CAST(")
            .push_bind(from)
            .push(" AS TEXT), id");
        self.select(select, environment)
    }
}

/// Writes down what something refers to, in the place of what it referred to before. Unless all of
/// it is there, the requirement is not met.
pub(crate) fn refer(environment: EnvironmentId, from: Uuid, references: &[Reference]) -> Change {
    let drop = Statement::new(DROP_REFERENCES).bind(from);
    if references.is_empty() {
        return Change::of(drop);
    }
    let hold = Statement::new(ONE_AT_A_TIME).bind(environment.as_uuid());
    let mut known = Vec::new();
    let mut change = Change::of(hold).add(drop);
    for reference in references {
        // Two members may name the same object.
        if !known.contains(&reference.id) {
            known.push(reference.id);
            change = change.require_one(reference.insert(environment, from));
        }
    }
    change
}

/// Which of these are there, and in which environment.
pub(crate) async fn there(
    db: &Reader,
    named: &[Reference],
) -> Result<HashSet<(EnvironmentId, Uuid)>, StoreError> {
    let mut ids: BTreeMap<_, BTreeSet<Uuid>> = BTreeMap::new();
    for reference in named {
        let of_target = ids.entry(reference.target.place()).or_default();
        of_target.insert(reference.id);
    }
    let mut there = HashSet::new();
    for ((table, kind), ids) in ids {
        let ids: Vec<_> = ids.into_iter().collect();
        for ids in ids.chunks(MOST_AT_ONCE) {
            let select = Statement::new("SELECT id, environment_id FROM ").push(table);
            let mut select = select.push(" WHERE id IN (NULL");
            for id in ids {
                select = select.push(", ").push_bind(*id);
            }
            let select = match kind {
                Some(kind) => select.push(") AND kind = ").push_bind(kind),
                None => select.push(")"),
            };
            let rows = db.read(select).await;
            for row in &rows.map_err(StoreError::during("follow references"))? {
                let environment = EnvironmentId::from_uuid(row.get("environment_id")?);
                there.insert((environment, row.get("id")?));
            }
        }
    }
    Ok(there)
}
