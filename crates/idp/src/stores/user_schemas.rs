//! What users are made of: the attributes of the schema `User`, those of PingOne and an operator's own.

use std::sync::Arc;

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::LookupCounts;

use super::change::Change;
use super::configuration::Document;
use super::fold;
use super::record::{Events, events};
use super::users::{LONGEST_FILTERABLE, StoredUser};
use crate::caches::{Recent, Touched};

/// The most that a pattern may take in memory, in bytes.
const LARGEST_PATTERN: usize = 1 << 18;

/// A schema; there is one, called `User`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
}

impl Document for Schema {
    const EVENTS: Events = events!("SCHEMA");

    fn name(&self) -> &str {
        &self.name
    }
}

/// An attribute of users.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "named as on the wire")]
pub(crate) struct SchemaAttribute {
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    #[serde(rename = "type")]
    pub(crate) attribute_type: AttributeType,
    #[serde(default)]
    pub(crate) unique: bool,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) multi_valued: bool,
    pub(crate) schema_type: Option<SchemaType>,
    pub(crate) ldap_attribute: Option<String>,
    pub(crate) enumerated_values: Option<Vec<EnumeratedValue>>,
    pub(crate) regex_validation: Option<RegexValidation>,
    pub(crate) sub_attributes: Option<Vec<SubAttribute>>,
}

/// Of what kind the values of an attribute are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum AttributeType {
    Boolean,
    Complex,
    Json,
    String,
}

/// Whose an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SchemaType {
    /// PingOne's, and the server alone needs or sets it.
    Core,
    /// An operator's.
    Custom,
    /// PingOne's.
    Standard,
}

/// One of the values that an attribute may have.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct EnumeratedValue {
    #[schemars(length(max = 256))]
    pub(crate) value: String,
    /// Whether it stays where it is and is given to nobody any more.
    pub(crate) archived: Option<bool>,
    pub(crate) description: Option<String>,
}

/// The pattern that values must match.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegexValidation {
    pub(crate) pattern: String,
    /// What people are told of it.
    pub(crate) requirements: String,
    pub(crate) values_pattern_should_match: Option<Vec<String>>,
    pub(crate) values_pattern_should_not_match: Option<Vec<String>>,
}

impl RegexValidation {
    /// The pattern, ready for use. It takes time in proportion to what it reads.
    pub(crate) fn compile(&self) -> Option<Regex> {
        let compiled = RegexBuilder::new(&self.pattern)
            .size_limit(LARGEST_PATTERN)
            .build();
        compiled.ok()
    }
}

/// A part of an attribute that is an object.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "named as on the wire")]
pub(crate) struct SubAttribute {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) attribute_type: AttributeType,
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) unique: bool,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) multi_valued: bool,
    pub(crate) schema_type: Option<SchemaType>,
}

impl Document for SchemaAttribute {
    const EVENTS: Events = events!("SCHEMA_ATTRIBUTE");
    const MOST: u32 = 500;
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }
}

/// An attribute as values are checked by it.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) attribute: SchemaAttribute,
    pub(crate) pattern: Option<Regex>,
}

/// The attributes of the users of an environment.
#[derive(Clone, Default)]
pub(crate) struct UserSchema(Vec<Checked>);

impl UserSchema {
    /// All of them.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Checked> {
        self.0.iter()
    }

    /// Those of the operator.
    pub(crate) fn custom(&self) -> impl Iterator<Item = &Checked> {
        let is_custom = |one: &&Checked| one.attribute.schema_type == Some(SchemaType::Custom);
        self.attributes().filter(is_custom)
    }

    /// The attribute with this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Checked> {
        self.attributes().find(|one| one.attribute.name == name)
    }

    /// Whether values of an attribute are kept and shown.
    pub(crate) fn is_disabled(&self, name: &str) -> bool {
        self.find(name).is_some_and(|one| !one.attribute.enabled)
    }
}

const READ: &str = "\
SELECT document FROM configuration_objects WHERE environment_id = $1 AND kind = $2";

