//! Applications, secrets, grants, resources, populations, policies, environments.

use db::Statement;
use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, refused, signs_on};
use crate::world::{REDIRECT_URI, World};

fn web_application(name: &str) -> Value {
    let mut body = signs_on(name, "WEB_APP");
    body["tokenEndpointAuthMethod"] = json!("CLIENT_SECRET_BASIC");
    body["redirectUris"] = json!([REDIRECT_URI, "http://localhost:8080/cb"]);
    body
}

#[tokio::test]
async fn an_application_has_pingones_defaults() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.post("applications", &web_application("Shop")).await;
    let made = made.expect(StatusCode::CREATED);
    let application = made.json();
    assert_eq!(made.location(), application["_links"]["self"]["href"]);
    for (member, value) in [
        ("pkceEnforcement", json!("OPTIONAL")),
        ("refreshTokenDuration", json!(2_592_000)),
        ("refreshTokenRollingDuration", json!(15_552_000)),
        ("additionalRefreshTokenReplayProtectionEnabled", json!(true)),
        ("hiddenFromAppPortal", json!(false)),
        ("clientId", application["id"].clone()),
    ] {
        assert_eq!(application[member], value, "{member}");
    }
    let same = api.post("applications", &web_application("shop")).await;
    refused(&same, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
    let at = format!("applications/{}", application["id"].as_str().unwrap());
    let mut other = web_application("Shop");
    other["type"] = json!("NATIVE_APP");
    refused(
        &api.put(&at, &other).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "type",
    );
    let mut off = web_application("Shop 2");
    off.as_object_mut().unwrap().remove("enabled");
    let off = api.put(&at, &off).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&off["enabled"], &off["name"]),
        (&json!(false), &json!("Shop 2"))
    );
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    let gone = api.get(&at).await;
    refused(&gone, 404, "NOT_FOUND", "", "");
    assert!(
        gone.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("Unable to find Application with ID: '")
    );
}

/// Reliability and security, class 10.
#[tokio::test]
async fn redirect_uris_are_checked_when_they_are_set() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for uri in [
        "https://*.example.com/cb",
        "https://app.example/*",
        "http://app.example/cb",
        "/cb",
        "https://app.example/cb#x",
        "https://user@app.example/cb",
        "javascript:alert(1)",
        "",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1.evil.example/",
    ] {
        let mut application = web_application("Shop");
        application["redirectUris"] = json!([uri]);
        let answer = api.post("applications", &application).await;
        refused(
            &answer,
            400,
            "INVALID_DATA",
            "INVALID_VALUE",
            "redirectUris",
        );
        if uri.contains('*') {
            assert_eq!(
                answer.json()["details"][0]["message"],
                "Wildcards are not allowed in redirect URIs."
            );
        }
    }
    for (member, value, target) in [
        ("grantTypes", json!(["IMPLICIT"]), "responseTypes"),
        ("responseTypes", json!([]), "responseTypes"),
        ("refreshTokenDuration", json!(59), "refreshTokenDuration"),
        (
            "refreshTokenRollingGracePeriodDuration",
            json!(86_401),
            "refreshTokenRollingGracePeriodDuration",
        ),
        ("homePageUrl", json!("nowhere"), "homePageUrl"),
        ("name", json!("a\nb"), "name"),
    ] {
        let mut application = web_application("Shop");
        application[member] = value;
        let answer = api.post("applications", &application).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
    let mut application = web_application("Shop");
    application["grantTypes"] = json!(["TELEPATHY"]);
    let answer = api.post("applications", &application).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_secret_is_rotated_with_an_overlap() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let id = world.demo.client_id.to_string();
    let at = format!("applications/{id}/secret");
    let first = world.demo.client_secret.expose();
    let works = async |secret: &str| {
        let form = [("token", "x")];
        world
            .post_as(&world.endpoint("introspect"), &form, &id, secret)
            .await
            .status
            == StatusCode::OK
    };
    assert_eq!(
        api.get(&at).await.expect(StatusCode::OK).json()["secret"],
        first
    );

    let until = json!({ "previous": { "expiresAt": "2026-01-05T10:30:00.000Z" } });
    let rotated = api.post(&at, &until).await.expect(StatusCode::OK).json();
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert!(second.len() >= 64 && second != first);
    assert_eq!(rotated["previous"]["secret"], first);
    assert!(works(first).await && works(&second).await && !works("wrong").await);
    world.advance(1800);
    assert!(!works(first).await && works(&second).await);
    let api = Api::worker(&world).await;
    assert!(api.get(&at).await.json().get("previous").is_none());

    let until = json!({ "previous": { "expiresAt": "2026-01-06T10:30:00Z" } });
    let third = api.post(&at, &until).await.expect(StatusCode::OK).json();
    assert!(works(&second).await);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    assert!(!works(&second).await && works(third["secret"].as_str().unwrap()).await);
    let fourth = api
        .post(&at, &json!({}))
        .await
        .expect(StatusCode::OK)
        .json();
    assert!(fourth.get("previous").is_none());
    assert!(!works(third["secret"].as_str().unwrap()).await);
    for until in [
        "2026-01-05T10:30:30Z",
        "2027-01-01T00:00:00Z",
        "2020-01-01T00:00:00Z",
    ] {
        let answer = api
            .post(&at, &json!({ "previous": { "expiresAt": until } }))
            .await;
        refused(
            &answer,
            400,
            "INVALID_DATA",
            "INVALID_VALUE",
            "previous.expiresAt",
        );
    }
    let mut public = web_application("Public");
    public["tokenEndpointAuthMethod"] = json!("NONE");
    let public = api.make("applications", &public).await;
    let secret = api
        .get(&format!(
            "applications/{}/secret",
            public["id"].as_str().unwrap()
        ))
        .await;
    refused(&secret, 404, "NOT_FOUND", "", "");

    // Reliability and security, class 25: no secret is kept as it is.
    let rows = world
        .db
        .read(Statement::new(
            "SELECT sealed, digest FROM application_secrets",
        ))
        .await;
    for row in rows.unwrap() {
        for column in ["sealed", "digest"] {
            let text: String = row.get(column).unwrap();
            assert!(
                !text.contains(fourth["secret"].as_str().unwrap()),
                "{column}"
            );
        }
    }
}

