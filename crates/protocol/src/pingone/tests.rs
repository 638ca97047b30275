//! What an answer may hold that this crate has never heard of.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

const ID: &str = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
const NOW: &str = "2026-01-05T10:00:00Z";

/// Reads a sample as its type; gives what went wrong.
type Read = fn(&Value) -> Result<(), String>;

fn read<T: DeserializeOwned>(value: &Value) -> Result<(), String> {
    serde_json::from_value::<T>(value.clone())
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Every type of an answer: its name, how to read it, a sample, and where codes stand in that.
#[expect(clippy::too_many_lines, reason = "a table, one entry for each type")]
fn answers() -> Vec<(&'static str, Read, Value, &'static [&'static str])> {
    let one = json!({"id": ID});
    let group = json!({"id": ID, "environment": one, "name": "a", "createdAt": NOW, "updatedAt": NOW,
        "directMemberCounts": {"users": 1}});
    vec![
        (
            "Account",
            read::<Account>,
            json!({"canAuthenticate": true, "status": "OK"}),
            &["/status"],
        ),
        (
            "Address",
            read::<Address>,
            json!({"locality": "London"}),
            &[],
        ),
        (
            "ApiError",
            read::<ApiError>,
            json!({"id": "a", "code": "INVALID_DATA", "details": [{"code": "INVALID_VALUE"}]}),
            &["/code", "/details/0/code"],
        ),
        (
            "ApplicationPermissionsSettings",
            read::<ApplicationPermissionsSettings>,
            json!({"claimEnabled": true}),
            &[],
        ),
        (
            "ApplicationSecret",
            read::<ApplicationSecret>,
            json!({"secret": "a"}),
            &[],
        ),
        (
            "AssignedScope",
            read::<AssignedScope>,
            json!({"id": ID, "type": "POPULATION"}),
            &["/type"],
        ),
        (
            "BillOfMaterials",
            read::<BillOfMaterials>,
            json!({"solutionType": "CUSTOMER", "products": [
                {"type": "PING_FEDERATE", "tags": ["DAVINCI_MINIMAL"]},
            ]}),
            &["/solutionType", "/products/0/type", "/products/0/tags/0"],
        ),
        (
            "Bookmark",
            read::<Bookmark>,
            json!({"name": "Docs", "href": "https://docs.example/"}),
            &[],
        ),
        ("Deployment", read::<Deployment>, json!({"id": "a"}), &[]),
        (
            "Product",
            read::<Product>,
            json!({"type": "PING_ONE_BASE"}),
            &["/type"],
        ),
        (
            "EmbeddedGroup",
            read::<EmbeddedGroup>,
            json!({"group": group}),
            &[],
        ),
        (
            "EmbeddedPolicy",
            read::<EmbeddedPolicy>,
            json!({"passwordPolicy": crate::password_policy::PasswordPolicy::standard()}),
            &[],
        ),
        (
            "Environment",
            read::<Environment>,
            json!({"id": ID, "organization": one, "name": "a", "type": "SANDBOX", "region": "EU",
                "createdAt": NOW, "updatedAt": NOW}),
            &["/type", "/region"],
        ),
        (
            "ErrorDetail",
            read::<ErrorDetail>,
            json!({"code": "INVALID_VALUE", "message": "a"}),
            &["/code"],
        ),
        ("Group", read::<Group>, group.clone(), &[]),
        (
            "GroupMembership",
            read::<GroupMembership>,
            json!({"id": ID, "type": "DIRECT", "environment": one, "_embedded": {"group": group}}),
            &["/type"],
        ),
        (
            "IdentityProvider",
            read::<IdentityProvider>,
            json!({"type": "PING_ONE"}),
            &["/type"],
        ),
        ("LastSignOn", read::<LastSignOn>, json!({"at": NOW}), &[]),
        (
            "Lifecycle",
            read::<Lifecycle>,
            json!({"status": "ACCOUNT_OK"}),
            &["/status"],
        ),
        (
            "Link",
            read::<Link>,
            json!({"href": "https://api.example/"}),
            &[],
        ),
        (
            "MemberCounts",
            read::<MemberCounts>,
            json!({"users": 3}),
            &[],
        ),
        ("Name", read::<Name>, json!({"given": "Ada"}), &[]),
        (
            "PasswordState",
            read::<PasswordState>,
            json!({"environment": one, "user": one, "status": "OK"}),
            &["/status"],
        ),
        (
            "Photo",
            read::<Photo>,
            json!({"href": "https://img.example/"}),
            &[],
        ),
        (
            "Population",
            read::<Population>,
            json!({"id": ID, "environment": one, "name": "a", "createdAt": NOW, "updatedAt": NOW}),
            &[],
        ),
        (
            "PreviousSecret",
            read::<PreviousSecret>,
            json!({"secret": "a", "expiresAt": NOW}),
            &[],
        ),
        (
            "Reference",
            read::<Reference<crate::id::UserId>>,
            one.clone(),
            &[],
        ),
        (
            "Resource",
            read::<Resource>,
            json!({"id": ID, "environment": one, "name": "a", "type": "CUSTOM", "createdAt": NOW,
                "updatedAt": NOW}),
            &["/type"],
        ),
        (
            "ResourceGrant",
            read::<ResourceGrant>,
            json!({"id": ID, "environment": one, "application": one, "resource": one,
                "scopes": [one], "createdAt": NOW, "updatedAt": NOW}),
            &[],
        ),
        (
            "ResourceScope",
            read::<ResourceScope>,
            json!({"id": ID, "environment": one, "resource": one, "name": "a", "createdAt": NOW,
                "updatedAt": NOW}),
            &[],
        ),
        (
            "Role",
            read::<Role>,
            json!({"id": ID, "name": "a", "applicableTo": ["ENVIRONMENT"], "type": "CUSTOM",
                "permissions": [{"id": "dir:read:user"}], "canBeAssignedBy": [one]}),
            &["/applicableTo/0", "/type"],
        ),
        (
            "RoleAssignment",
            read::<RoleAssignment>,
            json!({"id": ID, "environment": one, "role": one,
                "scope": {"id": ID, "type": "ENVIRONMENT"}}),
            &["/scope/type"],
        ),
        (
            "RolePermission",
            read::<RolePermission>,
            json!({"id": "dir:read:user", "classifier": "Directory"}),
            &[],
        ),
        (
            "ActiveIdentities",
            read::<ActiveIdentities>,
            json!({"date": "2026-01-05", "activeIdentityCount": 3}),
            &[],
        ),
        (
            "ApplicationSignOns",
            read::<ApplicationSignOns>,
            json!({"date": "2026-01-05", "application": one, "count": 3}),
            &[],
        ),
        (
            "Capabilities",
            read::<Capabilities>,
            json!({"canAddResources": true}),
            &[],
        ),
        (
            "CountedAction",
            read::<CountedAction>,
            json!({"type": "USER.CREATED"}),
            &[],
        ),
        (
            "License",
            read::<License>,
            json!({"id": ID, "name": "a", "package": "INTERNAL", "status": "ACTIVE"}),
            &["/package", "/status"],
        ),
        (
            "LicenseName",
            read::<LicenseName>,
            json!({"name": "a"}),
            &[],
        ),
        (
            "LinkedAccount",
            read::<LinkedAccount>,
            json!({"identityProvider": one, "externalId": "a"}),
            &[],
        ),
        (
            "Organization",
            read::<Organization>,
            json!({"id": ID, "name": "a"}),
            &[],
        ),
        (
            "Template",
            read::<Template>,
            json!({"id": "a", "deliveryMethods": ["Email"],
                "variables": {"code": {"required": true}}}),
            &["/deliveryMethods/0"],
        ),
        (
            "TemplateVariable",
            read::<TemplateVariable>,
            json!({"required": true}),
            &[],
        ),
        (
            "TotalIdentities",
            read::<TotalIdentities>,
            json!({"date": 1_767_571_200_000_i64, "totalIdentities": 3}),
            &[],
        ),
        (
            "UserActivities",
            read::<UserActivities>,
            json!({"date": "2026-01-05", "action": {"type": "USER.CREATED"}, "count": 3}),
            &[],
        ),
        (
            "User",
            read::<User>,
            json!({"id": ID, "environment": one,
                "account": {"canAuthenticate": true, "status": "OK"},
                "lifecycle": {"status": "ACCOUNT_OK"}, "identityProvider": {"type": "PING_ONE"},
                "verifyStatus": "NOT_INITIATED"}),
            &[
                "/account/status",
                "/lifecycle/status",
                "/identityProvider/type",
                "/verifyStatus",
            ],
        ),
    ]
}

/// The sources of the resources, by file.
const SOURCES: [&str; 13] = [
    include_str!("application.rs"),
    include_str!("collection.rs"),
    include_str!("environment.rs"),
    include_str!("error.rs"),
    include_str!("group.rs"),
    include_str!("linked_account.rs"),
    include_str!("organization.rs"),
    include_str!("password.rs"),
    include_str!("population.rs"),
    include_str!("report.rs"),
    include_str!("resource.rs"),
    include_str!("role.rs"),
    include_str!("template.rs"),
];

/// Requests, which a server reads; what carries a type of their own to it is listed here.
const REQUESTS: [&str; 20] = [
    "AccessControl",
    "CheckPassword",
    "CorsSettings",
    "GroupAccess",
    "ImportPassword",
    "NewApplication",
    "NewEnvironment",
    "NewGroup",
    "NewLifecycle",
    "NewPopulation",
    "NewResource",
    "NewResourceGrant",
    "NewRole",
    "NewRoleAssignment",
    "NewScope",
    "RecoverPassword",
    "ResetPassword",
    "RoleAccess",
    "RoleScope",
    "SetPassword",
];

/// A public struct that is read from JSON: its name, the attributes above it, and its members.
struct Struct {
    name: String,
    attributes: String,
    members: String,
}

fn structs(source: &str) -> Vec<Struct> {
    let mut found = Vec::new();
    let mut attributes = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("#[") {
            attributes.push_str(line);
        } else if let Some(rest) = line.strip_prefix("pub struct ") {
            let name: String = rest
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let members = lines.by_ref().take_while(|line| *line != "}").collect();
            if attributes.contains("Deserialize") {
                found.push(Struct {
                    name,
                    attributes: std::mem::take(&mut attributes),
                    members,
                });
            }
            attributes.clear();
        } else if !line.starts_with("//") {
            attributes.clear();
        }
    }
    found
}

fn all_structs() -> Vec<Struct> {
    let user = include_str!("user.rs");
    SOURCES
        .iter()
        .chain([&user])
        .flat_map(|source| structs(source))
        .collect()
}

fn spoil(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(spoil);
            members.insert("madeUpByTheService".to_owned(), json!({"deep": [1, null]}));
        }
        Value::Array(items) => items.iter_mut().for_each(spoil),
        _ => {}
    }
}

