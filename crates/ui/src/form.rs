//! The state of a form: values to show again, an error per field, errors of the whole form.

use std::borrow::Cow;

use protocol::secret::Password;

use crate::field_error::FieldError;
use crate::rules::{RuleView, Verdict};

/// What a form shows: declared by the page, filled by the handler, rendered by `fields.html`.
///
/// What a person typed comes back, except passwords: of those, only new ones that nothing is wrong
/// with ([`keep_new_passwords`](FormState::keep_new_passwords)).
#[derive(Clone, Debug, Default)]
pub struct FormState {
    fields: Vec<FieldState>,
    errors: Vec<String>,
    focus: Option<Cow<'static, str>>,
}

#[derive(Clone, Debug)]
struct FieldState {
    name: Cow<'static, str>,
    value: String,
    new_password: Option<Password>,
    error: Option<FieldError>,
}

/// One field as the template sees it; its `id` attribute is its name.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Name and id, which are stable: password managers and tests hold on to them.
    pub name: &'a str,
    /// The value to show again.
    pub value: &'a str,
    /// The new password that stays in the field, empty when none does.
    pub new_password: &'a str,
    /// What is wrong with it, one sentence.
    pub error: Option<&'a str>,
    /// Whether the page opens with the cursor here.
    pub autofocus: bool,
    /// Whether the summary describes the field: the cursor is here, the error the whole form's.
    pub is_described_by_summary: bool,
}

/// A line of the error summary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SummaryItem<'a> {
    /// The field to jump to; none when the error is the whole form's.
    pub field: Option<&'a str>,
    /// What is wrong.
    pub text: &'a str,
}

/// One choice of a select field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub text: String,
}

impl Choice {
    /// A choice with this value and text.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            text: text.into(),
        }
    }
}

impl Field<'_> {
    /// The rules of a password to show at once, and those to fold away. Where the field's error says
    /// which are broken, all are folded away, so that nothing is said twice.
    pub fn sorted<'r>(&self, rules: &'r [RuleView]) -> (Vec<&'r RuleView>, Vec<&'r RuleView>) {
        let names = |error: &str| rules.iter().any(|rule| error.contains(&rule.text));
        let are_said = self.error.is_some_and(names);
        let is_shown = |rule: &&RuleView| {
            !are_said && (rule.comes_first() || rule.verdict == Verdict::Unsatisfied)
        };
        rules.iter().partition(is_shown)
    }

    /// The ids of what is read with the field: the summary, its error, its hint, then `also`.
    pub fn described_by(&self, has_hint: bool, also: impl AsRef<str>) -> String {
        let mut ids = Vec::new();
        if self.is_described_by_summary {
            ids.push("summary".to_owned());
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.name));
        }
        if has_hint {
            ids.push(format!("{}-hint", self.name));
        }
        if !also.as_ref().is_empty() {
            ids.push(also.as_ref().to_owned());
        }
        ids.join(" ")
    }
}

impl FieldState {
    fn empty(name: Cow<'static, str>) -> Self {
        Self {
            name,
            value: String::new(),
            new_password: None,
            error: None,
        }
    }
}

