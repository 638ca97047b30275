//! `/environments/{environment}/gateways`: what stands at a customer's between PingOne and a directory
//! or a network, with the credentials by which it reports (PingOne, "Gateways").

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use protocol::id::PopulationId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{
    Below, Configuration, Managing, Reading, TopLevel, collection, item_route, list_route,
};
use crate::api::hal::{Page, Reply, Shown};
use crate::api::media_router::{Resource, at};
use crate::api::shapes::Nothing;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::populations::StoredPopulation;
use crate::stores::record::{Events, events};
use crate::stores::role_assignments::RoleAssignments;

const NOT_CONNECTED: &str = "No gateway connects, and no directory is asked.";

/// The type of the JWT by which a gateway shows who it is. No access token has it.
const CREDENTIAL_TYPE: &str = "gateway+jwt";

/// A gateway. Which members it has follows from its type.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gateway {
    name: String,
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Kind,
    enabled: bool,
    #[serde(rename = "bindDN")]
    bind_dn: Option<String>,
    bind_password: Option<String>,
    connection_security: Option<ConnectionSecurity>,
    follow_referrals: Option<bool>,
    kerberos: Option<Kerberos>,
    servers_host_and_port: Option<Vec<String>>,
    user_types: Option<Vec<UserType>>,
    validate_tls_certificates: Option<bool>,
    vendor: Option<Vendor>,
    davinci: Option<DaVinci>,
    default_shared_secret: Option<String>,
    network_policy_server: Option<NetworkPolicyServer>,
    radius_clients: Option<Vec<RadiusClient>>,
}

impl Gateway {
    /// Whether it leads to an LDAP directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.kind == Kind::Ldap
    }

    /// Whether somebody of this type who is not at PingOne yet is looked up in the directory.
    pub(crate) fn looks_new_users_up(&self, user_type: Uuid) -> bool {
        self.user_types
            .iter()
            .flatten()
            .any(|one| one.id == Some(user_type) && one.new_user_lookup.is_some())
    }
}

/// What a gateway connects.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    ApiGatewayIntegration,
    Ldap,
    PingFederate,
    PingIntelligence,
    Radius,
}

/// How a connection to a directory is protected.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum ConnectionSecurity {
    None,
    #[serde(rename = "StartTLS")]
    StartTls,
    #[serde(rename = "TLS")]
    Tls,
}

/// Whose directory it is.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum Vendor {
    #[serde(rename = "CA Directory")]
    CaDirectory,
    #[serde(rename = "IBM (Tivoli) Security Directory Server")]
    IbmTivoli,
    #[serde(rename = "LDAPv3-compliant Directory Server")]
    LdapV3,
    #[serde(rename = "Microsoft Active Directory")]
    ActiveDirectory,
    #[serde(rename = "OpenDJ Directory Server")]
    OpenDj,
    #[serde(rename = "Oracle Directory Server Enterprise Edition")]
    OracleEnterprise,
    #[serde(rename = "Oracle Unified Directory")]
    OracleUnified,
    PingDirectory,
}

/// The account by which Kerberos tickets are checked.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Kerberos {
    service_account_user_principal_name: String,
    service_account_password: Option<String>,
    minutes_to_retain_previous_credentials: Option<u32>,
}

/// A kind of users of a directory, and what they are at PingOne.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UserType {
    id: Option<Uuid>,
    name: String,
    allow_password_changes: Option<bool>,
    update_user_on_successful_authentication: Option<bool>,
    new_user_lookup: Option<NewUserLookup>,
    ordered_correlation_attributes: Vec<String>,
    password_authority: PasswordAuthority,
    search_base_dn: String,
}

/// Who checks a password.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum PasswordAuthority {
    Ldap,
    PingOne,
}

/// How somebody is found in the directory who is not at PingOne yet.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewUserLookup {
    attribute_mappings: Vec<AttributeMapping>,
    ldap_filter_pattern: String,
    population: PopulationReference,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct AttributeMapping {
    name: String,
    value: String,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
struct PopulationReference {
    id: PopulationId,
}

/// The flow that decides whom a RADIUS gateway lets in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct DaVinci {
    policy: DaVinciPolicy,
}

