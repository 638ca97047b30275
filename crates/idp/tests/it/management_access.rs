//! Who may do what: 401 and 403, roles and how far they reach, users and their own account.
//! Reliability and security, classes 9, 16, 17, 24 to 26.

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use protocol::id::EnvironmentId;
use serde_json::json;

use crate::management::{Api, refused};
use crate::world::World;

/// The path of an operation with ids that name nothing, or what is given for them.
fn fill(path: &str, ids: &[(&str, &str)]) -> String {
    let segments = path.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let Some(name) = name else { return segment };
        let known = ids
            .iter()
            .find(|(id, _)| *id == name)
            .map(|(_, value)| *value);
        known.unwrap_or("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1")
    });
    format!("/v1{}", segments.collect::<Vec<_>>().join("/"))
}

async fn call(api: &Api<'_>, operation: &idp::Operation, path: &str) -> crate::world::Answer {
    let media = operation.media_type.unwrap_or("application/json");
    let body = json!({
        "username": "mallory", "email": "mallory@example.com", "enabled": true, "mfaEnabled": true,
        "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", "name": "Mallory", "type": "SANDBOX",
    });
    api.send(operation.method.clone(), path, &[media], body.to_string())
        .await
}

/// A second environment, made as an administrator of the organization would.
async fn another_environment(world: &World) -> EnvironmentId {
    let organization = uuid::Uuid::new_v4().to_string();
    let id = uuid::Uuid::new_v4().to_string();
    let insert = db::Statement::new(
        "INSERT INTO environments (id, organization_id, name, name_key, document, created_at, updated_at) \
         SELECT $1, $2, 'Other', 'other', document, created_at, updated_at FROM environments",
    );
    world.sql(insert.bind(id.as_str()).bind(organization)).await;
    EnvironmentId::parse(&id).unwrap()
}

/// Class 24: every operation, with a good token, on an environment that its roles are not for.
#[tokio::test]
async fn no_operation_crosses_to_another_environment() {
    let world = World::new().await;
    let other = another_environment(&world).await.to_string();
    let worker = Api::worker(&world).await;
    let user = Api::user(
        &world,
        "openid p1:read:user p1:update:user p1:read:userPassword",
    )
    .await;
    let demo = world.demo.worker_client_id.to_string();
    for operation in idp::management_operations() {
        if !operation.path.contains("{environment}") {
            continue;
        }
        let role = worker.role("Environment Admin").await;
        let path = fill(
            operation.path,
            &[
                ("environment", &other),
                ("application", &demo),
                ("role", &role),
            ],
        );
        for api in [&worker, &user] {
            let answer = call(api, &operation, &path).await;
            refused(
                &answer,
                403,
                "ACCESS_FAILED",
                "INSUFFICIENT_PERMISSIONS",
                "",
            );
        }
    }
}

