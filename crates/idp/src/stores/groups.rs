//! Groups, their members, and how they are nested.

use std::fmt;

use db::{Row, Statement, StoreError};
use protocol::id::{EnvironmentId, GroupId, PopulationId, UserId};
use protocol::pingone::NewGroup;
use uuid::Uuid;

use super::change::Change;
use super::filter_sql::{Attribute, push_condition, push_populations};
use super::fold;
use super::record::{Columns as _, Events, Record, Table, columns, events};

/// How many groups one path of nested groups holds at most, and so how deep a look-up goes.
pub(crate) const MOST_LEVELS: i64 = 10;

/// How many groups a user or a group is a direct member of at most.
pub(crate) const MOST_MEMBERSHIPS: i64 = 500;

columns! {
    /// A group as the database keeps it.
    #[derive(Clone, Debug)]
    pub(crate) struct StoredGroup in "groups" by GroupId {
        population_id: Option<PopulationId>,
        /// What it was made with, as it goes over the wire.
        wire: NewGroup = json "document",
        /// How many users are members by themselves.
        users: i64 = computed "(SELECT COUNT(*) FROM group_members WHERE group_id = groups.id)",
    }
}

impl Record for StoredGroup {
    const EVENTS: Events = events!("GROUP");
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::exact("id", "id"),
        Attribute::text("name", "name_key"),
        Attribute::exact("population.id", "population_id"),
        Attribute::exact("externalId", "external_id"),
    ];
    const POPULATION: Option<&'static str> = Some("population_id");

    fn name(&self) -> &str {
        &self.wire.name
    }

    fn population(&self) -> Option<PopulationId> {
        self.population_id
    }

    fn keys(&self) -> Vec<(&'static str, db::Value)> {
        vec![
            ("name_key", fold(&self.wire.name).into()),
            ("external_id", self.wire.external_id.as_ref().into()),
            ("user_filter", self.wire.user_filter.as_ref().into()),
        ]
    }
}

/// Who is a member of groups: a user, or a group that is nested in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Group(GroupId),
    User(UserId),
}

impl Member {
    fn id(self) -> Uuid {
        match self {
            Self::Group(id) => id.as_uuid(),
            Self::User(id) => id.as_uuid(),
        }
    }
}

/// That somebody is a member of a group.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) group: StoredGroup,
    /// Whether by itself; otherwise through nested groups or by a rule alone.
    pub(crate) is_direct: bool,
}

/// The groups that a user (`$1`) is a member of, `reached`.
const REACHED_BY_USER: &str = "\
WITH RECURSIVE reached (id) AS (
    SELECT group_id FROM group_members WHERE user_id = $1
     UNION
    SELECT nesting.parent_id
      FROM group_nesting AS nesting JOIN reached ON nesting.group_id = reached.id)
SELECT EXISTS (SELECT 1 FROM group_members
                WHERE user_id = $1 AND group_id = groups.id) AS is_direct, ";

/// The groups that a group (`$1`) is nested in, `reached`.
const REACHED_BY_GROUP: &str = "\
WITH RECURSIVE reached (id) AS (
    SELECT parent_id FROM group_nesting WHERE group_id = $1
     UNION
    SELECT nesting.parent_id
      FROM group_nesting AS nesting JOIN reached ON nesting.group_id = reached.id)
SELECT EXISTS (SELECT 1 FROM group_nesting
                WHERE group_id = $1 AND parent_id = groups.id) AS is_direct, ";

/// The users of a group (`$1`) and of all that are nested in it.
const COUNT_ALL_USERS: &str = "\
WITH RECURSIVE below (id) AS (
    SELECT CAST($1 AS TEXT)
     UNION
    SELECT nesting.group_id
      FROM group_nesting AS nesting JOIN below ON nesting.parent_id = below.id)
SELECT COUNT(DISTINCT user_id) AS users
  FROM group_members WHERE group_id IN (SELECT id FROM below)";

/// Only a user of the group's population becomes a member, and nobody of a group with a rule.
const ADD_USER: &str = "\
INSERT INTO group_members (group_id, user_id)
SELECT groups.id, users.id
  FROM groups JOIN users ON users.environment_id = groups.environment_id
 WHERE groups.id = $1 AND users.id = $2 AND groups.environment_id = $3
   AND groups.user_filter IS NULL
   AND (groups.population_id IS NULL OR groups.population_id = users.population_id)
   AND (SELECT COUNT(*) FROM group_members WHERE user_id = $2) < $4";

