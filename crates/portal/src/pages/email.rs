//! `/profile/email`: another mail address. It is written into the profile at once and confirmed by a
//! code; until then, and for a week, the one before can be taken back.

pub(crate) mod confirm;

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use pingone::{Patch, UserPatch};
use protocol::names::{EmailAddress, name_key};
use ui::{Flash, FormState, Layout};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::own::{self, Own};
use crate::paths;
use crate::visit::Visit;

const EMAIL: &str = "email";
const USERNAME: &str = "username";

#[derive(Template)]
#[template(path = "email.html")]
struct Page {
    layout: Layout,
    form: FormState,
    present: String,
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let own = Own::open_freshly(&visit).await?;
    let present = own.load(&visit).await?.email.unwrap_or_default();
    show(&visit, FormState::new(&[EMAIL]).with_focus(EMAIL), present).await
}

pub(crate) async fn post(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let own = Own::open_freshly(&visit).await?;
    let user = own.load(&visit).await?;
    let is_proven = user.email_verified == Some(true);
    let present = user.email.unwrap_or_default();
    let typed = fields.line(EMAIL);
    let mut form = FormState::new(&[EMAIL]).with_value(EMAIL, typed.clone());
    let Ok(address) = EmailAddress::parse(&typed) else {
        let id = if typed.is_empty() {
            "register-email-missing"
        } else {
            "register-email-invalid"
        };
        form.set_error(EMAIL, visit.text(id));
        return show(&visit, form, present).await;
    };
    if name_key(address.as_str()) == name_key(&present) {
        form.set_error(EMAIL, visit.text("error-email-unchanged"));
        return show(&visit, form, present).await;
    }
    // Before the change, so that there is a way back from every change that was made.
    let (former, now) = (visit.portal().former_addresses(), visit.portal().now());
    let kept = if present.is_empty() {
        None
    } else {
        former.keep(own.id, &present, is_proven, now).await?
    };
    if let Err(error) = set(&own, address.as_str()).await {
        // Anything but a word about the address leaves open whether it was changed.
        let Some(problem) = error.problem_with(EMAIL) else {
            return Err(own::failed(&visit, error).await);
        };
        if let Some(kept) = kept
            && own.load(&visit).await?.email.unwrap_or_default() == present
        {
            former.put_back(own.id, kept).await?;
        }
        // Whether somebody else has the address is not for whoever asks to know.
        if !error.is_taken(EMAIL) {
            let messages = visit.portal().site().messages();
            let text = messages.format("error-pingone", &[("message", problem)]);
            form.set_error(EMAIL, text);
            return show(&visit, form, present).await;
        }
    } else if !confirm::send(&visit, &own).await? {
        return Ok(Redirect::to(paths::EMAIL_CONFIRM).into_response());
    }
    visit
        .leave(Flash::info(visit.text("flash-email-code-sent")))
        .await?;
    Ok(Redirect::to(paths::EMAIL_CONFIRM).into_response())
}

/// Takes the address back that the user had before.
pub(crate) async fn undo(visit: Visit) -> Result<Response, Failure> {
    let own = Own::open_freshly(&visit).await?;
    let (former, now) = (visit.portal().former_addresses(), visit.portal().now());
    let user = own.load(&visit).await?;
    let is_name = is_the_username(&user);
    let present = user.email.unwrap_or_default();
    let Some(found) = former.find(own.id, &present, now).await? else {
        let flash = Flash::info(visit.text("flash-email-too-late"));
        visit.leave(flash).await?;
        return Ok(Redirect::to(paths::USER_INFO).into_response());
    };
    let user = match set(&own, &found.address).await {
        Ok(user) => user,
        Err(error) => return Err(own::failed(&visit, error).await),
    };
    if is_name {
        rename(&visit, &own, &found.address).await?;
    }
    former.delete(own.id).await?;
    let messages = visit.portal().site().messages();
    let text = messages.format("flash-email-restored", &[("email", found.address.as_str())]);
    visit.leave(Flash::success(text)).await?;
    if user.email_verified == Some(true) {
        return Ok(Redirect::to(paths::USER_INFO).into_response());
    }
    confirm::send(&visit, &own).await?;
    Ok(Redirect::to(paths::EMAIL_CONFIRM).into_response())
}

/// Whether somebody signs on with the address alone: then it stays so with another one.
fn is_the_username(user: &pingone::User) -> bool {
    let address = user.email.as_deref().unwrap_or_default();
    is_named(user, address)
}

fn is_named(user: &pingone::User, address: &str) -> bool {
    let username = user.username.as_deref();
    username.is_some_and(|name| name_key(name) == name_key(address))
}

async fn set(own: &Own, address: &str) -> Result<pingone::User, pingone::Error> {
    let mut patch = UserPatch::default();
    patch.email = Patch::Set(address.to_owned());
    own.management.users().update(own.id, &patch).await
}

/// Lets the user sign on with this address. Where it is not to be had as a name, because somebody else has
/// it or it is not proven yet, the name stays what it is: the environment may follow by itself.
async fn rename(visit: &Visit, own: &Own, address: &str) -> Result<(), Failure> {
    let mut patch = UserPatch::default();
    patch.username = Patch::Set(address.to_owned());
    match own.management.users().update(own.id, &patch).await {
        Ok(_) => Ok(()),
        Err(error) if error.problem_with(USERNAME).is_some() => Ok(()),
        Err(error) => Err(own::failed(visit, error).await),
    }
}

async fn show(visit: &Visit, form: FormState, present: String) -> Result<Response, Failure> {
    let status = if form.has_errors() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let layout = visit.layout("email-title").await?;
    let page = Page {
        layout: layout.with_lead(visit.text("email-lead")).with_form(&form),
        form,
        present,
    };
    Ok(visit.page(page).status(status).into_response())
}
