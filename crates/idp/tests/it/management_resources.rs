//! Resources with their scopes, attributes, secrets and application resources: kept as they are
//! sent, and what of them works.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, forbidden, refused};
use crate::world::{World, claims};

/// The resource of this name.
async fn named(api: &Api<'_>, name: &str) -> Value {
    let list = api.get("resources").await.expect(StatusCode::OK).json();
    let all = list["_embedded"]["resources"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap().clone()
}

/// The attribute of this name, and where it is.
async fn attribute(api: &Api<'_>, resource: &str, name: &str) -> (Value, String) {
    let at = format!("{resource}/attributes");
    let list = api.get(&at).await.expect(StatusCode::OK).json();
    let all = list["_embedded"]["attributes"].as_array().unwrap();
    let found = all.iter().find(|one| one["name"] == name).unwrap().clone();
    let at = format!("{at}/{}", found["id"].as_str().unwrap());
    (found, at)
}

fn at(resource: &Value) -> String {
    format!("resources/{}", resource["id"].as_str().unwrap())
}

/// A resource with a scope that the demo's web application may have.
async fn granted(api: &Api<'_>, mut resource: Value, scope: &str) -> Value {
    resource = api.make("resources", &resource).await;
    let scopes = format!("{}/scopes", at(&resource));
    let made = api.make(&scopes, &json!({"name": scope})).await;
    let grants = format!("applications/{}/grants", api.world.demo.client_id);
    let grant = json!({"resource": {"id": resource["id"]}, "scopes": [{"id": made["id"]}]});
    api.make(&grants, &grant).await;
    resource
}

/// An access token of the demo user with this scope.
async fn access_token(world: &World, scope: &str) -> String {
    let (_, received) = world.sign_on(&world.request().set("scope", scope)).await;
    let tokens = world.redeem(&received.param("code")).await;
    let tokens = tokens.expect(StatusCode::OK).json();
    tokens["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_resource_keeps_every_member() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let sent = json!({
        "name": "Orders", "description": "All orders", "audience": "https://orders.example",
        "accessTokenValiditySeconds": 7200, "introspectEndpointAuthMethod": "CLIENT_SECRET_POST",
        "applicationPermissionsSettings": {"claimEnabled": true},
        "corsSettings": {"behavior": "ALLOW_SPECIFIC_ORIGINS", "origins": ["https://a.example"]},
    });
    let made = api.make("resources", &sent).await;
    for (member, value) in sent.as_object().unwrap() {
        assert_eq!(&made[member], value, "{member}");
    }
    assert_eq!(api.get(&at(&made)).await.json(), made);
    let least = json!({"name": "Orders"});
    let least = api
        .put(&at(&made), &least)
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(least["introspectEndpointAuthMethod"], "CLIENT_SECRET_BASIC");
    assert_eq!(
        least["applicationPermissionsSettings"],
        json!({"claimEnabled": false})
    );
    assert_eq!(
        (&least["audience"], &least["accessTokenValiditySeconds"]),
        (&json!("Orders"), &json!(3600))
    );
    assert!(least.get("description").is_none() && least.get("corsSettings").is_none());

    let openid = named(&api, "openid").await;
    assert!(openid["description"].is_string());
    for absent in [
        "audience",
        "accessTokenValiditySeconds",
        "introspectEndpointAuthMethod",
    ] {
        assert!(openid.get(absent).is_none(), "{absent}");
    }
    let another = json!({"name": "b", "type": "OPENID_CONNECT"});
    let answer = api.post("resources", &another).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "type");
    let own = named(&api, "PingOne API").await["audience"].clone();
    let answer = api
        .post("resources", &json!({"name": "b", "audience": own}))
        .await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "audience");
}

