//! `/environments/{environment}/signOnPolicies/{signOnPolicy}/actions`: what a sign-on policy demands,
//! one after the other (PingOne, "Sign-on policy actions").

use protocol::pingone::{DeviceType, Reference as WireReference};
use url::Url;
use uuid::Uuid;

use super::devices::DevicePolicy;
use super::gateways::Gateway;
use super::sign_on_policies::SignOnPolicy;
use super::sign_on_policy_conditions::{Condition, Test};
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Below, Configuration, Managing};
use crate::api::user_attributes;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Object, Objects};
pub(crate) use crate::stores::sign_on_policies::{
    ActionType, NoDevicesMode, Registration, SignOnPolicyAction, Switch,
};

/// PingOne's bound of `discoveryRules`; other lists have the same.
const MOST_ITEMS: usize = 100;

/// How often profiles are asked for, at the rarest: ten years.
const RAREST_PROMPT_SECONDS: u32 = 10 * 365 * 24 * 60 * 60;

impl ActionType {
    /// The members that an action of the type must have, and those that it may have.
    fn members(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Agreement => (&["agreement"], &["disableDeclineOption"]),
            Self::IdentifierFirst => (
                &[],
                &[
                    "discoveryRules",
                    "enforceLockoutForIdentityProviders",
                    "recovery",
                    "registration",
                    "socialProviders",
                ],
            ),
            Self::IdentityProvider => (
                &["identityProvider"],
                &["acrValues", "passUserContext", "registration"],
            ),
            Self::Login => (
                &[],
                &[
                    "enforceLockoutForIdentityProviders",
                    "newUserProvisioning",
                    "recovery",
                    "registration",
                    "socialProviders",
                ],
            ),
            Self::MultiFactorAuthentication => (
                &[],
                &[
                    "applications",
                    "authenticator",
                    "boundBiometrics",
                    "deviceAuthenticationPolicy",
                    "email",
                    "noDevicesMode",
                    "securityKey",
                    "sms",
                    "voice",
                ],
            ),
            Self::PingIdAuthentication => (&[], &[]),
            Self::PingIdWindowsLogin => (&["offlineMode", "uniqueUserAttribute"], &[]),
            Self::ProgressiveProfiling => (
                &[
                    "attributes",
                    "preventMultiplePromptsPerFlow",
                    "promptIntervalSeconds",
                    "promptText",
                ],
                &[],
            ),
        }
    }
}

impl SignOnPolicyAction {
    /// An action with nothing but its type.
    fn new(kind: ActionType, priority: u32) -> Self {
        Self {
            kind,
            priority,
            condition: None,
            recovery: None,
            registration: None,
            social_providers: None,
            enforce_lockout_for_identity_providers: None,
            new_user_provisioning: None,
            discovery_rules: None,
            authenticator: None,
            bound_biometrics: None,
            email: None,
            security_key: None,
            sms: None,
            voice: None,
            applications: None,
            device_authentication_policy: None,
            no_devices_mode: None,
            identity_provider: None,
            acr_values: None,
            pass_user_context: None,
            attributes: None,
            prompt_text: None,
            prompt_interval_seconds: None,
            prevent_multiple_prompts_per_flow: None,
            agreement: None,
            disable_decline_option: None,
            unique_user_attribute: None,
            offline_mode: None,
        }
    }

    /// Name and password, with recovery and without registration.
    pub(super) fn login(priority: u32) -> Self {
        Self {
            recovery: Some(Switch { enabled: true }),
            ..Self::new(ActionType::Login, priority)
        }
    }

    /// A second factor of one of the devices that a policy allows.
    pub(super) fn multi_factor(priority: u32, devices: Uuid) -> Self {
        Self {
            device_authentication_policy: Some(WireReference::new(devices)),
            no_devices_mode: Some(NoDevicesMode::Block),
            ..Self::new(ActionType::MultiFactorAuthentication, priority)
        }
    }

