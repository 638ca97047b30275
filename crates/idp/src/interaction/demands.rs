//! What sign-on policies demand of people who are known already: that they agree to something, and
//! that they fill in what their profiles lack. What they say is written down, and the interaction
//! goes on to what is left.

use axum::http::header::ACCEPT_LANGUAGE;
use protocol::secret::SessionToken;
use serde_json::Value;
use uuid::Uuid;

use super::browser::Browser;
use super::complete::complete;
use super::error::InteractionError;
use super::policy::{ChosenPolicy, Demand};
use super::proven::Proven;
use super::turn::{Next, Turn};
use super::{Interaction, Known, Step, profile};
use crate::accounts::passwords::Right;
use crate::api::user_attributes::{self, Lacking};
use crate::audit::Activity;
use crate::configuration::agreements::asked::{self, Asked, Text};
use crate::configuration::devices::DevicePolicy;
use crate::stores::change::Change;
use crate::stores::profile_prompts;
use crate::stores::users::StoredUser;
use crate::texts::wanted;

/// What somebody says to an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Agrees to this revision, which was shown.
    Agrees { to: Uuid },
    /// Does not agree.
    Declines,
}

/// What somebody is asked to agree to.
#[derive(Debug)]
pub(crate) struct AgreementDemand {
    /// None where there is nothing left to agree to.
    pub(crate) text: Option<Box<Text>>,
    /// Whether it can be declined.
    pub(crate) is_declinable: bool,
}

/// What somebody is asked to fill in.
#[derive(Debug)]
pub(crate) struct ProfileDemand {
    /// What the operator says to it.
    pub(crate) prompt: Option<String>,
    pub(crate) lacking: Vec<Lacking>,
}

/// Where a demand leads.
#[derive(Debug)]
pub(crate) enum Lead {
    /// To the end: nothing is demanded.
    End,
    /// Nowhere: nothing here can carry it out.
    Nowhere,
    /// To a device, which is to be asked first.
    SecondFactor { policy: DevicePolicy },
    /// To this step.
    Step(Step),
}

impl Demand {
    /// Where it leads whoever is known, or is not.
    ///
    /// What proves who somebody is stands behind what the sign-on begins with in the same
    /// interaction: a session that lacks it begins anew. A device that has proved it there is asked
    /// once more.
    pub(crate) fn leads(self, known: Option<&Known>, policy: &ChosenPolicy) -> Lead {
        let is_in_session = known.is_some_and(|known| known.session.is_some());
        match (self, known) {
            (Self::NotProvided(_), _) => Lead::Nowhere,
            (Self::Nothing, Some(_)) => Lead::End,
            (Self::Agreement { action }, Some(known)) => Lead::Step(Step::Agreement {
                known: known.clone(),
                action,
                shown: None,
            }),
            (Self::ProfileData { action }, Some(known)) => Lead::Step(Step::ProfileData {
                known: known.clone(),
                action,
            }),
            (Self::SecondFactor { policy }, Some(known))
                if !is_in_session || known.second_factor_at.is_some() =>
            {
                Lead::SecondFactor { policy }
            }
            (Self::Provider(provider), Some(known)) if !is_in_session => {
                Lead::Step(Step::External {
                    provider,
                    hint: None,
                    known: Some(known.clone()),
                })
            }
            (
                Self::Nothing
                | Self::Agreement { .. }
                | Self::ProfileData { .. }
                | Self::Password
                | Self::Provider(_)
                | Self::SecondFactor { .. },
                _,
            ) => Lead::Step(policy.first_step()),
        }
    }
}

