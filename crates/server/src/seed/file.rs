//! A seed as a file: TOML in PingOne's own words. It is read whole before anything is done with it.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use protocol::id::{EnvironmentId, derived};
use serde_json::{Map, Number, Value, json};
use toml::de::{DeTable, DeValue};
use uuid::Uuid;

use super::kind::{Form, Kind};
use super::kinds::ENVIRONMENT;
use super::tree::{Object, id_of};

/// Larger files are not read.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A seed holds at most so many objects.
const MOST_OBJECTS: usize = 50_000;

/// What the ids of environments are derived from whose id is not given.
const NAMESPACE: Uuid = Uuid::from_u128(0x1a7c_4e5e_ed00_4000_8000_1a7c_4e5e_ed00);

/// What an installation begins with: environments and everything in them.
#[derive(Clone, Debug)]
pub struct Seed {
    /// What the file is called.
    pub(super) name: String,
    pub(super) portal: Option<PortalSeed>,
    pub(super) environments: Vec<Object>,
}

/// Which applications are the portal's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortalSeed {
    /// The environment's name or id; the first one where none is named.
    pub(super) environment: Option<String>,
    /// The name or id of the application that people sign on to.
    pub(super) application: String,
    /// The name or id of the worker that looks after users.
    pub(super) worker: Option<String>,
    pub(super) line: usize,
}

/// Why a seed cannot be used: where it stands, what is wrong, and what to do.
#[derive(Debug)]
pub struct SeedError {
    pub(super) file: String,
    pub(super) line: Option<usize>,
    /// The table, such as `[[environments.users]]`, with the object's name.
    pub(super) table: Option<String>,
    pub(super) what: String,
    pub(super) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        if let Some(table) = &self.table {
            write!(f, ", {table}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for SeedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_ref();
        source.map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

/// Where an object stands, for people: its table and what it is called.
pub(super) fn table(path: &str, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("{path} {label}"),
        None => path.to_owned(),
    }
}

impl Seed {
    /// A seed of what was read.
    pub(super) fn of(environments: Vec<Object>, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            portal: None,
            environments,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`SeedError`] says where it cannot be understood.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let name = path.display().to_string();
        let failed = |source: io::Error| SeedError {
            file: name.clone(),
            line: None,
            table: None,
            what: "reading the seed failed".to_owned(),
            source: Some(Box::new(source)),
        };
        let mut text = String::new();
        let file = File::open(path).map_err(failed)?;
        file.take(LONGEST + 1)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Self::parse(&text, &name)
    }

    /// Understands the text of a file that is called `name`.
    ///
    /// # Errors
    ///
    /// [`SeedError`] says where it cannot be understood.
    pub fn parse(text: &str, name: &str) -> Result<Self, SeedError> {
        let parser = Parser::of(text, name);
        if text.len() as u64 > LONGEST {
            let what = format!("the seed is longer than {} MiB", LONGEST / 1024 / 1024);
            return Err(parser.error(None, None, what));
        }
        let document = DeTable::parse(text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            let what = format!("is not TOML: {}", error.message().replace('\n', " "));
            parser.error(at, None, what)
        })?;
        let mut seed = Self {
            name: name.to_owned(),
            portal: None,
            environments: Vec::new(),
        };
        for (key, value) in document.get_ref() {
            let at = key.span().start;
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("environments", DeValue::Array(tables)) => {
                    for table in tables {
                        let at = table.span().start;
                        let environment =
                            parser.object(&ENVIRONMENT, "environments", at, table.get_ref())?;
                        seed.environments.push(environment);
                    }
                }
                ("portal", DeValue::Table(table)) => seed.portal = Some(parser.portal(table, at)?),
                (key, _) => {
                    let what = match key {
                        "environments" => "is a list: write [[environments]]".to_owned(),
                        "portal" => "is a section: write [portal]".to_owned(),
                        _ => format!(
                            "`{key}` is nothing that a seed has at its top: there are \
                             [[environments]], with everything below them, and [portal]"
                        ),
                    };
                    return Err(parser.error(Some(at), None, what));
                }
            }
        }
        seed.check(&parser)?;
        Ok(seed)
    }

    fn check(&self, parser: &Parser<'_>) -> Result<(), SeedError> {
        let whole = |what: String| Err(parser.error(None, None, what));
        if self.environments.is_empty() {
            return whole("a seed has at least one [[environments]]".to_owned());
        }
        let count: usize = self.environments.iter().map(Object::count).sum();
        if count > MOST_OBJECTS {
            return whole(format!(
                "it holds {count} objects; {MOST_OBJECTS} are the most"
            ));
        }
        self.require_distinct()
    }

    /// Environments stand beside each other in an installation, each with a name and an id of its own.
    fn require_distinct(&self) -> Result<(), SeedError> {
        let mut names: HashMap<String, &Object> = HashMap::new();
        let mut ids: HashMap<Uuid, &Object> = HashMap::new();
        for environment in &self.environments {
            let name = environment.label().unwrap_or_default();
            let same_name = names.insert(name.to_lowercase(), environment);
            let same_id = ids.insert(environment_id(environment), environment);
            let (other, what) = match (same_name, same_id) {
                (Some(other), _) => (other, "name"),
                (None, Some(other)) => (other, "id"),
                (None, None) => continue,
            };
            let line = other
                .line
                .map_or_else(String::new, |line| format!(" (line {line})"));
            return Err(SeedError {
                file: self.name.clone(),
                line: environment.line,
                table: Some(table("[[environments]]", Some(&name))),
                what: format!(
                    "another environment{line} has the same {what}; each has a name and an id of \
                     its own"
                ),
                source: None,
            });
        }
        Ok(())
    }

    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.environments.iter().map(Object::count).sum()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.environments.is_empty()
    }

    /// The ids of its environments, in their order.
    pub fn environment_ids(&self) -> Vec<EnvironmentId> {
        let ids = self.environments.iter().map(environment_id);
        ids.map(EnvironmentId::from_uuid).collect()
    }
}

