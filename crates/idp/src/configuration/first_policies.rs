//! The policies for sign-on and for second factors that every environment begins with.

use db::StoreError;

use super::Seed;
use super::device_authentication_policies::DeviceAuthenticationPolicy;
use super::fido2_policies::{self, Fido2Policy};
use super::sign_on_policies::{SINGLE_FACTOR, SignOnPolicy};
use super::sign_on_policy_actions::SignOnPolicyAction;
use crate::core::ids::Ids;
use crate::stores::change::Change;
use crate::stores::configuration::Document as _;

/// The policy that is not the default.
const MULTI_FACTOR: &str = "Multi_Factor";

/// Two sign-on policies, a policy of devices and two of FIDO2.
pub(super) fn seed(seed: &Seed<'_>) -> Result<Change, StoreError> {
    let policy = |name: &str, default| SignOnPolicy {
        name: name.to_owned(),
        description: None,
        default,
    };
    let environment = seed.environment.as_uuid();
    let devices_policy = DeviceAuthenticationPolicy::seed();
    let devices = seed
        .ids
        .below("deviceAuthenticationPolicies", devices_policy.name())
        .uuid();
    let single = seed.ids.below("signOnPolicies", SINGLE_FACTOR);
    let multi = seed.ids.below("signOnPolicies", MULTI_FACTOR);
    let action = |policy: &Ids<'_>, name: &str| policy.below("actions", name).uuid();
    let mut change = Change::new();
    for fido2 in fido2_policies::seeds() {
        change = change.and(seed.object::<Fido2Policy>("fido2Policies", fido2)?);
    }
    Ok(change
        .and(seed.object_of(environment, devices, devices_policy)?)
        .and(seed.object_of(environment, single.uuid(), policy(SINGLE_FACTOR, true))?)
        .and(seed.object_of(
            single.uuid(),
            action(&single, "LOGIN 1"),
            SignOnPolicyAction::login(1),
        )?)
        .and(seed.object_of(environment, multi.uuid(), policy(MULTI_FACTOR, false))?)
        .and(seed.object_of(
            multi.uuid(),
            action(&multi, "LOGIN 1"),
            SignOnPolicyAction::login(1),
        )?)
        .and(seed.object_of(
            multi.uuid(),
            action(&multi, "MULTI_FACTOR_AUTHENTICATION 2"),
            SignOnPolicyAction::multi_factor(2, devices),
        )?))
}
