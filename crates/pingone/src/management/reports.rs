//! What happened, and how much of it (PingOne, "Audit activities" and "Reporting").

use protocol::id::LicenseId;
use protocol::pingone::{
    ActiveIdentities, Activity, ApplicationSignOns, License, TotalIdentities, UserActivities,
};
use protocol::scim::Filter;

use super::{Client, Collection, List};

impl Client {
    /// How many people signed on, by day: the last 30 days, or those that a filter's range of
    /// `occurredAt` names.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, scim};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let from = scim::compare("occurredAt", scim::Operator::Ge, "2026-01-01");
    /// let to = scim::compare("occurredAt", scim::Operator::Le, "2026-01-31");
    /// let january = from.and(to);
    /// for day in pingone.active_identities().filter(&january).all().await? {
    ///     println!("{} {}", day.date, day.active_identity_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn active_identities(&self) -> List<'_, ActiveIdentities> {
        List::new(self, self.path("metrics/activeIdentityCounts"))
    }

    /// How many people there were, by day: the last 30 days, or those from a filter's `startDate` on.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, scim};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let since = scim::eq("startDate", "2026-01-01");
    /// for day in pingone.total_identities().filter(&since).all().await? {
    ///     println!("{} {}", day.date, day.total_identities);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn total_identities(&self) -> List<'_, TotalIdentities> {
        List::new(self, self.path("totalIdentities"))
    }

    /// What users and those who administer them did, by day and action: the last 30 days, or those
    /// that a filter's range of `occurredAt` names.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// for counted in pingone.user_activities().all().await? {
    ///     println!("{} {} {}", counted.date, counted.action.action_type, counted.count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn user_activities(&self) -> List<'_, UserActivities> {
        List::new(self, self.path("userActivities"))
    }

    /// How often people signed on to applications, by day. A filter may name one by `applicationId`.
    ///
    /// ```no_run
    /// # use pingone::{ApplicationId, Error, management, scim};
    /// # async fn example(pingone: management::Client, shop: ApplicationId) -> Result<(), Error> {
    /// let of_shop = scim::eq("applicationId", shop.to_string());
    /// for day in pingone.application_sign_ons().filter(&of_shop).all().await? {
    ///     println!("{} {}", day.date, day.count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn application_sign_ons(&self) -> List<'_, ApplicationSignOns> {
        List::new(self, self.path("applicationSignons"))
    }
}

impl<'a> Collection<'a, License> {
    /// How many people signed on, by day, in all environments with a licence.
    ///
    /// ```no_run
    /// # use pingone::{Error, LicenseId, OrganizationId, management};
    /// # async fn example(pingone: management::Client, ours: OrganizationId, trial: LicenseId) -> Result<(), Error> {
    /// let days = pingone.licenses(ours).active_identities(trial).all().await?;
    /// println!("{:?}", days.iter().map(|day| day.active_identity_count).max());
    /// # Ok(())
    /// # }
    /// ```
    pub fn active_identities(&self, license: LicenseId) -> List<'a, ActiveIdentities> {
        let path = self.path_below(&license, "metrics/activeIdentityCounts");
        List::new(self.client, path)
    }
}

impl<'a> Collection<'a, Activity> {
    /// The same list, with the filter in the body of a POST: for filters that are too long for an
    /// address.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, scim};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let since = scim::compare("recordedAt", scim::Operator::Ge, "2026-01-31T00:00:00.000Z");
    /// let filter = since.and(scim::eq("action.type", "USER.CREATED"));
    /// let made = pingone.activities().search(&filter).limit(100).all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn search(&self, filter: &Filter) -> List<'a, Activity> {
        List::new(self.client, self.path.clone())
            .by_post()
            .filter(filter)
    }
}
