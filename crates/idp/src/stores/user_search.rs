//! Users found by a filter, page by page, at a cost that does not grow with their number.
//!
//! Four shapes of statement, so that an index always leads:
//!
//! - without a filter, and by state or population: users in order of their ids;
//! - by attributes joined with `and`: the rows of one attribute lead, in order of its values;
//! - by attributes joined with `or`: the ids that each alternative gives are put together first.
//!
//! By a group alone the cost grows with the number of its members.

use std::collections::HashMap;

use db::{Reader, Row, Statement, StoreError};
use protocol::id::{EnvironmentId, PopulationId, UserId};
use protocol::scim::{AttributeRule, AttributeRules, Comparison, Filter, Literal, Operator};

use super::filter_sql::{push_comparison, push_with, text_of};
use super::groups::push_members;
use super::passwords::{PasswordHash, StoredPassword};
use super::user_schemas::{AttributeType, UserSchema};
use super::users::StoredUser;

/// Attributes that `eq` and `sw` find, without regard to case.
const ATTRIBUTES: [&str; 24] = [
    "accountId",
    "address.countryCode",
    "address.locality",
    "address.postalCode",
    "address.region",
    "address.streetAddress",
    "email",
    "externalId",
    "locale",
    "mobilePhone",
    "name.family",
    "name.formatted",
    "name.given",
    "name.honorificPrefix",
    "name.honorificSuffix",
    "name.middle",
    "nickname",
    "photo.href",
    "preferredLanguage",
    "primaryPhone",
    "timezone",
    "title",
    "type",
    "username",
];

/// How many rows count as a few.
const SHORT_PAGE: u32 = 26;

/// What users can be filtered by (PingOne, "SCIM filters").
pub(crate) fn rules(schema: &UserSchema) -> AttributeRules {
    let attributes =
        ATTRIBUTES.map(|path| AttributeRule::text(path, &[Operator::Eq, Operator::Sw][..]));
    let rules = AttributeRules::new(attributes)
        .with(AttributeRule::exact("id", &[Operator::Eq][..]))
        .with(AttributeRule::exact(
            "memberOfGroups.id",
            &[Operator::Eq][..],
        ))
        .with(AttributeRule::exact("population.id", &[Operator::Eq][..]))
        .with(AttributeRule::boolean("enabled"));
    let texts = schema.custom().map(|one| &one.attribute);
    let texts = texts.filter(|one| one.attribute_type == AttributeType::String);
    texts.fold(rules, |rules, one| {
        // By the beginning, a user with several values would be found several times.
        let operators: &[Operator] = if one.multi_valued {
            &[Operator::Eq]
        } else {
            &[Operator::Eq, Operator::Sw]
        };
        rules.with(AttributeRule::text(one.name.clone(), operators))
    })
}

/// What rules can say by which users are members of a group: how they are, and not what they are
/// members of.
pub(crate) fn rules_of_groups(schema: &UserSchema) -> AttributeRules {
    const OPERATORS: &[Operator] = &[Operator::Eq, Operator::Sw, Operator::Ew, Operator::Co];
    let custom = schema.custom().map(|one| &one.attribute);
    let custom = custom.filter(|one| one.attribute_type == AttributeType::String);
    let custom = custom.map(|one| AttributeRule::text(one.name.clone(), OPERATORS));
    let attributes = ATTRIBUTES.map(|path| AttributeRule::text(path, OPERATORS));
    AttributeRules::new(attributes.into_iter().chain(custom))
        .with(AttributeRule::exact("population.id", &[Operator::Eq][..]))
        .with(AttributeRule::boolean("enabled"))
}

/// The names of the attributes that an operator added, which [`Search`] takes.
pub(crate) fn custom_names(schema: &UserSchema) -> Vec<String> {
    schema
        .custom()
        .map(|one| one.attribute.name.clone())
        .collect()
}

/// Which users are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    pub(crate) environment: EnvironmentId,
    /// Checked against [`rules`].
    pub(crate) filter: Option<&'a Filter>,
    /// The attributes besides PingOne's.
    pub(crate) custom: &'a [String],
    /// Only users of these, and groups; `None` means all.
    pub(crate) populations: Option<&'a [PopulationId]>,
    /// The position of the last user of the page before: value and id.
    pub(crate) after: (&'a str, &'a str),
    pub(crate) limit: u32,
}

/// What a search may see, and the attributes that there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) environment: EnvironmentId,
    pub(super) custom: &'a [String],
    pub(super) populations: Option<&'a [PopulationId]>,
}

/// A user and the value by which it was found, which is its place in the order.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) user: StoredUser,
    pub(crate) sort_key: String,
}

