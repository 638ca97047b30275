//! Nobody becomes stronger through an application: whose tokens carry roles, who may make or change
//! such an application, and who may sign on to it.

use http::{Method, StatusCode};
use idp::demo::Account;
use serde_json::{Value, json};

use crate::management::{Api, forbidden, found_user, id, signs_on};
use crate::world::{Answer, Received, World};

/// Those who administer a part, and must not get at the rest.
const ATTACKERS: [&str; 3] = [
    "Client Application Developer",
    "Environment Admin",
    "Identity Data Admin",
];

/// What an application receives when this person follows its link.
async fn received(world: &World, application: &str, who: &Account, scopes: &str) -> Received {
    let params = world
        .request()
        .set("client_id", application)
        .set("scope", scopes);
    world.browser().sign_on_as(who, world, &params).await
}

/// The tokens that a public application gets for that.
async fn tokens(world: &World, application: &str, who: &Account, scopes: &str) -> Value {
    let code = received(world, application, who, scopes)
        .await
        .param("code");
    let answer = world.redeem_as(application, None, &code).await;
    answer.expect(StatusCode::OK).json()
}

/// Grants an application scopes of the PingOne API.
async fn grant(api: &Api<'_>, application: &str, names: &[&str]) -> Answer {
    let page = api.get("resources").await.expect(StatusCode::OK).json();
    let resources = page["_embedded"]["resources"].as_array().unwrap();
    let resource = resources.iter().find(|one| one["name"] == "PingOne API");
    let resource = resource.unwrap()["id"].as_str().unwrap();
    let page = api
        .get(&format!("resources/{resource}/scopes"))
        .await
        .json();
    let scopes: Vec<Value> = page["_embedded"]["scopes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|scope| names.contains(&scope["name"].as_str().unwrap()))
        .map(|scope| json!({ "id": scope["id"] }))
        .collect();
    let body = json!({ "resource": { "id": resource }, "scopes": scopes });
    api.post(&format!("applications/{application}/grants"), &body)
        .await
}

/// Every way to put oneself behind an application that carries more than one holds.
#[tokio::test]
async fn nobody_becomes_stronger_through_an_application() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let portal = format!("applications/{}", world.demo.client_id);
    let worker = format!("applications/{}", world.demo.worker_client_id);
    let (strong, _) = admin.make_worker("Strong", &["Identity Data Admin"]).await;
    let strong = format!("applications/{strong}");
    let grants = admin.get(&format!("{portal}/grants")).await.json();
    let granted = format!(
        "{portal}/grants/{}",
        grants["_embedded"]["grants"][0]["id"].as_str().unwrap()
    );
    for role in ATTACKERS {
        let attacker = admin.worker_with(role, &[role]).await;

        // An application of one's own that administrators follow the link of.
        let code = signs_on("Own", "WORKER");
        forbidden(&attacker.post("applications", &code).await);
        let mut implicit = code.clone();
        implicit["grantTypes"] = json!(["IMPLICIT"]);
        implicit["responseTypes"] = json!(["TOKEN"]);
        forbidden(&attacker.post("applications", &implicit).await);
        let mut disabled = code.clone();
        disabled["enabled"] = json!(false);
        forbidden(&attacker.post("applications", &disabled).await);
        let (harmless, _) = admin.make_worker(&format!("Turned by {role}"), &[]).await;
        forbidden(
            &attacker
                .put(&format!("applications/{harmless}"), &code)
                .await,
        );

        // Redirect addresses, method, switch, PKCE and secret of one that is there.
        for path in [&portal, &worker, &strong] {
            let shown = admin.get(path).await.expect(StatusCode::OK).json();
            let mut changes = vec![("name", json!("Renamed")), ("enabled", json!(false))];
            changes.extend([
                ("redirectUris", json!(["https://mallory.example/"])),
                ("tokenEndpointAuthMethod", json!("CLIENT_SECRET_POST")),
                ("pkceEnforcement", json!("OPTIONAL")),
            ]);
            for (member, value) in changes {
                // Who holds what the worker holds may well look after it.
                if path == &strong && role == "Identity Data Admin" {
                    continue;
                }
                let mut body = shown.clone();
                body[member] = value;
                forbidden(&attacker.put(path, &body).await);
            }
            let secret = format!("{path}/secret");
            forbidden(&attacker.get(&secret).await);
            forbidden(&attacker.post(&secret, &json!({})).await);
            forbidden(&attacker.delete(&secret).await);
        }

        // What it is granted.
        let body = admin.get(&granted).await.expect(StatusCode::OK).json();
        forbidden(&attacker.put(&granted, &body).await);
        forbidden(&attacker.delete(&granted).await);
        forbidden(&attacker.post(&format!("{portal}/grants"), &body).await);
    }
}

