//! Bringing a seed up: every object is made through the management API from inside, so that what the
//! API refuses is refused, and told by file, line and table.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::StoreError;
use idp::Idp;
use idp::inside::{Answer, Call, Given, GivenPassword, Inside};
use jiff::{SignedDuration, Timestamp};
use pingone::Method;
use protocol::id::{EnvironmentId, OrganizationId, derived};
use protocol::pingone::media_type;
use protocol::secret::ClientSecret;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::file::{Seed, SeedError, table};
use super::kinds::{ENVIRONMENT, Form, Kind, Reference, Shape};
use super::plan::{Plan, Planned};
use super::source::{Source, words};
use super::tree::{each_at, id_of, remove};
use super::walk::{ALWAYS, image_of};

/// Stands between the parts of a form.
const BOUNDARY: &str = "part-of-a-seed";

/// Passwords of a seed were set long ago, so that no minimum age forbids to change them.
const PASSWORD_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What becomes of an environment that is there already under the id of one of the seed's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is deleted with all that is in it, and made anew.
    Replace,
    /// It stays, and the seed is refused.
    Refuse,
}

/// Brings up exactly what a seed says. Every id is the seed's, or follows from it, so that it is the
/// same every time.
///
/// What an environment begins with stays where the seed does not name it in `without`.
///
/// # Errors
///
/// [`SeedError`] says what of the seed could not be brought up. What came before it stays.
pub async fn apply(idp: &Idp, seed: &Seed, existing: Existing) -> Result<(), SeedError> {
    let first = seed.environment_ids().first().map(EnvironmentId::as_uuid);
    let organization = derived(first.unwrap_or_default(), "organization");
    let inside = idp.inside(OrganizationId::from_uuid(organization)).await;
    let inside = inside.map_err(|error| seed.failed(error))?.with_secrets();
    for environment in &seed.environments {
        let plan = Plan::of(environment, &seed.name)?;
        Box::pin(bring_up(&inside, seed, &plan, existing)).await?;
    }
    Ok(())
}

impl Seed {
    /// The database does not answer.
    pub(super) fn failed(&self, error: StoreError) -> SeedError {
        SeedError {
            file: self.name.clone(),
            line: None,
            table: None,
            what: "the database could not be asked".to_owned(),
            source: Some(Box::new(error)),
        }
    }
}

async fn bring_up(
    inside: &Inside,
    seed: &Seed,
    plan: &Plan<'_>,
    existing: Existing,
) -> Result<(), SeedError> {
    let Some(environment) = plan.all.first() else {
        return Ok(());
    };
    let id = EnvironmentId::from_uuid(environment.id);
    let mut making = Making {
        inside,
        seed,
        plan,
        id,
        actual: plan.all.iter().map(|planned| planned.id).collect(),
        began: HashMap::new(),
        images: HashMap::new(),
        answers: HashMap::new(),
        fault: None,
    };
    if making.is_there().await? {
        if existing == Existing::Refuse {
            let what = format!("there is an environment with the id {id} already; delete it first");
            return Err(making.error(environment, what));
        }
        tracing::info!(environment = %id, "the environment is made anew from the seed");
        inside
            .remove(id)
            .await
            .map_err(|error| seed.failed(error))?;
    }
    making.environment(environment).await?;
    making.everything().await?;
    making.switch_on().await?;
    making.take_away().await
}

