//! The hosted pages for registering and for proving a mail address.

use db::Statement;
use http::StatusCode;
use protocol::names::EmailAddress;
use serde_json::json;
use ui::UsernameField;

use crate::management::Api;
use crate::world::{NEW_PASSWORD, World, at_sign_on, shows, sub_page};

/// Neither the pages nor their addresses tell whether an address is known here.
#[tokio::test]
async fn registering_with_a_known_address_shows_what_registering_shows() {
    let world = World::new().await;
    // However the address is typed: both pages show it as it is kept.
    for (number, domain) in ["example.com", "EXAMPLE.com", "ｅｘａｍｐｌｅ.com"]
        .into_iter()
        .enumerate()
    {
        let new = format!("new{number}@{domain}");
        let of_new = story_of_registering(&world, &format!("grace{number}"), &new).await;
        let known = format!("demo@{domain}");
        let of_known = story_of_registering(&world, &format!("grete{number}"), &known).await;
        assert_eq!(of_new, of_known, "{domain}");
        let new = format!("new{number}@example.com");
        assert!(world.mailed_code(&new).await.is_some(), "{new}");
    }
    assert!(
        world.mailed_code("demo@example.com").await.is_none(),
        "no code, but a word"
    );
}

/// What a person who registers with an address is shown, but for the address as it is kept.
async fn story_of_registering(
    world: &World,
    username: &str,
    email: &str,
) -> Vec<(StatusCode, String)> {
    let kept = EmailAddress::parse(email).unwrap();
    let (mut browser, page) = at_sign_on(world).await;
    let form = [
        ("username", username),
        ("email", email),
        ("password", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
    ];
    let registered = browser.post(&sub_page(&page, "register"), &form).await;
    let mut story = vec![(registered.status, registered.body)];
    let shown = browser.get(&page).await;
    story.push((shown.status, shown.body));
    for path in ["verify", "verify", "verify/send"] {
        let form = [("verificationCode", "AAAAAAAA")];
        let answer = browser.post(&sub_page(&page, path), &form).await;
        story.push((answer.status, answer.body));
    }
    let (_, flow) = page.split_once("flowId=").unwrap();
    let flow = flow.split('&').next().unwrap().to_owned();
    let story = story.into_iter().map(|(status, body)| {
        let body = body.replace(&flow, "FLOW");
        (status, body.replace(kept.as_str(), "ADDRESS"))
    });
    story.collect()
}

/// Somebody signed on with this address, got another one before names were held to addresses, and still
/// signs on with it.
#[tokio::test]
async fn an_address_that_is_somebodys_username_is_refused_in_the_words_of_its_field() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let population = world.demo.population_id;
    let ada = json!({"username": "ada@old.example", "email": "ada@old.example",
        "population": {"id": population}});
    let ada = api.make("users", &ada).await;
    for old in [
        "UPDATE users SET email = 'ada@new.example' WHERE id = $1",
        "UPDATE user_attributes SET value_key = 'ada@new.example' WHERE user_id = $1 AND name = 'email'",
    ] {
        let old = Statement::new(old).bind(ada["id"].as_str().unwrap());
        world.db.write(old).await.unwrap();
    }
    let (mut browser, page) = at_sign_on(&world).await;
    let mut register = async |username, email| {
        let form = [
            ("username", username),
            ("email", email),
            ("password", NEW_PASSWORD),
            ("confirmPassword", NEW_PASSWORD),
        ];
        browser.post(&sub_page(&page, "register"), &form).await
    };
    let refused = register("", "ada@old.example").await;
    let said = "This email address cannot be a username here.";
    shows(&refused, StatusCode::UNPROCESSABLE_ENTITY, said);
    assert!(!refused.body.contains("taken"), "{}", refused.body);
    let made = register("grace", "ada@old.example").await;
    made.expect(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_person_registers_proves_the_address_and_is_signed_on() {
    let world = World::new().await;
    let (mut browser, page) = at_sign_on(&world).await;
    let register = sub_page(&page, "register");
    shows(
        &browser.get(&register).await,
        StatusCode::OK,
        "name=\"confirmPassword\"",
    );
    let form = |username: &'static str, email: &'static str, password: &'static str| {
        [
            ("username", username),
            ("email", email),
            ("password", password),
            ("confirmPassword", password),
            ("population", "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"),
            ("enabled", "false"),
        ]
    };
    for (form, text) in [
        (
            form("demo", "ada@example.com", NEW_PASSWORD),
            "This username is taken.",
        ),
        (
            form("ada", "ada", NEW_PASSWORD),
            "Enter an email address such as",
        ),
        (
            form("ada", "ada@example.com", "weak"),
            "This password does not keep these rules: ",
        ),
        (form("", "", ""), "Choose a password."),
    ] {
        let answer = browser.post(&register, &form).await;
        shows(&answer, StatusCode::UNPROCESSABLE_ENTITY, text);
    }
    let answer = browser
        .post(&register, &form("ada", "ada@example.com", NEW_PASSWORD))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    shows(
        &browser.get(&page).await,
        StatusCode::OK,
        "name=\"verificationCode\"",
    );
    world
        .browser()
        .get(&page)
        .await
        .expect(StatusCode::FORBIDDEN);
    let verify = sub_page(&page, "verify");
    let wrong = browser
        .post(&verify, &[("verificationCode", "AAAAAAAA")])
        .await;
    shows(
        &wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The code is wrong, or a newer one was sent.",
    );
    let first = world.awaited_code("ada@example.com").await;
    world.advance(1);
    shows(
        &browser.post(&sub_page(&page, "verify/send"), &[]).await,
        StatusCode::OK,
        "Another email is on its way",
    );
    let stale = browser.post(&verify, &[("verificationCode", &first)]).await;
    shows(
        &stale,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The code is wrong",
    );
    let code = world.awaited_code("ada@example.com").await;
    let answer = browser.post(&verify, &[("verificationCode", &code)]).await;
    let received = browser.resume(&answer).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["preferred_username"], "ada");
    assert_eq!(claims["email_verified"], true);
}

