//! What an environment is set up with, at the embedded environment.

use jiff::SignedDuration;
use pingone::{
    Agreement, AgreementLanguage, AgreementRevision, ApplicationType, AttributeMapping,
    ClientSecret, ConsentStatus, EmailDelivery, ExternalProvider, GrantTypeName, HttpEndpoint, Key,
    KeyRotationPolicy, Language, NewApplication, NewEnvironment, NewPopulation, NewResource,
    NewResourceGrant, NewRole, NewRoleAssignment, NewScope, NewUser, PasswordPolicy, Picture,
    Product, ProductType, ProfileAttribute, ProviderAttribute, ProviderAttributeUpdate,
    ProviderEndpoints, Region, Registration, RoleScope, RoleScopeType, RoleType, SchemaAttribute,
    SchemaType, Sender, SignOnActionType, SignOnPolicy, SignOnPolicyAction, SignOnPolicyAssignment,
    Subscription, Switch, TemplateContent, Theme, ThemeConfiguration, ThemeTemplate,
    TokenEndpointAuthMethod, UserPatch, scim,
};
use serde_json::json;

use super::{Client, Embedded, basic};

pub(super) fn web_app(name: &str) -> NewApplication {
    let method = TokenEndpointAuthMethod::ClientSecretBasic;
    let mut application = NewApplication::new(name, ApplicationType::WebApp, method);
    application.grant_types = vec![GrantTypeName::AuthorizationCode];
    application.response_types = vec![pingone::ResponseTypeName::Code];
    application.redirect_uris = vec!["https://shop.example/callback".to_owned()];
    application
}

