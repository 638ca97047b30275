//! Second factors: their policies and settings, push credentials, users' devices and pairing keys.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, forbidden, id, refused, user_path};
use crate::management_device_authentications::{authenticator, totp};
use crate::signon_demands::demanding;
use crate::signon_languages::enable;
use crate::world::{Browser, World, sub_page};

async fn items(api: &Api<'_>, path: &str, key: &str) -> Vec<Value> {
    let page = api.get(path).await.expect(StatusCode::OK).json();
    page["_embedded"][key].as_array().unwrap().clone()
}

fn policy(name: &str) -> Value {
    let otp = json!({
        "failure": { "count": 3, "coolDown": { "duration": 2, "timeUnit": "MINUTES" } },
    });
    let sent = json!({
        "enabled": true,
        "otp": {
            "lifeTime": { "duration": 30, "timeUnit": "MINUTES" }, "failure": otp["failure"],
            "otpLength": 8,
        },
    });
    json!({
        "name": name, "default": false, "sms": sent, "voice": sent, "email": sent,
        "mobile": { "enabled": false, "otp": otp }, "totp": { "enabled": true, "otp": otp },
    })
}

#[tokio::test]
async fn an_environment_begins_with_policies_of_devices() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let devices = items(
        &api,
        "deviceAuthenticationPolicies",
        "deviceAuthenticationPolicies",
    )
    .await;
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0]["default"], json!(true));
    assert_eq!(devices[0]["forSignOnPolicy"], json!(false));
    let at = format!("deviceAuthenticationPolicies/{}", id(&devices[0]));
    let refusal = api.delete(&at).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    assert!(
        refusal
            .body
            .contains("remove default device authentication policy")
    );
    let fido2 = items(&api, "fido2Policies", "fido2Policies").await;
    let mut found: Vec<_> = fido2
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), &one["default"]))
        .collect();
    found.sort_by_key(|(name, _)| *name);
    assert_eq!(
        found,
        [("Passkeys", &json!(true)), ("Security Keys", &json!(false))]
    );
    let passkeys = fido2.iter().find(|one| one["default"] == json!(true));
    let refusal = api
        .delete(&format!("fido2Policies/{}", id(passkeys.unwrap())))
        .await;
    assert!(refusal.body.contains("cannot delete the default policy"));
}

