//! What happens with the user between an authorization request and its response: a state machine
//! over the table `flows`.
//!
//! A step is an enum with the data of that step; transitions consume it. The row's version guards
//! them: of two requests that start from one step, one arrives. States are named as PingOne's.

pub(crate) mod browser;
pub(crate) mod challenge;
pub(crate) mod complete;
pub(crate) mod cookies;
pub(crate) mod demands;
pub(crate) mod error;
pub(crate) mod external;
pub(crate) mod policy;
pub(crate) mod profile;
pub(crate) mod proven;
pub(crate) mod respond;
pub(crate) mod response;
pub(crate) mod second_factor;
pub(crate) mod still;
pub(crate) mod told;
pub(crate) mod turn;
pub(crate) mod way_on;

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use protocol::id::{EnvironmentId, FlowId, SessionId, UserId};
use protocol::oauth::{CodeChallenge, Prompt, ResponseType, Scopes};
use protocol::secret::{SessionToken, SessionTokenDigest};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::Idp;
use crate::accounts::passwords::ChangeReason;
use crate::interaction::browser::Browser;
use crate::interaction::external::{Newcomer, Passage};
use crate::interaction::policy::ChosenPolicy;
use crate::interaction::proven::Proven;
use crate::interaction::response::ReturnAddress;
use crate::stores::change::Change;
use crate::stores::flows::{Flows, StoredFlow};
use crate::urls::InteractionQuery;

/// A wrong recovery code too many ends the tries; as many as the code itself allows, so that known
/// and unknown users are told the same.
pub(crate) const MOST_RECOVERY_TRIES: u32 = 5;

/// How long an interaction can be gone on with at most, whatever is done in it.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// An authorization request that has passed all checks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) address: ReturnAddress,
    pub(crate) response_type: ResponseType,
    pub(crate) scopes: Scopes,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) max_age_seconds: Option<i64>,
    pub(crate) login_hint: Option<String>,
    /// Whom the client expects, by an ID token hint.
    pub(crate) expected_user: Option<UserId>,
    /// The languages that the application wants pages in, the most wanted first.
    #[serde(default)]
    pub(crate) ui_locales: Vec<String>,
    /// The sign-on policies that the client asked for. They are chosen from again at every step.
    #[serde(default)]
    pub(crate) acr_values: Option<String>,
    #[serde(default)]
    pub(crate) policy: ChosenPolicy,
}

impl AuthorizationRequest {
    /// Whether the browser's session answers the request without a page.
    pub(crate) fn is_satisfied_by(&self, browser: &Browser, now: Timestamp) -> bool {
        let asks_again = self.asks_to_sign_on_again();
        let is_fresh = self.max_age_seconds.is_none_or(|seconds| {
            let age = now.duration_since(browser.session.authenticated_at);
            seconds > 0 && age <= SignedDuration::from_secs(seconds)
        });
        !asks_again && is_fresh && self.expects(browser.session.user_id)
    }

    /// Whether the user must authenticate even within a session.
    fn asks_to_sign_on_again(&self) -> bool {
        self.prompts
            .iter()
            .any(|prompt| matches!(prompt, Prompt::Login | Prompt::SelectAccount))
    }

    /// Whether no page may be shown.
    pub(crate) fn forbids_pages(&self) -> bool {
        self.prompts.contains(&Prompt::None)
    }

    /// Whether this is the user that the client expects, if it expects one.
    pub(crate) fn expects(&self, user: UserId) -> bool {
        self.expected_user.is_none_or(|expected| expected == user)
    }
}

/// A user who is known to the policy, while it demands more than to be known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) user: UserId,
    /// The digest of the cookie of the browser that knew the password.
    pub(crate) proof: SessionTokenDigest,
    /// When the password was given, or a provider elsewhere has said who it is.
    #[serde(with = "protocol::pingone::date::Date")]
    pub(crate) password_at: Timestamp,
    /// Whether there was a password.
    #[serde(default)]
    pub(crate) has_password: bool,
    /// The session in which it was given, if that was before this interaction.
    pub(crate) session: Option<SessionId>,
    /// When a device proved that it is the user, if one did.
    #[serde(default)]
    #[serde(with = "protocol::pingone::date::OptionalDate")]
    pub(crate) second_factor_at: Option<Timestamp>,
    /// Whether it did so in this interaction.
    #[serde(default)]
    pub(crate) gave_second_factor: bool,
}

/// What was given in an interaction itself, and not in a session before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) password: bool,
    pub(crate) second_factor: bool,
}

