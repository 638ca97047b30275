//! Lockout, change, recovery, registration, verification: see [`crate::accounts`].

use std::sync::Arc;

use db::Statement;
use db::testing::TestDb;
use jiff::{SignedDuration, Timestamp};
use platform::keyring::Keyring;
use platform::{Clock as _, FrozenClock};
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId};
use protocol::password_policy::{Lockout, PasswordPolicy};
use protocol::pingone::PasswordStatus;
use protocol::secret::{Password, RecoveryCode, VerificationCode};
use protocol::{Random, SystemRandom};
use tokio::task::JoinSet;
use url::Url;

use crate::accounts::passwords::{PolicyCheck, SetOptions};
use crate::accounts::registration::{
    NewAccount, NewPassword, Registered, RegistrationRefusal, Verification,
};
use crate::accounts::{
    Refusal, identification, passwords, recovery, registration, sign_on, verification,
};
use crate::audit::By;
use crate::mail::Content;
use crate::settings::HashingSettings;
use crate::stores::mails::Mails;
use crate::stores::users::{StoredUser, Users, Word};
use crate::{Idp, Parts, Settings};

const GOOD: &str = "Sunny-Harbour-42";
const BETTER: &str = "Windy-Orchard-73";

struct World {
    idp: Idp,
    clock: Arc<FrozenClock>,
    environment: EnvironmentId,
    population: PopulationId,
    _db: TestDb,
}

/// An environment with one population under the given policy.
async fn world(db: TestDb, policy: PasswordPolicy) -> World {
    let random: &dyn Random = &SystemRandom;
    let clock = Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap()));
    let mut settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
    settings.hashing = HashingSettings {
        memory_kib: 64,
        iterations: 1,
        parallelism: 1,
        permits: 4,
        queue: 1000,
    };
    let parts = Parts {
        db: db.db.clone(),
        clock: clock.clone(),
        random: Arc::new(SystemRandom),
        keyring: Arc::new(Keyring::random(random)),
    };
    let idp = Idp::start(settings, parts).await.unwrap();
    let environment = EnvironmentId::random(random);
    let population = PopulationId::random(random);
    let policy_id = PasswordPolicyId::random(random);
    let now = clock.now();
    for statement in [
        Statement::new(
            "INSERT INTO environments (id, organization_id, name, name_key, document, created_at, \
             updated_at) VALUES ($1, $1, 'Harbour', 'harbour', '{}', $2, $2)",
        )
        .bind(environment.as_uuid())
        .bind(now),
        Statement::new(
            "INSERT INTO password_policies (id, environment_id, name_key, is_default, document, \
             created_at, updated_at) VALUES ($1, $2, 'policy', TRUE, $3, $4, $4)",
        )
        .bind(policy_id.as_uuid())
        .bind(environment.as_uuid())
        .bind(serde_json::to_string(&policy).unwrap())
        .bind(now),
        Statement::new(
            "INSERT INTO populations (id, environment_id, name, name_key, is_default, created_at, \
             updated_at) VALUES ($1, $2, 'People', 'people', TRUE, $3, $3)",
        )
        .bind(population.as_uuid())
        .bind(environment.as_uuid())
        .bind(now),
    ] {
        db.db.write(statement).await.unwrap();
    }
    World {
        idp,
        clock,
        environment,
        population,
        _db: db,
    }
}

