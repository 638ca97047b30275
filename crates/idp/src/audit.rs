//! The audit log: what an event is, and the commit that records it in the same batch as what it
//! tells of (PingOne, "Audit activities").

use db::{Statement, StoreError};
use jiff::Timestamp;
use platform::net::{RemoteAddress, RequestId};
use protocol::SystemRandom;
use protocol::id::{ActivityId, ApplicationId, EnvironmentId, PopulationId, SessionId, UserId};
use protocol::pingone::date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::core::Core;
use crate::stores::activities::{Activities, StoredActivity};
use crate::stores::change::Change;
use crate::stores::subscriptions::{FilterOptions, Filters, Subscriptions};
use crate::stores::users::StoredUser;
use crate::urls::Urls;

/// Where an event comes from: what a request brings for the log and for limits.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) request: RequestId,
    pub(crate) address: RemoteAddress,
    /// The browser's or client's name for itself, cut to 256 characters.
    pub(crate) user_agent: String,
    /// The browser session that an access token of the request belongs to. It goes on when its
    /// user's other sessions end, because the password was changed.
    pub(crate) session: Option<SessionId>,
}

impl Origin {
    /// The program itself: a job, or data that it makes when it starts.
    pub(crate) fn internal() -> Self {
        Self {
            request: RequestId::random(&SystemRandom),
            address: RemoteAddress::default(),
            user_agent: String::new(),
            session: None,
        }
    }
}

/// Who did it.
#[derive(Clone, Debug)]
pub(crate) enum Actor {
    /// An application for itself.
    Application { id: ApplicationId, name: String },
    /// The program itself, or somebody who is not signed on.
    Nobody,
    /// A user.
    User {
        id: UserId,
        username: String,
        population: PopulationId,
    },
}

impl From<&StoredUser> for Actor {
    fn from(user: &StoredUser) -> Self {
        Self::User {
            id: user.id,
            username: user.username.clone(),
            population: user.population_id,
        }
    }
}

/// Who does something, where from and when: made once per request.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) actor: Actor,
    pub(crate) origin: Origin,
    pub(crate) now: Timestamp,
}

impl By {
    /// The program itself: a job, or data that it makes when it starts.
    pub(crate) fn the_program(now: Timestamp) -> Self {
        Self {
            actor: Actor::Nobody,
            origin: Origin::internal(),
            now,
        }
    }

    /// The same request, by somebody who is known meanwhile.
    pub(crate) fn acting_as(&self, actor: impl Into<Actor>) -> Self {
        Self {
            actor: actor.into(),
            ..self.clone()
        }
    }

    /// Whether this user does it.
    pub(crate) fn is(&self, user: UserId) -> bool {
        matches!(&self.actor, Actor::User { id, .. } if *id == user)
    }

    /// The browser session that goes on when the user's others end.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.origin.session
    }
}

/// What was done to what.
#[derive(Clone, Debug)]
#[must_use = "an activity is recorded by committing a change with it"]
pub(crate) struct Activity {
    /// PingOne's action type, such as `PASSWORD.RESET`.
    action: &'static str,
    subject: Subject,
    outcome: Outcome,
    /// What happened with it.
    also: Vec<Self>,
}

/// What an event is about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// PingOne's resource type, such as `USER`.
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) population: Option<PopulationId>,
}

impl Subject {
    /// Something other than a user.
    pub(crate) fn of(kind: &'static str, id: impl Into<Uuid>, name: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into().to_string(),
            name: name.into(),
            population: None,
        }
    }
}

impl From<&StoredUser> for Subject {
    fn from(user: &StoredUser) -> Self {
        Self {
            kind: "USER",
            id: user.id.to_string(),
            name: user.username.clone(),
            population: Some(user.population_id),
        }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Failed,
    Success,
}

impl Activity {
    /// A success.
    pub(crate) fn new(action: &'static str, subject: impl Into<Subject>) -> Self {
        Self {
            action,
            subject: subject.into(),
            outcome: Outcome::Success,
            also: Vec::new(),
        }
    }

    /// A failure, such as a wrong password.
    pub(crate) fn failed(action: &'static str, subject: impl Into<Subject>) -> Self {
        Self {
            outcome: Outcome::Failed,
            ..Self::new(action, subject)
        }
    }

    /// With another one that happened at once.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.also.push(other);
        self
    }

    /// It and what happened with it, each with the entry that tells of it.
    fn entries(
        &self,
        core: &Core,
        environment: EnvironmentId,
        by: &By,
    ) -> Vec<(&Self, StoredActivity)> {
        let entry = StoredActivity {
            id: ActivityId::random(core.random()),
            recorded_at: by.now,
            correlation_id: by.origin.request.0,
            document: self.document(core.urls(), environment, by),
        };
        let others = self.also.iter();
        let others = others.flat_map(|activity| activity.entries(core, environment, by));
        std::iter::once((self, entry)).chain(others).collect()
    }

