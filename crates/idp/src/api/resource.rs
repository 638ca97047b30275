//! What handlers of resources share: looking one up, listing, creating, replacing and deleting,
//! each inside what the caller's permission reaches and with its entry in the audit log.

use db::{Statement, StoreError};
use jiff::Timestamp;
use protocol::id::Id as _;
use serde::Serialize;

use super::hal::{Hal, Page, Reply};
use super::paging::PageRequest;
use crate::access::allowed::Allowed;
use crate::audit::Subject;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::dependents::is_referred_to;
use crate::stores::filter_sql::{Attribute, push_populations};
use crate::stores::record::{Record, Table};

impl<R: Record> From<&R> for Subject {
    fn from(record: &R) -> Self {
        Self {
            population: record.population(),
            ..Self::of(R::EVENTS.kind, record.id(), record.name())
        }
    }
}

impl<P> Allowed<P> {
    /// The id and the instant of creation of what a request replaces, or else new ones.
    pub(crate) fn identity<R: Record>(&self, replaced: Option<&R>) -> (R::Id, Timestamp) {
        match replaced {
            Some(record) => (record.id(), record.created_at()),
            None => (R::Id::from_uuid(self.new_id()), self.now),
        }
    }

    /// A record of the environment.
    ///
    /// # Errors
    ///
    /// 404 when there is none, 403 when it belongs to a population that is out of reach.
    pub(crate) async fn load<R: Record>(&self, id: R::Id) -> Result<R, ApiFailure> {
        let found = Table::<R>::new(self.idp.db()).find(self.id(), id).await?;
        let record = found.ok_or_else(ApiFailure::not_found)?;
        self.require_covered(&record)?;
        Ok(record)
    }

    /// Refuses a record of a population that is out of reach, or of none where the permission is
    /// for populations.
    pub(crate) fn require_covered<R: Record>(&self, record: &R) -> Result<(), ApiFailure> {
        if R::POPULATION.is_none() || self.coverage.covers_what_is_of(record.population()) {
            Ok(())
        } else {
            Err(ApiFailure::forbidden())
        }
    }

    /// The records of the environment that a page shows, and one more where there is a next page; and
    /// what tells where one stands among them. `path` is the collection's.
    pub(crate) async fn records<R: Record>(
        &self,
        page: &PageRequest,
        path: &'static str,
    ) -> Result<(Vec<R>, impl Fn(&R) -> (String, String) + use<R, P>), ApiFailure> {
        let filter = page.filter(&Attribute::rules(R::ATTRIBUTES))?;
        let (key, id) = page.position(&self.idp, &self.url(path))?;
        let (after, limit) = ((key.as_str(), id.as_str()), page.read_limit());
        let table = Table::<R>::new(self.idp.db());
        let found = table.page(self.id(), filter.as_ref(), after, limit, |select| {
            self.where_covered(select, R::POPULATION)
        });
        let found = found.await?;
        let position = move |last: &R| Table::position(filter.as_ref(), last);
        Ok((found, position))
    }

    /// A page of the records of the environment. `path` is the collection's, and the key under which
    /// they are embedded.
    pub(crate) async fn page<R: Record, T: Serialize>(
        &self,
        page: &PageRequest,
        path: &'static str,
        represent: impl FnMut(R) -> Hal<T>,
    ) -> Result<Reply, ApiFailure> {
        let (idp, collection) = (&self.idp, self.url(path));
        let (found, position) = self.records(page, path).await?;
        Reply::ok(&page.page(idp, &collection, path, found, position, represent))
    }

    /// All records of the environment for which the conditions hold that `restrict` adds.
    pub(crate) async fn whole<R: Record, T: Serialize>(
        &self,
        path: &str,
        key: &'static str,
        restrict: impl FnOnce(Statement) -> Statement,
        represent: impl FnMut(R) -> Hal<T>,
    ) -> Result<Reply, ApiFailure> {
        let table = Table::<R>::new(self.idp.db());
        let found = table.list(self.id(), |select| {
            restrict(self.where_covered(select, R::POPULATION))
        });
        let items = found.await?.into_iter().map(represent).collect();
        Reply::ok(&Page::whole(self.url(path), key, items))
    }

    /// Appends the condition that a row belongs to a population in reach.
    fn where_covered(&self, select: Statement, population: Option<&'static str>) -> Statement {
        match (population, self.coverage.populations()) {
            (Some(column), Some(reached)) => push_populations(select, column, reached),
            _ => select,
        }
    }

    /// Writes a new record.
    ///
    /// # Errors
    ///
    /// `UNIQUENESS_VIOLATION` when another one has its name.
    pub(crate) async fn create<R: Record>(
        &self,
        record: &R,
        change: Change,
    ) -> Result<(), ApiFailure> {
        let written = self.commit(self.id(), change, R::EVENTS.created, record);
        written.await.map_err(|error| unique(error, R::UNIQUE))
    }

    /// Writes a record that takes the place of the stored one.
    ///
    /// # Errors
    ///
    /// As of [`create`](Self::create), and 409 when it is gone or was changed meanwhile.
    pub(crate) async fn replace<R: Record>(
        &self,
        record: &R,
        change: Change,
    ) -> Result<(), ApiFailure> {
        let written = self.commit(self.id(), change, R::EVENTS.updated, record);
        written.await.map_err(|error| unique(error, R::UNIQUE))
    }

    /// Deletes a record.
    ///
    /// # Errors
    ///
    /// `CONSTRAINT_VIOLATION` when something refers to it, and 409 when what the change requires is not
    /// met otherwise.
    pub(crate) async fn delete<R: Record>(
        &self,
        record: &R,
        change: Change,
    ) -> Result<Reply, ApiFailure> {
        let deleted = self.commit(self.id(), change, R::EVENTS.deleted, record);
        match deleted.await {
            Ok(()) => Ok(Reply::no_content()),
            Err(error)
                if error.unmet().is_some()
                    && is_referred_to(self.idp.db(), record.id().into(), R::TAKES_ALONG)
                        .await? =>
            {
                let message = "Something refers to it; change that first.";
                Err(ApiFailure::constraint(None, message))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a record, unless what the change requires is not met; the refusal then says why.
    ///
    /// # Errors
    ///
    /// `CONSTRAINT_VIOLATION` with what `why` gives.
    pub(crate) async fn delete_unless<R: Record>(
        &self,
        record: &R,
        change: Change,
        why: impl AsyncFnOnce() -> Result<&'static str, StoreError>,
    ) -> Result<Reply, ApiFailure> {
        let deleted = self.commit(self.id(), change, R::EVENTS.deleted, record);
        match deleted.await {
            Ok(()) => Ok(Reply::no_content()),
            Err(error) if error.unmet().is_some() => {
                Err(ApiFailure::constraint(None, why().await?))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A unique violation as the refusal of one member; every other failure as it is.
pub(crate) fn unique(error: StoreError, target: &str) -> ApiFailure {
    if error.is_unique_violation() {
        ApiFailure::not_unique(target)
    } else {
        error.into()
    }
}