/// DaVinci's ids are not UUIDs with hyphens.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct DaVinciPolicy {
    id: String,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
struct NetworkPolicyServer {
    ip: Ipv4Addr,
    port: u16,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RadiusClient {
    ip: Ipv4Addr,
    shared_secret: Option<String>,
    blast_radius_mitigation: Option<BlastRadiusMitigation>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BlastRadiusMitigation {
    limit_proxy_state: Option<bool>,
    require_msg_auth: Option<bool>,
}

impl Document for Gateway {
    const EVENTS: Events = events!("GATEWAY");
    const SECRETS: &'static [&'static str] = &["/bindPassword", "/kerberos/serviceAccountPassword"];
    const SEALED: &'static [&'static str] = &["/defaultSharedSecret", "/radiusClients"];

    fn name(&self) -> &str {
        &self.name
    }

    /// Clients delete a population before they change the gateway that new users of it come by.
    fn mentions(&self) -> Vec<Reference> {
        let member = "userTypes.newUserLookup.population.id";
        let kinds = self.user_types.iter().flatten();
        let mentions = kinds.filter_map(|kind| {
            let lookup = kind.new_user_lookup.as_ref()?;
            let population = lookup.population.id;
            Some(Reference::to_row::<StoredPopulation>(member, population))
        });
        mentions.collect()
    }

    /// Nobody new is looked up for a population that is gone.
    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        for kind in self.user_types.iter_mut().flatten() {
            let lookup = kind.new_user_lookup.take();
            kind.new_user_lookup =
                lookup.filter(|lookup| !gone.contains(&lookup.population.id.as_uuid()));
        }
    }
}

impl Configuration for Gateway {
    const PATH: &'static str = "gateways";
    const ITEM: &'static str = "gateway";
    const KEPT: Option<&'static str> = Some(NOT_CONNECTED);
    const FILTERS: &'static [&'static str] = &["name", "type"];
    type Parent = TopLevel;
    type Read = may::ReadGateways;
    type Manage = may::ManageGateways;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        if replaced.is_some_and(|object| object.document.kind != self.kind) {
            let message = "The type of a gateway cannot be changed.";
            return Err(ApiFailure::invalid_value("type", message));
        }
        self.check_members()?;
        match self.kind {
            Kind::Ldap => {
                self.check_ldap()?;
                self.name_user_types(managing, replaced);
                Ok(())
            }
            Kind::Radius => self.check_radius(),
            Kind::ApiGatewayIntegration | Kind::PingFederate | Kind::PingIntelligence => Ok(()),
        }
    }

    fn endings(object: &Object<Self>) -> Change {
        RoleAssignments::delete_all(object.id)
    }
}

impl Gateway {
    /// That no member is there which belongs to another type.
    fn check_members(&self) -> Result<(), ApiFailure> {
        let ldap = [
            ("bindDN", self.bind_dn.is_some()),
            ("bindPassword", self.bind_password.is_some()),
            ("connectionSecurity", self.connection_security.is_some()),
            ("followReferrals", self.follow_referrals.is_some()),
            ("kerberos", self.kerberos.is_some()),
            ("serversHostAndPort", self.servers_host_and_port.is_some()),
            ("userTypes", self.user_types.is_some()),
            (
                "validateTlsCertificates",
                self.validate_tls_certificates.is_some(),
            ),
            ("vendor", self.vendor.is_some()),
        ];
        let radius = [
            ("davinci", self.davinci.is_some()),
            ("defaultSharedSecret", self.default_shared_secret.is_some()),
            ("networkPolicyServer", self.network_policy_server.is_some()),
            ("radiusClients", self.radius_clients.is_some()),
        ];
        let of_others = ldap
            .into_iter()
            .filter(|_| self.kind != Kind::Ldap)
            .chain(radius.into_iter().filter(|_| self.kind != Kind::Radius));
        match of_others.into_iter().find(|(_, is_there)| *is_there) {
            Some((member, _)) => Err(ApiFailure::invalid_value(
                member,
                "A gateway of this type does not have it.",
            )),
            None => Ok(()),
        }
    }