impl Known {
    /// What was proven, and what of it in this interaction.
    pub(crate) fn proven(&self) -> Proven {
        Proven {
            password_at: self.password_at,
            has_password: self.has_password,
            second_factor_at: self.second_factor_at,
            given: Given {
                password: self.session.is_none(),
                second_factor: self.gave_second_factor,
            },
        }
    }
}

/// Where an interaction stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Nobody is known.
    SignOn,
    /// A name was given, which may be nobody's; the password comes next.
    Password { username: String },
    /// The password was right and has to be changed. `proof` is the digest of the cookie that the
    /// browser was given for having known it.
    ChangePassword {
        user: UserId,
        reason: ChangeReason,
        proof: SessionTokenDigest,
    },
    /// A code was mailed, if there is such a user; nobody is told whether there is. `username` is
    /// what was typed, for the browser's password manager.
    RecoveryCode {
        #[serde(default, alias = "user", deserialize_with = "one_or_many")]
        users: Vec<UserId>,
        tries: u32,
        #[serde(default)]
        username: String,
    },
    /// The password was right and the mail address has to be proven. Without a user, somebody
    /// registered with an address that has an account, and is not told so.
    VerificationCode {
        user: Option<UserId>,
        #[serde(default)]
        email: String,
        proof: SessionTokenDigest,
    },
    /// An action of the sign-on policy demands that a device proves that it is the user.
    SecondFactor { known: Known, authentication: Uuid },
    /// An action of the sign-on policy demands that the user agrees to something. `shown` is the
    /// revision that the flow API has shown last.
    Agreement {
        known: Known,
        action: Uuid,
        #[serde(default)]
        shown: Option<Uuid>,
    },
    /// An action of the sign-on policy asks for what the profile lacks.
    ProfileData { known: Known, action: Uuid },
    /// An identity provider elsewhere is to say who it is: whoever gave this name, or the user who is
    /// known already.
    External {
        provider: Uuid,
        hint: Option<String>,
        known: Option<Known>,
    },
    /// An identity elsewhere is nobody's yet; its owner may give the password of an account, or make
    /// one.
    Link {
        newcomer: Newcomer,
        proof: SessionTokenDigest,
    },
    /// The owner of such an identity says who they want to be here.
    Confirm {
        newcomer: Newcomer,
        proof: SessionTokenDigest,
    },
    /// The user is signed on in this session.
    Completed {
        user: UserId,
        session: SessionId,
        #[serde(default)]
        given: Given,
    },
    /// The user declined what the application demands, which is told so.
    Declined { known: Known },
}

/// Steps that were kept before several accounts could share an address name one user or none.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<UserId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Users {
        Many(Vec<UserId>),
        One(Option<UserId>),
    }
    Ok(match Users::deserialize(deserializer)? {
        Users::Many(users) => users,
        Users::One(user) => user.into_iter().collect(),
    })
}