#[tokio::test]
async fn an_application_is_made_with_its_grants_claims_and_secret_and_replaced_whole() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let applications = pingone.applications();
    let mut shop = applications.create(&web_app("Shop")).await.unwrap();
    let taken = applications.create(&web_app("Shop")).await.unwrap_err();
    assert!(taken.is_taken("name"), "{taken}");

    // A member without a type of its own outlives a replacement.
    shop.members.insert(
        "loginPageUrl".to_owned(),
        json!("https://shop.example/sign-on"),
    );
    shop.name = "The shop".to_owned();
    let replaced = applications.replace(shop.id, &shop).await.unwrap();
    assert_eq!(replaced.name, "The shop");
    let mut read = applications.load(shop.id).await.unwrap();
    assert_eq!(read.members["loginPageUrl"], "https://shop.example/sign-on");
    read.enabled = false;
    let replaced = applications.replace(shop.id, &read).await.unwrap();
    assert!(!replaced.enabled && replaced.members.contains_key("loginPageUrl"));

    let first = applications.secret(shop.id).await.unwrap().secret;
    let until = embedded.system.now() + SignedDuration::from_hours(1);
    let second = applications
        .rotate_secret_until(shop.id, until)
        .await
        .unwrap();
    let former = second.previous.unwrap();
    assert_eq!(former.secret.expose(), first.expose());
    applications.end_former_secret(shop.id).await.unwrap();
    assert!(
        applications
            .secret(shop.id)
            .await
            .unwrap()
            .previous
            .is_none()
    );

    let orders = NewResource::new("Orders").audience("https://orders.example");
    let orders = pingone.resources().create(&orders).await.unwrap();
    let resources = pingone.resources();
    let fresh = resources.rotate_secret(orders.id, Some(until)).await;
    assert!(fresh.unwrap().previous.is_some());
    resources.end_former_secret(orders.id).await.unwrap();
    let left = resources.secret(orders.id).await.unwrap();
    assert!(left.previous.is_none());
    let scopes = pingone.scopes(orders.id);
    let read = scopes.create(&NewScope::new("orders:read")).await.unwrap();
    let write = scopes.create(&NewScope::new("orders:write")).await.unwrap();
    let grants = pingone.grants(shop.id);
    let grant = NewResourceGrant::new(orders.id, [read.id]);
    let grant = grants.create(&grant).await.unwrap();
    let both = NewResourceGrant::new(orders.id, [read.id, write.id]);
    let grant = grants.replace(grant.id, &both).await.unwrap();
    assert_eq!(grant.scopes.len(), 2);
    let claims = pingone.resource_attributes(orders.id);
    let mail = AttributeMapping::new("mail", "${user.email}");
    let mail = claims.create(&mail).await.unwrap();
    claims.delete(mail.id).await.unwrap();
    let fresh = pingone
        .resources()
        .rotate_secret(orders.id, Some(until))
        .await;
    assert!(fresh.unwrap().previous.is_some());

    let claims = pingone.application_attributes(shop.id);
    let nick = AttributeMapping::new("nick", "${user.nickname}");
    let mut nick = claims.create(&nick).await.unwrap();
    nick.settings.id_token = Some(false);
    let nick = claims.replace(nick.id, &nick.settings).await.unwrap();
    assert_eq!(nick.settings.id_token, Some(false));
    assert_eq!(claims.load(nick.id).await.unwrap(), nick);

    applications.delete(shop.id).await.unwrap();
    assert!(applications.load(shop.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn roles_are_made_and_given_to_users_applications_and_groups() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let built_in = pingone.roles().list().all().await.unwrap();
    let admin = built_in
        .iter()
        .find(|role| role.name == "Environment Admin");
    let admin = admin.unwrap().id;
    assert_eq!(pingone.roles().load(admin).await.unwrap().id, admin);

    let kinds = [RoleScopeType::Environment];
    let reader = NewRole::new("Reader", kinds, ["dir:read:user"]).assigned_by(admin);
    let roles = pingone.environment_roles();
    let reader = roles.create(&reader).await.unwrap();
    assert_eq!(reader.role_type, Some(RoleType::Custom));
    let filter = scim::eq("name", "Reader");
    let found = roles.list().filter(&filter).all().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].permissions[0].id, "dir:read:user");

    let here = RoleScope::new(
        RoleScopeType::Environment,
        pingone.environment_id().as_uuid(),
    );
    let given = NewRoleAssignment::new(reader.id, here);
    let ada = embedded.user("ada-roles").await;
    let group = pingone::NewGroup::new("Readers");
    let group = pingone.groups().create(&group).await.unwrap();
    let worker = TokenEndpointAuthMethod::ClientSecretBasic;
    let mut worker = NewApplication::new("Robot", ApplicationType::Worker, worker);
    worker.grant_types = vec![GrantTypeName::ClientCredentials];
    let worker = pingone.applications().create(&worker).await.unwrap();
    for holder in [
        pingone.role_assignments(ada.id),
        pingone.role_assignments(group.id),
        pingone.role_assignments(worker.id),
    ] {
        let made = holder.create(&given).await.unwrap();
        assert!(holder.load(made.id).await.unwrap().role.id == reader.id);
        holder.delete(made.id).await.unwrap();
        let held = holder.list().all().await.unwrap();
        assert!(held.iter().all(|one| one.role.id != reader.id));
    }
    roles.delete(reader.id).await.unwrap();
}

