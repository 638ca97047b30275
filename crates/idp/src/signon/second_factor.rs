//! The device that the sign-on policy demands to prove who somebody is.

use askama::Template;
use axum::response::Response;
use ui::{Flash, FormState, Layout};
use uuid::Uuid;

use super::{Flashes, Visit};
use crate::configuration::devices::DeviceType;
use crate::interaction::asking::Asking;
use crate::interaction::error::InteractionError;
use crate::interaction::second_factor::{Refusal, Status, masked};
use crate::interaction::{Known, Step};
use crate::requests::extract::PageForm;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::users::StoredUser;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct Page {
    layout: Layout,
    form: FormState,
    action: String,
    asks_for_otp: bool,
    otp_hint: String,
    select: String,
    devices: Vec<Offered>,
    restart: String,
}

/// A device that can be asked, or asked once more.
struct Offered {
    id: Uuid,
    label: String,
}

pub(super) fn form() -> FormState {
    FormState::new(&["otp"]).with_focus("otp")
}

async fn asking(
    visit: &Visit,
    known: &Known,
    step: &Step,
) -> Result<(StoredUser, Asking), PageFailure> {
    let user = visit.user(known.user).await?;
    let asking = visit.turn().second_factor(&user, step).await?;
    Ok((user, asking))
}

pub(super) async fn show(visit: &Visit, known: &Known) -> Result<Response, PageFailure> {
    let (_, asking) = asking(visit, known, &visit.interaction.step).await?;
    let mut form = form();
    if asking.choice.devices.is_empty() {
        form.add_error(visit.text("second-factor-locked"));
    }
    Ok(show_asking(visit, &asking, &form, Vec::new()))
}

fn show_asking(visit: &Visit, asking: &Asking, form: &FormState, flashes: Flashes) -> Response {
    let texts = visit.texts();
    let devices = &asking.choice.devices;
    let chosen = asking.authentication.device();
    let asked = devices.iter().find(|device| Some(device.id) == chosen);
    let asked = asked.filter(|_| asking.authentication.status() == Status::OtpRequired);
    let lead = match asked.map(|device| &device.document) {
        Some(device) => match &device.email {
            Some(email) => {
                texts.format("second-factor-mailed", &[("email", masked(email).as_str())])
            }
            None => visit.text("second-factor-made"),
        },
        None => visit.text("second-factor-choose"),
    };
    let offered = devices.iter().filter_map(|device| {
        let is_asked = asked.is_some_and(|asked| asked.id == device.id);
        let own = device.document.nickname.as_deref();
        let label = match (device.document.kind, &device.document.email) {
            // It makes its one-time passwords without being asked.
            (DeviceType::Totp, _) if is_asked => return None,
            (DeviceType::Totp, _) => match own {
                Some(own) => texts.format("second-factor-use-named", &[("name", own)]),
                None => visit.text("second-factor-use-application"),
            },
            (_, Some(_)) if is_asked => visit.text("second-factor-send-again"),
            (_, email) => {
                let email = email.as_deref().map(masked).unwrap_or_default();
                texts.format("second-factor-use-email", &[("email", email.as_str())])
            }
        };
        Some(Offered {
            id: device.id,
            label,
        })
    });
    let hint = match asked.and_then(|device| asking.choice.digits(device)) {
        Some(digits) => texts.format("second-factor-hint", &[("digits", digits)]),
        None => String::new(),
    };
    let page = Page {
        layout: visit
            .layout("second-factor-title", "second-factor-title", form)
            .with_lead(lead)
            .with_flashes(flashes),
        action: visit.path("secondFactor"),
        asks_for_otp: asked.is_some(),
        otp_hint: hint,
        select: visit.path("secondFactor/device"),
        devices: offered.collect(),
        restart: visit.path("restart"),
        form: form.clone(),
    };
    visit.show(page, form)
}

/// Checks the one-time password and goes on.
pub(crate) async fn post(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let step = visit.interaction.step.clone();
    let Step::SecondFactor { known, .. } = &step else {
        return Ok(visit.go_on());
    };
    visit.turn().take_sign_on_try()?;
    let (user, asking) = asking(&visit, known, &step).await?;
    let typed = params.text("otp").trim();
    let mut form = form();
    if typed.is_empty() {
        form.set_error("otp", visit.text("second-factor-missing"));
        return Ok(show_asking(&visit, &asking, &form, Vec::new()));
    }
    let checked = visit.turn().check_otp(known, &user, &asking, typed).await;
    match checked {
        Ok(next) => Ok(visit.lead_to(&next)),
        Err(InteractionError::SecondFactor(Refusal::Wrong { attempts_remaining })) => {
            if attempts_remaining > 0 {
                form.set_error("otp", visit.text("second-factor-wrong"));
                return Ok(show_asking(&visit, &asking, &form, Vec::new()));
            }
            let (_, asking) = self::asking(&visit, known, &step).await?;
            form.add_error(visit.text("second-factor-too-many"));
            Ok(show_asking(&visit, &asking, &form, Vec::new()))
        }
        // The page says what is to be done now.
        Err(InteractionError::SecondFactor(
            Refusal::Conflict | Refusal::NotNow | Refusal::UnknownDevice,
        )) => Ok(visit.go_on()),
        Err(error) => Err(error.into()),
    }
}

/// Asks a device, which may be the same once more.
pub(crate) async fn select(
    visit: Visit,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let step = visit.interaction.step.clone();
    let Step::SecondFactor { known, .. } = &step else {
        return Ok(visit.go_on());
    };
    visit.turn().take_sign_on_try()?;
    let (user, asking) = asking(&visit, known, &step).await?;
    let device = Uuid::try_parse(params.text("device")).map_err(|_| PageError::FlowGone)?;
    let selected = visit.turn().select_device(&user, asking, device).await;
    match selected {
        Ok(asking) => {
            let is_mailed = asking
                .choice
                .devices
                .iter()
                .any(|one| one.id == device && one.document.kind == DeviceType::Email);
            let said = is_mailed.then(|| Flash::success(visit.text("second-factor-sent")));
            Ok(show_asking(
                &visit,
                &asking,
                &form(),
                said.into_iter().collect(),
            ))
        }
        Err(InteractionError::SecondFactor(Refusal::TooManyMails)) => {
            let (_, asking) = self::asking(&visit, known, &step).await?;
            let mut form = form();
            form.add_error(visit.text("second-factor-too-many-mails"));
            Ok(show_asking(&visit, &asking, &form, Vec::new()))
        }
        Err(InteractionError::SecondFactor(
            Refusal::Conflict | Refusal::NotNow | Refusal::UnknownDevice,
        )) => Ok(visit.go_on()),
        Err(error) => Err(error.into()),
    }
}