#[tokio::test]
async fn a_policy_of_devices_comes_back_as_it_was_sent() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = "deviceAuthenticationPolicies";
    let mut sent = policy("Own");
    sent["desktop"] = json!({
        "enabled": true, "otp": sent["totp"]["otp"],
        "pairingKeyLifetime": { "duration": 48, "timeUnit": "HOURS" },
    });
    let made = api.make(path, &sent).await;
    for (member, value) in sent.as_object().unwrap() {
        assert_eq!(made[member], *value, "{member}");
    }
    for (pointer, value, target) in [
        ("/sms/otp/otpLength", json!(11), "sms.otp.otpLength"),
        (
            "/sms/otp/lifeTime/duration",
            json!(121),
            "sms.otp.lifeTime.duration",
        ),
        (
            "/sms/otp/lifeTime/timeUnit",
            json!("DAYS"),
            "sms.otp.lifeTime.timeUnit",
        ),
        (
            "/totp/otp/failure/count",
            json!(8),
            "totp.otp.failure.count",
        ),
        (
            "/desktop/pairingKeyLifetime/duration",
            json!(49),
            "desktop.pairingKeyLifetime.duration",
        ),
    ] {
        let mut other = sent.clone();
        other["name"] = json!("Other");
        *other.pointer_mut(pointer).unwrap() = value;
        let refusal = api.post(path, &other).await;
        refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
    let again = api.post(path, &sent).await;
    refused(&again, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
}

#[tokio::test]
async fn what_a_policy_refers_to_stays() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let fido2 = items(&api, "fido2Policies", "fido2Policies").await;
    let keys = fido2.iter().find(|one| one["default"] == json!(false));
    let keys = id(keys.unwrap());
    let mut sent = policy("Keys");
    sent["fido2"] = json!({ "enabled": true, "fido2PolicyId": keys });
    let made = api.make("deviceAuthenticationPolicies", &sent).await;
    let at = format!("fido2Policies/{keys}");
    let refusal = api.delete(&at).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let own = format!("deviceAuthenticationPolicies/{}", id(&made));
    api.delete(&own).await.expect(StatusCode::NO_CONTENT);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_fido_policy_of_the_older_kind_is_kept() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut sent = json!({
        "name": "Old", "attestationRequirements": "SPECIFIC", "residentKeyRequirement": "REQUIRED",
    });
    let refusal = api.post("fidoPolicies", &sent).await;
    let target = "allowedAuthenticators";
    refused(&refusal, 400, "INVALID_DATA", "REQUIRED_VALUE", target);
    sent["allowedAuthenticators"] = json!([{ "id": "authenticator" }]);
    let made = api.make("fidoPolicies", &sent).await;
    assert_eq!(made["enforceDuringAuthentication"], json!(false));
    sent["name"] = json!("Older");
    let at = format!("fidoPolicies/{}", id(&made));
    let replaced = api.put(&at, &sent).await.expect(StatusCode::OK).json();
    assert_eq!(replaced["name"], "Older");
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn settings_can_be_reset() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let before = api.get("mfaSettings").await.expect(StatusCode::OK).json();
    assert_eq!(before["pairing"]["maxAllowedDevices"], json!(5));
    let pairing = json!({ "maxAllowedDevices": 15, "pairingKeyFormat": "ALPHANUMERIC" });
    let set = api.put("mfaSettings", &json!({ "pairing": pairing })).await;
    assert_eq!(set.expect(StatusCode::OK).json()["pairing"], pairing);
    assert_eq!(api.make_user("one").await["mfaEnabled"], json!(false));
    let users = json!({ "pairing": pairing, "users": { "mfaEnabled": true } });
    let set = api.put("mfaSettings", &users).await;
    set.expect(StatusCode::OK);
    assert_eq!(api.make_user("two").await["mfaEnabled"], json!(true));
    let most = json!({ "maxAllowedDevices": 16, "pairingKeyFormat": "NUMERIC" });
    let refusal = api.put("mfaSettings", &json!({ "pairing": most })).await;
    let target = "pairing.maxAllowedDevices";
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", target);
    let reset = api.delete("mfaSettings").await;
    reset.expect(StatusCode::NO_CONTENT);
    let after = api.get("mfaSettings").await.json();
    assert_eq!(after["pairing"], before["pairing"]);
}

#[tokio::test]
async fn push_credentials_are_never_shown() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = format!("applications/{}/pushCredentials", world.demo.client_id);
    let apns = json!({ "type": "APNS", "key": "the-key", "teamId": "the-team", "token": "sesame" });
    let made = api.post(&path, &apns).await.expect(StatusCode::CREATED);
    for secret in ["the-key", "the-team", "sesame"] {
        assert!(!made.body.contains(secret), "{}", made.body);
    }
    let at = format!("{path}/{}", id(&made.json()));
    // The key of another service is not taken for this one's.
    let refusal = api.put(&at, &json!({ "type": "FCM" })).await;
    refused(&refusal, 400, "INVALID_DATA", "REQUIRED_VALUE", "key");
    let fcm = json!({ "type": "FCM", "key": "K2" });
    let replaced = api.put(&at, &fcm).await.expect(StatusCode::OK);
    assert_eq!(replaced.json()["type"], "FCM");
    let kept = api.put(&at, &json!({ "type": "FCM" })).await;
    kept.expect(StatusCode::OK);
}

/// The one-time password that was mailed to an address.
async fn mailed_otp(world: &World, to: &str) -> String {
    let answer = world.get(&format!("/mailbox/messages?to={to}")).await;
    let mails = answer.expect(StatusCode::OK).json();
    let text = mails[0]["text"].as_str().unwrap().to_owned();
    let is_otp = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.split_whitespace().find(is_otp).unwrap().to_owned()
}

