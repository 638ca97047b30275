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

use super::{FLOOR, Flashes, HostedPage, require_same, rules};
use crate::Idp;
use crate::accounts::identification::{self, Recoverable};
use crate::accounts::{Refusal, recovery};
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

fn show_forgot(hosted: &HostedPage, form: &FormState) -> Response {
    let page = ForgotPage {
        layout: hosted.layout("forgot-title", "forgot-lead", form),
        action: hosted.path("forgot"),
        back: hosted.path(""),
        form: form.clone(),
    };
    hosted.show(page, form)
}

/// Whether the sign-on policy lets passwords be recovered.
fn is_offered(hosted: &HostedPage) -> Result<(), PageFailure> {
    if hosted.interaction.request.policy.offers_recovery {
        Ok(())
    } else {
        Err(PageError::NotFound.into())
    }
}

/// Asks for the name.
pub(crate) async fn get(State(_): State<Idp>, hosted: HostedPage) -> Result<Response, PageFailure> {
    is_offered(&hosted)?;
    match hosted.interaction.step {
        Step::SignOn | Step::Password { .. } => {
            let hint = match &hosted.interaction.step {
                Step::Password { username } => Some(username),
                _ => hosted.interaction.request.login_hint.as_ref(),
            };
            let hint = hint.cloned().unwrap_or_default();
            let form = FormState::new(&["username"])
                .with_value("username", hint)
                .with_focus("username");
            Ok(show_forgot(&hosted, &form))
        }
        _ => Ok(hosted.go_on()),
    }
}

/// Sends a code, if there is such a user.
pub(crate) async fn forgot(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    is_offered(&hosted)?;
    if !matches!(
        hosted.interaction.step,
        Step::SignOn | Step::Password { .. }
    ) {
        return Ok(hosted.go_on());
    }
    let idp = hosted.idp.clone();
    idp.limits()
        .recoveries
        .take(hosted.by.origin.address, hosted.now)?;
    let username = params.text("username").trim();
    if username.is_empty() {
        let mut form = FormState::new(&["username"]);
        form.set_error("username", hosted.text("signon-username-missing"));
        return Ok(show_forgot(&hosted, &form));
    }
    let floor = Floor::of(FLOOR);
    let environment = hosted.environment.id;
    let meant = identification::for_recovery(&idp, environment, username, hosted.now).await?;
    let step = Step::RecoveryCode {
        users: meant.iter().map(|whom| whom.user.id).collect(),
        tries: 0,
        username: username.chars().take(LONGEST_NAME).collect(),
    };
    send(&hosted, meant)?;
    let answer = hosted.move_to(step).await;
    floor.reached().await;
    answer
}

/// Sends another code, if there is such a user.
pub(crate) async fn send_again(hosted: HostedPage) -> Result<Response, PageFailure> {
    let Step::RecoveryCode {
        users, username, ..
    } = hosted.interaction.step.clone()
    else {
        return Ok(hosted.go_on());
    };
    let limits = &hosted.idp.limits();
    limits
        .recoveries
        .take(hosted.by.origin.address, hosted.now)?;
    let floor = Floor::of(FLOOR);
    send(&hosted, load(&hosted, &users, &username).await?)?;
    let again = hosted.interaction.clone().to(Step::RecoveryCode {
        users,
        tries: 0,
        username,
    });
    again.try_advance(&hosted.idp, hosted.now).await?;
    let said = vec![Flash::success(hosted.text("recover-sent-again"))];
    let answer = show(&hosted, form(), said).await;
    floor.reached().await;
    answer
}

/// Those of a step who are still there.
async fn load(
    hosted: &HostedPage,
    users: &[UserId],
    typed: &str,
) -> Result<Vec<Recoverable>, StoreError> {
    let (core, now) = (&hosted.idp, hosted.now);
    let store = Users::new(core.db());
    let mut loaded = Vec::new();
    for user in users {
        if let Some(user) = store.find(hosted.environment.id, *user).await? {
            loaded.push(identification::still_for_recovery(core, user, typed, now).await?);
        }
    }
    Ok(loaded)
}

