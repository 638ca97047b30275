//! A form on a page, as a browser without scripts fills it in and sends it.

use reqwest::Method;
use scraper::ElementRef;
use url::Url;

use super::page::{Page, parsed};

impl Page {
    /// The form with this id.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn form(&self, id: &str) -> Form {
        self.form_by(&format!("form[id='{id}']"))
    }

    /// The first form that a CSS selector finds.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn form_by(&self, selector: &str) -> Form {
        let document = self.document();
        let Some(form) = document.select(&parsed(selector)).next() else {
            panic!("no form `{selector}`: {}", self.summary());
        };
        Form::read(self, &form)
    }

    /// The form that holds the field or button with this id or name.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn form_with(&self, field: &str) -> Form {
        self.form_by(&format!("form:has([id='{field}'], [name='{field}'])"))
    }
}

/// The fields that a form would send, to change and to submit.
#[derive(Clone, Debug)]
pub struct Form {
    page: Page,
    method: Method,
    action: Url,
    fields: Vec<(String, String)>,
    /// Every name that the form has, boxes that are not ticked and buttons included.
    names: Vec<String>,
    buttons: Vec<Button>,
}

#[derive(Clone, Debug)]
struct Button {
    id: String,
    name: Option<String>,
    value: String,
    action: Option<Url>,
}

impl Form {
    fn read(page: &Page, form: &ElementRef<'_>) -> Self {
        let attribute = |name| form.attr(name).unwrap_or_default();
        let resolve = |target: &str| page.url.join(target).expect("a form leads to a URL");
        let mut action = resolve(attribute("action"));
        action.set_fragment(None);
        let method = match attribute("method").to_ascii_lowercase().as_str() {
            "post" => Method::POST,
            _ => Method::GET,
        };
        let (mut fields, mut names, mut buttons) = (Vec::new(), Vec::new(), Vec::new());
        for field in form.select(&parsed("input, select, textarea, button")) {
            if field.attr("disabled").is_some() {
                continue;
            }
            let name = field.attr("name").map(str::to_owned);
            names.extend(name.clone());
            let value = field.attr("value").unwrap_or_default().to_owned();
            let kind = field.attr("type").unwrap_or_default();
            match (field.value().name(), kind) {
                ("button", "button" | "reset") | ("input", "button" | "reset" | "image") => {}
                ("button", _) | ("input", "submit") => buttons.push(Button {
                    id: field.attr("id").unwrap_or_default().to_owned(),
                    name,
                    value,
                    action: field.attr("formaction").map(resolve),
                }),
                ("input", "checkbox" | "radio") => {
                    if let (Some(name), Some(_)) = (name, field.attr("checked")) {
                        let value = if value.is_empty() {
                            "on".to_owned()
                        } else {
                            value
                        };
                        fields.push((name, value));
                    }
                }
                ("textarea", _) => {
                    let text: String = field.text().collect();
                    fields.extend(name.map(|name| (name, text)));
                }
                ("select", _) => {
                    let chosen = field
                        .select(&parsed("option[selected]"))
                        .chain(field.select(&parsed("option")))
                        .next()
                        .map(|option| option.attr("value").unwrap_or_default().to_owned());
                    fields.extend(name.zip(chosen));
                }
                _ => fields.extend(name.map(|name| (name, value))),
            }
        }
        Self {
            page: page.clone(),
            method,
            action,
            fields,
            names,
            buttons,
        }
    }

    /// Types into a field, ticks a box or chooses an option.
    ///
    /// # Panics
    ///
    /// When the form has no field of this name.
    #[must_use]
    pub fn fill(self, name: &str, value: &str) -> Self {
        assert!(
            self.names.iter().any(|found| found == name),
            "no field `{name}` among {:?}: {}",
            self.names,
            self.page.summary()
        );
        self.with(name, value)
    }

    /// Sends a field that the form need not have: what a person cannot do, but an attacker can.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(found, _)| found == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Leaves a field out, or a box unticked.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self
    }

    /// What a field holds.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every name that the form has.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where it is sent.
    pub fn action(&self) -> &Url {
        &self.action
    }

    /// Sends it by its first button, or by Enter when it has none.
    pub async fn submit(self) -> Page {
        let first = self.buttons.first().cloned();
        self.send(first).await
    }

    /// Sends it by the button with this id, name or value.
    ///
    /// # Panics
    ///
    /// When there is no such button.
    pub async fn press(self, button: &str) -> Page {
        let found = self.buttons.iter().find(|found| {
            found.id == button || found.name.as_deref() == Some(button) || found.value == button
        });
        let Some(found) = found.cloned() else {
            panic!(
                "no button `{button}` among {:?}: {}",
                self.buttons,
                self.page.summary()
            );
        };
        self.send(Some(found)).await
    }

    async fn send(self, button: Option<Button>) -> Page {
        let Self {
            page,
            method,
            mut action,
            mut fields,
            ..
        } = self;
        if let Some(button) = button {
            fields.extend(button.name.map(|name| (name, button.value)));
            action = button.action.unwrap_or(action);
        }
        page.submit(method, action, &fields).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Browser;

    const FORM: &str = "<html><body><h1>  Two\n words </h1><form id=f method=post action='/there'>
        <input name=a value=1><input name=off value=x disabled>
        <input type=checkbox name=ticked checked><input type=checkbox name=unticked value=yes>
        <textarea name=t>long</textarea>
        <select name=s><option value=p>P<option value=q selected>Q</select>
        <button name=do value=one>One</button><button id=two formaction='/elsewhere'>Two</button>
        </form></body></html>";

    fn page() -> Page {
        let url = "https://localhost:1/here".parse().expect("a URL");
        Page::for_tests(Browser::plain(), url, FORM)
    }

    #[test]
    fn a_form_sends_what_a_browser_would() {
        let form = page().form("f");
        let expected = [("a", "1"), ("ticked", "on"), ("t", "long"), ("s", "q")];
        for (name, value) in expected {
            assert_eq!(form.value(name), Some(value), "{name}");
        }
        assert_eq!(form.value("unticked"), None);
        assert_eq!(form.value("off"), None);
        assert_eq!(form.action().as_str(), "https://localhost:1/there");
    }

    #[test]
    fn filling_a_field_replaces_its_value() {
        let form = page()
            .form_with("two")
            .fill("a", "2")
            .fill("unticked", "yes")
            .without("t");
        assert_eq!(form.value("a"), Some("2"));
        assert_eq!(form.value("unticked"), Some("yes"));
        assert_eq!(form.value("t"), None);
    }

    #[test]
    #[should_panic(expected = "no field `b`")]
    fn a_field_that_is_not_there_cannot_be_filled() {
        drop(page().form("f").fill("b", "2"));
    }

    #[test]
    fn text_is_read_with_blanks_collapsed() {
        assert_eq!(page().heading(), "Two words");
        assert_eq!(page().attributes("option[selected]", "value"), ["q"]);
    }
}