macro_rules! columns {
    ($key:literal) => {
        concat!(
            "SELECT users.id AS id, users.environment_id AS environment_id, population_id, \
             username, email, email_verified, enabled, locked_at, unlock_at, \
             verification_required, mfa_enabled, last_sign_on_at, last_sign_on_address, document, \
             proven_email, email_proven_at, verify_status, identity_provider, \
             version, created_at, updated_at, ",
            $key,
            " AS sort_key "
        )
    };
}

const BY_ID: &str = concat!(columns!("''"), "FROM users WHERE ");

const BY_ATTRIBUTE: &str = concat!(
    columns!("lead.value_key"),
    "FROM user_attributes AS lead JOIN users ON users.id = lead.user_id WHERE "
);

/// Keeps the planner from leading with the environment where something rarer leads.
const IN_ENVIRONMENT_UNINDEXED: &str = "users.environment_id || '' = ";

impl Search<'_> {
    /// The users, in an order in which the next page follows.
    pub(crate) async fn run(&self, db: &Reader) -> Result<Vec<Found>, StoreError> {
        let statement = self.statement("");
        let statement = if self.is_short() {
            statement
        } else {
            statement.scan()
        };
        let rows = db.read(statement).await;
        let rows = rows.map_err(StoreError::during("search users"))?;
        let found = |row: &Row| {
            Ok(Found {
                user: StoredUser::from_row(row)?,
                sort_key: row.get("sort_key")?,
            })
        };
        rows.iter().map(found).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            environment: self.environment,
            custom: self.custom,
            populations: self.populations,
        }
    }

    /// Whether it reads no more rows than a few look-ups would, one by one along an index: then
    /// handing it to another thread costs more than it.
    fn is_short(&self) -> bool {
        let is_short_page = self.limit <= SHORT_PAGE && self.populations.is_none();
        match self.filter {
            None => is_short_page,
            Some(Filter::Compare(one)) if one.operator == Operator::Eq => {
                is_unique(one) || (self.scope().attribute(one).is_some() && is_short_page)
            }
            Some(_) => false,
        }
    }

    /// The statement; `prefix` is for `EXPLAIN`.
    fn statement(&self, prefix: &'static str) -> Statement {
        let statement = Statement::new(prefix);
        let statement = match self.filter {
            Some(filter) => match leading(filter, self.scope()) {
                Some(lead) => return self.by_leading_attribute(statement, lead, filter),
                None if is_found_by_attributes(filter, self.scope()) => {
                    let statement = statement.push(BY_ID).push(IN_ENVIRONMENT_UNINDEXED);
                    let statement = statement.push_bind(self.environment.as_uuid());
                    let statement = statement.push(" AND users.id IN (");
                    push_ids(statement, filter, self.scope()).push(")")
                }
                None if names_population(filter) => {
                    let statement = statement.push(BY_ID).push(IN_ENVIRONMENT_UNINDEXED);
                    let statement = statement
                        .push_bind(self.environment.as_uuid())
                        .push(" AND ");
                    push_condition(statement, filter, self.scope())
                }
                None => {
                    let statement = statement.push(BY_ID).push("users.environment_id = ");
                    let statement = statement
                        .push_bind(self.environment.as_uuid())
                        .push(" AND ");
                    push_condition(statement, filter, self.scope())
                }
            },
            None => statement
                .push(BY_ID)
                .push("users.environment_id = ")
                .push_bind(self.environment.as_uuid()),
        };
        self.within_populations(statement)
            .push(" AND users.id > ")
            .push_bind(self.after.1)
            .push(" ORDER BY users.id LIMIT ")
            .push_bind(self.limit)
    }

    fn by_leading_attribute(
        &self,
        statement: Statement,
        lead: &Comparison,
        filter: &Filter,
    ) -> Statement {
        let statement = statement
            .push(BY_ATTRIBUTE)
            .push("lead.environment_id = ")
            .push_bind(self.environment.as_uuid())
            .push(" AND lead.name = ")
            .push_bind(self.scope().attribute(lead).unwrap_or_default().to_owned())
            .push(" AND ");
        let value = text_of(lead, true);
        let statement = push_comparison(statement, "lead.value_key", lead.operator, &value);
        let statement = match filter {
            Filter::And(parts) => parts
                .iter()
                .filter(|part| !matches!(part, Filter::Compare(one) if one == lead))
                .fold(statement, |statement, part| {
                    push_condition(statement.push(" AND "), part, self.scope())
                }),
            Filter::Compare(_) | Filter::Or(_) => statement,
        };
        self.within_populations(statement)
            .push(" AND (lead.value_key, lead.user_id) > (")
            .push_bind(self.after.0)
            .push(", ")
            .push_bind(self.after.1)
            .push(") ORDER BY lead.value_key, lead.user_id LIMIT ")
            .push_bind(self.limit)
    }

    fn within_populations(&self, statement: Statement) -> Statement {
        let Some(populations) = self.populations else {
            return statement;
        };
        let mut statement = statement.push(" AND users.population_id IN (NULL");
        for population in populations {
            statement = statement.push(", ").push_bind(population.as_uuid());
        }
        statement.push(")")
    }
}

