//! What a body says is understood or refused: every typed member of every resource, with values of
//! every wrong kind.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, VENDOR, refused};
use crate::world::World;

/// What a member takes.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One of a list of texts, which the refusal names.
    Code,
    Flag,
    Id,
    List,
    Object,
    Text,
    Whole,
}

impl Kind {
    /// Values that are of another kind, and look like more than they are.
    fn wrong(self) -> Vec<Value> {
        match self {
            Self::Code => vec![
                json!("NONSENSE"),
                json!(7),
                json!(true),
                json!([]),
                json!({}),
            ],
            Self::Flag => vec![
                json!(0),
                json!(1),
                json!("0"),
                json!("1"),
                json!("no"),
                json!("yes"),
                json!(""),
                json!([]),
                json!({}),
            ],
            Self::Id => vec![json!("x"), json!(""), json!(7), json!(true), json!([])],
            Self::List => vec![json!("x"), json!(7), json!(true), json!({})],
            Self::Object => vec![json!("x"), json!(7), json!(true), json!([])],
            Self::Text => vec![json!(7), json!(true), json!([]), json!({})],
            Self::Whole => vec![json!("7"), json!(true), json!([]), json!({}), json!(1e300)],
        }
    }
}

/// One operation with a body that it takes, and the members of its types.
struct Operation {
    method: Method,
    path: String,
    media: &'static str,
    body: Value,
    members: Vec<(&'static str, Kind)>,
}

fn put(body: &mut Value, path: &str, value: Value) {
    match path.split_once('.') {
        Some((first, rest)) => {
            if body.get(first).is_none() {
                body[first] = json!({});
            }
            put(&mut body[first], rest, value);
        }
        None => body[path] = value,
    }
}

#[expect(clippy::too_many_lines, reason = "a table, to be read as a whole")]
async fn operations(api: &Api<'_>) -> Vec<Operation> {
    use Kind::{Code, Flag, Id, List, Object, Text, Whole};
    const PLAIN: &str = "application/json";
    let first = async |path: &str, key: &str| {
        let page = api.get(path).await.expect(StatusCode::OK).json();
        page["_embedded"][key][0]["id"].as_str().unwrap().to_owned()
    };
    let user = api.make_user("walked").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (worker, _) = api.make_worker("Walked", &[]).await;
    let population = first("populations", "populations").await;
    let resource = api.make("resources", &json!({ "name": "Walked" })).await;
    let resource = resource["id"].as_str().unwrap();
    let scope = api
        .make(
            &format!("resources/{resource}/scopes"),
            &json!({ "name": "walk" }),
        )
        .await;
    let policy = json!({
        "name": "Walked", "excludesProfileData": true, "notSimilarToCurrent": true,
        "excludesCommonlyUsed": true,
    });
    let attributes = [
        ("accountId", Text),
        ("externalId", Text),
        ("locale", Text),
        ("mobilePhone", Text),
        ("nickname", Text),
        ("preferredLanguage", Text),
        ("primaryPhone", Text),
        ("timezone", Text),
        ("title", Text),
        ("type", Text),
        ("name", Object),
        ("name.given", Text),
        ("name.family", Text),
        ("name.middle", Text),
        ("name.formatted", Text),
        ("name.honorificPrefix", Text),
        ("name.honorificSuffix", Text),
        ("address", Object),
        ("address.streetAddress", Text),
        ("address.locality", Text),
        ("address.region", Text),
        ("address.postalCode", Text),
        ("address.countryCode", Text),
        ("photo", Object),
        ("photo.href", Text),
        ("username", Text),
        ("email", Text),
    ];
    let created = [
        ("population", Object),
        ("population.id", Id),
        ("enabled", Flag),
        ("mfaEnabled", Flag),
    ];
    let imported = [
        ("emailVerified", Flag),
        ("account", Object),
        ("account.status", Code),
        ("account.canAuthenticate", Flag),
        ("account.unlockAt", Text),
        ("lifecycle", Object),
        ("lifecycle.status", Code),
        ("lifecycle.suppressVerificationCode", Flag),
        ("password", Object),
        ("password.value", Text),
        ("password.forceChange", Flag),
    ];
    let fixed = [("identityProvider", Object), ("verifyStatus", Text)];
    let every = |lists: &[&[(&'static str, Kind)]]| lists.concat();
    let at =
        |method: Method, path: String, media, body, members: &[(&'static str, Kind)]| Operation {
            method,
            path,
            media,
            body,
            members: members.to_vec(),
        };
    let password = format!("users/{user}/password");
    let ada = json!({ "username": "ada", "email": "ada@example.com" });
    let set = [
        ("value", Text),
        ("forceChange", Flag),
        ("bypassPolicy", Flag),
    ];
    vec![
        at(
            Method::PUT,
            format!("/v1/environments/{}", api.environment),
            PLAIN,
            json!({ "name": "Latchkey Demo", "type": "SANDBOX" }),
            &[("name", Text), ("description", Text), ("type", Code)],
        ),
        at(
            Method::POST,
            "populations".into(),
            PLAIN,
            json!({ "name": "Walked" }),
            &[
                ("name", Text),
                ("description", Text),
                ("default", Flag),
                ("passwordPolicy", Object),
                ("passwordPolicy.id", Id),
            ],
        ),
        at(
            Method::POST,
            "passwordPolicies".into(),
            PLAIN,
            policy,
            &[
                ("name", Text),
                ("description", Text),
                ("default", Flag),
                ("excludesProfileData", Flag),
                ("notSimilarToCurrent", Flag),
                ("excludesCommonlyUsed", Flag),
                ("maxAgeDays", Whole),
                ("minAgeDays", Whole),
                ("maxRepeatedCharacters", Whole),
                ("minUniqueCharacters", Whole),
                ("minComplexity", Whole),
                ("history", Object),
                ("history.count", Whole),
                ("lockout", Object),
                ("lockout.failureCount", Whole),
                ("length", Object),
                ("length.min", Whole),
                ("length.max", Whole),
                ("minCharacters", Object),
                ("minCharacters.0123456789", Whole),
                ("alphabetSequenceRule", Object),
                ("alphabetSequenceRule.maxLength", Whole),
            ],
        ),
        at(
            Method::POST,
            "applications".into(),
            PLAIN,
            json!({
                "name": "Walked too", "type": "SERVICE", "protocol": "OPENID_CONNECT",
                "enabled": true, "grantTypes": ["CLIENT_CREDENTIALS"],
                "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
            }),
            &[
                ("name", Text),
                ("description", Text),
                ("enabled", Flag),
                ("type", Code),
                ("grantTypes", List),
                ("responseTypes", List),
                ("tokenEndpointAuthMethod", Code),
                ("pkceEnforcement", Code),
                ("redirectUris", List),
                ("postLogoutRedirectUris", List),
                ("homePageUrl", Text),
                ("refreshTokenDuration", Whole),
                ("refreshTokenRollingDuration", Whole),
                ("refreshTokenRollingGracePeriodDuration", Whole),
                ("additionalRefreshTokenReplayProtectionEnabled", Flag),
            ],
        ),
        at(
            Method::POST,
            format!("applications/{worker}/secret"),
            PLAIN,
            json!({}),
            &[("previous", Object), ("previous.expiresAt", Text)],
        ),
        at(
            Method::POST,
            format!("applications/{worker}/grants"),
            PLAIN,
            json!({ "resource": { "id": resource }, "scopes": [{ "id": scope["id"] }] }),
            &[("resource", Object), ("resource.id", Id), ("scopes", List)],
        ),
        at(
            Method::POST,
            format!("applications/{worker}/roleAssignments"),
            PLAIN,
            api.assignment("Identity Data Read Only", "ENVIRONMENT", &api.environment)
                .await,
            &[
                ("role", Object),
                ("role.id", Id),
                ("scope", Object),
                ("scope.id", Id),
                ("scope.type", Code),
            ],
        ),
        at(
            Method::POST,
            "resources".into(),
            PLAIN,
            json!({ "name": "Walked too" }),
            &[
                ("name", Text),
                ("description", Text),
                ("audience", Text),
                ("accessTokenValiditySeconds", Whole),
            ],
        ),
        at(
            Method::POST,
            format!("resources/{resource}/scopes"),
            PLAIN,
            json!({ "name": "walk:further" }),
            &[("name", Text), ("description", Text)],
        ),
        at(
            Method::POST,
            "users".into(),
            PLAIN,
            ada.clone(),
            &every(&[&attributes, &created]),
        ),
        at(
            Method::POST,
            "users".into(),
            "user.import+json",
            json!({
                "username": "ida", "email": "ida@example.com",
                "password": { "value": "Sunny-Meadow-93" },
            }),
            &every(&[&attributes, &created, &imported]),
        ),
        at(
            Method::PUT,
            format!("users/{user}"),
            PLAIN,
            json!({ "username": "walked", "email": "walked@example.com" }),
            &every(&[&attributes, &created, &imported, &fixed]),
        ),
        at(
            Method::PATCH,
            format!("users/{user}"),
            PLAIN,
            json!({ "nickname": "W" }),
            &every(&[&attributes, &created, &imported, &fixed]),
        ),
        at(
            Method::PUT,
            format!("users/{user}/enabled"),
            PLAIN,
            json!({ "enabled": true }),
            &[("enabled", Flag)],
        ),
        at(
            Method::PUT,
            format!("users/{user}/mfaEnabled"),
            PLAIN,
            json!({ "mfaEnabled": true }),
            &[("mfaEnabled", Flag)],
        ),
        at(
            Method::PUT,
            format!("users/{user}/population"),
            PLAIN,
            json!({ "id": population }),
            &[("id", Id)],
        ),
        at(
            Method::PUT,
            password.clone(),
            "password.set+json",
            json!({ "value": "Sunny-Meadow-93" }),
            &set,
        ),
        at(
            Method::PUT,
            password.clone(),
            "password.setValue+json",
            json!({ "value": "Sunny-Meadow-94" }),
            &set,
        ),
        at(
            Method::POST,
            password.clone(),
            "password.check+json",
            json!({ "password": "Sunny-Meadow-94" }),
            &[("password", Text)],
        ),
        at(
            Method::PUT,
            password,
            "password.reset+json",
            json!({ "newPassword": "Sunny-Meadow-95" }),
            &[("newPassword", Text), ("currentPassword", Text)],
        ),
    ]
}

/// `enabled: 0` must not make an enabled user, nor `forceChange: 1` one who keeps the password.
#[tokio::test]
async fn a_value_of_the_wrong_kind_is_refused_by_its_name_wherever_it_stands() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut tried = 0;
    for operation in operations(&api).await {
        let media = if operation.media.starts_with("application/") {
            operation.media.to_owned()
        } else {
            format!("{VENDOR}{}", operation.media)
        };
        let send = async |body: &Value| {
            let method = operation.method.clone();
            api.send(method, &operation.path, &[&media], body.to_string())
                .await
        };
        for (member, kind) in &operation.members {
            for wrong in kind.wrong() {
                let mut body = operation.body.clone();
                put(&mut body, member, wrong);
                let answer = send(&body).await;
                let json = answer.json();
                let detail = &json["details"][0];
                assert_eq!(
                    (answer.status.as_u16(), &detail["code"], &detail["target"]),
                    (400, &json!("INVALID_VALUE"), &json!(member)),
                    "{} {} {body}: {json}",
                    operation.method,
                    operation.path
                );
                if matches!(kind, Kind::Code) {
                    let allowed = &detail["innerError"]["allowedValues"];
                    assert!(
                        allowed.as_array().is_some_and(|codes| !codes.is_empty()),
                        "{json}"
                    );
                }
                tried += 1;
            }
        }
        // Nothing but the wrong kind was the reason.
        let answer = send(&operation.body).await;
        assert!(
            answer.status.is_success(),
            "{} {}: {}",
            operation.method,
            &operation.path,
            answer.body
        );
    }
    assert!(tried > 500, "{tried}");
}

/// What PingOne's own samples send is not refused.
#[tokio::test]
async fn texts_of_booleans_are_taken_for_booleans() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({ "username": "ada", "email": "ada@example.com", "enabled": "False" });
    let ada = api.post("users", &body).await.expect(StatusCode::CREATED);
    assert_eq!(ada.json()["enabled"], false);
    let at = format!("users/{}/password", ada.json()["id"].as_str().unwrap());
    let body = json!({ "value": "Sunny-Meadow-93", "forceChange": "true" });
    let set = api.act(Method::PUT, &at, "password.set+json", &body).await;
    let set = set.expect(StatusCode::OK).json();
    assert_eq!(set["status"], "MUST_CHANGE_PASSWORD");
}

#[tokio::test]
async fn an_unknown_code_is_refused_with_those_that_are_taken() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({ "username": "ada", "email": "ada@example.com",
        "lifecycle": { "status": "DONE" } });
    let answer = api.import(&body).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "lifecycle.status",
    );
    assert_eq!(
        answer.json()["details"][0]["innerError"]["allowedValues"],
        json!(["ACCOUNT_OK", "VERIFICATION_REQUIRED"])
    );
}

/// An import says what state the account is in, and that is the state it is in.
#[tokio::test]
async fn an_imported_lock_holds_until_it_ends() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let import = async |account: Value| {
        let body = json!({ "username": "ada", "email": "ada@example.com", "account": account });
        api.import(&body).await
    };
    for (target, account) in [
        (
            "account.canAuthenticate",
            json!({ "status": "LOCKED", "canAuthenticate": true }),
        ),
        (
            "account.unlockAt",
            json!({ "status": "OK", "unlockAt": "2030-01-01T00:00:00Z" }),
        ),
        (
            "account.unlockAt",
            json!({ "status": "LOCKED", "unlockAt": "2001-01-01T00:00:00Z" }),
        ),
    ] {
        let answer = import(account).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
    let locked = json!({ "status": "LOCKED", "canAuthenticate": false, "unlockAt": "2030-01-01T00:00:00.000Z" });
    let ada = import(locked).await.expect(StatusCode::CREATED).json();
    assert_eq!(ada["account"]["status"], "LOCKED");
    assert_eq!(ada["account"]["unlockAt"], "2030-01-01T00:00:00Z");
}

/// Whoever is not locked and is not to sign on is disabled, and nobody can be both that and enabled.
#[tokio::test]
async fn an_import_of_somebody_who_is_not_to_sign_on_makes_a_disabled_user() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut body = json!({
        "username": "ada", "email": "ada@example.com", "enabled": true,
        "account": { "status": "OK", "canAuthenticate": false },
    });
    let answer = api.import(&body).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "account.canAuthenticate",
    );
    body.as_object_mut().unwrap().remove("enabled");
    let ada = api.import(&body).await.expect(StatusCode::CREATED).json();
    assert_eq!(ada["enabled"], json!(false));
    assert_eq!(ada["account"], body["account"]);
}

