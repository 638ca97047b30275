//! Addresses that change: who decides, who is blocked, and who comes back.

use db::Statement;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, found_user, refused};
use crate::world::{NEW_PASSWORD, World, at_sign_on, sub_page};

/// With the demo user's address proven, and used as the name if `is_name`.
async fn proven(world: &World, is_name: bool) {
    let sql = "UPDATE users SET email_verified = TRUE, email_proven_at = created_at \
               WHERE username = 'demo'";
    world.sql(Statement::new(sql)).await;
    if is_name {
        let sql = "UPDATE users SET username = email, username_key = email WHERE username = 'demo'";
        world.sql(Statement::new(sql)).await;
        let key = "UPDATE user_attributes SET value_key = 'demo@example.com' \
                   WHERE name = 'username' AND value_key = 'demo'";
        world.sql(Statement::new(key)).await;
    }
}

/// Whether a forgotten password has a code mailed to the address that was typed.
async fn recovers(world: &World, address: &str) -> bool {
    world.advance(600);
    let before = world.mailed_code(address).await;
    let (mut browser, page) = at_sign_on(world).await;
    let forgot = sub_page(&page, "forgot");
    browser.post(&forgot, &[("username", address)]).await;
    world.mailed_code(address).await != before
}

#[tokio::test]
async fn whoever_enters_an_address_without_proof_keeps_nobody_from_it() {
    for is_name in [false, true] {
        let world = World::new().await;
        let squatter = Api::user(&world, "openid p1:read:user p1:update:user").await;
        let worker = Api::worker(&world).await;
        let me = found_user(&worker, "demo").await;
        proven(&world, is_name).await;
        worker.make_user("grace").await;
        // Whether somebody has an address is not told: `grace@example.com` is taken.
        for address in ["grace@example.com", "free@example.com"] {
            let answer = squatter.patch(&me, &json!({ "email": address })).await;
            answer.expect(StatusCode::OK);
            let both = json!({ "email": address, "username": address });
            let answer = squatter.patch(&me, &both).await;
            refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "username");
        }
        let (mut owner, page) = at_sign_on(&world).await;
        let form = [
            ("username", ""),
            ("email", "free@example.com"),
            ("password", NEW_PASSWORD),
            ("confirmPassword", NEW_PASSWORD),
        ];
        let made = owner.post(&sub_page(&page, "register"), &form).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let made = found_user(&worker, "free@example.com").await;
        assert_ne!(made, me, "the owner has an account of that name");
        // An operator's word does without a proof.
        let said = json!({ "email": "said@example.com", "username": "said@example.com" });
        worker.patch(&me, &said).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn whoever_signs_on_with_the_address_alone_is_renamed_by_the_proof() {
    for (is_name, name) in [(true, "new@example.com"), (false, "demo")] {
        let world = World::new().await;
        let owner = Api::user(&world, "openid p1:read:user p1:update:user").await;
        let me = found_user(&Api::worker(&world).await, "demo").await;
        proven(&world, is_name).await;
        let new = json!({ "email": "new@example.com" });
        owner.patch(&me, &new).await.expect(StatusCode::OK);
        prove(&world, &me, "new@example.com").await;
        let user = Api::worker(&world).await.get(&me).await.json();
        assert_eq!(user["username"], name);
        assert!(recovers(&world, "demo@example.com").await);
    }
}

#[tokio::test]
async fn whoever_signs_on_with_the_address_alone_is_renamed_by_an_operator() {
    for (is_name, name) in [(true, "said@example.com"), (false, "demo")] {
        let world = World::new().await;
        let worker = Api::worker(&world).await;
        let me = found_user(&worker, "demo").await;
        proven(&world, is_name).await;
        let said = json!({ "email": "said@example.com" });
        let user = worker.patch(&me, &said).await.expect(StatusCode::OK).json();
        assert_eq!(user["username"], name);
        // Where somebody has the name, it is theirs, and no name is an address of somebody else's.
        let grace = json!({ "email": "grace@example.com", "username": "grace@example.com" });
        worker.make_user("grace").await;
        let other = found_user(&worker, "grace").await;
        worker.patch(&other, &grace).await.expect(StatusCode::OK);
        let answer = worker
            .patch(&me, &json!({ "email": "grace@example.com" }))
            .await;
        if is_name {
            refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "username");
        } else {
            assert_eq!(answer.expect(StatusCode::OK).json()["username"], name);
        }
    }
}

#[tokio::test]
async fn what_an_operator_changes_leaves_the_mailbox_before_no_way_back() {
    let world = World::new().await;
    proven(&world, false).await;
    let worker = Api::worker(&world).await;
    let me = found_user(&worker, "demo").await;
    let moves_to = async |api: &Api<'_>, address: &str| {
        let new = json!({ "email": address });
        api.patch(&me, &new).await.expect(StatusCode::OK);
    };
    // Whoever reads the mailbox before is the reason, or may be.
    moves_to(&worker, "said@example.com").await;
    assert!(!recovers(&world, "demo@example.com").await);
    let owner = Api::user(&world, "openid p1:read:user p1:update:user").await;
    moves_to(&owner, "demo@example.com").await;
    let user = worker.get(&me).await.json();
    assert_eq!(user.get("emailVerified"), None, "entered, and not proven");
    moves_to(&worker, "said@example.com").await;
    // The owner proves what an operator said.
    prove(&world, &me, "said@example.com").await;
    assert!(!recovers(&world, "demo@example.com").await);
    // An operator changes what the owner had changed.
    let owner = Api::user(&world, "openid p1:read:user p1:update:user").await;
    moves_to(&owner, "own@example.com").await;
    prove(&world, &me, "own@example.com").await;
    assert!(
        recovers(&world, "said@example.com").await,
        "as the owner's own change"
    );
    moves_to(&worker, "again@example.com").await;
    assert!(!recovers(&world, "said@example.com").await);
    // The owner goes on to another address than the operator's.
    prove(&world, &me, "again@example.com").await;
    moves_to(&worker, "fourth@example.com").await;
    moves_to(&owner, "fifth@example.com").await;
    prove(&world, &me, "fifth@example.com").await;
    assert!(!recovers(&world, "again@example.com").await);
}

/// The owner brings the code that is demanded behind the password to the hosted page.
async fn prove(world: &World, me: &str, address: &str) {
    let demanded = "UPDATE users SET verification_required = TRUE WHERE id = $1";
    let id = me.trim_start_matches("users/");
    world.sql(Statement::new(demanded).bind(id)).await;
    let worker = Api::worker(world).await;
    world.advance(1);
    let send = "user.sendVerificationCode+json";
    let sent = worker.act(Method::POST, me, send, &Value::Null).await;
    sent.expect(StatusCode::OK);
    let code = world.mailed_code(address).await.unwrap();
    let (mut browser, page) = at_sign_on(world).await;
    let user = worker.get(me).await.json();
    let name = user["username"].as_str().unwrap();
    let password = world.demo.user.password.expose().to_owned();
    browser.give(&page, name, &password).await;
    let verify = sub_page(&page, "verify");
    let answer = browser.post(&verify, &[("verificationCode", &code)]).await;
    browser.resume(&answer).await.param("code");
}
