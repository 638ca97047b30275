//! What is wrong with a field of a form.

/// What is wrong with a field, one sentence, and the same in short for the summary.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    text: String,
    short: Option<String>,
}

impl FieldError {
    /// A sentence that takes more room than a line of the summary has, and one that does not.
    pub fn in_short(text: impl Into<String>, short: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            short: Some(short.into()),
        }
    }

    /// The sentence at the field.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the summary says.
    pub fn short(&self) -> &str {
        self.short.as_deref().unwrap_or(&self.text)
    }
}

impl From<String> for FieldError {
    fn from(text: String) -> Self {
        Self { text, short: None }
    }
}

impl From<&str> for FieldError {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
