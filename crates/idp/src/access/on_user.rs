//! The user of a path, and who may do something to it.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::id::UserId;

use super::allowed::environment;
use super::caller::Caller;
use super::coverage::Coverage;
use super::opened::Opened;
use super::permissions::Allows;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::environments::StoredEnvironment;
use crate::stores::resources::Opens;
use crate::stores::users::{StoredUser, Users, Word};

/// The path's user, and somebody who may do `P` to that user: by a role, or as that user.
#[derive(Debug)]
pub(crate) struct OnUser<P> {
    caller: Caller,
    pub(crate) environment: Arc<StoredEnvironment>,
    pub(crate) user: StoredUser,
    pub(crate) acts_as: ActsAs,
    /// How far a role reaches; nothing for the owner.
    pub(crate) coverage: Coverage,
    permission: PhantomData<fn() -> P>,
}

/// Whether copies of a scope, which open some attributes alone, let their owner at the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    Count,
    DoNot,
}

/// In which quality somebody does something to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActsAs {
    /// By a role.
    Administrator,
    /// As that user.
    Owner,
}

/// Whether a scope is a copy of another: `p1:read:user:suffix` of `p1:read:user`.
fn is_copy(held: &str, scope: &str) -> bool {
    let suffix = held.strip_prefix(scope);
    suffix.is_some_and(|suffix| suffix.starts_with(':'))
}

impl<P> Deref for OnUser<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<P> OnUser<P> {
    /// On whose word it is done: an application that is not meant for administration may have asked
    /// nobody.
    pub(crate) fn word(&self) -> Word {
        if self.acts_as == ActsAs::Owner && !self.caller.carries_roles() {
            Word::OfAnApplication
        } else {
            Word::Trusted
        }
    }

    /// The attributes that the token's scopes of this name open: itself, and its copies.
    pub(super) async fn opened_by(&self, scope: &str) -> Result<Opened, ApiFailure> {
        let Some(application) = self.caller.bearer_application() else {
            return Err(ApiFailure::forbidden());
        };
        let granted = self.idp.granted().find(application, self.now).await?;
        let mut opened = BTreeSet::new();
        let held = self.caller.scopes().iter();
        for held in held.filter(|held| *held == scope || is_copy(held, scope)) {
            // A scope may have been taken away since the token was issued.
            match granted.opens(held) {
                Opens::Nothing => {}
                Opens::Everything => return Ok(Opened::All),
                Opens::Attributes(paths) => opened.extend(paths.iter().cloned()),
            }
        }
        if opened.is_empty() {
            return Err(ApiFailure::forbidden());
        }
        Ok(Opened::Only(opened))
    }

    /// The user's absolute address.
    pub(crate) fn url(&self) -> String {
        let path = format_args!("users/{}", self.user.id);
        self.idp.urls().environment_api(self.environment.id, path)
    }
}

/// Rejected as [`Allowed`](super::allowed::Allowed) is, with 404 without such a user, and with 403 when the user is out of
/// reach or holds more roles than the permission may be used against.
impl<P: Allows> FromRequestParts<Idp> for OnUser<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        Self::extract(parts, idp, Copies::DoNot).await
    }
}

impl<P: Allows> OnUser<P> {
    pub(super) async fn extract(
        parts: &mut Parts,
        idp: &Idp,
        copies: Copies,
    ) -> Result<Self, ApiFailure> {
        let caller = Caller::from_request_parts(parts, idp).await?;
        let environment = environment(parts, idp, caller.now).await?;
        let PathId(id) = PathId::<UserId>::from_request_parts(parts, idp).await?;
        let coverage = caller.coverage(P::PERMISSION, &environment);
        let is_owner = P::OWN_SCOPE.is_some_and(|scope| {
            let counts =
                |held: &str| held == scope || copies == Copies::Count && is_copy(held, scope);
            caller.is_user_with(counts, environment.id, id)
        });
        if coverage == Coverage::Nothing && !is_owner {
            return Err(ApiFailure::forbidden());
        }
        let found = Users::new(caller.idp.db()).find(environment.id, id).await?;
        let user = found.ok_or_else(ApiFailure::not_found)?;
        // Owners stay owners though they hold roles: a password is then changed with the current
        // one.
        let acts_as = if is_owner {
            ActsAs::Owner
        } else {
            ActsAs::Administrator
        };
        if acts_as == ActsAs::Owner && P::PROTECTS_OWNER {
            caller.require_no_roles_at_stake(&user).await?;
        }
        if acts_as == ActsAs::Administrator {
            if !coverage.covers(user.population_id) {
                return Err(ApiFailure::forbidden());
            }
            if P::PROTECTS_TARGET {
                caller.require_all_roles_of(user.id.as_uuid()).await?;
            }
        }
        Ok(Self {
            caller,
            environment,
            user,
            acts_as,
            coverage,
            permission: PhantomData,
        })
    }
}
