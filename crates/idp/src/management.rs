//! The management API: one file per resource, on the machinery of [`api`](crate::api). How to add
//! one stands in `docs/adding-a-resource.md`.

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
mod openapi;
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
use axum::http::{HeaderName, Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use protocol::id::GroupId;
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::{self as wire, media_type as media};
use tower_http::cors::{Any, CorsLayer};

use crate::api::configuration::Configuration as _;
use crate::api::media_router::{self, Operation, Resource, at};
use crate::api::paging::PageBody;
use crate::api::resource::unique;
use crate::api::shapes::{Nothing, OfUserShown, Part};
use crate::configuration;
use crate::configuration::application_resources::ApplicationResource;
use crate::configuration::devices::{Device, PairingKey};
use crate::configuration::rate_limits::rehearsal::limit_api;
use crate::requests::absent;
use crate::requests::correlate::correlate;
use crate::requests::failures::api::{ApiFailure, CORRELATION_ID};
use crate::state::Idp;
use crate::stores::custom_roles::CustomRole;

/// The collection and the items of a resource, at a path below the environment: what a body says,
/// what is shown, and under which key a page embeds it.
macro_rules! crud {
    ($collection:literal, $item:literal, $handlers:ident, $body:ty => $shown:ty, $key:literal
     $(, keeping $kept:expr)?) => {
        [
            at(concat!("/environments/{environment}/", $collection))
                $(.keeping($kept))?
                .showing::<$shown>()
                .get($handlers::list)
                .answering_many::<$shown>($key)
                .post($handlers::create)
                .taking::<$body>(),
            at(concat!(
                "/environments/{environment}/",
                $collection,
                "/",
                $item
            ))
            $(.keeping($kept))?
            .showing::<$shown>()
            .get($handlers::read)
            .put($handlers::replace)
            .taking::<$body>()
            .delete($handlers::delete),
        ]
    };
}

/// What is not provided of the roles of gateways.
const ROLES_OF_GATEWAYS: &str = "No gateway connects, and so none acts by its roles.";

/// What is not provided of the roles of groups.
const ROLES_OF_GROUPS: &str = "The members of a group do not gain its roles.";

/// Every route of the management API, below `/v1`.
fn resources() -> Vec<Resource> {
    let regular = [
        crud!("applications/{application}/grants", "{grant}", grants,
            grants::GrantBody => wire::ResourceGrant, "grants"),
        crud!("passwordPolicies", "{policy}", password_policies,
            PasswordPolicy => PasswordPolicy, "passwordPolicies"),
        crud!("resources", "{resource}", resources,
            resources::ResourceBody => wire::Resource, "resources", keeping resources::KEPT),
        crud!("resources/{resource}/scopes", "{scope}", scopes,
            scopes::ScopeBody => wire::ResourceScope, "scopes"),
    ];
    let mut all: Vec<_> = regular.into_iter().flatten().collect();
    all.extend(resources_of_directory());
    all.extend(irregular());
    all.extend(resources_of_reports());
    all.extend(resources_of_roles());
    all.extend(resources_of_applications());
    all.extend(resources_of_organizations());
    all.extend(resources_of_users());
    all.extend(resources_of_devices());
    all.extend(configuration::routes());
    all
}

/// The routes of populations and groups.
fn resources_of_directory() -> [Resource; 7] {
    [
        at("/environments/{environment}/groups")
            .showing::<wire::Group>()
            .get(groups::list)
            .answering_many::<wire::Group>("groups")
            .paged()
            .post(groups::create)
            .taking::<wire::NewGroup>(),
        at("/environments/{environment}/groups/{group}")
            .showing::<wire::Group>()
            .get(groups::read)
            .listing("include", &["totalMemberCounts"])
            .put(groups::replace)
            .taking::<wire::NewGroup>()
            .delete(groups::delete),
        at("/environments/{environment}/groups/{group}/memberOfGroups")
            .showing::<wire::GroupMembership>()
            .get(memberships::list_of_group)
            .answering_many::<wire::GroupMembership>("groupMemberships")
            .paged()
            .listing("expand", &["group"])
            .post(memberships::create_of_group)
            .taking::<wire::Reference<GroupId>>(),
        at("/environments/{environment}/groups/{group}/memberOfGroups/{parent}")
            .showing::<wire::GroupMembership>()
            .get(memberships::read_of_group)
            .listing("expand", &["group"])
            .delete(memberships::delete_of_group),
        at("/environments/{environment}/populations")
            .keeping(populations::KEPT)
            .showing::<wire::Population>()
            .get(populations::list)
            .answering_many::<wire::Population>("populations")
            .paged()
            .post(populations::create)
            .taking::<wire::NewPopulation>(),
        at("/environments/{environment}/populations/{population}")
            .keeping(populations::KEPT)
            .showing::<wire::Population>()
            .get(populations::read)
            .put(populations::replace)
            .taking::<wire::NewPopulation>()
            .delete(populations::delete),
        at("/environments/{environment}/populations/{population}/defaultIdentityProvider")
            .showing::<populations::DefaultProvider>()
            .get(populations::read_default_provider)
            .put(populations::set_default_provider)
            .taking::<populations::NewDefaultProvider>(),
    ]
}

/// The routes of what is no regular collection.
fn irregular() -> Vec<Resource> {
    vec![
        at("/environments")
            .showing::<wire::Environment>()
            .get(environments::list)
            .answering_many::<wire::Environment>("environments")
            .paged()
            .post(environments::create)
            .taking::<environments::EnvironmentBody>(),
        at("/environments/{environment}")
            .showing::<wire::Environment>()
            .get(environments::read)
            .put(environments::replace)
            .taking::<environments::EnvironmentBody>()
            .delete(environments::delete),
        at("/environments/{environment}/billOfMaterials")
            .kept(bill_of_materials::KEPT)
            .showing::<wire::BillOfMaterials>()
            .get(bill_of_materials::read)
            .put(bill_of_materials::replace)
            .taking::<bill_of_materials::BillOfMaterialsBody>(),
        at("/environments/{environment}/capabilities")
            .showing::<wire::Capabilities>()
            .get(environments::capabilities),
        at("/environments/{environment}/status")
            .showing::<wire::Environment>()
            .put(environments::set_status)
            .taking::<environments::StatusBody>(),
        at("/environments/{environment}/type")
            .showing::<wire::Environment>()
            .put(environments::set_type)
            .taking::<environments::TypeBody>(),
        at("/environments/{environment}/certificates/{certificate}/applications")
            .get(key_applications::of_certificate)
            .answering_many::<wire::NamingApplication>("applications"),
        at("/environments/{environment}/keys/{key}/applications")
            .get(key_applications::of_key)
            .answering_many::<wire::NamingApplication>("applications"),
        at("/environments/{environment}/integrations")
            .get(integrations::list)
            .answering_many::<Nothing>("integrations")
            .kept(Some(integrations::EMPTY)),
        at("/environments/{environment}/resources/{resource}/applicationPermissions")
            .get(application_permissions::list)
            .answering_many::<application_permissions::Permission>("permissions")
            .kept(ApplicationResource::KEPT),
        at("/environments/{environment}/resources/{resource}/secret")
            .showing::<wire::ApplicationSecret>()
            .get(resource_secret::read)
            .post(resource_secret::rotate)
            .taking::<application_secret::Rotation>()
            .with_status(&[200])
            .delete(resource_secret::drop_previous),
    ]
}

/// The routes that tell what happened, and how often.
fn resources_of_reports() -> Vec<Resource> {
    vec![
        at("/environments/{environment}/activities")
            .get(activities::list)
            .answering_many::<activities::ActivityBody>("activities")
            .paged()
            .post(activities::search)
            .taking::<PageBody>()
            .answering_many::<activities::ActivityBody>("activities")
            .with_status(&[200]),
        at("/environments/{environment}/activities/{activity}")
            .showing::<activities::ActivityBody>()
            .get(activities::read),
        at("/environments/{environment}/activeIdentityCounts")
            .get(metrics::active_identities)
            .answering_many::<wire::ActiveIdentities>("activeIdentityCounts")
            .filtered(),
        at("/environments/{environment}/metrics/activeIdentityCounts")
            .get(metrics::active_identities)
            .answering_many::<wire::ActiveIdentities>("activeIdentityCounts")
            .filtered(),
        at("/environments/{environment}/applicationSignons")
            .get(metrics::application_sign_ons)
            .answering_many::<wire::ApplicationSignOns>("applicationSignons")
            .filtered(),
        at("/environments/{environment}/totalIdentities")
            .get(metrics::total_identities)
            .answering_many::<wire::TotalIdentities>("totalIdentities")
            .filtered(),
        at("/environments/{environment}/userActivities")
            .get(metrics::user_activities)
            .answering_many::<wire::UserActivities>("userActivities")
            .filtered(),
    ]
}

/// The routes of roles, and of who has them.
fn resources_of_roles() -> Vec<Resource> {
    vec![
        at("/roles")
            .get(roles::list)
            .answering_many::<wire::Role>("roles"),
        at("/roles/{role}").showing::<wire::Role>().get(roles::read),
        at("/environments/{environment}/gateways/{gateway}/roleAssignments")
            .showing::<wire::RoleAssignment>()
            .kept(Some(ROLES_OF_GATEWAYS))
            .get(role_assignments::list_of_gateway)
            .answering_many::<wire::RoleAssignment>("roleAssignments")
            .post(role_assignments::create_of_gateway)
            .taking::<wire::NewRoleAssignment>(),
        at("/environments/{environment}/gateways/{gateway}/roleAssignments/{assignment}")
            .showing::<wire::RoleAssignment>()
            .kept(Some(ROLES_OF_GATEWAYS))
            .get(role_assignments::read_of_gateway)
            .put(role_assignments::keep_of_gateway)
            .taking::<wire::NewRoleAssignment>()
            .delete(role_assignments::delete_of_gateway),
        at("/environments/{environment}/groups/{group}/roleAssignments")
            .showing::<wire::RoleAssignment>()
            .get(role_assignments::list_of_group)
            .answering_many::<wire::RoleAssignment>("roleAssignments")
            .post(role_assignments::create_of_group)
            .taking::<wire::NewRoleAssignment>()
            .kept(Some(ROLES_OF_GROUPS)),
        at("/environments/{environment}/groups/{group}/roleAssignments/{assignment}")
            .showing::<wire::RoleAssignment>()
            .get(role_assignments::read_of_group)
            .delete(role_assignments::delete_of_group)
            .kept(Some(ROLES_OF_GROUPS)),
        at("/environments/{environment}/roles")
            .showing::<wire::Role>()
            .get(roles::list_of_environment)
            .answering_many::<wire::Role>("roles")
            .filtered()
            .post(roles::create)
            .taking::<CustomRole>(),
        at("/environments/{environment}/roles/{role}")
            .showing::<wire::Role>()
            .get(roles::read_of_environment)
            .put(roles::replace)
            .taking::<CustomRole>()
            .delete(roles::delete),
    ]
}

/// The routes of applications and of the flows that they may be given.
fn resources_of_applications() -> Vec<Resource> {
    vec![
        at("/environments/{environment}/applications")
            .keeping(applications::KEPT)
            .showing::<wire::Application>()
            .get(applications::list)
            .answering_many::<wire::Application>("applications")
            .paged()
            .post(applications::create)
            .taking::<applications::ApplicationBody>(),
        at("/environments/{environment}/applications/{application}")
            .keeping(applications::KEPT)
            .showing::<wire::Application>()
            .get(applications::read)
            .put(applications::replace)
            .taking::<applications::ApplicationBody>()
            .delete(applications::delete),
        at("/environments/{environment}/applications/{application}/roleAssignments").showing::<wire::RoleAssignment>()
            .get(role_assignments::list_of_application).answering_many::<wire::RoleAssignment>("roleAssignments")
            .post(role_assignments::create_of_application).taking::<wire::NewRoleAssignment>(),
        at("/environments/{environment}/applications/{application}/roleAssignments/{assignment}").showing::<wire::RoleAssignment>()
            .get(role_assignments::read_of_application)
            .delete(role_assignments::delete_of_application),
        at("/environments/{environment}/applications/{application}/secret").showing::<wire::ApplicationSecret>()
            .get(application_secret::read)
            .post(application_secret::rotate).taking::<application_secret::Rotation>().with_status(&[200])
            .delete(application_secret::drop_previous),
        at("/environments/{environment}/applications/{application}/flowPolicyAssignments")
            .kept(flow_policies::KEPT)
            .get(flow_policies::list_of_application).answering_many::<Nothing>("flowPolicyAssignments")
            .post(flow_policies::assign).taking::<flow_policies::Assignment>().answering::<Nothing>(),
        at("/environments/{environment}/applications/{application}/flowPolicyAssignments/{flowPolicyAssignment}")
            .kept(flow_policies::KEPT).showing::<Nothing>()
            .get(flow_policies::assigned)
            .put(flow_policies::change)
            .delete(flow_policies::change),
        at("/environments/{environment}/flowPolicies")
            .kept(flow_policies::KEPT)
            .get(flow_policies::list).answering_many::<Nothing>("flowPolicies").filtered(),
        at("/environments/{environment}/flowPolicies/{flowPolicy}")
            .kept(flow_policies::KEPT).showing::<Nothing>()
            .get(flow_policies::read),
    ]
}

/// The routes of the organization and its licences.
fn resources_of_organizations() -> Vec<Resource> {
    vec![
        at("/organizations")
            .get(organizations::list)
            .answering_many::<wire::Organization>("organizations")
            .filtered(),
        at("/organizations/{organization}")
            .showing::<wire::Organization>()
            .get(organizations::read),
        at("/organizations/{organization}/capabilities")
            .showing::<wire::Capabilities>()
            .get(organizations::capabilities),
        at("/organizations/{organization}/licenses")
            .get(organizations::list_licenses)
            .answering_many::<wire::License>("licenses")
            .filtered(),
        at("/organizations/{organization}/licenses/{license}")
            .showing::<wire::License>()
            .get(organizations::read_license),
        at("/organizations/{organization}/licenses/{license}/metrics/activeIdentityCounts")
            .get(metrics::active_identities_of_license)
            .answering_many::<wire::ActiveIdentities>("activeIdentityCounts")
            .filtered(),
        at("/organizations/{organization}/licenses/{license}/name")
            .showing::<wire::LicenseName>()
            .get(organizations::read_license_name)
            .put(organizations::set_license_name)
            .taking::<wire::LicenseName>(),
    ]
}

/// The routes of users, whose media types choose among many operations.
#[expect(clippy::too_many_lines, reason = "a table, to be read as a whole")]
fn resources_of_users() -> [Resource; 14] {
    [
        at("/environments/{environment}/users")
            .showing::<wire::User>()
            .get(users::list)
            .answering_many::<wire::User>("users")
            .paged()
            .post(user_creation::create)
            .taking::<wire::NewUser>()
            .post_as(media::USER_IMPORT, user_creation::import)
            .taking::<wire::NewUser>()
            .with_status(&[201]),
        at("/environments/{environment}/users/{user}")
            .showing::<wire::User>()
            .get(users::read)
            .listing("include", &["memberOfGroupIDs", "memberOfGroupNames"])
            .put(users::replace)
            .taking::<wire::NewUser>()
            .patch(users::update)
            .taking::<Part<wire::NewUser>>()
            .delete(users::delete)
            .post_as(media::ACCOUNT_LOCK, user_state::lock)
            .post_as(media::ACCOUNT_UNLOCK, user_state::unlock)
            .post_as(
                media::USER_SEND_VERIFICATION_CODE,
                user_state::send_verification_code,
            )
            .post_as(media::USER_VERIFY, user_state::verify)
            .taking::<user_state::VerificationBody>(),
        at("/environments/{environment}/users/{user}/enabled")
            .showing::<user_state::Enabled>()
            .get(user_state::read_enabled)
            .put(user_state::set_enabled)
            .taking::<user_state::Enabled>(),
        at("/environments/{environment}/users/{user}/mfaEnabled")
            .showing::<user_state::MfaEnabled>()
            .get(user_state::read_mfa_enabled)
            .put(user_state::set_mfa_enabled)
            .taking::<user_state::MfaEnabled>(),
        at("/environments/{environment}/users/{user}/identityProvider")
            .showing::<user_provider::ShownProvider>()
            .get(user_provider::read)
            .put(user_provider::set)
            .taking::<user_provider::NewProvider>(),
        at("/environments/{environment}/users/{user}/verifyStatus")
            .showing::<user_provider::Verified>()
            .get(user_provider::read_verify_status)
            .put(user_provider::set_verify_status)
            .taking::<user_provider::Verified>(),
        at("/environments/{environment}/users/{user}/sessions")
            .get(user_sessions::list)
            .answering_many::<user_sessions::UserSession>("sessions"),
        at("/environments/{environment}/users/{user}/sessions/{session}")
            .showing::<user_sessions::UserSession>()
            .get(user_sessions::read)
            .delete(user_sessions::delete),
        at("/environments/{environment}/users/{user}/population")
            .showing::<user_state::InPopulation>()
            .get(user_state::read_population)
            .put(user_state::set_population)
            .taking::<user_state::InPopulation>(),
        at("/environments/{environment}/users/{user}/password")
            .showing::<wire::PasswordState>()
            .get(user_password::read)
            .listing("expand", &["passwordPolicy"])
            .put_as(media::PASSWORD_SET, user_password::set)
            .taking::<wire::SetPassword>()
            .put_as(media::PASSWORD_SET_VALUE, user_password::set_value)
            .taking::<wire::SetPassword>()
            .put_as(media::PASSWORD_RESET, user_password::reset)
            .taking::<wire::ResetPassword>()
            .post_as(media::PASSWORD_CHECK, user_password::check)
            .taking::<wire::CheckPassword>()
            .post_as(media::PASSWORD_FORCE_CHANGE, user_password::force_change)
            .post_as(media::PASSWORD_RECOVER, user_password::recover)
            .taking::<wire::RecoverPassword>()
            .post_as(
                media::PASSWORD_SEND_RECOVERY_CODE,
                user_password::send_recovery_code,
            )
            .post_as(media::PASSWORD_UNLOCK, user_password::unlock),
        at("/environments/{environment}/users/{user}/roleAssignments")
            .showing::<wire::RoleAssignment>()
            .get(role_assignments::list_of_user)
            .answering_many::<wire::RoleAssignment>("roleAssignments")
            .post(role_assignments::create_of_user)
            .taking::<wire::NewRoleAssignment>(),
        at("/environments/{environment}/users/{user}/roleAssignments/{assignment}")
            .showing::<wire::RoleAssignment>()
            .get(role_assignments::read_of_user)
            .delete(role_assignments::delete_of_user),
        at("/environments/{environment}/users/{user}/memberOfGroups")
            .showing::<wire::GroupMembership>()
            .get(memberships::list_of_user)
            .listing("expand", &["group"])
            .answering_many::<wire::GroupMembership>("groupMemberships")
            .paged()
            .post(memberships::create_of_user)
            .taking::<wire::Reference<GroupId>>(),
        at("/environments/{environment}/users/{user}/memberOfGroups/{group}")
            .showing::<wire::GroupMembership>()
            .get(memberships::read_of_user)
            .listing("expand", &["group"])
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
            .showing::<OfUserShown<Device>>()
            .get(devices::list)
            .answering_many::<OfUserShown<Device>>("devices")
            .post(devices::create)
            .taking::<wire::NewDevice>()
            .post_as(media::DEVICES_REORDER, devices::reorder)
            .taking::<devices::Order>()
            .delete(devices::drop_order),
        at(format!("{DEVICES}/{{device}}"))
            .kept(devices::KEPT)
            .showing::<OfUserShown<Device>>()
            .get(devices::read)
            .delete(devices::delete)
            .post_as(media::DEVICE_ACTIVATE, devices::activate)
            .taking::<devices::ActivationBody>()
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
            .showing::<OfUserShown<Device>>()
            .put(devices::set_nickname)
            .taking::<devices::Nickname>(),
        at(PAIRING_KEYS)
            .kept(devices::KEPT_PAIRING)
            .showing::<OfUserShown<PairingKey>>()
            .post(devices::create_pairing_key)
            .taking::<devices::NewPairingKey>(),
        at(format!("{PAIRING_KEYS}/{{pairingKey}}"))
            .kept(devices::KEPT_PAIRING)
            .showing::<OfUserShown<PairingKey>>()
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
    let answering = media_router::router(resources())
        .route("/openapi.json", openapi::route())
        // A store would be looked for that has this id.
        .route(
            "/environments/{environment}/propagation/stores/connection",
            any(nothing_here),
        )
        .fallback(nothing_here);
    let limited = if idp.limits().api.is_some() {
        answering.layer(from_fn_with_state(idp.clone(), limit_api))
    } else {
        answering
    };
    limited
        .layer(from_fn_with_state(idp.clone(), correlate))
        .layer(cors)
}

pub use openapi::document;

async fn nothing_here(uri: Uri) -> ApiFailure {
    absent::asked_of_management(uri.path()).map_or_else(ApiFailure::not_found, |absent| {
        ApiFailure::not_found_saying(absent.to_string())
    })
}

/// All operations of the management API, from the table that routes them.
pub fn operations() -> Vec<Operation> {
    media_router::operations(&resources())
}
