//! The management API: one file per resource, on the machinery of [`api`](crate::api). How to add
//! one stands in `docs/adding-a-resource.md`.

mod absent;
mod activities;
mod application_permissions;
mod application_secret;
mod applications;
mod bill_of_materials;
pub(crate) mod device_authentications;
mod devices;
mod environments;
mod flow_policies;
mod grants;
mod groups;
mod integrations;
mod key_applications;
mod memberships;
mod metrics;
mod organizations;
mod password_policies;
mod populations;
mod refusals;
mod resource_secret;
mod resources;
mod role_assignments;
mod roles;
mod scopes;
mod user_bodies;
mod user_creation;
mod user_password;
mod user_provider;
mod user_sessions;
mod user_state;
mod users;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, Method};
use axum::middleware::from_fn_with_state;
use protocol::pingone::media_type as media;
use tower_http::cors::{Any, CorsLayer};

use crate::api::configuration::Configuration as _;
use crate::api::media_router::{self, Operation, Resource, at};
use crate::api::resource::unique;
use crate::configuration;
use crate::configuration::application_resources::ApplicationResource;
use crate::requests::correlate::correlate;
use crate::requests::failures::api::CORRELATION_ID;
use crate::state::Idp;

/// The collection and the items of a resource, at a path below the environment.
macro_rules! crud {
    ($collection:literal, $item:literal, $handlers:ident) => {
        [
            at(concat!("/environments/{environment}/", $collection))
                .get($handlers::list)
                .post($handlers::create),
            at(concat!(
                "/environments/{environment}/",
                $collection,
                "/",
                $item
            ))
            .get($handlers::read)
            .put($handlers::replace)
            .delete($handlers::delete),
        ]
    };
}

/// What is not provided of the roles of groups.
const ROLES_OF_GROUPS: &str = "The members of a group do not gain its roles.";

/// Every route of the management API, below `/v1`.
fn resources() -> Vec<Resource> {
    let regular = [
        crud!("applications", "{application}", applications),
        crud!("applications/{application}/grants", "{grant}", grants),
        crud!("groups", "{group}", groups),
        crud!("passwordPolicies", "{policy}", password_policies),
        crud!("populations", "{population}", populations),
        crud!("resources", "{resource}", resources),
        crud!("resources/{resource}/scopes", "{scope}", scopes),
    ];
    let mut all: Vec<_> = regular.into_iter().flatten().collect();
    all.extend(irregular());
    all.extend(resources_of_organizations());
    all.extend(resources_of_users());
    all.extend(resources_of_devices());
    all.extend(configuration::routes());
    all
}