impl Step {
    /// PingOne's name of the state.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::SignOn => "USERNAME_PASSWORD_REQUIRED",
            Self::Password { .. } => "PASSWORD_REQUIRED",
            Self::ChangePassword {
                reason: ChangeReason::Expired,
                ..
            } => "PASSWORD_EXPIRED",
            Self::ChangePassword {
                reason: ChangeReason::Forced,
                ..
            } => "MUST_CHANGE_PASSWORD",
            Self::RecoveryCode { .. } => "RECOVERY_CODE_REQUIRED",
            Self::VerificationCode { .. } => "VERIFICATION_CODE_REQUIRED",
            Self::SecondFactor { .. } => "OTP_REQUIRED",
            Self::Agreement { .. } => "AGREEMENT_CONSENT_REQUIRED",
            Self::ProfileData { .. } => "PROFILE_DATA_REQUIRED",
            Self::External { .. } => "EXTERNAL_AUTHENTICATION_REQUIRED",
            Self::Link { .. } => "ACCOUNT_LINKING_REQUIRED",
            Self::Confirm { .. } => "ACCOUNT_CONFIRMATION_REQUIRED",
            Self::Completed { .. } => "COMPLETED",
            Self::Declined { .. } => "FAILED",
        }
    }

    /// Whether nobody is known, or has come by anything yet.
    fn is_beginning(&self) -> bool {
        matches!(self, Self::SignOn | Self::External { known: None, .. })
    }

    /// Whether a person may go back from here to the first step, to sign on in another way.
    pub(crate) fn can_begin_anew(&self) -> bool {
        match self {
            Self::Password { .. }
            | Self::RecoveryCode { .. }
            | Self::SecondFactor { .. }
            | Self::VerificationCode { .. }
            | Self::External { known: None, .. }
            | Self::Link { .. }
            | Self::Confirm { .. } => true,
            Self::SignOn
            | Self::ChangePassword { .. }
            | Self::External { known: Some(_), .. }
            | Self::Agreement { .. }
            | Self::ProfileData { .. }
            | Self::Completed { .. }
            | Self::Declined { .. } => false,
        }
    }

    fn user(&self) -> Option<UserId> {
        match self {
            Self::Agreement { known, .. }
            | Self::SecondFactor { known, .. }
            | Self::ProfileData { known, .. }
            | Self::External {
                known: Some(known), ..
            }
            | Self::Declined { known } => Some(known.user),
            Self::SignOn
            | Self::Password { .. }
            | Self::External { known: None, .. }
            | Self::Link { .. }
            | Self::Confirm { .. } => None,
            Self::RecoveryCode { users, .. } => users.first().copied(),
            Self::VerificationCode { user, .. } => *user,
            Self::ChangePassword { user, .. } | Self::Completed { user, .. } => Some(*user),
        }
    }

    /// The user, where this is told: to whoever gave the right password, or more.
    pub(crate) fn proven_user(&self) -> Option<UserId> {
        match self {
            Self::RecoveryCode { .. } => None,
            step => step.user(),
        }
    }

    /// The session that it ends with.
    fn session(&self) -> Option<SessionId> {
        match self {
            Self::Completed { session, .. } => Some(*session),
            Self::SecondFactor { known, .. }
            | Self::Agreement { known, .. }
            | Self::ProfileData { known, .. }
            | Self::External {
                known: Some(known), ..
            }
            | Self::Declined { known } => known.session,
            Self::SignOn
            | Self::Password { .. }
            | Self::ChangePassword { .. }
            | Self::RecoveryCode { .. }
            | Self::VerificationCode { .. }
            | Self::External { known: None, .. }
            | Self::Link { .. }
            | Self::Confirm { .. } => None,
        }
    }

    /// Whether the browser may go on with this step: where a password was right, only the browser
    /// that knew it.
    pub(crate) fn is_open_to(&self, tokens: &[SessionToken]) -> bool {
        let proof = match self {
            Self::ChangePassword { proof, .. }
            | Self::VerificationCode { proof, .. }
            | Self::Link { proof, .. }
            | Self::Confirm { proof, .. } => proof,
            Self::Agreement { known, .. }
            | Self::SecondFactor { known, .. }
            | Self::ProfileData { known, .. }
            | Self::External {
                known: Some(known), ..
            }
            | Self::Declined { known } => &known.proof,
            Self::SignOn
            | Self::Password { .. }
            | Self::RecoveryCode { .. }
            | Self::External { known: None, .. }
            | Self::Completed { .. } => return true,
        };
        tokens.iter().any(|token| token.digest() == *proof)
    }
}

/// A sign-on interaction.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) id: FlowId,
    pub(crate) environment: EnvironmentId,
    pub(crate) request: AuthorizationRequest,
    pub(crate) step: Step,
    /// The actions of the policy that have asked for what the profile lacks.
    pub(crate) asked: Vec<Uuid>,
    /// The way by a provider elsewhere.
    pub(crate) external: Passage,
    version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Document {
    request: AuthorizationRequest,
    step: Step,
    #[serde(default)]
    asked: Vec<Uuid>,
    #[serde(default)]
    external: Passage,
}

impl Interaction {
    /// Begins an interaction for a request, at its first step. `before` is the provider by which the
    /// user came into the session that it goes on in, if it does.
    pub(crate) async fn begin(
        idp: &Idp,
        environment: EnvironmentId,
        request: AuthorizationRequest,
        step: Step,
        before: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let before = before.filter(|_| !step.is_beginning());
        let interaction = Self {
            id: FlowId::random(idp.random()),
            environment,
            request,
            step,
            asked: Vec::new(),
            external: Passage::behind(before),
            version: 0,
            created_at: now,
            expires_at: now,
        };
        Flows::insert(&interaction.stored(idp, now)?)
            .commit_unrecorded(idp)
            .await
            .map_err(StoreError::during("begin a sign-on interaction"))?;
        Ok(interaction)
    }

    /// An interaction, unless its time is over.
    pub(crate) async fn find(
        idp: &Idp,
        environment: EnvironmentId,
        id: FlowId,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let stored = Flows::new(idp.db()).find(environment, id, now).await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let document: Document = serde_json::from_str(&stored.document)
            .map_err(|_| StoreError::inconsistent("a sign-on interaction cannot be read"))?;
        Ok(Some(Self {
            id: stored.id,
            environment: stored.environment_id,
            request: document.request,
            step: document.step,
            asked: document.asked,
            external: document.external,
            version: stored.version,
            created_at: stored.created_at,
            expires_at: stored.expires_at,
        }))
    }