/// A scope of the PingOne API is for the user's own account.
#[tokio::test]
async fn a_p1_scope_gives_the_own_account_and_no_role() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let developer = admin
        .worker_with("Developer", &["Client Application Developer"])
        .await;
    let web = id(&developer
        .make("applications", &signs_on("Games", "WEB_APP"))
        .await);
    let scopes = [
        "p1:read:user",
        "p1:update:user",
        "p1:verify:user",
        "p1:read:userPassword",
        "p1:create:device",
        "p1:create:pairingKey",
    ];
    grant(&developer, &web, &scopes)
        .await
        .expect(StatusCode::CREATED);
    let asked = format!("openid {}", scopes.join(" "));

    let got = tokens(&world, &web, &world.demo.operator, &asked).await;
    let operator = Api::bearing(&world, &got);
    let own = found_user(&admin, world.demo.operator.username).await;
    let customer = found_user(&admin, world.demo.user.username).await;
    operator.get(&own).await.expect(StatusCode::OK);
    for answer in [
        operator.get("users").await,
        operator.get(&customer).await,
        operator
            .put(&format!("{customer}/enabled"), &json!({ "enabled": false }))
            .await,
    ] {
        forbidden(&answer);
    }
    // With a second factor of its own it would stand in the place of the operator's, or shut them out.
    let device = json!({ "type": "EMAIL", "email": "mallory@example.com" });
    let devices = format!("{own}/devices");
    forbidden(&operator.post(&devices, &device).await);
    let key = json!({ "applications": [{ "id": world.demo.client_id }] });
    forbidden(&operator.post(&format!("{own}/pairingKeys"), &key).await);
    // With another address the application would recover the password, and hold the roles.
    forbidden(
        &operator
            .patch(&own, &json!({ "email": "mallory@example.com" }))
            .await,
    );
    // Nor is another proof demanded of an operator for its sake.
    for (action, body) in [
        ("user.sendVerificationCode+json", Value::Null),
        (
            "user.verify+json",
            json!({ "verificationCode": "WRONGONE" }),
        ),
    ] {
        forbidden(&operator.act(Method::POST, &own, action, &body).await);
    }

    let got = tokens(&world, &web, &world.demo.user, &asked).await;
    let user = Api::bearing(&world, &got);
    let changed = user.patch(&customer, &json!({ "nickname": "D" })).await;
    assert_eq!(changed.expect(StatusCode::OK).json()["nickname"], "D");
    let devices = format!("{customer}/devices");
    let made = user.post(&devices, &device).await;
    made.expect(StatusCode::CREATED);
}

/// Whoever may change a customer's address has not the customer's mailbox, and so not the account.
#[tokio::test]
async fn an_application_that_changes_an_address_recovers_no_account() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let developer = admin
        .worker_with("Developer", &["Client Application Developer"])
        .await;
    let web = id(&developer
        .make("applications", &signs_on("Games", "WEB_APP"))
        .await);
    let scopes = ["p1:read:user", "p1:update:user", "p1:verify:user"];
    grant(&developer, &web, &scopes)
        .await
        .expect(StatusCode::CREATED);
    let asked = format!("openid {}", scopes.join(" "));
    let customer = found_user(&admin, world.demo.user.username).await;
    let shown = admin.get(&customer).await.json();
    let owner = shown["email"].as_str().unwrap();
    let got = tokens(&world, &web, &world.demo.user, &asked).await;
    let games = Api::bearing(&world, &got);
    let recovery = async || {
        world.advance(1);
        let at = format!("{customer}/password");
        let send = "password.sendRecoveryCode+json";
        admin
            .act(Method::POST, &at, send, &Value::Null)
            .await
            .expect(StatusCode::OK);
    };
    // Whether an operator said the address or the mailbox was proven, whether the application
    // proves a mailbox of its own or not.
    for proven in [false, true] {
        let said = "UPDATE users SET email = $1, email_verified = $2, proven_email = NULL, \
                    email_proven_at = NULL WHERE username = $3";
        let said = db::Statement::new(said).bind(owner).bind(proven);
        world.sql(said.bind(world.demo.user.username)).await;
        let address = format!("mallory{proven}@example.com");
        games
            .patch(&customer, &json!({ "email": address }))
            .await
            .expect(StatusCode::OK);
        recovery().await;
        assert!(world.mailed_code(&address).await.is_none());
        assert!(world.mailed_code(owner).await.is_some(), "{proven}");

        world.advance(1);
        let send = "user.sendVerificationCode+json";
        games
            .act(Method::POST, &customer, send, &Value::Null)
            .await
            .expect(StatusCode::OK);
        let code = world.mailed_code(&address).await.unwrap();
        let verify = json!({ "verificationCode": code });
        games
            .act(Method::POST, &customer, "user.verify+json", &verify)
            .await
            .expect(StatusCode::OK);
        recovery().await;
        let newest = world.mailed_code(&address).await.unwrap();
        assert_eq!(newest, code, "no recovery code went there");
        // Of an account that is verified, no other proof is demanded.
        let sent = games.act(Method::POST, &customer, send, &Value::Null).await;
        let sent = sent.expect(StatusCode::OK).json();
        assert_eq!(sent["lifecycle"]["status"], "ACCOUNT_OK");
        assert_eq!(world.mailed_code(&address).await.unwrap(), code);
    }
    // What happens to the account is told to its owner.
    world.advance(1);
    let set = json!({ "value": "Sunny-Meadow-93" });
    let at = format!("{customer}/password");
    admin
        .act(Method::PUT, &at, "password.set+json", &set)
        .await
        .expect(StatusCode::OK);
    let newest = world.mailed_code(owner).await;
    assert!(newest.is_none(), "the newest mail is the notice");
}

