//! What the sign-on policy of an application demands (PingOne, "Sign-on policies"): its actions, one
//! after the other, each where its condition holds.
//!
//! An action that nothing here can carry out is never passed over: the sign-on is refused.

use std::net::IpAddr;

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::browser::Browser;
use crate::Idp;
use crate::audit::By;
use crate::configuration::devices::{Device, DeviceStatus};
use crate::configuration::sign_on_policies::{SINGLE_FACTOR, SignOnPolicy};
use crate::configuration::sign_on_policy_actions::{
    ActionType, NoDevicesMode, Registration, SignOnPolicyAction,
};
use crate::configuration::sign_on_policy_assignments::SignOnPolicyAssignment;
use crate::configuration::sign_on_policy_conditions::{Facts, Operand};
use crate::stores::configuration::{Object, Objects};
use crate::stores::groups::Groups;
use crate::stores::users::StoredUser;

/// The sign-on policy that a request is answered by, and what its first page offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChosenPolicy {
    /// None where an environment has no policy: then a password is enough.
    id: Option<Uuid>,
    /// The `acr` of the tokens.
    pub(crate) name: String,
    /// Whether the name is asked for alone, before the password.
    #[serde(default)]
    pub(crate) asks_for_name_first: bool,
    /// Whether a forgotten password can be recovered.
    pub(crate) offers_recovery: bool,
    pub(crate) registration: OffersRegistration,
}

/// Where people register who have no account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OffersRegistration {
    /// Here, where the installation lets them at all.
    Here {
        /// Which population they join, if not the default one.
        population: Option<Uuid>,
    },
    /// At this address.
    Elsewhere(String),
    Nowhere,
}

impl Default for ChosenPolicy {
    fn default() -> Self {
        Self {
            id: None,
            name: SINGLE_FACTOR.to_owned(),
            asks_for_name_first: false,
            offers_recovery: true,
            registration: OffersRegistration::Here { population: None },
        }
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing: the user is signed on.
    Nothing,
    /// A password.
    Password,
    /// Something that nothing here can carry out.
    NotProvided(ActionType),
}

/// Who is before the policy, and how.
#[derive(Clone, Copy, Debug)]
struct Standing<'a> {
    user: &'a StoredUser,
    /// When the password was given: just now, or in a session.
    password_at: Timestamp,
    /// Whether it was given for this very request.
    is_fresh: bool,
    by: &'a By,
}

impl ChosenPolicy {
    /// The policy of an application: of those that are assigned to it the one that `acr_values`
    /// names first, or else the first one; where none is, the environment's default. None when
    /// `acr_values` names none of them.
    pub(crate) async fn find(
        idp: &Idp,
        environment: EnvironmentId,
        application: ApplicationId,
        acr_values: Option<&str>,
    ) -> Result<Option<Self>, StoreError> {
        let candidates = candidates(idp, environment, application).await?;
        let chosen = match acr_values {
            None => candidates.into_iter().next(),
            Some(names) => {
                let named = names.split(' ').find_map(|name| {
                    candidates
                        .iter()
                        .find(|one| one.as_ref().map_or(SINGLE_FACTOR, policy_name) == name)
                });
                match named {
                    Some(named) => Some(named.clone()),
                    None => return Ok(None),
                }
            }
        };
        let Some(policy) = chosen.flatten() else {
            return Ok(Some(Self::default()));
        };
        let actions = actions(idp, environment, policy.id).await?;
        let mut kinds = actions.iter().map(|action| &action.document);
        let first = kinds.find(|action| is_password(action.kind));
        let recovery = first.and_then(|action| action.recovery);
        let registration = first.and_then(|action| action.registration.as_ref());
        Ok(Some(Self {
            id: Some(policy.id),
            name: policy.document.name.clone(),
            asks_for_name_first: first
                .is_some_and(|action| action.kind == ActionType::IdentifierFirst),
            offers_recovery: recovery.is_none_or(|recovery| recovery.enabled),
            registration: offers_registration(registration),
        }))
    }

    /// What is left to do for whoever has just given the right password.
    pub(crate) async fn demand_after_password(
        &self,
        idp: &Idp,
        user: &StoredUser,
        by: &By,
    ) -> Result<Demand, StoreError> {
        let standing = Standing {
            user,
            password_at: by.now,
            is_fresh: true,
            by,
        };
        self.demand(idp, standing).await
    }

    /// What is left to do for whoever is signed on in a browser.
    pub(crate) async fn demand_of_session(
        &self,
        idp: &Idp,
        browser: &Browser,
        by: &By,
    ) -> Result<Demand, StoreError> {
        let standing = Standing {
            user: &browser.user,
            password_at: browser.session.authenticated_at,
            is_fresh: false,
            by,
        };
        self.demand(idp, standing).await
    }

    async fn demand(&self, idp: &Idp, standing: Standing<'_>) -> Result<Demand, StoreError> {
        let Some(policy) = self.id else {
            return Ok(Demand::Nothing);
        };
        let user = standing.user;
        let actions = actions(idp, user.environment_id, policy).await?;
        let mut known = None;
        for action in actions.iter().map(|action| &action.document) {
            let test = action.test();
            let holds = match &test {
                None => None,
                Some(test) => {
                    if known.is_none() {
                        known = Some(Known::of(idp, standing).await?);
                    }
                    // What cannot be known holds.
                    known
                        .as_ref()
                        .map(|facts| test.holds(facts).unwrap_or(true))
                }
            };
            if let Some(demand) = demand_of(action, holds, standing.is_fresh) {
                if is_bypassed(action) && !has_device(idp, user).await? {
                    continue;
                }
                if let Demand::NotProvided(kind) = demand {
                    tracing::warn!(
                        policy = %self.name,
                        action = ?kind,
                        user = %user.id,
                        "a sign-on is refused: nothing here can carry out what the policy demands"
                    );
                }
                return Ok(demand);
            }
        }
        Ok(Demand::Nothing)
    }
}

