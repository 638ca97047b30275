//! Programs that let a device prove that somebody is the user: by a one-time password that was mailed,
//! or that an authenticator application made.

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use data_encoding::BASE32_NOPAD;
use http::{Method, StatusCode};
use platform::Clock as _;
use serde_json::{Value, json};

use crate::management::{Api, forbidden, id, refused, user_path};
use crate::world::{Answer, World};

/// What an authenticator application shows at the instant.
pub(crate) fn totp(world: &World, secret: &str) -> String {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let step = u64::try_from(world.clock.now().as_second() / 30).unwrap();
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 0x0f);
    let number = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The newest one-time password that was mailed to an address.
pub(crate) async fn mailed(world: &World, to: &str) -> String {
    let answer = world.get(&format!("/mailbox/messages?to={to}")).await;
    let mails = answer.expect(StatusCode::OK).json();
    let text = mails[0]["text"].as_str().unwrap().to_owned();
    let is_otp = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.split_whitespace().find(is_otp).unwrap().to_owned()
}

/// A one-time password that is not this one.
fn other_than(otp: &str) -> &'static str {
    if otp == "000000" { "000001" } else { "000000" }
}

/// Someone whose second factor is enabled, and the path of their devices.
async fn person(api: &Api<'_>, name: &str) -> (String, String) {
    let user = api.make_user(name).await;
    let path = user_path(&user);
    let enabled = api
        .put(
            &format!("{path}/mfaEnabled"),
            &json!({ "mfaEnabled": true }),
        )
        .await;
    enabled.expect(StatusCode::OK);
    (id(&user), format!("{path}/devices"))
}

/// An authenticator application that is activated, and its secret.
pub(crate) async fn authenticator(api: &Api<'_>, devices: &str) -> (String, String) {
    let made = api.make(devices, &json!({ "type": "TOTP" })).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let at = format!("{devices}/{}", id(&made));
    let otp = json!({ "otp": totp(api.world, &secret) });
    let activated = api.act(Method::POST, &at, "device.activate+json", &otp);
    assert_eq!(
        activated.await.expect(StatusCode::OK).json()["status"],
        "ACTIVE"
    );
    (id(&made), secret)
}

fn path(api: &Api<'_>) -> String {
    format!(
        "https://localhost:9443/{}/deviceAuthentications",
        api.environment
    )
}

async fn begin(api: &Api<'_>, user: &str) -> Answer {
    api.post(&path(api), &json!({ "user": { "id": user } }))
        .await
}

async fn check(api: &Api<'_>, at: &str, otp: &str) -> Answer {
    let body = json!({ "otp": otp });
    api.act(Method::POST, at, "otp.check+json", &body).await
}

