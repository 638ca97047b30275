//! Environments, organizations, licences, reports.

use jiff::SignedDuration;
use pingone::{Environment, EnvironmentStatus, EnvironmentType, NewEnvironment, Region, scim};

use super::{Embedded, live};

pub(super) async fn all(embedded: &Embedded) {
    environments(embedded).await;
    organizations(embedded).await;
    reports(embedded).await;
}

async fn environments(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let own = pingone.environment().await.unwrap();
    let region = own.region.known().unwrap_or(Region::Europe);
    let parts = |one: &Environment| (one.id, NewEnvironment::from(one.clone()));
    let environments = pingone.environments();
    let scrap = NewEnvironment::sandbox("Scrap", region);
    live(pingone.environments(), &scrap, parts).await;

    let trial = NewEnvironment::sandbox("Trial", region);
    let trial = environments.create(&trial).await.unwrap().id;
    let production = environments.set_type(trial, EnvironmentType::Production);
    let production = production.await.unwrap();
    assert!(production.environment_type == EnvironmentType::Production);
    let sandbox = environments.set_type(trial, EnvironmentType::Sandbox).await;
    assert!(sandbox.unwrap().environment_type == EnvironmentType::Sandbox);
    let pending = environments.set_status(trial, EnvironmentStatus::DeletePending);
    let pending = pending.await.unwrap();
    assert!(pending.status.unwrap() == EnvironmentStatus::DeletePending);
    assert!(pending.soft_deleted_at.is_some());
    let restored = environments.set_status(trial, EnvironmentStatus::Active);
    assert!(restored.await.unwrap().soft_deleted_at.is_none());
    let own_status = environments.set_status(own.id, EnvironmentStatus::DeletePending);
    assert!(own_status.await.is_err(), "nobody deletes where they stand");

    let products = pingone.in_environment(trial);
    let products = products.bill_of_materials();
    let bill = products.load().await.unwrap();
    let replaced = products.replace(&bill).await.unwrap();
    assert_eq!(replaced.products.len(), bill.products.len());
    let able = pingone.capabilities().await.unwrap();
    assert!(able.can_use_identity_providers && able.can_use_password_policies);
}

async fn organizations(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let organizations = pingone.organizations();
    let own = organizations.list().all().await.unwrap().remove(0).id;
    assert_eq!(organizations.load(own).await.unwrap().id, own);
    let able = organizations.capabilities(own).await.unwrap();
    assert_eq!(able, pingone.capabilities().await.unwrap());

    let licenses = pingone.licenses(own);
    let license = licenses.list().all().await.unwrap().remove(0);
    licenses.rename(license.id, "Trial of 2026").await.unwrap();
    assert_eq!(licenses.name(license.id).await.unwrap(), "Trial of 2026");
    let renamed = licenses.load(license.id).await.unwrap();
    assert_eq!(renamed.name, "Trial of 2026");
    let days = licenses.active_identities(license.id).all().await.unwrap();
    assert_eq!(days.len(), 30);
}

async fn reports(embedded: &Embedded) {
    let pingone = &embedded.pingone;
    let ada = embedded.user("ada-counted").await;
    let client = embedded.application();
    embedded.sign_on(&client, "openid", "ada-counted").await;

    let active = pingone.active_identities().all().await.unwrap();
    let today = active.last().unwrap();
    assert_eq!(today.active_identity_count, 1, "{today:?}");
    let since = scim::eq("startDate", today.date.as_str());
    let total = pingone.total_identities().filter(&since).all().await;
    let total = total.unwrap();
    let people = pingone.users().list().all().await.unwrap().len();
    assert_eq!(total.len(), 1);
    assert_eq!(total[0].total_identities, u64::try_from(people).unwrap());
    let done = pingone.user_activities().all().await.unwrap();
    let created = done
        .iter()
        .find(|one| one.action.action_type == "USER.CREATED");
    assert!(created.unwrap().count >= 1, "{done:?}");
    let shop = &embedded.system.env().client_id;
    let of_shop = scim::eq("applicationId", shop.as_str());
    let sign_ons = pingone.application_sign_ons().filter(&of_shop).all().await;
    let sign_ons = sign_ons.unwrap();
    assert_eq!(sign_ons[0].count, 1);
    assert_eq!(sign_ons[0].application.id.to_string(), *shop);

    let before = embedded.system.now() - SignedDuration::from_secs(60);
    let since = scim::compare("recordedAt", scim::Operator::Ge, before.to_string());
    let filter = since.and(scim::eq("resources.id", ada.id.to_string()));
    let activities = pingone.activities();
    let listed = activities.list().filter(&filter).all().await.unwrap();
    let found = activities.search(&filter).limit(1).all().await.unwrap();
    assert!(listed.len() > 1, "there are several pages of one");
    assert_eq!(found, listed, "both ways lead to the same");
    let first = activities.load(listed[0].id).await.unwrap();
    assert_eq!(first, listed[0]);
}
