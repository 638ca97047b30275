//! Signing on by an identity provider elsewhere: the way there and back, whose identity it is that
//! comes back, and what becomes of one that is nobody's yet.
//!
//! An identity leads to the one user whom it is linked to. It is linked when that user is made for
//! it, when its owner gives the user's password in the same interaction, or where an administrator
//! has said that the provider keeps the user's credentials; never because of a mail address.

mod mapped;
mod newcomers;
mod partners;

use db::StoreError;
use protocol::id::{ApplicationId, FlowId};
use protocol::oauth::Prompt;
use protocol::params::FormParams;
use protocol::secret::{SessionToken, SessionTokenDigest, is_equal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use super::error::InteractionError;
use super::turn::{Next, Turn};
use super::{Interaction, Step};
use crate::federation::{Expected, FederationError, Wishes};
use crate::stores::users::Users;

pub(crate) use self::newcomers::Newcomer;
pub(crate) use self::partners::{Choices, Partner};

/// A claim is taken for a name up to this length; PingOne's own limit of `externalId`.
const LONGEST_NAME: usize = 1024;

/// How far an interaction is on the way by a provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Passage {
    /// A browser that is at a provider.
    attempt: Option<Attempt>,
    /// Why the last way led nowhere.
    pub(crate) problem: Option<Problem>,
    /// By which providers the person has come in this interaction, the last one last.
    passed: Vec<Uuid>,
    /// By which one the person came into the session that this interaction goes on in.
    #[serde(default)]
    before: Option<Uuid>,
    /// Whether a password was given in this interaction, too.
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

/// By which providers somebody has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Came<'a> {
    /// In this interaction.
    pub(crate) here: &'a [Uuid],
    /// In a session before it.
    pub(crate) before: Option<Uuid>,
}

/// Why a way by a provider led nowhere, as far as the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Problem {
    /// The account is disabled or locked, or its credentials are kept elsewhere.
    AccountNotUsable,
    /// It was stopped at the provider, by the person or by its rules.
    Cancelled,
    /// The identity is another account's than the one that is signing on.
    OfAnotherAccount,
    /// The provider did not say who it is.
    Provider,
}

impl Passage {
    /// That of an interaction which goes on in a session.
    pub(super) fn behind(before: Option<Uuid>) -> Self {
        Self {
            before,
            ..Self::default()
        }
    }

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

    /// By which providers the person has come.
    pub(crate) fn came(&self) -> Came<'_> {
        Came {
            here: &self.passed,
            before: self.before,
        }
    }

    /// Whether the person has come by a provider in this interaction.
    pub(super) fn has_come(&self) -> bool {
        !self.passed.is_empty()
    }

    /// By which provider the person has come last.
    pub(super) fn last(&self) -> Option<Uuid> {
        self.passed.last().copied().or(self.before)
    }

    /// Whether nothing but a provider's word says in this interaction who it is.
    pub(super) fn is_all(&self) -> bool {
        !self.passed.is_empty() && !self.has_password
    }

    /// The same when the person has come by a provider.
    fn having_come_by(&self, provider: Uuid, has_password: bool) -> Self {
        let mut passed = self.passed.clone();
        passed.retain(|one| *one != provider);
        passed.push(provider);
        Self {
            passed,
            before: self.before,
            has_password: self.has_password || has_password,
            ..Self::default()
        }
    }
}

/// Why a provider's answer leads nowhere.
#[derive(Debug, thiserror::Error)]
enum AnswerError {
    #[error(transparent)]
    Federation(#[from] FederationError),
    #[error("the provider can no longer be asked")]
    Gone,
    #[error("the sign-on was stopped at the provider")]
    Cancelled,
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
    fn having_come_by(&self, provider: Uuid, has_password: bool) -> Self {
        self.on_passage(self.external.having_come_by(provider, has_password))
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
            (_, Err(AnswerError::Cancelled)) => turn.note(Problem::Cancelled).await,
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
        // RFC 6749 section 4.1.2.1.
        match params.find("error") {
            Some("access_denied") => return Err(AnswerError::Cancelled),
            Some(error) => return Err(AnswerError::Refused(short(error))),
            None => {}
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
}