#[tokio::test]
async fn scopes_open_what_their_resource_lets_them() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let pingone = format!("{}/scopes", at(&named(&api, "PingOne API").await));
    let narrow = json!({"name": "p1:read:user:a", "schemaAttributes": ["name.given", "email"]});
    let made = api.make(&pingone, &narrow).await;
    assert_eq!(made["schemaAttributes"], narrow["schemaAttributes"]);
    let one = format!("{pingone}/{}", made["id"].as_str().unwrap());
    let renamed = json!({"name": "p1:update:user:a"});
    let renamed = api.put(&one, &renamed).await.expect(StatusCode::OK).json();
    assert_eq!(renamed["name"], "p1:update:user:a");
    assert!(renamed.get("schemaAttributes").is_none());
    let both = json!({"name": "p1:read:user:b", "schemaAttributes": ["*", "email"]});
    let answer = api.post(&pingone, &both).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "schemaAttributes",
    );

    let openid = at(&named(&api, "openid").await);
    let shoe = json!({"name": "shoe", "value": "${user.nickname}"});
    let shoe = api.make(&format!("{openid}/attributes"), &shoe).await;
    assert_eq!(
        (&shoe["idToken"], &shoe["userInfo"]),
        (&json!(true), &json!(true))
    );
    let scopes = format!("{openid}/scopes");
    let shopping = json!({"name": "shopping", "mappedClaims": [shoe["id"]]});
    let shopping = api.make(&scopes, &shopping).await;
    assert_eq!(shopping["mappedClaims"], json!([shoe["id"]]));
    let unknown = json!({"name": "b", "mappedClaims": [api.environment]});
    let answer = api.post(&scopes, &unknown).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "mappedClaims",
    );
    let shoe = format!("{openid}/attributes/{}", shoe["id"].as_str().unwrap());
    api.delete(&shoe).await.expect(StatusCode::NO_CONTENT);
    let shopping = format!("{scopes}/{}", shopping["id"].as_str().unwrap());
    let left = api.get(&shopping).await.expect(StatusCode::OK).json();
    assert_eq!(left["mappedClaims"], json!([]));
    api.delete(&shopping).await.expect(StatusCode::NO_CONTENT);
    let list = api.get(&scopes).await.json();
    let all = list["_embedded"]["scopes"].as_array().unwrap();
    let email = all.iter().find(|one| one["name"] == "email").unwrap();
    let answer = api
        .delete(&format!("{scopes}/{}", email["id"].as_str().unwrap()))
        .await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn attributes_that_every_resource_has_stay() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let openid = at(&named(&api, "openid").await);
    let (region, region_at) = attribute(&api, &openid, "address.region").await;
    assert_eq!(
        (&region["type"], &region["value"]),
        (&json!("PREDEFINED"), &json!("${user.address.region}"))
    );
    let orders = at(&api.make("resources", &json!({"name": "Orders"})).await);
    let (subject, subject_at) = attribute(&api, &orders, "sub").await;
    assert_eq!(
        (&subject["type"], &subject["value"]),
        (&json!("CORE"), &json!("${user.id}"))
    );
    for stays in [&region_at, &subject_at] {
        let answer = api.delete(stays).await;
        refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    }
    let mut renamed = subject.clone();
    renamed["name"] = json!("subject");
    let answer = api.put(&subject_at, &renamed).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "name");
    for (resource, attribute, target) in [
        (&openid, json!({"name": "aud", "value": "a"}), "name"),
        (&orders, json!({"name": "p1.region", "value": "a"}), "name"),
        (&orders, json!({"name": "a", "value": "${user.x"}), "value"),
        (
            &orders,
            json!({"name": "a", "value": "b", "idToken": true}),
            "idToken",
        ),
        (
            &openid,
            json!({"name": "a", "value": "b", "idToken": false, "userInfo": false}),
            "idToken",
        ),
    ] {
        let answer = api
            .post(&format!("{resource}/attributes"), &attribute)
            .await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
    let pingone = at(&named(&api, "PingOne API").await);
    let fixed = json!({"name": "a", "value": "b"});
    let answer = api.post(&format!("{pingone}/attributes"), &fixed).await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn access_tokens_say_what_the_resource_s_attributes_say() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let orders = at(&granted(&api, json!({"name": "Orders"}), "orders:read").await);
    for (name, value) in [
        ("mail", "${user.email}"),
        ("greeting", "Hello ${user.username + '!'}"),
        ("missing", "${user.shoeSize}"),
        ("fixed", "always"),
    ] {
        let attribute = json!({"name": name, "value": value});
        api.make(&format!("{orders}/attributes"), &attribute).await;
    }
    let (mut subject, subject_at) = attribute(&api, &orders, "sub").await;
    subject["value"] = json!("${user.username}");
    api.put(&subject_at, &subject).await.expect(StatusCode::OK);
    let token = access_token(&world, "openid orders:read").await;
    let said = claims(&token);
    let username = said["sub"].as_str().unwrap();
    assert!(said["mail"].as_str().unwrap().contains('@'));
    assert_eq!(said["greeting"], json!(format!("Hello {username}!")));
    assert_eq!(said["fixed"], "always");
    assert!(said.get("missing").is_none());
    assert_eq!(said["aud"], json!(["Orders"]));
    // It is still the user's: their data is behind it.
    let info = world.userinfo(&token).await.expect(StatusCode::OK).json();
    assert_ne!(info["sub"], said["sub"]);
    // No other token says so.
    let other = claims(&access_token(&world, "openid profile").await);
    assert!(other.get("mail").is_none());
}

