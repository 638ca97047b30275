//! Custom domains, administrator security and identity propagation.

use std::collections::BTreeSet;

use axum::body::Body;
use http::header::HOST;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::management_foreign_ids::Things;
use crate::management_identity_providers::{oidc, path};
use crate::management_kinds::Walk;
use crate::world::World;

#[tokio::test]
async fn a_domain_is_proven_before_it_gets_a_certificate() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api
        .make(
            "customDomains",
            &json!({"domainName": "Auth.Nowhere.Invalid"}),
        )
        .await;
    assert_eq!(made["domainName"], "auth.nowhere.invalid");
    assert_eq!(made["status"], "VERIFICATION_REQUIRED");
    let at = format!("customDomains/{}", id(&made));
    let pem = json!({"certificate": "x", "privateKey": "x"});
    let early = api
        .act(Method::POST, &at, "certificate.import+json", &pem)
        .await;
    assert!(early.body.contains("must be 'SSL_CERTIFICATE_REQUIRED'"));
    let unknown = api
        .act(Method::POST, &at, "domainName.verify+json", &Value::Null)
        .await;
    assert!(unknown.body.contains("NXDOMAIN"), "{}", unknown.body);
    let twice = api
        .post(
            "customDomains",
            &json!({"domainName": "auth.nowhere.invalid"}),
        )
        .await;
    refused(
        &twice,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "domainName",
    );
    let odd = api
        .post("customDomains", &json!({"domainName": "-x-"}))
        .await;
    refused(&odd, 400, "INVALID_DATA", "INVALID_VALUE", "domainName");
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_proven_domain_takes_the_place_of_the_environments_id() {
    let world = World::with(|settings| {
        settings.custom_domains = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let api = Api::worker(&world).await;
    let get = |host: &'static str, path: &'static str| {
        let request = Request::builder().uri(path).header(HOST, host);
        world.send(request.body(Body::empty()).unwrap())
    };
    // A name that resolves without a name server.
    let name = json!({"domainName": "127.0.0.1"});
    let made = api.make("customDomains", &name).await;
    let at = format!("customDomains/{}", id(&made));
    let early = get("127.0.0.1:9443", "/as/jwks").await;
    assert_eq!(early.status, StatusCode::NOT_FOUND);
    let proven = api
        .act(Method::POST, &at, "domainName.verify+json", &Value::Null)
        .await;
    proven.expect(StatusCode::OK);

    let keys = get("127.0.0.1:9443", "/as/jwks")
        .await
        .expect(StatusCode::OK)
        .json();
    let own = world.get(&format!("/{}/as/jwks", api.environment)).await;
    assert_eq!(keys, own.json());
    let form = [("grant_type", "client_credentials")];
    let token = world.post("/as/token", &form).await;
    assert_ne!(token.status, StatusCode::NOT_FOUND);
    let on = get("127.0.0.1", "/as/authorize?client_id=1").await;
    assert_eq!(on.status, StatusCode::TEMPORARY_REDIRECT);
    let address = format!(
        "https://localhost:9443/{}/as/authorize?client_id=1",
        api.environment
    );
    assert_eq!(on.header("location"), address);
    for other in ["localhost:9443", "192.0.2.1"] {
        let answer = get(other, "/as/jwks").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{other}");
    }
}

/// An alias of the installation, such as one of `extra_hosts`, stays the installation's.
#[tokio::test]
async fn a_proven_domain_that_is_not_set_aside_leads_to_nobody() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let name = json!({"domainName": "127.0.0.1"});
    let made = api.make("customDomains", &name).await;
    let at = format!("customDomains/{}", id(&made));
    let proven = api
        .act(Method::POST, &at, "domainName.verify+json", &Value::Null)
        .await;
    proven.expect(StatusCode::OK);
    let request = Request::builder().uri("/as/jwks").header(HOST, "127.0.0.1");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn administrators_sign_on_elsewhere_only_at_a_provider_that_is_there() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let before = api.get("adminConfig").await.expect(StatusCode::OK).json();
    assert_eq!(before["authenticationMethod"], "PINGONE");
    assert_eq!(before["isPingIDInBOM"], json!(false));
    let with = |method: &str, provider: Value| {
        json!({
            "authenticationMethod": method, "mfaStatus": "ENFORCE", "recovery": true,
            "provider": provider,
        })
    };
    let nobody = json!({"id": "00000000-0000-4000-8000-000000000000"});
    for (body, target) in [
        (with("HYBRID", Value::Null), "provider"),
        (with("PINGONE", nobody.clone()), "provider"),
        (with("EXTERNAL", nobody), "provider.id"),
        (with("NOBODY", Value::Null), "authenticationMethod"),
    ] {
        let answer = api.put("adminConfig", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{target}");
        assert_eq!(answer.json()["details"][0]["target"], json!(target));
    }
    let set = api.put("adminConfig", &with("PINGONE", Value::Null)).await;
    let set = set.expect(StatusCode::OK).json();
    assert_eq!(set["allowedMethods"]["EMAIL"], r#"{"enabled":true}"#);

    // Clients delete the provider before they name another.
    let provider = api.make("identityProviders", &oidc()).await;
    let external = with("EXTERNAL", json!({"id": provider["id"]}));
    let set = api.put("adminConfig", &external).await;
    set.expect(StatusCode::OK);
    let deleted = api.delete(&path(&provider)).await;
    deleted.expect(StatusCode::NO_CONTENT);
    let set = api.put("adminConfig", &with("PINGONE", Value::Null)).await;
    set.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_store_keeps_its_secrets_and_stays_while_a_rule_names_it() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let store = |name: &str| {
        json!({
            "name": name, "type": "scim",
            "configuration": {
                "SCIM_URL": "https://scim.example.com", "BASIC_AUTH_PASSWORD": "secret-1",
                "CREATE_USERS": true,
            },
        })
    };
    let made = api.make("propagation/stores", &store("Target")).await;
    assert_eq!(made["configuration"]["CREATE_USERS"], json!(true));
    assert!(!made.to_string().contains("secret-1"));
    let source = api.make("propagation/stores", &store("Source")).await;
    let plan = api
        .make("propagation/plans", &json!({"name": "Plan"}))
        .await;
    let rule = json!({
        "name": "Rule", "plan": {"id": plan["id"]}, "sourceStore": {"id": source["id"]},
        "targetStore": {"id": made["id"]},
    });
    let rule = api.make("propagation/rules", &rule).await;
    let at = format!("propagation/stores/{}", id(&made));
    refused(
        &api.delete(&at).await,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "",
    );
    let rule = format!("propagation/rules/{}", id(&rule));
    api.delete(&rule).await.expect(StatusCode::NO_CONTENT);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

/// The texts of an answer that say when, wherever they stand.
fn dates<'a>(answer: &'a Value, found: &mut Vec<&'a str>) {
    match answer {
        Value::Object(members) => members.values().for_each(|member| dates(member, found)),
        Value::Array(items) => items.iter().for_each(|item| dates(item, found)),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => found.push(text),
        _ => {}
    }
}

/// Whether a schema has a date somewhere.
fn has_date(walk: &Walk<'_>, schema: &Value, seen: &mut BTreeSet<String>) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        let is_new = seen.insert(reference.to_owned());
        return is_new && has_date(walk, &walk.whole(schema), seen);
    }
    match schema {
        Value::Object(members) => {
            schema["format"] == "date-time"
                || members.values().any(|below| has_date(walk, below, seen))
        }
        Value::Array(items) => items.iter().any(|below| has_date(walk, below, seen)),
        _ => false,
    }
}

/// What can be read, and shows no date in an environment in which there is something of every kind.
const WITHOUT_DATES: [&str; 14] = [
    // A date is that of a former secret; `management_configuration` and `management_resources` see it.
    "/environments/{environment}/applications/{application}/secret",
    "/environments/{environment}/resources/{resource}/secret",
    // Memberships have none, though groups do.
    "/environments/{environment}/groups/{group}/memberOfGroups",
    "/environments/{environment}/groups/{group}/memberOfGroups/{parent}",
    "/environments/{environment}/users/{user}/memberOfGroups",
    "/environments/{environment}/users/{user}/memberOfGroups/{group}",
    // Nobody has set them.
    "/environments/{environment}/notificationsSettings/emailDeliverySettings",
    "/environments/{environment}/recaptchaV2Config",
    // There is none.
    "/environments/{environment}/propagation/revisions",
    "/environments/{environment}/propagation/revisions/{revision}",
    // They begin with somebody who signs on.
    "/environments/{environment}/users/{user}/linkedAccounts",
    "/environments/{environment}/users/{user}/linkedAccounts/{account}",
    "/environments/{environment}/users/{user}/sessions",
    "/environments/{environment}/users/{user}/sessions/{session}",
];

#[tokio::test]
async fn every_date_has_three_digits_of_a_second() {
    let world = World::new().await;
    world.clock.advance(jiff::SignedDuration::from_millis(20));
    let walk = Walk::new(&world).await;
    let things = Things::new(walk.api.clone());
    things.fill(&walk).await;
    let (mut wrong, mut without, mut dated) = (Vec::new(), BTreeSet::new(), 0);
    for (path, method, operation) in walk.operations() {
        let shown = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        if method != Method::GET || !has_date(&walk, shown, &mut BTreeSet::new()) {
            continue;
        }
        let mut is_dated = false;
        for concrete in things.paths(&path).await.iter().rev() {
            let query = match path.rsplit('/').next() {
                Some("activities") => "?filter=recordedAt%20ge%20%222026-01-05T00:00:00Z%22",
                _ => "",
            };
            let answer = walk.api.get(&format!("{concrete}{query}")).await;
            if answer.status != StatusCode::OK {
                continue;
            }
            let json = answer.json();
            let mut found = Vec::new();
            dates(&json, &mut found);
            let has_some = !found.is_empty();
            dated += found.iter().filter(|date| date.contains(".020Z")).count();
            for date in found {
                let fraction = date.split_once('.').map(|(_, fraction)| fraction);
                if fraction.is_some_and(|fraction| fraction.len() != "000Z".len()) {
                    wrong.push(format!("{path}: {date}"));
                }
            }
            if has_some {
                is_dated = true;
                break;
            }
        }
        if !is_dated {
            without.insert(path);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(dated > 100, "{dated}");
    assert_eq!(without, WITHOUT_DATES.map(str::to_owned).into());
}
