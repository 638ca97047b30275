//! Sign-on policies as documents, their actions and their assignment to applications; `configuration`
//! says what may be written, `interaction` what they demand.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::{Reader, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::id::{ApplicationId, EnvironmentId};
use protocol::pingone::Reference as WireReference;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::LookupCounts;

use super::configuration::{Document, Objects, Reference, Target};
use super::populations::StoredPopulation;
use super::record::{Events, events};
use super::sign_on_conditions::Condition;
use crate::caches::{Recent, Touched};

/// The sign-on policy that is the default of new environments: a password.
pub(crate) const SINGLE_FACTOR: &str = "Single_Factor";

/// A sign-on policy. Its name is the `acr` of the tokens.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SignOnPolicy {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) default: bool,
}

impl Document for SignOnPolicy {
    const EVENTS: Events = events!("POLICY");
    const HAS_DEFAULT: bool = true;
    const IS_CACHED: bool = true;
    const TAKES_ALONG: &'static [&'static str] = &["SIGN_ON_POLICY_ASSIGNMENT"];

    fn name(&self) -> &str {
        &self.name
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

/// That an application has a sign-on policy. It goes with the policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignOnPolicyAssignment {
    /// The lowest counts first.
    pub(crate) priority: u32,
    pub(crate) sign_on_policy: WireReference<Uuid>,
}

impl Document for SignOnPolicyAssignment {
    const EVENTS: Events = events!("SIGN_ON_POLICY_ASSIGNMENT");
    const MOST: u32 = 100;
    const IS_CACHED: bool = true;

    fn name(&self) -> &'static str {
        "Sign-on policy assignment"
    }

    /// A policy is assigned to an application once.
    fn unique(&self) -> Option<String> {
        Some(self.sign_on_policy.id.to_string())
    }

    fn references(&self) -> Vec<Reference> {
        let id = self.sign_on_policy.id;
        vec![Reference::to_object::<SignOnPolicy>("signOnPolicy.id", id)]
    }
}

/// An action of a sign-on policy. Which of the optional members are there depends on the type.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignOnPolicyAction {
    #[serde(rename = "type")]
    pub(crate) kind: ActionType,
    /// The lowest comes first.
    pub(crate) priority: u32,
    pub(crate) condition: Option<Condition>,
    pub(crate) recovery: Option<Switch>,
    pub(crate) registration: Option<Registration>,
    pub(crate) social_providers: Option<Vec<WireReference<Uuid>>>,
    pub(crate) enforce_lockout_for_identity_providers: Option<bool>,
    pub(crate) new_user_provisioning: Option<Provisioning>,
    pub(crate) discovery_rules: Option<Vec<DiscoveryRule>>,
    pub(crate) authenticator: Option<Switch>,
    pub(crate) bound_biometrics: Option<Switch>,
    pub(crate) email: Option<Switch>,
    pub(crate) security_key: Option<Switch>,
    pub(crate) sms: Option<Switch>,
    pub(crate) voice: Option<Switch>,
    pub(crate) applications: Option<Vec<NativeApplication>>,
    pub(crate) device_authentication_policy: Option<WireReference<Uuid>>,
    pub(crate) no_devices_mode: Option<NoDevicesMode>,
    pub(crate) identity_provider: Option<WireReference<Uuid>>,
    pub(crate) acr_values: Option<String>,
    pub(crate) pass_user_context: Option<bool>,
    pub(crate) attributes: Option<Vec<ProfileAttribute>>,
    pub(crate) prompt_text: Option<String>,
    pub(crate) prompt_interval_seconds: Option<u32>,
    pub(crate) prevent_multiple_prompts_per_flow: Option<bool>,
    pub(crate) agreement: Option<WireReference<Uuid>>,
    pub(crate) disable_decline_option: Option<bool>,
    pub(crate) unique_user_attribute: Option<AttributeName>,
    pub(crate) offline_mode: Option<Switch>,
}

/// What an action demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ActionType {
    Agreement,
    IdentifierFirst,
    IdentityProvider,
    Login,
    MultiFactorAuthentication,
    #[serde(rename = "PINGID_AUTHENTICATION")]
    PingIdAuthentication,
    #[serde(rename = "PINGID_WINLOGIN_PASSWORDLESS_AUTHENTICATION")]
    PingIdWindowsLogin,
    ProgressiveProfiling,
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Switch {
    pub(crate) enabled: bool,
}

