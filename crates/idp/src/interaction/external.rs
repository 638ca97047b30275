//! Signing on by an identity provider elsewhere: the way there and back, whose identity it is that
//! comes back, and what becomes of one that is nobody's yet.
//!
//! An identity leads to the one user whom it is linked to. It is linked when that user is made for
//! it, when its owner gives the user's password in the same interaction, or where an administrator
//! has said that the provider keeps the user's credentials; never because of a mail address.

use db::StoreError;
use protocol::id::{ApplicationId, EnvironmentId, FlowId, PopulationId, UserId};
use protocol::names::EmailAddress;
use protocol::oauth::Prompt;
use protocol::params::FormParams;
use protocol::pingone::PasswordStatus;
use protocol::secret::{SessionToken, SessionTokenDigest, is_equal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use super::error::InteractionError;
use super::turn::{Next, Turn};
use super::{Interaction, Known, Step};
use crate::Idp;
use crate::access::allowed::find_population;
use crate::accounts::passwords;
use crate::accounts::registration::{
    self, NewAccount, Registered, RegistrationRefusal, Verification,
};
use crate::api::user_attributes;
use crate::audit::Activity;
use crate::configuration::identity_providers::attributes::ProviderAttribute;
use crate::configuration::identity_providers::{IdentityProvider, ProviderType};
use crate::configuration::mfa_settings::MfaSettings;
use crate::configuration::sign_on_policy_actions::{ActionType, SignOnPolicyAction};
use crate::core::group_rules;
use crate::federation::{Expected, FederationError, Provider, Wishes};
use crate::stores::configuration::{Object, Objects};
use crate::stores::linked_accounts::{Identity, LinkedAccounts, to_provider};
use crate::stores::populations::Populations;
use crate::stores::user_schemas::UserSchema;
use crate::stores::users::{ForeignProvider, StoredUser, Users, Word};

/// A claim is taken for a name up to this length; PingOne's own limit of `externalId`.
const LONGEST_NAME: usize = 1024;

/// What a sign-on policy says of identity providers elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choices {
    /// Where a sign-on begins that does not begin on a page here.
    pub(crate) first: Option<Uuid>,
    /// Those that the first page offers.
    social: Vec<Uuid>,
    rules: Vec<Rule>,
    /// What each is told by whom the policy demands a sign-on.
    demanded: Vec<Demanded>,
    /// Whether people may register who come by one of them.
    registers: bool,
    /// Whether they confirm what the provider says of them.
    confirms: bool,
    population: Option<Uuid>,
    /// Whether a password that is locked out locks out this way, too.
    enforces_lockout: bool,
}

/// Which names a provider knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Rule {
    contains: String,
    provider: Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Demanded {
    provider: Uuid,
    acr_values: Option<String>,
    /// Whether it is told the name that somebody has given.
    tells_name: bool,
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
    fn offers(&self, provider: Uuid) -> bool {
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
    population: Option<PopulationId>,
    /// PingOne's code of its type, and what its addresses here are called by.
    pub(crate) code: &'static str,
    path: String,
    provider: Provider,
    kind: ProviderType,
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

    fn callback(&self, idp: &Idp, environment: EnvironmentId) -> String {
        idp.urls().provider_callback(environment, &self.path)
    }
}

/// How far an interaction is on the way by a provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Passage {
    /// A browser that is at a provider.
    attempt: Option<Attempt>,
    /// Why the last way led nowhere.
    pub(crate) problem: Option<Problem>,
    /// By which providers the person has come, the last one last.
    passed: Vec<Uuid>,
    /// Whether a password was given, too.
    has_password: bool,
}

/// A browser that is at a provider, and what must come back with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Attempt {
    provider: Uuid,
    browser: SessionTokenDigest,
    /// An [`Expected`], sealed for the interaction.
    sealed: String,
}

/// Why a way by a provider led nowhere, as far as the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Problem {
    /// The account is disabled or locked, or its credentials are kept elsewhere.
    AccountNotUsable,
    /// The identity is another account's than the one that is signing on.
    OfAnotherAccount,
    /// The provider did not say who it is.
    Provider,
}

impl Passage {
    /// Whether nobody has gone there yet.
    pub(crate) fn is_untried(&self) -> bool {
        self.attempt.is_none() && self.problem.is_none()
    }

