//! No member that PingOne's API knows vanishes: it is kept and returned, or refused by its name.
//! The lists of members are those of PingOne's reference, resource by resource.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, refused};
use crate::world::{REDIRECT_URI, World};

/// A member with values that mean something.
struct Member {
    name: &'static str,
    /// Values to be tried; each is kept and returned as it is, or refused.
    values: Vec<Value>,
    /// PingOne's default, which clients send: taken and returned.
    default: Option<Value>,
}

fn member(name: &'static str, default: Option<Value>, values: &[Value]) -> Member {
    Member {
        name,
        values: values.to_vec(),
        default,
    }
}

/// What the server alone sets: a body may bring it, as clients send back what they read.
const READ_ONLY: [&str; 4] = ["id", "environment", "createdAt", "updatedAt"];

#[expect(clippy::too_many_lines, reason = "a list, to be read as a whole")]
fn of_application(group: &Value) -> Vec<Member> {
    let image =
        json!({ "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", "href": "https://a.example/i" });
    let id = json!({ "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" });
    let address = json!("https://app.example/x");
    let no = Some(json!(false));
    let yes = [json!(true)];
    vec![
        member("description", None, &[json!("For trying out")]),
        member("enabled", no.clone(), &yes),
        member(
            "protocol",
            Some(json!("OPENID_CONNECT")),
            &[json!("SAML"), json!("WS_FED")],
        ),
        member(
            "type",
            Some(json!("SERVICE")),
            &[json!("PORTAL_LINK_APP"), json!("CUSTOM_APP")],
        ),
        member("hiddenFromAppPortal", no.clone(), &yes),
        member("icon", None, &[image]),
        member("loginPageUrl", None, std::slice::from_ref(&address)),
        member(
            "accessControl",
            None,
            &[
                json!({ "role": { "type": "ADMIN_USERS_ONLY" } }),
                json!({ "role": { "type": "NOBODY" } }),
                json!({ "group": { "type": "ANY_GROUP", "groups": [{ "id": group }] } }),
                json!({ "group": { "type": "ALL_GROUPS", "groups": [{ "id": group }] } }),
                json!({ "group": { "type": "ANY_GROUP", "groups": [] } }),
                json!({ "group": { "type": "ANY_GROUP", "groups": [id.clone()] } }),
            ],
        ),
        member("clientId", None, &[json!("my-own-client")]),
        member("clientSecret", None, &[json!("a-secret-of-my-own")]),
        member(
            "grantTypes",
            None,
            &[
                json!(["DEVICE_CODE"]),
                json!(["TOKEN_EXCHANGE"]),
                json!(["CIBA"]),
            ],
        ),
        member(
            "responseTypes",
            None,
            &[json!(["CODE"]), json!(["TOKEN", "ID_TOKEN"])],
        ),
        member(
            "tokenEndpointAuthMethod",
            Some(json!("CLIENT_SECRET_BASIC")),
            &[
                json!("CLIENT_SECRET_JWT"),
                json!("PRIVATE_KEY_JWT"),
                json!("CLIENT_SECRET_POST"),
            ],
        ),
        member(
            "pkceEnforcement",
            Some(json!("OPTIONAL")),
            &[json!("REQUIRED"), json!("S256_REQUIRED")],
        ),
        member(
            "redirectUris",
            None,
            &[json!([REDIRECT_URI]), json!(["https://*.example/"])],
        ),
        member("postLogoutRedirectUris", None, &[json!([REDIRECT_URI])]),
        member("allowWildcardInRedirectUris", no.clone(), &yes),
        member("homePageUrl", None, std::slice::from_ref(&address)),
        member("initiateLoginUri", None, std::slice::from_ref(&address)),
        member("targetLinkUri", None, std::slice::from_ref(&address)),
        member(
            "refreshTokenDuration",
            Some(json!(2_592_000)),
            &[json!(3600)],
        ),
        member(
            "refreshTokenRollingDuration",
            Some(json!(15_552_000)),
            &[json!(7200)],
        ),
        member(
            "refreshTokenRollingGracePeriodDuration",
            None,
            &[json!(0), json!(30), json!(86_401)],
        ),
        member(
            "additionalRefreshTokenReplayProtectionEnabled",
            Some(json!(true)),
            &[json!(false)],
        ),
        member(
            "refreshTokenType",
            Some(json!("OPAQUE_TOKEN")),
            &[json!("JSON_WEB_TOKEN")],
        ),
        member(
            "parRequirement",
            Some(json!("OPTIONAL")),
            &[json!("REQUIRED")],
        ),
        member("parTimeout", Some(json!(60)), &[json!(600)]),
        member("requireSignedRequestObject", no.clone(), &yes),
        member("supportUnsignedRequestObject", no.clone(), &yes),
        member("jwks", None, &[json!("{\"keys\":[]}")]),
        member("jwksUrl", None, std::slice::from_ref(&address)),
        member("deviceTimeout", Some(json!(600)), &[json!(60)]),
        member("devicePollingInterval", Some(json!(5)), &[json!(1)]),
        member("devicePathId", None, &[json!("my-device")]),
        member("deviceCustomVerificationUri", None, &[address]),
        member("assignActorRoles", no.clone(), &yes),
        member("opSessionCheckEnabled", no.clone(), &yes),
        member("idpSignoff", no.clone(), &yes),
        member("requestScopesForMultipleResourcesEnabled", no.clone(), &yes),
        member("includeX5t", no, &yes),
        member("signing", None, &[json!({ "keyRotationPolicy": id })]),
        member("kerberos", None, &[json!({ "key": id })]),
        member(
            "corsSettings",
            None,
            &[
                json!({ "behavior": "ALLOW_NO_ORIGINS" }),
                json!({ "behavior": "ALLOW_SPECIFIC_ORIGINS", "origins": ["https://app.example"] }),
                json!({ "behavior": "ALLOW_SPECIFIC_ORIGINS", "origins": ["https://*.example"] }),
                json!({ "behavior": "ALLOW_SPECIFIC_ORIGINS", "origins": ["https://app.example/path"] }),
                json!({ "behavior": "ALLOW_SPECIFIC_ORIGINS" }),
                json!({ "behavior": "ALLOW_ANY_ORIGIN" }),
            ],
        ),
        member(
            "tags",
            Some(json!([])),
            &[json!(["PING_FED_CONNECTION_INTEGRATION"])],
        ),
        member("mobile", None, &[json!({ "bundleId": "com.example.app" })]),
        member("template", None, &[json!({ "integration": id })]),
    ]
}

