//! Groups whose members are the users that meet a filter. Who is one is written down, so that every
//! look-up finds it like any other membership; each write of a user or of a rule brings it up to date.

use db::{Reader, Statement, StoreError};
use protocol::id::{EnvironmentId, GroupId};
use protocol::scim::Filter;

use super::change::Change;
use super::groups::StoredGroup;
use super::user_search::{Scope, push_condition};
use super::users::StoredUser;

/// How many groups of an environment have a rule at most: each write of a user goes through them.
pub(crate) const MOST_RULES: i64 = 100;

const OF_ENVIRONMENT: &str = "\
SELECT id, user_filter FROM groups
 WHERE environment_id = $1 AND user_filter IS NOT NULL ORDER BY id";

/// Holds up whoever writes members by rule in the environment at the same time, and touches no row
/// where there are too many rules already.
const HAS_ROOM: &str = "\
UPDATE environments SET updated_at = updated_at
 WHERE id = $1
   AND (SELECT COUNT(*) FROM groups
         WHERE environment_id = $1 AND user_filter IS NOT NULL AND id <> $2) < $3";

const ONE_AT_A_TIME: &str = "UPDATE environments SET updated_at = updated_at WHERE id = $1";

const CLEAR: &str = "DELETE FROM group_members WHERE group_id = $1";

const CLEAR_USER: &str = "\
DELETE FROM group_members
 WHERE user_id = $1
   AND group_id IN (SELECT id FROM groups WHERE environment_id = $2 AND user_filter IS NOT NULL)";

/// The rule of a group.
#[derive(Debug)]
pub(crate) struct Rule {
    group: GroupId,
    /// The filter as the group has it.
    text: String,
    filter: Filter,
}

/// The rules of an environment.
pub(crate) async fn of_environment(
    db: &Reader,
    environment: EnvironmentId,
) -> Result<Vec<Rule>, StoreError> {
    let select = Statement::new(OF_ENVIRONMENT).bind(environment.as_uuid());
    let rows = db.read(select).await;
    let rows = rows.map_err(StoreError::during("read the rules of groups"))?;
    let rule = |row: &db::Row| {
        let text: String = row.get("user_filter")?;
        let filter = Filter::parse(&text)
            .map_err(|_| StoreError::inconsistent("the rule of a group is no filter"))?;
        Ok(Rule {
            group: row.parse("id", GroupId::parse)?,
            text,
            filter,
        })
    };
    rows.iter().map(rule).collect()
}

/// Before a group with a rule is written: the requirement is met where there are not too many.
pub(crate) fn require_room(group: &StoredGroup) -> Change {
    Change::of_one(
        Statement::new(HAS_ROOM)
            .bind(group.environment_id.as_uuid())
            .bind(group.id.as_uuid())
            .bind(MOST_RULES),
    )
}

/// After a group was written: its members are those who meet its rule, and nobody where it lost it.
pub(crate) fn fill(group: &StoredGroup, rule: Option<&Filter>, custom: &[String]) -> Change {
    let clear = Change::of(Statement::new(CLEAR).bind(group.id.as_uuid()));
    let Some(filter) = rule else { return clear };
    let insert = members(group.id, group.environment_id, filter, custom);
    clear.add(insert)
}

/// After a user was written: of the groups with a rule, the user is in those whose rule is met.
pub(crate) fn place(user: &StoredUser, rules: &[Rule], custom: &[String]) -> Change {
    if rules.is_empty() {
        return Change::new();
    }
    let hold = Statement::new(ONE_AT_A_TIME).bind(user.environment_id.as_uuid());
    let clear = Statement::new(CLEAR_USER)
        .bind(user.id.as_uuid())
        .bind(user.environment_id.as_uuid());
    let inserts = rules.iter().map(|rule| {
        members(rule.group, user.environment_id, &rule.filter, custom)
            .push(" AND users.id = ")
            .push_bind(user.id.as_uuid())
            // Whoever changed the rule meanwhile looks at everybody.
            .push(" AND groups.user_filter = ")
            .push_bind(rule.text.as_str())
    });
    Change::of(hold).add(clear).add_all(inserts)
}

/// Makes everybody a member who meets a filter, of the group's population where it has one.
fn members(
    group: GroupId,
    environment: EnvironmentId,
    filter: &Filter,
    custom: &[String],
) -> Statement {
    let scope = Scope {
        environment,
        custom,
        populations: None,
    };
    let insert = Statement::new(
        "INSERT INTO group_members (group_id, user_id) SELECT groups.id, users.id \
           FROM groups JOIN users ON users.environment_id = groups.environment_id \
          WHERE (groups.population_id IS NULL OR groups.population_id = users.population_id) \
            AND groups.id = ",
    );
    let insert = insert.push_bind(group.as_uuid());
    let insert = insert
        .push(" AND users.environment_id = ")
        .push_bind(environment.as_uuid());
    // An address that somebody merely entered in the place of a proven one gets nobody anywhere.
    let insert = if names(filter, "email") {
        insert.push(" AND users.proven_email IS NULL")
    } else {
        insert
    };
    push_condition(insert.push(" AND "), filter, scope)
}

/// Whether a filter looks at an attribute.
fn names(filter: &Filter, attribute: &str) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| names(part, attribute)),
        Filter::Compare(comparison) => comparison.path.as_str().eq_ignore_ascii_case(attribute),
    }
}