#[tokio::test]
async fn a_mailed_password_activates_a_device_once() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = format!("{}/devices", user_path(&api.make_user("ada").await));
    let device = json!({
        "type": "EMAIL", "email": "ada.second@example.com", "status": "ACTIVATION_REQUIRED",
    });
    let made = api.make(&path, &device).await;
    assert_eq!(made["status"], "ACTIVATION_REQUIRED");
    assert_eq!(made["lock"]["status"], "UNLOCKED");
    let at = format!("{path}/{}", id(&made));
    let activate = async |otp: &str| {
        let body = json!({ "otp": otp });
        api.act(Method::POST, &at, "device.activate+json", &body)
            .await
    };
    let otp = mailed_otp(&world, "ada.second@example.com").await;
    let wrong = if otp == "000000" { "000001" } else { "000000" };
    let refusal = activate(wrong).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_OTP", "otp");
    let activated = activate(&otp).await.expect(StatusCode::OK).json();
    assert_eq!(activated["status"], "ACTIVE");
    let refusal = activate(&otp).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn wrong_passwords_use_an_activation_up() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = format!("{}/devices", user_path(&api.make_user("ada").await));
    let made = api.make(&path, &json!({ "type": "TOTP" })).await;
    assert!(
        made["keyUri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/")
    );
    assert_eq!(made["secret"].as_str().unwrap().len(), 32);
    let at = format!("{path}/{}", id(&made));
    let shown = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(shown.get("secret"), None);
    for _ in 0..6 {
        let body = json!({ "otp": "no" });
        let refusal = api
            .act(Method::POST, &at, "device.activate+json", &body)
            .await;
        refused(&refusal, 400, "INVALID_DATA", "INVALID_OTP", "otp");
    }
    // Nothing is mailed to it, so there is nothing to ask for that would give new tries.
    let action = "device.sendActivationCode+json";
    let refusal = api.act(Method::POST, &at, action, &Value::Null).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn devices_stand_in_the_order_of_their_user_and_are_bounded() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = format!("{}/devices", user_path(&api.make_user("ada").await));
    let mut made = Vec::new();
    for number in 0..5 {
        let phone = format!("+1.415555000{number}");
        let device = json!({ "type": "SMS", "phone": phone });
        made.push(id(&api.make(&path, &device).await));
        world.advance(1);
    }
    let one_more = json!({ "type": "SMS", "phone": "+1.4155550009" });
    let refusal = api.post(&path, &one_more).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let order =
        async || -> Vec<String> { items(&api, &path, "devices").await.iter().map(id).collect() };
    assert_eq!(order().await, made);
    let wanted: Vec<_> = made.iter().rev().cloned().collect();
    let body: Vec<_> = wanted.iter().map(|id| json!({ "id": id })).collect();
    let body = json!({ "order": body });
    api.act(Method::POST, &path, "devices.reorder+json", &body)
        .await
        .expect(StatusCode::OK);
    assert_eq!(order().await, wanted);
    let dropped = api.delete(&path).await;
    dropped.expect(StatusCode::NO_CONTENT);
    assert_eq!(order().await, made);
    let at = format!("{path}/{}", made[0]);
    for (action, member, status) in [
        ("device.block+json", "block", "BLOCKED"),
        ("device.unblock+json", "block", "UNBLOCKED"),
        ("device.lock+json", "lock", "LOCKED"),
        ("device.unlock+json", "lock", "UNLOCKED"),
    ] {
        let changed = api.act(Method::POST, &at, action, &Value::Null).await;
        assert_eq!(
            changed.expect(StatusCode::OK).json()[member]["status"],
            status
        );
    }
}

