//! `/password/recover`: the code from the mail for a new password.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use protocol::password_policy::{Context, PasswordPolicy};
use protocol::secret::{Password, RecoveryCode};
use ui::{Flash, FormState, Layout, RuleView};
use web::Floor;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::paths;
use crate::policies;
use crate::recovery::{Attempt, Recovery};
use crate::visit::{Visit, sign_on_path};

const CODE: &str = "recoveryCode";
const NEW: &str = "newPassword";
const CONFIRM: &str = "confirmPassword";

#[derive(Template)]
#[template(path = "password_recover.html")]
struct Page {
    layout: Layout,
    form: FormState,
    rules: Vec<RuleView>,
    /// For password managers: whose password it is, as it was typed.
    username: String,
}

struct Form {
    code: RecoveryCode,
    new: Password,
    confirm: Password,
}

impl Form {
    fn read(fields: &Fields) -> Self {
        Self {
            code: RecoveryCode::from_typed(&fields.line(CODE)),
            new: fields.password(NEW),
            confirm: fields.password(CONFIRM),
        }
    }

    fn check(&self, visit: &Visit, state: &mut FormState) {
        if self.code.expose().is_empty() {
            state.set_error(CODE, visit.text("recover-code-missing"));
        }
        if self.new.expose().is_empty() {
            state.set_error(NEW, visit.text("change-new-missing"));
        } else if self.new.expose() != self.confirm.expose() {
            state.set_error(CONFIRM, visit.text("change-confirm-differs"));
        }
    }

    /// What the page says of each rule: for a password that stays in its field, whether it keeps
    /// the rule, and otherwise the rule alone.
    fn judge(
        &self,
        visit: &Visit,
        policy: &PasswordPolicy,
        refusal: Option<&pingone::Error>,
        state: &mut FormState,
    ) -> Vec<RuleView> {
        let (messages, new) = (visit.portal().site().messages(), self.new.expose());
        let judged = if let Some(error) = refusal {
            let unsatisfied = error.unsatisfied_requirements();
            let rules = policies::refused(messages, policy, new, &unsatisfied, &Context::UNKNOWN);
            state.set_error(NEW, ui::broken_rules(messages, &rules));
            rules
        } else {
            policies::judged(messages, policy, new, &Context::UNKNOWN)
        };
        if state.keep_new_passwords([NEW, CONFIRM], &self.new) {
            judged
        } else {
            policies::rules(messages, policy)
        }
    }
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let Some(recovery) = load(&visit).await? else {
        return begin_again(&visit).await;
    };
    let policy = policy(&visit).await?;
    let rules = policies::rules(visit.portal().site().messages(), &policy);
    show(
        &visit,
        &recovery,
        FormState::new(&[CODE, NEW, CONFIRM]).with_focus(CODE),
        rules,
    )
    .await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let floor = Floor::of(visit.settings().limits.recovery_floor);
    let Some(mut recovery) = load(&visit).await? else {
        return begin_again(&visit).await;
    };
    let form = Form::read(&fields);
    let mut state = FormState::new(&[CODE, NEW, CONFIRM]).with_value(CODE, fields.line(CODE));
    form.check(&visit, &mut state);
    let policy = policy(&visit).await?;
    let mut refusal = None;
    if !state.has_errors() {
        match attempt(&visit, &mut recovery, &form, floor).await? {
            Attempt::Done => return done(&visit, &recovery).await,
            Attempt::Exhausted => state.set_error(CODE, visit.text("recover-code-exhausted")),
            Attempt::WrongCode => state.set_error(CODE, visit.text("recover-code-wrong")),
            Attempt::Refused(error) => refusal = Some(error),
        }
    }
    let rules = form.judge(&visit, &policy, refusal.as_ref(), &mut state);
    show(&visit, &recovery, state, rules).await
}

/// Tries the code; a try that does not end the recovery is remembered by it.
async fn attempt(
    visit: &Visit,
    recovery: &mut Recovery,
    form: &Form,
    floor: Floor,
) -> Result<Attempt, Failure> {
    let services = visit.services("failure-recovery-not-configured")?;
    let attempt = services
        .recoveries
        .attempt(recovery, &form.code, &form.new)
        .await;
    floor.reached().await;
    let attempt = attempt?;
    if !matches!(attempt, Attempt::Done) {
        recovery
            .save(visit.session())
            .await
            .map_err(Failure::session)?;
    }
    Ok(attempt)
}

/// Sends another code: so often and no more.
pub(crate) async fn resend(visit: Visit) -> Result<Response, Failure> {
    let floor = Floor::of(visit.settings().limits.recovery_floor);
    let recoveries = &visit
        .services("failure-recovery-not-configured")?
        .recoveries;
    let Some(mut recovery) = load(&visit).await? else {
        return begin_again(&visit).await;
    };
    let flash = if recoveries.resend(&mut recovery)? {
        recovery
            .save(visit.session())
            .await
            .map_err(Failure::session)?;
        Flash::info(visit.text("flash-code-sent-again"))
    } else {
        Flash::warning(visit.text("flash-code-not-sent-again"))
    };
    visit.leave(flash).await?;
    floor.reached().await;
    Ok(Redirect::to(paths::RECOVER).into_response())
}

async fn load(visit: &Visit) -> Result<Option<Recovery>, Failure> {
    visit.services("failure-recovery-not-configured")?;
    Recovery::find(visit.session())
        .await
        .map_err(Failure::session)
}

/// The session has ended, or nothing was begun in this browser.
async fn begin_again(visit: &Visit) -> Result<Response, Failure> {
    visit
        .leave(Flash::info(visit.text("flash-recovery-begin-first")))
        .await?;
    Ok(Redirect::to(paths::FORGOT).into_response())
}

/// Nobody is signed on here afterwards: whoever sat here before gives way to the owner of the code, who
/// signs on with the new password, and is back.
async fn done(visit: &Visit, recovery: &Recovery) -> Result<Response, Failure> {
    Recovery::finish(visit.session())
        .await
        .map_err(Failure::session)?;
    if let Some(user) = visit.signed_on() {
        user.end().await.map_err(Failure::session)?;
    }
    let set = Flash::success(visit.text("flash-password-recovered"));
    visit.leave_for_sign_on(set).await?;
    if visit.portal().sign_on().is_none() {
        return Ok(Redirect::to(paths::HOME).into_response());
    }
    Ok(Redirect::to(&sign_on_path(recovery.username())).into_response())
}

/// The environment's own policy, for everybody: the policy of a user's population would tell that
/// there is such a user.
async fn policy(visit: &Visit) -> Result<PasswordPolicy, Failure> {
    let services = visit.services("failure-recovery-not-configured")?;
    Ok(services.policies.of_population(None).await?)
}

async fn show(
    visit: &Visit,
    recovery: &Recovery,
    form: FormState,
    rules: Vec<RuleView>,
) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("recover-title").await?;
    let layout = layout
        .with_lead(visit.text("password-recover-lead"))
        .with_form(&form);
    Ok(visit
        .page(Page {
            layout,
            form,
            rules,
            username: recovery.username().to_owned(),
        })
        .status(status)
        .into_response())
}
