//! Something that the sign-on policy demands the user to agree to.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use ui::{FormState, FramedText, Layout, Side};
use uuid::Uuid;

use super::Visit;
use crate::configuration::agreements::asked::Text;
use crate::interaction::demands::{AgreementDemand, Answer};
use crate::interaction::error::InteractionError;
use crate::interaction::{Known, Step};
use crate::requests::extract::PageForm;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::users::StoredUser;

#[derive(Template)]
#[template(path = "agreement.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    decline: Option<String>,
    text: Option<Framed>,
    accept_text: String,
    continue_text: String,
    decline_text: String,
}

/// The text of an agreement, in a frame.
struct Framed {
    title: String,
    url: String,
    revision: Uuid,
}

#[derive(Template)]
#[template(path = "agreement_text.html")]
struct TextPage {
    layout: Layout,
    title: String,
    locale: String,
    text: String,
    is_html: bool,
}

pub(super) fn form() -> FormState {
    FormState::new(&["agree"])
}

async fn demand(
    visit: &Visit,
    known: &Known,
    action: Uuid,
) -> Result<(StoredUser, AgreementDemand), PageFailure> {
    let user = visit.user(known.user).await?;
    let demand = visit.turn().agreement_demand(&user, action).await?;
    Ok((user, demand))
}

pub(super) async fn show(
    visit: &Visit,
    known: &Known,
    action: Uuid,
    form: FormState,
) -> Result<Response, PageFailure> {
    let (_, demand) = demand(visit, known, action).await?;
    Ok(show_demand(visit, &demand, &form))
}

fn show_demand(visit: &Visit, demand: &AgreementDemand, form: &FormState) -> Response {
    let words = demand.text.as_deref().map(Text::words);
    let words = words.unwrap_or_default();
    let said = |own: Option<String>, text: &str| own.unwrap_or_else(|| visit.text(text));
    let framed = |text: &Text| Framed {
        title: text.title().to_owned(),
        url: visit.path("agreement/text"),
        revision: text.revision(),
    };
    let title = demand.text.as_ref().map(|text| text.title().to_owned());
    let title = title.unwrap_or_else(|| visit.text("agreement-title"));
    let page = Page {
        layout: visit.layout_titled(title, "agreement-lead", form),
        action: visit.path("agreement"),
        decline: demand
            .is_declinable
            .then(|| visit.path("agreement/decline")),
        text: demand.text.as_deref().map(framed),
        accept_text: said(words.accept_checkbox_text, "agreement-agree"),
        continue_text: said(words.continue_button_text, "agreement-submit"),
        decline_text: said(words.decline_button_text, "agreement-decline"),
        form: form.clone(),
    };
    visit.show_framing(page, form)
}

/// The text alone, for the frame of the page.
pub(crate) async fn text(visit: Visit) -> Result<Response, PageFailure> {
    let Step::Agreement { known, action, .. } = &visit.interaction.step else {
        return Err(PageError::NotFound.into());
    };
    let (_, demand) = demand(&visit, known, *action).await?;
    let text = demand.text.ok_or(PageError::NotFound)?;
    let (written, is_html) = text.text();
    let page = TextPage {
        layout: Layout::new(&visit.site, Side::SignOn, text.title()).with_look(visit.look.clone()),
        title: text.title().to_owned(),
        locale: text.locale().to_owned(),
        text: written.to_owned(),
        is_html,
    };
    Ok(FramedText(page).into_response())
}

/// Agrees and goes on.
pub(crate) async fn post(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::Agreement { known, action, .. } = visit.interaction.step.clone() else {
        return Ok(visit.go_on());
    };
    let (user, demand) = demand(&visit, &known, action).await?;
    let mut form = form();
    if demand.text.is_some() && params.text("agree") != "true" {
        form.set_error("agree", visit.text("agreement-agree-missing"));
        return Ok(show_demand(&visit, &demand, &form));
    }
    // A form without a revision agrees to none.
    let shown = Uuid::try_parse(params.text("revision")).unwrap_or_default();
    let answer = Answer::Agrees { to: shown };
    let turn = visit.turn();
    match turn.answer_agreement(&known, &user, &demand, answer).await {
        Ok(next) => Ok(visit.lead_to(&next)),
        Err(InteractionError::AnotherText) => {
            form.add_error(visit.text("agreement-another-text"));
            Ok(show_demand(&visit, &demand, &form))
        }
        Err(error) => Err(error.into()),
    }
}

/// Declines, and goes back to the application.
pub(crate) async fn decline(visit: Visit) -> Result<Response, PageFailure> {
    let Step::Agreement { known, action, .. } = visit.interaction.step.clone() else {
        return Ok(visit.go_on());
    };
    let (user, demand) = demand(&visit, &known, action).await?;
    let turn = visit.turn();
    let declined = turn.answer_agreement(&known, &user, &demand, Answer::Declines);
    match declined.await {
        Ok(next) => Ok(visit.lead_to(&next)),
        // The page has no button for it.
        Err(InteractionError::NotDeclinable) => Ok(visit.go_on()),
        Err(error) => Err(error.into()),
    }
}