/// Whether somebody may register at sign-on, and where.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Registration {
    pub(crate) enabled: bool,
    pub(crate) external: Option<External>,
    pub(crate) population: Option<WireReference<Uuid>>,
    pub(crate) confirm_identity_provider_attributes: Option<bool>,
}

/// A page elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct External {
    pub(crate) href: String,
}

/// Users that come from a directory when they sign on for the first time.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Provisioning {
    pub(crate) gateways: Vec<ProvisioningGateway>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProvisioningGateway {
    pub(crate) id: Uuid,
    #[serde(rename = "type")]
    pub(crate) kind: GatewayType,
    pub(crate) user_type: WireReference<Uuid>,
}

/// The gateways that users can come through.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum GatewayType {
    #[serde(rename = "LDAP")]
    Ldap,
}

/// Which identity provider knows whoever gives such a name.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiscoveryRule {
    pub(crate) condition: DiscoveryCondition,
    pub(crate) identity_provider: WireReference<Uuid>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DiscoveryCondition {
    pub(crate) contains: String,
    pub(crate) value: String,
}

/// A native application whose devices may prove something.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NativeApplication {
    pub(crate) id: Uuid,
    pub(crate) auto_enrollment: Option<Switch>,
    pub(crate) device_authorization: Option<DeviceAuthorization>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceAuthorization {
    pub(crate) enabled: bool,
    pub(crate) extra_verification: Option<ExtraVerification>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExtraVerification {
    Permissive,
    Restrictive,
}

/// What becomes of users without a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum NoDevicesMode {
    Block,
    Bypass,
}

/// An attribute that users are asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ProfileAttribute {
    pub(crate) name: String,
    pub(crate) required: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AttributeName {
    pub(crate) name: String,
}

impl SignOnPolicyAction {
    /// The attributes that users are asked for, and whether they are required.
    pub(crate) fn wanted_attributes(&self) -> impl Iterator<Item = (&str, bool)> {
        let wanted = self.attributes.iter().flatten();
        wanted.map(|one| (one.name.as_str(), one.required))
    }
}

impl Document for SignOnPolicyAction {
    const EVENTS: Events = events!("ACTION");
    const MOST: u32 = 50;
    const IS_CACHED: bool = true;
    const KEEPS_LAST: bool = true;

    fn name(&self) -> &'static str {
        "Sign-on policy action"
    }

    fn unique(&self) -> Option<String> {
        None
    }

    /// What it mentions may go: users are then sent nowhere else, and join the default population.
    fn references(&self) -> Vec<Reference> {
        let to = |member, kind, id| Reference {
            member,
            target: Target::Kind(kind),
            id,
        };
        let agreement = self
            .agreement
            .map(|agreement| to("agreement.id", "AGREEMENT", agreement.id));
        let devices = self.device_authentication_policy.map(|policy| {
            let member = "deviceAuthenticationPolicy.id";
            to(member, "DEVICE_AUTHENTICATION_POLICY", policy.id)
        });
        agreement.into_iter().chain(devices).collect()
    }

    fn mentions(&self) -> Vec<Reference> {
        let mut mentions = Vec::new();
        let mut of_kind = |member, kind, id: Uuid| {
            mentions.push(Reference {
                member,
                target: Target::Kind(kind),
                id,
            });
        };
        if let Some(provider) = self.identity_provider {
            of_kind("identityProvider.id", "IDENTITY_PROVIDER", provider.id);
        }
        for provider in self.social_providers.iter().flatten() {
            of_kind("socialProviders.id", "IDENTITY_PROVIDER", provider.id);
        }
        for rule in self.discovery_rules.iter().flatten() {
            let member = "discoveryRules.identityProvider.id";
            of_kind(member, "IDENTITY_PROVIDER", rule.identity_provider.id);
        }
        if let Some(provisioning) = &self.new_user_provisioning {
            for gateway in &provisioning.gateways {
                of_kind("newUserProvisioning.gateways.id", "GATEWAY", gateway.id);
            }
        }
        let registration = self.registration.as_ref();
        if let Some(population) = registration.and_then(|one| one.population) {
            mentions.push(Reference::to_row::<StoredPopulation>(
                "registration.population.id",
                population.id,
            ));
        }
        mentions.extend(
            self.applications
                .iter()
                .flatten()
                .map(|application| Reference {
                    member: "applications.id",
                    target: Target::Table("applications"),
                    id: application.id,
                }),
        );
        mentions
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        let is_there = |id: Uuid| !gone.contains(&id);
        self.identity_provider = self
            .identity_provider
            .take()
            .filter(|provider| is_there(provider.id));
        if let Some(providers) = &mut self.social_providers {
            providers.retain(|provider| is_there(provider.id));
        }
        if let Some(rules) = &mut self.discovery_rules {
            rules.retain(|rule| is_there(rule.identity_provider.id));
        }
        if let Some(provisioning) = &mut self.new_user_provisioning {
            provisioning.gateways.retain(|gateway| is_there(gateway.id));
        }
        if let Some(registration) = &mut self.registration {
            registration.population = registration
                .population
                .take()
                .filter(|population| is_there(population.id));
        }
        if let Some(applications) = &mut self.applications {
            applications.retain(|application| is_there(application.id));
        }
    }
}