/// Whether an action is passed over for users without a device.
fn is_bypassed(action: &SignOnPolicyAction) -> bool {
    action.kind == ActionType::MultiFactorAuthentication
        && action.no_devices_mode == Some(NoDevicesMode::Bypass)
}

/// What one action demands. `holds` says whether its condition holds, if it has one; `is_fresh`,
/// whether the password was given for this very request.
fn demand_of(action: &SignOnPolicyAction, holds: Option<bool>, is_fresh: bool) -> Option<Demand> {
    match action.kind {
        // Without a condition, a session is enough.
        ActionType::Login | ActionType::IdentifierFirst => {
            (!is_fresh && holds == Some(true)).then_some(Demand::Password)
        }
        _ if holds == Some(false) => None,
        kind => Some(Demand::NotProvided(kind)),
    }
}

async fn has_device(idp: &Idp, user: &StoredUser) -> Result<bool, StoreError> {
    let devices = Objects::<Device>::new(idp.db(), idp.keyring());
    let devices = devices.list(user.environment_id, user.id.as_uuid()).await?;
    let is_active = |device: &Object<Device>| device.document.status == DeviceStatus::Active;
    Ok(devices.iter().any(is_active))
}

fn is_password(kind: ActionType) -> bool {
    matches!(kind, ActionType::Login | ActionType::IdentifierFirst)
}

fn offers_registration(registration: Option<&Registration>) -> OffersRegistration {
    match registration {
        None => OffersRegistration::Here { population: None },
        Some(Registration {
            external: Some(external),
            ..
        }) => OffersRegistration::Elsewhere(external.href.clone()),
        Some(registration) if registration.enabled => OffersRegistration::Here {
            population: registration.population.map(|population| population.id),
        },
        Some(_) => OffersRegistration::Nowhere,
    }
}

fn policy_name(policy: &Object<SignOnPolicy>) -> &str {
    &policy.document.name
}

/// The policies that an application may be asked for, the first one first. None stands for the
/// default of an environment that has none.
async fn candidates(
    idp: &Idp,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<Vec<Option<Object<SignOnPolicy>>>, StoreError> {
    let policies = Objects::<SignOnPolicy>::new(idp.db(), idp.keyring());
    let assignments = Objects::<SignOnPolicyAssignment>::new(idp.db(), idp.keyring());
    let mut assigned = assignments.list(environment, application.as_uuid()).await?;
    if assigned.is_empty() {
        return Ok(vec![policies.find_default(environment).await?]);
    }
    assigned.sort_by_key(|assignment| assignment.document.priority);
    let mut candidates = Vec::new();
    for assignment in assigned {
        let policy = assignment.document.sign_on_policy.id;
        if let Some(policy) = policies.find(environment, policy).await? {
            candidates.push(Some(policy));
        }
    }
    Ok(candidates)
}

/// The actions of a policy, in their order.
async fn actions(
    idp: &Idp,
    environment: EnvironmentId,
    policy: Uuid,
) -> Result<Vec<Object<SignOnPolicyAction>>, StoreError> {
    let objects = Objects::<SignOnPolicyAction>::new(idp.db(), idp.keyring());
    let mut actions = objects.list(environment, policy).await?;
    actions.sort_by_key(|action| action.document.priority);
    Ok(actions)
}

/// What conditions are asked about.
struct Known {
    user: Value,
    groups: Vec<(String, String)>,
    seconds_since_password: i64,
    address: IpAddr,
}

impl Known {
    async fn of(idp: &Idp, standing: Standing<'_>) -> Result<Self, StoreError> {
        let Standing {
            user,
            password_at,
            by,
            ..
        } = standing;
        let groups = Groups::new(idp.db());
        let groups = groups.of_user(user.environment_id, user.id).await?;
        let groups = groups
            .into_iter()
            .map(|group| (group.id.to_string(), group.wire.name));
        let mut known = user.to_wire(by.now);
        // An address that somebody merely entered meets no condition.
        known.email = Some(user.mailbox().to_owned());
        let user = serde_json::to_value(known)
            .map_err(|_| StoreError::inconsistent("a user cannot be written as JSON"))?;
        Ok(Self {
            user,
            groups: groups.collect(),
            seconds_since_password: by.now.duration_since(password_at).as_secs(),
            address: by.origin.address.0,
        })
    }
}

impl Facts for Known {
    fn user(&self, variable: &str) -> Vec<Operand> {
        let text = |text: &String| Operand::Text(text.clone());
        match variable {
            "memberOfGroupIDs" => return self.groups.iter().map(|(id, _)| text(id)).collect(),
            "memberOfGroupNames" => {
                return self.groups.iter().map(|(_, name)| text(name)).collect();
            }
            _ => {}
        }
        let pointer = format!("/{}", variable.replace('.', "/"));
        let values = match self.user.pointer(&pointer) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        let operand = |value: &Value| match value {
            Value::Bool(flag) => Some(Operand::Flag(*flag)),
            Value::String(text) => Some(Operand::Text(text.clone())),
            Value::Number(number) => Some(Operand::Text(number.to_string())),
            Value::Array(_) | Value::Null | Value::Object(_) => None,
        };
        values.iter().filter_map(operand).collect()
    }

    fn seconds_since_password(&self) -> Option<i64> {
        Some(self.seconds_since_password)
    }

    fn address(&self) -> IpAddr {
        self.address
    }
}
