//! What is sent for an object: its members with ids in the place of names, and what of it stays.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Making;
use crate::seed::file::SeedError;
use crate::seed::kind::{Form, Reference, Shape};
use crate::seed::kinds::ENVIRONMENT;
use crate::seed::plan::Planned;
use crate::seed::source::Source;
use crate::seed::tree::{each_at, id_of, remove};
use crate::seed::walk::{ALWAYS, image_of};

/// What an address of this very installation begins with in a seed, which does not know where it will
/// be; as the environment file calls it.
const AUTH_URL: &str = "{AUTH_URL}";

/// Lets addresses of this installation begin where it is.
fn lead_home(value: &mut Value, auth_url: &str) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix(AUTH_URL) {
                *text = format!("{auth_url}{path}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| lead_home(item, auth_url)),
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|value| lead_home(value, auth_url));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Making<'_> {
    /// The body of an object: its members without the seed's own, with ids for names.
    pub(super) async fn body(
        &mut self,
        planned: &Planned<'_>,
    ) -> Result<Map<String, Value>, SeedError> {
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
        lead_home(&mut body, &self.inside.auth_url());
        match body {
            Value::Object(body) => Ok(body),
            _ => Ok(Map::new()),
        }
    }

    /// What is there, as the seed changes it: what it does not say stays.
    pub(super) fn changed(
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

    /// Puts ids in the place of the names by which a member refers to others.
    pub(super) async fn resolve(
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
    pub(super) async fn find(
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

    pub(super) async fn looked_up(
        &mut self,
        path: &str,
    ) -> Result<&[Map<String, Value>], SeedError> {
        if !self.answers.contains_key(path) {
            let found = self.listed(path).await?;
            self.answers.insert(path.to_owned(), found);
        }
        Ok(self.answers.get(path).map_or(&[], Vec::as_slice))
    }

    /// The objects of a collection; none of one that is not there.
    pub(super) async fn listed(&self, path: &str) -> Result<Vec<Map<String, Value>>, SeedError> {
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
    pub(super) async fn complete_scope(
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
    pub(super) fn lead_to_images(&self, value: &mut Value) {
        if let Some(href) = value
            .as_object()
            .and_then(image_of)
            .and_then(|id| self.images.get(&id))
        {
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

/// Whether what is sent is shown already.
pub(super) fn is_part_of(sent: &Map<String, Value>, shown: &Map<String, Value>) -> bool {
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