    /// Whether a browser is at a provider that is none of these.
    pub(crate) fn is_of_another(&self, browsers: &[SessionToken]) -> bool {
        let attempt = self.attempt.as_ref();
        attempt.is_some_and(|one| browsers.iter().all(|token| token.digest() != one.browser))
    }

    /// What is left of it at the next step.
    pub(super) fn at_next_step(self) -> Self {
        Self {
            attempt: None,
            problem: None,
            ..self
        }
    }

    /// By which providers the person has come, the last one last.
    pub(crate) fn providers(&self) -> &[Uuid] {
        &self.passed
    }

    /// Whether nothing but a provider's word says who it is.
    pub(super) fn is_all(&self) -> bool {
        !self.passed.is_empty() && !self.has_password
    }

    /// The same when the person has come by a provider.
    fn passed(&self, provider: Uuid, has_password: bool) -> Self {
        let mut passed = self.passed.clone();
        passed.retain(|one| *one != provider);
        passed.push(provider);
        Self {
            passed,
            has_password: self.has_password || has_password,
            ..Self::default()
        }
    }
}

/// Somebody whose identity is linked to nobody yet, and what the provider says of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Newcomer {
    identity: Identity,
    pub(crate) username: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) attributes: Map<String, Value>,
}

/// An attribute of a user as a provider says it is.
struct Mapped {
    name: String,
    value: Value,
    replaces: bool,
}

impl Mapped {
    /// As a text, of one that is a name.
    fn text(&self) -> Option<String> {
        let text = match &self.value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty() && text.len() <= LONGEST_NAME).then_some(text)
    }
}

/// Why a provider's answer leads nowhere.
#[derive(Debug, thiserror::Error)]
enum AnswerError {
    #[error(transparent)]
    Federation(#[from] FederationError),
    #[error("the provider can no longer be asked")]
    Gone,
    #[error("the answer has neither a code nor an error")]
    NoCode,
    #[error("the answer is another issuer's: {0}")]
    OtherIssuer(String),
    #[error("what was expected of the provider cannot be read")]
    NothingExpected,
    #[error("the provider refused: {0}")]
    Refused(String),
}

/// Which interaction a callback belongs to, and the application that the person goes on to.
pub(crate) fn found_by(state: &str) -> Option<(FlowId, ApplicationId)> {
    let mut parts = state.split('.');
    let flow = FlowId::parse(parts.next()?).ok()?;
    Some((flow, ApplicationId::parse(parts.next()?).ok()?))
}

fn context(flow: FlowId) -> String {
    format!("flows.external:{flow}")
}

impl Interaction {
    /// Whether the person may go to a provider from where the interaction stands.
    pub(crate) fn leads_to(&self, provider: Uuid) -> bool {
        match &self.step {
            Step::SignOn | Step::Password { .. } => self.request.policy.external.offers(provider),
            Step::External { provider: to, .. } => *to == provider,
            _ => false,
        }
    }

    fn on_passage(&self, external: Passage) -> Self {
        Self {
            external,
            ..self.clone()
        }
    }