fn of_resource() -> Vec<Member> {
    vec![
        member("description", None, &[json!("Orders")]),
        member(
            "type",
            None,
            &[
                json!("OPENID_CONNECT"),
                json!("PINGONE_API"),
                json!("CUSTOM"),
            ],
        ),
        member(
            "audience",
            None,
            &[
                json!("https://orders.example"),
                json!("https://api.pingone.eu"),
            ],
        ),
        member(
            "accessTokenValiditySeconds",
            Some(json!(3600)),
            &[json!(300), json!(1)],
        ),
        member(
            "introspectEndpointAuthMethod",
            Some(json!("CLIENT_SECRET_BASIC")),
            &[json!("NONE"), json!("CLIENT_SECRET_POST")],
        ),
        member(
            "applicationPermissionsSettings",
            Some(json!({ "claimEnabled": false })),
            &[json!({ "claimEnabled": true })],
        ),
        member("clientId", None, &[json!("my-own-client")]),
        member("clientSecret", None, &[json!("a-secret-of-my-own")]),
    ]
}

fn of_scope() -> Vec<Member> {
    vec![
        member("description", None, &[json!("Reads orders")]),
        member(
            "schemaAttributes",
            Some(json!(["*"])),
            &[json!(["name.given"])],
        ),
        member(
            "mappedClaims",
            Some(json!([])),
            &[json!(["7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"])],
        ),
    ]
}

fn of_population(policy: &Value) -> Vec<Member> {
    vec![
        member("description", None, &[json!("Partners")]),
        member("default", Some(json!(false)), &[json!(true)]),
        member("passwordPolicy", None, &[json!({ "id": policy })]),
        member(
            "alternativeIdentifiers",
            Some(json!([])),
            &[json!(["other"])],
        ),
        member("preferredLanguage", None, &[json!("de"), json!("!!")]),
        member(
            "theme",
            None,
            &[json!({ "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" })],
        ),
    ]
}

