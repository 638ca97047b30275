//! Recovery: what a mailed code does, what spoils it, and whose it is.

use std::sync::Arc;

use db::Statement;
use protocol::password_policy::PasswordPolicy;
use protocol::secret::{Password, RecoveryCode, VerificationCode};
use tokio::task::JoinSet;

use super::{BETTER, GOOD, World, is_violation, world};
use crate::accounts::identification::Recoverable;
use crate::accounts::registration::{self, NewAccount, NewPassword, Registered};
use crate::accounts::{Refusal, identification, recovery, verification};
use crate::audit::Actor;
use crate::stores::change::Change;
use crate::stores::codes::ComesFrom;
use crate::stores::linked_accounts::{Identity, LinkedAccounts};
use crate::stores::users::{StoredUser, Users, Word};

#[tokio::test]
async fn a_recovery_code_works_once_however_many_come_together() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = Arc::new(world(db, PasswordPolicy::standard()).await);
    let ada = world.ada().await;
    let code = world.send_recovery_code(&ada).await.unwrap();
    let mut tries = JoinSet::new();
    for n in 0..4 {
        let (world, ada, code) = (Arc::clone(&world), ada.clone(), code.clone());
        let new = format!("Windy-Orchard-7{}", n + 4);
        tries.spawn(async move { world.recover(&ada, &code.to_lowercase(), &new).await });
    }
    let results = tries.join_all().await;
    assert_eq!(
        results.iter().filter(|r| r.is_ok()).count(),
        1,
        "{results:?}"
    );
    assert!(world.sign_on("ada", GOOD).await.is_err());
}

#[tokio::test]
async fn a_recovery_code_dies_after_five_minutes_or_five_wrong_tries() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;

    let first = world.send_recovery_code(&ada).await.unwrap();
    world.later(1);
    let second = world.send_recovery_code(&ada).await.unwrap();
    world.later(299);
    assert!(matches!(
        world.recover(&ada, &first, BETTER).await,
        Err(Refusal::CodeInvalid)
    ));
    world.later(1);
    assert!(matches!(
        world.recover(&ada, &second, BETTER).await,
        Err(Refusal::CodeInvalid)
    ));

    let third = world.send_recovery_code(&ada).await.unwrap();
    for _ in 0..4 {
        let refused = world.recover(&ada, "WRONGONE", BETTER).await;
        assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
    }
    let refused = world.recover(&ada, "WRONGONE", BETTER).await;
    assert!(
        matches!(refused, Err(Refusal::CodeExhausted)),
        "{refused:?}"
    );
    let refused = world.recover(&ada, &third, BETTER).await;
    assert!(
        matches!(refused, Err(Refusal::CodeExhausted)),
        "{refused:?}"
    );
    // The password is another secret: whoever knows it still gets in.
    world.sign_on("ada", GOOD).await.unwrap();
}

/// What comes over the management API and what comes from browsers are counted apart, and no number
/// of browsers that a person can meet uses a code up.
#[tokio::test]
async fn wrong_codes_from_elsewhere_use_up_no_recovery_code() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let users = [Recoverable::now(ada.clone())];
    let try_from = async |code: &str, from: ComesFrom, new: &str| {
        let (code, new) = (RecoveryCode::from_typed(code), Password::new(new));
        recovery::recover_one_of(&world.idp, &users, &code, from, &new, &world.by()).await
    };
    let code = world.send_recovery_code(&ada).await.unwrap();
    for _ in 0..100 {
        let refused = try_from("WRONGONE", ComesFrom::Browser, BETTER).await;
        assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
    }
    for _ in 0..6 {
        let _ = try_from("WRONGONE", ComesFrom::Api, BETTER).await;
    }
    let refused = try_from(&code, ComesFrom::Api, BETTER).await;
    assert!(
        matches!(refused, Err(Refusal::CodeExhausted)),
        "{refused:?}"
    );
    try_from(&code, ComesFrom::Browser, BETTER).await.unwrap();
}

