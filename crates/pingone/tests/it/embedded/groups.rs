//! Groups, nested groups and memberships, at the embedded environment.

use futures_util::TryStreamExt as _;
use pingone::management::Cursor;
use pingone::{Group, GroupId, GroupMembership, MembershipType, NewGroup, SystemRandom, scim};

use super::Embedded;

impl Embedded {
    async fn group(&self, name: &str) -> Group {
        let group = NewGroup::new(name);
        self.pingone.groups().create(&group).await.unwrap()
    }

    /// The names of those whom PingOne's filter finds in a group, in alphabetical order.
    async fn members(&self, group: GroupId) -> Vec<String> {
        let filter = scim::eq("memberOfGroups.id", group.to_string());
        let found = self.pingone.users().list().filter(&filter);
        let found = found.all().await.unwrap();
        let mut names: Vec<_> = found.into_iter().filter_map(|user| user.username).collect();
        names.sort();
        names
    }
}

fn kinds(memberships: &[GroupMembership]) -> Vec<(GroupId, &MembershipType)> {
    let mut kinds: Vec<_> = memberships
        .iter()
        .map(|one| (one.id, &one.membership_type))
        .collect();
    kinds.sort_by_key(|(id, _)| *id);
    kinds
}

#[tokio::test]
async fn a_group_is_created_read_replaced_and_deleted() {
    let embedded = Embedded::start().await;
    let groups = embedded.pingone.groups();
    let populations = embedded.pingone.populations().list().all().await.unwrap();
    let population = populations.first().unwrap().id;
    let captains = NewGroup::new("Captains")
        .description("Who may steer")
        .external_id("ext-1")
        .population(population);
    let created = groups.create(&captains).await.unwrap();
    assert_eq!(created.name, "Captains");
    assert_eq!(created.description.as_deref(), Some("Who may steer"));
    assert_eq!(created.external_id.as_deref(), Some("ext-1"));
    assert_eq!(created.population.map(|of| of.id), Some(population));
    assert_eq!(groups.load(created.id).await.unwrap(), created);
    let error = groups.create(&captains).await.unwrap_err();
    assert!(error.is_taken("name"), "{error}");

    let renamed = NewGroup::new("Skippers").population(population);
    let replaced = groups.replace(created.id, &renamed).await.unwrap();
    assert_eq!(
        (replaced.id, replaced.name.as_str()),
        (created.id, "Skippers")
    );
    assert!(replaced.description.is_none() && replaced.external_id.is_none());

    groups.delete(created.id).await.unwrap();
    for error in [
        groups.load(created.id).await.unwrap_err(),
        groups.replace(created.id, &renamed).await.unwrap_err(),
        groups.delete(created.id).await.unwrap_err(),
        groups.load_and_count(created.id).await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error}");
    }
}

