//! Reading an environment into a tree: a walk through the management API by the table of kinds.

mod images;
mod names;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use idp::inside::Inside;
use protocol::id::EnvironmentId;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(super) use self::images::image_of;
use self::images::{forget_images, images_in, shorten_images};
use self::names::{Known, is_reference, name_references};
use super::kind::{Form, Kind};
use super::kinds::ENVIRONMENT;
use super::source::{Read, ReadError, Source};
use super::tree::{Object, drop_nulls, id_of, remove};

/// What is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Secrets and the hashes of passwords, which only this process's own environments show.
    pub(super) secrets: bool,
    pub(super) users: bool,
    /// All texts of pages, as PingOne shows them, and not those alone that were set.
    pub(super) all_texts: bool,
}

/// An environment that was read, and what could not be.
pub(super) struct Walked {
    pub(super) environment: Object,
    /// What was left out and why, for people.
    pub(super) remarks: Vec<String>,
}

/// Reads an environment with everything that the table knows of.
///
/// # Errors
///
/// [`ReadError`] when the service does not answer.
pub(super) async fn read(
    source: Source<'_>,
    id: EnvironmentId,
    wanted: Wanted,
) -> Result<Walked, ReadError> {
    let at = format!("environments/{id}");
    let body = match source.get(&at).await? {
        Read::Found(Value::Object(members)) => members,
        Read::Found(_) => {
            return Err(ReadError::Unreadable {
                path: at,
                what: "is no object",
            });
        }
        Read::Missing(words) | Read::Refused(words) => {
            return Err(ReadError::Failed {
                path: at,
                source: words.into(),
            });
        }
    };
    let mut walk = Walk {
        source,
        id,
        wanted,
        remarks: Vec::new(),
    };
    let mut environment = walk.object(&ENVIRONMENT, None, body);
    environment.id = Some(id.as_uuid());
    for kind in ENVIRONMENT.children {
        if kind.form == Form::Users && !wanted.users {
            continue;
        }
        Box::pin(walk.below(&mut environment, kind, &at)).await?;
    }
    walk.images(&mut environment).await?;
    let mut known = Known::new();
    // Built-in roles are the same everywhere, and no environment's.
    let roles = match source.list("roles").await? {
        Ok(roles) => roles,
        Err(words) => {
            walk.remark(format!("the names of built-in roles are left out: {words}"));
            Vec::new()
        }
    };
    for role in &roles {
        let text = |name: &str| role.get(name).and_then(Value::as_str);
        if let (Some(id), Some(name)) = (text("id").and_then(id_of), text("name")) {
            known.insert(id, ("roles".to_owned(), name.to_owned()));
        }
    }
    name_references(&mut environment, known);
    Ok(Walked {
        environment,
        remarks: walk.remarks,
    })
}

struct Walk<'a> {
    source: Source<'a>,
    id: EnvironmentId,
    wanted: Wanted,
    remarks: Vec<String>,
}

