//! The vocabulary of tests, tried on the whole system: a sentence of it that does not work would
//! make the tests that use it say the wrong thing.

use jiff::SignedDuration;
use testkit::{Authorization, Method, Person, System, claims};

#[tokio::test]
async fn a_user_signs_on_and_an_application_gets_their_tokens() {
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    let tokens = system.sign_on(&ada).await.authorize().await.tokens().await;
    let id_token = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(id_token["sub"], ada.id());
    assert_eq!(id_token["nonce"], "a-nonce");
}

#[tokio::test]
async fn an_application_sends_its_own_users_to_the_hosted_page() {
    let system = System::prepare().without_portal().start().await;
    let browser = system.browser();
    let authorization = Authorization::begin(&system, &browser, &[("state", "mine")]).await;
    assert!(authorization.page.has("#signOnButton"));
    let authorization = authorization.sign_on(&system.demo_user()).await;
    assert_eq!(authorization.answer("state").as_deref(), Some("mine"));
    authorization.tokens().await;
}

#[tokio::test]
async fn a_stranger_registers_and_gets_a_recovery_code_by_mail() {
    let system = System::start().await;
    let grace = Person::new("grace", "Correct-Horse-42");
    let page = system.browser().open(system.portal("/register")).await;
    page.form_with("confirmPassword")
        .fill("username", &grace.username)
        .fill("email", &grace.email)
        .fill("password", &grace.password)
        .fill("confirmPassword", &grace.password)
        .submit()
        .await
        .expect(200);

    let asked = system
        .browser()
        .open(system.portal("/password/forgot"))
        .await;
    asked
        .form_with("username")
        .fill("username", &grace.username)
        .submit()
        .await
        .expect(200);
    let code = system.mailbox().newest(&grace.email, 2).await.code();
    assert_eq!(code.len(), 8);
}

#[tokio::test]
async fn moving_the_clock_ends_both_sessions() {
    let system = System::start().await;
    let session = system.sign_on(&system.demo_user()).await;
    assert_eq!(
        session.open("/user/info").await.url,
        system.portal("/user/info")
    );
    system.advance(SignedDuration::from_hours(31 * 24));
    let asked_again = session.open("/user/info").await;
    assert!(
        asked_again.has("#signOnButton"),
        "{}",
        asked_again.summary()
    );
}

#[tokio::test]
async fn the_whole_system_runs_on_postgresql() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let system = System::prepare().on(database).start().await;
    system
        .sign_on(&system.demo_user())
        .await
        .authorize()
        .await
        .tokens()
        .await;
    let users = system
        .manage(Method::GET, "users")
        .await
        .send()
        .await
        .expect(200);
    assert!(!users.body().is_empty());
    system.stop().await;
}
