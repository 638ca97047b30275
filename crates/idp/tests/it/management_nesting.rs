//! Groups in groups: who is a member through them, and that no circle comes about.

use http::StatusCode;
use serde_json::json;

use crate::management::{Api, encoded, id, refused};
use crate::management_groups::kinds;
use crate::world::World;

/// Nested groups, on an engine of choice: staff ⊃ engineers ⊃ interns.
async fn nest(world: World) {
    let api = Api::worker(&world).await;
    let staff = api.make_group("Staff").await;
    let engineers = api.make_group("Engineers").await;
    let interns = api.make_group("Interns").await;
    let ada = format!("users/{}", id(&api.make_user("ada").await));
    let bob = format!("users/{}", id(&api.make_user("bob").await));
    api.make_user("eve").await;
    api.join(&format!("groups/{interns}"), &engineers).await;
    api.join(&format!("groups/{engineers}"), &staff).await;
    api.join(&ada, &interns).await;
    api.join(&bob, &engineers).await;
    api.join(&bob, &staff).await;

    assert_eq!(
        api.memberships(&ada).await,
        kinds(&[
            ("Engineers", "INDIRECT"),
            ("Interns", "DIRECT"),
            ("Staff", "INDIRECT")
        ])
    );
    assert_eq!(
        api.memberships(&bob).await,
        kinds(&[("Engineers", "DIRECT"), ("Staff", "DIRECT")])
    );
    assert_eq!(
        api.memberships(&format!("groups/{interns}")).await,
        kinds(&[("Engineers", "DIRECT"), ("Staff", "INDIRECT")])
    );
    let counts = async |group: &str| {
        let path = format!("groups/{group}?include=totalMemberCounts");
        let shown = api.get(&path).await.expect(StatusCode::OK).json();
        let users = |member: &str| shown[member]["users"].as_i64().unwrap();
        (users("directMemberCounts"), users("totalMemberCounts"))
    };
    assert_eq!(counts(&staff).await, (1, 2));
    assert_eq!(counts(&engineers).await, (1, 2));
    assert_eq!(counts(&interns).await, (1, 1));

    let in_group = |group: &str| format!(r#"memberOfGroups[id eq "{group}"]"#);
    assert_eq!(api.users_by(&in_group(&staff)).await, ["ada", "bob"]);
    assert_eq!(api.users_by(&in_group(&interns)).await, ["ada"]);
    let dotted = format!(r#"memberOfGroups.id eq "{}""#, staff.to_uppercase());
    assert_eq!(api.users_by(&dotted).await, ["ada", "bob"]);
    for (rest, expected) in [
        (r#" and username sw "a""#, vec!["ada"]),
        (r#" or username eq "eve""#, vec!["ada", "bob", "eve"]),
        (" and enabled eq false", vec![]),
        (" and enabled eq true", vec!["ada", "bob"]),
        (
            r#" and (username eq "eve" or username eq "bob")"#,
            vec!["bob"],
        ),
    ] {
        let filter = format!("{}{rest}", in_group(&staff));
        assert_eq!(api.users_by(&filter).await, expected, "{filter}");
    }
    let page = api
        .get(&format!(
            "users?limit=1&filter={}",
            encoded(&in_group(&staff))
        ))
        .await;
    let next = page.json()["_links"]["next"]["href"]
        .as_str()
        .unwrap()
        .to_owned();
    let last = api.get(&next).await.expect(StatusCode::OK).json();
    assert_eq!(last["_embedded"]["users"].as_array().unwrap().len(), 1);
    assert!(last["_links"].get("next").is_none());

    // What comes through other groups ends with them.
    let indirect = format!("{ada}/memberOfGroups/{staff}");
    assert_eq!(api.get(&indirect).await.json()["type"], "INDIRECT");
    refused(
        &api.delete(&indirect).await,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "",
    );
    let nesting = format!("groups/{engineers}/memberOfGroups/{staff}");
    assert_eq!(api.get(&nesting).await.json()["type"], "DIRECT");
    api.delete(&nesting).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(
        api.memberships(&ada).await,
        kinds(&[("Engineers", "INDIRECT"), ("Interns", "DIRECT")])
    );
    assert_eq!(api.users_by(&in_group(&staff)).await, ["bob"]);
    api.delete(&format!("groups/{interns}"))
        .await
        .expect(StatusCode::NO_CONTENT);
    assert_eq!(api.memberships(&ada).await, []);
    api.delete(&bob).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(counts(&engineers).await, (0, 0));
}

#[tokio::test]
async fn members_of_nested_groups_are_members_on_sqlite() {
    nest(World::on(db::testing::sqlite().await).await).await;
}

#[tokio::test]
async fn members_of_nested_groups_are_members_on_postgresql() {
    let Some(place) = db::testing::postgres().await else {
        return;
    };
    nest(World::on(place).await).await;
}

#[tokio::test]
async fn groups_are_never_nested_in_themselves_nor_without_end() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut chain = Vec::new();
    for level in 0..11 {
        chain.push(api.make_group(&format!("G{level}")).await);
    }
    let nest = async |child: &str, parent: &str| {
        let path = format!("groups/{child}/memberOfGroups");
        api.post(&path, &json!({ "id": parent })).await
    };
    let itself = nest(&chain[0], &chain[0]).await;
    refused(&itself, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "id");
    for pair in chain[..10].windows(2) {
        nest(&pair[0], &pair[1]).await.expect(StatusCode::CREATED);
    }
    for (child, parent) in [(1, 0), (9, 0), (5, 2)] {
        let circle = nest(&chain[child], &chain[parent]).await;
        refused(&circle, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "id");
    }
    for (child, parent) in [(9, 10), (10, 0)] {
        let deep = nest(&chain[child], &chain[parent]).await;
        refused(&deep, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "id");
    }
    // A shorter way to a group that is reached already is no circle.
    nest(&chain[0], &chain[9]).await.expect(StatusCode::CREATED);
    nest(&chain[10], &chain[1])
        .await
        .expect(StatusCode::CREATED);
}

/// Each of both alone would find no circle.
async fn nest_at_once(world: World) {
    let api = Api::worker(&world).await;
    for round in 0..10 {
        let left = api.make_group(&format!("L{round}")).await;
        let right = api.make_group(&format!("R{round}")).await;
        let (to_left, to_right) = (json!({ "id": left }), json!({ "id": right }));
        let of_left = format!("groups/{left}/memberOfGroups");
        let of_right = format!("groups/{right}/memberOfGroups");
        let (first, second) =
            tokio::join!(api.post(&of_left, &to_right), api.post(&of_right, &to_left));
        let made = [&first, &second].map(|answer| answer.status == StatusCode::CREATED);
        assert_ne!(made[0], made[1], "{} {}", first.body, second.body);
    }
}

#[tokio::test]
async fn two_nestings_at_once_make_no_circle_on_sqlite() {
    nest_at_once(World::on(db::testing::sqlite().await).await).await;
}

#[tokio::test]
async fn two_nestings_at_once_make_no_circle_on_postgresql() {
    let Some(place) = db::testing::postgres().await else {
        return;
    };
    nest_at_once(World::on(place).await).await;
}