/// Where an authentication is gone on with.
fn own(begun: &Value) -> String {
    begun["_links"]["self"]["href"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mailed_password_proves_the_user_once() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (user, devices) = person(&api, "ada").await;
    let refusal = begin(&api, &user).await;
    refused(&refusal, 400, "REQUEST_FAILED", "NO_USABLE_DEVICES", "");
    let email = json!({ "type": "EMAIL", "email": "ada.second@example.com" });
    let device = id(&api.make(&devices, &email).await);
    let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
    assert_eq!(begun["status"], "OTP_REQUIRED");
    assert_eq!(begun["selectedDevice"]["id"], json!(device));
    let shown = &begun["_embedded"]["devices"][0];
    assert_eq!(shown["email"], "ad****@example.com");
    let at = own(&begun);
    assert_eq!(begun["_links"]["otp.check"]["href"], json!(at));
    let otp = mailed(&world, "ada.second@example.com").await;
    let wrong = check(&api, &at, other_than(&otp)).await;
    refused(&wrong, 400, "INVALID_DATA", "INVALID_OTP", "otp");
    let left = &wrong.json()["details"][0]["innerError"]["attemptsRemaining"];
    assert_eq!(*left, json!(2));
    // The one of another authentication is nothing to this one.
    let other = begin(&api, &user).await.expect(StatusCode::CREATED).json();
    refused(
        &check(&api, &own(&other), &otp).await,
        400,
        "INVALID_DATA",
        "INVALID_OTP",
        "otp",
    );
    let done = check(&api, &at, &otp).await.expect(StatusCode::OK).json();
    assert_eq!(done["status"], "COMPLETED");
    let read = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(read["status"], "COMPLETED");
    let again = check(&api, &at, &otp).await;
    refused(&again, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn a_mailed_password_ends_with_its_time_and_its_tries() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (user, devices) = person(&api, "ada").await;
    let email = json!({ "type": "EMAIL", "email": "ada.second@example.com" });
    let device = id(&api.make(&devices, &email).await);
    let begun = begin(&api, &user).await.json();
    let otp = mailed(&world, "ada.second@example.com").await;
    for _ in 0..3 {
        let wrong = check(&api, &own(&begun), other_than(&otp)).await;
        refused(&wrong, 400, "INVALID_DATA", "INVALID_OTP", "otp");
    }
    let failed = api.get(&own(&begun)).await.json();
    assert_eq!(failed["status"], "FAILED");
    let late = check(&api, &own(&begun), &otp).await;
    refused(&late, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    // The same device, chosen anew, gets another one.
    let selection = json!({ "device": { "id": device } });
    world.advance(1);
    let selected = api
        .act(Method::POST, &own(&begun), "device.select+json", &selection)
        .await;
    assert_eq!(
        selected.expect(StatusCode::OK).json()["status"],
        "OTP_REQUIRED"
    );
    let otp = mailed(&world, "ada.second@example.com").await;
    world.advance(30 * 60);
    let api = Api::worker(&world).await;
    let over = check(&api, &own(&begun), &otp).await;
    assert_ne!(over.status, StatusCode::OK);
}

#[tokio::test]
async fn what_an_application_shows_is_good_once_and_too_many_wrong_ones_lock_it() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (user, devices) = person(&api, "ada").await;
    let (device, secret) = authenticator(&api, &devices).await;
    let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
    // It was used to activate the device.
    let used = check(&api, &own(&begun), &totp(&world, &secret)).await;
    refused(&used, 400, "INVALID_DATA", "INVALID_OTP", "otp");
    world.advance(30);
    let otp = totp(&world, &secret);
    let done = check(&api, &own(&begun), &otp).await;
    assert_eq!(done.expect(StatusCode::OK).json()["status"], "COMPLETED");
    let next = begin(&api, &user).await.json();
    for _ in 0..3 {
        let used = check(&api, &own(&next), &otp).await;
        refused(&used, 400, "INVALID_DATA", "INVALID_OTP", "otp");
    }
    let at = format!("{devices}/{device}");
    let locked = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(locked["lock"]["status"], "LOCKED");
    let refusal = begin(&api, &user).await;
    refused(&refusal, 400, "REQUEST_FAILED", "NO_USABLE_DEVICES", "");
    // The policy's two minutes.
    world.advance(2 * 60);
    let unlocked = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(unlocked["lock"]["status"], "UNLOCKED");
    let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
    let done = check(&api, &own(&begun), &totp(&world, &secret)).await;
    assert_eq!(done.expect(StatusCode::OK).json()["status"], "COMPLETED");
}

#[tokio::test]
async fn blocked_devices_and_people_without_a_second_factor_are_not_asked() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (user, devices) = person(&api, "ada").await;
    let email = json!({ "type": "EMAIL", "email": "ada.second@example.com" });
    let device = format!("{devices}/{}", id(&api.make(&devices, &email).await));
    let blocked = api.act(Method::POST, &device, "device.block+json", &Value::Null);
    blocked.await.expect(StatusCode::OK);
    let refusal = begin(&api, &user).await;
    refused(&refusal, 400, "REQUEST_FAILED", "NO_USABLE_DEVICES", "");
    let unblocked = api.act(Method::POST, &device, "device.unblock+json", &Value::Null);
    unblocked.await.expect(StatusCode::OK);
    let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
    let off = devices.replace("/devices", "/mfaEnabled");
    let off = api.put(&off, &json!({ "mfaEnabled": false })).await;
    off.expect(StatusCode::OK);
    let refusal = begin(&api, &user).await;
    refused(
        &refusal,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "user.id",
    );
    let reads = api.worker_with("Reads", &["Identity Data Read Only"]).await;
    let answer = reads.get(&own(&begun)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let nobody = begin(&api, "5a0a0950-8a81-4739-b12a-f4d6a11c7a82").await;
    refused(&nobody, 400, "INVALID_DATA", "INVALID_VALUE", "user.id");
}

#[tokio::test]
async fn of_several_devices_the_user_chooses_where_the_policy_says_so() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (user, devices) = person(&api, "ada").await;
    let email = json!({ "type": "EMAIL", "email": "ada.second@example.com" });
    api.make(&devices, &email).await;
    world.advance(1);
    let (application, secret) = authenticator(&api, &devices).await;
    let policies = api.get("deviceAuthenticationPolicies").await.json();
    let mut policy = policies["_embedded"]["deviceAuthenticationPolicies"][0].clone();
    policy["authentication"] = json!({ "deviceSelection": "PROMPT_TO_SELECT" });
    let at = format!("deviceAuthenticationPolicies/{}", id(&policy));
    api.put(&at, &policy).await.expect(StatusCode::OK);
    let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
    assert_eq!(begun["status"], "DEVICE_SELECTION_REQUIRED");
    assert_eq!(begun["_embedded"]["devices"].as_array().unwrap().len(), 2);
    let early = check(&api, &own(&begun), "123456").await;
    refused(&early, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let selection = json!({ "device": { "id": user } });
    let refusal = api
        .act(Method::POST, &own(&begun), "device.select+json", &selection)
        .await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "device.id");
    let selection = json!({ "device": { "id": application } });
    let selected = api
        .act(Method::POST, &own(&begun), "device.select+json", &selection)
        .await;
    let selected = selected.expect(StatusCode::OK).json();
    assert_eq!(selected["selectedDevice"]["id"], json!(application));
    world.advance(30);
    let done = check(&api, &own(&begun), &totp(&world, &secret)).await;
    assert_eq!(done.expect(StatusCode::OK).json()["status"], "COMPLETED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_checks_at_once_one_counts() {
    let world = World::on(db::testing::sqlite().await).await;
    let world = std::sync::Arc::new(world);
    let (at, otp) = {
        let api = Api::worker(&world).await;
        let (user, devices) = person(&api, "ada").await;
        let (_, secret) = authenticator(&api, &devices).await;
        world.advance(30);
        let begun = begin(&api, &user).await.json();
        (own(&begun), totp(&world, &secret))
    };
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let (world, at, otp) = (world.clone(), at.clone(), otp.clone());
            tokio::spawn(async move {
                let api = Api::worker(&world).await;
                check(&api, &at, &otp).await.status
            })
        })
        .collect();
    let mut right = 0;
    for request in requests {
        right += usize::from(request.await.unwrap() == StatusCode::OK);
    }
    assert!(right <= 1, "{right} checks of one password were right");
    let api = Api::worker(&world).await;
    let after = api.get(&at).await.json();
    assert_eq!(after["status"] == "COMPLETED", right == 1);
}