/// What PingOne ignores when a user is changed is ignored where it is well formed.
#[tokio::test]
async fn a_changed_user_keeps_what_has_an_operation_of_its_own() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.make_user("ada").await;
    let at = format!("users/{}", made["id"].as_str().unwrap());
    let mut body = json!({
        "username": "ada", "email": "ada@example.com", "enabled": false, "mfaEnabled": true,
        "emailVerified": true, "account": { "status": "LOCKED", "canAuthenticate": false },
        "lifecycle": { "status": "VERIFICATION_REQUIRED" }, "verifyStatus": "ENABLED",
        "population": { "id": uuid::Uuid::new_v4() }, "identityProvider": { "type": "OTHER" },
        "password": { "value": "Sunny-Meadow-93", "forceChange": true },
    });
    let kept = [
        "enabled",
        "mfaEnabled",
        "emailVerified",
        "account",
        "lifecycle",
        "verifyStatus",
        "population",
        "identityProvider",
    ];
    for method in [Method::PUT, Method::PATCH] {
        let types = ["application/json"];
        let answer = api.send(method, &at, &types, body.to_string()).await;
        let shown = answer.expect(StatusCode::OK).json();
        for name in kept {
            assert_eq!(shown.get(name), made.get(name), "{name}");
        }
    }
    // Nothing is meant by `null` but that it was left out.
    for name in kept {
        body[name] = Value::Null;
    }
    api.put(&at, &body).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn null_is_as_if_left_out_for_users_and_applications() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let user = json!({ "username": "ada", "email": "ada@example.com" });
    let application = json!({
        "name": "Ada", "type": "SERVICE", "protocol": "OPENID_CONNECT",
        "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    });
    for (path, body) in [("users", user), ("applications", application)] {
        let mut enabled = Vec::new();
        for member in [None, Some(Value::Null)] {
            let mut body = body.clone();
            if let Some(member) = member {
                body["enabled"] = member;
            }
            let made = api.post(path, &body).await.expect(StatusCode::CREATED);
            let made = made.json();
            enabled.push(made["enabled"].clone());
            let at = format!("{path}/{}", made["id"].as_str().unwrap());
            api.delete(&at).await.expect(StatusCode::NO_CONTENT);
        }
        assert_eq!(enabled[0], enabled[1], "{path}");
    }
    // Where there is nothing that it could be without, it is missed.
    let made = api.make_user("bob").await;
    let at = format!("users/{}/enabled", made["id"].as_str().unwrap());
    let answer = api.put(&at, &json!({ "enabled": null })).await;
    refused(&answer, 400, "INVALID_DATA", "REQUIRED_VALUE", "enabled");
}