    /// The same when the person has come by a provider.
    fn passed(&self, provider: Uuid, has_password: bool) -> Self {
        self.on_passage(self.external.passed(provider, has_password))
    }
}

impl Turn<'_> {
    /// Leads a browser to a provider: gives the address. `None` when another request was faster.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn depart(
        self,
        partner: &Partner,
        browser: &SessionToken,
    ) -> Result<Option<Url>, InteractionError> {
        self.take_sign_on_try()?;
        let (idp, interaction) = (self.idp, self.interaction);
        let application = interaction.request.address.application;
        let state = format!("{}.{application}", interaction.id);
        let expected = partner.provider.expect(&state, idp.random());
        let text = serde_json::to_vec(&expected)
            .map_err(|_| StoreError::inconsistent("what a provider is to say cannot be written"))?;
        let context = context(interaction.id);
        let attempt = Attempt {
            provider: partner.id,
            browser: browser.digest(),
            sealed: idp.keyring().seal(&context, &text, idp.random()),
        };
        let departed = interaction.on_passage(Passage {
            attempt: Some(attempt),
            problem: None,
            ..interaction.external.clone()
        });
        if !departed.try_advance(idp, self.by.now).await? {
            return Ok(None);
        }
        let redirect_uri = partner.callback(idp, interaction.environment);
        let name = self.name_to_tell(partner).await?;
        let choices = &interaction.request.policy.external;
        let mut demanded = choices.demanded.iter();
        let demanded = demanded.find(|one| one.provider == partner.id);
        let wishes = Wishes {
            login_hint: name.as_deref(),
            acr_values: demanded.and_then(|one| one.acr_values.as_deref()),
            prompt: interaction
                .request
                .prompts
                .iter()
                .find_map(|prompt| match prompt {
                    Prompt::Login => Some("login"),
                    Prompt::SelectAccount => Some("select_account"),
                    _ => None,
                }),
        };
        let provider = &partner.provider;
        Ok(Some(provider.authorization_url(
            &expected,
            &redirect_uri,
            &wishes,
        )))
    }

    /// The name that a provider is told: the one that led there, or, where the policy says so, the
    /// one that is known.
    async fn name_to_tell(self, partner: &Partner) -> Result<Option<String>, StoreError> {
        let Interaction { request, step, .. } = self.interaction;
        let demanded = request.policy.external.demanded.iter();
        let tells = demanded
            .filter(|one| one.provider == partner.id)
            .any(|one| one.tells_name);
        match step {
            Step::External {
                hint: Some(hint), ..
            } => Ok(Some(hint.clone())),
            Step::External {
                known: Some(known), ..
            } if tells => {
                let user = Users::new(self.idp.db())
                    .find(self.interaction.environment, known.user)
                    .await?;
                Ok(user.map(|user| user.username))
            }
            _ if tells => Ok(request.login_hint.clone()),
            _ => Ok(None),
        }
    }

    /// Takes what a browser brings back from a provider. `None` where that says nothing: what was
    /// expected has come already, or is something else, or the provider did not say who it is; the
    /// page of the interaction's state tells.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn arrive(
        self,
        path: &str,
        params: &FormParams,
    ) -> Result<Option<Next>, InteractionError> {
        let (idp, by) = (self.idp, self.by);
        let interaction = self.interaction;
        let Some(attempt) = &interaction.external.attempt else {
            return Ok(None);
        };
        if !interaction.leads_to(attempt.provider) {
            return Ok(None);
        }
        let opened = idp
            .keyring()
            .open(&context(interaction.id), &attempt.sealed);
        let expected = opened.ok();
        let expected: Option<Expected> =
            expected.and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(expected) = &expected
            && !is_equal(params.text("state"), &expected.state)
        {
            tracing::warn!(flow = %interaction.id, "an answer of an identity provider is of \
                another attempt");
            return Ok(None);
        }
        self.take_sign_on_try()?;
        // What comes back counts once.
        let back = interaction.on_passage(interaction.external.clone().at_next_step());
        if !back.try_advance(idp, by.now).await? {
            return Ok(None);
        }
        let back = back.kept();
        let turn = Turn {
            interaction: &back,
            ..self
        };
        let partner = Partner::find(idp, back.environment, attempt.provider).await?;
        let partner = partner.filter(|partner| partner.path == path);
        let answer = match (&partner, expected) {
            (None, _) => Err(AnswerError::Gone),
            (_, None) => Err(AnswerError::NothingExpected),
            (Some(partner), Some(expected)) => turn.ask(partner, params, &expected).await,
        };
        match (partner, answer) {
            (Some(partner), Ok(claims)) => Box::pin(turn.welcome(&partner, &claims)).await,
            (_, Err(error)) => {
                let cause = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(provider = %attempt.provider, flow = %back.id, cause,
                    "an identity provider did not say who signs on");
                turn.note(Problem::Provider).await
            }
            (None, Ok(_)) => Ok(None),
        }
    }

    /// What the provider says of the person whose browser brings this back.
    async fn ask(
        self,
        partner: &Partner,
        params: &FormParams,
        expected: &Expected,
    ) -> Result<Map<String, Value>, AnswerError> {
        let short = |text: &str| text.chars().take(LONGEST_NAME).collect();
        // RFC 9207: who mixes providers up is found out before anything is redeemed.
        if let Some(issuer) = params.find("iss")
            && issuer != partner.provider.issuer
        {
            return Err(AnswerError::OtherIssuer(short(issuer)));
        }
        if let Some(error) = params.find("error") {
            return Err(AnswerError::Refused(short(error)));
        }
        let code = params.find("code").ok_or(AnswerError::NoCode)?;
        let redirect_uri = partner.callback(self.idp, self.interaction.environment);
        let federation = self.idp.federation();
        let now = self.by.now;
        let claims = federation.identify(&partner.provider, code, expected, &redirect_uri, now);
        Ok(claims.await?)
    }

    /// Keeps why a way led nowhere, for the page of the interaction's state to tell.
    async fn note(self, problem: Problem) -> Result<Option<Next>, InteractionError> {
        let noted = self.interaction.on_passage(Passage {
            problem: Some(problem),
            ..self.interaction.external.clone()
        });
        noted.try_advance(self.idp, self.by.now).await?;
        Ok(None)
    }

    /// Signs on the user whose identity it is, or makes one of a newcomer.
    async fn welcome(
        self,
        partner: &Partner,
        claims: &Map<String, Value>,
    ) -> Result<Option<Next>, InteractionError> {
        let (idp, environment) = (self.idp, self.interaction.environment);
        let subject = claims
            .get("sub")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let identity = Identity {
            provider: partner.id,
            subject: subject.to_owned(),
        };
        let accounts = LinkedAccounts::new(idp.db(), idp.keyring());
        let linked = accounts.find_user(environment, &identity).await?;
        let mapped = mapped(idp, environment, partner, claims).await?;
        let known = match &self.interaction.step {
            Step::External { known, .. } => known.as_ref(),
            _ => None,
        };
        if let Some(known) = known {
            self.session_of(known).await?;
        }
        match (linked, known) {
            (Some(linked), Some(known)) if linked != known.user => {
                self.note(Problem::OfAnotherAccount).await
            }
            (Some(user), _) => self.enter(partner, user, &mapped, known).await,
            // The user has proved to be one in this interaction.
            (None, Some(known)) => {
                let found = Users::new(idp.db()).find(environment, known.user).await?;
                let Some(user) = found.filter(|user| user.can_authenticate(self.by.now)) else {
                    return self.note(Problem::AccountNotUsable).await;
                };
                if !self.link(&user, &identity).await? {
                    return self.note(Problem::OfAnotherAccount).await;
                }
                self.enter(partner, user.id, &mapped, Some(known)).await
            }
            (None, None) => self.receive(partner, identity, &mapped, claims).await,
        }
    }

    /// Signs on a user by a provider, who may be known already.
    async fn enter(
        self,
        partner: &Partner,
        user: UserId,
        mapped: &[Mapped],
        known: Option<&Known>,
    ) -> Result<Option<Next>, InteractionError> {
        let (idp, environment, now) = (self.idp, self.interaction.environment, self.by.now);
        let found = Users::new(idp.db()).find(environment, user).await?;
        let is_kept_here_or_there = |user: &StoredUser| {
            let keeper = user.identity_provider.as_ref();
            keeper.is_none_or(|keeper| keeper.id == partner.id)
        };
        let usable = found.filter(|user| user.can_authenticate(now) && is_kept_here_or_there(user));
        let Some(user) = usable else {
            return self.note(Problem::AccountNotUsable).await;
        };
        if self.interaction.request.policy.external.enforces_lockout {
            let state = passwords::state(idp, &user, now).await?;
            if state.status == PasswordStatus::PasswordLockedOut {
                return self.note(Problem::AccountNotUsable).await;
            }
        }
        let user = self.update(user, mapped).await?;
        // Who was known before, and by no provider, was by a password.
        let has_password = known.is_some() && self.interaction.external.passed.is_empty();
        let passed = self.interaction.passed(partner.id, has_password);
        let turn = Turn {
            interaction: &passed,
            ..self
        };
        match known {
            Some(known) => turn.go_on(known, &user).await.map(Some),
            None => turn.after_password(&user, None).await.map(Some),
        }
    }

    /// Fills the user with what the provider says.
    async fn update(
        self,
        user: StoredUser,
        mapped: &[Mapped],
    ) -> Result<StoredUser, InteractionError> {
        let (idp, environment, now) = (self.idp, self.interaction.environment, self.by.now);
        let schema = idp.user_schemas().of(environment, now).await?;
        let mut changed = StoredUser {
            attributes: profile(user.attributes.clone(), mapped, &schema),
            updated_at: now,
            ..user.clone()
        };
        let email = find(mapped, "email").filter(|email| email.replaces);
        let email = email.and_then(Mapped::text);
        let email = email.and_then(|email| EmailAddress::parse(&email).ok());
        if let Some(email) = email.filter(|email| !Users::has_email(&user, email.as_str())) {
            let mut moved = changed.clone();
            // It is the provider's word, and proves nothing here.
            moved.move_to(email.as_str().to_owned(), Word::OfAnApplication);
            if registration::require_own_address(&moved).is_ok() {
                changed = moved;
            }
        }
        if changed.attributes == user.attributes && changed.email == user.email {
            return Ok(user);
        }
        let alone = match registration::require_unique(idp, &changed, now).await {
            Ok(alone) => alone,
            Err(RegistrationRefusal::ValueTaken(name)) => {
                tracing::warn!(user = %user.id, attribute = name,
                    "what an identity provider says is another user's, and is left out");
                return Ok(user);
            }
            Err(refusal) => return Err(refused(refusal)),
        };
        let placed = group_rules::place(idp, &changed, now).await?;
        let updated = Activity::new("USER.UPDATED", &changed);
        let by = self.by.acting_as(&changed);
        let change = Users::update(&changed).and(alone).and(placed);
        match change.commit(idp, environment, &updated, &by).await {
            Ok(()) => Ok(StoredUser {
                version: changed.version + 1,
                ..changed
            }),
            // Somebody else changes the user at this moment; the next sign-on tries again.
            Err(error) if error.unmet().is_some() || error.is_unique_violation() => Ok(user),
            Err(error) => Err(error.into()),
        }
    }

    /// Links an identity to a user. `false` says that it was somebody's already.
    async fn link(self, user: &StoredUser, identity: &Identity) -> Result<bool, InteractionError> {
        let (idp, by) = (self.idp, self.by.acting_as(user));
        let (activity, change) = registration::linking(idp, user, identity, by.now)?;
        match change
            .commit(idp, user.environment_id, &activity, &by)
            .await
        {
            Ok(()) => Ok(true),
            Err(error) if error.is_unique_violation() || error.unmet().is_some() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What becomes of somebody whose identity is nobody's yet.
    async fn receive(
        self,
        partner: &Partner,
        identity: Identity,
        mapped: &[Mapped],
        claims: &Map<String, Value>,
    ) -> Result<Option<Next>, InteractionError> {
        let (idp, environment) = (self.idp, self.interaction.environment);
        let text = |name: &str| find(mapped, name).and_then(Mapped::text);
        let schema = idp.user_schemas().of(environment, self.by.now).await?;
        let newcomer = Newcomer {
            identity,
            username: text("username"),
            email: text("email"),
            attributes: profile(Map::new(), mapped, &schema),
        };
        if let Some(user) = self.bound_before(partner, &newcomer, claims).await? {
            return if self.link(&user, &newcomer.identity).await? {
                self.enter(partner, user.id, mapped, None).await
            } else {
                self.note(Problem::OfAnotherAccount).await
            };
        }
        let choices = &self.interaction.request.policy.external;
        if partner.population.is_some() {
            if choices.confirms {
                return self.move_to_confirmation(newcomer).await.map(Some);
            }
            if let (Some(username), Some(email)) = (&newcomer.username, &newcomer.email) {
                let made = self.make(partner, &newcomer, username, email).await?;
                match made {
                    Ok(next) => return Ok(Some(next)),
                    Err(refusal) => {
                        let cause = ui::chain_of_causes(&refusal).join(": ");
                        tracing::info!(provider = %partner.id, cause, "no user was made of somebody \
                            who came by an identity provider; they are asked");
                    }
                }
            }
        }
        let proof = SessionToken::random(idp.random());
        let step = Step::Link {
            newcomer,
            proof: proof.digest(),
        };
        self.move_behind(proof, step).await.map(Some)
    }

    /// The user of this name of whom an administrator said that the provider keeps the credentials. A
    /// name that is a mail address counts where the provider says that it was proven.
    async fn bound_before(
        self,
        partner: &Partner,
        newcomer: &Newcomer,
        claims: &Map<String, Value>,
    ) -> Result<Option<StoredUser>, StoreError> {
        let Some(username) = &newcomer.username else {
            return Ok(None);
        };
        if EmailAddress::parse(username).is_ok() {
            let is_proven = claims.get("email_verified") == Some(&Value::Bool(true));
            let is_theirs = claims.get("email").and_then(Value::as_str) == Some(username);
            if !(is_proven && is_theirs) {
                return Ok(None);
            }
        }
        let found = Users::new(self.idp.db())
            .find_by_username(self.interaction.environment, username)
            .await?;
        let keeper = |user: &StoredUser| user.identity_provider.as_ref().map(|one| one.id);
        Ok(found.filter(|user| keeper(user) == Some(partner.id)))
    }

    /// To the page where a newcomer says who they want to be here.
    async fn move_to_confirmation(self, newcomer: Newcomer) -> Result<Next, InteractionError> {
        let proof = SessionToken::random(self.idp.random());
        let step = Step::Confirm {
            newcomer,
            proof: proof.digest(),
        };
        self.move_behind(proof, step).await
    }

    /// Whether newcomers of a provider may register.
    pub(crate) async fn lets_register(self, newcomer: &Newcomer) -> Result<bool, InteractionError> {
        let may =
            self.interaction.request.policy.external.registers && self.idp.settings().registration;
        let partner = self.partner_of(newcomer).await?;
        Ok(partner.is_some_and(|partner| may || partner.population.is_some()))
    }

    /// The provider that a newcomer comes by.
    pub(crate) async fn partner_of(
        self,
        newcomer: &Newcomer,
    ) -> Result<Option<Partner>, InteractionError> {
        let environment = self.interaction.environment;
        Ok(Partner::find(self.idp, environment, newcomer.identity.provider).await?)
    }

    /// A newcomer wants an account of their own: what the provider says is enough, or is to be
    /// confirmed.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn want_account(self, newcomer: &Newcomer) -> Result<Next, InteractionError> {
        if !self.interaction.request.policy.external.confirms
            && let Some(partner) = self.partner_of(newcomer).await?
            && let (Some(username), Some(email)) = (&newcomer.username, &newcomer.email)
            && let Ok(next) = self.make(&partner, newcomer, username, email).await?
        {
            return Ok(next);
        }
        self.move_to_confirmation(newcomer.clone()).await
    }

    /// Makes the user of a newcomer, linked to the identity. Where the provider names a population, it
    /// keeps the credentials, and its word is enough; otherwise the user proves the mail address like
    /// anybody who registers, and nobody learns whether it has an account.
    ///
    /// # Errors
    ///
    /// [`InteractionError`]; what can be corrected is given back.
    pub(crate) async fn make(
        self,
        partner: &Partner,
        newcomer: &Newcomer,
        username: &str,
        email: &str,
    ) -> Result<Result<Next, RegistrationRefusal>, InteractionError> {
        let (idp, environment) = (self.idp, self.interaction.environment);
        let limits = idp.limits();
        limits
            .registrations
            .take(self.by.origin.address, self.by.now)?;
        let wanted = self.interaction.request.policy.external.population;
        let wanted = partner.population.or(wanted.map(PopulationId::from_uuid));
        // One that was named may be deleted.
        let mut population = None;
        if let Some(wanted) = wanted {
            population = find_population(idp, environment, wanted).await?;
        }
        if population.is_none() {
            let populations = Populations::new(idp.db());
            let default = populations.find_default(environment).await?;
            population = default.map(|default| default.id);
        }
        let none = StoreError::inconsistent("an environment has no default population");
        let population = population.ok_or(none)?;
        let mfa = MfaSettings::of(idp, environment).await?;
        let account = NewAccount {
            mfa_enabled: mfa.enables_new_users(),
            attributes: newcomer.attributes.clone(),
            linked: Some(newcomer.identity.clone()),
            ..NewAccount::new(username, email, population)
        };
        let passed = self.interaction.passed(partner.id, false);
        let turn = Turn {
            interaction: &passed,
            ..self
        };
        if partner.population.is_some() {
            let account = NewAccount {
                identity_provider: Some(ForeignProvider {
                    id: partner.id,
                    provider_type: partner.code.to_owned(),
                }),
                references: vec![to_provider("identityProvider.id", partner.id)],
                ..account
            };
            return match registration::register(idp, environment, account, self.by).await {
                Ok(user) => Ok(Ok(turn.after_password(&user, None).await?)),
                Err(RegistrationRefusal::Refused(refusal)) => Err(refusal.into()),
                Err(refusal) => Ok(Err(refusal)),
            };
        }
        let account = NewAccount {
            verification: Verification::Required,
            ..account
        };
        let address = EmailAddress::parse(email);
        match registration::register_oneself(idp, environment, account, self.by).await {
            Ok(Registered::Made(user)) => Ok(Ok(turn.after_password(&user, None).await?)),
            Ok(Registered::HasAccount) => match address {
                Ok(address) => Ok(Ok(turn.to_nobodys_verification(&address).await?)),
                Err(invalid) => Ok(Err(RegistrationRefusal::InvalidEmail(invalid))),
            },
            Err(RegistrationRefusal::Refused(refusal)) => Err(refusal.into()),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Links the identity of a newcomer to the user whose password they gave, and gives what the
    /// interaction then knows.
    pub(super) async fn connect(
        self,
        newcomer: &Newcomer,
        user: &StoredUser,
    ) -> Result<Interaction, InteractionError> {
        if !self.link(user, &newcomer.identity).await? {
            return Err(InteractionError::Over);
        }
        Ok(self.interaction.passed(newcomer.identity.provider, true))
    }
}

fn refused(refusal: RegistrationRefusal) -> InteractionError {
    match refusal {
        RegistrationRefusal::Refused(refusal) => refusal.into(),
        _ => StoreError::inconsistent("what an identity provider says breaks a rule").into(),
    }
}

fn find<'a>(mapped: &'a [Mapped], name: &str) -> Option<&'a Mapped> {
    mapped.iter().find(|one| one.name == name)
}

