//! Groups: what is kept of them, who is a member, and how they are nested.

use http::{Method, StatusCode};
use protocol::pingone::{Group, GroupMembership};
use serde_json::{Value, json};

use crate::management::{Api, encoded, forbidden, id, refused, user_path};
use crate::world::World;

pub(crate) fn kinds(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, kind): &(&str, &str)| ((*name).to_owned(), (*kind).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test]
async fn a_group_comes_back_as_it_was_sent() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let custom = json!({ "costCentre": 7, "tags": ["a", null], "deep": { "er": true } });
    let body = json!({
        "name": "Editors", "description": "Who edits", "externalId": "ext-1", "customData": custom,
        "displayName": "ignored", "sourceId": "ignored", "directMemberCounts": { "users": 9 },
    });
    let answer = api.post("groups", &body).await.expect(StatusCode::CREATED);
    let group = answer.json();
    assert_eq!(answer.location(), group["_links"]["self"]["href"]);
    for (member, value) in [
        ("name", json!("Editors")),
        ("displayName", json!("Editors")),
        ("description", json!("Who edits")),
        ("externalId", json!("ext-1")),
        ("customData", custom),
        ("environment", json!({ "id": api.environment })),
        ("directMemberCounts", json!({ "users": 0 })),
    ] {
        assert_eq!(group[member], value, "{member}");
    }
    for absent in ["population", "userFilter", "totalMemberCounts", "sourceId"] {
        assert!(group.get(absent).is_none(), "{absent}");
    }
    let read: Group = serde_json::from_value(group.clone()).unwrap();
    assert_eq!(read.name, "Editors");
    let at = format!("groups/{}", id(&group));
    assert_eq!(api.get(&at).await.expect(StatusCode::OK).json(), group);

    world.advance(60);
    let api = Api::worker(&world).await;
    let replaced = api.put(&at, &json!({ "name": "Writers" })).await;
    let replaced = replaced.expect(StatusCode::OK).json();
    assert_eq!(
        (&replaced["id"], &replaced["createdAt"]),
        (&group["id"], &group["createdAt"])
    );
    assert_ne!(replaced["updatedAt"], group["updatedAt"]);
    assert_eq!(replaced["name"], "Writers");
    assert!(replaced.get("description").is_none() && replaced.get("customData").is_none());
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    for answer in [api.get(&at).await, api.delete(&at).await] {
        refused(&answer, 404, "NOT_FOUND", "", "");
    }
}

