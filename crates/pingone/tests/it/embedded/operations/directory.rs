//! Populations, groups, attributes, applications, resources, and who holds roles.

use pingone::management::RoleHolder;
use pingone::{
    ApplicationType, AttributeMapping, GrantTypeName, Group, NewApplication, NewGroup,
    NewPopulation, NewResource, NewResourceGrant, NewRole, NewRoleAssignment, NewScope, Population,
    Resource, ResourceGrant, ResourceScope, Role, RoleId, RoleScope, RoleScopeType,
    SchemaAttribute, SchemaAttributePatch, TokenEndpointAuthMethod,
};

use super::super::configuration::web_app;
use super::{Embedded, Prepared, live, made, object};

pub(super) async fn all(embedded: &Embedded, prepared: &Prepared) {
    populations(embedded).await;
    groups(embedded).await;
    schemas(embedded).await;
    applications(embedded).await;
    roles(embedded, prepared).await;
}

async fn populations(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let new = |one: &Population| (one.id, NewPopulation::new(one.name.as_str()));
    live(pingone.populations(), &NewPopulation::new("Sailors"), new).await;
    let populations = pingone.populations();
    let here = populations.list().all().await.unwrap().remove(0).id;
    populations
        .set_default_identity_provider(here, None)
        .await
        .unwrap();
    let provider = populations.default_identity_provider(here).await.unwrap();
    assert_eq!(provider, None);

    let policies = pingone.password_policies();
    let mut policy = policies.load_default().await.unwrap();
    "Seafaring".clone_into(&mut policy.name);
    policy.default = false;
    live(pingone.password_policies(), &policy, |one| {
        (one.id.unwrap(), one.clone())
    })
    .await;
}

async fn groups(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let new = |one: &Group| (one.id, NewGroup::new(one.name.as_str()));
    live(pingone.groups(), &NewGroup::new("Cooks"), new).await;
    let groups = pingone.groups();
    let captains = groups.create(&NewGroup::new("Captains")).await.unwrap().id;
    let crew = groups.create(&NewGroup::new("Crew")).await.unwrap().id;
    assert!(
        groups
            .parent(captains, crew)
            .await
            .unwrap_err()
            .is_not_found()
    );
    groups.nest(captains, crew).await.unwrap();
    assert_eq!(groups.parent(captains, crew).await.unwrap().id, crew);
    assert_eq!(groups.parents(captains).all().await.unwrap().len(), 1);

    let ada = embedded.user("ada-grouped").await;
    let memberships = pingone.memberships(ada.id);
    memberships.join(captains).await.unwrap();
    assert_eq!(memberships.load(captains).await.unwrap().id, captains);
    assert_eq!(memberships.list().all().await.unwrap().len(), 2);
    memberships.leave(captains).await.unwrap();
    assert!(memberships.load(captains).await.unwrap_err().is_not_found());
    groups.take_out(captains, crew).await.unwrap();
}

async fn schemas(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let schema = pingone.schemas().load_user().await.unwrap().id;
    assert_eq!(pingone.schemas().load(schema).await.unwrap().id, schema);
    let deck = SchemaAttribute::text("deck");
    live(pingone.schema_attributes(schema), &deck, object).await;
    let attributes = pingone.schema_attributes(schema);
    let watch = attributes
        .create(&SchemaAttribute::text("watch"))
        .await
        .unwrap();
    let mut patch = SchemaAttributePatch::default();
    patch.enabled = Some(false);
    let patched = attributes.update(watch.id, &patch).await.unwrap();
    assert!(!patched.settings.enabled);
    assert_eq!(patched.settings.name, "watch");
}

async fn applications(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let applications = pingone.applications();
    live(pingone.applications(), &web_app("Scrap"), |one| {
        (one.id, one.clone())
    })
    .await;
    let shop = applications.create(&web_app("Shop")).await.unwrap().id;
    let first = applications.secret(shop).await.unwrap();
    let second = applications.rotate_secret(shop).await.unwrap();
    assert_ne!(first.secret.expose(), second.secret.expose());
    applications.end_former_secret(shop).await.unwrap();
    let mail = AttributeMapping::new("mail", "${user.email}");
    live(pingone.application_attributes(shop), &mail, object).await;

    let resources = pingone.resources();
    let new = |one: &Resource| (one.id, NewResource::new(one.name.as_str()));
    live(pingone.resources(), &NewResource::new("Scrap"), new).await;
    let orders = NewResource::new("Orders").audience("https://orders.example");
    let orders = resources.create(&orders).await.unwrap().id;
    resources.rotate_secret(orders, None).await.unwrap();
    resources.secret(orders).await.unwrap();
    resources.end_former_secret(orders).await.unwrap();
    live(pingone.resource_attributes(orders), &mail, object).await;
    let new = |one: &ResourceScope| (one.id, NewScope::new(one.name.as_str()));
    live(pingone.scopes(orders), &NewScope::new("orders:scrap"), new).await;
    let read = NewScope::new("orders:read");
    let read = made(pingone.scopes(orders), &read).await.id;
    let grant = NewResourceGrant::new(orders, [read]);
    let same = |one: &ResourceGrant| {
        let scopes = one.scopes.iter().map(|scope| scope.id);
        (one.id, NewResourceGrant::new(one.resource.id, scopes))
    };
    live(pingone.grants(shop), &grant, same).await;
}

async fn roles(embedded: &Embedded, prepared: &Prepared) {
    let pingone = &embedded.pingone;
    let built_in = pingone.roles().list().all().await.unwrap();
    let admin = built_in
        .iter()
        .find(|role| role.name == "Environment Admin");
    let admin = admin.unwrap().id;
    assert_eq!(pingone.roles().load(admin).await.unwrap().id, admin);
    let reader = |name: &str| {
        let kinds = [RoleScopeType::Environment];
        NewRole::new(name, kinds, ["dir:read:user"]).assigned_by(admin)
    };
    let parts = |one: &Role| (one.id, reader(&one.name));
    live(pingone.environment_roles(), &reader("Scrap"), parts).await;
    let role = made(pingone.environment_roles(), &reader("Reader"))
        .await
        .id;

    let ada = embedded.user("ada-reads").await;
    let worker = TokenEndpointAuthMethod::ClientSecretBasic;
    let mut worker = NewApplication::new("Robot", ApplicationType::Worker, worker);
    worker.grant_types = vec![GrantTypeName::ClientCredentials];
    let worker = pingone.applications().create(&worker).await.unwrap();
    assigned(embedded, ada.id.into(), role).await;
    assigned(embedded, worker.id.into(), role).await;
    assigned(embedded, prepared.gateway.into(), role).await;
}

/// Gives a role, finds it, and takes it away.
async fn assigned(embedded: &Embedded, holder: RoleHolder, role: RoleId) {
    let pingone = &embedded.pingone;
    let here = pingone.environment_id().as_uuid();
    let here = RoleScope::new(RoleScopeType::Environment, here);
    let assignments = pingone.role_assignments(holder);
    let new = NewRoleAssignment::new(role, here);
    let made = assignments.create(&new).await.unwrap().id;
    assert_eq!(assignments.load(made).await.unwrap().role.id, role);
    if matches!(holder, RoleHolder::Gateway(_)) {
        let kept = assignments.replace(made, &new).await.unwrap();
        assert_eq!(kept.id, made);
    }
    let listed = assignments.list().all().await.unwrap();
    assert!(listed.iter().any(|one| one.id == made), "{holder}");
    assignments.delete(made).await.unwrap();
    assert!(assignments.load(made).await.unwrap_err().is_not_found());
}