#[tokio::test]
async fn a_sign_on_policy_gets_its_actions_and_an_application() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let policies = pingone.sign_on_policies();
    let policy = policies.create(&SignOnPolicy::new("Strict")).await.unwrap();
    let actions = pingone.sign_on_policy_actions(policy.id);
    let login = SignOnPolicyAction::login(1);
    let mut login = actions.create(&login).await.unwrap();
    let sailors = pingone.populations().list().all().await.unwrap().remove(0);
    login.settings.registration = Some(Registration::into_population(sailors.id));
    login.settings.recovery = Some(Switch::OFF);
    let login = actions.replace(login.id, &login.settings).await.unwrap();
    assert_eq!(login.settings.recovery, Some(Switch::OFF));
    let wanted = [ProfileAttribute::required("name.given")];
    let profile = SignOnPolicyAction::profiling(2, "Who are you?", wanted);
    actions.create(&profile).await.unwrap();
    let mut types = actions.list().all().await.unwrap();
    types.sort_by_key(|one| one.settings.priority);
    let types: Vec<_> = types
        .into_iter()
        .map(|one| one.settings.action_type)
        .collect();
    let expected = [
        SignOnActionType::Login,
        SignOnActionType::ProgressiveProfiling,
    ];
    assert_eq!(types, expected);

    let shop = pingone
        .applications()
        .create(&web_app("Shop"))
        .await
        .unwrap();
    let assignments = pingone.sign_on_policy_assignments(shop.id);
    let assignment = SignOnPolicyAssignment::new(policy.id, 1);
    let mut assignment = assignments.create(&assignment).await.unwrap();
    assignment.settings.priority = 3;
    let id = assignment.id;
    let replaced = assignments.replace(id, &assignment.settings).await.unwrap();
    assert_eq!(replaced.settings.priority, 3);
    assignments.delete(id).await.unwrap();
    policies.delete(policy.id).await.unwrap();
    assert!(policies.load(policy.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn identity_providers_and_agreements_are_set_up() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let population = pingone.populations().list().all().await.unwrap().remove(0);
    let endpoints = ProviderEndpoints::new(
        "https://partner.example/authorize",
        "https://partner.example/token",
        "https://partner.example/jwks",
    );
    let secret = ClientSecret::new("hush-hush");
    let issuer = "https://partner.example";
    let partner = ExternalProvider::openid_connect("Partner", issuer, "us", secret, endpoints)
        .registering_into(population.id);
    assert!(!format!("{partner:?}").contains("hush"));
    let providers = pingone.identity_providers();
    let partner = providers.create(&partner).await.unwrap();
    assert_eq!(partner.settings.issuer.as_deref(), Some(issuer));
    let attributes = pingone.identity_provider_attributes(partner.id);
    let update = ProviderAttributeUpdate::Always;
    let email = ProviderAttribute::new("email", "${providerAttributes.email}", update);
    let email = attributes.create(&email).await.unwrap();
    attributes.delete(email.id).await.unwrap();

    let populations = pingone.populations();
    let elsewhere = Some(partner.id);
    let id = population.id;
    assert_eq!(
        populations.default_identity_provider(id).await.unwrap(),
        None
    );
    for provider in [elsewhere, None] {
        let set = populations.set_default_identity_provider(id, provider);
        set.await.unwrap();
        let read = populations.default_identity_provider(id).await;
        assert_eq!(read.unwrap(), provider);
    }
    providers.delete(partner.id).await.unwrap();

    let terms = Agreement::new("Terms");
    let mut terms = pingone.agreements().create(&terms).await.unwrap();
    let languages = pingone.agreement_languages(terms.id);
    let english = AgreementLanguage::new("en", "Terms of use");
    let mut english = languages.create(&english).await.unwrap();
    let revisions = pingone.agreement_revisions(terms.id, english.id);
    let text = AgreementRevision::plain("Be kind.", embedded.system.now());
    let text = revisions.create(&text).await.unwrap();
    assert_eq!(revisions.load(text.id).await.unwrap().id, text.id);
    english.settings.enabled = true;
    let enabled = languages.replace(english.id, &english.settings).await;
    assert!(enabled.unwrap().settings.enabled);
    terms.settings.enabled = true;
    let terms = pingone
        .agreements()
        .replace(terms.id, &terms.settings)
        .await;
    let terms = terms.unwrap();
    assert!(terms.settings.enabled);

    let ada = embedded.user("ada-terms").await;
    let consents = pingone.consents(ada.id);
    assert!(consents.list().all().await.unwrap().is_empty());
    let accepted = consents.accept(terms.id).await.unwrap();
    assert_eq!(accepted.status, ConsentStatus::Accepted);
    assert_eq!(accepted.revision.id, text.id);
    let revoked = consents.revoke(terms.id).await.unwrap();
    assert_eq!(revoked.status, ConsentStatus::Revoked);
    let again = consents.accept_text(terms.id, english.id, text.id).await;
    assert_eq!(again.unwrap().status, ConsentStatus::Accepted);
    let listed = consents.list().all().await.unwrap();
    assert_eq!(listed[0].agreement.id, terms.id);
    let loaded = consents.load(terms.id).await.unwrap();
    assert_eq!(loaded.status, ConsentStatus::Accepted);
}

#[tokio::test]
async fn users_have_attributes_of_the_environments_own_that_filters_know() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let schema = pingone.schemas().load_user().await.unwrap();
    let attributes = pingone.schema_attributes(schema.id);
    let watch = SchemaAttribute::text("watch").one_of(["port", "starboard"]);
    let mut watch = attributes.create(&watch).await.unwrap();
    assert_eq!(watch.settings.schema_type, Some(SchemaType::Custom));
    watch.settings.display_name = Some("Watch".to_owned());
    attributes.replace(watch.id, &watch.settings).await.unwrap();

    let ada = embedded.user("ada-watch").await;
    let mut patch = UserPatch::default();
    patch.attributes.insert("watch".to_owned(), json!("port"));
    let changed = pingone.users().update(ada.id, &patch).await.unwrap();
    assert_eq!(changed.attributes["watch"], "port");
    let on_watch = async |side: &str| {
        let filter = scim::eq("watch", side);
        pingone.users().list().filter(&filter).all().await.unwrap()
    };
    assert_eq!(on_watch("port").await.len(), 1);
    assert!(on_watch("starboard").await.is_empty());
    attributes.delete(watch.id).await.unwrap();
}