/// Nobody keeps somebody without a code by asking for so many that no more are mailed.
#[tokio::test]
async fn whoever_has_no_good_code_is_mailed_one_within_minutes() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let mut mailed = 0;
    // A stranger asks every ten seconds, and for other mails as well.
    for _ in 0..100 {
        world.later(10);
        world.register_oneself("eve", "ada@example.com").await;
        match world.send_recovery_code(&ada).await {
            Ok(_) => mailed += 1,
            Err(refusal) => assert!(matches!(refusal, Refusal::TooManyMails), "{refusal:?}"),
        }
    }
    assert!((6..10).contains(&mailed), "{mailed}: a bomb is none");
    // Whatever the owner is answered, the newest code of the mailbox is good.
    let _ = world.send_recovery_code(&ada).await;
    let code = world.mailed_code(&ada).await;
    world.recover(&ada, &code, BETTER).await.unwrap();
}

#[tokio::test]
async fn nobody_takes_a_mailed_recovery_code_away_by_asking_for_another() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let own = world.send_recovery_code(&ada).await.unwrap();
    for _ in 1..10 {
        world.later(1);
        world.send_recovery_code(&ada).await.unwrap();
    }
    let refused = world.send_recovery_code(&ada).await;
    assert!(matches!(refused, Err(Refusal::TooManyMails)), "{refused:?}");
    world.recover(&ada, &own, BETTER).await.unwrap();
    // One new password is enough: the others that were mailed are worth nothing then.
    let other = world.mailed_code(&ada).await;
    assert_ne!(other, own);
    let refused = world.recover(&ada, &other, "Misty-Lantern-19").await;
    assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
}

#[tokio::test]
async fn wrong_recovery_codes_spoil_no_code_that_is_mailed_after_them() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    world.send_recovery_code(&ada).await.unwrap();
    for _ in 0..5 {
        assert!(world.recover(&ada, "WRONGONE", BETTER).await.is_err());
    }
    world.later(1);
    let second = world.send_recovery_code(&ada).await.unwrap();
    world.recover(&ada, &second, BETTER).await.unwrap();
}

#[tokio::test]
async fn a_weak_new_password_costs_neither_the_code_nor_a_try() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let code = world.send_recovery_code(&ada).await.unwrap();
    for _ in 0..7 {
        let refusal = world.recover(&ada, &code, "short").await.unwrap_err();
        assert!(is_violation(&refusal, "length"), "{refusal:?}");
    }
    world.recover(&ada, &code, BETTER).await.unwrap();
    assert!(world.sign_on("ada", BETTER).await.is_ok());
}

#[tokio::test]
async fn a_changed_password_makes_a_recovery_code_worthless() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    world.later(24 * 60 * 60);
    let code = world.send_recovery_code(&ada).await.unwrap();
    world.change(&ada, GOOD, BETTER).await.unwrap();
    let refused = world.recover(&ada, &code, "Misty-Lantern-19").await;
    assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
}

#[tokio::test]
async fn whoever_proves_the_mailbox_gets_in_locked_out_or_without_a_password() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    // A stranger keeps Ada locked out, a quarter of an hour after the other.
    for _ in 0..3 {
        for _ in 0..5 {
            let _ = world.sign_on("ada", "wrong").await;
        }
        let refused = world.sign_on("ada", GOOD).await;
        assert!(matches!(refused, Err(Refusal::LockedOut { .. })));
        world.later(900);
    }
    for _ in 0..5 {
        let _ = world.sign_on("ada", "wrong").await;
    }
    let code = world.send_recovery_code(&ada).await.unwrap();
    world.recover(&ada, &code, BETTER).await.unwrap();
    world.sign_on("ada", BETTER).await.unwrap();
    let ada = world.reread(&ada).await;
    assert!(ada.email_verified, "the code proved the mailbox");

    let account = NewAccount::new("bob", "bob@example.com", world.population);
    let bob = world.try_register(account).await.unwrap();
    let code = world.send_recovery_code(&bob).await.unwrap();
    world.recover(&bob, &code, BETTER).await.unwrap();
    world.sign_on("bob", BETTER).await.unwrap();
}

