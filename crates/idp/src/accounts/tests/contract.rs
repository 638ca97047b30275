//! Passwords and codes, see [`crate::accounts`]: what the stories share, changes, and what mails tell.

mod recovery_codes;
mod registering;
mod signing_on;

use std::sync::Arc;

use db::Statement;
use db::testing::TestDb;
use jiff::{SignedDuration, Timestamp};
use platform::keyring::Keyring;
use platform::{Clock as _, FrozenClock};
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId};
use protocol::password_policy::{Lockout, PasswordPolicy};
use protocol::secret::{Password, RecoveryCode, VerificationCode};
use protocol::{Random, SystemRandom};
use url::Url;

use crate::accounts::identification::Recoverable;
use crate::accounts::passwords::{ChangeReason, PolicyCheck, SetOptions};
use crate::accounts::registration::{
    NewAccount, NewPassword, Registered, RegistrationRefusal, Verification,
};
use crate::accounts::{Refusal, passwords, recovery, registration, sign_on, verification};
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
    db: TestDb,
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
        db,
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

    async fn sign_on(&self, name: &str, password: &str) -> Result<Option<ChangeReason>, Refusal> {
        let (by, password) = (self.by(), Password::new(password));
        let signed_on = sign_on::sign_on(&self.idp, self.environment, name, &password, &by).await?;
        let by = by.acting_as(&signed_on.user);
        let written = signed_on.right.commit(&self.idp, self.environment, &by);
        written.await?;
        Ok(signed_on.to_be_changed)
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
            self.db.db.write(statement).await.unwrap();
        }
    }

    async fn change(&self, user: &StoredUser, current: &str, new: &str) -> Result<(), Refusal> {
        let (current, new) = (Password::new(current), Password::new(new));
        passwords::change_own(&self.idp, user, &current, &new, Word::Trusted, &self.by()).await
    }

    async fn send_recovery_code(&self, user: &StoredUser) -> Result<String, Refusal> {
        recovery::send_code(&self.idp, &Recoverable::now(user.clone()), &self.by()).await?;
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
        recovery::send_code(&world.idp, &Recoverable::now(user.clone()), &world.by())
            .await
            .unwrap();
    }
    for user in &users {
        let refused =
            recovery::send_code(&world.idp, &Recoverable::now(user.clone()), &world.by()).await;
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
    world.db.db.write(copy).await.unwrap();
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

#[tokio::test]
async fn the_audit_log_tells_of_each_wrong_secret_and_of_a_new_key_once() {
    let Some(db) = super::fresh().await else {
        return;
    };
    let world = world(db, PasswordPolicy::standard()).await;
    let ada = world.ada().await;
    let recorded = async |action: &'static str| {
        let count = "SELECT COUNT(*) AS number FROM activities WHERE action = $1";
        let count = Statement::new(count).bind(action);
        let row = world.idp.db().read_optional(count).await.unwrap().unwrap();
        row.get::<i64>("number").unwrap()
    };

    let wrong = Password::new("not-it");
    let checked = passwords::check(&world.idp, &ada, &wrong, Word::Trusted, &world.by()).await;
    assert!(matches!(checked, Err(Refusal::Wrong { .. })));
    assert_eq!(recorded("PASSWORD.CHECK_FAILED").await, 1);

    let ada = verification::send_code(&world.idp, &ada, &world.by())
        .await
        .unwrap();
    let guess = VerificationCode::from_typed("AAAAAAAA");
    verification::verify(&world.idp, &ada, &guess, Word::Trusted, &world.by())
        .await
        .unwrap_err();
    assert_eq!(recorded("OTP.CHECK_FAILED").await, 1);

    world.later(1);
    let guessed = world.recover(&ada, "AAAAAAAA", BETTER).await;
    assert!(matches!(guessed, Err(Refusal::CodeInvalid)));
    assert_eq!(recorded("OTP.CHECK_FAILED").await, 1, "there was no code");
    let code = world.send_recovery_code(&ada).await.unwrap();
    world.recover(&ada, "AAAAAAAA", BETTER).await.unwrap_err();
    assert_eq!(recorded("OTP.CHECK_FAILED").await, 2);
    world.recover(&ada, &code, BETTER).await.unwrap();
    assert_eq!(recorded("OTP.CHECK_FAILED").await, 2);

    // Another node makes its first key at the same time; one of the two is kept.
    let keys = crate::keys::Keys::new();
    let (here, there) = tokio::join!(
        world
            .idp
            .keys()
            .current(&world.idp, world.environment, world.now()),
        keys.current(&world.idp, world.environment, world.now()),
    );
    assert_eq!(here.unwrap().jwks().tag, there.unwrap().jwks().tag);
    assert_eq!(recorded("KEY.CREATED").await, 1);
}
