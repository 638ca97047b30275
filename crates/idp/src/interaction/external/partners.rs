//! Which identity providers a sign-on policy offers and demands, and those that can be asked.

use db::StoreError;
use protocol::id::{EnvironmentId, PopulationId};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::Idp;
use crate::configuration::identity_providers::{IdentityProvider, ProviderType};
use crate::configuration::sign_on_policy_actions::{ActionType, SignOnPolicyAction};
use crate::federation::Provider;
use crate::stores::configuration::{Object, Objects};

/// What a sign-on policy says of identity providers elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choices {
    /// Where a sign-on begins that does not begin on a page here.
    pub(crate) first: Option<Uuid>,
    /// Those that the first page offers.
    social: Vec<Uuid>,
    rules: Vec<Rule>,
    /// What each is told by whom the policy demands a sign-on.
    pub(super) demanded: Vec<Demanded>,
    /// Whether people may register who come by one of them.
    pub(super) registers: bool,
    /// Whether they confirm what the provider says of them.
    pub(super) confirms: bool,
    pub(super) population: Option<Uuid>,
    /// Whether a password that is locked out locks out this way, too.
    pub(super) enforces_lockout: bool,
}

/// Which names a provider knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Rule {
    contains: String,
    provider: Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Demanded {
    pub(super) provider: Uuid,
    pub(super) acr_values: Option<String>,
    /// Whether it is told the name that somebody has given.
    pub(super) tells_name: bool,
}

impl Choices {
    /// What a policy says by its actions, the first one first.
    pub(crate) fn of<'a>(actions: &(impl Iterator<Item = &'a SignOnPolicyAction> + Clone)) -> Self {
        let begins = |action: &&SignOnPolicyAction| {
            matches!(
                action.kind,
                ActionType::Login | ActionType::IdentifierFirst | ActionType::IdentityProvider
            )
        };
        let demanded = actions.clone().filter_map(|action| {
            Some(Demanded {
                provider: action.identity_provider?.id,
                acr_values: action.acr_values.clone(),
                tells_name: action.pass_user_context == Some(true),
            })
        });
        let demanded = demanded.collect();
        let Some(action) = actions.clone().find(begins) else {
            return Self::default();
        };
        let registration = action.registration.as_ref();
        let registers = registration.is_some_and(|one| one.enabled && one.external.is_none());
        let rules = action.discovery_rules.iter().flatten().map(|rule| Rule {
            contains: rule.condition.contains.to_lowercase(),
            provider: rule.identity_provider.id,
        });
        let social = action.social_providers.iter().flatten();
        Self {
            first: action.identity_provider.map(|provider| provider.id),
            social: social.map(|provider| provider.id).collect(),
            rules: rules.collect(),
            demanded,
            registers,
            confirms: registration
                .is_some_and(|one| one.confirm_identity_provider_attributes == Some(true)),
            population: registration
                .and_then(|one| one.population)
                .map(|one| one.id),
            enforces_lockout: action.enforce_lockout_for_identity_providers == Some(true),
        }
    }

    /// Whether a sign-on may begin at a provider.
    pub(super) fn offers(&self, provider: Uuid) -> bool {
        self.social.contains(&provider)
            || self.first == Some(provider)
            || self.rules.iter().any(|rule| rule.provider == provider)
    }

    /// The provider that knows whoever gives such a name; it says nothing of whether there is such a
    /// user.
    pub(crate) fn discover(&self, name: &str) -> Option<Uuid> {
        let name = name.to_lowercase();
        let rule = self.rules.iter().find(|rule| name.contains(&rule.contains));
        rule.map(|rule| rule.provider)
    }

    fn is_named(&self, provider: Uuid) -> bool {
        self.offers(provider) || self.demanded.iter().any(|one| one.provider == provider)
    }

    fn names_none(&self) -> bool {
        self.social.is_empty() && self.rules.is_empty() && self.demanded.is_empty()
    }
}

/// An identity provider that can be asked.
#[derive(Debug)]
pub(crate) struct Partner {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(super) population: Option<PopulationId>,
    /// PingOne's code of its type, and what its addresses here are called by.
    pub(crate) code: &'static str,
    pub(super) path: String,
    pub(super) provider: Provider,
    pub(super) kind: ProviderType,
    pub(super) is_of_all_roles: bool,
}

impl Partner {
    fn new(object: Object<IdentityProvider>) -> Option<Self> {
        let document = object.document;
        Some(Self {
            id: object.id,
            provider: document.open_id()?,
            population: document.population(),
            code: document.provider_type.code(),
            path: document.provider_type.path(),
            kind: document.provider_type,
            is_of_all_roles: document.is_of_all_roles(),
            name: document.name,
        })
    }

    /// A provider of the environment, if it can be asked.
    pub(crate) async fn find(
        idp: &Idp,
        environment: EnvironmentId,
        id: Uuid,
    ) -> Result<Option<Self>, StoreError> {
        let objects = Objects::<IdentityProvider>::new(idp.db(), idp.keyring());
        Ok(objects.find(environment, id).await?.and_then(Self::new))
    }

    /// All that a policy names and that can be asked.
    pub(crate) async fn named_by(
        idp: &Idp,
        environment: EnvironmentId,
        choices: &Choices,
    ) -> Result<Vec<Self>, StoreError> {
        if choices.names_none() {
            return Ok(Vec::new());
        }
        let objects = Objects::<IdentityProvider>::new(idp.db(), idp.keyring());
        let all = objects.list(environment, environment.as_uuid()).await?;
        let named = all.into_iter().filter(|one| choices.is_named(one.id));
        Ok(named.filter_map(Self::new).collect())
    }

    /// Those of them that the first page offers, in the policy's order.
    pub(crate) fn offered<'a>(partners: &'a [Self], choices: &Choices) -> Vec<&'a Self> {
        let find = |id: &Uuid| partners.iter().find(|partner| partner.id == *id);
        choices.social.iter().filter_map(find).collect()
    }

    /// Where it sends browsers to that sign on.
    pub(crate) fn address(&self) -> &Url {
        &self.provider.authorization_endpoint
    }

    pub(super) fn callback(&self, idp: &Idp, environment: EnvironmentId) -> String {
        idp.urls().provider_callback(environment, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_looks_at_what_was_typed_and_at_nothing_else() {
        let choices = Choices {
            rules: vec![Rule {
                contains: "@example.com".to_owned(),
                provider: Uuid::nil(),
            }],
            ..Choices::default()
        };
        assert_eq!(choices.discover("Nobody@EXAMPLE.com"), Some(Uuid::nil()));
        assert_eq!(choices.discover("ada@example.org"), None);
        assert!(choices.offers(Uuid::nil()));
        assert!(!choices.offers(Uuid::max()));
    }
}
