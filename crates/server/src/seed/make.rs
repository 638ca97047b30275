//! Making what a seed says: every object is made through the management API from inside, so that what
//! the API refuses is refused, and told by file, line and table.

mod body;
mod own;
mod people;
mod understood;
mod uploads;
mod without;

use std::collections::HashMap;

use db::StoreError;
use idp::Idp;
use idp::inside::{Answer, Call, Inside};
use pingone::Method;
use protocol::id::{EnvironmentId, OrganizationId, derived};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::body::is_part_of;
use super::file::{Seed, SeedError, table};
use super::kind::Form;
use super::plan::{Plan, Planned};
use super::source::words;
use super::tree::id_of;

/// What becomes of an environment that is there already under the id of one of the seed's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is deleted with all that is in it, and made anew.
    Replace,
    /// It stays, and the seed is refused.
    Refuse,
}

/// Brings up what a seed says where nothing is yet. Nothing of it stays when it fails.
///
/// # Errors
///
/// [`SeedError`] says what of the seed could not be brought up.
pub(super) async fn make_all(idp: &Idp, seed: &Seed) -> Result<(), SeedError> {
    let inside = opened(idp, seed).await?;
    Box::pin(make(&inside, seed, Existing::Refuse)).await
}

pub(super) async fn opened(idp: &Idp, seed: &Seed) -> Result<Inside, SeedError> {
    let first = seed.environment_ids().first().map(EnvironmentId::as_uuid);
    let organization = derived(first.unwrap_or_default(), "organization");
    let inside = idp.inside(OrganizationId::from_uuid(organization)).await;
    Ok(inside.map_err(|error| seed.failed(error))?.with_secrets())
}

pub(super) async fn make(
    inside: &Inside,
    seed: &Seed,
    existing: Existing,
) -> Result<(), SeedError> {
    let mut made = Vec::new();
    for environment in &seed.environments {
        let brought_up = match Plan::of(environment, &seed.name) {
            Ok(plan) => Box::pin(bring_up(inside, seed, &plan, existing, &mut made)).await,
            Err(error) => Err(error),
        };
        if let Err(error) = brought_up {
            for id in made.into_iter().rev() {
                if let Err(error) = inside.remove(id).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, environment = %id, "half an environment was left behind");
                }
            }
            return Err(error);
        }
    }
    Ok(())
}

impl Seed {
    /// Something is wrong with all of it.
    pub(super) fn fault(&self, what: String) -> SeedError {
        SeedError {
            file: self.name.clone(),
            line: None,
            table: None,
            what,
            source: None,
        }
    }

    /// The database does not answer.
    pub(super) fn failed(&self, error: StoreError) -> SeedError {
        SeedError {
            source: Some(Box::new(error)),
            ..self.fault("the database could not be asked".to_owned())
        }
    }
}

/// Brings one environment up, and adds it to what was `made` as soon as there is something of it.
async fn bring_up(
    inside: &Inside,
    seed: &Seed,
    plan: &Plan<'_>,
    existing: Existing,
    made: &mut Vec<EnvironmentId>,
) -> Result<(), SeedError> {
    let Some(environment) = plan.all.first() else {
        return Ok(());
    };
    let mut making = Making::new(inside, seed, plan);
    let id = making.id;
    if existing == Existing::Replace {
        let removed = inside.remove(id).await;
        if removed.map_err(|error| seed.failed(error))? {
            tracing::info!(environment = %id, "the environment is made anew from the seed");
        }
    }
    making.environment(environment).await?;
    made.push(id);
    making.everything().await?;
    making.switch_on().await?;
    making.take_away().await
}

/// An environment that is being made.
pub(super) struct Making<'a> {
    inside: &'a Inside,
    seed: &'a Seed,
    plan: &'a Plan<'a>,
    pub(super) id: EnvironmentId,
    /// The ids of what is there, by the places in the plan.
    actual: Vec<Uuid>,
    /// What collections began with, by their paths.
    began: HashMap<String, Vec<Map<String, Value>>>,
    /// Where images are found.
    images: HashMap<Uuid, String>,
    /// What was looked up beside the seed, by path.
    answers: HashMap<String, Vec<Map<String, Value>>>,
    /// What was understood by nobody.
    fault: Option<SeedError>,
}

impl<'a> Making<'a> {
    pub(super) fn new(inside: &'a Inside, seed: &'a Seed, plan: &'a Plan<'a>) -> Self {
        Self {
            inside,
            seed,
            plan,
            id: EnvironmentId::from_uuid(plan.all.first().map(|one| one.id).unwrap_or_default()),
            actual: plan.all.iter().map(|planned| planned.id).collect(),
            began: HashMap::new(),
            images: HashMap::new(),
            answers: HashMap::new(),
            fault: None,
        }
    }
}