/// Ids of one environment are nothing in another, even to somebody who may do all in both.
#[tokio::test]
async fn ids_of_another_environment_name_nothing() {
    let world = World::new().await;
    let other = another_environment(&world).await;
    for role in [
        "Environment Admin",
        "Identity Data Admin",
        "Client Application Developer",
    ] {
        let role = Api::worker(&world).await.role(role).await;
        let give = db::Statement::new(
            "INSERT INTO role_assignments (id, environment_id, actor_kind, actor_id, role_id, \
             scope_type, scope_id, read_only, created_at) \
             VALUES ($1, $2, 'APPLICATION', $3, $4, 'ENVIRONMENT', $5, FALSE, 0)",
        );
        let give = give
            .bind(uuid::Uuid::new_v4())
            .bind(world.demo.environment_id.to_string())
            .bind(world.demo.worker_client_id.to_string())
            .bind(role)
            .bind(other.to_string());
        world.sql(give).await;
    }
    world.advance(6);
    let here = Api::worker(&world).await;
    let there = Api {
        environment: other,
        ..here.clone()
    };
    there.get("users").await.expect(StatusCode::OK);
    let first = async |path: &str, key: &str| {
        let page = here.get(path).await.expect(StatusCode::OK).json();
        page["_embedded"][key][0]["id"].as_str().unwrap().to_owned()
    };
    for (collection, key) in [
        ("users", "users"),
        ("populations", "populations"),
        ("applications", "applications"),
        ("resources", "resources"),
        ("passwordPolicies", "passwordPolicies"),
    ] {
        let path = format!("{collection}/{}", first(collection, key).await);
        here.get(&path).await.expect(StatusCode::OK);
        for answer in [there.get(&path).await, there.delete(&path).await] {
            assert_eq!(
                answer.status,
                StatusCode::NOT_FOUND,
                "{path}: {}",
                answer.body
            );
        }
    }
    let user = first("users", "users").await;
    there
        .get(&format!("users/{user}/password"))
        .await
        .expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_missing_or_bad_token_is_401() {
    let world = World::new().await;
    let good = Api::worker(&world).await;
    let mut tokens = vec![String::new(), "x".to_owned(), "a.b.c".to_owned()];
    // Class 8: cut and altered.
    tokens.push(good.token[..good.token.len() - 1].to_owned());
    tokens.push(good.token.replacen('.', ".e", 1));
    for token in tokens {
        let api = Api {
            token,
            ..good.clone()
        };
        let answer = api.get("users").await;
        refused(
            &answer,
            401,
            "ACCESS_FAILED",
            "INVALID_TOKEN",
            "Authentication Credentials",
        );
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    world.advance(3601);
    refused(
        &good.get("users").await,
        401,
        "ACCESS_FAILED",
        "INVALID_TOKEN",
        "Authentication Credentials",
    );
    let basic = Request::get(good.path("users")).header(AUTHORIZATION, "Basic eDp5");
    let answer = world.send(basic.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

/// Class 9: who is disabled is out at once, whatever tokens are about.
#[tokio::test]
async fn a_disabled_application_or_user_is_out_at_once() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let (id, secret) = admin
        .make_worker("Reader", &["Configuration Read Only"])
        .await;
    let reader = Api::application(&world, &id, &secret).await;
    reader.get("populations").await.expect(StatusCode::OK);
    let mut application = admin.get(&format!("applications/{id}")).await.json();
    application["enabled"] = json!("false");
    admin
        .put(&format!("applications/{id}"), &application)
        .await
        .expect(StatusCode::OK);
    reader
        .get("populations")
        .await
        .expect(StatusCode::UNAUTHORIZED);

    let user = Api::user(&world, "openid p1:read:user").await;
    let page = admin
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let at = format!(
        "users/{}",
        page["_embedded"]["users"][0]["id"].as_str().unwrap()
    );
    user.get(&at).await.expect(StatusCode::OK);
    admin
        .put(&format!("{at}/enabled"), &json!({ "enabled": false }))
        .await
        .expect(StatusCode::OK);
    user.get(&at).await.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_pingones_shape() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    refused(&api.get("/v1/nothing").await, 404, "NOT_FOUND", "", "");
    refused(&api.get("/v1").await, 404, "NOT_FOUND", "", "");
    refused(&api.get("unicorns").await, 404, "NOT_FOUND", "", "");
    refused(&api.get("users/ada").await, 404, "NOT_FOUND", "", "");
    let unknown = EnvironmentId::from_uuid(uuid::Uuid::new_v4());
    for path in ["", "/users", "/populations"] {
        let answer = api.get(&format!("/v1/environments/{unknown}{path}")).await;
        refused(&answer, 404, "NOT_FOUND", "", "");
        assert_eq!(
            answer.json()["message"],
            format!("Unable to find environment with ID: '{unknown}'")
        );
    }
    let answer = api.delete("users").await;
    refused(&answer, 405, "METHOD_NOT_ALLOWED", "", "");
    assert_eq!(answer.header("allow"), "GET, POST");
    let page = api
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let at = format!(
        "users/{}",
        page["_embedded"]["users"][0]["id"].as_str().unwrap()
    );
    for media in [
        "text/plain",
        "application/xml",
        "application/vnd.pingidentity.password.validate+json",
    ] {
        for path in [at.clone(), format!("{at}/password"), "users".to_owned()] {
            let answer = api.send(Method::POST, &path, &[media], "{}").await;
            refused(&answer, 415, "INVALID_REQUEST", "", "");
        }
    }
    let plain = api
        .send(
            Method::PUT,
            &format!("{at}/password"),
            &["application/json"],
            "{}",
        )
        .await;
    refused(&plain, 415, "INVALID_REQUEST", "", "");
}

/// Class 26: whatever comes in, the answer is a refusal and never a failure.
#[tokio::test]
async fn odd_bodies_are_refused() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [Vec<u8>; 9] = [
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[1,2]".to_vec(),
        b"{\"username\":\"\xff\xfe\"}".to_vec(),
        b"{\"username\":\"a\\u0000b\",\"email\":\"a@example.com\"}".to_vec(),
        b"{\"username\":{\"a\":1},\"email\":[]}".to_vec(),
        deep.into_bytes(),
        b"username=ada".to_vec(),
    ];
    for operation in idp::management_operations() {
        if !matches!(operation.method, Method::POST | Method::PUT | Method::PATCH) {
            continue;
        }
        let environment = api.environment.to_string();
        let path = fill(operation.path, &[("environment", &environment)]);
        for body in &bodies {
            let media = operation.media_type.unwrap_or("application/json");
            let answer = api
                .send(operation.method.clone(), &path, &[media], body.clone())
                .await;
            assert!(
                answer.status.is_client_error(),
                "{operation:?} {}",
                answer.body
            );
        }
    }
    let large = format!("{{\"username\":\"{}\"}}", "a".repeat(256 * 1024));
    let answer = api
        .send(Method::POST, "users", &["application/json"], large)
        .await;
    refused(&answer, 413, "INVALID_REQUEST", "SIZE_LIMIT_EXCEEDED", "");
    let no_type = Request::post(api.path("users"))
        .header(AUTHORIZATION, format!("Bearer {}", api.token))
        .body(Body::from(r#"{"username":"x","email":"x@example.com"}"#));
    world
        .send(no_type.unwrap())
        .await
        .expect(StatusCode::CREATED);
}

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
        "environment": { "id": "x" }, "population": { "id": "x" }, "mfaEnabled": true,
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
        "users/{user}/mfaEnabled",
        "users/{user}/population",
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
            operation.path,
            &[("environment", &environment), ("user", id)],
        );
        if !(reads || writes || acts) {
            let answer = call(&user, &operation, &path).await;
            refused(
                &answer,
                403,
                "ACCESS_FAILED",
                "INSUFFICIENT_PERMISSIONS",
                "",
            );
        }
        let others = fill(operation.path, &[("environment", &environment)]);
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
    let give = json!({
        "role": { "id": admin.role("Identity Data Admin").await },
        "scope": { "id": population, "type": "POPULATION" },
    });
    let path = format!("applications/{id}/roleAssignments");
    let given = admin
        .post(&path, &give)
        .await
        .expect(StatusCode::CREATED)
        .json();
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
    let pat = admin
        .post("users", &body)
        .await
        .expect(StatusCode::CREATED)
        .json();
    let at = format!("users/{}", pat["id"].as_str().unwrap());
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
    refused(&moved, 403, "ACCESS_FAILED", "INSUFFICIENT_PERMISSIONS", "");
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
    let (id, secret) = admin
        .make_worker("Identities", &["Identity Data Admin"])
        .await;
    let identities = Api::application(&world, &id, &secret).await;
    let (id, secret) = admin
        .make_worker("Applications", &["Client Application Developer"])
        .await;
    let applications = Api::application(&world, &id, &secret).await;

    let ada = admin.make_user("ada").await;
    let path = format!("users/{}/roleAssignments", ada["id"].as_str().unwrap());
    let give = async |role: &str, kind: &str, scope: String| {
        let role = admin.role(role).await;
        let body = json!({ "role": { "id": role }, "scope": { "id": scope, "type": kind } });
        identities.post(&path, &body).await
    };
    let environment = admin.environment.to_string();
    let too_much = give("Environment Admin", "ENVIRONMENT", environment.clone()).await;
    refused(
        &too_much,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    let elsewhere = another_environment(&world).await.to_string();
    let foreign = give("Identity Data Admin", "ENVIRONMENT", elsewhere).await;
    refused(
        &foreign,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
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
    refused(
        &rotated,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
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
    let body = json!({
        "role": { "id": admin.role("Identity Data Admin").await },
        "scope": { "id": environment, "type": "ENVIRONMENT" },
    });
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

/// A password gives all that its owner may do, and so does the address that codes go to.
#[tokio::test]
async fn nobody_takes_over_somebody_more_powerful() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let (id, secret) = admin
        .make_worker("Identities", &["Identity Data Admin"])
        .await;
    let identities = Api::application(&world, &id, &secret).await;
    let ada = admin.make_user("ada").await;
    let path = format!("users/{}/roleAssignments", ada["id"].as_str().unwrap());
    let environment = admin.environment.to_string();
    let body = json!({
        "role": { "id": admin.role("Environment Admin").await },
        "scope": { "id": environment, "type": "ENVIRONMENT" },
    });
    admin.post(&path, &body).await.expect(StatusCode::CREATED);
    let at = format!("users/{}", ada["id"].as_str().unwrap());
    let set = json!({ "value": "Sunny-Meadow-93" });
    let answer = identities
        .act(
            Method::PUT,
            &format!("{at}/password"),
            "password.set+json",
            &set,
        )
        .await;
    refused(
        &answer,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
    let answer = identities
        .patch(&at, &json!({ "email": "mallory@example.com" }))
        .await;
    refused(
        &answer,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );
}

/// Every write is in the audit log, with who did it and the request's id.
#[tokio::test]
async fn every_write_is_in_the_audit_log() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let answer = api.post("populations", &json!({ "name": "New" })).await;
    let answer = answer.expect(StatusCode::CREATED);
    let request = answer.header("correlation-id").to_owned();
    let list = async |filter: &str| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        api.get(&format!("activities?limit=1&filter={filter}"))
            .await
    };
    let filter =
        format!(r#"recordedAt ge "2026-01-05T00:00:00Z" and correlationId eq "{request}""#);
    let page = list(&filter).await.expect(StatusCode::OK).json();
    assert_eq!(page["size"], 1);
    let activity = &page["_embedded"]["activities"][0];
    assert_eq!(activity["action"]["type"], "POPULATION.CREATED");
    assert_eq!(activity["correlationId"], request.as_str());
    assert_eq!(
        activity["actors"]["client"]["id"],
        json!(world.demo.worker_client_id)
    );
    assert_eq!(activity["resources"][0]["id"], answer.json()["id"]);
    assert_eq!(activity["result"]["status"], "SUCCESS");
    let at = activity["_links"]["self"]["href"].as_str().unwrap();
    assert_eq!(&api.get(at).await.expect(StatusCode::OK).json(), activity);
    for filter in [
        "",
        r#"correlationId eq "x""#,
        r#"recordedAt gt "yesterday""#,
        "recordedAt pr",
    ] {
        refused(
            &list(filter).await,
            400,
            "INVALID_REQUEST",
            "INVALID_FILTER",
            "filter",
        );
    }
    let future = list(r#"recordedAt gt "2030-01-01T00:00:00Z""#).await.json();
    assert_eq!(future["_embedded"]["activities"], json!([]));
}

#[tokio::test]
async fn the_audit_log_is_read_page_by_page() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let filter =
        "recordedAt+gt+%222026-01-05T00:00:00Z%22+AND+recordedAt+lt+%222027-01-01T00:00:00Z%22";
    let mut next = Some(api.path(&format!("activities?limit=3&filter={filter}")));
    let mut seen = std::collections::BTreeSet::new();
    while let Some(address) = next {
        let page = api.get(&address).await.expect(StatusCode::OK).json();
        for activity in page["_embedded"]["activities"].as_array().unwrap() {
            assert!(seen.insert(activity["id"].to_string()), "twice: {activity}");
        }
        next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
    }
    assert!(seen.len() > 10, "{}", seen.len());
}
