//! `/users/{id}/delete`: an operator deletes an account, after a look at whose it is.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse as _, Response};
use ui::Layout;

use super::open::OpenUser;
use super::{ProfileLine, profile};
use crate::failure::Failure;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "user_delete.html")]
struct Page {
    layout: Layout,
    action: String,
    back: String,
    profile: Vec<ProfileLine>,
}

pub(crate) async fn get(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    if open.is_own() {
        return refuse_own(&visit, &open).await;
    }
    let messages = visit.portal().site().messages();
    let title = messages.format("user-delete-title", &[("username", open.username())]);
    let page = Page {
        layout: visit
            .layout_titled(title)
            .await?
            .with_lead(visit.text("user-delete-lead")),
        action: open.path_of("/delete"),
        back: open.path(),
        profile: profile(&visit, &open.user),
    };
    Ok(visit.page(page).into_response())
}

pub(crate) async fn post(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    if open.is_own() {
        return refuse_own(&visit, &open).await;
    }
    match open.operator.management.users().delete(open.user.id).await {
        Ok(()) => {}
        // Somebody was quicker.
        Err(error) if error.is_not_found() => {}
        Err(error) => return open.refused(&visit, error).await,
    }
    let list = open.search.at(None).address();
    open.done_leading_to(&visit, "flash-user-deleted", &list)
        .await
}

async fn refuse_own(visit: &Visit, open: &OpenUser) -> Result<Response, Failure> {
    let text = visit.text("error-own-deletion");
    open.refused_in_words(visit, text).await
}