/// A policy as a sign-on is answered by it: the name that tokens have for it, and its actions in their
/// order.
#[derive(Debug)]
pub(crate) struct OrderedPolicy {
    pub(crate) name: String,
    /// Each with its id.
    pub(crate) actions: Vec<(Uuid, SignOnPolicyAction)>,
}

/// The sign-on policies of all applications.
#[derive(Debug)]
pub(crate) struct SignOnPolicies {
    db: Reader,
    keyring: Arc<Keyring>,
    /// By application, those that it may be asked for, the first one first.
    candidates: Recent<Arc<[Uuid]>>,
    policies: Recent<Arc<OrderedPolicy>>,
}

impl SignOnPolicies {
    pub(crate) fn new(db: Reader, keyring: Arc<Keyring>) -> Self {
        Self {
            db,
            keyring,
            candidates: Recent::default(),
            policies: Recent::default(),
        }
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.candidates.lookups() + self.policies.lookups()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.candidates.forget(touched);
        self.policies.forget(touched);
    }

    /// The policies that are assigned to an application, in their order, or else the environment's
    /// default; none where an environment has none. Cached.
    pub(crate) async fn candidates(
        &self,
        environment: EnvironmentId,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Arc<[Uuid]>, StoreError> {
        let id = application.as_uuid();
        let read = async {
            let assignments = self.objects::<SignOnPolicyAssignment>();
            let mut assigned = assignments.list(environment, id).await?;
            assigned.sort_by_key(|assignment| assignment.document.priority);
            let assigned = assigned.iter();
            let mut ids: Vec<_> = assigned
                .map(|assignment| assignment.document.sign_on_policy.id)
                .collect();
            if ids.is_empty() {
                let policies = self.objects::<SignOnPolicy>();
                let default = policies.find_default(environment).await?;
                ids.extend(default.map(|default| default.id));
            }
            Ok(Some(ids.into()))
        };
        let found = self.candidates.find(id, now, read).await?;
        Ok(found.unwrap_or_default())
    }

    /// A policy with its actions; cached.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Arc<OrderedPolicy>>, StoreError> {
        let read = async {
            let policies = self.objects::<SignOnPolicy>();
            let Some(policy) = policies.find(environment, id).await? else {
                return Ok(None);
            };
            let actions = self.objects::<SignOnPolicyAction>();
            let mut actions = actions.list(environment, id).await?;
            actions.sort_by_key(|action| action.document.priority);
            let actions = actions.into_iter();
            Ok(Some(Arc::new(OrderedPolicy {
                name: policy.document.name,
                actions: actions.map(|one| (one.id, one.document)).collect(),
            })))
        };
        self.policies.find(id, now, read).await
    }

    fn objects<D: Document>(&self) -> Objects<'_, D> {
        Objects::new(&self.db, &self.keyring)
    }
}