#[tokio::test]
async fn populations_and_password_policies_are_made_replaced_and_deleted() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let policies = pingone.password_policies();
    let mut policy: PasswordPolicy = policies.load_default().await.unwrap();
    policy.name = "Seafaring".to_owned();
    policy.default = false;
    let policy = policies.create(&policy).await.unwrap();
    let id = policy.id.unwrap();
    let mut sailors = NewPopulation::new("Sailors");
    sailors.password_policy = Some(pingone::Reference::new(id));
    let made = pingone.populations().create(&sailors).await.unwrap();
    assert_eq!(made.password_policy.map(|policy| policy.id), Some(id));
    sailors.password_policy = None;
    sailors.description = Some("Who sail".to_owned());
    let replaced = pingone
        .populations()
        .replace(made.id, &sailors)
        .await
        .unwrap();
    assert!(replaced.password_policy.is_none());
    pingone.populations().delete(made.id).await.unwrap();
    policies.delete(id).await.unwrap();
}

#[tokio::test]
async fn a_user_is_signed_off_in_every_browser() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-sessions").await;
    let sessions = embedded.pingone.sessions(ada.id);
    assert!(sessions.list().all().await.unwrap().is_empty());
    let client = embedded.application();
    embedded.sign_on(&client, "openid", "ada-sessions").await;
    embedded.sign_on(&client, "openid", "ada-sessions").await;
    let seen = sessions.list().all().await.unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(sessions.load(seen[0].id).await.unwrap().id, seen[0].id);
    assert_eq!(sessions.end_all().await.unwrap(), 2);
    assert!(sessions.list().all().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_environment_is_made_entered_and_deleted() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let own = pingone.environment().await.unwrap();
    let region = own.region.known().unwrap_or(Region::Europe);
    let trial = NewEnvironment::sandbox("Trial", region);
    let trial = pingone.environments().create(&trial).await.unwrap();
    let all = pingone.environments().list().all().await.unwrap();
    assert!(all.iter().any(|one| one.id == trial.id));
    let mut renamed = NewEnvironment::from(trial.clone());
    renamed.description = Some("For trying out".to_owned());
    let replaced = pingone.environments().replace(trial.id, &renamed).await;
    assert_eq!(replaced.unwrap().description, renamed.description);

    let there = pingone.in_environment(trial.id);
    let eve = NewUser::new("eve", "eve@example.com");
    there.users().create(&eve).await.unwrap();
    let filter = scim::eq("username", "eve");
    let here = pingone.users().list().filter(&filter).all().await.unwrap();
    assert!(
        here.is_empty(),
        "users of one environment are not in another"
    );
    let mut products = there.bill_of_materials().load().await.unwrap();
    products.products.push(Product::new(ProductType::Mfa));
    let count = products.products.len();
    let replaced = there.bill_of_materials().replace(&products).await.unwrap();
    assert_eq!(replaced.products.len(), count);

    pingone.environments().delete(trial.id).await.unwrap();
    assert!(there.environment().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_look_of_the_pages_and_the_sender_of_mails_are_set() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let look = ThemeConfiguration::new("Harbour", "#0A4D68");
    let theme = Theme::new(ThemeTemplate::Slate, look);
    let theme = pingone.themes().create(&theme).await.unwrap();
    pingone.themes().make_default(theme.id).await.unwrap();
    let mut theme = pingone.themes().load(theme.id).await.unwrap();
    assert!(theme.settings.default);
    theme.settings.configuration.footer = Some("Fair winds".to_owned());
    let replaced = pingone.themes().replace(theme.id, &theme.settings).await;
    assert_eq!(replaced.unwrap().settings.template, ThemeTemplate::Slate);

    let mut branding = pingone.branding_settings().load().await.unwrap();
    branding.company_name = Some("Harbour Inc.".to_owned());
    let branding = pingone
        .branding_settings()
        .replace(&branding)
        .await
        .unwrap();
    assert_eq!(branding.company_name.as_deref(), Some("Harbour Inc."));

    let settings = pingone.notifications_settings();
    let mut messages = settings.load().await.unwrap();
    messages.reply_to = Some(Sender::new("help@example.com"));
    let messages = settings.replace(&messages).await.unwrap();
    assert_eq!(messages.reply_to.unwrap().address, "help@example.com");
    settings.reset().await.unwrap();
    assert!(settings.load().await.unwrap().reply_to.is_none());

    let password = ClientSecret::new("hush-hush");
    let server = EmailDelivery::smtps("smtp.example.com", "latchkey", password);
    let delivery = pingone.email_delivery();
    let mut server = server;
    server.from = Some(Sender::new("ahoy@example.com"));
    let shown = delivery.replace(&server).await.unwrap();
    assert_eq!(shown.host.as_deref(), Some("smtp.example.com"));
    assert!(!format!("{server:?}").contains("hush"));
    delivery.reset().await.unwrap();
}

#[tokio::test]
async fn what_happens_is_told_and_can_be_asked_for() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let endpoint = HttpEndpoint::new("https://hooks.example/pingone")
        .header("Authorization", "Bearer hush-hush");
    let subscription = Subscription::new("Users", endpoint, ["USER.CREATED", "USER.DELETED"]);
    assert!(!format!("{subscription:?}").contains("hush"));
    let subscriptions = pingone.subscriptions();
    let mut made = subscriptions.create(&subscription).await.unwrap();
    made.settings.enabled = false;
    let made = subscriptions
        .replace(made.id, &made.settings)
        .await
        .unwrap();
    assert!(!made.settings.enabled);
    subscriptions.delete(made.id).await.unwrap();

    let before = embedded.system.now() - SignedDuration::from_secs(60);
    let ada = embedded.user("ada-told").await;
    let since = scim::compare("recordedAt", scim::Operator::Ge, before.to_string());
    let filter = since.and(scim::eq("resources.id", ada.id.to_string()));
    let told = pingone
        .activities()
        .list()
        .filter(&filter)
        .all()
        .await
        .unwrap();
    let created = told
        .iter()
        .find(|one| one.action.action_type == "USER.CREATED")
        .unwrap();
    assert_eq!(created.resources[0].name.as_deref(), Some("ada-told"));
    let worker = &embedded.system.env().worker_client_id;
    let client = created.actors.client.as_ref().unwrap();
    assert_eq!(client.id.unwrap().to_string(), *worker);
    assert_eq!(
        pingone.activities().load(created.id).await.unwrap(),
        *created
    );
    let error = pingone.activities().list().all().await.unwrap_err();
    assert!(error.to_string().contains("recordedAt"), "{error}");
}