/// What the mappings of a provider make of its claims.
async fn mapped(
    idp: &Idp,
    environment: EnvironmentId,
    partner: &Partner,
    claims: &Map<String, Value>,
) -> Result<Vec<Mapped>, StoreError> {
    let objects = Objects::<ProviderAttribute>::new(idp.db(), idp.keyring());
    let mappings = objects.list(environment, partner.id).await?;
    let mapped = mappings.iter().filter_map(|mapping| {
        Some(Mapped {
            name: mapping.document.attribute().to_owned(),
            value: mapping.document.value(partner.kind, claims)?,
            replaces: mapping.document.replaces(),
        })
    });
    Ok(mapped.collect())
}

/// The attributes of a user with what a provider says; what breaks a rule is left out.
fn profile(
    attributes: Map<String, Value>,
    mapped: &[Mapped],
    schema: &UserSchema,
) -> Map<String, Value> {
    let has = |one: &Mapped| {
        let mut path = one.name.split('.');
        let first = path.next().and_then(|first| attributes.get(first));
        first.is_some_and(|first| {
            path.try_fold(first, |value, name| value.get(name))
                .is_some()
        })
    };
    let taken = mapped.iter().filter(|one| one.replaces || !has(one));
    let bodies: Vec<Map<String, Value>> = taken.map(body).collect();
    bodies.iter().fold(attributes, |profile, body| {
        match user_attributes::merge(profile.clone(), body, schema) {
            Ok(merged) => merged,
            Err(_) => profile,
        }
    })
}