#[tokio::test]
async fn what_a_group_cannot_keep_is_refused_by_its_name() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let nowhere = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
    for (member, value) in [
        ("userFilter", json!(r#"memberOfGroups[id eq "x"]"#)),
        ("population", json!({ "id": nowhere })),
        ("customData", json!({ "text": "x".repeat(20_000) })),
        ("externalId", json!("x".repeat(1025))),
        ("description", json!("x".repeat(1025))),
        ("name", json!("a\nb")),
    ] {
        let mut body = json!({ "name": "Editors" });
        body[member] = value;
        let answer = api.post("groups", &body).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
    for body in [json!({}), json!({ "name": " " })] {
        let answer = api.post("groups", &body).await;
        refused(&answer, 400, "INVALID_DATA", "REQUIRED_VALUE", "name");
    }
    for (member, value) in [
        ("customData", json!("text")),
        ("externalId", json!(7)),
        ("population", json!("text")),
    ] {
        let mut body = json!({ "name": "Editors" });
        body[member] = value;
        let answer = api.post("groups", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
    }
    let group = api.make_group("Editors").await;
    let moved = json!({ "name": "Editors", "population": { "id": world.demo.population_id } });
    let moved = api.put(&format!("groups/{group}"), &moved).await;
    refused(&moved, 400, "INVALID_DATA", "INVALID_VALUE", "population");
}

#[tokio::test]
async fn a_groups_name_is_unique_in_its_population_or_outside_all() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (first, second) = (
        api.make_population("P1").await,
        api.make_population("P2").await,
    );
    let of = |population: &str| json!({ "name": "Staff", "population": { "id": population } });
    for body in [json!({ "name": "Staff" }), of(&first), of(&second)] {
        api.make("groups", &body).await;
    }
    for body in [json!({ "name": " sTAFF" }), of(&first)] {
        let answer = api.post("groups", &body).await;
        refused(&answer, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
    }
    let other = api.make_group("Other").await;
    let answer = api
        .put(&format!("groups/{other}"), &json!({ "name": "STAFF" }))
        .await;
    refused(&answer, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
}

#[tokio::test]
async fn groups_are_found_by_filters_and_paged() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let population = api.make_population("P1").await;
    for (name, external, population) in [
        ("Alpha", Some("x-1"), None),
        ("alpine", None, Some(&population)),
        ("Beta", Some("X-1"), None),
    ] {
        let mut body = json!({ "name": name });
        if let Some(external) = external {
            body["externalId"] = json!(external);
        }
        if let Some(population) = population {
            body["population"] = json!({ "id": population });
        }
        api.make("groups", &body).await;
    }
    let names = async |filter: &str| {
        let page = api.get(&format!("groups?filter={}", encoded(filter))).await;
        let page = page.expect(StatusCode::OK).json();
        let groups = page["_embedded"]["groups"].as_array().unwrap().clone();
        let mut names: Vec<_> = groups
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(r#"name sw "AL""#).await, ["Alpha", "alpine"]);
    assert_eq!(
        names(r#"name eq "beta" or name eq "alpha""#).await,
        ["Alpha", "Beta"]
    );
    assert_eq!(names(r#"externalId eq "x-1""#).await, ["Alpha"]);
    assert_eq!(
        names(&format!(r#"population.id eq "{population}""#)).await,
        ["alpine"]
    );
    let answer = api
        .get(&format!(
            "groups?filter={}",
            encoded(r#"externalId sw "x""#)
        ))
        .await;
    refused(&answer, 400, "INVALID_REQUEST", "INVALID_FILTER", "filter");

    let mut next = Some(api.path("groups?limit=2"));
    let mut seen = 0;
    while let Some(address) = next {
        let page = api.get(&address).await.expect(StatusCode::OK).json();
        seen += page["_embedded"]["groups"].as_array().unwrap().len();
        next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, 3);
}

#[tokio::test]
async fn a_user_joins_and_leaves_a_group() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let ada = format!("users/{}", id(&api.make_user("ada").await));
    let group = api.make_group("Editors").await;
    let (collection, body) = (format!("{ada}/memberOfGroups"), json!({ "id": group }));
    let answer = api
        .post(&collection, &body)
        .await
        .expect(StatusCode::CREATED);
    let membership = answer.json();
    assert_eq!(answer.location(), membership["_links"]["self"]["href"]);
    assert_eq!(
        (&membership["id"], &membership["name"], &membership["type"]),
        (&json!(group), &json!("Editors"), &json!("DIRECT"))
    );
    let read: GroupMembership = serde_json::from_value(membership.clone()).unwrap();
    assert_eq!(read.id.to_string(), group);
    let at = format!("{collection}/{group}");
    assert_eq!(api.get(&at).await.expect(StatusCode::OK).json(), membership);
    let again = api.post(&collection, &body).await;
    refused(&again, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "id");
    for unknown in [
        json!({ "id": id(&api.make_user("bob").await) }),
        json!({ "id": "editors" }),
    ] {
        let answer = api.post(&collection, &unknown).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
    refused(
        &api.post(&collection, &json!({})).await,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "id",
    );

    let expanded = api.get(&format!("{collection}?expand=group")).await.json();
    let embedded = &expanded["_embedded"]["groupMemberships"][0]["_embedded"]["group"];
    assert_eq!(embedded["directMemberCounts"], json!({ "users": 1 }));
    let plain = api.get(&collection).await.json();
    let plain = &plain["_embedded"]["groupMemberships"][0];
    assert!(plain.get("_embedded").is_none(), "{plain}");

    let user = api
        .get(&format!(
            "{ada}?include=memberOfGroupIDs,memberOfGroupNames"
        ))
        .await
        .json();
    assert_eq!(
        (&user["memberOfGroupIDs"], &user["memberOfGroupNames"]),
        (&json!([group]), &json!(["Editors"]))
    );
    assert!(api.get(&ada).await.json().get("memberOfGroupIDs").is_none());

    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
    refused(&api.delete(&at).await, 404, "NOT_FOUND", "", "");
    let filter = r#"recordedAt ge "2026-01-05T00:00:00Z" and action.type eq "#;
    for event in [
        "GROUP.CREATED",
        "MEMBER_OF_GROUP.CREATED",
        "MEMBER_OF_GROUP.DELETED",
    ] {
        let path = format!(
            "activities?filter={}",
            encoded(&format!(r#"{filter}"{event}""#))
        );
        let page = api.get(&path).await.expect(StatusCode::OK).json();
        assert_eq!(page["size"], 1, "{event}: {page}");
    }
}

#[tokio::test]
async fn a_populations_group_has_members_of_that_population_only() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (here, there) = (
        api.make_population("Here").await,
        api.make_population("There").await,
    );
    let of =
        |name: &str, population: &str| json!({ "name": name, "population": { "id": population } });
    let group = api.make("groups", &of("Local", &here)).await;
    assert_eq!(group["population"], json!({ "id": here }));
    let group = id(&group);
    let foreign = id(&api.post("groups", &of("Foreign", &there)).await.json());
    let open = api.make_group("Open").await;
    let ada = format!("users/{}", api.make_user_in("ada", &here).await);
    let bob = format!("users/{}", api.make_user_in("bob", &there).await);
    for stranger in [bob, format!("groups/{foreign}"), format!("groups/{open}")] {
        let path = format!("{stranger}/memberOfGroups");
        let answer = api.post(&path, &json!({ "id": group })).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "id");
    }
    api.join(&ada, &group).await;
    api.join(&ada, &open).await;
    api.join(&format!("groups/{group}"), &open).await;
    // The population is kept where a replacement leaves it out.
    let renamed = api
        .put(&format!("groups/{group}"), &json!({ "name": "Renamed" }))
        .await;
    assert_eq!(
        renamed.expect(StatusCode::OK).json()["population"],
        json!({ "id": here })
    );

    let moved = api
        .put(&format!("{ada}/population"), &json!({ "id": there }))
        .await;
    moved.expect(StatusCode::OK);
    assert_eq!(api.memberships(&ada).await, kinds(&[("Open", "DIRECT")]));
    // A population goes with its groups.
    api.delete(&format!("populations/{here}"))
        .await
        .expect(StatusCode::NO_CONTENT);
    refused(
        &api.get(&format!("groups/{group}")).await,
        404,
        "NOT_FOUND",
        "",
        "",
    );
}

#[tokio::test]
async fn a_role_for_a_population_reaches_its_groups_only() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let (worker, secret) = admin.make_worker("Local", &[]).await;
    let (here, there) = (
        world.demo.population_id.to_string(),
        admin.make_population("There").await,
    );
    let give = admin
        .assignment("Identity Data Admin", "POPULATION", &here)
        .await;
    let path = format!("applications/{worker}/roleAssignments");
    admin.make(&path, &give).await;
    let local = Api::application(&world, &worker, &secret).await;

    let of =
        |name: &str, population: &str| json!({ "name": name, "population": { "id": population } });
    let own = id(&local.make("groups", &of("Own", &here)).await);
    let open = admin.make_group("Open").await;
    let foreign = id(&admin.post("groups", &of("Foreign", &there)).await.json());
    let ada = format!("users/{}", local.make_user_in("ada", &here).await);
    local.join(&ada, &own).await;
    let listed = local.get("groups").await.expect(StatusCode::OK).json();
    let listed = listed["_embedded"]["groups"].as_array().unwrap().clone();
    assert_eq!(listed.iter().map(id).collect::<Vec<_>>(), [own.as_str()]);

    let ada_joins = format!("{ada}/memberOfGroups");
    let own_joins = format!("groups/{own}/memberOfGroups");
    for group in [&open, &foreign] {
        let (at, body) = (format!("groups/{group}"), json!({ "id": group }));
        for answer in [
            local.get(&at).await,
            local.put(&at, &json!({ "name": "Mine" })).await,
            local.delete(&at).await,
            local.get(&format!("{at}/memberOfGroups")).await,
            local.post(&ada_joins, &body).await,
            local.post(&own_joins, &body).await,
        ] {
            forbidden(&answer);
        }
    }
    // Nor does it show them where they have members in reach.
    let nested = id(&local.post("groups", &of("Nested", &here)).await.json());
    let nested = format!("groups/{nested}");
    admin.join(&ada, &open).await;
    admin.join(&nested, &open).await;
    local.join(&nested, &own).await;
    for member in [&ada, &nested] {
        let all = admin.memberships(member).await;
        assert_eq!(all, kinds(&[("Open", "DIRECT"), ("Own", "DIRECT")]));
        let path = format!("{member}/memberOfGroups?expand=group&limit=1");
        let page = local.get(&path).await.expect(StatusCode::OK).json();
        assert_eq!(page["_embedded"]["groupMemberships"][0]["id"], own);
        assert!(page["_links"].get("next").is_none(), "{page}");
        assert!(!page.to_string().contains(&open), "{page}");
        for query in ["", "?expand=group"] {
            let at = format!("{member}/memberOfGroups/{open}{query}");
            let answer = local.get(&at).await;
            forbidden(&answer);
        }
    }
    // Nor does a filter: a group out of reach is like one that is not there.
    let nobody: Vec<String> = Vec::new();
    for group in [&open, &foreign, &uuid::Uuid::new_v4().to_string()] {
        for rest in ["", r#" or username eq "x""#, r#" and username eq "ada""#] {
            let filter = format!(r#"memberOfGroups[id eq "{group}"]{rest}"#);
            assert_eq!(local.users_by(&filter).await, nobody, "{filter}");
        }
    }
    let filter = format!(r#"memberOfGroups[id eq "{own}"]"#);
    assert_eq!(local.users_by(&filter).await, ["ada"]);
    let filter = format!(r#"memberOfGroups[id eq "{open}"]"#);
    assert_eq!(admin.users_by(&filter).await, ["ada"]);
    let include = format!("{ada}?include=memberOfGroupIDs,memberOfGroupNames");
    let shown = local.get(&include).await.expect(StatusCode::OK).json();
    assert_eq!(shown["memberOfGroupIDs"], json!([own]));
    assert_eq!(shown["memberOfGroupNames"], json!(["Own"]));
    for body in [json!({ "name": "Anywhere" }), of("Elsewhere", &there)] {
        let answer = local.post("groups", &body).await;
        forbidden(&answer);
    }
}

#[tokio::test]
async fn who_only_reads_identities_changes_no_group() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let reader = admin
        .worker_with("Reader", &["Identity Data Read Only"])
        .await;
    let group = admin.make_group("Editors").await;
    let ada = format!("users/{}", id(&admin.make_user("ada").await));
    admin.join(&ada, &group).await;
    let at = format!("groups/{group}");
    let membership = format!("{ada}/memberOfGroups/{group}");
    reader.get(&at).await.expect(StatusCode::OK);
    reader.get(&membership).await.expect(StatusCode::OK);
    for answer in [
        reader.post("groups", &json!({ "name": "X" })).await,
        reader.put(&at, &json!({ "name": "X" })).await,
        reader.delete(&at).await,
        reader.delete(&membership).await,
        reader
            .post(&format!("{ada}/memberOfGroups"), &json!({ "id": group }))
            .await,
    ] {
        forbidden(&answer);
    }
    let configurer = admin
        .worker_with("Configurer", &["Configuration Read Only"])
        .await;
    refused(
        &configurer.get(&at).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
}

/// A group's name may say what the user is not to know.
#[tokio::test]
async fn users_do_not_see_which_groups_they_are_in() {
    let world = World::new().await;
    let user = Api::user(&world, "openid p1:read:user").await;
    let own = format!(
        "users/{}",
        crate::world::claims(&user.token)["sub"].as_str().unwrap()
    );
    user.get(&own).await.expect(StatusCode::OK);
    for path in [
        "/memberOfGroups",
        "?include=memberOfGroupIDs",
        "?include=memberOfGroupNames",
    ] {
        let answer = user.get(&format!("{own}{path}")).await;
        forbidden(&answer);
    }
}

async fn members(api: &Api<'_>, group: &str) -> Vec<String> {
    api.users_by(&format!(r#"memberOfGroups[id eq "{group}"]"#))
        .await
}

#[tokio::test]
async fn whoever_meets_the_rule_of_a_group_is_a_member_and_nobody_else() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let user = |name: &str, title: &str| json!({"username": name, "email": format!("{name}@ship.example"), "title": title});
    let ada = api.import(&user("ada", "Captain")).await.json();
    api.import(&user("bob", "Cook")).await;
    let rule = json!({"name": "Officers", "userFilter": r#"title eq "captain""#});
    let officers = api.make("groups", &rule).await;
    assert_eq!(officers["userFilter"], rule["userFilter"]);
    assert_eq!(officers["directMemberCounts"]["users"], 1);
    let id = officers["id"].as_str().unwrap();
    assert_eq!(members(&api, id).await, ["ada"]);
    let memberships = api.memberships(&user_path(&ada)).await;
    assert_eq!(memberships, kinds(&[("Officers", "INDIRECT")]));

    // A change of a user, and a new one, follow the rule.
    api.import(&user("eve", "Captain"))
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(members(&api, id).await, ["ada", "eve"]);
    api.patch(&user_path(&ada), &json!({"title": "Cook"}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(members(&api, id).await, ["eve"]);

    // Nobody is put into it, and a rule that is changed looks at everybody.
    let at = format!("{}/memberOfGroups", user_path(&ada));
    let refusal = api.post(&at, &json!({"id": id})).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "id");
    let at = format!("groups/{id}");
    let cooks = json!({"name": "Cooks", "userFilter": r#"title co "oo" and email ew "p.example""#});
    api.put(&at, &cooks).await.expect(StatusCode::OK);
    assert_eq!(members(&api, id).await, ["ada", "bob"]);
    api.put(&at, &json!({"name": "Cooks"}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(members(&api, id).await, [""; 0]);
}

/// A rule by the mail address lets in whoever reads the mailbox, not whoever says so.
#[tokio::test]
async fn an_address_meets_a_rule_once_it_is_proven() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let rule = json!({"name": "Staff", "userFilter": r#"email ew "@corp.example""#});
    let staff = id(&api.make("groups", &rule).await);
    let page = api
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let demo = user_path(&page["_embedded"]["users"][0]);
    let address = "demo@corp.example";
    let owner = Api::user(&world, "openid p1:read:user p1:update:user").await;
    owner
        .patch(&demo, &json!({ "email": address }))
        .await
        .expect(StatusCode::OK);
    assert_eq!(members(&api, &staff).await, [""; 0]);
    // Nor does a rule that is written afterwards.
    let again = json!({"name": "Staff", "userFilter": r#"email ew "corp.example""#});
    let at = format!("groups/{staff}");
    api.put(&at, &again).await.expect(StatusCode::OK);
    assert_eq!(members(&api, &staff).await, [""; 0]);

    let send = "user.sendVerificationCode+json";
    api.act(Method::POST, &demo, send, &Value::Null)
        .await
        .expect(StatusCode::OK);
    let code = world.mailed_code(address).await.unwrap();
    let code = json!({ "verificationCode": code });
    api.act(Method::POST, &demo, "user.verify+json", &code)
        .await
        .expect(StatusCode::OK);
    assert_eq!(members(&api, &staff).await, ["demo"]);
}

#[tokio::test]
async fn the_roles_of_a_group_are_kept_and_give_its_members_nothing() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let group = api.make_group("Admins").await;
    let body = api
        .assignment("Identity Data Read Only", "ENVIRONMENT", &api.environment)
        .await;
    let at = format!("groups/{group}/roleAssignments");
    let made = api.make(&at, &body).await;
    assert_eq!(made["role"], body["role"]);
    let one = format!("{at}/{}", made["id"].as_str().unwrap());
    assert_eq!(api.get(&one).await.expect(StatusCode::OK).json(), made);
    let page = api.get(&at).await.json();
    assert_eq!(page["_embedded"]["roleAssignments"][0]["id"], made["id"]);
    let ada = api.make_user("ada").await;
    api.join(&user_path(&ada), &group).await;
    let held = api
        .get(&format!("{}/roleAssignments", user_path(&ada)))
        .await
        .json();
    assert_eq!(held["_embedded"]["roleAssignments"], json!([]));
    api.delete(&one).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&one).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn what_begins_alike_is_paged_by_name_and_each_is_seen_once() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for collection in ["groups", "populations"] {
        for name in ["Crew 3", "crew 1", "Crew 4", "Other", "CREW 2", "Cre"] {
            api.make(collection, &json!({ "name": name })).await;
        }
        let first = format!("{collection}?limit=1&filter=name%20sw%20%22crew%22");
        let (mut next, mut names) = (Some(api.path(&first)), Vec::new());
        while let Some(address) = next {
            let page = api.get(&address).await.expect(StatusCode::OK).json();
            let items = page["_embedded"][collection].as_array().unwrap();
            names.extend(items.iter().map(|one| one["name"].clone()));
            assert!(names.len() <= 4, "{names:?}");
            next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
        }
        assert_eq!(names, ["crew 1", "CREW 2", "Crew 3", "Crew 4"]);
    }
}
