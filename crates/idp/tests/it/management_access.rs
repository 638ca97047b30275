//! Who may do what: 401 and 403, roles and how far they reach, users and their own account.
//! Reliability and security, classes 9, 16, 17, 24 to 26.

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use protocol::id::EnvironmentId;
use serde_json::json;

use crate::management::{Api, another_environment, call, fill, forbidden, id, refused, signs_on};
use crate::world::World;

/// Class 24: every operation, with a good token, on an environment that its roles are not for;
/// with ids that name nothing and with ids of that environment.
#[tokio::test]
async fn no_operation_crosses_to_another_environment() {
    let world = World::new().await;
    let other = another_environment(&world).await;
    let worker = Api::worker(&world).await;
    let user = Api::user(
        &world,
        "openid p1:read:user p1:update:user p1:read:userPassword",
    )
    .await;
    let role = worker.role("Environment Admin").await;
    let role = role.as_str();
    let population = world.demo.population_id.to_string();
    let of_population = [
        "Identity Data Admin",
        "Identity Data Read Only",
        "Help Desk Admin",
    ]
    .map(|role| (role, "POPULATION", population.as_str()));
    let of_population = holding(&worker, "Of a population", &of_population).await;
    let application = world.demo.client_id.to_string();
    let of_application = [("Application Owner", "APPLICATION", application.as_str())];
    let of_application = holding(&worker, "Of an application", &of_application).await;
    // Both reach something where their scope is.
    let read = of_population.get("users").await;
    read.expect(StatusCode::OK);
    let at = format!("applications/{application}");
    of_application.get(&at).await.expect(StatusCode::OK);
    let things = things_of(&world, other).await;
    let mut known: Vec<_> = things
        .iter()
        .map(|(name, id)| (*name, id.as_str()))
        .collect();
    let environment = other.to_string();
    known.extend([("environment", environment.as_str()), ("role", role)]);
    let unknown = [("environment", environment.as_str()), ("role", role)];
    // What their roles are for, too, is nothing elsewhere.
    let own = [
        ("environment", environment.as_str()),
        ("application", application.as_str()),
        ("population", population.as_str()),
        ("role", role),
    ];
    let mut with_known_ids = 0;
    for operation in idp::management_operations() {
        if !operation.path.contains("{environment}") {
            continue;
        }
        for ids in [&known[..], &unknown, &own] {
            let path = fill(&operation.path, ids);
            let names_something = things.iter().any(|(_, id)| path.contains(id.as_str()));
            with_known_ids += usize::from(names_something);
            for api in [&worker, &user, &of_population, &of_application] {
                let answer = call(api, &operation, &path).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{operation:?} {path}");
                forbidden(&answer);
            }
        }
    }
    assert!(with_known_ids >= 170, "{with_known_ids} named something");
}

/// A worker who holds these roles for these scopes.
async fn holding<'a>(api: &Api<'a>, name: &str, roles: &[(&str, &str, &str)]) -> Api<'a> {
    let (worker, secret) = api.make_worker(name, &[]).await;
    for (role, kind, scope) in roles {
        let body = api.assignment(role, kind, scope).await;
        let path = format!("applications/{worker}/roleAssignments");
        api.make(&path, &body).await;
    }
    Api::application(api.world, &worker, &secret).await
}

/// Something of each of the main kinds in an environment, by what paths call its id.
async fn things_of(world: &World, environment: EnvironmentId) -> Vec<(&'static str, String)> {
    give_roles(world, environment).await;
    let api = Api {
        environment,
        ..Api::worker(world).await
    };
    let policy = json!({"name": "Policy"});
    let resource = json!({"name": "Orders", "audience": "orders"});
    let mut things = vec![
        ("population", api.make_population("Staff").await),
        ("group", api.make_group("Readers").await),
        ("resource", id(&api.make("resources", &resource).await)),
        ("agreement", {
            let body = json!({"name": "Terms", "enabled": false});
            id(&api.make("agreements", &body).await)
        }),
        ("policy", id(&api.make("signOnPolicies", &policy).await)),
    ];
    let application = signs_on("Shop", "NATIVE_APP");
    things.push((
        "application",
        id(&api.make("applications", &application).await),
    ));
    let user = api.make_user_in("ada", &things[0].1).await;
    things.push(("user", user));
    take_roles(world, environment).await;
    things
}

