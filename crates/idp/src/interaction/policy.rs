//! What the sign-on policy of an application demands (PingOne, "Sign-on policies"): its actions, one
//! after the other, each where its condition holds.
//!
//! An action that nothing here can carry out is never passed over: the sign-on is refused.

use std::net::IpAddr;
use std::sync::Arc;

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId};
use protocol::pingone::DeviceStatus;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::browser::Browser;
use super::external::{Came, Choices, Partner};
use super::proven::Proven;
use super::{Given, Step, second_factor};
use crate::Idp;
use crate::api::user_attributes;
use crate::audit::By;
use crate::configuration::agreements::asked::{self, Asked};
use crate::configuration::devices::{Device, DevicePolicy};
use crate::configuration::sign_on_policies::SINGLE_FACTOR;
use crate::configuration::sign_on_policy_actions::{
    ActionType, NoDevicesMode, Registration, SignOnPolicyAction,
};
use crate::configuration::sign_on_policy_conditions::{Facts, Operand};
use crate::stores::configuration::{Object, Objects};
use crate::stores::groups::Groups;
use crate::stores::profile_prompts;
use crate::stores::sign_on_policies::OrderedPolicy;
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
    /// What it says of identity providers elsewhere.
    #[serde(default)]
    pub(crate) external: Choices,
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
            external: Choices::default(),
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
    /// That a device proves that it is the user, as this policy says, or the default one.
    SecondFactor { policy: DevicePolicy },
    /// That the user agrees to what this action names.
    Agreement { action: Uuid },
    /// What the profile lacks of what this action asks for.
    ProfileData { action: Uuid },
    /// That this identity provider elsewhere says who it is.
    Provider(Uuid),
    /// Something that nothing here can carry out.
    NotProvided(ActionType),
}

/// Who is before the policy, and how.
#[derive(Clone, Copy, Debug)]
struct Situation<'a> {
    user: &'a StoredUser,
    /// What was given, in this interaction or in a session before it.
    proven: Proven,
    /// The actions that have asked for what the profile lacks, in this interaction.
    asked: &'a [Uuid],
    /// By which identity providers elsewhere the user has come.
    came: Came<'a>,
    by: &'a By,
}

impl ChosenPolicy {
    /// The policy of an application: of those that are assigned to it the one that `acr_values`
    /// names first, or else the first one; where none is, the environment's default. None when
    /// `acr_values` names none of them.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also when one of them cannot be found: what it demands is not known, and
    /// nothing weaker takes its place.
    pub(crate) async fn find(
        idp: &Idp,
        environment: EnvironmentId,
        application: ApplicationId,
        acr_values: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let store = idp.sign_on_policies();
        let ids = store.candidates(environment, application, now).await?;
        let mut candidates = Vec::new();
        for id in ids.iter() {
            let found = store.find(environment, *id, now).await?;
            candidates.push((*id, found.ok_or_else(gone)?));
        }
        if candidates.is_empty() {
            let names_it = acr_values.is_none_or(|names| names.split(' ').any(is_single_factor));
            return Ok(names_it.then(Self::default));
        }
        let chosen = match acr_values {
            None => candidates.first(),
            Some(names) => names
                .split(' ')
                .find_map(|name| candidates.iter().find(|(_, policy)| policy.name == name)),
        };
        Ok(chosen.map(|(id, policy)| Self::of(*id, policy)))
    }

    fn of(id: Uuid, policy: &OrderedPolicy) -> Self {
        let mut kinds = policy.actions.iter().map(|(_, action)| action);
        let first = kinds.find(|action| is_password(action.kind));
        let recovery = first.and_then(|action| action.recovery);
        let registration = first.and_then(|action| action.registration.as_ref());
        Self {
            id: Some(id),
            name: policy.name.clone(),
            asks_for_name_first: first
                .is_some_and(|action| action.kind == ActionType::IdentifierFirst),
            offers_recovery: recovery.is_none_or(|recovery| recovery.enabled),
            registration: offers_registration(registration),
            external: Choices::of(&policy.actions.iter().map(|(_, action)| action)),
        }
    }

    /// Where a sign-on begins.
    pub(crate) fn first_step(&self) -> Step {
        match self.external.first {
            Some(provider) => Step::External {
                provider,
                hint: None,
                known: None,
            },
            None => Step::SignOn,
        }
    }