impl Making<'_> {
    fn error(&self, planned: &Planned<'_>, what: String) -> SeedError {
        let label = planned.object.label();
        SeedError {
            file: self.seed.name.clone(),
            line: planned.object.line,
            table: Some(table(&planned.table, label.as_deref())),
            what,
            source: None,
        }
    }

    pub(super) fn error_of_environment(&self, what: String) -> SeedError {
        match self.plan.all.first() {
            Some(environment) => self.error(environment, what),
            None => self.seed.fault(what),
        }
    }

    pub(super) async fn is_there(&self) -> Result<bool, SeedError> {
        let path = format!("/v1/environments/{}", self.id);
        let answer = self.inside.send(Call::new(Method::GET, &path)).await;
        answer
            .map(|answer| answer.status.is_success())
            .map_err(|error| self.unanswered(error))
    }

    fn unanswered(&self, error: impl std::error::Error + Send + Sync + 'static) -> SeedError {
        SeedError {
            file: self.seed.name.clone(),
            line: None,
            table: None,
            what: "the environment did not answer".to_owned(),
            source: Some(Box::new(error)),
        }
    }

    /// Sends a call for an object; a refusal is the seed's fault.
    async fn send(&self, planned: &Planned<'_>, call: Call<'_>) -> Result<Value, SeedError> {
        let Answer { status, body, .. } = self
            .inside
            .send(call)
            .await
            .map_err(|error| self.unanswered(error))?;
        if status.is_success() {
            return Ok(body);
        }
        Err(self.error(planned, words(&body)))
    }

    async fn environment(&mut self, planned: &Planned<'_>) -> Result<(), SeedError> {
        let mut body = planned.object.members.clone();
        body.remove("without");
        body.entry("type").or_insert_with(|| json!("SANDBOX"));
        body.entry("region")
            .or_insert_with(|| json!(self.inside.region()));
        let mut call =
            Call::new(Method::POST, "/v1/environments").json(&Value::Object(body.clone()));
        call.given.id = Some(planned.id);
        call.given.ids = self.plan.ids.clone();
        let answer = self.send(planned, call).await?;
        self.require_known(planned, &body, &answer);
        Ok(())
    }

    /// Makes everything in its order. What is refused is tried again as long as something else comes
    /// to be: it may refer to that.
    async fn everything(&mut self) -> Result<(), SeedError> {
        let mut left = self.plan.order.clone();
        loop {
            let mut refused = Vec::new();
            let mut first = None;
            let before = left.len();
            for place in left {
                let waits = self.waits(place, &refused);
                let made = if waits {
                    None
                } else {
                    Some(Box::pin(self.make(place)).await)
                };
                if let Some(fault) = self.fault.take() {
                    return Err(fault);
                }
                match made {
                    Some(Ok(())) => {}
                    Some(Err(error)) => {
                        first.get_or_insert(error);
                        refused.push(place);
                    }
                    None => refused.push(place),
                }
            }
            match first {
                None => return Ok(()),
                Some(error) if refused.len() == before => return Err(error),
                Some(_) => left = refused,
            }
        }
    }

    /// Whether what an object hangs off is not there yet.
    fn waits(&self, place: usize, refused: &[usize]) -> bool {
        let above = self.plan.all.get(place).and_then(|planned| planned.above);
        above.is_some_and(|above| refused.contains(&above))
    }

    /// The path of the collection that an object is in, behind `/v1/`.
    fn collection(&self, planned: &Planned<'_>) -> String {
        let environment = format!("environments/{}", self.id);
        let Some(above) = planned.above else {
            return "environments".to_owned();
        };
        let id = self.actual.get(above).copied().unwrap_or_default();
        let parent = self.plan.all.get(above);
        let label = parent
            .and_then(|parent| parent.object.label())
            .unwrap_or_default();
        let path = planned
            .object
            .kind
            .path
            .replace("{id}", &id.to_string())
            .replace("{}", &label);
        if let Some(path) = path.strip_prefix('/') {
            return format!("{environment}/{path}");
        }
        match parent {
            Some(parent) if parent.above.is_some() => {
                format!("{}/{id}/{path}", self.collection(parent))
            }
            _ => format!("{environment}/{path}"),
        }
    }

    async fn make(&mut self, place: usize) -> Result<(), SeedError> {
        let plan = self.plan;
        let Some(planned) = plan.all.get(place) else {
            return Ok(());
        };
        let kind = planned.object.kind;
        let path = self.collection(planned);
        let body = self.body(planned).await?;
        match kind.form {
            Form::Collection | Form::Given | Form::Roles => {
                self.one_of_many(place, planned, &path, body).await
            }
            Form::Certificates => self.certificate(place, planned, &path, &body).await,
            Form::Images => self.image(planned, &path).await,
            Form::Memberships => {
                let address = format!("/v1/{path}");
                let mut call = Call::new(Method::POST, &address).json(&Value::Object(body));
                call.given.id = Some(planned.id);
                self.send(planned, call).await.map(drop)
            }
            Form::Settings => {
                let address = format!("/v1/{path}");
                let present = self.send(planned, Call::new(Method::GET, &address)).await;
                // What was never set is not there.
                let present = present.ok().and_then(|present| match present {
                    Value::Object(present) => Some(present),
                    _ => None,
                });
                let whole = self.changed(planned, present.unwrap_or_default(), &body)?;
                let mut call = Call::new(Method::PUT, &address).json(&Value::Object(whole));
                call.given.id = Some(planned.id);
                let answer = self.send(planned, call).await?;
                self.require_known(planned, &body, &answer);
                Ok(())
            }
            Form::Texts => self.texts(planned, &path, body).await,
            Form::Users => self.user(planned, &path, body).await,
        }
    }

    async fn one_of_many(
        &mut self,
        place: usize,
        planned: &Planned<'_>,
        path: &str,
        mut body: Map<String, Value>,
    ) -> Result<(), SeedError> {
        let kind = planned.object.kind;
        if kind.form == Form::Collection || kind.form == Form::Given {
            if let Some(found) = self.begun_with(planned, path, &body).await? {
                return self.replace(place, planned, path, body, found).await;
            }
            if kind.form == Form::Given {
                let what = format!(
                    "every environment has the same {}, and none of this name",
                    kind.key
                );
                return Err(self.error(planned, what));
            }
        }
        if planned.object.members.contains_key("unset") {
            let what =
                "unset: takes members from what every environment begins with, and this is new";
            return Err(self.error(planned, what.to_owned()));
        }
        for switch in kind.later {
            if body.contains_key(*switch) {
                body.insert((*switch).to_owned(), json!(false));
            }
        }
        let address = format!("/v1/{path}");
        let mut call = Call::new(Method::POST, &address).json(&Value::Object(body.clone()));
        call.given = self.given(planned)?;
        let answer = self.send(planned, call).await?;
        if let Some(id) = answer.get("id").and_then(Value::as_str).and_then(id_of)
            && let Some(actual) = self.actual.get_mut(place)
        {
            *actual = id;
        }
        self.require_known(planned, &body, &answer);
        Ok(())
    }

    /// What a collection began with that is this object, by its id or by what tells it apart.
    async fn begun_with(
        &mut self,
        planned: &Planned<'_>,
        path: &str,
        body: &Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, SeedError> {
        if !self.began.contains_key(path) {
            let began = self.listed(path).await?;
            self.began.insert(path.to_owned(), began);
        }
        let began = self.began.get(path).map_or(&[][..], Vec::as_slice);
        let id = planned.id.to_string();
        let same_id = |members: &&Map<String, Value>| members.get("id") == Some(&json!(id));
        let kind = planned.object.kind;
        let label = kind.label(body);
        let same_label = |members: &&Map<String, Value>| {
            label.is_some() && kind.label(members) == label && (kind.is_meant)(members)
        };
        let found = began
            .iter()
            .find(same_id)
            .or_else(|| began.iter().find(same_label));
        Ok(found.cloned())
    }

    /// Lets what the environment began with become what the seed says.
    async fn replace(
        &mut self,
        place: usize,
        planned: &Planned<'_>,
        path: &str,
        body: Map<String, Value>,
        found: Map<String, Value>,
    ) -> Result<(), SeedError> {
        let kind = planned.object.kind;
        let id = found
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if let (Some(id), Some(actual)) = (id_of(&id), self.actual.get_mut(place)) {
            *actual = id;
        }
        let is_as_said = is_part_of(&body, &found) && !planned.object.members.contains_key("unset");
        if kind.form == Form::Given || is_as_said {
            return self.keep_secret(planned, path, &id).await;
        }
        let whole = self.changed(planned, found, &body)?;
        let address = format!("/v1/{path}/{id}");
        let call = Call::new(Method::PUT, &address).json(&Value::Object(whole));
        let answer = self.send(planned, call).await?;
        self.require_known(planned, &body, &answer);
        self.keep_secret(planned, path, &id).await
    }

    /// What was there already keeps the secret that it has.
    async fn keep_secret(
        &self,
        planned: &Planned<'_>,
        path: &str,
        id: &str,
    ) -> Result<(), SeedError> {
        let Some(secret) = planned
            .object
            .text("secret")
            .filter(|_| planned.object.kind.own.contains(&"secret"))
        else {
            return Ok(());
        };
        let address = format!("/v1/{path}/{id}/secret");
        let answer = self.send(planned, Call::new(Method::GET, &address)).await?;
        if answer.get("secret").and_then(Value::as_str) == Some(secret) {
            return Ok(());
        }
        let what = "secret: what every environment begins with keeps its own; leave it out";
        Err(self.error(planned, what.to_owned()))
    }

    /// Switches on what had to wait for what is below it, the lowest first.
    async fn switch_on(&mut self) -> Result<(), SeedError> {
        let plan = self.plan;
        for place in plan.inside_out() {
            let Some(planned) = plan.all.get(place) else {
                continue;
            };
            let members = &planned.object.members;
            let is_off = |switch: &&str| members.get(*switch) == Some(&json!(true));
            if !planned.object.kind.later.iter().any(is_off) {
                continue;
            }
            let id = self.actual.get(place).copied().unwrap_or_default();
            let address = format!("/v1/{}/{id}", self.collection(planned));
            let body = self.body(planned).await?;
            let call = Call::new(Method::PUT, &address).json(&Value::Object(body));
            self.send(planned, call).await?;
        }
        Ok(())
    }
}
