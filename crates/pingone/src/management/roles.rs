//! Roles and who holds them (PingOne, "Roles").

use std::fmt;

use http::Method;
use protocol::id::{ApplicationId, GatewayId, GroupId, RoleId, UserId};
use protocol::pingone::{Role, RoleAssignment};

use super::{Client, Collection, List};
use crate::Error;

/// The built-in roles, which are the same in every environment.
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    client: &'a Client,
}

/// Who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleHolder {
    /// An application, for itself.
    Application(ApplicationId),
    /// A gateway, for itself.
    Gateway(GatewayId),
    /// A group, for its members.
    Group(GroupId),
    /// A user.
    User(UserId),
}

impl fmt::Display for RoleHolder {
    /// Its path below the environment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(id) => write!(f, "applications/{id}"),
            Self::Gateway(id) => write!(f, "gateways/{id}"),
            Self::Group(id) => write!(f, "groups/{id}"),
            Self::User(id) => write!(f, "users/{id}"),
        }
    }
}

impl From<ApplicationId> for RoleHolder {
    fn from(id: ApplicationId) -> Self {
        Self::Application(id)
    }
}

impl From<GatewayId> for RoleHolder {
    fn from(id: GatewayId) -> Self {
        Self::Gateway(id)
    }
}

impl From<GroupId> for RoleHolder {
    fn from(id: GroupId) -> Self {
        Self::Group(id)
    }
}

impl From<UserId> for RoleHolder {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl Client {
    /// The built-in roles, which are the same in every environment.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let roles = pingone.roles().list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn roles(&self) -> Roles<'_> {
        Roles { client: self }
    }

    /// All roles of the environment: the built-in ones, which can only be read, and its own.
    ///
    /// ```no_run
    /// # use pingone::{Error, NewRole, RoleScopeType, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let kinds = [RoleScopeType::Environment];
    /// let reader = NewRole::new("Reader", kinds, ["dir:read:user"]);
    /// let reader = pingone.environment_roles().create(&reader).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn environment_roles(&self) -> Collection<'_, Role> {
        self.collection()
    }

    /// The roles of a user, an application, a gateway or a group. A gateway's alone can be replaced,
    /// by what they are.
    ///
    /// ```no_run
    /// # use pingone::{Error, NewRoleAssignment, RoleId, RoleScope, RoleScopeType, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, admin: RoleId) -> Result<(), Error> {
    /// let here = pingone.environment_id().as_uuid();
    /// let scope = RoleScope::new(RoleScopeType::Environment, here);
    /// pingone.role_assignments(ada).create(&NewRoleAssignment::new(admin, scope)).await?;
    /// for held in pingone.role_assignments(ada).list().all().await? {
    ///     println!("{} for {}", held.role.id, held.scope.scope_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn role_assignments(
        &self,
        holder: impl Into<RoleHolder>,
    ) -> Collection<'_, RoleAssignment> {
        Collection::below(self, holder.into())
    }
}

impl<'a> Roles<'a> {
    /// All built-in roles. Look for one by its name, such as `Identity Data Admin`.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let roles = pingone.roles().list().all().await?;
    /// let admin = roles.iter().find(|role| role.name == "Identity Data Admin");
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, Role> {
        List::new(self.client, "v1/roles".to_owned())
    }

    /// Reads a built-in role.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when no built-in role has the id.
    ///
    /// ```no_run
    /// # use pingone::{Error, RoleId, management};
    /// # async fn example(pingone: management::Client, admin: RoleId) -> Result<(), Error> {
    /// println!("{}", pingone.roles().load(admin).await?.name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load(&self, role: RoleId) -> Result<Role, Error> {
        let path = format!("v1/roles/{role}");
        self.client.send(Method::GET, path).fetch().await
    }
}
