//! Two who change the same configuration object at the same time: what is answered with 200 stands.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::management_configuration_objects::theme;
use crate::management_keys::{export, key, upload};
use crate::world::{Answer, World};

/// Both at once, each of which is done.
async fn both(
    one: impl Future<Output = Answer>,
    other: impl Future<Output = Answer>,
) -> (Value, Value) {
    let (one, other) = tokio::join!(one, other);
    (
        one.expect(StatusCode::OK).json(),
        other.expect(StatusCode::OK).json(),
    )
}

/// One, and several that do something else to the same object, all at once and all of which are
/// done. Of several some come before the one and some behind it, however long each takes.
async fn among<F: Future<Output = Answer>>(
    one: impl Future<Output = Answer>,
    other: impl Fn() -> F,
) -> Value {
    let (before, one, behind, last) = tokio::join!(other(), one, other(), other());
    for answer in [before, behind, last] {
        answer.expect(StatusCode::OK);
    }
    one.expect(StatusCode::OK).json()
}

/// How many objects of a page are the default, of those that `counts` chooses.
fn defaults(page: &Value, kind: &str, counts: impl Fn(&Value) -> bool) -> usize {
    let all = page["_embedded"][kind].as_array().unwrap().iter();
    all.filter(|one| one["default"] == json!(true) && counts(one))
        .count()
}

async fn a_name_and_the_default_that_are_set_at_once_both_stand(world: World) {
    let api = Api::worker(&world).await;
    let mut at = Vec::new();
    for name in ["Dawn", "Dusk"] {
        at.push(format!(
            "themes/{}",
            id(&api.make("themes", &theme(name)).await)
        ));
    }
    for round in 0..24 {
        let at = &at[round % 2];
        let named = theme(&format!("round {round}"));
        let to_default = (format!("{at}/default"), json!({"default": true}));
        let (path, default) = &to_default;
        among(api.put(at, &named), || api.put(path, default)).await;
        let after = api.get(at).await.expect(StatusCode::OK).json();
        assert_eq!(
            after["configuration"]["name"],
            named["configuration"]["name"]
        );
        assert_eq!(after["default"], json!(true));
        let page = api.get("themes").await.expect(StatusCode::OK).json();
        assert_eq!(defaults(&page, "themes", |_| true), 1, "{page}");
    }
}

async fn a_secret_that_is_kept_is_the_one_that_was_set_meanwhile(world: World) {
    let api = Api::worker(&world).await;
    let at = "recaptchaV2Config";
    let first = json!({"siteKey": "site", "secretKey": "first"});
    api.put(at, &first).await.expect(StatusCode::OK);
    for round in 0..24 {
        let secret = format!("secret {round}");
        let (set, kept) = (
            json!({"siteKey": "site", "secretKey": secret}),
            json!({"siteKey": "site"}),
        );
        among(api.put(at, &set), || api.put(at, &kept)).await;
        let after = api.get(at).await.expect(StatusCode::OK).json();
        assert_eq!(after["secretKey"], json!(secret));
    }
}

async fn settings_that_two_set_for_the_first_time_are_set(world: World) {
    let api = Api::worker(&world).await;
    let (put, other) = (
        json!({"siteKey": "one", "secretKey": "one"}),
        json!({"siteKey": "other", "secretKey": "other"}),
    );
    let at = "recaptchaV2Config";
    for _ in 0..3 {
        both(api.put(at, &put), api.put(at, &other)).await;
        let (one, two) = tokio::join!(api.delete(at), api.delete(at));
        for gone in [one, two] {
            gone.expect(StatusCode::NO_CONTENT);
        }
        refused(&api.get(at).await, 404, "NOT_FOUND", "", "");
    }
    let at = "notificationsSettings";
    let (from, reply) = (
        json!({"from": {"name": "Sender", "address": "sender@example.com"}}),
        json!({"replyTo": {"name": "Desk", "address": "desk@example.com"}}),
    );
    both(api.patch(at, &from), api.patch(at, &reply)).await;
    let after = api.get(at).await.expect(StatusCode::OK).json();
    assert_eq!(after["from"]["name"], "Sender");
    assert_eq!(after["replyTo"]["name"], "Desk");
}