#[tokio::test]
async fn nobody_tries_the_devices_of_somebody_more_powerful() {
    let world = World::new().await;
    let admin = Api::worker(&world).await;
    let identities = admin
        .worker_with("Identities", &["Identity Data Admin"])
        .await;
    let (user, devices) = person(&admin, "ada").await;
    let (device, _) = authenticator(&admin, &devices).await;
    let environment = admin.environment.to_string();
    let role = admin
        .assignment("Environment Admin", "ENVIRONMENT", &environment)
        .await;
    let roles = devices.replace("/devices", "/roleAssignments");
    admin.make(&roles, &role).await;
    let begun = begin(&admin, &user).await.expect(StatusCode::CREATED);
    let at = own(&begun.json());
    let selection = json!({ "device": { "id": device } });
    for answer in [
        begin(&identities, &user).await,
        identities.get(&at).await,
        check(&identities, &at, "no").await,
        identities
            .act(Method::POST, &at, "device.select+json", &selection)
            .await,
    ] {
        forbidden(&answer);
    }
    let (other, devices) = person(&admin, "grace").await;
    authenticator(&admin, &devices).await;
    begin(&identities, &other).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn locks_grow_while_nothing_is_right_and_the_owner_is_told() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (user, devices) = person(&api, "ada").await;
    let (device, secret) = authenticator(&api, &devices).await;
    let device = format!("{devices}/{device}");
    let guessed = async || {
        let api = Api::worker(&world).await;
        let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
        for _ in 0..3 {
            let wrong = check(&api, &own(&begun), "no").await;
            refused(&wrong, 400, "INVALID_DATA", "INVALID_OTP", "otp");
        }
        let locked = api.get(&device).await.expect(StatusCode::OK).json();
        assert_eq!(locked.get("locks"), None);
        let until = locked["lock"]["expiresAt"].as_str().unwrap();
        let until: jiff::Timestamp = until.parse().unwrap();
        until.duration_since(world.clock.now()).as_mins()
    };
    let told = async || {
        let answer = world.get("/mailbox/messages?to=ada@example.com").await;
        let mails = answer.expect(StatusCode::OK).json();
        let mails = mails.as_array().unwrap().iter();
        let subject = "Somebody is guessing your one-time passwords";
        mails.filter(|mail| mail["subject"] == subject).count()
    };
    for (minutes, notices) in [
        (2, 0),
        (4, 0),
        (8, 1),
        (16, 1),
        (32, 1),
        (64, 1),
        (128, 1),
        (240, 1),
        (240, 1),
    ] {
        assert_eq!(guessed().await, minutes);
        assert_eq!(told().await, notices, "after the lock of {minutes} minutes");
        world.advance(minutes * 60);
    }
    // The right one ends the row.
    let api = Api::worker(&world).await;
    let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
    let done = check(&api, &own(&begun), &totp(&world, &secret)).await;
    done.expect(StatusCode::OK);
    assert_eq!(guessed().await, 2);
}

/// The policy that environments begin with locks no address.
#[tokio::test]
async fn a_device_that_is_mailed_to_is_locked_at_the_third_time() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (user, devices) = person(&api, "ada").await;
    let email = json!({ "type": "EMAIL", "email": "ada.second@example.com" });
    let device = id(&api.make(&devices, &email).await);
    let at = format!("{devices}/{device}");
    for status in ["UNLOCKED", "UNLOCKED", "LOCKED"] {
        let begun = begin(&api, &user).await.expect(StatusCode::CREATED).json();
        for _ in 0..3 {
            let wrong = check(&api, &own(&begun), "no").await;
            refused(&wrong, 400, "INVALID_DATA", "INVALID_OTP", "otp");
        }
        let device = api.get(&at).await.expect(StatusCode::OK).json();
        assert_eq!(device["lock"]["status"], status);
    }
    let refusal = begin(&api, &user).await;
    refused(&refusal, 400, "REQUEST_FAILED", "NO_USABLE_DEVICES", "");
    let unlocked = api.act(Method::POST, &at, "device.unlock+json", &Value::Null);
    unlocked.await.expect(StatusCode::OK);
    begin(&api, &user).await.expect(StatusCode::CREATED);
}