#[tokio::test]
async fn an_address_signs_on_and_recovers_the_account_that_proved_it() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let made = |name: &'static str, password: &'static str, email_verified| {
        let mut account = NewAccount::new(name, "ada@example.com", world.population);
        account.email_verified = email_verified;
        account.password = Some(NewPassword {
            value: Password::new(password),
            force_change: false,
        });
        world.try_register(account)
    };
    let thief = made("thief", BETTER, false).await.unwrap();
    let ada = made("ada", GOOD, true).await.unwrap();
    made("thief2", BETTER, false).await.unwrap();
    world.sign_on("Ada@example.com", GOOD).await.unwrap();
    assert!(world.sign_on("ada@example.com", BETTER).await.is_err());
    let meant = |typed: &'static str| {
        let (idp, environment, now) = (&world.idp, world.environment, world.now());
        async move {
            let users = identification::for_recovery(idp, environment, typed, now).await;
            users
                .unwrap()
                .iter()
                .map(|whom| whom.user.id)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(meant("ada@example.com").await, [ada.id]);
    assert_eq!(meant("thief").await, [thief.id]);

    // Where several proved it, the first signs on by it, each gets a mail, and each code is good for
    // its own account.
    world.later(1);
    let anna = made("anna", BETTER, true).await.unwrap();
    world.sign_on("ada@example.com", GOOD).await.unwrap();
    let users = identification::for_recovery(
        &world.idp,
        world.environment,
        "ada@example.com",
        world.now(),
    )
    .await;
    let users = users.unwrap();
    let mut ids: Vec<_> = users.iter().map(|whom| whom.user.id).collect();
    let mut expected = vec![ada.id, anna.id];
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    world.send_recovery_code(&ada).await.unwrap();
    world.later(1);
    let code = world.send_recovery_code(&anna).await.unwrap();
    let mails = world.mails("ada@example.com").await;
    for name in ["ada", "anna"] {
        assert!(
            mails
                .iter()
                .any(|mail| mail.text.contains(&format!("Hello {name},"))),
            "{name}"
        );
    }
    let code = RecoveryCode::from_typed(&code);
    let new = Password::new("Misty-Lantern-58");
    let recovered =
        recovery::recover_one_of(&world.idp, &users, &code, ComesFrom::Api, &new, &world.by())
            .await;
    assert_eq!(recovered.unwrap().id, anna.id);
    world.sign_on("ada", GOOD).await.unwrap();
    world.sign_on("anna", "Misty-Lantern-58").await.unwrap();
}

