//! Groups of users, which may be nested (PingOne, "Groups").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Links, Reference};
use crate::codes::open_codes;
use crate::id::{EnvironmentId, GroupId, PopulationId};

open_codes! {
    /// How a member came into a group.
    MembershipType {
        /// It was put there.
        Direct = "DIRECT";
        /// It is in a group that is in this one, or meets the group's filter.
        Indirect = "INDIRECT";
    }
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
    /// Its name: unique among the groups of the environment, or of its population.
    pub name: String,
    /// The name to show; PingOne's own groups have the same as `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What another system calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The population whose users alone can be in it; absent means those of the whole environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<Reference<PopulationId>>,
    /// A SCIM filter: who meets it is a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_filter: Option<String>,
    /// What the administrators keep with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Map<String, Value>>,
    /// How many users were put into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_member_counts: Option<MemberCounts>,
    /// How many users are in it, those of nested groups included; only when it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_member_counts: Option<MemberCounts>,
    /// When it was made.
    #[serde(with = "crate::pingone::date::Date")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "crate::pingone::date::Date")]
    pub updated_at: Timestamp,
}

impl Group {
    /// A group with what is always there.
    pub fn new(
        id: GroupId,
        environment: EnvironmentId,
        name: impl Into<String>,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        let name = name.into();
        Self {
            id,
            environment: Reference::new(environment),
            display_name: Some(name.clone()),
            name,
            description: None,
            external_id: None,
            population: None,
            user_filter: None,
            custom_data: None,
            direct_member_counts: None,
            total_member_counts: None,
            created_at,
            updated_at,
        }
    }
}

/// How many members a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct MemberCounts {
    /// How many users.
    pub users: i64,
}

impl MemberCounts {
    /// So many users.
    pub const fn new(users: i64) -> Self {
        Self { users }
    }
}

/// What a group is created or replaced with. The population cannot be changed later.
///
/// ```
/// use pingone_protocol::pingone::NewGroup;
///
/// let captains = NewGroup::new("Captains").description("Who may steer");
/// assert_eq!(captains.name, "Captains");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What another system calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The population whose users alone can be in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<Reference<PopulationId>>,
    /// A SCIM filter: who meets it is a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_filter: Option<String>,
    /// What the administrators keep with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Map<String, Value>>,
}

impl NewGroup {
    /// A group for users of the whole environment.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            external_id: None,
            population: None,
            user_filter: None,
            custom_data: None,
        }
    }

    /// Says what it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Says what another system calls it.
    #[must_use]
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// Lets users of this population alone be in it.
    #[must_use]
    pub fn population(mut self, population: PopulationId) -> Self {
        self.population = Some(Reference::new(population));
        self
    }
}

/// A group that a user or a group is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct GroupMembership {
    /// Links to the member and the group.
    #[serde(default, rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub links: Links,
    /// The group's id.
    pub id: GroupId,
    /// The group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How the member came into it.
    #[serde(rename = "type")]
    pub membership_type: MembershipType,
    /// The group's environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Reference<EnvironmentId>>,
    /// The whole group, when it was asked for.
    #[serde(default, rename = "_embedded", skip_serializing_if = "Option::is_none")]
    pub embedded: Option<EmbeddedGroup>,
}

impl GroupMembership {
    /// A membership with what is always there.
    pub fn new(id: GroupId, membership_type: MembershipType) -> Self {
        Self {
            links: Links::new(),
            id,
            name: None,
            membership_type,
            environment: None,
            embedded: None,
        }
    }
}

/// The part of a [`GroupMembership`] that `expand=group` adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct EmbeddedGroup {
    /// The group.
    pub group: Group,
}

impl EmbeddedGroup {
    /// This group.
    pub fn new(group: Group) -> Self {
        Self { group }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_written_as_pingone_writes_it() {
        let instant: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let mut group = Group::new(
            GroupId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap(),
            EnvironmentId::parse("0d6a2ad0-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap(),
            "Captains",
            [instant, instant],
        );
        group.direct_member_counts = Some(MemberCounts::new(3));
        let json = concat!(
            r#"{"id":"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1","#,
            r#""environment":{"id":"0d6a2ad0-6f0c-4d53-9d0e-0d6a2ad0c7a1"},"name":"Captains","#,
            r#""displayName":"Captains","directMemberCounts":{"users":3},"#,
            r#""createdAt":"2026-01-05T10:00:00Z","updatedAt":"2026-01-05T10:00:00Z"}"#
        );
        assert_eq!(serde_json::to_string(&group).unwrap(), json);
        assert_eq!(serde_json::from_str::<Group>(json).unwrap(), group);
    }
}
