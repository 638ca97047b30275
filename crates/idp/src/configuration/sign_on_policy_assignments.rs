//! `/environments/{environment}/applications/{application}/signOnPolicyAssignments`: which sign-on
//! policies an application has (PingOne, "Application sign-on policy assignments").

use super::sign_on_policy_actions::priority_is_counted;
use crate::access::permissions::may;
use crate::api::configuration::{BelowApplication, Configuration, Managing};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
pub(crate) use crate::stores::sign_on_policies::SignOnPolicyAssignment;

impl Configuration for SignOnPolicyAssignment {
    const PATH: &'static str = "applications/{application}/signOnPolicyAssignments";
    const ITEM: &'static str = "signOnPolicyAssignment";
    const KEY: &'static str = "signOnPolicyAssignments";
    const UNIQUE: &'static str = "signOnPolicy.id";
    const FILTERS: &'static [&'static str] = &["signOnPolicy.id", "priority"];
    type Parent = BelowApplication;
    type Read = may::ReadApplications;
    type Manage = may::ManageApplicationPolicies;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        priority_is_counted(self.priority)
    }
}