/// The comparison that leads: of those that must all hold, one with an attribute, best an equality.
fn leading<'a>(filter: &'a Filter, scope: Scope<'_>) -> Option<&'a Comparison> {
    let parts = match filter {
        Filter::Compare(_) => std::slice::from_ref(filter),
        Filter::And(parts) => parts,
        Filter::Or(_) => return None,
    };
    let comparisons = || {
        parts.iter().filter_map(|part| match part {
            Filter::Compare(comparison) => {
                scope.attribute(comparison).is_some().then_some(comparison)
            }
            _ => None,
        })
    };
    comparisons()
        .find(|one| one.operator == Operator::Eq)
        .or_else(|| comparisons().next())
}

/// Whether the rows of attributes alone tell which users it can be.
fn is_found_by_attributes(filter: &Filter, scope: Scope<'_>) -> bool {
    match filter {
        Filter::Compare(comparison) => {
            scope.attribute(comparison).is_some() || is_id(comparison) || is_group(comparison)
        }
        Filter::And(parts) => parts.iter().any(|part| is_found_by_attributes(part, scope)),
        Filter::Or(parts) => parts.iter().all(|part| is_found_by_attributes(part, scope)),
    }
}

fn names_population(filter: &Filter) -> bool {
    match filter {
        Filter::Compare(comparison) => {
            comparison
                .path
                .as_str()
                .eq_ignore_ascii_case("population.id")
                || is_id(comparison)
        }
        Filter::And(parts) => parts.iter().any(names_population),
        Filter::Or(_) => false,
    }
}

/// Whether at most one user can be equal in this.
fn is_unique(comparison: &Comparison) -> bool {
    comparison.path.as_str().eq_ignore_ascii_case("username") || is_id(comparison)
}

fn is_id(comparison: &Comparison) -> bool {
    comparison.path.as_str().eq_ignore_ascii_case("id")
}

fn is_group(comparison: &Comparison) -> bool {
    comparison
        .path
        .as_str()
        .eq_ignore_ascii_case("memberOfGroups.id")
}

impl<'a> Scope<'a> {
    /// The attribute that a comparison is with, as its rows are named.
    fn attribute(self, comparison: &Comparison) -> Option<&'a str> {
        let path = comparison.path.as_str();
        let custom = self.custom.iter().map(String::as_str);
        ATTRIBUTES
            .into_iter()
            .chain(custom)
            .find(|name| name.eq_ignore_ascii_case(path))
    }
}

/// Appends a statement that gives the ids of all users for whom the filter can hold.
fn push_ids(statement: Statement, filter: &Filter, scope: Scope<'_>) -> Statement {
    match filter {
        Filter::Or(parts) => {
            let mut statement = statement;
            for (position, part) in parts.iter().enumerate() {
                if position > 0 {
                    statement = statement.push(" UNION ");
                }
                statement = push_ids(statement, part, scope);
            }
            statement
        }
        Filter::Compare(comparison) if is_id(comparison) => statement
            .push("SELECT found.id FROM users AS found WHERE found.id = ")
            .push_bind(text_of(comparison, false).to_ascii_lowercase()),
        Filter::Compare(comparison) if is_group(comparison) => {
            push_members(statement, &text_of(comparison, false), scope.populations)
        }
        Filter::Compare(comparison) => push_lookup(statement, comparison, scope),
        Filter::And(parts) => {
            let lead = parts
                .iter()
                .find(|part| is_found_by_attributes(part, scope));
            let statement = statement.push("SELECT users.id FROM users WHERE users.id IN (");
            let statement = match lead {
                Some(lead) => push_ids(statement, lead, scope),
                None => statement.push("NULL"),
            };
            parts.iter().fold(statement.push(")"), |statement, part| {
                push_condition(statement.push(" AND "), part, scope)
            })
        }
    }
}