impl World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn by(&self) -> By {
        By::the_program(self.now())
    }

    fn later(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    async fn try_register(&self, account: NewAccount) -> Result<StoredUser, RegistrationRefusal> {
        registration::register(&self.idp, self.environment, account, &self.by()).await
    }

    /// Ada, whose password is [`GOOD`].
    async fn ada(&self) -> StoredUser {
        let mut account = NewAccount::new("ada", "ada@example.com", self.population);
        account.password = Some(NewPassword {
            value: Password::new(GOOD),
            force_change: false,
        });
        self.try_register(account).await.unwrap()
    }

    async fn sign_on(&self, name: &str, password: &str) -> Result<PasswordStatus, Refusal> {
        sign_on::sign_on(
            &self.idp,
            self.environment,
            name,
            &Password::new(password),
            &self.by(),
        )
        .await
        .map(|signed_on| signed_on.status)
    }

    /// Gives Ada's population a policy of its own with this number of tries, or with no lockout.
    async fn set_own_lockout(&self, failure_count: Option<u32>) {
        let mut policy = PasswordPolicy::standard();
        policy.lockout = failure_count.map(|failure_count| Lockout::new(failure_count, 60));
        let id = PasswordPolicyId::random(self.idp.random());
        for statement in [
            Statement::new(
                "INSERT INTO password_policies (id, environment_id, name_key, is_default, \
                 document, created_at, updated_at) VALUES ($1, $2, $1, FALSE, $3, $4, $4)",
            )
            .bind(id.as_uuid())
            .bind(self.environment.as_uuid())
            .bind(serde_json::to_string(&policy).unwrap())
            .bind(self.now()),
            Statement::new("UPDATE populations SET password_policy_id = $1").bind(id.as_uuid()),
        ] {
            self.idp.db().write(statement).await.unwrap();
        }
    }

    async fn change(&self, user: &StoredUser, current: &str, new: &str) -> Result<(), Refusal> {
        let (current, new) = (Password::new(current), Password::new(new));
        passwords::change_own(&self.idp, user, &current, &new, &self.by()).await
    }

    async fn send_recovery_code(&self, user: &StoredUser) -> Result<String, Refusal> {
        recovery::send_code(&self.idp, user, &self.by()).await?;
        Ok(self.mailed_code(user).await)
    }

    async fn recover(&self, user: &StoredUser, code: &str, new: &str) -> Result<(), Refusal> {
        let code = RecoveryCode::from_typed(code);
        recovery::recover(&self.idp, user, &code, &Password::new(new), &self.by())
            .await
            .map(drop)
    }

    /// A new account with a password, as somebody registers it on the hosted page.
    async fn register_oneself(&self, name: &str, email: &str) -> Registered {
        let mut account = NewAccount::new(name, email, self.population);
        account.verification = Verification::Required;
        account.password = Some(NewPassword {
            value: Password::new(BETTER),
            force_change: false,
        });
        registration::register_oneself(&self.idp, self.environment, account, &self.by())
            .await
            .unwrap()
    }

    /// The mails to an address, newest first.
    async fn mails(&self, address: &str) -> Vec<Content> {
        let mails = Mails::new(self.idp.db());
        let mails = mails.newest(Some(address), 100).await.unwrap();
        mails
            .iter()
            .map(|mail| crate::mail::open(&self.idp, mail).unwrap())
            .collect()
    }

    /// The code in the newest mail to a user that has one.
    async fn mailed_code(&self, user: &StoredUser) -> String {
        self.code_mailed_to(&user.email).await
    }

    async fn code_mailed_to(&self, address: &str) -> String {
        let is_code = |line: &&str| {
            line.len() == 8
                && line
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        };
        let mails = self.mails(address).await;
        mails
            .iter()
            .find_map(|mail| mail.text.lines().map(str::trim).find(is_code))
            .expect("a mail has a code")
            .to_owned()
    }

    async fn reread(&self, user: &StoredUser) -> StoredUser {
        Users::new(self.idp.db())
            .find(self.environment, user.id)
            .await
            .unwrap()
            .unwrap()
    }
}