/// Whether two users have the same value of an attribute.
const SHARED: &str = "\
SELECT value_key FROM user_attributes
 WHERE environment_id = $1 AND name = $2
 GROUP BY value_key HAVING COUNT(*) > 1 LIMIT 1";

/// Whether somebody else has a value.
const TAKEN: &str = "\
SELECT user_id FROM user_attributes
 WHERE environment_id = $1 AND name = $2 AND value_key = $3 AND user_id <> $4 LIMIT 1";

/// Changes nothing, and holds up whoever writes unique values of the environment at the same time.
const ONE_AT_A_TIME: &str = "UPDATE environments SET updated_at = updated_at WHERE id = $1";

const REQUIRE_FREE: &str = "\
UPDATE users SET version = version
 WHERE id = $4 AND environment_id = $1
   AND NOT EXISTS (SELECT 1 FROM user_attributes
                    WHERE environment_id = $1 AND name = $2 AND value_key = $3
                      AND user_id <> $4)";

/// The schemas of all environments.
#[derive(Debug)]
pub(crate) struct UserSchemas {
    db: Reader,
    recent: Recent<Arc<UserSchema>>,
}

impl UserSchemas {
    pub(crate) fn new(db: Reader) -> Self {
        Self {
            db,
            recent: Recent::default(),
        }
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.recent.lookups()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.recent.forget(touched);
    }

    /// The attributes of the users of an environment; cached.
    pub(crate) async fn of(
        &self,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<Arc<UserSchema>, StoreError> {
        let read = async { Ok(Some(Arc::new(self.read(environment).await?))) };
        let found = self.recent.find(environment.as_uuid(), now, read).await?;
        Ok(found.unwrap_or_default())
    }

    async fn read(&self, environment: EnvironmentId) -> Result<UserSchema, StoreError> {
        let select = Statement::new(READ)
            .bind(environment.as_uuid())
            .bind(SchemaAttribute::EVENTS.kind);
        let rows = self.db.read(select).await;
        let rows = rows.map_err(StoreError::during("read a schema"))?;
        let checked = |row: &Row| {
            let attribute: SchemaAttribute =
                row.parse("document", |text| serde_json::from_str(text))?;
            let pattern = attribute.regex_validation.as_ref();
            Ok(Checked {
                pattern: pattern.and_then(RegexValidation::compile),
                attribute,
            })
        };
        let attributes: Result<_, StoreError> = rows.iter().map(checked).collect();
        attributes.map(UserSchema)
    }

    /// Whether two users have the same value of an attribute.
    pub(crate) async fn has_shared_values(
        &self,
        environment: EnvironmentId,
        name: &str,
    ) -> Result<bool, StoreError> {
        let select = Statement::new(SHARED)
            .bind(environment.as_uuid())
            .bind(name)
            .scan();
        self.is_any(select).await
    }

    /// Whether somebody but `user` has a value of an attribute.
    pub(crate) async fn is_taken(
        &self,
        environment: EnvironmentId,
        name: &str,
        value: &str,
        user: protocol::id::UserId,
    ) -> Result<bool, StoreError> {
        let key: String = fold(value).chars().take(LONGEST_FILTERABLE).collect();
        let select = Statement::new(TAKEN)
            .bind(environment.as_uuid())
            .bind(name)
            .bind(key)
            .bind(user.as_uuid());
        self.is_any(select).await
    }

    async fn is_any(&self, select: Statement) -> Result<bool, StoreError> {
        let row = self.db.read_optional(select).await;
        row.map(|row| row.is_some())
            .map_err(StoreError::during("compare the attributes of users"))
    }

    /// Requires that nobody but the user has a value of an attribute; whoever else writes a unique
    /// value of the environment waits.
    pub(crate) fn require_free(user: &StoredUser, name: &str, value: &str) -> Change {
        let key: String = fold(value).chars().take(LONGEST_FILTERABLE).collect();
        let wait = Statement::new(ONE_AT_A_TIME).bind(user.environment_id.as_uuid());
        let require = Statement::new(REQUIRE_FREE)
            .bind(user.environment_id.as_uuid())
            .bind(name)
            .bind(key)
            .bind(user.id.as_uuid());
        Change::of(wait).require_one(require)
    }
}
