//! What all pages and mails share: layout, style, scripts, texts, forms, error pages, headers.
//!
//! Two crates show pages, the portal and the embedded environment, with one design. A page is a
//! struct with a field `layout`, a template that extends `base.html`, and an answer
//! [`Html::new(page)`](Html::new), which brings the security headers:
//!
//! ```text
//! #[derive(Template)]
//! #[template(path = "sign-on.html")]
//! struct SignOn { layout: Layout, form: FormState }
//!
//! let form = FormState::new(&["username", "password"]).with_focus("username");
//! let layout = Layout::new(&site, Side::SignOn, site.messages().text("sign-on-title"))
//!     .with_form(&form);
//! Html::new(SignOn { layout, form }).form_target(&redirect_uri)
//! ```
//!
//! ```text
//! {% extends "base.html" %}
//! {% import "fields.html" as fields %}
//! {% block content %}
//! {{ fields::summary(form) }}
//! <form class="form" method="post" action="/login" novalidate>
//!   {{ fields::text(form.field("username"), layout.text("username"), "username") }}
//!   {{ fields::password(form.field("password"), layout.text("password"), "current-password") }}
//!   {{ fields::submit(layout.text("sign-on")) }}
//! </form>
//! {% endblock %}
//! ```
//!
//! `base.html` shows heading, lead and flashes; `fields.html` has the form fields (`summary`,
//! `text`, `password`, `code`, `select`, `checkbox`, `username`, `hidden`, `rules`, `submit`, and
//! `registration`, who somebody is who creates an account), `parts.html` the
//! rest (`alert`, `icon`, `pager`). `form-post.html` and `fragment.html` are whole pages that need a
//! struct only. A page that uses `rules` loads `password-rules.js` in its block `scripts`. The
//! example `gallery` writes all components as files to look at.

pub mod assets;
mod brand;
mod error_page;
mod field_error;
mod flash;
mod form;
mod layout;
mod mail;
mod messages;
mod registration;
mod response;
mod rules;
mod theme;

pub use brand::{Brand, BrandProblem, BrandSettings, FootLink, InvalidBrand};
pub use error_page::{ErrorPage, chain_of_causes};
pub use field_error::FieldError;
pub use flash::{Flash, Level};
pub use form::{Choice, Field, FormState, SummaryItem};
pub use layout::{Account, Layout, Mode, NavItem, Notice, Side, Site};
pub use mail::{MailBody, MailText};
pub use messages::{Messages, OwnTexts, Value};
pub use registration::{Registration, RegistrationFields, UsernameField, WrongName};
pub use response::{ContentSecurityPolicy, FramedText, Html, MailPreview, PlainText};
pub use rules::{RuleView, Verdict, Verdicts, broken_rules};
pub use theme::{Look, MailColours, MailLook, Theme};
