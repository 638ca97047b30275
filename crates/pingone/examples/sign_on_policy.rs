//! Makes a sign-on policy that asks for names, and gives it to an application.
//!
//! `cargo run -p pingone --example sign_on_policy`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use pingone::management::Client;
use pingone::{
    ApplicationType, Object, ProfileAttribute, SignOnPolicy, SignOnPolicyAction,
    SignOnPolicyAssignment, SignOnPolicyAssignmentId,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Makes the policy with two actions and assigns it to the first web application.
pub(crate) async fn run(
    pingone: &Client,
) -> Result<Object<SignOnPolicyAssignmentId, SignOnPolicyAssignment>, Box<dyn Error>> {
    let policy = SignOnPolicy::new("With_Name");
    let policy = pingone.sign_on_policies().create(&policy).await?;
    let actions = pingone.sign_on_policy_actions(policy.id);
    actions.create(&SignOnPolicyAction::login(1)).await?;
    let wanted = [
        ProfileAttribute::required("name.given"),
        ProfileAttribute::optional("name.family"),
    ];
    let names = SignOnPolicyAction::profiling(2, "How may we call you?", wanted);
    actions.create(&names).await?;

    let applications = pingone.applications().list().all().await?;
    let web_app = ApplicationType::WebApp.as_str();
    let web_app = applications
        .iter()
        .find(|one| one.application_type == web_app);
    let web_app = web_app.ok_or("there is no web application")?;
    let assignments = pingone.sign_on_policy_assignments(web_app.id);
    let assignment = SignOnPolicyAssignment::new(policy.id, 1);
    let assignment = assignments.create(&assignment).await?;
    println!("{} signs on by {}", web_app.name, policy.settings.name);
    Ok(assignment)
}
