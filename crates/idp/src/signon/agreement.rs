//! Something that the sign-on policy demands the user to agree to.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use ui::{FormState, FramedText, Layout, Side};
use uuid::Uuid;

use super::HostedPage;
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
    hosted: &HostedPage,
    known: &Known,
    action: Uuid,
) -> Result<(StoredUser, AgreementDemand), PageFailure> {
    let user = hosted.user(known.user).await?;
    let demand = hosted.turn().agreement_demand(&user, action).await?;
    Ok((user, demand))
}

pub(super) async fn show(
    hosted: &HostedPage,
    known: &Known,
    action: Uuid,
    form: FormState,
) -> Result<Response, PageFailure> {
    let (_, demand) = demand(hosted, known, action).await?;
    Ok(show_demand(hosted, &demand, &form))
}

fn show_demand(hosted: &HostedPage, demand: &AgreementDemand, form: &FormState) -> Response {
    let words = demand.text.as_deref().map(Text::words);
    let words = words.unwrap_or_default();
    let said = |own: Option<String>, text: &str| own.unwrap_or_else(|| hosted.text(text));
    let framed = |text: &Text| Framed {
        title: text.title().to_owned(),
        url: hosted.path("agreement/text"),
        revision: text.revision(),
    };
    let title = demand.text.as_ref().map(|text| text.title().to_owned());
    let title = title.unwrap_or_else(|| hosted.text("agreement-title"));
    let page = Page {
        layout: hosted.layout_titled(title, "agreement-lead", form),
        action: hosted.path("agreement"),
        decline: demand
            .is_declinable
            .then(|| hosted.path("agreement/decline")),
        text: demand.text.as_deref().map(framed),
        accept_text: said(words.accept_checkbox_text, "agreement-agree"),
        continue_text: said(words.continue_button_text, "agreement-submit"),
        decline_text: said(words.decline_button_text, "agreement-decline"),
        form: form.clone(),
    };
    hosted.show_framing(page, form)
}

/// The text alone, for the frame of the page.
pub(crate) async fn text(hosted: HostedPage) -> Result<Response, PageFailure> {
    let Step::Agreement { known, action, .. } = &hosted.interaction.step else {
        return Err(PageError::NotFound.into());
    };
    let (_, demand) = demand(&hosted, known, *action).await?;
    let text = demand.text.ok_or(PageError::NotFound)?;
    let (written, is_html) = text.text();
    let page = TextPage {
        layout: Layout::new(&hosted.site, Side::SignOn, text.title())
            .with_look(hosted.look.clone()),
        title: text.title().to_owned(),
        locale: text.locale().to_owned(),
        text: written.to_owned(),
        is_html,
    };
    Ok(FramedText(page).into_response())
}

/// Agrees and goes on.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::Agreement { known, action, .. } = hosted.interaction.step.clone() else {
        return Ok(hosted.go_on());
    };
    let (user, demand) = demand(&hosted, &known, action).await?;
    let mut form = form();
    if demand.text.is_some() && params.text("agree") != "true" {
        form.set_error("agree", hosted.text("agreement-agree-missing"));
        return Ok(show_demand(&hosted, &demand, &form));
    }
    // A form without a revision agrees to none.
    let shown = Uuid::try_parse(params.text("revision")).unwrap_or_default();
    let answer = Answer::Agrees { to: shown };
    let turn = hosted.turn();
    match turn.answer_agreement(&known, &user, &demand, answer).await {
        Ok(next) => Ok(hosted.lead_to(&next)),
        Err(InteractionError::AnotherText) => {
            form.add_error(hosted.text("agreement-another-text"));
            Ok(show_demand(&hosted, &demand, &form))
        }
        Err(error) => Err(error.into()),
    }
}

/// Declines, and goes back to the application.
pub(crate) async fn decline(hosted: HostedPage) -> Result<Response, PageFailure> {
    let Step::Agreement { known, action, .. } = hosted.interaction.step.clone() else {
        return Ok(hosted.go_on());
    };
    let (user, demand) = demand(&hosted, &known, action).await?;
    let turn = hosted.turn();
    let declined = turn.answer_agreement(&known, &user, &demand, Answer::Declines);
    match declined.await {
        Ok(next) => Ok(hosted.lead_to(&next)),
        // The page has no button for it.
        Err(InteractionError::NotDeclinable) => Ok(hosted.go_on()),
        Err(error) => Err(error.into()),
    }
}