#[tokio::test]
async fn scopes_are_granted_per_resource() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let list = api.get("resources").await.expect(StatusCode::OK).json();
    let resources = list["_embedded"]["resources"].as_array().unwrap();
    let named = |name: &str| resources.iter().find(|one| one["name"] == name).unwrap();
    assert_eq!(named("PingOne API")["audience"], "https://localhost:9443");
    assert_eq!(named("openid")["type"], "OPENID_CONNECT");
    let scopes = format!(
        "resources/{}/scopes",
        named("PingOne API")["id"].as_str().unwrap()
    );
    let scopes_list = api.get(&scopes).await.expect(StatusCode::OK).json();
    let foreign = scopes_list["_embedded"]["scopes"][0]["id"].clone();
    let made = api.post(&scopes, &json!({ "name": "p1:anything" })).await;
    refused(&made, 400, "INVALID_DATA", "INVALID_VALUE", "name");
    api.make(&scopes, &json!({ "name": "p1:read:user:name" }))
        .await;

    let pretending = json!({ "name": "Orders", "audience": "https://api.pingone.com" });
    refused(
        &api.post("resources", &pretending).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "audience",
    );
    let orders = json!({ "name": "Orders", "audience": "https://orders.example", "accessTokenValiditySeconds": 600 });
    let orders = api.make("resources", &orders).await;
    let orders_at = format!("resources/{}", orders["id"].as_str().unwrap());
    let read = api
        .make(
            &format!("{orders_at}/scopes"),
            &json!({ "name": "orders:read" }),
        )
        .await;
    let again = api
        .post(
            &format!("{orders_at}/scopes"),
            &json!({ "name": "orders:read" }),
        )
        .await;
    refused(&again, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");

    let application = api.make("applications", &json!({
        "name": "Service", "type": "SERVICE", "enabled": true, "grantTypes": ["CLIENT_CREDENTIALS"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    })).await;
    let id = application["id"].as_str().unwrap();
    let at = format!("applications/{id}/grants");
    let wrong = json!({ "resource": { "id": orders["id"] }, "scopes": [{ "id": foreign }] });
    refused(
        &api.post(&at, &wrong).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "scopes",
    );
    let grant = json!({ "resource": { "id": orders["id"] }, "scopes": [{ "id": read["id"] }] });
    let granted = api.make(&at, &grant).await;
    refused(
        &api.post(&at, &grant).await,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "resource",
    );

    let secret = api.get(&format!("applications/{id}/secret")).await.json();
    let secret = secret["secret"].as_str().unwrap().to_owned();
    let service = Api::application(&world, id, &secret).await;
    let claims = crate::world::claims(&service.token);
    assert_eq!(
        (&claims["scope"], &claims["aud"][0]),
        (&json!("orders:read"), &json!("https://orders.example"))
    );
    // A token for somebody else's API is none for this one.
    service.get("users").await.expect(StatusCode::UNAUTHORIZED);
    let gone = format!("{at}/{}", granted["id"].as_str().unwrap());
    api.delete(&gone).await.expect(StatusCode::NO_CONTENT);
    let service = Api::application(&world, id, &secret).await;
    assert!(crate::world::claims(&service.token).get("scope").is_none());
    api.delete(&orders_at).await.expect(StatusCode::NO_CONTENT);
    let built_in = format!("resources/{}", named("openid")["id"].as_str().unwrap());
    refused(
        &api.delete(&built_in).await,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "",
    );
}

/// What the Python and Spring samples read of populations and policies.
#[tokio::test]
async fn populations_and_policies_hold_together() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let list = api.get("populations").await.expect(StatusCode::OK).json();
    let populations = list["_embedded"]["populations"].as_array().unwrap();
    let customers = populations
        .iter()
        .find(|one| one["name"] == "Customers")
        .unwrap();
    assert_eq!(
        (&customers["description"], &customers["default"]),
        (&json!("example.com"), &json!(true))
    );
    assert_eq!(
        populations
            .iter()
            .filter(|one| one["default"] == true)
            .count(),
        1
    );
    let at = format!("populations/{}", customers["id"].as_str().unwrap());
    let delete = api.delete(&at).await;
    refused(&delete, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");

    let policies = api
        .get("passwordPolicies")
        .await
        .expect(StatusCode::OK)
        .json();
    let policies = policies["_embedded"]["passwordPolicies"]
        .as_array()
        .unwrap()
        .clone();
    let named = |name: &str| {
        policies
            .iter()
            .find(|one| one["name"] == name)
            .unwrap()
            .clone()
    };
    let standard = named("Standard");
    assert_eq!(
        (&standard["default"], &standard["minAgeDays"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(named("Demo")["populationCount"], 2);
    assert!(named("Demo").get("minAgeDays").is_none());
    let path = |policy: &Value| format!("passwordPolicies/{}", policy["id"].as_str().unwrap());
    let delete = api.delete(&path(&standard)).await;
    refused(&delete, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    assert_eq!(
        delete.json()["details"][0]["message"],
        "Default Password Policy can not be deleted"
    );
    refused(
        &api.delete(&path(&named("Demo"))).await,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "",
    );

    let mut basic = named("Basic");
    basic["default"] = json!("true");
    api.put(&path(&basic), &basic).await.expect(StatusCode::OK);
    assert_eq!(api.get(&path(&standard)).await.json()["default"], false);
    basic["length"] = json!({ "min": 7, "max": 255 });
    refused(
        &api.put(&path(&basic), &basic).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "length.min",
    );

    let new = json!({ "name": "VIP", "default": true, "passwordPolicy": { "id": basic["id"] } });
    let vip = api.make("populations", &new).await;
    assert_eq!(api.get(&at).await.json()["default"], false);
    refused(
        &api.post("populations", &new).await,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "name",
    );
    let user = api.make_user("ada").await;
    assert_eq!(user["population"]["id"], vip["id"]);
    let state = api
        .get(&format!("users/{}/password", user["id"].as_str().unwrap()))
        .await
        .json();
    assert_eq!(state["passwordPolicy"]["id"], basic["id"]);
}

#[tokio::test]
async fn an_environment_comes_with_what_clients_assume() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let shown = api
        .get(&format!("/v1/environments/{}", api.environment))
        .await;
    let shown = shown.expect(StatusCode::OK).json();
    for member in [
        "id",
        "name",
        "organization",
        "region",
        "type",
        "createdAt",
        "updatedAt",
    ] {
        assert!(shown.get(member).is_some(), "{member}");
    }
    let new = json!({ "name": "Second", "type": "SANDBOX", "region": "NA" });
    let made = api.make("/v1/environments", &new).await;
    let same = api.post("/v1/environments", &new).await;
    refused(&same, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
    let second = Api {
        environment: protocol::id::EnvironmentId::parse(made["id"].as_str().unwrap()).unwrap(),
        ..api.clone()
    };
    let size =
        async |path: &str| second.get(path).await.expect(StatusCode::OK).json()["size"].clone();
    assert_eq!(size("passwordPolicies").await, 3);
    assert_eq!(size("populations").await, 1);
    assert_eq!(size("resources").await, 2);
    second.make_user("demo").await;
    let listed = api
        .get("/v1/environments?filter=name%20sw%20%22sec%22")
        .await
        .json();
    assert_eq!(listed["_embedded"]["environments"][0]["id"], made["id"]);
    let at = format!("/v1/environments/{}", second.environment);
    let promoted = json!({ "name": "Third", "type": "PRODUCTION" });
    refused(
        &api.put(&at, &promoted).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "type",
    );
    let renamed = json!({ "name": "Third", "type": "SANDBOX" });
    let renamed = api.put(&at, &renamed).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&renamed["name"], &renamed["type"]),
        (&json!("Third"), &json!("SANDBOX"))
    );
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    api.get(&at).await.expect(StatusCode::NOT_FOUND);
}

/// The brand may change from one name to another, and somebody may have renamed the application.
#[tokio::test]
async fn an_application_of_the_demo_is_the_same_whatever_it_is_called() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let at = format!("applications/{}", world.demo.client_id);
    let count = async || api.get("applications").await.json()["count"].clone();
    let before = count().await;
    for brand in ["Harbour & Sons", "Pier 4", "Harbour & Sons"] {
        let mut application = api.get(&at).await.expect(StatusCode::OK).json();
        application["name"] = json!("Renamed by hand");
        api.put(&at, &application).await.expect(StatusCode::OK);
        let portal = url::Url::parse("https://localhost:18080/").unwrap();
        let mut addresses = idp::PortalAddresses::new(portal);
        brand.clone_into(&mut addresses.name);
        let again = idp::demo::ensure(&world.idp, addresses).await.unwrap();
        assert_eq!(again.client_id, world.demo.client_id);
        assert_eq!(again.worker_client_id, world.demo.worker_client_id);
        let named = api.get(&at).await.expect(StatusCode::OK).json();
        assert_eq!(named["name"], brand);
        assert_eq!(count().await, before, "none is made beside it");
    }
}

/// One that was made under a brand's name has another id.
#[tokio::test]
async fn the_portals_application_is_found_by_what_it_is_for() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let own = format!("applications/{}", world.demo.client_id);
    let mut application = web_application("Harbour & Sons");
    application["description"] = json!("The customer portal");
    api.delete(&own).await.expect(StatusCode::NO_CONTENT);
    let made = id(&api.make("applications", &application).await);
    let flag = "UPDATE applications SET is_for_operators = TRUE WHERE id = $1";
    world
        .db
        .write(Statement::new(flag).bind(made.as_str()))
        .await
        .unwrap();
    let portal = url::Url::parse("https://localhost:18080/").unwrap();
    let mut addresses = idp::PortalAddresses::new(portal);
    "Pier 4".clone_into(&mut addresses.name);
    let again = idp::demo::ensure(&world.idp, addresses).await.unwrap();
    assert_eq!(again.client_id.to_string(), made);
}

/// A second start finds everything, and lets the portal's addresses follow.
#[tokio::test]
async fn the_demo_is_made_once_and_follows_the_portal() {
    let world = World::new().await;
    let portal = url::Url::parse("https://localhost:18080/").unwrap();
    let mut wanted = idp::PortalAddresses::new(portal);
    wanted.redirect_path = "oidc/back".to_owned();
    let again = idp::demo::ensure(&world.idp, wanted).await.unwrap();
    assert_eq!(again.environment_id, world.demo.environment_id);
    assert_eq!(again.client_id, world.demo.client_id);
    assert_eq!(
        again.client_secret.expose(),
        world.demo.client_secret.expose()
    );
    assert_eq!(
        again.worker_client_secret.expose(),
        world.demo.worker_client_secret.expose()
    );
    let api = Api::worker(&world).await;
    let application = api
        .get(&format!("applications/{}", again.client_id))
        .await
        .json();
    assert_eq!(
        application["redirectUris"],
        json!(["https://localhost:18080/oidc/back"])
    );
    assert_eq!(
        application["postLogoutRedirectUris"],
        json!(["https://localhost:18080/"])
    );
    // Nobody has configured it for the implicit grant; another application shows that.
    assert_eq!(
        application["grantTypes"],
        json!(["AUTHORIZATION_CODE", "REFRESH_TOKEN", "CLIENT_CREDENTIALS"])
    );
    let implicit = format!("applications/{}", again.implicit_client_id);
    let implicit = api.get(&implicit).await.expect(StatusCode::OK).json();
    assert_eq!(implicit["grantTypes"], json!(["IMPLICIT"]));
    assert_eq!(implicit["redirectUris"], application["redirectUris"]);
    for (collection, size) in [
        ("users", 2),
        ("populations", 3),
        // Two of them are the service's own.
        ("applications", 5),
        ("passwordPolicies", 4),
    ] {
        assert_eq!(
            api.get(collection).await.json()["size"],
            size,
            "{collection}"
        );
    }
}

/// Clients send back what they read.
#[tokio::test]
async fn what_was_read_can_be_written_back_unchanged() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for collection in ["applications", "populations", "passwordPolicies", "users"] {
        let all = api.get(collection).await.expect(StatusCode::OK).json();
        let all = all["_embedded"][collection].as_array().unwrap().clone();
        assert!(!all.is_empty(), "{collection}");
        for one in all {
            let path = format!("{collection}/{}", one["id"].as_str().unwrap());
            let read = api.get(&path).await.expect(StatusCode::OK).json();
            let written = api.put(&path, &read).await;
            let written = written.expect(StatusCode::OK).json();
            for (name, value) in read.as_object().unwrap() {
                if !["updatedAt", "_links"].contains(&name.as_str()) {
                    assert_eq!(&written[name], value, "{path} {name}");
                }
            }
        }
    }
}
