//! A password that has to be changed before the sign-on goes on.

use askama::Template;
use axum::response::Response;
use protocol::id::UserId;
use protocol::secret::Password;
use ui::{FormState, Layout, RuleView};

use super::{HostedPage, minutes, require_same, rules};
use crate::accounts::passwords::ChangeReason;
use crate::accounts::{Refusal, passwords};
use crate::interaction::Step;
use crate::interaction::error::InteractionError;
use crate::requests::extract::PageForm;
use crate::requests::failures::page::PageFailure;

const FIELDS: [&str; 3] = ["currentPassword", "newPassword", "confirmPassword"];

/// Those that stay while another field has to be corrected.
const PASSWORDS: [&str; 2] = ["newPassword", "confirmPassword"];

#[derive(Template)]
#[template(path = "change_password.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    username: String,
    rules: Vec<RuleView>,
    rules_url: String,
}

pub(super) fn form() -> FormState {
    FormState::new(&FIELDS).with_focus("currentPassword")
}

pub(super) async fn show(
    hosted: &HostedPage,
    user: UserId,
    reason: ChangeReason,
    form: FormState,
) -> Result<Response, PageFailure> {
    let user = hosted.user(user).await?;
    let policy = passwords::policy_of(&hosted.idp, &user).await?.policy;
    let (title, lead) = match reason {
        ChangeReason::Expired => ("change-title-expired", "change-lead-expired"),
        ChangeReason::Forced => ("change-title-forced", "change-lead-forced"),
    };
    let page = Page {
        layout: hosted.layout(title, lead, &form),
        action: hosted.path("change"),
        username: user.username,
        rules: rules::views(hosted, &policy),
        rules_url: hosted.path("rules"),
        form: form.clone(),
    };
    Ok(hosted.show(page, &form))
}

/// Changes the password and goes on.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::ChangePassword { user, reason, .. } = hosted.interaction.step else {
        return Ok(hosted.go_on());
    };
    let current = Password::new(params.text("currentPassword"));
    let new = Password::new(params.text("newPassword"));
    let mut form = FormState::new(&FIELDS);
    if params.text("currentPassword").is_empty() {
        form.set_error("currentPassword", hosted.text("change-current-missing"));
    }
    if params.text("newPassword").is_empty() {
        form.set_error("newPassword", hosted.text("change-new-missing"));
    }
    require_same(&hosted, &params, "newPassword", &mut form);
    if form.has_errors() {
        form.keep_new_passwords(PASSWORDS, &new);
        return show(&hosted, user, reason, form).await;
    }

    let account = hosted.user(user).await?;
    let turn = hosted.turn();
    let changed = turn.change_password(&account, &current, &new).await;
    let refusal = match changed {
        Ok(next) => return Ok(hosted.lead_to(&next)),
        Err(InteractionError::Refused(refusal)) => refusal,
        Err(error) => return Err(error.into()),
    };
    match refusal {
        Refusal::Wrong { .. } => {
            form.set_error("currentPassword", hosted.text("change-current-wrong"));
        }
        Refusal::LockedOut {
            seconds_until_unlock,
        } => {
            let texts = hosted.texts();
            form.add_error(texts.format(
                "change-locked",
                &[("minutes", minutes(seconds_until_unlock))],
            ));
        }
        Refusal::Policy(evaluation) => {
            form.set_error("newPassword", rules::broken(&hosted, &evaluation));
        }
        Refusal::TooYoung { min_age_days } => {
            let texts = hosted.texts();
            form.add_error(texts.format("change-too-young", &[("days", min_age_days)]));
        }
        refusal => return Err(refusal.into()),
    }
    form.keep_new_passwords(PASSWORDS, &new);
    show(&hosted, user, reason, form).await
}