async fn a_rotation_is_not_undone(world: World) {
    let api = Api::worker(&world).await;
    let mut body = json!({
        "name": "Mine", "algorithm": "EC", "keyLength": 256, "usageType": "SIGNING",
        "signatureAlgorithm": "SHA256withECDSA", "dn": "CN=Mine, C=US",
    });
    let made = api.make("keyRotationPolicies", &body).await;
    let at = format!("keyRotationPolicies/{}", id(&made));
    let rotate = || {
        api.act(
            Method::POST,
            &at,
            "keyRotationPolicy.rotate+json",
            &Value::Null,
        )
    };
    let mut next = made["nextKeyId"].clone();
    for round in 0..5 {
        body["name"] = json!(format!("round {round}"));
        let (rotated, _) = both(rotate(), api.put(&at, &body)).await;
        assert_eq!(rotated["currentKeyId"], next);
        next = rotated["nextKeyId"].clone();
        let after = api.get(&at).await.expect(StatusCode::OK).json();
        assert_eq!(after["name"], body["name"]);
        assert_eq!(after["currentKeyId"], rotated["currentKeyId"]);
        assert_eq!(after["nextKeyId"], rotated["nextKeyId"]);
    }
    let (one, other) = both(rotate(), rotate()).await;
    let (first, second) = if one["currentKeyId"] == next {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(first["currentKeyId"], next);
    assert_eq!(second["currentKeyId"], first["nextKeyId"]);
}

async fn the_certificate_of_a_key_and_what_is_said_of_it_both_stand(world: World) {
    let api = Api::worker(&world).await;
    let mut body = key("Dawn");
    body["issuerDN"] = json!("CN=My CA, C=US");
    let at = format!("keys/{}", id(&api.make("keys", &body).await));
    let pem = export(&api, &at, "application/x-x509-ca-cert").await.body;
    let answered = format!("{at}/csr");
    for round in 0..24 {
        let usage = ["ISSUANCE", "ENCRYPTION"][round % 2];
        let default = json!({"default": true, "usageType": usage});
        let certified = upload(&api, &answered, "ENCRYPTION", &pem);
        among(certified, || api.put(&at, &default)).await;
        let after = api.get(&at).await.expect(StatusCode::OK).json();
        assert_eq!(after["name"], "Dawn (My CA)");
        assert_eq!(after["usageType"], usage);
        assert_eq!(after["default"], json!(true));
    }
}

async fn of_keys_that_become_the_default_at_once_one_is(world: World) {
    let api = Api::worker(&world).await;
    let mut at = Vec::new();
    for name in ["Dawn", "Dusk"] {
        at.push(format!("keys/{}", id(&api.make("keys", &key(name)).await)));
    }
    let count = async || {
        let page = api.get("keys").await.expect(StatusCode::OK).json();
        defaults(&page, "keys", |key| key["usageType"] == "ENCRYPTION")
    };
    let set = |default| json!({"default": default, "usageType": "ENCRYPTION"});
    for _ in 0..4 {
        both(api.put(&at[0], &set(true)), api.put(&at[1], &set(true))).await;
        assert_eq!(count().await, 1);
        for at in &at {
            api.put(at, &set(false)).await.expect(StatusCode::OK);
        }
    }
    for round in 0..4 {
        let (mut one, mut other) = (key(&format!("one {round}")), key(&format!("other {round}")));
        one["default"] = json!(true);
        other["default"] = json!(true);
        let (one, other) = tokio::join!(api.post("keys", &one), api.post("keys", &other));
        for made in [one, other] {
            made.expect(StatusCode::CREATED);
        }
        assert_eq!(count().await, 1);
    }
    // Also one that was the default for something else.
    let mut body = key("Moved");
    body["usageType"] = json!("ISSUANCE");
    body["default"] = json!(true);
    let moved = format!("keys/{}", id(&api.make("keys", &body).await));
    api.put(&moved, &set(true)).await.expect(StatusCode::OK);
    assert_eq!(count().await, 1);
    assert_eq!(api.get(&moved).await.json()["default"], json!(true));
}

async fn texts_that_are_set_at_once_all_stand(world: World) {
    let api = Api::worker(&world).await;
    let text = |key: &str| json!([{"key": key, "translatedText": key}]);
    let keys: Vec<String> = (0..16).map(|nth| format!("portal.n{nth}")).collect();
    for pair in keys.chunks(2) {
        let (one, other) = (text(&pair[0]), text(&pair[1]));
        both(
            api.put("translations/sv", &one),
            api.put("translations/sv", &other),
        )
        .await;
    }
    let page = api.get("translations/sv?limit=1000").await.json();
    let all = page["_embedded"]["translations"].as_array().unwrap();
    for key in keys {
        assert!(
            all.iter().any(|one| one["translatedText"] == json!(key)),
            "{key}"
        );
    }

    // Variants are renamed, and what they say is replaced.
    let path = "templates/strong_authentication/contents";
    let mut sms = json!({"deliveryMethod": "SMS", "locale": "en", "content": "It is ${otp}."});
    sms["variant"] = json!("round 0");
    let content = format!("{path}/{}", id(&api.make(path, &sms).await));
    for round in 1..20 {
        let chosen = format!("{path}?filter=variant%20eq%20%22round%20{}%22", round - 1);
        sms["content"] = json!(format!("In round {round}: ${{otp}}"));
        sms["variant"] = json!(format!("round {round}"));
        let renamed = json!({"variant": sms["variant"]});
        both(api.patch(&chosen, &renamed), api.put(&content, &sms)).await;
        let after = api.get(&content).await.expect(StatusCode::OK).json();
        assert_eq!(after["content"], sms["content"]);
        assert_eq!(after["variant"], sms["variant"]);
    }
}

async fn a_secret_of_a_resource_that_is_told_is_in_force(world: World) {
    let api = Api::worker(&world).await;
    let resource = api.make("resources", &json!({"name": "Orders"})).await;
    let at = format!("resources/{}/secret", id(&resource));
    let until = json!({"previous": {"expiresAt": "2026-01-05T10:30:00.000Z"}});
    for _ in 0..16 {
        let (one, other) = tokio::join!(api.post(&at, &until), api.post(&at, &until));
        let now = api.get(&at).await.expect(StatusCode::OK).json();
        for rotated in [one, other] {
            if rotated.status == StatusCode::CONFLICT {
                continue;
            }
            let told = rotated.expect(StatusCode::OK).json()["secret"].clone();
            assert!(told == now["secret"] || told == now["previous"]["secret"]);
        }
    }
}

async fn of_two_who_prove_a_domain_at_once_one_does_and_none_fails(world: World) {
    let api = Api::worker(&world).await;
    let made = api
        .make("customDomains", &json!({"domainName": "127.0.0.1"}))
        .await;
    let at = format!("customDomains/{}", id(&made));
    let verify = || api.act(Method::POST, &at, "domainName.verify+json", &Value::Null);
    let (one, other) = tokio::join!(verify(), verify());
    let mut proven = 0;
    for answer in [one, other] {
        if answer.status == StatusCode::OK {
            proven += 1;
        } else {
            // It came when the other one was done.
            refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "domainName");
        }
    }
    assert!(proven > 0);
    let after = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(after["status"], "SSL_CERTIFICATE_REQUIRED");
}

