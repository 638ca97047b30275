//! What is to be known of a kind of objects: where they stand in a seed and in the management API, how
//! they are read and made, what tells them apart, and what they refer to.

use serde_json::{Map, Value};

/// How the objects of a kind are read and made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Certificates of others, uploaded as PEM.
    Certificates,
    /// A collection: listed, created by POST, replaced by PUT.
    Collection,
    /// Made by the service; a seed changes them, or names them for what is below.
    Given,
    /// An image: uploaded as bytes, and not listed.
    Images,
    /// Who is in which group: an id that is another object's.
    Memberships,
    /// The roles that somebody holds.
    Roles,
    /// One object, read by GET and set by PUT.
    Settings,
    /// The texts of a language: a list of keys and texts, of which some are set.
    Texts,
    /// A user: made by an import.
    Users,
}

/// How a member refers to another object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As `{"id": "…"}`.
    Object,
    /// As the id alone.
    Id,
}

/// A member that refers to another object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    /// The member; `.` leads into objects, `[]` into each item of a list.
    pub(super) member: &'static str,
    /// The path of the other's kind, such as `resources/scopes`.
    pub(super) to: &'static str,
    /// The member that refers to what the other one hangs off.
    pub(super) below: Option<&'static str>,
    pub(super) shape: Shape,
}

/// `{"id": "…"}` of an object of the environment.
pub(super) const fn refers(member: &'static str, to: &'static str) -> Reference {
    Reference {
        member,
        to,
        below: None,
        shape: Shape::Object,
    }
}

/// The id of an object of the environment.
pub(super) const fn names(member: &'static str, to: &'static str) -> Reference {
    Reference {
        shape: Shape::Id,
        ..refers(member, to)
    }
}

/// A kind of objects.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its key in a seed.
    pub(super) key: &'static str,
    /// Its path below what it hangs off, or, where it begins with a slash, below the environment;
    /// `{}` stands for the natural key of what it hangs off.
    pub(super) path: &'static str,
    /// The members that together tell one from its siblings, as `scope.type`.
    pub(super) names: &'static [&'static str],
    pub(super) form: Form,
    /// When it is brought up: what refers to others, after them.
    pub(super) rank: u8,
    pub(super) references: &'static [Reference],
    /// Members that the service alone sets, beside those of every kind.
    pub(super) read_only: &'static [&'static str],
    /// Members that a seed has and the management API does not.
    pub(super) own: &'static [&'static str],
    /// Switches that are off until everything else is there.
    pub(super) later: &'static [&'static str],
    /// Members that are taken and shown elsewhere, or not at all.
    pub(super) unshown: &'static [&'static str],
    /// Secrets.
    pub(super) secrets: &'static [&'static str],
    /// Lists of names or of what has an id whose order counts all the same.
    pub(super) ordered: &'static [&'static str],
    /// The member for which a text stands in a list of texts.
    pub(super) short: Option<&'static str>,
    /// Which objects a seed is about, of those that the service shows.
    pub(super) is_meant: fn(&Map<String, Value>) -> bool,
    /// Whether every new object that it hangs off begins with it.
    pub(super) is_begun: fn(&Map<String, Value>) -> bool,
    pub(super) children: &'static [Self],
}

impl Kind {
    pub(super) const fn new(key: &'static str, rank: u8, names: &'static [&'static str]) -> Self {
        Self {
            key,
            path: key,
            names,
            form: Form::Collection,
            rank,
            references: &[],
            read_only: &[],
            own: &[],
            later: &[],
            unshown: &[],
            secrets: &[],
            ordered: &[],
            short: None,
            is_meant: |_| true,
            is_begun: |_| false,
            children: &[],
        }
    }

    pub(super) const fn settings(key: &'static str, rank: u8) -> Self {
        Self {
            form: Form::Settings,
            ..Self::new(key, rank, &[])
        }
    }

    pub(super) const fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub(super) const fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    pub(super) const fn references(self, references: &'static [Reference]) -> Self {
        Self { references, ..self }
    }

    pub(super) const fn read_only(self, read_only: &'static [&'static str]) -> Self {
        Self { read_only, ..self }
    }

    pub(super) const fn own(self, own: &'static [&'static str]) -> Self {
        Self { own, ..self }
    }

    pub(super) const fn later(self, later: &'static [&'static str]) -> Self {
        Self { later, ..self }
    }

    pub(super) const fn unshown(self, unshown: &'static [&'static str]) -> Self {
        Self { unshown, ..self }
    }

    pub(super) const fn secrets(self, secrets: &'static [&'static str]) -> Self {
        Self { secrets, ..self }
    }

    pub(super) const fn ordered(self, ordered: &'static [&'static str]) -> Self {
        Self { ordered, ..self }
    }

    pub(super) const fn short(self, member: &'static str) -> Self {
        Self {
            short: Some(member),
            ..self
        }
    }

    pub(super) const fn only(self, is_meant: fn(&Map<String, Value>) -> bool) -> Self {
        Self { is_meant, ..self }
    }

    pub(super) const fn begun(self, is_begun: fn(&Map<String, Value>) -> bool) -> Self {
        Self { is_begun, ..self }
    }

    pub(super) const fn children(self, children: &'static [Self]) -> Self {
        Self { children, ..self }
    }

    /// The kind below it that has this key in a seed.
    pub(super) fn child(&self, key: &str) -> Option<&'static Self> {
        self.children.iter().find(|kind| kind.key == key)
    }

    /// The kind at a path below this one, such as `resources/scopes`.
    pub(super) fn at_path(&self, path: &str) -> Option<&'static Self> {
        let (first, rest) = path
            .split_once('/')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        let kind = self.child(first)?;
        rest.map_or(Some(kind), |rest| kind.at_path(rest))
    }

    /// Whether the id in a body is another object's, or a name.
    pub(super) fn names_another(&self) -> bool {
        let mut references = self.references.iter();
        self.names.contains(&"id") || references.any(|one| one.member == "id")
    }

    /// What tells an object from its siblings; `None` where it lacks what does.
    pub(super) fn label(&self, members: &Map<String, Value>) -> Option<String> {
        let parts = self.names.iter().filter_map(|name| text_at(members, name));
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

fn text_at(members: &Map<String, Value>, path: &str) -> Option<String> {
    let mut steps = path.split('.');
    let mut value = members.get(steps.next()?)?;
    for step in steps {
        value = value.get(step)?;
    }
    text(value)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(members) => members.get("id").and_then(text),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}