#[tokio::test]
async fn the_workers_token_comes_from_a_custom_domain_where_there_is_one() {
    let embedded = Embedded::start().await;
    let env = embedded.system.env();
    let endpoints = embedded.endpoints.clone().custom_domain(&env.auth_url);
    let worker = basic(&env.worker_client_id, &env.worker_client_secret);
    let environment = embedded.pingone.environment_id();
    let transport = embedded.transport.clone();
    let pingone = Client::new(&endpoints.unwrap(), environment, worker, transport);
    assert_eq!(pingone.environment().await.unwrap().id, environment);
}

#[tokio::test]
async fn keys_are_made_and_rotated() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let key = Key::signing("Reports", "CN=Reports, O=Example, C=GB");
    let key = pingone.keys().create(&key).await.unwrap();
    assert!(key.settings.expires_at.is_some());
    pingone.keys().delete(key.id).await.unwrap();

    let policies = pingone.key_rotation_policies();
    let policy = KeyRotationPolicy::signing("Reports", "CN=Reports, O=Example, C=GB");
    let policy = policies.create(&policy).await.unwrap();
    let next = policy.settings.next_key_id;
    assert!(next.is_some() && next != policy.settings.current_key_id);
    let rotated = policies.rotate(policy.id).await.unwrap();
    assert_eq!(rotated.settings.current_key_id, next);
    policies.delete(policy.id).await.unwrap();
}