impl FormState {
    /// An empty form with these fields, in the order in which the page shows them.
    pub fn new(fields: &[&'static str]) -> Self {
        Self::with_fields(fields.iter().copied())
    }

    /// The same with fields that are known only when the page is shown.
    pub fn with_fields(names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        let fields = names.into_iter().map(|name| FieldState::empty(name.into()));
        Self {
            fields: fields.collect(),
            ..Self::default()
        }
    }

    /// Sets a value to show; never a password.
    #[must_use]
    pub fn with_value(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.field_mut(name.into()).value = value.into();
        self
    }

    /// Leaves a new password in its fields, unless something is wrong with one of them: it was
    /// typed twice, and something else, such as the current password or a code, has to be typed
    /// again. Returns whether it stays.
    ///
    /// A new password that was refused does not stay, nor does any other password.
    pub fn keep_new_passwords(&mut self, fields: [&'static str; 2], password: &Password) -> bool {
        let stays =
            !password.expose().is_empty() && fields.iter().all(|name| self.error(name).is_none());
        if stays {
            for name in fields {
                self.field_mut(name.into()).new_password = Some(password.clone());
            }
        }
        stays
    }

    /// Puts the cursor into this field, unless a field with an error needs it more.
    ///
    /// When the error is the whole form's, the error summary is read with this field.
    #[must_use]
    pub fn with_focus(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.focus = Some(name.into());
        self
    }

    /// Notes what is wrong with a field. The first error of a field stays.
    pub fn set_error(&mut self, name: impl Into<Cow<'static, str>>, error: impl Into<FieldError>) {
        self.field_mut(name.into())
            .error
            .get_or_insert_with(|| error.into());
    }

    /// Notes what is wrong with the form as a whole.
    pub fn add_error(&mut self, text: impl Into<String>) {
        self.errors.push(text.into());
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty() || self.first_invalid().is_some()
    }

    /// The value of a field, empty when there is none.
    pub fn value(&self, name: &str) -> &str {
        self.find(name).map_or("", |field| field.value.as_str())
    }

    fn new_password(&self, name: &str) -> &str {
        let kept = self
            .find(name)
            .and_then(|field| field.new_password.as_ref());
        kept.map_or("", Password::expose)
    }

    /// What is wrong with a field.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.find(name)?.error.as_ref().map(FieldError::text)
    }

    /// A field for the template.
    pub fn field<'a>(&'a self, name: &'a str) -> Field<'a> {
        let autofocus = self.first_invalid().or(self.focus.as_deref()) == Some(name);
        Field {
            name,
            value: self.value(name),
            new_password: self.new_password(name),
            error: self.error(name),
            autofocus,
            is_described_by_summary: autofocus && !self.errors.is_empty(),
        }
    }

    /// Whether the page begins with a summary of what is wrong. One wrong field needs none: the
    /// cursor is in it, and what is wrong is said there.
    pub fn has_summary(&self) -> bool {
        let invalid = self.fields.iter().filter(|field| field.error.is_some());
        !self.errors.is_empty() || invalid.count() > 1
    }

    /// The lines of the error summary: the form's errors, then the fields' in the page's order.
    pub fn summary(&self) -> Vec<SummaryItem<'_>> {
        let whole = self
            .errors
            .iter()
            .map(|text| SummaryItem { field: None, text });
        let fields = self.fields.iter().filter_map(|field| {
            let error = field.error.as_ref()?;
            Some(SummaryItem {
                field: Some(&field.name),
                text: error.short(),
            })
        });
        whole.chain(fields).collect()
    }

    /// Whether the summary takes the focus: when no field does.
    pub fn focuses_summary(&self) -> bool {
        self.has_errors() && self.first_invalid().or(self.focus.as_deref()).is_none()
    }

    /// Whether there are fields to correct, so that the summary needs a heading.
    pub fn has_invalid_fields(&self) -> bool {
        self.first_invalid().is_some()
    }