/// The routes of what is no regular collection.
fn irregular() -> Vec<Resource> {
    vec![
        at("/roles").get(roles::list),
        at("/roles/{role}").get(roles::read),
        at("/environments")
            .get(environments::list)
            .post(environments::create),
        at("/environments/{environment}")
            .get(environments::read)
            .put(environments::replace)
            .delete(environments::delete),
        at("/environments/{environment}/billOfMaterials")
            .get(bill_of_materials::read)
            .put(bill_of_materials::replace),
        at("/environments/{environment}/capabilities").get(environments::capabilities),
        at("/environments/{environment}/status").put(environments::set_status),
        at("/environments/{environment}/type").put(environments::set_type),
        at("/environments/{environment}/activities")
            .get(activities::list)
            .post(activities::search),
        at("/environments/{environment}/activities/{activity}").get(activities::read),
        at("/environments/{environment}/activeIdentityCounts").get(metrics::active_identities),
        at("/environments/{environment}/metrics/activeIdentityCounts")
            .get(metrics::active_identities),
        at("/environments/{environment}/applicationSignons").get(metrics::application_sign_ons),
        at("/environments/{environment}/totalIdentities").get(metrics::total_identities),
        at("/environments/{environment}/userActivities").get(metrics::user_activities),
        at("/environments/{environment}/certificates/{certificate}/applications")
            .get(key_applications::of_certificate),
        at("/environments/{environment}/keys/{key}/applications").get(key_applications::of_key),
        at("/environments/{environment}/integrations")
            .get(integrations::list)
            .kept(Some(integrations::EMPTY)),
        at("/environments/{environment}/applications/{application}/roleAssignments")
            .get(role_assignments::list_of_application)
            .post(role_assignments::create_of_application),
        at("/environments/{environment}/applications/{application}/roleAssignments/{assignment}")
            .get(role_assignments::read_of_application)
            .delete(role_assignments::delete_of_application),
        at("/environments/{environment}/applications/{application}/secret")
            .get(application_secret::read)
            .post(application_secret::rotate)
            .delete(application_secret::drop_previous),
        at("/environments/{environment}/applications/{application}/flowPolicyAssignments")
            .kept(flow_policies::KEPT)
            .get(flow_policies::list_of_application)
            .post(flow_policies::assign),
        at("/environments/{environment}/applications/{application}/flowPolicyAssignments/{flowPolicyAssignment}")
            .kept(flow_policies::KEPT)
            .get(flow_policies::assigned)
            .put(flow_policies::change)
            .delete(flow_policies::change),
        at("/environments/{environment}/flowPolicies")
            .kept(flow_policies::KEPT)
            .get(flow_policies::list),
        at("/environments/{environment}/flowPolicies/{flowPolicy}")
            .kept(flow_policies::KEPT)
            .get(flow_policies::read),
        at("/environments/{environment}/gateways/{gateway}/roleAssignments")
            .get(role_assignments::list_of_gateway)
            .post(role_assignments::create_of_gateway),
        at("/environments/{environment}/gateways/{gateway}/roleAssignments/{assignment}")
            .get(role_assignments::read_of_gateway)
            .put(role_assignments::keep_of_gateway)
            .delete(role_assignments::delete_of_gateway),
        at("/environments/{environment}/groups/{group}/memberOfGroups")
            .get(memberships::list_of_group)
            .post(memberships::create_of_group),
        at("/environments/{environment}/groups/{group}/roleAssignments")
            .get(role_assignments::list_of_group)
            .post(role_assignments::create_of_group)
            .kept(Some(ROLES_OF_GROUPS)),
        at("/environments/{environment}/groups/{group}/roleAssignments/{assignment}")
            .get(role_assignments::read_of_group)
            .delete(role_assignments::delete_of_group)
            .kept(Some(ROLES_OF_GROUPS)),
        at("/environments/{environment}/groups/{group}/memberOfGroups/{parent}")
            .get(memberships::read_of_group)
            .delete(memberships::delete_of_group),
        at("/environments/{environment}/populations/{population}/defaultIdentityProvider")
            .get(populations::read_default_provider)
            .put(populations::set_default_provider),
        at("/environments/{environment}/resources/{resource}/applicationPermissions")
            .get(application_permissions::list)
            .kept(ApplicationResource::KEPT),
        at("/environments/{environment}/resources/{resource}/secret")
            .get(resource_secret::read)
            .post(resource_secret::rotate)
            .delete(resource_secret::drop_previous),
        at("/environments/{environment}/roles")
            .get(roles::list_of_environment)
            .post(roles::create),
        at("/environments/{environment}/roles/{role}")
            .get(roles::read_of_environment)
            .put(roles::replace)
            .delete(roles::delete),
    ]
}

/// The routes of the organization and its licences.
fn resources_of_organizations() -> Vec<Resource> {
    vec![
        at("/organizations").get(organizations::list),
        at("/organizations/{organization}").get(organizations::read),
        at("/organizations/{organization}/capabilities").get(organizations::capabilities),
        at("/organizations/{organization}/licenses").get(organizations::list_licenses),
        at("/organizations/{organization}/licenses/{license}").get(organizations::read_license),
        at("/organizations/{organization}/licenses/{license}/metrics/activeIdentityCounts")
            .get(metrics::active_identities_of_license),
        at("/organizations/{organization}/licenses/{license}/name")
            .get(organizations::read_license_name)
            .put(organizations::set_license_name),
    ]
}

