//! How users sign on: policies, identity providers, and the accounts that are linked at them.

use std::sync::Arc;

use fakes::provider::{CLIENT_ID, CLIENT_SECRET, Provider};
use pingone::auth::{AuthorizationRequest, RedirectUri, Scopes};
use pingone::{
    ClientSecret, ExternalProvider, IdentityProviderId, ProfileAttribute, ProviderAttribute,
    ProviderAttributeUpdate, ProviderEndpoints, SignOnPolicy, SignOnPolicyAction,
    SignOnPolicyAssignment, User,
};
use platform::FrozenClock;
use serde_json::json;

use super::super::configuration::web_app;
use super::{Embedded, live, made, object};

pub(super) async fn all(embedded: &Embedded) {
    policies(embedded).await;
    providers(embedded).await;
    linked_accounts(embedded).await;
}

async fn policies(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let strict = SignOnPolicy::new("Strict");
    live(pingone.sign_on_policies(), &strict, object).await;
    let policy = made(pingone.sign_on_policies(), &strict).await.id;
    let actions = || pingone.sign_on_policy_actions(policy);
    // A policy keeps its last action.
    made(actions(), &SignOnPolicyAction::login(1)).await;
    let wanted = [ProfileAttribute::required("name.given")];
    let profile = SignOnPolicyAction::profiling(2, "Who are you?", wanted);
    live(actions(), &profile, object).await;
    let shop = web_app("Strict shop");
    let shop = made(pingone.applications(), &shop).await.id;
    let assignments = pingone.sign_on_policy_assignments(shop);
    live(assignments, &SignOnPolicyAssignment::new(policy, 1), object).await;
}

async fn providers(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let endpoints = ProviderEndpoints::new(
        "https://partner.example/authorize",
        "https://partner.example/token",
        "https://partner.example/jwks",
    );
    let secret = ClientSecret::new("hush-hush");
    let issuer = "https://partner.example";
    let partner = ExternalProvider::openid_connect("Partner", issuer, "us", secret, endpoints);
    live(pingone.identity_providers(), &partner, object).await;
    let partner = pingone
        .identity_providers()
        .create(&partner)
        .await
        .unwrap()
        .id;
    let nick = ProviderAttribute::new(
        "nickname",
        "${providerAttributes.nick}",
        ProviderAttributeUpdate::Always,
    );
    live(pingone.identity_provider_attributes(partner), &nick, object).await;

    let users = pingone.users();
    let ada = embedded.user("ada-elsewhere").await.id;
    let keeper = users.identity_provider(ada).await.unwrap();
    assert_eq!(
        (keeper.id, keeper.provider_type.as_str()),
        (None, "PING_ONE")
    );
    let set = users
        .set_identity_provider(ada, Some(partner))
        .await
        .unwrap();
    assert_eq!(set.id, Some(partner.as_uuid()));
    assert_eq!(users.identity_provider(ada).await.unwrap(), set);
    let back = users.set_identity_provider(ada, None).await.unwrap();
    assert_eq!(back, keeper);
}

/// A provider elsewhere that runs, with an application of its own for this environment.
async fn elsewhere(embedded: &Embedded) -> (Provider, IdentityProviderId) {
    let pingone = &embedded.pingone;
    let clock = Arc::new(FrozenClock::new(embedded.system.now()));
    let provider = Provider::start(clock).await;
    let issuer = provider.issuer();
    let endpoints = ProviderEndpoints::new(
        format!("{issuer}/authorize"),
        format!("{issuer}/token"),
        format!("{issuer}/jwks"),
    );
    let population = pingone.populations().list().all().await.unwrap().remove(0);
    let secret = ClientSecret::new(CLIENT_SECRET);
    let mut partner =
        ExternalProvider::openid_connect("Elsewhere", issuer, CLIENT_ID, secret, endpoints)
            .registering_into(population.id);
    partner
        .further
        .insert("pkceMethod".to_owned(), json!("S256"));
    let partner = pingone
        .identity_providers()
        .create(&partner)
        .await
        .unwrap()
        .id;
    let email = ProviderAttribute::new(
        "email",
        "${providerAttributes.email}",
        ProviderAttributeUpdate::EmptyOnly,
    );
    let attributes = pingone.identity_provider_attributes(partner);
    attributes.create(&email).await.unwrap();
    (provider, partner)
}

/// Signs `ada`, whom nobody here knows yet, on at the provider; gives the user that becomes of it.
async fn newcomer(embedded: &Embedded, provider: &Provider, partner: IdentityProviderId) -> User {
    let pingone = &embedded.pingone;
    let policy = SignOnPolicy::new("Elsewhere");
    let policy = made(pingone.sign_on_policies(), &policy).await.id;
    let mut login = SignOnPolicyAction::login(1);
    let offered = json!([{ "id": partner }]);
    login.further.insert("socialProviders".to_owned(), offered);
    pingone
        .sign_on_policy_actions(policy)
        .create(&login)
        .await
        .unwrap();
    let application = pingone::ApplicationId::parse(&embedded.system.env().client_id).unwrap();
    let assignments = pingone.sign_on_policy_assignments(application);
    let assignment = SignOnPolicyAssignment::new(policy, 1);
    let assignment = assignments.create(&assignment).await.unwrap();

    let callback = embedded.system.portal("/callback").to_string();
    let request = AuthorizationRequest::new(RedirectUri::parse(&callback).unwrap())
        .scopes(Scopes::parse("openid").unwrap());
    let authorization = embedded.application().authorize(&request).await.unwrap();
    let browser = embedded.system.browser();
    let browser = browser.stopping_at(provider.base().as_str());
    let page = browser.open(&authorization.url).await;
    let out = page.follow_link("Continue with Elsewhere").await.location();
    let answer = provider.authorize(&out, "ada");
    let (_, back) = out
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .unwrap();
    let browser = browser.stopping_at(&callback);
    let page = browser.open(&format!("{back}?{answer}")).await;
    let done = page.follow_link("Continue").await;
    assert!(
        done.location().as_str().starts_with(&callback),
        "{}",
        done.summary()
    );

    assignments.delete(assignment.id).await.unwrap();
    let users = pingone.users();
    let found = users.find_by_username_or_email("ada@example.com");
    found.await.unwrap().unwrap()
}

async fn linked_accounts(embedded: &Embedded) {
    let (provider, partner) = elsewhere(embedded).await;
    let subject = provider.person("ada").unwrap().id.to_string();
    let user = newcomer(embedded, &provider, partner).await;
    let accounts = embedded.pingone.linked_accounts(user.id);
    let listed = accounts.list().all().await.unwrap();
    assert_eq!(listed.len(), 1);
    let account = accounts.load(listed[0].id).await.unwrap();
    assert_eq!(account.settings.external_id, subject);
    assert_eq!(account.settings.identity_provider.id, partner);
    accounts.delete(account.id).await.unwrap();
    assert!(accounts.list().all().await.unwrap().is_empty());
}