/// Neither a circle nor a path that is too long comes about, and only a group of the same
/// population is nested in a population's group.
const ADD_GROUP: &str = "\
WITH RECURSIVE above (id, level) AS (
    SELECT CAST($1 AS TEXT), CAST(1 AS BIGINT)
     UNION
    SELECT nesting.parent_id, above.level + 1
      FROM group_nesting AS nesting JOIN above ON nesting.group_id = above.id
), below (id, level) AS (
    SELECT CAST($2 AS TEXT), CAST(1 AS BIGINT)
     UNION
    SELECT nesting.group_id, below.level + 1
      FROM group_nesting AS nesting JOIN below ON nesting.parent_id = below.id
)
INSERT INTO group_nesting (group_id, parent_id)
SELECT child.id, parent.id
  FROM groups AS parent JOIN groups AS child ON child.environment_id = parent.environment_id
 WHERE parent.id = $1 AND child.id = $2 AND parent.environment_id = $3
   AND (parent.population_id IS NULL OR parent.population_id = child.population_id)
   AND (SELECT COUNT(*) FROM group_nesting WHERE group_id = $2) < $4
   AND NOT EXISTS (SELECT 1 FROM above WHERE above.id = $2)
   AND (SELECT MAX(level) FROM above) + (SELECT MAX(level) FROM below) <= $5";

/// Changes nothing, and holds up whoever nests groups of the environment at the same time: each
/// alone would find no circle, and both together would make one.
const ONE_AT_A_TIME: &str = "UPDATE environments SET updated_at = updated_at WHERE id = $1";

const REMOVE_USER: &str = "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2";

const REMOVE_GROUP: &str = "DELETE FROM group_nesting WHERE parent_id = $1 AND group_id = $2";

const LEAVE_POPULATIONS: &str = "\
DELETE FROM group_members
 WHERE user_id = $1
   AND group_id IN (SELECT id FROM groups
                     WHERE population_id IS NOT NULL AND population_id <> $2)";

/// The groups of all environments.
pub(crate) type Groups<'a> = Table<'a, StoredGroup>;

/// What a page of memberships is asked for with.
pub(crate) struct MembershipSearch<'a> {
    pub(crate) environment: EnvironmentId,
    pub(crate) member: Member,
    /// Checked against the attributes of a group.
    pub(crate) filter: Option<&'a protocol::scim::Filter>,
    /// Only groups of these populations; `None` for all.
    pub(crate) populations: Option<&'a [PopulationId]>,
    /// The id of the last group of the page before.
    pub(crate) after: &'a str,
    pub(crate) limit: u32,
}

impl fmt::Debug for MembershipSearch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MembershipSearch")
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}

impl Groups<'_> {
    /// How many users are members of a group, by themselves or through groups nested in it.
    pub(crate) async fn count_all_users(&self, id: GroupId) -> Result<i64, StoreError> {
        let count = Statement::new(COUNT_ALL_USERS).bind(id.as_uuid()).scan();
        let row = self.db().read_optional(count).await;
        match row.map_err(StoreError::during("count the members of a group"))? {
            Some(row) => row.get("users"),
            None => Ok(0),
        }
    }

    /// The groups that somebody is a member of, by id.
    pub(crate) async fn memberships(
        &self,
        search: MembershipSearch<'_>,
    ) -> Result<Vec<Membership>, StoreError> {
        let select = memberships(search.member, search.environment)
            .push(" AND id > ")
            .push_bind(search.after);
        let select = match search.filter {
            Some(filter) => push_condition(select.push(" AND "), filter, StoredGroup::ATTRIBUTES),
            None => select,
        };
        let select = match search.populations {
            Some(populations) => push_populations(select, "population_id", populations),
            None => select,
        };
        let select = select.push(" ORDER BY id LIMIT ").push_bind(search.limit);
        let rows = self.db().read(select).await;
        let rows = rows.map_err(StoreError::during("look memberships up"))?;
        rows.iter().map(membership).collect()
    }

    /// All groups that a user is a member of, by name.
    pub(crate) async fn of_user(
        &self,
        environment: EnvironmentId,
        user: UserId,
    ) -> Result<Vec<StoredGroup>, StoreError> {
        let select = memberships(Member::User(user), environment).push(" ORDER BY name_key, id");
        let rows = self.db().read(select).await;
        let rows = rows.map_err(StoreError::during("look memberships up"))?;
        rows.iter().map(StoredGroup::from_row).collect()
    }

    /// Whether and how somebody is a member of a group.
    pub(crate) async fn find_membership(
        &self,
        environment: EnvironmentId,
        member: Member,
        group: GroupId,
    ) -> Result<Option<Membership>, StoreError> {
        let find = memberships(member, environment)
            .push(" AND id = ")
            .push_bind(group.as_uuid());
        let row = self.db().read_optional(find).await;
        let row = row.map_err(StoreError::during("look a membership up"))?;
        row.as_ref().map(membership).transpose()
    }

    /// Makes somebody a member of a group; the requirement is met when the group's population, the
    /// number of memberships, and for a group the nesting allow it.
    pub(crate) fn add_member(group: &StoredGroup, member: Member) -> Change {
        let (sql, change) = match member {
            Member::User(_) => (ADD_USER, Change::new()),
            Member::Group(_) => {
                let environment = group.environment_id.as_uuid();
                let wait = Statement::new(ONE_AT_A_TIME).bind(environment);
                (ADD_GROUP, Change::new().add(wait))
            }
        };
        let add = Statement::new(sql)
            .bind(group.id.as_uuid())
            .bind(member.id())
            .bind(group.environment_id.as_uuid())
            .bind(MOST_MEMBERSHIPS);
        change.require_one(match member {
            Member::User(_) => add,
            Member::Group(_) => add.bind(MOST_LEVELS),
        })
    }

    /// Ends a direct membership; the requirement is met when there is one.
    pub(crate) fn remove_member(group: &StoredGroup, member: Member) -> Change {
        let sql = match member {
            Member::User(_) => REMOVE_USER,
            Member::Group(_) => REMOVE_GROUP,
        };
        let remove = Statement::new(sql)
            .bind(group.id.as_uuid())
            .bind(member.id());
        Change::new().require_one(remove)
    }

    /// The statement by which a user who moves leaves the groups of other populations.
    pub(crate) fn leave_other_populations(user: UserId, population: PopulationId) -> Statement {
        Statement::new(LEAVE_POPULATIONS)
            .bind(user.as_uuid())
            .bind(population.as_uuid())
    }
}