    /// The statements that record an entry of it, and put it into the queues of those who are told.
    fn statements(
        &self,
        entry: &StoredActivity,
        environment: EnvironmentId,
        by: &By,
        told: &Filters,
    ) -> Vec<Statement> {
        let insert = Activities::insert(environment, entry, self.action, &self.subject.id);
        let told_of_it = told
            .iter()
            .filter(|(_, filter)| self.is_told_by(filter, by));
        let queues = told_of_it.flat_map(|(to, _)| Subscriptions::enqueue(*to, entry.id, by.now));
        std::iter::once(insert).chain(queues).collect()
    }

    /// Whether anybody is told of it, or of what happened with it.
    fn is_told(&self, by: &By, told: &Filters) -> bool {
        told.iter().any(|(_, filter)| self.is_told_by(filter, by))
            || self.also.iter().any(|activity| activity.is_told(by, told))
    }

    /// Whether a subscription is told of it: by what was done, by the applications that did it or
    /// that it was done to, and by the population of the user whom it was done to.
    fn is_told_by(&self, filter: &FilterOptions, by: &By) -> bool {
        let mut applications = Vec::new();
        if let Actor::Application { id, .. } = &by.actor {
            applications.push(id.as_uuid());
        }
        if self.subject.kind == "APPLICATION" {
            applications.extend(Uuid::try_parse(&self.subject.id));
        }
        let population = self.subject.population.map(|id| id.as_uuid());
        filter.lets_through(self.action, &applications, population)
    }

    /// Everything but what stands in columns.
    fn document(&self, urls: &Urls, environment: EnvironmentId, by: &By) -> Map<String, Value> {
        let of = json!({ "id": environment });
        let actors = match &by.actor {
            Actor::Application { id, name } => json!({ "client": {
                "id": id, "name": name, "environment": of, "type": "CLIENT",
                "href": urls.environment_api(environment, format_args!("applications/{id}")),
            }}),
            Actor::Nobody => json!({}),
            Actor::User {
                id,
                username,
                population,
            } => json!({ "user": {
                "id": id, "name": username, "environment": of, "type": "USER",
                "population": { "id": population },
                "href": urls.environment_api(environment, format_args!("users/{id}")),
            }}),
        };
        let mut resource = json!({
            "type": self.subject.kind,
            "id": self.subject.id,
            "name": self.subject.name,
            "environment": of,
        });
        if let (Some(population), Some(members)) =
            (self.subject.population, resource.as_object_mut())
        {
            members.insert("population".to_owned(), json!({ "id": population }));
        }
        let (status, verb) = match self.outcome {
            Outcome::Failed => ("FAILED", "Failed"),
            Outcome::Success => ("SUCCESS", "Passed"),
        };
        let members = [
            ("actors", actors),
            (
                "action",
                json!({ "type": self.action, "description": title(self.action) }),
            ),
            ("resources", json!([resource])),
            ("result", json!({ "status": status, "description": verb })),
            (
                "source",
                json!({
                    "ipAddress": by.origin.address.0.to_string(),
                    "userAgent": by.origin.user_agent,
                }),
            ),
        ];
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

impl Change {
    /// Writes it with its entries in the audit log.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when nothing was written; `unmet` tells which requirement was not met.
    pub(crate) async fn commit(
        self,
        core: &Core,
        environment: EnvironmentId,
        activity: &Activity,
        by: &By,
    ) -> Result<(), StoreError> {
        let told = core.subscriptions().filters(environment, by.now).await?;
        let is_told = activity.is_told(by, &told);
        let entries = activity.entries(core, environment, by);
        let records = entries
            .iter()
            .flat_map(|(activity, entry)| activity.statements(entry, environment, by, &told));
        self.add_all(records).commit_unrecorded(core).await?;
        if let Some(listener) = &core.settings().activities {
            for (_, entry) in entries {
                listener.hear(told_outside(environment, entry));
            }
        }
        if is_told {
            core.subscriptions().wake();
        }
        Ok(())
    }
}

/// An entry as the management API shows it, with its environment: outside there is one log of all.
fn told_outside(environment: EnvironmentId, entry: StoredActivity) -> Map<String, Value> {
    let at = date::written(entry.recorded_at);
    let members = [
        ("id", json!(entry.id)),
        ("recordedAt", json!(at)),
        ("createdAt", json!(at)),
        ("correlationId", json!(entry.correlation_id)),
        ("environment", json!({ "id": environment })),
    ];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    members.into_iter().chain(entry.document).collect()
}

/// `PASSWORD.CHECK_FAILED` as `Password Check Failed`.
fn title(action: &str) -> String {
    let words = action.split(['.', '_']).map(|word| {
        let mut characters = word.chars();
        let first = characters.next().map(|c| c.to_ascii_uppercase());
        first
            .into_iter()
            .chain(characters.map(|c| c.to_ascii_lowercase()))
            .collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn an_action_reads_as_words() {
        assert_eq!(title("PASSWORD.CHECK_FAILED"), "Password Check Failed");
    }
}