#[tokio::test]
async fn a_resource_asks_about_its_tokens_with_its_secret() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let orders = granted(&api, json!({"name": "Orders"}), "orders:read").await;
    let other = granted(&api, json!({"name": "Bills"}), "bills:read").await;
    let id = orders["id"].as_str().unwrap();
    let secret_at = format!("{}/secret", at(&orders));
    let read = api.get(&secret_at).await.expect(StatusCode::OK).json();
    let first = read["secret"].as_str().unwrap().to_owned();
    assert!(first.len() >= 64 && read.get("previous").is_none());
    let token = access_token(&world, "orders:read").await;
    let bills = access_token(&world, "bills:read").await;
    let ask = async |token: &str, id: &str, secret: &str| {
        let form = [("token", token)];
        world
            .post_as(&world.endpoint("introspect"), &form, id, secret)
            .await
    };
    let found = ask(&token, id, &first).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&found["active"], &found["aud"]),
        (&json!(true), &json!(["Orders"]))
    );
    let found = ask(&bills, id, &first).await.expect(StatusCode::OK).json();
    assert_eq!(found, json!({"active": false}));
    let bills_id = other["id"].as_str().unwrap();
    let answer = ask(&bills, bills_id, &first).await;
    assert_eq!(
        answer.expect(StatusCode::UNAUTHORIZED).oauth_error(),
        "invalid_client"
    );

    let until = json!({"previous": {"expiresAt": "2026-01-05T10:30:00.000Z"}});
    let rotated = api
        .post(&secret_at, &until)
        .await
        .expect(StatusCode::OK)
        .json();
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert_eq!(rotated["previous"]["secret"], json!(first));
    for secret in [&first, &second] {
        ask(&token, id, secret).await.expect(StatusCode::OK);
    }
    world.advance(1800);
    ask(&token, id, &first)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    ask(&token, id, &second).await.expect(StatusCode::OK);

    let api = Api::worker(&world).await;
    let none = json!({"name": "Orders", "introspectEndpointAuthMethod": "NONE"});
    api.put(&at(&orders), &none).await.expect(StatusCode::OK);
    ask(&token, id, &second)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    let openid = format!("{}/secret", at(&named(&api, "openid").await));
    refused(&api.get(&openid).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn application_resources_and_their_permissions_are_kept() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let orders = at(&api.make("resources", &json!({"name": "Orders"})).await);
    let below = format!("{orders}/applicationResources");
    let report = json!({"name": "report", "description": "Sums"});
    let report = api.make(&below, &report).await;
    assert_eq!(report["parent"]["type"], "PING_ONE_RESOURCE");
    let permissions = format!(
        "applicationResources/{}/permissions",
        report["id"].as_str().unwrap()
    );
    let read = api.make(&permissions, &json!({"action": "read"})).await;
    let all = format!("{orders}/applicationPermissions");
    let all = api.get(&all).await.expect(StatusCode::OK).json();
    let all = all["_embedded"]["permissions"].as_array().unwrap().clone();
    assert_eq!((all.len(), &all[0]["id"]), (1, &read["id"]));
    let pingone = at(&named(&api, "PingOne API").await);
    let answer = api
        .post(
            &format!("{pingone}/applicationResources"),
            &json!({"name": "a"}),
        )
        .await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn attributes_of_openid_are_told_where_they_say_to_who_asked_for_them() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let resource = named(&api, "openid").await;
    let openid = at(&resource);
    let attributes = format!("{openid}/attributes");
    let shoe = json!({"name": "shoe", "value": "size of ${user.username}", "userInfo": false});
    let shoe = api.make(&attributes, &shoe).await;
    let (_, email_at) = attribute(&api, &openid, "email").await;
    let email = json!({"name": "email", "value": "${user.email}", "idToken": false});
    api.put(&email_at, &email).await.expect(StatusCode::OK);
    let (_, nickname_at) = attribute(&api, &openid, "nickname").await;
    let nickname = json!({"name": "nickname", "value": "${user.username}"});
    api.put(&nickname_at, &nickname)
        .await
        .expect(StatusCode::OK);
    let (given, _) = attribute(&api, &openid, "given_name").await;
    let shoes = json!({"name": "shoes", "mappedClaims": [shoe["id"], given["id"]]});
    let shoes = api.make(&format!("{openid}/scopes"), &shoes).await;
    grant_also(&api, &resource, &[shoes]).await;

    let told = async |scope: &str| {
        let (_, received) = world.sign_on(&world.request().set("scope", scope)).await;
        let tokens = world.redeem(&received.param("code")).await;
        let tokens = tokens.expect(StatusCode::OK).json();
        let info = world
            .userinfo(tokens["access_token"].as_str().unwrap())
            .await;
        let info = info.expect(StatusCode::OK).json();
        (claims(tokens["id_token"].as_str().unwrap()), info)
    };
    let (token, info) = told("openid shoes").await;
    assert_eq!(token["shoe"], "size of demo");
    assert!(info.get("shoe").is_none());
    assert!(token["given_name"].is_string());
    assert_eq!(info["given_name"], token["given_name"]);
    assert!(token.get("family_name").is_none());
    let (token, info) = told("openid profile email").await;
    assert!(token.get("shoe").is_none());
    assert!(token.get("email").is_none());
    assert!(info["email"].is_string());
    assert_eq!(
        (&token["nickname"], &info["nickname"]),
        (&json!("demo"), &json!("demo"))
    );
}

