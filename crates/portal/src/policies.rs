//! Password policies: which one holds, and how its rules are shown.

use std::sync::Arc;

use pingone::management;
use platform::Clock;
use protocol::id::{PopulationId, UserId};
use protocol::password_policy::{Context, Judgement, PasswordPolicy, Rule, evaluate};
use ui::{Messages, RuleView, Verdict};
use web::LookupCounts;

use crate::cache::Cache;

/// Reads policies, and remembers them for a moment: they are asked for while somebody types.
#[derive(Debug)]
pub(crate) struct Policies {
    management: management::Client,
    clock: Arc<dyn Clock>,
    of_populations: Cache<Option<PopulationId>, PasswordPolicy>,
    of_users: Cache<UserId, PasswordPolicy>,
}

impl Policies {
    pub(crate) fn new(management: management::Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            management,
            clock,
            of_populations: Cache::default(),
            of_users: Cache::default(),
        }
    }

    /// How often what is kept in memory was asked for, and there.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.of_populations.lookups() + self.of_users.lookups()
    }

    /// The policy for a new user of this population; without one, the environment's default.
    pub(crate) async fn of_population(
        &self,
        population: Option<PopulationId>,
    ) -> Result<PasswordPolicy, pingone::Error> {
        let now = self.clock.now();
        if let Some(policy) = self.of_populations.find(&population, now) {
            return Ok(policy);
        }
        let named = match population {
            Some(id) => {
                self.management
                    .populations()
                    .load(id)
                    .await?
                    .password_policy
            }
            None => None,
        };
        let policies = self.management.password_policies();
        let policy = match named {
            Some(policy) => policies.load(policy.id).await?,
            None => policies.load_default().await?,
        };
        self.of_populations.insert(population, policy.clone(), now);
        Ok(policy)
    }

    /// The policy that holds for a user, as the user may read it: with the user's own access token.
    pub(crate) async fn of_user(
        &self,
        management: &management::Client,
        user: UserId,
    ) -> Result<Option<PasswordPolicy>, pingone::Error> {
        let now = self.clock.now();
        if let Some(policy) = self.of_users.find(&user, now) {
            return Ok(Some(policy));
        }
        let state = management.passwords(user).state_with_policy().await?;
        let policy = state.embedded.map(|embedded| embedded.password_policy);
        if let Some(policy) = &policy {
            self.of_users.insert(user, policy.clone(), now);
        }
        Ok(policy)
    }
}

/// The rules, not judged.
pub(crate) fn rules(messages: &Messages, policy: &PasswordPolicy) -> Vec<RuleView> {
    RuleView::of_policy(messages, policy)
}

/// The rules, judged as far as this context allows.
pub(crate) fn judged(
    messages: &Messages,
    policy: &PasswordPolicy,
    password: &str,
    context: &Context<'_>,
) -> Vec<RuleView> {
    if password.is_empty() {
        return rules(messages, policy);
    }
    RuleView::of_evaluation(messages, &evaluate(policy, password, context))
}

/// The rules after PingOne refused a password: it knows the history and the profile.
///
/// `minCharacters` stands for all its classes on the wire, so those are judged here.
pub(crate) fn refused(
    messages: &Messages,
    policy: &PasswordPolicy,
    password: &str,
    unsatisfied: &[&str],
    context: &Context<'_>,
) -> Vec<RuleView> {
    let evaluation = evaluate(policy, password, context);
    let view = |judgement: &Judgement| {
        let is_named = unsatisfied.contains(&judgement.rule.requirement());
        let is_class = matches!(judgement.rule, Rule::MinCharacters { .. });
        let verdict = match (is_named, is_class) {
            (true, false) => Verdict::Unsatisfied,
            (true, true) => judgement.verdict.into(),
            (false, _) => Verdict::Satisfied,
        };
        RuleView::new(messages, &judgement.rule, verdict)
    };
    evaluation.judgements().iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::TEXTS;

    #[test]
    fn every_rule_of_the_built_in_policies_has_a_text_and_an_id_of_its_own() {
        let messages = Messages::english(&[TEXTS]);
        for policy in [
            PasswordPolicy::standard(),
            PasswordPolicy::basic(),
            PasswordPolicy::passphrase(),
        ] {
            let rules = rules(&messages, &policy);
            assert!(!rules.is_empty());
            let ids: std::collections::BTreeSet<_> = rules.iter().map(|rule| &rule.id).collect();
            assert_eq!(ids.len(), rules.len());
            for rule in &rules {
                assert!(
                    messages.contains(&format!("rule-{}", rule.id)),
                    "{}",
                    rule.id
                );
                assert!(
                    !rule.text.contains('{') && !rule.text.starts_with("rule-"),
                    "{}",
                    rule.text
                );
            }
        }
    }

    #[test]
    fn what_pingone_refused_is_marked_and_the_classes_are_told_apart() {
        let messages = Messages::english(&[TEXTS]);
        let policy = PasswordPolicy::standard();
        let unsatisfied = ["history", "minCharacters"];
        let rules = refused(
            &messages,
            &policy,
            "sunnyharbour42",
            &unsatisfied,
            &Context::UNKNOWN,
        );
        let verdict = |id: &str| {
            rules
                .iter()
                .find(|rule| rule.id == id)
                .map(|rule| rule.verdict)
        };
        assert_eq!(verdict("history"), Some(Verdict::Unsatisfied));
        assert_eq!(verdict("minCharacters-upper"), Some(Verdict::Unsatisfied));
        assert_eq!(verdict("minCharacters-digits"), Some(Verdict::Satisfied));
        assert_eq!(verdict("length"), Some(Verdict::Satisfied));
        assert!(
            ui::broken_rules(&messages, &rules)
                .text()
                .contains("capital letter")
        );
    }

    #[test]
    fn an_empty_password_is_not_judged() {
        let messages = Messages::english(&[TEXTS]);
        let rules = judged(
            &messages,
            &PasswordPolicy::standard(),
            "",
            &Context::UNKNOWN,
        );
        assert!(rules.iter().all(|rule| rule.verdict == Verdict::NotJudged));
    }
}
