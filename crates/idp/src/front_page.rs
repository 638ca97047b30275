//! The start page, `GET /`: what stands here, for somebody who typed the address.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ui::{Html, Layout, Side};

use crate::Idp;

#[derive(Template)]
#[template(path = "start.html")]
struct Page {
    layout: Layout,
    mailbox: Option<String>,
}

/// Explains what the environment is.
pub(crate) async fn get(State(idp): State<Idp>) -> Response {
    let texts = idp.site().messages();
    let page = Page {
        layout: Layout::new(idp.site(), Side::Mailbox, texts.text("start-title"))
            .with_lead(texts.text("start-lead")),
        mailbox: idp.settings().mailbox.then(|| idp.urls().mailbox()),
    };
    Html::new(page).into_response()
}