/// The beginning of a statement that gives memberships.
fn memberships(member: Member, environment: EnvironmentId) -> Statement {
    let reached = match member {
        Member::Group(_) => REACHED_BY_GROUP,
        Member::User(_) => REACHED_BY_USER,
    };
    Statement::new(reached)
        .push(StoredGroup::LIST)
        .bind(member.id())
        .push(" FROM groups WHERE id IN (SELECT id FROM reached) AND environment_id = ")
        .push_bind(environment.as_uuid())
}

fn membership(row: &Row) -> Result<Membership, StoreError> {
    let group = StoredGroup::from_row(row)?;
    let is_direct = row.get::<bool>("is_direct")? && group.wire.user_filter.is_none();
    Ok(Membership { group, is_direct })
}

/// Appends a statement that gives the ids of the members of a group, nested groups' among them.
///
/// Where there are `populations`, a group that is not one of theirs is like one that is not there.
pub(super) fn push_members(
    statement: Statement,
    group: &str,
    populations: Option<&[PopulationId]>,
) -> Statement {
    let mut statement = statement
        .push(
            "SELECT members.user_id FROM group_members AS members WHERE members.group_id IN (\
             WITH RECURSIVE below (id) AS (SELECT named.id FROM groups AS named WHERE named.id = ",
        )
        .push_bind(group.to_ascii_lowercase());
    if let Some(populations) = populations {
        statement = statement.push(" AND named.population_id IN (NULL");
        for population in populations {
            statement = statement.push(", ").push_bind(population.as_uuid());
        }
        statement = statement.push(")");
    }
    statement.push(
        " UNION SELECT nesting.group_id FROM group_nesting AS nesting \
             JOIN below ON nesting.parent_id = below.id) SELECT below.id FROM below)",
    )
}

#[cfg(test)]
mod tests {
    use db::Db;
    use protocol::SeededRandom;
    use protocol::scim::Filter;

    use super::*;
    use crate::stores::MIGRATIONS;
    use crate::stores::populations::Populations;

    #[tokio::test]
    async fn no_group_is_read_that_the_filter_does_not_name() {
        let db = Db::sqlite_in_memory().unwrap();
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let environment = EnvironmentId::random(&SeededRandom::new(1));
        for text in [r#"name eq "crew""#, r#"externalId eq "7""#, r#"id eq "7""#] {
            let filter = Filter::parse(text).unwrap();
            let explain = "EXPLAIN QUERY PLAN ";
            let page =
                Groups::one_page(explain, environment, Some(&filter), ("", ""), 101, |all| {
                    all
                });
            let plan = db.read(page).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail").unwrap()).collect();
            let read_all = "(environment_id=? AND id>?)";
            assert!(
                !plan.iter().any(|step| step.ends_with(read_all)),
                "{text}: {plan:#?}"
            );
        }
    }

    /// By a beginning, each table is led by the index of its names, from the beginning to where it
    /// ends, in the order of the page.
    #[tokio::test]
    async fn nothing_is_read_that_does_not_begin_as_the_filter_says() {
        let db = Db::sqlite_in_memory().unwrap();
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let environment = EnvironmentId::random(&SeededRandom::new(1));
        let explain = "EXPLAIN QUERY PLAN ";
        let filter = Filter::parse(r#"name sw "cr""#).unwrap();
        let filter = Some(&filter);
        for after in [("", ""), ("crew", "7")] {
            let pages = [
                Groups::one_page(explain, environment, filter, after, 101, |all| all),
                Populations::one_page(explain, environment, filter, after, 101, |all| all),
            ];
            for page in pages {
                let plan = db.read(page).await.unwrap();
                let plan: Vec<String> = plan.iter().map(|row| row.get("detail").unwrap()).collect();
                let leads = |step: &String| {
                    step.contains("_by_name (environment_id=? AND ")
                        && (step.contains("(name_key,id)>(?,?)") || step.contains("name_key>?"))
                        && step.contains("name_key<?")
                };
                let sorts = |step: &String| step.contains("TEMP B-TREE");
                assert!(plan.iter().any(leads), "{plan:#?}");
                assert!(!plan.iter().any(sorts), "{plan:#?}");
            }
        }
    }
}
