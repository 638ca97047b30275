//! Groups, who is in them, and how they are nested (PingOne, "Groups").

use http::Method;
use protocol::id::{GroupId, UserId};
use protocol::pingone::{Group, GroupMembership, NewGroup, Reference};

use super::{Client, List};
use crate::Error;

/// The groups of an environment.
#[derive(Clone, Copy, Debug)]
pub struct Groups<'a> {
    client: &'a Client,
}

impl<'a> Groups<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All groups, or those that a filter matches: by `id`, `name`, `population.id`, `externalId`.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, scim};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let filter = scim::eq("name", "Captains");
    /// let captains = pingone.groups().list().filter(&filter).all().await?.pop();
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, Group> {
        List::new(self.client, self.client.path("groups"))
    }

    /// Creates a group.
    ///
    /// ```no_run
    /// # use pingone::{Error, NewGroup, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let captains = NewGroup::new("Captains").description("Who may steer");
    /// let captains = pingone.groups().create(&captains).await?;
    /// pingone.memberships(ada).join(captains.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_taken`]`("name")` when another group of the environment, or of the same
    /// population, has that name. Any other refusal names the field and the reason.
    pub async fn create(&self, group: &NewGroup) -> Result<Group, Error> {
        self.client
            .send(Method::POST, self.client.path("groups"))
            .json(group)
            .fetch()
            .await
    }

    /// Reads a group.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such group.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId};
    /// # async fn example(pingone: management::Client, captains: GroupId) -> Result<(), Error> {
    /// println!("{}", pingone.groups().load(captains).await?.name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load(&self, group: GroupId) -> Result<Group, Error> {
        self.client
            .send(Method::GET, self.path(group, ""))
            .fetch()
            .await
    }

    /// Reads a group and counts its members, those of nested groups included.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId};
    /// # async fn example(pingone: management::Client, captains: GroupId) -> Result<(), Error> {
    /// let group = pingone.groups().load_and_count(captains).await?;
    /// println!("{:?}", group.total_member_counts);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load_and_count(&self, group: GroupId) -> Result<Group, Error> {
        self.client
            .send(Method::GET, self.path(group, ""))
            .query("include", "totalMemberCounts")
            .fetch()
            .await
    }

    /// Replaces everything about a group but its population, which stays. What is left out is
    /// removed.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and [`Error::is_not_found`].
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId, NewGroup};
    /// # async fn example(pingone: management::Client, captains: GroupId) -> Result<(), Error> {
    /// let renamed = NewGroup::new("Skippers").description("Who may steer");
    /// pingone.groups().replace(captains, &renamed).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn replace(&self, group: GroupId, with: &NewGroup) -> Result<Group, Error> {
        self.client
            .send(Method::PUT, self.path(group, ""))
            .json(with)
            .fetch()
            .await
    }

    /// Deletes a group. Its members stay.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such group.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId};
    /// # async fn example(pingone: management::Client, captains: GroupId) -> Result<(), Error> {
    /// pingone.groups().delete(captains).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(&self, group: GroupId) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.path(group, ""))
            .run()
            .await
    }

    /// The groups that a group is in.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId};
    /// # async fn example(pingone: management::Client, captains: GroupId) -> Result<(), Error> {
    /// for parent in pingone.groups().parents(captains).all().await? {
    ///     println!("{}", parent.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn parents(&self, group: GroupId) -> List<'a, GroupMembership> {
        List::new(self.client, self.path(group, "/memberOfGroups"))
    }

    /// Puts a group into another: its members are then members of both.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the first is not there; [`Error::problem_with`]`("id")` when the
    /// other is not, or when they would then be in a circle.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId};
    /// # async fn example(pingone: management::Client, captains: GroupId, crew: GroupId) -> Result<(), Error> {
    /// pingone.groups().nest(captains, crew).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn nest(&self, group: GroupId, into: GroupId) -> Result<GroupMembership, Error> {
        self.client
            .send(Method::POST, self.path(group, "/memberOfGroups"))
            .json(&Reference::new(into))
            .fetch()
            .await
    }

    /// Takes a group out of another.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when it is not in that group.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId};
    /// # async fn example(pingone: management::Client, captains: GroupId, crew: GroupId) -> Result<(), Error> {
    /// pingone.groups().take_out(captains, crew).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn take_out(&self, group: GroupId, of: GroupId) -> Result<(), Error> {
        self.client
            .send(
                Method::DELETE,
                self.path(group, &format!("/memberOfGroups/{of}")),
            )
            .run()
            .await
    }

    fn path(self, group: GroupId, rest: &str) -> String {
        self.client.path(&format!("groups/{group}{rest}"))
    }
}

/// The groups that one user is in.
#[derive(Clone, Copy, Debug)]
pub struct Memberships<'a> {
    client: &'a Client,
    user: UserId,
}

impl<'a> Memberships<'a> {
    pub(super) fn new(client: &'a Client, user: UserId) -> Self {
        Self { client, user }
    }

    /// All groups that the user is in, directly or through another group.
    ///
    /// Who is in a group is asked the other way round: list the users with the filter
    /// `memberOfGroups.id eq "…"`.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId, UserId, scim};
    /// # async fn example(pingone: management::Client, ada: UserId, captains: GroupId) -> Result<(), Error> {
    /// let of_ada = pingone.memberships(ada).list().all().await?;
    /// let filter = scim::eq("memberOfGroups.id", captains.to_string());
    /// let captains = pingone.users().list().filter(&filter).all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, GroupMembership> {
        List::new(self.client, self.path(""))
    }

    /// Puts the user into a group.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user; [`Error::is_taken`]`("id")` when they are
    /// in the group already; [`Error::problem_with`]`("id")` when there is no such group, or when it
    /// takes only users of another population, or chooses its members itself by a filter.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId, captains: GroupId) -> Result<(), Error> {
    /// pingone.memberships(ada).join(captains).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn join(&self, group: GroupId) -> Result<GroupMembership, Error> {
        self.client
            .send(Method::POST, self.path(""))
            .json(&Reference::new(group))
            .fetch()
            .await
    }

    /// Takes the user out of a group.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the user was not put into that group.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId, captains: GroupId) -> Result<(), Error> {
    /// pingone.memberships(ada).leave(captains).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn leave(&self, group: GroupId) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.path(&format!("/{group}")))
            .run()
            .await
    }

    fn path(self, rest: &str) -> String {
        self.client
            .path(&format!("users/{}/memberOfGroups{rest}", self.user))
    }
}
