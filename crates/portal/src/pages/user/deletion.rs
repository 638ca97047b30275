//! `/users/{id}/delete`: an operator deletes an account, after a look at whose it is.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use ui::Layout;

use super::open::OpenUser;
use super::{ProfileLine, profile};
use crate::failure::Failure;

#[derive(Template)]
#[template(path = "user_delete.html")]
struct Page {
    layout: Layout,
    action: String,
    back: String,
    profile: Vec<ProfileLine>,
}

/// What an operator is told who would delete the own account here.
const OWN: &str = "error-own-deletion";

pub(crate) async fn get(open: OpenUser) -> Result<Response, Failure> {
    open.require_another(OWN).await?;
    let visit = &open.visit;
    let messages = visit.portal().site().messages();
    let title = messages.format("user-delete-title", &[("username", open.username())]);
    let page = Page {
        layout: visit
            .layout_titled(title)
            .await?
            .with_lead(visit.text("user-delete-lead")),
        action: open.path_of("/delete"),
        back: open.path(),
        profile: profile(visit, &open.user),
    };
    Ok(visit.page(page).into_response())
}

pub(crate) async fn post(open: OpenUser) -> Result<Response, Failure> {
    open.require_another(OWN).await?;
    match open.operator.management.users().delete(open.user.id).await {
        Ok(()) => {}
        // Somebody was quicker.
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(open.refused(error).await),
    }
    let list = open.search.at(None).address();
    open.done_leading_to("flash-user-deleted", &list).await
}