    /// Which devices an action asks for a second factor. A switch that is not there leaves its type to
    /// the policy of devices.
    pub(crate) fn device_policy(&self) -> DevicePolicy {
        let off = |switch: Option<Switch>, kind| {
            let is_off = switch.is_some_and(|switch| !switch.enabled);
            is_off.then_some(kind)
        };
        DevicePolicy {
            id: self.device_authentication_policy.map(|policy| policy.id),
            off: [
                off(self.authenticator, DeviceType::Totp),
                off(self.email, DeviceType::Email),
                off(self.sms, DeviceType::Sms),
                off(self.voice, DeviceType::Voice),
            ],
        }
    }

    /// The condition, of an action that was checked when it was written.
    pub(crate) fn test(&self) -> Option<Test> {
        self.condition.as_ref().and_then(|one| one.test().ok())
    }

    /// The names of the members that are there and depend on the type.
    fn present(&self) -> impl Iterator<Item = &'static str> {
        [
            ("acrValues", self.acr_values.is_some()),
            ("agreement", self.agreement.is_some()),
            ("applications", self.applications.is_some()),
            ("attributes", self.attributes.is_some()),
            ("authenticator", self.authenticator.is_some()),
            ("boundBiometrics", self.bound_biometrics.is_some()),
            (
                "deviceAuthenticationPolicy",
                self.device_authentication_policy.is_some(),
            ),
            (
                "disableDeclineOption",
                self.disable_decline_option.is_some(),
            ),
            ("discoveryRules", self.discovery_rules.is_some()),
            ("email", self.email.is_some()),
            (
                "enforceLockoutForIdentityProviders",
                self.enforce_lockout_for_identity_providers.is_some(),
            ),
            ("identityProvider", self.identity_provider.is_some()),
            ("newUserProvisioning", self.new_user_provisioning.is_some()),
            ("noDevicesMode", self.no_devices_mode.is_some()),
            ("offlineMode", self.offline_mode.is_some()),
            ("passUserContext", self.pass_user_context.is_some()),
            (
                "preventMultiplePromptsPerFlow",
                self.prevent_multiple_prompts_per_flow.is_some(),
            ),
            (
                "promptIntervalSeconds",
                self.prompt_interval_seconds.is_some(),
            ),
            ("promptText", self.prompt_text.is_some()),
            ("recovery", self.recovery.is_some()),
            ("registration", self.registration.is_some()),
            ("securityKey", self.security_key.is_some()),
            ("sms", self.sms.is_some()),
            ("socialProviders", self.social_providers.is_some()),
            ("uniqueUserAttribute", self.unique_user_attribute.is_some()),
            ("voice", self.voice.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
    }

    /// Checks that the members are those of the type.
    fn check_members(&self) -> Result<(), ApiFailure> {
        let (required, optional) = self.kind.members();
        let present: Vec<_> = self.present().collect();
        if let Some(missing) = required.iter().find(|name| !present.contains(name)) {
            return Err(ApiFailure::required_value(missing));
        }
        let foreign = present
            .iter()
            .find(|name| !required.contains(name) && !optional.contains(name));
        match foreign {
            Some(name) => Err(ApiFailure::invalid_value(
                name,
                "does not belong to an action of this type",
            )),
            None => Ok(()),
        }
    }

    fn check_lists(&self) -> Result<(), ApiFailure> {
        let lengths = [
            ("applications", self.applications.as_ref().map(Vec::len)),
            ("attributes", self.attributes.as_ref().map(Vec::len)),
            (
                "discoveryRules",
                self.discovery_rules.as_ref().map(Vec::len),
            ),
            (
                "newUserProvisioning.gateways",
                self.new_user_provisioning
                    .as_ref()
                    .map(|provisioning| provisioning.gateways.len()),
            ),
            (
                "socialProviders",
                self.social_providers.as_ref().map(Vec::len),
            ),
        ];
        for (member, length) in lengths {
            if length.is_some_and(|length| length > MOST_ITEMS) {
                let message = format!("must have at most {MOST_ITEMS} items");
                return Err(ApiFailure::invalid_value(member, message));
            }
        }
        if self.attributes.as_ref().is_some_and(Vec::is_empty) {
            return Err(ApiFailure::required_value("attributes"));
        }
        Ok(())
    }

    /// Users are asked for texts of their profiles, each once.
    async fn check_attributes(&self, managing: &Managing<Self>) -> Result<(), ApiFailure> {
        if self.attributes.is_none() {
            return Ok(());
        }
        let schema = managing.idp.user_schemas();
        let schema = schema.of(managing.id(), managing.now).await?;
        let mut known = Vec::new();
        for (path, _) in self.wanted_attributes() {
            if !user_attributes::is_text(path, &schema) {
                let message = "must be an enabled attribute of users that is a text";
                return Err(ApiFailure::invalid_value("attributes.name", message));
            }
            if known.contains(&path) {
                return Err(ApiFailure::not_unique("attributes.name"));
            }
            known.push(path);
        }
        Ok(())
    }

    /// Users come from directories that say how new ones are found. Whether the gateways are there
    /// at all is checked with the other references.
    async fn check_gateways(&self, managing: &Managing<Self>) -> Result<(), ApiFailure> {
        let gateways = Objects::<Gateway>::new(managing.idp.db(), managing.idp.keyring());
        let provisioning = self.new_user_provisioning.iter();
        let member = "newUserProvisioning.gateways";
        for wanted in provisioning.flat_map(|one| &one.gateways).take(MOST_ITEMS) {
            let Some(gateway) = gateways.find(managing.id(), wanted.id).await? else {
                continue;
            };
            if !gateway.document.is_directory() {
                let message = "Only 'LDAP' type gateways are supported for newUserProvisioning";
                return Err(ApiFailure::invalid_value(member, message));
            }
            if !gateway.document.looks_new_users_up(wanted.user_type.id) {
                let message = "All user types must have newUserLookup configuration to support \
                               provisioning";
                return Err(ApiFailure::invalid_value(member, message));
            }
        }
        Ok(())
    }

    fn check_texts(&self) -> Result<(), ApiFailure> {
        for rule in self.discovery_rules.iter().flatten() {
            let condition = &rule.condition;
            checks::at_most(
                "discoveryRules.condition.contains",
                Some(&condition.contains),
                256,
            )?;
            if condition.value != "${identifier}" {
                return Err(ApiFailure::not_one_of(
                    "discoveryRules.condition.value",
                    &["${identifier}"],
                ));
            }
        }
        let external = self.registration.as_ref();
        if let Some(external) = external.and_then(|one| one.external.as_ref()) {
            let href = external.href.as_str();
            let is_on_the_web = Url::parse(href)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if !is_on_the_web {
                let message = "must be an address on the web";
                return Err(ApiFailure::invalid_value(
                    "registration.external.href",
                    message,
                ));
            }
        }
        Ok(())
    }
}

/// Priorities begin with 1.
pub(super) fn priority_is_counted(priority: u32) -> Result<(), ApiFailure> {
    if (1..=1_000_000).contains(&priority) {
        return Ok(());
    }
    let message = "must be a number from 1 on";
    Err(ApiFailure::invalid_value("priority", message))
}

impl Configuration for SignOnPolicyAction {
    const PATH: &'static str = "signOnPolicies/{signOnPolicy}/actions";
    const ITEM: &'static str = "action";
    const KEY: &'static str = "actions";
    const LAST_STAYS: &'static str = "Cannot delete last action from the policy";
    const FILTERS: &'static [&'static str] = &["type", "priority"];
    type Parent = Below<SignOnPolicy>;
    type Read = may::ReadSignOnPolicies;
    type Manage = may::ManageSignOnPolicies;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        priority_is_counted(self.priority)?;
        self.check_gateways(managing).await?;
        self.check_members()?;
        self.check_lists()?;
        self.check_texts()?;
        self.check_attributes(managing).await?;
        if self
            .prompt_interval_seconds
            .is_some_and(|seconds| seconds > RAREST_PROMPT_SECONDS)
        {
            let message = format!("must be at most {RAREST_PROMPT_SECONDS}");
            return Err(ApiFailure::invalid_value("promptIntervalSeconds", message));
        }
        let test = self.condition.as_ref().map(Condition::test).transpose()?;
        if self.priority == 1 && test.is_some_and(|test| test.asks_about_user()) {
            let message = "cannot ask about the user, who is not known before the first action";
            return Err(ApiFailure::invalid_value("condition", message));
        }
        Ok(())
    }
}