/// Beside the answer, so that its time tells nothing; a place for it is taken whether or not there
/// is such a user. A refusal (disabled, too many mails) is told to nobody.
fn send(hosted: &HostedPage, meant: Vec<Recoverable>) -> Result<(), PageFailure> {
    let place = hosted.idp.background().place();
    let place = place.ok_or_else(PageFailure::busy)?;
    if meant.is_empty() {
        return Ok(());
    }
    let (idp, by) = (hosted.idp.clone(), hosted.by.clone());
    place.run(async move {
        for whom in meant {
            let sent = recovery::send_code(&idp, &whom, &by.acting_as(&whom.user)).await;
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
    hosted: &HostedPage,
    form: FormState,
    flashes: Flashes,
) -> Result<Response, PageFailure> {
    let policy = rules::default_policy(hosted).await?;
    let username = match &hosted.interaction.step {
        Step::RecoveryCode { username, .. } => username.clone(),
        _ => String::new(),
    };
    let page = RecoverPage {
        layout: hosted
            .layout("recover-title", "recover-lead", &form)
            .with_flashes(flashes),
        action: hosted.path("recover"),
        send_again: hosted.path("recover/send"),
        restart: hosted.path("restart"),
        username,
        rules: rules::views(hosted, &policy),
        rules_url: hosted.path("rules"),
        form: form.clone(),
    };
    Ok(hosted.show(page, &form))
}

/// Sets a new password with the code, and goes on.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::RecoveryCode {
        users,
        tries,
        username,
    } = hosted.interaction.step.clone()
    else {
        return Ok(hosted.go_on());
    };
    hosted.turn().take_sign_on_try()?;
    let new = Password::new(params.text("newPassword"));
    let mut form = filled_in(&hosted, &params);
    if form.has_errors() {
        return show_again(&hosted, form, &new).await;
    }

    // The try is counted before the code is looked at, in the interaction as well as with the
    // code, so that a known user's tries end when an unknown one's do.
    let tries = tries + 1;
    let tried = hosted.interaction.clone().to(Step::RecoveryCode {
        users: users.clone(),
        tries,
        username: username.clone(),
    });
    if tries > MOST_RECOVERY_TRIES || !tried.try_advance(&hosted.idp, hosted.now).await? {
        form.set_error("recoveryCode", hosted.text("recover-code-exhausted"));
        return show_again(&hosted, form, &new).await;
    }
    let hosted = hosted.reopened().await?;

    let floor = Floor::of(FLOOR);
    match recover(&hosted, &users, &username, &params, &new).await {
        Ok(user) => {
            let next = hosted.turn().after_password(&user, None).await?;
            return Ok(hosted.lead_to(&next));
        }
        Err(refusal) => explain(&hosted, &mut form, refusal, tries)?,
    }
    let answer = show_again(&hosted, form, &new).await;
    floor.reached().await;
    answer
}

/// The form as somebody filled it in, with what is wrong with the fields.
fn filled_in(hosted: &HostedPage, params: &FormParams) -> FormState {
    let mut form = FormState::new(&FIELDS).with_value("recoveryCode", params.text("recoveryCode"));
    if params.text("recoveryCode").trim().is_empty() {
        form.set_error("recoveryCode", hosted.text("recover-code-missing"));
    }
    if params.text("newPassword").is_empty() {
        form.set_error("newPassword", hosted.text("change-new-missing"));
    }
    require_same(hosted, params, "newPassword", &mut form);
    form
}

/// Says at the field that it concerns why the password is the one before.
///
/// Only the tries of this interaction are told: that a code died elsewhere is known of known users
/// alone.
fn explain(
    hosted: &HostedPage,
    form: &mut FormState,
    refusal: Refusal,
    tries: u32,
) -> Result<(), PageFailure> {
    match refusal {
        Refusal::Policy(evaluation) => {
            form.set_error("newPassword", rules::broken(hosted, &evaluation));
        }
        Refusal::AccountNotUsable | Refusal::CodeExhausted | Refusal::CodeInvalid => {
            let text = if tries < MOST_RECOVERY_TRIES {
                "recover-code-wrong"
            } else {
                "recover-code-exhausted"
            };
            form.set_error("recoveryCode", hosted.text(text));
        }
        refusal => return Err(refusal.into()),
    }
    Ok(())
}

/// The page again, with the passwords that stay while another field is corrected.
async fn show_again(
    hosted: &HostedPage,
    mut form: FormState,
    new: &Password,
) -> Result<Response, PageFailure> {
    form.keep_new_passwords(PASSWORDS, new);
    show(hosted, form, Vec::new()).await
}

async fn recover(
    hosted: &HostedPage,
    users: &[UserId],
    typed: &str,
    params: &FormParams,
    new: &Password,
) -> Result<StoredUser, Refusal> {
    let meant = load(hosted, users, typed).await?;
    let code = RecoveryCode::from_typed(params.text("recoveryCode"));
    recovery::recover_one_of(
        &hosted.idp,
        &meant,
        &code,
        ComesFrom::Browser,
        new,
        &hosted.by,
    )
    .await
}
