//! The keys of stored names that an earlier rule of comparison made, and what brings them to the
//! present one ([`fold`]).
//!
//! A key of the earlier rule (compatibility-composed, lower case) has what the present one needs:
//! folding it gives the key of the name itself, so no document is read.

use db::{Reader, Row, Statement, StoreError};

use super::change::Change;
use super::fold;
use super::users::LONGEST_FILTERABLE;

/// The present rule. Whoever changes what [`fold`] gives names it anew.
const RULE: &str = "unicode-case-folding";

/// Rows that are read at a time.
pub(crate) const BATCH_ROWS: u32 = 500;

const IS_NOTED: &str = "SELECT rule FROM name_rules WHERE rule = $1";

const NOTE: &str = "INSERT INTO name_rules (rule) VALUES ($1) ON CONFLICT (rule) DO NOTHING";

/// A table whose rows have one key each.
pub(crate) struct Keyed {
    pub(crate) table: &'static str,
    page: &'static str,
    update: &'static str,
}

macro_rules! keyed {
    ($table:literal, $column:literal) => {
        Keyed {
            table: $table,
            page: concat!(
                "SELECT id, ",
                $column,
                " AS name_key FROM ",
                $table,
                " WHERE id > $1 ORDER BY id LIMIT $2"
            ),
            update: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $3 WHERE id = $1 AND ",
                $column,
                " = $2"
            ),
        }
    };
}

pub(crate) const USERS: Keyed = keyed!("users", "username_key");

pub(crate) const OTHERS: [Keyed; 6] = [
    keyed!("environments", "name_key"),
    keyed!("password_policies", "name_key"),
    keyed!("populations", "name_key"),
    keyed!("applications", "name_key"),
    keyed!("resources", "name_key"),
    keyed!("groups", "name_key"),
];

/// The attributes of the users of one batch.
const ATTRIBUTES: &str = "\
SELECT environment_id, name, value_key, user_id FROM user_attributes
 WHERE user_id > $1 AND user_id <= $2";

const INSERT_ATTRIBUTE: &str = "\
INSERT INTO user_attributes (environment_id, name, value_key, user_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (environment_id, name, value_key, user_id) DO NOTHING";

const DELETE_ATTRIBUTE: &str = "\
DELETE FROM user_attributes
 WHERE environment_id = $1 AND name = $2 AND value_key = $3 AND user_id = $4";

/// A batch of rows of one table.
pub(crate) struct Page {
    /// The id of its last row.
    pub(crate) last: String,
    /// The rows with another key than the present rule gives, and what gives them that one. A row
    /// whose new key another one has already is a unique violation.
    pub(crate) outdated: Vec<(String, Change)>,
}

/// The keys of names in all tables.
#[derive(Debug)]
pub(crate) struct NameKeys<'a>(&'a Reader);

impl<'a> NameKeys<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// Whether all keys were brought to the present rule before.
    pub(crate) async fn is_noted(&self) -> Result<bool, StoreError> {
        let noted = Statement::new(IS_NOTED).bind(RULE);
        Ok(self.0.read_optional(noted).await?.is_some())
    }

    /// Notes that they are.
    pub(crate) fn note() -> Change {
        Change::of(Statement::new(NOTE).bind(RULE))
    }

    /// The batch behind `after`; `None` when there is none.
    pub(crate) async fn outdated(
        &self,
        keyed: &Keyed,
        after: &str,
    ) -> Result<Option<Page>, StoreError> {
        let page = Statement::new(keyed.page).bind(after).bind(BATCH_ROWS);
        let (mut last, mut outdated) = (None, Vec::new());
        for row in self.0.read(page).await? {
            let (id, old): (String, String) = (row.get("id")?, row.get("name_key")?);
            let new = fold(&old);
            if new != old {
                let update = Statement::new(keyed.update).bind(id.as_str());
                outdated.push((id.clone(), Change::of(update.bind(old).bind(new))));
            }
            last = Some(id);
        }
        Ok(last.map(|last| Page { last, outdated }))
    }

    /// What gives the attributes of the users behind `after`, up to `last`, their present keys.
    pub(crate) async fn outdated_attributes(
        &self,
        after: &str,
        last: &str,
    ) -> Result<Vec<Change>, StoreError> {
        let attributes = Statement::new(ATTRIBUTES).bind(after).bind(last);
        let mut changes = Vec::new();
        for row in self.0.read(attributes).await? {
            let old: String = row.get("value_key")?;
            let new: String = fold(&old).chars().take(LONGEST_FILTERABLE).collect();
            if new != old {
                // Two values of one user may become one.
                let insert = with_key(&row, INSERT_ATTRIBUTE, new)?;
                let delete = with_key(&row, DELETE_ATTRIBUTE, old)?;
                changes.push(Change::of(insert).add(delete));
            }
        }
        Ok(changes)
    }
}

fn with_key(row: &Row, sql: &'static str, key: String) -> Result<Statement, StoreError> {
    Ok(Statement::new(sql)
        .bind(row.get::<String>("environment_id")?)
        .bind(row.get::<String>("name")?)
        .bind(key)
        .bind(row.get::<String>("user_id")?))
}