/// The portal's application is meant for administration, and so is a worker that somebody made who
/// holds everything.
#[tokio::test]
async fn operators_administer_through_the_portal_and_through_workers() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let worker = id(&admin
        .make("applications", &signs_on("Console", "WORKER"))
        .await);
    let got = tokens(&world, &worker, &world.demo.operator, "openid").await;
    let operator = Api::bearing(&world, &got);
    operator.get("users").await.expect(StatusCode::OK);
    let customer = found_user(&admin, world.demo.user.username).await;
    operator
        .put(&format!("{customer}/enabled"), &json!({ "enabled": true }))
        .await
        .expect(StatusCode::OK);

    let got = received(
        &world,
        &world.demo.client_id.to_string(),
        &world.demo.operator,
        "openid",
    )
    .await;
    let got = world
        .redeem(&got.param("code"))
        .await
        .expect(StatusCode::OK);
    let operator = Api::bearing(&world, &got.json());
    operator.get("users").await.expect(StatusCode::OK);
}

/// `accessControl` of a worker says `ADMIN_USERS_ONLY`, and means it.
#[tokio::test]
async fn only_users_with_a_role_sign_on_to_a_worker() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let worker = id(&admin
        .make("applications", &signs_on("Console", "WORKER"))
        .await);
    let shown = admin.get(&format!("applications/{worker}")).await.json();
    assert_eq!(
        shown["accessControl"],
        json!({ "role": { "type": "ADMIN_USERS_ONLY" } })
    );
    let answer = received(&world, &worker, &world.demo.user, "openid").await;
    assert_eq!(answer.param("error"), "access_denied");
    assert!(answer.find("code").is_none(), "{answer:?}");

    // Whoever loses the last role is out at the next refresh.
    let got = tokens(&world, &worker, &world.demo.operator, "openid").await;
    let operator = found_user(&admin, world.demo.operator.username).await;
    let held = admin
        .get(&format!("{operator}/roleAssignments"))
        .await
        .json();
    for assignment in held["_embedded"]["roleAssignments"].as_array().unwrap() {
        let id = assignment["id"].as_str().unwrap();
        admin
            .delete(&format!("{operator}/roleAssignments/{id}"))
            .await
            .expect(StatusCode::NO_CONTENT);
    }
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", got["refresh_token"].as_str().unwrap()),
        ("client_id", &worker),
    ];
    let answer = world.post(&world.endpoint("token"), &form).await;
    assert_eq!(answer.oauth_error(), "invalid_grant");
}

