//! How far roles reach, and that nobody becomes stronger or shuts themselves out by them.
//! Reliability and security, classes 24 to 26.

use http::{Method, StatusCode};
use serde_json::json;

use crate::management::{Api, another_environment, call, fill, forbidden, refused, user_path};
use crate::world::World;

/// Classes 16 and 17: a user with every `p1:` scope reaches the own account only, and there
/// nothing that the server owns.
#[tokio::test]
async fn a_user_reaches_the_own_account_and_no_more() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let every = "openid p1:read:user p1:update:user p1:read:userPassword p1:reset:userPassword \
                 p1:validate:userPassword p1:verify:user";
    let user = Api::user(&world, every).await;
    let page = admin
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let own = format!(
        "users/{}",
        page["_embedded"]["users"][0]["id"].as_str().unwrap()
    );
    let before = user.get(&own).await.expect(StatusCode::OK).json();
    let body = json!({
        "username": "demo", "email": "demo@example.com", "nickname": "D",
        "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", "enabled": false, "emailVerified": false,
        "environment": { "id": "x" }, "population": { "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" }, "mfaEnabled": true,
        "account": { "status": "LOCKED", "canAuthenticate": false }, "verifyStatus": "ENABLED",
        "lifecycle": { "status": "VERIFICATION_REQUIRED" }, "createdAt": "1970-01-01T00:00:00Z",
        "lastSignOn": null, "roleAssignments": [{}], "memberOfGroupIDs": ["x"], "version": 9,
    });
    for answer in [user.patch(&own, &body).await, user.put(&own, &body).await] {
        let after = answer.expect(StatusCode::OK).json();
        assert_eq!(after["nickname"], "D");
        for member in [
            "id",
            "enabled",
            "emailVerified",
            "environment",
            "population",
            "mfaEnabled",
            "account",
            "verifyStatus",
            "lifecycle",
            "createdAt",
            "lastSignOn",
            "_links",
        ] {
            assert_eq!(after[member], before[member], "{member}");
        }
        assert!(after.get("roleAssignments").is_none() && after.get("version").is_none());
    }
    let environment = user.environment.to_string();
    let id = own.strip_prefix("users/").unwrap();
    let allowed = [
        "users/{user}",
        "users/{user}/password",
        "users/{user}/enabled",
        "users/{user}/identityProvider",
        "users/{user}/mfaEnabled",
        "users/{user}/population",
        "users/{user}/verifyStatus",
    ];
    for operation in idp::management_operations() {
        let Some(below) = operation.path.strip_prefix("/environments/{environment}/") else {
            continue;
        };
        let reads = operation.method == Method::GET && allowed.contains(&below);
        let writes =
            matches!(operation.method, Method::PUT | Method::PATCH) && below == "users/{user}";
        let acts = operation.media_type.is_some_and(|media| {
            [
                "password.check+json",
                "password.reset+json",
                "user.verify+json",
                "user.sendVerificationCode+json",
            ]
            .iter()
            .any(|end| media.ends_with(end))
        });
        let path = fill(
            &operation.path,
            &[("environment", &environment), ("user", id)],
        );
        if !(reads || writes || acts) {
            let answer = call(&user, &operation, &path).await;
            forbidden(&answer);
        }
        let others = fill(&operation.path, &[("environment", &environment)]);
        let answer = call(&user, &operation, &others).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{operation:?}");
    }
    // Without the scope not even that.
    let user = Api::user(&world, "openid p1:read:userPassword").await;
    refused(
        &user.get(&own).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    user.get(&format!("{own}/password"))
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn roles_reach_what_they_were_assigned_for() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let (id, secret) = admin.make_worker("Help", &[]).await;
    let population = world.demo.population_id.to_string();
    let give = admin
        .assignment("Identity Data Admin", "POPULATION", &population)
        .await;
    let path = format!("applications/{id}/roleAssignments");
    let given = admin.make(&path, &give).await;
    refused(
        &admin.post(&path, &give).await,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "role",
    );
    let helper = Api::application(&world, &id, &secret).await;

    let partners = admin
        .get("populations?filter=name%20eq%20%22Partners%22")
        .await
        .json();
    let partners = partners["_embedded"]["populations"][0]["id"].clone();
    let body =
        json!({ "username": "pat", "email": "pat@example.org", "population": { "id": partners } });
    refused(
        &helper.post("users", &body).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    let pat = admin.make("users", &body).await;
    let at = user_path(&pat);
    refused(
        &helper.get(&at).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    let all = helper
        .get("users?limit=1000")
        .await
        .expect(StatusCode::OK)
        .json();
    assert!(
        all["_embedded"]["users"]
            .as_array()
            .unwrap()
            .iter()
            .all(|user| user["id"] != pat["id"])
    );
    let filtered = helper
        .get("users?filter=username%20eq%20%22pat%22")
        .await
        .json();
    assert_eq!(filtered["size"], 0);
    let listed = helper
        .get("populations")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(listed["size"], 1);
    let own = helper.make_user("kim").await;
    let at = format!("users/{}/population", own["id"].as_str().unwrap());
    let moved = helper.put(&at, &json!({ "id": partners })).await;
    forbidden(&moved);
    let name = json!({ "name": "New" });
    refused(
        &helper.post("populations", &name).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );

    let gone = format!("{path}/{}", given["id"].as_str().unwrap());
    admin.delete(&gone).await.expect(StatusCode::NO_CONTENT);
    refused(
        &helper.get("users").await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
}

/// Nobody gains what they do not hold: by giving roles, by secrets, by passwords.
#[tokio::test]
async fn nobody_lifts_themselves_up() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let identities = admin
        .worker_with("Identities", &["Identity Data Admin"])
        .await;
    let applications = admin
        .worker_with("Applications", &["Client Application Developer"])
        .await;

    let ada = admin.make_user("ada").await;
    let path = format!("{}/roleAssignments", user_path(&ada));
    let give = async |role: &str, kind: &str, scope: String| {
        let role = admin.role(role).await;
        let body = json!({ "role": { "id": role }, "scope": { "id": scope, "type": kind } });
        identities.post(&path, &body).await
    };
    let environment = admin.environment.to_string();
    let too_much = give("Environment Admin", "ENVIRONMENT", environment.clone()).await;
    forbidden(&too_much);
    let elsewhere = another_environment(&world).await.to_string();
    let foreign = give("Identity Data Admin", "ENVIRONMENT", elsewhere).await;
    forbidden(&foreign);
    let unfit = give(
        "Environment Admin",
        "POPULATION",
        world.demo.population_id.to_string(),
    )
    .await;
    refused(&unfit, 400, "INVALID_DATA", "INVALID_VALUE", "scope");
    give("Help Desk Admin", "ENVIRONMENT", environment.clone())
        .await
        .expect(StatusCode::CREATED);

    // The worker's secret gives all of its roles, which the developer does not hold.
    let worker = format!("applications/{}/secret", world.demo.worker_client_id);
    refused(
        &applications.get(&worker).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    let rotated = applications.post(&worker, &json!({})).await;
    forbidden(&rotated);
    // And nobody reads their own.
    refused(
        &admin.get(&worker).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    // The secret of an application of no power is for whoever looks after applications.
    let (harmless, secret) = admin.make_worker("Harmless", &[]).await;
    let shown = applications
        .get(&format!("applications/{harmless}/secret"))
        .await;
    assert_eq!(
        shown.expect(StatusCode::OK).json()["secret"],
        secret.as_str()
    );
}

/// An administrator shuts out neither themselves nor, with them, everybody who could undo it.
#[tokio::test]
async fn nobody_disables_locks_deletes_or_strips_themselves() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let found = admin.get("users?filter=username%20eq%20%22demo%22").await;
    let id = found.json()["_embedded"]["users"][0]["id"].clone();
    let own = format!("users/{}", id.as_str().unwrap());
    let roles = format!("{own}/roleAssignments");
    let environment = admin.environment.to_string();
    let body = admin
        .assignment("Identity Data Admin", "ENVIRONMENT", &environment)
        .await;
    let given = admin.post(&roles, &body).await.expect(StatusCode::CREATED);
    let role = format!("{roles}/{}", given.json()["id"].as_str().unwrap());
    let user = Api::user(&world, "openid p1:read:user").await;
    let off = json!({ "enabled": false });
    for (answer, target) in [
        (user.put(&format!("{own}/enabled"), &off).await, "enabled"),
        (
            user.act(Method::POST, &own, "account.lock+json", &json!(null))
                .await,
            "account",
        ),
        (user.delete(&own).await, ""),
        (user.delete(&role).await, ""),
    ] {
        refused(
            &answer,
            400,
            "REQUEST_FAILED",
            "CONSTRAINT_VIOLATION",
            target,
        );
    }
    // Others are theirs to look after, and others look after them.
    let ada = user.make_user("ada").await;
    let ada = format!("users/{}/enabled", ada["id"].as_str().unwrap());
    user.put(&ada, &off).await.expect(StatusCode::OK);
    admin.delete(&role).await.expect(StatusCode::NO_CONTENT);
    admin
        .put(&format!("{own}/enabled"), &off)
        .await
        .expect(StatusCode::OK);
}

/// Every way to take an administrator away, where no other one is left.
#[tokio::test]
async fn nobody_takes_the_last_administrator_away() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let (second, _) = admin.make_worker("Second", &["Environment Admin"]).await;
    let ada = admin.make_user("ada").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let user = format!("users/{ada}");
    let body = json!({
        "role": { "id": admin.role("Environment Admin").await },
        "scope": { "id": admin.environment.to_string(), "type": "ENVIRONMENT" },
    });
    let given = admin.post(&format!("{user}/roleAssignments"), &body).await;
    let given = given.expect(StatusCode::CREATED).json();
    let users_role = format!("{user}/roleAssignments/{}", given["id"].as_str().unwrap());
    let worker = format!("applications/{second}");
    let roles = admin.get(&format!("{worker}/roleAssignments")).await.json();
    let id = roles["_embedded"]["roleAssignments"][0]["id"].clone();
    let workers_role = format!("{worker}/roleAssignments/{}", id.as_str().unwrap());
    let body = |enabled: bool, grant_types: &[&str]| {
        json!({
            "name": "Second", "type": "WORKER", "protocol": "OPENID_CONNECT", "enabled": enabled,
            "grantTypes": grant_types, "responseTypes": ["CODE"],
            "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        })
    };
    let off = json!({ "enabled": false });
    let locked = json!(null);
    // With others beside them, they come and go.
    admin
        .put(&format!("{user}/enabled"), &off)
        .await
        .expect(StatusCode::OK);
    admin
        .put(&worker, &body(false, &["CLIENT_CREDENTIALS"]))
        .await
        .expect(StatusCode::OK);

    // Another node takes roles away: this one believes for a moment that the caller has them.
    let strip = async |left: &str| {
        let statement = "DELETE FROM role_assignments WHERE actor_id <> $1";
        world.sql(db::Statement::new(statement).bind(left)).await;
    };
    let last = |answer: &crate::world::Answer, target: &str| {
        refused(
            answer,
            400,
            "REQUEST_FAILED",
            "CONSTRAINT_VIOLATION",
            target,
        );
        assert!(
            answer.body.contains("without an administrator"),
            "{}",
            answer.body
        );
    };
    let on = json!({ "enabled": true });
    admin
        .put(&format!("{user}/enabled"), &on)
        .await
        .expect(StatusCode::OK);
    admin
        .put(&worker, &body(true, &["CLIENT_CREDENTIALS"]))
        .await
        .expect(StatusCode::OK);
    // The environment goes with the organization's administrator, who lives in it.
    last(
        &admin
            .delete(&format!("/v1/environments/{}", admin.environment))
            .await,
        "",
    );
    let backup = "INSERT INTO role_assignments (id, environment_id, actor_kind, actor_id, role_id, \
                  scope_type, scope_id, read_only, created_at) \
                  SELECT $1, environment_id, 'APPLICATION', $2, role_id, scope_type, scope_id, \
                  read_only, created_at FROM role_assignments WHERE actor_id = $3";
    let backup = db::Statement::new(backup).bind(uuid::Uuid::new_v4());
    let backup = backup.bind(second.as_str()).bind(ada.as_str());
    strip(&ada).await;
    last(
        &admin.put(&format!("{user}/enabled"), &off).await,
        "enabled",
    );
    let lock = admin.act(Method::POST, &user, "account.lock+json", &locked);
    last(&lock.await, "account");
    last(&admin.delete(&user).await, "");
    last(&admin.delete(&users_role).await, "");
    // A worker that is disabled or has no token of its own does not count.
    world.sql(backup).await;
    strip(&second).await;
    let roles = admin.get(&format!("{worker}/roleAssignments")).await.json();
    assert_eq!(roles["size"], 1, "{roles}, {workers_role}");
    for without in [
        body(false, &["CLIENT_CREDENTIALS"]),
        body(true, &["AUTHORIZATION_CODE"]),
    ] {
        last(&admin.put(&worker, &without).await, "enabled");
    }
    last(&admin.delete(&worker).await, "");
    let id = roles["_embedded"]["roleAssignments"][0]["id"].clone();
    let role = format!("{worker}/roleAssignments/{}", id.as_str().unwrap());
    last(&admin.delete(&role).await, "");
}

#[tokio::test]
async fn no_application_disables_deletes_or_strips_itself() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let (id, secret) = admin.make_worker("Second", &["Environment Admin"]).await;
    let second = Api::application(&world, &id, &secret).await;
    let own = format!("applications/{id}");
    let roles = second.get(&format!("{own}/roleAssignments")).await.json();
    let role = roles["_embedded"]["roleAssignments"][0]["id"].clone();
    let off = json!({
        "name": "Second", "type": "WORKER", "protocol": "OPENID_CONNECT", "enabled": false,
        "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    });
    let role = format!("{own}/roleAssignments/{}", role.as_str().unwrap());
    for (answer, target) in [
        (second.put(&own, &off).await, "enabled"),
        (second.delete(&own).await, ""),
        (second.delete(&role).await, ""),
    ] {
        refused(
            &answer,
            400,
            "REQUEST_FAILED",
            "CONSTRAINT_VIOLATION",
            target,
        );
    }
    // Others look after it.
    admin.delete(&role).await.expect(StatusCode::NO_CONTENT);
    admin.put(&own, &off).await.expect(StatusCode::OK);
    admin.delete(&own).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn of_two_administrators_who_remove_each_other_one_remains() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let (one, secret) = admin.make_worker("One", &["Environment Admin"]).await;
    let first = Api::application(&world, &one, &secret).await;
    let (two, secret) = admin.make_worker("Two", &["Environment Admin"]).await;
    let second = Api::application(&world, &two, &secret).await;
    let statement = "DELETE FROM role_assignments WHERE actor_id NOT IN ($1, $2)";
    let statement = db::Statement::new(statement).bind(one.as_str());
    world.sql(statement.bind(two.as_str())).await;
    let (there, here) = (format!("applications/{two}"), format!("applications/{one}"));
    let (a, b) = tokio::join!(first.delete(&there), second.delete(&here));
    let gone = [a.status, b.status].map(|status| status == StatusCode::NO_CONTENT);
    assert_eq!(
        gone.into_iter().filter(|gone| *gone).count(),
        1,
        "{a:?} {b:?}"
    );
}

/// A password gives all that its owner may do, and so does the address that codes go to.
#[tokio::test]
async fn nobody_takes_over_somebody_more_powerful() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let identities = admin
        .worker_with("Identities", &["Identity Data Admin"])
        .await;
    let ada = admin.make_user("ada").await;
    let path = format!("{}/roleAssignments", user_path(&ada));
    let environment = admin.environment.to_string();
    let body = admin
        .assignment("Environment Admin", "ENVIRONMENT", &environment)
        .await;
    admin.make(&path, &body).await;
    let at = user_path(&ada);
    let set = json!({ "value": "Sunny-Meadow-93" });
    let answer = identities
        .act(
            Method::PUT,
            &format!("{at}/password"),
            "password.set+json",
            &set,
        )
        .await;
    forbidden(&answer);
    let answer = identities
        .patch(&at, &json!({ "email": "mallory@example.com" }))
        .await;
    forbidden(&answer);
}
