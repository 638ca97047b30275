//! The mailbox of development: every mail that was written, as a page and as JSON. It exists where
//! the settings say so, and answers this machine and the networks that development was opened to.

use askama::Template;
use axum::Json;
use axum::extract::{FromRequestParts, Path, RawQuery, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use platform::net::Insider;
use protocol::id::MailId;
use protocol::params::FormParams;
use schemars::JsonSchema;
use serde::Serialize;
use ui::{Html, Layout, MailPreview, Side};
use web::forbid_storing;

use crate::Idp;
use crate::mail;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::email_delivery::Sender;
use crate::stores::mails::{Mails, StoredMail};

/// As many mails as the listing and the page show.
const MOST_MAILS: u32 = 200;

/// Proof that the mailbox may be shown to whoever asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permitted;

impl FromRequestParts<Idp> for Permitted {
    type Rejection = PageFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, PageFailure> {
        let Insider(is_insider) = parts
            .extensions
            .get::<Insider>()
            .copied()
            .unwrap_or_default();
        if idp.settings().mailbox && is_insider {
            Ok(Self)
        } else {
            Err(PageError::NotFound.into())
        }
    }
}

/// A mail of the JSON listing, whose members are a promise to other people's tests.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Mail")]
pub struct Message {
    id: MailId,
    to: String,
    subject: String,
    text: String,
    html: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Sender>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Sender>,
}

impl Message {
    /// Its id.
    pub fn id(&self) -> MailId {
        self.id
    }

    /// When it was written: texts that compare as the instants do.
    pub fn created_at(&self) -> &str {
        &self.created_at
    }

    /// A mail that another installation sealed is left out.
    pub(crate) fn open(idp: &Idp, stored: &StoredMail) -> Option<Self> {
        let content = mail::open(idp, stored)?;
        Some(Self {
            id: stored.id,
            to: stored.recipient.clone(),
            subject: content.subject,
            text: content.text,
            html: content.html,
            created_at: format!("{:.3}", stored.created_at),
            from: content.from,
            reply_to: content.reply_to,
        })
    }

    /// The address of its page.
    fn row(&self) -> Row {
        Row {
            href: format!("/mailbox/{}", self.id),
            subject: self.subject.clone(),
            to: self.to.clone(),
            shown_at: shown_at(&self.created_at),
            created_at: self.created_at.clone(),
        }
    }
}

/// The instant without its parts of a second.
fn shown_at(created_at: &str) -> String {
    let seconds = created_at.split('.').next().unwrap_or_default();
    format!("{} UTC", seconds.replace('T', " "))
}

/// A mail as a line of the page.
#[derive(Debug)]
struct Row {
    href: String,
    subject: String,
    to: String,
    created_at: String,
    shown_at: String,
}

/// The listing, newest first: `GET /mailbox/messages?to=ADDRESS`.
pub(crate) async fn messages(
    State(idp): State<Idp>,
    _: Permitted,
    RawQuery(query): RawQuery,
) -> Result<Response, PageFailure> {
    let params = FormParams::parse(query.unwrap_or_default().as_bytes())?;
    let stored = Mails::new(idp.db())
        .newest(params.find("to"), MOST_MAILS)
        .await?;
    let messages: Vec<Message> = stored
        .iter()
        .filter_map(|mail| Message::open(&idp, mail))
        .collect();
    let mut response = Json(messages).into_response();
    forbid_storing(response.headers_mut());
    Ok(response)
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct ListPage {
    layout: Layout,
    mails: Vec<Row>,
}

/// The page of all mails: `GET /mailbox`.
pub(crate) async fn list(State(idp): State<Idp>, _: Permitted) -> Result<Response, PageFailure> {
    let stored = Mails::new(idp.db()).newest(None, MOST_MAILS).await?;
    let texts = idp.site().messages();
    let page = ListPage {
        layout: Layout::new(idp.site(), Side::Mailbox, texts.text("mailbox-title"))
            .with_lead(texts.text("mailbox-lead")),
        mails: stored
            .iter()
            .filter_map(|mail| Message::open(&idp, mail).map(|message| message.row()))
            .collect(),
    };
    Ok(Html::new(page).into_response())
}

#[derive(Template)]
#[template(path = "mailbox_mail.html")]
struct MailPage {
    layout: Layout,
    mail: Row,
    html_href: String,
    text: String,
    back: &'static str,
}

/// The page of one mail: `GET /mailbox/{id}`.
pub(crate) async fn show(
    State(idp): State<Idp>,
    _: Permitted,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let message = find(&idp, &id).await?;
    let mail = message.row();
    let page = MailPage {
        layout: Layout::new(idp.site(), Side::Mailbox, message.subject.clone()),
        html_href: format!("{}/html", mail.href),
        text: message.text,
        back: "/mailbox",
        mail,
    };
    Ok(Html::new(page).with_own_frames().into_response())
}

/// The HTML part of one mail, for the frame of its page: `GET /mailbox/{id}/html`.
pub(crate) async fn html(
    State(idp): State<Idp>,
    _: Permitted,
    Path(id): Path<String>,
) -> Result<MailPreview, PageFailure> {
    Ok(MailPreview(find(&idp, &id).await?.html))
}

async fn find(idp: &Idp, id: &str) -> Result<Message, PageFailure> {
    let found = match MailId::parse(id) {
        Ok(id) => Mails::new(idp.db()).find(id).await?,
        Err(_) => None,
    };
    let message = found.and_then(|stored| Message::open(idp, &stored));
    Ok(message.ok_or(PageError::NotFound)?)
}