/// The smallest picture there is: one pixel.
pub(super) const PIXEL: &[u8] = &[
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x2c, 0,
    0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
];

#[tokio::test]
async fn pictures_languages_and_the_words_of_mails_are_set() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let images = pingone.images();
    let logo = images.upload("image/gif", PIXEL.to_vec()).await.unwrap();
    let href = logo.settings.href().unwrap().to_owned();
    let mut branding = pingone.branding_settings().load().await.unwrap();
    branding.logo = Some(Picture::new(logo.id, href));
    let branding = pingone.branding_settings().replace(&branding).await;
    assert!(branding.unwrap().logo.is_some());
    assert_eq!(images.load(logo.id).await.unwrap().id, logo.id);
    let error = images.upload("image/png", b"no picture".to_vec()).await;
    assert!(error.is_err());

    let languages = pingone.languages();
    let danish = languages.create(&Language::new("da")).await.unwrap();
    assert_eq!(danish.settings.name.as_deref(), Some("Danish"));
    languages.delete(danish.id).await.unwrap();

    let contents = pingone.template_contents("recovery_code_template");
    let text = "Votre code est ${code.value}.";
    let french = TemplateContent::email("fr", "Votre code", text);
    let mut french = contents.create(&french).await.unwrap();
    french.settings.subject = Some("Le code".to_owned());
    let id = french.id;
    let french = contents.replace(id, &french.settings).await.unwrap();
    assert_eq!(french.settings.subject.as_deref(), Some("Le code"));
    contents.delete(id).await.unwrap();
}

#[tokio::test]
async fn an_organization_and_its_licences_are_read_and_users_moved() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let organization = pingone
        .organizations()
        .list()
        .all()
        .await
        .unwrap()
        .remove(0);
    let own = pingone.environment().await.unwrap().organization.id;
    assert_eq!(organization.id, own);
    let licenses = pingone.licenses(own);
    let license = licenses.list().all().await.unwrap().remove(0);
    assert_eq!(licenses.load(license.id).await.unwrap().name, license.name);

    let ada = embedded.user("ada-moves").await;
    let sailors = NewPopulation::new("Sailors");
    let sailors = pingone.populations().create(&sailors).await.unwrap();
    pingone.users().move_to(ada.id, sailors.id).await.unwrap();
    pingone
        .users()
        .demand_second_factor(ada.id, true)
        .await
        .unwrap();
    let moved = pingone.users().load(ada.id).await.unwrap();
    assert_eq!(moved.population.map(|of| of.id), Some(sailors.id));
    assert_eq!(moved.mfa_enabled, Some(true));
}
