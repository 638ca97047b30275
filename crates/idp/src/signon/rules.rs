//! The rules of a password policy on a page, and the same-origin address that judges a password
//! while it is typed.

use protocol::id::PopulationId;
use protocol::params::FormParams;
use protocol::password_policy::{
    Context, CurrentPassword, Evaluation, History, PasswordPolicy, ProfileData, evaluate,
};
use ui::{FieldError, Registration, RuleView, Verdicts, broken_rules};

use super::HostedPage;
use crate::access::allowed::find_population;
use crate::accounts::passwords;
use crate::interaction::Step;
use crate::interaction::policy::OffersRegistration;
use crate::requests::extract::PageForm;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::requests::never_stored::{Confidential, NoStore};
use crate::stores::password_policies::PasswordPolicies;
use crate::stores::populations::{Populations, StoredPopulation};

/// A policy's rules as a page shows them. They are judged by the script, as far as there is
/// something in the field.
pub(super) fn views(hosted: &HostedPage, policy: &PasswordPolicy) -> Vec<RuleView> {
    RuleView::of_policy(hosted.texts(), policy)
}

/// The sentence that says which rules a refused password breaks.
pub(super) fn broken(hosted: &HostedPage, judged: &Evaluation) -> FieldError {
    let texts = hosted.texts();
    broken_rules(texts, &RuleView::of_evaluation(texts, judged))
}

/// Without the rules that compare with earlier passwords, which a new person has none of.
pub(super) fn of_a_first_password(rules: Vec<RuleView>) -> Vec<RuleView> {
    let compares = |id: &str| matches!(id, "history" | "notSimilarToCurrent");
    rules
        .into_iter()
        .filter(|rule| !compares(&rule.id))
        .collect()
}

/// The population whose policy is shown before a person is known.
async fn default_population(hosted: &HostedPage) -> Result<StoredPopulation, PageFailure> {
    let populations = Populations::new(hosted.idp.db());
    let found = populations.find_default(hosted.environment.id).await?;
    found.ok_or_else(|| {
        PageFailure::internal(db::StoreError::inconsistent(
            "an environment has no default population",
        ))
    })
}

/// The population that people register into, and the policy of its passwords: the default one, unless
/// the sign-on policy names another one that is still there.
pub(super) async fn of_newcomers(
    hosted: &HostedPage,
) -> Result<(PopulationId, PasswordPolicy), PageFailure> {
    let (idp, environment) = (&hosted.idp, hosted.environment.id);
    let named = match &hosted.interaction.request.policy.registration {
        OffersRegistration::Here { population } => population.map(PopulationId::from_uuid),
        OffersRegistration::Elsewhere(_) | OffersRegistration::Nowhere => None,
    };
    let named = match named {
        Some(population) => find_population(idp, environment, population).await?,
        None => None,
    };
    let population = match named {
        Some(population) => population,
        None => default_population(hosted).await?.id,
    };
    let policies = PasswordPolicies::new(idp.db());
    let effective = policies.effective(environment, population).await?;
    Ok((population, effective.policy))
}

/// The policy of the default population.
pub(super) async fn default_policy(hosted: &HostedPage) -> Result<PasswordPolicy, PageFailure> {
    let population = default_population(hosted).await?;
    let policies = PasswordPolicies::new(hosted.idp.db());
    Ok(policies
        .effective(hosted.environment.id, population.id)
        .await?
        .policy)
}

/// Judges a password by each rule, without keeping it.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<NoStore<Judged>, PageFailure> {
    let limits = hosted.idp.limits();
    limits
        .judged_passwords
        .take(hosted.by.origin.address, hosted.by.now)?;
    let current = params.find("currentPassword");
    let (policy, profile) = match hosted.interaction.step {
        Step::ChangePassword { user, .. } => {
            let user = hosted.user(user).await?;
            let policy = passwords::policy_of(&hosted.idp, &user).await?.policy;
            (policy, Some(user.profile_values()))
        }
        Step::SignOn => (of_newcomers(&hosted).await?.1, typed_profile(&params)),
        // Whose password it is, is nothing to tell before the code is right.
        Step::RecoveryCode { .. } => (default_policy(&hosted).await?, None),
        Step::Password { .. }
        | Step::VerificationCode { .. }
        | Step::SecondFactor { .. }
        | Step::Agreement { .. }
        | Step::ProfileData { .. }
        | Step::External { .. }
        | Step::Link { .. }
        | Step::Confirm { .. }
        | Step::Completed { .. }
        | Step::Declined { .. } => return Err(PageError::NotFound.into()),
    };
    let profile: Option<Vec<&str>> = profile
        .as_ref()
        .map(|values| values.iter().map(String::as_str).collect());
    let context = Context {
        profile: profile
            .as_deref()
            .map_or(ProfileData::Unknown, ProfileData::Values),
        current_password: current.map_or(CurrentPassword::Unknown, CurrentPassword::Given),
        history: History::Unknown,
    };
    let evaluation = evaluate(&policy, params.text("password"), &context);
    let texts = hosted.texts();
    let judged = RuleView::of_evaluation(texts, &evaluation);
    Ok(NoStore(Judged(Verdicts::of(&judged))))
}

/// What a person who registers has typed so far.
fn typed_profile(params: &FormParams) -> Option<Vec<String>> {
    let values: Vec<String> = Registration::FIELDS
        .into_iter()
        .filter_map(|name| params.find(name).map(str::to_owned))
        .collect();
    (!values.is_empty()).then_some(values)
}

/// Verdicts about a password: nothing that a cache may keep.
#[derive(Debug)]
pub(crate) struct Judged(Verdicts);

impl Confidential for Judged {
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.0)
    }
}
