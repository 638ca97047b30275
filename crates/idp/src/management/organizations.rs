//! `/organizations` and their licences (PingOne, "Organizations", "Licenses").
//!
//! An installation is one organization, and its licences limit nothing: what they tell is what there
//! is. Only a licence's name is kept.

use protocol::id::{LicenseId, OrganizationId};
use protocol::pingone::{Capabilities, Code, LicenseName, Reference, date};
use protocol::scim::{AttributeRule, AttributeRules, Operator};
use serde_json::{Map, Value, json};

use super::environments::organization;
use crate::access::caller::Caller;
use crate::access::roles::ids;
use crate::api::body::Json;
use crate::api::checks;
use crate::api::filter::passes;
use crate::api::hal::{Hal, Page, Reply, Shown};
use crate::api::paging::PageRequest;
use crate::audit::Subject;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::licenses;

/// What the organization is called; there is nothing to tell it from.
const NAME: &str = "Latchkey";

/// The licences of an organization: for its environments, and for the one of its administrators.
const PACKAGES: [&str; 2] = ["INTERNAL", "ADMIN"];

/// How instants are compared.
const ORDER: &[Operator] = &[
    Operator::Eq,
    Operator::Gt,
    Operator::Ge,
    Operator::Lt,
    Operator::Le,
];

/// More than anybody has.
const UNLIMITED: i64 = 10_000_000;

/// The caller's organization, which must be the one of the path.
pub(super) struct Own {
    pub(super) caller: Caller,
    id: OrganizationId,
}

pub(super) async fn own(caller: Caller, id: OrganizationId) -> Result<Own, ApiFailure> {
    if organization(&caller).await? == id {
        Ok(Own { caller, id })
    } else {
        Err(ApiFailure::forbidden())
    }
}

impl Own {
    pub(super) fn url(&self, behind: &str) -> String {
        let path = format_args!("organizations/{}{behind}", self.id);
        self.caller.idp.urls().api(path)
    }

    fn show(&self) -> Shown {
        // PingOne's ids of billing connections are short texts without hyphens.
        let billing = self.id.as_uuid().simple().to_string();
        let mut members = Map::new();
        members.insert("id".to_owned(), json!(self.id));
        members.insert("name".to_owned(), json!(NAME));
        members.insert("type".to_owned(), json!("INTERNAL"));
        members.insert("billingConnections".to_owned(), json!([{"id": billing}]));
        Hal::new(self.url(""), members).link("licenses", self.url("/licenses"))
    }

    /// The licences, with the names that they were given.
    async fn licenses(&self) -> Result<Vec<Shown>, ApiFailure> {
        let mut all = Vec::new();
        for (position, package) in PACKAGES.into_iter().enumerate() {
            let id = licenses::id(self.id, position);
            all.push(self.license(id, package).await?);
        }
        Ok(all)
    }

    async fn license(&self, id: LicenseId, package: &str) -> Result<Shown, ApiFailure> {
        let db = self.caller.idp.db();
        let name = licenses::find_name(db, id).await?;
        let assigned = licenses::count_environments(db, self.id, id).await?;
        let began = licenses::began(db, self.id)
            .await?
            .unwrap_or(self.caller.now);
        let expires = began.checked_add(jiff::SignedDuration::from_hours(24 * 3650));
        let regions: Vec<_> = [self.caller.idp.settings().region].map(Code::code).into();
        let mut members = Map::new();
        for (member, value) in [
            ("id", json!(id)),
            ("name", json!(name.as_deref().unwrap_or(package))),
            ("package", json!(package)),
            ("status", json!("ACTIVE")),
            ("organization", json!(Reference::new(self.id))),
            ("beginsAt", json!(date::written(began))),
            ("expiresAt", json!(date::written(expires.unwrap_or(began)))),
            ("assignedEnvironmentsCount", json!(assigned)),
            (
                "environments",
                json!({
                    "allowAddResources": true, "allowConnections": true,
                    "allowCustomDomain": true, "allowCustomSchema": true,
                    "allowProduction": true, "max": UNLIMITED, "regions": regions,
                }),
            ),
        ] {
            members.insert(member.to_owned(), value);
        }
        members.extend(entitlements());
        let path = format!("/licenses/{id}");
        Ok(Hal::new(self.url(&path), members)
            .link("organization", self.url(""))
            .link("name", self.url(&format!("{path}/name"))))
    }

    pub(super) async fn find(&self, id: LicenseId) -> Result<Shown, ApiFailure> {
        for (position, package) in PACKAGES.into_iter().enumerate() {
            if licenses::id(self.id, position) == id {
                return self.license(id, package).await;
            }
        }
        Err(ApiFailure::not_found())
    }
}