    fn check_ldap(&mut self) -> Result<(), ApiFailure> {
        required("bindDN", self.bind_dn.as_deref(), 1024)?;
        required("bindPassword", self.bind_password.as_deref(), 1024)?;
        if self.vendor.is_none() {
            return Err(ApiFailure::required_value("vendor"));
        }
        let servers = self.servers_host_and_port.as_deref().unwrap_or_default();
        if servers.is_empty() {
            return Err(ApiFailure::required_value("serversHostAndPort"));
        }
        if servers.len() > 100 || !servers.iter().all(|server| has_port(server)) {
            let message = "must be at most 100 servers, each as host:port";
            return Err(ApiFailure::invalid_value("serversHostAndPort", message));
        }
        self.connection_security
            .get_or_insert(ConnectionSecurity::None);
        self.follow_referrals.get_or_insert(false);
        self.validate_tls_certificates.get_or_insert(true);
        if let Some(kerberos) = &self.kerberos {
            let name = &kerberos.service_account_user_principal_name;
            required("kerberos.serviceAccountUserPrincipalName", Some(name), 1024)?;
            let password = kerberos.service_account_password.as_deref();
            checks::at_most("kerberos.serviceAccountPassword", password, 1024)?;
        }
        let types = self.user_types.as_deref_mut().unwrap_or_default();
        if types.len() > 100 {
            let message = "must be at most 100";
            return Err(ApiFailure::invalid_value("userTypes", message));
        }
        let mut names = BTreeSet::new();
        for kind in types {
            kind.check()?;
            if !names.insert(kind.name.clone()) {
                return Err(ApiFailure::not_unique("userTypes.name"));
            }
        }
        Ok(())
    }

    /// A user type keeps its id by its name; users may name it.
    fn name_user_types(&mut self, managing: &Managing<Self>, replaced: Option<&Object<Self>>) {
        let before = replaced.and_then(|object| object.document.user_types.as_deref());
        let before = before.unwrap_or_default();
        let mut parts = managing.new_parts();
        for kind in self.user_types.as_deref_mut().unwrap_or_default() {
            let known = before
                .iter()
                .find(|one| one.name == kind.name || kind.id.is_some() && one.id == kind.id);
            kind.id = known
                .and_then(|known| known.id)
                .or_else(|| Some(parts.next_id()));
        }
    }

    fn check_radius(&self) -> Result<(), ApiFailure> {
        let policy = self.davinci.as_ref().map(|davinci| &davinci.policy.id);
        required("davinci.policy.id", policy.map(String::as_str), 64)?;
        let default = self.default_shared_secret.as_deref();
        if default.is_some() {
            required("defaultSharedSecret", default, 256)?;
        }
        let Some(clients) = &self.radius_clients else {
            return Err(ApiFailure::required_value("radiusClients"));
        };
        if clients.len() > 100 {
            let message = "must be at most 100";
            return Err(ApiFailure::invalid_value("radiusClients", message));
        }
        for client in clients {
            let target = "radiusClients.sharedSecret";
            checks::at_most(target, client.shared_secret.as_deref(), 256)?;
            let own = client.shared_secret.as_deref().unwrap_or_default();
            if own.is_empty() && default.is_none() {
                let message = "is required where there is no defaultSharedSecret";
                return Err(ApiFailure::invalid_value(target, message));
            }
        }
        Ok(())
    }
}

impl UserType {
    fn check(&mut self) -> Result<(), ApiFailure> {
        required("userTypes.name", Some(&self.name), 256)?;
        required("userTypes.searchBaseDn", Some(&self.search_base_dn), 1024)?;
        texts(
            "userTypes.orderedCorrelationAttributes",
            &self.ordered_correlation_attributes,
        )?;
        self.allow_password_changes.get_or_insert(false);
        self.update_user_on_successful_authentication
            .get_or_insert(false);
        let Some(lookup) = &self.new_user_lookup else {
            return Ok(());
        };
        let target = "userTypes.newUserLookup.ldapFilterPattern";
        required(target, Some(&lookup.ldap_filter_pattern), 4096)?;
        let mappings = &lookup.attribute_mappings;
        let target = "userTypes.newUserLookup.attributeMappings";
        if mappings.is_empty() {
            return Err(ApiFailure::required_value(target));
        }
        let both = mappings
            .iter()
            .flat_map(|mapping| [mapping.name.clone(), mapping.value.clone()]);
        texts(target, &both.collect::<Vec<_>>())
    }
}