/// Who has no username has the address as one; and whoever is asked for a name is known by it.
#[tokio::test]
async fn an_address_is_enough_unless_everybody_needs_a_username() {
    for username in [UsernameField::Optional, UsernameField::Required] {
        let world = World::with(|settings| settings.registration_fields.username = username).await;
        let (mut browser, page) = at_sign_on(&world).await;
        let register = sub_page(&page, "register");
        let form = [
            ("email", "Ada@EXAMPLE.com"),
            ("givenName", "Augusta"),
            ("password", NEW_PASSWORD),
            ("confirmPassword", NEW_PASSWORD),
        ];
        let answer = browser.post(&register, &form).await;
        if username == UsernameField::Required {
            shows(
                &answer,
                StatusCode::UNPROCESSABLE_ENTITY,
                "Choose a username.",
            );
            continue;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let code = world.awaited_code("Ada@example.com").await;
        let verify = sub_page(&page, "verify");
        let answer = browser.post(&verify, &[("verificationCode", &code)]).await;
        let received = browser.resume(&answer).await;
        let tokens = world.redeem(&received.param("code")).await.json();
        let claims = crate::world::claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(claims["preferred_username"], "Ada@example.com");
        let api = Api::worker(&world).await;
        let found = api.users_by("name.given eq \"Augusta\"").await;
        assert_eq!(found, ["Ada@example.com"]);
    }
}

#[tokio::test]
async fn registration_that_is_closed_is_closed_to_posts_too() {
    let world = World::with(|settings| settings.registration = false).await;
    let (mut browser, page) = at_sign_on(&world).await;
    assert!(!browser.get(&page).await.body.contains("/register"));
    browser
        .get(&sub_page(&page, "register"))
        .await
        .expect(StatusCode::NOT_FOUND);
    let form = [
        ("username", "ada"),
        ("email", "ada@example.com"),
        ("password", NEW_PASSWORD),
        ("confirmPassword", NEW_PASSWORD),
    ];
    browser
        .post(&sub_page(&page, "register"), &form)
        .await
        .expect(StatusCode::NOT_FOUND);
    let (mut browser, page) = at_sign_on(&world).await;
    let answer = browser.give(&page, "ada", NEW_PASSWORD).await;
    shows(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The username or the password is wrong.",
    );
}