    /// What is demanded first of whoever is not signed on.
    pub(crate) async fn first_demand(
        &self,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Demand, StoreError> {
        Ok(match self.external.first {
            Some(provider) if Partner::find(idp, environment, provider).await?.is_none() => {
                Demand::NotProvided(ActionType::IdentityProvider)
            }
            Some(provider) => Demand::Provider(provider),
            None => Demand::Password,
        })
    }

    /// What is left to do for whoever has given the right password, came by a provider, or was
    /// signed on when this interaction began, and has done what was demanded before.
    pub(crate) async fn demand_of_known(
        &self,
        idp: &Idp,
        user: &StoredUser,
        proven: Proven,
        asked: &[Uuid],
        came: Came<'_>,
        by: &By,
    ) -> Result<Demand, StoreError> {
        let situation = Situation {
            user,
            proven,
            asked,
            came,
            by,
        };
        self.demand(idp, situation).await
    }

    /// What is left to do for whoever is signed on in a browser.
    pub(crate) async fn demand_of_session(
        &self,
        idp: &Idp,
        browser: &Browser,
        by: &By,
    ) -> Result<Demand, StoreError> {
        let situation = Situation {
            user: &browser.user,
            proven: browser.proven(Given::default()),
            asked: &[],
            came: Came {
                here: &[],
                before: browser.session.identity_provider,
            },
            by,
        };
        self.demand(idp, situation).await
    }

    /// An action of the policy, unless it was deleted meanwhile.
    pub(crate) async fn action(
        &self,
        idp: &Idp,
        environment: EnvironmentId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<SignOnPolicyAction>, StoreError> {
        let policy = self.ordered(idp, environment, now).await?;
        let actions = policy.iter().flat_map(|policy| &policy.actions);
        let mut found = actions.filter(|(one, _)| *one == id);
        Ok(found.next().map(|(_, action)| action.clone()))
    }

    /// The policy with its actions, unless it was deleted meanwhile.
    async fn ordered(
        &self,
        idp: &Idp,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<Option<Arc<OrderedPolicy>>, StoreError> {
        match self.id {
            Some(id) => idp.sign_on_policies().find(environment, id, now).await,
            None => Ok(None),
        }
    }

    async fn demand(&self, idp: &Idp, situation: Situation<'_>) -> Result<Demand, StoreError> {
        let (user, now) = (situation.user, situation.by.now);
        let Some(policy) = self.ordered(idp, user.environment_id, now).await? else {
            return match self.id {
                None => Ok(Demand::Nothing),
                // What it demanded is not known any more.
                Some(_) => Err(gone()),
            };
        };
        let mut facts = None;
        for (id, action) in &policy.actions {
            let test = action.test();
            let holds = match &test {
                None => None,
                Some(test) => {
                    if facts.is_none() {
                        facts = Some(SituationFacts::of(idp, situation).await?);
                    }
                    // What cannot be known holds.
                    facts
                        .as_ref()
                        .map(|facts| test.holds(facts).unwrap_or(true))
                }
            };
            let demand = match demand_of(action, *id, holds, situation.proven.given) {
                Some(Demand::SecondFactor { policy }) => {
                    second_factor_demand(idp, action, policy, holds, situation).await?
                }
                Some(Demand::Agreement { action: id }) => {
                    agreement_demand(idp, action, id, situation).await?
                }
                Some(Demand::ProfileData { action: id }) => {
                    profile_demand(idp, action, id, situation).await?
                }
                Some(Demand::Provider(provider)) => {
                    let asks_again = test.as_ref().is_some_and(|test| !test.asks_about_user());
                    provider_demand(idp, provider, situation, asks_again).await?
                }
                demand => demand,
            };
            if let Some(demand) = demand {
                if matches!(demand, Demand::NotProvided(_))
                    && is_bypassed(action)
                    && !has_device(idp, user).await?
                {
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

fn gone() -> StoreError {
    StoreError::inconsistent("a sign-on policy was just deleted")
}

/// Whether an action is passed over for users without a device.
fn is_bypassed(action: &SignOnPolicyAction) -> bool {
    action.kind == ActionType::MultiFactorAuthentication
        && action.no_devices_mode == Some(NoDevicesMode::Bypass)
}

/// What one action demands of anybody. `holds` says whether its condition holds, if it has one;
/// `given`, what was given for this very request.
fn demand_of(
    action: &SignOnPolicyAction,
    id: Uuid,
    holds: Option<bool>,
    given: Given,
) -> Option<Demand> {
    match action.kind {
        // Without a condition, a session is enough.
        ActionType::Login | ActionType::IdentifierFirst => {
            (!given.password && holds == Some(true)).then_some(Demand::Password)
        }
        _ if holds == Some(false) => None,
        ActionType::MultiFactorAuthentication => Some(Demand::SecondFactor {
            policy: action.device_policy(),
        }),
        ActionType::Agreement => Some(Demand::Agreement { action: id }),
        ActionType::ProgressiveProfiling => Some(Demand::ProfileData { action: id }),
        ActionType::IdentityProvider => Some(match action.identity_provider {
            Some(provider) => Demand::Provider(provider.id),
            None => Demand::NotProvided(action.kind),
        }),
        kind => Some(Demand::NotProvided(kind)),
    }
}

/// Whether a device is to be asked. Where none can be, the sign-on is refused.
async fn second_factor_demand(
    idp: &Idp,
    action: &SignOnPolicyAction,
    policy: DevicePolicy,
    holds: Option<bool>,
    situation: Situation<'_>,
) -> Result<Option<Demand>, StoreError> {
    let Proven {
        second_factor_at,
        given,
        ..
    } = situation.proven;
    // Without a condition, a session is enough.
    if second_factor_at.is_some() && (given.second_factor || holds.is_none()) {
        return Ok(None);
    }
    let now = situation.by.now;
    match second_factor::Choice::find(idp, situation.user, policy, now).await {
        Ok(_) => Ok(Some(Demand::SecondFactor { policy })),
        Err(second_factor::Refusal::Store(error)) => Err(error),
        Err(second_factor::Refusal::NotEnabled) if is_bypassed(action) => Ok(None),
        Err(_) => Ok(Some(Demand::NotProvided(action.kind))),
    }
}

/// Whether there is something to agree to. What cannot be shown is refused.
async fn agreement_demand(
    idp: &Idp,
    action: &SignOnPolicyAction,
    id: Uuid,
    situation: Situation<'_>,
) -> Result<Option<Demand>, StoreError> {
    let Some(agreement) = action.agreement else {
        return Ok(Some(Demand::NotProvided(action.kind)));
    };
    let now = situation.by.now;
    Ok(
        match asked::find(idp, situation.user, agreement.id, &[], now).await? {
            Asked::Nothing => None,
            Asked::Text(_) => Some(Demand::Agreement { action: id }),
            Asked::NoText => Some(Demand::NotProvided(action.kind)),
        },
    )
}

/// Whether it is time to ask for what the profile lacks: always where it is required.
async fn profile_demand(
    idp: &Idp,
    action: &SignOnPolicyAction,
    id: Uuid,
    situation: Situation<'_>,
) -> Result<Option<Demand>, StoreError> {
    let Situation {
        user, asked, by, ..
    } = situation;
    let schema = idp.user_schemas().of(user.environment_id, by.now).await?;
    let wanted = action.wanted_attributes();
    let lacking = user_attributes::lacking(user, wanted, &schema);
    if lacking.is_empty() {
        return Ok(None);
    }
    let demand = Some(Demand::ProfileData { action: id });
    if lacking.iter().any(|one| one.is_required) {
        return Ok(demand);
    }
    let is_once = action.prevent_multiple_prompts_per_flow == Some(true);
    if asked.contains(&id) || (is_once && !asked.is_empty()) {
        return Ok(None);
    }
    let interval = i64::from(action.prompt_interval_seconds.unwrap_or_default());
    let last = profile_prompts::last(idp.db(), user.id, id).await?;
    let is_time = last.is_none_or(|last| by.now.duration_since(last).as_secs() >= interval);
    Ok(demand.filter(|_| is_time))
}

/// Whether the user has yet to come by a provider; where it has to be asked again, a session in which
/// it was is too old.
async fn provider_demand(
    idp: &Idp,
    provider: Uuid,
    situation: Situation<'_>,
    asks_again: bool,
) -> Result<Option<Demand>, StoreError> {
    let Came { here, before } = situation.came;
    if here.contains(&provider) || before == Some(provider) && !asks_again {
        return Ok(None);
    }
    let partner = Partner::find(idp, situation.user.environment_id, provider).await?;
    Ok(Some(match partner {
        Some(_) => Demand::Provider(provider),
        None => Demand::NotProvided(ActionType::IdentityProvider),
    }))
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

/// The name of what stands in for the policy of an environment that has none.
fn is_single_factor(name: &str) -> bool {
    name == SINGLE_FACTOR
}

/// What conditions are asked about.
struct SituationFacts {
    user: Value,
    groups: Vec<(String, String)>,
    seconds_since_password: i64,
    seconds_since_second_factor: Option<i64>,
    address: IpAddr,
}

impl SituationFacts {
    async fn of(idp: &Idp, situation: Situation<'_>) -> Result<Self, StoreError> {
        let Situation {
            user, proven, by, ..
        } = situation;
        let groups = Groups::new(idp.db());
        let groups = groups.of_user(user.environment_id, user.id).await?;
        let groups = groups
            .into_iter()
            .map(|group| (group.id.to_string(), group.wire.name));
        let mut shown = user.to_wire(by.now);
        // An address that somebody merely entered meets no condition.
        shown.email = Some(user.mailbox().to_owned());
        let since = |at: Timestamp| by.now.duration_since(at).as_secs();
        let user = serde_json::to_value(shown)
            .map_err(|_| StoreError::inconsistent("a user cannot be written as JSON"))?;
        Ok(Self {
            user,
            groups: groups.collect(),
            seconds_since_password: since(proven.password_at),
            seconds_since_second_factor: proven.second_factor_at.map(since),
            address: by.origin.address.0,
        })
    }
}

impl Facts for SituationFacts {
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

    fn seconds_since_second_factor(&self) -> Option<i64> {
        self.seconds_since_second_factor
    }

    fn address(&self) -> IpAddr {
        self.address
    }
}
