//! What is done with what a person gives, and what follows: the same for every face of an
//! interaction, be it the hosted pages or an API of flows.
//!
//! Tries are counted, refusals take their time, and a right password leads to what the account
//! still demands, or to the end. Faces turn the outcome into pages or documents.

use std::time::Duration;

use axum::http::HeaderMap;
use protocol::id::UserId;
use protocol::names::EmailAddress;
use protocol::secret::{Password, SessionToken, VerificationCode};
use protocol::trail::Hidden;
use web::{Floor, Limited};

use super::error::InteractionError;
use super::{Interaction, Step, told};
use crate::Idp;
use crate::accounts::passwords::{self, ChangeReason};
use crate::accounts::{Refusal, registration, sign_on, verification};
use crate::audit::By;
use crate::stores::users::{StoredUser, Users, Word};

/// No refusal that depends on whether a user exists comes earlier: longer than the slowest look-up
/// and a password's hash, shorter than a person minds.
pub(crate) const FLOOR: Duration = Duration::from_millis(150);

/// One request's turn in an interaction that its browser may go on with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) idp: &'a Idp,
    pub(crate) interaction: &'a Interaction,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) by: &'a By,
}

/// Where a right password led. The browser is given the token, if there is one.
#[derive(Debug)]
pub(crate) enum Next {
    /// To a step that only the browser with this token may go on with.
    Step(SessionToken),
    /// To the step of another request, which was faster. Its browser has that step's token; one from
    /// here would take the place of it and open nothing.
    Overtaken,
    /// To a step that the browser's token opens already.
    Further,
    /// To the end: the user declined what the application demands, which is told so.
    Refused,
    /// To the end: the user is signed on, and this is the session's token.
    SignedOn(SessionToken),
}

impl Turn<'_> {
    /// Checks a name and a password, and goes on to what the account demands next.
    ///
    /// # Errors
    ///
    /// [`InteractionError`], no earlier than [`FLOOR`] where a name was looked up: a known one costs
    /// writes beside the hash, which a stranger could measure.
    pub(crate) async fn sign_on(
        self,
        username: &str,
        password: &Password,
    ) -> Result<Next, InteractionError> {
        self.take_sign_on_try()?;
        let floor = Floor::of(FLOOR);
        let environment = self.interaction.environment;
        let judged = sign_on::sign_on(self.idp, environment, username, password, self.by).await;
        match told::CREDENTIALS.judged(Hidden, judged) {
            Ok(signed_on) => {
                let (user, mut right) = (signed_on.user, Some(signed_on.right));
                let by = self.by.acting_as(&user);
                let connected;
                let turn = if let Step::Link { newcomer, .. } = &self.interaction.step {
                    // The password was right, whatever becomes of the link.
                    if let Some(right) = right.take() {
                        right.commit(self.idp, environment, &by).await?;
                    }
                    connected = self.connect(newcomer, &user).await?;
                    Turn {
                        interaction: &connected,
                        ..self
                    }
                } else {
                    self
                };
                let reason = signed_on.to_be_changed;
                if reason.is_none() && !user.verification_required {
                    return turn.go_on_with(&user, right).await;
                }
                if let Some(right) = right {
                    right.commit(self.idp, environment, &by).await?;
                }
                turn.after_password(&user, reason).await
            }
            Err(refusal) => {
                floor.reached().await;
                Err(refusal.into())
            }
        }
    }

    /// Changes the password that the account demands to be changed, and goes on.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn change_password(
        self,
        user: &StoredUser,
        current: &Password,
        new: &Password,
    ) -> Result<Next, InteractionError> {
        self.take_sign_on_try()?;
        passwords::change_own(self.idp, user, current, new, Word::Trusted, self.by).await?;
        self.after_password(user, None).await
    }

    /// Counts a try of the request's address at a password or a code.
    ///
    /// # Errors
    ///
    /// [`Limited`] when it was one too many.
    pub(crate) fn take_sign_on_try(self) -> Result<(), Limited> {
        let limits = self.idp.limits();
        limits.sign_ons.take(self.by.origin.address, self.by.now)
    }

    /// What comes after the right password, whoever gave it: what the account still demands, or the
    /// end.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn after_password(
        self,
        user: &StoredUser,
        reason: Option<ChangeReason>,
    ) -> Result<Next, InteractionError> {
        let proof = SessionToken::random(self.idp.random());
        let step = match reason {
            Some(reason) => Step::ChangePassword {
                user: user.id,
                reason,
                proof: proof.digest(),
            },
            None if user.verification_required => Step::VerificationCode {
                user: Some(user.id),
                email: user.email.clone(),
                proof: proof.digest(),
            },
            None => return self.complete(user).await,
        };
        self.move_behind(proof, step).await
    }

    /// To the proof of an address of which nobody is to know that it has an account: what follows
    /// looks the same as for a new one, down to the spelling of the address, and no code leads on.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn to_nobodys_verification(
        self,
        email: &EmailAddress,
    ) -> Result<Next, InteractionError> {
        let proof = SessionToken::random(self.idp.random());
        let step = Step::VerificationCode {
            user: None,
            email: email.as_str().to_owned(),
            proof: proof.digest(),
        };
        self.move_behind(proof, step).await
    }

    /// Proves the mail address by a code, and goes on. Nobody's code is wrong whatever it is.
    ///
    /// # Errors
    ///
    /// [`InteractionError`]; the caller sees to it that it comes no earlier than [`FLOOR`].
    pub(crate) async fn verify(
        self,
        user: Option<UserId>,
        code: &VerificationCode,
    ) -> Result<Next, InteractionError> {
        let account = match user {
            Some(user) => self.user(user).await?,
            None => return Err(Refusal::CodeInvalid.into()),
        };
        let by = self.by.acting_as(&account);
        let verified = verification::verify(self.idp, &account, code, Word::Trusted, &by).await?;
        self.complete(&verified).await
    }

    /// Sends another code, or reminds the owner of the address of the account that there is. That
    /// there were too many is not told.
    ///
    /// # Errors
    ///
    /// [`InteractionError`]; the caller sees to it that nothing comes earlier than [`FLOOR`].
    pub(crate) async fn send_verification_code(
        self,
        user: Option<UserId>,
        email: &str,
    ) -> Result<(), InteractionError> {
        let environment = self.interaction.environment;
        let sent = match user {
            Some(user) => {
                let account = self.user(user).await?;
                let by = self.by.acting_as(&account);
                let sent = verification::send_code(self.idp, &account, &by).await;
                sent.map(drop)
            }
            None => registration::remind_owners(self.idp, environment, email, self.by).await,
        };
        match sent {
            Ok(()) | Err(Refusal::TooManyMails) => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// The user of a step, who may have been disabled or deleted meanwhile.
    async fn user(self, id: UserId) -> Result<StoredUser, InteractionError> {
        let users = Users::new(self.idp.db());
        let user = users.find(self.interaction.environment, id).await?;
        let user = user.filter(|user| user.can_authenticate(self.by.now));
        user.ok_or(InteractionError::Over)
    }

    /// Keeps a step that only the browser with this token may go on with.
    pub(super) async fn move_behind(
        self,
        proof: SessionToken,
        step: Step,
    ) -> Result<Next, InteractionError> {
        let next = self.interaction.clone().to(step);
        let was_first = next.try_advance(self.idp, self.by.now).await?;
        Ok(if was_first {
            Next::Step(proof)
        } else {
            Next::Overtaken
        })
    }

    /// What comes behind what the account demands: what the sign-on policy demands, or the end.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn complete(self, user: &StoredUser) -> Result<Next, InteractionError> {
        self.go_on_with(user, None).await
    }
}
