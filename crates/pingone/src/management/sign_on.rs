//! How users sign on: policies, identity providers, agreements.

use http::Method;
use protocol::id::{
    AgreementId, AgreementLanguageId, AgreementRevisionId, ApplicationId, IdentityProviderId,
    ProviderAttributeId, SignOnPolicyActionId, SignOnPolicyAssignmentId, SignOnPolicyId,
};
use protocol::pingone::{
    Agreement, AgreementLanguage, AgreementRevision, AgreementText, ExternalProvider, Object,
    ProviderAttribute, SignOnPolicy, SignOnPolicyAction, SignOnPolicyAssignment,
};

use super::{Client, Collection};
use crate::Error;

impl Client {
    /// The environment's sign-on policies.
    ///
    /// ```no_run
    /// # use pingone::{Error, SignOnPolicy, SignOnPolicyAction, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let policy = pingone.sign_on_policies().create(&SignOnPolicy::new("Strict")).await?;
    /// let actions = pingone.sign_on_policy_actions(policy.id);
    /// actions.create(&SignOnPolicyAction::login(1)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign_on_policies(&self) -> Collection<'_, Object<SignOnPolicyId, SignOnPolicy>> {
        self.collection()
    }

    /// What a sign-on policy demands, one after the other.
    ///
    /// ```no_run
    /// # use pingone::{Error, SignOnPolicyId, management};
    /// # async fn example(pingone: management::Client, policy: SignOnPolicyId) -> Result<(), Error> {
    /// for action in pingone.sign_on_policy_actions(policy).list().all().await? {
    ///     println!("{}", action.settings.action_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign_on_policy_actions(
        &self,
        policy: SignOnPolicyId,
    ) -> Collection<'_, Object<SignOnPolicyActionId, SignOnPolicyAction>> {
        Collection::below(self, format_args!("signOnPolicies/{policy}"))
    }

    /// The sign-on policies of an application; without any it has the environment's default.
    ///
    /// ```no_run
    /// # use pingone::{ApplicationId, Error, SignOnPolicyAssignment, SignOnPolicyId, management};
    /// # async fn example(pingone: management::Client, shop: ApplicationId, strict: SignOnPolicyId) -> Result<(), Error> {
    /// let assignment = SignOnPolicyAssignment::new(strict, 1);
    /// pingone.sign_on_policy_assignments(shop).create(&assignment).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign_on_policy_assignments(
        &self,
        application: ApplicationId,
    ) -> Collection<'_, Object<SignOnPolicyAssignmentId, SignOnPolicyAssignment>> {
        Collection::below(self, format_args!("applications/{application}"))
    }

    /// Where people may sign on who have an account elsewhere.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let providers = pingone.identity_providers().list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn identity_providers(
        &self,
    ) -> Collection<'_, Object<IdentityProviderId, ExternalProvider>> {
        self.collection()
    }

    /// Which attributes of users are taken from an identity provider.
    ///
    /// ```no_run
    /// # use pingone::{Error, IdentityProviderId, ProviderAttribute, ProviderAttributeUpdate, management};
    /// # async fn example(pingone: management::Client, partner: IdentityProviderId) -> Result<(), Error> {
    /// let update = ProviderAttributeUpdate::EmptyOnly;
    /// let email = ProviderAttribute::new("email", "${providerAttributes.email}", update);
    /// pingone.identity_provider_attributes(partner).create(&email).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn identity_provider_attributes(
        &self,
        provider: IdentityProviderId,
    ) -> Collection<'_, Object<ProviderAttributeId, ProviderAttribute>> {
        Collection::below(self, format_args!("identityProviders/{provider}"))
    }

    /// What people are asked to agree to.
    ///
    /// ```no_run
    /// # use pingone::{Agreement, AgreementLanguage, Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let terms = pingone.agreements().create(&Agreement::new("Terms")).await?;
    /// let english = AgreementLanguage::new("en", "Terms of use");
    /// pingone.agreement_languages(terms.id).create(&english).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn agreements(&self) -> Collection<'_, Object<AgreementId, Agreement>> {
        self.collection()
    }

    /// The languages of an agreement.
    ///
    /// ```no_run
    /// # use pingone::{AgreementId, Error, management};
    /// # async fn example(pingone: management::Client, terms: AgreementId) -> Result<(), Error> {
    /// let languages = pingone.agreement_languages(terms).list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn agreement_languages(
        &self,
        agreement: AgreementId,
    ) -> Collection<'_, Object<AgreementLanguageId, AgreementLanguage>> {
        Collection::below(self, format_args!("agreements/{agreement}"))
    }

    /// The texts of an agreement in one language.
    ///
    /// ```no_run
    /// # use pingone::{AgreementId, AgreementLanguageId, AgreementRevision, Error, management};
    /// # async fn example(pingone: management::Client, terms: AgreementId, english: AgreementLanguageId, tomorrow: jiff::Timestamp) -> Result<(), Error> {
    /// let text = AgreementRevision::plain("Be kind.", tomorrow);
    /// pingone.agreement_revisions(terms, english).create(&text).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn agreement_revisions(
        &self,
        agreement: AgreementId,
        language: AgreementLanguageId,
    ) -> Collection<'_, Object<AgreementRevisionId, AgreementRevision>> {
        let parent = format_args!("agreements/{agreement}/languages/{language}");
        Collection::below(self, parent)
    }
}

impl Collection<'_, Object<AgreementRevisionId, AgreementRevision>> {
    /// The text of a revision, which lists may leave out.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such revision.
    ///
    /// ```no_run
    /// # use pingone::{AgreementId, AgreementLanguageId, AgreementRevisionId, Error, management};
    /// # async fn example(pingone: management::Client, terms: AgreementId, english: AgreementLanguageId, first: AgreementRevisionId) -> Result<(), Error> {
    /// let text = pingone.agreement_revisions(terms, english).text(first).await?;
    /// println!("{}: {}", text.data_type, text.data);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn text(&self, revision: AgreementRevisionId) -> Result<AgreementText, Error> {
        let path = self.path_below(&revision, "text");
        self.client.send(Method::GET, path).fetch().await
    }
}