/// Whatever becomes of the address, the mailbox that was proven recovers the account.
#[tokio::test]
async fn a_new_address_recovers_nothing_before_it_is_proven() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let mut account = NewAccount::new("ada", "ada@example.com", world.population);
    account.email_verified = true;
    account.password = Some(NewPassword {
        value: Password::new(GOOD),
        force_change: false,
    });
    let ada = world.try_register(account).await.unwrap();
    let mut moved = ada.clone();
    moved.move_to("new@example.com".to_owned(), Word::Trusted);
    let update = Users::update(&moved);
    update.commit_unrecorded(&world.idp).await.unwrap();
    let meant = async |typed: &str| {
        let (idp, environment) = (&world.idp, world.environment);
        let users = identification::for_recovery(idp, environment, typed, world.now()).await;
        users
            .unwrap()
            .iter()
            .map(|whom| whom.user.id)
            .collect::<Vec<_>>()
    };
    for typed in ["ada", "Ada@example.com", "new@example.com"] {
        assert_eq!(meant(typed).await, [ada.id], "{typed}");
    }
    world.sign_on("ada@example.com", GOOD).await.unwrap();
    // A code that is demanded for the new one does not keep the owner out.
    let ada = world.reread(&ada).await;
    let ada = verification::send_code(&world.idp, &ada, &world.by())
        .await
        .unwrap();
    recovery::send_code(&world.idp, &Recoverable::now(ada.clone()), &world.by())
        .await
        .unwrap();
    let code = world.code_mailed_to("ada@example.com").await;
    world.recover(&ada, &code, BETTER).await.unwrap();
    let ada = world.reread(&ada).await;
    assert!(!ada.email_verified && !ada.verification_required);
    assert_eq!(ada.mailbox(), "ada@example.com");

    // Nobody else gets the proven address meanwhile, and the new one is nobody's.
    let registered = world.register_oneself("eve", "ada@example.com").await;
    assert!(matches!(registered, Registered::HasAccount));
    let registered = world.register_oneself("nell", "new@example.com").await;
    assert!(matches!(registered, Registered::Made(_)));

    // Proven by an application, it stays as it is; proven by the owner, the new one counts.
    for (word, mailbox) in [
        (Word::OfAnApplication, "ada@example.com"),
        (Word::Trusted, "new@example.com"),
    ] {
        let ada = world.reread(&ada).await;
        world.later(1);
        verification::send_code(&world.idp, &ada, &world.by())
            .await
            .unwrap();
        let ada = world.reread(&ada).await;
        let code = VerificationCode::from_typed(&world.mailed_code(&ada).await);
        let verified = verification::verify(&world.idp, &ada, &code, word, &world.by()).await;
        let verified = verified.unwrap();
        assert!(verified.email_verified, "{word:?}");
        assert_eq!(world.reread(&ada).await.mailbox(), mailbox, "{word:?}");
    }
    assert!(meant("ada@example.com").await.is_empty());
}

/// An account with a password and an address that it has proven.
async fn proven(world: &World, username: &str) -> StoredUser {
    let mut account = NewAccount::new(username, "ada@example.com", world.population);
    account.email_verified = true;
    account.password = Some(NewPassword {
        value: Password::new(GOOD),
        force_change: false,
    });
    world.try_register(account).await.unwrap()
}

/// Gives the account another address, which is proven, too.
async fn take_over(world: &World, user: &StoredUser, email: &str, actor: &Actor) {
    let mut moved = world.reread(user).await;
    moved.move_to(email.to_owned(), Word::Trusted);
    let update = Users::update(&moved);
    update.commit_unrecorded(&world.idp).await.unwrap();
    let moved = world.reread(user).await;
    let sent = verification::send_code(&world.idp, &moved, &world.by()).await;
    let moved = sent.unwrap();
    let code = VerificationCode::from_typed(&world.code_mailed_to(email).await);
    let by = world.by().acting_as(actor.clone());
    verification::verify(&world.idp, &moved, &code, Word::Trusted, &by)
        .await
        .unwrap();
}

/// Whom somebody means who forgot a password.
async fn meant(world: &World, typed: &str) -> Vec<Recoverable> {
    let found = identification::for_recovery(&world.idp, world.environment, typed, world.now());
    found.await.unwrap()
}

/// The code that is mailed to somebody.
async fn code_for(world: &World, whom: &Recoverable) -> RecoveryCode {
    world.later(1);
    let sent = recovery::send_code(&world.idp, whom, &world.by()).await;
    sent.unwrap();
    RecoveryCode::from_typed(&world.code_mailed_to(whom.mailbox()).await)
}

/// Brings a code back in a browser, with a new password.
async fn redeem(
    world: &World,
    whom: &[Recoverable],
    code: &RecoveryCode,
    new: &str,
) -> Result<StoredUser, Refusal> {
    let (from, new) = (ComesFrom::Browser, Password::new(new));
    recovery::recover_one_of(&world.idp, whom, code, from, &new, &world.by()).await
}

/// The reader of this mailbox takes the account back that had it.
async fn take_back(world: &World, mailbox: &str) {
    let owner = meant(world, mailbox).await;
    let code = code_for(world, &owner[0]).await;
    redeem(world, &owner, &code, BETTER).await.unwrap();
}