impl Turn<'_> {
    /// What the user is asked to agree to by an action of the policy.
    ///
    /// # Errors
    ///
    /// [`InteractionError`] when the database does not answer, or there is no text.
    pub(crate) async fn agreement_demand(
        self,
        user: &StoredUser,
        action: Uuid,
    ) -> Result<AgreementDemand, InteractionError> {
        let policy = &self.interaction.request.policy;
        let (environment, now) = (user.environment_id, self.by.now);
        let action = policy.action(self.idp, environment, action, now).await?;
        let Some(action) = action else {
            return Ok(AgreementDemand {
                text: None,
                is_declinable: true,
            });
        };
        let accepted = self.headers.get(ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|list| list.to_str().ok());
        let accepted = accepted.map(wanted).unwrap_or_default();
        let ui_locales = &self.interaction.request.ui_locales;
        let accepted: Vec<_> = ui_locales.iter().chain(&accepted).cloned().collect();
        let asked = match action.agreement {
            Some(agreement) => asked::find(self.idp, user, agreement.id, &accepted, now).await?,
            None => Asked::NoText,
        };
        Ok(AgreementDemand {
            text: match asked {
                Asked::Nothing => None,
                Asked::Text(text) => Some(text),
                Asked::NoText => return Err(InteractionError::NotProvided),
            },
            is_declinable: action.disable_decline_option != Some(true),
        })
    }

    /// Takes what the user says to what [`agreement_demand`](Self::agreement_demand) gave, and goes
    /// on.
    ///
    /// # Errors
    ///
    /// [`InteractionError`]: `AnotherText` when another text than the one named is in force by now,
    /// `NotDeclinable` where nobody may decline.
    pub(crate) async fn answer_agreement(
        self,
        known: &Known,
        user: &StoredUser,
        demand: &AgreementDemand,
        answer: Answer,
    ) -> Result<Next, InteractionError> {
        self.session_of(known).await?;
        let by = self.by.acting_as(user);
        let Some(text) = &demand.text else {
            return self.go_on(known, user).await;
        };
        let (change, activity) = match answer {
            Answer::Agrees { to } if to == text.revision() => (
                text.agreed_to_by(user, by.now),
                Activity::new("AGREEMENT_CONSENT.ACCEPTED", user),
            ),
            Answer::Agrees { .. } => return Err(InteractionError::AnotherText),
            Answer::Declines if demand.is_declinable => {
                let declined = Activity::new("AGREEMENT_CONSENT.DECLINED", user);
                let declined = declined.and(Activity::failed("USER.ACCESS_DENIED", user));
                let step = Step::Declined {
                    known: known.clone(),
                };
                let next = self.interaction.clone().to(step);
                let is_first = self.record(&next, Change::new(), &declined, user).await?;
                return Ok(if is_first {
                    Next::Refused
                } else {
                    Next::Overtaken
                });
            }
            Answer::Declines => return Err(InteractionError::NotDeclinable),
        };
        let same = self.interaction.clone();
        if self.record(&same, change, &activity, user).await? {
            self.go_on_after(same, known, user).await
        } else {
            Ok(Next::Overtaken)
        }
    }

    /// What the user's profile lacks of what an action of the policy asks for.
    ///
    /// # Errors
    ///
    /// [`InteractionError`] when the database does not answer.
    pub(crate) async fn profile_demand(
        self,
        user: &StoredUser,
        action: Uuid,
    ) -> Result<ProfileDemand, InteractionError> {
        let policy = &self.interaction.request.policy;
        let (environment, now) = (user.environment_id, self.by.now);
        let found = policy.action(self.idp, environment, action, now).await?;
        // One that was deleted meanwhile asks for nothing, one that has asked already for no more than
        // it must.
        let has_asked = self.interaction.asked.contains(&action);
        let Some(action) = found else {
            return Ok(ProfileDemand {
                prompt: None,
                lacking: Vec::new(),
            });
        };
        let schemas = self.idp.user_schemas();
        let schema = schemas.of(environment, now).await?;
        let mut lacking = user_attributes::lacking(user, action.wanted_attributes(), &schema);
        lacking.retain(|one| one.is_required || !has_asked);
        Ok(ProfileDemand {
            lacking,
            prompt: action.prompt_text,
        })
    }

    /// Fills in what [`profile_demand`](Self::profile_demand) found lacking, and goes on.
    ///
    /// # Errors
    ///
    /// [`InteractionError`]: `Profile` where a value is missing or breaks its rule.
    pub(crate) async fn fill_in(
        self,
        known: &Known,
        user: &StoredUser,
        action: Uuid,
        lacking: &[Lacking],
        given: &[(String, Value)],
    ) -> Result<Next, InteractionError> {
        self.session_of(known).await?;
        let now = self.by.now;
        let mut next = self.interaction.clone();
        if !next.asked.contains(&action) {
            next.asked.push(action);
        }
        let noted = profile_prompts::note(user.id, action, now);
        let (user, change) = if given.is_empty() && lacking.iter().all(|one| !one.is_required) {
            (user.clone(), noted)
        } else {
            let filled = profile::fill_in(self.idp, user, lacking, given, now).await;
            let (changed, change) = filled.map_err(InteractionError::Profile)?;
            (changed, change.and(noted))
        };
        let is_first = if given.is_empty() {
            self.keep(&next, change).await?
        } else {
            let activity = Activity::new("USER.UPDATED", &user);
            self.record(&next, change, &activity, &user).await?
        };
        if is_first {
            self.go_on_after(next, known, &user).await
        } else {
            Ok(Next::Overtaken)
        }
    }

    /// Goes on to what the policy still demands of whoever is known, or to the end.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn go_on(
        self,
        known: &Known,
        user: &StoredUser,
    ) -> Result<Next, InteractionError> {
        let interaction = self.by_policy_of_now().await?;
        let turn = Turn {
            interaction: &interaction,
            ..self
        };
        let demand = turn.demand(user, known.proven()).await?;
        let step = match demand.leads(Some(known), &interaction.request.policy) {
            Lead::End => return turn.end(known, user).await,
            Lead::Nowhere => return Err(InteractionError::NotProvided),
            Lead::SecondFactor { policy } => {
                self.ask_for_second_factor(known.clone(), user, policy)
                    .await?
            }
            Lead::Step(step) => step,
        };
        let next = interaction.to(step);
        Ok(if next.try_advance(self.idp, self.by.now).await? {
            Next::Further
        } else {
            Next::Overtaken
        })
    }

    /// Goes on with a user who has just proved who it is: by the right password, or as a provider
    /// says.
    pub(super) async fn go_on_with(
        self,
        user: &StoredUser,
        right: Option<Right>,
    ) -> Result<Next, InteractionError> {
        let now = self.by.now;
        let proof = SessionToken::random(self.idp.random());
        let known = Known {
            user: user.id,
            proof: proof.digest(),
            password_at: now,
            has_password: right.is_some() || !self.interaction.external.is_all(),
            session: None,
            second_factor_at: None,
            gave_second_factor: false,
        };
        let proven = known.proven();
        let demanded = self.demanded_now(user, proven).await;
        let right = match (&demanded, right) {
            // It is written together with the session.
            (Ok((_, Demand::Nothing)), right) => right,
            // The password was right, whatever follows.
            (_, Some(right)) => {
                let by = self.by.acting_as(user);
                right.commit(self.idp, user.environment_id, &by).await?;
                None
            }
            (_, None) => None,
        };
        let (interaction, demand) = demanded?;
        let turn = Turn {
            interaction: &interaction,
            ..self
        };
        let step = match demand.leads(Some(&known), &interaction.request.policy) {
            Lead::End => {
                let (idp, headers) = (self.idp, self.headers);
                let token = complete(idp, interaction, user, proven, right, headers, self.by);
                return token.await.map(Next::SignedOn);
            }
            Lead::Nowhere => return Err(InteractionError::NotProvided),
            Lead::SecondFactor { policy } => {
                turn.ask_for_second_factor(known, user, policy).await?
            }
            Lead::Step(step) => step,
        };
        turn.move_behind(proof, step).await
    }

    /// What the policy of now demands of whoever is known.
    async fn demanded_now(
        self,
        user: &StoredUser,
        proven: Proven,
    ) -> Result<(Interaction, Demand), InteractionError> {
        let interaction = self.by_policy_of_now().await?;
        let turn = Turn {
            interaction: &interaction,
            ..self
        };
        let demand = turn.demand(user, proven).await?;
        Ok((interaction, demand))
    }

    async fn demand(self, user: &StoredUser, proven: Proven) -> Result<Demand, InteractionError> {
        let Interaction {
            request,
            asked,
            external,
            ..
        } = self.interaction;
        let (policy, came) = (&request.policy, external.came());
        let demand = policy.demand_of_known(self.idp, user, proven, asked, came, self.by);
        Ok(demand.await?)
    }

    /// The interaction under the sign-on policy that counts by now.
    async fn by_policy_of_now(self) -> Result<Interaction, InteractionError> {
        let chosen = self.interaction.by_policy_of_now(self.idp, self.by.now);
        chosen.await?.ok_or(InteractionError::NotProvided)
    }

    /// The session in which somebody is known, if that was before this interaction. Nothing is written
    /// for whoever has lost it since.
    ///
    /// # Errors
    ///
    /// [`InteractionError`]: `Over` when it has ended, or this browser has another one.
    pub(super) async fn session_of(
        self,
        known: &Known,
    ) -> Result<Option<Browser>, InteractionError> {
        let Some(session) = known.session else {
            return Ok(None);
        };
        let (environment, now) = (self.interaction.environment, self.by.now);
        let found = Browser::find(self.idp, environment, self.headers, now).await?;
        let found = found.filter(|browser| browser.session.id == session);
        found.map(Some).ok_or(InteractionError::Over)
    }

    /// The end of what the policy demands: a session, or the one that was there already.
    async fn end(self, known: &Known, user: &StoredUser) -> Result<Next, InteractionError> {
        let interaction = self.interaction.clone();
        let proven = known.proven();
        // What was proven since is written into the session, and by which provider the user has come.
        let has_come = interaction.external.has_come();
        let same = self.session_of(known).await?;
        let same = same.filter(|_| !has_come && !known.gave_second_factor);
        let Some(browser) = same else {
            let headers = self.headers;
            return complete(self.idp, interaction, user, proven, None, headers, self.by)
                .await
                .map(Next::SignedOn);
        };
        let completed = interaction.to(Step::Completed {
            user: user.id,
            session: browser.session.id,
            given: proven.given,
        });
        Ok(if completed.try_advance(self.idp, self.by.now).await? {
            Next::SignedOn(browser.token().clone())
        } else {
            Next::Overtaken
        })
    }

    /// The same after a change of the interaction was kept.
    async fn go_on_after(
        self,
        kept: Interaction,
        known: &Known,
        user: &StoredUser,
    ) -> Result<Next, InteractionError> {
        let interaction = kept.kept();
        let turn = Turn {
            interaction: &interaction,
            ..self
        };
        turn.go_on(known, user).await
    }

    /// Keeps where an interaction stands together with a change and its entry in the log. `false` says
    /// that another request was faster.
    async fn record(
        self,
        next: &Interaction,
        change: Change,
        activity: &Activity,
        user: &StoredUser,
    ) -> Result<bool, InteractionError> {
        let (by, environment) = (self.by.acting_as(user), user.environment_id);
        let change = next.advance(self.idp, by.now)?.and(change);
        first(change.commit(self.idp, environment, activity, &by).await)
    }

    /// The same without an entry in the log: nothing but the interaction has changed.
    async fn keep(self, next: &Interaction, change: Change) -> Result<bool, InteractionError> {
        let change = next.advance(self.idp, self.by.now)?.and(change);
        first(change.commit_unrecorded(self.idp).await)
    }
}

/// Whether a change took effect. One that meets a requirement no longer was too late.
fn first(written: Result<(), db::StoreError>) -> Result<bool, InteractionError> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.unmet().is_some() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