/// Gives the demo's worker what it takes to make things in an environment.
async fn give_roles(world: &World, environment: EnvironmentId) {
    for role in [
        "Environment Admin",
        "Identity Data Admin",
        "Client Application Developer",
    ] {
        let role = Api::worker(world).await.role(role).await;
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
            .bind(environment.to_string());
        world.sql(give).await;
    }
    world.advance(6);
}

/// Takes from everybody what they hold for an environment.
async fn take_roles(world: &World, environment: EnvironmentId) {
    let take = db::Statement::new("DELETE FROM role_assignments WHERE scope_id = $1");
    world.sql(take.bind(environment.to_string())).await;
    world.advance(6);
}

/// Whoever gives a role for what their own roles do not contain gets one answer, whether it exists
/// or not.
#[tokio::test]
async fn giving_a_role_does_not_tell_what_exists_elsewhere() {
    let world = World::new().await;
    let other = another_environment(&world).await;
    let api = Api::worker(&world).await;
    let things = things_of(&world, other).await;
    let thing = |name: &str| {
        let found = things.iter().find(|(kind, _)| *kind == name).unwrap();
        found.1.clone()
    };
    let find = db::Statement::new("SELECT organization_id FROM environments WHERE id = $1");
    let rows = world.db.read(find.bind(other.to_string())).await.unwrap();
    let organization: String = rows[0].get("organization_id").unwrap();
    let population = world.demo.population_id.to_string();
    let roles = [("Identity Data Admin", "POPULATION", population.as_str())];
    let of_population = holding(&api, "Of a population", &roles).await;
    let ada = api.make_user_in("eve", &population).await;
    let path = format!("users/{ada}/roleAssignments");
    for (role, kind, scope) in [
        ("Identity Data Admin", "POPULATION", thing("population")),
        ("Identity Data Admin", "ENVIRONMENT", other.to_string()),
        ("Environment Admin", "ORGANIZATION", organization),
        ("Application Owner", "APPLICATION", thing("application")),
    ] {
        for scope in [scope, uuid::Uuid::new_v4().to_string()] {
            let body = api.assignment(role, kind, &scope).await;
            for caller in [&api, &of_population] {
                let answer = caller.post(&path, &body).await;
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{role} {kind} {scope}"
                );
                forbidden(&answer);
            }
        }
    }
    // Of their own they give.
    let own = api.assignment("Identity Data Admin", "POPULATION", &population);
    let own = own.await;
    let own = of_population.post(&path, &own).await;
    own.expect(StatusCode::CREATED);
}

/// Ids of one environment are nothing in another, even to somebody who may do all in both.
#[tokio::test]
async fn ids_of_another_environment_name_nothing() {
    let world = World::new().await;
    let other = another_environment(&world).await;
    give_roles(&world, other).await;
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
        let path = fill(&operation.path, &[("environment", &environment)]);
        for body in &bodies {
            let media = operation.media_type.unwrap_or("application/json");
            let answer = api
                .send(operation.method.clone(), &path, &[media], body.clone())
                .await;
            // A resource all of whose members may be absent ignores what it does not know.
            let is_object = body.starts_with(b"{\"username\":{");
            let asks_for_none = operation.path.ends_with("/propagation/revisions");
            let is_taken = is_object && answer.status == StatusCode::OK
                || asks_for_none && (is_object || body.is_empty());
            assert!(
                answer.status.is_client_error() || is_taken,
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