/// Of many that make devices at the same time, as many come through as a user may have.
async fn devices_are_bounded_when_made_at_once(world: World) {
    let world = std::sync::Arc::new(world);
    let path = {
        let api = Api::worker(&world).await;
        format!("{}/devices", user_path(&api.make_user("ada").await))
    };
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let (world, path) = (world.clone(), path.clone());
            tokio::spawn(async move {
                let api = Api::worker(&world).await;
                let answer = api.post(&path, &json!({ "type": "TOTP" })).await;
                if answer.status != StatusCode::CREATED {
                    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
                }
                answer.status
            })
        })
        .collect();
    let mut made = 0;
    for request in requests {
        made += usize::from(request.await.unwrap() == StatusCode::CREATED);
    }
    assert_eq!(made, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_are_bounded_when_made_at_once_on_sqlite() {
    let place = db::testing::sqlite().await;
    devices_are_bounded_when_made_at_once(World::on(place).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_are_bounded_when_made_at_once_on_postgresql() {
    let Some(place) = db::testing::postgres().await else {
        return;
    };
    devices_are_bounded_when_made_at_once(World::on(place).await).await;
}

#[tokio::test]
async fn the_policy_of_a_device_stays_and_says_what_can_be_paired() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = format!("{}/devices", user_path(&api.make_user("ada").await));
    let mut sent = policy("Own");
    sent["sms"]["pairingDisabled"] = json!(true);
    let policy = api.make("deviceAuthenticationPolicies", &sent).await;
    let device = |kind: &str, policy: &str| {
        let mut device = json!({ "type": kind, "policy": { "id": policy } });
        match kind {
            "EMAIL" => device["email"] = json!("ada@example.com"),
            _ => device["phone"] = json!("+1.4155550009"),
        }
        device
    };
    let refusal = api.post(&path, &device("EMAIL", &id(&made_up()))).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "policy.id");
    let refusal = api.post(&path, &device("SMS", &id(&policy))).await;
    refused(
        &refusal,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "type",
    );
    let mut pairing = device("EMAIL", &id(&policy));
    pairing["status"] = json!("ACTIVATION_REQUIRED");
    let made = api.make(&path, &pairing).await;
    // The policy says how long a one-time password is.
    let answer = world.get("/mailbox/messages?to=ada@example.com").await;
    let text = answer.json()[0]["text"].as_str().unwrap().to_owned();
    let is_otp = |word: &str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    assert!(text.split_whitespace().any(is_otp), "{text}");
    let at = format!("deviceAuthenticationPolicies/{}", id(&policy));
    let refusal = api.delete(&at).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let own = format!("{path}/{}", id(&made));
    api.delete(&own).await.expect(StatusCode::NO_CONTENT);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

/// Something that does not exist.
fn made_up() -> Value {
    json!({ "id": "5a0a0950-8a81-4739-b12a-f4d6a11c7a82" })
}

#[tokio::test]
async fn users_reach_their_own_devices_only() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let other = user_path(&api.make_user("other").await);
    let scopes = "openid p1:read:device p1:create:device";
    let user = Api::user(&world, scopes).await;
    let demo = items(&api, "users?filter=username%20eq%20%22demo%22", "users").await;
    let path = format!("{}/devices", user_path(&demo[0]));
    // Nobody says of an address of one's own that it is proven.
    let active = json!({ "type": "EMAIL", "email": "demo@example.com", "status": "ACTIVE" });
    let refusal = user.post(&path, &active).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "status");
    let made = user
        .make(
            &path,
            &json!({ "type": "EMAIL", "email": "demo@example.com" }),
        )
        .await;
    assert_eq!(made["status"], "ACTIVATION_REQUIRED");
    let refusal = user.get(&format!("{other}/devices")).await;
    assert_eq!(refusal.status, StatusCode::FORBIDDEN);
    // A device of one user is none of another.
    let elsewhere = format!("{other}/devices/{}", id(&made));
    refused(&api.get(&elsewhere).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn a_pairing_key_expires() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let path = format!("{}/pairingKeys", user_path(&api.make_user("ada").await));
    let body = json!({ "applications": [{ "id": world.demo.client_id }] });
    let made = api.make(&path, &body).await;
    let code = made["code"].as_str().unwrap();
    assert!(code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_digit()));
    let at = format!("{path}/{}", id(&made));
    let shown = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(shown["status"], "UNCLAIMED");
    // Whoever has the code pairs a device of theirs, so it is shown once.
    assert_eq!(shown.get("code"), None);
    world.advance(48 * 60 * 60);
    let api = Api::worker(&world).await;
    assert_eq!(api.get(&at).await.json()["status"], "EXPIRED");
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
}

/// The subjects of the mails to an address that begin like this one.
async fn told(world: &World, to: &str, subject: &str) -> usize {
    let answer = world.get(&format!("/mailbox/messages?to={to}")).await;
    let mails = answer.expect(StatusCode::OK).json();
    let subjects = mails.as_array().unwrap().iter();
    subjects.filter(|mail| mail["subject"] == subject).count()
}

