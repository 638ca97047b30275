//! The second factor that a sign-on policy demands, in an interaction: whoever gave the password is
//! asked for what a device has.

use uuid::Uuid;

use super::error::InteractionError;
use super::second_factor::{Authentication, Choice, Refusal, Status};
use super::turn::{Next, Turn};
use super::{Known, Step};
use crate::configuration::devices::DevicePolicy;
use crate::stores::users::StoredUser;

/// An authentication under way in an interaction, and what it can go on with.
pub(crate) struct Challenge {
    pub(crate) authentication: Authentication,
    pub(crate) choice: Choice,
}

impl Turn<'_> {
    /// The step that asks whoever is known for the second factor. The device that the policy begins
    /// with is asked already, unless its address has had its share of mails.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(super) async fn ask_for_second_factor(
        self,
        known: Known,
        user: &StoredUser,
        policy: DevicePolicy,
    ) -> Result<Step, InteractionError> {
        let (idp, by) = (self.idp, self.by.acting_as(user));
        let choice = Choice::find(idp, user, policy, by.now).await?;
        let begun = match Authentication::begin(idp, user, &choice, None, &by).await {
            Err(Refusal::TooManyMails) => Authentication::offer(idp, user, &choice, &by).await,
            begun => begun,
        };
        Ok(Step::SecondFactor {
            known,
            authentication: begun?.id(),
        })
    }

    /// Where the second factor of a step stands.
    ///
    /// # Errors
    ///
    /// [`InteractionError`]: `Over` in another step, or when its time is over.
    pub(crate) async fn second_factor(
        self,
        user: &StoredUser,
        step: &Step,
    ) -> Result<Challenge, InteractionError> {
        let Step::SecondFactor { authentication, .. } = step else {
            return Err(InteractionError::Over);
        };
        let (idp, now) = (self.idp, self.by.now);
        let found = Authentication::find(idp, user.environment_id, *authentication, now).await?;
        let authentication = found.filter(|found| found.user() == user.id);
        let authentication = authentication.ok_or(InteractionError::Over)?;
        let policy = authentication.device_policy();
        let choice = Choice::of(idp, user, policy, now).await?;
        Ok(Challenge {
            authentication,
            choice,
        })
    }

    /// Checks the one-time password of the device that was asked, and goes on.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn check_otp(
        self,
        known: &Known,
        user: &StoredUser,
        challenge: &Challenge,
        sent: &str,
    ) -> Result<Next, InteractionError> {
        let Challenge {
            authentication,
            choice,
        } = challenge;
        self.session_of(known).await?;
        // One that is completed was, by this browser: what followed did not take place.
        if authentication.status() != Status::Completed {
            let by = self.by.acting_as(user);
            let authentication = authentication.clone();
            authentication
                .check(self.idp, user, choice, sent, &by)
                .await?;
        }
        let known = Known {
            second_factor_at: Some(self.by.now),
            gave_second_factor: true,
            ..known.clone()
        };
        self.go_on(&known, user).await
    }

    /// Asks a device that the user chose.
    ///
    /// # Errors
    ///
    /// [`InteractionError`].
    pub(crate) async fn select_device(
        self,
        user: &StoredUser,
        challenge: Challenge,
        device: Uuid,
    ) -> Result<Challenge, InteractionError> {
        let Challenge {
            authentication,
            choice,
        } = challenge;
        let by = self.by.acting_as(user);
        let selected = authentication.select(self.idp, user, &choice, device, &by);
        Ok(Challenge {
            authentication: selected.await?,
            choice,
        })
    }
}