/// The routes of users, whose media types choose among many operations.
fn resources_of_users() -> [Resource; 14] {
    [
        at("/environments/{environment}/users")
            .get(users::list)
            .post(user_creation::create)
            .post_as(media::USER_IMPORT, user_creation::import),
        at("/environments/{environment}/users/{user}")
            .get(users::read)
            .put(users::replace)
            .patch(users::update)
            .delete(users::delete)
            .post_as(media::ACCOUNT_LOCK, user_state::lock)
            .post_as(media::ACCOUNT_UNLOCK, user_state::unlock)
            .post_as(
                media::USER_SEND_VERIFICATION_CODE,
                user_state::send_verification_code,
            )
            .post_as(media::USER_VERIFY, user_state::verify),
        at("/environments/{environment}/users/{user}/enabled")
            .get(user_state::read_enabled)
            .put(user_state::set_enabled),
        at("/environments/{environment}/users/{user}/mfaEnabled")
            .get(user_state::read_mfa_enabled)
            .put(user_state::set_mfa_enabled),
        at("/environments/{environment}/users/{user}/identityProvider")
            .get(user_provider::read)
            .put(user_provider::set),
        at("/environments/{environment}/users/{user}/verifyStatus")
            .get(user_provider::read_verify_status)
            .put(user_provider::set_verify_status),
        at("/environments/{environment}/users/{user}/sessions").get(user_sessions::list),
        at("/environments/{environment}/users/{user}/sessions/{session}")
            .get(user_sessions::read)
            .delete(user_sessions::delete),
        at("/environments/{environment}/users/{user}/population")
            .get(user_state::read_population)
            .put(user_state::set_population),
        at("/environments/{environment}/users/{user}/password")
            .get(user_password::read)
            .put_as(media::PASSWORD_SET, user_password::set)
            .put_as(media::PASSWORD_SET_VALUE, user_password::set_value)
            .put_as(media::PASSWORD_RESET, user_password::reset)
            .post_as(media::PASSWORD_CHECK, user_password::check)
            .post_as(media::PASSWORD_FORCE_CHANGE, user_password::force_change)
            .post_as(media::PASSWORD_RECOVER, user_password::recover)
            .post_as(
                media::PASSWORD_SEND_RECOVERY_CODE,
                user_password::send_recovery_code,
            )
            .post_as(media::PASSWORD_UNLOCK, user_password::unlock),
        at("/environments/{environment}/users/{user}/roleAssignments")
            .get(role_assignments::list_of_user)
            .post(role_assignments::create_of_user),
        at("/environments/{environment}/users/{user}/roleAssignments/{assignment}")
            .get(role_assignments::read_of_user)
            .delete(role_assignments::delete_of_user),
        at("/environments/{environment}/users/{user}/memberOfGroups")
            .get(memberships::list_of_user)
            .post(memberships::create_of_user),
        at("/environments/{environment}/users/{user}/memberOfGroups/{group}")
            .get(memberships::read_of_user)
            .delete(memberships::delete_of_user),
    ]
}

/// The routes of users' devices.
fn resources_of_devices() -> Vec<Resource> {
    const DEVICES: &str = "/environments/{environment}/users/{user}/devices";
    const PAIRING_KEYS: &str = "/environments/{environment}/users/{user}/pairingKeys";
    vec![
        at(DEVICES)
            .kept(devices::KEPT)
            .get(devices::list)
            .post(devices::create)
            .post_as(media::DEVICES_REORDER, devices::reorder)
            .delete(devices::drop_order),
        at(format!("{DEVICES}/{{device}}"))
            .kept(devices::KEPT)
            .get(devices::read)
            .delete(devices::delete)
            .post_as(media::DEVICE_ACTIVATE, devices::activate)
            .post_as(media::DEVICE_BLOCK, devices::block)
            .post_as(media::DEVICE_LOCK, devices::lock)
            .post_as(
                media::DEVICE_SEND_ACTIVATION_CODE,
                devices::send_activation_code,
            )
            .post_as(media::DEVICE_UNBLOCK, devices::unblock)
            .post_as(media::DEVICE_UNLOCK, devices::unlock),
        at(format!("{DEVICES}/{{device}}/nickname"))
            .kept(devices::KEPT)
            .put(devices::set_nickname),
        at(PAIRING_KEYS)
            .kept(devices::KEPT_PAIRING)
            .post(devices::create_pairing_key),
        at(format!("{PAIRING_KEYS}/{{pairingKey}}"))
            .kept(devices::KEPT_PAIRING)
            .get(devices::read_pairing_key)
            .delete(devices::delete_pairing_key),
    ]
}

/// Everything below `/v1`.
///
/// Scripts of any origin may call it: a token in the `Authorization` header is all that counts, and
/// no browser adds one by itself.
pub(crate) fn router(idp: &Idp) -> Router<Idp> {
    let external = [
        "x-ping-external-transaction-id",
        "x-ping-external-session-id",
    ];
    let headers = [AUTHORIZATION, CONTENT_TYPE]
        .into_iter()
        .chain(external.map(HeaderName::from_static))
        .collect::<Vec<_>>();
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(methods)
        .allow_headers(headers)
        .expose_headers([CORRELATION_ID]);
    media_router::router(resources())
        .fallback(absent::answer)
        .layer(from_fn_with_state(idp.clone(), correlate))
        .layer(cors)
}

pub use absent::absent;

/// All operations of the management API, from the table that routes them.
pub fn operations() -> Vec<Operation> {
    media_router::operations(&resources())
}