fn required(target: &str, text: Option<&str>, longest: usize) -> Result<(), ApiFailure> {
    if text.is_none_or(str::is_empty) {
        return Err(ApiFailure::required_value(target));
    }
    checks::at_most(target, text, longest)
}

fn texts(target: &str, texts: &[String]) -> Result<(), ApiFailure> {
    if texts.is_empty() {
        return Err(ApiFailure::required_value(target));
    }
    let short = |text: &String| !text.is_empty() && text.chars().count() <= 4096;
    if texts.len() > 200 || !texts.iter().all(short) {
        let message = "must be at most 200 texts of at most 4096 characters";
        return Err(ApiFailure::invalid_value(target, message));
    }
    Ok(())
}

fn has_port(server: &str) -> bool {
    server.len() <= 300
        && server.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
        })
}

/// What a gateway shows when it reports. The JWT itself is not kept.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayCredential {
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    last_used_at: Option<Timestamp>,
}

impl Document for GatewayCredential {
    const EVENTS: Events = events!("GATEWAY_CREDENTIAL");
    const MOST: u32 = 100;

    fn name(&self) -> &'static str {
        ""
    }

    fn unique(&self) -> Option<String> {
        None
    }
}

impl Configuration for GatewayCredential {
    const PATH: &'static str = "gateways/{gateway}/credentials";
    const ITEM: &'static str = "credential";
    const KEY: &'static str = "credentials";
    const KEPT: Option<&'static str> = Some(NOT_CONNECTED);
    const FILTERS: &'static [&'static str] = &[];
    type Parent = Below<Gateway>;
    type Read = may::ReadGateways;
    type Manage = may::ManageGateways;
}

/// Makes a credential and shows its JWT, this once.
async fn create_credential(managing: Managing<GatewayCredential>) -> Result<Reply, ApiFailure> {
    // Whoever has it is the gateway, with the roles that it holds.
    managing.require_all_roles_of(managing.parent).await?;
    let document = GatewayCredential { last_used_at: None };
    let credential = managing.made(document, None).await?;
    let environment = managing.id();
    let idp = &managing.idp;
    let keys = idp.keys().current(idp, environment, managing.now).await;
    let keys = keys.map_err(ApiFailure::internal)?;
    let claims = json!({
        "iss": idp.urls().issuer(environment),
        "sub": managing.parent,
        "jti": credential.id,
        "iat": managing.now.as_second(),
        "env": environment,
    });
    let key = keys.signer();
    let jwt = key.sign_with(&key.header(CREDENTIAL_TYPE), &claims);
    let jwt = jwt.map_err(ApiFailure::internal)?;
    managing.insert(&credential).await?;
    Reply::created(&managing.show(&credential)?.member("credential", jwt))
}

/// No gateway reports here, so there are none.
async fn list_instances(reading: Reading<GatewayCredential>) -> Result<Reply, ApiFailure> {
    let path = format!("gateways/{}/instances", reading.parent);
    let none: Vec<Shown> = Vec::new();
    Reply::ok(&Page::whole(reading.url(path), "instances", none))
}

/// See [`list_instances`].
async fn read_instance(_: Reading<GatewayCredential>) -> Result<Reply, ApiFailure> {
    Err(ApiFailure::not_found())
}

/// Gateways, their credentials and their instances.
pub(super) fn routes() -> Vec<Resource> {
    let instances = "/environments/{environment}/gateways/{gateway}/instances";
    let mut routes = collection::<Gateway>();
    routes.extend([
        list_route::<GatewayCredential>().post(create_credential),
        item_route::<GatewayCredential>(),
        at(instances)
            .get(list_instances)
            .answering_many::<Nothing>("instances")
            .kept(Some(NOT_CONNECTED)),
        at(format!("{instances}/{{instance}}"))
            .showing::<Nothing>()
            .get(read_instance)
            .kept(Some(NOT_CONNECTED)),
    ]);
    routes
}
