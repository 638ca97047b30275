//! `/environments/{environment}/groups` (PingOne, "Groups").

use protocol::id::GroupId;
use protocol::pingone::{MemberCounts, NewGroup, Reference};
use protocol::scim::Filter;
use serde::Serialize;

use crate::access::allowed::{Allowed, find_population};
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::checks;
use crate::api::hal::{Hal, InEnvironment, Reply};
use crate::api::paging::PageRequest;
use crate::requests::extract::{PathId, Query};
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::group_rules;
use crate::stores::groups::{Groups, StoredGroup};
use crate::stores::role_assignments::RoleAssignments;
use crate::stores::user_search;
use crate::urls::Urls;

/// What a group's custom data may be at most, as JSON, in bytes.
const LARGEST_CUSTOM_DATA: usize = 16 * 1024;

/// A group's own members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupMembers {
    #[serde(flatten)]
    group: NewGroup,
    display_name: String,
    direct_member_counts: MemberCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_member_counts: Option<MemberCounts>,
}

pub(super) type GroupBody = Hal<InEnvironment<GroupMembers>>;

pub(super) fn representation(
    urls: &Urls,
    group: &StoredGroup,
    all_users: Option<i64>,
) -> GroupBody {
    let own = GroupMembers {
        display_name: group.wire.name.clone(),
        direct_member_counts: MemberCounts::new(group.users),
        total_member_counts: all_users.map(MemberCounts::new),
        group: group.wire.clone(),
    };
    let below = |path: String| urls.environment_api(group.environment_id, path);
    let hal = Hal::of_record(urls, "groups", group, own).link(
        "memberOfGroups",
        below(format!("groups/{}/memberOfGroups", group.id)),
    );
    let hal = hal.link(
        "roleAssignments",
        below(format!("groups/{}/roleAssignments", group.id)),
    );
    match group.population_id {
        Some(id) => hal.link("population", below(format!("populations/{id}"))),
        None => hal,
    }
}

async fn valid<P>(
    allowed: &Allowed<P>,
    body: NewGroup,
    replaced: Option<&StoredGroup>,
) -> Result<StoredGroup, ApiFailure> {
    let (id, created_at) = allowed.identity(replaced);
    checks::name(&body.name)?;
    let custom_data = serde_json::to_vec(&body.custom_data).map_err(ApiFailure::internal)?;
    if custom_data.len() > LARGEST_CUSTOM_DATA {
        let message = format!("must have at most {LARGEST_CUSTOM_DATA} bytes as JSON");
        return Err(ApiFailure::invalid_value("customData", message));
    }
    let named = body.population.as_ref().map(|population| population.id);
    let population_id = match replaced {
        Some(stored) if named.is_none() || named == stored.population_id => stored.population_id,
        Some(_) => {
            let message = "The population of a group can not be changed.";
            return Err(ApiFailure::invalid_value("population", message));
        }
        None => named,
    };
    let mut wire = body;
    wire.population = population_id.map(Reference::new);
    let group = StoredGroup {
        id,
        environment_id: allowed.id(),
        population_id,
        wire,
        users: replaced.map_or(0, |stored| stored.users),
        created_at,
        updated_at: allowed.now,
    };
    allowed.require_covered(&group)?;
    if replaced.is_none()
        && let Some(id) = population_id
        && find_population(&allowed.idp, allowed.id(), id)
            .await?
            .is_none()
    {
        let message = "The population does not exist.";
        return Err(ApiFailure::invalid_value("population", message));
    }
    Ok(group)
}

/// By which rule users are members of a group.
struct Rule {
    filter: Option<Filter>,
    /// The attributes of users besides PingOne's.
    custom: Vec<String>,
}

async fn rule_of<P>(allowed: &Allowed<P>, group: &StoredGroup) -> Result<Rule, ApiFailure> {
    let Some(text) = &group.wire.user_filter else {
        return Ok(Rule {
            filter: None,
            custom: Vec::new(),
        });
    };
    let refused = |message: String| ApiFailure::invalid_value("userFilter", message);
    let filter = Filter::parse(text).map_err(|error| refused(error.to_string()))?;
    let schema = allowed
        .idp
        .user_schemas()
        .of(allowed.id(), allowed.now)
        .await?;
    let rules = user_search::rules_of_groups(&schema);
    rules
        .check(&filter)
        .map_err(|error| refused(error.to_string()))?;
    Ok(Rule {
        filter: Some(filter),
        custom: user_search::custom_names(&schema),
    })
}

impl Rule {
    /// The change that writes the group, and its members with it.
    fn around(&self, write: Change, group: &StoredGroup, before: Option<&StoredGroup>) -> Change {
        let had_rule = before.is_some_and(|before| before.wire.user_filter.is_some());
        let (filter, custom) = (self.filter.as_ref(), &self.custom);
        match filter {
            Some(_) => group_rules::require_room(group)
                .and(write)
                .and(group_rules::fill(group, filter, custom)),
            None if had_rule => write.and(group_rules::fill(group, None, custom)),
            None => write,
        }
    }
}

pub(super) async fn list(
    allowed: Allowed<may::ReadGroups>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let represent = |group| representation(allowed.idp.urls(), &group, None);
    allowed.page(&page, "groups", represent).await
}

pub(super) async fn create(
    allowed: Allowed<may::ManageGroups>,
    Json(body): Json<NewGroup>,
) -> Result<Reply, ApiFailure> {
    let group = valid(&allowed, body, None).await?;
    let rule = rule_of(&allowed, &group).await?;
    let change = rule.around(Groups::insert(&group)?, &group, None);
    allowed.create(&group, change).await?;
    let group = allowed.load(group.id).await?;
    Reply::created(&representation(allowed.idp.urls(), &group, None))
}

pub(super) async fn read(
    allowed: Allowed<may::ReadGroups>,
    PathId(id): PathId<GroupId>,
    query: Query,
) -> Result<Reply, ApiFailure> {
    let group: StoredGroup = allowed.load(id).await?;
    let all_users = if query.lists("include", "totalMemberCounts") {
        Some(Groups::new(allowed.idp.db()).count_all_users(id).await?)
    } else {
        None
    };
    Reply::ok(&representation(allowed.idp.urls(), &group, all_users))
}

pub(super) async fn replace(
    allowed: Allowed<may::ManageGroups>,
    PathId(id): PathId<GroupId>,
    Json(body): Json<NewGroup>,
) -> Result<Reply, ApiFailure> {
    let stored = allowed.load(id).await?;
    let group = valid(&allowed, body, Some(&stored)).await?;
    let rule = rule_of(&allowed, &group).await?;
    let change = rule.around(Groups::update(&group)?, &group, Some(&stored));
    allowed.replace(&group, change).await?;
    let group = allowed.load(group.id).await?;
    Reply::ok(&representation(allowed.idp.urls(), &group, None))
}

/// Deletes a group with all memberships in it and of it; its members stay.
pub(super) async fn delete(
    allowed: Allowed<may::ManageGroups>,
    PathId(id): PathId<GroupId>,
) -> Result<Reply, ApiFailure> {
    let group: StoredGroup = allowed.load(id).await?;
    allowed
        .delete(
            &group,
            Groups::delete(&group).and(RoleAssignments::delete_all(id.as_uuid())),
        )
        .await
}
