//! `/register/done`: how somebody goes on who has just registered.
//!
//! It is the same page whether there is a new account or the address had one before: only the mail says
//! which. From here a person signs on, proves the address with the mail's code, and is back.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use tower_sessions::session::Error;
use ui::Layout;

use crate::failure::Failure;
use crate::paths;
use crate::visit::{Visit, sign_on_path};

const KEY: &str = "registered";

/// Who has just registered in this browser, as they typed it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NewlyRegistered {
    email: String,
    /// The name to sign on with.
    username: String,
}

#[derive(Template)]
#[template(path = "registered.html")]
struct Page {
    layout: Layout,
    /// Where the person signs on; absent where nobody can.
    sign_on: Option<String>,
    is_verified: bool,
}

impl NewlyRegistered {
    pub(crate) fn new(email: String, username: &str) -> Self {
        Self {
            email,
            username: username.to_owned(),
        }
    }

    pub(crate) async fn save(&self, session: &Session) -> Result<(), Error> {
        session.insert(KEY, self).await
    }
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let newly: Option<NewlyRegistered> =
        visit.session().get(KEY).await.map_err(Failure::session)?;
    let Some(newly) = newly else {
        return Ok(Redirect::to(paths::REGISTER).into_response());
    };
    let is_verified = visit.settings().registration.verify_email;
    let (title, lead) = if is_verified {
        ("registered-title", "registered-lead")
    } else {
        ("registered-title-unverified", "registered-lead-unverified")
    };
    let layout = visit.layout(title).await?;
    let messages = visit.portal().site().messages();
    let lead = messages.format(lead, &[("email", newly.email.as_str())]);
    let can_sign_on = visit.portal().sign_on().is_some();
    let page = Page {
        layout: layout.with_lead(lead),
        sign_on: can_sign_on.then(|| sign_on_path(&newly.username)),
        is_verified,
    };
    Ok(visit.page(page).into_response())
}
