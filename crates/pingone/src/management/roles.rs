//! Roles and who holds them (PingOne, "Roles").

use protocol::id::UserId;
use protocol::pingone::{Role, RoleAssignment};

use super::{Client, List};

/// The built-in roles, which are the same in every environment.
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    client: &'a Client,
}

impl<'a> Roles<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

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
}

/// The roles of one user.
#[derive(Clone, Copy, Debug)]
pub struct RoleAssignments<'a> {
    client: &'a Client,
    user: UserId,
}

impl<'a> RoleAssignments<'a> {
    pub(super) fn new(client: &'a Client, user: UserId) -> Self {
        Self { client, user }
    }

    /// All roles that were assigned to the user, each with what it is for.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// for held in pingone.role_assignments(ada).list().all().await? {
    ///     println!("{} for {}", held.role.id, held.scope.scope_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, RoleAssignment> {
        let path = self
            .client
            .path(&format!("users/{}/roleAssignments", self.user));
        List::new(self.client, path)
    }
}