/// The id of an environment: its own, or one that follows from its name.
pub(super) fn environment_id(environment: &Object) -> Uuid {
    let derive = || {
        let name = environment.label().unwrap_or_default();
        derived(NAMESPACE, &format!("environments/{name}"))
    };
    environment.id.unwrap_or_else(derive)
}

struct Parser<'a> {
    name: &'a str,
    /// Where lines end.
    ends: Vec<usize>,
}

impl<'a> Parser<'a> {
    fn of(text: &str, name: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            name,
            ends: ends.map(|(end, _)| end).collect(),
        }
    }
}

impl Parser<'_> {
    fn line(&self, offset: usize) -> usize {
        self.ends.partition_point(|end| *end < offset) + 1
    }

    fn error(&self, at: Option<usize>, table: Option<String>, what: String) -> SeedError {
        SeedError {
            file: self.name.to_owned(),
            line: at.map(|at| self.line(at)),
            table,
            what,
            source: None,
        }
    }

    fn portal(&self, table: &DeTable<'_>, at: usize) -> Result<PortalSeed, SeedError> {
        let mut portal = PortalSeed {
            environment: None,
            application: String::new(),
            worker: None,
            line: self.line(at),
        };
        let wrong =
            |at: usize, what: String| Err(self.error(Some(at), Some("[portal]".to_owned()), what));
        for (key, value) in table {
            let DeValue::String(text) = value.get_ref() else {
                return wrong(key.span().start, format!("{} is a text", key.get_ref()));
            };
            let text = text.to_string();
            match key.get_ref().as_ref() {
                "environment" => portal.environment = Some(text),
                "application" => portal.application = text,
                "worker" => portal.worker = Some(text),
                other => {
                    let what = format!(
                        "`{other}` is not known: there are environment, application and worker, \
                         each a name or an id"
                    );
                    return wrong(key.span().start, what);
                }
            }
        }
        if portal.application.is_empty() {
            return wrong(
                at,
                "application is missing: name the one that people sign on to".to_owned(),
            );
        }
        Ok(portal)
    }

    /// An object of a kind whose tables stand at `path`, as `environments.users`.
    fn object(
        &self,
        kind: &'static Kind,
        path: &str,
        at: usize,
        value: &DeValue<'_>,
    ) -> Result<Object, SeedError> {
        let title = format!("[[{path}]]");
        let mut object = Object::new(kind, Map::new());
        object.line = Some(self.line(at));
        let table = match (value, kind.short) {
            (DeValue::Table(table), _) => table,
            (DeValue::String(text), Some(member)) => {
                object
                    .members
                    .insert(member.to_owned(), json!(text.as_ref()));
                return Ok(object);
            }
            (_, Some(_)) => {
                let what = "each item is a table, or the name alone".to_owned();
                return Err(self.error(Some(at), Some(title), what));
            }
            (_, None) => {
                let what = format!("each item is a table: write {title}");
                return Err(self.error(Some(at), Some(title), what));
            }
        };
        for (key, value) in table {
            let (name, at) = (key.get_ref().as_ref(), key.span().start);
            let wrong = |what: String| Err(self.error(Some(at), Some(title.clone()), what));
            if name == "id" && !kind.names_another() {
                object.id = match value.get_ref() {
                    DeValue::String(text) => id_of(text),
                    _ => None,
                };
                if object.id.is_none() {
                    return wrong(
                        "id is a UUID in small letters, such as \
                         7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1; without one, it follows from the name"
                            .to_owned(),
                    );
                }
                continue;
            }
            let Some(child) = kind.child(name) else {
                match json_of(value.get_ref()) {
                    Ok(value) => object.members.insert(name.to_owned(), value),
                    Err(what) => return wrong(format!("{name} {what}")),
                };
                continue;
            };
            let below = format!("{path}.{name}");
            match (child.form, value.get_ref()) {
                (Form::Settings | Form::Texts, table @ DeValue::Table(_)) => {
                    object.children.push(self.object(child, &below, at, table)?);
                }
                (Form::Settings | Form::Texts, _) => {
                    return wrong(format!("{name} is a section: write [{below}]"));
                }
                (_, DeValue::Array(items)) => {
                    for item in items {
                        let at = item.span().start;
                        let child = self.object(child, &below, at, item.get_ref())?;
                        object.children.push(child);
                    }
                }
                _ => return wrong(format!("{name} is a list: write [[{below}]]")),
            }
        }
        self.check(kind, &title, at, &object)?;
        Ok(object)
    }

    /// What a table of a kind must have, and what it cannot have.
    fn check(
        &self,
        kind: &'static Kind,
        title: &str,
        at: usize,
        object: &Object,
    ) -> Result<(), SeedError> {
        let missing = kind.names.first().filter(|name| {
            matches!(
                kind.form,
                Form::Collection | Form::Given | Form::Users | Form::Memberships
            ) && object.label().is_none()
                && !name.contains('[')
        });
        if let Some(name) = missing {
            let what = format!("{name} is missing: it tells one from the others");
            return Err(self.error(Some(at), Some(title.to_owned()), what));
        }
        if kind.key != ENVIRONMENT.key {
            return Ok(());
        }
        let known = [
            "billOfMaterials",
            "description",
            "icon",
            "license",
            "name",
            "region",
            "type",
            "without",
        ];
        let Some(unknown) = object
            .members
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        else {
            return Ok(());
        };
        let tables = kind.children.iter().map(|kind| kind.key);
        let near = tables
            .chain(known)
            .map(|name| (strsim::jaro_winkler(name, unknown), name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let hint = near.map_or_else(String::new, |(_, name)| format!("; is {name} meant?"));
        let what = format!("`{unknown}` is nothing that an environment has{hint}");
        Err(self.error(Some(at), Some(title.to_owned()), what))
    }
}

fn json_of(value: &DeValue<'_>) -> Result<Value, &'static str> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_err(|_| "is too large a number")?
            .into(),
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(Number::from_f64);
            number.ok_or("is no number that JSON has")?.into()
        }
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| json_of(item.get_ref()));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let members = table
                .iter()
                .map(|(key, value)| Ok((key.get_ref().to_string(), json_of(value.get_ref())?)));
            Value::Object(members.collect::<Result<_, &'static str>>()?)
        }
    })
}
