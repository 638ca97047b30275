//! How an environment looks and speaks, whom it tells what happens, and what it signs with.

use pingone::{
    Agreement, AgreementLanguage, AgreementRevision, BrandingSettings, HttpEndpoint, Key,
    KeyRotationPolicy, Language, RateLimitConfiguration, Subscription, Theme, ThemeConfiguration,
    ThemeTemplate, Translation,
};

use super::super::configuration::PIXEL;
use super::{Embedded, Prepared, live, object};

pub(super) async fn all(embedded: &Embedded, prepared: &Prepared) {
    pages(embedded).await;
    words(embedded).await;
    agreements(embedded).await;
    keys(embedded, prepared).await;
    let pingone = &embedded.pingone;
    let endpoint = HttpEndpoint::new("https://hooks.example/pingone");
    let subscription = Subscription::new("Users", endpoint, ["USER.CREATED"]);
    live(pingone.subscriptions(), &subscription, object).await;
    let office = RateLimitConfiguration::unlimited("192.0.2.0/24");
    live(pingone.rate_limit_configurations(), &office, object).await;
}

async fn pages(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let themes = pingone.themes();
    let look = ThemeConfiguration::new("Harbour", "#0A4D68");
    live(
        pingone.themes(),
        &Theme::new(ThemeTemplate::Slate, look),
        object,
    )
    .await;
    let look = ThemeConfiguration::new("Night", "#0A4D68");
    let night = themes.create(&Theme::new(ThemeTemplate::Slate, look)).await;
    let night = night.unwrap().id;
    assert!(!themes.is_default(night).await.unwrap());
    themes.make_default(night).await.unwrap();
    assert!(themes.is_default(night).await.unwrap());

    let images = pingone.images();
    let logo = images.upload("image/gif", PIXEL.to_vec()).await.unwrap();
    assert_eq!(images.load(logo.id).await.unwrap().id, logo.id);
    images.delete(logo.id).await.unwrap();

    let settings = pingone.branding_settings();
    let mut branding = settings.load().await.unwrap();
    branding.company_name = Some("Harbour Inc.".to_owned());
    settings.replace(&branding).await.unwrap();
    let nothing = settings.update(&BrandingSettings::default()).await.unwrap();
    assert_eq!(nothing.company_name.as_deref(), Some("Harbour Inc."));
    let mut change = BrandingSettings::default();
    change.company_name = Some("Pier Inc.".to_owned());
    let changed = settings.update(&change).await.unwrap();
    assert_eq!(changed.company_name.as_deref(), Some("Pier Inc."));
    settings.reset().await.unwrap();
    let reset = settings.load().await.unwrap();
    assert_ne!(reset.company_name.as_deref(), Some("Pier Inc."));
}

async fn words(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    live(pingone.languages(), &Language::new("da"), object).await;

    let french = pingone.translations("fr");
    let key = "flow-ui.button.cancel";
    let told = async || {
        let all = french.list().all().await.unwrap();
        let one = all.into_iter().find(|text| text.key == key).unwrap();
        assert!(one.reference_text.is_some());
        one.translated_text
    };
    let first = told().await;
    let set = french.set(&[Translation::new(key, "Abandonner")]).await;
    assert_eq!(set.unwrap()[0].short_key.as_deref(), Some("button.cancel"));
    assert_eq!(told().await, "Abandonner");
    french.set(&[Translation::new(key, "")]).await.unwrap();
    assert_eq!(told().await, first);
    let error = french.set(&[Translation::new("no key", "a")]).await;
    assert!(error.unwrap_err().problem_with("key").is_some());

    let templates = pingone.templates();
    let recovery = "recovery_code_template".to_owned();
    let listed = templates.list().all().await.unwrap();
    assert!(listed.iter().any(|one| one.id == recovery));
    let template = templates.load(recovery).await.unwrap();
    assert!(template.variables["code"].required, "{template:?}");
    let unknown = templates.load("no_template".to_owned()).await;
    assert!(unknown.unwrap_err().is_not_found());
}

async fn agreements(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let agreements = pingone.agreements();
    live(pingone.agreements(), &Agreement::new("Rules"), object).await;
    let terms = agreements.create(&Agreement::new("Terms")).await.unwrap();
    let languages = pingone.agreement_languages(terms.id);
    let french = AgreementLanguage::new("fr", "Conditions");
    live(pingone.agreement_languages(terms.id), &french, object).await;
    let english = AgreementLanguage::new("en", "Terms of use");
    let english = languages.create(&english).await.unwrap();
    let revisions = pingone.agreement_revisions(terms.id, english.id);
    let text = AgreementRevision::plain("Be kind.", embedded.system.now());
    let text = revisions.create(&text).await.unwrap().id;
    assert_eq!(revisions.list().all().await.unwrap().len(), 1);
    assert_eq!(revisions.load(text).await.unwrap().id, text);
    let said = revisions.text(text).await.unwrap();
    assert_eq!(
        (said.data.as_str(), said.data_type.as_str()),
        ("Be kind.", "text/plain")
    );
    let later = embedded.system.now() + jiff::SignedDuration::from_hours(24);
    let later = AgreementRevision::plain("Be kinder.", later);
    let later = revisions.create(&later).await.unwrap().id;
    revisions.delete(later).await.unwrap();
    assert!(revisions.text(later).await.unwrap_err().is_not_found());
}

async fn keys(embedded: &Embedded, prepared: &Prepared) {
    let pingone = &embedded.pingone;
    let key = Key::signing("Reports", "CN=Reports, O=Example, C=GB");
    live(pingone.keys(), &key, object).await;
    let key = Key::signing("Bills", "CN=Bills, O=Example, C=GB");
    let mut key = pingone.keys().create(&key).await.unwrap();
    key.settings.default = true;
    let replaced = pingone.keys().replace(key.id, &key.settings).await;
    assert!(replaced.unwrap().settings.default);
    let naming = pingone.keys().applications(key.id).all().await.unwrap();
    assert!(naming.is_empty(), "{naming:?}");
    let certificate = pingone.certificate_applications(prepared.certificate);
    assert!(certificate.all().await.unwrap().is_empty());

    let policies = pingone.key_rotation_policies();
    let policy = KeyRotationPolicy::signing("Bills", "CN=Bills, O=Example, C=GB");
    live(pingone.key_rotation_policies(), &policy, object).await;
    let policy = policies.create(&policy).await.unwrap();
    let rotated = policies.rotate(policy.id).await.unwrap();
    assert_eq!(rotated.settings.current_key_id, policy.settings.next_key_id);
}