/// Whoever administers the organization makes environments, and appoints who administers them.
#[tokio::test]
async fn environments_are_made_by_who_administers_the_organization() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let body = json!({ "name": "Second", "type": "SANDBOX", "region": "NA" });
    let answer = admin
        .send(
            Method::POST,
            "/v1/environments",
            &["application/json"],
            body.to_string(),
        )
        .await;
    let second = answer.expect(StatusCode::CREATED).json();
    let second = second["id"].as_str().unwrap().to_owned();
    let (id, secret) = admin.make_worker("Here only", &["Environment Admin"]).await;
    let here = Api::application(&world, &id, &secret).await;
    let answer = here
        .send(
            Method::POST,
            "/v1/environments",
            &["application/json"],
            json!({ "name": "Third", "type": "SANDBOX", "region": "NA" }).to_string(),
        )
        .await;
    forbidden(&answer);

    let organization = admin
        .get(&format!("/v1/environments/{second}"))
        .await
        .json();
    let organization = organization["organization"]["id"].clone();
    let (id, secret) = admin.make_worker("Organizer", &[]).await;
    let path = format!("applications/{id}/roleAssignments");
    let body = admin
        .assignment("Organization Admin", "ORGANIZATION", &organization)
        .await;
    admin.make(&path, &body).await;
    let organizer = Api::application(&world, &id, &secret).await;
    assert!(organizer.get("users").await.status == StatusCode::FORBIDDEN);
    let roles = admin.get("/v1/roles").await.json();
    let roles = roles["_embedded"]["roles"].as_array().unwrap().clone();
    let appointed = roles
        .iter()
        .find(|role| role["name"] == "Environment Admin");
    let organization_admin = admin.role("Organization Admin").await;
    assert!(
        appointed.unwrap()["canBeAssignedBy"]
            .as_array()
            .unwrap()
            .contains(&json!({ "id": organization_admin }))
    );
}

/// RFC 7662 §2.1: whoever only names itself is nobody.
#[tokio::test]
async fn a_public_application_introspects_nothing() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let app = id(&admin
        .make("applications", &signs_on("Public", "WEB_APP"))
        .await);
    let got = tokens(&world, &app, &world.demo.user, "openid").await;
    for token in ["access_token", "refresh_token"] {
        let form = [("token", got[token].as_str().unwrap()), ("client_id", &app)];
        let answer = world.post(&world.endpoint("introspect"), &form).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
        assert_eq!(answer.oauth_error(), "invalid_client");
    }
}

/// The roles that somebody holds, each with the kind of its scope.
async fn held(db: &db::Db, holder: &str) -> Vec<(String, String)> {
    let select = db::Statement::new(
        "SELECT role_id, scope_type FROM role_assignments WHERE actor_id = $1 \
         ORDER BY scope_type, role_id",
    );
    let rows = db.read(select.bind(holder)).await.unwrap();
    rows.iter()
        .map(|row| {
            let (role, scope) = (row.get("role_id"), row.get("scope_type"));
            (role.unwrap(), scope.unwrap())
        })
        .collect()
}

/// The first person of an installation administers its organization; whoever comes with a later
/// environment administers that. The portal gets what it needs.
#[tokio::test]
async fn the_first_administrator_holds_everything_and_the_portal_what_it_needs() {
    let db = db::Db::sqlite_in_memory().unwrap();
    let idp = World::start(db.clone()).await;
    let create = async |name: &str| {
        let wanted = idp::bootstrap::EnvironmentRequest {
            name: name.to_owned(),
            portal: World::portal(),
            administrator: Some(idp::bootstrap::Administrator {
                username: name.to_owned(),
                email: "ada@example.com".to_owned(),
                password: protocol::secret::Password::new("Sunny-Meadow-93"),
            }),
        };
        let plan = idp::bootstrap::plan(&idp, wanted).await.unwrap();
        let (portal, worker) = (
            plan.client_id.to_string(),
            plan.worker.client_id.to_string(),
        );
        let programs = plan.programs.client_id.to_string();
        plan.commit(&idp).await.unwrap();
        let select = db::Statement::new("SELECT id FROM users WHERE username = $1");
        let users = db.read(select.bind(name)).await.unwrap();
        let user: String = users[0].get("id").unwrap();
        (portal, worker, programs, user)
    };
    let (portal, worker, programs, first) = create("first").await;
    let kinds = |held: &[(String, String)]| {
        let of = |kind: &str| held.iter().filter(|(_, scope)| scope == kind).count();
        (of("ENVIRONMENT"), of("ORGANIZATION"))
    };
    assert_eq!(kinds(&held(&db, &first).await), (3, 4));
    assert_eq!(kinds(&held(&db, &worker).await), (1, 0));
    // What the administrator may do, a program may do for them.
    assert_eq!(kinds(&held(&db, &programs).await), (3, 4));
    let (_, _, programs, second) = create("second").await;
    assert_eq!(kinds(&held(&db, &programs).await), (3, 0));
    assert_eq!(kinds(&held(&db, &second).await), (3, 0));

    let select = db::Statement::new("SELECT document FROM applications WHERE id = $1");
    let rows = db.read(select.bind(portal)).await.unwrap();
    let document: String = rows[0].get("document").unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["pkceEnforcement"], "S256_REQUIRED");
}