#[test]
fn no_answer_fails_for_a_code_or_a_member_that_is_unknown() {
    for (name, read, sample, codes) in answers() {
        read(&sample).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut spoilt = sample.clone();
        for code in codes {
            *spoilt.pointer_mut(code).unwrap() = json!("GALAXY");
        }
        // The members of `minCharacters` are sets of characters; the policy is tested beside it.
        if name != "EmbeddedPolicy" {
            spoil(&mut spoilt);
        }
        read(&spoilt).unwrap_or_else(|error| panic!("{name}, with what is new: {error}"));
    }
}

#[test]
fn every_struct_that_is_read_is_known_as_an_answer_or_a_request() {
    let answers: Vec<&str> = answers().into_iter().map(|(name, ..)| name).collect();
    let found = all_structs();
    assert!(found.len() > 30, "{}", found.len());
    for one in &found {
        let name = one.name.as_str();
        assert!(
            answers.contains(&name) != REQUESTS.contains(&name),
            "`{name}` is neither in `answers()` nor in `REQUESTS`, or in both"
        );
    }
}

#[test]
fn every_struct_of_an_answer_may_grow_and_has_no_closed_code() {
    let closed = [
        "ApplicationType",
        "EnvironmentType",
        "GrantTypeName",
        "LifecycleStatus",
        "PkceEnforcement",
        "Region",
        "ResourceType",
        "ResponseTypeName",
        "RoleScopeType",
        "VerifyStatus",
    ];
    for one in all_structs() {
        if REQUESTS.contains(&one.name.as_str()) {
            continue;
        }
        assert!(
            one.attributes.contains("non_exhaustive"),
            "`{}` is not #[non_exhaustive]",
            one.name
        );
        for code in closed {
            let rest = one.members.replace(&format!("Open<{code}>"), "");
            assert!(
                !rest.contains(&format!(": {code},")) && !rest.contains(&format!("<{code}>")),
                "`{}` fails for a new {code}: make it Open<{code}>",
                one.name
            );
        }
    }
}