impl Walk<'_> {
    fn inside(&self) -> Option<&Inside> {
        match self.source {
            Source::Inside(inside) => Some(inside),
            Source::Pingone(_) => None,
        }
    }

    /// The path of a kind's objects below another one.
    fn path(&self, kind: &Kind, above: &str, of: &Object) -> String {
        let id = of.id.map(|id| id.to_string()).unwrap_or_default();
        let path = kind.path.replace("{id}", &id);
        let path = path.replace("{}", &of.label().unwrap_or_default());
        match path.strip_prefix('/') {
            Some(below) => format!("environments/{}/{below}", self.id),
            None => format!("{above}/{path}"),
        }
    }

    /// Reads what of a kind is below an object.
    async fn below(
        &mut self,
        object: &mut Object,
        kind: &'static Kind,
        at: &str,
    ) -> Result<(), ReadError> {
        match self.kind(kind, at, object).await? {
            Some(found) => object.children.extend(found),
            None => object.unread.push(kind.key),
        }
        Ok(())
    }

    /// The objects of a kind below another one; `None` where they may not be read.
    async fn kind(
        &mut self,
        kind: &'static Kind,
        above: &str,
        of: &Object,
    ) -> Result<Option<Vec<Object>>, ReadError> {
        let path = self.path(kind, above, of);
        match kind.form {
            // They are looked for when everything that refers to them is read.
            Form::Images => Ok(self.inside().map(|_| Vec::new())),
            Form::Certificates => self.certificates(kind, above, &path).await,
            Form::Settings => self.settings(kind, above, &path, of.id).await,
            Form::Texts => self.texts(kind, above, &path, of).await,
            Form::Collection | Form::Given | Form::Memberships | Form::Roles | Form::Users => {
                let items = match self.source.list(&path).await? {
                    Ok(items) => items,
                    Err(words) => {
                        self.leave_out(kind, above, &words);
                        return Ok(None);
                    }
                };
                let mut objects = Vec::new();
                for item in items {
                    let Value::Object(members) = item else {
                        continue;
                    };
                    if (kind.is_meant)(&members) && !(kind.is_begun)(&members) {
                        objects.push(self.whole(kind, &path, of.id, members).await?);
                    }
                }
                // Those that only lead to what is below them.
                let leads =
                    |object: &Object| !object.children.is_empty() || !object.unread.is_empty();
                objects.retain(|object| kind.form != Form::Given || leads(object));
                Ok(Some(objects))
            }
        }
    }

    /// The certificates of others. What they consist of is shown inside the process alone.
    async fn certificates(
        &mut self,
        kind: &'static Kind,
        above: &str,
        path: &str,
    ) -> Result<Option<Vec<Object>>, ReadError> {
        let inside = self.inside().map(|inside| inside.clone().with_secrets());
        let source = inside.as_ref().map_or(self.source, Source::Inside);
        let items = match source.list(path).await? {
            Ok(items) => items,
            Err(words) => {
                self.leave_out(kind, above, &words);
                return Ok(None);
            }
        };
        let mut objects = Vec::new();
        for item in items {
            let pem = pem_of(&item);
            let Value::Object(members) = item else {
                continue;
            };
            let mut object = self.object(kind, None, members);
            object.members.insert("pem".to_owned(), json!(pem));
            objects.push(object);
        }
        if self.inside().is_some() {
            return Ok(Some(objects));
        }
        if !objects.is_empty() {
            let count = objects.len();
            self.remarks.push(format!(
                "certificates are left out ({count}): import them again"
            ));
        }
        Ok(None)
    }

    fn leave_out(&mut self, kind: &Kind, above: &str, words: &str) {
        // What is below one of many is told once.
        let is_of_environment = above == format!("environments/{}", self.id);
        let what = if is_of_environment || kind.path.starts_with('/') {
            kind.key
        } else {
            kind.path
        };
        self.remark(format!("{what} is left out: {words}"));
    }

    fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    async fn settings(
        &mut self,
        kind: &'static Kind,
        above: &str,
        path: &str,
        id_above: Option<Uuid>,
    ) -> Result<Option<Vec<Object>>, ReadError> {
        let found = match self.source.get(path).await? {
            Read::Found(Value::Object(members)) if (kind.is_meant)(&members) => {
                let object = self.object(kind, id_above, members);
                (!object.members.is_empty()).then_some(object)
            }
            // What was never set is not there.
            Read::Found(_) | Read::Missing(_) => None,
            Read::Refused(words) => {
                self.leave_out(kind, above, &words);
                return Ok(None);
            }
        };
        Ok(Some(found.into_iter().collect()))
    }

    /// The texts of a language that were set.
    async fn texts(
        &mut self,
        kind: &'static Kind,
        above: &str,
        path: &str,
        language: &Object,
    ) -> Result<Option<Vec<Object>>, ReadError> {
        let locale = language.label().unwrap_or_default();
        let set = match self.inside().filter(|_| !self.wanted.all_texts) {
            Some(inside) => inside
                .translations(self.id, &locale)
                .await
                .map_err(|error| ReadError::Failed {
                    path: path.to_owned(),
                    source: Box::new(error),
                })?,
            None => match self.source.list(path).await? {
                Ok(items) => items.iter().filter_map(shown_text).collect(),
                Err(words) => {
                    self.leave_out(kind, above, &words);
                    return Ok(None);
                }
            },
        };
        let members = set
            .into_iter()
            .map(|(key, text)| (key, Value::String(text)));
        let members: Map<_, _> = members.collect();
        let texts = (!members.is_empty()).then(|| Object::new(kind, members));
        Ok(Some(texts.into_iter().collect()))
    }

    /// An object with what is below it.
    async fn whole(
        &mut self,
        kind: &'static Kind,
        path: &str,
        above: Option<Uuid>,
        members: Map<String, Value>,
    ) -> Result<Object, ReadError> {
        let segment = members
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let at = format!("{path}/{segment}");
        let mut object = self.object(kind, above, members);
        self.complete(&mut object, &at).await?;
        for child in kind.children {
            if !may_have(&object, child) {
                continue;
            }
            Box::pin(self.below(&mut object, child, &at)).await?;
        }
        Ok(object)
    }

    /// Adds what the collection does not show.
    async fn complete(&mut self, object: &mut Object, at: &str) -> Result<(), ReadError> {
        if object.kind.unshown.contains(&"text") {
            match self.source.get(&format!("{at}/text")).await? {
                Read::Found(shown) => {
                    let text = shown.get("data").cloned();
                    object
                        .members
                        .extend(text.map(|text| ("text".to_owned(), text)));
                }
                Read::Missing(words) | Read::Refused(words) => {
                    self.remark(format!(
                        "the text of {} is left out: {words}",
                        object.kind.key
                    ));
                }
            }
        }
        let Some(id) = object.id else {
            return Ok(());
        };
        let failed = |source| ReadError::Failed {
            path: at.to_owned(),
            source,
        };
        if self.wanted.secrets && object.kind.own.contains(&"secret") {
            // Public clients, and what the service keeps for itself, have none.
            if let Read::Found(body) = self.source.get(&format!("{at}/secret")).await?
                && let Some(secret) = body.get("secret")
            {
                object.members.insert("secret".to_owned(), secret.clone());
            }
        }
        let Source::Inside(inside) = self.source else {
            return Ok(());
        };
        if object.kind.own.contains(&"forOperators") {
            let found = inside.is_for_operators(self.id, id).await;
            if found.map_err(|error| failed(Box::new(error)))? {
                object
                    .members
                    .insert("forOperators".to_owned(), json!(true));
            }
        }
        if object.kind.form == Form::Users && self.wanted.secrets {
            let kept = inside.password(id).await;
            if let Some(kept) = kept.map_err(|error| failed(Box::new(error)))? {
                let members = &mut object.members;
                members.insert("passwordHash".to_owned(), json!(kept.hash));
                members.insert("passwordSetAt".to_owned(), json!(kept.set_at.to_string()));
                if kept.must_change {
                    members.insert("forceChange".to_owned(), json!(true));
                }
            }
        }
        Ok(())
    }

    /// What a body says, without what the service alone sets.
    fn object(
        &self,
        kind: &'static Kind,
        above: Option<Uuid>,
        mut members: Map<String, Value>,
    ) -> Object {
        let id = members.get("id").and_then(Value::as_str).and_then(id_of);
        // Settings have their environment's, and some have that of what they hang off.
        let is_own = !kind.names_another() && kind.form != Form::Settings;
        let id = id.filter(|id| is_own && Some(*id) != above);
        of_installation(kind, &mut members);
        if kind.form == Form::Users {
            state_of_user(&mut members);
        }
        if kind.form == Form::Roles {
            self.shorten_scope(&mut members);
        }
        if let Some(above) = above {
            // What it hangs off is told by where it stands.
            members.retain(|_, value| !is_reference(value) || value["id"] != above.to_string());
        }
        let mut body = Value::Object(members);
        drop_links(&mut body);
        drop_nulls(&mut body);
        for member in ALWAYS {
            if !(kind.names_another() && *member == "id") {
                remove(&mut body, member);
            }
        }
        for member in kind.read_only {
            remove(&mut body, member);
        }
        if !self.wanted.secrets {
            for member in kind.secrets {
                remove(&mut body, member);
            }
        }
        let members = match body {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let mut object = Object::new(kind, members);
        object.id = id;
        object
    }

    /// A role is for the whole environment unless it says otherwise.
    fn shorten_scope(&self, members: &mut Map<String, Value>) {
        let Some(Value::Object(scope)) = members.get_mut("scope") else {
            return;
        };
        let is_own = scope.get("id").and_then(Value::as_str) == Some(&self.id.to_string());
        match scope.get("type").and_then(Value::as_str) {
            Some("ENVIRONMENT") if is_own => {
                members.remove("scope");
            }
            Some("ORGANIZATION") => {
                scope.remove("id");
            }
            _ => {}
        }
    }

    /// The images that what was read refers to. No list shows them.
    async fn images(&mut self, environment: &mut Object) -> Result<(), ReadError> {
        let mut ids = BTreeSet::new();
        images_in(environment, &mut ids);
        let Some(kind) = ENVIRONMENT.child("images") else {
            return Ok(());
        };
        let Source::Inside(inside) = self.source else {
            if !ids.is_empty() {
                forget_images(environment);
                self.remarks.push(format!(
                    "images are left out, and what refers to them ({}): upload them again",
                    ids.len()
                ));
            }
            return Ok(());
        };
        shorten_images(environment);
        for id in ids {
            let found = inside.image(self.id, id).await;
            let found = found.map_err(|error| ReadError::Failed {
                path: format!("images/{id}"),
                source: Box::new(error),
            })?;
            if let Some(content) = found {
                let mut image = Object::new(kind, Map::new());
                image.id = Some(id);
                let data = json!(STANDARD.encode(content));
                image.members.insert("data".to_owned(), data);
                environment.children.push(image);
            }
        }
        Ok(())
    }
}

