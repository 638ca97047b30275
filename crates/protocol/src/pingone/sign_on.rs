//! Sign-on policies, what they demand, and which applications have them (PingOne, "Sign-on
//! policies").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Reference, Switch};
use crate::codes::open_codes;
use crate::id::{
    AgreementId, DeviceAuthenticationPolicyId, IdentityProviderId, PopulationId, SignOnPolicyId,
};

open_codes! {
    /// What an action demands.
    SignOnActionType {
        /// That the user agrees to an agreement.
        Agreement = "AGREEMENT";
        /// A name, which decides how to go on.
        IdentifierFirst = "IDENTIFIER_FIRST";
        /// A sign-on elsewhere.
        IdentityProvider = "IDENTITY_PROVIDER";
        /// Name and password.
        Login = "LOGIN";
        /// A second factor.
        MultiFactorAuthentication = "MULTI_FACTOR_AUTHENTICATION";
        /// Attributes that the profile lacks.
        ProgressiveProfiling = "PROGRESSIVE_PROFILING";
    }
}

/// How users prove who they are. Its name is the `acr` of the tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignOnPolicy {
    /// Its name, unique in the environment: a word or a URI.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether applications have it that were given none.
    #[serde(default)]
    pub default: bool,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl SignOnPolicy {
    /// A policy that demands nothing yet: its actions do.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            default: false,
            further: Map::new(),
        }
    }
}

/// One demand of a policy. Which of the optional members it has depends on its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignOnPolicyAction {
    /// What it demands.
    #[serde(rename = "type")]
    pub action_type: SignOnActionType,
    /// When its turn is: the lowest comes first.
    pub priority: u32,
    /// Whom it concerns, in PingOne's condition language; absent means everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// Whether somebody who forgot the password gets a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Switch>,
    /// Whether people may register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// Which identity providers stand beside the fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social_providers: Option<Vec<Reference<IdentityProviderId>>>,
    /// Where the user signs on instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<Reference<IdentityProviderId>>,
    /// Which devices count as a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authentication_policy: Option<Reference<DeviceAuthenticationPolicyId>>,
    /// Which attributes are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<ProfileAttribute>>,
    /// What is said to whoever is asked for attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_text: Option<String>,
    /// How long nobody is asked again, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_interval_seconds: Option<u32>,
    /// Whether only one action asks in a sign-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevent_multiple_prompts_per_flow: Option<bool>,
    /// What the user agrees to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Reference<AgreementId>>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl SignOnPolicyAction {
    /// An action with nothing but its type.
    pub fn new(action_type: SignOnActionType, priority: u32) -> Self {
        Self {
            action_type,
            priority,
            condition: None,
            recovery: None,
            registration: None,
            social_providers: None,
            identity_provider: None,
            device_authentication_policy: None,
            attributes: None,
            prompt_text: None,
            prompt_interval_seconds: None,
            prevent_multiple_prompts_per_flow: None,
            agreement: None,
            further: Map::new(),
        }
    }

    /// Name and password, with recovery and without registration.
    pub fn login(priority: u32) -> Self {
        let mut action = Self::new(SignOnActionType::Login, priority);
        action.recovery = Some(Switch::ON);
        action
    }

    /// Attributes that the profile lacks, asked for once in 90 days.
    pub fn profiling(
        priority: u32,
        prompt_text: impl Into<String>,
        attributes: impl IntoIterator<Item = ProfileAttribute>,
    ) -> Self {
        let mut action = Self::new(SignOnActionType::ProgressiveProfiling, priority);
        action.prompt_text = Some(prompt_text.into());
        action.attributes = Some(attributes.into_iter().collect());
        action.prompt_interval_seconds = Some(90 * 24 * 60 * 60);
        action.prevent_multiple_prompts_per_flow = Some(true);
        action
    }

    /// That the user agrees to an agreement.
    pub fn agreement(priority: u32, agreement: AgreementId) -> Self {
        let mut action = Self::new(SignOnActionType::Agreement, priority);
        action.agreement = Some(Reference::new(agreement));
        action
    }
}

/// Whether people may register at sign-on, and where they land.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Registration {
    /// Whether they may.
    pub enabled: bool,
    /// The population that they land in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<Reference<PopulationId>>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Registration {
    /// They may, and land in this population.
    pub fn into_population(population: PopulationId) -> Self {
        Self {
            enabled: true,
            population: Some(Reference::new(population)),
            further: Map::new(),
        }
    }
}

/// An attribute that users are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProfileAttribute {
    /// Its path, such as `name.given`.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
}

impl ProfileAttribute {
    /// An attribute that must be given.
    pub fn required(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            required: true,
        }
    }

    /// An attribute that may be left out.
    pub fn optional(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            required: false,
        }
    }
}

/// That an application has a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignOnPolicyAssignment {
    /// The policy.
    pub sign_on_policy: Reference<SignOnPolicyId>,
    /// Which policy counts where there are several: the lowest does.
    pub priority: u32,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl SignOnPolicyAssignment {
    /// This policy, at this place.
    pub fn new(policy: SignOnPolicyId, priority: u32) -> Self {
        Self {
            sign_on_policy: Reference::new(policy),
            priority,
            further: Map::new(),
        }
    }
}
