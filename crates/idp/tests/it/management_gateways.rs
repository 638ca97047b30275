//! Gateways, their credentials and the roles that they hold.

use db::Statement;
use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::world::World;

fn ldap(population: &str) -> Value {
    json!({
        "name": "Directory", "type": "LDAP", "enabled": true, "bindDN": "uid=p,dc=example",
        "bindPassword": "bind-secret", "vendor": "PingDirectory",
        "serversHostAndPort": ["ds1.example.com:636"],
        "kerberos": {
            "serviceAccountUserPrincipalName": "k@example.com",
            "serviceAccountPassword": "kerberos-secret",
        },
        "userTypes": [{
            "name": "Staff", "orderedCorrelationAttributes": ["objectGUID"],
            "passwordAuthority": "LDAP", "searchBaseDn": "ou=staff,dc=example",
            "newUserLookup": {
                "attributeMappings": [{"name": "username", "value": "${ldapAttributes.uid}"}],
                "ldapFilterPattern": "(uid=${identifier})", "population": {"id": population},
            },
        }],
    })
}

fn radius() -> Value {
    json!({
        "name": "Network", "type": "RADIUS", "enabled": false,
        "davinci": {"policy": {"id": "ee8470a281614d76a7afa8505a2da084"}},
        "defaultSharedSecret": "shared-secret",
        "radiusClients": [{"ip": "127.0.0.1"}, {"ip": "127.0.0.2", "sharedSecret": "own-secret"}],
    })
}

#[tokio::test]
async fn a_directory_has_defaults_keeps_its_passwords_and_the_ids_of_its_user_types() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let population = api.make_population("Staff").await;
    let made = api.make("gateways", &ldap(&population)).await;
    for (pointer, value) in [
        ("/connectionSecurity", json!("None")),
        ("/followReferrals", json!(false)),
        ("/validateTlsCertificates", json!(true)),
        ("/userTypes/0/allowPasswordChanges", json!(false)),
        (
            "/userTypes/0/updateUserOnSuccessfulAuthentication",
            json!(false),
        ),
    ] {
        assert_eq!(made.pointer(pointer), Some(&value), "{pointer}");
    }
    let shown = made.to_string();
    assert!(!shown.contains("bind-secret") && !shown.contains("kerberos-secret"));
    let mut body = ldap(&population);
    body.as_object_mut().unwrap().remove("bindPassword");
    let at = format!("gateways/{}", id(&made));
    let replaced = api.put(&at, &body).await.expect(StatusCode::OK).json();
    assert_eq!(replaced["userTypes"], made["userTypes"]);

    // Clients delete the population before they change the gateway.
    let gone = api.delete(&format!("populations/{population}")).await;
    gone.expect(StatusCode::NO_CONTENT);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn shared_secrets_are_shown_and_lie_sealed() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.make("gateways", &radius()).await;
    assert_eq!(made["defaultSharedSecret"], "shared-secret");
    let at = format!("gateways/{}", id(&made));
    let read = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(read["radiusClients"], radius()["radiusClients"]);
    let select = "SELECT document FROM configuration_objects WHERE kind = 'GATEWAY'";
    let rows = world.db.read(Statement::new(select)).await.unwrap();
    let document: String = rows[0].get("document").unwrap();
    assert!(document.contains("RADIUS") && !document.contains("-secret"));
}

#[tokio::test]
async fn what_a_gateway_cannot_be_is_refused_by_name() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let population = api.make_population("Staff").await;
    let with = |mut body: Value, pointer: &str, value: Value| {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        body
    };
    let nobody = json!("00000000-0000-4000-8000-000000000000");
    for (body, member) in [
        (
            with(ldap(&population), "/bindPassword", Value::Null),
            "bindPassword",
        ),
        (with(ldap(&population), "/vendor", json!("Acme")), "vendor"),
        (
            with(ldap(&population), "/serversHostAndPort", json!(["ds1"])),
            "serversHostAndPort",
        ),
        (
            with(ldap(&population), "/radiusClients", json!([])),
            "radiusClients",
        ),
        (
            with(
                ldap(&population),
                "/userTypes/0/newUserLookup/population/id",
                nobody,
            ),
            "userTypes.newUserLookup.population.id",
        ),
        (
            with(radius(), "/defaultSharedSecret", Value::Null),
            "radiusClients.sharedSecret",
        ),
        (with(radius(), "/davinci", Value::Null), "davinci.policy.id"),
        (with(radius(), "/type", json!("PING_FEDERATE")), "davinci"),
    ] {
        let answer = api.post("gateways", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
        assert_eq!(answer.json()["details"][0]["target"], json!(member));
    }
}

#[tokio::test]
async fn a_credential_is_shown_once_and_is_no_access_token() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({"name": "Federation", "type": "PING_FEDERATE", "enabled": true});
    let gateway = id(&api.make("gateways", &body).await);
    let at = format!("gateways/{gateway}/credentials");
    let made = api.make(&at, &json!({})).await;
    let jwt = made["credential"].as_str().unwrap().to_owned();
    assert_eq!(jwt.split('.').count(), 3);
    let read = api.get(&format!("{at}/{}", id(&made))).await;
    assert_eq!(read.expect(StatusCode::OK).json().get("credential"), None);
    let listed = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(listed["_embedded"]["credentials"][0]["id"], made["id"]);

    let mut as_gateway = api.clone();
    as_gateway.token = jwt;
    let answer = as_gateway.get("gateways").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let instances = api.get(&format!("gateways/{gateway}/instances")).await;
    let instances = instances.expect(StatusCode::OK).json();
    assert_eq!(instances["_embedded"]["instances"], json!([]));
}

#[tokio::test]
async fn a_gateway_gets_only_roles_that_its_administrator_may_give_and_loses_them_with_its_life() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({"name": "Federation", "type": "PING_FEDERATE", "enabled": true});
    let gateway = format!("gateways/{}", id(&api.make("gateways", &body).await));
    let at = format!("{gateway}/roleAssignments");
    let role = api
        .assignment("Identity Data Admin", "ENVIRONMENT", &api.environment)
        .await;
    let made = api.make(&at, &role).await;
    assert_eq!(made["role"], role["role"]);
    let read = api.get(&format!("{at}/{}", id(&made))).await;
    read.expect(StatusCode::OK);

    let lesser = api.worker_with("Lesser", &["Identity Data Admin"]).await;
    let more = api
        .assignment("Environment Admin", "ENVIRONMENT", &api.environment)
        .await;
    refused(
        &lesser.post(&at, &more).await,
        403,
        "ACCESS_FAILED",
        "INSUFFICIENT_PERMISSIONS",
        "",
    );

    api.delete(&gateway).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
}