fn of_environment() -> Vec<Member> {
    let base = json!({ "products": [{ "type": "PING_ONE_BASE" }] });
    let more = json!({ "products": [{ "type": "PING_ONE_BASE" }, { "type": "PING_ONE_MFA" }] });
    let licence = json!({ "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" });
    vec![
        member("description", None, &[json!("For trying out")]),
        member(
            "type",
            Some(json!("SANDBOX")),
            &[json!("PRODUCTION"), json!("MUSEUM")],
        ),
        member("subtype", None, &[json!("QA"), json!("OTHER")]),
        member("region", Some(json!("NA")), &[json!("EU"), json!("XX")]),
        member("license", Some(licence), &[json!({ "id": "x" })]),
        member("icon", None, &[json!("https://a.example/i")]),
        member("billOfMaterials", Some(base), &[more]),
    ]
}

fn of_import() -> Vec<Member> {
    vec![
        member("nickname", None, &[json!("Ada")]),
        member("title", None, &[json!("Dr")]),
        member("type", None, &[json!("Customer")]),
        member("locale", None, &[json!("en-GB")]),
        member("preferredLanguage", None, &[json!("en-GB")]),
        member("timezone", None, &[json!("Europe/London"), json!("London")]),
        member("primaryPhone", None, &[json!("+44 23 9283 0000")]),
        member("mobilePhone", None, &[json!("+44 7700 900123")]),
        member("externalId", None, &[json!("A-7")]),
        member("accountId", None, &[json!("7")]),
        member("photo", None, &[json!({ "href": "https://a.example/i" })]),
        member("name", None, &[json!({ "given": "Ada", "family": "King" })]),
        member(
            "address",
            None,
            &[json!({ "locality": "London", "countryCode": "GB" })],
        ),
        member("enabled", Some(json!(true)), &[json!(false)]),
        member("mfaEnabled", Some(json!(false)), &[json!(true)]),
        // Absent is how an unverified one is shown.
        member("emailVerified", None, &[json!(true)]),
        member(
            "account",
            Some(json!({ "canAuthenticate": true, "status": "OK" })),
            &[json!({ "status": "FROZEN" })],
        ),
        member(
            "lifecycle",
            Some(json!({ "status": "ACCOUNT_OK" })),
            &[
                json!({ "status": "VERIFICATION_REQUIRED" }),
                json!({ "status": "INVITED" }),
            ],
        ),
        member(
            "identityProvider",
            Some(json!({ "type": "PING_ONE" })),
            &[
                json!({ "type": "GOOGLE" }),
                json!({ "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1" }),
            ],
        ),
        member(
            "verifyStatus",
            Some(json!("NOT_INITIATED")),
            &[json!("ENABLED"), json!("DISABLED")],
        ),
    ]
}

/// Sends every member, and looks what became of it.
async fn walk(
    api: &Api<'_>,
    path: &str,
    media: Option<&str>,
    body: impl Fn(usize) -> Value,
    members: Vec<Member>,
) {
    let mut made = 0;
    for member in members {
        let defaults = member.default.iter().map(|value| (value, true));
        let values = member.values.iter().map(|value| (value, false));
        for (value, is_default) in defaults.chain(values) {
            made += 1;
            let mut body = body(made);
            body[member.name] = value.clone();
            for own in READ_ONLY {
                body[own] = json!({ "id": "x" });
            }
            let answer = match media {
                Some(media) => api.act(Method::POST, path, media, &body).await,
                None => api.post(path, &body).await,
            };
            let json = answer.json();
            if answer.status == StatusCode::CREATED {
                let shown = api.get(answer.location()).await.expect(StatusCode::OK);
                for shown in [&json, &shown.json()] {
                    let has = says(&shown[member.name], value);
                    assert!(has, "{path}: {} is not {value} in {shown}", member.name);
                }
                continue;
            }
            assert!(!is_default, "{path}: {} is a default: {json}", member.name);
            let detail = &json["details"][0];
            let target = detail["target"].as_str().unwrap_or_default();
            let first = target.split('.').next().unwrap();
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {json}");
            assert_eq!(first, member.name, "{path}: {value} → {json}");
            assert!(
                matches!(
                    detail["code"].as_str(),
                    Some("INVALID_VALUE" | "OUT_OF_RANGE")
                ),
                "{json}"
            );
        }
    }
}

