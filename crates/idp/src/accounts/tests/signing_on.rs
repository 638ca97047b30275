//! Signing on: what a right and a wrong password do, and the lockout.

use std::sync::Arc;

use protocol::password_policy::PasswordPolicy;
use protocol::secret::Password;
use tokio::task::JoinSet;

use super::{BETTER, GOOD, world};
use crate::accounts::passwords::{ChangeReason, PolicyCheck, SetOptions};
use crate::accounts::registration::{NewAccount, NewPassword};
use crate::accounts::{Refusal, passwords};
use crate::stores::users::Word;

#[tokio::test]
async fn five_wrong_passwords_lock_out_for_a_quarter_of_an_hour() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    world.ada().await;
    for _ in 0..5 {
        let refusal = world.sign_on("ada", "wrong").await.unwrap_err();
        assert!(matches!(refusal, Refusal::Wrong { .. }), "{refusal:?}");
    }
    let refusal = world.sign_on("ada", GOOD).await.unwrap_err();
    assert!(
        matches!(
            refusal,
            Refusal::LockedOut {
                seconds_until_unlock: 900
            }
        ),
        "{refusal:?}"
    );
    world.later(899);
    assert!(world.sign_on("ada", GOOD).await.is_err());
    world.later(1);
    assert_eq!(world.sign_on("ada", GOOD).await.unwrap(), None);
}

/// An application that acts for Ada guesses: that locks out applications, and never Ada.
#[tokio::test]
async fn wrong_passwords_of_an_application_lock_out_no_sign_on() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let check = async |password: &str| {
        let (password, word) = (Password::new(password), Word::OfAnApplication);
        passwords::check(&world.idp, &ada, &password, word, &world.by()).await
    };
    for _ in 0..2 {
        for _ in 0..5 {
            let wrong = check("wrong").await;
            assert!(matches!(wrong, Err(Refusal::Wrong { .. })), "{wrong:?}");
        }
        let locked = check(GOOD).await;
        assert!(
            matches!(locked, Err(Refusal::LockedOut { .. })),
            "{locked:?}"
        );
        world.sign_on("ada", GOOD).await.unwrap();
        for _ in 0..4 {
            let _ = check("wrong").await;
            let _ = world.sign_on("ada", "wrong").await;
        }
        world.sign_on("ada", GOOD).await.unwrap();
        world.later(900);
    }
    check(GOOD).await.unwrap();
    // What it knows forgives nobody else.
    for _ in 0..5 {
        let _ = world.sign_on("ada", "wrong").await;
        let _ = check(GOOD).await;
    }
    assert!(world.sign_on("ada", GOOD).await.is_err());
}

#[tokio::test]
async fn a_right_password_forgives_the_wrong_ones_before_it() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    world.ada().await;
    for _ in 0..3 {
        for _ in 0..4 {
            world.sign_on("ada", "wrong").await.unwrap_err();
        }
        world.sign_on("ada", GOOD).await.unwrap();
    }
}

#[tokio::test]
async fn tries_at_the_same_time_are_no_way_around_the_lockout() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = Arc::new(world(db, PasswordPolicy::standard()).await);
    let ada = world.ada().await;
    let mut tries = JoinSet::new();
    for _ in 0..40 {
        let (world, ada) = (Arc::clone(&world), ada.clone());
        tries.spawn(async move {
            let wrong = Password::new("wrong");
            let checked =
                passwords::check(&world.idp, &ada, &wrong, Word::Trusted, &world.by()).await;
            checked.unwrap_err()
        });
    }
    let refusals = tries.join_all().await;
    let compared = refusals
        .iter()
        .filter(|r| matches!(r, Refusal::Wrong { .. }))
        .count();
    assert_eq!(compared, 5, "{refusals:?}");
    assert!(
        refusals
            .iter()
            .all(|r| matches!(r, Refusal::Wrong { .. } | Refusal::LockedOut { .. }))
    );
}

