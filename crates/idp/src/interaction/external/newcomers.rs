//! Whose identity it is that comes back from a provider, and what becomes of one that is nobody's yet.

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{PopulationId, UserId};
use protocol::names::EmailAddress;
use protocol::pingone::PasswordStatus;
use protocol::secret::SessionToken;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::mapped::{Mapped, find, mapped, profile, speaks_for_role_holders};
use super::{Partner, Problem};
use crate::access::allowed::find_population;
use crate::accounts::passwords;
use crate::accounts::registration::{
    self, NewAccount, Registered, RegistrationRefusal, Verification,
};
use crate::audit::Activity;
use crate::configuration::mfa_settings::MfaSettings;
use crate::core::group_rules;
use crate::interaction::error::InteractionError;
use crate::interaction::turn::{Next, Turn};
use crate::interaction::{Interaction, Known, Step};
use crate::stores::change::Change;
use crate::stores::linked_accounts::{Identity, LinkedAccounts, to_provider};
use crate::stores::passwords::Passwords;
use crate::stores::populations::Populations;
use crate::stores::user_schemas::UserSchema;
use crate::stores::users::{ForeignProvider, StoredUser, Users, Word};

/// Somebody whose identity is linked to nobody yet, and what the provider says of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Newcomer {
    identity: Identity,
    pub(crate) username: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) attributes: Map<String, Value>,
}

impl Turn<'_> {
    /// Signs on the user whose identity it is, or makes one of a newcomer.
    pub(super) async fn welcome(
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
            (None, None) => Box::pin(self.receive(partner, identity, &mapped, claims)).await,
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
        let roles = idp.role_assignments().of_holder(user.id.as_uuid()).await?;
        let is_trusted = roles.is_empty() || speaks_for_role_holders(partner, mapped);
        if !is_trusted && known.is_none() {
            tracing::warn!(user = %user.id, provider = %partner.id,
                "a user who holds roles was not signed on by an identity provider: it, or one of \
                 its attributes, was last written by somebody who does not hold every role");
            return self.note(Problem::AccountNotUsable).await;
        }
        // A mail address is a way to the account, too.
        let user = if is_trusted {
            self.update(user, mapped).await?
        } else {
            user
        };
        let has_password = known.is_some_and(|known| known.has_password);
        let arrived = self.interaction.having_come_by(partner.id, has_password);
        let turn = Turn {
            interaction: &arrived,
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
        let mut said = mapped.to_vec();
        let (changed, alone) = loop {
            let changed = filled(&user, &said, &schema, now);
            if changed.attributes == user.attributes && changed.email == user.email {
                return Ok(user);
            }
            match registration::require_unique(idp, &changed, now).await {
                Ok(alone) => break (changed, alone),
                Err(RegistrationRefusal::ValueTaken(name)) => {
                    tracing::warn!(user = %user.id, attribute = name,
                        "what an identity provider says is another user's, and is left out");
                    let before = said.len();
                    said.retain(|one| !one.is_of(&name));
                    if said.len() == before {
                        // It is the user's own value that two have.
                        return Ok(user);
                    }
                }
                Err(refusal) => return Err(refused(refusal)),
            }
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
        let linking = registration::linking(self.idp, user, identity, self.by.now)?;
        self.commit_link(user, linking).await
    }

    /// Links an identity to a user because of the name alone. `false` says that it was somebody's
    /// already, or that the user has one of this provider, or holds roles.
    async fn bind(self, user: &StoredUser, identity: &Identity) -> Result<bool, InteractionError> {
        let (activity, change) = registration::linking(self.idp, user, identity, self.by.now)?;
        let first = LinkedAccounts::require_only(user, identity);
        self.commit_link(user, (activity, change.and(first))).await
    }

    async fn commit_link(
        self,
        user: &StoredUser,
        (activity, change): (Activity, Change),
    ) -> Result<bool, InteractionError> {
        let (idp, by) = (self.idp, self.by.acting_as(user));
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
            return if self.bind(&user, &newcomer.identity).await? {
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

    /// The user of this name of whom an administrator said that the provider keeps the credentials, or
    /// who signs on with it by default as all of the population do, and whom it has not named yet.
    ///
    /// A name may be another person's at the provider by now, or be chosen by whoever has it. So a
    /// user who holds roles is never found by a name, a name that is a mail address counts where the
    /// provider says that it was proven, and who has a password is found by what the population says
    /// of all only once they gave it: anybody may have registered under that name.
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
        let Some(user) = found else {
            return Ok(None);
        };
        let keeper = match &user.identity_provider {
            Some(provider) => Some(provider.id),
            None if self.has_password(&user).await? => None,
            None => self.default_provider(&user).await?,
        };
        if keeper != Some(partner.id) {
            return Ok(None);
        }
        let accounts = LinkedAccounts::new(self.idp.db(), self.idp.keyring());
        let is_free = accounts.may_bind(&user, partner.id).await?;
        Ok(is_free.then_some(user))
    }

    async fn has_password(self, user: &StoredUser) -> Result<bool, StoreError> {
        let password = Passwords::new(self.idp.db()).load(user.id).await?;
        Ok(password.hash.is_some())
    }

    /// With whom the users of the user's population sign on who have no provider of their own.
    async fn default_provider(self, user: &StoredUser) -> Result<Option<Uuid>, StoreError> {
        let populations = Populations::new(self.idp.db());
        let population = populations.find(user.environment_id, user.population_id);
        let population = population.await?;
        Ok(population.and_then(|population| population.more.default_identity_provider))
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
        let arrived = self.interaction.having_come_by(partner.id, false);
        let turn = Turn {
            interaction: &arrived,
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
    pub(in crate::interaction) async fn connect(
        self,
        newcomer: &Newcomer,
        user: &StoredUser,
    ) -> Result<Interaction, InteractionError> {
        if !self.link(user, &newcomer.identity).await? {
            return Err(InteractionError::Over);
        }
        Ok(self
            .interaction
            .having_come_by(newcomer.identity.provider, true))
    }
}

/// The user with what the provider says.
fn filled(user: &StoredUser, mapped: &[Mapped], schema: &UserSchema, now: Timestamp) -> StoredUser {
    let mut filled = StoredUser {
        attributes: profile(user.attributes.clone(), mapped, schema),
        updated_at: now,
        ..user.clone()
    };
    let email = find(mapped, "email").filter(|email| email.replaces);
    let email = email.and_then(Mapped::text);
    let email = email.and_then(|email| EmailAddress::parse(&email).ok());
    if let Some(email) = email.filter(|email| !Users::has_email(user, email.as_str())) {
        let mut moved = filled.clone();
        // It is the provider's word, and proves nothing here.
        moved.move_to(email.as_str().to_owned(), Word::OfAnApplication);
        if registration::require_own_address(&moved).is_ok() {
            filled = moved;
        }
    }
    filled
}

fn refused(refusal: RegistrationRefusal) -> InteractionError {
    match refusal {
        RegistrationRefusal::Refused(refusal) => refusal.into(),
        _ => StoreError::inconsistent("what an identity provider says breaks a rule").into(),
    }
}