/// Appends a condition on `users` that holds where the filter does.
pub(super) fn push_condition(statement: Statement, filter: &Filter, scope: Scope<'_>) -> Statement {
    push_with(statement, filter, &|statement, comparison| {
        if scope.attribute(comparison).is_some() {
            let statement = statement.push("users.id IN (");
            return push_lookup(statement, comparison, scope).push(")");
        }
        if is_group(comparison) {
            let statement = statement.push("users.id IN (");
            return push_members(statement, &text_of(comparison, false), scope.populations)
                .push(")");
        }
        match (
            &comparison.value,
            comparison.path.as_str().to_ascii_lowercase().as_str(),
        ) {
            (Literal::Boolean(enabled), "enabled") => {
                statement.push("users.enabled = ").push_bind(*enabled)
            }
            (Literal::Text(id), "id") => statement
                .push("users.id = ")
                .push_bind(id.to_ascii_lowercase()),
            (Literal::Text(id), "population.id") => statement
                .push("users.population_id = ")
                .push_bind(id.to_ascii_lowercase()),
            // The rules admit nothing else.
            _ => statement.push("1 = 0"),
        }
    })
}

fn push_lookup(statement: Statement, comparison: &Comparison, scope: Scope<'_>) -> Statement {
    let statement = statement
        .push("SELECT found.user_id FROM user_attributes AS found WHERE found.environment_id = ")
        .push_bind(scope.environment.as_uuid())
        .push(" AND found.name = ")
        .push_bind(scope.attribute(comparison).unwrap_or_default().to_owned())
        .push(" AND ");
    let value = text_of(comparison, true);
    push_comparison(statement, "found.value_key", comparison.operator, &value)
}

/// The passwords of the users of a page, in one statement. Users without one are missing.
pub(crate) async fn passwords(
    db: &Reader,
    users: &[Found],
) -> Result<HashMap<UserId, StoredPassword>, StoreError> {
    let mut statement = Statement::new(
        "SELECT user_id, hash, must_change, changed_at, locked_until FROM user_passwords \
         WHERE user_id IN (NULL",
    );
    for found in users {
        statement = statement.push(", ").push_bind(found.user.id.as_uuid());
    }
    let rows = db.read(statement.push(")")).await;
    let rows = rows.map_err(StoreError::during("read the states of passwords"))?;
    let of = |row: &Row| {
        let password = StoredPassword {
            hash: row
                .get::<Option<String>>("hash")?
                .map(PasswordHash::from_stored),
            must_change: row.get("must_change")?,
            changed_at: row.get("changed_at")?,
            locked_until: row.get("locked_until")?,
        };
        Ok((row.parse("user_id", UserId::parse)?, password))
    };
    rows.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use db::Db;
    use protocol::SeededRandom;

    use super::*;
    use crate::stores::MIGRATIONS;

    const FILTERS: [&str; 14] = [
        r#"memberOfGroups[id eq "g"]"#,
        r#"memberOfGroups[id eq "g"] and enabled eq true"#,
        r#"memberOfGroups.id eq "g" or username eq "a""#,
        r#"username eq "ada""#,
        r#"username sw "a""#,
        r#"email eq "x" or username eq "x""#,
        r#"((username eq "a") OR (username eq "b")) AND (enabled eq true)"#,
        r#"name.family sw "L" and enabled eq true and population.id eq "p""#,
        r#"id eq "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1""#,
        r#"population.id eq "p""#,
        "enabled eq false",
        r#"enabled eq false and population.id eq "p""#,
        r#"username sw "a" or (email sw "b" and enabled eq true)"#,
        r#"(username eq "a" or email eq "b") and (nickname eq "c" or title eq "d")"#,
    ];

    fn search(environment: EnvironmentId, filter: Option<&Filter>) -> Search<'_> {
        Search {
            environment,
            filter,
            custom: &[],
            populations: None,
            after: ("", ""),
            limit: 101,
        }
    }

    /// Reliability and security, class 18: nothing is built from text, and an index always leads.
    #[tokio::test]
    async fn no_search_reads_all_users() {
        let db = Db::sqlite_in_memory().unwrap();
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let environment = EnvironmentId::random(&SeededRandom::new(1));
        let filters = FILTERS.map(|text| {
            let filter = Filter::parse(text).unwrap();
            rules(&UserSchema::default()).check(&filter).unwrap();
            (text, Some(filter))
        });
        for (text, filter) in filters.iter().chain([&("", None)]) {
            let explained = search(environment, filter.as_ref()).statement("EXPLAIN QUERY PLAN ");
            let plan = db.read(explained).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail").unwrap()).collect();
            let scans = |table: &str| {
                plan.iter()
                    .any(|step| step.starts_with(&format!("SCAN {table}")))
            };
            assert!(
                !scans("users") && !scans("lead") && !scans("found"),
                "{text}: {plan:#?}"
            );
            let by_environment_alone = "USING INDEX users_in_order (environment_id=? AND id>?)";
            assert!(
                filter.is_none() || !plan.iter().any(|step| step.ends_with(by_environment_alone)),
                "{text}: {plan:#?}"
            );
        }
    }
}
