//! The device that the sign-on policy demands to prove who somebody is.

use askama::Template;
use axum::response::Response;
use protocol::pingone::DeviceType;
use ui::{Flash, FormState, Layout};
use uuid::Uuid;

use super::{Flashes, HostedPage};
use crate::interaction::challenge::Challenge;
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

async fn challenge(
    hosted: &HostedPage,
    known: &Known,
    step: &Step,
) -> Result<(StoredUser, Challenge), PageFailure> {
    let user = hosted.user(known.user).await?;
    let challenge = hosted.turn().second_factor(&user, step).await?;
    Ok((user, challenge))
}

pub(super) async fn show(hosted: &HostedPage, known: &Known) -> Result<Response, PageFailure> {
    let (_, challenge) = challenge(hosted, known, &hosted.interaction.step).await?;
    let mut form = form();
    if challenge.choice.devices.is_empty() {
        form.add_error(hosted.text("second-factor-locked"));
    }
    Ok(show_challenge(hosted, &challenge, &form, Vec::new()))
}

fn show_challenge(
    hosted: &HostedPage,
    challenge: &Challenge,
    form: &FormState,
    flashes: Flashes,
) -> Response {
    let texts = hosted.texts();
    let devices = &challenge.choice.devices;
    let chosen = challenge.authentication.device();
    let asked = devices.iter().find(|device| Some(device.id) == chosen);
    let asked = asked.filter(|_| challenge.authentication.status() == Status::OtpRequired);
    let lead = match asked.map(|device| &device.document) {
        Some(device) => match &device.email {
            Some(email) => {
                texts.format("second-factor-mailed", &[("email", masked(email).as_str())])
            }
            None => hosted.text("second-factor-made"),
        },
        None => hosted.text("second-factor-choose"),
    };
    let offered = devices.iter().filter_map(|device| {
        let is_asked = asked.is_some_and(|asked| asked.id == device.id);
        let own = device.document.nickname.as_deref();
        let label = match (device.document.kind, &device.document.email) {
            // It makes its one-time passwords without being asked.
            (DeviceType::Totp, _) if is_asked => return None,
            (DeviceType::Totp, _) => match own {
                Some(own) => texts.format("second-factor-use-named", &[("name", own)]),
                None => hosted.text("second-factor-use-application"),
            },
            (_, Some(_)) if is_asked => hosted.text("second-factor-send-again"),
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
    let hint = match asked.and_then(|device| challenge.choice.digits(device)) {
        Some(digits) => texts.format("second-factor-hint", &[("digits", digits)]),
        None => String::new(),
    };
    let page = Page {
        layout: hosted
            .layout("second-factor-title", "second-factor-title", form)
            .with_lead(lead)
            .with_flashes(flashes),
        action: hosted.path("secondFactor"),
        asks_for_otp: asked.is_some(),
        otp_hint: hint,
        select: hosted.path("secondFactor/device"),
        devices: offered.collect(),
        restart: hosted.path("restart"),
        form: form.clone(),
    };
    hosted.show(page, form)
}

/// Checks the one-time password and goes on.
pub(crate) async fn post(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let step = hosted.interaction.step.clone();
    let Step::SecondFactor { known, .. } = &step else {
        return Ok(hosted.go_on());
    };
    hosted.turn().take_sign_on_try()?;
    let (user, challenge) = challenge(&hosted, known, &step).await?;
    let typed = params.text("otp").trim();
    let mut form = form();
    if typed.is_empty() {
        form.set_error("otp", hosted.text("second-factor-missing"));
        return Ok(show_challenge(&hosted, &challenge, &form, Vec::new()));
    }
    let checked = hosted
        .turn()
        .check_otp(known, &user, &challenge, typed)
        .await;
    match checked {
        Ok(next) => Ok(hosted.lead_to(&next)),
        Err(InteractionError::SecondFactor(Refusal::Wrong { attempts_remaining })) => {
            if attempts_remaining > 0 {
                form.set_error("otp", hosted.text("second-factor-wrong"));
                return Ok(show_challenge(&hosted, &challenge, &form, Vec::new()));
            }
            let (_, challenge) = self::challenge(&hosted, known, &step).await?;
            form.add_error(hosted.text("second-factor-too-many"));
            Ok(show_challenge(&hosted, &challenge, &form, Vec::new()))
        }
        // The page says what is to be done now.
        Err(InteractionError::SecondFactor(
            Refusal::Conflict | Refusal::NotNow | Refusal::UnknownDevice,
        )) => Ok(hosted.go_on()),
        Err(error) => Err(error.into()),
    }
}

/// Asks a device, which may be the same once more.
pub(crate) async fn select(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let step = hosted.interaction.step.clone();
    let Step::SecondFactor { known, .. } = &step else {
        return Ok(hosted.go_on());
    };
    hosted.turn().take_sign_on_try()?;
    let (user, challenge) = challenge(&hosted, known, &step).await?;
    let device = Uuid::try_parse(params.text("device")).map_err(|_| PageError::FlowGone)?;
    let selected = hosted.turn().select_device(&user, challenge, device).await;
    match selected {
        Ok(challenge) => {
            let is_mailed = challenge
                .choice
                .devices
                .iter()
                .any(|one| one.id == device && one.document.kind == DeviceType::Email);
            let said = is_mailed.then(|| Flash::success(hosted.text("second-factor-sent")));
            Ok(show_challenge(
                &hosted,
                &challenge,
                &form(),
                said.into_iter().collect(),
            ))
        }
        Err(InteractionError::SecondFactor(Refusal::TooManyMails)) => {
            let (_, challenge) = self::challenge(&hosted, known, &step).await?;
            let mut form = form();
            form.add_error(hosted.text("second-factor-too-many-mails"));
            Ok(show_challenge(&hosted, &challenge, &form, Vec::new()))
        }
        Err(InteractionError::SecondFactor(
            Refusal::Conflict | Refusal::NotNow | Refusal::UnknownDevice,
        )) => Ok(hosted.go_on()),
        Err(error) => Err(error.into()),
    }
}
