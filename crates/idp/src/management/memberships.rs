//! `memberOfGroups` of users and groups: the groups that they are members of, by themselves or
//! through groups that are nested in one another (PingOne, "Group memberships").

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::id::{EnvironmentId, GroupId, PopulationId};
use protocol::pingone::{MembershipType, Reference};
use serde::Serialize;

use super::groups::GroupBody;
use crate::access::allowed::Allowed;
use crate::access::caller::Caller;
use crate::access::coverage::Coverage;
use crate::access::on_user::OnUser;
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply};
use crate::api::paging::PageRequest;
use crate::audit::Subject;
use crate::requests::extract::{PathId, Query, path_id};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::filter_sql::Attribute;
use crate::stores::groups::{
    Groups, MOST_LEVELS, MOST_MEMBERSHIPS, Member, Membership, MembershipSearch, StoredGroup,
};
use crate::stores::record::Record as _;

/// The group that another one is nested in.
#[derive(Clone, Copy, Debug)]
pub(super) struct ParentId(GroupId);

/// Rejected as [`PathId`] is.
impl FromRequestParts<Idp> for ParentId {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        path_id(parts, idp, "parent").await.map(Self)
    }
}

#[derive(Serialize)]
struct MembershipBody {
    id: GroupId,
    name: String,
    #[serde(rename = "type")]
    membership_type: MembershipType,
    environment: Reference<EnvironmentId>,
}

/// A membership, with its group where that is asked for.
#[derive(Serialize)]
struct Expanded {
    #[serde(flatten)]
    membership: Hal<MembershipBody>,
    #[serde(rename = "_embedded", skip_serializing_if = "Option::is_none")]
    embedded: Option<EmbeddedGroup>,
}

#[derive(Serialize)]
struct EmbeddedGroup {
    group: GroupBody,
}

/// Whose memberships they are, and who asks.
struct Memberships<'a> {
    caller: &'a Caller,
    environment: EnvironmentId,
    coverage: &'a Coverage,
    member: Member,
    population: Option<PopulationId>,
    /// The member's path below the environment.
    path: String,
    subject: Subject,
}

impl<'a> Memberships<'a> {
    fn of_user<P>(on: &'a OnUser<P>) -> Self {
        Self {
            caller: on,
            environment: on.environment.id,
            coverage: &on.coverage,
            member: Member::User(on.user.id),
            population: Some(on.user.population_id),
            path: format!("users/{}", on.user.id),
            subject: Subject::from(&on.user),
        }
    }

    async fn of_group<P>(allowed: &'a Allowed<P>, id: GroupId) -> Result<Self, ApiFailure> {
        let group: StoredGroup = allowed.load(id).await?;
        Ok(Self {
            caller: allowed,
            environment: allowed.id(),
            coverage: &allowed.coverage,
            member: Member::Group(id),
            population: group.population_id,
            path: format!("groups/{id}"),
            subject: Subject::from(&group),
        })
    }

    /// The member's absolute address.
    fn url(&self) -> String {
        let urls = self.caller.idp.urls();
        urls.environment_api(self.environment, &self.path)
    }

    fn collection(&self) -> String {
        format!("{}/memberOfGroups", self.url())
    }

