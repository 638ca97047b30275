//! The front page, `GET /`: for somebody who typed the address, or followed a link of an error page.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ui::{Html, Layout, Mode, Side};

use crate::Idp;

#[derive(Template)]
#[template(path = "front_page.html")]
struct Page {
    layout: Layout,
    /// Whether developers are told where things are, which is no customer's concern.
    is_for_developers: bool,
    mailbox: Option<String>,
}

/// Tells a person where sign-on begins; in development, a developer where things are.
pub(crate) async fn get(State(idp): State<Idp>) -> Response {
    let (site, texts) = (idp.site(), idp.site().messages());
    let lead = texts.format("start-lead", &[("brand", site.brand().name())]);
    let page = Page {
        layout: Layout::new(site, Side::Mailbox, texts.text("start-title")).with_lead(lead),
        is_for_developers: site.mode() == Mode::Development,
        mailbox: idp.settings().mailbox.then(|| idp.urls().mailbox()),
    };
    Html::new(page).into_response()
}
