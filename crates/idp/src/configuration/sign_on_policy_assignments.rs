//! `/environments/{environment}/applications/{application}/signOnPolicyAssignments`: which sign-on
//! policies an application has (PingOne, "Application sign-on policy assignments").

use protocol::pingone::Reference as WireReference;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sign_on_policies::SignOnPolicy;
use super::sign_on_policy_actions::priority_is_counted;
use crate::access::permissions::may;
use crate::api::configuration::{BelowApplication, Configuration, Managing};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::record::{Events, events};

/// That an application has a sign-on policy. It goes with the policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignOnPolicyAssignment {
    /// The lowest counts first.
    pub(crate) priority: u32,
    pub(crate) sign_on_policy: WireReference<Uuid>,
}

impl Document for SignOnPolicyAssignment {
    const EVENTS: Events = events!("SIGN_ON_POLICY_ASSIGNMENT");
    const MOST: u32 = 100;

    fn name(&self) -> &'static str {
        "Sign-on policy assignment"
    }

    /// All are hung off a policy that is deleted.
    fn unique(&self) -> Option<String> {
        None
    }

    fn references(&self) -> Vec<Reference> {
        let id = self.sign_on_policy.id;
        vec![Reference::to_object::<SignOnPolicy>("signOnPolicy.id", id)]
    }
}

impl Configuration for SignOnPolicyAssignment {
    const PATH: &'static str = "applications/{application}/signOnPolicyAssignments";
    const ITEM: &'static str = "signOnPolicyAssignment";
    const KEY: &'static str = "signOnPolicyAssignments";
    const FILTERS: &'static [&'static str] = &["signOnPolicy.id", "priority"];
    type Parent = BelowApplication;
    type Read = may::ReadApplications;
    type Manage = may::ManageApplicationPolicies;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        priority_is_counted(self.priority)?;
        let others = managing
            .objects()
            .list(managing.id(), managing.parent)
            .await?;
        let is_there = others.iter().any(|other| {
            other.document.sign_on_policy.id == self.sign_on_policy.id
                && replaced.is_none_or(|replaced| replaced.id != other.id)
        });
        if is_there {
            return Err(ApiFailure::not_unique("signOnPolicy.id"));
        }
        Ok(())
    }
}