fn is_violation(refusal: &Refusal, id: &str) -> bool {
    match refusal {
        Refusal::Policy(evaluation) => evaluation.violations().any(|rule| rule.requirement() == id),
        _ => false,
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_out_for_a_quarter_of_an_hour() {
    let Some(db) = super::fresh().await else {
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
    assert_eq!(
        world.sign_on("ada", GOOD).await.unwrap(),
        PasswordStatus::Ok
    );
}

#[tokio::test]
async fn a_right_password_forgives_the_wrong_ones_before_it() {
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = Arc::new(world(db, PasswordPolicy::standard()).await);
    let ada = world.ada().await;
    let mut tries = JoinSet::new();
    for _ in 0..40 {
        let (world, ada) = (Arc::clone(&world), ada.clone());
        tries.spawn(async move {
            let wrong = Password::new("wrong");
            let checked = passwords::check(&world.idp, &ada, &wrong, &world.by()).await;
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
        PasswordStatus::MustChangePassword
    );
    world
        .change(&ada, BETTER, "Misty-Lantern-19")
        .await
        .unwrap();
    assert_eq!(
        world.sign_on("ada", "Misty-Lantern-19").await.unwrap(),
        PasswordStatus::Ok
    );
    world.later(182 * 24 * 60 * 60);
    let status = world.sign_on("ada", "Misty-Lantern-19").await.unwrap();
    assert_eq!(status, PasswordStatus::PasswordExpired);
}

#[tokio::test]
async fn a_change_needs_the_current_password_an_age_and_the_policy() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let refusal = world.change(&ada, GOOD, BETTER).await.unwrap_err();
    assert!(
        matches!(refusal, Refusal::TooYoung { min_age_days: 1 }),
        "{refusal:?}"
    );
    world.later(24 * 60 * 60);
    let refusal = world.change(&ada, "wrong", BETTER).await.unwrap_err();
    assert!(
        matches!(
            refusal,
            Refusal::Wrong {
                failures_remaining: Some(4)
            }
        ),
        "{refusal:?}"
    );
    for (new, rule) in [
        ("short", "length"),
        ("password", "excludesCommonlyUsed"),
        ("Sunny-Harbour-43", "notSimilarToCurrent"),
        ("ada@example.com", "excludesProfileData"),
    ] {
        let refusal = world.change(&ada, GOOD, new).await.unwrap_err();
        assert!(is_violation(&refusal, rule), "{new}: {refusal:?}");
    }
    world.change(&ada, GOOD, BETTER).await.unwrap();
    assert!(world.sign_on("ada", GOOD).await.is_err());
    assert!(world.sign_on("ada", BETTER).await.is_ok());
}

#[tokio::test]
async fn the_last_six_passwords_do_not_come_back() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let mut policy = PasswordPolicy::standard();
    policy.min_age_days = None;
    let world = world(db, policy).await;
    let ada = world.ada().await;
    let words = [
        "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove",
    ];
    let nth = |n: usize| format!("{}-Quarry-{}6", words[n], n + 2);
    let mut current = GOOD.to_owned();
    for n in 0..6 {
        world.later(60);
        world.change(&ada, &current, &nth(n)).await.unwrap();
        current = nth(n);
    }
    let refusal = world.change(&ada, &current, GOOD).await.unwrap_err();
    assert!(is_violation(&refusal, "history"), "{refusal:?}");
    let refusal = world.change(&ada, &current, &nth(0)).await.unwrap_err();
    assert!(is_violation(&refusal, "history"), "{refusal:?}");
    world.later(60);
    world.change(&ada, &current, &nth(6)).await.unwrap();
    world.later(60);
    world.change(&ada, &nth(6), GOOD).await.unwrap();
}

#[tokio::test]
async fn a_recovery_code_works_once_however_many_come_together() {
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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

#[tokio::test]
async fn nobody_takes_a_mailed_recovery_code_away_by_asking_for_another() {
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
async fn one_name_is_registered_once_however_many_come_together() {
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
async fn whoever_proves_the_mailbox_gets_in_locked_out_or_without_a_password() {
    let Some(db) = super::fresh().await else {
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
    let Some(db) = super::fresh().await else {
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
        let (idp, environment) = (&world.idp, world.environment);
        async move {
            let users = identification::for_recovery(idp, environment, typed).await;
            users
                .unwrap()
                .iter()
                .map(|user| user.id)
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
    let users =
        identification::for_recovery(&world.idp, world.environment, "ada@example.com").await;
    let users = users.unwrap();
    let mut ids: Vec<_> = users.iter().map(|user| user.id).collect();
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
    let recovered = recovery::recover_one_of(&world.idp, &users, &code, &new, &world.by()).await;
    assert_eq!(recovered.unwrap().id, anna.id);
    world.sign_on("ada", GOOD).await.unwrap();
    world.sign_on("anna", "Misty-Lantern-58").await.unwrap();
}

/// Whatever becomes of the address, the mailbox that was proven recovers the account.
#[tokio::test]
async fn a_new_address_recovers_nothing_before_it_is_proven() {
    let Some(db) = super::fresh().await else {
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
        let users = identification::for_recovery(idp, environment, typed).await;
        users
            .unwrap()
            .iter()
            .map(|user| user.id)
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
    recovery::send_code(&world.idp, &ada, &world.by())
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

#[tokio::test]
async fn an_application_moves_no_mailbox_and_an_operator_one_that_nobody_proved() {
    let Some(db) = super::fresh().await else {
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
async fn a_right_code_costs_no_try_of_others_who_share_the_address() {
    let Some(db) = super::fresh().await else {
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
    let recover = async |code: &str, new: &str| {
        let (code, new) = (RecoveryCode::from_typed(code), Password::new(new));
        recovery::recover_one_of(&world.idp, &users, &code, &new, &world.by()).await
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

#[tokio::test]
async fn registering_with_a_known_address_makes_no_account_and_mails_its_owner() {
    let Some(db) = super::fresh().await else {
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

#[tokio::test]
async fn an_address_gets_its_share_of_mails_whatever_asks_for_them() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    for _ in 0..4 {
        world.register_oneself("eve", "ada@example.com").await;
    }
    for _ in 0..3 {
        let current = world.reread(&ada).await;
        verification::send_code(&world.idp, &current, &world.by())
            .await
            .unwrap();
    }
    let mut last = String::new();
    for _ in 0..3 {
        world.later(1);
        last = world.send_recovery_code(&ada).await.unwrap();
    }
    assert_eq!(world.mails("ada@example.com").await.len(), 10);
    let refused = world.send_recovery_code(&ada).await;
    assert!(matches!(refused, Err(Refusal::TooManyMails)), "{refused:?}");
    let current = world.reread(&ada).await;
    let refused = verification::send_code(&world.idp, &current, &world.by()).await;
    assert!(matches!(refused, Err(Refusal::TooManyMails)), "{refused:?}");
    world.register_oneself("eve", "ada@example.com").await;
    assert_eq!(world.mails("ada@example.com").await.len(), 10);
    // What was mailed stays good, and what the owner has to know is mailed all the same.
    world.later(1);
    world.recover(&ada, &last, BETTER).await.unwrap();
    let mails = world.mails("ada@example.com").await;
    assert!(
        mails[0].subject.contains("was changed"),
        "{}",
        mails[0].subject
    );
    // Others are not affected, and an hour later there is a new share.
    world.register_oneself("grace", "grace@example.com").await;
    assert_eq!(world.mails("grace@example.com").await.len(), 1);
    world.later(60 * 60);
    world.send_recovery_code(&ada).await.unwrap();
}

#[tokio::test]
async fn spellings_of_an_address_have_one_share_of_mails() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let mut users = Vec::new();
    for (name, email) in [
        ("ada", "ada@example.com"),
        ("anna", "Ada@example.com"),
        ("alma", "ADA@EXAMPLE.COM"),
    ] {
        let account = NewAccount::new(name, email, world.population);
        users.push(world.try_register(account).await.unwrap());
    }
    for user in users.iter().cycle().take(10) {
        recovery::send_code(&world.idp, user, &world.by())
            .await
            .unwrap();
    }
    for user in &users {
        let refused = recovery::send_code(&world.idp, user, &world.by()).await;
        assert!(matches!(refused, Err(Refusal::TooManyMails)), "{refused:?}");
        assert_eq!(world.mails(&user.email).await.len(), 10, "{}", user.email);
    }
}

#[tokio::test]
async fn what_is_kept_of_a_code_is_worth_nothing_for_another_user_or_installation() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let account = NewAccount::new("bob", "bob@example.com", world.population);
    let bob = world.try_register(account).await.unwrap();
    let code = world.send_recovery_code(&ada).await.unwrap();
    world.send_recovery_code(&bob).await.unwrap();
    let kept = Statement::new("SELECT digest FROM recovery_codes WHERE user_id = $1");
    let row = world
        .idp
        .db()
        .read_optional(kept.bind(ada.id.as_uuid()))
        .await;
    let kept: String = row.unwrap().unwrap().get("digest").unwrap();
    assert!(!kept.contains(&protocol::secret::sha256(&code)));
    // Somebody who can write to the database copies the row.
    let copy = Statement::new("UPDATE recovery_codes SET digest = $2 WHERE user_id = $1");
    let copy = copy.bind(bob.id.as_uuid()).bind(kept);
    world.idp.db().write(copy).await.unwrap();
    let refused = world.recover(&bob, &code, BETTER).await;
    assert!(matches!(refused, Err(Refusal::CodeInvalid)), "{refused:?}");
    world.recover(&ada, &code, BETTER).await.unwrap();
}

#[tokio::test]
async fn every_change_of_a_password_mails_its_owner() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let newest = async || world.mails("ada@example.com").await[0].text.clone();
    world.later(24 * 60 * 60);
    world.change(&ada, GOOD, BETTER).await.unwrap();
    assert!(newest().await.contains("knew the one before"));
    world.later(1);
    let code = world.send_recovery_code(&ada).await.unwrap();
    world.later(1);
    world
        .recover(&ada, &code, "Misty-Lantern-19")
        .await
        .unwrap();
    assert!(newest().await.contains("mailed to this address"));
    world.later(1);
    let options = SetOptions {
        force_change: true,
        policy: PolicyCheck::Applied,
        action: "PASSWORD.SET",
    };
    let new = Password::new("Windy-Orchard-74");
    passwords::set(&world.idp, &ada, &new, options, &world.by())
        .await
        .unwrap();
    assert!(newest().await.contains("administrator"));
    world.later(1);
    passwords::remove(&world.idp, &ada, &world.by())
        .await
        .unwrap();
    assert!(newest().await.contains("removed the password"));
}

#[tokio::test]
async fn no_secret_stands_in_the_database() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let code = world.send_recovery_code(&ada).await.unwrap();
    let dump = [
        "SELECT sealed AS text FROM mails",
        "SELECT digest AS text FROM recovery_codes",
        "SELECT hash AS text FROM user_passwords",
        "SELECT document AS text FROM activities",
    ];
    for sql in dump {
        let rows = world.idp.db().read(Statement::new(sql)).await.unwrap();
        assert!(!rows.is_empty(), "{sql}");
        for row in rows {
            let text: String = row.get("text").unwrap();
            assert!(!text.contains(&code) && !text.contains(GOOD), "{sql}");
        }
    }
}