const ADDED: &str = "A device was added to your account";
const REMOVED: &str = "A device was removed from your account";

/// Whoever knows the password alone neither pairs a device nor takes one away.
#[tokio::test]
async fn a_token_of_one_factor_changes_no_second_factor() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let scopes = "openid p1:read:device p1:create:device p1:update:device p1:delete:device \
                  p1:create:pairingKey";
    let one = Api::user(&world, scopes).await;
    let demo = items(&api, "users?filter=username%20eq%20%22demo%22", "users").await;
    let user = user_path(&demo[0]);
    let devices = format!("{user}/devices");
    let email = json!({ "type": "EMAIL", "email": "thief@example.com" });
    // The first factor makes the first device.
    let pending = one.make(&devices, &email).await;
    let pending = format!("{devices}/{}", id(&pending));
    let otp = json!({ "otp": mailed_otp(&world, "thief@example.com").await });
    let enabled = json!({ "mfaEnabled": true });
    api.put(&format!("{user}/mfaEnabled"), &enabled)
        .await
        .expect(StatusCode::OK);
    let (own, secret) = authenticator(&api, &devices).await;
    let own = format!("{devices}/{own}");
    assert_eq!(told(&world, "demo@example.com", ADDED).await, 1);
    let key = json!({ "applications": [{ "id": world.demo.client_id }] });
    let activate = "device.activate+json";
    for answer in [
        one.post(&devices, &email).await,
        one.act(Method::POST, &pending, activate, &otp).await,
        one.delete(&own).await,
        one.post(&format!("{user}/pairingKeys"), &key).await,
    ] {
        forbidden(&answer);
    }
    // Both factors do all of it.
    demanding(&api, &[json!({ "type": "MULTI_FACTOR_AUTHENTICATION" })]).await;
    world.advance(30);
    let mut browser = world.browser();
    let request = world.request().set("scope", scopes);
    let page = Browser::page_of(&browser.authorize(&world, &request).await);
    let answer = browser.give_right(&page, &world.demo.user).await;
    let page = sub_page(answer.location(), "secondFactor");
    let shown = totp(&world, &secret);
    let answer = browser.post(&page, &[("otp", shown.as_str())]).await;
    let received = browser.resume(&answer).await;
    let tokens = world.redeem(&received.param("code")).await;
    let both = Api::bearing(&world, &tokens.expect(StatusCode::OK).json());
    let made = both.make(&devices, &email).await;
    let activated = both.act(Method::POST, &pending, activate, &otp).await;
    activated.expect(StatusCode::OK);
    assert_eq!(told(&world, "demo@example.com", ADDED).await, 2);
    // One that never counted is nothing to tell of.
    let made = format!("{devices}/{}", id(&made));
    both.delete(&made).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(told(&world, "demo@example.com", REMOVED).await, 0);
    both.delete(&own).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(told(&world, "demo@example.com", REMOVED).await, 1);
}

/// In the language of the user, and whoever does it.
#[tokio::test]
async fn the_owner_is_told_of_devices_that_come_and_go() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    enable(&api, "de", false).await;
    for (language, added, removed) in [
        ("en", ADDED, REMOVED),
        (
            "de",
            "Ihrem Konto wurde ein Gerät hinzugefügt",
            "Aus Ihrem Konto wurde ein Gerät entfernt",
        ),
    ] {
        let name = format!("ada-{language}");
        let to = format!("{name}@example.com");
        let user = json!({ "username": name, "email": to, "preferredLanguage": language });
        let devices = format!("{}/devices", user_path(&api.make("users", &user).await));
        let email = json!({ "type": "EMAIL", "email": "second@example.com" });
        let made = api.make(&devices, &email).await;
        assert_eq!(made["status"], "ACTIVE");
        assert_eq!(told(&world, &to, added).await, 1);
        let at = format!("{devices}/{}", id(&made));
        api.delete(&at).await.expect(StatusCode::NO_CONTENT);
        assert_eq!(told(&world, &to, removed).await, 1);
    }
}