    fn groups(&self) -> Groups<'_> {
        Groups::new(self.caller.idp.db())
    }

    fn representation(&self, membership: &Membership) -> Hal<MembershipBody> {
        let (urls, group) = (self.caller.idp.urls(), &membership.group);
        let body = MembershipBody {
            id: group.id,
            name: group.wire.name.clone(),
            membership_type: if membership.is_direct {
                MembershipType::Direct
            } else {
                MembershipType::Indirect
            },
            environment: Reference::new(self.environment),
        };
        let environment = self.environment;
        let address = urls.environment_api(environment, format_args!("groups/{}", group.id));
        let path = format_args!("{}/memberOfGroups/{}", self.path, group.id);
        let hal = Hal::in_environment(urls, environment, path, body).link("group", address);
        let relation = match self.member {
            Member::Group(_) => "memberGroup",
            Member::User(_) => "user",
        };
        hal.link(relation, self.url())
    }

    fn expanded(&self, membership: &Membership, query: &Query) -> Expanded {
        let expands = query.lists("expand", "group");
        let urls = self.caller.idp.urls();
        Expanded {
            membership: self.representation(membership),
            embedded: expands.then(|| EmbeddedGroup {
                group: super::groups::representation(urls, &membership.group, None),
            }),
        }
    }

    async fn list(self, page: PageRequest, query: Query) -> Result<Reply, ApiFailure> {
        let (idp, collection) = (&self.caller.idp, self.collection());
        let filter = page.filter(&Attribute::rules(StoredGroup::ATTRIBUTES))?;
        let (_, after) = page.position(idp, &collection)?;
        let search = MembershipSearch {
            environment: self.environment,
            member: self.member,
            filter: filter.as_ref(),
            populations: self.coverage.populations(),
            after: &after,
            limit: page.read_limit(),
        };
        let found = self.groups().memberships(search).await?;
        let position = |last: &Membership| (String::new(), last.group.id.to_string());
        let represent = |one| self.expanded(&one, &query);
        let key = "groupMemberships";
        Reply::ok(&page.page(idp, &collection, key, found, position, represent))
    }

    async fn load(&self, id: GroupId) -> Result<Membership, ApiFailure> {
        let found = self.groups();
        let found = found.find_membership(self.environment, self.member, id);
        let found = found.await?.ok_or_else(ApiFailure::not_found)?;
        self.require_covered(&found.group)?;
        Ok(found)
    }

    async fn read(self, id: GroupId, query: Query) -> Result<Reply, ApiFailure> {
        Reply::ok(&self.expanded(&self.load(id).await?, &query))
    }

    /// Whoever sees or changes who is in a group needs the permission for the group, too.
    fn require_covered(&self, group: &StoredGroup) -> Result<(), ApiFailure> {
        if self.coverage.covers_what_is_of(group.population_id) {
            Ok(())
        } else {
            Err(ApiFailure::forbidden())
        }
    }

    /// Who is in a group with a rule follows from the rule alone.
    fn require_no_rule(&self, group: &StoredGroup) -> Result<(), ApiFailure> {
        let is_user = matches!(self.member, Member::User(_));
        if is_user && group.wire.user_filter.is_some() {
            let message = "The members of the group follow from its filter.";
            return Err(ApiFailure::invalid_value("id", message));
        }
        Ok(())
    }

    async fn add(self, id: GroupId) -> Result<Reply, ApiFailure> {
        let group = self.groups().find(self.environment, id).await?;
        let group =
            group.ok_or_else(|| ApiFailure::invalid_value("id", "The group does not exist."))?;
        self.require_covered(&group)?;
        if group.population_id.is_some() && group.population_id != self.population {
            let message = "The group is for members of its own population.";
            return Err(ApiFailure::invalid_value("id", message));
        }
        self.require_no_rule(&group)?;
        let change = Groups::add_member(&group, self.member);
        let written = self
            .caller
            .commit(
                self.environment,
                change,
                "MEMBER_OF_GROUP.CREATED",
                self.subject.clone(),
            )
            .await;
        match written {
            Ok(()) => Reply::created(&self.representation(&self.load(id).await?)),
            Err(error) if error.is_unique_violation() => Err(ApiFailure::not_unique("id")),
            Err(error) if error.unmet().is_some() => Err(self.why_not(&group).await?),
            Err(error) => Err(error.into()),
        }
    }

    /// Why a membership was not added.
    async fn why_not(&self, group: &StoredGroup) -> Result<ApiFailure, ApiFailure> {
        if let Member::Group(member) = self.member {
            let is_circle = member == group.id || {
                let found = self.groups();
                let back = Member::Group(group.id);
                let back = found.find_membership(self.environment, back, member);
                back.await?.is_some()
            };
            if is_circle {
                let message = "A group can not be nested in itself, nor in a group of its own.";
                return Ok(ApiFailure::constraint(Some("id"), message));
            }
        }
        let message = format!(
            "At most {MOST_MEMBERSHIPS} direct memberships and {MOST_LEVELS} levels of nested \
             groups are possible."
        );
        Ok(ApiFailure::constraint(Some("id"), message))
    }

    async fn remove(self, id: GroupId) -> Result<Reply, ApiFailure> {
        let Membership { group, is_direct } = self.load(id).await?;
        self.require_no_rule(&group)?;
        if !is_direct {
            let message = "The membership comes from another group; end that one.";
            return Err(ApiFailure::constraint(None, message));
        }
        let change = Groups::remove_member(&group, self.member);
        self.caller
            .commit(
                self.environment,
                change,
                "MEMBER_OF_GROUP.DELETED",
                self.subject.clone(),
            )
            .await?;
        Ok(Reply::no_content())
    }
}

pub(super) async fn list_of_user(
    on: OnUser<may::ReadMemberships>,
    page: PageRequest,
    query: Query,
) -> Result<Reply, ApiFailure> {
    Memberships::of_user(&on).list(page, query).await
}

pub(super) async fn create_of_user(
    on: OnUser<may::ManageMemberships>,
    Json(group): Json<Reference<GroupId>>,
) -> Result<Reply, ApiFailure> {
    Memberships::of_user(&on).add(group.id).await
}

pub(super) async fn read_of_user(
    on: OnUser<may::ReadMemberships>,
    PathId(group): PathId<GroupId>,
    query: Query,
) -> Result<Reply, ApiFailure> {
    Memberships::of_user(&on).read(group, query).await
}

pub(super) async fn delete_of_user(
    on: OnUser<may::ManageMemberships>,
    PathId(group): PathId<GroupId>,
) -> Result<Reply, ApiFailure> {
    Memberships::of_user(&on).remove(group).await
}

pub(super) async fn list_of_group(
    allowed: Allowed<may::ReadGroups>,
    PathId(id): PathId<GroupId>,
    page: PageRequest,
    query: Query,
) -> Result<Reply, ApiFailure> {
    let of = Memberships::of_group(&allowed, id).await?;
    of.list(page, query).await
}

pub(super) async fn create_of_group(
    allowed: Allowed<may::ManageGroups>,
    PathId(id): PathId<GroupId>,
    Json(parent): Json<Reference<GroupId>>,
) -> Result<Reply, ApiFailure> {
    let of = Memberships::of_group(&allowed, id).await?;
    of.add(parent.id).await
}

pub(super) async fn read_of_group(
    allowed: Allowed<may::ReadGroups>,
    PathId(id): PathId<GroupId>,
    ParentId(parent): ParentId,
    query: Query,
) -> Result<Reply, ApiFailure> {
    let of = Memberships::of_group(&allowed, id).await?;
    of.read(parent, query).await
}

pub(super) async fn delete_of_group(
    allowed: Allowed<may::ManageGroups>,
    PathId(id): PathId<GroupId>,
    ParentId(parent): ParentId,
) -> Result<Reply, ApiFailure> {
    let of = Memberships::of_group(&allowed, id).await?;
    of.remove(parent).await
}