/// Gives the demo application these scopes of a resource beside those that it has.
async fn grant_also(api: &Api<'_>, resource: &Value, made: &[Value]) {
    let grants = format!("applications/{}/grants", api.world.demo.client_id);
    let granted = api.get(&grants).await.expect(StatusCode::OK).json();
    let granted = granted["_embedded"]["grants"].as_array().unwrap();
    let grant = granted
        .iter()
        .find(|one| one["resource"]["id"] == resource["id"]);
    let grant = grant.unwrap();
    let mut scopes = grant["scopes"].as_array().unwrap().clone();
    scopes.extend(made.iter().map(|scope| json!({"id": scope["id"]})));
    let body = json!({"resource": {"id": resource["id"]}, "scopes": scopes});
    let at = format!("{grants}/{}", grant["id"].as_str().unwrap());
    api.put(&at, &body).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_copy_of_a_scope_lets_its_owner_at_the_attributes_that_it_names() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let pingone = named(&api, "PingOne API").await;
    let scopes = format!("{}/scopes", at(&pingone));
    let paths = json!(["username", "name.given", "nickname"]);
    let mut made = Vec::new();
    for name in ["p1:read:user:a", "p1:update:user:a"] {
        let body = json!({"name": name, "schemaAttributes": paths});
        made.push(api.make(&scopes, &body).await);
    }
    grant_also(&api, &pingone, &made).await;
    let page = api
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let before = page["_embedded"]["users"][0].clone();
    let own = format!("users/{}", before["id"].as_str().unwrap());

    let whole = Api::user(&world, "openid p1:read:user").await;
    let whole = whole.get(&own).await.expect(StatusCode::OK).json();
    assert_eq!(whole["email"], before["email"]);

    let narrow = Api::user(&world, "openid p1:read:user:a p1:update:user:a").await;
    let shown = narrow.get(&own).await.expect(StatusCode::OK).json();
    assert_eq!(shown["id"], before["id"]);
    assert_eq!(shown["username"], "demo");
    assert_eq!(shown["name"], json!({"given": before["name"]["given"]}));
    assert!(shown.get("email").is_none());

    let nickname = json!({"nickname": "D"});
    let changed = narrow.patch(&own, &nickname).await;
    let changed = changed.expect(StatusCode::OK).json();
    assert_eq!(changed["nickname"], "D");
    assert!(changed.get("email").is_none());
    for (body, target) in [
        (json!({"email": "other@example.com"}), "email"),
        (
            json!({"name": {"given": "D", "family": "D"}}),
            "name.family",
        ),
        (json!({"title": "Dr"}), "title"),
    ] {
        let refusal = narrow.patch(&own, &body).await;
        refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
    // What is not opened stays though everything is replaced.
    let replacement = json!({"username": "demo", "email": before["email"], "nickname": "E"});
    narrow.put(&own, &replacement).await.expect(StatusCode::OK);
    let after = api.get(&own).await.expect(StatusCode::OK).json();
    assert_eq!(after["nickname"], "E");
    assert_eq!(after["name"]["family"], before["name"]["family"]);
    assert_eq!(after["name"].get("given"), None);

    // A copy opens attributes, and nothing else of the user's.
    let other = narrow.get(&format!("{own}/identityProvider")).await;
    forbidden(&other);

    // Taking a scope away widens no token that names it.
    for scope in &made {
        let at = format!("{scopes}/{}", scope["id"].as_str().unwrap());
        api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    }
    for answer in [narrow.get(&own).await, narrow.patch(&own, &nickname).await] {
        forbidden(&answer);
    }
}