    /// How the addresses of its pages name it.
    pub(crate) fn query(&self) -> InteractionQuery {
        InteractionQuery {
            flow: self.id,
            application: self.request.address.application,
        }
    }

    /// The next step of this interaction, not kept yet. Back at the beginning, nobody was asked
    /// for anything, or has come by anything.
    #[must_use]
    pub(crate) fn to(self, step: Step) -> Self {
        let (asked, external) = if step.is_beginning() {
            (Vec::new(), Passage::default())
        } else {
            (self.asked, self.external.at_next_step())
        };
        Self {
            step,
            asked,
            external,
            ..self
        }
    }

    /// The same under the sign-on policy that its request is answered by now: an operator may have
    /// assigned or deleted some since it began. None when there is none of those that were asked
    /// for any more.
    pub(crate) async fn by_policy_of_now(
        &self,
        idp: &Idp,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let application = self.request.address.application;
        let names = self.request.acr_values.as_deref();
        let chosen = ChosenPolicy::find(idp, self.environment, application, names, now).await?;
        Ok(chosen.map(|policy| {
            let mut interaction = self.clone();
            interaction.request.policy = policy;
            interaction
        }))
    }

    /// Keeps the step; the requirement is not met when another request was faster.
    pub(crate) fn advance(&self, idp: &Idp, now: Timestamp) -> Result<Change, StoreError> {
        Ok(Flows::advance(&self.stored(idp, now)?))
    }

    /// Keeps the step at once. `false` says that another request was faster.
    pub(crate) async fn try_advance(&self, idp: &Idp, now: Timestamp) -> Result<bool, StoreError> {
        match self.advance(idp, now)?.commit_unrecorded(idp).await {
            Ok(()) => Ok(true),
            Err(error) if error.unmet().is_some() => Ok(false),
            Err(error) => Err(StoreError::during("move a sign-on interaction on")(error)),
        }
    }

    /// The same after it was kept once more.
    #[must_use]
    pub(crate) fn kept(self) -> Self {
        Self {
            version: self.version + 1,
            ..self
        }
    }

    /// Uses the interaction up; the requirement is not met when another request was faster.
    pub(crate) fn finish(&self) -> Change {
        Flows::finish(self.id, self.version)
    }

    fn stored(&self, idp: &Idp, now: Timestamp) -> Result<StoredFlow, StoreError> {
        let document = Document {
            request: self.request.clone(),
            step: self.step.clone(),
            asked: self.asked.clone(),
            external: self.external.clone(),
        };
        let document = serde_json::to_string(&document)
            .map_err(|_| StoreError::inconsistent("a sign-on interaction cannot be written"))?;
        let lifetime = idp.settings().lifetimes.flow;
        let last = self.created_at.saturating_add(LONGEST).unwrap_or(now);
        let expires_at = now.saturating_add(lifetime).unwrap_or(now).min(last);
        Ok(StoredFlow {
            id: self.id,
            environment_id: self.environment,
            application_id: self.request.address.application,
            status: self.step.status().to_owned(),
            user_id: self.step.user(),
            session_id: self.step.session(),
            document,
            version: self.version,
            created_at: self.created_at,
            expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use protocol::SystemRandom;

    use super::*;

    #[test]
    fn a_step_behind_a_password_is_open_to_the_browser_that_knew_it() {
        let token = SessionToken::random(&SystemRandom);
        let user = UserId::random(&SystemRandom);
        let step = Step::ChangePassword {
            user,
            reason: ChangeReason::Forced,
            proof: token.digest(),
        };
        assert_eq!(step.status(), "MUST_CHANGE_PASSWORD");
        assert!(step.is_open_to(std::slice::from_ref(&token)));
        assert!(!step.is_open_to(&[]));
        assert!(!step.is_open_to(&[SessionToken::random(&SystemRandom)]));
        assert!(Step::SignOn.is_open_to(&[]));
    }

    #[test]
    fn a_recovery_begun_before_an_upgrade_goes_on_for_its_user() {
        let user = UserId::random(&SystemRandom);
        let kept = |member: &str| {
            let text = format!(r#"{{"RecoveryCode":{{{member}"tries":2,"username":"ada"}}}}"#);
            serde_json::from_str::<Step>(&text).unwrap().user()
        };
        assert_eq!(kept(&format!(r#""user":"{user}","#)), Some(user));
        assert_eq!(kept(r#""user":null,"#), None);
        assert_eq!(kept(""), None);
        assert_eq!(kept(&format!(r#""users":["{user}"],"#)), Some(user));
    }
}
