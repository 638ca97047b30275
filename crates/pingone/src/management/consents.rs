//! What users agreed to (PingOne, "User agreement consents").

use http::Method;
use protocol::id::{AgreementId, AgreementLanguageId, AgreementRevisionId, UserId};
use protocol::pingone::{Consent, media_type};
use serde_json::json;

use super::{Client, Collection, Kind};
use crate::Error;

impl Kind for Consent {
    const PATH: &'static str = "agreementConsents";
    type Id = AgreementId;
}

impl Client {
    /// What a user agreed to, each by the agreement's id.
    ///
    /// ```no_run
    /// # use pingone::{AgreementId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, terms: AgreementId) -> Result<(), Error> {
    /// let consents = pingone.consents(ada);
    /// if !consents.list().all().await?.iter().any(|consent| consent.agreement.id == terms) {
    ///     consents.accept(terms).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn consents(&self, user: UserId) -> Collection<'_, Consent> {
        Collection::below(self, format_args!("users/{user}"))
    }
}

impl Collection<'_, Consent> {
    /// Notes that the user agrees to the text that is in force.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such agreement; a refusal when none of its texts is
    /// in force.
    ///
    /// ```no_run
    /// # use pingone::{AgreementId, ConsentStatus, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, terms: AgreementId) -> Result<(), Error> {
    /// let consent = pingone.consents(ada).accept(terms).await?;
    /// assert_eq!(consent.status, ConsentStatus::Accepted);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accept(&self, agreement: AgreementId) -> Result<Consent, Error> {
        self.client
            .send(Method::POST, self.path_of(&agreement))
            .media_type(media_type::CONSENT_ACCEPT)
            .fetch()
            .await
    }

    /// Notes that the user agrees to the text that was read.
    ///
    /// # Errors
    ///
    /// [`Error::problem_with`]`("revision.id")` when the text is not in force; as
    /// [`accept`](Self::accept) otherwise.
    ///
    /// ```no_run
    /// # use pingone::{AgreementId, AgreementLanguageId, AgreementRevisionId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, terms: AgreementId, english: AgreementLanguageId, read: AgreementRevisionId) -> Result<(), Error> {
    /// pingone.consents(ada).accept_text(terms, english, read).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accept_text(
        &self,
        agreement: AgreementId,
        language: AgreementLanguageId,
        revision: AgreementRevisionId,
    ) -> Result<Consent, Error> {
        self.client
            .send(Method::POST, self.path_of(&agreement))
            .media_type(media_type::CONSENT_ACCEPT)
            .json(&json!({"language": {"id": language}, "revision": {"id": revision}}))
            .fetch()
            .await
    }

    /// Notes that the user does not agree any more.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the user never agreed.
    ///
    /// ```no_run
    /// # use pingone::{AgreementId, ConsentStatus, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, terms: AgreementId) -> Result<(), Error> {
    /// let consent = pingone.consents(ada).revoke(terms).await?;
    /// assert_eq!(consent.status, ConsentStatus::Revoked);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke(&self, agreement: AgreementId) -> Result<Consent, Error> {
        self.client
            .send(Method::POST, self.path_of(&agreement))
            .media_type(media_type::CONSENT_REVOKE)
            .fetch()
            .await
    }
}