/// Whoever took over somebody's session and then the address has the account until its owner looks into
/// the mailbox.
#[tokio::test]
async fn for_a_week_the_mailbox_before_takes_the_account_back() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = proven(&world, "ada").await;
    let by_herself = Actor::from(&ada);
    take_over(&world, &ada, "thief@example.com", &by_herself).await;
    world.later(60);
    take_over(&world, &ada, "thief2@example.com", &by_herself).await;
    let taken = world.reread(&ada).await;
    assert_eq!(taken.mailbox(), "thief2@example.com");
    assert!(
        world.sign_on("ada@example.com", GOOD).await.is_err(),
        "it signs on to nothing"
    );

    let owner = meant(&world, "Ada@Example.com").await;
    assert_eq!(owner.len(), 1, "two changes do not get rid of the owner");
    assert_eq!(owner[0].mailbox(), "ada@example.com");
    let thief = meant(&world, "ada").await;
    assert_eq!(thief[0].mailbox(), "thief2@example.com");

    // A code is good for the mailbox that it went to alone.
    let to_thief = code_for(&world, &thief[0]).await;
    let to_owner = code_for(&world, &owner[0]).await;
    for (whom, code) in [(&owner, &to_thief), (&thief, &to_owner)] {
        let refused = redeem(&world, whom, code, BETTER).await;
        assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
    }
    redeem(&world, &owner, &to_owner, BETTER).await.unwrap();
    let back = world.reread(&ada).await;
    assert_eq!(
        (back.email.as_str(), back.mailbox()),
        ("ada@example.com", "ada@example.com")
    );
    assert!(back.email_verified);
    world.sign_on("ada@example.com", BETTER).await.unwrap();
    let refused = redeem(&world, &thief, &to_thief, BETTER).await;
    assert!(
        matches!(refused, Err(Refusal::CodeInvalid)),
        "the thief's code went with it"
    );
    for address in ["thief@example.com", "thief2@example.com"] {
        assert!(meant(&world, address).await.is_empty(), "{address}");
    }
    let told = world.mails("thief2@example.com").await;
    assert!(
        told.iter().any(|mail| mail.subject.contains("changed")),
        "whoever lost it is told"
    );
}

#[tokio::test]
async fn whoever_signs_on_with_the_address_alone_comes_back_to_it_as_well() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = proven(&world, "ada@example.com").await;
    take_over(&world, &ada, "thief@example.com", &Actor::from(&ada)).await;
    assert_eq!(world.reread(&ada).await.username, "thief@example.com");
    take_back(&world, "ada@example.com").await;
    let back = world.reread(&ada).await;
    assert_eq!(
        (back.username, back.email),
        ("ada@example.com".into(), "ada@example.com".into())
    );
    world.sign_on("ada@example.com", BETTER).await.unwrap();
}

/// The mail was being written while the owner took the account back.
#[tokio::test]
async fn a_code_that_comes_late_is_worth_nothing_at_another_mailbox() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = proven(&world, "ada").await;
    take_over(&world, &ada, "thief@example.com", &Actor::from(&ada)).await;
    let read_before = Recoverable::now(world.reread(&ada).await);
    take_back(&world, "ada@example.com").await;

    let code = code_for(&world, &read_before).await;
    let named = meant(&world, "ada").await;
    assert_eq!(named[0].mailbox(), "ada@example.com");
    let refused = redeem(&world, &named, &code, "Another-Kettle-58").await;
    assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
    world.sign_on("ada", BETTER).await.unwrap();
}

#[tokio::test]
async fn every_address_of_the_week_takes_the_account_back_up_to_a_number() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = proven(&world, "ada").await;
    for number in 0..10 {
        let address = format!("ada{number}@example.com");
        // A mailbox has a share of mails.
        world.later(60 * 60);
        take_over(&world, &ada, &address, &Actor::from(&ada)).await;
    }
    for address in ["ada@example.com", "ada0@example.com", "ada6@example.com"] {
        assert_eq!(meant(&world, address).await.len(), 1, "{address}");
    }
    assert!(meant(&world, "ada7@example.com").await.is_empty());
    take_over(&world, &ada, "ada0@example.com", &Actor::from(&ada)).await;
    assert_eq!(meant(&world, "ada@example.com").await.len(), 1);
}

