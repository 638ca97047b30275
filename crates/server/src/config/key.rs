//! A key of the configuration: everything that is to be said of it, in one place.
//!
//! A section declares a key where it reads it: path, default and meaning in the [`Key`], type and
//! check in the method of the `Reader` that it is given to, and the field of the settings in the
//! expression around it. The file of defaults is made from the declarations.

use crate::config::document::Raw;

/// A declared key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// With its sections, as in `portal.sign_on.client_id`.
    pub(crate) path: &'static str,
    /// For the file of defaults; empty when the key before says it all.
    pub(crate) meaning: &'static str,
    preset: Preset,
    /// TOML of a value that would be right; empty when the default is one.
    example: &'static str,
}

/// What a key is when no source sets it.
#[derive(Clone, Copy, Debug)]
enum Preset {
    Text(&'static str),
    Number(i64),
    Switch(bool),
    List(&'static [&'static str]),
    Unset,
}

impl Key {
    /// A key with a text by default; an empty one is as good as none.
    pub(crate) const fn text(
        path: &'static str,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self::new(path, Preset::Text(default), meaning)
    }

    /// A key with a whole number by default.
    pub(crate) const fn number(path: &'static str, default: i64, meaning: &'static str) -> Self {
        Self::new(path, Preset::Number(default), meaning)
    }

    /// A key that is true or false.
    pub(crate) const fn switch(path: &'static str, default: bool, meaning: &'static str) -> Self {
        Self::new(path, Preset::Switch(default), meaning)
    }

    /// A key with a list of texts.
    pub(crate) const fn list(
        path: &'static str,
        default: &'static [&'static str],
        meaning: &'static str,
    ) -> Self {
        Self::new(path, Preset::List(default), meaning)
    }

    /// A key without a default. The example is TOML.
    pub(crate) const fn unset(
        path: &'static str,
        example: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self::new(path, Preset::Unset, meaning).example(example)
    }

    /// A key without a default, of which the meaning of the key before says it all.
    pub(crate) const fn also(path: &'static str, example: &'static str) -> Self {
        Self::unset(path, example, "")
    }

    const fn new(path: &'static str, preset: Preset, meaning: &'static str) -> Self {
        Self {
            path,
            meaning,
            preset,
            example: "",
        }
    }

    /// Names a value for messages, as TOML; needed when the default is empty.
    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// TOML of a value that would be right.
    pub(crate) fn right_value(&self) -> String {
        match (self.example, self.default()) {
            ("", Some(default)) => default.to_toml(),
            (example, _) => example.to_owned(),
        }
    }

    /// The value when no source sets one.
    pub(crate) fn default(&self) -> Option<Raw> {
        Some(match self.preset {
            Preset::Text(text) => Raw::Text(text.to_owned()),
            Preset::Number(number) => Raw::Integer(number),
            Preset::Switch(value) => Raw::Boolean(value),
            Preset::List(items) => Raw::List(
                items
                    .iter()
                    .map(|item| Raw::Text((*item).to_owned()))
                    .collect(),
            ),
            Preset::Unset => return None,
        })
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &'static str {
        self.path
            .rsplit_once('.')
            .map_or(self.path, |(_, name)| name)
    }
}
