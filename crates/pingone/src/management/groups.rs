//! Groups, who is in them, and how they are nested (PingOne, "Groups").

use http::Method;
use protocol::id::{GroupId, UserId};
use protocol::pingone::{Group, GroupMembership, Reference};

use super::{Client, Collection, List};
use crate::Error;

impl Client {
    /// The environment's groups. Filters know `id`, `name`, `population.id` and `externalId`.
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
    pub fn groups(&self) -> Collection<'_, Group> {
        self.collection()
    }

    /// The groups of one user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let groups = pingone.memberships(ada).list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn memberships(&self, user: UserId) -> Memberships<'_> {
        Memberships { client: self, user }
    }
}

impl<'a> Collection<'a, Group> {
    /// Reads a group and counts its members, those of nested groups included.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such group.
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
            .send(Method::GET, self.path_of(&group))
            .query("include", "totalMemberCounts")
            .fetch()
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
        List::new(self.client, self.path_below(&group, "memberOfGroups"))
    }

    /// How a group is in another.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when it is not in that group.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, GroupId};
    /// # async fn example(pingone: management::Client, captains: GroupId, crew: GroupId) -> Result<(), Error> {
    /// println!("{}", pingone.groups().parent(captains, crew).await?.membership_type);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn parent(&self, group: GroupId, of: GroupId) -> Result<GroupMembership, Error> {
        let path = self.path_below(&group, &format!("memberOfGroups/{of}"));
        self.client.send(Method::GET, path).fetch().await
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
            .send(Method::POST, self.path_below(&group, "memberOfGroups"))
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
                self.path_below(&group, &format!("memberOfGroups/{of}")),
            )
            .run()
            .await
    }
}

/// The groups that one user is in.
#[derive(Clone, Copy, Debug)]
pub struct Memberships<'a> {
    client: &'a Client,
    user: UserId,
}

impl<'a> Memberships<'a> {
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

    /// How the user is in a group.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the user is not in that group.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId, GroupId};
    /// # async fn example(pingone: management::Client, ada: UserId, captains: GroupId) -> Result<(), Error> {
    /// println!("{}", pingone.memberships(ada).load(captains).await?.membership_type);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load(&self, group: GroupId) -> Result<GroupMembership, Error> {
        self.client
            .send(Method::GET, self.path(&format!("/{group}")))
            .fetch()
            .await
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