#[tokio::test]
async fn name_and_mail_address_share_one_count_whatever_their_case() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    world.ada().await;
    for name in ["ada", "ADA", " Ada", "ada@example.com", "ＡＤＡ"] {
        let refusal = world.sign_on(name, "wrong").await.unwrap_err();
        assert!(
            matches!(refusal, Refusal::Wrong { .. }),
            "{name}: {refusal:?}"
        );
    }
    // It is locked out by every name, and no name tells that another one locked it out.
    for name in ["ada", "Ada@Example.com"] {
        let refusal = world.sign_on(name, GOOD).await.unwrap_err();
        assert!(
            matches!(refusal, Refusal::Wrong { .. }),
            "{name}: {refusal:?}"
        );
    }
}

#[tokio::test]
async fn what_a_wrong_sign_on_is_told_depends_on_what_was_typed_alone() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    world.ada().await;
    let long = "x".repeat(1_100);
    // The account's own policy locks out sooner, later or never.
    for own in [Some(2), Some(9), None] {
        world.set_own_lockout(own).await;
        for password in ["wrong", "wro\u{308}ng", &long] {
            let mut told = Vec::new();
            for name in ["ada", "ada@example.com", "nobody", "nobody@example.com"] {
                let mut answers = Vec::new();
                for _ in 0..7 {
                    let refusal = world.sign_on(name, password).await.unwrap_err();
                    answers.push(format!("{refusal:?}"));
                }
                told.push(answers);
            }
            assert!(told.iter().all(|answers| *answers == told[0]), "{told:?}");
            let is_locked = told[0][6].starts_with("LockedOut");
            assert_eq!(is_locked, password != long, "{told:?}");
            world.later(1_000);
        }
    }
    assert!(world.sign_on("ada", GOOD).await.is_ok());
}

#[tokio::test]
async fn a_stranger_is_refused_and_locked_out_like_anybody() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    for _ in 0..5 {
        let refusal = world.sign_on("nobody", GOOD).await.unwrap_err();
        assert!(matches!(refusal, Refusal::Wrong { .. }), "{refusal:?}");
    }
    let refusal = world.sign_on("nobody", GOOD).await.unwrap_err();
    assert!(
        matches!(
            refusal,
            Refusal::LockedOut {
                seconds_until_unlock: 900
            }
        ),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn an_address_that_two_users_share_signs_nobody_on() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    world.ada().await;
    assert!(world.sign_on("ada@example.com", GOOD).await.is_ok());
    let mut account = NewAccount::new("eve", "ada@example.com", world.population);
    account.password = Some(NewPassword {
        value: Password::new(BETTER),
        force_change: false,
    });
    world.try_register(account).await.unwrap();
    assert!(world.sign_on("ada@example.com", GOOD).await.is_err());
    assert!(world.sign_on("ada", GOOD).await.is_ok());
}

#[tokio::test]
async fn a_disabled_account_is_told_apart_only_with_its_password() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let mut account = NewAccount::new("ada", "ada@example.com", world.population);
    account.enabled = false;
    account.password = Some(NewPassword {
        value: Password::new(GOOD),
        force_change: false,
    });
    let ada = world.try_register(account).await.unwrap();
    assert!(matches!(
        world.sign_on("ada", "wrong").await,
        Err(Refusal::Wrong { .. })
    ));
    assert!(matches!(
        world.sign_on("ada", GOOD).await,
        Err(Refusal::AccountNotUsable)
    ));
    assert!(matches!(
        world.send_recovery_code(&ada).await,
        Err(Refusal::AccountNotUsable)
    ));
}

#[tokio::test]
async fn a_password_that_is_forced_or_old_signs_on_to_be_changed() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let options = SetOptions {
        force_change: true,
        policy: PolicyCheck::Applied,
        action: "PASSWORD.SET",
    };
    let new = Password::new(BETTER);
    passwords::set(&world.idp, &ada, &new, options, &world.by())
        .await
        .unwrap();
    assert_eq!(
        world.sign_on("ada", BETTER).await.unwrap(),
        Some(ChangeReason::Forced)
    );
    world
        .change(&ada, BETTER, "Misty-Lantern-19")
        .await
        .unwrap();
    assert_eq!(
        world.sign_on("ada", "Misty-Lantern-19").await.unwrap(),
        None
    );
    world.later(182 * 24 * 60 * 60);
    let status = world.sign_on("ada", "Misty-Lantern-19").await.unwrap();
    assert_eq!(status, Some(ChangeReason::Expired));
}
