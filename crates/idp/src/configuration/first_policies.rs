//! The policies for sign-on and for second factors that every environment begins with.

use db::StoreError;
use protocol::Random;

use super::Seed;
use super::device_authentication_policies::DeviceAuthenticationPolicy;
use super::fido2_policies::{self, Fido2Policy};
use super::sign_on_policies::{SINGLE_FACTOR, SignOnPolicy};
use super::sign_on_policy_actions::SignOnPolicyAction;
use crate::stores::change::Change;

/// The policy that is not the default.
const MULTI_FACTOR: &str = "Multi_Factor";

/// Two sign-on policies, a policy of devices and two of FIDO2.
pub(super) fn seed(seed: &Seed<'_>) -> Result<Change, StoreError> {
    let random: &dyn Random = seed.core.random();
    let policy = |name: &str, default| SignOnPolicy {
        name: name.to_owned(),
        description: None,
        default,
    };
    let environment = seed.environment.as_uuid();
    let (single, multi, devices) = (random.uuid(), random.uuid(), random.uuid());
    let mut change = Change::new();
    for fido2 in fido2_policies::seeds() {
        change = change.and(seed.object::<Fido2Policy>(fido2)?);
    }
    let devices_policy = DeviceAuthenticationPolicy::seed();
    Ok(change
        .and(seed.object_of(environment, devices, devices_policy)?)
        .and(seed.object_of(environment, single, policy(SINGLE_FACTOR, true))?)
        .and(seed.object_of(single, random.uuid(), SignOnPolicyAction::login(1))?)
        .and(seed.object_of(environment, multi, policy(MULTI_FACTOR, false))?)
        .and(seed.object_of(multi, random.uuid(), SignOnPolicyAction::login(1))?)
        .and(seed.object_of(
            multi,
            random.uuid(),
            SignOnPolicyAction::multi_factor(2, devices),
        )?))
}
