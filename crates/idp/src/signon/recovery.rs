//! The forgotten password: name, code, new password.
//!
//! Known and unknown names get the same pages after the same time. Which user is being recovered
//! stands in the interaction, never in a form.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use db::StoreError;
use protocol::id::UserId;
use protocol::params::FormParams;
use protocol::secret::{Password, RecoveryCode};
use ui::{Flash, FormState, Layout, RuleView};
use web::Floor;

use super::{FLOOR, Flashes, Visit, require_same, rules};
use crate::Idp;
use crate::accounts::{Refusal, identification, recovery};
use crate::interaction::{MOST_RECOVERY_TRIES, Step};
use crate::requests::extract::PageForm;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::codes::ComesFrom;
use crate::stores::users::{StoredUser, Users};

const FIELDS: [&str; 3] = ["recoveryCode", "newPassword", "confirmPassword"];

/// Those that stay while another field has to be corrected.
const PASSWORDS: [&str; 2] = ["newPassword", "confirmPassword"];

/// A typed name is kept up to this length: longer than any name that somebody has.
const LONGEST_NAME: usize = 256;

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    layout: Layout,
    form: FormState,
    action: String,
    back: String,
}

#[derive(Template)]
#[template(path = "recover.html")]
struct RecoverPage {
    layout: Layout,
    form: FormState,
    action: String,
    send_again: String,
    restart: String,
    /// For password managers: whose password it is, as it was typed.
    username: String,
    rules: Vec<RuleView>,
    rules_url: String,
}

fn show_forgot(visit: &Visit, form: &FormState) -> Response {
    let page = ForgotPage {
        layout: visit.layout("forgot-title", "forgot-lead", form),
        action: visit.path("forgot"),
        back: visit.path(""),
        form: form.clone(),
    };
    visit.show(page, form)
}

/// Whether the sign-on policy lets passwords be recovered.
fn is_offered(visit: &Visit) -> Result<(), PageFailure> {
    if visit.interaction.request.policy.offers_recovery {
        Ok(())
    } else {
        Err(PageError::NotFound.into())
    }
}

/// Asks for the name.
pub(crate) async fn get(State(_): State<Idp>, visit: Visit) -> Result<Response, PageFailure> {
    is_offered(&visit)?;
    match visit.interaction.step {
        Step::SignOn | Step::Password { .. } => {
            let hint = match &visit.interaction.step {
                Step::Password { username } => Some(username),
                _ => visit.interaction.request.login_hint.as_ref(),
            };
            let hint = hint.cloned().unwrap_or_default();
            let form = FormState::new(&["username"])
                .with_value("username", hint)
                .with_focus("username");
            Ok(show_forgot(&visit, &form))
        }
        _ => Ok(visit.go_on()),
    }
}

/// Sends a code, if there is such a user.
pub(crate) async fn forgot(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    is_offered(&visit)?;
    if !matches!(visit.interaction.step, Step::SignOn | Step::Password { .. }) {
        return Ok(visit.go_on());
    }
    let idp = visit.idp.clone();
    idp.limits()
        .recoveries
        .take(visit.by.origin.address, visit.now)?;
    let username = params.text("username").trim();
    if username.is_empty() {
        let mut form = FormState::new(&["username"]);
        form.set_error("username", visit.text("signon-username-missing"));
        return Ok(show_forgot(&visit, &form));
    }
    let floor = Floor::of(FLOOR);
    let users = identification::for_recovery(&idp, visit.environment.id, username).await?;
    let step = Step::RecoveryCode {
        users: users.iter().map(|user| user.id).collect(),
        tries: 0,
        username: username.chars().take(LONGEST_NAME).collect(),
    };
    send(&visit, users)?;
    let answer = visit.move_to(step).await;
    floor.reached().await;
    answer
}

/// Sends another code, if there is such a user.
pub(crate) async fn send_again(visit: Visit) -> Result<Response, PageFailure> {
    let Step::RecoveryCode {
        users, username, ..
    } = visit.interaction.step.clone()
    else {
        return Ok(visit.go_on());
    };
    let limits = &visit.idp.limits();
    limits.recoveries.take(visit.by.origin.address, visit.now)?;
    let floor = Floor::of(FLOOR);
    send(&visit, load(&visit, &users).await?)?;
    let again = visit.interaction.clone().to(Step::RecoveryCode {
        users,
        tries: 0,
        username,
    });
    again.try_advance(&visit.idp, visit.now).await?;
    let said = vec![Flash::success(visit.text("recover-sent-again"))];
    let answer = show(&visit, form(), said).await;
    floor.reached().await;
    answer
}

/// Those of a step who are still there.
async fn load(visit: &Visit, users: &[UserId]) -> Result<Vec<StoredUser>, StoreError> {
    let store = Users::new(visit.idp.db());
    let mut loaded = Vec::new();
    for user in users {
        loaded.extend(store.find(visit.environment.id, *user).await?);
    }
    Ok(loaded)
}