/// An environment that is being made.
struct Making<'a> {
    inside: &'a Inside,
    seed: &'a Seed,
    plan: &'a Plan<'a>,
    id: EnvironmentId,
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

    async fn is_there(&self) -> Result<bool, SeedError> {
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

    /// The body of an object: its members without the seed's own, with ids for names.
    async fn body(&mut self, planned: &Planned<'_>) -> Result<Map<String, Value>, SeedError> {
        let kind = planned.object.kind;
        let mut body = planned.object.members.clone();
        body.retain(|name, _| name != "unset" && !kind.own.contains(&name.as_str()));
        for reference in kind.references {
            self.resolve(planned, reference, &mut body).await?;
        }
        if kind.form == Form::Roles {
            self.complete_scope(planned, &mut body).await?;
        }
        let mut body = Value::Object(body);
        self.lead_to_images(&mut body);
        match body {
            Value::Object(body) => Ok(body),
            _ => Ok(Map::new()),
        }
    }

    /// Puts ids in the place of the names by which a member refers to others.
    async fn resolve(
        &mut self,
        planned: &Planned<'_>,
        reference: &Reference,
        body: &mut Map<String, Value>,
    ) -> Result<(), SeedError> {
        let mut whole = Value::Object(std::mem::take(body));
        let mut names = BTreeSet::new();
        let mut note = |value: &mut Value| -> Result<(), SeedError> {
            names.extend(name_in(value).map(str::to_owned));
            Ok(())
        };
        each_at(&mut whole, reference.member, &mut note)?;
        let below = match reference.below {
            Some(member) => whole
                .get(member)
                .and_then(|value| value.get("id"))
                .and_then(Value::as_str)
                .and_then(id_of),
            None => None,
        };
        let mut ids = HashMap::new();
        for name in names {
            let id = self.find(planned, reference, below, &name).await?;
            ids.insert(name, id);
        }
        let mut put = |value: &mut Value| -> Result<(), SeedError> {
            let Some(id) = name_in(value).and_then(|name| ids.get(name)) else {
                // An id, or no reference at all, which the API judges.
                if let (Shape::Object, Value::String(id)) = (reference.shape, &*value) {
                    *value = json!({"id": id});
                }
                return Ok(());
            };
            match value {
                Value::Object(members) => {
                    members.insert("id".to_owned(), json!(id));
                }
                _ if reference.shape == Shape::Object => *value = json!({"id": id}),
                _ => *value = json!(id),
            }
            Ok(())
        };
        each_at(&mut whole, reference.member, &mut put)?;
        if let Value::Object(members) = whole {
            *body = members;
        }
        Ok(())
    }

    /// The id of what a name leads to: in the seed, or what the environment begins with.
    async fn find(
        &mut self,
        planned: &Planned<'_>,
        reference: &Reference,
        below: Option<Uuid>,
        name: &str,
    ) -> Result<Uuid, SeedError> {
        if let Some(id) = self.plan.find(reference.to, below, name) {
            return Ok(id);
        }
        let environment = format!("environments/{}", self.id);
        let mut paths = match (reference.to.rsplit_once('/'), below) {
            (Some((above, own)), Some(id)) => vec![format!("{environment}/{above}/{id}/{own}")],
            _ => vec![format!("{environment}/{}", reference.to)],
        };
        if reference.to == "roles" {
            paths.push("roles".to_owned());
        }
        let kind = ENVIRONMENT.at_path(reference.to);
        let mut known = BTreeSet::new();
        for path in paths {
            for members in self.looked_up(&path).await? {
                let label = kind
                    .and_then(|kind| kind.label(members))
                    .unwrap_or_default();
                let id = members.get("id").and_then(Value::as_str).and_then(id_of);
                if let Some(id) = id.filter(|_| label == name) {
                    return Ok(id);
                }
                known.insert(label);
            }
        }
        known.extend(self.plan.names(reference.to).into_iter().map(str::to_owned));
        let near = known
            .iter()
            .map(|known| (strsim::jaro_winkler(known, name), known))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let hint = match near {
            Some((_, near)) => format!("is `{near}` meant?"),
            None => format!(
                "put one into {}, or give the id of one that is there",
                reference.to
            ),
        };
        let what = format!(
            "{}: nothing in {} is called `{name}`; {hint}",
            reference.member, reference.to
        );
        Err(self.error(planned, what))
    }

    async fn looked_up(&mut self, path: &str) -> Result<&[Map<String, Value>], SeedError> {
        if !self.answers.contains_key(path) {
            let found = self.listed(path).await?;
            self.answers.insert(path.to_owned(), found);
        }
        Ok(self.answers.get(path).map_or(&[], Vec::as_slice))
    }

    /// The objects of a collection; none of one that is not there.
    async fn listed(&self, path: &str) -> Result<Vec<Map<String, Value>>, SeedError> {
        let found = Source::Inside(self.inside).list(path).await;
        let found = found.map_err(|error| self.unanswered(error))?;
        let objects = found
            .unwrap_or_default()
            .into_iter()
            .filter_map(|item| match item {
                Value::Object(members) => Some(members),
                _ => None,
            });
        Ok(objects.collect())
    }

    /// A role is for the whole environment unless its scope says otherwise.
    async fn complete_scope(
        &mut self,
        planned: &Planned<'_>,
        body: &mut Map<String, Value>,
    ) -> Result<(), SeedError> {
        let whole = || json!({"type": "ENVIRONMENT"});
        let scope = body.entry("scope").or_insert_with(whole);
        let to = match scope.get("type").and_then(Value::as_str) {
            Some("POPULATION") => Some("populations"),
            Some("APPLICATION") => Some("applications"),
            _ => None,
        };
        let own = match scope.get("type").and_then(Value::as_str) {
            Some("ENVIRONMENT") => Some(self.id.to_string()),
            Some("ORGANIZATION") => Some(self.inside.organization().to_string()),
            _ => None,
        };
        if let (Value::Object(members), Some(own)) = (scope, own) {
            members.entry("id").or_insert_with(|| json!(own));
        }
        let Some(to) = to else {
            return Ok(());
        };
        let reference = Reference {
            member: "scope.id",
            to,
            below: None,
            shape: Shape::Id,
        };
        self.resolve(planned, &reference, body).await
    }

    /// Lets references to images lead to where they are here.
    fn lead_to_images(&self, value: &mut Value) {
        if let Some(href) = image_of(value).and_then(|id| self.images.get(&id)) {
            value["href"] = json!(href);
            return;
        }
        match value {
            Value::Object(members) => {
                members
                    .values_mut()
                    .for_each(|value| self.lead_to_images(value));
            }
            Value::Array(items) => items
                .iter_mut()
                .for_each(|value| self.lead_to_images(value)),
            Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
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

    /// What is there, as the seed changes it: what it does not say stays.
    fn changed(
        &self,
        planned: &Planned<'_>,
        found: Map<String, Value>,
        body: &Map<String, Value>,
    ) -> Result<Map<String, Value>, SeedError> {
        let kind = planned.object.kind;
        let mut shown = Value::Object(found);
        for name in ALWAYS.iter().chain(&["_links"]).chain(kind.read_only) {
            remove(&mut shown, name);
        }
        for path in self.own_list(planned, "unset")? {
            remove(&mut shown, path);
        }
        merge(&mut shown, Value::Object(body.clone()));
        match shown {
            Value::Object(members) => Ok(members),
            _ => Ok(Map::new()),
        }
    }

    fn own_list<'p>(&self, planned: &Planned<'p>, member: &str) -> Result<Vec<&'p str>, SeedError> {
        let wrong = || self.error(planned, format!("{member}: is a list of texts"));
        match planned.object.members.get(member) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().ok_or_else(wrong))
                .collect(),
            Some(_) => Err(wrong()),
        }
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

    /// What a new object is given.
    fn given(&self, planned: &Planned<'_>) -> Result<Given, SeedError> {
        let object = planned.object;
        let mut given = Given::default();
        given.id = Some(planned.id);
        given.ids = self.plan.ids.clone();
        if object.kind.own.contains(&"secret") {
            given.secret = self.own_text(planned, "secret")?.map(ClientSecret::new);
        }
        if object.kind.own.contains(&"forOperators") {
            given.is_for_operators = self.own_switch(planned, "forOperators")?;
        }
        Ok(given)
    }

    fn own_text<'p>(
        &self,
        planned: &Planned<'p>,
        member: &str,
    ) -> Result<Option<&'p str>, SeedError> {
        match planned.object.members.get(member) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(self.error(planned, format!("{member}: is a text that is not empty"))),
        }
    }

    fn own_switch(&self, planned: &Planned<'_>, member: &str) -> Result<bool, SeedError> {
        match planned.object.members.get(member) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(self.error(planned, format!("{member}: is true or false"))),
        }
    }

    async fn user(
        &mut self,
        planned: &Planned<'_>,
        path: &str,
        mut body: Map<String, Value>,
    ) -> Result<(), SeedError> {
        let mut given = self.given(planned)?;
        let force_change = self.own_switch(planned, "forceChange")?;
        let hash = self.own_text(planned, "passwordHash")?;
        let set_at = self.own_text(planned, "passwordSetAt")?;
        let password = body.remove("password");
        if password.is_some() && hash.is_some() {
            let what = "password and passwordHash: one of the two is enough";
            return Err(self.error(planned, what.to_owned()));
        }
        if password.is_some() || hash.is_some() {
            given.password_set_at = Some(match set_at {
                None => self.inside.now() - PASSWORD_AGE,
                Some(text) => text.parse::<Timestamp>().map_err(|_| {
                    let what = "passwordSetAt: is a date such as 2026-01-31T12:00:00Z";
                    self.error(planned, what.to_owned())
                })?,
            });
        }
        if let Some(hash) = hash {
            let hash = GivenPassword::parse(hash, force_change);
            given.password =
                Some(hash.map_err(|error| self.error(planned, format!("passwordHash: {error}")))?);
        }
        let mut sent = body.clone();
        match password {
            Some(Value::String(value)) => {
                let password = json!({"value": value, "forceChange": force_change});
                sent.insert("password".to_owned(), password);
            }
            Some(other) => {
                sent.insert("password".to_owned(), other);
            }
            None => {}
        }
        let address = format!("/v1/{path}");
        let mut call = Call::new(Method::POST, &address).json(&Value::Object(sent));
        call.media_type = media_type::USER_IMPORT;
        call.given = given;
        let answer = self.send(planned, call).await?;
        body.remove("account");
        body.remove("lifecycle");
        self.require_known(planned, &body, &answer);
        Ok(())
    }

    async fn certificate(
        &mut self,
        place: usize,
        planned: &Planned<'_>,
        path: &str,
        body: &Map<String, Value>,
    ) -> Result<(), SeedError> {
        let Some(pem) = self.own_text(planned, "pem")? else {
            let what = "pem: is missing: the certificate, with its chain if it has one";
            return Err(self.error(planned, what.to_owned()));
        };
        let usage = body
            .get("usageType")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if [pem, usage].iter().any(|text| text.contains(BOUNDARY)) {
            return Err(self.error(planned, "pem: is no certificate".to_owned()));
        }
        let form = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"usageType\"\r\n\r\n{usage}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
             Content-Type: application/x-pem-file\r\n\r\n{pem}\r\n--{BOUNDARY}--\r\n"
        );
        let (address, media_type) = (
            format!("/v1/{path}"),
            format!("multipart/form-data; boundary={BOUNDARY}"),
        );
        let mut call = Call::new(Method::POST, &address);
        call.media_type = &media_type;
        call.body = form.into();
        call.given = self.given(planned)?;
        let answer = self.send(planned, call).await?;
        if let Some(id) = answer.get("id").and_then(Value::as_str).and_then(id_of)
            && let Some(actual) = self.actual.get_mut(place)
        {
            *actual = id;
        }
        Ok(())
    }

    async fn image(&mut self, planned: &Planned<'_>, path: &str) -> Result<(), SeedError> {
        let wrong = |this: &Self| {
            let what = "data: is a PNG, GIF or JPEG image in base64";
            this.error(planned, what.to_owned())
        };
        let data = self.own_text(planned, "data")?.ok_or_else(|| wrong(self))?;
        let content = STANDARD.decode(data).map_err(|_| wrong(self))?;
        let address = format!("/v1/{path}");
        let mut call = Call::new(Method::POST, &address);
        call.media_type = match content.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [b'G', b'I', b'F', ..] => "image/gif",
            _ => "image/jpeg",
        };
        call.body = content.into();
        call.given = self.given(planned)?;
        let answer = self.send(planned, call).await?;
        let href = answer
            .pointer("/targets/original/href")
            .and_then(Value::as_str);
        if let Some(href) = href {
            self.images.insert(planned.id, href.to_owned());
        }
        Ok(())
    }

    async fn texts(
        &self,
        planned: &Planned<'_>,
        path: &str,
        texts: Map<String, Value>,
    ) -> Result<(), SeedError> {
        // A dotted key of TOML is a section: flow-ui.button.cancel is three deep.
        let mut flat = Vec::new();
        for (key, value) in texts {
            flatten(key, value, &mut flat);
        }
        let list = flat
            .into_iter()
            .map(|(key, value)| json!({"key": key, "translatedText": value}));
        let address = format!("/v1/{path}");
        let call = Call::new(Method::PUT, &address).json(&list.collect());
        self.send(planned, call).await.map(drop)
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

    /// Takes away what the environment began with and the seed is without.
    async fn take_away(&mut self) -> Result<(), SeedError> {
        let Some(environment) = self.plan.all.first() else {
            return Ok(());
        };
        let mut left = Vec::new();
        for name in self.own_list(environment, "without")? {
            match self.address_of(name).await? {
                Some(address) => left.push((address, name)),
                None => {
                    let what = format!(
                        "without: every environment begins without {name}; it is written as \
                         passwordPolicies/Basic"
                    );
                    return Err(self.error(environment, what));
                }
            }
        }
        // What others refer to goes after them.
        loop {
            let mut refused = Vec::new();
            let mut first = None;
            let before = left.len();
            for (address, name) in left {
                let answer = self.inside.send(Call::new(Method::DELETE, &address)).await;
                let answer = answer.map_err(|error| self.unanswered(error))?;
                if !answer.status.is_success() {
                    first.get_or_insert_with(|| {
                        let words = words(&answer.body);
                        let what = format!("without: {name} cannot be taken away: {words}");
                        self.error(environment, what)
                    });
                    refused.push((address, name));
                }
            }
            match first {
                None => return Ok(()),
                Some(error) if refused.len() == before => return Err(error),
                Some(_) => left = refused,
            }
        }
    }

    /// The path of an object by what it is called, such as `schemas/User/attributes/title`.
    async fn address_of(&self, name: &str) -> Result<Option<String>, SeedError> {
        let mut address = format!("environments/{}", self.id);
        let mut kinds = self
            .plan
            .all
            .first()
            .map_or(&[][..], |one| one.object.kind.children);
        let mut steps = name.split('/');
        while let (Some(key), Some(label)) = (steps.next(), steps.next()) {
            let Some(kind) = kinds.iter().find(|kind| kind.key == key) else {
                return Ok(None);
            };
            let path = format!("{address}/{}", kind.path);
            let all = self.listed(&path).await?;
            let is_it =
                |members: &&Map<String, Value>| kind.label(members).as_deref() == Some(label);
            let id = all
                .iter()
                .find(is_it)
                .and_then(|members| members.get("id")?.as_str());
            let Some(id) = id else {
                return Ok(None);
            };
            address = format!("{path}/{id}");
            kinds = kind.children;
        }
        Ok((address.matches('/').count() > 1).then(|| format!("/v1/{address}")))
    }

    /// Finds fault with a member that the service did not understand: it shows what it did. What was
    /// made with it is not tried again.
    fn require_known(&mut self, planned: &Planned<'_>, sent: &Map<String, Value>, answer: &Value) {
        let kind = planned.object.kind;
        let Some(unknown) = unknown_member(sent, answer, "", kind) else {
            return;
        };
        let shown = answer.as_object().into_iter().flat_map(Map::keys);
        let near = shown
            .map(|name| (strsim::jaro_winkler(name, &unknown), name))
            .filter(|(likeness, _)| *likeness > 0.85)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let hint = match near {
            Some((_, near)) => format!("is {near} meant?"),
            None => "take it away".to_owned(),
        };
        let what = format!("`{unknown}` is no member of one of {}; {hint}", kind.key);
        let fault = self.error(planned, what);
        self.fault.get_or_insert(fault);
    }
}