/// What a licence lets one do.
fn entitlements() -> Map<String, Value> {
    let all = |names: &[&str]| {
        let allowed = names.iter().map(|name| ((*name).to_owned(), json!(true)));
        allowed.collect::<Map<_, _>>()
    };
    let mut users = all(&[
        "allowPasswordManagementNotifications",
        "allowIdentityProviders",
        "allowMyAccount",
        "allowPasswordManagement",
        "allowPasswordOnlyAuthentication",
        "allowPasswordPolicy",
        "allowProvisioning",
        "allowInboundProvisioning",
        "allowRoleAssignment",
        "allowVerificationFlow",
        "allowUpdateSelf",
        "entitledToSupport",
    ]);
    for limit in ["max", "hardLimitMax", "annualActiveIncluded"] {
        users.insert(limit.to_owned(), json!(UNLIMITED));
    }
    let mut verify = all(&[
        "allowPushNotifications",
        "allowDocumentMatch",
        "allowFaceMatch",
    ]);
    verify.insert("allowManualIdInspection".to_owned(), json!(false));
    let groups = [
        ("users", users),
        ("verify", verify),
        (
            "authorize",
            all(&["allowApiAccessManagement", "allowDynamicAuthorization"]),
        ),
        ("credentials", all(&["allowCredentials"])),
        (
            "fraud",
            all(&["allowBotMaliciousDeviceDetection", "allowAccountProtection"]),
        ),
        (
            "gateways",
            all(&[
                "allowLdapGateway",
                "allowKerberosGateway",
                "allowRadiusGateway",
            ]),
        ),
        (
            "intelligence",
            all(&[
                "allowGeoVelocity",
                "allowAnonymousNetworkDetection",
                "allowReputation",
                "allowDataConsent",
                "allowRisk",
                "allowAdvancedPredictors",
            ]),
        ),
        (
            "mfa",
            all(&[
                "allowPushNotification",
                "allowNotificationOutsideWhitelist",
                "allowFido2Devices",
                "allowVoiceOtp",
                "allowEmailOtp",
                "allowSmsOtp",
                "allowTotp",
            ]),
        ),
        ("orchestrate", all(&["allowOrchestration"])),
    ];
    let mut members: Map<String, Value> = groups
        .into_iter()
        .map(|(name, allowed)| (name.to_owned(), Value::Object(allowed)))
        .collect();
    let ping_id = json!({"pingId": {"included": true, "type": "FULL"}});
    members.insert("advancedServices".to_owned(), ping_id);
    members
}

fn texts(names: &[&'static str]) -> AttributeRules {
    const OPERATORS: &[Operator] = &[Operator::Eq, Operator::Sw, Operator::Co];
    AttributeRules::new(
        names
            .iter()
            .map(|name| AttributeRule::text(*name, OPERATORS)),
    )
}

fn filtered(
    page: &PageRequest,
    rules: &AttributeRules,
    mut items: Vec<Shown>,
) -> Result<Vec<Shown>, ApiFailure> {
    let filter = page.filter(rules)?;
    items.retain(|item| passes(filter.as_ref(), item.item()));
    Ok(items)
}

pub(super) async fn list(caller: Caller, page: PageRequest) -> Result<Reply, ApiFailure> {
    let id = organization(&caller).await?;
    let url = caller.idp.urls().api("organizations");
    let own = own(caller, id).await?;
    let found = filtered(&page, &texts(&["id", "name"]), vec![own.show()])?;
    Reply::ok(&Page::whole(url, "organizations", found))
}

pub(super) async fn read(
    caller: Caller,
    PathId(id): PathId<OrganizationId>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&own(caller, id).await?.show())
}

pub(super) async fn list_licenses(
    caller: Caller,
    PathId(id): PathId<OrganizationId>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let own = own(caller, id).await?;
    let rules = ["beginsAt", "expiresAt"].into_iter().fold(
        texts(&["id", "name", "package", "status"]),
        |rules, name| rules.with(AttributeRule::exact(name, ORDER)),
    );
    let found = filtered(&page, &rules, own.licenses().await?)?;
    Reply::ok(&Page::whole(own.url("/licenses"), "licenses", found))
}

pub(super) async fn read_license(
    caller: Caller,
    PathId(id): PathId<OrganizationId>,
    PathId(license): PathId<LicenseId>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&own(caller, id).await?.find(license).await?)
}

fn show_name(own: &Own, id: LicenseId, license: &Shown) -> Result<Reply, ApiFailure> {
    let name = license.item().get("name").and_then(Value::as_str);
    let name = name.unwrap_or_default();
    let url = own.url(&format!("/licenses/{id}/name"));
    Reply::ok(&Hal::new(url, LicenseName::new(name)))
}

pub(super) async fn read_license_name(
    caller: Caller,
    PathId(id): PathId<OrganizationId>,
    PathId(license): PathId<LicenseId>,
) -> Result<Reply, ApiFailure> {
    let own = own(caller, id).await?;
    let found = own.find(license).await?;
    show_name(&own, license, &found)
}

pub(super) async fn set_license_name(
    caller: Caller,
    PathId(id): PathId<OrganizationId>,
    PathId(license): PathId<LicenseId>,
    Json(body): Json<LicenseName>,
) -> Result<Reply, ApiFailure> {
    let own = own(caller, id).await?;
    own.find(license).await?;
    let is_administrator = own.caller.assignments().iter().any(|assignment| {
        assignment.role_id == ids::ORGANIZATION_ADMIN && assignment.scope.id == id.as_uuid()
    });
    if !is_administrator {
        return Err(ApiFailure::forbidden());
    }
    let name = checks::name(&body.name)?;
    let change = licenses::set_name(license, &name);
    let subject = Subject::of("LICENSE", license, name);
    let home = own.caller.home();
    own.caller
        .commit(home, change, "LICENSE.UPDATED", subject)
        .await?;
    let found = own.find(license).await?;
    show_name(&own, license, &found)
}

pub(super) async fn capabilities(
    caller: Caller,
    PathId(id): PathId<OrganizationId>,
) -> Result<Reply, ApiFailure> {
    let own = own(caller, id).await?;
    Reply::ok(
        &Hal::new(own.url("/capabilities"), Capabilities::ALL).link("organization", own.url("")),
    )
}