/// Beside the answer, so that its time tells nothing; a place for it is taken whether or not there
/// is such a user. A refusal (disabled, too many mails) is told to nobody.
fn send(visit: &Visit, users: Vec<StoredUser>) -> Result<(), PageFailure> {
    let place = visit.idp.background().place();
    let place = place.ok_or_else(PageFailure::busy)?;
    if users.is_empty() {
        return Ok(());
    }
    let (idp, by) = (visit.idp.clone(), visit.by.clone());
    place.run(async move {
        for user in users {
            let sent = recovery::send_code(&idp, &user, &by.acting_as(&user)).await;
            if let Err(refusal) = sent {
                tracing::info!(request = %by.origin.request, %refusal, "no recovery code was sent");
            }
        }
    });
    Ok(())
}

pub(super) fn form() -> FormState {
    FormState::new(&FIELDS).with_focus("recoveryCode")
}

pub(super) async fn show(
    visit: &Visit,
    form: FormState,
    flashes: Flashes,
) -> Result<Response, PageFailure> {
    let policy = rules::default_policy(visit).await?;
    let username = match &visit.interaction.step {
        Step::RecoveryCode { username, .. } => username.clone(),
        _ => String::new(),
    };
    let page = RecoverPage {
        layout: visit
            .layout("recover-title", "recover-lead", &form)
            .with_flashes(flashes),
        action: visit.path("recover"),
        send_again: visit.path("recover/send"),
        restart: visit.path("restart"),
        username,
        rules: rules::views(visit, &policy),
        rules_url: visit.path("rules"),
        form: form.clone(),
    };
    Ok(visit.show(page, &form))
}

/// Sets a new password with the code, and goes on.
pub(crate) async fn post(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::RecoveryCode {
        users,
        tries,
        username,
    } = visit.interaction.step.clone()
    else {
        return Ok(visit.go_on());
    };
    visit.turn().take_sign_on_try()?;
    let new = Password::new(params.text("newPassword"));
    let mut form = filled_in(&visit, &params);
    if form.has_errors() {
        return show_again(&visit, form, &new).await;
    }

    // The try is counted before the code is looked at, in the interaction as well as with the
    // code, so that a known user's tries end when an unknown one's do.
    let tries = tries + 1;
    let tried = visit.interaction.clone().to(Step::RecoveryCode {
        users: users.clone(),
        tries,
        username,
    });
    if tries > MOST_RECOVERY_TRIES || !tried.try_advance(&visit.idp, visit.now).await? {
        form.set_error("recoveryCode", visit.text("recover-code-exhausted"));
        return show_again(&visit, form, &new).await;
    }
    let visit = visit.reopened().await?;

    let floor = Floor::of(FLOOR);
    match recover(&visit, &users, &params, &new).await {
        Ok(user) => {
            let next = visit.turn().after_password(&user, None).await?;
            return Ok(visit.lead_to(&next));
        }
        Err(refusal) => explain(&visit, &mut form, refusal, tries)?,
    }
    let answer = show_again(&visit, form, &new).await;
    floor.reached().await;
    answer
}

/// The form as somebody filled it in, with what is wrong with the fields.
fn filled_in(visit: &Visit, params: &FormParams) -> FormState {
    let mut form = FormState::new(&FIELDS).with_value("recoveryCode", params.text("recoveryCode"));
    if params.text("recoveryCode").trim().is_empty() {
        form.set_error("recoveryCode", visit.text("recover-code-missing"));
    }
    if params.text("newPassword").is_empty() {
        form.set_error("newPassword", visit.text("change-new-missing"));
    }
    require_same(visit, params, "newPassword", &mut form);
    form
}

/// Says at the field that it concerns why the password is the one before.
///
/// Only the tries of this interaction are told: that a code died elsewhere is known of known users
/// alone.
fn explain(
    visit: &Visit,
    form: &mut FormState,
    refusal: Refusal,
    tries: u32,
) -> Result<(), PageFailure> {
    match refusal {
        Refusal::Policy(evaluation) => {
            form.set_error("newPassword", rules::broken(visit, &evaluation));
        }
        Refusal::AccountNotUsable | Refusal::CodeExhausted | Refusal::CodeInvalid => {
            let text = if tries < MOST_RECOVERY_TRIES {
                "recover-code-wrong"
            } else {
                "recover-code-exhausted"
            };
            form.set_error("recoveryCode", visit.text(text));
        }
        refusal => return Err(refusal.into()),
    }
    Ok(())
}

/// The page again, with the passwords that stay while another field is corrected.
async fn show_again(
    visit: &Visit,
    mut form: FormState,
    new: &Password,
) -> Result<Response, PageFailure> {
    form.keep_new_passwords(PASSWORDS, new);
    show(visit, form, Vec::new()).await
}

async fn recover(
    visit: &Visit,
    users: &[UserId],
    params: &FormParams,
    new: &Password,
) -> Result<StoredUser, Refusal> {
    let users = load(visit, users).await?;
    let code = RecoveryCode::from_typed(params.text("recoveryCode"));
    recovery::recover_one_of(
        &visit.idp,
        &users,
        &code,
        ComesFrom::Browser,
        new,
        &visit.by,
    )
    .await
}