async fn what_two_delete_is_not_there_for_one_of_them(world: World) {
    let api = Api::worker(&world).await;
    for (path, body) in [("themes", theme("Night")), ("keys", key("Night"))] {
        for _ in 0..3 {
            let at = format!("{path}/{}", id(&api.make(path, &body).await));
            let (one, other) = tokio::join!(api.delete(&at), api.delete(&at));
            let mut answers = [one.status.as_u16(), other.status.as_u16()];
            answers.sort_unstable();
            assert_eq!(answers, [204, 404], "{path}");
        }
    }
    let path = "templates/strong_authentication/contents";
    let mut sms = json!({"deliveryMethod": "SMS", "locale": "en", "content": "It is ${otp}."});
    sms["variant"] = json!("Short");
    let content = format!("{path}/{}", id(&api.make(path, &sms).await));
    let chosen = format!("{path}?filter=variant%20eq%20%22Short%22");
    let (one, other) = tokio::join!(api.delete(&chosen), api.delete(&chosen));
    for gone in [one, other] {
        gone.expect(StatusCode::NO_CONTENT);
    }
    refused(&api.get(&content).await, 404, "NOT_FOUND", "", "");
}

on_each_engine! {
    |_| {};
    a_name_and_the_default_that_are_set_at_once_both_stand
    a_secret_that_is_kept_is_the_one_that_was_set_meanwhile
    settings_that_two_set_for_the_first_time_are_set
    a_rotation_is_not_undone
    the_certificate_of_a_key_and_what_is_said_of_it_both_stand
    of_keys_that_become_the_default_at_once_one_is
    texts_that_are_set_at_once_all_stand
    a_secret_of_a_resource_that_is_told_is_in_force
    of_two_who_prove_a_domain_at_once_one_does_and_none_fails
    what_two_delete_is_not_there_for_one_of_them
}
