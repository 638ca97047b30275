//! Password policies (PingOne, "Password policies").

use http::Method;
use protocol::id::PasswordPolicyId;
use protocol::password_policy::PasswordPolicy;

use super::{Client, List};
use crate::Error;

/// The password policies of an environment.
#[derive(Clone, Copy, Debug)]
pub struct PasswordPolicies<'a> {
    client: &'a Client,
}

impl<'a> PasswordPolicies<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All policies.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let policies = pingone.password_policies().list().all().await?;
    /// println!("{} policies", policies.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, PasswordPolicy> {
        List::new(self.client, self.client.path("passwordPolicies"))
    }

    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such policy.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, PasswordPolicyId};
    /// # async fn example(pingone: management::Client, id: PasswordPolicyId) -> Result<(), Error> {
    /// let policy = pingone.password_policies().load(id).await?;
    /// println!("{:?}", policy.length);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load(&self, policy: PasswordPolicyId) -> Result<PasswordPolicy, Error> {
        let path = self.client.path(&format!("passwordPolicies/{policy}"));
        self.client.send(Method::GET, path).fetch().await
    }

    /// The policy of populations that name none. Every environment has one.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails, or when no policy says that it is the default.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let policy = pingone.password_policies().load_default().await?;
    /// assert!(policy.default);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load_default(&self) -> Result<PasswordPolicy, Error> {
        let policies = self.list().all().await?;
        policies
            .into_iter()
            .find(|policy| policy.default)
            .ok_or_else(|| Error::unexpected("none of the password policies is the default"))
    }
}