    fn first_invalid(&self) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| field.error.is_some())
            .map(|field| &*field.name)
    }

    fn find(&self, name: &str) -> Option<&FieldState> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn field_mut(&mut self, name: Cow<'static, str>) -> &mut FieldState {
        let index = self.fields.iter().position(|field| field.name == name);
        let index = index.unwrap_or_else(|| {
            self.fields.push(FieldState::empty(name));
            self.fields.len() - 1
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "the index was found or made just above"
        )]
        &mut self.fields[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_folded_to_those_that_matter_and_are_said_once() {
        let rule = |id: &str, verdict| RuleView {
            id: id.to_owned(),
            text: format!("the rule {id}"),
            verdict,
        };
        let rules = [
            rule("history", Verdict::NotJudged),
            rule("length", Verdict::NotJudged),
            rule("excludesCommonlyUsed", Verdict::Unsatisfied),
            rule("minCharacters-digits", Verdict::Satisfied),
        ];
        let shown = |form: &FormState| {
            let (shown, folded) = form.field("password").sorted(&rules);
            assert_eq!(shown.len() + folded.len(), rules.len());
            shown
                .into_iter()
                .map(|rule| rule.id.clone())
                .collect::<Vec<_>>()
        };
        let mut form = FormState::new(&["password"]);
        let usual = ["length", "excludesCommonlyUsed", "minCharacters-digits"];
        assert_eq!(shown(&form), usual);
        form.set_error("password", "Enter a password.");
        assert_eq!(shown(&form), usual);
        let mut form = FormState::new(&["password"]);
        form.set_error("password", "This password does not keep: the rule length.");
        assert_eq!(shown(&form), [""; 0]);
    }

    #[test]
    fn the_summary_follows_the_order_of_the_page_not_of_the_checks() {
        let mut form = FormState::new(&["username", "email"]);
        form.set_error("email", "Enter an address.");
        form.set_error("username", "Choose another name.");
        form.add_error("Nothing was saved.");
        let fields: Vec<_> = form.summary().iter().map(|item| item.field).collect();
        assert_eq!(fields, [None, Some("username"), Some("email")]);
    }

    #[test]
    fn what_is_wrong_with_a_single_field_is_said_there_and_not_twice() {
        let mut form = FormState::new(&["username", "email"]);
        assert!(!form.has_summary());
        form.set_error("email", "Enter an address.");
        assert!(!form.has_summary());
        form.set_error("username", "Choose another name.");
        assert!(form.has_summary());
        let mut whole = FormState::new(&["username", "email"]);
        whole.add_error("Nothing was saved.");
        assert!(whole.has_summary());
    }

    #[test]
    fn the_cursor_goes_to_the_first_field_with_an_error() {
        let mut form = FormState::new(&["username", "password"]).with_focus("username");
        assert!(form.field("username").autofocus);
        form.set_error("password", "Enter your password.");
        assert!(!form.field("username").autofocus);
        assert!(form.field("password").autofocus);
        assert!(!form.focuses_summary());
    }

    #[test]
    fn an_error_of_the_whole_form_is_read_with_the_field_that_has_the_cursor() {
        let mut form = FormState::new(&["username", "password"]).with_focus("password");
        form.add_error("The username or password is wrong.");
        assert!(form.field("password").autofocus);
        assert!(form.field("password").is_described_by_summary);
        assert!(!form.field("username").is_described_by_summary);
        assert!(!form.focuses_summary());
    }

    #[test]
    fn the_summary_takes_the_focus_when_no_field_does() {
        let mut form = FormState::new(&["username"]);
        form.add_error("Registration is closed.");
        assert!(form.focuses_summary());
        assert!(!form.field("username").autofocus);
    }

    #[test]
    fn the_first_error_of_a_field_stays() {
        let mut form = FormState::new(&["email"]);
        form.set_error("email", "Enter an address.");
        form.set_error("email", "This is no address.");
        assert_eq!(form.error("email"), Some("Enter an address."));
    }

    #[test]
    fn a_new_password_stays_while_nothing_is_wrong_with_it_and_is_not_logged() {
        const FIELDS: [&str; 2] = ["password", "confirmPassword"];
        let new = Password::new("Sunny-Harbour-42");
        let mut form = FormState::new(&["currentPassword", "password", "confirmPassword"]);
        form.set_error("currentPassword", "This is not your current password.");
        assert!(form.keep_new_passwords(FIELDS, &new));
        assert_eq!(form.field("password").new_password, "Sunny-Harbour-42");
        assert_eq!(
            form.field("confirmPassword").new_password,
            "Sunny-Harbour-42"
        );
        assert_eq!(form.field("currentPassword").new_password, "");
        assert!(!format!("{form:?}").contains("Sunny"));

        for wrong in FIELDS {
            let mut form = FormState::new(&FIELDS);
            form.set_error(wrong, "Choose another one.");
            assert!(!form.keep_new_passwords(FIELDS, &new), "{wrong}");
            assert_eq!(form.field("password").new_password, "");
            assert_eq!(form.field("confirmPassword").new_password, "");
        }
        assert!(!FormState::new(&FIELDS).keep_new_passwords(FIELDS, &Password::new("")));
    }

    #[test]
    fn values_come_back_and_unknown_fields_are_empty() {
        let form = FormState::new(&["username"]).with_value("username", "ada");
        assert_eq!(form.value("username"), "ada");
        assert_eq!(form.value("email"), "");
        assert!(!form.has_errors());
    }
}