/// A thief who links an identity of their own would come back by it.
#[tokio::test]
async fn what_was_linked_since_the_address_moved_is_gone_with_it() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = proven(&world, "ada").await;
    let (idp, environment) = (&world.idp, world.environment);
    let provider = idp.random().uuid();
    let there = "INSERT INTO configuration_objects \
                 (id, environment_id, kind, parent_id, is_default, document, created_at, updated_at) \
                 VALUES ($1, $2, 'IDENTITY_PROVIDER', $2, FALSE, '{}', 0, 0)";
    let there = Statement::new(there)
        .bind(provider)
        .bind(environment.as_uuid());
    Change::of(there).commit_unrecorded(idp).await.unwrap();
    let link = async |subject: &str| {
        let identity = Identity {
            provider,
            subject: subject.to_owned(),
        };
        let (_, linked) = registration::linking(idp, &ada, &identity, world.now()).unwrap();
        linked.commit_unrecorded(idp).await.unwrap();
        identity
    };
    let own = link("ada").await;
    world.later(60);
    take_over(&world, &ada, "thief@example.com", &Actor::from(&ada)).await;
    let foreign = link("thief").await;
    take_back(&world, "ada@example.com").await;
    let accounts = LinkedAccounts::new(idp.db(), idp.keyring());
    let whose = async |identity: &Identity| accounts.find_user(environment, identity).await;
    assert_eq!(whose(&own).await.unwrap(), Some(ada.id));
    assert_eq!(whose(&foreign).await.unwrap(), None);
}

#[tokio::test]
async fn after_a_week_or_by_an_operator_a_change_of_address_is_final() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = proven(&world, "ada").await;
    let by_herself = Actor::from(&ada);
    take_over(&world, &ada, "new@example.com", &by_herself).await;
    world.later(7 * 24 * 60 * 60 - 1);
    assert_eq!(meant(&world, "ada@example.com").await.len(), 1);
    world.later(1);
    assert!(meant(&world, "ada@example.com").await.is_empty());

    take_over(&world, &ada, "newer@example.com", &by_herself).await;
    assert_eq!(meant(&world, "new@example.com").await.len(), 1);
    take_over(&world, &ada, "newest@example.com", &Actor::Nobody).await;
    for address in ["new@example.com", "newer@example.com"] {
        assert!(meant(&world, address).await.is_empty(), "{address}");
    }
}

#[tokio::test]
async fn a_right_code_costs_no_try_of_others_who_share_the_address() {
    let Some(db) = super::super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let made = |name: &'static str| {
        let mut account = NewAccount::new(name, "ada@example.com", world.population);
        account.email_verified = true;
        account.password = Some(NewPassword {
            value: Password::new(GOOD),
            force_change: false,
        });
        world.try_register(account)
    };
    let users = [made("ada").await.unwrap(), made("anna").await.unwrap()];
    let meant = users.clone().map(Recoverable::now);
    let recover = async |code: &str, new: &str| {
        let (code, new) = (RecoveryCode::from_typed(code), Password::new(new));
        recovery::recover_one_of(&world.idp, &meant, &code, ComesFrom::Api, &new, &world.by()).await
    };
    let mut codes = Vec::new();
    for user in &users {
        world.later(1);
        codes.push(world.send_recovery_code(user).await.unwrap());
    }
    // Four wrong codes leave each of them one try.
    for _ in 0..4 {
        let refused = recover("WRONGONE", BETTER).await;
        assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
    }
    for _ in 0..6 {
        let refused = recover(&codes[1], "short").await.unwrap_err();
        assert!(is_violation(&refused, "length"), "{refused:?}");
    }
    assert_eq!(recover(&codes[1], BETTER).await.unwrap().id, users[1].id);
    assert_eq!(recover(&codes[0], BETTER).await.unwrap().id, users[0].id);
}