/// Members that the service alone sets, of every kind.
pub(super) const ALWAYS: &[&str] = &["_embedded", "createdAt", "environment", "id", "updatedAt"];

/// Whether a collection below an object is there at all.
fn may_have(object: &Object, child: &Kind) -> bool {
    let kind = object.text("type").unwrap_or_default();
    match (object.kind.key, child.key) {
        // Workers sign nobody on.
        ("applications", "attributes" | "signOnPolicyAssignments") => {
            kind != "WORKER" && !kind.starts_with("PING_ONE_")
        }
        ("applications", "pushCredentials") => kind == "NATIVE_APP",
        ("resources", "applicationResources") => kind == "CUSTOM",
        ("resources", "attributes") => kind != "PINGONE_API",
        _ => true,
    }
}

/// A certificate with its chain, as PEM.
fn pem_of(item: &Value) -> String {
    let chain = item.pointer("/material/chain").and_then(Value::as_array);
    let mut text = String::new();
    for certificate in chain.into_iter().flatten().filter_map(Value::as_str) {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in certificate.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

/// Takes away what says where the installation is.
fn of_installation(kind: &Kind, members: &mut Map<String, Value>) {
    let own = members
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match kind.key {
        "applications" if own.starts_with("PING_ONE_") => drop(members.remove("icon")),
        "resources" if own == "PINGONE_API" => drop(members.remove("audience")),
        _ => {}
    }
}

/// A text of a page with its key.
fn shown_text(item: &Value) -> Option<(String, String)> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let (key, translated) = (text("key")?, text("translatedText")?);
    (!translated.is_empty()).then(|| (key.to_owned(), translated.to_owned()))
}

/// Account and lifecycle in the words of an import.
fn state_of_user(members: &mut Map<String, Value>) {
    let status = |members: &Map<String, Value>, name: &str| {
        let status = members.get(name).and_then(|value| value.get("status"));
        status.and_then(Value::as_str).map(str::to_owned)
    };
    if status(members, "account").as_deref() == Some("LOCKED") {
        let mut locked = Map::from_iter([("status".to_owned(), json!("LOCKED"))]);
        let until = members
            .get("account")
            .and_then(|account| account.get("unlockAt"));
        if let Some(until) = until {
            locked.insert("unlockAt".to_owned(), until.clone());
        }
        members.insert("account".to_owned(), Value::Object(locked));
    } else {
        members.remove("account");
    }
    match status(members, "lifecycle").filter(|status| status != "ACCOUNT_OK") {
        Some(status) => {
            let state = json!({"status": status, "suppressVerificationCode": true});
            members.insert("lifecycle".to_owned(), state);
        }
        None => {
            members.remove("lifecycle");
        }
    }
    let is_here = members
        .get("identityProvider")
        .is_some_and(|one| one.get("id").is_none());
    if is_here {
        members.remove("identityProvider");
    }
}

fn drop_links(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("_links");
            members.values_mut().for_each(drop_links);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_links),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}