/// One attribute as a request would set it: `name.given` as a member of `name`.
fn body(one: &Mapped) -> Map<String, Value> {
    let mut names = one.name.rsplit('.');
    let last = names.next().unwrap_or_default();
    let innermost = Map::from_iter([(last.to_owned(), one.value.clone())]);
    names.fold(innermost, |inner, name| {
        Map::from_iter([(name.to_owned(), Value::Object(inner))])
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapped(name: &str, value: Value, replaces: bool) -> Mapped {
        Mapped {
            name: name.to_owned(),
            value,
            replaces,
        }
    }

    #[test]
    fn a_provider_fills_what_is_empty_replaces_what_it_may_and_breaks_no_rule() {
        let Value::Object(before) = json!({
            "name": { "given": "Ada" }, "nickname": "Al", "title": "Countess",
        }) else {
            panic!("an object")
        };
        let said = [
            mapped("name.given", json!("Augusta"), false),
            mapped("name.family", json!("King"), false),
            mapped("nickname", json!("Gussie"), true),
            mapped("title", json!("a\u{7}bell"), true),
            mapped("enabled", json!(false), true),
        ];
        let after = profile(before, &said, &UserSchema::default());
        let wanted = json!({
            "name": { "given": "Ada", "family": "King" }, "nickname": "Gussie",
            "title": "Countess",
        });
        assert_eq!(Value::Object(after), wanted);
    }

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