/// The name by which a value refers to something.
fn name_in(value: &Value) -> Option<&str> {
    let text = match value {
        Value::String(text) => text,
        Value::Object(members) => members.get("id")?.as_str()?,
        _ => return None,
    };
    id_of(text).is_none().then_some(text)
}

/// A member that was sent and is not shown, as a path.
fn unknown_member(
    sent: &Map<String, Value>,
    shown: &Value,
    above: &str,
    kind: &Kind,
) -> Option<String> {
    for (name, value) in sent {
        let path = if above.is_empty() {
            name.clone()
        } else {
            format!("{above}.{name}")
        };
        let is_unshown = [kind.secrets, kind.unshown]
            .iter()
            .any(|all| all.contains(&path.as_str()));
        if value.is_null() || is_unshown {
            continue;
        }
        let Some(member) = shown.get(name) else {
            // A switch that is off, and an empty list, say as much as nothing.
            if is_nothing(value) {
                continue;
            }
            return Some(path);
        };
        if let (Value::Object(sent), Value::Object(_)) = (value, member)
            && let Some(unknown) = unknown_member(sent, member, &path, kind)
        {
            return Some(unknown);
        }
    }
    None
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether what is sent is shown already.
fn is_part_of(sent: &Map<String, Value>, shown: &Map<String, Value>) -> bool {
    sent.iter().all(|(name, value)| {
        shown.get(name).is_some_and(|shown| match (value, shown) {
            (Value::Object(sent), Value::Object(shown)) => is_part_of(sent, shown),
            (sent, shown) => sent == shown,
        })
    })
}

/// Puts members in the place of others, down into objects.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(present) => merge(present, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (into, from) => *into = from,
    }
}

fn flatten(key: String, value: Value, flat: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                flatten(format!("{key}.{name}"), value, flat);
            }
        }
        value => flat.push((key, value)),
    }
}