#[tokio::test]
async fn no_member_that_pingone_knows_vanishes() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let group = api.make("groups", &json!({ "name": "Testers" })).await["id"].clone();
    let policies = api.get("passwordPolicies").await.json();
    let policy = policies["_embedded"]["passwordPolicies"][0]["id"].clone();
    let resource = api.make("resources", &json!({ "name": "Shop" })).await;
    let scopes = format!("resources/{}/scopes", resource["id"].as_str().unwrap());

    let application = |n: usize| {
        json!({
            "name": format!("Application {n}"), "type": "SERVICE", "enabled": true,
            "protocol": "OPENID_CONNECT", "grantTypes": ["CLIENT_CREDENTIALS"],
            "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        })
    };
    walk(
        &api,
        "applications",
        None,
        application,
        of_application(&group),
    )
    .await;
    let named = |n: usize| json!({ "name": format!("Thing {n}") });
    walk(&api, "resources", None, named, of_resource()).await;
    let scope = |n: usize| json!({ "name": format!("scope:{n}") });
    walk(&api, &scopes, None, scope, of_scope()).await;
    walk(&api, "populations", None, named, of_population(&policy)).await;
    let environment = |n: usize| json!({ "name": format!("Environment {n}"), "type": "SANDBOX" });
    walk(
        &api,
        "/v1/environments",
        None,
        environment,
        of_environment(),
    )
    .await;
    let user = |n: usize| {
        let name = format!("user{n}");
        json!({ "username": name, "email": format!("{name}@example.com") })
    };
    walk(&api, "users", Some("user.import+json"), user, of_import()).await;
}

/// Nothing is answered that was never set: what clients did not send, they do not read back.
#[tokio::test]
async fn what_was_never_set_is_not_answered() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({
        "name": "Plain", "type": "SERVICE", "enabled": true, "protocol": "OPENID_CONNECT",
        "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    });
    let made = api.make("applications", &body).await;
    for member in [
        "accessControl",
        "assignActorRoles",
        "corsSettings",
        "idpSignoff",
        "refreshTokenRollingGracePeriodDuration",
    ] {
        assert!(made.get(member).is_none(), "{member}: {made}");
    }
    // What was read is taken back as it is, the read-only members among it.
    let at = format!("applications/{}", made["id"].as_str().unwrap());
    let again = api.put(&at, &made).await.expect(StatusCode::OK).json();
    for member in [
        "clientId",
        "parRequirement",
        "parTimeout",
        "hiddenFromAppPortal",
    ] {
        assert_eq!(again[member], made[member], "{member}");
    }
}

/// A user who is created without the import has no password, and whoever sends one learns that.
#[tokio::test]
async fn only_an_import_takes_a_password() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for (member, value) in [
        ("password", json!({ "value": "Sunny-Meadow-93" })),
        ("account", json!({ "status": "LOCKED" })),
        ("lifecycle", json!({ "status": "VERIFICATION_REQUIRED" })),
        ("emailVerified", json!(true)),
    ] {
        let mut body = json!({ "username": "ada", "email": "ada@example.com" });
        body[member] = value;
        let answer = api.post("users", &body).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
    let external = json!({ "username": "ada", "email": "ada@example.com",
        "password": { "value": "x", "external": { "gateway": { "id": "x" } } } });
    let answer = api.import(&external).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "password.external",
    );
}

/// `corsSettings` are obeyed wherever scripts call.
#[tokio::test]
async fn only_scripts_of_allowed_origins_use_an_application() {
    let world = World::new().await;
    let token = world.tokens().await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let set = async |cors: Value| {
        world
            .change_application(|document| document["corsSettings"] = cors)
            .await;
    };
    let calls = async |origin: Option<&str>| {
        let form = "grant_type=client_credentials&scope=openid";
        let at = world.endpoint("token");
        let basic = crate::world::basic(
            &world.demo.client_id.to_string(),
            world.demo.client_secret.expose(),
        );
        let request = |method: &str, at: &str, authorization: &str| {
            let mut request = http::Request::builder()
                .method(method)
                .uri(at)
                .header("authorization", authorization)
                .header("content-type", "application/x-www-form-urlencoded");
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            request
        };
        let post = request("POST", &at, &basic).body(form.to_owned().into());
        let get = request(
            "GET",
            &world.endpoint("userinfo"),
            &format!("Bearer {token}"),
        );
        let get = get.body(String::new().into());
        let token = world.send(post.unwrap()).await;
        let userinfo = world.send(get.unwrap()).await;
        let is_refused =
            |answer: &crate::world::Answer| answer.body.contains("scripts of this origin may not");
        (is_refused(&token), is_refused(&userinfo))
    };
    let (ours, theirs) = (Some("https://app.example"), Some("https://mallory.example"));
    assert_eq!(calls(theirs).await, (false, false));
    set(json!({ "behavior": "ALLOW_SPECIFIC_ORIGINS", "origins": ["https://app.example"] })).await;
    assert_eq!(calls(ours).await, (false, false));
    assert_eq!(calls(theirs).await, (true, true));
    assert_eq!(calls(None).await, (false, false));
    set(json!({ "behavior": "ALLOW_NO_ORIGINS" })).await;
    assert_eq!(calls(ours).await, (true, true));
}

/// `accessControl` for groups is obeyed: members sign on, by themselves or through nested groups.
#[tokio::test]
async fn only_members_of_its_groups_sign_on_to_an_application() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let make = async |name: &str| {
        let made = api.make("groups", &json!({ "name": name })).await;
        made["id"].as_str().unwrap().to_owned()
    };
    let (outer, inner, other) = (
        make("Outer").await,
        make("Inner").await,
        make("Other").await,
    );
    let id = json!({ "id": outer });
    api.make(&format!("groups/{inner}/memberOfGroups"), &id)
        .await;
    let set = async |kind: &str, groups: &[&str]| {
        let groups: Vec<Value> = groups.iter().map(|id| json!({ "id": id })).collect();
        world
            .change_application(|document| {
                document["accessControl"] = json!({ "group": { "type": kind, "groups": groups } });
            })
            .await;
    };
    let signs_on = async || {
        let (_, received) = world.sign_on(&world.request()).await;
        match received.find("error") {
            Some(error) => {
                assert_eq!(error, "access_denied");
                false
            }
            None => received.find("code").is_some(),
        }
    };
    set("ANY_GROUP", &[&outer, &other]).await;
    assert!(!signs_on().await);
    let page = api
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let user = page["_embedded"]["users"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    api.make(
        &format!("users/{user}/memberOfGroups"),
        &json!({ "id": inner }),
    )
    .await;
    assert!(signs_on().await);
    set("ALL_GROUPS", &[&outer, &other]).await;
    assert!(!signs_on().await);
    set("ALL_GROUPS", &[&outer, &inner]).await;
    assert!(signs_on().await);

    // No deletion lets anybody in.
    let delete = async |group: &str| {
        let answer = api.delete(&format!("groups/{group}")).await;
        answer.expect(StatusCode::NO_CONTENT);
    };
    let fourth = make("Fourth").await;
    set("ALL_GROUPS", &[&outer, &fourth]).await;
    delete(&fourth).await;
    assert!(!signs_on().await);
    set("ANY_GROUP", &[&other]).await;
    delete(&other).await;
    assert!(!signs_on().await);
}

/// Whether a value says all that was sent; the server may add members, such as ids.
fn says(shown: &Value, sent: &Value) -> bool {
    match (shown, sent) {
        (Value::Object(shown), Value::Object(sent)) => sent
            .iter()
            .all(|(name, sent)| shown.get(name).is_some_and(|shown| says(shown, sent))),
        (Value::Array(shown), Value::Array(sent)) => {
            shown.len() == sent.len() && shown.iter().zip(sent).all(|(a, b)| says(a, b))
        }
        _ => shown == sent,
    }
}
