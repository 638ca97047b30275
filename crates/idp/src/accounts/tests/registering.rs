//! Registration and verification: whose a name and an address are.

use std::sync::Arc;

use protocol::password_policy::PasswordPolicy;
use protocol::secret::{Password, VerificationCode};
use tokio::task::JoinSet;

use super::world;
use crate::accounts::registration::{
    NewAccount, NewPassword, Registered, RegistrationRefusal, Verification,
};
use crate::accounts::{Refusal, registration, verification};
use crate::stores::users::{StoredUser, Users, Word};

#[tokio::test]
async fn one_name_is_registered_once_however_many_come_together() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = Arc::new(world(db, PasswordPolicy::standard()).await);
    let mut tries = JoinSet::new();
    for name in ["grace", "Grace", "GRACE", "gracE", "ＧＲＡＣＥ", " grace"] {
        let world = Arc::clone(&world);
        let account = NewAccount::new(name, "grace@example.com", world.population);
        tries.spawn(async move { world.try_register(account).await });
    }
    let results = tries.join_all().await;
    assert_eq!(
        results.iter().filter(|r| r.is_ok()).count(),
        1,
        "{results:?}"
    );
    assert!(
        results
            .iter()
            .filter_map(|r| r.as_ref().err())
            .all(|e| matches!(e, RegistrationRefusal::UsernameTaken))
    );
}

#[tokio::test]
async fn nobody_takes_the_mail_address_of_another_for_a_name() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    world.ada().await;
    let account = NewAccount::new("Ada@Example.com", "eve@example.com", world.population);
    let refused = world.try_register(account).await.unwrap_err();
    assert!(
        matches!(refused, RegistrationRefusal::UsernameIsForeignAddress),
        "{refused:?}"
    );
    // Not in advance, either, nor by an account that has the same address.
    let account = NewAccount::new("zoe@example.com", "eve@example.com", world.population);
    assert!(world.try_register(account).await.is_err());
    let account = NewAccount::new("ada@example.com", "ada@example.com", world.population);
    let refused = world.try_register(account).await.unwrap_err();
    assert!(
        matches!(refused, RegistrationRefusal::UsernameTaken),
        "{refused:?}"
    );
    let account = NewAccount::new("eve@example.com", "eve@example.com", world.population);
    world.try_register(account).await.unwrap();
}

#[tokio::test]
async fn a_refused_password_leaves_no_user_behind() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let mut account = NewAccount::new("ada", "ada@example.com", world.population);
    account.password = Some(NewPassword {
        value: Password::new("short"),
        force_change: false,
    });
    let refused = world.try_register(account).await.unwrap_err();
    assert!(
        matches!(refused, RegistrationRefusal::Refused(Refusal::Policy(_))),
        "{refused:?}"
    );
    let found = Users::new(world.idp.db())
        .find_by_username(world.environment, "ada")
        .await;
    assert!(found.unwrap().is_none());
}

#[tokio::test]
async fn a_verification_code_proves_the_address_it_was_sent_to() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let mut account = NewAccount::new("ada", "ada@example.com", world.population);
    account.verification = Verification::Required;
    let ada = world.try_register(account).await.unwrap();
    assert!(ada.verification_required);
    let code = VerificationCode::from_typed(&world.mailed_code(&ada).await);
    let verify = |user: StoredUser, code: VerificationCode| {
        let world = &world;
        async move {
            let by = world.by().acting_as(&user);
            verification::verify(&world.idp, &user, &code, Word::Trusted, &by).await
        }
    };
    let wrong = verify(ada.clone(), VerificationCode::new("WRONGONE")).await;
    assert!(matches!(wrong, Err(Refusal::CodeInvalid)));
    let verified = verify(ada.clone(), code.clone()).await.unwrap();
    assert!(!verified.verification_required && verified.email_verified);
    let reread = world.reread(&ada).await;
    assert!(!reread.verification_required && reread.email_verified);
    assert!(
        matches!(verify(reread, code).await, Err(Refusal::CodeInvalid)),
        "it works once"
    );
}

#[tokio::test]
async fn a_verification_code_is_good_for_a_day() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let mut account = NewAccount::new("ada", "ada@example.com", world.population);
    account.verification = Verification::Required;
    let ada = world.try_register(account).await.unwrap();
    let code = VerificationCode::from_typed(&world.mailed_code(&ada).await);
    world.later(24 * 60 * 60);
    let late = verification::verify(&world.idp, &ada, &code, Word::Trusted, &world.by()).await;
    assert!(matches!(late, Err(Refusal::CodeInvalid)), "{late:?}");
    verification::send_code(&world.idp, &ada, &world.by())
        .await
        .unwrap();
    let ada = world.reread(&ada).await;
    let code = VerificationCode::from_typed(&world.mailed_code(&ada).await);
    world.later(24 * 60 * 60 - 1);
    verification::verify(&world.idp, &ada, &code, Word::Trusted, &world.by())
        .await
        .unwrap();
}

#[tokio::test]
async fn an_application_moves_no_mailbox_and_an_operator_one_that_nobody_proved() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let mut ada = world.ada().await;
    ada.move_to("first@example.com".to_owned(), Word::Trusted);
    assert_eq!(ada.mailbox(), "first@example.com");
    ada.move_to("second@example.com".to_owned(), Word::OfAnApplication);
    ada.move_to("third@example.com".to_owned(), Word::OfAnApplication);
    assert_eq!(ada.mailbox(), "first@example.com");
    assert!(Users::owner_since(&ada, "first@example.com").is_none());
    ada.move_to("First@example.com".to_owned(), Word::OfAnApplication);
    assert!(!ada.email_verified && ada.proven_email.is_none());
    ada.prove_email(Word::OfAnApplication, world.now());
    ada.move_to("fourth@example.com".to_owned(), Word::Trusted);
    assert_eq!(ada.mailbox(), "First@example.com");
    ada.move_to("first@example.com".to_owned(), Word::OfAnApplication);
    assert!(ada.email_verified && ada.proven_email.is_none());
}

#[tokio::test]
async fn registering_with_a_known_address_makes_no_account_and_mails_its_owner() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    world.ada().await;
    for (name, email) in [
        ("eve", "Ada@Example.com"),
        ("ada@example.com", "ada@example.com"),
    ] {
        let registered = world.register_oneself(name, email).await;
        assert!(matches!(registered, Registered::HasAccount), "{name}");
        let users = Users::new(world.idp.db());
        let made = users.find_by_username(world.environment, name).await;
        assert!(made.unwrap().is_none(), "{name}");
    }
    let mails = world.mails("ada@example.com").await;
    assert_eq!(mails.len(), 2);
    assert!(
        mails[0].text.contains("its username is ada"),
        "{}",
        mails[0].text
    );
    // Everything else is judged as for anybody.
    let mut account = NewAccount::new("eve", "ada@example.com", world.population);
    account.password = Some(NewPassword {
        value: Password::new("short"),
        force_change: false,
    });
    let (idp, environment) = (&world.idp, world.environment);
    let refused = registration::register_oneself(idp, environment, account, &world.by()).await;
    assert!(matches!(
        refused,
        Err(RegistrationRefusal::Refused(Refusal::Policy(_)))
    ));
    let account = NewAccount::new("ada", "ada@example.com", world.population);
    let refused = registration::register_oneself(idp, environment, account, &world.by()).await;
    assert!(matches!(refused, Err(RegistrationRefusal::UsernameTaken)));

    let registered = world.register_oneself("grace", "grace@example.com").await;
    let Registered::Made(grace) = registered else {
        panic!("an unknown address gets an account")
    };
    assert!(grace.verification_required);
}
