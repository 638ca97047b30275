//! Users, their passwords and consents, and what is set beside their attributes.

use pingone::{
    Agreement, AgreementLanguage, AgreementRevision, ConsentStatus, Name, NewPopulation, NewUser,
    Password, PasswordStatus, Patch, RecoveryCode, User, UserPatch, VerificationCode, VerifyStatus,
};

use testkit::Person;

use super::super::PASSWORD;
use super::Embedded;

pub(super) async fn all(embedded: &Embedded) {
    attributes(embedded).await;
    state(embedded).await;
    passwords(embedded).await;
    sessions(embedded).await;
    consents(embedded).await;
}

async fn attributes(embedded: &Embedded) {
    let users = embedded.pingone.users();
    let ada = NewUser::new("ada-whole", "ada-whole@example.com")
        .name(Name::new().given("Ada"))
        .attribute("nickname", "Countess");
    let ada = users.create(&ada).await.unwrap();
    assert!(!users.list().all().await.unwrap().is_empty());
    let mut patch = UserPatch::default();
    patch.email = Patch::Set("ada@new.example".to_owned());
    users.update(ada.id, &patch).await.unwrap();

    let with = NewUser::new("augusta", "augusta@example.com").name(Name::new().family("King"));
    let replaced = users.replace(ada.id, &with).await.unwrap();
    let read = users.load(ada.id).await.unwrap();
    for user in [&replaced, &read] {
        let name = user.name.as_ref().unwrap();
        assert_eq!(user.username.as_deref(), Some("augusta"));
        assert_eq!(
            (name.given.as_deref(), name.family.as_deref()),
            (None, Some("King"))
        );
        assert!(!user.attributes.contains_key("nickname"), "{user:?}");
    }
    assert_eq!(
        read.population.map(|of| of.id),
        ada.population.map(|of| of.id)
    );
    users.delete(ada.id).await.unwrap();
    let gone = users.replace(ada.id, &with).await.unwrap_err();
    assert!(gone.is_not_found(), "{gone}");
}

async fn state(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let users = pingone.users();
    let ada = embedded.user("ada-state").await.id;
    users.disable(ada).await.unwrap();
    assert!(!users.is_enabled(ada).await.unwrap());
    users.enable(ada).await.unwrap();
    assert!(users.is_enabled(ada).await.unwrap());
    for demanded in [true, false] {
        users.demand_second_factor(ada, demanded).await.unwrap();
        let read = users.is_second_factor_demanded(ada).await;
        assert_eq!(read.unwrap(), demanded);
    }
    let there = NewPopulation::new("Passengers");
    let there = pingone.populations().create(&there).await.unwrap().id;
    assert_ne!(users.population(ada).await.unwrap(), there);
    users.move_to(ada, there).await.unwrap();
    assert_eq!(users.population(ada).await.unwrap(), there);
    let verified = users.verify_status(ada).await.unwrap();
    assert!(verified == VerifyStatus::NotInitiated);
    let set = users.set_verify_status(ada, VerifyStatus::Enabled).await;
    assert!(set.unwrap() == VerifyStatus::Enabled);
    let loaded = users.load(ada).await.unwrap();
    assert!(loaded.verify_status.unwrap() == VerifyStatus::Enabled);
    users.lock(ada).await.unwrap();
    users.unlock(ada).await.unwrap();

    users.send_verification_code(ada).await.unwrap();
    let mail = embedded
        .system
        .mailbox()
        .newest("ada-state@example.com", 1)
        .await;
    let code = VerificationCode::from_typed(&mail.code());
    users.verify(ada, &code).await.unwrap();
}

async fn passwords(embedded: &Embedded) {
    let ada = embedded.user("ada-secret").await.id;
    let passwords = embedded.pingone.passwords(ada);
    passwords.check(&Password::new(PASSWORD)).await.unwrap();
    passwords.send_recovery_code().await.unwrap();
    let mailbox = embedded.system.mailbox();
    let mail = mailbox.newest("ada-secret@example.com", 1).await;
    let code = RecoveryCode::from_typed(&mail.code().to_lowercase());
    let new = Password::new("Windy-Harbour-43");
    passwords.recover(&code, &new).await.unwrap();
    let newer = Password::new("Stormy-Harbour-44");
    passwords.set(&newer).await.unwrap();
    passwords.unlock().await.unwrap();

    let client = embedded.application();
    let person = Person::new("ada-secret", "Stormy-Harbour-44");
    let scopes = "openid p1:reset:userPassword";
    let tokens = embedded.sign_on_as(&person, &client, scopes).await;
    let own = embedded
        .pingone
        .with_access_token(tokens.access_token.unwrap());
    let newest = Password::new("Quiet-Harbour-45");
    own.passwords(ada).reset(&newer, &newest).await.unwrap();

    passwords.force_change().await.unwrap();
    let state = passwords.state().await.unwrap();
    assert_eq!(state.status, PasswordStatus::MustChangePassword);
    let removed = passwords.remove().await.unwrap();
    assert_eq!(removed.status, PasswordStatus::NoPassword);
    assert!(passwords.check(&newest).await.is_err());
}

async fn sessions(embedded: &Embedded) {
    let ada = embedded.user("ada-signed-on").await;
    let client = embedded.application();
    embedded.sign_on(&client, "openid", "ada-signed-on").await;
    let sessions = embedded.pingone.sessions(ada.id);
    let seen = sessions.list().all().await.unwrap();
    let only = sessions.load(seen[0].id).await.unwrap();
    sessions.delete(only.id).await.unwrap();
    assert!(sessions.list().all().await.unwrap().is_empty());
}

/// An agreement in use.
async fn agreement(embedded: &Embedded) -> pingone::AgreementId {
    let pingone = &embedded.pingone;
    let agreements = pingone.agreements();
    let mut terms = agreements.create(&Agreement::new("Privacy")).await.unwrap();
    let languages = pingone.agreement_languages(terms.id);
    let english = AgreementLanguage::new("en", "Privacy");
    let mut english = languages.create(&english).await.unwrap();
    let revisions = pingone.agreement_revisions(terms.id, english.id);
    let text = AgreementRevision::plain("We keep little.", embedded.system.now());
    revisions.create(&text).await.unwrap();
    english.settings.enabled = true;
    languages
        .replace(english.id, &english.settings)
        .await
        .unwrap();
    terms.settings.enabled = true;
    agreements.replace(terms.id, &terms.settings).await.unwrap();
    terms.id
}

async fn consents(embedded: &Embedded) {
    let terms = agreement(embedded).await;
    let User { id: ada, .. } = embedded.user("ada-agrees").await;
    let consents = embedded.pingone.consents(ada);
    consents.accept(terms).await.unwrap();
    assert_eq!(consents.list().all().await.unwrap().len(), 1);
    let revoked = consents.revoke(terms).await.unwrap();
    assert_eq!(revoked.status, ConsentStatus::Revoked);
    let loaded = consents.load(terms).await.unwrap();
    assert_eq!(loaded.status, ConsentStatus::Revoked);
}