#[tokio::test]
async fn a_user_joins_and_leaves_a_group() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-g").await;
    let memberships = embedded.pingone.memberships(ada.id);
    let captains = embedded.group("Captains").await;

    let joined = memberships.join(captains.id).await.unwrap();
    assert_eq!(
        (joined.id, joined.name.as_deref(), joined.membership_type),
        (captains.id, Some("Captains"), MembershipType::Direct)
    );
    assert_eq!(embedded.members(captains.id).await, ["ada-g"]);
    let error = memberships.join(captains.id).await.unwrap_err();
    assert!(error.is_taken("id"), "{error}");
    let nobodys = GroupId::random(&SystemRandom);
    let error = memberships.join(nobodys).await.unwrap_err();
    assert!(error.problem_with("id").is_some(), "{error}");

    memberships.leave(captains.id).await.unwrap();
    assert!(memberships.list().all().await.unwrap().is_empty());
    assert!(embedded.members(captains.id).await.is_empty());
    let error = memberships.leave(captains.id).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn members_of_a_nested_group_are_members_of_the_outer_one() {
    let embedded = Embedded::start().await;
    let (ada, bob) = (embedded.user("ada-n").await, embedded.user("bob-n").await);
    let groups = embedded.pingone.groups();
    let (crew, captains) = (
        embedded.group("Crew").await,
        embedded.group("Captains").await,
    );
    let of_ada = embedded.pingone.memberships(ada.id);
    of_ada.join(captains.id).await.unwrap();
    embedded
        .pingone
        .memberships(bob.id)
        .join(crew.id)
        .await
        .unwrap();
    let before = groups.load_and_count(crew.id).await.unwrap();
    assert_eq!(before.total_member_counts.map(|of| of.users), Some(1));

    let nested = groups.nest(captains.id, crew.id).await.unwrap();
    assert_eq!(
        (nested.id, &nested.membership_type),
        (crew.id, &MembershipType::Direct)
    );
    let parents = groups.parents(captains.id).all().await.unwrap();
    assert_eq!(kinds(&parents), [(crew.id, &MembershipType::Direct)]);
    let held = of_ada.list().all().await.unwrap();
    let mut expected = [
        (captains.id, &MembershipType::Direct),
        (crew.id, &MembershipType::Indirect),
    ];
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(kinds(&held), expected);
    assert_eq!(embedded.members(crew.id).await, ["ada-n", "bob-n"]);
    let counted = groups.load_and_count(crew.id).await.unwrap();
    assert_eq!(counted.direct_member_counts.map(|of| of.users), Some(1));
    assert_eq!(counted.total_member_counts.map(|of| of.users), Some(2));
    let circle = groups.nest(crew.id, captains.id).await.unwrap_err();
    assert!(circle.problem_with("id").is_some(), "{circle}");

    groups.take_out(captains.id, crew.id).await.unwrap();
    assert!(groups.parents(captains.id).all().await.unwrap().is_empty());
    assert_eq!(embedded.members(crew.id).await, ["bob-n"]);
    let error = groups.take_out(captains.id, crew.id).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");

    groups.delete(captains.id).await.unwrap();
    assert!(of_ada.list().all().await.unwrap().is_empty());
    embedded.pingone.users().load(ada.id).await.unwrap();
}

#[tokio::test]
async fn groups_are_filtered_and_streamed_over_pages() {
    let embedded = Embedded::start().await;
    let groups = embedded.pingone.groups();
    for number in 0..7 {
        embedded.group(&format!("page-{number}")).await;
    }
    embedded.group("another").await;
    let filter = scim::sw("name", "page-");
    let streamed: Vec<Group> = groups
        .list()
        .filter(&filter)
        .limit(3)
        .stream()
        .try_collect()
        .await
        .unwrap();
    let mut names: Vec<_> = streamed.into_iter().map(|group| group.name).collect();
    names.sort();
    let expected: Vec<_> = (0..7).map(|number| format!("page-{number}")).collect();
    assert_eq!(names, expected);

    let first = groups.list().filter(&filter).limit(3).page().await.unwrap();
    let text = first.next.unwrap().as_str().to_owned();
    let next = groups.list().from(Cursor::parse(&text).unwrap());
    let second = next.page().await.unwrap();
    assert_eq!((first.items.len(), second.items.len()), (3, 3));
    let seen: Vec<_> = first.items.iter().map(|group| group.id).collect();
    assert!(second.items.iter().all(|group| !seen.contains(&group.id)));

    let one = scim::eq("name", "page-4");
    let found = groups.list().filter(&one).all().await.unwrap();
    assert_eq!(found.len(), 1);
    let unknown = scim::eq("customData", "x");
    assert!(groups.list().filter(&unknown).page().await.is_err());
}

#[tokio::test]
async fn memberships_are_streamed_over_pages() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-p").await;
    let memberships = embedded.pingone.memberships(ada.id);
    let mut expected = Vec::new();
    for number in 0..5 {
        let group = embedded.group(&format!("G{number}")).await;
        memberships.join(group.id).await.unwrap();
        expected.push(group.id);
    }
    let streamed: Vec<GroupMembership> = memberships
        .list()
        .limit(2)
        .stream()
        .try_collect()
        .await
        .unwrap();
    let mut found: Vec<_> = streamed.iter().map(|one| one.id).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
